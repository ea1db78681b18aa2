//! Numbers that only name something: those of lists and of subtitles, parts of identifiers, years.

use super::atoms::Number;
use super::page::Page;
use super::token::{Gap, Kind, Mark, Word};
use super::verdict::Judge;

/// `3.`, `3)`, and `3:` or `3 -` where the items count up.
pub(super) fn is_list_number(judge: &mut Judge<'_, '_>, first: usize, last: usize, number: Number) -> bool {
    let page = judge.page;
    if number.decimals > 0 || !page.starts_line(first) {
        return false;
    }
    let next = page.behind(last + 1);
    let listed = match page.kind(next) {
        Kind::Mark(Mark::Stop | Mark::Close(b'(')) => true,
        Kind::Mark(Mark::Colon | Mark::Dash | Mark::Pipe | Mark::Close(_)) => is_next(judge, number),
        _ => false,
    };
    let alone = matches!(page.kind(page.behind(next + 1)), Kind::Break) && page.kind(next) == Kind::Mark(Mark::Stop);
    if listed && (!alone || is_next(judge, number)) {
        judge.counter = number.value;
        return true;
    }
    false
}

pub(super) fn is_next(judge: &Judge<'_, '_>, number: Number) -> bool {
    let value = number.value;
    (value - judge.counter - 1.0).abs() < 0.5 || (value - 1.0).abs() < 0.5
}

/// The number of an SRT cue: alone in its line, and the next line has an arrow.
pub(super) fn is_cue_number(page: &Page<'_>, first: usize, last: usize) -> bool {
    let alone = (first == 0 || page.kind(first - 1) == Kind::Break) && page.kind(last + 1) == Kind::Break;
    alone && matches!(page.kind(last + 2), Kind::Clock) && page.kind(last + 3) == Kind::Mark(Mark::Arrow)
}

/// A number that is part of something: `camera-3`, `3/4`, `#5`, `x2`.
pub(super) fn is_glued(page: &Page<'_>, first: usize, last: usize) -> bool {
    let before = first.checked_sub(1).map_or(Kind::Break, |before| page.kind(before));
    let tight = page.gap(first) == Gap::Tight && first > 0;
    if before == Kind::Mark(Mark::Slash) && (tight || first == last)
        || page.kind(last + 1) == Kind::Mark(Mark::Slash) && page.gap(last + 1) == Gap::Tight
    {
        return true;
    }
    if !tight {
        return false;
    }
    match before {
        Kind::Other(_) | Kind::Id | Kind::Word(Word::Measure) => true,
        Kind::Mark(Mark::Dash | Mark::Slash | Mark::Stop | Mark::Colon)
            if first >= 2 && page.gap(first - 1) == Gap::Tight =>
        {
            match page.kind(first - 2) {
                // a port
                kind if before == Kind::Mark(Mark::Colon) => {
                    let decimals = matches!(page.kind(first), Kind::Number(number) if number.decimals > 0);
                    matches!(kind, Kind::Id | Kind::Number(_)) && !decimals
                }
                kind => matches!(kind, Kind::Other(_) | Kind::Id | Kind::Word(_) | Kind::Number(_) | Kind::Date),
            }
        }
        _ => false,
    }
}

/// Four digits from 1900 to 2099 without a fraction.
pub(super) fn is_years(a: Number, b: Number) -> bool {
    let year = |number: Number| number.decimals == 0 && number.whole == 4 && (1900.0..2100.0).contains(&number.value);
    year(a) && (year(b) || b.value <= 12.0)
}
