//! Numbers with a unit: a time (`at 10 seconds`), or a length (`for 10 seconds`), which is none.

use super::atoms::{Atom, Shape, Timed};
use super::behind::{Behind, is_asian};
use super::lengths::{is_frequency, is_lasting, is_lasting_directly, is_length, is_shift, is_some_time};
use super::metres::{is_by, is_foreign_of, is_load, is_metres};
use super::page::{Cue, Follow, Left, Page};
use super::quantities::ends_with;
use super::scores::is_left_over;
use super::token::{Gap, Kind, Mark, Style, Word};
use super::verdict::{Judge, Verdict};
use crate::timestamps::time::{Reason, Time};

const UNCLEAR: Verdict = Verdict::Doubt(Reason::AmbiguousNumber);

pub(super) fn judge(judge: &mut Judge<'_, '_>, index: usize) -> Verdict {
    let page = judge.page;
    let (first, tail) = (judge.first(index), judge.lent[index].map_or(index, |(_, tail)| tail));
    let last = judge.last(tail);
    let ends = (page.atoms[judge.groups[tail].to].shape, page.atoms[judge.groups[tail].from].shape);
    let ((Shape::Timed(timed), _) | (_, Shape::Timed(timed))) = ends else {
        // `seconds 5, 9`: the unit stands before the first of them
        let before = judge.verdicts.last().copied().unwrap_or(Verdict::Not);
        return if before == Verdict::Done { Verdict::Time } else { before };
    };
    if timed.unit.style == Style::Unknown {
        return Verdict::Doubt(Reason::UnknownLanguage);
    }
    if is_fraction(page, first) || is_hyphened(page, first, &timed) {
        return Verdict::Not;
    }
    let left = page.left(first);
    if left.cue == Cue::Never && page.kind(left.at) != Kind::Mark(Mark::Plus) {
        // `± 0.5 s`; `at -5 s`
        return if page.kind(left.at) == Kind::Mark(Mark::Dash) { UNCLEAR } else { Verdict::Not };
    }
    let behind = Behind::of(page, last);
    // `the first 10 seconds` begin where the media does
    if left.cue == Cue::Word(Word::First) && (behind != Behind::Length || is_asian(page, last)) {
        return opening(judge, index, &timed, behind);
    }
    if is_extent(judge, index, timed.seconds) {
        return Verdict::Not;
    }
    if let Some(verdict) = judge.listed_behind(index).filter(|_| left.cue == Cue::List && behind == Behind::Nothing) {
        return if verdict == Verdict::Done { Verdict::Time } else { verdict };
    }
    if judge.lent[index].is_none() && is_incomplete(judge, index) {
        return UNCLEAR;
    }
    if judge.is_range(index) {
        let both = judge.page.atoms[judge.groups[index].from..=judge.groups[index].to]
            .iter()
            .all(|atom| !matches!(atom.shape, Shape::Bare(_)));
        return range(judge, index, &left, &timed, (behind, both));
    }
    if behind == Behind::Nothing && timed.unit.style != Style::Asian && is_length_again(judge, index, &timed) {
        return Verdict::Not;
    }
    single(page, &left, &timed, behind, last)
}

/// `The green phase had lasted 26 seconds, the red phase 34 seconds`: the second clause leaves its verb out.
fn is_length_again(judge: &Judge<'_, '_>, index: usize, timed: &Timed) -> bool {
    let page = judge.page;
    let (Some(before), first) = (index.checked_sub(1), judge.first(index)) else { return false };
    let length = matches!(page.atoms[judge.groups[before].to].shape, Shape::Timed(other) if other.unit.style == timed.unit.style)
        && judge.verdicts[before] == Verdict::Not;
    let Some(comma) = (first.saturating_sub(5)..first)
        .rev()
        .find(|at| matches!(page.kind(*at), Kind::Mark(Mark::Comma | Mark::Semicolon) | Kind::Word(Word::And)))
    else {
        return false;
    };
    let noun = |at: usize| match page.kind(at) {
        // the second lap
        Kind::Unit(second) => second.style == Style::Singular && second.size == 1,
        kind => matches!(kind, Kind::Other(_) | Kind::Word(Word::Part | Word::Media | Word::Ordinal | Word::Nth)),
    };
    let near = comma > judge.last(before) && first - judge.last(before) <= 14;
    length
        && near
        && matches!(page.kind(comma + 1), Kind::Word(Word::The | Word::Article))
        && comma + 2 < first
        && (comma + 2..first).all(noun)
        && !(judge.last(before) + 1..comma).any(|at| matches!(page.kind(at), Kind::Break | Kind::Mark(Mark::Stop)))
}

/// `0:12-0:47 (35 seconds)`: how long the range before it is.
fn is_extent(judge: &Judge<'_, '_>, index: usize, seconds: f64) -> bool {
    let open = matches!(judge.page.left(judge.first(index)).cue, Cue::Open(_) | Cue::Cell | Cue::Dash);
    let Some(before) = index.checked_sub(1).filter(|_| open) else { return false };
    let near = judge.first(index) - judge.last(before) <= 4;
    if !judge.is_range(before) {
        // `lasts 2 minutes and 30 seconds (150 s)`
        let same = matches!(judge.page.atoms[judge.groups[before].to].shape, Shape::Timed(timed) if (timed.seconds - seconds).abs() < 1.0);
        return near && same && judge.verdicts[before] == Verdict::Not;
    }
    let extent = judge.found.last().and_then(|found| Some(found.end.seconds()? - found.start.seconds()?));
    near && extent.is_some_and(|extent| (extent - seconds).abs() < 1.5)
}

/// `1분 30초 ~ 45초`, `2 min 30`: whether the parts of a time do not say all of it.
fn is_incomplete(judge: &Judge<'_, '_>, index: usize) -> bool {
    let page = judge.page;
    let group = judge.groups[index];
    let (a, b) = (&page.atoms[group.from], &page.atoms[group.to]);
    let shortened = match (a.shape, b.shape) {
        (Shape::Timed(a), Shape::Timed(b)) => a.parts > b.parts && a.seconds > b.seconds && b.unit.size < 60,
        _ => false,
    };
    shortened || is_cut_off(page, b)
}

/// `2 min 30`, `14h30`, `14 h 30`: the smaller unit is left out, or it is a time of day.
fn is_cut_off(page: &Page<'_>, atom: &Atom) -> bool {
    let Shape::Timed(timed) = atom.shape else { return false };
    let two = |at: usize| matches!(page.kind(at), Kind::Number(digits) if digits.whole == 2 && digits.decimals == 0);
    let implied = timed.parts == 2
        && two(atom.last)
        && matches!(page.kind(atom.first + 1), Kind::Unit(unit) if unit.size == 3600);
    let next = atom.last + 1;
    let spaced = timed.parts == 1
        && timed.unit.size > 1
        && !timed.led
        && matches!(timed.unit.style, Style::Letter | Style::Short)
        && two(next)
        && page.gap(next) == Gap::Space
        && page.text[page.span(next, next)].as_bytes()[0] < b'6'
        && matches!(page.follow(next), Follow::Nothing | Follow::Caption | Follow::List | Follow::Sentence);
    implied || spaced
}

/// `two F-16s`, `in her mid-40s`: a hyphen ties the number to the word before it.
fn is_hyphened(page: &Page<'_>, first: usize, timed: &Timed) -> bool {
    timed.parts == 1
        && timed.unit.style == Style::Letter
        && first >= 2
        && page.kind(first - 1) == Kind::Mark(Mark::Dash)
        && page.gap(first) == Gap::Tight
        && page.gap(first - 1) == Gap::Tight
        && matches!(page.kind(first - 2), Kind::Other(_) | Kind::Id | Kind::Word(Word::Age | Word::Measure))
}

/// `1/125 s`.
fn is_fraction(page: &Page<'_>, first: usize) -> bool {
    first >= 2
        && page.kind(first - 1) == Kind::Mark(Mark::Slash)
        && page.gap(first) == Gap::Tight
        && page.gap(first - 1) == Gap::Tight
        && matches!(page.kind(first - 2), Kind::Number(_))
}

fn range(judge: &Judge<'_, '_>, index: usize, left: &Left, timed: &Timed, (behind, both): (Behind, bool)) -> Verdict {
    let page = judge.page;
    if left.cue == Cue::Word(Word::Age) {
        // `in his 20s-30s`
        return Verdict::Not;
    }
    // 午後3時から5時まで
    if left.cue == Cue::Word(Word::Meridiem) {
        return Verdict::Not;
    }
    let length = is_length(page, left, timed.led);
    // `lasts between 5 and 10 seconds`
    if left.cue == Cue::Word(Word::Between) && is_lasting(page, left.at) {
        return Verdict::Not;
    }
    match behind {
        Behind::Length if is_asian(page, judge.last(index)) => {
            if both && !is_since(judge, index) {
                Verdict::Time
            } else {
                UNCLEAR
            }
        }
        Behind::Length | Behind::Rate => Verdict::Not,
        _ if is_oclock(page, page.atoms[judge.groups[index].from].last, timed) => UNCLEAR,
        Behind::Media if timed.describes => Verdict::Not,
        Behind::Into => Verdict::Time,
        // `5-6 m de altura`
        Behind::Point if !timed.is_lone_m() => Verdict::Time,
        _ if timed.describes && !is_ranging(page, left) => Verdict::Not,
        // `during 9.5-21.75 s`
        _ if length && is_during(page, left) => {
            if timed.is_brief() {
                Verdict::Time
            } else {
                UNCLEAR
            }
        }
        _ if length && left.cue == Cue::Word(Word::Goes) => {
            if both {
                Verdict::Time
            } else {
                UNCLEAR
            }
        }
        _ if length => Verdict::Not,
        Behind::After | Behind::Vague => UNCLEAR,
        _ if timed.is_lone_m() => {
            let spaced = page.gap(judge.last(index)) == Gap::Space;
            if matches!(left.cue, Cue::Word(Word::From | Word::Between | Word::At))
                && !spaced
                && !is_foreign_of(page, left)
            {
                UNCLEAR
            } else {
                Verdict::Not
            }
        }
        _ if matches!(left.cue, Cue::Word(Word::After | Word::In))
            && timed.unit.style == Style::Plural
            && !timed.led =>
        {
            UNCLEAR
        }
        _ => Verdict::Time,
    }
}

/// `5초 ~ 12초 동안`, `10秒から20秒の間`: the range is told by both its ends, `동안` only says so again. But `5초부터 12초 동안`
/// may mean 12 seconds.
fn is_since(judge: &Judge<'_, '_>, index: usize) -> bool {
    let from = judge.page.atoms[judge.groups[index].from].last + 1;
    matches!(&judge.page.text[judge.page.span(from, from)], "부터" | "から")
}

fn is_during(page: &Page<'_>, left: &Left) -> bool {
    left.cue == Cue::Word(Word::Lasts) && ends_with(page, left.at, &["during", "throughout"])
}

/// `the 10-20 second range`.
fn is_ranging(page: &Page<'_>, left: &Left) -> bool {
    let _ = page;
    left.the && !left.article
}

fn single(page: &Page<'_>, left: &Left, timed: &Timed, behind: Behind, last: usize) -> Verdict {
    if is_model(page, timed, last) || is_frequency(page, timed, last) || timed.is_lone_m() && is_metres(page, last) {
        return Verdict::Not;
    }
    if is_counted(page, left, timed) {
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
    if is_length(page, left, timed.led) || day || is_per(page, left, timed, last) {
        return Verdict::Not;
    }
    if timed.led {
        // the third minute, or three minutes?
        return if timed.unit.size == 1 { Verdict::Time } else { UNCLEAR };
    }
    if is_shift(page, left, timed) {
        return Verdict::Not;
    }
    // `the 5S audit board`
    if timed.unit.style == Style::Letter && is_capital(page, last) && page.follow(last) == Follow::Noun {
        return UNCLEAR;
    }
    if timed.is_lone_m() {
        let metres = timed.number.fract() > 0.0 && page.gap(last) == Gap::Space
            || is_by(page, left, last)
            // `a free kick from 22 m`
            || left.cue == Cue::Word(Word::From) && page.gap(last) == Gap::Space
            || left.cue == Cue::Word(Word::At) && is_load(page, left.at);
        if metres || is_foreign_of(page, left) {
            return Verdict::Not;
        }
        return if is_placed(left) && page.follow(last) != Follow::Noun { UNCLEAR } else { Verdict::Not };
    }
    if timed.describes && !matches!(left.cue, Cue::Word(Word::At)) {
        return Verdict::Not;
    }
    if is_decade(timed, left) {
        return Verdict::Not;
    }
    match left.cue {
        Cue::Word(Word::In) => UNCLEAR,
        Cue::Word(Word::Last) => UNCLEAR,
        // `a game with 5 minutes against 4`
        Cue::Word(Word::Function)
            if timed.unit.style == Style::Plural
                && (ends_with(page, left.at, &["with", "has", "have", "had"]) || is_of_which(page, left.at))
                && !is_left_over(page, page.behind(last + 1)) =>
        {
            Verdict::Not
        }
        _ if is_placed(left) => Verdict::Time,
        Cue::Colon if is_some_time(page, left.at) => UNCLEAR,
        Cue::Open(_) | Cue::Dash | Cue::Cell | Cue::Colon | Cue::List => Verdict::Time,
        Cue::Start if timed.unit.style != Style::Asian || left.approx || page.follow(last) != Follow::Noun => {
            Verdict::Time
        }
        _ if timed.unit.style == Style::Asian => {
            if matches!(page.follow(last), Follow::Noun) {
                UNCLEAR
            } else {
                Verdict::Time
            }
        }
        _ if timed.unit.style == Style::Known => Verdict::Doubt(Reason::UnknownLanguage),
        _ if timed.is_brief() => Verdict::Time,
        _ => UNCLEAR,
    }
}

/// What the words behind a time decide by themselves.
fn by_what_follows(page: &Page<'_>, left: &Left, timed: &Timed, behind: Behind, last: usize) -> Option<Verdict> {
    Some(match behind {
        // `마지막 10초 동안`
        Behind::Length if left.cue == Cue::Word(Word::Last) && is_asian(page, last) => UNCLEAR,
        Behind::Length | Behind::Rate => Verdict::Not,
        Behind::Media => Verdict::Not,
        // `takes off 14 seconds into the film`
        Behind::Into if !is_lasting_directly(left) => Verdict::Time,
        // `at a distance of 1.5 m from bed 13`
        Behind::Point if timed.is_lone_m() && page.kind(page.behind(last + 1)) == Kind::Word(Word::From) => {
            if page.gap(last) == Gap::Space { Verdict::Not } else { UNCLEAR }
        }
        Behind::Point | Behind::Into => {
            if is_length(page, left, timed.led) {
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

/// `25 minutes, of which 40 seconds are shown`.
fn is_of_which(page: &Page<'_>, at: usize) -> bool {
    ends_with(page, at, &["which"]) && page.before(at).is_some_and(|of| page.kind(of) == Kind::Word(Word::Of))
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

/// `손님 21분`, `得21分`: guests, or points.
fn is_counted(page: &Page<'_>, left: &Left, timed: &Timed) -> bool {
    if timed.parts != 1 || timed.unit.size != 60 || timed.unit.style != Style::Asian {
        return false;
    }
    let guests = ["손님", "고객", "승객", "어르신", "환자", "관객", "방문객", "참석자", "여러"];
    left.cue == Cue::Word(Word::Ratio)
        || left.cue == Cue::Other && guests.iter().any(|word| page.text[page.span(left.at, left.at)].contains(word))
}

/// `95分`, `5分`: minutes, or what somebody scored. `2時間30分`: how late, or how long?
fn is_mark(page: &Page<'_>, left: &Left, timed: &Timed, last: usize) -> bool {
    if timed.unit.style != Style::Asian || timed.unit.size < 60 {
        return false;
    }
    let itemized = matches!(left.cue, Cue::Start | Cue::Open(_) | Cue::Cell | Cue::Colon)
        && matches!(page.follow(last), Follow::Caption | Follow::Nothing)
        && left.cue != Cue::Start;
    let listed = timed.number < 60.0 && page.follow(last) == Follow::List;
    let points = timed.parts == 1 && &page.text[page.span(last, last)] == "分" && !itemized && !listed;
    let hours = timed.parts <= 2
        && (last.saturating_sub(2)..=last).any(|at| matches!(&page.text[page.span(at, at)], "時間" | "小时" | "小時"));
    // 拿到95分: the 到 of a verb
    let verb = left.cue == Cue::Word(Word::To)
        && page.before(left.at).is_some_and(|verb| matches!(page.kind(verb), Kind::Other(_)));
    (points || hours) && (!is_placed(left) || points && verb)
}

/// `9時`, `10时20分`: a time of day, or hours. With seconds it is none, unless people are up then.
fn is_oclock(page: &Page<'_>, last: usize, timed: &Timed) -> bool {
    let hours = (last.saturating_sub(5)..=last).any(|index| matches!(&page.text[page.span(index, index)], "時" | "时"));
    timed.unit.style == Style::Asian && hours && (timed.unit.size > 1 || timed.number > 5.0)
}

/// `the first 10 seconds`.
fn opening(judge: &mut Judge<'_, '_>, index: usize, timed: &Timed, behind: Behind) -> Verdict {
    if timed.describes || behind == Behind::Media {
        return Verdict::Not;
    }
    if judge.is_range(index) || judge.lent[index].is_some() {
        return UNCLEAR;
    }
    let words = judge.page.left(judge.first(index)).at;
    judge.done(Time::Media(0.0), Time::Media(timed.seconds), words, index)
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
fn is_placed(left: &Left) -> bool {
    matches!(
        left.cue,
        Cue::Word(
            Word::At
                | Word::From
                | Word::Until
                | Word::To
                | Word::By
                | Word::After
                | Word::Before
                | Word::Between
                | Word::Stamp
                | Word::Time
                | Word::Start
                | Word::End
                | Word::Mark
        )
    ) || left.cue == Cue::Start && left.approx
}

/// `in his 30s`, `the 80s`.
fn is_decade(timed: &Timed, left: &Left) -> bool {
    let round =
        timed.parts == 1 && timed.unit.style == Style::Letter && timed.unit.size == 1 && timed.number % 10.0 == 0.0;
    let aged = matches!(left.cue, Cue::Word(Word::Age));
    round
        && (timed.number >= 1000.0
            || aged
            || left.the
                && (20.0..100.0).contains(&timed.number)
                && !matches!(left.cue, Cue::Word(Word::At | Word::From | Word::Until)))
}

// === impl Behind ===
