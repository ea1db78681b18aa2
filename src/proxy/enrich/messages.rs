//! The messages of an event stream: what each becomes, and the questions that are still open.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::{Forwarded, Plan, SCAN_LIMIT, count};
use crate::timestamps::answer::{Answer, Echo};
use crate::timestamps::ask::Question;
use crate::timestamps::item::Item;
use crate::timestamps::object::Object;
use crate::timestamps::splice_sse::{LineEnd, Message};
use crate::timestamps::time::Clock;

/// The most questions that a stream asks in all, and a live one, which has no end, at a time; the rest is `unavailable`.
const QUESTIONS: usize = 8;

/// The messages so far, as far as they are still of interest: memory does not grow with their number.
#[derive(Debug)]
pub(super) struct Messages {
    pub(super) plan: Plan,
    /// Messages that carried a whole text.
    count: u64,
    /// Questions asked in all.
    questions: usize,
    /// Questions under way, oldest first.
    open: VecDeque<Open>,
    /// The text of a stream that comes in pieces.
    deltas: Deltas,
    /// When the last message passed.
    last: Instant,
}

/// A message whose text a model was asked about.
#[derive(Debug)]
struct Open {
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

// === impl Messages ===

impl Messages {
    pub(super) fn new(plan: Plan) -> Self {
        let (open, deltas, last) = (VecDeque::new(), Deltas::default(), Instant::now());
        Self { plan, count: 0, questions: 0, open, deltas, last }
    }

    /// Whether no question is open.
    pub(super) fn are_settled(&self) -> bool {
        self.open.is_empty()
    }

    /// When the open questions have to be given up.
    pub(super) fn deadline(&self) -> Instant {
        self.last + self.plan.deadline()
    }

    /// A message has passed: the event to put behind it, if it is known already.
    pub(super) fn pass(&mut self, message: Message, forwarded: &mut Forwarded) -> Option<Bytes> {
        self.last = Instant::now();
        let Some(data) = message.data else {
            return Some(self.skip(&Echo::default(), None, message.line_end, forwarded));
        };
        let mut answer = Answer::read(&data)?;
        if answer.has_timestamps {
            return None;
        }
        if let Some(delta) = answer.delta.take() {
            self.deltas.push(&delta, answer);
            return None;
        }
        let text = answer.text.take()?;
        self.read(text, answer, message.line_end, forwarded)
    }

    /// The stream's end is here: the event of the text that came in pieces, if it is known already.
    pub(super) fn finish(&mut self, line_end: LineEnd, forwarded: &mut Forwarded) -> Option<Bytes> {
        let Deltas { text, first, is_too_large } = std::mem::take(&mut self.deltas);
        let answer = first?;
        if is_too_large {
            return Some(self.skip(&answer.echo, answer.clock, line_end, forwarded));
        }
        self.read(text, *answer, line_end, forwarded)
    }

    /// The events of questions that were answered meanwhile.
    pub(super) fn poll(
        &mut self,
        line_end: LineEnd,
        forwarded: &mut Forwarded,
        cx: &mut Context<'_>,
        out: &mut VecDeque<Bytes>,
    ) {
        let Self { plan, open, .. } = self;
        open.retain_mut(|open| {
            let Poll::Ready(reply) = Pin::new(&mut open.question).poll(cx) else { return true };
            let object = open.item.read_by_model(reply.as_ref());
            out.push_back(open.event(&object, plan, line_end, forwarded));
            false
        });
    }

    /// The questions that are still open get no answer in time: their events.
    pub(super) fn give_up(&mut self, line_end: LineEnd, forwarded: &mut Forwarded, out: &mut VecDeque<Bytes>) {
        for open in std::mem::take(&mut self.open) {
            let object = open.item.read_by_model(None);
            out.push_back(open.event(&object, &self.plan, line_end, forwarded));
        }
    }

    /// Nothing is added any more.
    pub(super) fn forget(&mut self) {
        self.open.clear();
        self.deltas = Deltas::default();
    }

    fn read(&mut self, text: String, answer: Answer, line_end: LineEnd, forwarded: &mut Forwarded) -> Option<Bytes> {
        let (since, ordinal) = (Instant::now(), self.next());
        let is_live = answer.clock == Some(Clock::Wall);
        let item = Item::new(text, answer, self.plan.mode, &self.plan.parameters);
        let asked = if is_live { self.open.len() } else { self.questions };
        if let (Some(question), Some(asker)) = (item.question(), &self.plan.asker)
            && asked < QUESTIONS
        {
            let question = asker.ask(question);
            self.questions += 1;
            self.open.push_back(Open { ordinal, item, question, since });
            return None;
        }
        let object = item.read_alone();
        forwarded.count(|exchange, metrics| count(exchange, metrics, self.plan.mode, &object, since.elapsed()));
        Some(object.event(ordinal, &item.echo, line_end))
    }

    /// The event of a text that is too large to be read.
    fn skip(&mut self, echo: &Echo, clock: Option<Clock>, line_end: LineEnd, forwarded: &mut Forwarded) -> Bytes {
        let object = Item::skipped(clock);
        forwarded.count(|exchange, metrics| count(exchange, metrics, self.plan.mode, &object, Duration::ZERO));
        object.event(self.next(), echo, line_end)
    }

    /// The ordinal of a message among those that carry a text.
    fn next(&mut self) -> u64 {
        let ordinal = self.count;
        self.count += 1;
        ordinal
    }
}

// === impl Open ===

impl Open {
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
