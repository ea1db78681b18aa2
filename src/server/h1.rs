//! HTTP/1.1 toward clients: heads and bodies in, heads and bodies out, over one socket. Our own, since hyper's server
//! cannot tell a client that left from one that sent more, relays no interim answer, writes `100 Continue` by itself, and
//! closes in one stage.
//!
//! Nothing here waits for anything but the socket: who is waited for, and for how long, is the business of
//! `server::conn`, which polls. A poll that is pending has registered its waker. Between two requests nothing is held
//! but what the client sent too early.

mod close;
mod encode;
mod head;
mod leaving;
mod refusal;
mod reply;
mod splice;

use std::io;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Bytes, BytesMut};
use http::{Method, Version};
use socket2::SockRef;

use self::encode::Asked;
use self::head::Head;
pub(super) use self::refusal::Refusal;
pub(super) use self::reply::{Reply, Written};
use self::splice::Splice;
use crate::body::{BrokenOff, Giver, Incoming, handover};
use crate::h1::{Framing, Input, Limits, Outgoing, Reader, Scan};
use crate::head::RequestHead;
use crate::server::conn::Heads;
use crate::transport::Transport;

/// The most that is held of a client that sends on while its request runs, give or take one read. Beyond that nothing is
/// read of it, and its end is looked for.
const HOLD_LIMIT: usize = 64 * 1024;

/// The start line that HTTP/2 begins with; the rest of its preface is judged by whoever speaks it.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// One client's connection.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says another thing, and none follows from the others")]
pub(super) struct Connection {
    stream: Transport,
    reader: Reader,
    input: Input,
    /// The beginning of a head that did not come in one piece.
    partial: Vec<u8>,
    limits: Limits,
    scan: Scan,
    is_line_judged: bool,
    /// Whether what was read last, and is perhaps refused, begins as a HEAD does.
    asks_head: bool,
    outgoing: Outgoing,
    is_writing: bool,
    /// Moves big answers inside the kernel, if that may be.
    splice: Option<Splice>,
    /// Where the body of the request goes, while there is one.
    giver: Option<Giver>,
    /// What the client may begin with instead of a head, to speak HTTP/2.
    preface: Option<&'static [u8]>,
    has_ended: bool,
    /// Whether an end of the client that was seen behind unread bytes leaves its request whole.
    is_complete: Option<bool>,
}

/// A request, as it goes to whoever answers it.
#[derive(Debug)]
pub(super) struct Asking {
    pub head: RequestHead,
    pub body: Incoming,
    /// What the answer depends on.
    pub reply: Reply,
}

/// What came instead of a request.
#[derive(Debug)]
pub(super) enum NoRequest {
    /// The client has closed, or the socket failed.
    Gone,
    /// The head is refused.
    Refused(Refusal),
    /// It speaks HTTP/2 (RFC 9113, section 3.3). What was read is in the parts of the connection.
    OtherVersion,
}

impl From<Refusal> for NoRequest {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Whether a head begins as that of a HEAD, behind empty lines (RFC 9112, section 2.2).
fn asks_head(head: &[u8]) -> bool {
    let line = head.iter().position(|&b| b != b'\r' && b != b'\n').map_or(&[][..], |start| &head[start..]);
    line.starts_with(b"HEAD ")
}

// === impl Connection: requests ===

impl Connection {
    /// `may_be_h2` says that the first bytes may be those of HTTP/2 instead, `may_splice` that big answers may pass inside
    /// the kernel.
    pub(super) fn new(stream: Transport, heads: Heads, may_be_h2: bool, may_splice: bool) -> Self {
        let splice = (may_splice && !stream.is_tls()).then(Splice::default);
        Self {
            splice,
            stream,
            reader: Reader::default(),
            input: Input::new(),
            partial: Vec::new(),
            limits: head::limits(heads),
            scan: Scan::default(),
            is_line_judged: false,
            asks_head: false,
            outgoing: Outgoing::default(),
            is_writing: false,
            giver: None,
            preface: may_be_h2.then_some(PREFACE),
            has_ended: false,
            is_complete: None,
        }
    }

    /// The next request. Only when the last one and its answer are over.
    pub(super) fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<Result<Asking, NoRequest>> {
        loop {
            match self.take_head() {
                Ok(Some(head)) => return Poll::Ready(Ok(self.begin(head))),
                Ok(None) => {}
                Err(none) => return Poll::Ready(Err(none)),
            }
            let bytes = ready!(self.reader.poll_read(&mut self.stream, cx, None)).map_err(|_| NoRequest::Gone)?;
            if bytes.is_empty() {
                self.has_ended = true;
                return Poll::Ready(Err(NoRequest::Gone));
            }
            if self.partial.is_empty() {
                self.input.bytes = bytes;
            } else {
                self.partial.extend_from_slice(&bytes);
            }
        }
    }

    /// Whether a head has begun.
    pub(super) fn has_begun(&self) -> bool {
        !self.partial.is_empty()
    }

    /// A head, if it is complete.
    fn take_head(&mut self) -> Result<Option<Head>, NoRequest> {
        let so_far = if self.partial.is_empty() { &self.input.bytes[..] } else { &self.partial };
        if so_far.is_empty() {
            return Ok(None);
        }
        if self.scan.is_fresh()
            && let Some((head, end)) = Head::parse_ordinary(&self.input.bytes, &self.limits)
        {
            self.input.skip(end);
            return Ok(Some(head));
        }
        // No ordinary head of HTTP/1.1 is one: they do not pay for the look.
        if self.preface.is_some_and(|preface| so_far.starts_with(preface)) {
            return Err(NoRequest::OtherVersion);
        }
        self.asks_head = asks_head(so_far);
        let end = self.scan.end(so_far, &self.limits).map_err(|fault| Refusal::of(fault, &self.limits))?;
        let Some(end) = end else {
            if !self.is_line_judged {
                // What cannot become a request is told so at once, not when its time is up.
                if self.scan.has_start_line() {
                    self.is_line_judged = true;
                    head::judge_line(so_far)?;
                } else if !head::may_begin(so_far) {
                    return Err(Refusal::Malformed("the request line").into());
                }
            }
            if self.partial.is_empty() {
                self.partial = std::mem::take(&mut self.input.bytes).into();
            }
            return Ok(None);
        };
        if !self.partial.is_empty() {
            self.input.bytes = std::mem::take(&mut self.partial).into();
        }
        (self.scan, self.is_line_judged) = (Scan::default(), false);
        Ok(Some(Head::parse(&self.input.split_to(end))?))
    }

    fn begin(&mut self, head: Head) -> Asking {
        let asked = Asked {
            version: head.request.version,
            is_head: head.request.method == Method::HEAD,
            takes_trailers: head.takes_trailers && head.request.version == Version::HTTP_11,
        };
        self.preface = None;
        self.input.begin(head.framing);
        let body = match head.framing {
            Framing::Empty | Framing::UntilClose | Framing::Length(0) => Incoming::Empty,
            Framing::Length(_) | Framing::Chunked => {
                let (giver, taker) = handover(self.input.remaining());
                self.giver = Some(giver);
                // Most small bodies came with their head.
                self.hand_over();
                Incoming::Handed(taker)
            }
        };
        if self.input.bytes.is_empty() {
            // An empty slice would keep its whole buffer alive.
            self.input.bytes = Bytes::new();
        }
        Asking { head: head.request, body, reply: Reply::new(asked, head.keep_alive) }
    }
}

// === impl Connection: bodies of requests ===

impl Connection {
    /// Before whoever takes the body is polled in this task: it needs not wake us.
    pub(super) fn look_away(&self) {
        if let Some(giver) = &self.giver {
            giver.wait_no_longer();
        }
    }

    /// Moves the request's body on. Ready when something was handed over; pending when the body is over, when nobody asks
    /// for more, or when the client sends nothing.
    pub(super) fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(giver) = &self.giver else { return Poll::Pending };
            giver.wait(cx.waker());
            if self.hand_over() {
                return Poll::Ready(());
            }
            let Some(giver) = self.giver.as_ref().filter(|giver| giver.is_wanted()) else { return Poll::Pending };
            match ready!(self.reader.poll_read(&mut self.stream, cx, self.input.remaining())) {
                Ok(bytes) if !bytes.is_empty() => self.input.bytes = bytes,
                Ok(_) | Err(_) => {
                    self.has_ended = true;
                    giver.end(Err(BrokenOff::Left));
                    self.giver = None;
                    return Poll::Ready(());
                }
            }
        }
    }

    /// Hands over what was read, if there is room; whether that changed anything.
    fn hand_over(&mut self) -> bool {
        let Some(giver) = &self.giver else { return false };
        let had_room = giver.has_room();
        let mut has_moved = false;
        if had_room {
            match self.input.take_data() {
                Ok(Some(data)) => {
                    giver.give(data);
                    has_moved = true;
                }
                Ok(None) => {}
                Err(_malformed) => {
                    // Bytes behind a framing error are never read as a request (contract: http-proxy, F18).
                    giver.end(Err(BrokenOff::Malformed));
                    self.giver = None;
                    return true;
                }
            }
        }
        if self.input.is_done() {
            giver.end(Ok(self.input.take_trailers()));
            self.giver = None;
            self.reader.rest();
            return true;
        }
        has_moved
    }

    /// Whether the client's end is there, behind the request. What it sends early is held, up to a limit.
    ///
    /// It is taken for the client's leaving also when it only closed its own direction (contract: http-proxy, E7): a
    /// client that is gone must not keep a model busy, and the two cannot be told apart.
    pub(super) fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_ended {
            return Poll::Ready(());
        }
        while self.input.is_done() && self.input.bytes.len() < HOLD_LIMIT {
            let bytes = match ready!(self.reader.poll_read(&mut self.stream, cx, Some(HOLD_LIMIT as u64))) {
                Ok(bytes) => bytes,
                Err(_) => Bytes::new(),
            };
            if bytes.is_empty() {
                self.has_ended = true;
                return Poll::Ready(());
            }
            self.input.bytes = if self.input.bytes.is_empty() {
                bytes
            } else {
                let mut held = BytesMut::from(std::mem::take(&mut self.input.bytes));
                held.extend_from_slice(&bytes);
                held.freeze()
            };
        }
        Poll::Pending
    }

    /// When an answer begins: whether the rest of its request will be read, so that another one can follow. What is at
    /// hand is read; a body that an upstream still takes may be over before a stream of unknown length is.
    fn may_go_on(&mut self, is_stream: bool) -> bool {
        if self.input.is_done() {
            return true;
        }
        match &self.giver {
            Some(giver) if giver.is_taken() => is_stream || leaving::is_at_hand(&self.stream, &self.input),
            _ => self.skip_body(),
        }
    }

    /// Between an answer and the next request: whether the rest of the request's body was at hand, and is gone. What is
    /// not at hand would have to be waited for; then the connection ends.
    pub(super) fn skip_body(&mut self) -> bool {
        self.giver = None;
        let mut has_read = false;
        loop {
            match self.input.take_data() {
                _ if self.input.is_done() => return true,
                Ok(Some(_)) => {}
                Ok(None) if has_read => return false,
                Ok(None) => {
                    has_read = true;
                    let mut cx = Context::from_waker(Waker::noop());
                    match self.reader.poll_read(&mut self.stream, &mut cx, self.input.remaining()) {
                        Poll::Ready(Ok(bytes)) if !bytes.is_empty() => self.input.bytes = bytes,
                        _ => return false,
                    }
                }
                Err(_malformed) => return false,
            }
        }
    }
}

// === impl Connection: ends ===

impl Connection {
    /// Puts the answer to a head that was refused up for writing.
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.outgoing.clear();
        self.outgoing.own().extend_from_slice(&refusal.answer(self.asks_head));
    }

    /// Puts bytes of our own up for writing: interim answers, which stand before the answer's head.
    pub(super) fn say(&mut self, bytes: &[u8]) {
        self.outgoing.own().extend_from_slice(bytes);
    }

    /// Writes what is up for writing.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = match self.outgoing.poll_flush(&mut self.stream, cx) {
            Poll::Ready(Ok(())) => self.poll_drain(cx),
            flushed => flushed,
        };
        self.is_writing = flushed.is_pending();
        flushed
    }

    /// Whether the socket has not taken all yet.
    pub(super) fn is_writing(&self) -> bool {
        self.is_writing
    }

    /// Lets go of what only an exchange needs.
    pub(super) fn rest(&mut self) {
        self.reader.rest();
        self.outgoing.clear();
        self.splice.iter_mut().for_each(Splice::rest);
        self.is_complete = None;
    }

    /// Closes in stages (see [`close`]).
    pub(super) async fn close(mut self) {
        close::in_stages(&mut self.stream, self.has_ended).await;
    }

    /// Whether dropping the connection is to reset it, so that its client cannot take what it has for all of the answer.
    /// The socket knows: it holds whoever drops it, be it the end of the process.
    fn reset_when_dropped(&self, resets: bool) {
        // A connection that is gone already cannot be reset, and need not be.
        let _ = SockRef::from(&self.stream).set_linger(resets.then_some(std::time::Duration::ZERO));
    }

    /// The socket, and what was read from it too early, for whoever speaks another protocol on it.
    pub(super) fn into_parts(self) -> (Transport, Bytes) {
        let early = if self.partial.is_empty() { self.input.bytes } else { self.partial.into() };
        (self.stream, early)
    }
}
