//! Two times with a unit: a range of the media, or how long something takes, at least and at most.

use super::super::alone::is_placed;
use super::super::atoms::{Shape, Timed};
use super::super::behind::{Behind, is_asian, is_interval};
use super::super::lengths::{is_ahead, is_asian_spell, is_lasting, is_length, is_told_in_hours};
use super::super::metres::is_foreign_of;
use super::super::minutes::is_oclock;
use super::super::page::{Cue, Follow, Left, Page};
use super::super::quantities::{ends_with, is_change};
use super::super::token::{Gap, Kind, Style, Word};
use super::super::verdict::{Judge, Verdict};
use super::UNCLEAR;

/// What a range with a unit is, from the words around it.
pub(super) fn range(
    judge: &Judge<'_, '_>,
    index: usize,
    left: &Left,
    timed: &Timed,
    (behind, both): (Behind, bool),
) -> Verdict {
    let page = judge.page;
    if left.cue == Cue::Word(Word::Age) {
        // `in his 20s-30s`
        return Verdict::Not;
    }
    // 午後3時から5時まで
    if left.cue == Cue::Word(Word::Meridiem) {
        return Verdict::Not;
    }
    let length = is_length(page, left, timed.led) || timed.unit.style == Style::Asian && is_asian_spell(page, left);
    // `lasts between 5 and 10 seconds`
    if left.cue == Cue::Word(Word::Between) && is_lasting(page, left.at) {
        return Verdict::Not;
    }
    // `is 5-6 seconds too short`
    if is_ahead(page, left, judge.last(index)) || is_told_in_hours(page, left, timed, judge.last(index)) {
        return Verdict::Not;
    }
    match behind {
        // `10~15분 간격`, `3〜5分待つ`: no end of a range is said again
        Behind::Length if !both && (length || is_interval(page, judge.last(index))) => Verdict::Not,
        // `20~25분 굽습니다`
        Behind::Nothing if !both && is_interval(page, judge.last(index)) => Verdict::Not,
        Behind::Length if is_interval(page, judge.last(index)) => UNCLEAR,
        // `5~6초 동안`: who cannot tell them apart tells no range
        Behind::Length if !both && is_asian(page, judge.last(index)) && is_next_to(judge, index) => Verdict::Not,
        Behind::Length if is_asian(page, judge.last(index)) => {
            // `22.0 - 27.0초 동안`
            if both && !is_since(judge, index) || !both && is_far(judge, index, both) { Verdict::Time } else { UNCLEAR }
        }
        Behind::Length | Behind::Rate => Verdict::Not,
        _ if is_oclock(page, page.atoms[judge.groups[index].from].last, timed) => UNCLEAR,
        Behind::Media if timed.describes => Verdict::Not,
        Behind::Into => Verdict::Time,
        // `5-6 m de altura`
        // but not `the headway is 0.9-1.2 s from 12 s on`
        Behind::Point if !(timed.is_lone_m() || length && left.cue == Cue::Word(Word::Is)) => Verdict::Time,
        _ if timed.describes && !is_ranging(page, left) => Verdict::Not,
        // `during 9.5-21.75 s`
        _ if length && is_during(page, left) => {
            // `During 12 - 18 seconds the cashier …`
            let of_media = || relative(page, &Left { cue: Cue::Start, ..*left }, judge.last(index)) == Verdict::Time;
            let whole = behind == Behind::Nothing || behind == Behind::Relative && of_media();
            let opens = page.opens_item(left.at) && whole && timed.unit.size == 1;
            if timed.is_brief() || opens { Verdict::Time } else { UNCLEAR }
        }
        _ if length && left.cue == Cue::Word(Word::Goes) => {
            if both {
                Verdict::Time
            } else {
                UNCLEAR
            }
        }
        // `falls within 12.0-18.5 s`, `over 12 s to 18 s`: rather long for how soon
        _ if length && ends_with(page, left.at, &["within", "over"]) && is_far(judge, index, both) => UNCLEAR,
        _ if length => Verdict::Not,
        // `the waiting time rises from 30 to 90 seconds`
        _ if !both && left.cue == Cue::Word(Word::From) && is_change(page, left.at) => UNCLEAR,
        Behind::After | Behind::Vague => UNCLEAR,
        // 车门打开20到25秒, 烤20至25分钟
        Behind::Nothing
            if !both
                && timed.unit.style == Style::Asian
                && left.cue == Cue::Other
                && page.gap(judge.first(index)) == Gap::Tight
                && matches!(page.follow(judge.last(index)), Follow::Nothing | Follow::List | Follow::Sentence) =>
        {
            UNCLEAR
        }
        Behind::Relative if timed.unit.style != Style::Asian && !timed.is_lone_m() && !(both && timed.is_brief()) => {
            relative(page, left, judge.last(index))
        }
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
        // `dissolves in 40-50 seconds`: within
        _ if left.cue == Cue::Word(Word::In)
            && timed.unit.style == Style::Plural
            && !timed.led
            && !page.is_asian(left.at) =>
        {
            Verdict::Not
        }
        // `turnaround in 35-40 min`
        _ if left.cue == Cue::Word(Word::In)
            && matches!(timed.unit.style, Style::Short | Style::Letter)
            && timed.parts == 1
            && !timed.led =>
        {
            if timed.unit.size > 1 {
                Verdict::Not
            } else {
                UNCLEAR
            }
        }
        // `no parking 8-18 h`: by the day
        _ if timed.unit.size == 3600 && timed.unit.style == Style::Letter && timed.parts == 1 && !both => UNCLEAR,
        _ if matches!(left.cue, Cue::Word(Word::After)) && timed.unit.style == Style::Plural && !timed.led => UNCLEAR,
        _ => Verdict::Time,
    }
}

/// `2-3 seconds of footage`, `5-10 seconds after the crash`; but `0-5 seconds of the video`, `between 10 and 20 seconds of it`.
fn relative(page: &Page<'_>, left: &Left, last: usize) -> Verdict {
    let next = page.behind(last + 1);
    let placed = !matches!(left.cue, Cue::Start) && is_placed(left);
    if page.kind(next) == Kind::Word(Word::Of) {
        let media = page.kind(next + 1) == Kind::Word(Word::The) && page.kind(next + 2) == Kind::Word(Word::Media);
        return if placed || media && !left.approx { Verdict::Time } else { Verdict::Not };
    }
    if placed { UNCLEAR } else { Verdict::Not }
}

/// `5초 ~ 12초 동안`, `10秒から20秒の間`: the range is told by both its ends, `동안` only says so again. But `5초부터 12초 동안`
/// may mean 12 seconds.
fn is_since(judge: &Judge<'_, '_>, index: usize) -> bool {
    let from = judge.page.atoms[judge.groups[index].from].last + 1;
    matches!(&judge.page.text[judge.page.span(from, from)], "부터" | "から")
}

/// Whether both ends of a range are written as exactly as times are, and the first is some way into the media.
fn is_far(judge: &Judge<'_, '_>, index: usize, both: bool) -> bool {
    let page = judge.page;
    let [a, b] = [judge.groups[index].from, judge.groups[index].to].map(|atom| page.atoms[atom]);
    let decimal = |first: usize| matches!(page.kind(first), Kind::Number(number) if number.decimals > 0);
    let start = match a.shape {
        Shape::Timed(start) => start.seconds,
        Shape::Bare(start) => start.value,
        _ => return false,
    };
    start >= 5.0 && (both || decimal(a.first) && decimal(b.first))
}

/// `5~6초`, `2~3분`: two whole numbers below ten, one behind the other.
fn is_next_to(judge: &Judge<'_, '_>, index: usize) -> bool {
    let group = judge.groups[index];
    match (judge.page.atoms[group.from].shape, judge.page.atoms[group.to].shape) {
        (Shape::Bare(a), Shape::Timed(b)) => {
            a.decimals == 0 && b.parts == 1 && b.number < 10.0 && (b.number - a.value - 1.0).abs() < f64::EPSILON
        }
        _ => false,
    }
}

fn is_during(page: &Page<'_>, left: &Left) -> bool {
    left.cue == Cue::Word(Word::Lasts) && ends_with(page, left.at, &["during", "throughout"])
}

/// `the 10-20 second range`.
fn is_ranging(page: &Page<'_>, left: &Left) -> bool {
    let _ = page;
    left.the && !left.article
}
