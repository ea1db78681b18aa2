//! Numbers without a unit: a time only where the form says so, nothing where a word or a sign says so, else in doubt.

mod amounts;

use self::amounts::{is_counted, is_dated, is_measured, is_phone, is_score_with_time, is_verb_of_range};
use super::asian_bare;
use super::atoms::Number;
use super::atoms::Shape;
use super::cut_off::is_counted_up;
use super::foreign;
use super::groups::Joint;
use super::lone;
use super::measures::is_measure_behind;
use super::numbering::{is_glued, is_years};
use super::page::{Cue, Follow, Left, Page};
use super::quantities;
use super::reference::is_of_reference;
use super::table::Role;
use super::token::{Gap, Kind, Mark, Word};
use super::verdict::{Judge, Verdict};
use crate::timestamps::time::Reason;

const UNCLEAR: Verdict = Verdict::Doubt(Reason::AmbiguousNumber);

pub(super) fn judge(judge: &mut Judge<'_, '_>, index: usize) -> Verdict {
    let page = judge.page;
    let (first, last) = (judge.first(index), judge.last(index));
    if is_in_a_cell(judge, index) {
        return Verdict::Not;
    }
    if judge.groups[index].joint == Joint::Adjacent && page.role(judge.groups[index].from) == Role::None {
        return adjacent(judge, index);
    }
    let follow = if is_measure_of_capitals(page, last) || is_measure_behind(page, last) {
        Follow::Noun
    } else {
        page.follow(last)
    };
    // `from 12.0 to 18.5 along the quay`, `12.0-18.5입니다`
    let is_sentence = follow == Follow::Noun && (is_where(page, last) || asian_bare::is_with_copula(page, last));
    let follow = if is_sentence { Follow::Sentence } else { follow };
    if follow == Follow::Never || is_glued(page, first, last) {
        return Verdict::Not;
    }
    if page.script.is_some() && unknown_unit(page, last) || foreign::is_unit_beside(page, first, last) {
        return Verdict::Doubt(Reason::UnknownLanguage);
    }
    match page.role(judge.groups[index].from) {
        Role::Start | Role::End | Role::Time if follow != Follow::Noun => return Verdict::Time,
        Role::Scaled => return UNCLEAR,
        Role::None => {}
        _ => return Verdict::Not,
    }
    let left = page.left(first);
    if left.cue == Cue::Never {
        return if is_counted_up(page, first) { UNCLEAR } else { Verdict::Not };
    }
    if asian_bare::is_of_quantity(page, &left) {
        return Verdict::Not;
    }

    if judge.is_range(index) { range(judge, index, &left, follow) } else { lone::single(judge, index, &left, follow) }
}

/// Whether a number fills a cell of a column that the head says nothing of.
fn is_in_a_cell(judge: &Judge<'_, '_>, index: usize) -> bool {
    let page = judge.page;
    let pipe = |at: usize| page.kind(at) == Kind::Mark(Mark::Pipe);
    !judge.is_range(index)
        && judge.first(index).checked_sub(1).is_some_and(pipe)
        && pipe(judge.last(index) + 1)
        && page.role(judge.groups[index].from) == Role::None
}

fn range(judge: &mut Judge<'_, '_>, index: usize, left: &Left, follow: Follow) -> Verdict {
    let page = judge.page;
    let (first, last) = (judge.first(index), judge.last(index));
    let (a, b) = numbers(judge, index);
    let decimal = a.decimals > 0 && b.decimals > 0;
    // `1,204 to 1,250`
    let thousands = a.whole > 3 && a.decimals == 0 && page.text[page.span(first, last)].contains(',');
    if decimal && a.value < b.value && follow == Follow::Noun && left.cue == Cue::Colon && is_of_part(page, left.at) {
        // `camera_1: 12.0-18.0 남자가 기다림`, but not `scene 2: 2.5-3.5 people`
        return if page.is_asian(last + 1) && page.gap(last + 1) == Gap::Space && !is_korean_measure(page, last + 1) {
            Verdict::Time
        } else {
            UNCLEAR
        };
    }
    // `IoU 0.5-0.95`: shares of one
    let shares = a.value <= 1.0 && b.value <= 1.0 && matches!(left.cue, Cue::Other | Cue::Id | Cue::Word(_));
    if follow == Follow::Noun
        || thousands
        || shares
        || is_years(a, b)
        || is_measured(page, left, last, (a, b))
        // `off by 1-2`: by how much
        || left.cue == Cue::Word(Word::By) && judge.groups[index].joint == Joint::Sign
        || !decimal && quantities::is_address(page, last)
    {
        return Verdict::Not;
    }
    let placed = matches!(left.cue, Cue::Word(Word::From | Word::Between | Word::At | Word::After | Word::Before));
    if !decimal
        && !placed
        && matches!(page.kind(page.behind(last + 1)), Kind::Word(Word::At | Word::From | Word::Between))
    {
        // `2-1 at 0:48`, but not `from 10 to 20 near the door`
        return Verdict::Not;
    }
    if !decimal && (is_dated(page, last) || is_score_with_time(page, last, follow)) {
        return Verdict::Not;
    }
    let fills = page.opens_item(first);
    if !fills && is_phone(page, first, (a, b)) {
        return Verdict::Not;
    }
    let sentence = follow == Follow::Sentence && !decimal;
    if a.value >= b.value && (!fills || sentence) && left.cue != Cue::List {
        // `(2-0)`, `3-2 for the home team`: no time runs backwards
        return Verdict::Not;
    }
    if let Cue::Open(shape) = left.cue
        && page.kind(page.behind(last + 1)) == Kind::Mark(Mark::Close(shape))
        && !is_list(page, first)
    {
        // `"objects": ["12-14"]`
        let keyed = shape == b'[' && !decimal && lone::is_array_of_others(page, left.at);
        let time = decimal && !is_of_reference(page, left.at, last, (a, b)) || !decimal && shape != b'(' && !keyed;
        return if time || shape == b'<' { Verdict::Time } else { UNCLEAR };
    }
    // `"time_ranges": ["10-20", "30-40"]`
    if left.cue == Cue::Open(b'[') && lone::is_array_of_times(page, left.at) {
        return Verdict::Time;
    }
    if left.cue == Cue::Colon {
        return behind_label(judge, index, left.at);
    }
    // `10.5에서 14.0까지 이상 징후가 있다`
    if follow == Follow::Sentence && judge.groups[index].joint == Joint::Word && page.is_asian(last + 1) {
        return UNCLEAR;
    }
    if fills && is_item(page, last, follow, decimal) {
        return Verdict::Time;
    }
    if is_further_item(judge, index, left.cue, follow) {
        return Verdict::Time;
    }
    if let Some(verdict) = judge.listed_behind(index) {
        return match verdict {
            Verdict::Time | Verdict::Done if follow != Follow::Sentence => Verdict::Time,
            Verdict::Not => Verdict::Not,
            _ => UNCLEAR,
        };
    }
    if is_counted(page, left) {
        return Verdict::Not;
    }
    if is_announced(page, left) {
        return Verdict::Time;
    }
    match left.cue {
        Cue::Word(Word::From | Word::Between) if decimal && starts_sentence(page, left.at) => Verdict::Time,
        // `risks with scores from 1 to 5`, in a text whose many times are clocks or have units
        Cue::Word(Word::From | Word::Between) if !decimal && judge.is_long_formal() => Verdict::Not,
        Cue::Word(
            Word::From | Word::Between | Word::At | Word::After | Word::Before | Word::By | Word::Until | Word::Start,
        ) => UNCLEAR,
        // `chunk_0 0.0-30.0: …`
        Cue::Id if decimal && follow == Follow::Caption && page.starts_line(left.at) => Verdict::Time,
        Cue::Cell if decimal => Verdict::Time,
        Cue::Start | Cue::Dash | Cue::Open(_) if decimal && follow != Follow::Sentence => Verdict::Time,
        Cue::Cell | Cue::Start | Cue::Dash | Cue::Open(_) => UNCLEAR,
        Cue::Word(Word::Measure | Word::Ratio | Word::Display | Word::Media) => Verdict::Not,
        // `waits during 12-18`
        Cue::Word(Word::Lasts) if quantities::ends_with(page, left.at, &["during", "throughout"]) => UNCLEAR,
        // `The answer is 12-18`
        Cue::Word(Word::Is) if page.before(left.at).is_some_and(|part| page.kind(part) == Kind::Word(Word::Part)) => {
            UNCLEAR
        }
        _ if decimal || asian_bare::is_told_of_media(page, left, last) => UNCLEAR,
        _ => Verdict::Not,
    }
}

/// `along the quay`, `beside a car`: no noun that a number could count.
fn is_where(page: &Page<'_>, last: usize) -> bool {
    const WHERE: [&str; 10] =
        ["across", "along", "behind", "beneath", "beside", "beyond", "outside", "toward", "towards", "while"];
    matches!(page.kind(last), Kind::Number(number) if number.decimals > 0)
        && matches!(page.kind(last + 1), Kind::Other(other) if other.words == 1)
        && matches!(page.kind(last + 2), Kind::Word(Word::The | Word::Article | Word::Age))
        && quantities::ends_with(page, last + 1, &WHERE)
}

/// `camera_1:`, `Chunk 3:`: whether the label before the colon is a part of the media, or its number.
fn is_of_part(page: &Page<'_>, colon: usize) -> bool {
    let part = |at: usize| matches!(page.kind(at), Kind::Word(Word::Part | Word::Media | Word::Stamp | Word::Time));
    page.label(colon).is_some_and(|label| match page.kind(label) {
        Kind::Id => true,
        Kind::Number(_) => page.before(label).is_some_and(part),
        _ => part(label),
    })
}

/// `2.0-3.5 미터`: behind a space.
fn is_korean_measure(page: &Page<'_>, at: usize) -> bool {
    const MEASURES: [&str; 16] = [
        "미터",
        "킬로",
        "센티",
        "밀리",
        "도",
        "명",
        "개",
        "대",
        "점",
        "배",
        "톤",
        "그램",
        "리터",
        "퍼센트",
        "볼트",
        "회",
    ];
    let text = &page.text[page.span(at, at)];
    page.kind(at) == Kind::Word(Word::Measure)
        || MEASURES.iter().any(|known| {
            text.split(' ').next().is_some_and(|word| word.starts_with(known) && word.len() <= known.len() + 3)
        })
}

/// `ID 17: 6.5-9.5`, `Charges: 12-14` in a text whose times are clocks or have units.
fn behind_label(judge: &Judge<'_, '_>, index: usize, colon: usize) -> Verdict {
    let page = judge.page;
    let (a, b) = numbers(judge, index);
    let decimal = a.decimals > 0 && b.decimals > 0;
    let numbered = || page.label(colon).is_some_and(|label| matches!(page.kind(label), Kind::Number(_)));
    match labelled(page, colon) {
        Verdict::Not if decimal && a.value < b.value && numbered() => UNCLEAR,
        verdict if verdict == UNCLEAR && !decimal && judge.is_formal() => Verdict::Not,
        verdict => verdict,
    }
}

/// `<12.30> <15.0>`.
fn adjacent(judge: &Judge<'_, '_>, index: usize) -> Verdict {
    let page = judge.page;
    let (a, b) = numbers(judge, index);
    let decimal = a.decimals > 0 && b.decimals > 0;
    match page.kind(judge.first(index) - 1) {
        _ if page.kind(page.behind(judge.last(index) + 2)) == Kind::Mark(Mark::Percent) => Verdict::Not,
        Kind::Mark(Mark::Open(b'<')) => Verdict::Time,
        Kind::Mark(Mark::Open(b'[')) if decimal => Verdict::Time,
        // `[1][2]`, `(3) (4)`: references
        _ if !decimal => Verdict::Not,
        _ => UNCLEAR,
    }
}

/// `Scene 1: 10-20`, `Time: 10-20`, `camera_1: 12.0-18.0`, but not `Workers: 10-20`.
fn labelled(page: &Page<'_>, colon: usize) -> Verdict {
    const TIMES: [&str; 9] =
        ["relevant", "matching", "requested", "detected", "exact", "selected", "frame", "second", "seconds"];
    let Some(label) = page.label(colon) else { return UNCLEAR };
    let part =
        |index: usize| matches!(page.kind(index), Kind::Word(Word::Part | Word::Media | Word::Time | Word::Stamp));
    // `Price range: 12-18`, `relevant range: 12-18`
    if page.kind(label) == Kind::Word(Word::Time)
        && quantities::ends_with(page, label, &["range", "ranges", "window", "span", "interval"])
        && let Some(of) = page
            .before(label)
            .filter(|of| matches!(page.kind(*of), Kind::Other(_) | Kind::Word(Word::Age | Word::Length)))
    {
        if quantities::is_quantity(page, of) || !matches!(page.kind(of), Kind::Other(_)) {
            return Verdict::Not;
        }
        if !quantities::ends_with(page, of, &TIMES) {
            return UNCLEAR;
        }
    }
    match page.kind(label) {
        // `Replay section: 7.5 through 11`, which may as well be numbered so
        Kind::Word(Word::Part) if is_through(page, colon) => UNCLEAR,
        Kind::Word(Word::Time | Word::Stamp | Word::Start | Word::End | Word::Part | Word::Media) | Kind::Id => {
            Verdict::Time
        }
        Kind::Number(_) | Kind::Spelled(_) if page.before(label).is_some_and(part) => Verdict::Time,
        // `Times in seconds: 65-70`, but not `durations in seconds`
        Kind::Unit(unit)
            if unit.size == 1 && page.before(label).is_some_and(|at| page.kind(at) == Kind::Word(Word::In)) =>
        {
            let length = (label.saturating_sub(4)..label)
                .any(|at| matches!(page.kind(at), Kind::Word(Word::Length | Word::Lasts)));
            if length { Verdict::Not } else { Verdict::Time }
        }
        Kind::Word(_) | Kind::Number(_) => Verdict::Not,
        Kind::Other(_) if quantities::is_quantity(page, label) => Verdict::Not,
        // `Turnovers so far: 8-11`
        Kind::Other(_)
            if &page.text[page.span(label, label)] == "far"
                && page.before(label).is_some_and(|so| quantities::ends_with(page, so, &["so"])) =>
        {
            Verdict::Not
        }
        _ => UNCLEAR,
    }
}

/// Whether `through` joins the two numbers behind a colon, only one of which has a fraction.
fn is_through(page: &Page<'_>, colon: usize) -> bool {
    let decimals = |at: usize| match page.kind(at) {
        Kind::Number(number) => Some(number.decimals > 0),
        _ => None,
    };
    quantities::ends_with(page, colon + 2, &["through", "thru"]) && decimals(colon + 1) != decimals(colon + 3)
}

/// Whether a range at the beginning of its item is one of times, from what follows it.
fn is_item(page: &Page<'_>, last: usize, follow: Follow, decimal: bool) -> bool {
    match follow {
        Follow::Nothing | Follow::List | Follow::Caption => true,
        Follow::Sentence => {
            let next = page.behind(last + 1);
            decimal
                || matches!(
                    page.kind(next),
                    Kind::Word(Word::Article | Word::The | Word::Function | Word::Is) | Kind::Spelled(_)
                )
        }
        Follow::Noun | Follow::Never => false,
    }
}

/// `10.5-20.3 (a man waits), 30-41 (he leaves)`: a range behind a comma, in a line that has begun with one.
fn is_further_item(judge: &Judge<'_, '_>, index: usize, cue: Cue, follow: Follow) -> bool {
    let Some(before) = index.checked_sub(1).filter(|_| cue == Cue::List) else { return false };
    let (from, to) = (judge.last(before), judge.first(index));
    let near = to - from <= 24 && (from..to).all(|at| judge.page.kind(at) != Kind::Break);
    near && judge.is_range(before)
        && is_bare(judge, before)
        && judge.verdicts[before] == Verdict::Time
        && matches!(follow, Follow::Nothing | Follow::Caption)
}

/// `The time ranges are 10.5-20.3`, `timestamps 12.5-18.0`.
fn is_announced(page: &Page<'_>, left: &Left) -> bool {
    let named = |at: usize| {
        page.before(at).is_some_and(|word| matches!(page.kind(word), Kind::Word(Word::Time | Word::Stamp)))
            && !is_verb_of_range(page, at)
    };
    match left.cue {
        // `Mean 12.5 (SD 3.2), range 4.0-18.5`
        Cue::Word(Word::Time) if is_spread(page, left.at) => false,
        Cue::Word(Word::Time | Word::Stamp) => true,
        Cue::Word(Word::Is | Word::From | Word::Of | Word::Between | Word::At) => named(left.at),
        _ => false,
    }
}

/// `, range`, `(range`: that of whatever stands before.
fn is_spread(page: &Page<'_>, range: usize) -> bool {
    quantities::ends_with(page, range, &["range"])
        && range > 1
        && matches!(page.kind(range - 1), Kind::Mark(Mark::Comma | Mark::Open(b'(')))
        && matches!(page.kind(range - 2), Kind::Number(_) | Kind::Mark(Mark::Close(_)) | Kind::Word(Word::Measure))
}

fn starts_sentence(page: &Page<'_>, at: usize) -> bool {
    page.opens_item(at)
        || page
            .before(at)
            .is_none_or(|before| matches!(page.kind(before), Kind::Mark(Mark::Stop | Mark::Colon) | Kind::Break))
}

/// A unit of a language that is not read, or a script that is not.
fn unknown_unit(page: &Page<'_>, last: usize) -> bool {
    matches!(page.kind(page.behind(last + 1)), Kind::Script)
}

/// `0.6MPa`, `5TB`: no word of a sentence stands so close.
pub(super) fn is_measure_of_capitals(page: &Page<'_>, last: usize) -> bool {
    page.gap(last + 1) == Gap::Tight && matches!(page.kind(last + 1), Kind::Other(other) if other.capital)
}

/// Whether the bracket before the number holds a list: `[12, 18]`.
fn is_list(page: &Page<'_>, first: usize) -> bool {
    first >= 2 && page.kind(first - 1) == Kind::Mark(Mark::Comma)
}

pub(super) fn is_bare(judge: &Judge<'_, '_>, index: usize) -> bool {
    matches!(judge.page.atoms[judge.groups[index].to].shape, Shape::Bare(_))
}

pub(super) fn numbers(judge: &Judge<'_, '_>, index: usize) -> (Number, Number) {
    let number = |atom: usize| match judge.page.atoms[atom].shape {
        Shape::Bare(number) => number,
        _ => Number { value: 0.0, whole: 1, decimals: 0 },
    };
    (number(judge.groups[index].from), number(judge.groups[index].to))
}
