//! One connection to an endpoint: hyper's client half, driven by a task of its own.
//!
//! The small interface that the rest of the house sees: is it open, is it ready, send this, and what came of it.
//! Dropping a [`Conn`] closes the connection at once, whatever was under way on it: that is how an upstream learns that
//! the client has left. hyper alone would go on with an upload whose answer has come already.

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::body::RequestBody;
use crate::io::{Io, Meter};

/// A connection that can carry one exchange at a time.
#[derive(Debug)]
pub struct Conn {
    sender: SendRequest<RequestBody>,
    meter: Arc<Meter>,
    born: Instant,
    driver: AbortHandle,
}

/// A request that got no answer.
#[derive(Debug)]
pub struct SendError {
    /// The request itself, if not a byte of it was written: it may go again whatever its method.
    pub unsent: Option<Request<RequestBody>>,
    /// Whether the connection gave a first byte of an answer before it failed.
    pub answered: bool,
    /// hyper's reason.
    pub source: hyper::Error,
}

// === impl Conn ===

impl Conn {
    /// Speaks HTTP/1.1 over `stream`; the task that drives the connection ends with it.
    pub(super) async fn handshake(stream: TcpStream) -> hyper::Result<Self> {
        let io = Io::upstream(stream);
        let meter = io.meter();
        let (sender, connection) = http1::Builder::new().handshake(io).await?;
        let driver = tokio::spawn(async move {
            // Whoever waits for an answer gets the error; an idle connection that dies is nobody's business.
            if let Err(e) = connection.await {
                tracing::trace!(error = %e, "upstream connection ended");
            }
        });
        Ok(Self { sender, meter, born: Instant::now(), driver: driver.abort_handle() })
    }

    /// Waits until the connection can take a request; false when it has died.
    pub(super) async fn ready(&mut self) -> bool {
        self.sender.is_ready() || self.sender.ready().await.is_ok()
    }

    /// Whether the peer has not closed, as far as the driving task has seen.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// When the connection was made.
    pub(super) fn born(&self) -> Instant {
        self.born
    }

    /// Sends a request and waits for the head of its answer. Cancelling closes the connection.
    pub async fn send(&mut self, request: Request<RequestBody>) -> Result<Response<Incoming>, SendError> {
        let read = self.meter.read();
        self.sender.try_send_request(request).await.map_err(|mut failed| SendError {
            unsent: failed.take_message(),
            answered: self.meter.read() != read,
            source: failed.into_error(),
        })
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
