//! The transport under hyper, on both sides: a TCP stream that counts its bytes, caps how much one read takes, tells
//! the clock who is being waited for, and closes in stages.
//!
//! On the client's side it does what hyper's server cannot: it reads one message at a time ([`gate`]), and it says
//! more than hyper writes ([`Speaker`]).
//!
//! No ordinary byte is copied here and no `unsafe` is needed: tokio's `Take` narrows the buffer that hyper offers.

mod chunks;
mod gate;
mod head;
mod refusal;
mod speaker;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf, Take};
use tokio::time::{Instant, Sleep};

use self::gate::Gate;
use self::speaker::Speaker;
use crate::clock::Clock;
use crate::error::Phase;
use crate::transport::Transport;
use crate::turn::Turn;

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
    stream: TokioIo<Front>,
    meter: Arc<Meter>,
    client: Option<Client>,
    eof: bool,
    is_shut: bool,
    closing: Option<Closing>,
}

/// What a client's connection has beyond an upstream's.
#[derive(Debug)]
struct Client {
    clock: Arc<Clock>,
    patience: Patience,
    speaker: Speaker,
}

/// The reading side, as tokio sees it.
#[derive(Debug)]
struct Front {
    tcp: Take<Transport>,
    gate: Option<Gate>,
    /// How many bytes the last read handed over.
    handed: usize,
}

/// The second half of a staged close (RFC 9112, section 9.6): our side is shut, what the peer still sends is discarded
/// for a bounded time and amount, so that no reset overtakes the answer that it has not read yet.
#[derive(Debug)]
struct Closing {
    until: Instant,
    quiet: Pin<Box<Sleep>>,
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

// === impl Front ===

impl AsyncRead for Front {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let start = buf.filled().len();
        if let Some(gate) = &mut this.gate {
            ready!(gate.poll_read(&mut this.tcp, cx, buf))?;
        } else {
            this.tcp.set_limit(READ_CAP as u64);
            ready!(Pin::new(&mut this.tcp).poll_read(cx, buf))?;
        }
        this.handed = buf.filled().len() - start;
        Poll::Ready(Ok(()))
    }
}

// === impl Io ===

impl Io {
    /// The upstream's side: nobody's patience is watched here, the exchange does that.
    pub fn upstream(stream: Transport) -> Self {
        let front = Front { tcp: stream.take(READ_CAP as u64), gate: None, handed: 0 };
        Self {
            stream: TokioIo::new(front),
            meter: Arc::default(),
            client: None,
            eof: false,
            is_shut: false,
            closing: None,
        }
    }

    /// The client's side.
    pub fn downstream(stream: Transport, clock: Arc<Clock>, turn: Arc<Turn>, patience: Patience) -> Self {
        let mut io = Self::upstream(stream);
        io.stream.inner_mut().gate = Some(Gate::new(Arc::clone(&turn)));
        io.client = Some(Client { clock, patience, speaker: Speaker::new(turn) });
        io
    }

    /// The counters of this connection.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    /// Closes in stages, if it was not closed yet.
    pub async fn close(&mut self) {
        // Whatever fails here, the connection is over.
        let _ = std::future::poll_fn(|cx| Pin::new(&mut *self).poll_shutdown(cx)).await;
    }

    /// The stream itself, and what was read from it too early.
    pub fn into_tcp(self) -> (Transport, BytesMut) {
        let front = self.stream.into_inner();
        (front.tcp.into_inner(), front.gate.map(Gate::into_held).unwrap_or_default())
    }

    fn tcp(&mut self) -> Pin<&mut Transport> {
        Pin::new(self.stream.inner_mut().tcp.get_mut())
    }

    /// What has to be written before or instead of `buf`, which hyper wants to write. Ready with how much of `buf` is
    /// settled by that; 0 if `buf` itself is to be written.
    fn poll_speak(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Some(client) = &mut self.client else { return Poll::Ready(Ok(0)) };
        let front = self.stream.inner_mut();
        let refusal = front.gate.as_ref().and_then(Gate::refusal);
        let spoken = client.speaker.poll_speak(front.tcp.get_mut(), cx, buf, refusal);
        if spoken.is_pending() {
            self.keep_write_time(true);
        }
        spoken
    }

    fn keep_write_time(&self, is_waiting: bool) {
        let Some(Client { clock, patience, .. }) = &self.client else { return };
        if !is_waiting {
            clock.disarm(Phase::Write);
        } else if !clock.is_armed(Phase::Write) {
            clock.arm_soon(Phase::Write, Instant::now(), patience.write);
        }
    }

    fn wrote(&mut self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.keep_write_time(result.is_pending());
        if let Poll::Ready(Ok(bytes)) = result {
            Meter::add(&self.meter.written, bytes);
        }
        result
    }
}

impl Read for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let bytes = this.stream.inner().handed;
        Meter::add(&this.meter.read, bytes);
        this.eof = bytes == 0;
        if let Some(Client { clock, patience, .. }) = &this.client
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
        match ready!(self.poll_speak(cx, buf))? {
            0 => {
                let result = self.tcp().poll_write(cx, buf);
                self.wrote(result)
            }
            settled => Poll::Ready(Ok(settled)),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // hyper keeps heads in its first buffer.
        match ready!(self.poll_speak(cx, bufs.first().map_or(&[], |buf| buf)))? {
            0 => {
                let result = self.tcp().poll_write_vectored(cx, bufs);
                self.wrote(result)
            }
            settled => Poll::Ready(Ok(settled)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// hyper flushes when it has nothing left to write.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(client) = &mut this.client {
            let front = this.stream.inner_mut();
            ready!(client.speaker.poll_flushed(front.tcp.get_mut(), cx))?;
            // hyper takes a read that was pending for one that the socket will wake.
            if front.gate.as_ref().is_some_and(Gate::holds) && this.closing.is_none() && client.speaker.is_turn_over() {
                cx.waker().wake_by_ref();
            }
        }
        self.tcp().poll_flush(cx)
    }

    /// Shuts our side, then discards what still comes until the peer closes, is quiet for 3 s, or 10 s or 1 GiB have
    /// passed. Dropping the connection meanwhile only means that a reset may overtake the answer.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        const LINGER: Duration = Duration::from_secs(10);
        const QUIET: Duration = Duration::from_secs(3);
        const DISCARD: usize = 1024 * 1024 * 1024;

        let this = &mut *self;
        if this.is_shut {
            return Poll::Ready(Ok(()));
        }
        if this.closing.is_none() {
            if let Some(client) = &mut this.client {
                client.speaker.close(this.stream.inner_mut().tcp.get_mut())?;
            }
            ready!(this.tcp().poll_shutdown(cx))?;
            if this.eof || this.client.is_none() {
                this.is_shut = true;
                return Poll::Ready(Ok(()));
            }
            let now = Instant::now();
            let quiet = Box::pin(tokio::time::sleep_until(now + QUIET));
            this.closing = Some(Closing { until: now + LINGER, quiet, left: DISCARD });
        }
        let mut scratch = [0; 16 * 1024];
        while let Some(closing) = &mut this.closing {
            if closing.left == 0 || closing.quiet.as_mut().poll(cx).is_ready() {
                break;
            }
            let mut buf = ReadBuf::new(&mut scratch);
            let stream = Pin::new(this.stream.inner_mut().tcp.get_mut());
            match AsyncRead::poll_read(stream, cx, &mut buf) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => break,
                Poll::Ready(Ok(())) if buf.filled().is_empty() => break,
                Poll::Ready(Ok(())) => {
                    closing.left = closing.left.saturating_sub(buf.filled().len());
                    closing.quiet.as_mut().reset(closing.until.min(Instant::now() + QUIET));
                }
            }
        }
        this.closing = None;
        this.is_shut = true;
        Poll::Ready(Ok(()))
    }
}
