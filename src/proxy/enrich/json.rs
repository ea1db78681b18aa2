//! A JSON answer that gains a member: the closing brace waits until the member is known.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use tokio::time::{Instant, Sleep};

use super::{Forwarded, Plan, SCAN_LIMIT, count};
use crate::error::Error;
use crate::timestamps::ask::Question;
use crate::timestamps::item::Item;
use crate::timestamps::splice_json::{End, JsonSplice, Whole};

/// A body that is here as a whole, and not longer, goes in one piece: to read it takes less time than another write.
const ONE_PIECE: usize = 4 * 1024;

/// The state of one such body.
#[derive(Debug)]
pub(super) struct Json {
    pub(super) plan: Plan,
    splice: JsonSplice,
    out: VecDeque<Bytes>,
    /// Whether nothing has come yet.
    is_fresh: bool,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// The upstream's bytes come.
    Passing,
    /// All of them are here, the model is being asked.
    Asking(Box<Asking>),
    /// What is in `out` goes, then the trailers.
    Ending(Option<HeaderMap>),
    /// What is in `out` goes, then the stream breaks off.
    Breaking(Option<Error>),
}

#[derive(Debug)]
struct Asking {
    item: Item,
    question: Question,
    since: Instant,
    deadline: Pin<Box<Sleep>>,
    trailers: Option<HeaderMap>,
}

// === impl Json ===

impl Json {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, splice: JsonSplice::new(SCAN_LIMIT), out: VecDeque::new(), is_fresh: true, phase: Phase::Passing }
    }

    pub(super) fn poll_frame(
        &mut self,
        forwarded: &mut Forwarded,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        loop {
            if let Some(data) = self.out.pop_front() {
                if self.is_over() {
                    // So that the end of the body goes with its last piece.
                    forwarded.exchange().complete();
                }
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            match &mut self.phase {
                Phase::Passing => match forwarded.poll_upstream(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                        Ok(data) => {
                            let is_all = data.len() <= ONE_PIECE && forwarded.is_empty();
                            let is_whole = std::mem::take(&mut self.is_fresh) && is_all;
                            if is_whole && let Some(data) = self.at_once(forwarded, &data) {
                                self.phase = Phase::Ending(None);
                                return Poll::Ready(Some(Ok(Frame::data(data))));
                            }
                            self.splice.push(data, &mut self.out);
                            if is_all {
                                self.finish(forwarded, None);
                                self.merge();
                            }
                        }
                        Err(frame) => self.finish(forwarded, frame.into_trailers().ok()),
                    },
                    Poll::Ready(None) => self.finish(forwarded, None),
                    Poll::Ready(Some(Err(error))) => {
                        self.give(None);
                        self.phase = Phase::Breaking(Some(error));
                    }
                },
                Phase::Asking(asking) => {
                    let reply = match Pin::new(&mut asking.question).poll(cx) {
                        Poll::Ready(reply) => reply,
                        Poll::Pending if asking.deadline.as_mut().poll(cx).is_ready() => None,
                        Poll::Pending => return Poll::Pending,
                    };
                    let object = asking.item.read_by_model(reply.as_ref());
                    let (waited, json) = (asking.since.elapsed(), object.json());
                    forwarded.count(|exchange, metrics| count(exchange, metrics, self.plan.mode, &object, waited));
                    let trailers = asking.trailers.take();
                    self.give(Some(&json));
                    self.phase = Phase::Ending(trailers);
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

    /// Whether nothing comes any more.
    pub(super) fn is_over(&self) -> bool {
        self.out.is_empty() && matches!(self.phase, Phase::Ending(None))
    }

    /// The whole body with its member, if it can take one and nobody has to be asked: then the exchange is complete.
    fn at_once(&self, forwarded: &mut Forwarded, body: &Bytes) -> Option<Bytes> {
        let since = Instant::now();
        forwarded.exchange().release_at(since);
        let (whole, mut answer) = Whole::read(body)?;
        let text = answer.text.take().unwrap_or_default();
        let item = Item::new(text, answer, self.plan.mode, &self.plan.parameters);
        if item.question().is_some() && self.plan.asker.is_some() {
            return None;
        }
        let object = item.read_alone();
        let with = whole.with(&object);
        let now = Instant::now();
        forwarded.count(|exchange, metrics| {
            count(exchange, metrics, self.plan.mode, &object, now.saturating_duration_since(since));
            exchange.complete_at(now);
        });
        Some(with)
    }

    /// What may go makes one piece, if nothing else is waited for.
    fn merge(&mut self) {
        if matches!(self.phase, Phase::Ending(_)) && self.out.len() > 1 {
            let all = self.out.make_contiguous().concat();
            self.out.clear();
            self.out.push_back(all.into());
        }
    }

    /// The body is here to its clean end: the upstream's part is over, whatever still has to be asked.
    fn finish(&mut self, forwarded: &mut Forwarded, trailers: Option<HeaderMap>) {
        forwarded.exchange().release();
        let since = Instant::now();
        let json = match self.splice.finish() {
            End::Untouched(why) => {
                forwarded.metrics().untouched(why.as_str());
                self.give(None);
                self.phase = Phase::Ending(trailers);
                return;
            }
            End::TooLarge => {
                let object = Item::skipped(None);
                forwarded.count(|exchange, metrics| count(exchange, metrics, self.plan.mode, &object, since.elapsed()));
                object.json()
            }
            End::Answer(mut answer) => {
                let text = answer.text.take().unwrap_or_default();
                let item = Item::new(text, *answer, self.plan.mode, &self.plan.parameters);
                if let (Some(question), Some(asker)) = (item.question(), &self.plan.asker) {
                    let question = asker.ask(question);
                    let deadline = Box::pin(tokio::time::sleep(self.plan.deadline()));
                    self.phase = Phase::Asking(Box::new(Asking { item, question, since, deadline, trailers }));
                    return;
                }
                let object = item.read_alone();
                forwarded.count(|exchange, metrics| count(exchange, metrics, self.plan.mode, &object, since.elapsed()));
                object.json()
            }
        };
        self.give(Some(&json));
        self.phase = Phase::Ending(trailers);
    }

    /// Lets go what was held, with the member if there is one.
    fn give(&mut self, object: Option<&str>) {
        let held = self.splice.release(object);
        if !held.is_empty() {
            self.out.push_back(held);
        }
    }
}
