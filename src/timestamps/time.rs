//! The words that the parser, the model's checker and the splicers share: times, ranges and verdicts.

use std::cmp::Ordering;
use std::ops::Range;

/// A moment that an answer names.
#[derive(Debug, Clone, PartialEq)]
pub enum Time {
    /// Seconds from the media's start.
    Media(f64),
    /// Time of day of a live stream.
    Wall(Wall),
}

/// An RFC 3339 time, kept as it was written.
#[derive(Debug, Clone)]
pub struct Wall {
    /// Nanoseconds since 1970-01-01T00:00:00Z, for ordering and comparison.
    pub nanos: i128,
    /// The very characters of the answer, for example `2026-03-04T09:15:20.000Z`.
    pub text: Box<str>,
}

/// Which of its two clocks an answer speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Seconds from the media's start.
    Media,
    /// RFC 3339.
    Wall,
}

/// A time written in a text, whatever the rules made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// The moment.
    pub time: Time,
    /// The bytes of the text that say so.
    pub span: Range<usize>,
}

/// A range (or, where both ends are equal, a point) read from a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Where it begins.
    pub start: Time,
    /// Where it ends; equal to `start` for a point.
    pub end: Time,
    /// The bytes of the text that it was read from.
    pub span: Range<usize>,
}

/// What the parser made of a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// The ranges in the order of the text, neither clamped, sorted nor freed of duplicates.
    pub found: Vec<Found>,
    /// Why the parser is not sure that these are all and only the ranges; `None` when it is sure.
    pub doubt: Option<Doubt>,
}

/// Why a text needs a better reader than the grammar.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubt {
    /// What kind of words raised it.
    pub reason: Reason,
    /// The bytes of the text that raised it.
    pub span: Range<usize>,
}

/// The kinds of doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The text speaks of time in words: `about a minute and a half in`, `처음 오 초 동안`.
    WordedTime,
    /// A number that could be a time or something else.
    AmbiguousNumber,
    /// Numbers among words of a language whose time words are not known.
    UnknownLanguage,
    /// The parser failed.
    Failed,
}

// === impl Time ===

impl Time {
    /// The clock that this time is measured by.
    pub fn clock(&self) -> Clock {
        match self {
            Self::Media(_) => Clock::Media,
            Self::Wall(_) => Clock::Wall,
        }
    }

    /// Seconds from the media's start, if that is what it is.
    pub fn seconds(&self) -> Option<f64> {
        match self {
            Self::Media(seconds) => Some(*seconds),
            Self::Wall(_) => None,
        }
    }
}

impl PartialOrd for Time {
    /// Times of different clocks have no order.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Media(a), Self::Media(b)) => a.partial_cmp(b),
            (Self::Wall(a), Self::Wall(b)) => Some(a.nanos.cmp(&b.nanos)),
            _ => None,
        }
    }
}

// === impl Wall ===

impl PartialEq for Wall {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

// === impl Reading ===

impl Reading {
    /// Whether nobody else needs to be asked.
    pub fn is_sure(&self) -> bool {
        self.doubt.is_none()
    }
}
