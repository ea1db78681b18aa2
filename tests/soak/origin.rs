//! A plain origin that does by path what origins do on bad days, and that can die and come back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::narrow;

pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    /// Bytes written of huge answers.
    pub(crate) written: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
const MORE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nhello";
const HUGE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n";
const SWITCH: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
const BACKLOG: u32 = 1024;

// === impl Origin ===

impl Origin {
    pub(crate) fn start() -> Self {
        Self::listen(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// As [`start`](Self::start), with sockets that hold little.
    pub(crate) fn narrow() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        narrow(&socket);
        Self::on(socket, SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Closes the listener and every connection, and resolves when they are gone.
    pub(crate) async fn die(self) -> SocketAddr {
        self.accepting.abort();
        // The connections are the accepting task's own, and end with it.
        let _ = self.accepting.await;
        self.address
    }

    /// Listens on the address where one has died.
    pub(crate) fn listen(address: SocketAddr) -> Self {
        Self::on(TcpSocket::new_v4().unwrap(), address)
    }

    fn on(socket: TcpSocket, address: SocketAddr) -> Self {
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        let listener = socket.listen(BACKLOG).unwrap();
        let (address, written) = (listener.local_addr().unwrap(), Arc::default());
        Self { address, accepting: tokio::spawn(accept(listener, Arc::clone(&written))), written }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn accept(listener: TcpListener, written: Arc<AtomicU64>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                let written = Arc::clone(&written);
                connections.spawn(async move {
                    // It ends when the other side has had enough.
                    let _ = serve(BufReader::new(stream), &written).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(mut peer: BufReader<TcpStream>, written: &AtomicU64) -> std::io::Result<()> {
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if peer.read_line(&mut head).await? == 0 {
                return Ok(());
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default();
        match path {
            "/ok" => peer.get_mut().write_all(OK).await?,
            "/slow" => {
                tokio::time::sleep(Duration::from_millis(200)).await;
                peer.get_mut().write_all(OK).await?;
            }
            "/huge" => {
                peer.get_mut().write_all(HUGE).await?;
                loop {
                    let count = peer.get_mut().write(&[b'x'; 16 * 1024]).await?;
                    written.fetch_add(count as u64, Relaxed);
                }
            }
            "/swallow" => std::future::pending::<()>().await,
            "/truncated" => return peer.get_mut().write_all(MORE).await,
            "/reset" => {
                peer.get_mut().write_all(MORE).await?;
                return socket2::SockRef::from(peer.get_ref()).set_linger(Some(Duration::ZERO));
            }
            "/silent" => return Ok(()),
            "/garbage" => return peer.get_mut().write_all(&[0x80; 300]).await,
            "/ws" => {
                peer.get_mut().write_all(SWITCH).await?;
                let mut bytes = [0; 1024];
                loop {
                    let count = peer.read(&mut bytes).await?;
                    if count == 0 {
                        return Ok(());
                    }
                    peer.get_mut().write_all(&bytes[..count]).await?;
                }
            }
            _ => return peer.get_mut().write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await,
        }
    }
}
