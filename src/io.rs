//! The transport under hyper, on both sides: a TCP stream that counts its bytes, caps how much one read takes, tells
//! the clock who is being waited for, and closes in stages.
//!
//! No byte is copied here and no `unsafe` is needed: tokio's `Take` narrows the buffer that hyper offers, and its
//! remaining limit tells how much was read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWrite, ReadBuf, Take};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::clock::Clock;
use crate::error::Phase;

/// The most that one read takes. hyper's buffer grows to 408 KiB while a body is big; half of that costs no measurable
/// speed and bounds what one connection holds between two writes.
const READ_CAP: usize = 256 * 1024;

/// How long a head may take from its first byte, and how long a client may take no byte at all.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From the first byte of a head to its last.
    pub head: Duration,
    /// Without a byte written.
    pub write: Duration,
}

/// Bytes that went through one connection.
#[derive(Debug, Default)]
pub struct Meter {
    read: AtomicU64,
    written: AtomicU64,
}

/// A TCP stream for hyper.
#[derive(Debug)]
pub struct Io {
    stream: TokioIo<Take<TcpStream>>,
    meter: Arc<Meter>,
    watch: Option<(Arc<Clock>, Patience)>,
    eof: bool,
    closing: Option<Closing>,
}

/// The second half of a staged close (RFC 9112, section 9.6): our side is shut, what the peer still sends is discarded
/// for a bounded time and amount, so that no reset overtakes the answer that it has not read yet.
#[derive(Debug)]
struct Closing {
    until: Pin<Box<Sleep>>,
    left: usize,
}

// === impl Meter ===

impl Meter {
    /// Bytes read so far.
    pub fn read(&self) -> u64 {
        self.read.load(Relaxed)
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Each counter has one writer, the connection's task, so a load and a store are enough.
    fn add(counter: &AtomicU64, bytes: usize) {
        counter.store(counter.load(Relaxed) + bytes as u64, Relaxed);
    }
}

// === impl Io ===

impl Io {
    /// The upstream's side: nobody's patience is watched here, the exchange does that.
    pub fn upstream(stream: TcpStream) -> Self {
        Self {
            stream: TokioIo::new(stream.take(READ_CAP as u64)),
            meter: Arc::default(),
            watch: None,
            eof: false,
            closing: None,
        }
    }

    /// The client's side.
    pub fn downstream(stream: TcpStream, clock: Arc<Clock>, patience: Patience) -> Self {
        Self { watch: Some((clock, patience)), ..Self::upstream(stream) }
    }

    /// The counters of this connection.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    fn tcp(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.stream.inner_mut().get_mut())
    }

    fn wrote(&mut self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Some((clock, patience)) = &self.watch {
            if result.is_pending() {
                if !clock.is_armed(Phase::Write) {
                    clock.arm_soon(Phase::Write, Instant::now(), patience.write);
                }
            } else {
                clock.disarm(Phase::Write);
            }
        }
        if let Poll::Ready(Ok(bytes)) = result {
            Meter::add(&self.meter.written, bytes);
        }
        result
    }
}

impl Read for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.stream.inner_mut().set_limit(READ_CAP as u64);
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let left = this.stream.inner().limit();
        let bytes = READ_CAP - usize::try_from(left).unwrap_or(READ_CAP);
        Meter::add(&this.meter.read, bytes);
        this.eof = bytes == 0;
        if let Some((clock, patience)) = &this.watch
            && clock.is_idle()
        {
            clock.disarm(Phase::Idle);
            clock.arm_soon(Phase::Head, Instant::now(), patience.head);
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = self.tcp().poll_write(cx, buf);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = self.tcp().poll_write_vectored(cx, bufs);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp().poll_flush(cx)
    }

    /// Shuts our side, then discards what still comes until the peer closes, 2 s pass or 64 MiB were read. Dropping
    /// the connection meanwhile only means that a reset may overtake the answer.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        const LINGER: Duration = Duration::from_secs(2);
        const DISCARD: usize = 64 * 1024 * 1024;

        let this = &mut *self;
        if this.closing.is_none() {
            ready!(this.tcp().poll_shutdown(cx))?;
            if this.eof || this.watch.is_none() {
                return Poll::Ready(Ok(()));
            }
            this.closing = Some(Closing { until: Box::pin(tokio::time::sleep(LINGER)), left: DISCARD });
        }
        let mut scratch = [0; 16 * 1024];
        while let Some(closing) = &mut this.closing {
            if closing.left == 0 || closing.until.as_mut().poll(cx).is_ready() {
                break;
            }
            let mut buf = ReadBuf::new(&mut scratch);
            let stream = Pin::new(this.stream.inner_mut().get_mut());
            match tokio::io::AsyncRead::poll_read(stream, cx, &mut buf) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => break,
                Poll::Ready(Ok(())) if buf.filled().is_empty() => break,
                Poll::Ready(Ok(())) => closing.left = closing.left.saturating_sub(buf.filled().len()),
            }
        }
        this.closing = None;
        this.eof = true;
        Poll::Ready(Ok(()))
    }
}
