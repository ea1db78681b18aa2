//! What the word or the sign before a single time with a unit makes of it, where nothing else has decided.

use super::alone::is_placed;
use super::atoms::Timed;
use super::boards::is_line;
use super::elapsed::is_from_the_beginning;
use super::lengths::{is_some_time, is_some_time_of};
use super::minutes::told;
use super::page::{Cue, Follow, Left, Page};
use super::parallel;
use super::quantities::{MOVES, ends_with};
use super::results::{RACES, is_achieved, is_counted_down_from, is_left_over};
use super::token::{Kind, Mark, Style, Unit, Word};
use super::verdict::Verdict;
use crate::timestamps::time::Reason;

const UNCLEAR: Verdict = Verdict::Doubt(Reason::AmbiguousNumber);

pub(super) fn decide(page: &Page<'_>, left: &Left, timed: &Timed, last: usize) -> Verdict {
    match left.cue {
        // `the next dose in 4 hours`
        Cue::Word(Word::In) if timed.unit.size == 3600 && timed.unit.style == Style::Plural => Verdict::Not,
        Cue::Word(Word::In) => UNCLEAR,
        // `He leaves after 12 minutes`: of the media, or of what he did?
        Cue::Word(Word::After) if timed.unit.style == Style::Plural && !is_begun(page, left.at) => {
            // what the answer begins with is told from the start: `After 17 seconds the wolf looks up`
            let inside = page.kind(page.behind(last + 1)) == Kind::Word(Word::In);
            let told = page.before(left.at).is_none() && !inside || is_from_the_beginning(page, left.at, last);
            if timed.unit.size == 1 && told { Verdict::Time } else { UNCLEAR }
        }
        Cue::Word(Word::From) if is_counted_down_from(page, left) => UNCLEAR,
        Cue::Word(Word::Last) => UNCLEAR,
        // `cycle time 42 s`
        Cue::Word(Word::Time)
            if !page.is_asian(left.at)
                && page.before(left.at).is_some_and(|length| page.kind(length) == Kind::Word(Word::Length)) =>
        {
            Verdict::Not
        }
        // `남은 시간 12초`, 剩余时间12秒
        Cue::Word(Word::Time)
            if is_of_rest(page, left) || !page.is_asian(left.at) && is_some_time_of(page, left.at) =>
        {
            UNCLEAR
        }
        // `his best time is 9.81 s`
        Cue::Word(Word::Is)
            if is_achieved(page, left)
                || !page.is_asian(left.at) && page.label(left.at).is_some_and(|label| is_some_time_of(page, label)) =>
        {
            UNCLEAR
        }
        // `the timer shows 45 s`, `타이머는 45초`
        Cue::Word(Word::Shows | Word::Display) => UNCLEAR,
        // 满分为10分
        Cue::Word(Word::Is) if page.label(left.at).is_some_and(|label| page.kind(label) == Kind::Word(Word::Ratio)) => {
            UNCLEAR
        }
        // `the gap falls to 1.2 s`
        Cue::Word(Word::To) if is_shrinking(page, left.at) => Verdict::Not,
        // `for up to 15 minutes`
        Cue::Word(Word::To) if is_up_to_a_length(page, left.at) => Verdict::Not,
        // `up to 30 seconds`
        Cue::Word(Word::To) if page.before(left.at).is_some_and(|up| page.kind(up) == Kind::Word(Word::Up)) => UNCLEAR,
        _ if timed.unit.style == Style::Asian
            && let Some(verdict) = told(page, left, timed, last) =>
        {
            verdict
        }
        // `best lap 58.3 s`
        Cue::Other if ends_with(page, left.at, &RACES) => UNCLEAR,
        // `a game with 5 minutes against 4`
        Cue::Word(Word::Function)
            if timed.unit.style == Style::Plural
                && (ends_with(page, left.at, &["with", "has", "have", "had"]) || is_of_which(page, left.at))
                && !is_left_over(page, page.behind(last + 1)) =>
        {
            Verdict::Not
        }
        // `The timer still has 12 s`
        Cue::Word(Word::Function) if timed.is_brief() && ends_with(page, left.at, &["has", "have", "had"]) => UNCLEAR,
        // `he leads by 12.5 s`; but `by 45 s the smoke has cleared`
        Cue::Word(Word::By)
            if page
                .before(left.at)
                .is_some_and(|verb| matches!(page.kind(verb), Kind::Other(_) | Kind::Word(Word::Ratio))) =>
        {
            UNCLEAR
        }
        // `the gap at 0:45 is 12 s`
        Cue::Word(Word::Is)
            if timed.is_brief() && page.before(left.at).is_some_and(|at| matches!(page.kind(at), Kind::Clock)) =>
        {
            UNCLEAR
        }
        // Italian and Spanish `a 1m12s`, but not `a 1m12s clip`
        Cue::Other if left.article && !left.the && timed.parts > 1 && is_placed_by_article(page, last) => Verdict::Time,
        _ if is_placed(left) => Verdict::Time,
        Cue::Colon if is_some_time(page, left.at) => UNCLEAR,
        Cue::Colon if timed.unit.size == 60 && is_line(page, left.at) => UNCLEAR,
        Cue::Open(_) | Cue::Dash | Cue::Cell | Cue::Colon | Cue::List => Verdict::Time,
        Cue::Start if timed.unit.style != Style::Asian || left.approx || page.follow(last) != Follow::Noun => {
            Verdict::Time
        }
        // 视频1分25秒放入糖
        Cue::Word(Word::Media) if timed.unit.style == Style::Asian && timed.parts > 1 && timed.unit.size == 1 => {
            Verdict::Time
        }
        // `- 1분 12초 트럭 도착`: no length is told so exactly at the beginning of an item
        Cue::Start if timed.parts > 1 && timed.unit.size == 1 && page.opens_item(timed_at(page, last)) => Verdict::Time,
        _ if timed.unit.style == Style::Asian => {
            // `녹색 35초, 황색 3초`: a noun, and how long
            let counted = left.cue == Cue::Other && timed.parts == 1;
            let further = || {
                let comma = page.before(left.at).filter(|comma| page.kind(*comma) == Kind::Mark(Mark::Comma));
                comma.and_then(|comma| page.before(comma)).is_some_and(|unit| matches!(page.kind(unit), Kind::Unit(_)))
            };
            let counted = counted && (timed.unit.size > 1 || page.follow(last) == Follow::List || further());
            let counted = counted
                && !is_listed_to_a_point(page, timed.unit, last)
                && !(is_topic(page, left.at) && parallel::is_before_a_point(page, last));
            // `9초 그리고 21초에`
            let noun = || matches!(page.follow(last), Follow::Noun) && !is_listed_to_a_point(page, timed.unit, last);
            if counted || noun() { UNCLEAR } else { Verdict::Time }
        }
        // `The target is 35 minutes`, `the limit is 30 s`
        Cue::Word(Word::Is) if timed.unit.style != Style::Known && is_of_a_noun(page, left.at) => {
            if timed.unit.style == Style::Plural { Verdict::Not } else { UNCLEAR }
        }
        _ if timed.unit.style == Style::Known => Verdict::Doubt(Reason::UnknownLanguage),
        Cue::Other | Cue::Id if timed.is_brief() => UNCLEAR,
        _ if timed.is_brief() => Verdict::Time,
        _ => UNCLEAR,
    }
}

/// `불은`, `연기가`.
fn is_topic(page: &Page<'_>, at: usize) -> bool {
    page.text[page.span(at, at)].ends_with(['은', '는', '이', '가'])
}

/// Whether nothing stands behind a time that an article could belong to.
fn is_placed_by_article(page: &Page<'_>, last: usize) -> bool {
    matches!(page.follow(last), Follow::Nothing | Follow::List) || page.kind(last + 1) == Kind::Mark(Mark::Stop)
}

/// `연기는 33초, 48초, 61초에`: whether nothing but more of the same stand behind a time, and the last one says that they are
/// moments.
fn is_listed_to_a_point(page: &Page<'_>, unit: Unit, last: usize) -> bool {
    let mut at = last;
    for _ in 0..12 {
        // `9초, 21초, 그리고 34초에`
        let both = page.kind(at + 1) == Kind::Mark(Mark::Comma) && is_and(page, at + 2);
        let next = at + 2 + usize::from(both);
        let more = (matches!(page.kind(at + 1), Kind::Mark(Mark::Comma) | Kind::Word(Word::And))
            || is_and(page, at + 1))
            && matches!(page.kind(next), Kind::Number(_))
            && page.kind(next + 1) == Kind::Unit(unit);
        if !more {
            break;
        }
        at = next + 1;
    }
    at > last && matches!(&page.text[page.span(at + 1, at + 1)], "에" | "에서" | "に" | "で" | "にも" | "에도")
}

/// `The target is`, `the limit for unloading is`, but not `the timestamp of the flash is`: whether a clause before its verb
/// has a noun that is not known, and none of time.
fn is_of_a_noun(page: &Page<'_>, verb: usize) -> bool {
    let clause = || {
        (verb.saturating_sub(8)..verb)
            .rev()
            .take_while(|at| !matches!(page.kind(*at), Kind::Break | Kind::Mark(_) | Kind::Number(_) | Kind::Clock))
    };
    page.before(verb).is_some_and(|noun| matches!(page.kind(noun), Kind::Other(_)))
        && !clause().any(|at| {
            matches!(
                page.kind(at),
                Kind::Word(Word::Time | Word::Stamp | Word::Mark | Word::Start | Word::End | Word::Part)
            )
        })
}

/// `the gap falls to`, `the wait has grown to`: what changes so is a length.
fn is_shrinking(page: &Page<'_>, to: usize) -> bool {
    const MORE: [&str; 4] = ["cut", "drop", "fall", "shrinks"];
    page.before(to).is_some_and(|verb| ends_with(page, verb, &MORE) || ends_with(page, verb, &MOVES))
}

/// `for up to`, `lasts up to`.
fn is_up_to_a_length(page: &Page<'_>, to: usize) -> bool {
    let up = page.before(to).filter(|up| page.kind(*up) == Kind::Word(Word::Up));
    up.and_then(|up| page.before(up))
        .is_some_and(|verb| matches!(page.kind(verb), Kind::Word(Word::For | Word::Lasts | Word::Length | Word::Goes)))
}

/// `그리고`, そして: an `and` between clauses.
fn is_and(page: &Page<'_>, at: usize) -> bool {
    page.kind(at) == Kind::Word(Word::And)
        || matches!(page.kind(at), Kind::Other(_))
            && matches!(&page.text[page.span(at, at)], "그리고" | "또" | "そして")
}

/// The first token of a time of several numbers and units, whose last one is at `last`.
fn timed_at(page: &Page<'_>, last: usize) -> usize {
    let own = |at: &usize| matches!(page.kind(*at), Kind::Number(_) | Kind::Unit(_));
    (last.saturating_sub(6)..=last).rev().take_while(own).last().unwrap_or(last)
}

/// `It starts after 20 seconds`: what starts so has nothing before it but the media.
fn is_begun(page: &Page<'_>, after: usize) -> bool {
    (after.saturating_sub(3)..after).any(|at| page.kind(at) == Kind::Word(Word::Start))
}

/// `남은 시간 12초에서`, 还剩12秒时: what a game or a timer still has.
pub(super) fn is_of_rest(page: &Page<'_>, left: &Left) -> bool {
    match left.cue {
        Cue::Word(Word::Last) => true,
        Cue::Word(Word::Time) => page.before(left.at).is_some_and(|rest| page.kind(rest) == Kind::Word(Word::Last)),
        _ => false,
    }
}

/// `25 minutes, of which 40 seconds are shown`.
fn is_of_which(page: &Page<'_>, at: usize) -> bool {
    ends_with(page, at, &["which"]) && page.before(at).is_some_and(|of| page.kind(of) == Kind::Word(Word::Of))
}
