//! Cuts words of alphabets, and the identifiers and addresses that begin with a letter.

use super::compounds;
use super::lexer::Lexer;
use super::numerals::length_of_hardware_address;
use super::token::{Gap, Kind, Other, Style, Token, Unit, Word};
use super::words::{self, Care, Key, Known};
use super::{letters, signs};

/// Adds words up to the first sign: in nearly all cases they are nothing but letters, and what stands behind them cannot
/// belong to them. The others are [odd](odd_word).
///
/// This is where prose is read, so that all it needs stays in registers, and the lexer learns at the end where it is.
#[inline(never)]
pub(super) fn words(lexer: &mut Lexer<'_>) {
    let bytes = lexer.bytes;
    let mut rest = &bytes[lexer.at..];
    let mut gap = lexer.gap();
    // words that the vocabulary does not know, and where the first of them begins
    let (mut strangers, mut from) = (0_u32, lexer.at);
    let is_odd = loop {
        let (length, known) = match rest.first_chunk().and_then(|first| letters::short_word(*first)) {
            Some((0, _)) => break false,
            Some((length, key)) => {
                let is_spaced = rest[length] == b' ';
                match words::short(key) {
                    None if is_spaced => {
                        strangers += 1;
                        rest = &rest[length + 1..];
                        continue;
                    }
                    Some(known)
                        if is_spaced && is_plain(known.care, &rest[length + 1..]) && !is_code(&rest[..length]) =>
                    {
                        let at = bytes.len() - rest.len();
                        if strangers > 0 {
                            lexer.strangers(strangers, gap, from..at - 1);
                            (strangers, gap) = (0, Gap::Space);
                        }
                        lexer.plain(known.kind, gap, at..at + length);
                        (gap, from) = (Gap::Space, at + length + 1);
                        rest = &rest[length + 1..];
                        continue;
                    }
                    known => (length, known),
                }
            }
            None => match long_word(rest) {
                (0, _) => break false,
                word => word,
            },
        };
        let (word, behind) = rest.split_at(length);
        let Some(end) = End::of(behind) else { break true };
        match known.filter(|_| !is_code(word)) {
            None => strangers += 1,
            Some(known) => {
                let at = bytes.len() - rest.len();
                if strangers > 0 {
                    lexer.strangers(strangers, gap, from..at - 1);
                    (strangers, gap) = (0, Gap::Space);
                }
                if known.care == Care::Plain {
                    lexer.plain(known.kind, gap, at..at + length);
                    (gap, from) = (Gap::Space, at + length + 1);
                } else {
                    lexer.go(at, gap);
                    noted_word(lexer, &known.kind, length, behind);
                    if !lexer.skip_space() {
                        return;
                    }
                    rest = &bytes[lexer.at..];
                    (gap, from) = (Gap::Space, lexer.at);
                    continue;
                }
            }
        }
        match end {
            End::Space(next) => rest = next,
            End::Sentence(sign, next) => {
                let at = bytes.len() - behind.len();
                if strangers > 0 {
                    lexer.strangers(strangers, gap, from..at);
                    strangers = 0;
                }
                lexer.plain(signs::plain(sign), Gap::Tight, at..at + 1);
                (gap, from) = (Gap::Space, at + 2);
                rest = next;
            }
            End::Sign => {
                rest = behind;
                break false;
            }
        }
    };
    let at = bytes.len() - rest.len();
    let is_spaced = at > lexer.at && bytes[at - 1] == b' ';
    if strangers > 0 {
        lexer.strangers(strangers, gap, from..at - usize::from(is_spaced));
    }
    if at > lexer.at {
        lexer.go(at, if is_spaced { Gap::Space } else { Gap::Tight });
    }
    // two spaces behind words that are not known are as one
    if strangers > 0 && is_spaced && !is_odd {
        lexer.skip_space();
    }
    if is_odd {
        odd_word(lexer);
    }
}

/// Whether nothing but the kind is to be known of a word with a space and so much behind it.
#[inline]
fn is_plain(care: Care, behind: &[u8]) -> bool {
    care == Care::Plain || care == Care::Key && matches!(behind, [b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z', ..])
}

/// Adds a word of which there is more to know than its kind, with the period that belongs to it.
#[inline(never)]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as the lexer takes it")]
fn noted_word(lexer: &mut Lexer<'_>, kind: &'static Kind, length: usize, behind: &[u8]) {
    let period = matches!(behind, [b'.', ..]) && is_abbreviated(*kind, behind);
    lexer.known(kind, length + usize::from(period));
}

/// The length of the first word of a text, which has eight letters or more, or stands within its last eight bytes, and what
/// the vocabulary says of it.
#[inline(never)]
fn long_word(text: &[u8]) -> (usize, Option<&'static Known>) {
    let (length, key) = letters::long_word(text);
    let known = if words::is_beginning(key) { words::look_up(&text[..length], key) } else { None };
    (length, known)
}

/// What ends a word of letters.
enum End<'a> {
    /// A space, with what stands behind it.
    Space(&'a [u8]),
    /// The sign of a sentence, or a part of one, that ends, with what stands behind the space behind it.
    Sentence(u8, &'a [u8]),
    /// Any other sign, or the text's end.
    Sign,
}

impl<'a> End<'a> {
    /// What stands behind a word, unless the word can go on with it, or be an address or an abbreviation with it.
    #[inline]
    fn of(behind: &'a [u8]) -> Option<Self> {
        match behind {
            [b' ', next @ ..] => Some(Self::Space(next)),
            [b'.', b' ', b'0'..=b'9', ..] => None,
            [sign @ (b'.' | b','), b' ', next @ ..] => Some(Self::Sentence(*sign, next)),
            [b'.', next, ..] if *next != b'\n' => None,
            [b'0'..=b'9' | b'_' | b'\'' | 0x80.., ..] => None,
            [b':', b'/', ..] | [b':', _, _, b':', ..] => None,
            _ => Some(Self::Sign),
        }
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
    let known = if is_code(word) { None } else { words::look_up(word, Key::of(word)) };
    let kind = known.map(|known| &known.kind).or(key);
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
