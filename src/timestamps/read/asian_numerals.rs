//! Numbers in words of Hangul and Han, where a unit stands behind them: `오 초`, `열두 초쯤에`, 三十秒.

use super::asian::{ends, is_han};

/// A number in words before a unit: `오 초`, `삼십초`, but not `이 분` (this person), `구분` (a distinction).
pub(super) fn spelled(word: &str, behind: &str) -> Option<(u16, usize)> {
    if let Some(found) = native(word, behind) {
        return Some(found);
    }
    word.chars().next().and_then(numeral)?;
    let digits: usize = word.chars().take_while(|char| numeral(*char).is_some()).map(char::len_utf8).sum();
    if digits == 0 {
        return None;
    }
    let (number, mut rest) = word.split_at(digits);
    if rest.is_empty() {
        rest = behind.strip_prefix(' ')?;
    }
    let native = matches!(number, "한" | "두" | "세" | "네" | "반");
    let fits = match rest.strip_prefix('초') {
        Some(behind) => !native && ends(behind) && number != "최",
        None => match rest.strip_prefix('분') {
            Some(behind) => {
                // `이 분 지점에서`: no person is a place
                [
                    " 지점",
                    "지점",
                    " 시점",
                    "시점",
                    "쯤",
                    " 반쯤",
                    " 반에",
                    " 반 지점",
                    " 반 정도",
                    "반쯤",
                    " 반부터",
                    " 반까지",
                ]
                .iter()
                .any(|mark| behind.starts_with(mark))
                    || matches!(number, "이" | "구" | "십") && is_later(behind)
                    || !matches!(number, "이" | "구" | "십" | "두" | "세" | "네" | "한")
                        && ends(behind)
                        && !behind.starts_with('의')
            }
            None => native && rest.strip_prefix("시간").is_some_and(ends),
        },
    };
    fits.then(|| (value(number), digits))
}

/// `이 분 뒤에 벌어집니다`, but not `이 분 뒤에 서 있는`: behind this person.
fn is_later(behind: &str) -> bool {
    const THERE: [&str; 5] = ["에 서", "에 있", "에 앉", "로", "쪽"];
    let behind = behind.trim_start_matches(' ');
    match behind.strip_prefix('뒤') {
        Some(rest) => !THERE.iter().any(|there| rest.starts_with(there)),
        None => ["후", "만에", "경과", "지나"].iter().any(|later| behind.starts_with(later)),
    }
}

/// `열두 초쯤에`, `스무 초`: the numbers of Korean's own. Behind them 분 counts guests, unless it is about that time.
fn native(word: &str, behind: &str) -> Option<(u16, usize)> {
    const TENS: [(&str, u16); 10] = [
        ("열", 10),
        ("스물", 20),
        ("스무", 20),
        ("서른", 30),
        ("마흔", 40),
        ("쉰", 50),
        ("예순", 60),
        ("일흔", 70),
        ("여든", 80),
        ("아흔", 90),
    ];
    const ONES: [(&str, u16); 11] = [
        ("하나", 1),
        ("한", 1),
        ("두", 2),
        ("세", 3),
        ("네", 4),
        ("다섯", 5),
        ("여섯", 6),
        ("일곱", 7),
        ("여덟", 8),
        ("아홉", 9),
        ("둘", 2),
    ];
    let of = |table: &[(&str, u16)], text: &str| {
        table.iter().find(|(name, _)| text.starts_with(name)).map_or((0, 0), |(name, value)| (*value, name.len()))
    };
    let (tens, first) = of(&TENS, word);
    let (ones, second) = of(&ONES, &word[first..]);
    let (_, rest) = word.split_at(first + second);
    // `세초`, `두분`: other words
    if first == 0 && (ones < 2 || ones < 5 && !rest.is_empty()) || first + second == 0 {
        return None;
    }
    let rest = if rest.is_empty() { behind.strip_prefix(' ')? } else { rest };
    let about =
        |behind: &str| ["쯤", "경에", "경부터", "지점", "시점", "무렵"].iter().any(|about| behind.starts_with(about));
    let fits = match (rest.strip_prefix('초'), rest.strip_prefix('분')) {
        (Some(behind), _) => ends(behind),
        (_, Some(behind)) => about(behind),
        _ => false,
    };
    fits.then_some((tens + ones, first + second))
}

fn numeral(char: char) -> Option<u16> {
    Some(match char {
        '영' | '공' | '零' | '〇' => 0,
        '일' | '한' | '一' => 1,
        '이' | '두' | '二' | '两' | '兩' => 2,
        '삼' | '세' | '三' => 3,
        '사' | '네' | '四' => 4,
        '오' | '五' => 5,
        '육' | '六' => 6,
        '칠' | '七' => 7,
        '팔' | '八' => 8,
        '구' | '九' => 9,
        '십' | '十' => 10,
        '백' | '百' => 100,
        '반' => 0,
        _ => return None,
    })
}

/// The value of numerals such as `삼십오`, 三十五.
fn value(numerals: &str) -> u16 {
    let (sum, ones) = numerals.chars().filter_map(numeral).fold((0_u16, 0_u16), |(sum, ones), digit| match digit {
        10 | 100 => (sum.saturating_add(ones.max(1).saturating_mul(digit)), 0),
        _ => (sum, digit),
    });
    sum.saturating_add(ones)
}

/// What a number in Han characters may begin with.
pub(super) const NUMERALS: [&str; 16] =
    ["零", "〇", "一", "二", "两", "兩", "三", "四", "五", "六", "七", "八", "九", "十", "百", "半"];

/// What the unit behind a number in Han characters begins with.
pub(super) const NUMBERED: [&str; 14] =
    ["秒", "分", "小", "时", "時", "来", "來", "多", "几", "幾", "余", "餘", "数", "數"];

/// What a number in Hangul may begin with, and a word that is not in the table.
#[rustfmt::skip]
pub(super) const HANGUL_NUMERALS: [&str; 30] = [
    "영", "공", "일", "한", "이", "두", "삼", "세", "사", "네", "오", "육", "칠", "팔", "구", "십", "백", "반", "약",
    "열", "스", "서", "마", "쉰", "예", "여", "아", "하", "다", "둘",
];

/// What stands behind a minute that something happens at.
const PASSED: [&str; 15] = [
    "のところ",
    "の所",
    "の地点",
    "を過",
    "過ぎ",
    "を回",
    "ごろ",
    "頃",
    "ころ",
    "経っ",
    "たった",
    "あたり",
    "地点",
    "の時点",
    "左右",
];

/// 三十 before 秒, 两 before 分钟, 半 before 分钟; 十分 (very) and 一部分 are no times.
pub(super) fn spelled_han(text: &str) -> Option<(u16, usize)> {
    let digits: usize =
        text.chars().take(6).take_while(|char| numeral(*char).is_some() && is_han(*char)).map(char::len_utf8).sum();
    let (number, rest) = text.split_at(digits);
    // 二十来秒, 十几秒
    let (number, rest) = match rest.strip_prefix(['来', '來', '多', '几', '幾', '余', '餘', '数', '數']) {
        Some(behind) if number.ends_with(['十', '百']) => text.split_at(text.len() - behind.len()),
        _ => (number, rest),
    };
    let (number, rest) = match (number, rest.strip_prefix('半')) {
        ("", Some(behind)) => ("半", behind),
        _ => (number, rest),
    };
    if !rest.starts_with(['秒', '分', '小', '时', '時']) {
        return None;
    }
    let unit = ["秒", "分钟", "分鐘", "分間", "分後", "分后", "小时", "小時", "时间", "時間"]
        .iter()
        .any(|unit| rest.starts_with(unit));
    let seconds = |behind: &str| behind.trim_start_matches(|char| numeral(char).is_some()).starts_with('秒');
    // 一分を過ぎたころ
    let about = |behind: &str| PASSED.iter().any(|about| behind.starts_with(about));
    let minutes =
        rest.strip_prefix('分').is_some_and(|behind| behind.starts_with('半') || seconds(behind) || about(behind));
    (!number.is_empty() && (unit || minutes)).then(|| (value(number), number.len()))
}
