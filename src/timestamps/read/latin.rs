//! Cuts words of alphabets, and the identifiers and addresses that begin with a letter.

use super::compounds;
use super::lexer::Lexer;
use super::numerals::length_of_hardware_address;
use super::token::{Gap, Kind, Other, Style, Token, Unit, Word};
use super::words::{self, Key};

/// Adds words up to the first sign: in nearly all cases they are nothing but letters, and what stands behind them cannot
/// belong to them. The others are [odd](odd_word).
pub(super) fn words(lexer: &mut Lexer<'_>) {
    let bytes = lexer.bytes;
    loop {
        let Run { strangers, end, next } = run(bytes, lexer.at);
        add(lexer, strangers, end);
        match next {
            // nearly all of them: nothing to note, and no period of its own
            Next::Known(Kind::Word(word), length) if !word.is_noted() && *word != Word::Approx => {
                lexer.push(Kind::Word(*word), length);
            }
            Next::Known(kind, length) => {
                let behind = &bytes[lexer.at + length..];
                let period = matches!(behind, [b'.', ..]) && is_abbreviated(*kind, behind);
                lexer.known(kind, length + usize::from(period));
            }
            Next::Odd => return odd_word(lexer),
            Next::Sign => {
                lexer.skip_space();
                return;
            }
        }
        if !(lexer.skip_space() && bytes.get(lexer.at).is_some_and(u8::is_ascii_alphabetic)) {
            return;
        }
    }
}

/// Words that the vocabulary does not know: how many, where the last of them ends, and what is behind them.
struct Run {
    strangers: u16,
    end: usize,
    next: Next,
}

enum Next {
    /// A word that it knows, of so many bytes.
    Known(&'static Kind, usize),
    /// A word of more than letters.
    Odd,
    /// No word.
    Sign,
}

/// Goes over the words from `at` on up to one that matters. Knows nothing of tokens, so that all it needs stays in
/// registers: this is where prose is read.
#[inline]
fn run(bytes: &[u8], mut at: usize) -> Run {
    let (mut strangers, mut end) = (0_u16, at);
    loop {
        let rest = &bytes[at..];
        let first = eight(rest);
        let others = others(first);
        let length = if others == 0 { long_word(rest) } else { (others.trailing_zeros() / 8) as usize };
        let (word, behind) = rest.split_at(length);
        if !is_over(behind) {
            break Run { strangers, end, next: Next::Odd };
        }
        if !is_code(word)
            && let Some(kind) = words::look_up(word, Key::before(first, others))
        {
            break Run { strangers, end, next: Next::Known(kind, length) };
        }
        (strangers, end) = (strangers.saturating_add(1), at + length);
        if !matches!(behind, [b' ', b'a'..=b'z' | b'A'..=b'Z', ..]) {
            break Run { strangers, end, next: Next::Sign };
        }
        at = end + 1;
    }
}

/// The letters at the beginning of a text, of which eight or more are.
#[inline(never)]
fn long_word(text: &[u8]) -> usize {
    let mut length = 8;
    while let Some(rest) = text.get(length..) {
        let others = others(eight(rest));
        if others > 0 {
            return length + (others.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    text.len()
}

/// Adds the words up to `end` that the vocabulary does not know, and goes over the space behind them.
#[inline]
fn add(lexer: &mut Lexer<'_>, strangers: u16, end: usize) {
    if strangers > 0 {
        let capital = lexer.bytes[lexer.at] & 0x20 == 0;
        lexer.others(Other { words: strangers, capital }, end - lexer.at);
        lexer.skip_space();
    }
}

/// The first eight bytes of a text as a number, the first one lowest; zeros behind its end.
fn eight(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => text.iter().rev().fold(0, |bytes, byte| bytes << 8 | u64::from(*byte)),
    }
}

/// The high bits of those of eight bytes that are no letters.
fn others(bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    const CASE: u64 = 0x20 * ONES;
    let low = (bytes | CASE) & !HIGH;
    // the sums set the high bit of each byte from `a` on, and of each one behind `z`
    let from_a = low + (0x80 - 0x61) * ONES;
    let behind_z = low + (0x80 - 0x7B) * ONES;
    !(from_a & !behind_z & !bytes) & HIGH
}

/// Whether a word of letters cannot go on with what stands behind it, nor be an address or an abbreviation with it.
fn is_over(behind: &[u8]) -> bool {
    match behind {
        [b' ', ..] | [] => true,
        [b'0'..=b'9' | b'_' | b'\'' | 0x80.., ..] => false,
        [b':', b'/', ..] | [b':', _, _, b':', ..] => false,
        [b'.', b' ', b'0'..=b'9', ..] => false,
        [b'.', next, ..] => matches!(next, b' ' | b'\n'),
        _ => true,
    }
}

/// Adds a word with anything but ASCII letters in it or behind it, an identifier or an address, from its first letter.
pub(super) fn odd_word(lexer: &mut Lexer<'_>) {
    let rest = lexer.rest();
    let address = length_of_hardware_address(rest);
    if address > 0 {
        return lexer.push(Kind::Id, address);
    }
    let mut digits = false;
    let unit = lexer.gap() == Gap::Tight && matches!(lexer.tokens.last(), Some(Token { kind: Kind::Number(_), .. }));
    let mut length = 0;
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
    let (word, behind) = rest.split_at(length);
    if behind.starts_with(b"://") || word == b"www" {
        return lexer.push(Kind::Id, length + length_of_address(behind));
    }
    // `No. 12`, `pp. 10-20`
    let numbered = matches!(behind, [b'.', b'0'..=b'9', ..] | [b'.', b' ', b'0'..=b'9', ..]);
    if numbered && is_numbering(word) {
        return lexer.push(Kind::Id, length + 1);
    }
    // `event_1_end: 12.0`
    let key = if word.contains(&b'_') { compounds::key(word) } else { None };
    let digits = digits && (key.is_none() || !matches!(behind, [b':' | b'"' | b'=' | b' ', ..]));
    let version = length <= 2 && matches!(behind, [b'.', b'0'..=b'9', ..]);
    if (digits || version) && !unit {
        return lexer.push(Kind::Id, length_of_id(rest, length));
    }
    if length == 1 && matches!(word[0] | 0x20, b'a' | b'p') && matches!(behind, [b'.', b'm' | b'M', ..]) {
        return lexer.push(Kind::Word(Word::Meridiem), if behind.get(2) == Some(&b'.') { 4 } else { 3 });
    }
    let kind = if is_code(word) { None } else { words::look_up(word, Key::of(word)).or(key) };
    match kind {
        None => lexer.others(Other { words: 1, capital: word[0].is_ascii_uppercase() }, length),
        Some(kind) => {
            let period = usize::from(is_abbreviated(*kind, behind));
            lexer.known(kind, length + period);
        }
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
    // `?t=45` is not read, but seen
    let timed = |at: usize| matches!(rest[at..], [b'?' | b'&' | b'#', b't', b'=', b'0'..=b'9', ..]);
    let end =
        |byte: &u8| matches!(byte, 0..=b' ' | b'"' | b'\'' | b'<' | b'>' | b')' | b']' | b'`' | b'|' | b'*' | 0x80..);
    (0..rest.len()).find(|at| end(&rest[*at]) || timed(*at)).unwrap_or(rest.len())
}
