//! Clocks: a time, unless the neighbourhood makes it a time of day, a length, a score, a ratio or a verse.

mod neighbours;

pub(super) use self::neighbours::is_same_sentence;
use self::neighbours::{is_anchor, is_as_long, is_crowded, is_joined_by_a_stranger, is_jump, is_said_again};
use super::appointments::{BY_DAY, is_agenda, is_arranged, is_in_media, is_opened, is_round};
use super::atoms::Shape;
use super::boards::is_of_a_service;
use super::cut_off::{is_counted_down, is_shortened};
use super::daytime::{
    is_dated, is_hours, is_hours_of, is_near_day, is_near_day_by_right, is_of_day, is_of_day_by_right,
    is_told_elsewhere, names_hours,
};
use super::page::{Cue, Left, Page};
use super::quantities::ends_with;
use super::results::{is_achieved, is_counted_down_from, is_left_over, is_result, is_track};
use super::scores::{is_diluted, is_in_parts, is_other, is_other_by_right, is_other_than_time, is_ratio_of, is_set};
use super::shown::is_seen;
use super::sums::is_summed;
use super::token::{Gap, Kind, Mark, Word};
use super::topics::{self, Topic, is_of_topic};
use super::verdict::{Judge, Verdict};
use crate::timestamps::time::Reason;

pub(super) fn judge(judge: &mut Judge<'_, '_>, index: usize) -> Verdict {
    if is_in_a_cell(judge, index) { Verdict::Time } else { fully(judge, index) }
}

/// Whether a clock fills a cell whose neighbour on the left ends with a number or a clock, or is the first: no rule of
/// [`fully`] has anything against it then, but for those about times of day.
fn is_in_a_cell(judge: &Judge<'_, '_>, index: usize) -> bool {
    let page = judge.page;
    let Some(left) = judge.first(index).checked_sub(1) else { return false };
    let cell = page.kind(left) == Kind::Mark(Mark::Pipe) && page.kind(judge.last(index) + 1) == Kind::Mark(Mark::Pipe);
    let before = left.checked_sub(1).map_or(Kind::Break, |before| page.kind(before));
    cell && seconds(page, judge, index) < LATE
        && (judge.is_range(index)
            || matches!(before, Kind::Break | Kind::Number(_) | Kind::Clock)
                && !BY_DAY.contains(&seconds(page, judge, index)))
}

/// Four in the morning: when the first lists of the day begin.
const FOUR: f64 = 240.0;

/// Ten hours: no clip is so long, but many a camera writes such a time of day into the picture.
const LATE: f64 = 36_000.0;

/// All that can be asked of a clock. (Apart from the cells, which need none of its registers.)
#[inline(never)]
fn fully(judge: &mut Judge<'_, '_>, index: usize) -> Verdict {
    if let Some(verdict) = super::via::clock(judge, index) {
        return verdict;
    }
    let page = judge.page;
    let (first, last) = (judge.first(index), judge.last(index));
    let left = page.left(first);
    let next = page.behind(last + 1);
    let range = judge.is_range(index);
    let late = seconds(page, judge, index) >= LATE && !is_in_media(page, last);
    // `model SD-2:10`
    if left.cue == Cue::Dash && is_model(page, first, left.at) {
        return Verdict::Not;
    }
    if is_counted_down(page, first) || is_of_a_service(page, last) {
        return Verdict::Doubt(Reason::AmbiguousNumber);
    }
    if page.script.is_some() && is_joined_by_a_stranger(page, judge, index) {
        return Verdict::Doubt(Reason::UnknownLanguage);
    }
    // `March 3 • 10:22` goes by the day
    if is_alone(page, first, last, &left) && !is_of_day(page, first, &left) {
        return if !range && is_length_by_left(page, &left) {
            Verdict::Not
        } else if late
            || !range && is_track(page, &left)
            || !range && is_agenda(page, seconds(page, judge, index), first, last, &left)
            || is_of_topic(judge, index, &left)
        {
            Verdict::Doubt(Reason::AmbiguousNumber)
        } else {
            Verdict::Time
        };
    }
    // `- **0:12 - 0:47**: a fall`
    if range && is_dressed(page, first, next, &left) && !is_of_day(page, first, &left) {
        return dressed(judge, index, &left, late);
    }
    by_all_rules(judge, index, &left, late)
}

/// What a range in an item of its own is, as [`by_all_rules`] would have it: all others ask for a word before it, for a
/// word behind it, or for a single clock.
fn dressed(judge: &mut Judge<'_, '_>, index: usize, left: &Left, late: bool) -> Verdict {
    let page = judge.page;
    let (first, last) = (judge.first(index), judge.last(index));
    let is_doubtful = late
        || are_round(page, judge, index) && is_agenda(page, seconds(page, judge, index), first, last, left)
        || !silent_clause(page, last) && is_told_elsewhere(page, last);
    if is_doubtful {
        return Verdict::Doubt(Reason::AmbiguousNumber);
    }
    if is_of_topic(judge, index, left) { topics::verdict(judge) } else { Verdict::Time }
}

/// What a clock is that stands among words.
fn by_all_rules(judge: &mut Judge<'_, '_>, index: usize, left: &Left, late: bool) -> Verdict {
    let page = judge.page;
    let (first, last) = (judge.first(index), judge.last(index));
    let next = page.behind(last + 1);
    let silent = is_silent(page.kind(next));
    let range = judge.is_range(index);
    if is_other_than_time(page, first, last, left) {
        return Verdict::Not;
    }
    if is_of_day(page, first, left) || is_other(page, left) || is_address(page, first, left) {
        return topics::none(judge, index, left);
    }
    // `moved to 10 April (9:27–9:55)`: on that day, or at that place?
    if matches!(left.cue, Cue::Open(_)) && is_dated(page, left.at) && BY_DAY.contains(&seconds(page, judge, index)) {
        return Verdict::Doubt(Reason::AmbiguousNumber);
    }
    if is_ratio_of(page, first, left) || !range && is_set(page, last, left) {
        return Verdict::Not;
    }
    if !silent && (is_of_day_by_right(page, next) || is_other_by_right(page, next, left)) {
        return Verdict::Not;
    }
    // `Elapsed 0:12.4 - a fall`: since the beginning, or since when?
    if !range
        && left.cue == Cue::Word(Word::Length)
        && page.opens_item(left.at)
        && ends_with(page, left.at, &["elapsed"])
    {
        return Verdict::Doubt(Reason::AmbiguousNumber);
    }
    if !range && (is_length_by_left(page, left) || !silent && is_length_by_right(page, last, next, left)) {
        return Verdict::Not;
    }
    let after_clock = index > 0 && matches!(page.atoms[judge.groups[index - 1].to].shape, Shape::Clock(_));
    if left.cue == Cue::List
        && after_clock
        && let Some(verdict @ (Verdict::Not | Verdict::Doubt(_))) = judge.listed_behind(index)
    {
        // `lasts 1:10 or 1:20`, `the match ended 21:15, 19:21`
        return verdict;
    }
    if is_joined_by_a_stranger(page, judge, index) {
        return Verdict::Doubt(Reason::UnknownLanguage);
    }
    // `The song lasts 3:41 and the encore 4:05`
    if after_clock && !range && matches!(left.cue, Cue::Other | Cue::Unit) && is_as_long(judge, index, left.at) {
        return Verdict::Not;
    }
    // `White has 4:12 left, Black 3:57`
    if left.cue == Cue::Other && after_clock && is_said_again(judge, index, left.at) {
        return judge.verdicts[index - 1];
    }
    // `open 9:00-17:00`
    let hours = left.cue == Cue::Word(Word::Open) && range && are_round(page, judge, index)
        || left.cue == Cue::Colon && (is_hours(page, left.at) || seconds(page, judge, index) >= FOUR && is_hours_of(page, left.at))
        || left.cue == Cue::Open(b'(') && is_hours(page, left.at)
        || is_opened(page, seconds(page, judge, index), left) && are_round(page, judge, index)
        || range && matches!(left.cue, Cue::Unit | Cue::Word(Word::Time | Word::Measure)) && names_hours(page, left.at)
        // `the meeting is from 14:00 to 15:30`
        || range && are_round(page, judge, index) && is_agenda(page, seconds(page, judge, index), first, last, left);
    if hours
        || late
        || !range
            && (is_agenda(page, seconds(page, judge, index), first, last, left)
                || is_achieved(page, left) && !topics::is_of_ratios(judge, left))
        || is_code(page, first)
        || is_summed(page, first, last)
        || !range && is_arranged(page, seconds(page, judge, index), left)
        || !silent_clause(page, last) && is_told_elsewhere(page, last)
        || is_seen(page, (first, last), left, range, seconds(page, judge, index))
        || !range
            && (is_anchor(page, left)
                || is_result(page, left)
                || is_counted_down_from(page, left)
                || is_in_parts(page, first, left)
                || is_track(page, left))
        || range && is_diluted(page, first, left)
        || is_jump(judge, index, left)
        || is_near_day(page, first, left)
        || !silent && (is_near_day_by_right(page, next) || is_left_over(page, next))
        || is_crowded(page, judge, index)
        || !range && is_shortened(judge, index, left)
    {
        hand_on(judge, index, left);
        return Verdict::Doubt(Reason::AmbiguousNumber);
    }
    if is_of_topic(judge, index, left) { topics::verdict(judge) } else { Verdict::Time }
}

/// Notes what a doubtful clock is: the others of its list may have no word beside them.
fn hand_on(judge: &mut Judge<'_, '_>, index: usize, left: &Left) {
    let (page, first, last) = (judge.page, judge.first(index), judge.last(index));
    if judge.is_range(index) {
        return;
    }
    if is_agenda(page, seconds(page, judge, index), first, last, left) {
        topics::follow(judge, index, Topic::Hours);
    } else if is_achieved(page, left) || is_result(page, left) || is_track(page, left) {
        topics::follow(judge, index, Topic::Length);
    } else if left.cue == Cue::Word(Word::Shows) || is_in_parts(page, first, left) {
        // `the lap board reads 1:27.4 for the leader, 1:28.9 for car 44`
        topics::follow(judge, index, Topic::Pair);
    }
}

/// Whether a clock stands in a cell or an item of its own, as most do: then only two rules have a say.
fn is_alone(page: &Page<'_>, first: usize, last: usize, left: &Left) -> bool {
    matches!(left.cue, Cue::Cell | Cue::Start | Cue::Dash)
        && left.at + 1 == first
        && matches!(
            page.kind(last + 1),
            Kind::Break | Kind::Mark(Mark::Pipe | Mark::Close(_) | Mark::Colon | Mark::Stop)
        )
}

/// The same with dress around it, behind which the token at `next` stands.
fn is_dressed(page: &Page<'_>, first: usize, next: usize, left: &Left) -> bool {
    matches!(left.cue, Cue::Cell | Cue::Start | Cue::Dash)
        && page.before(first).is_none_or(|before| before == left.at)
        && matches!(page.kind(next), Kind::Break | Kind::Mark(Mark::Pipe | Mark::Close(_) | Mark::Colon | Mark::Stop))
}

/// Whether no rule asks further about what stands behind a clock.
pub(super) fn is_silent(behind: Kind) -> bool {
    match behind {
        Kind::Break => true,
        Kind::Mark(mark) => !matches!(mark, Mark::Comma | Mark::Dash | Mark::Percent | Mark::Degree),
        _ => false,
    }
}

/// Whether a clock ends its line or its sentence: then nobody is named behind it who tells it.
fn silent_clause(page: &Page<'_>, last: usize) -> bool {
    matches!(page.kind(last + 1), Kind::Break | Kind::Mark(Mark::Stop | Mark::Colon | Mark::Pipe | Mark::Close(_)))
}

/// `SD-2:10`: a clock that a hyphen joins to a few capitals or to an identifier.
fn is_model(page: &Page<'_>, first: usize, dash: usize) -> bool {
    let tight = dash + 1 == first && page.gap(first) == Gap::Tight && page.gap(dash) == Gap::Tight;
    let Some(name) = dash.checked_sub(1).filter(|_| tight && page.kind(dash) == Kind::Mark(Mark::Dash)) else {
        return false;
    };
    let text = &page.text[page.span(name, name)];
    let word = text.rsplit(' ').next().unwrap_or(text);
    match page.kind(name) {
        Kind::Id => word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()),
        Kind::Other(_) | Kind::Word(Word::Measure) | Kind::Unit(_) => {
            word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_uppercase())
        }
        _ => false,
    }
}

/// Whether both ends of a group are round: `9:00-17:30`, but not `00:31–00:44`.
fn are_round(page: &Page<'_>, judge: &Judge<'_, '_>, index: usize) -> bool {
    let group = judge.groups[index];
    [group.from, group.to].iter().all(|atom| match page.atoms[*atom].shape {
        Shape::Clock(seconds) => is_round(seconds),
        _ => true,
    })
}

/// `lasts 2:30`, `duration: 2:30`, `a length of 2:30`, `for 2:30`.
fn is_length_by_left(page: &Page<'_>, left: &Left) -> bool {
    match left.cue {
        // Italian `alle 0:12` is no German `alle 5 Sekunden`
        Cue::Word(Word::Every) => !page.text[page.span(left.at, left.at)].eq_ignore_ascii_case("alle"),
        Cue::Word(Word::Lasts | Word::For | Word::Length) => true,
        // `elapsed time 3:20`
        Cue::Word(Word::Time) if !page.is_asian(left.at) => {
            page.before(left.at).is_some_and(|length| page.kind(length) == Kind::Word(Word::Length))
        }
        // `재생 시간이 03:20인`
        Cue::Word(Word::Time) if page.text[page.span(left.at, left.at)].ends_with(['은', '이']) => {
            page.before(left.at).is_some_and(|length| page.kind(length) == Kind::Word(Word::Length))
        }
        Cue::Word(Word::Of | Word::Is) | Cue::Colon | Cue::Cell | Cue::Open(b'(') => names_length(page, left.at),
        _ => false,
    }
}

/// Whether the words before the token at `at` name a length: `total duration of`, `Duration:`, `length (mm:ss):`.
pub(super) fn names_length(page: &Page<'_>, at: usize) -> bool {
    let labelled = matches!(page.kind(at), Kind::Mark(Mark::Colon | Mark::Equal));
    for index in (at.saturating_sub(6)..at).rev() {
        match page.kind(index) {
            // `the sign is knocked over (0:27)`
            Kind::Word(Word::Lasts)
                if matches!(page.kind(at), Kind::Mark(Mark::Open(_)))
                    && ["over", "under", "within"]
                        .contains(&&*page.text[page.span(index, index)].to_ascii_lowercase()) =>
            {
                return false;
            }
            Kind::Word(Word::Length | Word::Lasts) => return true,
            // `Each phase:`
            Kind::Word(Word::Every) if labelled => return true,
            Kind::Word(Word::Part) if labelled && index > 0 && page.kind(index - 1) == Kind::Word(Word::Every) => {}
            // `running time:`
            Kind::Word(Word::Goes) if page.kind(index + 1) == Kind::Word(Word::Time) => return true,
            Kind::Word(Word::Part)
                if labelled && matches!(page.kind(index.saturating_sub(1)), Kind::Word(Word::Of | Word::The)) => {}
            // 一共闪了三次：7秒
            Kind::Other(_) if labelled && page.text[page.span(index, index)].contains(['次', '回', '번']) => {
                return false;
            }
            // `Total elapsed time on site: 62 s`
            Kind::Other(_)
            | Kind::Word(Word::Function | Word::The | Word::Of | Word::Between | Word::In | Word::Measure)
                if labelled => {}
            // `total flight time is`
            Kind::Other(_) | Kind::Word(Word::Agenda) if page.kind(index + 1) == Kind::Word(Word::Time) => {}
            Kind::Word(Word::Time | Word::Media | Word::Is | Word::The | Word::Of)
            | Kind::Mark(Mark::Star | Mark::Quote | Mark::Open(_) | Mark::Close(_))
            | Kind::Unit(_) => {}
            _ => return false,
        }
    }
    false
}

/// `2:30 long`, `0:45 later`, `a 2:30 video`.
fn is_length_by_right(page: &Page<'_>, last: usize, next: usize, left: &Left) -> bool {
    let hyphen = usize::from(page.kind(next) == Kind::Mark(Mark::Dash) && page.gap(next) == Gap::Tight);
    match page.kind(next + hyphen) {
        Kind::Word(Word::Later | Word::During | Word::Length) => true,
        // `are 12:03, 8:45 and 3:10 long`
        Kind::Mark(Mark::Comma) | Kind::Word(Word::And) => {
            let listed =
                |at: &usize| matches!(page.kind(*at), Kind::Clock | Kind::Mark(Mark::Comma) | Kind::Word(Word::And));
            let count = (next..next + 12).take_while(listed).count();
            count > 1 && page.kind(next + count - 1) == Kind::Clock && ends_with(page, next + count, &["long"])
        }
        // `a 2:30 video`, `in this 2:30 minute video`
        Kind::Word(Word::Media) => {
            left.article
                || left.the
                || matches!(left.cue, Cue::Word(Word::Function))
                || matches!(page.kind(last), Kind::Unit(_))
        }
        _ => false,
    }
}

/// The seconds of the clock that a group begins with.
fn seconds(page: &Page<'_>, judge: &Judge<'_, '_>, index: usize) -> f64 {
    match page.atoms[judge.groups[index].from].shape {
        Shape::Clock(seconds) => seconds,
        _ => 0.0,
    }
}

/// `00:1B:44:11:3A:B7`.
fn is_address(page: &Page<'_>, first: usize, left: &Left) -> bool {
    left.cue == Cue::Colon
        && page.gap(first) == Gap::Tight
        && page.gap(left.at) == Gap::Tight
        && left.at.checked_sub(1).is_some_and(|before| match page.kind(before) {
            Kind::Id => page.text[page.span(before, before)].contains(':'),
            // the letter is that of a measure, by chance
            kind => kind == Kind::Word(Word::Measure) && page.gap(before) == Gap::Tight,
        })
}

/// `x[3:10]`: a slice in a program.
fn is_code(page: &Page<'_>, first: usize) -> bool {
    let Some(open) = first.checked_sub(1).filter(|open| page.kind(*open) == Kind::Mark(Mark::Open(b'['))) else {
        return false;
    };
    let name = open.checked_sub(1).filter(|_| page.gap(open) == Gap::Tight);
    name.is_some_and(|name| {
        matches!(
            page.kind(name),
            Kind::Other(_) | Kind::Id | Kind::Unit(_) | Kind::Word(Word::Measure | Word::Article | Word::Time)
        ) && page.text.as_bytes()[page.tokens[name].end() - 1].is_ascii_alphanumeric()
    })
}

#[cfg(test)]
mod tests;
