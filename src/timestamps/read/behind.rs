//! What stands behind a time with a unit, and makes it a point, a length or something in between.

use super::frequencies::is_often;
use super::page::Page;
use super::quantities::{begins_with, ends_with};
use super::token::{Gap, Kind, Mark, Style, Word};

/// What stands behind a time with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    Nothing,
    /// `mark`, `지점`.
    Point,
    /// `into`.
    Into,
    /// `later`, `동안`.
    Length,
    /// `후`, `後`: after a start that is not told.
    After,
    /// `정도`, `程度`.
    Vague,
    /// `of`, `after`, `before`, and then what the length belongs to.
    Relative,
    /// The clip that it is the length of.
    Media,
    /// A slash: a rate.
    Rate,
}

/// The text behind a token.
fn behind<'p>(page: &'p Page<'_>, at: usize) -> &'p str {
    page.text[page.tokens[at].end()..].trim_start_matches(' ')
}

/// `12초를 남기고`, `12초 남았을 때`.
fn is_left(behind: &str) -> bool {
    let rest = behind.trim_start_matches(['를', '가', '이', ' ']);
    // but `남자`, a man
    ["남았", "남은", "남아", "남기", "남긴", "남겨"].iter().any(|left| rest.starts_with(left))
}

fn is_within(behind: &str) -> bool {
    behind.strip_prefix(['内', '內']).is_some_and(|rest| !rest.starts_with(['部', '侧', '側', '容']))
}

fn is_late(page: &Page<'_>, at: usize) -> bool {
    let text = &page.text[page.span(at, at)];
    text.eq_ignore_ascii_case("late") || text.eq_ignore_ascii_case("early")
}

/// `20 seconds minimum`, `30 s max`, `10 minutes tops`, `5 seconds or more`.
fn is_limit(page: &Page<'_>, next: usize) -> bool {
    match page.kind(next) {
        Kind::Word(Word::Lasts) => begins_with(page, next, &["minimum", "maximum", "max"]),
        Kind::Other(_) => begins_with(page, next, &["tops", "min", "flat"]),
        Kind::Word(Word::Or) => begins_with(page, next + 1, &["more", "less", "longer", "fewer"]),
        _ => false,
    }
}

impl Behind {
    pub(super) fn of(page: &Page<'_>, last: usize) -> Self {
        let next = page.behind(last + 1);
        match page.kind(next) {
            // `1時間あたり90個`: per hour; `1分あたりで`: at about a minute
            Kind::Word(Word::Mark | Word::At) if is_asian(page, last) => Self::asian(page, last, next),
            Kind::Word(Word::Mark) if is_each(page, last, next) => Self::Rate,
            Kind::Word(Word::Mark) => Self::Point,
            // `45 segundos de duração`
            Kind::Word(Word::From) if page.kind(next + 1) == Kind::Word(Word::Length) => Self::Length,
            // `10 seconds from the end`
            Kind::Word(Word::From)
                if page.kind(next + 1) == Kind::Word(Word::The) && page.kind(next + 2) == Kind::Word(Word::End) =>
            {
                Self::Vague
            }
            Kind::Word(Word::From | Word::Until) => Self::Point,
            // `45 s between reps`
            Kind::Word(Word::Between)
                if matches!(page.kind(next + 1), Kind::Other(other) if !other.capital)
                    && !matches!(page.kind(next + 2), Kind::Number(_) | Kind::Clock) =>
            {
                Self::Length
            }
            Kind::Word(Word::Into) => Self::Into,
            // `25 s on average`
            Kind::Word(_) | Kind::Other(_)
                if page.kind(next + 1) == Kind::Word(Word::Length)
                    && page.text[page.span(next + 1, next + 1)].eq_ignore_ascii_case("average") =>
            {
                Self::Length
            }
            // `is 45 seconds late`
            Kind::Word(Word::Age) if is_late(page, next) => Self::Length,
            Kind::Word(Word::In) => Self::inside(page, next),
            Kind::Word(Word::Later) if is_asian(page, last) => Self::After,
            // `45 segundos después del inicio`
            Kind::Word(Word::Later)
                if page.kind(next + 1) == Kind::Word(Word::From) && page.kind(next + 2) == Kind::Word(Word::Start) =>
            {
                Self::Relative
            }
            // 58秒全部恢复
            Kind::Word(Word::Length)
                if ["全部", "全体", "全て", "合計", "一共", "总共", "모두", "전부"]
                    .contains(&&page.text[page.span(next, next)]) =>
            {
                Self::Nothing
            }
            Kind::Word(Word::Later | Word::During | Word::Length | Word::Every) => Self::Length,
            Kind::Word(_) | Kind::Other(_) if is_limit(page, next) => Self::Length,
            Kind::Word(Word::Vague) if matches!(page.kind(next + 1), Kind::Word(Word::During)) => Self::Length,
            // `10 secondes plus tard`
            Kind::Word(Word::Lasts | Word::Function) if page.kind(next + 1) == Kind::Word(Word::Later) => Self::Length,
            Kind::Word(Word::Vague)
                if matches!(page.kind(next + 1), Kind::Word(Word::Mark | Word::From | Word::Until)) =>
            {
                Self::Point
            }
            // `20초 정도 소요`, 20秒ほどかかる
            Kind::Word(Word::Vague) if is_asian(page, last) && is_spell(behind(page, next)) => Self::Length,
            Kind::Word(Word::Vague) => Self::Vague,
            Kind::Word(Word::Media | Word::Display) => Self::Media,
            Kind::Word(Word::Of) => Self::Relative,
            Kind::Word(Word::Ordinal) if is_asian(page, last) && is_at_moment(page, next) => Self::Point,
            Kind::Word(Word::Ordinal) if is_asian(page, last) => Self::Relative,
            Kind::Word(Word::After | Word::Before) => Self::relative(page, next),
            // `12 s/18 s/31 s`
            Kind::Mark(Mark::Slash)
                if matches!(page.kind(next + 1), Kind::Number(_)) && matches!(page.kind(next + 2), Kind::Unit(_)) =>
            {
                Self::Nothing
            }
            Kind::Mark(Mark::Slash) if page.gap(next) == Gap::Tight => Self::Rate,
            Kind::Other(_) | Kind::Word(Word::Measure)
                if is_asian(page, last) && is_spell(&page.text[page.tokens[next].start()..]) =>
            {
                Self::Length
            }
            // 12秒内完成, but not 12秒内部
            Kind::Other(_) if is_asian(page, last) && is_within(&page.text[page.tokens[next].start()..]) => {
                Self::Length
            }
            // `12초를 남기고`, `12초 남았습니다`: before an end that is not told
            Kind::Other(_) if is_asian(page, last) && is_left(&page.text[page.tokens[next].start()..]) => Self::Vague,
            // 1分钟60次, 10秒一次
            Kind::Number(_) | Kind::Spelled(_) | Kind::Other(_) if is_asian(page, last) => {
                Self::counted(page, last, &page.text[page.tokens[next].start()..]).unwrap_or(Self::Nothing)
            }
            _ => Self::Nothing,
        }
    }

    /// Behind a particle of Korean or Japanese.
    fn asian(page: &Page<'_>, last: usize, next: usize) -> Self {
        let particle = &page.text[page.span(next, next)];
        let rest = behind(page, next);
        match particle {
            "あたり" if is_each(page, last, next) => Self::Rate,
            // `3분대 소속`: a squad, or somewhere in the third minute
            "대" if !rest.starts_with(['에', '의', '까', '부', '로']) => Self::Vague,
            "に" if rest.starts_with("わた") => Self::Length,
            "に" if ["セット", "設定", "合わせ"].iter().any(|set| rest.starts_with(set)) => Self::Vague,
            // `100m를 11.2초에 달립니다`
            "에" if ["달리", "달립", "달려", "주파", "완주"].iter().any(|runs| rest.starts_with(runs)) => {
                Self::Vague
            }
            "에" | "に" if is_often(rest) => Self::Rate,
            "에" | "に" => Self::counted(page, last, rest).unwrap_or(Self::Point),
            // `10분쯤 걸립니다`
            "쯤" | "경" if is_spell(rest) => Self::Length,
            _ => Self::Point,
        }
    }

    /// `1분에 60회`, 10秒に1回: how often, if the text behind counts how many times; in other words than `한 번씩` something
    /// may as well happen once at that time.
    fn counted(page: &Page<'_>, last: usize, rest: &str) -> Option<Self> {
        const TIMES: [&str; 5] = ["회", "번씩", "回", "次", "度"];
        let number = last.checked_sub(1).map_or("", |number| &page.text[page.span(number, number)]);
        if !rest.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '한' | '一')) && number != "1" {
            return None;
        }
        // 1分钟停3次
        let verb = rest.char_indices().take(3).find(|(_, char)| char.is_ascii_digit()).map_or(0, |(at, _)| at);
        let counted = if number == "1" { &rest[verb..] } else { rest };
        let digits = counted.trim_start_matches(|char: char| char.is_ascii_digit());
        let many = digits.len() < counted.len() && TIMES.iter().any(|times| digits.starts_with(times));
        let once = ["한 번", "한번", "한 차례", "一次", "一回", "一度"].iter().find(|once| rest.starts_with(**once));
        let each = once.is_some_and(|once| rest[once.len()..].starts_with(['씩', '꼴', '的']));
        if many && number == "1" || each { Some(Self::Rate) } else { (many || once.is_some()).then_some(Self::Vague) }
    }

    /// `10 seconds in, …`, `10 seconds in the video`, but not `45 seconds in the queue`.
    fn inside(page: &Page<'_>, at: usize) -> Self {
        let next = page.behind(at + 1);
        match page.kind(next) {
            // `56 s in all`, `2 minutes in total`
            Kind::Other(_) | Kind::Word(_) if ends_with(page, next, &["all", "total", "sum"]) => Self::Length,
            Kind::Mark(_) | Kind::Break | Kind::Word(Word::Media | Word::And | Word::To | Word::Function) => {
                Self::Point
            }
            Kind::Word(Word::The | Word::Article)
                if matches!(page.kind(next + 1), Kind::Word(Word::Media | Word::Part)) =>
            {
                Self::Point
            }
            _ => Self::Nothing,
        }
    }

    /// `10 seconds after the start` is a time, `10 seconds after the crash` is not.
    fn relative(page: &Page<'_>, at: usize) -> Self {
        let start = (at + 1..at + 4).any(|index| matches!(page.kind(index), Kind::Word(Word::Start)));
        let comma = matches!(page.kind(at + 1), Kind::Mark(_) | Kind::Break);
        // `10 seconds before the end of the clip`, `5 seconds after 0:30`
        let end = page.kind(at) == Kind::Word(Word::Before)
            && (at + 1..at + 4).any(|index| matches!(page.kind(index), Kind::Word(Word::End)));
        if end || page.kind(at + 1) == Kind::Clock {
            Self::Vague
        } else if start {
            Self::Point
        } else if comma {
            Self::Length
        } else {
            Self::Relative
        }
    }
}

/// `40秒かかる`, `10분 늦게`, `5분 거리`: what something takes, or is late, or far by.
const SPELLS: [&str; 45] = [
    "かか",
    "掛か",
    "걸",
    "늦",
    "일찍",
    "빨리",
    "빠르",
    "더 ",
    "남짓",
    "거리",
    "코스",
    "대기",
    "지연",
    "휴식",
    "단축",
    "초과",
    "연장",
    "강의",
    "수업",
    "요리",
    "광고",
    "회의",
    "빠릅",
    "느리",
    "느립",
    "차이",
    "차로",
    "지각",
    "단위",
    "소요",
    "지속",
    "이어집",
    "이어진",
    "続",
    "差",
    "速",
    "遅",
    "早",
    "遅刻",
    "CM",
    "広告",
    "广告",
    "廣告",
    "快",
    "慢",
];

/// `15분 간격`, `15分おき`, `3分待つ`: how often, or how long somebody waits.
pub(super) fn is_interval(page: &Page<'_>, last: usize) -> bool {
    const OFTEN: [&str; 22] = [
        "간격",
        "마다",
        "ごと",
        "おき",
        "待",
        "かか",
        "걸",
        "굽",
        "끓",
        "늦",
        "삶",
        "볶",
        "기다",
        "이어지",
        "지속",
        "유지",
        "소요",
        "숙성",
        "焼",
        "煮",
        "茹",
        "置",
    ];
    let behind = &page.text[page.tokens[page.behind(last + 1)].start()..];
    is_asian(page, last) && OFTEN.iter().any(|often| behind.starts_with(often))
}

fn is_spell(behind: &str) -> bool {
    // `30초가 걸립니다`
    let noun = behind.strip_prefix(['가', '이', '은', '는', '나', '도', '을', '를']).map_or(behind, str::trim_start);
    SPELLS.iter().any(|takes| behind.starts_with(takes) || noun.starts_with(takes))
}

/// `12秒の時点で`, 12秒的时候.
fn is_at_moment(page: &Page<'_>, of: usize) -> bool {
    const MOMENTS: [&str; 12] =
        ["時点", "時に", "時、", "とき", "ところ", "あたり", "瞬間", "时候", "時候", "位置", "地方", "瞬间"];
    let behind = &page.text[page.tokens[of].end()..];
    MOMENTS.iter().any(|moment| behind.starts_with(moment))
}

fn is_each(page: &Page<'_>, last: usize, next: usize) -> bool {
    let number = last.checked_sub(1).map_or("", |number| &page.text[page.span(number, number)]);
    &page.text[page.span(next, next)] == "あたり"
        && matches!(number, "1" | "１")
        && !page.text[page.tokens[next].end()..].starts_with(['で', 'に', 'か', 'ま', 'の'])
}

pub(super) fn is_asian(page: &Page<'_>, last: usize) -> bool {
    matches!(page.kind(last), Kind::Unit(unit) if unit.style == Style::Asian)
}
