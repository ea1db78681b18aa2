//! The body of a simulator's response: nothing, bytes, pieces made while they are sent, or a channel that a task
//! fills; each may be paced and cut off on its way.
//!
//! One frame is one HTTP chunk when the length is not known. An `Err` in a channel or among the pieces ends the
//! connection without the last chunk, behind everything sent before it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;
use tokio::time::Sleep;

use crate::sim::fault::Cut;
use crate::sim::wire::Conn;

/// Where a streamed body comes from.
pub type Pieces = Box<dyn Iterator<Item = io::Result<Bytes>> + Send>;

/// A response body.
pub struct Body {
    source: Source,
    pace: Option<Pace>,
    cut: Option<Cut>,
    conn: Option<Arc<Conn>>,
    sent: u64,
    frames: u64,
    cutting: bool,
    // Dropped with the body: tells the server that the response is over.
    guard: Option<Box<dyn Send>>,
}

enum Source {
    Empty,
    Full { bytes: Bytes, sized: bool },
    Pieces { pieces: Pieces, left: u64 },
    Channel(mpsc::Receiver<io::Result<Bytes>>),
}

struct Pace {
    gap: Duration,
    wait: Option<Pin<Box<Sleep>>>,
}

// === impl Body ===

impl Body {
    /// No body.
    pub fn empty() -> Self {
        Self::new(Source::Empty)
    }

    /// Bytes, with a `content-length`.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Self::new(Source::Full { bytes: bytes.into(), sized: true })
    }

    /// Bytes, sent in one chunk.
    pub fn chunked(bytes: impl Into<Bytes>) -> Self {
        Self::new(Source::Full { bytes: bytes.into(), sized: false })
    }

    /// `length` bytes in pieces made when they are wanted.
    pub fn pieces(pieces: Pieces, length: u64) -> Self {
        Self::new(Source::Pieces { pieces, left: length })
    }

    /// Whatever is sent into the channel, chunk by chunk; the end of the channel is the end of the body.
    pub fn channel(capacity: usize) -> (mpsc::Sender<io::Result<Bytes>>, Self) {
        let (sender, receiver) = mpsc::channel(capacity);
        (sender, Self::new(Source::Channel(receiver)))
    }

    fn new(source: Source) -> Self {
        Self { source, pace: None, cut: None, conn: None, sent: 0, frames: 0, cutting: false, guard: None }
    }

    pub(crate) fn on(mut self, conn: Arc<Conn>, pace: Duration, cut: Option<Cut>, guard: Box<dyn Send>) -> Self {
        self.conn = Some(conn);
        self.pace = (!pace.is_zero()).then_some(Pace { gap: pace, wait: None });
        self.cut = cut;
        self.guard = Some(guard);
        if cut.is_some_and(|cut| cut.after == 0) {
            self.cut_here();
        }
        self
    }

    fn cut_here(&mut self) {
        self.cutting = true;
        if let Some(conn) = &self.conn {
            conn.end(self.cut.is_none_or(|cut| cut.reset));
        }
    }

    /// Shortens `bytes` to what may still go out, and remembers to cut behind them.
    fn count(&mut self, mut bytes: Bytes) -> Bytes {
        self.frames += 1;
        if let Some(cut) = self.cut {
            if cut.frames {
                if self.frames >= cut.after {
                    self.cut_here();
                }
            } else if self.sent + bytes.len() as u64 >= cut.after {
                bytes.truncate(usize::try_from(cut.after - self.sent).unwrap_or(usize::MAX));
                self.cut_here();
            }
        }
        self.sent += bytes.len() as u64;
        bytes
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if this.cutting {
            // Nothing more to send: the connection ends at hyper's next flush.
            return Poll::Pending;
        }
        if let Some(pace) = &mut this.pace {
            ready!(pace.poll(cx));
        }
        match ready!(this.source.poll(cx)) {
            Some(Ok(bytes)) => {
                if let Some(pace) = &mut this.pace {
                    pace.wait = Some(Box::pin(tokio::time::sleep(pace.gap)));
                }
                Poll::Ready(Some(Ok(Frame::data(this.count(bytes)))))
            }
            Some(Err(_)) => {
                this.cut_here();
                Poll::Pending
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        !self.cutting
            && match &self.source {
                Source::Empty => true,
                Source::Full { bytes, .. } => bytes.is_empty(),
                Source::Pieces { left, .. } => *left == 0,
                Source::Channel(_) => false,
            }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Empty => SizeHint::with_exact(0),
            Source::Full { bytes, sized: true } => SizeHint::with_exact(bytes.len() as u64),
            Source::Pieces { left, .. } => SizeHint::with_exact(*left),
            Source::Full { .. } | Source::Channel(_) => SizeHint::default(),
        }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("sent", &self.sent).field("cut", &self.cut).finish_non_exhaustive()
    }
}

// === impl Source ===

impl Source {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match self {
            Self::Empty | Self::Pieces { left: 0, .. } => Poll::Ready(None),
            Self::Full { bytes, .. } => Poll::Ready((!bytes.is_empty()).then(|| Ok(std::mem::take(bytes)))),
            Self::Pieces { pieces, left } => {
                // Fewer pieces than promised is a failure: the file went away below its reader.
                let piece = pieces.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
                if let Ok(bytes) = &piece {
                    *left = left.saturating_sub(bytes.len() as u64);
                }
                Poll::Ready(Some(piece))
            }
            Self::Channel(receiver) => receiver.poll_recv(cx),
        }
    }
}

// === impl Pace ===

impl Pace {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        Poll::Ready(())
    }
}
