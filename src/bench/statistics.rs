//! Medians and quartiles, and pairs of the same round: what takes a machine's drift out of a comparison.

use serde::{Deserialize, Serialize};

/// Values of several rounds, and where their middle lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Half of the rounds lie below.
    pub median: f64,
    /// A quarter of the rounds lies below.
    pub q1: f64,
    /// A quarter of the rounds lies above.
    pub q3: f64,
    /// One value a round, in their order.
    pub rounds: Vec<f64>,
}

// === impl Spread ===

impl Spread {
    /// Of the finite ones among these values; `None` without any.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let rounds: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        let mut sorted = rounds.clone();
        sorted.sort_by(f64::total_cmp);
        let [q1, median, q3] = [0.25, 0.5, 0.75].map(|share| quantile(&sorted, share));
        Some(Self { median: median?, q1: q1?, q3: q3?, rounds })
    }

    /// Of `f` over the pairs of the same round, where both have a value.
    pub fn of_pairs(a: &[Option<f64>], b: &[Option<f64>], f: impl Fn(f64, f64) -> f64) -> Option<Self> {
        Self::of(a.iter().zip(b).filter_map(|(a, b)| Some(f((*a)?, (*b)?))))
    }

    /// How far apart the quartiles are.
    pub fn width(&self) -> f64 {
        self.q3 - self.q1
    }

    /// Whether the middle halves of both have nothing in common.
    pub fn is_apart_from(&self, other: &Self) -> bool {
        self.q1 > other.q3 || self.q3 < other.q1
    }
}

/// Between the two values that the share falls between, in proportion.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let whole = (0..=last).rev().find(|index| as_f64(*index) <= share * as_f64(last))?;
    let part = share * as_f64(last) - as_f64(whole);
    let next = sorted.get(whole + 1).unwrap_or(&sorted[whole]);
    Some(sorted[whole] + part * (next - sorted[whole]))
}

/// Exact for every count of rounds that anybody waits for.
fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quartiles() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0, 5.0]).unwrap();
        assert_eq!((spread.q1, spread.median, spread.q3), (2.0, 3.0, 4.0));
        assert_eq!(spread.rounds, [4.0, 1.0, 3.0, 2.0, 5.0]);
        let spread = Spread::of([1.0, 2.0]).unwrap();
        assert_eq!((spread.q1, spread.median, spread.q3), (1.25, 1.5, 1.75));
        let spread = Spread::of([7.0, f64::NAN]).unwrap();
        assert_eq!((spread.q1, spread.median, spread.q3), (7.0, 7.0, 7.0));
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn pairs_take_the_drift_out() {
        // The machine gets ten times slower; what the proxy adds stays.
        let direct = [Some(10.0), None, Some(100.0), Some(55.0)];
        let proxy = [Some(13.0), Some(1.0), Some(103.0), Some(58.0)];
        let added = Spread::of_pairs(&proxy, &direct, |a, b| a - b).unwrap();
        assert_eq!((added.q1, added.median, added.q3, added.rounds.len()), (3.0, 3.0, 3.0, 3));
        assert!(Spread::of_pairs(&proxy, &direct, |a, b| a / b).unwrap().median < 1.1);
        assert_eq!(Spread::of_pairs(&proxy, &[None], |a, b| a / b), None);
    }

    #[test]
    fn apart_is_more_than_different() {
        let low = Spread::of([1.0, 2.0, 3.0]).unwrap();
        let high = Spread::of([4.0, 5.0, 6.0]).unwrap();
        assert!(low.is_apart_from(&high) && high.is_apart_from(&low));
        assert!(!low.is_apart_from(&Spread::of([2.0, 3.0, 4.0]).unwrap()));
    }
}
