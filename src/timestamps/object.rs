//! Writes the `timestamps` object, as a member of a JSON answer or in an event of its own.
//!
//! Always one line of JSON, its members always in the same order. In an event it is pure ASCII, as VIA's own events are.

#[cfg(test)]
mod tests;
mod value;

use std::fmt::Write as _;
use std::ops::Range;

use bytes::Bytes;

use super::answer::Echo;
use super::list::{Entry, List};
use super::sentence;
use super::splice_sse::LineEnd;
use super::time::Clock;

/// The most bytes of a quote, and of a sentence.
const LONGEST_QUOTE: usize = 200;
const LONGEST_SENTENCE: usize = 2000;

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// There is at least one range.
    Ok,
    /// The answer names no time.
    None,
    /// A model was needed, and gave nothing usable in time.
    Unavailable,
    /// VIA reported a failure.
    Failed,
    /// The text is too large to read.
    Skipped,
}

/// Who read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Viaduct's own parser.
    Text,
    /// A model, and viaduct checked it.
    Model,
}

/// A `timestamps` object.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'a> {
    status: Status,
    source: Option<Source>,
    list: List,
    text: &'a str,
    sentences: bool,
}

// === impl Object ===

impl<'a> Object<'a> {
    /// What `source` read from `text`: `ok`, or `none` if the list is empty.
    pub fn read(list: List, source: Source, text: &'a str) -> Self {
        let status = if list.entries().is_empty() { Status::None } else { Status::Ok };
        Self { status, source: Some(source), list, text, sentences: false }
    }

    /// No model answered; the list is what the parser alone is certain of.
    pub fn unavailable(list: List, text: &'a str) -> Self {
        let source = (!list.entries().is_empty()).then_some(Source::Text);
        Self { status: Status::Unavailable, source, list, text, sentences: false }
    }

    /// Nobody read anything: `failed`, `skipped`, or `none` for a text that is no answer.
    pub fn unread(status: Status, clock: Option<Clock>) -> Self {
        Self { status, source: None, list: List::empty(clock), text: "", sentences: false }
    }

    /// Adds the sentence around each range, or not.
    #[must_use]
    pub fn with_sentences(self, sentences: bool) -> Self {
        Self { sentences, ..self }
    }

    /// What became of the answer.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Who read it, if anybody did.
    pub fn source(&self) -> Option<Source> {
        self.source
    }

    /// The object, for a JSON answer.
    pub fn json(&self) -> String {
        self.text_of(None)
    }

    /// Adds the object to the bytes of a JSON answer.
    pub fn write_json(&self, json: &mut Vec<u8>) {
        self.write(json, None);
    }

    /// About how many bytes it has; with sentences it has more.
    pub fn size_hint(&self) -> usize {
        100 * (1 + self.list.entries().len())
    }

    /// The event that carries the object, for the message number `ordinal` of a stream.
    pub fn event(&self, ordinal: u64, echo: &Echo, line_end: LineEnd) -> Bytes {
        let line_end = line_end.as_str();
        let mut event = String::from("data: {");
        let mut member = |name: &str, raw: &Option<Box<str>>| {
            if let Some(raw) = raw {
                let _ = write!(event, "\"{name}\":{raw},");
            }
        };
        member("id", &echo.id);
        member("object", &Some("\"viaduct.timestamps\"".into()));
        member("created", &echo.created);
        member("model", &echo.model);
        member("media_info", &echo.media_info);
        let object = ascii(&self.text_of(Some(ordinal)));
        let _ = write!(event, "\"choices\":[],\"usage\":null,\"timestamps\":{object}}}{line_end}{line_end}");
        event.into()
    }

    fn text_of(&self, ordinal: Option<u64>) -> String {
        let mut json = Vec::with_capacity(self.size_hint());
        self.write(&mut json, ordinal);
        String::from_utf8_lossy(&json).into_owned()
    }

    fn write(&self, json: &mut Vec<u8>, ordinal: Option<u64>) {
        let mut add = |parts: &[&str]| parts.iter().for_each(|part| json.extend_from_slice(part.as_bytes()));
        match ordinal {
            Some(ordinal) => add(&["{\"for\":", &ordinal.to_string(), ",\"status\":\"", self.status.as_str()]),
            None => add(&["{\"status\":\"", self.status.as_str()]),
        }
        if let Some(source) = self.source {
            add(&["\",\"source\":\"", source.as_str()]);
        }
        let clock = match self.list.clock() {
            Clock::Media => "media",
            Clock::Wall => "wall",
        };
        add(&["\",\"clock\":\"", clock, "\",\"ranges\":["]);
        for (n, entry) in self.list.entries().iter().enumerate() {
            if n > 0 {
                json.push(b',');
            }
            self.write_entry(json, entry);
            json.push(b'}');
        }
        json.push(b']');
        if self.list.dropped() > 0 {
            json.extend_from_slice(b",\"dropped\":");
            json.extend_from_slice(self.list.dropped().to_string().as_bytes());
        }
        json.push(b'}');
    }

    fn write_entry(&self, json: &mut Vec<u8>, entry: &Entry) {
        json.extend_from_slice(b"{\"start\":");
        value::time(json, &entry.start);
        json.extend_from_slice(b",\"end\":");
        value::time(json, &entry.end);
        if let Some(span) = &entry.span {
            json.extend_from_slice(b",\"quote\":");
            value::string(json, self.quote(span));
            if self.sentences {
                json.extend_from_slice(b",\"sentence\":");
                value::string(json, self.cut(sentence::around(self.text, span), LONGEST_SENTENCE));
            }
        }
        if !entry.verified {
            json.extend_from_slice(b",\"verified\":false");
        }
    }

    fn quote(&self, span: &Range<usize>) -> &'a str {
        // Nearly all are short, and begin and end with a sign that is no white space.
        match self.text.get(span.clone()) {
            Some(quote)
                if matches!(quote.as_bytes(), [b'!'..=b'~', .., b'!'..=b'~']) && quote.len() <= LONGEST_QUOTE =>
            {
                quote
            }
            _ => self.cut(sentence::floor(self.text, span.start)..span.end, LONGEST_QUOTE),
        }
    }

    /// Words of the text, trimmed and no longer than `most`.
    fn cut(&self, span: Range<usize>, most: usize) -> &'a str {
        let end = sentence::floor(self.text, span.end).max(span.start);
        let span = sentence::trim(self.text, span.start..end);
        let end = sentence::floor(self.text, span.end.min(span.start + most)).max(span.start);
        self.text[span.start..end].trim_end()
    }
}

/// The same JSON in ASCII: outside of strings there is nothing else anyway.
fn ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() {
            ascii.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii
}

// === impl Status ===

impl Status {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::None => "none",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

// === impl Source ===

impl Source {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Model => "model",
        }
    }
}
