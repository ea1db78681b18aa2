//! Single numbers that name something where nothing but their place tells it: formulas, digits, years, outlines.

use super::atoms::Number;
use super::page::{Cue, Left, Page};
use super::quantities::ends_with;
use super::token::{Gap, Kind, Mark, Word};
use super::verdict::Judge;

/// `equation (3.12)`, `print(area(2.5))`: what stands before a round bracket that has no time in it.
pub(super) fn is_formula(page: &Page<'_>, noun: usize) -> bool {
    const FORMULAS: [&str; 12] = [
        "equation",
        "equations",
        "eq",
        "eqs",
        "eqn",
        "formula",
        "formulas",
        "theorem",
        "lemma",
        "exercise",
        "section",
        "definition",
    ];
    let open = noun + 1;
    // a call within another, or behind an assignment
    let call = || {
        page.gap(open) == Gap::Tight
            && noun > 0
            && page.gap(noun) == Gap::Tight
            && matches!(page.kind(noun - 1), Kind::Mark(Mark::Open(b'(') | Mark::Equal))
            && !page.is_asian(noun)
    };
    matches!(page.kind(noun), Kind::Other(_) | Kind::Word(_)) && (ends_with(page, noun, &FORMULAS) || call())
}

/// `3 for $5.00`, `since the 3 is half hidden`, `from 1790`, `1.2` below `1.`.
pub(super) fn is_named(judge: &Judge<'_, '_>, left: &Left, first: usize, last: usize, number: Number) -> bool {
    let page = judge.page;
    let next = page.behind(last + 1);
    page.kind(next) == Kind::Word(Word::For) && page.kind(next + 1) == Kind::Mark(Mark::Money)
        || is_digit(page, left)
        || number.decimals == 0 && is_long_ago(page, left, number) && judge.is_formal()
        || is_outline(judge, first, number)
}

/// `since the 3 is half hidden`: a figure that is seen.
fn is_digit(page: &Page<'_>, left: &Left) -> bool {
    left.the && left.cue == Cue::Word(Word::From) && ends_with(page, left.at, &["since"])
}

/// `a clock from 1790`, `built in 1386`: a year, in a text whose times are written otherwise.
pub(super) fn is_long_ago(page: &Page<'_>, left: &Left, number: Number) -> bool {
    number.whole == 4
        && (1000.0..2100.0).contains(&number.value)
        && matches!(
            left.cue,
            Cue::Word(Word::From | Word::Between | Word::Until | Word::In | Word::By | Word::After | Word::Before)
        )
        && !page.opens_item(left.at)
}

/// `1.2 The vacuum reads`, below the first point of a list: the number of one of its parts.
fn is_outline(judge: &Judge<'_, '_>, first: usize, number: Number) -> bool {
    number.decimals == 1
        && judge.counter >= 1.0
        && (number.value.trunc() - judge.counter).abs() < 0.5
        && number.value.fract() > 0.05
        && judge.page.starts_line(first)
}
