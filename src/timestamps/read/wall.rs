//! Dates and RFC 3339 times: what they look like, and the moment they name.

use super::token::Kind;
use crate::timestamps::time::Wall;

/// The date or the RFC 3339 time that a text begins with, and its bytes.
pub(super) fn lex(bytes: &[u8]) -> Option<(Kind, usize)> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = *bytes.get(digits)?;
    if !matches!(sign, b'-' | b'/' | b'.') {
        return None;
    }
    match digits {
        4 => {
            let end = date_end(bytes, digits, sign, 2)?;
            let time = bytes.get(end..).filter(|_| sign == b'-').and_then(clock);
            Some(match time {
                Some((length, Some(_))) => (Kind::Wall, end + length),
                Some((length, None)) if matches!(bytes[end], b'T' | b't') => (Kind::Local, end + length),
                _ => (Kind::Date, end),
            })
        }
        1 | 2 => date_end(bytes, digits, sign, 4).map(|end| (Kind::Date, end)),
        _ => None,
    }
}

/// Where the date ends whose first number has `at` digits and whose last one has `last`.
fn date_end(bytes: &[u8], at: usize, sign: u8, last: usize) -> Option<usize> {
    let middle = digits(bytes, at + 1);
    let second = at + 1 + middle;
    if !(1..=2).contains(&middle) || bytes.get(second) != Some(&sign) {
        return None;
    }
    let count = digits(bytes, second + 1);
    let end = second + 1 + count;
    let fits = if last == 4 { count == 4 } else { (1..=2).contains(&count) };
    let small = |from: usize, count: usize| {
        bytes[from..from + count].iter().fold(0_u32, |sum, byte| sum * 10 + u32::from(byte - b'0'))
    };
    // 12.30.1999 has no month of 30, but a date somewhere has: both orders are in use
    let (a, b) = if last == 4 {
        (small(0, at), small(at + 1, middle))
    } else {
        (small(at + 1, middle), small(second + 1, count))
    };
    (fits && (1..=31).contains(&a) && (1..=31).contains(&b) && a.min(b) <= 12).then_some(end)
}

fn digits(bytes: &[u8], from: usize) -> usize {
    bytes.get(from..).unwrap_or_default().iter().take(5).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Bytes of `T09:15:20.000Z`, and the offset of its zone in seconds where it has one.
fn clock(bytes: &[u8]) -> Option<(usize, Option<i32>)> {
    let two = |at: usize, most: u8| {
        let value = |pair: &[u8]| (pair[0] - b'0') * 10 + (pair[1] - b'0');
        bytes
            .get(at..at + 2)
            .filter(|pair| pair.iter().all(u8::is_ascii_digit))
            .map(value)
            .filter(|value| *value <= most)
    };
    matches!(bytes.first()?, b'T' | b't' | b' ').then_some(())?;
    (two(1, 23).is_some() && bytes.get(3) == Some(&b':') && two(4, 59).is_some()).then_some(())?;
    (bytes.get(6) == Some(&b':') && two(7, 60).is_some()).then_some(())?;
    let mut end = 9;
    if bytes.get(end) == Some(&b'.') {
        let fraction = bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        end += if fraction > 0 { 1 + fraction } else { 0 };
    }
    match bytes.get(end) {
        Some(b'Z' | b'z') => Some((end + 1, Some(0))),
        Some(sign @ (b'+' | b'-')) if bytes.get(end + 3) == Some(&b':') => match (two(end + 1, 23), two(end + 4, 59)) {
            (Some(hours), Some(minutes)) => {
                let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
                Some((end + 6, Some(if *sign == b'-' { -seconds } else { seconds })))
            }
            _ => Some((end, None)),
        },
        _ => Some((end, None)),
    }
}

/// The moment that the text of a [`Kind::Wall`] names.
pub(super) fn parse(text: &str) -> Option<Wall> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let bytes = text.as_bytes();
    let date_end = date_end(bytes, 4, b'-', 2).filter(|end| *end == 10)?;
    let (length, offset) = clock(bytes.get(date_end..)?)?;
    if date_end + length != bytes.len() {
        return None;
    }
    let day = day_number(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let second = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)? - i64::from(offset?);
    let fraction = text[19..].strip_prefix('.').unwrap_or_default();
    let nanos = fraction.bytes().take_while(u8::is_ascii_digit).chain(std::iter::repeat(b'0')).take(9);
    let nanos = nanos.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    Some(Wall { nanos: i128::from(day * 86_400 + second) * 1_000_000_000 + nanos, text: text.into() })
}

/// Days since 1970-01-01 (Howard Hinnant's `days_from_civil`).
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_moments() {
        assert_eq!(parse("1970-01-01T00:00:00Z").unwrap().nanos, 0);
        assert_eq!(parse("2026-03-04T09:15:20.5+09:00").unwrap().nanos, 1_772_583_320_500_000_000);
        assert_eq!(parse("2000-02-29t12:00:00-00:30").unwrap(), parse("2000-02-29T12:30:00.000z").unwrap());
        assert_eq!(parse("2026-03-04T09:15:20"), None);
    }

    #[test]
    fn tells_dates_from_numbers() {
        assert_eq!(lex(b"2025-01-15 at"), Some((Kind::Date, 10)));
        assert_eq!(lex(b"15.01.2025"), Some((Kind::Date, 10)));
        assert_eq!(lex(b"01/15/2025"), Some((Kind::Date, 10)));
        assert_eq!(lex(b"2026-03-04T09:15:20Z:"), Some((Kind::Wall, 20)));
        assert_eq!(lex(b"2026-03-04T09:15:20:"), Some((Kind::Local, 19)));
        assert_eq!(lex(b"00.01.10"), None);
        assert_eq!(lex(b"10-20-30"), None);
        assert_eq!(lex(b"40-50"), None);
    }
}
