//! Ranges in brackets in which a value should be, as those of a laboratory.

use super::atoms::Number;
use super::page::Page;
use super::quantities::ends_with;
use super::token::{Gap, Kind, Mark, Word};

/// `Hb 13.8 g/dL (12.0-15.5)`, `WBC 6.2 (4.0-10.0)`, `(12.0-15.5) mmol/L`: the range in which a number before it should be, or
/// whose measure stands behind it.
pub(super) fn is_of_reference(page: &Page<'_>, open: usize, last: usize, (a, b): (Number, Number)) -> bool {
    let value = || {
        let mut near = (open.saturating_sub(5)..open).rev().take_while(|at| match page.kind(*at) {
            // `40 km/h (15.2-20.4)` is seen when
            Kind::Word(word) => {
                word == Word::Measure && !ends_with(page, *at, &["km", "kmh", "kph", "mph", "fps", "px"])
            }
            Kind::Mark(mark) => matches!(mark, Mark::Slash | Mark::Percent | Mark::Degree | Mark::Star | Mark::Other),
            kind => matches!(kind, Kind::Other(_) | Kind::Id | Kind::Number(_) | Kind::Unit(_) | Kind::Script),
        });
        near.find_map(|at| match page.kind(at) {
            // `Forklift 12 (12.0-15.5)` is no value
            Kind::Number(number)
                if at > 0
                    && (number.decimals > 0 || at + 1 < open)
                    && matches!(
                        page.kind(at - 1),
                        Kind::Other(_) | Kind::Id | Kind::Unit(_) | Kind::Word(Word::Measure | Word::Is | Word::Or)
                    ) =>
            {
                page.text[page.span(at, at)].parse::<f64>().ok()
            }
            _ => None,
        })
        .is_some_and(|value| value >= a.value / 4.0 && value <= b.value * 4.0)
    };
    let close = page.behind(last + 1);
    let measured = || match page.kind(close + 1) {
        Kind::Word(word) => word == Word::Measure,
        Kind::Other(_) => page.kind(close + 2) == Kind::Mark(Mark::Slash) && page.gap(close + 2) == Gap::Tight,
        _ => false,
    };
    // `IoU (0.5-0.95)`: shares of one
    let share = || b.value <= 1.0 && open > 0 && matches!(page.kind(open - 1), Kind::Other(_) | Kind::Id);
    share() || value() || measured()
}
