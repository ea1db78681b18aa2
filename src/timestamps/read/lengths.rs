//! Lengths and frequencies of time: how long something takes, not when it is.

use super::atoms::Timed;
use super::clocks::names_length;
use super::page::{Cue, Left, Page};
use super::quantities::ends_with;
use super::token::{Kind, Style, Word};

/// `lasts 10 seconds into the night`.
pub(super) fn is_lasting_directly(left: &Left) -> bool {
    matches!(left.cue, Cue::Word(Word::Lasts | Word::For | Word::Goes))
}

/// `the shift (8 hours)`: how long something is; no answer points at the hours of a film so.
pub(super) fn is_shift(page: &Page<'_>, left: &Left, timed: &Timed) -> bool {
    let whole = timed.parts == 1 && timed.unit.size == 3600 && timed.unit.style == Style::Plural;
    whole
        && left.cue == Cue::Open(b'(')
        && page.before(left.at).is_some_and(|noun| matches!(page.kind(noun), Kind::Other(_)))
}

/// Whether the verb before the token says how long something takes.
pub(super) fn is_lasting(page: &Page<'_>, at: usize) -> bool {
    page.before(at).is_some_and(|verb| {
        let text = &page.text[page.span(verb, verb)];
        page.kind(verb) == Kind::Word(Word::Length)
            || ["for", "lasts", "lasted", "lasting", "takes", "took", "taking", "take"]
                .iter()
                .any(|known| text.eq_ignore_ascii_case(known))
    })
}

/// `at 5-second intervals`: how often.
pub(super) fn is_frequency(page: &Page<'_>, timed: &Timed, last: usize) -> bool {
    let next = page.behind(last + 1);
    let text = &page.text[page.span(next, next)];
    timed.describes && ["interval", "step", "increment", "burst", "spacing"].iter().any(|known| text.starts_with(known))
}

/// `Rest time: 30 s`: the time that something takes, or the time when it is.
pub(super) fn is_some_time(page: &Page<'_>, colon: usize) -> bool {
    page.label(colon)
        .filter(|label| page.kind(*label) == Kind::Word(Word::Time))
        .is_some_and(|label| page.before(label).is_some_and(|before| matches!(page.kind(before), Kind::Other(_))))
}

/// Whether what stands before makes it a length.
pub(super) fn is_length(page: &Page<'_>, left: &Left, led: bool) -> bool {
    match left.cue {
        _ if led => false,
        Cue::Word(Word::Lasts | Word::For | Word::Every | Word::Length | Word::Up) => true,
        Cue::Word(Word::Goes) => true,
        // `takes it 4 seconds`
        // `they rest 60 seconds`
        Cue::Other
            if ends_with(page, left.at, &LASTING) && !is_noun(page, left.at) || is_korean_spell(page, left.at) =>
        {
            true
        }
        // 全体で45秒
        Cue::Other
            if &page.text[page.span(left.at, left.at)] == "で"
                && page.before(left.at).is_some_and(|all| page.kind(all) == Kind::Word(Word::Length)) =>
        {
            true
        }
        Cue::Word(Word::Function) | Cue::Other => takes_somebody(page, left.at),
        // `each should last 30 seconds`
        Cue::Word(Word::Last) => page
            .before(left.at)
            .is_some_and(|modal| page.kind(modal) == Kind::Word(Word::To) || ends_with(page, modal, &MODALS)),
        // `3 times in 10 seconds`, `100 m in 9 seconds`, `finishes in 9.58 seconds`
        Cue::Word(Word::In) => {
            is_amount(page, left.at)
                || page.before(left.at).is_some_and(|verb| page.kind(verb) == Kind::Word(Word::End))
        }
        Cue::Word(Word::Of) => {
            let point = page.before(left.at).is_some_and(|noun| {
                matches!(page.kind(noun), Kind::Word(Word::Mark | Word::Stamp | Word::Time | Word::Start | Word::End))
                    && !ends_with(page, noun, &["interval", "intervals"])
            });
            !point
        }
        Cue::Word(Word::Is) if is_turnaround(page, left.at) => true,
        Cue::Word(Word::Is) | Cue::Colon | Cue::Cell | Cue::Open(b'(') => names_length(page, left.at),
        // `extended by 10 seconds`, `runs ahead by 3 minutes`
        Cue::Word(Word::By) => page
            .before(left.at)
            .is_some_and(|verb| page.kind(verb) == Kind::Word(Word::Lasts) || ends_with(page, verb, &SHIFTED)),
        _ => false,
    }
}

/// `Average truck turnaround is 40-45 minutes`, 课程为45分钟.
fn is_turnaround(page: &Page<'_>, at: usize) -> bool {
    const SPELLS: [&str; 14] = [
        "turnaround",
        "stay",
        "visit",
        "break",
        "shift",
        "lag",
        "ride",
        "walk",
        "drive",
        "trip",
        "journey",
        "mean",
        "median",
        "interruption",
    ];
    let Some(noun) = page.before(at) else { return false };
    if page.is_asian(at) {
        // 分钟 counts minutes, 分 may name one
        let number = (at + 1..at + 4).find(|index| !matches!(page.kind(*index), Kind::Word(Word::Approx)));
        let unit = number.map_or(at, |number| number + 1);
        let counts = matches!(&page.text[page.span(unit, unit)], "分钟" | "分鐘" | "小时" | "小時" | "秒钟" | "秒鐘");
        return counts && matches!(page.kind(noun), Kind::Other(_) | Kind::Word(Word::Length));
    }
    ends_with(page, noun, &SPELLS)
        || matches!(page.kind(noun), Kind::Other(_))
            && (noun.saturating_sub(2)..noun).any(|index| page.kind(index) == Kind::Word(Word::Length))
}

/// `휴식은 10분입니다`, `작업 주기는 15초`.
fn is_korean_spell(page: &Page<'_>, at: usize) -> bool {
    let noun = page.text[page.span(at, at)].trim_end_matches(['은', '는', '이', '가']);
    page.is_asian(at)
        && ["휴식", "주기", "간격", "공정", "강의", "수업", "교육", "대기", "쉬는"]
            .iter()
            .any(|spell| noun.ends_with(spell))
}

/// `the stretch 105-118 s`: a verb that is a noun here.
fn is_noun(page: &Page<'_>, at: usize) -> bool {
    let alone = !page.text[page.span(at, at)].contains(' ');
    alone && page.before(at).is_some_and(|the| matches!(page.kind(the), Kind::Word(Word::The | Word::Article)))
}

/// Verbs with a length behind them.
const LASTING: [&str; 56] = [
    "added",
    "adds",
    "bake",
    "bakes",
    "blanch",
    "boil",
    "boils",
    "braise",
    "chill",
    "chills",
    "cook",
    "cooks",
    "cool",
    "cools",
    "cost",
    "costs",
    "dries",
    "dry",
    "fries",
    "fry",
    "gained",
    "gains",
    "grill",
    "grills",
    "heat",
    "knead",
    "kneads",
    "marinate",
    "marinates",
    "need",
    "needed",
    "plank",
    "proof",
    "rest",
    "rested",
    "rinse",
    "roast",
    "roasts",
    "simmer",
    "simmers",
    "sleep",
    "slept",
    "soak",
    "soaks",
    "steep",
    "steeps",
    "stew",
    "stir",
    "stirs",
    "stretch",
    "wash",
    "wasted",
    "wastes",
    "whisk",
    "work",
    "worked",
];

const MODALS: [&str; 9] = ["should", "could", "would", "must", "may", "might", "will", "shall", "not"];

/// What is done by so many seconds.
const SHIFTED: [&str; 12] = [
    "ahead",
    "behind",
    "late",
    "early",
    "off",
    "delayed",
    "shifted",
    "reduced",
    "shortened",
    "increased",
    "improved",
    "slow",
];

/// `takes him 4 seconds`, `takes the man 4 seconds`.
fn takes_somebody(page: &Page<'_>, at: usize) -> bool {
    for index in (at.saturating_sub(3)..=at).rev() {
        match page.kind(index) {
            Kind::Word(Word::Lasts) => return true,
            Kind::Word(Word::The | Word::Article | Word::Function | Word::Age) | Kind::Other(_) => {}
            _ => return false,
        }
    }
    false
}

/// Whether an amount stands before the token.
fn is_amount(page: &Page<'_>, at: usize) -> bool {
    let Some(noun) = page.before(at) else { return false };
    match page.kind(noun) {
        Kind::Word(Word::Measure) | Kind::Unit(_) => true,
        Kind::Other(_) | Kind::Word(Word::Part | Word::Media) => {
            page.before(noun).is_some_and(|number| matches!(page.kind(number), Kind::Number(_)))
        }
        _ => false,
    }
}
