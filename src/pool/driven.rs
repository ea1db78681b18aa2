//! A connection that hyper's client half speaks on, driven by a task of its own.
//!
//! Dropping it closes the connection at once, whatever was under way on it: hyper alone would go on with an upload whose
//! answer has come already.

mod io;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use self::io::{Io, Meter};
use super::conn::{Cause, Listener, SendError};
use crate::body::RequestBody;
use crate::head::RequestHead;
use crate::transport::Transport;

/// hyper's side of one connection.
pub(super) struct Driven {
    sender: SendRequest<RequestBody>,
    meter: Arc<Meter>,
    born: Instant,
    driver: AbortHandle,
    sending: Option<Sending>,
    /// Whether the request has no body: then none of it is lost, whatever happens.
    has_none: bool,
    /// What had been read before this exchange.
    read_before: u64,
}

type Sending = Pin<Box<dyn Future<Output = Result<Response<Incoming>, TrySendError<Request<RequestBody>>>> + Send>>;

// === impl Driven ===

impl Driven {
    /// Speaks HTTP/1.1 over `stream`; the task that drives the connection ends with it.
    pub(super) async fn handshake(stream: Transport) -> hyper::Result<Self> {
        let (io, meter) = Io::new(stream);
        let (sender, connection) = http1::Builder::new().handshake(io).await?;
        let driver = tokio::spawn(async move {
            // Whoever waits for an answer gets the error; an idle connection that dies is nobody's business.
            if let Err(e) = connection.await {
                tracing::trace!(error = %e, "upstream connection ended");
            }
        });
        let (born, driver) = (Instant::now(), driver.abort_handle());
        Ok(Self { sender, meter, born, driver, sending: None, has_none: false, read_before: 0 })
    }

    /// Waits until the connection can take a request; false when it has died. The task that drives it may not have
    /// come round after the last answer, or may have seen the peer close.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if self.sender.is_ready() { Poll::Ready(true) } else { self.sender.poll_ready(cx).map(|ready| ready.is_ok()) }
    }

    /// Whether the peer has not closed, as far as the driving task has seen.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// When the connection was made.
    pub(super) fn born(&self) -> Instant {
        self.born
    }

    /// Begins a request. hyper keeps what it is given, so it is given a copy of the head.
    pub(super) fn begin(&mut self, head: &RequestHead, body: RequestBody, listener: Listener) {
        let mut request = head.to_request(body);
        hyper::ext::on_informational(&mut request, move |interim| listener(interim.status(), interim.headers()));
        self.read_before = self.meter.read();
        self.has_none = matches!(request.body(), RequestBody::Empty);
        self.sending = Some(Box::pin(self.sender.try_send_request(request)));
    }

    /// Waits for the head of the answer.
    pub(super) fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Incoming>, SendError>> {
        let Some(sending) = &mut self.sending else {
            return Poll::Ready(Err(SendError::over()));
        };
        let sent = ready!(sending.as_mut().poll(cx));
        self.sending = None;
        Poll::Ready(sent.map_err(|mut failed| {
            let unsent = failed.take_message();
            SendError {
                is_unsent: unsent.is_some(),
                body: unsent.map(Request::into_body).or(self.has_none.then_some(RequestBody::Empty)),
                has_answered: self.meter.read() != self.read_before,
                cause: Cause::Driven(failed.into_error()),
            }
        }))
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl std::fmt::Debug for Driven {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driven").field("sender", &self.sender).finish_non_exhaustive()
    }
}
