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

use super::{Forwarded, Plan, SCAN_LIMIT, count};
use crate::error::Error;
use crate::timestamps::answer::{Answer, Echo};
use crate::timestamps::ask::Question;
use crate::timestamps::item::Item;
use crate::timestamps::object::Object;
use crate::timestamps::splice_sse::{LineEnd, Message, SseSplice};

/// The most questions that one stream asks at a time; the rest is `unavailable`.
const QUESTIONS: usize = 8;
/// How often a stream that waits says so.
const COMMENT: Duration = Duration::from_secs(5);

/// The state of one such body.
#[derive(Debug)]
pub(super) struct Sse {
    pub(super) plan: Plan,
    splice: SseSplice,
    out: VecDeque<Bytes>,
    /// Questions under way, oldest first.
    asked: VecDeque<Asked>,
    /// Messages so far.
    messages: u64,
    /// The text of a stream that comes in pieces.
    deltas: Deltas,
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

/// A message whose text a model was asked about.
#[derive(Debug)]
struct Asked {
    ordinal: u64,
    item: Item,
    question: Question,
    since: Instant,
}

/// The pieces of a text, and the first of the messages that brought them.
#[derive(Debug, Default)]
struct Deltas {
    text: String,
    first: Option<Box<Answer>>,
    is_too_large: bool,
}

// === impl Sse ===

impl Sse {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            splice: SseSplice::new(SCAN_LIMIT),
            out: VecDeque::new(),
            asked: VecDeque::new(),
            messages: 0,
            deltas: Deltas::default(),
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
            self.poll_questions(forwarded, cx);
            if !self.out.is_empty() {
                continue;
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
                        self.out.extend(self.splice.release());
                        self.asked.clear();
                        self.phase = Phase::Breaking(Some(error));
                    }
                },
                Phase::Waiting(waiting) => {
                    if self.asked.is_empty() || waiting.deadline.as_mut().poll(cx).is_ready() {
                        let trailers = waiting.trailers.take();
                        self.give_up(forwarded);
                        self.out.extend(self.splice.release());
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
        let Self { plan, splice, out, asked, messages, deltas, .. } = self;
        splice.push(data, out, |message| Self::message(message, plan, asked, messages, deltas, forwarded));
    }

    /// A message has passed: the event to put behind it, if it is known already.
    fn message(
        message: Message,
        plan: &Plan,
        asked: &mut VecDeque<Asked>,
        messages: &mut u64,
        deltas: &mut Deltas,
        forwarded: &mut Forwarded,
    ) -> Option<Bytes> {
        let now = Instant::now();
        let Some(data) = message.data else {
            let ordinal = next(messages);
            let object = Item::skipped(None);
            forwarded.count(|exchange, metrics| count(exchange, metrics, plan.mode, &object, Duration::ZERO));
            return Some(object.event(ordinal, &Echo::default(), message.line_end));
        };
        let mut answer = Answer::read(&data)?;
        if answer.has_timestamps {
            return None;
        }
        if let Some(delta) = answer.delta.take() {
            deltas.push(&delta, answer);
            return None;
        }
        let text = answer.text.take()?;
        let ordinal = next(messages);
        let item = Item::new(text, answer, plan.mode, &plan.parameters);
        if let (Some(question), Some(asker)) = (item.question(), &plan.asker)
            && asked.len() < QUESTIONS
        {
            let question = asker.ask(question);
            asked.push_back(Asked { ordinal, item, question, since: now });
            return None;
        }
        let object = if item.question().is_some() { item.read_by_model(None) } else { item.read_by_parser() };
        forwarded.count(|exchange, metrics| count(exchange, metrics, plan.mode, &object, now.elapsed()));
        Some(object.event(ordinal, &item.echo, message.line_end))
    }

    /// Puts the events of questions that were answered where they may stand.
    fn poll_questions(&mut self, forwarded: &mut Forwarded, cx: &mut Context<'_>) {
        if self.asked.is_empty() || !self.splice.is_between_events() {
            return;
        }
        let line_end = self.splice.line_end();
        let Self { plan, asked, out, .. } = self;
        asked.retain_mut(|asked| {
            let Poll::Ready(reply) = Pin::new(&mut asked.question).poll(cx) else { return true };
            let object = asked.item.read_by_model(reply.as_ref());
            out.push_back(asked.event(&object, plan, line_end, forwarded));
            false
        });
    }

    /// The body is here to its clean end: the upstream's part is over.
    fn finish(&mut self, forwarded: &mut Forwarded, trailers: Option<HeaderMap>) {
        forwarded.exchange().release();
        {
            let Self { plan, splice, out, asked, messages, deltas, .. } = self;
            splice.finish(out, |message| Self::message(message, plan, asked, messages, deltas, forwarded));
        }
        if !self.splice.is_done() {
            // Without `[DONE]` there is no place that is the last.
            forwarded.metrics().untouched("no-done");
            self.asked.clear();
            self.out.extend(self.splice.release());
            self.phase = Phase::Ending(trailers);
            return;
        }
        self.finish_deltas(forwarded);
        let deadline = Box::pin(sleep_until(Instant::now() + self.plan.deadline()));
        let comment = Box::pin(sleep(COMMENT));
        self.phase = Phase::Waiting(Box::new(Waiting { deadline, comment, trailers }));
    }

    /// The text that came in pieces is whole.
    fn finish_deltas(&mut self, forwarded: &mut Forwarded) {
        let Deltas { text, first, is_too_large } = std::mem::take(&mut self.deltas);
        let Some(answer) = first else { return };
        let (now, line_end, ordinal) = (Instant::now(), self.splice.line_end(), next(&mut self.messages));
        let mode = self.plan.mode;
        if is_too_large {
            let object = Item::skipped(answer.clock);
            forwarded.count(|exchange, metrics| count(exchange, metrics, mode, &object, Duration::ZERO));
            self.out.push_back(object.event(ordinal, &answer.echo, line_end));
            return;
        }
        let item = Item::new(text, *answer, mode, &self.plan.parameters);
        if let (Some(question), Some(asker)) = (item.question(), &self.plan.asker) {
            let question = asker.ask(question);
            self.asked.push_back(Asked { ordinal, item, question, since: now });
            return;
        }
        let object = if item.question().is_some() { item.read_by_model(None) } else { item.read_by_parser() };
        forwarded.count(|exchange, metrics| count(exchange, metrics, mode, &object, now.elapsed()));
        self.out.push_back(object.event(ordinal, &item.echo, line_end));
    }

    /// The questions that are still open get no answer in time.
    fn give_up(&mut self, forwarded: &mut Forwarded) {
        let line_end = self.splice.line_end();
        for asked in std::mem::take(&mut self.asked) {
            let object = asked.item.read_by_model(None);
            let event = asked.event(&object, &self.plan, line_end, forwarded);
            self.out.push_back(event);
        }
    }
}

/// The ordinal of a message among those that carry a text.
fn next(messages: &mut u64) -> u64 {
    let ordinal = *messages;
    *messages += 1;
    ordinal
}

// === impl Asked ===

impl Asked {
    fn event(&self, object: &Object<'_>, plan: &Plan, line_end: LineEnd, forwarded: &mut Forwarded) -> Bytes {
        let waited = self.since.elapsed();
        forwarded.count(|exchange, metrics| count(exchange, metrics, plan.mode, object, waited));
        object.event(self.ordinal, &self.item.echo, line_end)
    }
}

// === impl Deltas ===

impl Deltas {
    fn push(&mut self, delta: &str, answer: Answer) {
        if self.text.len() + delta.len() > SCAN_LIMIT {
            self.is_too_large = true;
            self.text = String::new();
        }
        if !self.is_too_large {
            self.text.push_str(delta);
        }
        self.first.get_or_insert_with(|| Box::new(answer));
    }
}
