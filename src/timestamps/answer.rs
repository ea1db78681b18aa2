//! Reads what a message of VIA (or of an OpenAI-style server) answers, and what an event that belongs to it echoes.
//!
//! A message may be a whole JSON answer or the data of one event. It is read as leniently as its readers read it: invalid
//! UTF-8 and lone surrogates become U+FFFD, of equal keys the last wins, a member of another type than expected is as
//! good as none. Only a text that is no JSON object is no message.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use memchr::memchr2;

use super::json;
use super::time::Clock;

/// Texts that report a failure of VIA's inside a 200, by their beginnings.
const FAILURES: [&str; 2] = ["Summarization failed", "An internal error"];
/// Texts that answer nothing, by their beginnings.
const NOTHINGS: [&str; 5] = [
    "Media processed",
    "Chat functionality disabled",
    "Guardrails failed",
    "Couldn't Produce Highlights",
    "No matching scenarios",
];

/// A message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The whole text, `choices[].message.content`, a line for each choice; `None` where there is none (an alert, the
    /// usage event, a delta).
    pub text: Option<String>,
    /// The piece of a text, `choices[].delta.content`.
    pub delta: Option<String>,
    /// What its event repeats.
    pub echo: Echo,
    /// What it is, for example `summarization.completion`.
    pub object: Option<String>,
    /// The part of the media that it is about, where `media_info` says so in seconds.
    pub window: Option<Window>,
    /// The clock it speaks of: [`Clock::Wall`] for a live stream.
    pub clock: Option<Clock>,
    /// Whether it has a `timestamps` member already.
    pub has_timestamps: bool,
}

/// Members of a message as they were written, on one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Echo {
    /// `id`.
    pub id: Option<Box<str>>,
    /// `created`.
    pub created: Option<Box<str>>,
    /// `model`.
    pub model: Option<Box<str>>,
    /// `media_info`, unless it is null.
    pub media_info: Option<Box<str>>,
}

/// Seconds of the media that an answer is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// `media_info.start_offset`, 0 if absent.
    pub start: f64,
    /// `media_info.end_offset`, above 0.
    pub end: f64,
}

/// Where a member can be added to a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Its last brace.
    pub(super) brace: usize,
    /// Whether other members stand before it.
    pub(super) has_members: bool,
}

/// Which members of a message are kept as they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Echoed {
    /// All that an event may repeat.
    All,
    /// None: what is added to the message itself repeats nothing of it.
    None,
}

/// What kind of text an answer's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One to read times from.
    Text,
    /// VIA reports a failure.
    Failure,
    /// VIA says that there is nothing, which is nobody's fault.
    Nothing,
}

/// What kind of text this is, by its beginning.
pub fn kind(text: &str) -> Kind {
    let text = text.trim_start();
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| text.starts_with(prefix));
    if begins(&FAILURES) {
        Kind::Failure
    } else if begins(&NOTHINGS) {
        Kind::Nothing
    } else {
        Kind::Text
    }
}

// === impl Answer ===

impl Answer {
    /// Reads a message; `None` if it is no JSON object.
    pub fn read(message: &[u8]) -> Option<Self> {
        // Looks at many bytes at once, which the lossy reader does not.
        let text = str::from_utf8(message).map_or_else(|_| String::from_utf8_lossy(message), Cow::Borrowed);
        Some(Self::read_object(&text, Echoed::All)?.0)
    }

    /// Reads a message, and says where a member can be added to it.
    pub(super) fn read_object(message: &str, echoed: Echoed) -> Option<(Self, Place)> {
        let text = message.strip_prefix('\u{feff}').unwrap_or(message);
        let mut cursor = json::Cursor::new(text);
        let start = cursor.at();
        let (mut answer, mut has_members) = (Self::default(), false);
        cursor.each_member(|key, value| {
            has_members = true;
            match key {
                "choices" => answer.read_choices(value),
                "media_info" => answer.read_media_info(value, echoed),
                "timestamps" => answer.has_timestamps = true,
                _ if echoed == Echoed::None => {}
                "id" => answer.echo.id = Some(one_line(value.value())),
                "created" => answer.echo.created = Some(one_line(value.value())),
                "model" => answer.echo.model = Some(one_line(value.value())),
                "object" => answer.object = value.string().map(Cow::into_owned),
                _ => {}
            }
        });
        let end = cursor.at();
        let brace = (message.len() - text.len() + end).checked_sub(1).filter(|_| end > start)?;
        cursor.is_over().then_some((answer, Place { brace, has_members }))
    }

    fn read_media_info(&mut self, media_info: &mut json::Cursor<'_>, echoed: Echoed) {
        let (mut start, mut end) = (None, None);
        self.clock = None;
        let raw = media_info.value_by(|members| {
            members.each_member(|key, value| match key {
                "start_offset" => start = json::number(value.value()),
                "end_offset" => end = json::number(value.value()),
                "type" => {
                    self.clock = match value.string().as_deref() {
                        Some("timestamp") => Some(Clock::Wall),
                        Some("offset") => Some(Clock::Media),
                        _ => None,
                    }
                }
                _ => {}
            });
        });
        self.echo.media_info = (echoed == Echoed::All && raw != "null").then(|| one_line(raw));
        self.window = end.filter(|end| *end > 0.0).map(|end| Window { start: start.unwrap_or(0.0), end });
    }

    fn read_choices(&mut self, choices: &mut json::Cursor<'_>) {
        (self.text, self.delta) = (None, None);
        choices.each_element(|choice| {
            let (mut text, mut delta) = (None, None);
            choice.each_member(|key, message| match key {
                "message" => text = content(message, "\n"),
                "delta" => delta = content(message, ""),
                _ => {}
            });
            add_line(&mut self.text, text);
            add_line(&mut self.delta, delta);
        });
    }
}

fn add_line(all: &mut Option<String>, line: Option<String>) {
    match (all.as_mut(), line) {
        (_, None) => {}
        (None, line) => *all = line,
        (Some(all), Some(line)) => {
            all.push('\n');
            all.push_str(&line);
        }
    }
}

/// What a message says: a text, or a list of parts with a `text` each, and `between` them.
fn content(message: &mut json::Cursor<'_>, between: &str) -> Option<String> {
    let mut content = None;
    message.each_member(|key, value| {
        if key == "content" {
            content = if value.is_string() { value.string().map(Cow::into_owned) } else { parts(value, between) };
        }
    });
    content
}

fn parts(content: &mut json::Cursor<'_>, between: &str) -> Option<String> {
    let mut texts: Option<String> = None;
    content.each_element(|part| {
        let mut text = None;
        part.each_member(|key, value| {
            if key == "text" {
                text = value.string();
            }
        });
        match (&mut texts, text) {
            (Some(texts), Some(text)) => texts.extend([between, &text]),
            (texts @ None, Some(text)) => *texts = Some(text.into_owned()),
            (_, None) => {}
        }
    });
    texts
}

/// White space in JSON may hold line breaks, which a string never does.
fn one_line(raw: &str) -> Box<str> {
    let is_broken = raw.starts_with(['{', '[']) && memchr2(b'\r', b'\n', raw.as_bytes()).is_some();
    if is_broken { raw.replace(['\r', '\n'], "").into() } else { raw.into() }
}
