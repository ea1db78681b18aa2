//! Cuts a text into tokens, once, from front to back. Nothing is decided here.
//!
//! A table of 256 classes says what a byte begins; words of alphabets are cut by `latin`, numbers by `numerals`, Hangul and
//! Han by `asian`. Words that the vocabulary does not know become one token however many they are, so that prose costs
//! little. Full-width digits and signs are read as their ASCII twins.

use std::ops::Range;

use super::signs::Layout;
use super::token::{Gap, Kind, Mark, Other, Token, Word};
use super::{asian, latin, numerals, signs};

/// A text in pieces.
#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub(super) struct Tokens {
    /// All of them, the last one a [`Kind::Break`].
    pub(super) all: Vec<Token>,
    /// The indices of those that a time may begin with: numbers of any shape, and units.
    pub(super) points: Vec<u32>,
    /// Whether a table is possible: there are pipes, or words for both a start and an end.
    pub(super) tabular: bool,
    /// Whether a label is possible: there are words for a start or an end, or what may be `from:`.
    pub(super) labelled: bool,
    /// Whether there is a unit.
    pub(super) units: bool,
    /// Whether there is a verb of showing.
    pub(super) shows: bool,
    /// Whether there is a date, or a day or a month of one.
    pub(super) dated: bool,
    /// The first token of a script that is not read.
    pub(super) script: Option<usize>,
    /// The numbers in words that stand behind an `at`.
    pub(super) spelled: Vec<u32>,
}

/// Fills the vectors, which are empty.
pub(super) fn lex(text: &str, tokens: Vec<Token>, points: Vec<u32>) -> Tokens {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        gap: Gap::Tight,
        tokens,
        points,
        script: None,
        spelled: Vec::new(),
        seen: Seen::default(),
    };
    lexer.tokens.reserve(text.len() / 4 + 8);
    lexer.points.reserve(text.len() / 16);
    lexer.run();
    let seen = lexer.seen;
    Tokens {
        tabular: seen.pipes || seen.starts && seen.ends,
        labelled: seen.starts || seen.ends || seen.keys,
        units: seen.units,
        shows: seen.shows,
        dated: seen.dated,
        all: lexer.tokens,
        points: lexer.points,
        script: lexer.script,
        spelled: lexer.spelled,
    }
}

pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    gap: Gap,
    pub(super) tokens: Vec<Token>,
    points: Vec<u32>,
    script: Option<usize>,
    spelled: Vec<u32>,
    seen: Seen,
}

/// What was met anywhere in the text, so that whole passes are left out where they could find nothing.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
struct Seen {
    pipes: bool,
    starts: bool,
    ends: bool,
    /// `from:`, `to =`, `"until"`
    keys: bool,
    units: bool,
    shows: bool,
    dated: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Break,
    Digit,
    Letter,
    /// A sign that is the same whatever stands behind it.
    Plain,
    /// Any other one of ASCII.
    Sign,
    /// The first byte of Han and Kana, and of some signs.
    Han,
    High,
}

static CLASS: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut table = [Class::Sign; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let class = match byte as u8 {
            b' ' | b'\t' | b'\r' | 0x0B | 0x0C => Class::Space,
            b'\n' => Class::Break,
            b'0'..=b'9' => Class::Digit,
            b'A'..=b'Z' | b'a'..=b'z' => Class::Letter,
            0xE3..=0xE9 => Class::Han,
            0x80.. => Class::High,
            b'-' | b'+' | b'=' | b'&' | b'<' | b'.' | b'|' => Class::Sign,
            _ => Class::Plain,
        };
        table[byte] = class;
        byte += 1;
    }
    table
}

fn is_greek(char: Option<char>) -> bool {
    matches!(char, Some('\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}'))
}

// === impl Lexer ===

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match CLASS[byte as usize] {
                Class::Space => {
                    self.gap = if self.gap == Gap::Tight && byte != b'\t' { Gap::Space } else { Gap::Wide };
                    self.at += 1;
                }
                // a tag has ended the line already
                Class::Break if self.is_behind_tag() => self.at += 1,
                Class::Break => self.push(Kind::Break, 1),
                Class::Digit => numerals::lex(self),
                Class::Letter => latin::words(self),
                Class::Plain => self.sign(byte),
                Class::Sign if self.is_sign_alone() => self.sign(byte),
                Class::Sign if byte == b'<' && self.tag() => {}
                Class::Sign => {
                    let (mark, length) = signs::of_ascii(self.rest());
                    self.mark(mark, length);
                }
                Class::Han if asian::sentence(self) => {}
                Class::Han | Class::High => self.high(),
            }
        }
        self.push(Kind::Break, 0);
    }

    /// Adds what the tag of a page's row or cell stands for, if one is at the lexer: the end of a line, or a column's sign.
    fn tag(&mut self) -> bool {
        let Some((tag, length)) = signs::layout(self.rest()) else { return false };
        match tag {
            Layout::Row => {
                while self.tokens.pop_if(|last| last.kind == Kind::Break).is_some() {}
                self.push(Kind::Break, length);
            }
            Layout::Cell => {
                // the line of a page may end between two cells
                if !self.is_behind_tag() {
                    self.tokens.pop_if(|last| last.kind == Kind::Break);
                }
                self.mark(Mark::Pipe, length);
            }
        }
        true
    }

    /// Whether the last token is the end of a line that a tag has made.
    fn is_behind_tag(&self) -> bool {
        self.tokens.last().is_some_and(|last| last.kind == Kind::Break && self.bytes[last.start()] == b'<')
    }

    /// What lies between the last token and the lexer.
    pub(super) fn gap(&self) -> Gap {
        self.gap
    }

    /// Adds a token of `length` bytes and goes behind it.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "its kind is mostly a constant, and two per cent of all instructions are saved"
    )]
    pub(super) fn push(&mut self, kind: Kind, length: usize) {
        if kind.is_point() {
            self.seen.units |= matches!(kind, Kind::Unit(_));
            #[expect(clippy::cast_possible_truncation, reason = "no text is longer than LONGEST_TEXT")]
            self.points.push(self.tokens.len() as u32);
        }
        let start = self.at;
        self.at += length;
        self.tokens.push(Token::new(kind, self.gap, start..self.at));
        self.gap = Gap::Tight;
    }

    /// Adds a date, or what has one in it.
    pub(super) fn dated(&mut self, kind: Kind, length: usize) {
        self.seen.dated |= kind == Kind::Date;
        self.push(kind, length);
    }

    /// Adds a word that the vocabulary knows. Where there is nothing to note, and room, nothing is called and no register has
    /// to be saved, which costs more than the rest.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what the tables of words give is passed on as it is")]
    pub(super) fn known(&mut self, kind: &'static Kind, length: usize) {
        let noted = match kind {
            Kind::Spelled(_) => true,
            Kind::Word(word) => word.is_noted(),
            _ => false,
        };
        let full = self.tokens.len() == self.tokens.capacity() || self.points.len() == self.points.capacity();
        if noted || full {
            return self.noted(kind, length);
        }
        self.push(*kind, length);
    }

    /// The same for the words that say what the text may have in it.
    #[inline(never)]
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what the tables of words give is passed on as it is")]
    fn noted(&mut self, kind: &'static Kind, length: usize) {
        match kind {
            Kind::Word(Word::Start) => self.seen.starts = true,
            Kind::Word(Word::End) => self.seen.ends = true,
            Kind::Word(Word::Shows) => self.seen.shows = true,
            Kind::Word(Word::Day | Word::Month) => self.seen.dated = true,
            Kind::Word(Word::From | Word::To | Word::Until) => {
                let behind = &self.rest()[length..];
                let behind = behind.strip_prefix(b" ").unwrap_or(behind);
                let sentence = matches!(behind, [b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'<' | 0xE3..=0xED, ..]);
                self.seen.keys |= !sentence;
            }
            Kind::Spelled(_) if self.tokens.last().is_some_and(|token| token.kind == Kind::Word(Word::At)) => {
                #[expect(clippy::cast_possible_truncation, reason = "no text is longer than LONGEST_TEXT")]
                self.spelled.push(self.tokens.len() as u32);
            }
            _ => {}
        }
        self.push(*kind, length);
    }

    /// Whether nothing stands behind the sign at the lexer that could belong to it.
    #[inline]
    fn is_sign_alone(&self) -> bool {
        matches!(self.bytes[self.at..], [b'-' | b'=' | b'<' | b'.', b' ' | b'\n' | b'0'..=b'9', ..])
    }

    /// Adds a sign of ASCII that is what it is by itself, and goes over the space behind it.
    #[inline]
    fn sign(&mut self, byte: u8) {
        let start = self.at;
        self.tokens.push(Token::new(signs::plain(byte), self.gap, start..start + 1));
        let is_spaced = matches!(self.bytes.get(start + 1), Some(b' '));
        (self.at, self.gap) = if is_spaced { (start + 2, Gap::Space) } else { (start + 1, Gap::Tight) };
    }

    /// Adds a sign, and goes over the space behind it.
    #[inline]
    fn mark(&mut self, mark: Mark, length: usize) {
        self.seen.pipes |= mark == Mark::Pipe;
        let start = self.at;
        self.at += length;
        self.tokens.push(Token::new(Kind::Mark(mark), self.gap, start..self.at));
        self.gap = Gap::Tight;
        self.skip_space();
    }

    /// Goes to a place with so much space before it.
    #[inline]
    pub(super) fn go(&mut self, at: usize, gap: Gap) {
        (self.at, self.gap) = (at, gap);
    }

    /// Adds a word, of which nothing is to be noted, wherever the lexer is.
    #[inline]
    pub(super) fn plain(&mut self, kind: Kind, gap: Gap, span: Range<usize>) {
        self.tokens.push(Token::new(kind, gap, span));
    }

    /// Adds words that the vocabulary does not know, at the lexer or behind it; those at it to the ones before, if nothing but
    /// a space lies between.
    #[inline]
    pub(super) fn strangers(&mut self, words: u32, gap: Gap, span: Range<usize>) {
        let words = words.try_into().unwrap_or(u8::MAX);
        if self.at == span.start
            && gap <= Gap::Space
            && let Some(last) = self.tokens.last_mut()
            && let Kind::Other(other) = &mut last.kind
        {
            other.words = other.words.saturating_add(words);
            last.extend(span.end);
        } else {
            let capital = self.bytes[span.start] & 0x20 == 0;
            self.tokens.push(Token::new(Kind::Other(Other { words, capital }), gap, span));
        }
    }

    /// Adds words that it does not know to those before them, if nothing but a space lies between.
    #[inline]
    pub(super) fn others(&mut self, more: Other, length: usize) {
        let start = self.at;
        self.at += length;
        if let Some(last) = self.tokens.last_mut()
            && let Kind::Other(other) = &mut last.kind
            && self.gap <= Gap::Space
        {
            other.words = other.words.saturating_add(more.words);
            last.extend(self.at);
        } else {
            self.tokens.push(Token::new(Kind::Other(more), self.gap, start..self.at));
        }
        self.gap = Gap::Tight;
    }

    /// Goes over the one space behind a token, if there is one.
    #[inline]
    pub(super) fn skip_space(&mut self) -> bool {
        let space = self.bytes.get(self.at) == Some(&b' ');
        if space {
            self.at += 1;
            self.gap = Gap::Space;
        }
        space
    }

    /// Whether a letter of a script that is not read stands directly before the lexer.
    fn is_behind_script(&self) -> bool {
        self.gap == Gap::Tight && matches!(self.tokens.last(), Some(Token { kind: Kind::Script, .. }))
    }

    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Anything that is not ASCII.
    fn high(&mut self) {
        let lead = self.bytes[self.at];
        match lead {
            ..0xE3 if latin::letter(self.rest()) > 0 => return latin::odd_word(self),
            ..0xE3 => {}
            0xEA..=0xED if asian::hangul(self) => return,
            _ => {
                if let Some(mark) = signs::of_asian(self.rest()) {
                    return self.mark(mark, 3);
                }
                if lead == 0xEF && numerals::digit(self.rest()).is_some() {
                    return numerals::lex(self);
                }
                if asian::lex(self) {
                    return;
                }
            }
        }
        let rest = &self.text[self.at..];
        let Some(char) = rest.chars().next() else { return };
        let length = char.len_utf8();
        match char {
            '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{3000}' => {
                self.gap = if self.gap == Gap::Tight { Gap::Space } else { Gap::Wide };
                self.at += length;
            }
            // joiners, direction marks, variation selectors, the byte order mark: as if they were not there
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' => {
                self.at += length;
            }
            '\u{2028}' | '\u{2029}' | '\u{85}' => self.push(Kind::Break, length),
            // `4.7 kΩ`, `α`
            '\u{370}'..='\u{3FF}' if !is_greek(rest[length..].chars().next()) && !self.is_behind_script() => {
                self.push(Kind::Word(Word::Measure), length);
            }
            '\u{370}'..='\u{1FFF}' | '\u{A4D0}'..='\u{ABFF}' => {
                self.script = self.script.or(Some(self.tokens.len()));
                self.push(Kind::Script, length);
            }
            '½' | '¼' | '¾' => self.push(Kind::Word(Word::Half), length),
            '–' | '—' if rest[length..].starts_with('>') => self.push(Kind::Mark(Mark::Arrow), length + 1),
            _ => {
                self.mark(signs::of_char(char), length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The signs that are taken for what they are by themselves must be the same with all that could stand behind them.
    #[test]
    fn takes_no_sign_alone_that_belongs_to_the_next() {
        let printable = || b' '..=b'~';
        for sign in printable().filter(|byte| matches!(CLASS[usize::from(*byte)], Class::Plain | Class::Sign)) {
            for next in printable().chain([b'\n']) {
                for last in printable() {
                    let text = [sign, next, last];
                    let text = std::str::from_utf8(&text).expect("ASCII");
                    let lexer = lexer(text);
                    if CLASS[usize::from(sign)] == Class::Plain || lexer.is_sign_alone() {
                        let (mark, length) = signs::of_ascii(text.as_bytes());
                        assert_eq!((Kind::Mark(mark), length), (signs::plain(sign), 1), "{text:?}");
                        assert!(sign != b'<' || signs::layout(text.as_bytes()).is_none(), "{text:?}");
                    }
                }
            }
        }
    }

    fn lexer(text: &str) -> Lexer<'_> {
        Lexer {
            text,
            bytes: text.as_bytes(),
            at: 0,
            gap: Gap::Tight,
            tokens: Vec::new(),
            points: Vec::new(),
            script: None,
            spelled: Vec::new(),
            seen: Seen::default(),
        }
    }
}
