//! An answer on its way to the client: its head, then the frames of its body as they come, each written before the next
//! is asked for. That is the back-pressure toward the upstream.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, Version};
use http_body::{Body, Frame};

use super::Connection;
use super::encode::{self, Asked};
use crate::h1::{Framing, last_chunk, size_line};
use crate::head::AnswerHead;
use crate::proxy::ResponseBody;

/// What an answer still has to be.
#[derive(Debug)]
pub(in crate::server) struct Reply {
    asked: Asked,
    keep_alive: bool,
    framing: Framing,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The head waits for the body's first frame, to go with it in one write.
    Fresh,
    Streams,
    /// All of it is up for writing, as soon as this worker has done whatever else it has to do. Peers fall asleep while an
    /// answer is read, and to wake one costs a third of the reading: so the answers of one turn leave back to back.
    Due,
    /// The last byte is written out as soon as the socket takes it.
    Ending,
}

/// How the writing of an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Written {
    /// Whole.
    Whole,
    /// The body broke off.
    Cut,
    /// The client takes no more.
    Left,
}

// === impl Reply ===

impl Reply {
    pub(super) fn new(asked: Asked, keep_alive: bool) -> Self {
        Self { asked, keep_alive, framing: Framing::Empty, state: State::Fresh }
    }

    /// Whether the client speaks HTTP/1.0.
    pub(in crate::server) fn is_old(&self) -> bool {
        self.asked.version < Version::HTTP_11
    }

    /// Whether it waits for the others of this turn alone, and has woken its task.
    pub(in crate::server) fn is_due(&self) -> bool {
        self.state == State::Due
    }

    /// Whether another request may follow.
    pub(in crate::server) fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Whether the end of the body is the end of the connection: a body that breaks off is then told by a reset only.
    fn is_until_close(&self) -> bool {
        self.framing == Framing::UntilClose
    }

    /// Puts the head up for writing. `ends` says that no other request is wanted.
    pub(in crate::server) fn begin(
        &mut self,
        conn: &mut Connection,
        head: &mut AnswerHead,
        body: &ResponseBody,
        ends: bool,
    ) {
        self.framing = encode::framing(self.asked, head, body);
        let is_switch = head.status == StatusCode::SWITCHING_PROTOCOLS;
        self.keep_alive &= !ends && !is_switch && !self.is_until_close() && !encode::says_close(&head.fields);
        // RFC 9112, section 9.6: a connection that closes says so.
        self.keep_alive = self.keep_alive && conn.may_go_on(self.framing == Framing::Chunked);
        let connection: Option<&[u8]> = match self.keep_alive {
            _ if is_switch => None,
            false => Some(b"connection: close\r\n"),
            true if self.is_old() => Some(b"connection: keep-alive\r\n"),
            true => None,
        };
        encode::head(conn.outgoing.own(), head, self.framing, connection);
        if self.is_until_close() {
            conn.reset_when_dropped(true);
        }
        self.state = if self.framing == Framing::Empty || self.framing == Framing::Length(0) {
            State::Ending
        } else {
            State::Fresh
        };
    }

    /// Writes as much as there is; ready when the answer is over.
    pub(in crate::server) fn poll_write(
        &mut self,
        conn: &mut Connection,
        body: &mut ResponseBody,
        cx: &mut Context<'_>,
    ) -> Poll<Written> {
        loop {
            if self.state == State::Fresh {
                self.state = State::Streams;
                if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(cx)
                    && !self.push(conn, body, frame)
                {
                    return Poll::Ready(Written::Cut);
                }
                if self.state == State::Ending && body.took_time() {
                    self.state = State::Due;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
            if self.state == State::Due {
                self.state = State::Ending;
            }
            if ready!(conn.poll_flush(cx)).is_err() {
                return Poll::Ready(Written::Left);
            }
            if self.state == State::Ending {
                if self.is_until_close() {
                    conn.reset_when_dropped(false);
                }
                return Poll::Ready(Written::Whole);
            }
            if self.splice(conn, body) {
                continue;
            }
            let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
            if !self.push(conn, body, frame) {
                return Poll::Ready(Written::Cut);
            }
        }
    }

    /// Has some of the body pass inside the kernel; false if it has to be asked for a frame.
    fn splice(&mut self, conn: &mut Connection, body: &mut ResponseBody) -> bool {
        let Framing::Length(left) = &mut self.framing else { return false };
        let Some(count) = conn.splice(body, *left) else { return false };
        *left -= count;
        if *left == 0 {
            self.state = State::Ending;
        }
        true
    }

    /// Takes a frame, or the body's end, up for writing; false if the body is not what was announced.
    fn push<E>(&mut self, conn: &mut Connection, body: &ResponseBody, frame: Option<Result<Frame<Bytes>, E>>) -> bool {
        match frame {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => self.push_data(conn, body, data),
                Err(frame) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        self.finish(conn, &trailers);
                    }
                    true
                }
            },
            None if matches!(self.framing, Framing::Length(left) if left > 0) => false,
            None => {
                self.finish(conn, &HeaderMap::new());
                true
            }
            Some(Err(_)) => false,
        }
    }

    fn push_data(&mut self, conn: &mut Connection, body: &ResponseBody, data: Bytes) -> bool {
        if data.is_empty() {
            // An empty chunk would be the last one.
            return true;
        }
        match &mut self.framing {
            Framing::Chunked => {
                size_line(conn.outgoing.own(), data.len());
                let is_last = body.is_end_stream();
                conn.outgoing.push(data, if is_last { b"\r\n0\r\n\r\n" } else { b"\r\n" });
                if is_last {
                    self.state = State::Ending;
                }
            }
            Framing::Length(left) => {
                let Some(rest) = left.checked_sub(data.len() as u64) else { return false };
                *left = rest;
                if rest == 0 {
                    self.state = State::Ending;
                }
                conn.outgoing.push(data, b"");
            }
            Framing::UntilClose => {
                conn.outgoing.push(data, b"");
                if body.is_end_stream() {
                    self.state = State::Ending;
                }
            }
            Framing::Empty => {}
        }
        true
    }

    /// The body's end. Trailer fields go to whoever said that it takes them (RFC 9110, section 6.5.1).
    fn finish(&mut self, conn: &mut Connection, trailers: &HeaderMap) {
        if self.framing == Framing::Chunked {
            let takes = self.asked.takes_trailers;
            last_chunk(conn.outgoing.own(), trailers, |_| takes);
        }
        self.state = State::Ending;
    }
}
