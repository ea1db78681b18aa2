//! One stream: an exchange in a task of its own, with its own time and its own turn.
//!
//! Dropping the answer or its future closes the upstream connection. That happens when the client resets the stream,
//! when the connection is gone, and when the client grants no window for too long. An answer that breaks off ends in a
//! reset, never in `END_STREAM`.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{Method, Request};
use http_body::{Body, Frame};
use tokio::time::Instant;

use super::ledger::Ledger;
use super::request::{self, NoRequest};
use super::{Common, reply};
use crate::clock::Clock;
use crate::error::Phase;
use crate::head::AnswerHead;
use crate::proxy::{Downstream, ResponseBody};
use crate::server::alarm::{Bell, Rang};
use crate::server::h1::Refusal;
use crate::turn::Turn;

/// Counts a stream as open for as long as it lives.
pub(super) struct Open(Arc<Common>);

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Not by the client.
    Ours,
    /// The client gave it up.
    Left,
}

/// An exchange on its stream.
struct Stream<'a> {
    common: &'a Common,
    downstream: &'a Downstream,
    bell: Bell,
}

/// An answer on its way.
struct Reply {
    stream: SendStream<Bytes>,
    body: ResponseBody,
    /// What the client grants no window for yet.
    unsent: Bytes,
    /// Whether that is the last of it.
    is_last: bool,
}

/// Has one request answered. Dropping the future resets the stream.
pub(super) async fn serve(open: Open, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
    let common = &*open.0;
    let end = exchange(common, request, respond).await;
    match end {
        Some(End::Ours) => common.ledger.note_answered(),
        Some(End::Left) | None => common.ledger.note_left(),
    }
}

/// How it ended; `None` for a request that is none.
async fn exchange(common: &Common, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) -> Option<End> {
    if std::future::poll_fn(|cx| Poll::Ready(respond.poll_reset(cx))).await.is_ready() {
        // Given up before it was seen: no upstream is troubled.
        return Some(End::Left);
    }
    let method = request.method().clone();
    let (mut head, body) = match request::read(request, common.shared.settings.heads.fields) {
        Ok(request) => request,
        Err(NoRequest::Refused(refusal)) => {
            common.shared.metrics.refused("parse");
            return Some(refuse(refusal, &method, &mut respond));
        }
        Err(NoRequest::Malformed(what)) => {
            common.shared.metrics.refused("parse");
            tracing::debug!(client = %common.downstream.peer, what, "client connection: malformed request");
            respond.send_reset(Reason::PROTOCOL_ERROR);
            return None;
        }
    };
    let clock = Arc::new(Clock::new(Instant::now()));
    let downstream = Arc::new(common.downstream.split(Arc::clone(&clock), Arc::default()));
    let mut stream = Stream { common, downstream: &downstream, bell: Bell::new(clock) };
    let answered = {
        let mut answering = pin!(common.shared.proxy.handle(&downstream, &mut head, body));
        std::future::poll_fn(|cx| stream.poll_answer(answering.as_mut(), &mut respond, cx)).await
    };
    let Some((head, body)) = answered else { return Some(End::Left) };
    let (head, is_all) = reply::head(&method, &head, &body);
    let Ok(sending) = respond.send_response(head, is_all) else { return Some(End::Left) };
    if is_all {
        return Some(End::Ours);
    }
    let mut reply = Reply { stream: sending, body, unsent: Bytes::new(), is_last: false };
    Some(std::future::poll_fn(|cx| stream.poll_reply(&mut reply, cx)).await)
}

/// Answers a request that goes nowhere. What is left of it is not waited for.
fn refuse(refusal: Refusal, asked: &Method, respond: &mut SendResponse<Bytes>) -> End {
    let (head, words) = reply::refusal(refusal);
    let is_all = *asked == Method::HEAD;
    let sent = respond.send_response(head, is_all);
    match sent.and_then(|mut stream| if is_all { Ok(()) } else { stream.send_data(words, true) }) {
        Ok(()) => End::Ours,
        Err(_) => End::Left,
    }
}

// === impl Open ===

impl Open {
    /// A stream that is counted already.
    pub(super) fn new(common: Arc<Common>) -> Self {
        Self(common)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Common { shared, downstream, open, .. } = &*self.0;
        if open.fetch_sub(1, Relaxed) == 1 {
            downstream.clock.end(Instant::now(), shared.settings.idle);
        }
    }
}

// === impl Stream ===

impl Stream<'_> {
    /// Waits for the head of the answer; `None` when the client gave up.
    fn poll_answer(
        &mut self,
        mut answering: Pin<&mut impl Future<Output = (AnswerHead, ResponseBody)>>,
        respond: &mut SendResponse<Bytes>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(AnswerHead, ResponseBody)>> {
        loop {
            let answered = answering.as_mut().poll(cx);
            tell(&self.downstream.turn, respond);
            if let Poll::Ready(answer) = answered {
                return Poll::Ready(Some(answer));
            }
            if respond.poll_reset(cx).is_ready() {
                return Poll::Ready(None);
            }
            if self.bell.poll_ring(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Writes the body of the answer.
    fn poll_reply(&mut self, reply: &mut Reply, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            let is_waiting = !reply.unsent.is_empty();
            let moved = if is_waiting { reply.poll_write(&self.common.ledger, cx) } else { reply.poll_body(cx) };
            match moved {
                Poll::Ready(None) => {
                    self.downstream.clock.disarm(Phase::Write);
                    continue;
                }
                Poll::Ready(Some(end)) => return Poll::Ready(end),
                Poll::Pending => {}
            }
            if reply.stream.poll_reset(cx).is_ready() {
                return Poll::Ready(End::Left);
            }
            if is_waiting {
                self.keep_write_time();
            }
            match self.bell.poll_ring(cx) {
                Poll::Ready(Rang::Expired(phase)) if is_waiting => {
                    self.common.shared.metrics.expired_connection(phase);
                    tracing::debug!(client = %self.downstream.peer, "client connection: a stream takes no bytes");
                    reply.stream.send_reset(Reason::CANCEL);
                    return Poll::Ready(End::Left);
                }
                Poll::Ready(_) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn keep_write_time(&self) {
        let clock = &self.downstream.clock;
        if !clock.is_armed(Phase::Write) {
            clock.arm_soon(Phase::Write, Instant::now(), self.common.shared.settings.patience.write);
        }
    }
}

/// Tells the client what comes before the answer.
fn tell(turn: &Turn, respond: &mut SendResponse<Bytes>) {
    if turn.has_interim() {
        for head in reply::interim(&turn.take_interim()) {
            // A stream that is gone is noticed right after.
            let _ = respond.send_informational(head);
        }
    }
}

// === impl Reply ===

impl Reply {
    /// Takes the next frame; ready when there is something to write, or an end.
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<End>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        let sent = match frame.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(data))) => {
                self.is_last = self.body.is_end_stream();
                self.unsent = data;
                if !self.unsent.is_empty() || !self.is_last {
                    return Poll::Ready(None);
                }
                self.stream.send_data(Bytes::new(), true)
            }
            Some(Ok(Err(frame))) => self.stream.send_trailers(frame.into_trailers().unwrap_or_default()),
            None => self.stream.send_data(Bytes::new(), true),
            Some(Err(_)) => {
                self.stream.send_reset(Reason::INTERNAL_ERROR);
                return Poll::Ready(Some(End::Ours));
            }
        };
        Poll::Ready(Some(if sent.is_ok() { End::Ours } else { End::Left }))
    }

    /// Writes what the client grants a window for; ready when something was written, or the answer is over.
    fn poll_write(&mut self, ledger: &Ledger, cx: &mut Context<'_>) -> Poll<Option<End>> {
        self.stream.reserve_capacity(self.unsent.len());
        while self.stream.capacity() == 0 {
            match std::task::ready!(self.stream.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Poll::Ready(Some(End::Left)),
            }
        }
        let room = self.stream.capacity().min(self.unsent.len());
        let piece = self.unsent.split_to(room);
        ledger.note_sent(piece.len(), self.unsent.is_empty());
        let is_end = self.is_last && self.unsent.is_empty();
        match self.stream.send_data(piece, is_end) {
            Ok(()) => Poll::Ready(is_end.then_some(End::Ours)),
            Err(_) => Poll::Ready(Some(End::Left)),
        }
    }
}
