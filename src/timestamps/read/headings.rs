//! Heads of columns for the start and the end of something, in languages whose sentences are not read.

use super::table::Role;
use super::token::{Kind, Mark, Token};

/// The role of a column from its head in another language: `Bắt đầu`, `Término (s)`.
pub(super) fn role_of(text: &str, cell: &[Token]) -> Option<Role> {
    const STARTS: [&str; 7] = ["aanvang", "avvio", "bắt đầu", "comienzo", "começo", "kezdete", "початку"];
    const ENDS: [&str; 6] = ["kết thúc", "sfârşit", "slutt", "término", "berakhir", "край"];
    let head = head_of(text, cell)?;
    if STARTS.contains(&head.as_str()) { Some(Role::Start) } else { ENDS.contains(&head.as_str()).then_some(Role::End) }
}

/// The same for heads that are words of English with another meaning: beside the one of the other end only.
pub(super) fn partner_of(text: &str, cell: &[Token]) -> Option<Role> {
    let head = head_of(text, cell)?;
    match head.as_str() {
        "fine" | "slut" => Some(Role::End),
        "van" => Some(Role::Start),
        _ => None,
    }
}

/// The words of a head, without the unit in brackets behind them.
fn head_of(text: &str, cell: &[Token]) -> Option<String> {
    let is_word = |token: &&Token| !matches!(token.kind, Kind::Mark(_) | Kind::Break);
    let first = cell.iter().position(|token| is_word(&token))?;
    let end = cell[first..]
        .iter()
        .position(|token| matches!(token.kind, Kind::Mark(Mark::Open(_) | Mark::Star)))
        .map_or(cell.len(), |open| first + open);
    let last = cell[first..end].iter().rposition(|token| is_word(&token))? + first;
    (last - first < 3).then(|| text[cell[first].start()..cell[last].end()].to_lowercase())
}
