//! What a connection passes between accept and HTTP: a PROXY header, from whom one is due, and TLS, where its listener
//! speaks it.
//!
//! Everything here happens in the connection's own task: a client that dawdles holds up nobody else. It has as much
//! time as a head has, and says something before it gets a place among the handshakes, which are so many at once.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::{Watch, proxy_header};
use crate::error::Kind;
use crate::metrics::Metrics;
use crate::tls::Acceptor;
use crate::transport::Transport;

/// How many handshakes one listener has under way. The next wait, within their time.
const HANDSHAKES: usize = 1024;
/// How long a refused client has to read why, and how much of what it still sends is discarded meanwhile.
const LINGER: Duration = Duration::from_secs(1);
const DISCARD: u64 = 256 * 1024;

/// The door of one listener.
#[derive(Debug)]
pub struct Door {
    proxies: Vec<IpNet>,
    acceptor: Option<Arc<Acceptor>>,
    patience: Duration,
    handshakes: Semaphore,
    metrics: Arc<Metrics>,
}

/// Why a connection does not get in.
struct Refused {
    reason: &'static str,
    error: Option<io::Error>,
    /// The connection, if its client is to read what was said to it.
    tcp: Option<TcpStream>,
}

// === impl Door ===

impl Door {
    /// A door without anything. `patience` is how long passing it may take.
    pub fn new(patience: Duration, metrics: Arc<Metrics>) -> Self {
        let handshakes = Semaphore::new(HANDSHAKES);
        Self { proxies: Vec::new(), acceptor: None, patience, handshakes, metrics }
    }

    /// With TLS, if there is somebody to accept it.
    #[must_use]
    pub fn with_tls(self, acceptor: Option<Arc<Acceptor>>) -> Self {
        Self { acceptor, ..self }
    }

    /// With a PROXY header from each of these networks.
    #[must_use]
    pub fn with_headers_from(self, proxies: Vec<IpNet>) -> Self {
        Self { proxies, ..self }
    }

    /// Whether it speaks TLS.
    pub fn has_tls(&self) -> bool {
        self.acceptor.is_some()
    }

    /// The connection ready for HTTP, and its client, or `None` if it was closed. Cancelling closes it.
    pub async fn enter(&self, tcp: TcpStream, peer: SocketAddr, watch: Watch) -> Option<(Transport, SocketAddr)> {
        if self.acceptor.is_none() && !self.expects_header_from(peer) {
            return Some((tcp.into(), peer));
        }
        // Boxed, so that the task of a connection that is through does not carry the room for it.
        Box::pin(self.pass(tcp, peer, watch)).await
    }

    fn expects_header_from(&self, peer: SocketAddr) -> bool {
        let ip = peer.ip().to_canonical();
        self.proxies.iter().any(|net| net.contains(&ip))
    }

    async fn pass(&self, tcp: TcpStream, peer: SocketAddr, mut watch: Watch) -> Option<(Transport, SocketAddr)> {
        let passed = tokio::select! {
            biased;
            // It has asked nothing yet.
            () = watch.draining() => return None,
            passed = tokio::time::timeout(self.patience, self.greet(tcp, peer)) => passed,
        };
        let refused = match passed {
            Ok(Ok(passed)) => return Some(passed),
            Ok(Err(refused)) => refused?,
            Err(_elapsed) => Refused { reason: "timeout", error: None, tcp: None },
        };
        self.metrics.handshake_failed(refused.reason);
        let error = refused.error.as_ref().map(tracing::field::display);
        tracing::debug!(client = %peer, reason = refused.reason, error, "client connection refused");
        if let Some(tcp) = refused.tcp {
            linger(tcp).await;
        }
        None
    }

    /// All that comes before HTTP. The error is `None` if the client left without a word, which is no failure: that is
    /// how load balancers ask whether somebody is there.
    async fn greet(
        &self,
        mut tcp: TcpStream,
        mut peer: SocketAddr,
    ) -> Result<(Transport, SocketAddr), Option<Refused>> {
        if self.expects_header_from(peer) {
            peer = match proxy_header::read(&mut tcp, peer).await {
                Ok(client) => client.ok_or(None)?,
                Err(error) => return Err(Some(Refused { reason: "proxy-header", error: Some(error), tcp: None })),
            };
        }
        let transport = match &self.acceptor {
            None => tcp.into(),
            Some(acceptor) => self.secure(acceptor, tcp).await?,
        };
        Ok((transport, peer))
    }

    /// A handshake.
    async fn secure(&self, acceptor: &Acceptor, mut tcp: TcpStream) -> Result<Transport, Option<Refused>> {
        let mut first = [0];
        match tcp.peek(&mut first).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return Err(None),
        }
        if first[0].is_ascii_alphabetic() {
            // A record of TLS begins otherwise, a method does not.
            let error = tcp.write_all(answer_to_plain_http().as_bytes()).await.err();
            return Err(Some(Refused { reason: "plain-http", error, tcp: Some(tcp) }));
        }
        // Never closed: an error cannot be.
        let _place = self.handshakes.acquire().await;
        match acceptor.accept(tcp).into_fallible().await {
            Ok(tls) => Ok(tls.into()),
            Err((error, tcp)) => Err(Some(Refused { reason: "tls", error: Some(error), tcp: Some(tcp) })),
        }
    }
}

fn answer_to_plain_http() -> String {
    let words = "this port speaks TLS: ask with https://\n";
    let (mark, length) = (Kind::BadRequest.token(), words.len());
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nx-viaduct-error: {mark}\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n{words}"
    )
}

/// Closes in stages, so that no reset overtakes the words or the alert.
async fn linger(mut tcp: TcpStream) {
    let discarding = async {
        tcp.shutdown().await?;
        tokio::io::copy(&mut tcp.take(DISCARD), &mut tokio::io::sink()).await
    };
    // Whatever comes of it, the connection is over.
    let _ = tokio::time::timeout(LINGER, discarding).await;
}
