//! Words in the head of a table that make its columns something else than times: what they measure, or what the rows are.

use super::token::{Kind, Mark, Token, Word};
use super::topics::Topic;

/// `Start (km)`, `End page`, `Start temp (°C)`: whether a cell of a start or an end tells of what, and that is no time.
pub(super) fn is_of_others(text: &str, cell: &[Token]) -> bool {
    const MEASURED: [&str; 44] = [
        "address",
        "amount",
        "balance",
        "bid",
        "count",
        "depth",
        "distance",
        "floor",
        "frame",
        "frames",
        "fuel",
        "height",
        "id",
        "index",
        "inventory",
        "km",
        "kwh",
        "level",
        "line",
        "location",
        "mileage",
        "miles",
        "no",
        "number",
        "odometer",
        "page",
        "pages",
        "pct",
        "place",
        "position",
        "pos",
        "pressure",
        "price",
        "rank",
        "reading",
        "row",
        "score",
        "size",
        "station",
        "stock",
        "temp",
        "temperature",
        "value",
        "weight",
    ];
    let bound = cell
        .iter()
        .any(|token| matches!(token.kind, Kind::Word(Word::Start | Word::End | Word::From | Word::To | Word::Until)));
    let measured = |token: &Token| match token.kind {
        // `Start (s)` has a unit, `Start (ms)` a label of its own
        Kind::Word(Word::Measure) => &text[token.start()..token.end()] != "ms",
        Kind::Mark(Mark::Degree | Mark::Percent | Mark::Money) => true,
        Kind::Other(_) | Kind::Word(_) => text[token.start()..token.end()]
            .split(' ')
            .any(|word| MEASURED.iter().any(|known| word.eq_ignore_ascii_case(known))),
        _ => false,
    };
    bound && cell.iter().any(measured)
}

/// `Pts` of a league, `GF:GA`, which are no stamps and no clocks.
pub(super) fn is_in_points(text: &str, cell: &[Token]) -> bool {
    let mut words = cell.iter().filter(|token| !matches!(token.kind, Kind::Mark(Mark::Pipe | Mark::Star)));
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(only), None, ..) => &text[only.start()..only.end()] == "Pts",
        (Some(_), Some(colon), Some(_), None) => {
            colon.kind == Kind::Mark(Mark::Colon) && matches!(text.as_bytes().get(colon.end()), Some(b'A'..=b'Z'))
        }
        _ => false,
    }
}

/// `Song`, `Tide`, `Flight`: what has a length, or goes by the day, if the column of it stands before that of its time.
pub(super) fn what_has_hours(text: &str, head: &[Token]) -> Option<Topic> {
    const LONG: [&str; 4] = ["song", "songs", "voicemail", "voicemails"];
    const DAILY: [&str; 10] =
        ["tide", "flight", "train", "platform", "destination", "sailing", "ferry", "screening", "prayer", "bus"];
    let before = head.iter().take_while(|token| !matches!(token.kind, Kind::Word(Word::Time | Word::Stamp)));
    before.filter(|token| matches!(token.kind, Kind::Other(_) | Kind::Word(_))).find_map(|token| {
        let is = |names: &[&str]| names.iter().any(|name| text[token.start()..token.end()].eq_ignore_ascii_case(name));
        if is(&LONG) { Some(Topic::Length) } else { is(&DAILY).then_some(Topic::Hours) }
    })
}
