//! Heads of columns for the start and the end of something, in languages whose sentences are not read.

use super::table::Role;
use super::token::{Kind, Token};

/// The role of a column from its head in another language: `Bắt đầu`, `Término (s)`.
pub(super) fn role_of(text: &str, cell: &[Token]) -> Option<Role> {
    let head = head_of(text, cell)?;
    let (starts, ends): (&[&str], &[&str]) = match head.as_bytes()[0] | 0x20 {
        b'a' => (&["aanvang", "avvio"], &[]),
        b'b' => (&["bắt đầu"], &["berakhir"]),
        b'c' => (&["comienzo", "começo"], &[]),
        b'k' => (&["kezdete"], &["kết thúc"]),
        b's' => (&[], &["sfârşit", "slutt"]),
        b't' => (&[], &["término"]),
        _ => return None,
    };
    let is = |known: &&str| is_word(head, known);
    if starts.iter().any(is) { Some(Role::Start) } else { ends.iter().any(is).then_some(Role::End) }
}

/// The same for heads that are words of English with another meaning: beside the one of the other end only.
pub(super) fn partner_of(text: &str, cell: &[Token]) -> Option<Role> {
    let head = head_of(text, cell)?;
    match head.as_bytes()[0] | 0x20 {
        b'f' => is_word(head, "fine").then_some(Role::End),
        b's' => is_word(head, "slut").then_some(Role::End),
        b'v' => is_word(head, "van").then_some(Role::Start),
        _ => None,
    }
}

/// Whether a head, without the unit in brackets behind it, is a word, whose first letter may be a capital.
fn is_word(head: &str, known: &str) -> bool {
    let rest = head[1..].strip_prefix(&known[1..]);
    rest.is_some_and(|rest| {
        !rest.starts_with(char::is_alphanumeric) && !rest.trim_start().starts_with(char::is_alphabetic)
    })
}

/// The text of a head from its first word on, which begins with a letter of ASCII.
fn head_of<'a>(text: &'a str, cell: &[Token]) -> Option<&'a str> {
    let first = cell.iter().find(|token| !matches!(token.kind, Kind::Mark(_)))?;
    let head = &text[first.start()..cell[cell.len() - 1].end()];
    head.as_bytes().first().is_some_and(u8::is_ascii_alphabetic).then_some(head)
}
