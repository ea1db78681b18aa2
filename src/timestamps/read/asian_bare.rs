//! Numbers without a unit in Korean, Japanese and Chinese: what stands close behind them is mostly a particle or a copula, and
//! no noun that they count.

use super::atoms::Number;
use super::page::{Cue, Left, Page};
use super::token::{Gap, Kind, Style, Unit, Word};

/// `12.0-18.5입니다`, `12-18로 보이며`, 12.0-18.5です.
#[inline]
pub(super) fn is_with_copula(page: &Page<'_>, last: usize) -> bool {
    page.is_asian(last + 1) && matches!(page.kind(last + 1), Kind::Other(_)) && is_copula(page, last + 1)
}

fn is_copula(page: &Page<'_>, next: usize) -> bool {
    let behind = &page.text[page.tokens[next].start()..];
    // most words of the two scripts begin with other bytes
    if !matches!(behind.as_bytes(), [0xE3, 0x81, ..] | [0xEB, 0xA1, ..] | [0xEC, 0x98 | 0x9C..=0x9E, ..]) {
        return false;
    }
    let copulas: &[&str] = match behind.chars().next() {
        Some('입') => &["입니다"],
        Some('이') => &["이다", "이며", "이고", "이라", "이었"],
        Some('인' | '였' | '로' | '으') => &["인 ", "였", "로 ", "으로"],
        Some('で') => &["です", "でした", "である"],
        Some('だ') => &["だった"],
        _ => return false,
    };
    copulas.iter().any(|copula| behind.starts_with(copula))
}

/// `정답은 12-18입니다`, `관련 장면은 32-47 근처로`, `영상의 45 부근`: what is told of an answer, or of a part of the media.
pub(super) fn is_told_of_media(page: &Page<'_>, left: &Left, last: usize) -> bool {
    let placed = || {
        let next = page.behind(last + 1);
        page.is_asian(next) && page.kind(next) == Kind::Word(Word::Mark) && !is_particle(page, next)
    };
    let of_media = || {
        let noun = page.text[page.span(left.at, left.at)].trim_end_matches('의');
        ["화면", "画面", "視頻"].iter().any(|screen| noun.ends_with(screen))
    };
    match left.cue {
        _ if !page.is_asian(left.at) => false,
        Cue::Word(Word::Part | Word::Media | Word::Mark | Word::Time) => placed() || is_with_copula(page, last),
        Cue::Other => of_media() && placed(),
        _ => false,
    }
}

/// `36.5에 연기가`, `12.5 지점`, `영상의 45 부근`; but `3에`, as on a door.
pub(super) fn is_placed(page: &Page<'_>, left: &Left, last: usize, number: Number) -> bool {
    let next = page.behind(last + 1);
    let marked = page.is_asian(next) && page.kind(next) == Kind::Word(Word::Mark);
    marked && (number.decimals > 0 || left.cue == Cue::Start)
        || (marked || number.decimals > 0) && is_told_of_media(page, left, last)
}

/// `3에`, as on a door.
fn is_particle(page: &Page<'_>, at: usize) -> bool {
    page.gap(at) == Gap::Tight && page.text[page.span(at, at)].starts_with('에')
}

/// `위도 37.5665`, 温度は21.5, `환율은 1320.5`: the noun before a number says that it measures something.
#[inline]
pub(super) fn is_of_quantity(page: &Page<'_>, left: &Left) -> bool {
    matches!(left.cue, Cue::Other | Cue::Colon | Cue::Word(Word::Is | Word::At))
        && page.is_asian(left.at)
        && is_quantity(page, left)
}

fn is_quantity(page: &Page<'_>, left: &Left) -> bool {
    let said = page.text[..page.tokens[left.at].end()]
        .trim_end_matches([' ', ':', '：', '은', '는', '이', '가', 'は', 'が', '为', '為', '是', '在']);
    // by their last character
    let quantities: &[&str] = match said.chars().next_back() {
        Some('도') => &["위도", "경도", "신뢰도", "정확도", "온도", "습도", "속도", "농도"],
        Some('위') => &["북위", "남위"],
        Some('경') => &["동경", "서경"],
        Some('온') => &["기온", "체온"],
        Some('율' | '률') => &["환율", "비율", "확률"],
        Some('수' | '점' | '급') => &["점수", "평점", "등급"],
        Some('균' | '차' | '치') => &["평균", "편차", "수치"],
        Some('제' | '림' | '전') => &["문제", "그림", "버전"],
        Some('격' | '액' | '표') => &["가격", "금액", "좌표"],
        Some('기' | '게' | '높' | '리') => &["밝기", "무게", "높", "거리"],
        Some('력' | '압') => &["압력", "전압"],
        Some('度') => &["緯度", "経度", "纬度", "经度", "温度", "湿度", "速度", "精度"],
        Some('緯' | '経' | '纬' | '经') => &["北緯", "東経", "北纬", "东经"],
        Some('格' | '標' | '标') => &["价格", "価格", "座標", "坐标"],
        _ => return false,
    };
    quantities.iter().any(|noun| said.ends_with(noun))
}

/// `20多秒`, `20여 초`, 20数秒: about so many, and so no time; but not 持续20多秒.
pub(super) fn is_about_so_many(page: &Page<'_>, unit: usize) -> bool {
    const MORE: [&str; 12] = ["多", "来", "來", "几", "幾", "余", "餘", "数", "數", "여", "몇", "수"];
    let asian = matches!(page.kind(unit), Kind::Unit(Unit { style: Style::Asian, .. }));
    let Some(number) = unit.checked_sub(2).filter(|_| asian && page.gap(unit - 1) == Gap::Tight) else { return false };
    matches!(page.kind(number), Kind::Number(_))
        && matches!(page.kind(unit - 1), Kind::Other(_))
        && MORE.contains(&&page.text[page.span(unit - 1, unit - 1)])
        && !matches!(page.left(number).cue, Cue::Word(Word::Lasts | Word::Every | Word::Length))
        && page.kind(page.behind(unit + 1)) != Kind::Word(Word::During)
}
