//! The connection under h2: bytes that were read already come first, and all are metered on their way.
//!
//! Where the account is overdrawn nothing more is given to h2, so that it stops in the middle of a flood and the
//! connection can be ended. Behind that end what still comes is discarded, so that no reset overtakes the GOAWAY that
//! says why (RFC 9113, section 5.4.1).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ledger::Ledger;
use super::meter::Meter;
use crate::transport::Transport;

/// How much is discarded at most. Time is the connection's to limit.
const DISCARD: usize = 64 * 1024 * 1024;
/// How much is discarded at once.
const AT_ONCE: usize = 8 * 1024;

/// Gives those bytes first, and meters all.
#[derive(Debug)]
pub(super) struct Wire {
    early: Bytes,
    stream: Transport,
    meter: Meter,
    ledger: Arc<Ledger>,
    /// What may still be discarded.
    discard: usize,
}

// === impl Wire ===

impl Wire {
    pub(super) fn new(stream: Transport, early: Bytes, ledger: Arc<Ledger>) -> Self {
        Self { early, stream, meter: Meter::new(), ledger, discard: DISCARD }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let count = self.early.len().min(buf.remaining());
        buf.put_slice(&self.early[..count]);
        self.early.advance(count);
        if self.early.is_empty() {
            // An empty slice would keep its whole buffer alive.
            self.early = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when the client has ended its side, or sends too much.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0; AT_ONCE];
        while self.discard > 0 {
            let mut buf = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => self.discard = self.discard.saturating_sub(buf.filled().len()),
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        if wire.ledger.is_spent() {
            // The connection's task, which is this one, looks at the account next.
            return Poll::Pending;
        }
        let before = buf.filled().len();
        ready!(wire.poll_fill(cx, buf))?;
        let bytes = &buf.filled()[before..];
        if !bytes.is_empty() {
            let cost = wire.meter.pass(bytes);
            wire.ledger.hear(cost, wire.meter.is_partial());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(Pin::new(&mut wire.stream).poll_shutdown(cx))?;
        if wire.ledger.is_spent() {
            ready!(wire.poll_discard(cx));
        }
        Poll::Ready(Ok(()))
    }
}
