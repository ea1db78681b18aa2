//! One number without a unit: a time only behind a label or in brackets, else in doubt or none.

use super::asian_bare;
use super::atoms::Number;
use super::bare::{is_bare, is_measure_of_capitals, numbers};
use super::named::{is_formula, is_named};
use super::numbering::{is_cue_number, is_list_number, is_next, is_years};
use super::page::{Cue, Follow, Left, Page};
use super::quantities;
use super::token::{Gap, Kind, Mark, Word};
use super::verdict::{Judge, Verdict};
use crate::timestamps::time::Reason;

const UNCLEAR: Verdict = Verdict::Doubt(Reason::AmbiguousNumber);

pub(super) fn single(judge: &mut Judge<'_, '_>, index: usize, left: &Left, follow: Follow) -> Verdict {
    let page = judge.page;
    let (first, last) = (judge.first(index), judge.last(index));
    let (number, _) = numbers(judge, index);
    if page.opens_item(first) {
        if is_minutes_and_seconds(page, first) {
            return UNCLEAR;
        }
        if is_list_number(judge, first, last, number) || is_cue_number(page, first, last) {
            return Verdict::Not;
        }
    }
    if let Cue::Open(shape) = left.cue
        && page.kind(page.behind(last + 1)) == Kind::Mark(Mark::Close(shape))
    {
        return enclosed(judge, index, shape, number);
    }
    // `타임스탬프 36.5에`, タイムスタンプ36.5で
    let next = page.behind(last + 1);
    if left.cue == Cue::Word(Word::Stamp)
        && page.is_asian(next)
        && !matches!(page.kind(next), Kind::Word(Word::Measure))
    {
        return Verdict::Time;
    }
    if asian_bare::is_placed(page, left, last, number) {
        return UNCLEAR;
    }
    if follow == Follow::Noun || is_years(number, number) || quantities::is_address(page, last) {
        return Verdict::Not;
    }
    let measured = is_measured_together(page, last, number) || is_fraction_of_a_measure(page, last);
    if measured || is_named(judge, left, first, last, number) {
        return Verdict::Not;
    }
    // `is measured at 5 points: 20, 21, …`
    if !left.the && number.decimals == 0 && quantities::is_points(page, last) {
        return Verdict::Not;
    }
    // `down from 15.40`, `deducted from 100`
    if left.cue == Cue::Word(Word::From) && (quantities::is_change(page, left.at) || is_taken(page, left.at)) {
        return Verdict::Not;
    }
    if left.cue == Cue::Colon {
        return labelled(page, left, number);
    }
    if let Some(verdict) = judge.listed_behind(index) {
        return match verdict {
            Verdict::Time | Verdict::Done if is_bare(judge, index - 1) => Verdict::Time,
            // `3 at 0:12, 5 at 0:30`
            _ if matches!(
                page.kind(page.behind(last + 1)),
                Kind::Word(Word::At | Word::From | Word::Between | Word::In)
            ) =>
            {
                Verdict::Not
            }
            Verdict::Time | Verdict::Done => UNCLEAR,
            _ => Verdict::Not,
        };
    }
    if number.decimals > 3 {
        // coordinates
        return Verdict::Not;
    }
    if left.cue == Cue::Word(Word::Time) && is_of_heading(judge, left.at, last, number) {
        judge.counter = number.value;
        return Verdict::Not;
    }
    match left.cue {
        Cue::Word(Word::Stamp) => Verdict::Time,
        // `breaks window 3`, `stop 12` of a bus
        Cue::Word(_) if number.decimals == 0 && quantities::is_numbered(page, left.at) => Verdict::Not,
        // `after 7 ends`: of a game; but `after 12 ends the clip`
        Cue::Word(Word::After | Word::Until | Word::Before) if number.decimals == 0 && is_of_ends(page, last) => {
            Verdict::Not
        }
        // `the total stays at 13.49`
        Cue::Word(Word::At) if stays(page, left.at) => Verdict::Not,
        Cue::Word(
            Word::At
            | Word::Until
            | Word::After
            | Word::Before
            | Word::From
            | Word::Between
            | Word::Time
            | Word::Start
            | Word::End,
        ) => UNCLEAR,
        Cue::Start if left.approx && first > 0 => UNCLEAR,
        // `stops around 30`
        Cue::Other if page.text[page.span(first - 1, first - 1)].eq_ignore_ascii_case("around") => UNCLEAR,
        // `in the interval [12.0, 18.5]`
        Cue::Open(b'[')
            if number.decimals > 0
                && page.before(left.at).is_some_and(|noun| {
                    matches!(page.kind(noun), Kind::Word(Word::Time | Word::Stamp | Word::Part))
                }) =>
        {
            UNCLEAR
        }
        Cue::Open(b'[') if array_key(page, left.at).is_some_and(|key| names_times(page, key)) => UNCLEAR,
        _ if page.opens_item(first) && (follow != Follow::Sentence || is_followed_by_decimals(page, last, number)) => {
            UNCLEAR
        }
        Cue::Open(b'<') => Verdict::Not,
        _ => Verdict::Not,
    }
}

/// `un poids de 2,5 kg`.
fn is_fraction_of_a_measure(page: &Page<'_>, last: usize) -> bool {
    page.kind(last + 1) == Kind::Mark(Mark::Comma)
        && matches!(page.kind(last + 2), Kind::Number(_))
        && page.gap(last + 1) == Gap::Tight
        && page.gap(last + 2) == Gap::Tight
        // `de 19,5 °C`
        && matches!(page.kind(last + 3), Kind::Word(Word::Measure) | Kind::Mark(Mark::Degree | Mark::Percent | Mark::Money))
}

/// `at 0.5 and 0.6 kg`, 在0.55和0.6MPa之间: the measure of the second is that of the first.
fn is_measured_together(page: &Page<'_>, last: usize, number: Number) -> bool {
    let joined = matches!(
        page.kind(last + 1),
        Kind::Word(Word::And | Word::Or | Word::To) | Kind::Mark(Mark::Comma | Mark::Dash | Mark::Tilde)
    );
    let second = match page.kind(last + 2) {
        Kind::Number(second) => second,
        // `0.6MPa` is taken for a name
        Kind::Id => {
            let name = &page.text[page.span(last + 2, last + 2)];
            let decimal = name.trim_start_matches(|first: char| first.is_ascii_digit()).starts_with('.');
            return joined && number.decimals > 0 && decimal && name.as_bytes()[0].is_ascii_digit();
        }
        _ => return false,
    };
    joined
        && (is_measure_of_capitals(page, last + 2)
            || page.kind(last + 3) == Kind::Word(Word::Measure)
                && (page.gap(last + 3) == Gap::Tight || number.decimals > 0 && second.decimals > 0))
}

/// `12.0 18.5 fall`, `12.5 a man enters`: a time without any sign, or whatever.
fn is_followed_by_decimals(page: &Page<'_>, last: usize, number: Number) -> bool {
    number.decimals > 0
        && match page.kind(last + 1) {
            Kind::Number(digits) => digits.decimals > 0,
            // `12.5 a man enters`
            Kind::Word(word) => matches!(word, Word::Article | Word::The),
            _ => false,
        }
}

/// `■ 구간 1`, `Interval 2:`.
fn is_of_heading(judge: &Judge<'_, '_>, noun: usize, last: usize, number: Number) -> bool {
    let page = judge.page;
    number.decimals == 0
        && matches!(page.follow(last), Follow::Nothing | Follow::Caption)
        && is_heading(page, noun)
        && (is_next(judge, number) || page.kind(page.behind(last + 1) + 1) == Kind::Clock)
}

/// Whether a word for a part of time begins its line, as a name: `구간`, `■ 구간`, `## Interval`.
fn is_heading(page: &Page<'_>, at: usize) -> bool {
    let named =
        quantities::ends_with(page, at, &VAGUE) || ["구간", "区间", "区間"].contains(&&page.text[page.span(at, at)]);
    let opens = |at: usize| page.starts_line(at) || page.kind(at - 1) == Kind::Break;
    named && (opens(at) || matches!(page.kind(at - 1), Kind::Mark(_)) && opens(at - 1))
}

/// Words for times that mean other things as well.
const VAGUE: [&str; 7] = ["window", "range", "span", "portion", "interval", "offset", "ranges"];

/// `Timestamp: 12.5`, `Falls (s): 12`, but not `Workers: 12`.
fn labelled(page: &Page<'_>, left: &Left, number: Number) -> Verdict {
    // `Falls (s): 12, 18`
    let unit = left.at >= 3
        && page.kind(left.at - 1) == Kind::Mark(Mark::Close(b'('))
        && matches!(page.kind(left.at - 2), Kind::Unit(unit) if unit.size == 1);
    if unit && page.label(left.at).is_some_and(|label| matches!(page.kind(label), Kind::Other(_))) {
        return UNCLEAR;
    }
    let label = page.label(left.at).filter(|label| !left.article && !is_some_other_time(page, *label));
    match label.map(|label| page.kind(label)) {
        // `Window: 3`, `Offset: 5`
        Some(Kind::Word(Word::Time))
            if label.is_some_and(|label| quantities::ends_with(page, label, &VAGUE)) && number.decimals == 0 =>
        {
            UNCLEAR
        }
        Some(Kind::Word(Word::Stamp | Word::Time | Word::Start | Word::End)) => Verdict::Time,
        Some(Kind::Word(Word::Part)) if number.decimals > 0 => UNCLEAR,
        Some(Kind::Word(Word::Millis)) => UNCLEAR,
        // `Sightings: 12.5 and 30.`
        Some(Kind::Other(_)) if number.decimals > 0 && label.is_some_and(|label| is_of_sights(page, label)) => UNCLEAR,
        // `Timestamps of interest: 14, 27`
        Some(Kind::Other(_)) if label.is_some_and(|label| is_of_times(page, label)) => UNCLEAR,
        _ => Verdict::Not,
    }
}

/// `Timestamps of interest`, `Moments with smoke`: whether words for several times begin the label that ends at `label`.
fn is_of_times(page: &Page<'_>, label: usize) -> bool {
    const TIMES: [&str; 6] = ["timestamps", "timecodes", "moments", "times", "seconds", "stamps"];
    (label.saturating_sub(4)..=label)
        .rev()
        .take_while(|at| !matches!(page.kind(*at), Kind::Break | Kind::Mark(_) | Kind::Number(_)))
        .any(|at| quantities::begins_with(page, at, &TIMES) && page.starts_line(at))
}

/// `Sightings:`, `Falls detected:`: what happens at several times.
fn is_of_sights(page: &Page<'_>, label: usize) -> bool {
    const SIGHTS: [&str; 12] = [
        "sightings",
        "sighting",
        "occurrences",
        "appearances",
        "detections",
        "falls",
        "goals",
        "entries",
        "exits",
        "alarms",
        "crossings",
        "collisions",
    ];
    page.starts_line(label)
        && (quantities::begins_with(page, label, &SIGHTS) || quantities::ends_with(page, label, &SIGHTS))
}

/// `2'30"`, `2′30″` before a caption: minutes and seconds, or feet and inches.
fn is_minutes_and_seconds(page: &Page<'_>, first: usize) -> bool {
    let sign = |at: usize| {
        page.gap(at) == Gap::Tight
            && (page.kind(at) == Kind::Mark(Mark::Prime)
                || matches!(&page.text[page.span(at, at)], "'" | "\"" | "’" | "”"))
    };
    sign(first + 1)
        && page.gap(first + 2) == Gap::Tight
        && matches!(page.kind(first + 2), Kind::Number(seconds) if seconds.whole == 2)
        && sign(first + 3)
}

/// `<5>`, `[12.5]`, `(12.5)`: angle brackets are times, square ones mostly, round ones may be anything.
fn enclosed(judge: &mut Judge<'_, '_>, index: usize, shape: u8, number: Number) -> Verdict {
    let next_in_order = number.decimals == 0 && is_next(judge, number);
    let open = judge.page.before(judge.first(index)).and_then(|open| judge.page.before(open));
    match shape {
        b'<' => Verdict::Time,
        b'[' if number.decimals > 0 => Verdict::Time,
        b'[' if next_in_order => {
            judge.counter = number.value;
            Verdict::Not
        }
        // `"polygon": [[12, 45], [300,400]]`
        b'[' if judge
            .page
            .before(judge.first(index))
            .and_then(|open| array_key(judge.page, open))
            .is_some_and(|key| !names_times(judge.page, key)) =>
        {
            Verdict::Not
        }
        // `paper [12]`
        b'[' if open.is_some_and(|noun| quantities::is_numbered(judge.page, noun)) => Verdict::Not,
        b'[' => UNCLEAR,
        // `equation (3.12)`, `print(area(2.5))`
        b'(' if open.is_some_and(|noun| is_formula(judge.page, noun)) => Verdict::Not,
        _ if number.decimals > 0 && number.value > 1.0 && judge.page.before(judge.first(index)).is_some() => UNCLEAR,
        _ => Verdict::Not,
    }
}

/// `Grades last time: A 4`: no label.
fn is_some_other_time(page: &Page<'_>, label: usize) -> bool {
    page.kind(label) == Kind::Word(Word::Time)
        && page.before(label).is_some_and(|before| {
            matches!(page.kind(before), Kind::Word(Word::Last | Word::Every | Word::Function))
                || quantities::ends_with(page, before, &["next", "previous"])
        })
}

/// `7 ends` at the end of a clause.
fn is_of_ends(page: &Page<'_>, last: usize) -> bool {
    page.kind(last + 1) == Kind::Word(Word::End)
        && matches!(page.kind(last + 2), Kind::Break | Kind::Mark(Mark::Stop | Mark::Comma | Mark::Semicolon))
        && quantities::ends_with(page, last + 1, &["ends"])
}

/// `stays at 13.49`, `stands at 4`: an amount, as nobody stays at a moment.
fn stays(page: &Page<'_>, at: usize) -> bool {
    const STAYS: [&str; 23] = [
        "crossing", "peaked", "peaking", "peaks", "priced", "quoted", "sells", "sold", "traded", "trades", "trading",
        "hovered", "hovering", "hovers", "remain", "remained", "remains", "stands", "stay", "stayed", "staying",
        "stays", "stood",
    ];
    page.before(at).is_some_and(|verb| quantities::ends_with(page, verb, &STAYS))
}

/// `down from 15.40`, `deducted from 100`: an amount, of which something is taken.
fn is_taken(page: &Page<'_>, from: usize) -> bool {
    page.before(from).is_some_and(|verb| {
        quantities::ends_with(page, verb, &["up", "down", "deducted", "subtracted", "discounted", "marked", "out"])
    })
}

/// `"timestamps": [12.0, 18.5]`, `"polygon": [[12, 45], [300, 400]]`: the key of the array that the bracket at `open` is in.
fn array_key(page: &Page<'_>, open: usize) -> Option<usize> {
    let inside = |at: &usize| {
        matches!(
            page.kind(*at),
            Kind::Number(_)
                | Kind::Mark(Mark::Open(b'[' | b'(') | Mark::Close(b'[' | b'(') | Mark::Comma)
                | Kind::Break
        )
    };
    let colon = (open.saturating_sub(32)..open).rev().find(|at| !inside(at))?;
    matches!(page.kind(colon), Kind::Mark(Mark::Colon | Mark::Equal)).then(|| page.label(colon))?
}

/// Whether the bracket at `open` begins the array of a quoted key that promises no times.
pub(super) fn is_array_of_others(page: &Page<'_>, open: usize) -> bool {
    let quoted = open >= 2 && page.kind(open - 2) == Kind::Mark(Mark::Quote);
    quoted && array_key(page, open).is_some_and(|key| !names_times(page, key))
}

/// Whether the bracket at `open` begins the array of a key that promises times.
pub(super) fn is_array_of_times(page: &Page<'_>, open: usize) -> bool {
    array_key(page, open).is_some_and(|key| matches!(page.kind(key), Kind::Word(Word::Time | Word::Stamp)))
}

/// Whether a key promises times, or what has some.
fn names_times(page: &Page<'_>, key: usize) -> bool {
    matches!(
        page.kind(key),
        Kind::Word(Word::Time | Word::Stamp | Word::Part | Word::Media | Word::Start | Word::End | Word::Mark)
    )
}
