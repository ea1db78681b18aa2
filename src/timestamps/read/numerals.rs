//! Cuts out what begins with a digit: numbers, clocks, dates, RFC 3339 times, and everything that only looks like them.
//!
//! The digits and the points and colons between them are taken as one, then the shape decides: `1:05` has the shape of a
//! clock, `12.0:18.5` of two numbers, `192.168.0.10:8100` of an address.

use super::foreign;
use super::latin::length_of_id;
use super::lexer::Lexer;
use super::token::{Digits, Gap, Kind, Mark, Token, Word};
use super::values::{decimal, seconds, two};
use super::wall;
use super::words::{self, Key};

/// More groups of digits than any time has.
const MOST: usize = 8;

/// Runs of digits with a point or a colon between each two.
struct Run {
    count: usize,
    signs: [u8; MOST],
    starts: [usize; MOST],
    ends: [usize; MOST],
    digits: [u8; MOST],
}

/// The value of the digit that a text begins with, and its bytes.
pub(super) fn digit(bytes: &[u8]) -> Option<(u8, usize)> {
    match bytes {
        [byte @ b'0'..=b'9', ..] => Some((byte - b'0', 1)),
        [0xEF, 0xBC, byte @ 0x90..=0x99, ..] => Some((byte - 0x90, 3)),
        _ => None,
    }
}

/// Adds the token that begins with the digit at the lexer.
pub(super) fn lex(lexer: &mut Lexer<'_>) {
    let rest = lexer.rest();
    // `5`, `12`, `01:05`, `6.50`, `13.25`
    match *rest {
        [b'0'..=b'9', next, ..] if ENDS[next as usize] => return lexer.push(number(1, 0), 1),
        [b'0'..=b'9', b'0'..=b'9', next, ..] if ENDS[next as usize] => return lexer.push(number(2, 0), 2),
        [b'0'..=b'9', b'0'..=b'9', b':', b'0'..=b'5', b'0'..=b'9', next, ..] if ENDS[next as usize] => {
            return lexer.push(Kind::Clock, 5);
        }
        [b'0'..=b'9', b'.', b'0'..=b'9', b'0'..=b'9', next, ..] if ENDS[next as usize] => {
            return lexer.push(number(1, 2), 4);
        }
        [b'0'..=b'9', b'0'..=b'9', b'.', b'0'..=b'9', b'0'..=b'9', next, ..] if ENDS[next as usize] => {
            return lexer.push(number(2, 2), 5);
        }
        _ => {}
    }
    if matches!(*rest, [_, _, b':', _, _, b':', _, _, b':', ..]) {
        let length = length_of_hardware_address(rest);
        if length > 0 {
            return lexer.push(Kind::Id, length);
        }
    }
    if let Some((kind, length)) = plainly(rest) {
        return lexer.push(kind, length);
    }
    if let Some((kind, length)) = wall::lex(rest) {
        return lexer.dated(kind, length);
    }
    let mut run = Run::of(rest);
    if run.is_labelled(rest, lexer.tokens.last()) {
        run.count = 1;
    }
    let (kind, mut length) = run.shape(rest);
    if kind == Kind::Clock && rest[..length].contains(&b',') && (is_in_cells(lexer) || is_counted(rest, length)) {
        length = rest.iter().position(|byte| *byte == b',').unwrap_or(length);
    }
    if let Some(id) = identifier(rest, length, kind) {
        return lexer.push(Kind::Id, id);
    }
    lexer.push(kind, length);
}

/// What ends a number at a glance: a space, a star, the end of a cell, a line or a bracket, or a word without spaces.
static ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        ends[byte] = matches!(byte, 0x20 | 0x0A | 0x2A | 0x7C | 0x3E | 0x5D | 0x29 | 0xE3..=0xED);
        byte += 1;
    }
    ends
};

/// What nearly all numbers are: `12`, `12.5`, `12.0:18.5`, `1:05` or `1:02:03`, and behind it nothing that could belong to it.
fn plainly(rest: &[u8]) -> Option<(Kind, usize)> {
    let sexagesimal = |at: usize| matches!(rest[at..], [b':', b'0'..=b'5', b'0'..=b'9', ..]);
    let whole = digits(rest);
    let (kind, end) = match rest[whole..] {
        [b'.', b'0'..=b'9', ..] => {
            let decimals = digits(&rest[whole + 1..]);
            let end = whole + 1 + decimals;
            if let Some(length) = length_of_pair(rest, end) {
                return Some((Kind::Pair, length));
            }
            (number(whole, decimals), end)
        }
        [b':', b'0'..=b'5', b'0'..=b'9', ..] if whole <= 6 => {
            (Kind::Clock, if sexagesimal(whole + 3) { whole + 6 } else { whole + 3 })
        }
        _ => (number(whole, 0), whole),
    };
    (end < 20 && is_closed(kind, &rest[end..])).then_some((kind, end))
}

/// 在0:45,2人离开: a digit or two behind the comma, and what they count.
fn is_counted(rest: &[u8], length: usize) -> bool {
    let fraction = rest[..length].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let counter = matches!(rest.get(length), Some(0xE3..=0xED));
    counter && fraction < 3 && length > fraction && rest[length - fraction - 1] == b','
}

/// Bytes of VIA's `12.0:18.5` whose first number ends at `colon`, if what stands behind it is plainly something else.
#[inline]
fn length_of_pair(rest: &[u8], colon: usize) -> Option<usize> {
    let [b':', behind @ ..] = &rest[colon..] else { return None };
    let whole = digits(behind);
    let [b'.', decimals @ ..] = &behind[whole..] else { return None };
    let decimals = digits(decimals);
    let end = colon + 1 + whole + 1 + decimals;
    let is_over = matches!(rest[end..], [] | [b' ' | b'\n' | b')' | b']', ..] | [b':', b' ', ..]);
    (whole > 0 && decimals > 0 && is_over).then_some(end)
}

/// Whether neither a digit, a date nor an identifier goes on with what stands behind a number.
fn is_closed(kind: Kind, behind: &[u8]) -> bool {
    match behind {
        [] => true,
        [b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0xEF, ..] => false,
        [b'.' | b':', next, ..] => !matches!(next, b'0'..=b'9' | 0xEF),
        // the fraction of SRT
        [b',', next, ..] => kind != Kind::Clock || !next.is_ascii_digit(),
        [b'-' | b'/', ..] => !matches!(kind, Kind::Number(Digits { decimals: 0, .. })),
        _ => true,
    }
}

/// How many digits of ASCII a text begins with.
fn digits(text: &[u8]) -> usize {
    let mut count = 0;
    while count < text.len() && text[count].is_ascii_digit() {
        count += 1;
    }
    count
}

#[expect(clippy::cast_possible_truncation, reason = "a number of more than 20 characters is none")]
const fn number(whole: usize, decimals: usize) -> Kind {
    Kind::Number(Digits { whole: whole as u8, decimals: decimals as u8 })
}

/// Bytes of the identifier that the number only begins (`1920x1080`, `3a7f`), unless the letters behind it mean something.
fn identifier(rest: &[u8], length: usize, kind: Kind) -> Option<usize> {
    let behind = &rest[length..];
    let letters = behind.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if letters == 0 {
        let joined = behind.first() == Some(&b'_') && behind.get(1).is_some_and(u8::is_ascii_alphanumeric);
        return joined.then(|| length_of_id(rest, length));
    }
    let word = &behind[..letters];
    let known = words::find(word, Key::of(word));
    let meant = match known {
        Some(Kind::Unit(_)) => true,
        Some(Kind::Word(word)) => {
            matches!(word, Word::Meridiem | Word::Ordinal | Word::Measure | Word::Zone | Word::Ratio)
        }
        None => foreign::is_glued_unit(word),
        _ => false,
    };
    let goes_on = behind.get(letters).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_');
    let compound = goes_on && behind[letters] != b'_' && matches!(kind, Kind::Number(_));
    let meant = meant && (!goes_on || compound && matches!(known, Some(Kind::Unit(_))));
    (!meant).then(|| length_of_id(rest, length))
}

// === impl Run ===

impl Run {
    fn of(rest: &[u8]) -> Self {
        let mut run = Self { count: 0, signs: [0; MOST], starts: [0; MOST], ends: [0; MOST], digits: [0; MOST] };
        let mut at = 0;
        loop {
            let start = at;
            let ascii = digits(&rest[at..]);
            at += ascii;
            let mut digits = u8::try_from(ascii).unwrap_or(u8::MAX);
            if rest.get(at) == Some(&0xEF) {
                while let Some((_, bytes)) = digit(&rest[at..]) {
                    at += bytes;
                    digits = digits.saturating_add(1);
                }
            }
            if run.count < MOST {
                run.starts[run.count] = start;
                run.ends[run.count] = at;
                run.digits[run.count] = digits;
            }
            run.count += 1;
            let (sign, bytes) = match &rest[at..] {
                [sign @ (b'.' | b':'), ..] => (*sign, 1),
                [0xEF, 0xBC, 0x9A, ..] => (b':', 3),
                [0xEF, 0xBC, 0x8E, ..] => (b'.', 3),
                _ => break,
            };
            if digit(&rest[at + bytes..]).is_none() {
                break;
            }
            if run.count <= MOST {
                run.signs[run.count - 1] = sign;
            }
            if run.count > MOST {
                run.ends[MOST - 1] = at;
            }
            at += bytes;
        }
        run
    }

    /// What the groups make together, and in how many bytes.
    fn shape(&self, rest: &[u8]) -> (Kind, usize) {
        if self.count > MOST {
            let length = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b':')).count();
            return (Kind::Id, length.max(self.ends[MOST - 1]));
        }
        let end = |groups: usize| self.ends[groups - 1];
        match self.signs[..self.count - 1] {
            [] => (Kind::Number(Digits { whole: self.digits[0], decimals: 0 }), end(1)),
            [b'.'] => (Kind::Number(Digits { whole: self.digits[0], decimals: self.digits[1] }), end(2)),
            [b':'] if self.clock(rest, 2) => (Kind::Clock, end(2) + fraction(&rest[end(2)..])),
            [b':'] | [b':', b'.'] | [b'.', b':'] | [b'.', b':', b'.'] if !self.clock(rest, 2) => {
                (Kind::Pair, end(self.count))
            }
            [b':', b'.'] => (Kind::Clock, end(3)),
            [b':', b':'] if self.clock(rest, 3) => (Kind::Clock, end(3) + fraction(&rest[end(3)..])),
            [b':', b':', b'.'] if self.clock(rest, 3) => (Kind::Clock, end(4)),
            [b':', b':'] | [b':', b':', b'.'] if self.clock(rest, 2) && self.digits[2] == 1 => (Kind::Clock, end(2)),
            [b'.', b'.'] => (self.dotted(rest), end(3)),
            [b'.', b'.', b':', b'.', b'.'] => (Kind::Pair, end(6)),
            // `01.00.05:01.01.10.5`, `01.00.05.2:01.01.10.5`
            [b'.', b'.', b':', b'.', b'.', b'.'] | [b'.', b'.', b'.', b':', b'.', b'.', b'.'] => {
                (Kind::Pair, end(self.count))
            }
            // `12.0:18.5:3 people`: the caption begins with a number
            [b'.', b':', b'.', b':', ..] => (Kind::Pair, end(4)),
            [b'.', b':', b':', ..] => (Kind::Pair, end(3)),
            [b'.', b'.', b':', b'.', b'.', b':', ..] => (Kind::Pair, end(6)),
            [b'.', b'.', b'.', ..] => (Kind::Id, end(self.count)),
            [b':', b':', b':'] | [b':', b':', b':', b'.'] => (Kind::Odd, end(self.count)),
            [b':', b':', b':', b':', b':'] => (Kind::Odd, end(6)),
            _ => (Kind::Id, end(self.count)),
        }
    }

    /// 场景2：00:12, 事件1：10.0: the full-width colon stands behind a label's number.
    fn is_labelled(&self, rest: &[u8], before: Option<&Token>) -> bool {
        let wide = |group: usize| rest[self.ends[group]..].starts_with("：".as_bytes());
        let colons =
            (1..self.count.min(MOST)).any(|group| self.signs[group] == b':' && group + 1 < self.count && !wide(group));
        let named = matches!(before, Some(Token { kind: Kind::Other(_) | Kind::Word(Word::Part) | Kind::Id, .. }));
        self.count > 1 && self.count <= MOST && wide(0) && (colons || named)
    }

    /// The whole number that a group is, as far as it matters whether it is below 60.
    fn value(&self, rest: &[u8], group: usize) -> u64 {
        let digits = &rest[self.starts[group]..self.ends[group]];
        let mut value = 0_u64;
        let mut at = 0;
        while let Some((ones, bytes)) = digit(&digits[at..]) {
            value = value.saturating_mul(10).saturating_add(u64::from(ones));
            at += bytes;
        }
        value
    }

    /// Whether the first `parts` groups are `m:ss` or `h:mm:ss`.
    fn clock(&self, rest: &[u8], parts: usize) -> bool {
        self.signs[..parts - 1].iter().all(|sign| *sign == b':')
            && (1..parts).all(|group| self.digits[group] == 2 && self.value(rest, group) < 60)
            && self.digits[0] <= 6
    }

    fn dotted(&self, rest: &[u8]) -> Kind {
        let small = (1..3).all(|group| self.digits[group] <= 2 && self.value(rest, group) < 60);
        if small && self.digits[0] <= 2 { Kind::Dotted } else { Kind::Id }
    }
}

/// `00:09:03,00:09:15,5 ducklings`: a clock that a comma alone parts from a clock has no fraction behind its own, unless the
/// other one has.
fn is_in_cells(lexer: &Lexer<'_>) -> bool {
    let [.., clock, comma] = lexer.tokens.as_slice() else { return false };
    clock.kind == Kind::Clock
        && comma.mark() == Some(Mark::Comma)
        && comma.gap == Gap::Tight
        && lexer.gap() == Gap::Tight
        && !lexer.bytes[clock.start()..clock.end()].contains(&b',')
}

/// Bytes of the hardware address that a text begins with, if it has a letter: `3C:52:82:AF:0B:7D`.
pub(super) fn length_of_hardware_address(rest: &[u8]) -> usize {
    const LENGTH: usize = 17;
    let Some(address) = rest.get(..LENGTH).filter(|address| address[2] == b':' && address[14] == b':') else {
        return 0;
    };
    let pairs =
        address.iter().enumerate().all(|(at, byte)| if at % 3 == 2 { *byte == b':' } else { byte.is_ascii_hexdigit() });
    let over = !rest.get(LENGTH).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b':');
    if pairs && over && address.iter().any(u8::is_ascii_alphabetic) { LENGTH } else { 0 }
}

/// Bytes of the fraction that SRT puts behind a comma: not those of a list such as `2:45,5:00` or `0:12,30s`.
fn fraction(behind: &[u8]) -> usize {
    let [b',', digits @ ..] = behind else { return 0 };
    let count = digits.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    let list = match digits.get(count) {
        Some(b':' | b's' | b'm') => true,
        Some(b'.') => digits.get(count + 1).is_some_and(u8::is_ascii_digit),
        _ => false,
    };
    if (1..=3).contains(&count) && !list { 1 + count } else { 0 }
}

/// The two times of a [`Kind::Pair`].
pub(super) fn pair(text: &str) -> Option<(f64, f64)> {
    let (start, end) = match text.bytes().position(|byte| byte == b':' || !byte.is_ascii()) {
        Some(colon) if text.as_bytes()[colon] == b':' => (&text[..colon], &text[colon + 1..]),
        _ => text.split_once([':', '：'])?,
    };
    Some((dotted_or_decimal(start)?, dotted_or_decimal(end)?))
}

fn dotted_or_decimal(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    match *bytes {
        // `12.0`
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', b'.', tenths @ b'0'..=b'9'] => {
            Some(f64::from(two(tens, ones) * 10 + two(0, tenths)) / 10.0)
        }
        // `184.5`
        [hundreds @ b'0'..=b'9', tens @ b'0'..=b'9', ones @ b'0'..=b'9', b'.', tenths @ b'0'..=b'9'] => {
            Some(f64::from(two(hundreds, tens) * 100 + two(ones, tenths)) / 10.0)
        }
        // `01.01.10.5`: with a fraction
        [.., b'.', _, _, b'.', tenths @ b'0'..=b'9'] if bytes.len() == 10 => {
            Some(dotted_or_decimal(&text[..8])? + f64::from(two(0, tenths)) / 10.0)
        }
        // `00.01.10`
        [high, hours, b'.', tens @ b'0'..=b'5', minutes, b'.', ten @ b'0'..=b'5', ones]
            if [high, hours, minutes, ones].iter().all(u8::is_ascii_digit) =>
        {
            Some(f64::from((two(high, hours) * 60 + two(tens, minutes)) * 60 + two(ten, ones)))
        }
        // `8.4`, `1205.0`
        [ref whole @ .., b'.', tenths @ b'0'..=b'9']
            if matches!(whole.len(), 1..=4) && whole.iter().all(u8::is_ascii_digit) =>
        {
            let whole = whole.iter().fold(0, |whole, digit| whole * 10 + two(0, *digit));
            Some(f64::from(whole * 10 + two(0, tenths)) / 10.0)
        }
        _ if bytes.len() <= 8 && is_decimal(bytes) => Some(decimal(bytes)),
        _ => match Run::of(bytes).shape(bytes).0 {
            Kind::Number(_) => Some(decimal(bytes)),
            Kind::Dotted => Some(seconds(bytes)),
            _ => None,
        },
    }
}

/// Whether a text is digits of ASCII with at most one point among them.
fn is_decimal(text: &[u8]) -> bool {
    let mut points = 0;
    for byte in text {
        match byte {
            b'0'..=b'9' => {}
            b'.' => points += 1,
            _ => return false,
        }
    }
    points < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_numbers_of_a_pair_as_the_standard_library_does() {
        for number in ["0.0", "8.4", "12.0", "99.9", "184.5", "1205.0", "7.25", "12", "600"] {
            for other in ["0.0", "18.5", "203.75"] {
                let both = (number.parse().ok(), other.parse().ok());
                for colon in [":", "："] {
                    let read = pair(&format!("{number}{colon}{other}"));
                    assert_eq!((read.map(|read| read.0), read.map(|read| read.1)), both, "{number}{colon}{other}");
                }
            }
        }
        assert_eq!(pair("00.01.10:00.02.05"), Some((70.0, 125.0)));
        assert_eq!((pair("12.0"), pair(""), pair("é12.0")), (None, None, None));
    }

    #[test]
    fn a_pair_ends_where_nothing_goes_on_with_it() {
        let length = |text: &str| length_of_pair(text.as_bytes(), 4);
        for behind in ["", " ", "\n", ")", "]", ": a car"] {
            assert_eq!(length(&format!("12.0:18.5{behind}")), Some(9), "{behind:?}");
        }
        for text in
            ["12.0", "12.0:", "12.0:18", "12.0:18.", "12.0:.5", "12.0:18.5:", "12.0:18.5:1", "12.0:18.5s", "12.0:é"]
        {
            assert_eq!(length(text), None, "{text}");
        }
    }
}
