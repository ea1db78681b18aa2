//! Reads what a model answered when it was asked for a list of ranges.
//!
//! The list may come as JSON of any shape, in a code fence, among chatter, behind leaked thinking, encoded twice, cut off,
//! or as plain text. Nothing is completed by guessing: an item that is not all there is left out. Whether the ranges are
//! true is for [`verify`](super::verify).

mod lenient;
mod shape;
#[cfg(test)]
mod tests;

use super::guard;
use super::json;
use super::prompt::{Dialect, MOST_RANGES};
use super::time::Time;
use lenient::Value;

/// How deep a JSON string may hold JSON.
const DEEPEST_ENCODING: usize = 2;

/// The most ranges that are taken from a reply.
const MOST_PAIRS: usize = 1000;

/// A range as the model gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Where it begins.
    pub start: Time,
    /// Where it ends; equal to `start` for a point.
    pub end: Time,
}

/// What could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The ranges, in the model's order.
    pub pairs: Vec<Pair>,
    /// Whether these are all that the model said.
    pub completeness: Completeness,
}

/// How much of a reply was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// All of it, be it an empty list.
    Complete,
    /// There were items that are no ranges, or words whose meaning is not certain.
    Partial,
    /// It ends before its end.
    Cut,
    /// No list.
    Unreadable,
}

// === impl Reply ===

impl Reply {
    /// Reads the body of a 200 of the model server.
    pub fn read(dialect: Dialect, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body);
        let body = body.trim_start_matches('\u{feff}').trim();
        if !json::is_valid(body) {
            return Self::unreadable();
        }
        let (message, ended, is_cut) = match dialect {
            Dialect::Ollama => {
                let ended = json::member(body, "done") == Some("true");
                (json::member(body, "message"), ended, is_length(json::member(body, "done_reason")))
            }
            Dialect::OpenAi | Dialect::OpenAiObject => {
                let choice = json::member(body, "choices").and_then(|choices| json::elements(choices).next());
                let part = |name| choice.and_then(|choice| json::member(choice, name));
                (part("message"), true, is_length(part("finish_reason")))
            }
        };
        let content = message.and_then(|message| json::member(message, "content")).and_then(json::string);
        match content {
            Some(content) if ended => Self::read_content(&content, is_cut),
            _ => Self::unreadable(),
        }
    }

    /// Reads the text of the model's message; `is_cut` if the server said that it ran out of room.
    pub fn read_content(content: &str, is_cut: bool) -> Self {
        match without_thinking(content) {
            Some(content) => Self::read_list(content, is_cut, DEEPEST_ENCODING),
            None => Self::unreadable(),
        }
    }

    fn read_list(content: &str, is_cut: bool, depth: usize) -> Self {
        let values = lenient::values(content);
        if let [Value::Text(inner)] = values.as_slice()
            && depth > 0
        {
            return Self::read_list(inner, is_cut, depth - 1);
        }
        if values.is_empty() {
            return Self::read_prose(content, is_cut);
        }
        let mut ranges = shape::Ranges::default();
        for value in &values {
            ranges.add(value);
        }
        ranges.into_reply()
    }

    /// A list in words, or in lines `a-b`.
    fn read_prose(content: &str, is_cut: bool) -> Self {
        let prose: Vec<_> = content.lines().filter(|line| !line.trim_start().starts_with("```")).collect();
        let reading = guard::read(&normal(&prose.join("\n")));
        let is_sure = reading.is_sure();
        let pairs: Vec<_> =
            reading.found.into_iter().map(|found| Pair { start: found.start, end: found.end }).collect();
        let completeness = match pairs.len() {
            0 => Completeness::Unreadable,
            _ if is_cut => Completeness::Cut,
            _ if is_sure => Completeness::Complete,
            _ => Completeness::Partial,
        };
        Self::new(pairs, completeness)
    }

    /// No more than enough; what lies behind is cut off.
    fn new(mut pairs: Vec<Pair>, completeness: Completeness) -> Self {
        let is_all = pairs.len() <= MOST_PAIRS;
        pairs.truncate(MOST_PAIRS);
        Self { pairs, completeness: if is_all { completeness } else { Completeness::Cut } }
    }

    fn unreadable() -> Self {
        Self { pairs: Vec::new(), completeness: Completeness::Unreadable }
    }
}

/// Whether a raw `done_reason` or `finish_reason` says that the reply was cut.
fn is_length(reason: Option<&str>) -> bool {
    reason.and_then(json::string).is_some_and(|reason| reason == "length")
}

/// What stands behind the leaked thinking; `None` if the thinking never ended.
fn without_thinking(content: &str) -> Option<&str> {
    let content = content.trim_start_matches('\u{feff}').trim();
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>")] {
        if let Some(at) = content.rfind(close) {
            return Some(content[at + close.len()..].trim());
        }
        if content.starts_with(open) {
            return None;
        }
    }
    Some(content)
}

/// Full-width digits and colons as the ones that the grammar knows.
fn normal(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '０'..='９' | '：' | '．' | '，' | '－' => {
                char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter)
            }
            '〜' | '～' => '~',
            other => other,
        })
        .collect()
}
