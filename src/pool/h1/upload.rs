//! The request's side of an exchange: its head, then the frames of its body as they come.
//!
//! It goes on for as long as there is something to send, also while the answer streams already. Once the socket takes
//! no more it stops, but the exchange does not: what the upstream had to say may be in flight (RFC 9112, section 9.5).

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http_body::{Body, Frame};
use tokio::io::AsyncWrite;

use super::encode::{self, Framing};
use crate::body::RequestBody;
use crate::h1::{Error, Outgoing, last_chunk, size_line};
use crate::head::RequestHead;

/// A request on its way.
#[derive(Debug)]
pub(super) struct Upload {
    body: RequestBody,
    framing: Framing,
    /// The request's `Trailer` lines.
    announced: Vec<HeaderValue>,
    /// The body's first piece, until some of the request was written: what was not sent can go elsewhere.
    first: Bytes,
    /// Whether the body has not failed: what broke off must not go again, however little of it went.
    is_sound: bool,
    outgoing: Outgoing,
    state: State,
    /// What had been written before this request.
    written_before: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The head waits for the first piece of the body, to go with it in one write.
    Fresh,
    /// As before, but the body was asked once.
    Asked,
    /// The body is on its way.
    Streams,
    /// The last byte is written out, as soon as the socket takes it.
    Ending,
    /// The last byte has gone.
    Done,
    /// The socket takes no more.
    Broken,
}

// === impl Upload ===

impl Upload {
    /// Nothing to send.
    pub(super) fn idle() -> Self {
        Self {
            body: RequestBody::Empty,
            framing: Framing::Empty,
            announced: Vec::new(),
            first: Bytes::new(),
            is_sound: false,
            outgoing: Outgoing::default(),
            state: State::Done,
            written_before: 0,
        }
    }

    /// Begins a request.
    pub(super) fn begin(&mut self, head: &RequestHead, body: RequestBody) -> Result<(), Error> {
        self.is_sound = false;
        self.framing = encode::framing(head, &body)?;
        self.is_sound = true;
        self.body = body;
        self.outgoing.clear();
        self.written_before = self.outgoing.written();
        encode::head(self.outgoing.own(), head, self.framing);
        self.announced.clear();
        if self.framing == Framing::Chunked {
            self.announced
                .extend(head.fields.get_all(&header::TRAILER).filter_map(|line| HeaderValue::from_bytes(line).ok()));
        }
        self.state = match self.framing {
            Framing::Empty | Framing::Length(0) => State::Ending,
            Framing::Length(_) | Framing::Chunked => State::Fresh,
        };
        Ok(())
    }

    /// Whether the last byte has gone.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether there is more to send, and somebody to take it.
    pub(super) fn is_under_way(&self) -> bool {
        !matches!(self.state, State::Done | State::Broken)
    }

    /// Whether the head still waits: nothing that comes now can be its answer.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Fresh | State::Asked)
    }

    /// Whether nothing of this request was written.
    pub(super) fn is_unsent(&self) -> bool {
        self.outgoing.written() == self.written_before
    }

    /// The body again, if none of it is lost.
    pub(super) fn take_back(&mut self) -> Option<RequestBody> {
        let is_whole = self.framing == Framing::Empty || self.is_unsent();
        if !self.is_sound || !is_whole {
            return None;
        }
        let mut body = std::mem::replace(&mut self.body, RequestBody::Empty);
        body.put_back(std::mem::take(&mut self.first));
        Some(body)
    }

    /// Lets go of a request that is sent.
    pub(super) fn rest(&mut self) {
        if self.state == State::Done {
            self.body = RequestBody::Empty;
            self.outgoing.clear();
        }
    }

    /// Sends as much as the body has and the socket takes; pending until the last byte has gone. After an error of
    /// the socket it is pending for good.
    pub(super) fn poll<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            match self.state {
                State::Done => return Poll::Ready(Ok(())),
                State::Broken => return Poll::Pending,
                State::Ending => {
                    ready!(self.poll_flush(stream, cx))?;
                    self.state = State::Done;
                }
                State::Streams => {
                    ready!(self.poll_flush(stream, cx))?;
                    let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
                    self.push(frame)?;
                }
                State::Fresh => match Pin::new(&mut self.body).poll_frame(cx) {
                    Poll::Ready(frame) => self.push(frame)?,
                    Poll::Pending => {
                        // The body of a request that came in one piece is a turn of the client's connection away.
                        self.state = State::Asked;
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                },
                State::Asked => match Pin::new(&mut self.body).poll_frame(cx) {
                    Poll::Ready(frame) => self.push(frame)?,
                    Poll::Pending => self.state = State::Streams,
                },
            }
        }
    }

    fn poll_flush<S: AsyncWrite + Unpin>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match ready!(self.outgoing.poll_flush(stream, cx)) {
            Ok(()) => self.first = Bytes::new(),
            Err(e) => {
                self.state = State::Broken;
                return Poll::Ready(Err(Error::Io(e)));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes the body's next frame, or its end, up for writing.
    fn push(&mut self, frame: Option<Result<Frame<Bytes>, <RequestBody as Body>::Error>>) -> Result<(), Error> {
        let frame = match frame.transpose() {
            Ok(frame) => frame,
            Err(e) => return Err(self.fail(e)),
        };
        self.state = match frame.map(Frame::into_data) {
            Some(Ok(data)) => self.push_data(data)?,
            Some(Err(frame)) => match (self.framing, frame.into_trailers()) {
                (Framing::Chunked, Ok(trailers)) => {
                    let announced = |name: &HeaderName| is_announced(&self.announced, name);
                    last_chunk(self.outgoing.own(), &trailers, announced);
                    State::Ending
                }
                _ => self.state_after(State::Streams),
            },
            None => match self.framing {
                Framing::Empty | Framing::Length(0) => State::Ending,
                Framing::Length(_) => {
                    return Err(self.fail("it is shorter than its Content-Length"));
                }
                Framing::Chunked => {
                    self.outgoing.own().extend_from_slice(b"0\r\n\r\n");
                    State::Ending
                }
            },
        };
        Ok(())
    }

    fn push_data(&mut self, data: Bytes) -> Result<State, Error> {
        if data.is_empty() {
            // An empty chunk would be the last one.
            return Ok(self.state_after(State::Streams));
        }
        if self.is_unsent() {
            self.first = data.clone();
        }
        match &mut self.framing {
            Framing::Chunked => {
                size_line(self.outgoing.own(), data.len());
                let is_last = self.body.is_end_stream();
                self.outgoing.push(data, if is_last { b"\r\n0\r\n\r\n" } else { b"\r\n" });
                Ok(if is_last { State::Ending } else { State::Streams })
            }
            Framing::Length(left) if *left >= data.len() as u64 => {
                *left -= data.len() as u64;
                self.outgoing.push(data, b"");
                Ok(self.state_after(State::Streams))
            }
            Framing::Length(_) | Framing::Empty => Err(self.fail("it is longer than its Content-Length")),
        }
    }

    /// The body is not what it should be.
    fn fail(&mut self, why: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        self.state = State::Broken;
        self.is_sound = false;
        Error::Body(why.into())
    }

    fn state_after(&self, state: State) -> State {
        if self.framing == Framing::Length(0) { State::Ending } else { state }
    }
}

/// Whether the head has announced a trailer field (RFC 9110, section 6.6.2).
fn is_announced(announced: &[HeaderValue], name: &HeaderName) -> bool {
    let mut names = announced.iter().flat_map(|line| line.as_bytes().split(|&b| b == b','));
    names.any(|announced| announced.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()))
}
