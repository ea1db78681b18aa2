//! Finds where a word ends, eight bytes at a time: they are one number, and each step is taken for all of them.

use super::words::Key;

const ONES: u64 = 0x0101_0101_0101_0101;
const CASE: u64 = 0x20 * ONES;
const HIGH: u64 = 0x80 * ONES;

/// Letters and the key of the word that a text begins with; zero where it begins with no letter, and `None` where all of its
/// first eight bytes are letters.
#[inline]
pub(super) fn short_word(first: [u8; 8]) -> Option<(usize, Key)> {
    let folded = u64::from_le_bytes(first) | CASE;
    let others = others(folded);
    (others != 0).then(|| {
        // all bits up to those of the first byte that is no letter
        let up_to = others ^ (others - 1);
        ((others.trailing_zeros() / 8) as usize, Key::of_folded(folded & up_to >> 8))
    })
}

/// Letters and the key of the word that a text begins with, however many there are.
pub(super) fn long_word(text: &[u8]) -> (usize, Key) {
    let Some((first, mut behind)) = text.split_first_chunk() else { return last_word(text) };
    if let Some(short) = short_word(*first) {
        return short;
    }
    let key = Key::of_folded(u64::from_le_bytes(*first) | CASE);
    while let Some((next, rest)) = behind.split_first_chunk() {
        let others = others(u64::from_le_bytes(*next) | CASE);
        if others != 0 {
            return (text.len() - behind.len() + (others.trailing_zeros() / 8) as usize, key);
        }
        behind = rest;
    }
    (text.len() - behind.len() + last_word(behind).0, key)
}

/// The same for a text of fewer than eight bytes.
fn last_word(text: &[u8]) -> (usize, Key) {
    let length = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    (length, Key::of(&text[..length]))
}

/// The high bits of those of eight bytes, which are folded, that are no small letters. What is behind the first of them may
/// be wrong, as it may have had to lend.
const fn others(folded: u64) -> u64 {
    let before_a = folded.wrapping_sub(b'a' as u64 * ONES);
    let behind_z = (b'z' as u64 * ONES).wrapping_sub(folded);
    (before_a | behind_z) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_of_a_word_at_every_byte() {
        for at in 0..8 {
            for byte in 0..=u8::MAX {
                for behind in [b'a', b'Z', b' ', 0, u8::MAX] {
                    let mut text = [behind; 8];
                    text[..at].fill(b'k');
                    text[at] = byte;
                    let length = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                    let short = short_word(text);
                    assert_eq!(long_word(&text), (length, Key::of(&text[..length])), "{text:?}");
                    assert_eq!(short.map_or(8, |(length, _)| length), length, "{text:?}");
                    if let Some((length, key)) = short {
                        assert_eq!(key, Key::of(&text[..length]), "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn counts_letters_past_the_first_eight_bytes_and_up_to_the_end() {
        for length in 0..40 {
            let word = "Q".repeat(length);
            let key = Key::of(word.as_bytes());
            assert_eq!(long_word(word.as_bytes()), (length, key));
            assert_eq!(long_word(format!("{word}-abcdefgh").as_bytes()), (length, key));
        }
    }
}
