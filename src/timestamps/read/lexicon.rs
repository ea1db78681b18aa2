//! Words of Hangul, Han and Kana, found by their first character: three bytes, of which the 12 low bits are an index.

use super::token::Kind;

pub(super) type Table = &'static [(&'static str, Kind)];

/// A table with an index of first characters: what each character of a text is looked up in.
pub(super) struct Lexicon {
    words: Table,
    /// The longest word, counted from 1, whose first character has these 12 low bits.
    heads: [u8; 4096],
    /// The words by their numbers, with what nearly all comparisons need beside each other.
    entries: [Entry; 256],
}

#[derive(Clone, Copy)]
struct Entry {
    kind: Kind,
    lead: u8,
    bytes: u8,
    /// The next word with these low bits, which is no longer.
    next: u8,
    /// Its second character, packed; zero if it has none.
    second: u32,
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
    #[expect(clippy::cast_possible_truncation, reason = "the tables have fewer than 256 words, and these are short")]
    pub(super) const fn of(words: Table) -> Self {
        let nothing = Entry { kind: Kind::Break, lead: 0, bytes: 0, next: 0, second: 0 };
        let (mut heads, mut entries) = ([0; 4096], [nothing; 256]);
        let mut index = 0;
        while index < words.len() {
            let (word, kind) = (words[index].0.as_bytes(), words[index].1);
            let second = if word.len() > 3 { packed([word[3], word[4], word[5]]) } else { 0 };
            let slot = low_bits(word);
            // behind those that are longer, so that the first one that fits is the longest
            let (mut before, mut next) = (0, heads[slot]);
            while next > 0 && entries[next as usize].bytes as usize > word.len() {
                (before, next) = (next, entries[next as usize].next);
            }
            let number = index as u8 + 1;
            entries[number as usize] = Entry { kind, lead: word[0], bytes: word.len() as u8, next, second };
            if before == 0 {
                heads[slot] = number;
            } else {
                entries[before as usize].next = number;
            }
            index += 1;
        }
        Self { words, heads, entries }
    }

    /// The longest word that a text begins with, and its bytes.
    pub(super) fn longest(&'static self, text: &[u8]) -> Option<(&'static Kind, usize)> {
        let [lead, _, _, behind @ ..] = text else { return None };
        let number = self.heads[low_bits(text)];
        // no character is all ones
        let second = behind.first_chunk().map_or(u32::MAX, |char| packed(*char));
        self.longest_of(number, *lead, second, behind)
    }

    /// The same for the words from `number` on.
    #[inline]
    fn longest_of(
        &'static self,
        mut number: u8,
        lead: u8,
        second: u32,
        behind: &[u8],
    ) -> Option<(&'static Kind, usize)> {
        while number > 0 {
            let entry = &self.entries[number as usize];
            // the low bits are those of the second and the third byte
            if entry.lead == lead && (entry.second == 0 || entry.second == second) {
                if entry.bytes > 6 {
                    return self.longest_of_long(number, lead, second, behind);
                }
                return Some((&entry.kind, entry.bytes as usize));
            }
            number = entry.next;
        }
        None
    }

    /// The same where the word `number` has more than two characters, of which the first two are those of the text. Few have,
    /// and comparing them costs more than all the rest.
    #[inline(never)]
    fn longest_of_long(
        &'static self,
        number: u8,
        lead: u8,
        second: u32,
        behind: &[u8],
    ) -> Option<(&'static Kind, usize)> {
        let entry = &self.entries[number as usize];
        let word = self.words[number as usize - 1].0.as_bytes();
        if behind.starts_with(&word[3..]) {
            return Some((&entry.kind, word.len()));
        }
        self.longest_of(entry.next, lead, second, behind)
    }
}

/// The three bytes of a character as one number.
const fn packed(char: [u8; 3]) -> u32 {
    u32::from_le_bytes([char[0], char[1], char[2], 0])
}

/// The 12 low bits of a character of three bytes.
const fn low_bits(bytes: &[u8]) -> usize {
    (bytes[1] as usize & 0x3F) << 6 | bytes[2] as usize & 0x3F
}
