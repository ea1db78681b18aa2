//! Clocks that are none: ratios, scores, verses, and what somebody achieved.

use super::identifiers::is_in_a_name;
use super::page::{Cue, Left, Page};
use super::quantities::{begins_with, ends_with};
use super::results::{GAMES, clause_before};
use super::token::{Kind, Mark, Word};

/// Ratios, scores and verses.
pub(super) fn is_other(page: &Page<'_>, left: &Left) -> bool {
    match left.cue {
        // `passes to No. 7 and scores: 1:17-1:23`
        Cue::Colon if is_verb_of_a_game(page, left.at) => false,
        Cue::Word(Word::Ratio | Word::Book) => true,
        // `T+00:45`
        Cue::Never => page.before(left.at).is_none_or(|before| page.kind(before) != Kind::Word(Word::Time)),
        Cue::Word(Word::Of | Word::Is) | Cue::Colon => page.label(left.at).is_some_and(|label| {
            matches!(page.kind(label), Kind::Word(Word::Ratio | Word::Book))
                || left.cue == Cue::Word(Word::Of) && ends_with(page, label, &DILUTIONS)
        }),
        _ => false,
    }
}

/// `dilutions from 1:10 to 1:80`: how thin, or when.
pub(super) fn is_diluted(page: &Page<'_>, first: usize, left: &Left) -> bool {
    matches!(left.cue, Cue::Word(Word::From | Word::Between))
        && page.text[page.span(first, first)].starts_with("1:")
        && page.before(left.at).is_some_and(|noun| ends_with(page, noun, &DILUTIONS))
}

/// `dilutions of 1:10`.
const DILUTIONS: [&str; 4] = ["dilution", "dilutions", "gradients", "concentrations"];

/// `and scores:`, `he wins:`: a verb with its time behind a colon.
fn is_verb_of_a_game(page: &Page<'_>, colon: usize) -> bool {
    page.label(colon).is_some_and(|verb| {
        ends_with(page, verb, &["scores", "scored", "wins", "leads", "beats"])
            && verb > 0
            && matches!(page.kind(verb - 1), Kind::Word(Word::And))
    })
}

pub(super) fn is_other_by_right(page: &Page<'_>, next: usize, left: &Left) -> bool {
    // `16:10 in aspect ratio`
    let grammar =
        |index: usize| matches!(page.kind(index), Kind::Word(Word::In | Word::Article | Word::Is | Word::Function));
    let ratio = (next..next + 4).find(|index| !grammar(*index)).is_some_and(|index| {
        matches!(page.kind(index), Kind::Word(Word::Ratio)) && !(left.cue.is_preposition() && is_deed(page, index))
    });
    ratio
        || left.article && (is_screen(page, next) || is_proportion(page, next))
        || matches!(page.kind(next), Kind::Mark(Mark::Percent | Mark::Degree))
}

/// `a 1:10 dilution`, `a 1:40 fuel ratio`: what two numbers with a colon tell, behind an article.
fn is_proportion(page: &Page<'_>, next: usize) -> bool {
    const PROPORTIONS: [&str; 9] =
        ["dilution", "solution", "concentration", "slope", "gradient", "incline", "gear", "reduction", "oversampling"];
    begins_with(page, next, &PROPORTIONS)
        || ends_with(page, next, &PROPORTIONS)
        || matches!(page.kind(next), Kind::Other(_)) && page.kind(next + 1) == Kind::Word(Word::Ratio)
}

/// `the goal at 12:34 leads to a corner`, `the throw at 4:32 wins the set`: what somebody does, behind a time.
fn is_deed(page: &Page<'_>, at: usize) -> bool {
    ends_with(
        page,
        at,
        &["wins", "won", "beat", "beats", "leads", "lead", "scores", "scored", "mixed", "diluted", "tie"],
    )
}

/// `split 60:40`, `both in 16:10`, `the scale model is built at 1:24`: what the two numbers are tells it.
pub(super) fn is_other_than_time(page: &Page<'_>, first: usize, last: usize, left: &Left) -> bool {
    if is_in_a_name(page, first, last, left) {
        return true;
    }
    let text = &page.text[page.span(first, first)];
    let Some(colon) = text.bytes().position(|byte| byte == b':') else { return false };
    let (a, b) = (&text[..colon], &text[colon + 1..]);
    let next = page.behind(last + 1);
    match (a, b) {
        ("16", "10") => {
            left.cue == Cue::Word(Word::In)
                || matches!(left.cue, Cue::Word(Word::Is | Word::Of | Word::Function) | Cue::Other | Cue::List)
                    && is_screen(page, next)
                || left.cue == Cue::Word(Word::To) && page.before(left.at).is_some_and(|at| is_screen_ratio(page, at))
        }
        ("1", _) if b.len() == 2 => {
            let of_model = |at: usize| ends_with(page, at, &MODELS) || begins_with(page, at, &MODELS);
            let made = match left.cue {
                Cue::Word(Word::At | Word::In) => page.before(left.at).is_some_and(|verb| ends_with(page, verb, &MADE)),
                _ => false,
            };
            let clause = || {
                (first.saturating_sub(10)..first)
                    .rev()
                    .take_while(|index| !matches!(page.kind(*index), Kind::Break | Kind::Mark(Mark::Stop)))
                    .any(of_model)
            };
            made && clause()
                || left.article && begins_with(page, next, &MODELS)
                || matches!(left.cue, Cue::Word(Word::Is | Word::Of)) && page.before(left.at).is_some_and(of_model)
        }
        _ => is_share(a, b) && (is_shared(page, left) || begins_with(page, next, &SHARES)),
    }
}

/// `4:3`, `16:9`.
fn is_screen_ratio(page: &Page<'_>, at: usize) -> bool {
    matches!(&page.text[page.span(at, at)], "4:3" | "16:9" | "5:4" | "3:2" | "21:9" | "1:1")
}

/// `60:40`: two shares of a hundred.
fn is_share(a: &str, b: &str) -> bool {
    let sum = a.parse::<u32>().unwrap_or(0) + b.parse::<u32>().unwrap_or(0);
    sum == 100
}

/// `split 60:40`, `shared out 70:30`.
fn is_shared(page: &Page<'_>, left: &Left) -> bool {
    const SHARED: [&str; 11] = [
        "split",
        "splits",
        "shared",
        "divided",
        "share",
        "blend",
        "blended",
        "parted",
        "weighted",
        "allocated",
        "distributed",
    ];
    match left.cue {
        // `점유율 57:43`
        Cue::Other if page.is_asian(left.at) => page.text[page.span(left.at, left.at)].ends_with(['율', '률', '率']),
        Cue::Other => ends_with(page, left.at, &SHARED) || ends_with(page, left.at, &SHARES),
        Cue::Word(Word::At | Word::Is | Word::In | Word::Of) => {
            page.before(left.at).is_some_and(|verb| ends_with(page, verb, &SHARED) || ends_with(page, verb, &SHARES))
        }
        _ => false,
    }
}

/// What is told in shares.
const SHARES: [&str; 8] = ["split", "blend", "mix", "shares", "share", "division", "possession", "distribution"];

/// What is built to a scale.
const MODELS: [&str; 12] = [
    "model",
    "models",
    "map",
    "maps",
    "replica",
    "replicas",
    "miniature",
    "miniatures",
    "drawing",
    "drawings",
    "diorama",
    "blueprint",
];

const MADE: [&str; 12] = [
    "built",
    "made",
    "drawn",
    "printed",
    "scaled",
    "plotted",
    "rendered",
    "modelled",
    "modeled",
    "reproduced",
    "produced",
    "reduced",
];

/// `a 16:10 monitor`.
fn is_screen(page: &Page<'_>, next: usize) -> bool {
    let text = &page.text[page.span(next, next)];
    let noun = text.split(' ').next().unwrap_or(text);
    [
        "monitor",
        "monitors",
        "screen",
        "display",
        "frame",
        "panel",
        "tv",
        "television",
        "format",
        "image",
        "picture",
        "crop",
    ]
    .iter()
    .any(|word| noun.eq_ignore_ascii_case(word))
}

/// `The ratio of bleach to water in bucket 2 is 1:10, where 1:32 is demanded`: in the sentence of a ratio, whatever no word
/// places is one.
pub(super) fn is_ratio_of(page: &Page<'_>, first: usize, left: &Left) -> bool {
    let placed = matches!(
        left.cue,
        Cue::Word(Word::Start | Word::End | Word::Time | Word::Stamp)
            | Cue::Open(_)
            | Cue::Start
            | Cue::Cell
            | Cue::Dash
    );
    !placed
        && !left.cue.is_preposition()
        && (first.saturating_sub(20)..first)
            .rev()
            .take_while(|index| !matches!(page.kind(*index), Kind::Break | Kind::Mark(Mark::Stop | Mark::Pipe)))
            .any(|index| {
                page.kind(index) == Kind::Word(Word::Of)
                    && page.kind(index.saturating_sub(1)) == Kind::Word(Word::Ratio)
            })
}

/// `Set 1 ended 25:21`, `the match ended 21:15, 19:21`: no match ends twice.
pub(super) fn is_set(page: &Page<'_>, last: usize, left: &Left) -> bool {
    let Some(noun) = page.before(left.at).filter(|_| left.cue == Cue::Word(Word::End)) else { return false };
    match page.kind(noun) {
        Kind::Number(_) => page.before(noun).is_some_and(|noun| ends_with(page, noun, &GAMES)),
        _ => {
            ends_with(page, noun, &GAMES)
                && page.kind(last + 1) == Kind::Mark(Mark::Comma)
                && page.kind(last + 2) == Kind::Clock
        }
    }
}

/// `The drawing is at 1:50`: when, or to which scale.
fn is_drawn(page: &Page<'_>, left: &Left) -> bool {
    left.cue == Cue::Word(Word::At)
        && page.before(left.at).is_some_and(|is| {
            page.kind(is) == Kind::Word(Word::Is) && page.before(is).is_some_and(|noun| ends_with(page, noun, &MODELS))
        })
}

/// `Dilute the cleaner 1:10`, `geared 1:20`: what is told in parts, in the clause before.
pub(super) fn is_in_parts(page: &Page<'_>, first: usize, left: &Left) -> bool {
    const PARTS: [&str; 21] = [
        "ramp",
        "ramps",
        "incline",
        "dilute",
        "dilutes",
        "diluting",
        "dilution",
        "dilutions",
        "skala",
        "escala",
        "scala",
        "maßstab",
        "thin",
        "thinned",
        "geared",
        "gearing",
        "gear",
        "solution",
        "slope",
        "gradient",
        "concentrate",
    ];
    let text = &page.text[page.span(first, first)];
    text.starts_with("1:")
        && text.len() <= 4
        && (!left.cue.is_preposition() || is_drawn(page, left))
        && clause_before(page, first).any(|at| match page.kind(at) {
            Kind::Word(Word::Ratio) => ends_with(page, at, &["mix", "mixed", "diluted", "mixture", "scale"]),
            Kind::Word(Word::Is) => is_drawn(page, left),
            Kind::Other(_) => page.text[page.span(at, at)]
                .split(' ')
                .any(|word| PARTS.iter().any(|known| word.eq_ignore_ascii_case(known))),
            _ => false,
        })
}
