//! Times that a text tells in words, and times in languages that are not read: both raise a doubt.
//!
//! A number in words before a unit is a time (`two minutes in`) unless it is a length (`for two minutes`, `a two-minute
//! clip`, `two minutes later`).

use super::asian_bare;
use super::foreign;
use super::notation;
use super::page::{Cue, Page};
use super::quantities::ends_with;
use super::token::{Gap, Kind, Mark, Style, Unit, Word};
use super::verdict::Judge;
use crate::timestamps::time::{Doubt, Mention, Reason, Time};

/// The first doubt that words raise.
pub(super) fn doubt(judge: &Judge<'_, '_>) -> Option<Doubt> {
    let page = judge.page;
    for at in loose_units(page) {
        if matches!(page.kind(at), Kind::Unit(Unit { size: 0, .. })) {
            if is_through_media(page, at) {
                return Some(Doubt { reason: Reason::WordedTime, span: page.span(at, at) });
            }
            continue;
        }
        if matches!(page.kind(at), Kind::Unit(Unit { style: Style::Unknown, .. })) {
            return Some(Doubt { reason: Reason::UnknownLanguage, span: page.span(at, at) });
        }
        if foreign::is_of_ordinal(page, at) || asian_bare::is_about_so_many(page, at) {
            return Some(Doubt { reason: Reason::WordedTime, span: page.span(at - 1, at) });
        }
        if let Some(first) = amount(page, at) {
            return Some(Doubt { reason: Reason::WordedTime, span: page.span(first, at) });
        }
        if is_minute_later(page, at)
            && judge.found.first().is_some_and(|found| found.span.end <= page.tokens[at].start())
        {
            return Some(Doubt { reason: Reason::WordedTime, span: page.span(at - 1, at) });
        }
    }
    if let Some(span) = page.spelled.iter().find_map(|at| spelled_clock(page, *at as usize)) {
        return Some(Doubt { reason: Reason::WordedTime, span });
    }
    let script = page.script.filter(|script| !notation::decides_all(judge, *script))?;
    Some(Doubt { reason: Reason::UnknownLanguage, span: page.span(script, script) })
}

/// `at 0:40 he falls, and help arrives a minute later`: a time that can be reckoned from one before, but is not read.
fn is_minute_later(page: &Page<'_>, at: usize) -> bool {
    matches!(page.kind(at), Kind::Unit(Unit { size: 60, style: Style::Singular }))
        && at > 0
        && matches!(page.kind(at - 1), Kind::Word(Word::Article) | Kind::Spelled(1))
        && page.kind(at + 1) == Kind::Word(Word::Later)
        && ends_with(page, at + 1, &["later"])
}

/// `halfway through the video`, `midway into the clip`; but `halfway down the aisle`.
fn is_through_media(page: &Page<'_>, at: usize) -> bool {
    // `영상의 절반쯤`
    if page.is_asian(at) {
        return at > 0 && page.kind(at - 1) == Kind::Word(Word::Media);
    }
    matches!(page.kind(at + 1), Kind::Word(Word::To | Word::Into | Word::In))
        && (at + 2..at + 4).any(|index| page.kind(index) == Kind::Word(Word::Media))
}

/// `at one-oh-five`, `at twelve thirty`: a clock in words, which begins with the token at `at`.
fn spelled_clock(page: &Page<'_>, at: usize) -> Option<std::ops::Range<usize>> {
    let zero = |at: usize| matches!(&page.text[page.span(at, at)], "oh" | "o");
    let parts = |at: &usize| match page.kind(*at) {
        Kind::Spelled(_) => true,
        Kind::Mark(Mark::Dash) => page.gap(*at) == Gap::Tight,
        Kind::Other(other) => other.words == 1 && zero(*at),
        _ => false,
    };
    let count = (at..at + 6).take_while(parts).count();
    let end = at + count;
    let over = match page.kind(end) {
        Kind::Break | Kind::Mark(Mark::Stop | Mark::Comma | Mark::Close(_)) => true,
        Kind::Word(word) => count > 1 && matches!(word, Word::Function | Word::The | Word::Article),
        _ => false,
    };
    // `he falls at twelve`, but not `he looks at one`
    let over = over && (count > 1 || matches!(page.kind(at), Kind::Spelled(10..)));
    over.then(|| page.span(at, end - 1))
}

/// The times that a text tells in words, as far as the words can be counted.
pub(super) fn mentions(page: &Page<'_>) -> Vec<Mention> {
    let mut mentions: Vec<Mention> = Vec::new();
    let mut before: Option<(usize, Unit)> = None;
    for at in loose_units(page) {
        let (Some(first), Kind::Unit(unit)) = (amount(page, at), page.kind(at)) else { continue };
        let Some((value, opens)) = count(page, first, at) else { continue };
        let mut span = page.span(first, last_of_amount(page, at));
        let mut seconds = value * f64::from(unit.size);
        // `one minute and thirty seconds`
        let above = before.filter(|(last, above)| above.size > unit.size && first <= last + 2);
        if let Some(minutes) = above.and_then(|_| mentions.pop()) {
            span.start = minutes.span.start;
            seconds += minutes.time.seconds().unwrap_or_default();
        }
        if opens {
            mentions.push(Mention { time: Time::Media(0.0), span: span.clone() });
        }
        mentions.push(Mention { time: Time::Media(seconds), span });
        before = Some((at, unit));
    }
    mentions
}

/// The units that no number in digits stands before.
fn loose_units<'p>(page: &'p Page<'_>) -> impl Iterator<Item = usize> + 'p {
    let points = if page.units { page.points.as_slice() } else { &[] };
    let mut atoms = page.atoms.iter().peekable();
    points.iter().map(|point| *point as usize).filter(move |at| {
        if !matches!(page.kind(*at), Kind::Unit(_)) {
            return false;
        }
        while atoms.next_if(|atom| atom.last < *at).is_some() {}
        // `al minuto 1:05`
        let led = matches!(page.kind(*at + 1), Kind::Clock);
        !led && atoms.peek().is_none_or(|atom| *at < atom.first)
    })
}

/// The number of the words from `first` to the unit, and whether they tell of the first so many.
fn count(page: &Page<'_>, first: usize, unit: usize) -> Option<(f64, bool)> {
    let (mut number, mut half, mut opens) = (0_u16, 0.0, false);
    for index in first..unit {
        match page.kind(index) {
            Kind::Spelled(100) => number = number.max(1).saturating_mul(100),
            Kind::Spelled(value) => number = number.saturating_add(value),
            Kind::Word(Word::Half) => {
                half = if page.text[page.span(index, index)].starts_with(['q', 'Q']) { 0.25 } else { 0.5 }
            }
            Kind::Word(Word::First) => opens = true,
            Kind::Word(Word::Vague | Word::Last | Word::Nth) => return None,
            _ => {}
        }
    }
    if number == 0 && half == 0.0 {
        number = 1;
    }
    if is_and_a_half(page, unit) {
        half = 0.5;
    }
    Some((f64::from(number) + half, opens))
}

/// `a minute and a half`, 一分半.
fn is_and_a_half(page: &Page<'_>, unit: usize) -> bool {
    let half = |at: usize| page.kind(at) == Kind::Word(Word::Half);
    let english = page.kind(unit + 1) == Kind::Word(Word::And)
        && page.kind(unit + 2) == Kind::Word(Word::Article)
        && half(unit + 3);
    let asian = matches!(page.kind(unit), Kind::Unit(Unit { style: Style::Asian, .. }));
    // `une minute et demie`
    let french = page.kind(unit + 1) == Kind::Word(Word::And) && half(unit + 2);
    english || french || asian && half(unit + 1)
}

/// The last token of an amount whose unit is at `at`.
fn last_of_amount(page: &Page<'_>, at: usize) -> usize {
    match page.kind(at + 1) {
        _ if !is_and_a_half(page, at) => at,
        Kind::Word(Word::And) if page.kind(at + 2) == Kind::Word(Word::Half) => at + 2,
        Kind::Word(Word::And) => at + 3,
        _ => at + 1,
    }
}

/// The first token of the amount in words that the unit at `at` ends, if the two together are a time.
fn amount(page: &Page<'_>, at: usize) -> Option<usize> {
    let Kind::Unit(unit) = page.kind(at) else { return None };
    if unit.style == Style::Letter {
        return None;
    }
    // `a minute or two in`
    let or_two = page.kind(at + 1) == Kind::Word(Word::Or) && matches!(page.kind(at + 2), Kind::Spelled(_));
    let behind = page.kind(page.behind(if or_two { at + 3 } else { at + 1 }));
    let (mut first, mut counted, mut half, mut vague, mut article, mut opening, mut hyphen) =
        (at, false, false, false, false, false, false);
    let mut nth = false;
    for _ in 0..8 {
        let Some(index) = first.checked_sub(1) else { break };
        match page.kind(index) {
            Kind::Spelled(_) => counted = true,
            Kind::Word(Word::Half) => half = true,
            Kind::Word(Word::Vague) => vague = true,
            Kind::Word(Word::Article) => article = true,
            Kind::Word(Word::First | Word::Last) => opening = true,
            Kind::Word(Word::The | Word::And | Word::Approx | Word::Ordinal) => {}
            Kind::Word(Word::Nth) => nth = true,
            // the second minute
            Kind::Unit(second) if second.style == Style::Singular && second.size == 1 && unit.size > 1 => nth = true,
            Kind::Word(Word::Of)
                if matches!(page.kind(index.saturating_sub(1)), Kind::Word(Word::Vague | Word::Half)) => {}
            Kind::Other(_) if first == at && ends_with(page, index, &["odd"]) => {}
            // `two-minute`, but not `forty-five`
            Kind::Mark(Mark::Dash) if page.gap(first) == Gap::Tight => hyphen |= first == at,
            _ => break,
        }
        first = index;
    }
    let placed = |index: usize| {
        matches!(
            page.kind(index),
            Kind::Word(
                Word::At
                    | Word::After
                    | Word::Before
                    | Word::In
                    | Word::By
                    | Word::From
                    | Word::Until
                    | Word::To
                    | Word::Between
            )
        )
    };
    // `at minute two`
    let named = matches!(behind, Kind::Spelled(_)) && at > 0 && placed(at - 1);
    // a language whose number words are not known: `после двух минут`
    let french = at > 1 && [at - 1, at - 2].iter().any(|the| matches!(&page.text[page.span(*the, *the)], "la" | "La"));
    let known = unit.style == Style::Known;
    if named || (known || french) && is_placed_afar(page, at, placed) || known && is_of_strangers(page, at) {
        return Some(at);
    }
    let and_a_half = is_and_a_half(page, at);
    if first == at && !and_a_half {
        return None;
    }
    let inside = matches!(behind, Kind::Word(Word::In | Word::Into | Word::Mark));
    let cue = page.left(first).cue;
    let left_length = is_length_by_left(page, cue, first, at);
    // `half a minute later`: whoever tells it so, tells a time
    let halved = half && unit.size == 60 && matches!(behind, Kind::Word(Word::Later | Word::After | Word::Before));
    let right_length = !halved
        && (matches!(behind, Kind::Word(Word::Later | Word::During | Word::Media | Word::Length))
            || matches!(behind, Kind::Word(Word::After | Word::Before)) && !counted && !(half && is_start(page, at)));
    let idiom =
        unit.size == 60 && unit.style == Style::Singular && !counted && !half && matches!(cue, Cue::Word(Word::At));
    let of_media = behind == Kind::Word(Word::Ordinal)
        && page.kind(page.behind(page.behind(at + 1) + 1)) == Kind::Word(Word::Media);
    let right_length = right_length || of_media;
    if opening {
        let plain =
            counted || half || vague || unit.size > 1 || unit.style == Style::Asian || unit.style == Style::Plural;
        return (plain
            && !idiom
            && (counted || unit.size != 3600)
            && !matches!(behind, Kind::Other(_) if unit.style == Style::Singular && unit.size == 1))
        .then_some(first);
    }
    if article && (is_thirty_in(page, at) || inside && matches!(cue, Cue::Word(Word::Lasts))) {
        return Some(first);
    }
    if left_length || right_length && !(unit.style == Style::Asian && matches!(behind, Kind::Word(Word::Later))) {
        return None;
    }
    if nth {
        return Some(first);
    }
    if hyphen || unit.style == Style::Singular && counted && !is_one(page, first, at) {
        return (inside || matches!(behind, Kind::Mark(_) | Kind::Break)).then_some(first);
    }
    if counted || half || and_a_half {
        return Some(first);
    }
    if vague {
        return (inside || cue == Cue::Word(Word::After)).then_some(first);
    }
    let the = !article && unit.size > 1 && behind == Kind::Word(Word::Mark);
    let after = article
        && unit.size > 1
        && matches!(cue, Cue::Word(Word::After | Word::At))
        && !matches!(behind, Kind::Other(_));
    (article && inside || the || after).then_some(first)
}

/// Whether what stands before an amount makes it a length.
fn is_length_by_left(page: &Page<'_>, cue: Cue, first: usize, at: usize) -> bool {
    matches!(cue, Cue::Word(Word::Lasts | Word::For | Word::Every | Word::Length | Word::Goes | Word::Up))
        && !is_told_from_the_start(page, first, at)
}

/// `stands up three minutes in.`, `under two minutes from the beginning`.
fn is_told_from_the_start(page: &Page<'_>, first: usize, at: usize) -> bool {
    let next = page.behind(at + 1);
    let told = match page.kind(next) {
        Kind::Word(Word::In) => {
            matches!(page.kind(next + 1), Kind::Break | Kind::Mark(Mark::Stop | Mark::Comma | Mark::Semicolon))
        }
        Kind::Word(Word::From) => {
            (next + 1..next + 3).any(|at| matches!(page.kind(at), Kind::Word(Word::Start | Word::End)))
        }
        _ => false,
    };
    told && is_no_length(page, first)
}

/// Whether what stands before an amount makes it no length by itself: `up`, `under`, `over`.
fn is_no_length(page: &Page<'_>, first: usize) -> bool {
    let left = page.left(first);
    match left.cue {
        Cue::Word(Word::Up) => true,
        Cue::Word(Word::Lasts) => ends_with(page, left.at, &["under", "over", "within"]),
        _ => false,
    }
}

/// `a minute thirty in`; `just under a minute in` is inside as well.
fn is_thirty_in(page: &Page<'_>, at: usize) -> bool {
    let next = page.behind(at + 1);
    matches!(page.kind(next), Kind::Spelled(_))
        && matches!(page.kind(next + 1), Kind::Word(Word::In | Word::Into | Word::Mark))
}

/// `À la douzième seconde`, `vers la deuxième minute`: an ordinal that is not known, or any number.
fn is_placed_afar(page: &Page<'_>, at: usize, placed: impl Fn(usize) -> bool) -> bool {
    if (at.saturating_sub(2)..at).any(&placed) {
        return true;
    }
    let inside = |index: &usize| match page.kind(*index) {
        Kind::Word(Word::The | Word::Approx) | Kind::Spelled(_) => true,
        Kind::Other(other) => other.words == 1,
        kind => matches!(kind, Kind::Word(_)) && placed(*index),
    };
    let clause = (at.saturating_sub(4)..at).rev().take_while(inside);
    clause.clone().any(|index| placed(index) || page.kind(index) == Kind::Word(Word::Approx))
        && clause.clone().any(|index| page.kind(index) == Kind::Word(Word::The))
}

/// `I den tionde sekunden`, `Na twee minuten`, `giây thứ mười`: a unit that another language has, too, with a word beside it
/// that is not known and may be its number; but not `pendant quelques secondes`, `zwanzig Sekunden später`.
fn is_of_strangers(page: &Page<'_>, at: usize) -> bool {
    let ordinal = page.kind(at + 1) == Kind::Word(Word::Ordinal);
    let stranger = at.checked_sub(1).is_some_and(|before| matches!(page.kind(before), Kind::Other(_)));
    let lasting = (at.saturating_sub(4)..at)
        .any(|index| matches!(page.kind(index), Kind::Word(Word::Lasts | Word::Every | Word::For | Word::Length)));
    let later = (at + 1..at + 3).any(|index| matches!(page.kind(index), Kind::Word(Word::Later | Word::During)));
    ordinal || stranger && !lasting && !later
}

/// `after the start`.
fn is_start(page: &Page<'_>, at: usize) -> bool {
    (at + 2..at + 5).any(|index| page.kind(index) == Kind::Word(Word::Start))
}

/// `one minute`: the singular belongs to the number.
fn is_one(page: &Page<'_>, first: usize, unit: usize) -> bool {
    (first..unit).any(|index| page.kind(index) == Kind::Spelled(1))
}
