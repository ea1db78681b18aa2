//! A lone `m`: metres, which are no time, from the words around them.

use super::page::{Cue, Left, Page};
use super::token::{Kind, Word};

/// `20 m by 12 m`.
pub(super) fn is_by(page: &Page<'_>, left: &Left, last: usize) -> bool {
    let metres = |at: usize| {
        matches!(page.kind(at), Kind::Unit(unit) if unit.is_lone_m()) && &page.text[page.span(at, at)] == "m"
    };
    left.cue == Cue::Word(Word::By) && page.before(left.at).is_some_and(metres)
        || page.kind(last + 1) == Kind::Word(Word::By)
            && matches!(page.kind(last + 2), Kind::Number(_))
            && metres(last + 3)
}

/// `6.0 t at 35 m`.
pub(super) fn is_load(page: &Page<'_>, at: usize) -> bool {
    let tons = |noun: usize| page.kind(noun) == Kind::Word(Word::Measure) || &page.text[page.span(noun, noun)] == "t";
    page.before(at)
        .filter(|noun| tons(*noun))
        .and_then(|noun| page.before(noun))
        .is_some_and(|number| matches!(page.kind(number), Kind::Number(_)))
}

/// `une hauteur de 9 m`: the `de` of other languages, which is also the `from` of their ranges.
pub(super) fn is_foreign_of(page: &Page<'_>, left: &Left) -> bool {
    left.cue == Cue::Word(Word::From)
        && matches!(&page.text[page.span(left.at, left.at)], "de" | "di" | "da" | "von" | "du")
}

/// `the 3 m and 12 m marks in metres`, `높이 1.8m에서`: who has a word for minutes writes no `m`.
pub(super) fn is_metres(page: &Page<'_>, last: usize) -> bool {
    page.is_asian(last + 1)
        || (last + 1..last + 8).take_while(|index| page.kind(*index) != Kind::Break).any(|index| {
            matches!(
                &page.text[page.tokens.get(index).map_or(0..0, |token| token.start()..token.end())],
                "metres" | "meters" | "metre" | "meter"
            )
        })
}
