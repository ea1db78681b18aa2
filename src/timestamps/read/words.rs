//! Finds a word of an alphabet in the vocabulary.
//!
//! Every word of an answer is looked up, so this has to be quick. A word's first eight bytes in lower case are one number,
//! its key. One multiplication makes a hash of its first five; a table, built by the compiler and small enough for the
//! nearest cache, tells where the few words of this hash stand in a row. Most unknown words have an empty one.
//!
//! Case is folded with `| 0x20`. That is right for ASCII letters, for Latin-1 (`À` is C3 80, `à` is C3 A0) and for most of
//! Cyrillic; `_` becomes another byte, but in the table as well.

use super::token::{Kind, Style, Unit, Word};
use super::vocabulary::VOCABULARY;

/// The first eight bytes of a word, folded; zero behind its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u64);

/// One for each value of 12 bits.
const SLOTS: usize = 4096;
/// Of many factors, the one with the shortest rows for the words of usual answers.
const FACTOR: u64 = 0xbf_ad99_103b;

/// The words of the vocabulary by their beginnings: those whose hashes have the same highest bits stand in a row.
struct Index {
    /// The place of the first word of each row; zero where there is none.
    rows: [u16; SLOTS],
    /// The keys, with what is known of their words beside them, where it is read.
    entries: [(u64, Known); PLACES],
    /// The numbers of the words in the vocabulary; stems have none.
    numbers: [u16; PLACES],
}

static INDEX: Index = Index::of_vocabulary();

/// More than all words and stems, so that a place with no more bits needs no check.
const PLACES: usize = (VOCABULARY.len() + STEMS.len() + 1).next_power_of_two();

/// What the vocabulary says of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(8))]
pub(super) struct Known {
    pub(super) kind: Kind,
    pub(super) care: Care,
    /// Whether it is the last one of its row.
    is_last: bool,
}

/// What there is to know of a word beside its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Nothing.
    Plain,
    /// It may be a key: `from:`. Before a word or a number it is none.
    Key,
    /// It is noted, or has a period of its own.
    Full,
}

/// The beginnings of the words for seconds and minutes in languages that are not read.
#[rustfmt::skip]
const STEMS: [&str; 42] = [
    "sekun", "sekún", "sekon", "sekan", "secund", "segund", "segon", "soicind", "soniya", "saniy",
    "minut", "minuu", "minút", "minūt", "minuč", "mínút", "minit", "minat", "munud", "nóimé",
    "vteřin", "másodperc", "percb", "percnél", "percig", "percr", "percté", "perctől", "percc", "percet", "perckor", "dakika",
    "daqiqa", "daqiiq", "dəqiq", "detik", "menit", "eiliad", "секунд", "минут", "хвилин", "хвілін",
];

/// The first bytes of a stem, which all its words have in common.
const BEGINNING: usize = 5;

/// What stands behind a beginning to make the key of its stems, which no word has.
const STEM_SIGN: u64 = 0xFF << 56;

static STEM: Known =
    Known { kind: Kind::Unit(Unit { size: 1, style: Style::Unknown }), care: Care::Full, is_last: true };

/// What the vocabulary says of a word of fewer than eight bytes, and of one that begins like a unit of a language that is
/// not read.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "most words are turned away by the filter, in fewer instructions than a call has"
)]
pub(super) fn short(key: Key) -> Option<&'static Known> {
    let place = INDEX.rows[key.row()] as usize;
    if place == 0 {
        return None;
    }
    // the key of a longer word has no zeros
    let place = place % PLACES;
    let (known_key, known) = &INDEX.entries[place];
    if *known_key == key.0 { Some(known) } else { short_from(place, key) }
}

/// The same from a place on that has another word.
#[inline(never)]
fn short_from(mut place: usize, key: Key) -> Option<&'static Known> {
    let stem_key = key.beginning() | STEM_SIGN;
    let mut is_stem = INDEX.entries[place].0 == stem_key;
    while !INDEX.entries[place].1.is_last {
        place += 1;
        if INDEX.entries[place].0 == key.0 {
            return Some(&INDEX.entries[place].1);
        }
        is_stem |= INDEX.entries[place].0 == stem_key;
    }
    if !is_stem {
        return None;
    }
    let word = key.0.to_le_bytes();
    let length = word.iter().position(|byte| *byte == 0).unwrap_or(word.len());
    stem(&word[..length])
}

/// Whether a word with this key may be known: its row has words.
#[inline]
pub(super) fn is_beginning(key: Key) -> bool {
    INDEX.rows[key.row()] > 0
}

/// What the vocabulary says of a word, and of one that begins like a unit of a language that is not read.
pub(super) fn look_up(word: &[u8], key: Key) -> Option<&'static Known> {
    let stem_key = key.beginning() | STEM_SIGN;
    let mut is_stem = false;
    for place in places(key) {
        if is_at(place, word, key) {
            return Some(&INDEX.entries[place].1);
        }
        is_stem |= INDEX.entries[place].0 == stem_key;
    }
    if is_stem { stem(word) } else { None }
}

/// What the vocabulary says of a word.
pub(super) fn find(word: &[u8], key: Key) -> Option<&'static Kind> {
    places(key).find(|place| is_at(*place, word, key)).map(|place| &INDEX.entries[place].1.kind)
}

/// The places of a word's row.
fn places(key: Key) -> impl Iterator<Item = usize> {
    let first = Some(INDEX.rows[key.row()] as usize).filter(|place| *place > 0);
    std::iter::successors(first, |place| (!INDEX.entries[*place].1.is_last).then_some(place + 1))
}

fn is_at(place: usize, word: &[u8], key: Key) -> bool {
    INDEX.entries[place].0 == key.0 && folds_to(word, INDEX.word(place))
}

fn stem(word: &[u8]) -> Option<&'static Known> {
    let known = |stem: &str| word.len() >= stem.len() && folds_to(&word[..stem.len()], stem.as_bytes());
    let is_unit = STEMS.iter().any(|stem| known(stem)) && !word.contains(&b'\'');
    is_unit.then_some(&STEM)
}

fn folds_to(word: &[u8], known: &[u8]) -> bool {
    word.len() == known.len() && word.iter().zip(known).all(|(a, b)| a | 0x20 == b | 0x20)
}

// === impl Index ===

impl Index {
    /// The word at a place; a stem is none.
    fn word(&self, place: usize) -> &'static [u8] {
        let number = self.numbers[place] as usize;
        VOCABULARY.get(number).map_or(b"", |(word, _)| word.as_bytes())
    }

    #[expect(clippy::cast_possible_truncation, reason = "the vocabulary is far smaller than 65,536 words")]
    #[expect(clippy::large_stack_arrays, reason = "the stack is that of the compiler")]
    const fn of_vocabulary() -> Self {
        let (words, all) = (VOCABULARY.len(), VOCABULARY.len() + STEMS.len());
        // how long each row is, and then where it begins
        let mut rows = [0_u16; SLOTS];
        let mut number = 0;
        while number < all {
            rows[Self::key(number).row()] += 1;
            number += 1;
        }
        let (mut slot, mut place) = (0, 1);
        while slot < SLOTS {
            let length = rows[slot];
            rows[slot] = if length == 0 { 0 } else { place };
            place += length;
            slot += 1;
        }
        let mut index = Self { rows, entries: [(0, STEM); PLACES], numbers: [0; PLACES] };
        let mut next = rows;
        number = 0;
        while number < all {
            let key = Self::key(number);
            let place = next[key.row()] as usize;
            next[key.row()] += 1;
            index.numbers[place] = number as u16;
            index.entries[place].0 = if number < words { key.0 } else { key.beginning() | STEM_SIGN };
            if number < words {
                let kind = VOCABULARY[number].1;
                index.entries[place].1 = Known { kind, care: Care::of(kind), is_last: true };
            }
            // the one before it in its row is not the last
            if place > rows[key.row()] as usize {
                index.entries[place - 1].1.is_last = false;
            }
            number += 1;
        }
        index
    }

    /// The key of a word of the vocabulary, or of a stem, which have the numbers behind.
    const fn key(number: usize) -> Key {
        let words = VOCABULARY.len();
        Key::of(if number < words { VOCABULARY[number].0 } else { STEMS[number - words] }.as_bytes())
    }
}

// === impl Care ===

impl Care {
    const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Word(Word::From | Word::To | Word::Until) => Self::Key,
            Kind::Word(word) if !word.is_noted() && !matches!(word, Word::Approx) => Self::Plain,
            _ => Self::Full,
        }
    }
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

    /// The key of a word of fewer than eight bytes from these, which are folded.
    pub(super) const fn of_folded(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The row of a word, by its beginning: the product takes nothing from the bytes behind it.
    const fn row(self) -> usize {
        (self.0.wrapping_mul(FACTOR << (64 - 8 * BEGINNING)) >> 52) as usize
    }

    /// That of the word's beginning.
    const fn beginning(self) -> u64 {
        self.0 & !(u64::MAX << (8 * BEGINNING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(!VOCABULARY[..index].iter().any(|(other, _)| other == word), "{word} stands twice");
        }
    }

    #[test]
    fn has_kinds_that_are_copied_at_once() {
        assert_eq!(size_of::<Kind>(), 4);
    }

    #[test]
    fn finds_every_short_word_by_its_key_alone() {
        for (word, kind) in VOCABULARY.iter().filter(|(word, _)| word.len() < 8) {
            let known = short(Key::of(word.as_bytes()));
            assert_eq!(known.map(|known| known.kind), Some(*kind), "{word}");
        }
        for stem in STEMS.iter().filter(|stem| stem.len() < 8) {
            assert!(matches!(short(Key::of(stem.as_bytes())), Some(Known { kind: Kind::Unit(_), .. })), "{stem}");
        }
        assert_eq!(short(Key::of(b"zebra")), None);
        assert_eq!(short(Key::of(b"timex")), None);
    }
}
