//! `both 747s`, `a few 320s`, `rows of parked 737s`: the plural of something that is called by its number.

use super::atoms::Timed;
use super::page::{Cue, Left, Page};
use super::quantities::ends_with;
use super::results::clause_before;
use super::token::{Gap, Kind, Style, Word};

/// Whether a number with an `s` is a plural: counted by a word, or that of an aircraft among aircraft.
#[inline]
pub(super) fn is_plural(page: &Page<'_>, first: usize, last: usize, left: &Left, timed: &Timed) -> bool {
    timed.number >= 100.0
        && timed.unit.style == Style::Letter
        && timed.unit.size == 1
        && timed.parts == 1
        && page.gap(last) == Gap::Tight
        && timed.number.fract() == 0.0
        && (is_counted(page, first) || is_aircraft(page, left, last, timed))
}

#[inline(never)]
fn is_counted(page: &Page<'_>, first: usize) -> bool {
    first.checked_sub(1).is_some_and(|count| match page.kind(count) {
        Kind::Word(Word::Vague) | Kind::Spelled(2..) => true,
        Kind::Other(_) | Kind::Word(Word::Function) => {
            ends_with(page, count, &["both", "these", "those", "parked", "old", "new", "dozen"])
        }
        _ => false,
    })
}

/// `The A320s and 747s`: a number of an aircraft, and a word for what it is or does.
#[inline(never)]
fn is_aircraft(page: &Page<'_>, left: &Left, last: usize, timed: &Timed) -> bool {
    const AIRCRAFT: [&str; 12] = [
        "aircraft",
        "airliners",
        "airport",
        "apron",
        "hangar",
        "jets",
        "jet",
        "planes",
        "runway",
        "taxi",
        "taxiing",
        "taxiway",
    ];
    let known = [707.0, 717.0, 727.0, 737.0, 747.0, 757.0, 767.0, 777.0, 787.0, 320.0, 330.0, 340.0, 350.0, 380.0];
    let of_flight = |at: usize| {
        page.kind(at) == Kind::Id
            || matches!(page.kind(at), Kind::Other(_))
                && page.text[page.span(at, at)].split(' ').any(|word| AIRCRAFT.contains(&word))
    };
    matches!(left.cue, Cue::Other | Cue::List | Cue::Word(Word::Function | Word::Of | Word::The))
        && known.iter().any(|number| (timed.number - number).abs() < f64::EPSILON)
        && (clause_before(page, left.at).any(of_flight) || (last + 1..last + 6).any(of_flight))
}
