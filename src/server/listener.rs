//! Binds and accepts. A bound listener and a [`Watch`] go in; connections go to whoever serves them.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};

use super::Watch;

/// How many connections the kernel keeps for us while we are busy.
const BACKLOG: i32 = 4096;

/// How long the accept loop rests when the process has no descriptor left.
const REST: Duration = Duration::from_millis(100);

/// Binds `address`. `SO_REUSEPORT` lets a successor take over before this process has ended.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Accepts until the drain begins; `serve` is spawned for each connection.
pub async fn accept<F>(listener: TcpListener, mut watch: Watch, mut serve: impl FnMut(TcpStream, SocketAddr) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut draining = std::pin::pin!(async move { watch.draining().await });
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut draining => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Err(e) = prepare(&stream) {
                    tracing::debug!(client = %peer, error = %e, "connection lost before it was served");
                    continue;
                }
                tokio::spawn(serve(stream, peer));
            }
            // The peer gave up while it waited: its own affair.
            Err(e) if matches!(e.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {}
            Err(e) => {
                // Out of descriptors or memory: the connections that end will make room.
                tracing::warn!(error = %e, "cannot accept; trying again");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    // An event that waits for Nagle is an event late.
    stream.set_nodelay(true)?;
    SockRef::from(stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(60)))
}
