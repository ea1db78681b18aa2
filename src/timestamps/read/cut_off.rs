//! Numbers whose unit does not say all of it, or that only look as if they had one.

use super::atoms::{Atom, Shape, Timed};
use super::page::{Cue, Follow, Left, Page};
use super::quantities::begins_with;
use super::token::{Gap, Kind, Mark, Style, Word};
use super::verdict::Judge;

/// `1분 30초 ~ 45초`, `2 min 30`: whether the parts of a time do not say all of it.
pub(super) fn is_incomplete(judge: &Judge<'_, '_>, index: usize) -> bool {
    let page = judge.page;
    let group = judge.groups[index];
    let (a, b) = (&page.atoms[group.from], &page.atoms[group.to]);
    let shortened = match (a.shape, b.shape) {
        (Shape::Timed(a), Shape::Timed(b)) => a.parts > b.parts && a.seconds > b.seconds && b.unit.size < 60,
        _ => false,
    };
    shortened || is_cut_off(page, b)
}

/// `2 min 30`, `14h30`, `14 h 30`: the smaller unit is left out, or it is a time of day.
fn is_cut_off(page: &Page<'_>, atom: &Atom) -> bool {
    let Shape::Timed(timed) = atom.shape else { return false };
    let two = |at: usize| matches!(page.kind(at), Kind::Number(digits) if digits.whole == 2 && digits.decimals == 0);
    let implied = timed.parts == 2
        && two(atom.last)
        && matches!(page.kind(atom.first + 1), Kind::Unit(unit) if unit.size == 3600);
    let next = atom.last + 1;
    let spaced = timed.parts == 1
        && timed.unit.size > 1
        && !timed.led
        && matches!(timed.unit.style, Style::Letter | Style::Short)
        && two(next)
        && page.gap(next) == Gap::Space
        && page.text[page.span(next, next)].as_bytes()[0] < b'6'
        && matches!(page.follow(next), Follow::Nothing | Follow::Caption | Follow::List | Follow::Sentence);
    implied || spaced
}

/// `two F-16s`, `in her mid-40s`: a hyphen ties the number to the word before it.
pub(super) fn is_hyphened(page: &Page<'_>, first: usize, timed: &Timed) -> bool {
    timed.parts == 1
        && timed.unit.style == Style::Letter
        && first >= 2
        && page.kind(first - 1) == Kind::Mark(Mark::Dash)
        && page.gap(first) == Gap::Tight
        && page.gap(first - 1) == Gap::Tight
        && matches!(page.kind(first - 2), Kind::Other(_) | Kind::Id | Kind::Word(Word::Age | Word::Measure))
}

/// `1/125 s`.
pub(super) fn is_fraction(page: &Page<'_>, first: usize) -> bool {
    first >= 2
        && page.kind(first - 1) == Kind::Mark(Mark::Slash)
        && page.gap(first) == Gap::Tight
        && page.gap(first - 1) == Gap::Tight
        && matches!(page.kind(first - 2), Kind::Number(_))
}

/// `3분의 1`, 4分の3: a part of something; but not `2분의 10초 지점`.
#[inline(never)]
pub(super) fn is_asian_fraction(page: &Page<'_>, last: usize, timed: &Timed) -> bool {
    let behind = &page.text[page.tokens[last].end()..];
    let Some(part) = behind.strip_prefix(['의', 'の']).map(str::trim_start) else { return false };
    let digits = part.bytes().take(3).take_while(u8::is_ascii_digit).count();
    timed.parts == 1
        && (1..3).contains(&digits)
        && part[..digits].parse::<f64>().is_ok_and(|part| part < timed.number)
        && !part[digits..].trim_start().starts_with(['초', '분', '秒', '分', '.', ':'])
}

/// `T-10 seconds`, `T-0:30`: counted down to a moment that is not told.
#[inline]
pub(super) fn is_counted_down(page: &Page<'_>, first: usize) -> bool {
    first >= 2
        && page.kind(first - 1) == Kind::Mark(Mark::Dash)
        && page.gap(first) == Gap::Tight
        && page.gap(first - 1) == Gap::Tight
        && page.kind(first - 2) == Kind::Word(Word::Time)
        && &page.text[page.span(first - 2, first - 2)] == "T"
}

/// `T+95`: since a moment that may be the beginning.
pub(super) fn is_counted_up(page: &Page<'_>, first: usize) -> bool {
    first >= 2
        && page.kind(first - 1) == Kind::Mark(Mark::Plus)
        && page.gap(first) == Gap::Tight
        && page.gap(first - 1) == Gap::Tight
        && matches!(&page.text[page.span(first - 2, first - 2)], "T" | "t")
}

/// `1:05-12`, `from 1:05 to 12`: an end whose minutes are left out, or something else.
pub(super) fn is_shortened(judge: &Judge<'_, '_>, index: usize, left: &Left) -> bool {
    let page = judge.page;
    let next = judge.last(index) + 1;
    let joined = match page.kind(next) {
        Kind::Mark(Mark::Dash | Mark::Tilde) => page.gap(next) == Gap::Tight && page.gap(next + 1) == Gap::Tight,
        Kind::Word(Word::To | Word::Until) => left.cue == Cue::Word(Word::From) && !page.is_asian(next),
        _ => false,
    };
    let Some(end) = judge.groups.get(index + 1).filter(|end| joined && end.first == next + 1) else { return false };
    let short = matches!(page.atoms[end.from].shape, Shape::Bare(number) if number.whole <= 2 && number.value < 60.0);
    short && page.follow(end.last) != Follow::Noun && page.follow(end.last) != Follow::Never
}

/// `a 30s-style car`, `a 5s-delay`: a decade or a length that describes what stands behind it; but `12.5s-man enters`.
pub(super) fn is_styled(page: &Page<'_>, first: usize, last: usize, timed: &Timed) -> bool {
    let hyphen = last + 1;
    let joined = timed.parts == 1
        && timed.unit.style == Style::Letter
        && page.kind(hyphen) == Kind::Mark(Mark::Dash)
        && page.gap(hyphen) == Gap::Tight
        && page.gap(hyphen + 1) == Gap::Tight;
    let opens = || page.opens_item(first);
    joined
        && match page.kind(hyphen + 1) {
            Kind::Word(Word::Length | Word::Later | Word::Media | Word::Lasts) => !opens(),
            Kind::Other(_) => {
                const STYLES: [&str; 8] = ["style", "styled", "era", "inspired", "themed", "like", "look", "type"];
                let left = page.left(first);
                begins_with(page, hyphen + 1, &STYLES) || (left.article || left.the) && !opens()
            }
            _ => false,
        }
}
