//! Units of languages that are not read, beside a number: they make a doubt of it. As they are short, or mean other things as
//! well, they are looked for nowhere else.

use super::page::{Follow, Page};
use super::token::{Gap, Kind, Mark, Style, Unit, Word};

/// Whether a number without a unit that is known has one of another language behind it (`2 dk`, `12. godzinie`), or before it
/// (`orele 12`).
pub(super) fn is_unit_beside(page: &Page<'_>, first: usize, last: usize) -> bool {
    let tight = |at: usize| page.gap(at) == Gap::Tight;
    let next = last + 1;
    let behind = match page.kind(next) {
        Kind::Other(_) | Kind::Word(_) if page.gap(next) <= Gap::Space => is_unit(page, next),
        // `12. godzinie`, `12-й годині`
        Kind::Mark(Mark::Stop | Mark::Degree | Mark::Dash) if tight(next) => {
            let suffix = usize::from(tight(next + 1) && page.kind(next + 1) == Kind::Word(Word::Ordinal));
            let unit = next + 1 + suffix;
            matches!(page.kind(unit), Kind::Other(_)) && page.gap(unit) == Gap::Space && is_hour(word(page, unit))
        }
        _ => false,
    };
    let before = || {
        let text = &page.text[page.span(first - 1, first - 1)];
        is_hour(&text[text.bytes().rposition(|byte| byte == b' ').map_or(0, |space| space + 1)..])
    };
    behind || first > 0 && page.gap(first) == Gap::Space && matches!(page.kind(first - 1), Kind::Other(_)) && before()
}

/// Whether the unit at `at`, which no number stands before, has an ordinal there: `la 15e seconde`, `33° secondo`,
/// `der 12. Minute`, or one behind it, `la minute 12`.
pub(super) fn is_of_ordinal(page: &Page<'_>, at: usize) -> bool {
    let Kind::Unit(unit) = page.kind(at) else { return false };
    let english = match unit.style {
        Style::Known | Style::Unknown => false,
        // `minute` is French and German as well, `second` is English alone
        Style::Singular if unit.size == 60 => true,
        _ => return false,
    };
    if at == 0 || page.gap(at) != Gap::Space {
        return false;
    }
    let number = |at: usize| matches!(page.kind(at), Kind::Number(digits) if digits.decimals == 0);
    match page.kind(at - 1) {
        // `15e`, `1re`
        Kind::Id => is_numbered(&page.text[page.span(at - 1, at - 1)]),
        // `1ère`
        Kind::Other(other) if other.words == 1 && page.gap(at - 1) == Gap::Tight && at >= 2 && number(at - 2) => true,
        // `12.`, `33°`, `20º`, `20.º`
        Kind::Mark(Mark::Stop | Mark::Degree | Mark::Other | Mark::Prime) => {
            let from = at.saturating_sub(4);
            let dressed = (from..at - 1).rev().take_while(|index| matches!(page.kind(*index), Kind::Mark(_))).count();
            let first = at - 1 - dressed;
            first > 0
                && (first..at).all(|index| page.gap(index) == Gap::Tight)
                && number(first - 1)
                && !(english && page.starts_line(first - 1))
        }
        // `der Minute 12`, `la minute 12`, but not `the minute 12 people enter`
        Kind::Other(_) if english && number(at + 1) => page.text[page.tokens[at].start()..].starts_with('M'),
        Kind::Word(Word::The) if english => {
            let the = &page.text[page.span(at - 1, at - 1)];
            number(at + 1) && !the.eq_ignore_ascii_case("the")
        }
        _ => false,
    }
}

/// `După 12 minute`: what English writes so, describes a noun; a word beside it has letters that are none of English.
pub(super) fn is_many_of_singular(page: &Page<'_>, last: usize) -> bool {
    const NEAR: usize = 40;
    let singular = matches!(page.kind(last), Kind::Unit(Unit { size: 60, style: Style::Singular }));
    let bytes = page.text.as_bytes();
    let (start, end) = (page.tokens[last].start(), page.tokens[last].end());
    let near = &bytes[start.saturating_sub(NEAR)..bytes.len().min(end + NEAR)];
    let noun = matches!(page.follow(last), Follow::Noun | Follow::Sentence);
    singular
        && last.checked_sub(1).is_some_and(|number| matches!(page.kind(number), Kind::Number(_)))
        && (!noun || near.iter().any(|byte| matches!(byte, 0xC3..=0xC9)))
}

/// `an der 35-Sekunden-Marke`.
pub(super) fn is_mark_of_german(page: &Page<'_>, last: usize) -> bool {
    let joined = page.kind(last + 1) == Kind::Mark(Mark::Dash)
        && page.gap(last + 1) == Gap::Tight
        && page.gap(last + 2) == Gap::Tight;
    joined && {
        let noun = &page.text[page.tokens[last + 1].end()..];
        ["Marke", "Punkt", "Zeitpunkt", "Stelle", "Bereich"].iter().any(|mark| noun.starts_with(mark))
    }
}

/// `15e`, `1re`, `33esimo`, `20mo`, `12nci`: a number, and then nothing but a few letters.
fn is_numbered(id: &str) -> bool {
    let letters = id.trim_start_matches(|first: char| first.is_ascii_digit());
    letters.len() < id.len() && letters.len() <= 6 && letters.chars().all(char::is_lowercase)
}

/// The first word of a token.
fn word<'p>(page: &'p Page<'_>, at: usize) -> &'p str {
    let text = &page.text[page.span(at, at)];
    let apart = |byte: u8| matches!(byte, b' ' | b'\'' | 0xE2);
    &text[..text.bytes().position(apart).unwrap_or(text.len())]
}

/// Whether the first word of the token is a unit behind a number.
fn is_unit(page: &Page<'_>, at: usize) -> bool {
    let lead = page.text.as_bytes()[page.tokens[at].start()];
    // what none of them begins with
    if !matches!(
        lead,
        b'S' | b'd' | b'g' | b'h' | b'j' | b'm' | b'o' | b's' | b't' | b'u' | b'v' | 0xC3 | 0xC4 | 0xD0 | 0xD1
    ) {
        return false;
    }
    let word = word(page, at);
    match lead {
        b'S' => word == "Std",
        b'd' => matches!(word, "dk" | "dak" | "dtk"),
        b'g' => matches!(word, "godz" | "giờ") || is_hour(word),
        b'h' => word == "hod" || is_hour(word),
        // `12 jam jars`
        b'j' => word == "jam" && !page.text[page.span(at, at)].starts_with("jam jar"),
        b'm' => matches!(word, "mn" | "mp" | "mnt"),
        b's' => matches!(word, "sn" | "sa" | "sk" | "std") || is_hour(word),
        b't' => matches!(word, "tim" | "tiếng") || is_hour(word),
        b'u' => word == "u" || is_hour(word),
        b'v' => matches!(word, "vt" | "vteř"),
        // `8,4 с`, but not `с 0:12`, `5 с половиной`
        0xD1 if word == "с" => {
            let next = at + 1;
            !matches!(page.kind(next), Kind::Number(_) | Kind::Clock | Kind::Date)
                && !page.text[page.tokens[at].end()..].starts_with(" полов")
        }
        0xD1 => matches!(word, "ч" | "хв" | "хвил") || is_hour(word),
        0xD0 => word == "год" || is_hour(word),
        0xC3 | 0xC4 => word == "ó" || is_hour(word),
        b'o' => is_hour(word),
        _ => false,
    }
}

/// Whether letters that stand directly behind a number are such a unit: `12dk`, `30sn`.
pub(super) fn is_glued_unit(word: &[u8]) -> bool {
    matches!(word, b"dk" | b"sn" | b"mn" | b"tim" | b"mnt" | b"dtk" | b"Std" | b"std" | b"godz" | b"hod")
}

/// Words for hours, which are too much like others to be known by their beginnings alone.
fn is_hour(word: &str) -> bool {
    const STEMS: [&str; 15] = [
        "godzin",
        "hodin",
        "timme",
        "timma",
        "saat",
        "uren",
        "uurtje",
        "orele",
        "orei",
        "tunti",
        "tunni",
        "tunte",
        "óra",
        "órá",
        "годин",
    ];
    const WORDS: [&str; 6] = ["oră", "часу", "часе", "часам", "часах", "часами"];
    match word.as_bytes() {
        [b'g' | b'h' | b's' | b'o', b'o' | b'r' | b'a', ..]
        | [b't' | b'u', b'i' | b'u' | b'r', ..]
        | [0xC3 | 0xD0 | 0xD1, ..] => STEMS.iter().any(|stem| word.starts_with(stem)) || WORDS.contains(&word),
        _ => false,
    }
}
