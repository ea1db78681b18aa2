//! What somebody achieved, or still has: the times of races, of games and of timers that count down.

use super::page::{Cue, Left, Page};
use super::quantities::{begins_with, ends_with};
use super::token::{Gap, Kind, Mark, Word};

/// `the lap time is 1:23.4`, `a record of 3:43.13`, `her time of 2:15.3`, `the set ends 25:23`: what was achieved, not when.
pub(super) fn is_achieved(page: &Page<'_>, left: &Left) -> bool {
    const RESULTS: [&str; 9] = ["lap", "record", "split", "best", "pb", "sprint", "marathon", "laps", "splits"];
    let raced = |before: usize| ends_with(page, before, &RACES);
    match left.cue {
        Cue::Word(Word::Is | Word::Of) | Cue::Colon => {
            page.label(left.at).is_some_and(|label| match page.kind(label) {
                // `Lap 2: 1:10.9`
                Kind::Word(Word::Time) | Kind::Number(_) => page.before(label).is_some_and(|before| {
                    raced(before)
                        // `Round 1: 3:00`
                        || page.kind(label) != Kind::Word(Word::Time)
                            && ends_with(page, before, &["round", "inning", "heat"]) || left.cue == Cue::Word(Word::Of) && page.kind(before) == Kind::Word(Word::Age)
                }),
                Kind::Word(Word::Measure) => {
                    ends_with(page, label, &["times"]) && page.before(label).is_some_and(raced)
                }
                Kind::Other(_) => {
                    ends_with(page, label, &RESULTS) || begins_with(page, label, &["marathon", "sprint", "lap"])
                }
                // `Her personal best over 1500 m is 4:12`
                Kind::Unit(_) => clause_before(page, label)
                    .any(|at| matches!(page.kind(at), Kind::Other(_)) && ends_with(page, at, &RESULTS)),
                _ => false,
            })
        }
        // `He beat his rival by 0:03`
        Cue::Word(Word::By) => clause_before(page, left.at).any(|at| {
            page.kind(at) == Kind::Word(Word::Ratio)
                || ends_with(page, at, &["faster", "slower", "ahead", "behind", "misses", "missed", "late"])
        }),
        // `are ahead 14:11`, `trail 8:12`
        Cue::Other if is_counted_through(page, left.at) => true,
        // `1st 2:08:44`, `2nd place 12:09`
        Cue::Number => {
            is_rank(page, left.at) && !clause_before(page, left.at).any(|at| page.kind(at) == Kind::Word(Word::Ratio))
        }
        Cue::Other if ends_with(page, left.at, &["place"]) => {
            left.at > 1 && page.kind(left.at - 1) == Kind::Word(Word::Ordinal)
        }
        Cue::Other => ends_with(page, left.at, &["ahead", "trail", "trails", "tied", "level", "drew", "lost"]),
        // `the score is tied at 12:12`
        Cue::Word(Word::At) => {
            page.before(left.at).is_some_and(|verb| ends_with(page, verb, &["tied", "level", "drawn", "deuce"]))
        }
        Cue::Word(Word::End | Word::Start | Word::Time) => page.before(left.at).is_some_and(|before| {
            ends_with(page, before, &GAMES)
                || raced(before)
                || ends_with(page, before, &["playing", "working", "screen", "talk"])
        }),
        _ => false,
    }
}

/// `counts down 0:30, 0:29`: what a display shows one after the other.
#[inline(never)]
fn is_counted_through(page: &Page<'_>, verb: usize) -> bool {
    ends_with(page, verb, &["counts down", "counting down", "counted down", "counts up", "counting up", "counts"])
}

/// `1st`, `22nd`: whether an ordinal stands behind a number.
fn is_rank(page: &Page<'_>, number: usize) -> bool {
    page.kind(number + 1) == Kind::Word(Word::Ordinal)
        && page.gap(number + 1) == Gap::Tight
        && matches!(&page.text[page.span(number + 1, number + 1)], "st" | "nd" | "rd" | "th")
}

/// What takes a time that is measured.
pub(super) const RACES: [&str; 39] = [
    "charging",
    "cycle",
    "driving",
    "drying",
    "dwell",
    "flight",
    "handling",
    "idle",
    "loading",
    "parking",
    "processing",
    "rest",
    "takt",
    "transit",
    "unloading",
    "lap",
    "marathon",
    "race",
    "finish",
    "finishing",
    "winning",
    "winner's",
    "record",
    "split",
    "best",
    "sprint",
    "swim",
    "qualifying",
    "reaction",
    "response",
    "travel",
    "cooking",
    "baking",
    "cook",
    "bake",
    "prep",
    "waiting",
    "run",
    "net",
];

/// What ends with a score.
pub(super) const GAMES: [&str; 7] = ["set", "game", "match", "rally", "frame", "final", "round"];

/// `wins the marathon in 2:05:30`, `finishes the 800 m in 2:01.5`: how long it took.
pub(super) fn is_result(page: &Page<'_>, left: &Left) -> bool {
    const DEEDS: [&str; 22] = [
        "runs",
        "ran",
        "run",
        "swims",
        "swam",
        "completes",
        "completed",
        "complete",
        "covers",
        "covered",
        "clocks",
        "clocked",
        "solves",
        "solved",
        "does",
        "did",
        "done",
        "assembles",
        "crosses",
        "rows",
        "cycles",
        "sprints",
    ];
    left.cue == Cue::Word(Word::In)
        && clause_before(page, left.at).any(|at| match page.kind(at) {
            Kind::Word(Word::End | Word::Ratio | Word::Lasts | Word::Goes) => true,
            Kind::Other(_) => page.text[page.span(at, at)]
                .split(' ')
                .any(|word| DEEDS.iter().chain(&RACES).any(|known| word.eq_ignore_ascii_case(known))),
            _ => false,
        })
}

/// `The signal counts down from 0:15`, `counting down from 15 seconds`.
pub(super) fn is_counted_down_from(page: &Page<'_>, left: &Left) -> bool {
    left.cue == Cue::Word(Word::From) && page.before(left.at).is_some_and(|down| ends_with(page, down, &["down"]))
}

/// The tokens of the clause before the token at `at`, the nearest first.
pub(super) fn clause_before<'p>(page: &'p Page<'_>, at: usize) -> impl Iterator<Item = usize> + 'p {
    (at.saturating_sub(8)..at).rev().take_while(|index| {
        !matches!(page.kind(*index), Kind::Break | Kind::Clock | Kind::Mark(Mark::Stop | Mark::Comma | Mark::Semicolon))
    })
}

/// `Track 3 – Rain – 3:12`, `Playlist: Rain (3:12)`: how long a song is, in a line that begins with such a word.
pub(super) fn is_track(page: &Page<'_>, left: &Left) -> bool {
    matches!(left.cue, Cue::Dash | Cue::Open(b'('))
        && (left.at.saturating_sub(10)..left.at)
            .rev()
            .take_while(|at| page.kind(*at) != Kind::Break)
            .any(|at| begins_with(page, at, &["track", "song", "playlist", "album"]) && page.starts_line(at))
}

/// `2:30 left`, `1:15 remaining`: what a game still has.
pub(super) fn is_left_over(page: &Page<'_>, next: usize) -> bool {
    let text = &page.text[page.span(next, next)];
    // `28:25 after extra time`
    let extended = || {
        page.kind(next) == Kind::Word(Word::After)
            && begins_with(page, next + 1, &["extra", "overtime", "penalties", "regulation"])
    };
    text.starts_with("left")
        || text.starts_with("remaining")
        || page.kind(next) == Kind::Word(Word::To) && begins_with(page, next + 1, &["go", "play", "spare"])
        || extended()
}
