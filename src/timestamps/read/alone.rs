//! A time with a unit that is no range: a point, a length, or in doubt.

use super::appointments::is_multiple_of;
use super::atoms::Timed;
use super::behind::{Behind, is_asian};
use super::cues::{self, is_of_rest};
use super::foreign::{is_many_of_singular, is_mark_of_german};
use super::lengths::{is_ahead, is_asian_spell, is_frequency, is_lasting_directly, is_length, is_shift};
use super::metres::{is_by, is_foreign_of, is_load, is_metres};
use super::minutes::{is_counted, is_mark, is_minute_of_a_match, is_oclock};
use super::page::{Cue, Follow, Left, Page};
use super::quantities::{begins_with, ends_with};
use super::token::{Gap, Kind, Mark, Style, Word};
use super::verdict::Verdict;
use crate::timestamps::time::Reason;

const UNCLEAR: Verdict = Verdict::Doubt(Reason::AmbiguousNumber);

pub(super) fn single(page: &Page<'_>, left: &Left, timed: &Timed, behind: Behind, last: usize) -> Verdict {
    if is_model(page, timed, last) || is_frequency(page, timed, last) || timed.is_lone_m() && is_metres(page, last) {
        return Verdict::Not;
    }
    // `평균 3분`
    let length = |at: usize| page.kind(at) == Kind::Word(Word::Length);
    let spell = left.cue == Cue::Word(Word::Length)
        || left.cue == Cue::Word(Word::Is) && page.before(left.at).is_some_and(length)
        || is_asian_spell(page, left);
    if timed.unit.style == Style::Asian && spell && behind != Behind::Point {
        return Verdict::Not;
    }
    // `interval 5 s`: how long, or when
    if left.cue == Cue::Word(Word::Time) && ends_with(page, left.at, &["interval", "intervals", "span"]) {
        return UNCLEAR;
    }
    if is_counted(page, left, timed) || is_minute_of_a_match(page, timed, last) {
        return UNCLEAR;
    }
    // `00시 01분 10초`: of the media, or at night
    if left.cue == Cue::Word(Word::Meridiem) && timed.parts > 1 && is_hour_zero(page, left.at) {
        return UNCLEAR;
    }
    // `오후 3시 20분`, `下午3点20分`
    if left.cue == Cue::Word(Word::Meridiem) {
        return Verdict::Not;
    }
    if behind == Behind::Nothing && is_mark(page, left, timed, last) {
        return UNCLEAR;
    }
    if is_oclock(page, last, timed) {
        // `15日10時22分`
        return if left.cue == Cue::Word(Word::Day) { Verdict::Not } else { UNCLEAR };
    }
    if let Some(verdict) = by_what_follows(page, left, timed, behind, last) {
        return verdict;
    }
    let day = timed.parts == 1 && timed.unit.size == 3600 && (timed.number - 24.0).abs() < f64::EPSILON;
    if is_length(page, left, timed.led) || day || is_per(page, left, timed, last) || is_ahead(page, left, last) {
        return Verdict::Not;
    }
    if timed.led {
        // the third minute, or three minutes?
        return if timed.unit.size == 1 { Verdict::Time } else { UNCLEAR };
    }
    if is_shift(page, left, timed, last) {
        return Verdict::Not;
    }
    // `the 5S audit board`
    if timed.unit.style == Style::Letter && is_capital(page, last) && page.follow(last) == Follow::Noun {
        return UNCLEAR;
    }
    if timed.is_lone_m() {
        // `climbs to 40 m`, `a free kick from 22 m`: who writes minutes so has no space before them, but for a sentence that
        // begins with them
        let spaced = page.gap(last) == Gap::Space && !(left.cue == Cue::Word(Word::At) && page.opens_item(left.at));
        let metres = is_run(page, last)
            || spaced
            || timed.number.fract() > 0.0 && page.gap(last) == Gap::Space
            || is_by(page, left, last)
            || left.cue == Cue::Word(Word::At) && is_load(page, left.at);
        if metres || is_foreign_of(page, left) {
            return Verdict::Not;
        }
        return if is_placed(left) && page.follow(last) != Follow::Noun { UNCLEAR } else { Verdict::Not };
    }
    if timed.describes && !matches!(left.cue, Cue::Word(Word::At)) {
        if is_many_of_singular(page, last) || is_mark_of_german(page, last) {
            return Verdict::Doubt(Reason::UnknownLanguage);
        }
        return Verdict::Not;
    }
    if page.gap(last) == Gap::Tight && (is_decade(timed, left) || is_round(timed) && is_of_person(page, left)) {
        return Verdict::Not;
    }
    // `a 5 s pause`
    if left.article
        && !left.the
        && timed.parts == 1
        && matches!(timed.unit.style, Style::Letter | Style::Short)
        && (page.follow(last) == Follow::Noun || page.kind(page.behind(last + 1)) == Kind::Word(Word::Lasts))
    {
        return Verdict::Not;
    }
    // `12 min walk`
    if timed.parts == 1
        && timed.unit.style == Style::Short
        && begins_with(
            page,
            page.behind(last + 1),
            &["walk", "drive", "ride", "flight", "break", "breaks", "wait", "rest", "trip", "journey", "read"],
        )
    {
        return Verdict::Not;
    }
    // `plays 80s music`
    if is_round(timed) && left.cue == Cue::Other && page.follow(last) == Follow::Noun && page.gap(last) == Gap::Tight {
        return UNCLEAR;
    }
    cues::decide(page, left, timed, last)
}

/// `00시`, `0点`.
fn is_hour_zero(page: &Page<'_>, hour: usize) -> bool {
    let zero = |number: usize| {
        matches!(page.kind(number), Kind::Number(_))
            && page.text[page.span(number, number)].bytes().all(|digit| digit == b'0')
    };
    matches!(&page.text[page.span(hour, hour)], "시" | "点" | "點") && hour.checked_sub(1).is_some_and(zero)
}

/// What the words behind a time decide by themselves.
fn by_what_follows(page: &Page<'_>, left: &Left, timed: &Timed, behind: Behind, last: usize) -> Option<Verdict> {
    Some(match behind {
        // `마지막 10초 동안`
        Behind::Length if left.cue == Cue::Word(Word::Last) && is_asian(page, last) => UNCLEAR,
        // `영상 시작 12초 만에`
        Behind::Length if left.cue == Cue::Word(Word::Start) && is_asian(page, last) => UNCLEAR,
        Behind::Length | Behind::Rate => Verdict::Not,
        Behind::Media => Verdict::Not,
        // `takes off 14 seconds into the film`
        Behind::Into if !is_lasting_directly(left) => Verdict::Time,
        // `at a distance of 1.5 m from bed 13`
        // `covers nearly 90 m in it`
        Behind::Point
            if timed.is_lone_m()
                && page.gap(last) == Gap::Space
                && !is_placed(left)
                && page.kind(page.behind(last + 1)) == Kind::Word(Word::In) =>
        {
            Verdict::Not
        }
        Behind::Point if timed.is_lone_m() && page.kind(page.behind(last + 1)) == Kind::Word(Word::From) => {
            if page.gap(last) == Gap::Space { Verdict::Not } else { UNCLEAR }
        }
        // `rings for 12 s until 0:40`
        Behind::Point if !is_asian(page, last) && is_until(page, last) && is_length(page, left, timed.led) => {
            Verdict::Not
        }
        Behind::Point | Behind::Into => {
            // `every 10 s from 0:30`
            let from = page.behind(last + 1);
            let since = page.kind(from) == Kind::Word(Word::From) && page.kind(from + 1) == Kind::Clock;
            if since && matches!(left.cue, Cue::Word(Word::Every | Word::For | Word::Lasts)) {
                Verdict::Not
            } else if is_length(page, left, timed.led) || is_asian(page, last) && is_of_rest(page, left) {
                UNCLEAR
            } else {
                Verdict::Time
            }
        }
        Behind::After => {
            if left.cue == Cue::Word(Word::Start) || left.cue == Cue::Word(Word::From) {
                Verdict::Time
            } else {
                UNCLEAR
            }
        }
        // `in the last 10 seconds of the clip`
        Behind::Relative if left.cue == Cue::Word(Word::Last) && is_of(page, last) => UNCLEAR,
        // `Через 10 сек после начала`
        Behind::Relative if timed.unit.style == Style::Known => Verdict::Doubt(Reason::UnknownLanguage),
        Behind::Relative if !is_placed(left) => Verdict::Not,
        // `rests after 2 hours of work`
        Behind::Relative if is_done(page, left, last) => Verdict::Not,
        // `at 2m05s after heating for 2 minutes`
        Behind::Relative if left.cue == Cue::Word(Word::At) && timed.parts > 1 && is_after_doing(page, last) => {
            Verdict::Time
        }
        // `At 2h15m03s of the replay`
        Behind::Relative if left.cue == Cue::Word(Word::At) && timed.parts > 1 && is_of(page, last) => Verdict::Time,
        Behind::Relative => UNCLEAR,
        // 每10秒一次
        Behind::Vague if left.cue == Cue::Word(Word::Every) => Verdict::Not,
        Behind::Vague => UNCLEAR,
        Behind::Nothing => return None,
    })
}

/// `after 2 hours of work`: how long it is done; but `after 2 minutes of the video`.
fn is_done(page: &Page<'_>, left: &Left, last: usize) -> bool {
    matches!(left.cue, Cue::Word(Word::After | Word::Before))
        && is_of(page, last)
        && matches!(page.kind(page.behind(last + 1) + 1), Kind::Other(other) if !other.capital)
}

/// `after heating`, `after being told`.
fn is_after_doing(page: &Page<'_>, last: usize) -> bool {
    let next = page.behind(last + 1);
    let text = &page.text[page.span(next + 1, next + 1)];
    page.kind(next) == Kind::Word(Word::After) && text.split(' ').next().is_some_and(|word| word.ends_with("ing"))
}

/// `100 m in 9.58 s`.
fn is_run(page: &Page<'_>, last: usize) -> bool {
    page.gap(last) == Gap::Space
        && page.kind(last + 1) == Kind::Word(Word::In)
        && matches!(page.kind(last + 2), Kind::Number(_) | Kind::Clock)
}

fn is_until(page: &Page<'_>, last: usize) -> bool {
    page.kind(page.behind(last + 1)) == Kind::Word(Word::Until)
}

fn is_of(page: &Page<'_>, last: usize) -> bool {
    page.kind(page.behind(last + 1)) == Kind::Word(Word::Of)
}

fn is_capital(page: &Page<'_>, at: usize) -> bool {
    page.text[page.span(at, at)].starts_with(|first: char| first.is_ascii_uppercase())
}

/// `an iPhone 5s`, `two Boeing 747s`: a model, and its plural.
fn is_model(page: &Page<'_>, timed: &Timed, last: usize) -> bool {
    let letter =
        timed.parts == 1 && timed.unit.style == Style::Letter && timed.unit.size == 1 && timed.number.fract() == 0.0;
    let Some(name) = last.checked_sub(2).filter(|_| letter && page.gap(last) == Gap::Tight) else { return false };
    if !matches!(page.kind(name), Kind::Other(_)) {
        return false;
    }
    let text = &page.text[page.span(name, name)];
    let (before, word) = text.rsplit_once(' ').unwrap_or(("", text));
    let opens = before.is_empty()
        && page.before(name).is_none_or(|index| matches!(page.kind(index), Kind::Break | Kind::Mark(Mark::Stop)));
    word.bytes().skip(usize::from(opens)).any(|byte| byte.is_ascii_uppercase())
}

/// `3 minutes plus 2 seconds per move`, `1時間あたり90個`.
fn is_per(page: &Page<'_>, left: &Left, timed: &Timed, last: usize) -> bool {
    let next = page.behind(last + 1);
    let text = &page.text[page.span(next, next)];
    if text.eq_ignore_ascii_case("plus") {
        return !is_placed(left) && matches!(page.kind(next + 1), Kind::Number(_));
    }
    let each = timed.parts == 1 && timed.unit.style == Style::Asian && (timed.number - 1.0).abs() < f64::EPSILON;
    // 時 names an hour, 時間 counts hours
    let hours = timed.parts == 1 && &page.text[page.span(last, last)] == "時間" && !is_placed(left);
    let hours = hours && !(left.cue == Cue::Start && matches!(page.follow(last), Follow::Nothing | Follow::Caption));
    each && text.starts_with("当たり") || hours
}

/// Whether a word before it places the time.
pub(super) fn is_placed(left: &Left) -> bool {
    left.cue.is_preposition()
        || matches!(left.cue, Cue::Word(Word::To | Word::Stamp | Word::Time | Word::Start | Word::End | Word::Mark))
        || left.cue == Cue::Start && left.approx
}

/// A number of seconds that may be one of decades.
fn is_round(timed: &Timed) -> bool {
    timed.parts == 1 && timed.unit.style == Style::Letter && timed.unit.size == 1 && is_multiple_of(timed.number, 10)
}

/// `a man, 30s, in black`: how old somebody is.
fn is_of_person(page: &Page<'_>, left: &Left) -> bool {
    const PERSONS: [&str; 10] =
        ["male", "female", "man", "woman", "person", "suspect", "adult", "caucasian", "asian", "lady"];
    left.cue == Cue::List && page.before(left.at).is_some_and(|noun| ends_with(page, noun, &PERSONS))
}

/// `in his 30s`, `the 80s`.
fn is_decade(timed: &Timed, left: &Left) -> bool {
    let round = is_round(timed);
    let aged = matches!(left.cue, Cue::Word(Word::Age));
    round
        && (timed.number >= 1000.0
            || aged
            || left.the
                && (20.0..100.0).contains(&timed.number)
                && !matches!(left.cue, Cue::Word(Word::At | Word::From | Word::Until)))
}
