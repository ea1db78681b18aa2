//! Our own HTTP/1.1 toward plain TCP upstreams: lean, strict, and without a task of its own.
//!
//! Whoever waits drives it: [`Connection::poll_head`] until the head of the answer is there, then
//! [`Connection::poll_frame`] for as long as the body lasts. The first moves the upload on in the same poll, so that an
//! early answer is seen while the request is still on its way; what is left of the request then goes on beside the
//! answer, see `stream`. A poll that is pending has registered its waker with everything that it waits for. Dropping a
//! connection closes its socket, whatever was under way.
//!
//! ```text
//! encode ─▶ upload ─┐               ┌─▶ head
//!                   ├─▶ Connection ─┤
//!            body ──┘               └─▶ frames
//! ```
//!
//! Strictness is on us here (contract: http-proxy, sections 2 and 5): what has more than one reading is an error, and
//! a message that did not arrive whole never ends cleanly. Compared with hyper's client connection this one refuses
//! bare line feeds in heads, empty lines before a status line, every transfer coding but one `chunked`, white space
//! around chunk sizes, and more than 100 interim answers.

#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod differential;
mod encode;
mod head;
mod stream;
mod upload;

use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;

use self::head::Head;
use self::stream::{Courier, Stream};
use self::upload::Upload;
use super::conn::Interim;
use crate::body::RequestBody;
use crate::h1::{Error, Fault, Input, Limits, Reader, Scan};
use crate::head::{AnswerHead, RequestHead};
use crate::transport::Transport;

/// How many interim answers may come before the final one.
const INTERIM_LIMIT: u32 = 100;
/// How large the head of an answer may be.
const LIMITS: Limits = Limits { line: 64 * 1024, head: 64 * 1024, fields: 256, skips_empty: false };

/// A connection that can carry one exchange at a time.
#[derive(Debug)]
pub(super) struct Connection<S = Transport> {
    stream: Stream<S>,
    born: Instant,
    upload: Upload,
    /// Has the upload, if it goes on behind the answer's head.
    courier: Option<Courier<S>>,
    reader: Reader,
    input: Input,
    /// The beginning of a head that did not come in one piece.
    partial: Vec<u8>,
    scan: Scan,
    is_head: bool,
    interim: u32,
    /// Whether the upstream will take another request after this one.
    keep_alive: bool,
    /// What the socket said when it took no more of the request.
    refused: Option<Error>,
    /// Why the answer broke off, until that is told.
    broken: Option<Error>,
    /// What had been read before this exchange.
    read_before: u64,
}

// === impl Connection ===

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Connection<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream: Stream::Whole(stream),
            born: Instant::now(),
            upload: Upload::idle(),
            courier: None,
            reader: Reader::default(),
            input: Input::new(),
            partial: Vec::new(),
            scan: Scan::default(),
            is_head: false,
            interim: 0,
            keep_alive: true,
            refused: None,
            broken: None,
            read_before: 0,
        }
    }

    /// When the connection was made.
    pub(super) fn born(&self) -> Instant {
        self.born
    }

    /// Whether another exchange may follow the last one: both messages are over, both sides want to go on, and there
    /// is nothing behind the answer (RFC 9112, section 9.2).
    pub(super) fn is_reusable(&self) -> bool {
        self.keep_alive && self.input.is_done() && self.has_sent() && self.input.bytes.is_empty()
    }

    /// Whether the request has gone to its last byte.
    fn has_sent(&self) -> bool {
        self.courier.is_none() && self.upload.is_done()
    }

    /// Whether a byte of this exchange's answer has come.
    pub(super) fn has_answered(&self) -> bool {
        self.reader.read() != self.read_before
    }

    /// Whether no byte of this exchange's request was written.
    pub(super) fn is_unsent(&self) -> bool {
        self.upload.is_unsent()
    }

    /// The request's body again, if none of it is lost: there was none, or nothing was written at all.
    pub(super) fn take_back(&mut self) -> Option<RequestBody> {
        self.upload.take_back()
    }

    /// Begins a request. From now on the connection is in the middle of an exchange: until that is over it can only be
    /// polled, or dropped. After an error it can only be dropped; see [`take_back`](Self::take_back).
    pub(super) fn begin(&mut self, head: &RequestHead, body: RequestBody) -> Result<(), Error> {
        let begun = self.upload.begin(head, body);
        self.is_head = head.method == Method::HEAD;
        self.scan = Scan::default();
        self.interim = 0;
        self.read_before = self.reader.read();
        // Until the answer says otherwise, and its body is over.
        self.keep_alive = false;
        begun
    }

    /// Sends the request, and waits for the final head of its answer.
    pub(super) fn poll_head(&mut self, interim: Interim<'_>, cx: &mut Context<'_>) -> Poll<Result<AnswerHead, Error>> {
        self.poll_upload(cx)?;
        if self.upload.is_waiting() {
            return Poll::Pending;
        }
        loop {
            if let Some(head) = self.take_head(interim, cx.waker())? {
                return Poll::Ready(Ok(self.answer(head)));
            }
            let bytes = match ready!(self.reader.poll_read(&mut self.stream, cx, None)) {
                Ok(bytes) => bytes,
                Err(e) => return Poll::Ready(Err(self.refused.take().unwrap_or(Error::Io(e)))),
            };
            if bytes.is_empty() {
                let when = if self.has_answered() { "in the middle of a head" } else { "without an answer" };
                return Poll::Ready(Err(self.refused.take().unwrap_or(Error::Cut(when))));
            }
            if self.partial.is_empty() {
                self.input.bytes = bytes;
            } else {
                self.partial.extend_from_slice(&bytes);
            }
        }
    }

    /// Sends what can be sent. That the socket takes no more is not the end: the answer may be there already.
    fn poll_upload(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        let Stream::Whole(stream) = &mut self.stream else { return Ok(()) };
        match self.upload.poll(stream, cx) {
            Poll::Ready(result) => self.note_sent(result),
            Poll::Pending => Ok(()),
        }
    }

    /// As [`poll_upload`](Self::poll_upload), behind the answer's head.
    fn poll_courier(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        if let Some(courier) = &mut self.courier
            && let Poll::Ready(delivered) = courier.poll(cx)
        {
            self.courier = None;
            let (upload, result) = self.stream.rejoin(delivered?);
            self.upload = upload;
            self.note_sent(result)?;
        }
        Ok(())
    }

    fn note_sent(&mut self, result: Result<(), Error>) -> Result<(), Error> {
        match result {
            Err(e @ Error::Io(_)) => {
                self.refused = Some(e);
                Ok(())
            }
            result => result,
        }
    }

    /// The final head, if it is complete. Interim ones are told, and skipped.
    fn take_head(&mut self, interim: Interim<'_>, waker: &Waker) -> Result<Option<Head>, Error> {
        if self.scan.is_fresh()
            && self.input.bytes.starts_with(b"H")
            && let Some((head, end)) = Head::parse_ordinary(&self.input.bytes, self.is_head)
        {
            self.input.skip(end);
            return Ok(Some(head));
        }
        loop {
            let so_far = if self.partial.is_empty() { &self.input.bytes[..] } else { &self.partial };
            let Some(end) = self.scan.end(so_far, &LIMITS).map_err(malformed)? else {
                if self.partial.is_empty() {
                    self.partial = std::mem::take(&mut self.input.bytes).into();
                }
                return Ok(None);
            };
            if !self.partial.is_empty() {
                self.input.bytes = std::mem::take(&mut self.partial).into();
            }
            self.scan = Scan::default();
            let head = Head::parse(&self.input.split_to(end), self.is_head)?;
            let status = head.answer.status;
            if !status.is_informational() {
                return Ok(Some(head));
            }
            if status == StatusCode::SWITCHING_PROTOCOLS {
                return Err(Error::Malformed("101 without an upgrade"));
            }
            self.interim += 1;
            if self.interim > INTERIM_LIMIT {
                return Err(Error::Malformed("too many interim answers"));
            }
            interim(waker)(status, &head.answer.fields.to_map());
        }
    }

    fn answer(&mut self, head: Head) -> AnswerHead {
        self.keep_alive = head.keep_alive;
        self.input.begin(head.framing);
        if self.input.is_done() {
            self.rest();
        } else if self.upload.is_under_way() {
            self.courier = self.stream.send_away(std::mem::replace(&mut self.upload, Upload::idle()));
        }
        head.answer
    }

    /// Whether the answer's body is over, with nothing left to take.
    pub(super) fn is_end_stream(&self) -> bool {
        self.input.is_done() && !self.input.has_trailers()
    }

    /// How much of the answer's body is to come.
    pub(super) fn size_hint(&self) -> SizeHint {
        self.input.remaining().map_or_else(SizeHint::default, SizeHint::with_exact)
    }

    /// The next frame of the answer's body. After an error the connection can only be dropped.
    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        match ready!(self.poll_next(cx)) {
            Ok(frame) => {
                if self.input.is_done() {
                    // The answer may well have waited for the last byte that the courier brought.
                    self.keep_alive &= self.poll_courier(cx).is_ok();
                    self.rest();
                }
                Poll::Ready(frame.map(Ok))
            }
            Err(error) => {
                // The error cuts the client off. What came before it came with it, perhaps, and still has to be flushed:
                // that is what the server does once nothing is ready.
                self.broken = Some(error);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame<Bytes>>, Error>> {
        self.poll_courier(cx)?;
        loop {
            if let Some(data) = self.input.take_data()? {
                return Poll::Ready(Ok(Some(Frame::data(data))));
            }
            if self.input.is_done() {
                return Poll::Ready(Ok(self.input.take_trailers().map(Frame::trailers)));
            }
            self.input.bytes = ready!(self.reader.poll_read(&mut self.stream, cx, self.input.remaining()))?;
            if self.input.bytes.is_empty() {
                self.keep_alive = false;
                self.input.end()?;
            }
        }
    }

    /// The answer is over: what it needed goes.
    fn rest(&mut self) {
        self.reader.rest();
        self.upload.rest();
    }
}

impl Connection {
    /// Whether the upstream has left an idle connection alone. What comes without a request is the end of the
    /// connection, or bytes that must never answer one (RFC 9112, section 9.2).
    pub(super) fn is_quiet(&mut self) -> bool {
        let Stream::Whole(stream) = &mut self.stream else { return false };
        stream.is_quiet()
    }

    /// The socket, for its options; `None` while an upload has its half of it.
    pub(super) fn tcp(&self) -> Option<&TcpStream> {
        let Stream::Whole(stream) = &self.stream else { return None };
        Some(stream.tcp())
    }

    /// The socket, if its next so many bytes are the answer's body as they are. Whoever moves them elsewhere says so
    /// ([`passed`](Self::passed)); that there are none, or why, [`poll_frame`](Self::poll_frame) tells.
    pub(super) fn bare(&self) -> Option<(&TcpStream, u64)> {
        // With the other half of the socket on its way, the body's end is not the exchange's.
        let Stream::Whole(stream) = &self.stream else { return None };
        let left = self.input.bare().filter(|_| self.broken.is_none())?;
        Some((stream.as_tcp()?, left))
    }

    /// So many bytes of the body were moved.
    pub(super) fn passed(&mut self, count: u64) {
        self.input.passed(count);
        if self.input.is_done() {
            self.rest();
        }
    }
}

fn malformed(fault: Fault) -> Error {
    Error::Malformed(fault.word())
}

#[cfg(test)]
mod tests;
