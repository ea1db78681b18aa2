//! Cuts Hangul, Han and Kana, which put particles and units directly behind a number.
//!
//! Hangul has spaces, so a run of it is one word: behind a number it is taken apart from the front (`초` `부터`), anywhere
//! else only its beginning is looked up, because `초` also stands in `초록색` and `분` in `부분`. Chinese and Japanese have no
//! spaces: there every character may begin a word that matters.

use super::asian_numerals::{HANGUL_NUMERALS, NUMBERED, NUMERALS, spelled, spelled_han};
use super::asian_words::{COUNTED, HAN, HANGUL, LOOSE, PARTICLES};
use super::characters::Characters;
use super::lexer::Lexer;
use super::lexicon::{Beginnings, Lexicon};
use super::token::Kind::{Unit as U, Word as W};
use super::token::Word::{Approx, Before, First, From, Half, Later, Mark, Measure, Ratio, Vague};
use super::token::{Gap, Kind, Other, Token, Unit};

const LONGEST_WORD: usize = 32;

static HANGUL_WORDS: Lexicon = Lexicon::of(HANGUL);
static HAN_WORDS: Lexicon = Lexicon::of(HAN);
static COUNTED_WORDS: Lexicon = Lexicon::of(COUNTED);
static PARTICLE_WORDS: Lexicon = Lexicon::of(PARTICLES);

/// Adds the tokens of the Hangul word or of the rare Han or Kana at the lexer, if there are any.
pub(super) fn lex(lexer: &mut Lexer<'_>) -> bool {
    match lexer.rest() {
        [0xE3, 0x90..=0xBF, ..] | [0xE3, 0x80, 0x85..=0x87, ..] => han(lexer),
        // Kana of half width
        [0xEF, 0xBD, 0xA6..=0xBF, ..] | [0xEF, 0xBE, 0x80..=0x9F, ..] => han(lexer),
        _ => return hangul(lexer),
    }
    true
}

pub(super) fn is_hangul(char: char) -> bool {
    matches!(char, '\u{AC00}'..='\u{D7A3}' | '\u{3131}'..='\u{318E}')
}

pub(super) fn is_han(char: char) -> bool {
    matches!(char, '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF66}'..='\u{FF9F}')
}

/// Adds the tokens of the Hangul word at the lexer, if there is one.
pub(super) fn hangul(lexer: &mut Lexer<'_>) -> bool {
    // a longer run is no word: cut, so that it is not measured again for each piece taken from its front
    let length = length_of_hangul(lexer.rest());
    if length == 0 {
        return false;
    }
    let plain = !HANGUL_BEGINNINGS.has(lexer.rest()) && !may_be_behind_time(lexer);
    if plain {
        lexer.others(Other { words: 1, capital: false }, length);
        lexer.skip_space();
    } else {
        hangul_word(lexer, length);
    }
    true
}

fn hangul_word(lexer: &mut Lexer<'_>, length: usize) {
    let (word, behind) = lexer.text[lexer.at..].split_at(length);
    if let Some((kind, bytes)) = behind_time(lexer, word) {
        return lexer.known(kind, bytes);
    }
    if let Some((value, bytes)) = spelled(word, behind) {
        return lexer.push(Kind::Spelled(value), bytes);
    }
    if is_more(lexer, word, behind) {
        return lexer.push(Kind::Spelled(1), 3);
    }
    // `매` alone is "every", but it also begins `매장`, a shop
    let known = HANGUL_WORDS
        .longest(word.as_bytes())
        .filter(|(_, bytes)| *bytes > 3 || length == 3 || word.starts_with('첫') || word.starts_with('끝'));
    if word == "약" {
        return lexer.push(W(Approx), length);
    }
    match known {
        Some((kind, _)) => lexer.known(kind, length),
        None => lexer.others(Other { words: 1, capital: false }, length),
    }
}

/// The `여` of `30여 초`: a number in words behind one in digits.
fn is_more(lexer: &Lexer<'_>, word: &str, behind: &str) -> bool {
    if lexer.gap() != Gap::Tight || !matches!(lexer.tokens.last(), Some(Token { kind: Kind::Number(_), .. })) {
        return false;
    }
    let Some(rest) = word.strip_prefix(['여', '몇']) else { return false };
    let unit = if rest.is_empty() { behind.strip_prefix(' ').unwrap_or_default() } else { rest };
    ["초", "분", "시간"].iter().any(|known| unit.strip_prefix(known).is_some_and(ends))
}

/// Bytes of the Hangul that a text begins with, of at most [`LONGEST_WORD`] characters.
fn length_of_hangul(text: &[u8]) -> usize {
    let is_hangul = |char: &&[u8; 3]| {
        matches!(
            char,
            [0xEB | 0xEC, _, _]
                | [0xEA, 0xB0..=0xBF, _]
                | [0xED, 0x80..=0x9D, _]
                | [0xED, 0x9E, 0x80..=0xA3]
                | [0xE3, 0x84, 0xB1..=0xBF]
                | [0xE3, 0x85, _]
                | [0xE3, 0x86, 0x80..=0x8E]
        )
    };
    3 * text.as_chunks().0.iter().take(LONGEST_WORD).take_while(is_hangul).count()
}

/// Whether [`behind_time`] has anything to look for.
fn may_be_behind_time(lexer: &Lexer<'_>) -> bool {
    match lexer.tokens.last().map(|token| token.kind) {
        Some(Kind::Number(_) | Kind::Spelled(_)) => true,
        Some(Kind::Other(_)) | None => false,
        Some(_) => lexer.gap() == Gap::Tight,
    }
}

/// The unit or the particle that a word begins with, where it stands behind a number or a time.
fn behind_time(lexer: &Lexer<'_>, word: &str) -> Option<(&'static Kind, usize)> {
    let last = lexer.tokens.last()?;
    let near = lexer.gap() == Gap::Tight;
    match last.kind {
        Kind::Number(_) | Kind::Spelled(_) => {
            // `36.5에`: the number has no unit
            let bare = near && matches!(last.kind, Kind::Number(_)) && word.starts_with(['에', '쯤', '경']);
            if bare && matches!(word, "에" | "에는" | "에서" | "에서는" | "쯤" | "쯤에" | "경" | "경에") {
                return PARTICLE_WORDS.longest(word.as_bytes());
            }
            let (kind, bytes) = COUNTED_WORDS.longest(word.as_bytes())?;
            let behind = &word[bytes..];
            let ends = behind.is_empty()
                || behind.starts_with(LOOSE)
                || PARTICLE_WORDS.longest(behind.as_bytes()).is_some()
                || COUNTED_WORDS.longest(behind.as_bytes()).is_some()
                || behind.starts_with("으로");
            ends.then_some((kind, bytes))
        }
        Kind::Clock
        | Kind::Wall
        | Kind::Unit(_)
        | Kind::Mark(super::token::Mark::Close(_) | super::token::Mark::Star)
            if near =>
        {
            PARTICLE_WORDS.longest(word.as_bytes())
        }
        Kind::Word(From | Mark | Vague | Later) if near && is_behind_time(&lexer.tokens) => {
            PARTICLE_WORDS.longest(word.as_bytes())
        }
        _ => None,
    }
}

/// Whether the last token is the particle of a time: `10초` `경` `에`.
fn is_behind_time(tokens: &[Token]) -> bool {
    let before = tokens.len().checked_sub(2).map(|index| tokens[index].kind);
    matches!(before, Some(Kind::Clock | Kind::Wall | Kind::Unit(_)))
}

/// Whether a unit ends here: no more Hangul, or a particle.
pub(super) fn ends(behind: &str) -> bool {
    !behind.starts_with(is_hangul)
        || PARTICLE_WORDS.longest(behind.as_bytes()).is_some()
        || behind.starts_with(['가', '이', '은', '는', '을', '를', '로', '째'])
}

/// What no word of the tables begins with, nor a number.
static PLAIN: Characters = Characters::of_sentences().without(HAN).but(&Characters::of(&NUMERALS));
/// What a number in Han characters goes on with, or its unit.
static NUMBER: Characters = Characters::of(&NUMERALS).and(&Characters::of(&NUMBERED));
static HANGUL_BEGINNINGS: Beginnings = Beginnings::of(HANGUL, &HANGUL_NUMERALS);

/// Adds the Chinese or the Japanese up to the first sign or digit, and tells whether there was any.
pub(super) fn sentence(lexer: &mut Lexer<'_>) -> bool {
    let start = lexer.at;
    while let Some(char @ [0xE3..=0xE9, ..]) = lexer.rest().first_chunk::<3>() {
        match char {
            _ if PLAIN.has(*char) => plain(lexer),
            [0xE5..=0xE9, ..] | [0xE3, 0x81..=0x83, _] => han(lexer),
            // all but the hexagrams
            [0xE4, second, _] if *second != 0xB7 => han(lexer),
            _ => break,
        }
    }
    lexer.at > start
}

/// Adds the plain characters at the lexer.
fn plain(lexer: &mut Lexer<'_>) {
    let count = lexer.rest().as_chunks().0.iter().take_while(|char| PLAIN.has(**char)).count();
    let words = u8::try_from(count).unwrap_or(u8::MAX);
    lexer.others(Other { words, capital: false }, 3 * count);
}

fn han(lexer: &mut Lexer<'_>) {
    let rest = lexer.rest();
    let word = HAN_WORDS.longest(rest);
    // a unit is no number, and most words are units and particles
    let counts = matches!(word, None | Some((W(Half), _)));
    let counts = counts && rest[3..].first_chunk().is_some_and(|char| NUMBER.has(*char));
    if counts && let Some((value, bytes)) = spelled_han(&lexer.text[lexer.at..]) {
        return lexer.push(Kind::Spelled(value), bytes);
    }
    // `30秒時`, `30秒时`: when it is 30 seconds
    let when = || lexer.gap() == Gap::Tight && matches!(lexer.tokens.last(), Some(Token { kind: U(_), .. }));
    // 前10秒: the first ten; 10秒前: ten ago
    let counts = || super::numerals::digit(&rest[3..]).is_some();
    match word {
        Some((W(Before), 3)) if when() => lexer.push(W(Later), 3),
        Some((W(Before), 3)) if counts() => lexer.push(W(First), 3),
        Some((U(Unit { size: 3600, .. }), 3)) if when() => lexer.push(W(Mark), 3),
        Some((U(Unit { size: 60, .. }), 3)) if let Some(kind) = of_parts(&rest[3..]) => lexer.push(kind, 6),
        Some((U(Unit { size: 60, .. }), 3)) if is_branch(lexer, &rest[3..]) => lexer.push(W(Measure), 6),
        Some((kind, bytes)) => lexer.known(kind, bytes),
        None => {
            lexer.others(Other { words: 1, capital: false }, 3);
        }
    }
}

/// 第2分館, 第3分会场: what has a number of its own there, from its second character on.
fn is_branch(lexer: &Lexer<'_>, behind: &[u8]) -> bool {
    const BRANCHES: [&str; 22] = [
        "館", "馆", "会", "會", "署", "団", "团", "團", "校", "院", "室", "科", "所", "社", "行", "场", "場", "厅",
        "庁", "册", "冊", "寮",
    ];
    let [.., before, number] = lexer.tokens.as_slice() else { return false };
    matches!(number.kind, Kind::Number(_))
        && &lexer.text[before.start()..before.end()] == "第"
        && BRANCHES.iter().any(|branch| behind.starts_with(branch.as_bytes()))
}

/// 分区, 分店, 分数: words that begin like a minute, from their second character on.
fn of_parts(behind: &[u8]) -> Option<Kind> {
    const PARTS: [&[u8]; 16] = [
        "区".as_bytes(),
        "區".as_bytes(),
        "部".as_bytes(),
        "店".as_bytes(),
        "支".as_bytes(),
        "局".as_bytes(),
        "公".as_bytes(),
        "队".as_bytes(),
        "隊".as_bytes(),
        "组".as_bytes(),
        "類".as_bytes(),
        "类".as_bytes(),
        "析".as_bytes(),
        "别".as_bytes(),
        "割".as_bytes(),
        "球".as_bytes(),
    ];
    match behind {
        // 数
        [0xE6, 0x95, 0xB0, ..] => Some(W(Ratio)),
        [0xE5..=0xE9, ..] if PARTS.iter().any(|part| behind.starts_with(part)) => Some(W(Measure)),
        _ => None,
    }
}
