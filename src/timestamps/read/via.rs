//! VIA's bullets: `start:end:event`, where a point separates hours, minutes and seconds if there are two of them.

use super::atoms::{self, Shape};
use super::page::{Cue, Page};
use super::token::{Gap, Kind, Mark, Word};
use super::verdict::{Judge, Verdict};
use crate::timestamps::time::{Reason, Time};

const UNCLEAR: Verdict = Verdict::Doubt(Reason::AmbiguousNumber);

/// How a text uses two whole numbers around a colon at the beginning of an item, such as `10:20: a car`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As a clock.
    Clock,
    /// As start and end, as other items prove that no clock can be.
    Bullets,
    /// Each begins where the last one ends: could be either.
    Unclear,
}

// === impl Style ===

impl Style {
    pub(super) fn of(page: &Page<'_>) -> Self {
        let mut last = None;
        let mut links = 0;
        for atom in &page.atoms {
            let opens =
                || page.kind(page.behind(atom.last + 1)) == Kind::Mark(Mark::Colon) && page.opens_item(atom.first);
            match atom.shape {
                Shape::Pair if opens() => return Self::Bullets,
                // most clocks have two digits before the colon, and can be nothing else
                Shape::Clock(_) if !is_padded(page, atom.first) && opens() => {
                    let Some((start, end)) = halves(page, atom.first) else { continue };
                    links += usize::from(last == Some(start));
                    last = Some(end);
                }
                _ => {}
            }
        }
        if links >= 2 { Self::Unclear } else { Self::Clock }
    }
}

/// The two numbers of `10:20`, if they can be a start and an end.
fn halves(page: &Page<'_>, token: usize) -> Option<(f64, f64)> {
    let text = &page.text[page.span(token, token)];
    let (start, end) = text.split_once(':')?;
    let (start, end) = (start.parse::<f64>().ok()?, end.parse::<f64>().ok()?);
    (start < end && !is_padded(page, token)).then_some((start, end))
}

/// Whether a token begins with a zero that no number has: `05:10`, but not `0:10`.
fn is_padded(page: &Page<'_>, token: usize) -> bool {
    matches!(page.text.as_bytes()[page.span(token, token)], [b'0', next, ..] if next != b':')
}

/// `10:20:` in a text that writes its bullets as start and end.
pub(super) fn clock(judge: &mut Judge<'_, '_>, index: usize) -> Option<Verdict> {
    let page = judge.page;
    let (first, last) = (judge.first(index), judge.last(index));
    if judge.via == Style::Clock || judge.is_range(index) || !page.opens_item(first) {
        return None;
    }
    let colon = page.kind(page.behind(last + 1)) == Kind::Mark(Mark::Colon);
    let (start, end) = halves(page, first).filter(|_| colon)?;
    let (start, end) = (Time::Media(start), Time::Media(end));
    if judge.via == Style::Unclear {
        judge.note(&start, &end, first, index);
        return Some(UNCLEAR);
    }
    Some(judge.done(start, end, first, index))
}

/// `12.0:18.5`, `00.01.10:00.02.05`.
pub(super) fn pair(judge: &mut Judge<'_, '_>, index: usize) -> Verdict {
    let page = judge.page;
    let (first, last) = (judge.first(index), judge.last(index));
    let text = &page.text[page.span(first, last)];
    let Some((start, end)) = atoms::pair(text) else { return Verdict::Not };
    // the last byte of a wide point is that of no wide digit, nor of a wide colon
    let decimal = || text.bytes().filter(|byte| matches!(byte, b'.' | 0x8E)).count() >= 2;
    let colon = page.kind(page.behind(last + 1)) == Kind::Mark(Mark::Colon);
    let listed = matches!(judge.listed_behind(index), Some(Verdict::Done));
    let comma = page.kind(last + 1) == Kind::Mark(Mark::Comma);
    let verdict = match page.left(first).cue {
        Cue::Word(Word::Ratio | Word::Of) | Cue::Never | Cue::Id => Verdict::Not,
        _ if page.kind(page.behind(last + 1)) == Kind::Word(Word::Ratio) => Verdict::Not,
        _ if listed && (colon || comma || decimal()) => Verdict::Time,
        _ if page.opens_item(first)
            && (colon || comma && start < end && page.gap(last + 1) == Gap::Tight || decimal()) =>
        {
            Verdict::Time
        }
        Cue::Start | Cue::Open(_) | Cue::Dash | Cue::Cell | Cue::Colon if colon && start < end || decimal() => {
            Verdict::Time
        }
        // `00.00.14:00.00.21: a man; 00.01.05:00.01.10: a dog`
        Cue::List if colon && decimal() && index > 0 && judge.verdicts[index - 1] == Verdict::Done => Verdict::Time,
        _ if decimal() && page.follow(last) != super::page::Follow::Noun => UNCLEAR,
        _ => Verdict::Not,
    };
    match verdict {
        Verdict::Time => return judge.done(start, end, first, index),
        Verdict::Doubt(_) => judge.note(&start, &end, first, index),
        Verdict::Done | Verdict::Not => {}
    }
    verdict
}

/// `00.01.10`, alone or as the end of a range. With one digit somewhere it may be a version or a section.
pub(super) fn dotted(judge: &mut Judge<'_, '_>, index: usize) -> Verdict {
    let page = judge.page;
    let group = judge.groups[index];
    let padded = |atom: usize| {
        let token = page.atoms[atom].first;
        let text = &page.text[page.span(token, token)];
        text.split('.').all(|part| part.len() == 2)
    };
    let left = page.left(judge.first(index));
    let placed = page.opens_item(judge.first(index))
        || matches!(left.cue, Cue::Open(b'<' | b'[') | Cue::List | Cue::Colon | Cue::Cell);
    if !padded(group.from)
        || !padded(group.to)
        || matches!(left.cue, Cue::Word(Word::Part) | Cue::Other | Cue::Id | Cue::Never)
    {
        return Verdict::Not;
    }
    if placed || judge.is_range(index) { Verdict::Time } else { UNCLEAR }
}

/// `00:12:00:47` could be two clocks or a time code; six parts before a caption are two clocks with hours.
pub(super) fn odd(judge: &mut Judge<'_, '_>, index: usize) -> Verdict {
    let page = judge.page;
    let (first, last) = (judge.first(index), judge.last(index));
    let text = &page.text[page.span(first, last)];
    if text.matches(':').count() < 5 {
        return UNCLEAR;
    }
    let caption = page.kind(last + 1) == Kind::Mark(Mark::Colon) && page.opens_item(first);
    let middle = text.match_indices(':').nth(2).map(|(at, _)| at);
    let both = middle.and_then(|at| Some((super::time(&text[..at])?, super::time(&text[at + 1..])?)));
    match both.filter(|_| caption) {
        Some((start, end)) => judge.done(start, end, first, index),
        // a hardware address
        None => Verdict::Not,
    }
}
