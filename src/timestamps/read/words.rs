//! Finds a word of an alphabet in the vocabulary.
//!
//! Every word of an answer is looked up, so this has to be quick: a table of open addresses, built by the compiler, whose
//! hash reads four bytes and the length. Nearly all words of a prose meet an empty slot at once.
//!
//! Case is folded with `| 0x20`. That is right for ASCII letters, for Latin-1 (`À` is C3 80, `à` is C3 A0) and for most of
//! Cyrillic; `_` becomes another byte, but in the table as well.

use super::token::{Kind, Style, Unit};
use super::vocabulary::{LONGEST, VOCABULARY};

const SLOTS: usize = 4096;

static TABLE: [u16; SLOTS] = build();

/// The beginnings of the words for seconds and minutes in languages that are not read.
const STEMS: [&str; 21] = [
    "sekun",
    "sekún",
    "secund",
    "segund",
    "segon",
    "minut",
    "minuu",
    "minút",
    "minūt",
    "vteřin",
    "másodperc",
    "percben",
    "percnél",
    "percig",
    "saniye",
    "dakika",
    "detik",
    "menit",
    "секунд",
    "минут",
    "хвилин",
];

/// What the vocabulary says of a word, and of one that begins like a unit of a language that is not read.
pub(super) fn look_up(word: &[u8]) -> Option<Kind> {
    find(word).or_else(|| stem(word))
}

fn stem(word: &[u8]) -> Option<Kind> {
    if word.len() < 5 || !matches!(word[0] | 0x20, b's' | b'm' | b'v' | b'p' | b'd' | 0xF0..) || word[2] | 0x20 < b'c' {
        return None;
    }
    let known = |stem: &str| word.len() >= stem.len() && folds_to(&word[..stem.len()], stem.as_bytes());
    let mut stems = STEMS.iter().copied().filter(|_| !word.contains(&b'\''));
    stems.any(known).then_some(Kind::Unit(Unit { size: 1, style: Style::Unknown }))
}

/// What the vocabulary says of a word.
pub(super) fn find(word: &[u8]) -> Option<Kind> {
    if word.len() > LONGEST {
        return None;
    }
    let mut slot = hash(word);
    loop {
        let index = TABLE[slot] as usize;
        if index == 0 {
            return None;
        }
        let (known, kind) = &VOCABULARY[index - 1];
        if folds_to(word, known.as_bytes()) {
            return Some(*kind);
        }
        slot = (slot + 1) % SLOTS;
    }
}

fn folds_to(word: &[u8], known: &[u8]) -> bool {
    word.len() == known.len() && word.iter().zip(known).all(|(a, b)| a | 0x20 == b | 0x20)
}

const fn hash(word: &[u8]) -> usize {
    let length = word.len();
    if length == 0 {
        return 0;
    }
    let second = if length > 1 { word[1] } else { 0 };
    let last_but_one = if length > 2 { word[length - 2] } else { 0 };
    let (a, b) = ((word[0] | 0x20) as u64, (second | 0x20) as u64);
    let (c, d) = ((last_but_one | 0x20) as u64, (word[length - 1] | 0x20) as u64);
    let mixed = (a | b << 8 | c << 16 | d << 24 | (length as u64) << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 52) as usize
}

#[expect(clippy::cast_possible_truncation, reason = "the vocabulary is far smaller than 65,536 words")]
const fn build() -> [u16; SLOTS] {
    let mut table = [0; SLOTS];
    let mut index = 0;
    while index < VOCABULARY.len() {
        let mut slot = hash(VOCABULARY[index].0.as_bytes());
        while table[slot] != 0 {
            slot = (slot + 1) % SLOTS;
        }
        table[slot] = index as u16 + 1;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamps::read::token::Word;

    #[test]
    fn finds_words_in_any_case() {
        assert_eq!(find(b"UNTIL"), Some(Kind::Word(Word::Until)));
        assert_eq!(find(b"startTime"), Some(Kind::Word(Word::Start)));
        assert_eq!(find("À".as_bytes()), find("à".as_bytes()));
        assert_eq!(find(b"zebra"), None);
    }

    #[test]
    fn knows_each_word_once() {
        for (index, (word, kind)) in VOCABULARY.iter().enumerate() {
            assert_eq!(find(word.as_bytes()), Some(*kind), "{word} stands twice");
            assert!(word.len() <= LONGEST, "{word}");
            assert!(!VOCABULARY[..index].iter().any(|(other, _)| other == word), "{word} stands twice");
        }
    }
}
