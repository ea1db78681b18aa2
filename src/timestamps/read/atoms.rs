//! Puts numbers and the units around them together: `1 minute 10 seconds`, `90-second`, `2분 10초`, `seconds 10`, `12,5 s`.

use super::lexer::Tokens;
use super::numerals;
use super::token::{Digits, Gap, Kind, Mark, Style, Token, Unit, Word};
use super::values;
use super::wall;
use crate::timestamps::time::Time;

/// Something that is, or might be, a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Atom {
    /// Its first and its last token.
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    Clock(f64),
    Timed(Timed),
    Bare(Number),
    Dotted(f64),
    Pair,
    Odd,
    Wall,
    Local,
}

/// A number without one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    /// Digits before the point.
    pub(super) whole: u8,
    /// Digits behind it.
    pub(super) decimals: u8,
}

/// A number with a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Timed {
    pub(super) seconds: f64,
    /// The number and the unit that it was made from, where that was one of each.
    pub(super) number: f64,
    pub(super) unit: Unit,
    /// How many numbers with units it was put together from.
    pub(super) parts: u8,
    /// `90-second`, or a singular behind more than one: it describes the noun behind it.
    pub(super) describes: bool,
    /// The unit stands before the number: `seconds 10`.
    pub(super) led: bool,
}

// === impl Atom ===

impl Atom {
    /// The seconds of an atom that needs nothing else to be a time of the media.
    pub(super) fn media(&self) -> Option<f64> {
        match self.shape {
            Shape::Clock(seconds) | Shape::Dotted(seconds) => Some(seconds),
            Shape::Timed(timed) => Some(timed.seconds),
            _ => None,
        }
    }

    /// The moment, if the atom is a time by itself.
    pub(super) fn time(&self, text: &str, tokens: &[Token]) -> Option<Time> {
        match self.shape {
            Shape::Clock(seconds) | Shape::Dotted(seconds) => Some(Time::Media(seconds)),
            Shape::Timed(timed) => Some(Time::Media(timed.seconds)),
            Shape::Bare(number) => Some(Time::Media(number.value)),
            Shape::Wall => wall::parse(&text[tokens[self.first].start()..tokens[self.last].end()]).map(Time::Wall),
            Shape::Pair | Shape::Odd | Shape::Local => None,
        }
    }
}

// === impl Timed ===

impl Timed {
    /// Written with a letter or in the short form, as a time is, and a length seldom.
    pub(super) fn is_brief(&self) -> bool {
        self.parts > 1
            || matches!(self.unit.style, Style::Letter | Style::Short | Style::Asian) && !self.unit.is_lone_m()
    }

    pub(super) fn is_lone_m(&self) -> bool {
        self.parts == 1 && self.unit.is_lone_m()
    }
}

/// Every atom of a text, in order.
pub(super) fn compose(text: &str, tokens: &Tokens, mut atoms: Vec<Atom>) -> Vec<Atom> {
    let composer = Composer { text, tokens: &tokens.all };
    atoms.reserve(tokens.points.len());
    let mut next = 0;
    for point in &tokens.points {
        let at = *point as usize;
        // what an atom has already
        if at < next {
            continue;
        }
        let Some(atom) = composer.atom(at) else { continue };
        next = atom.last + 1;
        if let Some(before) = atoms.last_mut()
            && atom.first == before.last + 2
            && let Some(close) = composer.restated(before, &atom)
        {
            // `1:15 (75 s)` is one time
            before.last = close;
            continue;
        }
        atoms.push(atom);
        if let Some(second) = composer.decimal_partner(&atom) {
            next = second.last + 1;
            atoms.push(second);
        }
    }
    atoms
}

pub(super) struct Composer<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

// === impl Composer ===

impl Composer<'_> {
    pub(super) fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(Kind::Break, |token| token.kind)
    }

    pub(super) fn gap(&self, at: usize) -> Gap {
        self.tokens.get(at).map_or(Gap::Wide, |token| token.gap)
    }

    pub(super) fn number(&self, at: usize) -> Option<Number> {
        let token = self.tokens.get(at)?;
        match token.kind {
            Kind::Number(digits) => Some(self.number_of(token, digits)),
            _ => None,
        }
    }

    /// The number that a token is.
    #[inline]
    fn number_of(&self, token: &Token, digits: Digits) -> Number {
        let value = values::value(&self.text.as_bytes()[token.start()..token.end()], digits);
        Number { value, whole: digits.whole, decimals: digits.decimals }
    }

    fn atom(&self, at: usize) -> Option<Atom> {
        let one = |shape| Some(Atom { first: at, last: at, shape });
        let token = self.tokens.get(at)?;
        match token.kind {
            Kind::Number(digits) => {
                let number = self.number_of(token, digits);
                if self.is_alone(at) { one(Shape::Bare(number)) } else { Some(self.counted(at, number)) }
            }
            Kind::Clock => {
                let seconds = values::seconds(&self.text.as_bytes()[token.start()..token.end()]);
                // `at 15:45 hours` is a time of day, and has a rule of its own
                let unit = matches!(self.kind(at + 1), Kind::Unit(unit)
                    if unit.size < 3600 && (unit.style != Style::Letter || unit.size == 1));
                let last = if unit && self.gap(at + 1) <= Gap::Space { at + 1 } else { at };
                Some(Atom { first: at, last, shape: Shape::Clock(seconds) })
            }
            Kind::Dotted => one(Shape::Dotted(values::seconds(&self.text.as_bytes()[token.start()..token.end()]))),
            Kind::Pair => one(Shape::Pair),
            Kind::Odd => one(Shape::Odd),
            Kind::Wall => one(Shape::Wall),
            Kind::Local => one(Shape::Local),
            _ => None,
        }
    }

    /// Where the bracket ends in which a time is told again in another form, one token behind it.
    fn restated(&self, before: &Atom, atom: &Atom) -> Option<usize> {
        let brackets = self.kind(before.last + 1) == Kind::Mark(Mark::Open(b'('))
            && self.kind(atom.last + 1) == Kind::Mark(Mark::Close(b'('));
        let seconds = |shape: Shape| match shape {
            Shape::Clock(seconds) | Shape::Timed(Timed { seconds, .. }) => Some(seconds),
            _ => None,
        };
        let same = (seconds(before.shape)? - seconds(atom.shape)?).abs() < 0.5;
        (brackets && same).then_some(atom.last + 1)
    }

    /// A number, with what belongs to it.
    fn counted(&self, at: usize, number: Number) -> Atom {
        let comma = self.kind(at + 1) == Kind::Mark(Mark::Comma);
        let (number, last) = if comma { self.with_comma(at, number) } else { (number, at) };
        if let Some((unit, unit_at)) = self.unit_behind(last) {
            return self.compound(at, number, unit, unit_at);
        }
        if let Some((unit, unit_at)) = self.ordinal_unit(last) {
            let seconds = number.value * f64::from(unit.size);
            let timed = Timed { seconds, number: number.value, unit, parts: 1, describes: false, led: true };
            return Atom { first: at, last: unit_at, shape: Shape::Timed(timed) };
        }
        if let Some((unit, first)) = self.unit_before(at) {
            let seconds = number.value * f64::from(unit.size);
            let timed = Timed { seconds, number: number.value, unit, parts: 1, describes: false, led: true };
            return Atom { first, last, shape: Shape::Timed(timed) };
        }
        Atom { first: at, last, shape: Shape::Bare(number) }
    }

    /// Whether neither a unit nor a comma nor a hyphen stands beside a number, as with most: then nothing belongs to it.
    fn is_alone(&self, at: usize) -> bool {
        let unit = |at: usize| matches!(self.kind(at), Kind::Unit(_) | Kind::Word(Word::Ordinal));
        let joined = match self.kind(at + 1) {
            Kind::Unit(_) | Kind::Word(Word::Ordinal) | Kind::Mark(Mark::Comma | Mark::Dash) => true,
            Kind::Break => unit(at + 2),
            _ => false,
        };
        !joined && (at == 0 || !unit(at - 1))
    }

    /// The unit directly behind the token at `last`, or behind a hyphen there.
    pub(super) fn unit_behind(&self, last: usize) -> Option<(Unit, usize)> {
        let next = last + 1;
        match self.kind(next) {
            Kind::Unit(unit) if self.gap(next) <= Gap::Space && self.fits(unit, next) => Some((unit, next)),
            // `At 12` and, in the next line, `seconds`
            Kind::Break => match self.kind(next + 1) {
                Kind::Unit(unit) if matches!(unit.style, Style::Plural) && self.is_small(next + 1) => {
                    Some((unit, next + 1))
                }
                _ => None,
            },
            Kind::Mark(Mark::Dash) if self.gap(next) == Gap::Tight && self.gap(next + 1) == Gap::Tight => {
                match self.kind(next + 1) {
                    Kind::Unit(unit) if unit.style != Style::Letter => Some((unit, next + 1)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a word begins with a small letter, so that no sentence does.
    fn is_small(&self, at: usize) -> bool {
        self.text.as_bytes()[self.tokens[at].start()].is_ascii_lowercase()
    }

    /// The unit of `45th second`, `12-й секунде`.
    fn ordinal_unit(&self, last: usize) -> Option<(Unit, usize)> {
        let at = last + 1 + usize::from(self.kind(last + 1) == Kind::Mark(Mark::Dash));
        match (self.kind(at), self.kind(at + 1)) {
            (Kind::Word(Word::Ordinal), Kind::Unit(unit))
                if self.gap(at) == Gap::Tight && unit.style != Style::Asian =>
            {
                Some((unit, at + 1))
            }
            _ => None,
        }
    }

    /// A capital letter is no unit (`12 S`, `5 M`), but for the one of `12S`.
    fn fits(&self, unit: Unit, at: usize) -> bool {
        let token = &self.tokens[at];
        let capital = self.text.as_bytes()[token.start()].is_ascii_uppercase();
        // `m/s`, but not `12 s/18 s`
        let rate = self.kind(at + 1) == Kind::Mark(Mark::Slash)
            && self.gap(at + 1) == Gap::Tight
            && !(matches!(self.kind(at + 2), Kind::Number(_))
                && matches!(self.kind(at + 3), Kind::Unit(other) if other.size == unit.size));
        unit.style != Style::Letter || !capital && !rate || capital && unit.size == 1 && token.gap == Gap::Tight
    }

    /// The unit of `seconds 10`, `at second 45`, `Sekunde 12`.
    fn unit_before(&self, at: usize) -> Option<(Unit, usize)> {
        // Vietnamese `giây thứ 12`
        let at = if matches!(self.kind(at.checked_sub(1)?), Kind::Word(Word::Ordinal)) { at - 1 } else { at };
        let Kind::Unit(unit) = self.kind(at.checked_sub(1)?) else { return None };
        let before = at.checked_sub(2).map_or(Kind::Break, |before| self.kind(before));
        let counted =
            matches!(before, Kind::Number(_) | Kind::Clock | Kind::Spelled(_) | Kind::Mark(Mark::Dash | Mark::Quote));
        let placed = matches!(
            before,
            Kind::Word(
                Word::At
                    | Word::Start
                    | Word::End
                    | Word::From
                    | Word::Between
                    | Word::To
                    | Word::Until
                    | Word::Approx
                    | Word::By
                    | Word::And
                    | Word::After
                    | Word::Before
                    | Word::In
                    | Word::Stamp
                    | Word::Time
            ) | Kind::Mark(Mark::Open(_) | Mark::Tilde)
                | Kind::Break
        );
        let fits = match unit.style {
            Style::Letter | Style::Asian | Style::Unknown => false,
            Style::Singular | Style::Short => placed,
            Style::Plural | Style::Known => !counted,
        };
        (fits && self.gap(at) == Gap::Space).then_some((unit, at - 1))
    }

    /// `1 minute 10 seconds` from its first number and unit.
    fn compound(&self, first: usize, number: Number, unit: Unit, unit_at: usize) -> Atom {
        let hyphen = matches!(self.kind(unit_at - 1), Kind::Mark(Mark::Dash));
        let describes = hyphen || unit.style == Style::Singular && (number.value - 1.0).abs() > f64::EPSILON;
        let seconds = number.value * f64::from(unit.size);
        let mut timed = Timed { seconds, number: number.value, unit, parts: 1, describes, led: false };
        let mut last = unit_at;
        while let Some((seconds, unit, end)) = self.smaller(last, timed.unit) {
            let describes = describes && self.kind(end - 1) == Kind::Mark(Mark::Dash);
            timed = Timed { seconds: timed.seconds + seconds, unit, parts: timed.parts + 1, describes, ..timed };
            last = end;
        }
        Atom { first, last, shape: Shape::Timed(timed) }
    }

    /// `500 ms`: thousandths behind seconds.
    fn is_milliseconds(&self, at: usize) -> bool {
        matches!(self.kind(at), Kind::Word(Word::Measure) | Kind::Other(_))
            && self.gap(at) <= Gap::Space
            && self.tokens.get(at).is_some_and(|token| {
                let text = &self.text[token.start()..token.end()];
                text == "ms" || text.starts_with("milliseconds")
            })
    }

    /// The next, smaller part of a compound.
    fn smaller(&self, last: usize, above: Unit) -> Option<(f64, Unit, usize)> {
        let wordy = matches!(above.style, Style::Singular | Style::Plural | Style::Short | Style::Known);
        // `2-minute-30-second`
        let hyphen = self.kind(last + 1) == Kind::Mark(Mark::Dash)
            && self.kind(last - 1) == Kind::Mark(Mark::Dash)
            && self.gap(last + 1) == Gap::Tight
            && self.gap(last + 2) == Gap::Tight
            && matches!(self.unit_behind(last + 2), Some((_, end)) if end == last + 4);
        let joined = matches!(self.kind(last + 1), Kind::Word(Word::And) | Kind::Mark(Mark::Comma));
        let skip = usize::from(wordy && (joined || hyphen));
        // `1m:30s`
        let colon = self.kind(last + 1) == Kind::Mark(Mark::Colon)
            && self.gap(last + 1) == Gap::Tight
            && self.gap(last + 2) == Gap::Tight;
        let and = usize::from(self.kind(last + 1) == Kind::Word(Word::And));
        if above.size == 1
            && let Some(number) = self.number(last + 1 + and).filter(|number| number.value < 1000.0)
            && self.is_milliseconds(last + 2 + and)
        {
            return Some((number.value / 1000.0, above, last + 2 + and));
        }
        let at = last + 1 + if colon { 1 } else { skip };
        let number = self.number(at).filter(|number| number.value < 60.0 && self.gap(at) <= Gap::Space)?;
        match self.unit_behind(at) {
            Some((unit, end)) if unit.size < above.size => Some((number.value * f64::from(unit.size), unit, end)),
            None if above.style == Style::Letter
                && above.size > 1
                && number.whole == 2
                && self.gap(at) == Gap::Tight =>
            {
                let unit = Unit { size: above.size / 60, style: Style::Letter };
                Some((number.value * f64::from(unit.size), unit, at))
            }
            _ => None,
        }
    }
}

/// The two times of VIA's `start:end`.
pub(super) fn pair(text: &str) -> Option<(Time, Time)> {
    numerals::pair(text).map(|(start, end)| (Time::Media(start), Time::Media(end)))
}
