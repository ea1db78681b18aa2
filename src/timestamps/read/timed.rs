//! Numbers with a unit: a time (`at 10 seconds`), or a length (`for 10 seconds`), which is none.

mod ranges;

use self::ranges::range;
use super::alone::{self, is_placed};
use super::atoms::{Shape, Timed};
use super::behind::{Behind, is_asian};
use super::clocks::is_same_sentence;
use super::cut_off::{is_asian_fraction, is_counted_down, is_fraction, is_hyphened, is_incomplete, is_styled};
use super::lengths::is_treatment;
use super::measures::is_squared;
use super::metres::is_metres;
use super::page::{Cue, Follow, Left, Page};
use super::plurals::is_plural;
use super::sums::is_summed;
use super::token::{Gap, Kind, Mark, Style, Word};
use super::verdict::{Judge, Verdict};
use crate::timestamps::time::{Reason, Time};

const UNCLEAR: Verdict = Verdict::Doubt(Reason::AmbiguousNumber);

pub(super) fn judge(judge: &mut Judge<'_, '_>, index: usize) -> Verdict {
    let page = judge.page;
    let (first, tail) = (judge.first(index), judge.lent[index].map_or(index, |(_, tail)| tail));
    let last = judge.last(tail);
    let ends = (page.atoms[judge.groups[tail].to].shape, page.atoms[judge.groups[tail].from].shape);
    let ((Shape::Timed(timed), _) | (_, Shape::Timed(timed))) = ends else {
        // `seconds 5, 9`: the unit stands before the first of them
        let before = judge.verdicts.last().copied().unwrap_or(Verdict::Not);
        return if before == Verdict::Done { Verdict::Time } else { before };
    };
    if timed.unit.style == Style::Unknown {
        return Verdict::Doubt(Reason::UnknownLanguage);
    }
    if timed.is_lone_m() && is_squared(page, last)
        || is_fraction(page, first)
        || timed.unit.size == 60
            && page.kind(last + 1) == Kind::Word(Word::Ordinal)
            && is_asian_fraction(page, last, &timed)
        || is_hyphened(page, first, &timed)
        || is_styled(page, first, last, &timed)
    {
        return Verdict::Not;
    }
    if is_counted_down(page, first) {
        return UNCLEAR;
    }
    let left = page.left(first);
    if is_plural(page, first, last, &left, &timed) {
        return Verdict::Not;
    }
    if is_summed(page, first, last) {
        return if is_placed(&left) { UNCLEAR } else { Verdict::Not };
    }
    // `12 seconds and a half`
    if page.kind(last + 1) == Kind::Word(Word::And)
        && page.kind(last + 2) == Kind::Word(Word::Article)
        && page.kind(last + 3) == Kind::Word(Word::Half)
    {
        return Verdict::Doubt(Reason::WordedTime);
    }
    // `1분 반쯤`, 2分半
    if let Some(behind) = half(page, last).filter(|_| timed.unit.style == Style::Asian) {
        let length = ["동안", "간 ", "の間", "間"].iter().any(|during| behind.starts_with(during));
        return if length { Verdict::Not } else { Verdict::Doubt(Reason::WordedTime) };
    }
    // `one minute and 5 seconds`
    if left.cue == Cue::List && is_rest_of_words(page, left.at, &timed)
        || left.cue == Cue::Unit && is_rest_of_words(page, first, &timed)
    {
        return Verdict::Doubt(Reason::WordedTime);
    }
    if left.cue == Cue::Never && page.kind(left.at) != Kind::Mark(Mark::Plus) {
        // `± 0.5 s`; `at -5 s`
        return if page.kind(left.at) == Kind::Mark(Mark::Dash) { UNCLEAR } else { Verdict::Not };
    }
    // `+5 min`: later than something
    if left.cue == Cue::Never && left.at + 1 == first && page.gap(first) == Gap::Tight && &page.text[page.span(left.at, left.at)] == "+"
        // `T+12s`
        && page.before(left.at).is_none_or(|before| page.kind(before) != Kind::Word(Word::Time))
    {
        return UNCLEAR;
    }
    let behind = Behind::of(page, last);
    // `the first 10 seconds` begin where the media does
    if left.cue == Cue::Word(Word::First) && (behind != Behind::Length || is_asian(page, last)) {
        return opening(judge, index, &timed, behind);
    }
    if is_treatment(page, &left, &timed, last) || is_extent(judge, index, &left, timed.seconds) {
        return Verdict::Not;
    }
    // `ends at 1:30; the 5-minute news`
    let noun = timed.describes && page.follow(last) != Follow::List;
    // `free kick 0:59, 25 m out`, 10分0秒に、150〜200m離れた
    let metres = timed.is_lone_m() && (page.gap(last) == Gap::Space || is_metres(page, last));
    let listed = left.cue == Cue::List && behind == Behind::Nothing && !noun && !metres;
    // `confidence 0.82, 12.5 s - 18 s`: a number without a unit says nothing of one with it
    let alien = index > 0
        && judge.lent[index - 1].is_none()
        && judge.verdicts[index - 1] == Verdict::Not
        && judge.is_range(index)
        && matches!(page.atoms[judge.groups[index - 1].to].shape, Shape::Bare(_));
    if let Some(verdict) = judge.listed_behind(index).filter(|_| listed && !alien) {
        return if verdict == Verdict::Done { Verdict::Time } else { verdict };
    }
    // `in 4 min, then 14 min`
    if index > 0 && is_next_of(page, &left) && matches!(judge.verdicts[index - 1], Verdict::Doubt(_) | Verdict::Not) {
        return judge.verdicts[index - 1];
    }
    if judge.lent[index].is_none() && is_incomplete(judge, index) {
        return UNCLEAR;
    }
    if judge.is_range(index) {
        let both = judge.page.atoms[judge.groups[index].from..=judge.groups[index].to]
            .iter()
            .all(|atom| !matches!(atom.shape, Shape::Bare(_)));
        return range(judge, index, &left, &timed, (behind, both));
    }
    if behind == Behind::Nothing && timed.unit.style != Style::Asian && is_length_again(judge, index, &timed) {
        return Verdict::Not;
    }
    match alone::single(page, &left, &timed, behind, last) {
        // `[12s, 18s]`
        Verdict::Time if is_half_of_an_array(judge, index) => UNCLEAR,
        Verdict::Time if behind == Behind::Nothing && is_beside_a_clock(judge, index, &left, &timed) => {
            // `pits at 1:02:15 (2.3 s stop)`
            let noun = page.follow(last) == Follow::Noun || page.kind(last + 1) == Kind::Word(Word::End);
            let of_noun = left.cue == Cue::Open(b'(') && noun;
            if of_noun { Verdict::Not } else { UNCLEAR }
        }
        verdict => verdict,
    }
}

/// `, then 14 min`: told in the same way as the one before.
fn is_next_of(page: &Page<'_>, left: &Left) -> bool {
    left.at > 1
        && page.kind(left.at - 1) == Kind::Mark(Mark::Comma)
        && matches!(page.kind(left.at - 2), Kind::Unit(_))
        && matches!(&page.text[page.span(left.at, left.at)], "then")
}

/// `The ad airs at 1:15 (30 s)`, `0:45: lead 12.5 s`, `at 0:10 he starts, and after 52 s`: a number with a unit in the sentence of
/// a clock, and in none of the places that a time has, is rather a length.
fn is_beside_a_clock(judge: &Judge<'_, '_>, index: usize, left: &Left, timed: &Timed) -> bool {
    let clock = |other: usize| matches!(judge.page.atoms[judge.groups[other].from].shape, Shape::Clock(_));
    let loose = match left.cue {
        Cue::Open(b'(') | Cue::Other | Cue::Word(Word::By) => true,
        Cue::Word(_) => !is_placed(left),
        Cue::Start => left.the,
        // `1:15 – 30 s of adverts`
        Cue::Dash => index > 0 && left.at == judge.last(index - 1) + 1,
        _ => false,
    };
    let after = left.cue == Cue::Word(Word::After);
    timed.parts == 1
        && timed.unit.style != Style::Asian
        && (loose || after)
        && (index > 0
            && clock(index - 1)
            && is_same_sentence(judge, index - 1)
            && judge.verdicts[index - 1] == Verdict::Time
            || !after && index + 1 < judge.groups.len() && clock(index + 1) && is_same_sentence(judge, index))
}

/// `[12s, 18s]`: two in a pair of square brackets, as clocks are.
fn is_half_of_an_array(judge: &Judge<'_, '_>, index: usize) -> bool {
    let page = judge.page;
    let open = |first: usize| first > 0 && page.kind(first - 1) == Kind::Mark(Mark::Open(b'['));
    let close = |last: usize| page.kind(last + 1) == Kind::Mark(Mark::Close(b'['));
    let comma = |at: usize| page.kind(at) == Kind::Mark(Mark::Comma);
    let (first, last) = (judge.first(index), judge.last(index));
    if open(first) && comma(last + 1) {
        judge.groups.get(index + 1).is_some_and(|next| next.first == last + 2 && close(next.last))
    } else {
        index > 0
            && close(last)
            && first >= 1
            && comma(first - 1)
            && judge.last(index - 1) + 2 == first
            && open(judge.first(index - 1))
    }
}

/// `The green phase had lasted 26 seconds, the red phase 34 seconds`: the second clause leaves its verb out.
fn is_length_again(judge: &Judge<'_, '_>, index: usize, timed: &Timed) -> bool {
    let page = judge.page;
    let (Some(before), first) = (index.checked_sub(1), judge.first(index)) else { return false };
    let length = matches!(page.atoms[judge.groups[before].to].shape, Shape::Timed(other) if other.unit.style == timed.unit.style)
        && judge.verdicts[before] == Verdict::Not;
    let Some(comma) = (first.saturating_sub(5)..first)
        .rev()
        .find(|at| matches!(page.kind(*at), Kind::Mark(Mark::Comma | Mark::Semicolon) | Kind::Word(Word::And)))
    else {
        return false;
    };
    let noun = |at: usize| match page.kind(at) {
        // the second lap
        Kind::Unit(second) => second.style == Style::Singular && second.size == 1,
        // `the green one`
        Kind::Spelled(1) => true,
        kind => matches!(kind, Kind::Other(_) | Kind::Word(Word::Part | Word::Media | Word::Ordinal | Word::Nth)),
    };
    // `40 s red, 3 s yellow`
    let counted = |at: usize| matches!(page.kind(at), Kind::Other(other) if other.words == 1);
    if length
        && comma + 1 == first
        && comma == judge.last(before) + 2
        && counted(comma - 1)
        && counted(judge.last(index) + 1)
    {
        return true;
    }
    let near = comma > judge.last(before) && first - judge.last(before) <= 14;
    length
        && near
        && matches!(page.kind(comma + 1), Kind::Word(Word::The | Word::Article))
        && comma + 2 < first
        && (comma + 2..first).all(noun)
        && !(judge.last(before) + 1..comma).any(|at| matches!(page.kind(at), Kind::Break | Kind::Mark(Mark::Stop)))
}

/// What stands behind the half of `1분 반`, 2分半; but not of `1분 반칙`, `1분 반대편`.
fn half<'p>(page: &'p Page<'_>, last: usize) -> Option<&'p str> {
    const BEHIND: [&str; 17] = [
        " ", ",", ".", ")", "쯤", "에", "이", "정도", "부터", "까지", "가량", "지점", "즈음", "무렵", "께", "동안",
        "간",
    ];
    let rest = page.text[page.tokens[last].end()..].trim_start_matches(' ');
    if page.kind(last + 1) == Kind::Word(Word::Half) {
        return Some(page.text[page.tokens[last + 1].end()..].trim_start_matches(' '));
    }
    let rest = rest.strip_prefix('반')?;
    (rest.is_empty() || BEHIND.iter().any(|behind| rest.starts_with(behind))).then(|| rest.trim_start_matches(' '))
}

/// Whether a larger unit with its number in words stands before the token at `at`.
fn is_rest_of_words(page: &Page<'_>, at: usize, timed: &Timed) -> bool {
    at >= 2
        && matches!(page.kind(at - 1), Kind::Unit(unit) if unit.size > timed.unit.size)
        && matches!(page.kind(at - 2), Kind::Spelled(_) | Kind::Word(Word::Article))
}

/// `0:12-0:47 (35 seconds)`: how long the range before it is.
fn is_extent(judge: &Judge<'_, '_>, index: usize, left: &Left, seconds: f64) -> bool {
    // `7 s (0:33 to 0:40)`
    let behind = judge.groups.get(index + 1).filter(|next| next.first == judge.last(index) + 2 && next.from < next.to);
    if let Some(next) = behind.filter(|next| matches!(judge.page.kind(next.first - 1), Kind::Mark(Mark::Open(_))))
        && let (Some(start), Some(end)) = (judge.page.atoms[next.from].media(), judge.page.atoms[next.to].media())
        && (end - start - seconds).abs() < 1.5
    {
        return true;
    }
    let equal = left.cue == Cue::Colon && judge.page.kind(left.at) == Kind::Mark(Mark::Equal);
    let open = equal || matches!(left.cue, Cue::Open(_) | Cue::Cell | Cue::Dash);
    // `from 0:12 to 0:18, i.e. 6 seconds`
    let said = matches!(left.cue, Cue::Start | Cue::List | Cue::Other | Cue::Word(Word::Is));
    let Some(before) = index.checked_sub(1).filter(|_| open || said) else { return false };
    let (from, to) = (judge.last(before), judge.first(index));
    let near = to - from <= if open { 4 } else { 7 } && (from..to).all(|at| judge.page.kind(at) != Kind::Break);
    if !judge.is_range(before) {
        // `lasts 2 minutes and 30 seconds (150 s)`
        let same = matches!(judge.page.atoms[judge.groups[before].to].shape, Shape::Timed(timed) if (timed.seconds - seconds).abs() < 1.0);
        return near && same && judge.verdicts[before] == Verdict::Not;
    }
    let found = || judge.found.last().and_then(|found| Some(found.end.seconds()? - found.start.seconds()?));
    // `from 12 to 18 (6 s)`
    let [a, b] = [judge.groups[before].from, judge.groups[before].to].map(|atom| judge.page.atoms[atom].shape);
    let extent = match (a, b) {
        (Shape::Bare(start), Shape::Bare(end)) => Some(end.value - start.value),
        _ => found(),
    };
    near && extent.is_some_and(|extent| (extent - seconds).abs() < 1.5)
}

/// `the first 10 seconds`.
fn opening(judge: &mut Judge<'_, '_>, index: usize, timed: &Timed, behind: Behind) -> Verdict {
    if timed.describes || behind == Behind::Media {
        return Verdict::Not;
    }
    if judge.is_range(index) || judge.lent[index].is_some() {
        return UNCLEAR;
    }
    let words = judge.page.left(judge.first(index)).at;
    judge.done(Time::Media(0.0), Time::Media(timed.seconds), words, index)
}
