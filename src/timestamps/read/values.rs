//! The values of digits: what a number, a clock or VIA's `00.01.10` counts to.
//!
//! Nearly all are short and of ASCII, and are read without a look at the standard library; what is longer than a double is
//! exact, or of full width, goes the slow way.

use super::numerals::digit;
use super::token::Digits;

/// The seconds of a [`Kind::Clock`](super::token::Kind::Clock) or a [`Kind::Dotted`](super::token::Kind::Dotted).
pub(super) fn seconds(text: &[u8]) -> f64 {
    if let &[a, b, b':', c, d] = text {
        return f64::from(two(a, b) * 60 + two(c, d));
    }
    let (mut above, mut part) = (0_u32, 0_u32);
    for byte in text {
        match byte {
            b'0'..=b'9' => part = part * 10 + u32::from(byte - b'0'),
            b':' => (above, part) = ((above + part) * 60, 0),
            _ => return any_seconds(text),
        }
        if part > 1 << 20 || above > 1 << 24 {
            return any_seconds(text);
        }
    }
    f64::from(above + part)
}

/// The number of two digits.
pub(super) fn two(tens: u8, ones: u8) -> u32 {
    u32::from(tens & 0xF) * 10 + u32::from(ones & 0xF)
}

/// The same with fractions, points, full width, or more digits than a time has.
#[expect(clippy::cast_precision_loss, reason = "a clock's parts are far below 2^53")]
fn any_seconds(bytes: &[u8]) -> f64 {
    let (mut above, mut part, mut from, mut at) = (0_u64, 0_u64, 0, 0);
    let mut clock = false;
    while at < bytes.len() {
        if let Some((ones, length)) = digit(&bytes[at..]) {
            part = part.saturating_mul(10).saturating_add(u64::from(ones));
            at += length;
            continue;
        }
        let length = if bytes[at] == 0xEF { 3 } else { 1 };
        let colon = matches!(bytes[at..], [b':', ..] | [0xEF, 0xBC, 0x9A, ..]);
        clock |= colon;
        if bytes[at] == b',' {
            // the fraction of SRT, of one to three digits
            let digits = &bytes[at + 1..];
            return above as f64 + part as f64 + decimal(digits) / [1.0, 10.0, 100.0, 1000.0][digits.len().min(3)];
        }
        if clock && !colon {
            // the point of the seconds
            return above as f64 + decimal(&bytes[from..]);
        }
        above = above.saturating_add(part).saturating_mul(60);
        at += length;
        (part, from) = (0, at);
    }
    above as f64 + part as f64
}

/// The value of a number whose digits have been counted.
#[inline]
pub(super) fn value(text: &[u8], digits: Digits) -> f64 {
    match *text {
        [ones] => f64::from(ones & 0xF),
        [tens, ones] => f64::from(two(tens, ones)),
        [ones, b'.', tenths, hundredths] => f64::from(two(0, ones) * 100 + two(tenths, hundredths)) / 100.0,
        [tens, ones, b'.', tenths, hundredths] => f64::from(two(tens, ones) * 100 + two(tenths, hundredths)) / 100.0,
        _ => counted(text, digits),
    }
}

fn counted(text: &[u8], Digits { whole, decimals }: Digits) -> f64 {
    let (whole, decimals) = (usize::from(whole), usize::from(decimals));
    let ascii = text.len() <= 15 && text.len() == whole + decimals + usize::from(decimals > 0);
    if !ascii {
        return decimal(text);
    }
    let (front, back) = text.split_at(whole);
    let fold = |sum: u64, byte: &u8| sum * 10 + u64::from(byte & 0xF);
    let value = front.iter().fold(0, fold);
    let value = if decimals > 0 { back[1..].iter().fold(value, fold) } else { value };
    exact(value, decimals).unwrap_or_else(|| decimal(text))
}

/// The value of digits with at most one point among them, of ASCII or full width.
pub(super) fn decimal(digits: &[u8]) -> f64 {
    let (mut value, mut decimals, mut behind) = (0_u64, 0, 0);
    for byte in digits {
        match byte {
            b'0'..=b'9' if value < 1 << 53 => value = value * 10 + u64::from(byte - b'0'),
            b'.' => behind = 1,
            _ => return any_decimal(digits),
        }
        decimals += usize::from(byte != &b'.') & behind;
    }
    exact(value, decimals).unwrap_or_else(|| any_decimal(digits))
}

/// The same with full width, or more digits than a double has.
fn any_decimal(digits: &[u8]) -> f64 {
    let (mut value, mut decimals, mut behind, mut at) = (0_u64, 0_usize, false, 0);
    while at < digits.len() {
        if let Some((digit, bytes)) = digit(&digits[at..]) {
            value = value.saturating_mul(10).saturating_add(u64::from(digit));
            decimals += usize::from(behind);
            at += bytes;
        } else {
            behind = true;
            at += if digits[at] == 0xEF { 3 } else { 1 };
        }
    }
    exact(value, decimals).unwrap_or_else(|| slowly(digits))
}

/// Both numbers of the division are exact, so its result is the nearest double (Clinger's fast path).
#[expect(clippy::cast_precision_loss, reason = "checked to be below 2^53")]
fn exact(value: u64, decimals: usize) -> Option<f64> {
    const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let tens = TENS.get(decimals)?;
    (value < 1 << 53).then(|| value as f64 / tens)
}

fn slowly(digits: &[u8]) -> f64 {
    let ascii = |text: &str| text.parse().unwrap_or(f64::MAX);
    match std::str::from_utf8(digits) {
        Ok(text) if text.is_ascii() => ascii(text),
        Ok(text) => {
            ascii(&text.chars().map(|char| if char.is_ascii() { char } else { narrow(char) }).collect::<String>())
        }
        Err(_) => f64::MAX,
    }
}

/// The ASCII twin of a full-width character.
fn narrow(wide: char) -> char {
    char::from_u32((wide as u32).wrapping_sub(0xFEE0)).unwrap_or('?')
}
