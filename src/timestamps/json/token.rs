//! The pieces of a JSON text: how long each is, and whether it is one.

/// Where, from `at` on, the next quote, backslash or control character stands; the text's end if there is none.
#[inline]
pub(super) fn special(bytes: &[u8], mut at: usize) -> usize {
    // Most are near: keys, and the quotes and line ends of a text.
    for _ in 0..2 {
        let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) else { return at + plain(&bytes[at..]) };
        let first = first_special(u64::from_le_bytes(*eight));
        at += first;
        if first < eight.len() {
            return at;
        }
    }
    // The others stand behind prose: many bytes at once, of which only is asked whether there is one.
    while let Some(many) = bytes.get(at..).and_then(<[u8]>::first_chunk::<32>)
        && !many.iter().fold(false, |any, byte| any | is_special(*byte))
    {
        at += many.len();
    }
    at + plain(&bytes[at..])
}

/// How many bytes come before the first special one.
fn plain(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let first = first_special(u64::from_le_bytes(*eight));
        at += first;
        if first < eight.len() {
            return at;
        }
    }
    at + bytes[at..].iter().take_while(|byte| !is_special(**byte)).count()
}

fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Which of eight bytes, the lowest one first, is the first special one; 8 if none is.
fn first_special(bytes: u64) -> usize {
    const ONES: u64 = u64::MAX / 0xFF;
    // The high bit of each byte that is below the number, and maybe of some above the lowest one of those.
    let below = |bytes: u64, number: u64| bytes.wrapping_sub(number * ONES) & !bytes;
    let quotes = below(bytes ^ (0x22 * ONES), 1);
    let backslashes = below(bytes ^ (0x5C * ONES), 1);
    let found = (below(bytes, 0x20) | quotes | backslashes) & (0x80 * ONES);
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
    let mut at = match text.get(sign) {
        Some(b'0') => sign + 1,
        _ if digits(sign) > 0 => sign + digits(sign),
        _ => return 0,
    };
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

    #[test]
    fn finds_what_ends_a_run_at_any_place() {
        for special_byte in [b'"', b'\\', 0, b'\n', 0x1f] {
            for length in 0..80 {
                for place in 0..length {
                    let mut text = vec![b' '; length];
                    // what differs from them by little, and bytes with their high bits set, are none
                    for (at, byte) in text.iter_mut().enumerate() {
                        *byte = [b'!', b'#', b'[', b']', 0xa2, 0x80, 0xff, b' ', 0x7f, 0xdc][at % 10];
                    }
                    assert_eq!(special(&text, place), length);
                    text[place] = special_byte;
                    text[length - 1] = special_byte;
                    assert_eq!(special(&text, 0), place);
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
