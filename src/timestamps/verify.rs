//! Holds a model's ranges against the text.
//!
//! A range is borne out if the text has both its times and they belong together: the parser read them as one range, or
//! they stand in one sentence or list item and not in two different ranges of the parser's. A time then becomes what the
//! text says, for the model may have rounded it. What the text does not bear out stays, marked: a model may
//! have read what the grammar cannot, such as a time in words.

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::list::Entry;
use super::reply::{Completeness, Pair, Reply};
use super::sentence;
use super::time::{Found, Mention, Reading, Time};

/// How far a model's time may be from the text's, in seconds.
const CLOSE: f64 = 0.05;
/// The same for a time that the text gives in whole seconds.
const CLOSE_TO_WHOLE: f64 = 0.5;

/// So many places of one and the same time are looked at.
const MOST_PLACES: usize = 64;

/// The entries of a reply about a text, with what the parser made of that text and every time it saw there; `None` if
/// the reply is of no use, and the parser's list stands.
pub fn verify(reply: &Reply, text: &str, reading: &Reading, mentions: &[Mention]) -> Option<Vec<Entry>> {
    match reply.completeness {
        Completeness::Unreadable => return None,
        // An empty list is believed only if the parser, too, saw nothing that looks like a time.
        Completeness::Complete if reply.pairs.is_empty() => return mentions.is_empty().then(Vec::new),
        _ => {}
    }
    let check = Check::new(text, reading, mentions);
    let mut entries: Vec<_> = reply.pairs.iter().map(|pair| check.entry(pair)).collect();
    // Ranges that the parser is certain of are worth more than a list in which nothing is true.
    if !reading.found.is_empty() && entries.iter().all(|entry| !entry.verified) {
        return None;
    }
    // A list that is not whole must not make them fewer.
    if reply.completeness != Completeness::Complete {
        let taken = Taken::new(&entries);
        let missing = reading.found.iter().filter(|found| !taken.overlaps(&found.span));
        entries.extend(missing.cloned().map(Entry::from));
    }
    Some(entries)
}

/// The parts of a text that ranges were read from, in order and apart from each other.
struct Taken(Vec<Range<usize>>);

// === impl Taken ===

impl Taken {
    fn new(entries: &[Entry]) -> Self {
        let mut spans: Vec<_> = entries.iter().filter_map(|entry| entry.span.clone()).collect();
        spans.sort_by_key(|span| span.start);
        spans.dedup_by(|next, kept| {
            let touches = next.start < kept.end;
            if touches {
                kept.end = kept.end.max(next.end);
            }
            touches
        });
        Self(spans)
    }

    fn overlaps(&self, span: &Range<usize>) -> bool {
        let behind = self.0.partition_point(|taken| taken.end <= span.start);
        self.0.get(behind).is_some_and(|taken| taken.start < span.end)
    }
}

/// What a reply is held against.
struct Check<'a> {
    text: &'a str,
    found: &'a [Found],
    /// Every time in the text, in the order of time.
    mentions: Vec<(Key, &'a Mention)>,
}

/// Wall times come behind all others; nanoseconds.
type Key = (bool, i128);

// === impl Check ===

impl<'a> Check<'a> {
    fn new(text: &'a str, reading: &'a Reading, mentions: &'a [Mention]) -> Self {
        let mut mentions: Vec<_> = mentions.iter().map(|mention| (key(&mention.time), mention)).collect();
        mentions.sort_by_key(|(key, _)| *key);
        Self { text, found: &reading.found, mentions }
    }

    fn entry(&self, pair: &Pair) -> Entry {
        let borne_out = self.parsed(pair).or_else(|| self.together(pair));
        borne_out.unwrap_or_else(|| Entry {
            start: pair.start.clone(),
            end: pair.end.clone(),
            span: None,
            verified: false,
        })
    }

    /// The very range that the parser found.
    fn parsed(&self, pair: &Pair) -> Option<Entry> {
        let is = |found: &&Found| {
            self.is_close(&pair.start, &found.start, &found.span) && self.is_close(&pair.end, &found.end, &found.span)
        };
        self.found.iter().find(is).cloned().map(Entry::from)
    }

    /// Both times in one sentence or item.
    fn together(&self, pair: &Pair) -> Option<Entry> {
        let ends = self.places(&pair.end);
        self.places(&pair.start).into_iter().find_map(|start| {
            let unit = sentence::item(self.text, &start.span);
            let belongs = |end: &&&Mention| within(&end.span, &unit) && !self.crosses(start, end);
            let end = if pair.start == pair.end { start } else { *ends.iter().find(belongs)? };
            Some(Entry {
                start: start.time.clone(),
                end: end.time.clone(),
                span: Some(start.span.start.min(end.span.start)..start.span.end.max(end.span.end)),
                verified: true,
            })
        })
    }

    /// Where the text says this time, the nearest value first.
    fn places(&self, time: &Time) -> Vec<&'a Mention> {
        let (is_wall, nanos) = key(time);
        let reach = nanos_of(CLOSE_TO_WHOLE);
        let first = self.mentions.partition_point(|(key, _)| *key < (is_wall, nanos - reach));
        let near = self.mentions[first..].iter().take_while(|(key, _)| *key <= (is_wall, nanos + reach));
        let close = near.filter(|(_, mention)| self.is_close(time, &mention.time, &mention.span));
        let mut places: Vec<_> = close.map(|(key, mention)| ((key.1 - nanos).abs(), *mention)).collect();
        places.sort_by_key(|(distance, _)| *distance);
        places.truncate(MOST_PLACES);
        places.into_iter().map(|(_, mention)| mention).collect()
    }

    /// Whether two mentions are parts of two ranges that the parser is certain of.
    fn crosses(&self, start: &Mention, end: &Mention) -> bool {
        match (self.range_of(start), self.range_of(end)) {
            (Some(a), Some(b)) => a.span != b.span,
            _ => false,
        }
    }

    /// The range (not point) of the parser's that a mention is a part of.
    fn range_of(&self, mention: &Mention) -> Option<&Found> {
        let next = self.found.partition_point(|found| found.span.start <= mention.span.start);
        let found = self.found[..next].last()?;
        (within(&mention.span, &found.span) && found.start != found.end).then_some(found)
    }

    /// Whether a model's time is the text's, which stands somewhere in `span`, or no further from it than rounding
    /// can bring it.
    fn is_close(&self, time: &Time, said: &Time, span: &Range<usize>) -> bool {
        let (a, b) = (key(time), key(said));
        let is_whole = said.seconds().is_some_and(|seconds| seconds.fract() == 0.0)
            && self.text.get(span.clone()).is_some_and(|words| !has_fraction(words));
        let slack = nanos_of(if is_whole { CLOSE_TO_WHOLE } else { CLOSE });
        a.0 == b.0 && (a.1 - b.1).abs() <= slack
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and such times are no media's")]
fn nanos_of(seconds: f64) -> i128 {
    (seconds * 1e9).round() as i128
}

fn key(time: &Time) -> Key {
    match time {
        // Saturated, so that adding some reach to it does no harm.
        Time::Media(seconds) => (false, nanos_of(seconds.clamp(-1e12, 1e12))),
        Time::Wall(wall) => (true, wall.nanos),
    }
}

/// Whether a number in these words has a fraction.
fn has_fraction(words: &str) -> bool {
    words.as_bytes().windows(2).any(|pair| matches!(pair[0], b'.' | b',') && pair[1].is_ascii_digit())
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
