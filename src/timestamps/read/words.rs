//! Finds a word of an alphabet in the vocabulary.
//!
//! Every word of an answer is looked up, so this has to be quick. A word's first eight bytes in lower case are one number,
//! its key; a filter of single bits, small enough to stay in the nearest cache, turns nearly all unknown words away after
//! one multiplication, and a table of open addresses, built by the compiler, tells the others.
//!
//! Case is folded with `| 0x20`. That is right for ASCII letters, for Latin-1 (`À` is C3 80, `à` is C3 A0) and for most of
//! Cyrillic; `_` becomes another byte, but in the table as well.

use super::token::{Kind, Style, Unit};
use super::vocabulary::{LONGEST, VOCABULARY};

/// The first eight bytes of a word, folded; zero behind its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u64);

const SLOTS: usize = 4096;
const FOLD: u64 = 0x2020_2020_2020_2020;

static TABLE: [u16; SLOTS] = build();
static KEYS: [u64; VOCABULARY.len()] = keys();
static FILTER: Filter<256> = Filter::of_words();

/// The beginnings of the words for seconds and minutes in languages that are not read.
#[rustfmt::skip]
const STEMS: [&str; 40] = [
    "sekun", "sekún", "sekon", "sekan", "secund", "segund", "segon", "soicind", "soniya", "saniy",
    "minut", "minuu", "minút", "minūt", "minuč", "mínút", "minit", "minat", "munud", "nóimé",
    "vteřin", "másodperc", "percb", "percnél", "percig", "percr", "percté", "perctől", "percc", "dakika",
    "daqiqa", "daqiiq", "dəqiq", "detik", "menit", "eiliad", "секунд", "минут", "хвилин", "хвілін",
];

/// The first bytes of a stem, which all its words have in common.
const SHORTEST_STEM: usize = 5;

static STEM_FILTER: Filter<16> = Filter::of_stems();

static STEM_KEYS: [u64; STEMS.len()] = stem_keys();

/// Bits of the hashes that occur.
struct Filter<const WORDS: usize>([u64; WORDS]);

/// What the vocabulary says of a word, and of one that begins like a unit of a language that is not read.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "most words are turned away by the filter, in fewer instructions than a call has"
)]
pub(super) fn look_up(word: &[u8], key: Key) -> Option<&'static Kind> {
    let hash = hash(key.0, word.len());
    let known = if FILTER.has(hash) { found(word, key, hash) } else { None };
    match known {
        Some(kind) => Some(kind),
        None => stem(word, key),
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "as above")]
fn stem(word: &[u8], key: Key) -> Option<&'static Kind> {
    let may_be = word.len() >= SHORTEST_STEM && STEM_FILTER.has(hash(key.beginning(), SHORTEST_STEM));
    if may_be { stem_of(word, key) } else { None }
}

#[inline(never)]
fn stem_of(word: &[u8], key: Key) -> Option<&'static Kind> {
    if !STEM_KEYS.contains(&key.beginning()) {
        return None;
    }
    let known = |stem: &str| word.len() >= stem.len() && folds_to(&word[..stem.len()], stem.as_bytes());
    let is_unit = STEMS.iter().any(|stem| known(stem)) && !word.contains(&b'\'');
    is_unit.then_some(&Kind::Unit(Unit { size: 1, style: Style::Unknown }))
}

/// What the vocabulary says of a word.
#[inline]
pub(super) fn find(word: &[u8], key: Key) -> Option<&'static Kind> {
    let hash = hash(key.0, word.len());
    if FILTER.has(hash) { found(word, key, hash) } else { None }
}

fn found(word: &[u8], key: Key, hash: u64) -> Option<&'static Kind> {
    if word.len() > LONGEST {
        return None;
    }
    let mut slot = slot(hash);
    loop {
        let index = (TABLE[slot] as usize).checked_sub(1)?;
        let (known, kind) = &VOCABULARY[index];
        let same = KEYS[index] == key.0 && known.len() == word.len();
        if same && (word.len() <= 8 || folds_to(&word[8..], &known.as_bytes()[8..])) {
            return Some(kind);
        }
        slot = (slot + 1) % SLOTS;
    }
}

const fn stem_keys() -> [u64; STEMS.len()] {
    let mut keys = [0; STEMS.len()];
    let mut index = 0;
    while index < keys.len() {
        keys[index] = Key::of(STEMS[index].as_bytes()).beginning();
        index += 1;
    }
    keys
}

fn folds_to(word: &[u8], known: &[u8]) -> bool {
    word.len() == known.len() && word.iter().zip(known).all(|(a, b)| a | 0x20 == b | 0x20)
}

const fn hash(key: u64, length: usize) -> u64 {
    (key ^ (length as u64) << 59).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

const fn slot(hash: u64) -> usize {
    (hash >> 52) as usize
}

#[expect(clippy::cast_possible_truncation, reason = "the vocabulary is far smaller than 65,536 words")]
const fn build() -> [u16; SLOTS] {
    let mut table = [0; SLOTS];
    let mut index = 0;
    while index < VOCABULARY.len() {
        let word = VOCABULARY[index].0.as_bytes();
        let mut slot = slot(hash(Key::of(word).0, word.len()));
        while table[slot] != 0 {
            slot = (slot + 1) % SLOTS;
        }
        table[slot] = index as u16 + 1;
        index += 1;
    }
    table
}

const fn keys() -> [u64; VOCABULARY.len()] {
    let mut keys = [0; VOCABULARY.len()];
    let mut index = 0;
    while index < keys.len() {
        keys[index] = Key::of(VOCABULARY[index].0.as_bytes()).0;
        index += 1;
    }
    keys
}

// === impl Key ===

impl Key {
    pub(super) const fn of(word: &[u8]) -> Self {
        let mut key = 0;
        let mut at = 0;
        while at < word.len() && at < 8 {
            key |= ((word[at] | 0x20) as u64) << (8 * at);
            at += 1;
        }
        Self(key)
    }

    /// The key of the word that a text begins with, from its first eight bytes and the high bits of those that do not
    /// belong to it.
    pub(super) const fn before(bytes: u64, others: u64) -> Self {
        let first = others & others.wrapping_neg();
        let mask = (first >> 7).wrapping_sub(1);
        Self((bytes | FOLD) & mask)
    }

    /// That of the word's beginning.
    const fn beginning(self) -> u64 {
        self.0 & !(u64::MAX << (8 * SHORTEST_STEM))
    }
}

// === impl Filter ===

impl<const WORDS: usize> Filter<WORDS> {
    const BITS: u32 = (WORDS * 64).trailing_zeros();

    const fn has(&self, hash: u64) -> bool {
        let bit = hash >> (64 - Self::BITS);
        self.0[(bit / 64) as usize] & 1 << (bit % 64) != 0
    }

    const fn with(mut self, hash: u64) -> Self {
        let bit = hash >> (64 - Self::BITS);
        self.0[(bit / 64) as usize] |= 1 << (bit % 64);
        self
    }
}

impl Filter<256> {
    const fn of_words() -> Self {
        let mut filter = Self([0; 256]);
        let mut index = 0;
        while index < VOCABULARY.len() {
            let word = VOCABULARY[index].0.as_bytes();
            filter = filter.with(hash(Key::of(word).0, word.len()));
            index += 1;
        }
        filter
    }
}

impl Filter<16> {
    const fn of_stems() -> Self {
        let mut filter = Self([0; 16]);
        let mut index = 0;
        while index < STEMS.len() {
            filter = filter.with(hash(Key::of(STEMS[index].as_bytes()).beginning(), SHORTEST_STEM));
            index += 1;
        }
        filter
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamps::read::token::Word;

    fn find(word: &str) -> Option<Kind> {
        super::find(word.as_bytes(), Key::of(word.as_bytes())).copied()
    }

    #[test]
    fn finds_words_in_any_case() {
        assert_eq!(find("UNTIL"), Some(Kind::Word(Word::Until)));
        assert_eq!(find("startTime"), Some(Kind::Word(Word::Start)));
        assert_eq!(find("À"), find("à"));
        assert_eq!(find("zebra"), None);
    }

    #[test]
    fn knows_each_word_once() {
        for (index, (word, kind)) in VOCABULARY.iter().enumerate() {
            assert_eq!(find(word), Some(*kind), "{word} stands twice");
            assert!(word.len() <= LONGEST, "{word}");
            assert!(!VOCABULARY[..index].iter().any(|(other, _)| other == word), "{word} stands twice");
        }
    }

    #[test]
    fn makes_one_key_of_a_word_and_of_a_text_that_begins_with_it() {
        let text = u64::from_le_bytes(*b"Second10");
        assert_eq!(Key::before(text, 0x8080_0000_0000_0000), Key::of(b"second"));
        assert_eq!(Key::before(text, 0), Key::of(b"Second10"));
    }
}
