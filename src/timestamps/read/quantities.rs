//! Nouns that a number beside them counts, measures or names: no time, whatever form it has.

use super::page::Page;
use super::token::{Kind, Mark, Word};

/// Amounts, qualities, scales (`FM 101.5-104.2`), and places with numbers.
const QUANTITIES: [&str; 78] = [
    "accuracy",
    "ages",
    "aisles",
    "aperture",
    "bays",
    "bmi",
    "boxes",
    "brightness",
    "cameras",
    "coefficient",
    "confiance",
    "confianza",
    "confidence",
    "contrast",
    "count",
    "cpi",
    "dab",
    "depth",
    "distance",
    "docks",
    "doors",
    "equations",
    "exercises",
    "factor",
    "floor",
    "floors",
    "fm",
    "fouls",
    "gain",
    "gamma",
    "gates",
    "goals",
    "grade",
    "height",
    "index",
    "iq",
    "iso",
    "konfidenz",
    "lane",
    "lanes",
    "level",
    "levels",
    "pages",
    "pallets",
    "percentile",
    "players",
    "precision",
    "problems",
    "price",
    "prices",
    "probability",
    "quantity",
    "rating",
    "rebounds",
    "recall",
    "rooms",
    "rows",
    "seats",
    "sections",
    "shelves",
    "similarity",
    "size",
    "speed",
    "tables",
    "temperature",
    "threshold",
    "trucks",
    "turnovers",
    "uhf",
    "vehicles",
    "vhf",
    "votes",
    "weight",
    "weights",
    "width",
    "yaw",
    "zones",
    "zoom",
];

/// What quantities and lengths do: more or less of them.
pub(super) const MOVES: [&str; 18] = [
    "climbs",
    "decreased",
    "decreases",
    "dropped",
    "drops",
    "fallen",
    "falls",
    "fell",
    "grew",
    "grown",
    "grows",
    "increased",
    "increases",
    "reduced",
    "risen",
    "rises",
    "rose",
    "shrank",
];

/// Parts of a text or of a place that have numbers: `section 4.1`, `window 3`, `stop 12`.
const NUMBERED: [&str; 15] = [
    "chapter",
    "chapters",
    "figure",
    "figures",
    "paper",
    "portion",
    "reference",
    "section",
    "sections",
    "source",
    "span",
    "stop",
    "table",
    "window",
    "windows",
];

/// `Lanes: 2-3`, `Confidence: 0.8-0.9`, `Turnovers so far: 8-11`: whether there is such a noun in the token.
pub(super) fn is_quantity(page: &Page<'_>, at: usize) -> bool {
    page.text[page.span(at, at)].split(' ').any(|word| is_one_of(word, &QUANTITIES))
}

/// `section 4.1 to 4.5`, `breaks window 3`.
pub(super) fn is_numbered(page: &Page<'_>, at: usize) -> bool {
    ends_with(page, at, &NUMBERED) || is_till(page, at)
}

/// `5 points`: places or a score, behind the token at `last`.
pub(super) fn is_points(page: &Page<'_>, last: usize) -> bool {
    page.text[page.span(last + 1, last + 1)].eq_ignore_ascii_case("points")
}

/// `at till 4`, `behind the till 3`: where one pays.
fn is_till(page: &Page<'_>, at: usize) -> bool {
    page.text[page.span(at, at)].eq_ignore_ascii_case("till")
        && page.before(at).is_some_and(|before| match page.kind(before) {
            Kind::Word(
                Word::At | Word::The | Word::Article | Word::By | Word::In | Word::Of | Word::To | Word::Every,
            ) => true,
            Kind::Other(_) | Kind::Word(Word::Function) => ends_with(page, before, &["behind", "beside", "on", "with"]),
            _ => false,
        })
}

/// `the confidence for each item lies between 0.81 and 0.94`: whether the words of the clause before the token name one.
pub(super) fn is_of_quantity(page: &Page<'_>, at: usize) -> bool {
    let clause = (at.saturating_sub(12)..at).rev().take_while(|index| match page.kind(*index) {
        Kind::Break | Kind::Number(_) | Kind::Clock => false,
        Kind::Mark(mark) => matches!(mark, Mark::Star | Mark::Quote),
        _ => true,
    });
    clause.filter(|index| matches!(page.kind(*index), Kind::Other(_) | Kind::Word(Word::Ratio))).any(|index| {
        is_quantity(page, index)
            || ends_with(page, index, &["odds", "score", "scores", "scale", "ratio", "ratios", "value", "values"])
    })
}

/// `has grown from 60 to 75`: whether the word before the token tells of an amount that changes.
pub(super) fn is_change(page: &Page<'_>, at: usize) -> bool {
    const VERBS: [&str; 34] = [
        "accelerated",
        "accelerates",
        "braked",
        "brakes",
        "changed",
        "changes",
        "climbed",
        "count",
        "counted",
        "counting",
        "counts",
        "graded",
        "jumped",
        "jumps",
        "labeled",
        "labelled",
        "numbered",
        "raised",
        "raises",
        "ranged",
        "ranging",
        "ranked",
        "rated",
        "sank",
        "shifted",
        "shifts",
        "sinks",
        "slowed",
        "slows",
        "soars",
        "turned",
        "varied",
        "varies",
        "vary",
    ];
    page.before(at).is_some_and(|verb| ends_with(page, verb, &VERBS) || ends_with(page, verb, &MOVES))
}

/// `confidence (…`: whether the last word of a token is such a noun.
pub(super) fn is_quantity_at_end(page: &Page<'_>, at: usize) -> bool {
    ends_with(page, at, &QUANTITIES)
}

/// `Python 3.11-3.12`: what has versions.
pub(super) fn is_software(page: &Page<'_>, at: usize) -> bool {
    const SOFTWARE: [&str; 30] = [
        "android",
        "builds",
        "cuda",
        "debian",
        "deepstream",
        "django",
        "docker",
        "driver",
        "drivers",
        "firmware",
        "firmwares",
        "go",
        "java",
        "jetpack",
        "kernel",
        "kernels",
        "kubernetes",
        "linux",
        "node",
        "opencv",
        "php",
        "postgres",
        "postgresql",
        "python",
        "pytorch",
        "releases",
        "ruby",
        "tensorrt",
        "ubuntu",
        "versions",
    ];
    ends_with(page, at, &SOFTWARE)
}

/// `12-16 King Street`, `12-14, rue du Moulin`: whether the words behind the token at `last` name a street.
pub(super) fn is_address(page: &Page<'_>, last: usize) -> bool {
    const STREETS: [&str; 19] = [
        "Street",
        "St",
        "Road",
        "Rd",
        "Avenue",
        "Ave",
        "Lane",
        "Drive",
        "Square",
        "Boulevard",
        "Blvd",
        "Way",
        "Court",
        "Place",
        "Terrace",
        "Crescent",
        "Row",
        "Close",
        "Quay",
    ];
    const FOREIGN: [&str; 11] =
        ["rue", "avenue", "boulevard", "chemin", "quai", "via", "viale", "calle", "avenida", "rua", "ulica"];
    let comma = usize::from(page.kind(last + 1) == Kind::Mark(Mark::Comma));
    let next = last + 1 + comma;
    let Kind::Other(other) = page.kind(next) else { return false };
    let text = &page.text[page.span(next, next)];
    if !other.capital {
        return text.split(' ').next().is_some_and(|word| FOREIGN.contains(&word));
    }
    let mut name = text.split(' ').take(4).take_while(|word| word.starts_with(char::is_uppercase));
    comma == 0 && name.any(|word| STREETS.contains(&word) || word.ends_with("straße") || word.ends_with("strasse"))
}

/// Whether the last word of a token is one of these. Its end is compared, as looking for the space before it costs more.
pub(super) fn ends_with(page: &Page<'_>, at: usize, words: &[&str]) -> bool {
    let text = page.text[page.span(at, at)].as_bytes();
    let Some(last) = text.last().map(|last| last | 0x20) else { return false };
    words.iter().any(|known| {
        let known = known.as_bytes();
        known.last().is_some_and(|end| end | 0x20 == last)
            && text.len() >= known.len()
            && text[text.len() - known.len()..].eq_ignore_ascii_case(known)
            && (text.len() == known.len() || text[text.len() - known.len() - 1] == b' ')
    })
}

/// Whether the first word of a token is one of these.
pub(super) fn begins_with(page: &Page<'_>, at: usize, words: &[&str]) -> bool {
    let text = page.text[page.span(at, at)].as_bytes();
    let Some(first) = text.first().map(|first| first | 0x20) else { return false };
    words.iter().any(|known| {
        let known = known.as_bytes();
        known.first().is_some_and(|begin| begin | 0x20 == first)
            && text.get(..known.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(known))
            && text.get(known.len()).is_none_or(|next| *next == b' ')
    })
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}
