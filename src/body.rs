//! What goes upstream: the client's body, frame by frame as it comes, or a body of our own.
//!
//! Two body types on purpose. The response's body carries guards of the pool; this one must not, or the pool and the
//! bodies would need each other. This one tells the clock who is waited for, and the exchange how far the upload is.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

mod handover;
mod pace;
mod progress;
mod streamed;

pub use self::handover::{BrokenOff, Giver, Taker, handover};
use self::pace::Meter;
pub use self::pace::Pace;
pub use self::progress::{Patience, Progress};
pub use self::streamed::Streamed;
use crate::error::{Error, Kind};

/// The body of a request to an upstream.
#[derive(Debug)]
pub enum RequestBody {
    /// None at all: neither a length nor a coding.
    Empty,
    /// Bytes of our own, for the calls that viaduct makes itself.
    Full(Bytes),
    /// The client's.
    Upload(Box<Upload>),
}

/// A client's body, as whoever speaks HTTP with it hands it over.
#[derive(Debug)]
pub enum Incoming {
    /// None was announced.
    Empty,
    /// HTTP/1.1, which is ours.
    Handed(Taker),
    /// HTTP/2.
    Streamed(Streamed),
}

/// A client's body on its way.
pub struct Upload {
    incoming: Incoming,
    progress: Arc<Progress>,
    /// A piece that was taken and not sent.
    held: Bytes,
    /// How fast it comes, if it has a pace to keep.
    meter: Option<Meter>,
    /// Looks at each piece before it is sent.
    inspector: Option<Box<dyn Inspect>>,
}

/// Looks at a client's body as it passes, and may refuse it: then the last byte is never sent.
pub trait Inspect: std::fmt::Debug + Send {
    /// The next bytes.
    fn look(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// There are no more; asked before the last are sent.
    fn end(&mut self) -> Result<(), Error>;
}

// === impl RequestBody ===

impl RequestBody {
    /// The client's body, at which somebody may look.
    pub fn upload(incoming: Incoming, progress: Arc<Progress>, inspector: Option<Box<dyn Inspect>>) -> Self {
        let meter = progress.meter();
        Self::Upload(Box::new(Upload { incoming, progress, held: Bytes::new(), meter, inspector }))
    }

    /// Takes back the only piece that was taken out of it.
    pub fn put_back(&mut self, data: Bytes) {
        match self {
            _ if data.is_empty() => {}
            Self::Upload(upload) => upload.held = data,
            Self::Full(_) | Self::Empty => *self = Self::Full(data),
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Upload(upload) => upload.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_empty(),
            Self::Upload(upload) => upload.held.is_empty() && upload.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Upload(upload) => upload.incoming.size_hint(),
        }
    }
}

// === impl Incoming ===

impl Incoming {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self {
            Self::Empty => Poll::Ready(None),
            Self::Handed(taker) => taker.poll_frame(cx).map_err(|e| match e {
                BrokenOff::Malformed => Error::new(Kind::BadRequest).detail("the framing of its body"),
                BrokenOff::Left => Error::new(Kind::Body).source(e),
            }),
            Self::Streamed(body) => body.poll_frame(cx).map_err(|e| Error::new(Kind::Body).source(e)),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Handed(taker) => taker.is_end_stream(),
            Self::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Handed(taker) => taker.size_hint(),
            Self::Streamed(body) => body.size_hint(),
        }
    }
}

// === impl Upload ===

impl Upload {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.progress.has_broken() {
            // hyper tells it once, and says afterwards that the body is over: that would be an ending of our invention.
            return Poll::Ready(Some(Err(Error::new(Kind::Body))));
        }
        if !self.held.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.held)))));
        }
        let polled = self.incoming.poll_frame(cx);
        if let Some(inspector) = &mut self.inspector
            && let Err(refusal) = inspect(inspector.as_mut(), &polled, self.incoming.is_end_stream())
        {
            self.progress.refuse(refusal);
            return Poll::Ready(Some(Err(Error::new(Kind::Body))));
        }
        match &polled {
            Poll::Pending => self.progress.waits_for_client(self.meter.as_mut()),
            Poll::Ready(Some(Ok(frame))) => {
                self.progress.took(frame, self.incoming.is_end_stream(), self.meter.as_mut());
            }
            Poll::Ready(None) => self.progress.finished(),
            Poll::Ready(Some(Err(e))) if e.kind() == Kind::BadRequest => self.progress.refuse(e.again()),
            Poll::Ready(Some(Err(_))) => self.progress.break_off(),
        }
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && frame.is_trailers()
        {
            // No upstream of ours reads a request's trailers, and a field that comes late may be one that must not
            // (RFC 9110, section 6.5.1).
            self.progress.finished();
            return Poll::Ready(None);
        }
        polled
    }
}

fn inspect(
    inspector: &mut dyn Inspect,
    polled: &Poll<Option<Result<Frame<Bytes>, Error>>>,
    is_last: bool,
) -> Result<(), Error> {
    let Poll::Ready(polled) = polled else { return Ok(()) };
    match polled {
        Some(Ok(frame)) => {
            frame.data_ref().map_or(Ok(()), |data| inspector.look(data))?;
            if is_last || frame.is_trailers() { inspector.end() } else { Ok(()) }
        }
        Some(Err(_)) => Ok(()),
        None => inspector.end(),
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("progress", &self.progress).finish_non_exhaustive()
    }
}
