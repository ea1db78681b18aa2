//! A text taken apart, and the questions that the rules ask about the neighbourhood of a time.
//!
//! Every look to the left or to the right goes a bounded number of tokens, so that all rules together stay linear.

use std::mem::take;

use super::atoms::{self, Atom};
use super::lexer::{self, Tokens};
use super::spare::Spare;
use super::table::{self, Role};
use super::token::{Gap, Kind, Mark, Token, Word};

/// How far a look goes.
const REACH: usize = 12;

#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub(super) struct Page<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: Vec<Token>,
    /// The tokens that a time may begin with.
    pub(super) points: Vec<u32>,
    /// Whether there is a unit.
    pub(super) units: bool,
    /// Whether there is a verb of showing.
    pub(super) shows: bool,
    /// Whether there is a date, or a day or a month of one.
    pub(super) dated: bool,
    /// Whether a label is possible.
    pub(super) labelled: bool,
    /// The first token of a script that is not read.
    pub(super) script: Option<usize>,
    /// The numbers in words that stand behind an `at`.
    pub(super) spelled: Vec<u32>,
    pub(super) atoms: Vec<Atom>,
    /// The column that each atom stands in; empty where the text has no table.
    roles: Vec<Role>,
}

/// What stands before a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    pub(super) cue: Cue,
    /// The token that the cue was taken from.
    pub(super) at: usize,
    pub(super) approx: bool,
    pub(super) the: bool,
    pub(super) article: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// The line begins, or the sentence.
    Start,
    Open(u8),
    /// A comma, a semicolon, a slash, `and`, `or`.
    List,
    /// A colon or an equals sign.
    Colon,
    Dash,
    Cell,
    Word(Word),
    Unit,
    Number,
    Other,
    Id,
    /// Money, a hash: no time follows.
    Never,
}

/// What follows a group at the beginning of its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// Nothing: it fills its item.
    Nothing,
    /// A comma or an `and`.
    List,
    /// A colon, a dash, a pipe: the caption.
    Caption,
    /// A word that can begin a sentence.
    Sentence,
    /// A word that the number could count.
    Noun,
    /// A sign that makes the number something else.
    Never,
}

// === impl Cue ===

impl Cue {
    /// Whether it is a word that says when: what stands behind it is placed in time.
    pub(super) fn is_preposition(self) -> bool {
        matches!(
            self,
            Self::Word(Word::At | Word::From | Word::Between | Word::Until | Word::After | Word::Before | Word::By)
        )
    }
}

// === impl Page ===

impl<'a> Page<'a> {
    pub(super) fn new(text: &'a str, spare: &mut Spare) -> Self {
        let tokens = lexer::lex(text, take(&mut spare.tokens), take(&mut spare.points));
        let atoms = atoms::compose(text, &tokens, take(&mut spare.atoms));
        let roles = if tokens.tabular { table::roles(text, &tokens.all, &atoms) } else { Vec::new() };
        let labelled = tokens.labelled || roles.iter().any(|role| matches!(role, Role::Start | Role::End));
        let (units, shows, dated, script) = (tokens.units, tokens.shows, tokens.dated, tokens.script);
        let Tokens { all, points, spelled, .. } = tokens;
        Self { text, tokens: all, points, units, shows, dated, labelled, script, spelled, atoms, roles }
    }

    /// Gives its vectors back.
    pub(super) fn end(self, spare: &mut Spare) {
        (spare.tokens, spare.points, spare.atoms) = (self.tokens, self.points, self.atoms);
    }

    pub(super) fn kind(&self, at: usize) -> Kind {
        #[cfg(test)]
        steps::one();
        self.tokens.get(at).map_or(Kind::Break, |token| token.kind)
    }

    pub(super) fn gap(&self, at: usize) -> Gap {
        self.tokens.get(at).map_or(Gap::Wide, |token| token.gap)
    }

    /// Whether a word is one of Korean, Chinese or Japanese.
    pub(super) fn is_asian(&self, at: usize) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| self.text.as_bytes().get(token.start()).is_some_and(|lead| *lead >= 0xE3))
    }

    pub(super) fn role(&self, atom: usize) -> Role {
        self.roles.get(atom).copied().unwrap_or(Role::None)
    }

    /// The last token before `at` that is no dress; `None` at the very beginning.
    #[inline]
    pub(super) fn before(&self, at: usize) -> Option<usize> {
        let last = at.checked_sub(1)?;
        if !self.tokens[last].is_dress() {
            return Some(last);
        }
        let mut before = last;
        while before > at.saturating_sub(REACH) {
            before -= 1;
            if !self.tokens[before].is_dress() {
                return Some(before);
            }
        }
        None
    }

    /// The first token from `at` on that is no dress.
    #[inline]
    pub(super) fn behind(&self, at: usize) -> usize {
        if self.tokens.get(at).is_some_and(|token| !token.is_dress()) {
            return at;
        }
        let end = self.tokens.len().min(at + REACH);
        let mut behind = at + 1;
        while behind < end {
            if !self.tokens[behind].is_dress() {
                return behind;
            }
            behind += 1;
        }
        self.tokens.len() - 1
    }

    /// What stands before the token `at`.
    pub(super) fn left(&self, at: usize) -> Left {
        let mut left = Left { cue: Cue::Start, at: 0, approx: false, the: false, article: false };
        let mut next = at;
        for _ in 0..REACH {
            let Some(index) = self.before(next) else { return left };
            left.at = index;
            next = index;
            match self.kind(index) {
                Kind::Word(Word::Approx) => left.approx = true,
                Kind::Word(Word::The) => left.the = true,
                Kind::Word(Word::Article) => left.article = true,
                Kind::Mark(Mark::Tilde) => left.approx = true,
                // 最初の10秒
                Kind::Word(Word::Ordinal) => {}
                kind => {
                    left.cue = self.cue(kind, index, at);
                    return left;
                }
            }
        }
        left
    }

    fn cue(&self, kind: Kind, index: usize, at: usize) -> Cue {
        match kind {
            Kind::Mark(Mark::Open(shape)) => Cue::Open(shape),
            Kind::Mark(Mark::Comma | Mark::Semicolon | Mark::Slash) | Kind::Word(Word::And | Word::Or) => Cue::List,
            Kind::Mark(Mark::Colon | Mark::Equal) => Cue::Colon,
            // `<time>12.0</time>`
            Kind::Mark(Mark::Close(b'<')) if self.is_tag(index) => Cue::Colon,
            Kind::Break if self.is_key(index) => Cue::Colon,
            Kind::Break
            | Kind::Mark(Mark::Stop | Mark::Bullet | Mark::Close(_) | Mark::Dots | Mark::Other)
            | Kind::Script => Cue::Start,
            // a bullet or `≈`, but not `+5 min`
            Kind::Mark(Mark::Plus)
                if self.starts_line(index)
                    && (self.gap(index + 1) > Gap::Tight || &self.text[self.span(index, index)] != "+") =>
            {
                Cue::Start
            }
            // `### 0:00 - 0:45: Opening`
            Kind::Mark(Mark::Hash) if self.gap(index + 1) > Gap::Tight && self.starts_line(index) => Cue::Start,
            // a minus sign, unless it is a bullet
            Kind::Mark(Mark::Dash | Mark::Arrow | Mark::Tilde) => {
                let line = || self.before(index).is_none_or(|before| self.kind(before) == Kind::Break);
                let minus = index + 1 == at && self.gap(at) == Gap::Tight && self.gap(index) > Gap::Tight;
                if minus && kind == Kind::Mark(Mark::Dash) && !line() { Cue::Never } else { Cue::Dash }
            }
            Kind::Mark(Mark::Pipe) => Cue::Cell,
            // `mAP@0.5`
            Kind::Mark(Mark::At) if index > 0 && self.gap(index) == Gap::Tight && self.gap(at) == Gap::Tight => Cue::Id,
            Kind::Mark(Mark::At) => Cue::Word(Word::At),
            Kind::Mark(_) => Cue::Never,
            Kind::Word(word) => Cue::Word(word),
            Kind::Unit(_) => Cue::Unit,
            Kind::Other(_) => Cue::Other,
            Kind::Id => Cue::Id,
            _ => Cue::Number,
        }
    }

    /// Whether the angle bracket at `close` ends a tag of one word for a time.
    fn is_tag(&self, close: usize) -> bool {
        close >= 2
            && matches!(self.kind(close - 1), Kind::Word(Word::Time | Word::Stamp))
            && self.kind(close - 2) == Kind::Mark(Mark::Open(b'<'))
    }

    /// Whether a line ends with the key of an object: `"timestamp":`, whose value is in the next line.
    fn is_key(&self, end: usize) -> bool {
        end >= 2
            && self.kind(end - 1) == Kind::Mark(Mark::Colon)
            && self.kind(end - 2) == Kind::Mark(Mark::Quote)
            && self.gap(end - 1) == Gap::Tight
    }

    /// The word before the colon at `colon`: the label of what follows.
    pub(super) fn label(&self, colon: usize) -> Option<usize> {
        // the break behind a key stands for its colon
        let colon = if self.kind(colon) == Kind::Break { colon - 1 } else { colon };
        let label = self.before(colon)?;
        match self.kind(label) {
            // `Timestamp (s): 12.5`
            Kind::Mark(Mark::Close(b'('))
                if label >= 3
                    && matches!(self.kind(label - 1), Kind::Unit(_))
                    && self.kind(label - 2) == Kind::Mark(Mark::Open(b'(')) =>
            {
                self.before(label - 2)
            }
            // `The answer is: 12-18`
            Kind::Mark(Mark::Close(_)) | Kind::Word(Word::Is) => self.before(label),
            _ => Some(label),
        }
    }

    /// Whether the token at `at` begins a line or a list item; its bullet, number and dress stand before it.
    pub(super) fn opens_item(&self, at: usize) -> bool {
        let mut at = at;
        for _ in 0..REACH {
            let Some(index) = at.checked_sub(1) else { return true };
            match self.kind(index) {
                Kind::Break => return true,
                Kind::Mark(Mark::Star | Mark::Quote | Mark::Open(_) | Mark::Hash | Mark::Bullet) => at = index,
                Kind::Mark(Mark::Dash | Mark::Plus | Mark::Close(b'<')) if self.starts_line(index) => return true,
                Kind::Mark(Mark::Stop | Mark::Close(_)) => {
                    let number =
                        index.checked_sub(1).is_some_and(|number| matches!(self.kind(number), Kind::Number(_)));
                    return number && self.starts_line(index - 1) || self.is_checkbox(index);
                }
                _ => return false,
            }
        }
        false
    }

    fn is_checkbox(&self, close: usize) -> bool {
        close >= 2 && self.kind(close) == Kind::Mark(Mark::Close(b'[')) && self.starts_line(close - 1)
            || close >= 3 && self.kind(close - 2) == Kind::Mark(Mark::Open(b'[')) && self.starts_line(close - 2)
    }

    /// Whether only dress and bullets stand before the token in its line.
    pub(super) fn starts_line(&self, at: usize) -> bool {
        for index in (at.saturating_sub(REACH)..at).rev() {
            match self.kind(index) {
                Kind::Break => return true,
                Kind::Mark(
                    Mark::Star
                    | Mark::Quote
                    | Mark::Open(_)
                    | Mark::Hash
                    | Mark::Bullet
                    | Mark::Dash
                    | Mark::Plus
                    | Mark::Close(b'<'),
                ) => {}
                _ => return false,
            }
        }
        at <= REACH
    }

    /// What follows behind the token at `last`.
    pub(super) fn follow(&self, last: usize) -> Follow {
        let next = self.behind(last + 1);
        let tight = self.gap(next) == Gap::Tight;
        match self.kind(next) {
            Kind::Break => Follow::Nothing,
            // `12-inch`
            Kind::Mark(Mark::Dash)
                if tight
                    && self.gap(next + 1) == Gap::Tight
                    && matches!(self.kind(next + 1), Kind::Other(_) | Kind::Word(_)) =>
            {
                Follow::Noun
            }
            Kind::Mark(Mark::Close(_)) => self.follow_close(next),
            Kind::Mark(Mark::Stop) => {
                if tight {
                    Follow::Nothing
                } else {
                    Follow::Sentence
                }
            }
            Kind::Mark(Mark::Comma | Mark::Semicolon) | Kind::Word(Word::And | Word::Or) => Follow::List,
            Kind::Mark(
                Mark::Colon
                | Mark::Dash
                | Mark::Pipe
                | Mark::Arrow
                | Mark::Tilde
                | Mark::Equal
                | Mark::Open(_)
                | Mark::Dots
                | Mark::Bullet,
            ) => Follow::Caption,
            Kind::Mark(Mark::Slash) if !tight => Follow::List,
            Kind::Mark(_) => Follow::Never,
            // `time=41.6 camera=3`
            Kind::Other(_) | Kind::Word(_) if self.kind(next + 1) == Kind::Mark(Mark::Equal) => Follow::Sentence,
            Kind::Unit(_) => Follow::Noun,
            // `50 Mbit/s`
            Kind::Other(_) if self.kind(next + 1) == Kind::Mark(Mark::Slash) && self.gap(next + 1) == Gap::Tight => {
                Follow::Noun
            }
            // tons
            Kind::Word(Word::Time) if &self.text[self.span(next, next)] == "t" => Follow::Noun,
            Kind::Other(other) if self.gap(next) <= Gap::Space => {
                if other.capital {
                    Follow::Sentence
                } else {
                    Follow::Noun
                }
            }
            Kind::Word(
                Word::Measure
                | Word::Ordinal
                | Word::Meridiem
                | Word::Zone
                | Word::Part
                | Word::Media
                | Word::Book
                | Word::Ratio
                | Word::Display
                | Word::Agenda
                | Word::Day
                | Word::Month
                | Word::Of
                | Word::Half
                | Word::Age,
            ) => Follow::Noun,
            _ => Follow::Sentence,
        }
    }

    fn follow_close(&self, close: usize) -> Follow {
        match self.kind(self.behind(close + 1)) {
            Kind::Break => Follow::Nothing,
            Kind::Mark(Mark::Percent) => Follow::Never,
            _ => Follow::Caption,
        }
    }

    /// The bytes from the first to the last token. Behind the last one of all there are none: a rule may look too far.
    pub(super) fn span(&self, first: usize, last: usize) -> std::ops::Range<usize> {
        let start = self.tokens.get(first).map_or(self.text.len(), Token::start);
        start..self.tokens.get(last).map_or(self.text.len(), Token::end)
    }
}

/// How many tokens the rules have looked at, for the test that this grows no faster than the text.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<u64> = const { Cell::new(0) });

    pub(super) fn one() {
        STEPS.set(STEPS.get() + 1);
    }

    pub(in super::super) fn taken() -> u64 {
        STEPS.get()
    }
}
