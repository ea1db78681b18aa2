//! Measures that are written with capitals, or with a sign behind a letter of time: `124.0 BPM`, `4.6 A`, `10-12 m²`.

use super::page::Page;
use super::token::{Gap, Kind, Mark, Word};

/// Whether a measure with capitals stands behind a number and a space.
pub(super) fn is_measure_behind(page: &Page<'_>, last: usize) -> bool {
    const MEASURES: [&str; 38] = [
        "Ah", "BPM", "Bq", "CFM", "GB", "GHz", "GPa", "GW", "HP", "Hz", "IU", "J", "K", "LUX", "MB", "MHz", "MJ", "MP",
        "MPa", "MW", "MWh", "N", "NM", "NTU", "Nm", "PPM", "PS", "PSI", "Pa", "RPM", "TB", "VA", "W", "Wh", "kN",
        "kPa", "kWh", "mAh",
    ];
    let next = last + 1;
    let kind = page.kind(next);
    if !matches!(kind, Kind::Other(_) | Kind::Word(Word::Measure | Word::Article)) {
        return false;
    }
    let text = &page.text[page.span(next, next)];
    // what none of them begins with
    if !matches!(text.as_bytes().first(), Some(b'A'..=b'W' | b'k' | b'm')) {
        return false;
    }
    match kind {
        Kind::Other(_) | Kind::Word(Word::Measure) => {
            let length = text.bytes().take(4).position(|byte| byte == b' ');
            MEASURES.binary_search(&&text[..length.unwrap_or(text.len())]).is_ok()
        }
        // `4.6 A,` but not `4.6 A man enters`
        Kind::Word(Word::Article) => {
            text == "A"
                && matches!(
                    page.kind(next + 1),
                    Kind::Break
                        | Kind::Mark(Mark::Comma | Mark::Stop | Mark::Semicolon | Mark::Close(_))
                        | Kind::Word(Word::At | Word::And)
                )
        }
        _ => false,
    }
}

/// `12 m²`, `3 m³`: no metre is a minute.
pub(super) fn is_squared(page: &Page<'_>, last: usize) -> bool {
    let sign = page.tokens.get(last + 1).filter(|token| token.gap == Gap::Tight);
    sign.is_some_and(|sign| page.text[sign.start()..].starts_with(['²', '³']))
}
