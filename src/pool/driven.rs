//! A connection that hyper's client half speaks on, driven by a task of its own.
//!
//! Dropping it closes the connection at once, whatever was under way on it: hyper alone would go on with an upload whose
//! answer has come already.

use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::conn::{Cause, Interim, SendError};
use crate::body::RequestBody;
use crate::io::{Io, Meter};
use crate::transport::Transport;

/// hyper's side of one connection.
#[derive(Debug)]
pub(super) struct Driven {
    sender: SendRequest<RequestBody>,
    meter: Arc<Meter>,
    born: Instant,
    driver: AbortHandle,
}

// === impl Driven ===

impl Driven {
    /// Speaks HTTP/1.1 over `stream`; the task that drives the connection ends with it.
    pub(super) async fn handshake(stream: Transport) -> hyper::Result<Self> {
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

    /// Waits until the connection can take a request; false when it has died. The task that drives it may not have
    /// come round after the last answer, or may have seen the peer close.
    pub(super) async fn ready(&mut self) -> bool {
        self.sender.is_ready() || self.sender.ready().await.is_ok()
    }

    /// Whether the peer has not closed, as far as the driving task has seen.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// When the connection was made.
    pub(super) fn born(&self) -> Instant {
        self.born
    }

    /// Sends a request and waits for the head of its answer. Cancelling closes the connection.
    pub(super) async fn send(
        &mut self,
        mut request: Request<RequestBody>,
        interim: Interim<'_>,
    ) -> Result<Response<Incoming>, SendError> {
        let listener = interim();
        hyper::ext::on_informational(&mut request, move |interim| listener(interim.status(), interim.headers()));
        let copy = copy_of(&request);
        let read = self.meter.read();
        self.sender.try_send_request(request).await.map_err(|mut failed| {
            let unsent = failed.take_message();
            let is_unsent = unsent.is_some();
            SendError {
                request: unsent.or(copy).map(Box::new),
                is_unsent,
                has_answered: self.meter.read() != read,
                cause: Cause::Driven(failed.into_error()),
            }
        })
    }
}

/// A second request like this one, where it may be needed. hyper keeps what it has begun to send.
fn copy_of(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !is_safe || !matches!(request.body(), RequestBody::Empty) {
        return None;
    }
    let mut copy = Request::new(RequestBody::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
