//! Lengths that are added up: `12s + 18s = 30s`.

use super::page::Page;
use super::token::{Kind, Mark};

/// Whether a time is one of those that a sum is made from, or the sum.
pub(super) fn is_summed(page: &Page<'_>, first: usize, last: usize) -> bool {
    let plus = |at: usize| page.kind(at) == Kind::Mark(Mark::Plus) && &page.text[page.span(at, at)] == "+";
    let told = |at: usize| matches!(page.kind(at), Kind::Unit(_) | Kind::Clock | Kind::Number(_));
    let added = plus(last + 1) && told(last + 2);
    let adds = || first >= 2 && plus(first - 1) && told(first - 2);
    // the sum stands behind the second of two
    let sum = || {
        first >= 2
            && page.kind(first - 1) == Kind::Mark(Mark::Equal)
            && told(first - 2)
            && (first.saturating_sub(5)..first - 2).any(plus)
    };
    added || adds() || sum()
}
