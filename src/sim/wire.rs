//! One connection at byte level: what hyper cannot do to its peer.
//!
//! A cut happens behind the last byte that was meant to go out (at hyper's next flush, which comes only after all of
//! its buffer is written), so "after N bytes" is exact. An idle connection is closed by an end of file that hyper
//! reads, a reader that does not read is dropped after a limit.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

const OPEN: u8 = 0;
const CLOSE: u8 = 1;
const RESET: u8 = 2;

/// What a handler may tell its connection.
#[derive(Debug, Default)]
pub(crate) struct Conn {
    end: AtomicU8,
    stall_ms: AtomicU64,
    idle: AtomicBool,
    reader: Mutex<Option<Waker>>,
    killed: Arc<AtomicBool>,
}

/// The socket under hyper.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    conn: Arc<Conn>,
    keep_alive: Option<Duration>,
    idle: Option<Pin<Box<Sleep>>>,
    stall: Option<Pin<Box<Sleep>>>,
}

// === impl Conn ===

impl Conn {
    pub(crate) fn new(killed: Arc<AtomicBool>) -> Self {
        Self { killed, ..Self::default() }
    }

    /// Ends the connection once everything handed over so far is written: with a reset, or by closing it.
    pub(crate) fn end(&self, reset: bool) {
        self.end.store(if reset { RESET } else { CLOSE }, Relaxed);
    }

    /// From now on a write that is blocked for so long ends the connection.
    pub(crate) fn limit_stall(&self, limit: Duration) {
        self.stall_ms.store(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX), Relaxed);
    }

    /// Whether the connection waits for its next request (never before the first: Uvicorn does not count that).
    pub(crate) fn set_idle(&self, idle: bool) {
        self.idle.store(idle, Relaxed);
        // hyper does not read again before bytes come: the connection has to look at its clock by itself.
        if idle && let Some(reader) = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take() {
            reader.wake();
        }
    }
}

// === impl Wire ===

impl Wire {
    pub(crate) fn new(stream: TcpStream, conn: Arc<Conn>, keep_alive: Option<Duration>) -> Self {
        Self { stream, conn, keep_alive, idle: None, stall: None }
    }

    fn wrote(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if polled.is_ready() {
            self.stall = None;
            return polled;
        }
        let limit = Duration::from_millis(self.conn.stall_ms.load(Relaxed));
        if limit.is_zero() {
            return Poll::Pending;
        }
        let stall = self.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if stall.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.conn.end(true);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let Some(limit) = self.keep_alive else { return polled };
        if polled.is_pending() {
            *self.conn.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
        }
        if polled.is_ready() || !self.conn.idle.load(Relaxed) {
            self.idle = None;
            return polled;
        }
        // Armed when the connection is first seen idle; its firing reads as the end of the file, and hyper closes.
        let idle = self.idle.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        idle.as_mut().poll(cx).map(Ok)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.wrote(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.wrote(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.conn.end.load(Relaxed) != OPEN {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.conn.end.load(Relaxed) == RESET || self.conn.killed.load(Relaxed) {
            // Fails only on a socket that is dead already.
            let _ = self.stream.set_zero_linger();
        }
    }
}
