//! Clocks that are parts of a longer name: `test_gate.py:18:42` (a line and a column), `3:21-cv-00415` (a docket).

use super::page::{Cue, Left, Page};
use super::token::{Gap, Kind, Mark};

/// Whether a clock is a part of a name that is written without spaces.
#[inline]
pub(super) fn is_in_a_name(page: &Page<'_>, first: usize, last: usize, left: &Left) -> bool {
    left.cue == Cue::Colon
        && page.gap(first) == Gap::Tight
        && page.gap(left.at) == Gap::Tight
        && is_in_a_file(page, left)
        || page.kind(last + 1) == Kind::Mark(Mark::Dash) && page.gap(last + 1) == Gap::Tight && is_docket(page, last)
}

/// `src/main.rs:12:18`: whether the name before the colon is that of a text with lines; but not `clip.mp4:0:12`.
#[inline(never)]
fn is_in_a_file(page: &Page<'_>, left: &Left) -> bool {
    const TEXTS: [&str; 32] = [
        "c", "cc", "cfg", "cpp", "cs", "css", "csv", "go", "h", "hpp", "html", "java", "js", "json", "jsx", "kt",
        "lua", "md", "php", "py", "rb", "rs", "sh", "sql", "swift", "tex", "toml", "ts", "tsx", "vue", "yaml", "yml",
    ];
    let before = &page.text[..page.tokens[left.at].start()];
    let from = before.len() - before.bytes().rev().take(6).take_while(u8::is_ascii_alphanumeric).count();
    let named = before[..from].strip_suffix('.').is_some_and(|name| name.ends_with(|char: char| !char.is_whitespace()));
    named && TEXTS.binary_search(&&before[from..]).is_ok()
}

/// `3:21-cv-00415`: two letters for the kind of the case, and its number.
fn is_docket(page: &Page<'_>, last: usize) -> bool {
    match page.text.as_bytes().get(page.tokens[last].end()..) {
        Some([b'-', a, b, b'-', digit, ..]) => {
            a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && digit.is_ascii_digit()
        }
        _ => false,
    }
}
