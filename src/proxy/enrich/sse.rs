//! An event stream that gains events: one behind each message that carries a whole text, at the latest before `[DONE]`.
//!
//! Nothing later is held back for an earlier message: a model's answer takes its place when it comes. Only the `[DONE]`
//! event waits, for all questions at once, within one budget; comments keep the stream alive meanwhile.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::messages::Messages;
use super::{Forwarded, Plan, SCAN_LIMIT};
use crate::error::Error;
use crate::timestamps::splice_sse::SseSplice;

/// How often a stream that waits says so.
const COMMENT: Duration = Duration::from_secs(5);

/// The state of one such body.
#[derive(Debug)]
pub(super) struct Sse {
    pub(super) messages: Messages,
    splice: SseSplice,
    out: VecDeque<Bytes>,
    /// `[DONE]` has gone: nothing is added any more.
    is_done: bool,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// The upstream's bytes come.
    Passing,
    /// All of them are here, `[DONE]` is held, questions are open.
    Waiting(Box<Waiting>),
    /// What is in `out` goes, then the trailers.
    Ending(Option<HeaderMap>),
    /// What is in `out` goes, then the stream breaks off.
    Breaking(Option<Error>),
}

#[derive(Debug)]
struct Waiting {
    deadline: Pin<Box<Sleep>>,
    comment: Pin<Box<Sleep>>,
    trailers: Option<HeaderMap>,
}

// === impl Sse ===

impl Sse {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            messages: Messages::new(plan),
            splice: SseSplice::new(SCAN_LIMIT),
            out: VecDeque::new(),
            is_done: false,
            phase: Phase::Passing,
        }
    }

    pub(super) fn poll_frame(
        &mut self,
        forwarded: &mut Forwarded,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        loop {
            if let Some(data) = self.out.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            if !self.messages.are_settled() && self.splice.is_between_events() {
                self.messages.poll(self.splice.line_end(), forwarded, cx, &mut self.out);
                if !self.out.is_empty() {
                    continue;
                }
            }
            match &mut self.phase {
                Phase::Passing => match forwarded.poll_upstream(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                        Ok(data) => self.push(data, forwarded),
                        Err(frame) => self.finish(forwarded, frame.into_trailers().ok()),
                    },
                    Poll::Ready(None) => self.finish(forwarded, None),
                    Poll::Ready(Some(Err(error))) => {
                        self.let_go();
                        self.phase = Phase::Breaking(Some(error));
                    }
                },
                Phase::Waiting(waiting) => {
                    if self.messages.are_settled() || waiting.deadline.as_mut().poll(cx).is_ready() {
                        let trailers = waiting.trailers.take();
                        self.messages.give_up(self.splice.line_end(), forwarded, &mut self.out);
                        self.let_go();
                        self.phase = Phase::Ending(trailers);
                    } else if waiting.comment.as_mut().poll(cx).is_ready() {
                        waiting.comment.as_mut().reset(Instant::now() + COMMENT);
                        self.out.push_back(self.splice.line_end().comment());
                    } else {
                        return Poll::Pending;
                    }
                }
                Phase::Ending(trailers) => {
                    // Behind trailers hyper asks for nothing more.
                    forwarded.exchange().complete();
                    return Poll::Ready(trailers.take().map(|trailers| Ok(Frame::trailers(trailers))));
                }
                Phase::Breaking(error) => match error.take() {
                    Some(error) => return Poll::Ready(Some(forwarded.fail(error))),
                    // Behind the error event, if one was told, the error itself.
                    None => return forwarded.poll_upstream(cx),
                },
            }
        }
    }

    fn push(&mut self, data: Bytes, forwarded: &mut Forwarded) {
        let Self { messages, splice, out, .. } = self;
        splice.push(data, out, |message| messages.pass(message, forwarded));
        if splice.is_done() {
            // Whatever the upstream still does with its connection, nobody waits for it.
            out.extend(messages.finish(splice.line_end(), forwarded));
            if messages.are_settled() {
                self.is_done = true;
                self.let_go();
            }
        }
    }

    /// The body is here to its clean end: the upstream's part is over.
    fn finish(&mut self, forwarded: &mut Forwarded, trailers: Option<HeaderMap>) {
        forwarded.exchange().release();
        let Self { messages, splice, out, .. } = self;
        splice.finish(out, |message| messages.pass(message, forwarded));
        if splice.is_done() {
            out.extend(messages.finish(splice.line_end(), forwarded));
            let deadline = Box::pin(sleep_until(messages.deadline()));
            let comment = Box::pin(sleep(COMMENT));
            self.phase = Phase::Waiting(Box::new(Waiting { deadline, comment, trailers }));
            return;
        }
        if !self.is_done {
            // Without `[DONE]` there is no place that is the last.
            forwarded.metrics().untouched("no-done");
        }
        self.let_go();
        self.phase = Phase::Ending(trailers);
    }

    /// What was held goes; nothing is added behind it.
    fn let_go(&mut self) {
        self.messages.forget();
        self.out.extend(self.splice.release());
    }
}
