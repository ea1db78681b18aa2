//! One answer text on its way to its `timestamps` object.

use super::answer::{self, Answer, Echo, Kind};
use super::guard;
use super::list::{List, Rules};
use super::object::{Object, Source, Status};
use super::parameters::{Mode, Parameters};
use super::reply::Reply;
use super::room;
use super::time::{Clock, Reading};
use super::verify;

/// A text, what the parser made of it, and what its client asked for.
#[derive(Debug)]
pub struct Item {
    text: String,
    kind: Kind,
    reading: Reading,
    rules: Rules,
    sentences: bool,
    mode: Mode,
    /// What its event repeats.
    pub echo: Echo,
}

// === impl Item ===

impl Item {
    /// Reads the text of `answer` (`text`, for a stream of pieces the whole of them).
    pub fn new(text: String, answer: Answer, mode: Mode, parameters: &Parameters) -> Self {
        let kind = answer::kind(&text);
        let reading = if kind == Kind::Text { guard::read(&text) } else { Reading::default() };
        let rules = Rules {
            clock: answer.clock,
            end: answer.window.map(|window| window.end).or(parameters.duration),
            merge_gap: parameters.merge_gap,
        };
        Self { text, kind, reading, rules, sentences: parameters.sentence, mode, echo: answer.echo }
    }

    /// The text that a model has to be asked about, if it has to be.
    pub fn question(&self) -> Option<&str> {
        let asks = match self.mode {
            Mode::Off | Mode::Text => false,
            Mode::Auto => !self.reading.is_sure(),
            Mode::Model => true,
        };
        (asks && self.kind == Kind::Text).then_some(&self.text)
    }

    /// Whether VIA reported a failure inside its 200.
    pub fn is_failure(&self) -> bool {
        self.kind == Kind::Failure
    }

    /// The object when nobody is asked, though somebody may have had to be.
    pub fn read_alone(&self) -> Object<'_> {
        if self.question().is_some() { self.read_by_model(None) } else { self.read_by_parser() }
    }

    /// The object without a model's help. Of a text that the parser is not sure of, only what is certain is told, and
    /// that a model would have been needed.
    fn read_by_parser(&self) -> Object<'_> {
        let object = match self.kind {
            Kind::Failure => Object::unread(Status::Failed, self.rules.clock),
            Kind::Nothing => Object::unread(Status::None, self.rules.clock),
            Kind::Text => {
                let list = self.list();
                if self.reading.is_sure() {
                    Object::read(list, Source::Text, &self.text)
                } else {
                    Object::unavailable(list, &self.text)
                }
            }
        };
        object.with_sentences(self.sentences)
    }

    /// The object that a model was asked for.
    pub fn read_by_model(&self, reply: Option<&Reply>) -> Object<'_> {
        let mentions = guard::mentions(&self.text);
        let verified = reply.and_then(|reply| verify::verify(reply, &self.text, &self.reading, &mentions));
        let object = match verified {
            Some(entries) => Object::read(List::new(entries, &self.rules), Source::Model, &self.text),
            None => Object::unavailable(self.list(), &self.text),
        };
        object.with_sentences(self.sentences)
    }

    /// The object of a text that is too large to be read.
    pub fn skipped(clock: Option<Clock>) -> Object<'static> {
        Object::unread(Status::Skipped, clock)
    }

    fn list(&self) -> List {
        List::new(self.reading.found.iter().cloned(), &self.rules)
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        room::keep(std::mem::take(&mut self.text).into_bytes());
    }
}
