//! What goes upstream: the client's body, frame by frame as it comes, or a body of our own.
//!
//! Two body types on purpose. The response's body carries guards of the pool; this one must not, or the pool and the
//! bodies would need each other. This one tells the clock who is waited for, and the exchange how far the upload is.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::error::{Error, Kind, Phase};

/// How long a body waits for the upstream's `100 Continue` before it goes without (RFC 9110, section 10.1.1, leaves
/// the time to the sender; curl waits as long).
const CONTINUE_WAIT: Duration = Duration::from_secs(1);

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

/// A client's body on its way.
pub struct Upload {
    incoming: Incoming,
    progress: Arc<Progress>,
    gate: Option<Gate>,
    /// A piece that was taken and not sent.
    held: Bytes,
}

/// What a body waits for before it is asked for its first byte.
struct Gate {
    continued: Arc<Notify>,
    passed: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
}

/// How far an upload is, as its exchange sees it.
#[derive(Debug)]
pub struct Progress {
    clock: Arc<Clock>,
    stall: Option<Duration>,
    first_byte: Option<Duration>,
    received: AtomicU64,
    done: AtomicBool,
    broke: AtomicBool,
    answered: AtomicBool,
}

// === impl RequestBody ===

impl RequestBody {
    /// The client's body.
    pub fn upload(incoming: Incoming, progress: Arc<Progress>) -> Self {
        Self::Upload(Box::new(Upload { incoming, progress, gate: None, held: Bytes::new() }))
    }

    /// As [`upload`](Self::upload), but no byte of the body is asked for (so that hyper does not say `100 Continue` to
    /// the client) before the upstream said so, see [`note_interim`](Self::note_interim), or a second passed.
    pub fn expecting(incoming: Incoming, progress: Arc<Progress>) -> Self {
        let continued = Arc::new(Notify::new());
        let notified = Arc::clone(&continued);
        let passed = Box::pin(async move {
            // Either way the body goes: told to, or tired of waiting.
            let _ = tokio::time::timeout(CONTINUE_WAIT, notified.notified()).await;
        });
        let gate = Some(Gate { continued, passed });
        Self::Upload(Box::new(Upload { incoming, progress, gate, held: Bytes::new() }))
    }

    /// Opens the body that waits for a `100 Continue`, if this is one.
    pub fn note_interim(&self, status: StatusCode) {
        if status == StatusCode::CONTINUE
            && let Some(continued) = self.continued()
        {
            continued.notify_one();
        }
    }

    /// What opens the body, if it waits: for a connection that cannot reach the body any more.
    pub fn continued(&self) -> Option<&Arc<Notify>> {
        match self {
            Self::Upload(upload) => upload.gate.as_ref().map(|gate| &gate.continued),
            Self::Empty | Self::Full(_) => None,
        }
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

// === impl Upload ===

impl Upload {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(gate) = &mut self.gate {
            ready!(gate.passed.as_mut().poll(cx));
            self.gate = None;
        }
        if !self.held.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.held)))));
        }
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        match &polled {
            Poll::Pending => self.progress.waits_for_client(),
            Poll::Ready(Some(Ok(frame))) => self.progress.took(frame, self.incoming.is_end_stream()),
            Poll::Ready(None) => self.progress.finished(),
            Poll::Ready(Some(Err(_))) => self.progress.broke.store(true, Relaxed),
        }
        polled.map_err(|e| Error::new(Kind::Body).source(e))
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("progress", &self.progress).finish_non_exhaustive()
    }
}

// === impl Progress ===

impl Progress {
    /// Nothing received yet. `stall` is the longest wait for the client's next byte, `first_byte` the longest wait for
    /// the answer after its last.
    pub fn new(clock: Arc<Clock>, stall: Option<Duration>, first_byte: Option<Duration>) -> Self {
        Self {
            clock,
            stall,
            first_byte,
            received: AtomicU64::new(0),
            done: AtomicBool::new(false),
            broke: AtomicBool::new(false),
            answered: AtomicBool::new(false),
        }
    }

    /// Body bytes received from the client so far.
    pub fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// Whether the client's last byte has been handed on: only then may the upstream connection be used again.
    pub fn is_done(&self) -> bool {
        self.done.load(Relaxed)
    }

    /// Whether the client's body broke off: then what becomes of the exchange is not the upstream's fault.
    pub fn has_broken(&self) -> bool {
        self.broke.load(Relaxed)
    }

    /// The answer's head is there, though the upload may go on: nobody waits for it any more.
    pub fn note_answered(&self) {
        self.answered.store(true, Relaxed);
    }

    fn waits_for_client(&self) {
        if let Some(stall) = self.stall
            && !self.clock.is_armed(Phase::Upload)
        {
            self.clock.arm(Phase::Upload, Instant::now(), stall);
        }
    }

    fn took(&self, frame: &Frame<Bytes>, last: bool) {
        self.clock.disarm(Phase::Upload);
        if let Some(data) = frame.data_ref() {
            self.received.store(self.received.load(Relaxed) + data.len() as u64, Relaxed);
        }
        if last {
            self.finished();
        }
    }

    fn finished(&self) {
        self.clock.disarm(Phase::Upload);
        if !self.done.swap(true, Relaxed)
            && let Some(first_byte) = self.first_byte
            && !self.answered.load(Relaxed)
        {
            self.clock.arm(Phase::FirstByte, Instant::now(), first_byte);
        }
    }
}
