//! The pieces of a JSON text: how long each is, and whether it is one.

/// Where, from `at` on, the next quote, backslash or control character stands, if it is one of the next eight bytes.
#[inline]
pub(super) fn near_special(bytes: &[u8], at: usize) -> Option<usize> {
    let eight = bytes.get(at..)?.first_chunk::<8>()?;
    let first = first_special(u64::from_le_bytes(*eight));
    (first < eight.len()).then_some(at + first)
}

/// Where, from `at` on, the next control character stands; the text's end if there is none.
pub(super) fn control(bytes: &[u8], mut at: usize) -> usize {
    // Mostly there is none: of many bytes at once only the least is asked for.
    while let Some(many) = bytes.get(at..).and_then(<[u8]>::first_chunk::<256>)
        && least(many) >= b' '
    {
        at += many.len();
    }
    while let Some(few) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>)
        && least(few) >= b' '
    {
        at += few.len();
    }
    bytes[at..].iter().position(|byte| *byte < b' ').map_or(bytes.len(), |found| at + found)
}

fn least<const COUNT: usize>(bytes: &[u8; COUNT]) -> u8 {
    bytes.iter().fold(u8::MAX, |least, byte| least.min(*byte))
}

/// Whether a text has no quote, no backslash and no control character.
pub(super) fn is_plain(text: &[u8]) -> bool {
    let is_plain = |eight: &[u8; 8]| first_special(u64::from_le_bytes(*eight)) == eight.len();
    let (eights, _) = text.as_chunks::<8>();
    // The last eight bytes are those behind the others, and maybe some of these once more.
    match text.last_chunk() {
        Some(last) => is_plain(last) && eights.iter().all(is_plain),
        None => !text.iter().any(|byte| is_special(*byte)),
    }
}

fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Which of eight bytes, the lowest one first, is the first special one; 8 if none is.
fn first_special(bytes: u64) -> usize {
    const ONES: u64 = u64::MAX / 0xFF;
    // The high bit of each byte that is below the number, and maybe of some above the lowest one of those.
    let below = |bytes: u64, number: u64| bytes.wrapping_sub(number * ONES) & !bytes;
    // With this bit changed, a quote is the one above the control characters.
    let low = below(bytes ^ (0x02 * ONES), 0x21);
    let backslashes = below(bytes ^ (0x5C * ONES), 1);
    let found = (low | backslashes) & (0x80 * ONES);
    (found.trailing_zeros() / 8) as usize
}

/// Bytes of the escape that a text begins with; 0 if it is none.
pub(super) fn escape_length(text: &[u8]) -> usize {
    match text {
        [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
        [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => 6,
        _ => 0,
    }
}

/// Bytes of the number that a text begins with; 0 if it is none.
pub(super) fn number_length(text: &[u8]) -> usize {
    let digits = |from: usize| text.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(text.first() == Some(&b'-'));
    let mut at = match (text.get(sign), digits(sign)) {
        (Some(b'0'), _) => sign + 1,
        (_, 0) => return 0,
        (_, count) => sign + count,
    };
    if !matches!(text.get(at), Some(b'.' | b'e' | b'E')) {
        return at;
    }
    if text.get(at) == Some(&b'.') {
        let count = digits(at + 1);
        if count == 0 {
            return 0;
        }
        at += 1 + count;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let count = digits(at + 1 + sign);
        if count == 0 {
            return 0;
        }
        at += 1 + sign + count;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What differs from special bytes by little, and bytes with their high bits set.
    fn plain_text(length: usize) -> Vec<u8> {
        (0..length).map(|at| [b'!', b'#', b'[', b']', 0xa2, 0x80, 0xff, b' ', 0x7f, 0xdc][at % 10]).collect()
    }

    #[test]
    fn finds_what_is_special_at_any_place() {
        for special in [b'"', b'\\', 0, b'\n', 0x1f] {
            for length in (0..24).chain(250..280) {
                let plain = plain_text(length);
                assert!(is_plain(&plain));
                assert_eq!((near_special(&plain, 0), control(&plain, 0)), (None, length));
                for place in 0..length {
                    let mut text = plain.clone();
                    (text[place], text[length - 1]) = (special, special);
                    assert!(!is_plain(&text));
                    assert_eq!(near_special(&text, 0), Some(place).filter(|place| *place < 8 && length >= 8));
                    let controls = special < b' ';
                    assert_eq!(control(&text, 0), if controls { place } else { length });
                    assert_eq!(
                        control(&text, place + 1),
                        if controls && place + 1 < length { length - 1 } else { length }
                    );
                }
            }
        }
    }

    #[test]
    fn measures_numbers_as_the_grammar_has_them() {
        for (text, length) in [("0", 1), ("-0.50,", 5), ("12e+3]", 5), ("1E2 ", 3), ("01", 1), ("10.5e-10", 8)] {
            assert_eq!(number_length(text.as_bytes()), length, "{text}");
        }
        for text in ["", "-", ".5", "+1", "1.", "1.e3", "1e", "1e+", "x", "-x"] {
            assert_eq!(number_length(text.as_bytes()), 0, "{text}");
        }
    }

    #[test]
    fn measures_escapes() {
        for (text, length) in
            [("\\n", 2), ("\\u00e9x", 6), ("\\u00gg", 0), ("\\u00", 0), ("\\x", 0), ("\\", 0), ("", 0)]
        {
            assert_eq!(escape_length(text.as_bytes()), length, "{text}");
        }
    }
}
