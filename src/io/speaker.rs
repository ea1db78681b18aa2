//! What hyper's server cannot say, or says too early: interim answers, the words of its own refusals, the version and
//! the fields that a few answers need (contract: http-proxy, I2, I3, R7, R15, G14, H10).
//!
//! Only whole writes of hyper's are touched, and only at the beginning of a message, which is known by counting: hyper
//! flushes when it has nothing left to write, and exchanges are counted as they begin. A write by an exchange that
//! needs nothing special costs two comparisons.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use memchr::memchr;
use socket2::SockRef;
use tokio::io::AsyncWrite;

use super::refusal::{self, Refusal};
use crate::transport::Transport;
use crate::turn::Turn;

/// What hyper writes as soon as the body of a request that expects it is asked for.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The writing side of a client's connection.
#[derive(Debug)]
pub(super) struct Speaker {
    turn: Arc<Turn>,
    /// Our own bytes on their way.
    own: BytesMut,
    /// How many of hyper's bytes they replace.
    replaced: usize,
    /// How many exchanges had begun when hyper last had nothing to write, and whether none of them ran.
    flushed: u32,
    was_idle: bool,
    /// The exchange whose head was written, and the one whose end was seen.
    headed: u32,
    over: u32,
    resets: bool,
}

impl Speaker {
    pub(super) fn new(turn: Arc<Turn>) -> Self {
        Self { turn, own: BytesMut::new(), replaced: 0, flushed: 0, was_idle: true, headed: 0, over: 0, resets: false }
    }

    /// Settles what stands before or in place of `buf`; Ready with how much of it is settled.
    pub(super) fn poll_speak(
        &mut self,
        tcp: &mut Transport,
        cx: &mut Context<'_>,
        buf: &[u8],
        refusal: Option<Refusal>,
    ) -> Poll<io::Result<usize>> {
        let replaced = ready!(self.poll_own(tcp, cx))?;
        if replaced > 0 {
            return Poll::Ready(Ok(replaced));
        }
        let begun = self.turn.begun();
        if self.was_idle && self.flushed == begun && !self.turn.runs() && buf.starts_with(b"HTTP/1.") {
            // Nobody was asked and nothing was under way: hyper refuses a head, in words that are none.
            self.own.extend_from_slice(&refusal::answer(refusal, buf));
            self.replaced = buf.len();
            self.was_idle = false;
            return self.poll_own(tcp, cx);
        }
        if self.turn.is_ordinary() || self.headed == begun {
            return Poll::Ready(Ok(0));
        }
        if buf.starts_with(CONTINUE) && self.turn.take_expects() {
            return Poll::Ready(Ok(CONTINUE.len()));
        }
        if self.turn.has_interim() {
            let interim = self.turn.take_interim();
            // Unflushed bytes may belong to the answer before; a hint is not worth the doubt.
            if self.flushed == begun {
                self.own.extend_from_slice(&interim);
                ready!(self.poll_own(tcp, cx))?;
            }
        }
        self.headed = begun;
        self.reword(tcp, buf)?;
        self.poll_own(tcp, cx)
    }

    /// hyper has nothing left to write: the place for interim answers.
    pub(super) fn poll_flushed(&mut self, tcp: &mut Transport, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_own(tcp, cx))?;
        self.flushed = self.turn.begun();
        self.was_idle = !self.turn.runs();
        if self.turn.has_interim() && self.turn.runs() && self.headed != self.flushed {
            let interim = self.turn.take_interim();
            self.own.extend_from_slice(&interim);
            ready!(self.poll_own(tcp, cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Whether the exchange that began last is over and everything of it is written; said once for each.
    pub(super) fn is_turn_over(&mut self) -> bool {
        self.was_idle && std::mem::replace(&mut self.over, self.flushed) != self.flushed
    }

    /// Nothing was cut: the connection closes in stages.
    pub(super) fn close(&mut self, tcp: &Transport) -> io::Result<()> {
        if std::mem::take(&mut self.resets) {
            SockRef::from(tcp).set_linger(None)?;
        }
        Ok(())
    }

    /// Rewrites the head of an answer, which stands at the beginning of `buf`.
    fn reword(&mut self, tcp: &Transport, buf: &[u8]) -> io::Result<()> {
        if self.turn.is_cut_by_reset() {
            // Unless the end comes, the connection is dropped, and dropping it resets it now.
            SockRef::from(tcp).set_linger(Some(Duration::ZERO))?;
            self.resets = true;
        }
        let old = b"HTTP/1.0 ";
        let length = self.turn.length();
        let Some(line) = memchr(b'\n', buf).map(|end| end + 1) else { return Ok(()) };
        if length.is_none() && !buf.starts_with(old) {
            return Ok(());
        }
        // RFC 9110, section 6.2: the version is the sender's own, whatever the request's was.
        self.own.extend_from_slice(b"HTTP/1.1 ");
        self.own.extend_from_slice(&buf[old.len()..line]);
        if let Some(length) = length {
            self.own.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
        }
        self.own.extend_from_slice(&buf[line..]);
        self.replaced = buf.len();
        Ok(())
    }

    /// Writes our own bytes; Ready with how many of hyper's they replaced.
    fn poll_own(&mut self, tcp: &mut Transport, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while !self.own.is_empty() {
            let written = ready!(Pin::new(&mut *tcp).poll_write(cx, &self.own))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.own.advance(written);
        }
        Poll::Ready(Ok(std::mem::take(&mut self.replaced)))
    }
}
