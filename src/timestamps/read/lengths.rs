//! Lengths and frequencies of time: how long something takes, not when it is.

use super::atoms::Timed;
use super::clocks::names_length;
use super::page::{Cue, Left, Page};
use super::quantities::{begins_with, ends_with};
use super::results::{RACES, clause_before};
use super::token::{Kind, Mark, Style, Word};

/// `lasts 10 seconds into the night`.
pub(super) fn is_lasting_directly(left: &Left) -> bool {
    matches!(left.cue, Cue::Word(Word::Lasts | Word::For | Word::Goes))
}

/// `30-35 minutes at 180 °C`, `holds 10 s at 60 km/h`: how long something goes on so.
pub(super) fn is_treatment(page: &Page<'_>, left: &Left, timed: &Timed, last: usize) -> bool {
    let at = page.behind(last + 1);
    let measured = page.kind(at) == Kind::Word(Word::At)
        && matches!(page.kind(at + 1), Kind::Number(_))
        && matches!(page.kind(at + 2), Kind::Word(Word::Measure) | Kind::Mark(Mark::Degree | Mark::Percent));
    let told = match left.cue {
        Cue::Other | Cue::List | Cue::Word(Word::Function) => true,
        Cue::Start | Cue::Dash | Cue::Colon | Cue::Cell => timed.unit.style == Style::Plural,
        _ => false,
    };
    measured && told && !left.approx
}

/// `the shift (8 hours)`, `the clip (30 s, 25 fps)`: how long something is; no answer points at the hours of a film so.
pub(super) fn is_shift(page: &Page<'_>, left: &Left, timed: &Timed, last: usize) -> bool {
    let whole = timed.parts == 1 && timed.unit.size == 3600 && timed.unit.style == Style::Plural;
    let Some(noun) = page.before(left.at).filter(|_| left.cue == Cue::Open(b'(')) else { return false };
    whole && matches!(page.kind(noun), Kind::Other(_))
        || page.kind(noun) == Kind::Word(Word::Media) && is_with_rate(page, last)
}

/// `the clip (30 s, 25 fps)`: what else a film has.
fn is_with_rate(page: &Page<'_>, last: usize) -> bool {
    let rate = || match page.kind(last + 2) {
        Kind::Id => true,
        Kind::Number(_) => page.kind(last + 3) == Kind::Word(Word::Measure),
        _ => false,
    };
    page.kind(last + 1) == Kind::Mark(Mark::Comma) && rate()
}

/// Whether the verb before the token says how long something takes.
pub(super) fn is_lasting(page: &Page<'_>, at: usize) -> bool {
    page.before(at).is_some_and(|verb| {
        let text = &page.text[page.span(verb, verb)];
        page.kind(verb) == Kind::Word(Word::Length)
            || ["for", "lasts", "lasted", "lasting", "takes", "took", "taking", "take"]
                .iter()
                .any(|known| text.eq_ignore_ascii_case(known))
    })
}

/// `at 5-second intervals`: how often.
pub(super) fn is_frequency(page: &Page<'_>, timed: &Timed, last: usize) -> bool {
    let next = page.behind(last + 1);
    let text = &page.text[page.span(next, next)];
    timed.describes && ["interval", "step", "increment", "burst", "spacing"].iter().any(|known| text.starts_with(known))
}

/// `Rest time: 30 s`: the time that something takes, or the time when it is.
pub(super) fn is_some_time(page: &Page<'_>, colon: usize) -> bool {
    page.label(colon).is_some_and(|label| is_some_time_of(page, label))
}

/// `wait time`, `response time`: whether the word is `time` or its like, behind one that is not known.
pub(super) fn is_some_time_of(page: &Page<'_>, time: usize) -> bool {
    page.kind(time) == Kind::Word(Word::Time)
        && page
            .before(time)
            .is_some_and(|before| matches!(page.kind(before), Kind::Other(_) | Kind::Word(Word::Lasts | Word::Length)))
}

/// `Cooking time:`, `Resting time:`: what is done for so long.
#[inline(never)]
fn is_work(page: &Page<'_>, colon: usize) -> bool {
    const WORK: [&str; 20] = [
        "baking",
        "charging",
        "chilling",
        "cook",
        "cooking",
        "cooling",
        "drying",
        "frying",
        "kneading",
        "marinating",
        "preparation",
        "proofing",
        "resting",
        "rising",
        "roasting",
        "simmering",
        "soaking",
        "steaming",
        "steeping",
        "travel",
    ];
    page.label(colon).is_some_and(|time| {
        page.kind(time) == Kind::Word(Word::Time) && page.before(time).is_some_and(|what| ends_with(page, what, &WORK))
    })
}

/// `a cycle time of`, `the cooking time of`: the time that something takes.
fn is_time_taken(page: &Page<'_>, time: usize) -> bool {
    page.kind(time) == Kind::Word(Word::Time)
        && page.before(time).is_some_and(|what| {
            matches!(page.kind(what), Kind::Word(Word::Length | Word::Lasts)) || ends_with(page, what, &RACES)
        })
}

/// Whether what stands before makes it a length.
pub(super) fn is_length(page: &Page<'_>, left: &Left, led: bool) -> bool {
    match left.cue {
        _ if led => false,
        Cue::Word(Word::Lasts | Word::For | Word::Every | Word::Length | Word::Up) => true,
        Cue::Word(Word::Goes) => true,
        // `takes it 4 seconds`
        // `they rest 60 seconds`
        Cue::Other
            if ends_with(page, left.at, &LASTING) && !is_noun(page, left.at) || is_korean_spell(page, left.at) =>
        {
            true
        }
        // `배차 간격 10분`
        Cue::Word(Word::During) if is_spacing(page, left.at) => true,
        Cue::Other | Cue::Word(Word::Is)
            if matches!(&page.text[page.span(left.at, left.at)], "은" | "이" | "는" | "は" | "为" | "為" | "是")
                && page.before(left.at).is_some_and(|noun| is_spacing(page, noun)) =>
        {
            true
        }
        // 需20-25分钟
        Cue::Other if is_chinese_spell(page, left.at) => true,
        // 全体で45秒
        Cue::Other
            if &page.text[page.span(left.at, left.at)] == "で"
                && page.before(left.at).is_some_and(|all| page.kind(all) == Kind::Word(Word::Length)) =>
        {
            true
        }
        // `Its length is given as 35 minutes`
        Cue::Word(Word::Function) | Cue::Other if ends_with(page, left.at, &["as"]) => {
            clause_before(page, left.at).any(|at| page.kind(at) == Kind::Word(Word::Length))
        }
        Cue::Word(Word::Function) | Cue::Other => takes_somebody(page, left.at),
        // `each should last 30 seconds`
        Cue::Word(Word::Last) => page.before(left.at).is_some_and(|modal| {
            page.kind(modal) == Kind::Word(Word::To) || ends_with(page, modal, &MODALS) || is_plural(page, modal)
        }),
        // `3 times in 10 seconds`, `100 m in 9 seconds`, `finishes in 9.58 seconds`
        Cue::Word(Word::In) => {
            is_amount(page, left.at)
                || page.before(left.at).is_some_and(|verb| page.kind(verb) == Kind::Word(Word::End))
        }
        Cue::Word(Word::Of) => {
            let point = page.before(left.at).is_some_and(|noun| {
                matches!(page.kind(noun), Kind::Word(Word::Mark | Word::Stamp | Word::Time | Word::Start | Word::End))
                    && !ends_with(page, noun, &["interval", "intervals", "span", "timespan", "window"])
                    && !is_time_taken(page, noun)
            });
            !point
        }
        Cue::Word(Word::Is) if is_turnaround(page, left.at) || is_measured(page, left.at) => true,
        Cue::Colon if is_work(page, left.at) => true,
        Cue::Word(Word::Is) | Cue::Colon | Cue::Cell | Cue::Open(b'(') => names_length(page, left.at),
        // `extended by 10 seconds`, `runs ahead by 3 minutes`
        Cue::Word(Word::From) => is_foreign_spell(page, left.at),
        Cue::Word(Word::By) => page
            .before(left.at)
            // `starts late, by 3 seconds`
            .and_then(|verb| if page.kind(verb) == Kind::Mark(Mark::Comma) { page.before(verb) } else { Some(verb) })
            .is_some_and(|verb| page.kind(verb) == Kind::Word(Word::Lasts) || ends_with(page, verb, &SHIFTED)),
        _ => false,
    }
}

/// `the adverts last 6 minutes`, `highlights last 40 s`: more than one of something, whose verb `last` is.
fn is_plural(page: &Page<'_>, noun: usize) -> bool {
    let text = &page.text[page.span(noun, noun)];
    let many = text.ends_with('s') && !text.ends_with("'s") && !text.ends_with("’s");
    let subject = || {
        page.before(noun).is_none_or(|before| {
            matches!(
                page.kind(before),
                Kind::Word(Word::The) | Kind::Number(_) | Kind::Spelled(_) | Kind::Break | Kind::Mark(Mark::Stop)
            )
        })
    };
    match page.kind(noun) {
        Kind::Word(Word::Part | Word::Media) => many,
        Kind::Other(_) => many && subject(),
        _ => false,
    }
}

/// `la espera es de 3 minutos`, `l'attente est de 5 minutes`, `en retard de 12 minutes`.
fn is_foreign_spell(page: &Page<'_>, of: usize) -> bool {
    const IS: [&str; 14] =
        ["es", "est", "era", "fue", "será", "était", "é", "è", "foi", "sera", "retard", "ritardo", "retraso", "atraso"];
    matches!(&page.text[page.span(of, of)], "de" | "di")
        && page.before(of).is_some_and(|verb| ends_with(page, verb, &IS))
}

/// `Lap times are 40 s`, `phase times are 30 s`.
fn is_measured(page: &Page<'_>, is: usize) -> bool {
    const PHASES: [&str; 6] = ["phase", "cycle", "stage", "process", "processing", "service"];
    // `his best is 49.8 s`
    if page.before(is).is_some_and(|noun| ends_with(page, noun, &["best", "record", "split", "pb"])) {
        return true;
    }
    let Some(times) = page.before(is).filter(|times| ends_with(page, *times, &["times"])) else { return false };
    page.before(times).is_some_and(|noun| ends_with(page, noun, &RACES) || ends_with(page, noun, &PHASES))
}

/// `is 10 minutes slow`, `was 5 seconds ahead`, `runs 3 s slower`: by how much; but `is seen 12-18 s behind the bus`.
pub(super) fn is_ahead(page: &Page<'_>, left: &Left, last: usize) -> bool {
    const AHEAD: [&str; 7] = ["slow", "fast", "ahead", "behind", "off", "short", "wrong"];
    const MORE: [&str; 6] = ["slower", "faster", "quicker", "sooner", "overdue", "too"];
    let next = page.behind(last + 1);
    match left.cue {
        Cue::Word(Word::Is) => begins_with(page, next, &AHEAD) || begins_with(page, next, &MORE),
        Cue::Word(Word::At | Word::From | Word::Between | Word::Until | Word::After | Word::Before) => false,
        // `0.2-0.3 s ahead of lane 5`
        _ => {
            begins_with(page, next, &MORE)
                || begins_with(page, next, &AHEAD) && page.kind(next + 1) == Kind::Word(Word::Of)
        }
    }
}

/// `sets 24-48 hours`: whole hours that nothing places or makes an item of.
pub(super) fn is_told_in_hours(page: &Page<'_>, left: &Left, timed: &Timed, last: usize) -> bool {
    timed.parts == 1
        && timed.unit.size == 3600
        && timed.unit.style == Style::Plural
        && !timed.led
        && matches!(left.cue, Cue::Other | Cue::List | Cue::Word(Word::Function | Word::Is))
        && !matches!(page.kind(page.behind(last + 1)), Kind::Word(Word::Into | Word::In | Word::Mark))
}

/// `Average truck turnaround is 40-45 minutes`, 课程为45分钟.
fn is_turnaround(page: &Page<'_>, at: usize) -> bool {
    const SPELLS: [&str; 14] = [
        "turnaround",
        "stay",
        "visit",
        "break",
        "shift",
        "lag",
        "ride",
        "walk",
        "drive",
        "trip",
        "journey",
        "mean",
        "median",
        "interruption",
    ];
    let Some(noun) = page.before(at) else { return false };
    if page.is_asian(at) {
        // 分钟 counts minutes, 分 may name one
        let number = (at + 1..at + 4).find(|index| !matches!(page.kind(*index), Kind::Word(Word::Approx)));
        let unit = number.map_or(at, |number| number + 1);
        let counts = matches!(&page.text[page.span(unit, unit)], "分钟" | "分鐘" | "小时" | "小時" | "秒钟" | "秒鐘");
        // 缝合是1小时41分20秒
        let exact = matches!(page.kind(unit + 1), Kind::Number(_)) && matches!(page.kind(unit + 3), Kind::Number(_));
        return counts && !exact && matches!(page.kind(noun), Kind::Other(_) | Kind::Word(Word::Length));
    }
    ends_with(page, noun, &SPELLS)
        || matches!(page.kind(noun), Kind::Other(_))
            && (noun.saturating_sub(2)..noun).any(|index| page.kind(index) == Kind::Word(Word::Length))
}

/// `대기 시간은 5분`, `待ち時間は5分`, 等待时间为5分: the time that something takes.
pub(super) fn is_asian_spell(page: &Page<'_>, left: &Left) -> bool {
    const SPELLS: [&str; 62] = [
        "쉬는",
        "점심",
        "운동",
        "수업",
        "강의",
        "걸린",
        "걸리는",
        "경기",
        "상영",
        "연습",
        "대기",
        "소요",
        "작업",
        "휴식",
        "조리",
        "처리",
        "운전",
        "이동",
        "통화",
        "반응",
        "체류",
        "회의",
        "평균",
        "노출",
        "충전",
        "再生",
        "上映",
        "録画",
        "放送",
        "待ち",
        "所要",
        "作業",
        "休憩",
        "調理",
        "処理",
        "移動",
        "反応",
        "滞在",
        "平均",
        "充電",
        "等待",
        "等候",
        "烹饪",
        "处理",
        "停留",
        "通话",
        "反应",
        "作业",
        "移动",
        "充电",
        "排队",
        "曝光",
        "정차",
        "주행",
        "비행",
        "수면",
        "운행",
        "停車",
        "走行",
        "飛行",
        "维修",
        "停机",
    ];
    if !matches!(left.cue, Cue::Word(Word::Time | Word::Is | Word::At) | Cue::Unit | Cue::Other | Cue::Colon) {
        return false;
    }
    let said = &page.text[..page.tokens[left.at].end()];
    // Most clauses end in another character than one of these words, which one look tells.
    let bound = |char| {
        matches!(char, '은' | '는' | '이' | '가' | 'は' | 'が' | '为' | '為' | '是' | '약' | '约' | '約')
            || matches!(char, ' ' | ':' | '：')
    };
    let Some((at, char)) = said.char_indices().rev().find(|(_, char)| !bound(*char)) else { return false };
    if !matches!(char, '균' | '均' | '간' | '間' | '间') {
        return false;
    }
    let said = &said[..at + char.len_utf8()];
    // `시간은 평균 3분`
    if ["평균", "平均"].iter().any(|mean| said.ends_with(mean)) {
        return true;
    }
    let noun = ["시간", "時間", "时间"].iter().find_map(|time| said.strip_suffix(time)).map(str::trim_end);
    noun.is_some_and(|noun| SPELLS.iter().any(|spell| noun.ends_with(spell)))
}

/// `휴식은 10분입니다`, `작업 주기는 15초`.
fn is_korean_spell(page: &Page<'_>, at: usize) -> bool {
    let noun = page.text[page.span(at, at)].trim_end_matches(['은', '는', '이', '가']);
    page.is_asian(at)
        && ["휴식", "주기", "간격", "공정", "강의", "수업", "교육", "대기", "쉬는"]
            .iter()
            .any(|spell| noun.ends_with(spell))
}

/// `간격`, 間隔: how far apart in time.
fn is_spacing(page: &Page<'_>, at: usize) -> bool {
    let text = &page.text[page.span(at, at)];
    matches!(text, "间隔" | "間隔") || text.starts_with("간격") && !text.ends_with('로')
}

/// 需20分钟, 耗时30秒, 煮20分钟: what something takes. 分钟 counts minutes.
fn is_chinese_spell(page: &Page<'_>, at: usize) -> bool {
    const DONE: [char; 24] = [
        '煮', '炖', '燉', '蒸', '烤', '腌', '醃', '焯', '炒', '煎', '炸', '泡', '熬', '焖', '燜', '揉', '煲', '烘',
        '晾', '走', '跑', '睡', '等', '歇',
    ];
    let counts = matches!(&page.text[page.span(at + 2, at + 2)], "分钟" | "分鐘" | "小时" | "小時");
    let said = &page.text[page.span(at, at)];
    page.is_asian(at) && (said.ends_with(['需', '要', '耗', '花', '费', '費']) || counts && said.ends_with(DONE))
}

/// `the stretch 105-118 s`: a verb that is a noun here.
fn is_noun(page: &Page<'_>, at: usize) -> bool {
    let alone = !page.text[page.span(at, at)].contains(' ');
    alone && page.before(at).is_some_and(|the| matches!(page.kind(the), Kind::Word(Word::The | Word::Article)))
}

/// Verbs with a length behind them.
const LASTING: [&str; 57] = [
    "added",
    "adds",
    "bake",
    "bakes",
    "blanch",
    "boil",
    "boils",
    "braise",
    "chill",
    "chills",
    "cook",
    "cooks",
    "cool",
    "cools",
    "cost",
    "costs",
    "dries",
    "dry",
    "fries",
    "fry",
    "gained",
    "gains",
    "grill",
    "grills",
    "heat",
    "knead",
    "kneads",
    "marinate",
    "marinates",
    "need",
    "needed",
    "plank",
    "proof",
    "rest",
    "rested",
    "rinse",
    "roast",
    "roasts",
    "simmer",
    "simmers",
    "sleep",
    "slept",
    "soak",
    "soaks",
    "steep",
    "steeps",
    "stew",
    "stir",
    "stirs",
    "stretch",
    "wash",
    "wasted",
    "wastes",
    "whisk",
    "work",
    "worked",
    "works",
];

const MODALS: [&str; 9] = ["should", "could", "would", "must", "may", "might", "will", "shall", "not"];

/// What is done by so many seconds.
const SHIFTED: [&str; 12] = [
    "ahead",
    "behind",
    "late",
    "early",
    "off",
    "delayed",
    "shifted",
    "reduced",
    "shortened",
    "increased",
    "improved",
    "slow",
];

/// `takes him 4 seconds`, `takes the man 4 seconds`.
fn takes_somebody(page: &Page<'_>, at: usize) -> bool {
    for index in (at.saturating_sub(3)..=at).rev() {
        match page.kind(index) {
            Kind::Word(Word::Lasts) => return true,
            Kind::Word(Word::The | Word::Article | Word::Function | Word::Age) | Kind::Other(_) => {}
            _ => return false,
        }
    }
    false
}

/// Whether an amount stands before the token.
fn is_amount(page: &Page<'_>, at: usize) -> bool {
    let Some(noun) = page.before(at) else { return false };
    match page.kind(noun) {
        // `from 0 to 100 in 4.2 seconds`
        Kind::Word(Word::Measure) | Kind::Unit(_) | Kind::Number(_) | Kind::Clock => true,
        Kind::Other(_) | Kind::Word(Word::Part | Word::Media) => {
            page.before(noun).is_some_and(|number| matches!(page.kind(number), Kind::Number(_)))
        }
        _ => false,
    }
}
