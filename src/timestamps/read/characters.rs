//! Sets of characters from U+3000 to U+9FFF, where Han and Kana are: three bytes in UTF-8, and one bit in a set.

use super::lexicon::Table;

/// A bit for each character, in rows of the 64 whose first two bytes are the same.
pub(super) struct Characters([u64; ROWS]);

/// Characters begin with one of seven bytes, and 64 may stand behind each.
const ROWS: usize = 7 * 64;
const FIRST_LEAD: u8 = 0xE3;

// === impl Characters ===

impl Characters {
    /// Those that a sentence is written in: Hiragana, Katakana, and Han but for the hexagrams.
    pub(super) const fn of_sentences() -> Self {
        let mut rows = [0; ROWS];
        let mut row = 0;
        while row < ROWS {
            let (lead, second) = (row / 64, row % 64 + 0x80);
            let sentence = match lead {
                0 => 0x81 <= second && second <= 0x83,
                1 => second != 0xB7,
                _ => true,
            };
            rows[row] = if sentence { u64::MAX } else { 0 };
            row += 1;
        }
        Self(rows)
    }

    /// The given ones.
    pub(super) const fn of(characters: &[&str]) -> Self {
        let mut set = Self([0; ROWS]);
        let mut index = 0;
        while index < characters.len() {
            let (row, bit) = place(characters[index].as_bytes());
            set.0[row] |= bit;
            index += 1;
        }
        set
    }

    /// Without those that words begin with.
    pub(super) const fn without(mut self, words: Table) -> Self {
        let mut index = 0;
        while index < words.len() {
            let (row, bit) = place(words[index].0.as_bytes());
            self.0[row] &= !bit;
            index += 1;
        }
        self
    }

    /// Those of both.
    pub(super) const fn and(mut self, other: &Self) -> Self {
        let mut row = 0;
        while row < ROWS {
            self.0[row] |= other.0[row];
            row += 1;
        }
        self
    }

    /// Those that another set does not have.
    pub(super) const fn but(mut self, other: &Self) -> Self {
        let mut row = 0;
        while row < ROWS {
            self.0[row] &= !other.0[row];
            row += 1;
        }
        self
    }

    /// Whether the three bytes are one of them; they may be anything of a text.
    #[inline]
    pub(super) fn has(&self, bytes: [u8; 3]) -> bool {
        let (row, bit) = place(&bytes);
        self.0.get(row).is_some_and(|row| row & bit != 0)
    }
}

/// The row of a character and its bit there; no row is that of other bytes.
const fn place(bytes: &[u8]) -> (usize, u64) {
    let row = (bytes[0].wrapping_sub(FIRST_LEAD) as usize) << 6 | bytes[1] as usize & 0x3F;
    (row, 1 << (bytes[2] & 0x3F))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(set: &Characters, text: &str) -> bool {
        text.as_bytes().first_chunk().is_some_and(|bytes| set.has(*bytes))
    }

    #[test]
    fn tells_the_characters_of_sentences_from_all_others() {
        static SENTENCES: Characters = Characters::of_sentences();
        for code in 0..0x2_0000 {
            let Some(char) = char::from_u32(code) else { continue };
            let sentence = matches!(char, '\u{3040}'..='\u{30FF}' | '\u{4000}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}');
            assert_eq!(has(&SENTENCES, &format!("{char}..")), sentence, "{char:?}");
        }
    }

    #[test]
    fn has_no_character_that_only_looks_like_one_of_its_own() {
        let set = Characters::of(&["秒", "分"]).and(&Characters::of(&["时"]));
        for code in 0x800..0x1_0000 {
            let Some(char) = char::from_u32(code) else { continue };
            assert_eq!(has(&set, &char.to_string()), matches!(char, '秒' | '分' | '时'), "{char:?}");
        }
        assert!(!has(&set, "..."));
        assert!(!has(&set.but(&Characters::of(&["分"])), "分"));
    }
}
