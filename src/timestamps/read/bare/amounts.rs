//! What makes a range of numbers an amount, a date, a score or a name, and so no time.

use super::super::atoms::Number;
use super::super::named::is_long_ago;
use super::super::page::{Cue, Follow, Left, Page};
use super::super::quantities;
use super::super::token::{Kind, Mark, Word};

/// Whether the words around a range tell of years or amounts.
pub(super) fn is_measured(page: &Page<'_>, left: &Left, last: usize, (a, b): (Number, Number)) -> bool {
    is_since_long(page, left, (a, b))
        || is_each(page, last)
        || is_graded(page, left)
        || is_standing(page, left)
        || is_metered(page, left)
        || is_acid(page, left)
        || is_changed_length(page, left)
}

/// `the queue length goes from 0.5 to 8.1`.
fn is_changed_length(page: &Page<'_>, left: &Left) -> bool {
    left.cue == Cue::Word(Word::From)
        && page.before(left.at).is_some_and(|goes| {
            quantities::ends_with(page, goes, &["goes", "went", "moves", "moved"])
                && page.before(goes).is_some_and(|noun| page.kind(noun) == Kind::Word(Word::Length))
        })
}

/// `a pH of 6.5-7.0`, `the pH is 6.5-7.0`.
fn is_acid(page: &Page<'_>, left: &Left) -> bool {
    matches!(left.cue, Cue::Word(Word::Of | Word::Is | Word::Between | Word::From | Word::At))
        && page.before(left.at).is_some_and(|ph| matches!(&page.text[page.span(ph, ph)], "pH" | "PH"))
}

/// `built between 1386 and 1412`, `one from 1899-1951`.
fn is_since_long(page: &Page<'_>, left: &Left, (a, b): (Number, Number)) -> bool {
    b.decimals == 0 && a.value < b.value && [a, b].iter().all(|year| is_long_ago(page, left, *year))
}

/// `1.2-1.5 per square metre`.
fn is_each(page: &Page<'_>, last: usize) -> bool {
    page.kind(last + 1) == Kind::Word(Word::Every) && quantities::ends_with(page, last + 1, &["per"])
}

/// `030-1234`, `555-0123`.
pub(super) fn is_phone(page: &Page<'_>, first: usize, (a, b): (Number, Number)) -> bool {
    let padded = page.text.as_bytes()[page.tokens[first].start()] == b'0' && a.whole > 2 && a.decimals == 0;
    (padded || a.whole == 3 && b.whole == 4) && b.decimals == 0
}

/// `1-1: 22:14–22:50`: a score, and when it was.
pub(super) fn is_score_with_time(page: &Page<'_>, last: usize, follow: Follow) -> bool {
    let colon = page.behind(last + 1);
    follow == Follow::Caption && page.kind(page.behind(colon + 1)) == Kind::Clock
}

/// `confidence (0.82-0.91)`, `grade A (90-100)`.
fn is_graded(page: &Page<'_>, left: &Left) -> bool {
    let quantity = |at: usize| matches!(page.kind(at), Kind::Other(_)) && quantities::is_quantity_at_end(page, at);
    left.cue == Cue::Open(b'(') && (left.at.saturating_sub(2)..left.at).any(quantity)
}

/// `the match stands at 0.5-1.5`, `the year before 85-86`.
fn is_standing(page: &Page<'_>, left: &Left) -> bool {
    let Some(verb) = page.before(left.at) else { return false };
    match left.cue {
        Cue::Word(Word::At) if quantities::ends_with(page, verb, &["stands", "stood", "standing"]) => {
            let game =
                |at: usize| quantities::ends_with(page, at, &["match", "game", "score", "series", "tie", "tally"]);
            game(verb.saturating_sub(1)) || {
                let text = &page.text[page.span(verb, verb)];
                text.rsplit(' ').nth(1).is_some_and(|noun| ["score", "series", "tie", "tally"].contains(&noun))
            }
        }
        Cue::Word(Word::Before | Word::After) => quantities::ends_with(page, verb, &["year", "season", "month"]),
        // 置信度在0.81到0.94之间
        Cue::Word(Word::At | Word::Is) if page.is_asian(left.at) && page.is_asian(verb) => page.text
            [page.span(verb, verb)]
        .ends_with(['度', '率', '值', '値', '价', '価', '数', '額', '额', '量', '比']),
        _ => false,
    }
}

/// `the gauge goes from 2.0 to 4.5`, `the counter jumps from 10 to 15`.
fn is_metered(page: &Page<'_>, left: &Left) -> bool {
    const METERS: [&str; 12] = [
        "gauge",
        "meter",
        "counter",
        "needle",
        "sensor",
        "dial",
        "thermometer",
        "speedometer",
        "odometer",
        "readout",
        "level",
        "voltage",
    ];
    matches!(left.cue, Cue::Word(Word::From | Word::Between))
        && (left.at.saturating_sub(4)..left.at)
            .rev()
            .take_while(|index| {
                !matches!(page.kind(*index), Kind::Break | Kind::Mark(_) | Kind::Number(_) | Kind::Clock)
            })
            .any(|index| match page.kind(index) {
                Kind::Word(Word::Display) => true,
                Kind::Other(_) => page.text[page.span(index, index)].split(' ').any(|word| METERS.contains(&word)),
                _ => false,
            })
}

/// `Confidence 0.82-0.91`, `sections 4.1 to 4.5`, `has grown from 60 to 75`, `the score lies between 0.81 and 0.94`.
pub(super) fn is_counted(page: &Page<'_>, left: &Left) -> bool {
    match left.cue {
        Cue::Other => quantities::is_quantity(page, left.at) || quantities::is_software(page, left.at),
        Cue::Word(Word::From) if quantities::is_change(page, left.at) || is_varying(page, left.at) => true,
        Cue::Word(Word::From | Word::Between | Word::Of | Word::Is) => quantities::is_of_quantity(page, left.at),
        Cue::Word(_) => quantities::is_numbered(page, left.at),
        _ => false,
    }
}

/// `Ratings range from 3 to 5`: what varies, unless it is a part of the media.
fn is_varying(page: &Page<'_>, from: usize) -> bool {
    is_verb_of_range(page, from)
        && page.before(from).and_then(|verb| page.before(verb)).is_some_and(|subject| {
            matches!(page.kind(subject), Kind::Other(_) | Kind::Word(Word::Measure | Word::Ratio))
        })
}

/// `events range from`: the word before the token is the verb, not the range that `the time range from` is.
pub(super) fn is_verb_of_range(page: &Page<'_>, from: usize) -> bool {
    page.before(from).is_some_and(|verb| {
        quantities::ends_with(page, verb, &["range", "ranges"])
            && page.before(verb).is_some_and(|subject| match page.kind(subject) {
                Kind::Other(_) => true,
                Kind::Word(word) => matches!(word, Word::Measure | Word::Part | Word::Media | Word::Ratio),
                _ => false,
            })
    })
}

/// `1-1 (33:05)`: a score, and when it was reached.
pub(super) fn is_dated(page: &Page<'_>, last: usize) -> bool {
    let next = page.behind(last + 1);
    page.kind(next) == Kind::Mark(Mark::Open(b'(')) && page.kind(next + 1) == Kind::Clock
}
