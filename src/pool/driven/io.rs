//! The socket under hyper: counts what comes, and caps how much one read takes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf, Take};

use crate::transport::Transport;

/// The most that one read takes. hyper's buffer grows to 408 KiB while a body is big; half of that costs no measurable
/// speed and bounds what one connection holds between two writes.
const READ_CAP: u64 = 256 * 1024;

/// Bytes that came over one connection.
#[derive(Debug, Default)]
pub(super) struct Meter(AtomicU64);

/// A connection for hyper.
#[derive(Debug)]
pub(super) struct Io(TokioIo<Counted>);

#[derive(Debug)]
struct Counted {
    stream: Take<Transport>,
    meter: Arc<Meter>,
}

// === impl Meter ===

impl Meter {
    /// Bytes read so far.
    pub(super) fn read(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

// === impl Io ===

impl Io {
    /// Over `stream`, with the meter that counts what it gives.
    pub(super) fn new(stream: Transport) -> (Self, Arc<Meter>) {
        let meter = Arc::<Meter>::default();
        let counted = Counted { stream: stream.take(READ_CAP), meter: Arc::clone(&meter) };
        (Self(TokioIo::new(counted)), meter)
    }

    fn stream(&mut self) -> Pin<&mut Transport> {
        Pin::new(self.0.inner_mut().stream.get_mut())
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        self.stream.set_limit(READ_CAP);
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.meter.0.fetch_add((buf.filled().len() - before) as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl Read for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Write for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}
