//! What a connection passes between accept and HTTP: TLS, where its listener speaks it.
//!
//! Everything here happens in the connection's own task: a client that dawdles holds up nobody else. It has as much
//! time as a head has, and says something before it gets a place among the handshakes, which are so many at once.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::Watch;
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
    /// A door with TLS, or without anything. `patience` is how long passing it may take.
    pub fn new(acceptor: Option<Arc<Acceptor>>, patience: Duration, metrics: Arc<Metrics>) -> Self {
        Self { acceptor, patience, handshakes: Semaphore::new(HANDSHAKES), metrics }
    }

    /// The connection ready for HTTP, or `None` if it was closed. Cancelling closes it.
    pub async fn enter(&self, tcp: TcpStream, peer: SocketAddr, watch: Watch) -> Option<Transport> {
        match &self.acceptor {
            None => Some(tcp.into()),
            // Boxed, so that the task of a connection that is through does not carry the room for it.
            Some(acceptor) => Box::pin(self.pass(acceptor, tcp, peer, watch)).await,
        }
    }

    async fn pass(&self, acceptor: &Acceptor, tcp: TcpStream, peer: SocketAddr, mut watch: Watch) -> Option<Transport> {
        let passed = tokio::select! {
            biased;
            // It has asked nothing yet.
            () = watch.draining() => return None,
            passed = tokio::time::timeout(self.patience, self.secure(acceptor, tcp)) => passed,
        };
        let refused = match passed {
            Ok(Ok(transport)) => return Some(transport),
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

    /// A handshake. The error is `None` if the client left without a word, which is no failure: that is how load
    /// balancers ask whether somebody is there.
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
