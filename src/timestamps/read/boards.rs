//! What the boards of stations and stops say: `08:15発`, 08:15开往北京, `Bus 12: 4 min`.

use super::page::Page;
use super::quantities::ends_with;
use super::token::Kind;

/// Whether a departure or an arrival stands close behind a clock; but not 0:12発砲, 0:12着地.
#[inline]
pub(super) fn is_of_a_service(page: &Page<'_>, last: usize) -> bool {
    let behind = page.tokens[last].end();
    // no other bytes begin one
    matches!(page.text.as_bytes().get(behind..), Some([0xE5 | 0xE7 | 0xE9, ..] | [0xEB, 0x8F, ..] | [0xEC, 0xB6, ..]))
        && is_departure(&page.text[behind..])
}

#[inline(never)]
fn is_departure(behind: &str) -> bool {
    const TO: [&str; 4] = ["开往", "開往", "出发前往", "驶往"];
    match behind.as_bytes() {
        // 発, 着, and no other character of a word behind them
        [0xE7, 0x99, 0xBA, rest @ ..] | [0xE7, 0x9D, 0x80, rest @ ..] => {
            !matches!(rest, [0xE4..=0xE9, ..] | [0xE3, 0x81 | 0x82, ..])
                || rest.starts_with("の".as_bytes())
                || rest.starts_with("と".as_bytes())
        }
        // `8:15출발 열차`
        [0xEB, 0x8F, ..] | [0xEC, 0xB6, ..] => {
            let vehicle = behind.strip_prefix("출발").or_else(|| behind.strip_prefix("도착")).map(str::trim_start);
            vehicle.is_some_and(|vehicle| {
                ["열차", "버스", "기차", "비행", "KTX", "편"].iter().any(|known| vehicle.starts_with(known))
            })
        }
        [0xE5 | 0xE9, ..] => TO.iter().any(|to| behind.starts_with(to)),
        _ => false,
    }
}

/// `Bus 12: 4 min`: in how many minutes a line comes.
#[inline(never)]
pub(super) fn is_line(page: &Page<'_>, colon: usize) -> bool {
    const LINES: [&str; 10] =
        ["bus", "tram", "train", "metro", "subway", "ferry", "line", "route", "trolleybus", "coach"];
    page.label(colon).is_some_and(|number| {
        matches!(page.kind(number), Kind::Number(_) | Kind::Id)
            && page.before(number).is_some_and(|line| ends_with(page, line, &LINES))
    })
}
