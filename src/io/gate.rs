//! What hyper gets to read of a client's connection: one message at a time.
//!
//! Heads are looked at as they pass ([`Head`]); what stands behind a head or a body is held back until hyper wants the
//! next message. So hyper's buffer is empty while an exchange runs, and its watch for the client's end works also when
//! the client has sent its next request already. An ordinary request is looked at once and never copied: only what was
//! read too far is.
//!
//! That end is taken for the client's leaving also when it only closed its own direction (contract: E7): a client that
//! is gone must not keep a model busy, and the two cannot be told apart.
//!
//! A head that is refused is replaced by bytes that hyper refuses, so that there is only one way in which a connection
//! ends with an error answer: hyper's, behind all answers before it, with a staged close. The transport then puts in
//! the words.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, ReadBuf, Take};

use super::READ_CAP;
use super::chunks::Chunks;
use super::head::{Head, Seen};
use super::refusal::Refusal;
use crate::transport::Transport;
use crate::turn::{Framing, Turn};

/// The most that is held back of a client that sends on while its request runs. Beyond that its end is not seen.
const HOLD_CAP: usize = 64 * 1024;
/// An emptied hold larger than this is given back.
const KEEP_CAP: usize = 16 * 1024;
/// Neither a head nor the rest of one.
const POISON: &[u8] = b"\0\r\n\r\n";

/// Where the next byte belongs.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// To a head.
    Head(Head),
    /// Behind a head that hyper has now: its exchange says what that is.
    Handed,
    /// To a body of which so much is left.
    Body(u64),
    /// To a chunked body.
    Chunked(Chunks),
    /// To the next request.
    Behind,
    /// To nobody: the head was refused.
    Refused,
}

/// The reading side of a client's connection.
#[derive(Debug)]
pub(super) struct Gate {
    turn: Arc<Turn>,
    stage: Stage,
    held: BytesMut,
    refusal: Option<Refusal>,
}

impl Gate {
    pub(super) fn new(turn: Arc<Turn>) -> Self {
        Self { turn, stage: Stage::Head(Head::default()), held: BytesMut::new(), refusal: None }
    }

    /// Why the head was refused, if it was refused here.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Whether bytes wait for hyper to ask for them.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// What was read and not handed over.
    pub(super) fn into_held(self) -> BytesMut {
        self.held
    }

    pub(super) fn poll_read(
        &mut self,
        tcp: &mut Take<Transport>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut cap = READ_CAP;
        match self.stage {
            Stage::Handed => {
                self.stage = match self.turn.take_framing() {
                    Some(Framing::Nothing | Framing::Length(0)) => Stage::Behind,
                    Some(Framing::Length(left)) => Stage::Body(left),
                    Some(Framing::Chunked) => Stage::Chunked(Chunks::new()),
                    // hyper wants more of what looked whole: it is the judge.
                    None => Stage::Head(Head::default()),
                };
                return self.poll_read(tcp, cx, buf);
            }
            Stage::Behind if self.turn.runs() => return self.poll_hold(tcp, cx, buf),
            Stage::Behind => self.stage = Stage::Head(Head::default()),
            Stage::Body(left) => cap = usize::try_from(left).unwrap_or(READ_CAP).min(READ_CAP),
            Stage::Head(_) if self.turn.take_late() => {
                self.refuse(Refusal::Late, buf);
                return Poll::Ready(Ok(()));
            }
            Stage::Head(_) | Stage::Chunked(_) => {}
            Stage::Refused => return Poll::Pending,
        }
        if !self.held.is_empty() {
            self.hand_over_held(cap, buf);
            return Poll::Ready(Ok(()));
        }
        let start = buf.filled().len();
        tcp.set_limit(cap as u64);
        ready!(Pin::new(tcp).poll_read(cx, buf))?;
        match self.pass(&buf.filled()[start..]) {
            Ok(passed) => {
                let end = start + passed;
                if end < buf.filled().len() {
                    self.held.extend_from_slice(&buf.filled()[end..]);
                    buf.set_filled(end);
                }
            }
            Err(refusal) => {
                buf.set_filled(start);
                self.refuse(refusal, buf);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// As the above, for what was read before.
    fn hand_over_held(&mut self, cap: usize, buf: &mut ReadBuf<'_>) {
        let mut held = std::mem::take(&mut self.held);
        match self.pass(&held[..held.len().min(buf.remaining()).min(cap)]) {
            Ok(passed) => {
                buf.put_slice(&held[..passed]);
                held.advance(passed);
                if !held.is_empty() || held.capacity() <= KEEP_CAP {
                    self.held = held;
                }
            }
            Err(refusal) => self.refuse(refusal, buf),
        }
    }

    /// How many of these bytes, which come next, are handed over now.
    fn pass(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        match &mut self.stage {
            Stage::Head(head) => match head.look(bytes) {
                Seen::More => {}
                Seen::End(end) => {
                    self.stage = Stage::Handed;
                    return Ok(end);
                }
                Seen::Bad(refusal) => return Err(refusal),
            },
            Stage::Body(left) => {
                *left -= bytes.len() as u64;
                if *left == 0 {
                    self.stage = Stage::Behind;
                }
            }
            Stage::Chunked(chunks) => {
                let end = chunks.follow(bytes);
                if *chunks == Chunks::End {
                    self.stage = Stage::Behind;
                }
                return Ok(end);
            }
            Stage::Handed | Stage::Behind | Stage::Refused => {}
        }
        Ok(bytes.len())
    }

    fn refuse(&mut self, refusal: Refusal, buf: &mut ReadBuf<'_>) {
        self.stage = Stage::Refused;
        self.refusal = Some(refusal);
        self.held = BytesMut::new();
        // Any of these bytes is enough; hyper's buffer has room for thousands.
        buf.put_slice(&POISON[..POISON.len().min(buf.remaining())]);
    }

    /// While an exchange runs whose request is complete: only the client's end is handed over.
    fn poll_hold(
        &mut self,
        tcp: &mut Take<Transport>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let start = buf.filled().len();
        while self.held.len() < HOLD_CAP {
            tcp.set_limit((HOLD_CAP - self.held.len()) as u64);
            ready!(Pin::new(&mut *tcp).poll_read(cx, buf))?;
            let bytes = &buf.filled()[start..];
            if bytes.is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.held.extend_from_slice(bytes);
            buf.set_filled(start);
        }
        // Woken by whatever ends the exchange; hyper asks again then.
        Poll::Pending
    }
}
