//! Commas inside numbers: a fraction (`12,5 s`), thousands (`1,250`), or a list (`10,20`), which is no number.

use super::atoms::{Atom, Composer, Number, Shape};
use super::token::{Gap, Kind, Mark, Word};

// === impl Composer ===

impl Composer<'_> {
    /// `12,5 s` is a fraction and `1,200 s` are thousands, but only before a unit: `10,20` is a list.
    pub(super) fn with_comma(&self, at: usize, number: Number) -> (Number, usize) {
        let second = self.tight_comma(at).filter(|_| number.decimals == 0 && self.unit_behind(at + 2).is_some());
        let listed = at > 0 && self.kind(at - 1) == Kind::Mark(Mark::Comma) && self.gap(at) == Gap::Tight;
        match second.filter(|_| !listed).map(|second| (second, joined(number, second))) {
            Some((_, Some(joined))) => (joined, at + 2),
            Some((second, None)) if second.whole == 3 => {
                let value = number.value * 1000.0 + second.value;
                (Number { value, whole: number.whole + 3, decimals: second.decimals }, at + 2)
            }
            _ => self.partnered_comma(at, number).unwrap_or_else(|| self.thousands(at, number)),
        }
    }

    /// `1,250` people, `1,000,000`; but `10-200,300-400` are two ranges.
    fn thousands(&self, at: usize, mut number: Number) -> (Number, usize) {
        let sign = |at: usize| {
            matches!(self.kind(at), Kind::Mark(Mark::Dash | Mark::Tilde | Mark::Comma)) && self.gap(at) == Gap::Tight
        };
        let mut last = at;
        // `1,200-1,500`
        let three = |at: usize| self.tight_comma(at).is_some_and(|second| second.whole == 3 && second.decimals == 0);
        let spans = |from: usize| {
            three(from)
                && matches!(self.kind(from + 3), Kind::Mark(Mark::Dash | Mark::Tilde))
                && self.gap(from + 3) == Gap::Tight
                && three(from + 4)
                && !sign(from + 7)
                && (from == 0 || !sign(from - 1))
        };
        if spans(at) || at >= 4 && spans(at - 4) {
            let second = self.tight_comma(at).map_or(0.0, |second| second.value);
            return (Number { value: number.value * 1000.0 + second, whole: number.whole + 3, decimals: 0 }, at + 2);
        }
        if number.decimals > 0 || number.whole > 3 || at > 0 && sign(at - 1) {
            return (number, at);
        }
        while let Some(next) = self.tight_comma(last).filter(|next| next.whole == 3) {
            number =
                Number { value: number.value * 1000.0 + next.value, whole: number.whole + 3, decimals: next.decimals };
            last += 2;
            if number.decimals > 0 || number.whole > 12 {
                break;
            }
        }
        if sign(last + 1) && last > at { (self.number(at).unwrap_or(number), at) } else { (number, last) }
    }

    /// The number behind a comma that has no space around it.
    fn tight_comma(&self, at: usize) -> Option<Number> {
        let tight = self.kind(at + 1) == Kind::Mark(Mark::Comma)
            && self.gap(at + 1) == Gap::Tight
            && self.gap(at + 2) == Gap::Tight;
        self.number(at + 2).filter(|_| tight)
    }

    /// `12,5-13,5`: one dash, and a comma on both sides of it.
    fn partnered_comma(&self, at: usize, number: Number) -> Option<(Number, usize)> {
        let free =
            |at: usize| !matches!(self.kind(at), Kind::Number(_) | Kind::Mark(Mark::Comma | Mark::Dash | Mark::Tilde));
        let dash =
            matches!(self.kind(at + 3), Kind::Mark(Mark::Dash | Mark::Tilde) | Kind::Word(Word::To | Word::Until));
        let alone = (at == 0 || free(at - 1)) && dash && free(at + 7) || self.unit_behind(at + 6).is_some() && dash;
        let (a, b) = (joined(number, self.tight_comma(at)?), joined(self.number(at + 4)?, self.tight_comma(at + 4)?));
        (alone && b.is_some()).then_some((a?, at + 2))
    }

    /// The second half of [`Self::partnered_comma`].
    pub(super) fn decimal_partner(&self, atom: &Atom) -> Option<Atom> {
        if atom.last != atom.first + 2 {
            return None;
        }
        let second = atom.last + 2;
        let first = matches!(atom.shape, Shape::Bare(number) if number.decimals > 0);
        let number = joined(self.number(second).filter(|_| first)?, self.tight_comma(second)?)?;
        self.unit_behind(second + 2).is_none().then_some(Atom {
            first: second,
            last: second + 2,
            shape: Shape::Bare(number),
        })
    }
}

/// The decimal number on both sides of a comma.
fn joined(whole: Number, fraction: Number) -> Option<Number> {
    let tens = match (whole.decimals, fraction.decimals, fraction.whole) {
        (0, 0, 1) => 10.0,
        (0, 0, 2) => 100.0,
        _ => return None,
    };
    Some(Number { value: whole.value + fraction.value / tens, whole: whole.whole, decimals: fraction.whole })
}
