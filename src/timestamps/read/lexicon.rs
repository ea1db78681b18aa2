//! Words of Hangul, Han and Kana, found by their first character: three bytes, of which the 12 low bits are an index.

use super::token::Kind;

pub(super) type Table = &'static [(&'static str, Kind)];

/// A table with an index of first characters: what each character of a text is looked up in.
pub(super) struct Lexicon {
    words: Table,
    /// The first word, counted from 1, whose first character has these 12 low bits.
    heads: [u8; 4096],
    /// The next such word.
    next: [u8; 256],
}

/// Which characters a word or a number may begin with, by their 12 low bits: some that do not are taken for one that does.
pub(super) struct Beginnings([bool; 4096]);

// === impl Beginnings ===

impl Beginnings {
    pub(super) const fn of(words: Table, numerals: &[&str]) -> Self {
        let mut begins = [false; 4096];
        let mut index = 0;
        while index < words.len() + numerals.len() {
            let word = if index < words.len() { words[index].0 } else { numerals[index - words.len()] };
            begins[low_bits(word.as_bytes())] = true;
            index += 1;
        }
        Self(begins)
    }

    /// Whether a text, which begins with a character of three bytes, may begin with one of them.
    pub(super) fn has(&self, text: &[u8]) -> bool {
        self.0[low_bits(text)]
    }
}

// === impl Lexicon ===

impl Lexicon {
    #[expect(clippy::cast_possible_truncation, reason = "the tables have fewer than 256 words")]
    pub(super) const fn of(words: Table) -> Self {
        let (mut heads, mut next) = ([0; 4096], [0; 256]);
        let mut index = 0;
        while index < words.len() {
            let slot = low_bits(words[index].0.as_bytes());
            next[index] = heads[slot];
            heads[slot] = index as u8 + 1;
            index += 1;
        }
        Self { words, heads, next }
    }

    /// The longest word that a text begins with, and its bytes.
    pub(super) fn longest(&self, text: &[u8]) -> Option<(Kind, usize)> {
        let (mut best, mut length) = (0, 0);
        let mut entry = if text.len() < 3 { 0 } else { self.heads[low_bits(text)] };
        while entry > 0 {
            let word = self.words[entry as usize - 1].0.as_bytes();
            // the low bits are those of the second and the third byte; the last byte of the second character spares most
            // comparisons
            let same = text[0] == word[0]
                && (word.len() == 3 || text.get(5) == word.get(5) && text[3..].starts_with(&word[3..]));
            if same && length < word.len() {
                (best, length) = (entry, word.len());
            }
            entry = self.next[entry as usize - 1];
        }
        (best > 0).then(|| (self.words[best as usize - 1].1, length))
    }
}

/// The 12 low bits of a character of three bytes.
const fn low_bits(bytes: &[u8]) -> usize {
    (bytes[1] as usize & 0x3F) << 6 | bytes[2] as usize & 0x3F
}
