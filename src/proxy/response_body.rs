//! The body of an answer on its way to the client: the upstream's frames as they come, carrying the exchange that
//! ends with the last of them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::enrich::Enriched;
use super::error_response::Dialect;
use super::events::Events;
use super::exchange::Exchange;
use super::{trailers, unseen};
use crate::error::{Error, Kind, Phase};
use crate::head::Fields;
use crate::metrics::Metrics;
use crate::pool::Answer;

/// What goes to the client.
#[derive(Debug)]
pub enum ResponseBody {
    /// An answer of viaduct's own.
    Made(Bytes),
    /// The upstream's, untouched.
    Forwarded(Forwarded),
    /// The upstream's, gaining timestamps.
    Enriched(Box<Enriched>),
}

/// The upstream's body, and the exchange that it belongs to.
#[derive(Debug)]
pub struct Forwarded {
    incoming: Answer,
    exchange: Box<Exchange>,
    silence: Option<Duration>,
    events: Option<Box<Events>>,
    /// Held back until the error event in front of it has gone.
    failure: Option<Error>,
}

// === impl ResponseBody ===

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.get_mut() {
            Self::Made(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Made(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Forwarded(body) => body.poll_frame(cx),
            Self::Enriched(body) => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Made(bytes) => bytes.is_empty(),
            Self::Forwarded(body) => body.failure.is_none() && body.incoming.is_end_stream(),
            Self::Enriched(body) => body.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Made(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Forwarded(body) => body.incoming.size_hint(),
            Self::Enriched(_) => SizeHint::default(),
        }
    }
}

impl ResponseBody {
    /// Whether its bytes were read, and not just passed on.
    pub fn took_time(&self) -> bool {
        matches!(self, Self::Enriched(_))
    }

    /// The upstream's socket, if its next so many bytes are the client's as they are: nobody here has to look at them.
    pub fn bare(&self) -> Option<(&TcpStream, u64)> {
        match self {
            Self::Forwarded(body) if body.failure.is_none() && body.events.is_none() => body.incoming.bare(),
            _ => None,
        }
    }

    /// So many of those were moved, as if they had been a frame.
    pub fn passed(&mut self, count: u64) {
        if let Self::Forwarded(body) = self {
            body.passed(count);
        }
    }
}

// === impl Forwarded ===

impl Forwarded {
    /// Passes `incoming` on. `fields` are those of the answer, for its content type.
    pub(super) fn new(mut incoming: Answer, mut exchange: Box<Exchange>, fields: &Fields) -> Self {
        if incoming.is_end_stream() {
            exchange.regain(incoming.take_conn());
            // HEAD, 204, 304 or a length of 0: nobody will ask for a frame.
            exchange.complete();
        }
        let silence = exchange.silence();
        let events = Events::of(fields, exchange.dialect(Dialect::Text), exchange.class());
        Self { incoming, exchange, silence, events, failure: None }
    }

    /// Its exchange, which a middleware ends when its own last byte has gone.
    pub(super) fn exchange(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    /// Whether there is no body to come.
    pub(super) fn is_empty(&self) -> bool {
        self.incoming.is_end_stream()
    }

    /// The counters, for a middleware.
    pub(super) fn metrics(&self) -> &Metrics {
        self.exchange.metrics()
    }

    /// Lets a middleware count what it did.
    pub(super) fn count(&mut self, count: impl FnOnce(&mut Exchange, &Metrics)) {
        let metrics = Arc::clone(self.exchange.metrics());
        count(&mut self.exchange, &metrics);
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        // A body that came with its head is over when that was there: one look at the clock serves both.
        let now = self.exchange.take_now();
        let frame = ready!(self.poll_upstream(cx));
        match frame {
            Some(Ok(frame)) => {
                // Behind trailers nothing more is asked for.
                if self.incoming.is_end_stream() || frame.is_trailers() {
                    self.exchange.complete_at(now.unwrap_or_else(Instant::now));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            None => {
                self.exchange.complete();
                Poll::Ready(None)
            }
            Some(Err(error)) => Poll::Ready(Some(self.fail(error))),
        }
    }

    /// The next frame, before anybody looks at it; does not end the exchange.
    pub(super) fn poll_upstream(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(error) = self.failure.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        let clock = self.exchange.clock();
        match polled {
            Poll::Pending => {
                // The upload's end may have armed the wait for a head that was just coming.
                if let Some(phase) = clock.expired().filter(|phase| *phase != Phase::FirstByte) {
                    return Poll::Ready(Some(Err(self.exchange.expired(phase))));
                }
                if let Some(silence) = self.silence
                    && !clock.is_armed(Phase::Silence)
                {
                    clock.arm(Phase::Silence, Instant::now(), silence);
                }
                Poll::Pending
            }
            Poll::Ready(Some(Ok(frame))) => {
                clock.disarm(Phase::Silence);
                self.regain();
                let frame = self.passes(frame);
                if frame.is_trailers() || self.incoming.is_end_stream() {
                    self.end_events();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => {
                clock.disarm(Phase::Silence);
                self.regain();
                self.end_events();
                Poll::Ready(None)
            }
            // An upload that goes on beside the answer takes it along when it breaks off.
            Poll::Ready(Some(Err(e))) => Poll::Ready(Some(Err(self.exchange.blame(Error::new(Kind::Body).source(e))))),
        }
    }

    /// At the body's end the exchange gets the connection.
    fn regain(&mut self) {
        if let Some(conn) = self.incoming.take_conn() {
            self.exchange.regain(Some(conn));
        }
    }

    /// A stream that is over must have said so.
    fn end_events(&mut self) {
        if self.events.as_mut().is_some_and(|events| events.end()) {
            self.exchange.fail_inside();
        }
    }

    fn passed(&mut self, count: u64) {
        self.exchange.clock().disarm(Phase::Silence);
        self.exchange.gave(usize::try_from(count).unwrap_or(usize::MAX));
        self.exchange.metrics().spliced.inc_by(count);
        self.incoming.passed(count);
        if self.incoming.is_end_stream() {
            self.regain();
            self.exchange.complete();
        }
    }

    fn passes(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        match frame.into_data() {
            Ok(data) => {
                self.exchange.gave(data.len());
                if let Some(events) = &mut self.events
                    && events.pass(&data)
                {
                    self.exchange.fail_inside();
                }
                Frame::data(data)
            }
            Err(frame) => match frame.into_trailers() {
                Ok(mut trailers) => {
                    trailers::clean(&mut trailers, &self.exchange.nominated);
                    Frame::trailers(trailers)
                }
                Err(frame) => frame,
            },
        }
    }

    /// The last frame of a body that broke off: an error event where one can stand, then (or at once) the error that
    /// makes the server cut the connection. A broken message never gets a clean end (contract: http-proxy, rule 2).
    pub(super) fn fail(&mut self, error: Error) -> Result<Frame<Bytes>, Error> {
        let event = self.events.take().and_then(|events| events.word(&error));
        let copy = Error::new(error.kind());
        // The upstream hears of it now, whenever the client takes the event.
        self.incoming.close();
        self.exchange.cut(error);
        match event {
            Some(event) => {
                self.failure = Some(copy);
                Ok(Frame::data(event))
            }
            None => Err(copy),
        }
    }
}

/// The client has gone, or takes nothing more.
impl Drop for Forwarded {
    fn drop(&mut self) {
        if self.exchange.may_outlive() && !self.incoming.is_end_stream() {
            unseen::read_on(&mut self.exchange, self.incoming.take(), self.events.take());
        }
    }
}
