//! What a line, or the heading above it, says that its clocks are: those of a timetable, the lengths of songs, ratios.
//!
//! `Departures: 14:02 Leeds, 14:09 York`, `Album: 1. Dawn 3:41, 2. Noon 4:05`, `Voicemail (0:42)`: the word that tells it stands
//! far from most of the clocks, so that the first one looks for it, and the others of the list follow the first.

use super::appointments::{BY_DAY, is_in_media, is_multiple_of, is_notice, is_round};
use super::atoms::Shape;
use super::clocks::is_same_sentence;
use super::page::{Cue, Left, Page};
use super::quantities::{begins_with, ends_with};
use super::results::clause_before;
use super::token::{Gap, Kind, Mark, Word};
use super::topic_words::{self, Place};
use super::verdict::{Judge, Verdict};
use crate::timestamps::time::Reason;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// Times of day: `departures`, `timetable`.
    Day,
    /// Times of day where they could be some: `programme`.
    Hours,
    /// How long something is, or how fast: `album`, `lap`.
    Length,
    /// Scores, verses, coordinates.
    Pair,
    /// Scores of games that have many points.
    Score,
    /// Ratios, which the word says plainly.
    Ratio,
}

/// How far the word may be from its clock.
const REACH: usize = 28;

/// Whether clocks from the token `first` to `last` are likely to be what their list is about, and no moments of the media.
pub(super) fn is_of_topic(judge: &mut Judge<'_, '_>, index: usize, left: &Left) -> bool {
    let page = judge.page;
    let (first, last) = (judge.first(index), judge.last(index));
    let range = judge.is_range(index);
    let seconds = |atom: usize| match page.atoms[atom].shape {
        Shape::Clock(seconds) => seconds,
        _ => 0.0,
    };
    let (from, to) = (seconds(judge.groups[index].from), seconds(judge.groups[index].to));
    // no topic has ranges but those of the day, from one round clock to another
    if range && !is_long(from, to, 10.0) {
        return false;
    }
    let listed = of_list(judge, index, left);
    let topic = listed.or_else(|| {
        if is_placed(left) {
            return (range && is_of_a_calendar(page, left)).then_some(Topic::Hours);
        }
        if is_in_quarters(judge, index, left) {
            return Some(Topic::Hours);
        }
        // all the words are English
        if page.is_asian(left.at) || page.is_asian(last + 1) {
            return None;
        }
        of_right(page, last, left).or_else(|| beside(page, first, left)).or_else(|| of_line(judge, index, left))
    });
    // a length stands behind its name: `Set list:` and below it `0:30 - Opening song`
    let opens = |topic: &Topic| *topic == Topic::Length && listed.is_none() && page.opens_item(first);
    let Some(topic) = topic
        .filter(|topic| !opens(topic))
        .filter(|topic| fits(page, *topic, first, (from, to), (range, listed.is_some())) && !is_in_media(page, last))
    else {
        return false;
    };
    judge.topic = Some((last, topic));
    true
}

/// Whether a word or a sign before a clock makes it a moment.
fn is_placed(left: &Left) -> bool {
    left.cue.is_preposition()
        || matches!(
            left.cue,
            Cue::Word(Word::To | Word::In | Word::Into | Word::Stamp | Word::Start | Word::End | Word::Approx)
        )
}

/// Whether a clock, or a range of them, can be what the topic says.
fn fits(page: &Page<'_>, topic: Topic, first: usize, (from, to): (f64, f64), (range, listed): (bool, bool)) -> bool {
    let long = |least: f64| is_long(from, to, least);
    match topic {
        // `00:12` is hardly one, but `03:12` may be
        Topic::Day => {
            let padded = page.tokens[first].end() - page.tokens[first].start() == 5 && from >= 60.0;
            (BY_DAY.contains(&from) || padded && from < 1440.0) && (!range || long(10.0))
        }
        Topic::Hours => BY_DAY.contains(&from) && (!range || long(if listed { 10.0 } else { 60.0 })),
        Topic::Score => !range && from >= 480.0,
        Topic::Length | Topic::Pair | Topic::Ratio => !range,
    }
}

/// Whether a range is that of an appointment: round, and so many seconds long.
fn is_long(from: f64, to: f64, least: f64) -> bool {
    to - from >= least && is_round(from) && is_round(to)
}

/// The topic of the clock before, if this one is the next of its list.
fn of_list(judge: &Judge<'_, '_>, index: usize, left: &Left) -> Option<Topic> {
    let (page, first) = (judge.page, judge.first(index));
    let (at, topic) = judge.topic.filter(|(at, _)| first - at <= REACH)?;
    let mut breaks = 0;
    for between in at + 1..first {
        match page.kind(between) {
            Kind::Break => breaks += 1,
            // `Show starts at 20:00.`
            Kind::Mark(Mark::Stop) if !is_of_list_number(page, between) => return None,
            _ => {}
        }
    }
    let day = matches!(topic, Topic::Day | Topic::Hours);
    let alike = match left.cue {
        // `doors open 19:00, show starts 20:00`
        Cue::Word(Word::Start | Word::End | Word::At | Word::Until) => day && breaks == 0,
        // `John 3:16 is on his arm (0:33)`, but `Ember (3:52), Quarry (4:17)`
        Cue::Open(_) => matches!(page.kind(at + 1), Kind::Mark(Mark::Close(_))),
        _ => !is_placed(left),
    };
    (breaks <= 1 && alike && !is_of_a_subject(page, first)).then_some(topic)
}

/// `12:45, 0:50 he leaves`: a clock at the beginning of a clause that tells what happens.
fn is_of_a_subject(page: &Page<'_>, first: usize) -> bool {
    let next = page.behind(first + 1);
    matches!(page.kind(next), Kind::Word(Word::The | Word::Article | Word::Function)) && page.kind(first) == Kind::Clock
}

/// `2.`, as in `1. Dawn 3:41, 2. Noon 4:05`.
fn is_of_list_number(page: &Page<'_>, stop: usize) -> bool {
    stop > 0 && matches!(page.kind(stop - 1), Kind::Number(number) if number.decimals == 0 && number.whole <= 2)
}

/// `Guided tours: 10:00, 12:00, 14:30`, `Loading only 6:00-10:00`: quarters of an hour that no word places, beside each other.
fn is_in_quarters(judge: &Judge<'_, '_>, index: usize, left: &Left) -> bool {
    const MOMENTS: [&str; 14] = [
        "moments",
        "chapters",
        "occurrences",
        "scenes",
        "highlights",
        "falls",
        "collisions",
        "goals",
        "sightings",
        "appearances",
        "detections",
        "crossings",
        "crashes",
        "accidents",
    ];
    let page = judge.page;
    let quarter = |atom: usize| match page.atoms[atom].shape {
        Shape::Clock(seconds) => BY_DAY.contains(&seconds) && is_multiple_of(seconds, 15),
        _ => false,
    };
    let quarters = |other: usize| quarter(judge.groups[other].from) && quarter(judge.groups[other].to);
    if !matches!(left.cue, Cue::Colon | Cue::Other | Cue::List | Cue::Number | Cue::Word(Word::Measure))
        || !quarters(index)
    {
        return false;
    }
    if judge.is_range(index) {
        return left.cue == Cue::Other && !page.is_asian(left.at);
    }
    // `At 5:00, 10:00 and 15:00`
    if left.cue == Cue::List && judge.listed_behind(index) == Some(Verdict::Time) {
        return false;
    }
    let of_media = left.cue == Cue::Colon
        && page.label(left.at).is_some_and(|label| match page.kind(label) {
            Kind::Word(Word::Time | Word::Stamp | Word::Part | Word::Media | Word::Mark) => true,
            _ => ends_with(page, label, &MOMENTS),
        });
    // a number may stand in between: `8:00 1 tablet, 20:00 2 tablets`
    let clock = (index + 1..judge.groups.len().min(index + 3)).find(|other| quarters(*other));
    let near = |other: usize| (index..other).all(|before| is_same_sentence(judge, before));
    !of_media && clock.is_some_and(|other| !judge.is_range(other) && near(other))
}

/// `31:14 goals`, `14:02 | Platform 7`.
fn of_right(page: &Page<'_>, last: usize, left: &Left) -> Option<Topic> {
    const COUNTED: [&str; 7] = ["goals", "points", "sets", "votes", "games", "legs", "score"];
    const BERTHS: [&str; 5] = ["platform", "gate", "pier", "terminal", "quay"];
    let next = page.behind(last + 1);
    match page.kind(next) {
        // but not `- 12:31 Goals by both`
        Kind::Other(other) if !other.capital && begins_with(page, next, &COUNTED) => {
            matches!(left.cue, Cue::Other | Cue::Number | Cue::Id | Cue::List | Cue::Word(_)).then_some(Topic::Pair)
        }
        // `8 x 1:30 with 0:45 rest`
        Kind::Other(other) if other.words == 1 && begins_with(page, next, &["rest", "break", "overtime"]) => {
            matches!(left.cue, Cue::Other | Cue::Number | Cue::List | Cue::Word(_)).then_some(Topic::Length)
        }
        // `5:31/km`
        Kind::Mark(Mark::Slash)
            if page.gap(next + 1) == Gap::Tight
                && matches!(page.kind(next + 1), Kind::Word(Word::Measure) | Kind::Unit(_) | Kind::Id | Kind::Number(_))
                && page.kind(next + 2) != Kind::Clock =>
        {
            Some(Topic::Length)
        }
        // `Goals 31:14, points 31`
        Kind::Mark(Mark::Comma)
            if begins_with(page, next + 1, &COUNTED) && matches!(page.kind(next + 2), Kind::Number(_)) =>
        {
            Some(Topic::Pair)
        }
        Kind::Mark(Mark::Comma | Mark::Stop) | Kind::Break => is_in_a_readout(page, left).then_some(Topic::Length),
        Kind::Other(_) if begins_with(page, next, &BERTHS) => Some(Topic::Hours),
        // `0:45 of cooling`
        Kind::Word(Word::Of) => matches!(page.kind(next + 1), Kind::Other(other) if !other.capital && !begins_with(page, next + 1, &["which", "whom", "footage"]))
            .then_some(Topic::Length),
        Kind::Mark(Mark::Pipe) if begins_with(page, next + 1, &BERTHS) => Some(Topic::Hours),
        _ => None,
    }
}

/// `18.2 m, 23:10, 120 bar`: what an instrument tells beside what it measures, as an item of its own.
fn is_in_a_readout(page: &Page<'_>, left: &Left) -> bool {
    const MEASURES: [&str; 10] = ["bpm", "bar", "kcal", "calories", "rpm", "psi", "spm", "steps", "watts", "reps"];
    if left.cue != Cue::List || page.kind(left.at) != Kind::Mark(Mark::Comma) {
        return false;
    }
    let Some(measure) = page.before(left.at) else { return false };
    let counted = || measure > 0 && matches!(page.kind(measure - 1), Kind::Number(_));
    match page.kind(measure) {
        Kind::Word(Word::Measure) => {
            counted() && !ends_with(page, measure, &["people", "persons", "cars", "workers", "times"])
        }
        Kind::Unit(unit) => {
            let decimal = |at: usize| matches!(page.kind(at), Kind::Number(number) if number.decimals > 0);
            unit.is_lone_m() && measure > 0 && decimal(measure - 1)
        }
        Kind::Other(_) => counted() && ends_with(page, measure, &MEASURES),
        _ => false,
    }
}

/// `The calendar shows a block from 13:00 to 14:30`.
fn is_of_a_calendar(page: &Page<'_>, left: &Left) -> bool {
    matches!(left.cue, Cue::Word(Word::From | Word::Between))
        && clause_before(page, left.at).any(|at| page.kind(at) == Kind::Word(Word::Shows))
        && clause_before(page, left.at).any(|at| matches!(page.kind(at), Kind::Other(_)) && is_notice(page, at))
}

/// `voicemail 0:42`, `Voicemail (0:42)`, `Lap 12 1:27.4`, `episode 3 is 38:05`: the noun that stands beside the clock.
fn beside(page: &Page<'_>, first: usize, left: &Left) -> Option<Topic> {
    let enclosed = left.cue == Cue::Open(b'(');
    // `doors open 19:00`
    if left.cue == Cue::Word(Word::Open) {
        return Some(Topic::Hours);
    }
    // `3 x 0:45`
    if left.cue == Cue::Word(Word::Measure) {
        let times = matches!(&page.text[page.span(left.at, left.at)], "x" | "X");
        return (times && left.at > 0 && matches!(page.kind(left.at - 1), Kind::Number(_))).then_some(Topic::Length);
    }
    if !enclosed
        && !matches!(
            left.cue,
            Cue::Other
                | Cue::Number
                | Cue::Id
                | Cue::Colon
                | Cue::Dash
                | Cue::List
                | Cue::Word(Word::Is | Word::Function)
        )
    {
        return None;
    }
    let mut number = false;
    for at in (first.saturating_sub(8)..first).rev() {
        match page.kind(at) {
            Kind::Number(_) | Kind::Odd | Kind::Pair | Kind::Id => number = true,
            Kind::Mark(Mark::Open(_) | Mark::Dash | Mark::Colon | Mark::Star | Mark::Quote) if at + 1 == first => {}
            Kind::Word(Word::Is | Word::Function) if at + 1 == first => {}
            Kind::Mark(Mark::Dash) => {}
            Kind::Mark(Mark::Comma) | Kind::Word(Word::And | Word::Or) if number || is_counted(page, at) => {}
            Kind::Mark(Mark::Comma) | Kind::Word(Word::And)
                if at > 0 && matches!(page.kind(at - 1), Kind::Odd | Kind::Pair | Kind::Id) => {}
            Kind::Other(_) | Kind::Word(_) => {
                let topic = topic_words::last(&page.text[page.span(at, at)], Place::Beside(number))?;
                // `he sings a song (0:42)` tells when
                return (!enclosed || opens_clause(page, at)).then_some(topic);
            }
            _ => return None,
        }
    }
    None
}

/// `two voice messages, 0:14 and 0:51`: a comma behind a noun that is counted.
fn is_counted(page: &Page<'_>, comma: usize) -> bool {
    comma >= 2 && matches!(page.kind(comma - 2), Kind::Number(_) | Kind::Spelled(_))
}

/// Whether the words at `at` begin a line, a sentence or an item of a list.
fn opens_clause(page: &Page<'_>, at: usize) -> bool {
    page.before(at).is_none_or(|before| {
        matches!(
            page.kind(before),
            Kind::Break
                | Kind::Mark(Mark::Stop | Mark::Comma | Mark::Semicolon | Mark::Colon | Mark::Dash | Mark::Bullet)
        )
    })
}

/// The topic that the label of a clock's line names, or else the heading above the line.
fn of_line(judge: &Judge<'_, '_>, index: usize, left: &Left) -> Option<Topic> {
    let (page, first) = (judge.page, judge.first(index));
    let mut label = false;
    let mut at = first;
    while at > first.saturating_sub(REACH) {
        at -= 1;
        match page.kind(at) {
            Kind::Break => break,
            Kind::Clock => return None,
            Kind::Mark(Mark::Stop) if !is_of_list_number(page, at) => return None,
            // `Departures:`, but not `Male:female`
            Kind::Mark(Mark::Colon) => {
                if page.gap(at + 1) == Gap::Tight && page.kind(at + 1) != Kind::Break {
                    return is_told_of_two(page, at, left).then_some(Topic::Pair);
                }
                label = true;
            }
            Kind::Other(_) | Kind::Word(_) if label => {
                let notice =
                    || (matches!(page.kind(at), Kind::Other(_)) && is_notice(page, at)).then_some(Topic::Hours);
                if let Some(topic) = topic_words::any(&page.text[page.span(at, at)], Place::Label).or_else(notice) {
                    return (!tells_of_media(page, at)).then_some(topic);
                }
            }
            _ => {}
        }
    }
    if page.kind(at) != Kind::Break || label {
        return None;
    }
    of_heading(judge, index, at)
}

/// `Male:female = 14:11`: two nouns around a colon, and their numbers in the same order.
fn is_told_of_two(page: &Page<'_>, colon: usize, left: &Left) -> bool {
    let noun = |at: usize| matches!(page.kind(at), Kind::Other(_) | Kind::Word(_));
    left.cue == Cue::Colon && left.at == colon + 2 && noun(colon + 1) && colon > 0 && noun(colon - 1)
}

/// The topic of the line above the one that begins behind the token `end`, if it has no times of its own.
fn of_heading(judge: &Judge<'_, '_>, index: usize, end: usize) -> Option<Topic> {
    let page = judge.page;
    let mut end = end;
    while end > 0 && page.kind(end - 1) == Kind::Break {
        end -= 1;
    }
    // a heading ends with a colon, or is short
    let reach = if end > 0 && page.kind(end - 1) == Kind::Mark(Mark::Colon) { 16 } else { 7 };
    let from = match (end.saturating_sub(reach)..end).rev().find(|at| page.kind(*at) == Kind::Break) {
        Some(at) => at + 1,
        None if end < reach => 0,
        None => return None,
    };
    // the groups of this line
    let mut before = index;
    while before > 0 && index - before < 4 && judge.first(before - 1) > end {
        before -= 1;
    }
    if end == from || before > 0 && judge.last(before - 1) >= from {
        return None;
    }
    let topic = (from..end)
        .filter(|at| matches!(page.kind(*at), Kind::Other(_) | Kind::Word(_)) && !page.is_asian(*at))
        .find_map(|at| Some((at, topic_words::any(&page.text[page.span(at, at)], Place::Label)?)));
    topic.filter(|(at, _)| !tells_of_media(page, *at)).map(|(_, topic)| topic)
}

/// `Programme of the recording`: what the video is about.
fn tells_of_media(page: &Page<'_>, at: usize) -> bool {
    const EVENTS: [&str; 5] = ["scenes", "events", "chapters", "segments", "highlights"];
    let behind = |kinds: [Word; 2]| {
        (at + 1..at + 5).take_while(|near| page.kind(*near) != Kind::Break).any(|near| match page.kind(near) {
            Kind::Word(Word::Of | Word::In) => {
                (near + 1..near + 3).any(|noun| matches!(page.kind(noun), Kind::Word(word) if kinds.contains(&word)))
            }
            _ => false,
        })
    };
    behind([Word::Media, Word::Stamp]) || (at + 1..at + 5).any(|near| ends_with(page, near, &EVENTS))
}

/// `Gear ratios: 1st 3:15, 2nd 2:10`: whether a number before a clock is told in a list of ratios.
pub(super) fn is_of_ratios(judge: &Judge<'_, '_>, left: &Left) -> bool {
    left.cue == Cue::Number && matches!(judge.topic, Some((at, Topic::Ratio)) if left.at.saturating_sub(at) <= 4)
}

/// What the clock is that a list has just been found to say something of.
pub(super) fn verdict(judge: &Judge<'_, '_>) -> Verdict {
    match judge.topic {
        Some((_, Topic::Ratio)) => Verdict::Not,
        _ => Verdict::Doubt(Reason::AmbiguousNumber),
    }
}

/// The verdict on a clock that is none, of which the others of its list may be told: verses.
pub(super) fn none(judge: &mut Judge<'_, '_>, index: usize, left: &Left) -> Verdict {
    let scale = || {
        left.cue == Cue::Word(Word::Ratio)
            && ends_with(judge.page, left.at, &["scale", "ratio", "odds", "diluted", "mixed"])
    };
    if left.cue == Cue::Word(Word::Book) || left.cue == Cue::Word(Word::Of) || scale() {
        follow(judge, index, Topic::Pair);
    }
    Verdict::Not
}

/// Notes of what a doubtful clock is, for the others of the list that it begins.
pub(super) fn follow(judge: &mut Judge<'_, '_>, index: usize, topic: Topic) {
    judge.topic = Some((judge.last(index), topic));
}
