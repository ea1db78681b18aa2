//! Makes a finished list of what was found: one clock, forward, inside the media, sorted, nothing twice.
//!
//! What breaks the first three rules is left out and counted; ends beyond the media's are brought back to it.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::ops::Range;

use super::time::{Clock, Found, Time};

/// The most ranges in a list: what lies behind counts as dropped.
const MOST: usize = 10_000;

/// A range on its way into a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where it begins.
    pub start: Time,
    /// Where it ends.
    pub end: Time,
    /// The bytes of the text that it was read from; `None` where the text does not have it.
    pub span: Option<Range<usize>>,
    /// Whether the text bears it out.
    pub verified: bool,
}

/// What is known beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rules {
    /// The clock that the answer speaks of, by its `media_info`.
    pub clock: Option<Clock>,
    /// The media's end in seconds.
    pub end: Option<f64>,
    /// Ranges closer than this many seconds become one.
    pub merge_gap: Option<f64>,
}

/// A finished list.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    clock: Clock,
    entries: Vec<Entry>,
    dropped: usize,
}

// === impl Entry ===

impl From<Found> for Entry {
    fn from(found: Found) -> Self {
        Self { start: found.start, end: found.end, span: Some(found.span), verified: true }
    }
}

impl Entry {
    fn order(&self, other: &Self) -> Ordering {
        let start = self.start.partial_cmp(&other.start).unwrap_or(Ordering::Equal);
        start.then_with(|| self.end.partial_cmp(&other.end).unwrap_or(Ordering::Equal))
    }

    /// Brings the end back into the media; whether the range may stay.
    fn fits(&mut self, clock: Clock, media_end: Option<f64>) -> bool {
        if self.start.clock() != clock || self.end.clock() != clock {
            return false;
        }
        if let (Time::Media(start), Time::Media(end)) = (&mut self.start, &mut self.end) {
            if !(start.is_finite() && end.is_finite() && *start >= 0.0) {
                return false;
            }
            if let Some(media_end) = media_end {
                if *start >= media_end {
                    return false;
                }
                // A reversed range stays reversed: it began inside the media.
                *end = end.min(media_end);
            }
        }
        self.start <= self.end
    }

    fn absorb(&mut self, next: Self) {
        if next.end > self.end {
            self.end = next.end;
        }
        self.verified &= next.verified;
        self.span = match (self.span.take(), next.span) {
            (Some(a), Some(b)) => Some(a.start.min(b.start)..a.end.max(b.end)),
            (a, b) => a.or(b),
        };
    }
}

// === impl List ===

impl List {
    /// Finishes a list.
    pub fn new(entries: impl IntoIterator<Item = impl Into<Entry>>, rules: &Rules) -> Self {
        let mut entries: Vec<Entry> = entries.into_iter().map(Into::into).collect();
        let all = entries.len();
        let clock = clock_of(&entries, rules.clock);
        entries.retain_mut(|entry| entry.fits(clock, rules.end));
        let mut dropped = all - entries.len();
        // Most texts tell what happens in its order.
        if !entries.is_sorted_by(|before, next| before.order(next) == Ordering::Less) {
            entries.sort_by(Entry::order);
            entries.dedup_by(|next, kept| {
                let same = next.start == kept.start && next.end == kept.end;
                if same && next.verified && !kept.verified {
                    std::mem::swap(next, kept);
                }
                same
            });
        }
        if let Some(gap) = rules.merge_gap {
            entries = merge(entries, gap);
        }
        dropped += entries.len().saturating_sub(MOST);
        entries.truncate(MOST);
        Self { clock, entries, dropped }
    }

    /// A list of nothing.
    pub fn empty(clock: Option<Clock>) -> Self {
        Self { clock: clock.unwrap_or(Clock::Media), entries: Vec::new(), dropped: 0 }
    }

    /// The clock of every time in it.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// The ranges.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many ranges were left out.
    pub fn dropped(&self) -> usize {
        self.dropped
    }
}

/// One list has one clock: the expected one if any range has it, else that of the first range.
fn clock_of(entries: &[Entry], expected: Option<Clock>) -> Clock {
    let has = |clock| entries.iter().any(|entry| entry.start.clock() == clock);
    expected
        .filter(|&clock| entries.is_empty() || has(clock))
        .or_else(|| entries.first().map(|entry| entry.start.clock()))
        .unwrap_or(Clock::Media)
}

fn merge(entries: Vec<Entry>, gap: f64) -> Vec<Entry> {
    let mut merged: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        match merged.last_mut() {
            Some(last) if between(&last.end, &entry.start) < gap => last.absorb(entry),
            _ => merged.push(entry),
        }
    }
    merged
}

/// Seconds from one time to the other.
#[expect(clippy::cast_precision_loss, reason = "a gap is compared to a few seconds")]
fn between(from: &Time, to: &Time) -> f64 {
    match (from, to) {
        (Time::Media(from), Time::Media(to)) => to - from,
        (Time::Wall(from), Time::Wall(to)) => (to.nanos - from.nanos) as f64 / 1e9,
        _ => f64::INFINITY,
    }
}
