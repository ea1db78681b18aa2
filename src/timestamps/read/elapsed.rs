//! `The pallet drops after 17 seconds`: what an answer begins with is told from the start of the media, as it has told nothing
//! else yet.

use super::page::Page;
use super::quantities::ends_with;
use super::token::{Kind, Mark, Word};

/// Whether the `after` at a token is that of the first sentence of the answer, behind its verb and before nothing but its end.
#[inline(never)]
pub(super) fn is_from_the_beginning(page: &Page<'_>, after: usize, last: usize) -> bool {
    // what goes by itself goes so each time
    const RULES: [&str; 14] = [
        "always",
        "automatically",
        "immediately",
        "it",
        "normally",
        "off",
        "only",
        "out",
        "should",
        "switches",
        "typically",
        "usually",
        "will",
        "would",
    ];
    let first = page.atoms.first().is_some_and(|atom| atom.last == last);
    if !first || !(2..=12).contains(&after) || page.kind(last + 1) != Kind::Mark(Mark::Stop) {
        return false;
    }
    let opens = matches!(page.kind(0), Kind::Word(Word::The | Word::Article) | Kind::Other(_));
    let plain = |at: usize| match page.kind(at) {
        Kind::Other(_) => !page.text[page.span(at, at)].split(' ').any(|word| RULES.contains(&word)),
        Kind::Word(word) => matches!(word, Word::The | Word::Article | Word::Of | Word::Part | Word::Function),
        _ => false,
    };
    let verb = matches!(page.kind(after - 1), Kind::Other(_)) && ends_in_a_verb(page, after - 1);
    opens && verb && (0..after).all(plain)
}

/// `drops`, `fell`: but not `the driver after 17 seconds`.
fn ends_in_a_verb(page: &Page<'_>, at: usize) -> bool {
    const PAST: [&str; 12] =
        ["fell", "broke", "left", "stood", "came", "ran", "burst", "went", "sank", "rang", "began", "sat"];
    let text = &page.text[page.span(at, at)];
    let word = text.rsplit(' ').next().unwrap_or(text);
    word.ends_with('s') && !word.ends_with("ss") || word.ends_with("ed") || ends_with(page, at, &PAST)
}
