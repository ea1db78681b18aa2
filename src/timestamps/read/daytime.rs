//! Clocks that tell the time of day: beside a date, a zone or a day, or as the hours of a place.

use super::appointments::is_notice;
use super::page::{Cue, Left, Page};
use super::quantities::ends_with;
use super::token::{Gap, Kind, Mark, Style, Token, Word};

/// `10:22 AM`, `오전 10:22`, `2025-01-15 10:22`, `10:22 UTC`, `Jan 15, 10:22`.
pub(super) fn is_of_day(page: &Page<'_>, first: usize, left: &Left) -> bool {
    // `local time 18:05`
    let zone = || page.before(left.at).is_some_and(|zone| page.kind(zone) == Kind::Word(Word::Zone));
    left.cue == Cue::Word(Word::Meridiem)
        || left.cue == Cue::Word(Word::Zone)
        || left.cue == Cue::Word(Word::Time) && zone()
        || is_dated(page, first)
}

pub(super) fn is_of_day_by_right(page: &Page<'_>, next: usize) -> bool {
    matches!(page.kind(next), Kind::Word(Word::Meridiem | Word::Zone))
        || matches!(page.kind(next), Kind::Unit(unit) if unit.size == 3600 && unit.style != Style::Asian)
        || is_dated_behind(page, next)
}

/// A date before the clock, with nothing but `at`, commas and week days in between.
pub(super) fn is_dated(page: &Page<'_>, first: usize) -> bool {
    if !page.dated {
        return false;
    }
    for index in (first.saturating_sub(6)..first).rev() {
        match page.kind(index) {
            Kind::Date | Kind::Word(Word::Month) => return true,
            // the year or the day of a date that is written with words, or with spaces
            Kind::Number(number) if number.whole == 4 || number.whole <= 2 => {
                let near = (index.saturating_sub(3)..index)
                    .any(|before| matches!(page.kind(before), Kind::Word(Word::Month)))
                    || (index + 1..first).any(|behind| matches!(page.kind(behind), Kind::Word(Word::Month)));
                return near;
            }
            Kind::Word(Word::Day)
                if matches!(page.kind(index.saturating_sub(1)), Kind::Number(_)) && page.gap(index) == Gap::Tight =>
            {
                return true;
            }
            Kind::Word(Word::At | Word::Day | Word::Approx)
            | Kind::Mark(Mark::Comma | Mark::Star | Mark::Quote | Mark::Slash | Mark::Bullet) => {}
            Kind::Mark(Mark::Dash) if page.gap(index) == Gap::Tight => {}
            _ => return false,
        }
    }
    false
}

fn is_dated_behind(page: &Page<'_>, next: usize) -> bool {
    let on = matches!(page.kind(next), Kind::Word(Word::Function | Word::Of) | Kind::Mark(Mark::Comma));
    matches!(page.kind(next), Kind::Date) || on && matches!(page.kind(next + 1), Kind::Date)
}

/// `Opening hours: 9:00-17:00`, `Visiting time: 14:00 - 16:00`, `Horario: 9:00-18:00`.
pub(super) fn is_hours(page: &Page<'_>, colon: usize) -> bool {
    page.label(colon).is_some_and(|label| names_hours(page, label))
}

/// `Prayer times on the poster: 05:12`, `The times on the notice:`: hours of the day in the words of a longer label.
pub(super) fn is_hours_of(page: &Page<'_>, colon: usize) -> bool {
    let words = || {
        (colon.saturating_sub(8)..colon)
            .rev()
            .take_while(|at| !matches!(page.kind(*at), Kind::Break | Kind::Mark(_) | Kind::Number(_) | Kind::Clock))
    };
    words().any(|at| names_hours(page, at) && !matches!(page.kind(at), Kind::Unit(_)))
        || words().any(|at| ends_with(page, at, &["times", "hours"])) && words().any(|at| is_notice(page, at))
}

/// `at 1:15 and 2:45 according to the pole`, `10:45, as the plate says`: what is not told of the media, but by something in it.
pub(super) fn is_told_elsewhere(page: &Page<'_>, last: usize) -> bool {
    let behind = &page.tokens[last + 1..page.tokens.len().min(last + 12)];
    // the article of who tells it stands behind `to`, `as` or a verb
    let is_near = |pair: &[Token]| {
        pair[1].kind == Kind::Word(Word::The)
            && matches!(pair[0].kind, Kind::Word(Word::To | Word::Shows | Word::Function))
    };
    let teller =
        |at: usize| matches!(page.kind(at), Kind::Other(_) | Kind::Word(Word::Display | Word::Agenda | Word::Day));
    behind.windows(2).enumerate().filter(|(_, pair)| is_near(pair)).any(|(nth, _)| {
        let the = last + 2 + nth;
        is_one_clause(&behind[..nth]) && (teller(the + 1) && is_telling(page, last, the) || is_said_by(page, last, the))
    })
}

/// Whether no sentence ends with one of these tokens, nor a part of one.
fn is_one_clause(tokens: &[Token]) -> bool {
    tokens.iter().all(|token| !matches!(token.kind, Kind::Break | Kind::Mark(Mark::Stop | Mark::Semicolon)))
}

/// `is cancelled, says the board`
fn is_said_by(page: &Page<'_>, last: usize, the: usize) -> bool {
    the < last + 11
        && page.kind(the - 1) == Kind::Word(Word::Shows)
        && page.kind(the - 2) == Kind::Mark(Mark::Comma)
        && is_notice(page, the + 1)
}

/// Whether the article at `the`, in a clause behind the token at `last`, is that of somebody who is said to tell something.
#[inline(never)]
fn is_telling(page: &Page<'_>, last: usize, the: usize) -> bool {
    let clause =
        |at: &usize| !matches!(page.kind(*at), Kind::Break | Kind::Mark(Mark::Stop | Mark::Semicolon | Mark::Comma));
    match page.kind(the - 1) {
        Kind::Word(Word::To) if the > last + 2 && matches!(page.kind(the - 2), Kind::Other(_)) => {
            ends_with(page, the - 2, &["according"])
        }
        Kind::Word(_) if the < last + 11 && ends_with(page, the - 1, &["as"]) => {
            (the + 2..the + 8).take_while(clause).any(|verb| {
                page.kind(verb) == Kind::Word(Word::Shows) || ends_with(page, verb, &["states", "announces", "lists"])
            })
        }
        _ => false,
    }
}

/// Whether a label is one of hours of the day.
pub(super) fn names_hours(page: &Page<'_>, label: usize) -> bool {
    const HOURS: [&str; 10] = [
        "öffnungszeiten",
        "Öffnungszeiten",
        "horaires",
        "horaire",
        "horario",
        "horarios",
        "horário",
        "orari",
        "orario",
        "abierto",
    ];
    const OF: [&str; 9] =
        ["opening", "closing", "visiting", "business", "office", "working", "prayer", "service", "meal"];
    match page.kind(label) {
        Kind::Unit(unit) => unit.size == 3600 && unit.style != Style::Asian,
        Kind::Other(_) => ends_with(page, label, &HOURS),
        Kind::Word(Word::Time | Word::Measure) => {
            ends_with(page, label, &["time", "times"]) && page.before(label).is_some_and(|of| ends_with(page, of, &OF))
        }
        _ => false,
    }
}

/// `Monday 9:00`, `Monday at 9:00`.
pub(super) fn is_near_day(page: &Page<'_>, first: usize, left: &Left) -> bool {
    // `Sat 09:00`, `Sun, 9:00`; `sat` is a verb
    let saturday = |at: usize| page.text[page.span(at, at)].rsplit(' ').next() == Some("Sat");
    match left.cue {
        Cue::Word(Word::Day) => true,
        Cue::Other => saturday(left.at),
        Cue::Word(Word::At | Word::From) | Cue::List | Cue::Colon => {
            left.at > 0 && left.at < first && matches!(page.kind(left.at - 1), Kind::Word(Word::Day))
        }
        _ => false,
    }
}

/// `9:00 in the morning`, `at 9:00 tonight`.
pub(super) fn is_near_day_by_right(page: &Page<'_>, next: usize) -> bool {
    match page.kind(next) {
        Kind::Word(Word::Day) => true,
        Kind::Word(Word::In | Word::At | Word::Function | Word::Every) => {
            (next + 1..next + 3).any(|index| matches!(page.kind(index), Kind::Word(Word::Day)))
        }
        _ => false,
    }
}
