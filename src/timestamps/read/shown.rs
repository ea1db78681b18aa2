//! Clocks in the picture: what a clock, a timer, a phone or a poster shows, says or still has. Rarely that is the media's time,
//! but it can be.

use super::appointments::BY_DAY;
use super::clocks::is_silent;
use super::page::{Cue, Left, Page};
use super::quantities::{begins_with, ends_with, is_change};
use super::results::clause_before;
use super::token::{Kind, Mark, Word};

/// Whether a clock or a range of clocks, whose first one has so many seconds, may be one that is seen.
pub(super) fn is_seen(page: &Page<'_>, (first, last): (usize, usize), left: &Left, range: bool, seconds: f64) -> bool {
    let next = page.behind(last + 1);
    let silent = is_silent(page.kind(next));
    is_shown(page, left, range)
        || !silent && is_on_a_clock(page, next)
        || is_rest(page, left)
        || !range && is_time_of_a_screen(page, left)
        || range && is_turned(page, left)
        || !range
            && (is_set_to(page, left)
                || is_something(page, seconds, left)
                || is_describing(page, next, left)
                || is_in_a_quotation(page, first)
                || BY_DAY.contains(&seconds) && is_said(page, first, last, left)
                || is_verb_of_a_clock(page, left)
                || !silent && (is_written_in_asian(page, last) || is_written(page, next, left)))
}

/// What a clock, a scoreboard or an overlay in the picture shows is rarely the media's time, but can be.
fn is_shown(page: &Page<'_>, left: &Left, range: bool) -> bool {
    let display = |from: usize, to: usize| {
        (from..to)
            .rev()
            .take_while(|index| !matches!(page.kind(*index), Kind::Break | Kind::Mark(Mark::Stop)))
            .any(|index| matches!(page.kind(index), Kind::Word(Word::Display)))
    };
    match left.cue {
        // `Watch 2:08-2:17`
        Cue::Word(Word::Display) => {
            let imperative = &page.text[page.span(left.at, left.at)] == "Watch"
                && page
                    .before(left.at)
                    .is_none_or(|before| matches!(page.kind(before), Kind::Break | Kind::Mark(Mark::Stop)));
            !range && !imperative
        }
        // `the phone shows 18:22`, `the poster says 19:30`, but not `the timestamp reads 0:12`
        Cue::Word(Word::Shows) if !range && !is_of_media(page, left.at) => true,
        Cue::Word(Word::Shows | Word::Is) | Cue::Colon => display(left.at.saturating_sub(8), left.at),
        // 时钟显示22:15, 墙上的钟指向10:10
        Cue::Other if !range && page.is_asian(left.at) => {
            let text = &page.text[page.span(left.at, left.at)];
            ["显示", "顯示", "指向", "指着", "標示", "标示"].iter().any(|shows| text.ends_with(shows))
        }
        _ => false,
    }
}

/// `the video shows`, `the timestamp of the event reads`: whether what shows a time is the media, or tells its time.
fn is_of_media(page: &Page<'_>, verb: usize) -> bool {
    (verb.saturating_sub(6)..verb)
        .rev()
        .take_while(|index| !matches!(page.kind(*index), Kind::Break | Kind::Mark(_) | Kind::Clock))
        .any(|index| matches!(page.kind(index), Kind::Word(Word::Media | Word::Stamp | Word::Time | Word::Part)))
}

/// `4:15 on the game clock`.
fn is_on_a_clock(page: &Page<'_>, next: usize) -> bool {
    const CLOCKS: [&str; 6] = ["clock", "timer", "stopwatch", "scoreboard", "watch", "wristwatch"];
    ends_with(page, next, &["on", "by"])
        && matches!(page.kind(next + 1), Kind::Word(Word::The | Word::Age))
        && (next + 2..next + 4).any(|at| page.kind(at) == Kind::Word(Word::Display) && ends_with(page, at, &CLOCKS))
}

/// `Time left: 1:15`, `remaining time: 0:35`: what a game or a timer still has.
fn is_rest(page: &Page<'_>, left: &Left) -> bool {
    let rest = |at: usize| ends_with(page, at, &["left", "remaining"]);
    match left.cue {
        Cue::Word(Word::Last) => true,
        // 残り時間: the unit of hours is the word for time as well
        Cue::Unit => {
            page.is_asian(left.at) && page.before(left.at).is_some_and(|rest| page.kind(rest) == Kind::Word(Word::Last))
        }
        Cue::Word(Word::Time) => page.before(left.at).is_some_and(|last| page.kind(last) == Kind::Word(Word::Last)),
        Cue::Colon | Cue::Word(Word::Is) => page.label(left.at).is_some_and(|label| {
            rest(label)
                || page.before(label).is_some_and(|before| rest(before) && page.kind(label) == Kind::Word(Word::Time))
        }),
        _ => false,
    }
}

/// `timer set to 25:00`, `the countdown starts from 10:00`.
fn is_set_to(page: &Page<'_>, left: &Left) -> bool {
    matches!(left.cue, Cue::Word(Word::To | Word::From))
        && (left.at.saturating_sub(5)..left.at)
            .rev()
            .take_while(|index| !matches!(page.kind(*index), Kind::Break | Kind::Mark(_) | Kind::Clock))
            // `Watch from 0:30`
            .any(|index| {
                matches!(page.kind(index), Kind::Word(Word::Display)) && &page.text[page.span(index, index)] != "Watch"
            })
}

/// `The song is 3:45`, `it is 22:00 in Tokyo`, `the current time is 14:05`: a length, a time of day or a score, unless its
/// subject is a moment or a part of the media.
fn is_something(page: &Page<'_>, seconds: f64, left: &Left) -> bool {
    // `The time is now 15:45`, `Time now: 10:22`
    let now = match left.cue {
        Cue::Word(Word::Function) | Cue::Other => Some(left.at),
        Cue::Colon => page.label(left.at),
        _ => None,
    };
    if BY_DAY.contains(&seconds)
        && now.is_some_and(|now| {
            ends_with(page, now, &["now"]) && now > 0 && matches!(page.kind(now - 1), Kind::Word(Word::Is | Word::Time))
        })
    {
        return true;
    }
    if left.cue != Cue::Word(Word::Is) || page.is_asian(left.at) {
        return left.cue == Cue::Word(Word::Goes) && !page.is_asian(left.at);
    }
    let Some(subject) = page.before(left.at) else { return false };
    match page.kind(subject) {
        // `The key moments are 0:12 and 0:47`
        Kind::Other(_) if ends_with(page, subject, &["moment", "moments", "instant", "instants", "occurrences"]) => {
            false
        }
        Kind::Other(_) | Kind::Word(Word::Function) => !is_of_media(page, left.at),
        Kind::Word(Word::Time) => page.before(subject).is_some_and(|which| match page.kind(which) {
            Kind::Word(Word::Zone) => true,
            // `The time is 14:05`
            Kind::Word(Word::The) => BY_DAY.contains(&seconds),
            _ => ends_with(page, which, &["current", "present"]),
        }),
        _ => false,
    }
}

/// `a 2:30 song`: how long it is.
fn is_describing(page: &Page<'_>, next: usize, left: &Left) -> bool {
    left.article
        && !left.the
        && matches!(page.kind(next), Kind::Other(other) if !other.capital)
        && !matches!(left.cue, Cue::Word(Word::At | Word::From | Word::To | Word::Until))
}

/// `A note says 'back at 13:30'`, `the banner reads: sale until 18:00`: what is written in the picture.
fn is_in_a_quotation(page: &Page<'_>, first: usize) -> bool {
    let clause = || {
        (first.saturating_sub(8)..first)
            .rev()
            .take_while(|at| !matches!(page.kind(*at), Kind::Break | Kind::Mark(Mark::Stop) | Kind::Clock))
    };
    page.shows
        && clause().any(|at| {
            page.kind(at) == Kind::Word(Word::Shows)
                && matches!(page.kind(at + 1), Kind::Mark(Mark::Quote | Mark::Colon))
                && at + 2 < first
        })
}

/// `"See you at 7:30," she says`, `he says that the bus comes at 7:42`: a time of which somebody speaks.
fn is_said(page: &Page<'_>, first: usize, last: usize, left: &Left) -> bool {
    const SAYS: [&str; 10] =
        ["says", "said", "asks", "asked", "shouts", "writes", "wrote", "whispers", "answers", "announces"];
    let quote = (last + 1..last + 4).find(|at| page.kind(*at) == Kind::Mark(Mark::Quote));
    let behind = || quote.is_some_and(|quote| (quote + 1..quote + 3).any(|at| ends_with(page, at, &SAYS)));
    let before = || {
        let quote = (first.saturating_sub(8)..first).rev().find(|at| page.kind(*at) == Kind::Mark(Mark::Quote));
        quote.is_some_and(|quote| quote > 0 && quote + 1 < first && ends_with(page, quote - 1, &SAYS))
    };
    let told =
        || clause_before(page, left.at).any(|at| ends_with(page, at, &SAYS) && ends_with(page, at + 1, &["that"]));
    matches!(left.cue, Cue::Word(Word::At | Word::By | Word::Until)) && (behind() || before() || told())
}

/// `the display changes from 12:58 to 12:59`: what a face shows, first and then.
fn is_turned(page: &Page<'_>, left: &Left) -> bool {
    left.cue == Cue::Word(Word::From)
        && is_change(page, left.at)
        && clause_before(page, left.at).any(|at| page.kind(at) == Kind::Word(Word::Display))
}

/// `the game clock stops at 3:42`, `the timer hits 0:00`: where its hands are, or when.
fn is_verb_of_a_clock(page: &Page<'_>, left: &Left) -> bool {
    const CLOCKS: [&str; 6] = ["clock", "timer", "stopwatch", "countdown", "chronometer", "display"];
    const STANDS: [&str; 12] = [
        "stops", "stopped", "stands", "stood", "hits", "strikes", "reaches", "struck", "reached", "freezes", "paused",
        "expires",
    ];
    let verb = match left.cue {
        Cue::Word(Word::At | Word::To) => page.before(left.at),
        Cue::Other => Some(left.at),
        _ => None,
    };
    let clock = |verb: usize| {
        page.before(verb)
            .is_some_and(|clock| page.kind(clock) == Kind::Word(Word::Display) && ends_with(page, clock, &CLOCKS))
    };
    // `the game clock at 4:05`, but not `looks at the clock at 4:05`
    let at_clock = left.cue == Cue::Word(Word::At)
        && page.before(left.at).is_some_and(|clock| {
            page.kind(clock) == Kind::Word(Word::Display)
                && ends_with(page, clock, &CLOCKS[..5])
                && !clause_before(page, clock).take(3).any(|at| page.kind(at) == Kind::Word(Word::At))
        });
    // `the timer beeps when it hits 0:00`
    let it = left.cue == Cue::Other
        && ends_with(page, left.at, &["hits", "reaches"])
        && clause_before(page, left.at)
            .any(|at| page.kind(at) == Kind::Word(Word::Display) && ends_with(page, at, &CLOCKS));
    it || at_clock
        || left.cue == Cue::Word(Word::At) && is_halted(page, left.at)
        || verb.filter(|verb| clock(*verb)).is_some_and(|verb| match page.kind(verb) {
            Kind::Word(Word::Start | Word::End) => true,
            _ => {
                !page.text[page.span(verb, verb)].contains(' ')
                    && (left.cue == Cue::Other || ends_with(page, verb, &STANDS))
            }
        })
}

/// `the digital clock on the shelf is frozen at 4:20`, `the oven timer is at 0:35`: where the hands of something are.
fn is_halted(page: &Page<'_>, at: usize) -> bool {
    const HALTED: [&str; 9] =
        ["frozen", "stuck", "stopped", "halted", "paused", "fixed", "stands", "stood", "standing"];
    const FACES: [&str; 12] = [
        "clock",
        "clocks",
        "timer",
        "stopwatch",
        "countdown",
        "display",
        "scoreboard",
        "watch",
        "wristwatch",
        "chronometer",
        "dashboard",
        "osd",
    ];
    let Some(verb) = page.before(at) else { return false };
    let is = page.kind(verb) == Kind::Word(Word::Is);
    let halted = ends_with(page, verb, &HALTED);
    if !is && !halted {
        return false;
    }
    let face = |index: usize| {
        page.kind(index) == Kind::Word(Word::Display) && ends_with(page, index, &FACES)
            || ends_with(page, index, &["panel", "readout", "bar", "hands", "speedometer"])
    };
    let inside = |index: &usize| match page.kind(*index) {
        Kind::Other(_) | Kind::Number(_) => true,
        Kind::Word(word) => !matches!(word, Word::And | Word::Or | Word::Start | Word::End | Word::Shows),
        _ => false,
    };
    let Some(from) = (verb.saturating_sub(8)..verb).rev().take_while(inside).last() else { return false };
    // the subject of the clause; but not `the man with the watch is at 0:12`
    let named = usize::from(matches!(page.kind(from), Kind::Word(Word::The | Word::Article | Word::Age)));
    let noun = |index: &usize| {
        face(*index)
            || matches!(
                page.kind(*index),
                Kind::Other(_) | Kind::Number(_) | Kind::Word(Word::Measure | Word::Part | Word::Media)
            )
    };
    (from + named..verb).take_while(noun).any(face)
}

/// `화면 시각 14:32:05`, `현재 시각은 14:32`, 当前时间14:32: the time that a screen has, or that it is.
fn is_time_of_a_screen(page: &Page<'_>, left: &Left) -> bool {
    const SCREENS: [&str; 14] = [
        "화면",
        "현재",
        "촬영",
        "녹화",
        "카메라",
        "현지",
        "CCTV",
        "画面",
        "現在",
        "撮影",
        "当前",
        "拍摄",
        "录制",
        "北京",
    ];
    let time = match left.cue {
        Cue::Word(Word::Time) => Some(left.at),
        Cue::Word(Word::Is) | Cue::Colon => {
            page.label(left.at).filter(|label| page.kind(*label) == Kind::Word(Word::Time))
        }
        _ => None,
    };
    // 现在是14:32
    let now = left.cue == Cue::Word(Word::Is)
        && page.before(left.at).is_some_and(|now| {
            let text = &page.text[page.span(now, now)];
            ["现在", "現在", "今", "지금은"].iter().any(|known| text.ends_with(known))
        });
    now || time.filter(|time| page.is_asian(*time)).is_some_and(|time| {
        let before = page.text[..page.tokens[time].start()].trim_end();
        SCREENS.iter().any(|screen| before.ends_with(screen))
    })
}

/// `화면에 18:22가 보입니다`, 22:15を表示: behind a clock.
fn is_written_in_asian(page: &Page<'_>, last: usize) -> bool {
    const SHOWN: [&str; 10] = ["表示", "示し", "示す", "指し", "指す", "표시", "보이", "보입", "나타", "가리"];
    const LEFT: [&str; 5] = ["남았", "남은", "남아", "残り", "剩"];
    if !page.is_asian(last + 1) {
        return false;
    }
    let behind = &page.text[page.tokens[last].end()..];
    let verb = behind.strip_prefix(['가', '이', '을', '를', '로', 'を', 'が', 'と']).map(str::trim_start);
    verb.is_some_and(|verb| SHOWN.iter().any(|shown| verb.starts_with(shown)))
        || LEFT.iter().any(|left| verb.unwrap_or(behind).trim_start().starts_with(left))
}

/// `12:30 is written on the wall`.
fn is_written(page: &Page<'_>, next: usize, left: &Left) -> bool {
    let verb = next + usize::from(page.kind(next) == Kind::Word(Word::Is));
    !matches!(left.cue, Cue::Word(Word::At | Word::From | Word::Between | Word::After | Word::By))
        && verb > next
        && begins_with(page, verb, &["written", "displayed", "shown", "printed", "painted", "visible"])
        // `0:12 is shown`: where, it has to say
        && matches!(page.kind(verb + 1), Kind::Word(Word::Function | Word::At | Word::In | Word::By))
}
