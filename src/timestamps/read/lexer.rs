//! Cuts a text into tokens, once, from front to back. Nothing is decided here.
//!
//! A table of 256 classes says what a byte begins; a word is looked up in the vocabulary, and words that it does not know
//! become one token however many they are, so that prose costs little. Full-width digits and signs are read as their ASCII
//! twins.

use super::asian;
use super::numerals;
use super::token::{Gap, Kind, Mark, Other, Style, Token, Unit, Word};
use super::words;

/// A text in pieces.
pub(super) struct Tokens {
    /// All of them, the last one a [`Kind::Break`].
    pub(super) all: Vec<Token>,
    /// The indices of those that a time may begin with: numbers of any shape, and units.
    pub(super) points: Vec<u32>,
    /// Whether a table is possible: there are pipes, or words for both a start and an end.
    pub(super) tabular: bool,
    /// The first token of a script that is not read.
    pub(super) script: Option<usize>,
}

pub(super) fn lex(text: &str) -> Tokens {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        gap: Gap::Tight,
        tokens: Vec::new(),
        points: Vec::new(),
        script: None,
    };
    lexer.tokens.reserve(text.len() / 4 + 8);
    lexer.points.reserve(text.len() / 32);
    lexer.run();
    let has = |kind: Kind| lexer.tokens.iter().any(|token| token.kind == kind);
    let tabular = has(Kind::Mark(Mark::Pipe)) || has(Kind::Word(Word::Start)) && has(Kind::Word(Word::End));
    Tokens { tabular, all: lexer.tokens, points: lexer.points, script: lexer.script }
}

pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    gap: Gap,
    pub(super) tokens: Vec<Token>,
    points: Vec<u32>,
    script: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Break,
    Digit,
    Letter,
    Sign,
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
            0x80.. => Class::High,
            _ => Class::Sign,
        };
        table[byte] = class;
        byte += 1;
    }
    table
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
                Class::Break => self.push(Kind::Break, 1),
                Class::Digit => numerals::lex(self),
                Class::Letter => self.word(),
                Class::Sign => self.sign(byte),
                Class::High => self.high(),
            }
        }
        self.push(Kind::Break, 0);
    }

    /// What lies between the last token and the lexer.
    pub(super) fn gap(&self) -> Gap {
        self.gap
    }

    /// Adds a token of `length` bytes and goes behind it.
    pub(super) fn push(&mut self, kind: Kind, length: usize) {
        let start = self.at;
        self.at += length;
        if let (Kind::Other(more), Some(last)) = (kind, self.tokens.last_mut())
            && let Kind::Other(other) = &mut last.kind
            && self.gap <= Gap::Space
        {
            other.words = other.words.saturating_add(more.words);
            last.extend(self.at);
        } else {
            if kind.is_point() {
                #[expect(clippy::cast_possible_truncation, reason = "no text is longer than LONGEST_TEXT")]
                self.points.push(self.tokens.len() as u32);
            }
            self.tokens.push(Token::new(kind, self.gap, start..self.at));
        }
        self.gap = Gap::Tight;
    }

    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// A word, an identifier or an address, from its first letter.
    fn word(&mut self) {
        let rest = self.rest();
        let mut length = 0;
        while length < rest.len() && rest[length].is_ascii_alphabetic() {
            length += 1;
        }
        if length > 1 && matches!(rest.get(length), Some(b' ' | b',' | b'\n')) {
            // nearly every word: nothing but letters, and behind it nothing that could belong to it
            let word = &rest[..length];
            let kind = if is_code(word) { None } else { words::look_up(word) };
            let unknown = Kind::Other(Other { words: 1, capital: word[0].is_ascii_uppercase() });
            self.push(kind.unwrap_or(unknown), length);
            if self.bytes[self.at] == b' ' {
                self.gap = Gap::Space;
                self.at += 1;
            }
            return;
        }
        let mut digits = false;
        let unit = self.gap == Gap::Tight && matches!(self.tokens.last(), Some(Token { kind: Kind::Number(_), .. }));
        loop {
            match rest.get(length) {
                Some(b'a'..=b'z' | b'A'..=b'Z') => length += 1,
                // the `m` of `1m30s`
                Some(b'0'..=b'9') if unit => break,
                Some(b'0'..=b'9') => {
                    digits = true;
                    length += 1;
                }
                Some(b'_') if rest.get(length + 1).is_some_and(u8::is_ascii_alphanumeric) => length += 1,
                Some(b'\'') if rest.get(length + 1).is_some_and(u8::is_ascii_alphabetic) => length += 1,
                Some(0xE2) if rest[length..].starts_with("’".as_bytes()) && letter(&rest[length + 3..]) > 0 => {
                    length += 3;
                }
                Some(0x80..) => match letter(&rest[length..]) {
                    0 => break,
                    bytes => length += bytes,
                },
                _ => break,
            }
        }
        let word = &rest[..length];
        if rest[length..].starts_with(b"://") || word == b"www" {
            return self.push(Kind::Id, length + length_of_address(&rest[length..]));
        }
        // `No. 12`, `pp. 10-20`
        let numbered = matches!(rest[length..], [b'.', b'0'..=b'9', ..] | [b'.', b' ', b'0'..=b'9', ..]);
        if numbered && is_numbering(word) {
            return self.push(Kind::Id, length + 1);
        }
        let version = length <= 2 && matches!(rest[length..], [b'.', b'0'..=b'9', ..]);
        let kind = if (digits || version) && !unit {
            return self.push(Kind::Id, length_of_id(rest, length));
        } else if length == 1
            && matches!(word[0] | 0x20, b'a' | b'p')
            && rest[1..].starts_with(b".m") | rest[1..].starts_with(b".M")
        {
            let length = if rest.get(3) == Some(&b'.') { 4 } else { 3 };
            return self.push(Kind::Word(Word::Meridiem), length);
        } else {
            let known = if is_code(word) { None } else { words::look_up(word) };
            known.unwrap_or_else(|| Kind::Other(Other { words: 1, capital: word[0].is_ascii_uppercase() }))
        };
        let period = usize::from(is_abbreviated(kind, &rest[length..]));
        self.push(kind, length + period);
    }

    fn sign(&mut self, byte: u8) {
        let rest = self.rest();
        let (mark, length) = match byte {
            b'-' => {
                let dashes = rest.iter().take_while(|byte| **byte == b'-').count();
                if rest.get(dashes) == Some(&b'>') { (Mark::Arrow, dashes + 1) } else { (Mark::Dash, dashes) }
            }
            b'=' if rest.starts_with(b"=>") => (Mark::Arrow, 2),
            b'.' => match rest {
                [b'.', b'.', b'.', ..] => (Mark::Dots, 3),
                [b'.', b'.', ..] => (Mark::Dots, 2),
                _ => (Mark::Stop, 1),
            },
            b'!' | b'?' => (Mark::Stop, 1),
            b'<' | b'[' | b'(' | b'{' => (Mark::Open(byte), 1),
            b'>' => (Mark::Close(b'<'), 1),
            b']' => (Mark::Close(b'['), 1),
            b')' => (Mark::Close(b'('), 1),
            b'}' => (Mark::Close(b'{'), 1),
            b'*' | b'_' | b'`' => (Mark::Star, 1),
            b'\'' | b'"' => (Mark::Quote, 1),
            b'$' => (Mark::Money, 1),
            _ => (plain(byte), 1),
        };
        self.push(Kind::Mark(mark), length);
    }

    /// Anything that is not ASCII.
    fn high(&mut self) {
        if letter(self.rest()) > 0 {
            return self.word();
        }
        let rest = &self.text[self.at..];
        let Some(char) = rest.chars().next() else { return };
        if numerals::digit(self.rest()).is_some() {
            return numerals::lex(self);
        }
        if asian::begins(char) {
            return asian::lex(self, char);
        }
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
            '\u{370}'..='\u{1FFF}' | '\u{A4D0}'..='\u{ABFF}' => {
                self.script = self.script.or(Some(self.tokens.len()));
                self.push(Kind::Script, length);
            }
            '–' | '—' if rest[length..].starts_with('>') => self.push(Kind::Mark(Mark::Arrow), length + 1),
            _ => self.push(Kind::Mark(high_mark(char)), length),
        }
    }
}

/// The sign that a byte of ASCII is, where it takes no second look.
fn plain(byte: u8) -> Mark {
    match byte {
        b'~' => Mark::Tilde,
        b',' => Mark::Comma,
        b';' => Mark::Semicolon,
        b':' => Mark::Colon,
        b'|' => Mark::Pipe,
        b'/' => Mark::Slash,
        b'=' => Mark::Equal,
        b'#' => Mark::Hash,
        b'@' => Mark::At,
        b'%' => Mark::Percent,
        b'+' => Mark::Plus,
        _ => Mark::Other,
    }
}

fn high_mark(char: char) -> Mark {
    match char {
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' | '－' | '﹣' | '⁃' => Mark::Dash,
        '～' | '〜' | '∼' | '˜' | '〰' | '∽' => Mark::Tilde,
        '→' | '⇒' | '⟶' | '➔' | '➜' | '➝' | '➞' | '⟹' | '➡' | '▶' | '►' | '»' => Mark::Arrow,
        '…' | '‥' => Mark::Dots,
        '，' | '、' | '､' => Mark::Comma,
        '；' => Mark::Semicolon,
        '：' | '﹕' | '∶' => Mark::Colon,
        '。' | '．' | '！' | '？' | '｡' => Mark::Stop,
        '〈' | '《' | '＜' | '‹' => Mark::Open(b'<'),
        '〉' | '》' | '＞' | '›' => Mark::Close(b'<'),
        '【' | '［' | '〔' => Mark::Open(b'['),
        '】' | '］' | '〕' => Mark::Close(b'['),
        '（' => Mark::Open(b'('),
        '）' => Mark::Close(b'('),
        '“' | '”' | '‘' | '’' | '„' | '«' | '「' | '」' | '『' | '』' | '＂' | '＇' => Mark::Quote,
        '｜' | '│' | '┃' => Mark::Pipe,
        '／' => Mark::Slash,
        '＝' => Mark::Equal,
        '＃' | '№' => Mark::Hash,
        '％' | '‰' => Mark::Percent,
        '°' | '℃' | '℉' | 'º' => Mark::Degree,
        '€' | '£' | '¥' | '₩' | '￥' | '￦' | '₹' => Mark::Money,
        '′' | '″' => Mark::Prime,
        '±' | '×' | '÷' | '＋' | '≈' => Mark::Plus,
        '①'..='⑳' | '•' | '·' | '▪' | '◦' | '●' | '○' | '‣' | '■' | '□' | '◆' | '◇' | '★' | '☆' | '✓' | '✔' | '※' => {
            Mark::Bullet
        }
        _ => Mark::Other,
    }
}

/// Bytes of the letter that a text begins with, if that is one of an alphabet that the vocabulary is written in.
pub(super) fn letter(bytes: &[u8]) -> usize {
    match bytes {
        [b'a'..=b'z' | b'A'..=b'Z', ..] => 1,
        [0xC3, 0x97 | 0xB7, ..] => 0,
        [0xC3..=0xCA | 0xCC | 0xD0..=0xD3, _, ..] => 2,
        [0xCD, 0x80..=0xAF, ..] => 2,
        [0xE1, 0xB8..=0xBB, _, ..] => 3,
        _ => 0,
    }
}

/// Abbreviations that a number of something follows.
fn is_numbering(word: &[u8]) -> bool {
    ["no", "nos", "nr", "p", "pp", "fig", "vol", "ref", "art", "tel", "ch"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// Two capitals that are no English word, as on a number plate: `34 AB 1234`.
fn is_code(word: &[u8]) -> bool {
    let &[a @ b'A'..=b'Z', b @ b'A'..=b'Z'] = word else { return false };
    !matches!(&[a, b], b"AM" | b"PM" | b"TO" | b"AT" | b"BY" | b"IN" | b"OF" | b"OR" | b"UP" | b"IS" | b"HR" | b"AN")
}

/// Whether the period behind a word belongs to it: `approx. 12`, `12 sec. - 18 sec.`
fn is_abbreviated(kind: Kind, behind: &[u8]) -> bool {
    match (kind, behind) {
        (Kind::Word(Word::Approx), [b'.', ..]) => true,
        (Kind::Unit(Unit { style: Style::Short, .. }), [b'.', next, ..]) => match next {
            b' ' => matches!(behind.get(2), Some(b'a'..=b'z' | b'0'..=b'9' | b'-' | b'~' | 0xE2)),
            _ => matches!(next, b',' | b':' | b';' | b')' | b']' | b'>' | b'-' | b'~'),
        },
        _ => false,
    }
}

/// Bytes of an identifier, of which `length` are known: `clip_0012-0047.mp4`.
pub(super) fn length_of_id(rest: &[u8], mut length: usize) -> usize {
    loop {
        match rest[length..] {
            [b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_', ..] => length += 1,
            [b'-' | b'.', next, ..] if next.is_ascii_alphanumeric() => length += 2,
            _ => return length,
        }
    }
}

/// Bytes up to the end of an address: a space, a quote or a closing bracket.
fn length_of_address(rest: &[u8]) -> usize {
    let end =
        |byte: &u8| matches!(byte, 0..=b' ' | b'"' | b'\'' | b'<' | b'>' | b')' | b']' | b'`' | b'|' | b'*' | 0x80..);
    rest.iter().position(end).unwrap_or(rest.len())
}
