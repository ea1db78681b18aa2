//! Our own HTTP/1.1 toward upstreams: lean, strict, and without a task of its own.
//!
//! Whoever waits drives it: [`Connection::send`] until the head of the answer is there, then
//! [`Connection::poll_frame`] for as long as the body lasts. The first moves the upload on in the same poll, so that an
//! early answer is seen while the request is still on its way; what is left of the request then goes on beside the
//! answer, see `stream`. A poll that is pending has registered its waker with everything that it waits for. Dropping a
//! connection closes its socket, whatever was under way.
//!
//! ```text
//! encode ─▶ outgoing ─▶ upload ─┐                        ┌─▶ scan ─▶ head ─▶ framing
//!                               ├─▶ Connection ◀─ read ──┤
//!                        body ──┘                        └─▶ decode ─▶ frames
//! ```
//!
//! Strictness is on us here (contract: http-proxy, sections 2 and 5): what has more than one reading is an error, and
//! a message that did not arrive whole never ends cleanly. Compared with hyper's client connection this one refuses
//! bare line feeds in heads, empty lines before a status line, every transfer coding but one `chunked`, white space
//! around chunk sizes, and more than 100 interim answers.

mod decode;
mod encode;
mod error;
mod framing;
mod head;
mod outgoing;
mod read;
mod scan;
mod stream;
mod upload;

use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use self::decode::Decoder;
pub(super) use self::error::Error;
use self::head::Head;
use self::read::Reader;
use self::scan::Scan;
use self::stream::{Courier, Stream};
use self::upload::Upload;
use super::conn::Interim;
use crate::body::RequestBody;
use crate::transport::Transport;

/// How many interim answers may come before the final one.
const INTERIM_LIMIT: u32 = 100;
/// Chunks that came in one piece leave in one piece, up to this size.
const MERGE_LIMIT: usize = 16 * 1024;

/// A connection that can carry one exchange at a time.
#[derive(Debug)]
pub(super) struct Connection<S = Transport> {
    stream: Stream<S>,
    born: Instant,
    upload: Upload,
    /// Has the upload, if it goes on behind the answer's head.
    courier: Option<Courier<S>>,
    reader: Reader,
    /// Read and not yet looked at.
    input: Bytes,
    /// The beginning of a head that did not come in one piece.
    partial: Vec<u8>,
    scan: Scan,
    is_head: bool,
    interim: u32,
    decoder: Decoder,
    trailers: Option<HeaderMap>,
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
            input: Bytes::new(),
            partial: Vec::new(),
            scan: Scan::default(),
            is_head: false,
            interim: 0,
            decoder: Decoder::Done,
            trailers: None,
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
        self.keep_alive && self.decoder.is_done() && self.has_sent() && self.input.is_empty()
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

    /// Sends a request and waits for the final head of its answer. Cancelling leaves the connection in the middle of an
    /// exchange: it can only be dropped. After an error as well; see [`take_back`](Self::take_back).
    pub(super) async fn send(
        &mut self,
        head: &Parts,
        body: RequestBody,
        interim: Interim<'_>,
    ) -> Result<Response<()>, Error> {
        let begun = self.upload.begin(head, body);
        self.is_head = head.method == Method::HEAD;
        self.scan = Scan::default();
        self.interim = 0;
        self.read_before = self.reader.read();
        // Until the answer says otherwise, and its body is over.
        self.keep_alive = false;
        begun?;
        std::future::poll_fn(|cx| self.poll_head(interim, cx)).await
    }

    fn poll_head(&mut self, interim: Interim<'_>, cx: &mut Context<'_>) -> Poll<Result<Response<()>, Error>> {
        self.poll_upload(cx)?;
        if self.upload.is_waiting() {
            return Poll::Pending;
        }
        loop {
            if let Some(head) = self.take_head(interim)? {
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
                self.input = bytes;
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
    fn take_head(&mut self, interim: Interim<'_>) -> Result<Option<Head>, Error> {
        loop {
            let so_far = if self.partial.is_empty() { &self.input[..] } else { &self.partial };
            let Some(end) = self.scan.end(so_far)? else {
                if self.partial.is_empty() {
                    self.partial = std::mem::take(&mut self.input).into();
                }
                return Ok(None);
            };
            if !self.partial.is_empty() {
                self.input = std::mem::take(&mut self.partial).into();
            }
            self.scan = Scan::default();
            let head = Head::parse(&self.input.split_to(end), self.is_head)?;
            let status = head.response.status();
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
            interim()(status, head.response.headers());
        }
    }

    fn answer(&mut self, head: Head) -> Response<()> {
        self.keep_alive = head.keep_alive;
        self.decoder = Decoder::new(head.framing);
        self.trailers = None;
        if self.decoder.is_done() {
            self.rest();
        } else if self.upload.is_under_way() {
            self.courier = self.stream.send_away(std::mem::replace(&mut self.upload, Upload::idle()));
        }
        head.response
    }

    /// Whether the answer's body is over, with nothing left to take.
    pub(super) fn is_end_stream(&self) -> bool {
        self.decoder.is_done() && self.trailers.is_none()
    }

    /// How much of the answer's body is to come.
    pub(super) fn size_hint(&self) -> SizeHint {
        self.decoder.remaining().map_or_else(SizeHint::default, SizeHint::with_exact)
    }

    /// The next frame of the answer's body. After an error the connection can only be dropped.
    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        match ready!(self.poll_next(cx)) {
            Ok(frame) => {
                if self.decoder.is_done() {
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
            if let Some(data) = self.take_data()? {
                return Poll::Ready(Ok(Some(Frame::data(data))));
            }
            if self.decoder.is_done() {
                return Poll::Ready(Ok(self.trailers.take().map(Frame::trailers)));
            }
            self.input = ready!(self.reader.poll_read(&mut self.stream, cx, self.decoder.remaining()))?;
            if self.input.is_empty() {
                self.keep_alive = false;
                self.decoder.end()?;
            }
        }
    }

    /// The next data of what has been read. Small chunks that came together go on together.
    fn take_data(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(first) = self.take_piece()? else { return Ok(None) };
        if self.input.is_empty() || first.len() > MERGE_LIMIT || !matches!(self.decoder, Decoder::Chunked(_)) {
            return Ok(Some(first));
        }
        // Most often only the line end behind the data is left.
        let Some(second) = self.take_piece()? else { return Ok(Some(first)) };
        let mut merged = BytesMut::with_capacity(first.len() + second.len() + self.input.len());
        merged.extend_from_slice(&first);
        merged.extend_from_slice(&second);
        while merged.len() <= MERGE_LIMIT
            && let Some(piece) = self.take_piece()?
        {
            merged.extend_from_slice(&piece);
        }
        Ok(Some(merged.freeze()))
    }

    fn take_piece(&mut self) -> Result<Option<Bytes>, Error> {
        while !self.input.is_empty() && !self.decoder.is_done() {
            let step = self.decoder.step(&self.input, &mut self.trailers)?;
            if step.data == self.input.len() {
                return Ok(Some(std::mem::take(&mut self.input)));
            }
            bytes::Buf::advance(&mut self.input, step.skip);
            if step.data > 0 {
                return Ok(Some(self.input.split_to(step.data)));
            }
        }
        Ok(None)
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
}

#[cfg(test)]
mod tests;
