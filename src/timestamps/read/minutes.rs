//! 分 and 時: minutes and hours of the media, or points, guests and times of day.

use super::alone::is_placed;
use super::atoms::Timed;
use super::page::{Cue, Follow, Left, Page};
use super::parallel;
use super::token::{Kind, Mark, Style, Unit, Word};
use super::verdict::Verdict;
use crate::timestamps::time::Reason;

/// `손님 21분`, `得21分`: guests, or points.
pub(super) fn is_counted(page: &Page<'_>, left: &Left, timed: &Timed) -> bool {
    if timed.parts != 1 || timed.unit.size != 60 || timed.unit.style != Style::Asian {
        return false;
    }
    let guests = ["손님", "고객", "승객", "어르신", "환자", "관객", "방문객", "참석자", "여러"];
    left.cue == Cue::Word(Word::Ratio) || left.cue == Cue::Other && is_last_word(page, left.at, &guests)
}

/// Whether the last word of a token begins with one of these.
fn is_last_word(page: &Page<'_>, at: usize, words: &[&str]) -> bool {
    let text = &page.text[page.span(at, at)];
    text.rsplit(' ').next().is_some_and(|last| words.iter().any(|word| last.starts_with(word)))
}

/// `67분에 골`, `후반 12분`, 第67分钟进球: a minute of the match, which the film of it need not have.
pub(super) fn is_minute_of_a_match(page: &Page<'_>, timed: &Timed, last: usize) -> bool {
    const MATCH: [&str; 22] = [
        "골",
        "득점",
        "슛",
        "슈팅",
        "전반",
        "후반",
        "페널티",
        "프리킥",
        "코너킥",
        "경고",
        "퇴장",
        "ゴール",
        "得点",
        "前半",
        "後半",
        "シュート",
        "进球",
        "射门",
        "点球",
        "上半场",
        "下半场",
        "破门",
    ];
    if timed.parts != 1 || timed.unit.size != 60 || timed.unit.style != Style::Asian {
        return false;
    }
    let same = |at: &usize| !matches!(page.kind(*at), Kind::Break | Kind::Mark(Mark::Stop | Mark::Comma));
    let from = (last.saturating_sub(6)..last).rev().take_while(same).last().unwrap_or(last);
    let to = (last + 1..last + 9).take_while(same).last().unwrap_or(last);
    let sentence = &page.text[page.span(from, to)];
    MATCH.iter().any(|word| sentence.contains(word))
}

/// What a time of Korean, Chinese or Japanese is behind some words: `넘어지는 것은 1분 12초입니다`, `쉬는 시간은 10분`, 他跑了12秒.
pub(super) fn told(page: &Page<'_>, left: &Left, timed: &Timed, last: usize) -> Option<Verdict> {
    const UNCLEAR: Verdict = Verdict::Doubt(Reason::AmbiguousNumber);
    const HAPPENS: [&str; 26] = [
        "발생",
        "시작",
        "종료",
        "등장",
        "출현",
        "사고",
        "해당",
        "이벤트",
        "도착",
        "출발",
        "입장",
        "퇴장",
        "開始",
        "終了",
        "発生",
        "登場",
        "転倒",
        "発生",
        "发生",
        "開始",
        "开始",
        "结束",
        "出现",
        "事故",
        "事件",
        "起始",
    ];
    const PLACES: [&str; 9] = ["位置", "时机", "瞬间", "瞬間", "地方", "地点", "節點", "节点", "タイミング"];
    const LASTING: [&str; 8] = ["かかった", "要した", "待った", "続いた", "걸린", "소요된", "花费", "持续"];
    // 10秒の間に
    if timed.unit.style == Style::Asian && page.kind(page.behind(last + 1)) == Kind::Word(Word::Between) {
        return Some(Verdict::Not);
    }
    let said = &page.text[..page.tokens[left.at].end()];
    let time = |at: usize| matches!(page.kind(at), Kind::Word(Word::Time));
    let stressed = ["것은", "순간은", "때는", "위치는", "지점은", "시점은", "타이밍은", "건"]
        .iter()
        .find_map(|it| said.strip_suffix(*it));
    match left.cue {
        // 跑了12秒: how long; 到了12秒: when
        Cue::Word(Word::Function) if said.ends_with('了') => {
            let reached = page.before(left.at).is_some_and(|verb| page.kind(verb) == Kind::Word(Word::To));
            (!reached && !matches!(page.follow(last), Follow::Noun)).then_some(Verdict::Not)
        }
        // `것은`, のは, 的是: it is this time that something happens at
        Cue::Other if stressed.is_some() => {
            let clause = stressed.unwrap_or_default().trim_end();
            Some(if LASTING.iter().any(|verb| clause.ends_with(verb)) { UNCLEAR } else { Verdict::Time })
        }
        Cue::Word(Word::Is) if page.before(left.at).is_some_and(|of| page.kind(of) == Kind::Word(Word::Ordinal)) => {
            let clause = said.trim_end_matches(['の', 'は', '的', '是']);
            let lasting = LASTING.iter().any(|verb| clause.ends_with(verb));
            Some(if lasting || timed.parts == 1 && timed.unit.size > 1 { UNCLEAR } else { Verdict::Time })
        }
        // `쉬는 시간은`, 发生时间是
        Cue::Word(Word::Is) => {
            let label = page.before(left.at)?;
            // 青は35秒: how long, or when?
            if matches!(page.kind(label), Kind::Other(_)) {
                // 碎裂的位置是22.8秒
                if PLACES.iter().any(|place| page.text[page.span(label, label)].ends_with(place))
                    || parallel::is_before_a_point(page, last)
                {
                    return Some(Verdict::Time);
                }
                // 煙は33秒、48秒に
                let more = page.follow(last) == Follow::List
                    && matches!(page.kind(page.behind(last + 1) + 1), Kind::Number(_));
                return (!more).then_some(UNCLEAR);
            }
            let label = Some(label).filter(|label| time(*label))?;
            if ["時刻", "时刻", "时间点"].contains(&&page.text[page.span(label, label)]) {
                return Some(Verdict::Time);
            }
            let noun = page.text[..page.tokens[label].start()].trim_end();
            (!HAPPENS.iter().any(|known| noun.ends_with(known))).then_some(UNCLEAR)
        }
        // `조리 시간 5분`
        Cue::Word(Word::Time)
            if ["시간", "시간은", "시간이", "時間", "时间"].iter().any(|time| said.ends_with(time)) =>
        {
            // `재생 시간은 2분`, `영상 시간은 2분`
            if page.before(left.at).is_some_and(|of| matches!(page.kind(of), Kind::Word(Word::Length | Word::Media))) {
                return Some(if said.ends_with(['은', '이']) { Verdict::Not } else { UNCLEAR });
            }
            let noun = page.before(left.at).filter(|noun| matches!(page.kind(*noun), Kind::Other(_)))?;
            let noun = &page.text[page.span(noun, noun)];
            (!HAPPENS.iter().any(|known| noun.ends_with(known))).then_some(UNCLEAR)
        }
        // `결승 기록 1분 45초`, 相差0.3秒
        Cue::Other | Cue::Word(Word::Ratio) => {
            let result = ["기록", "記録", "纪录", "紀錄", "成绩", "成績", "기록은", "タイム"]
                .iter()
                .any(|word| said.ends_with(word));
            if said.ends_with(['差', '快', '慢', '晚', '共']) {
                Some(Verdict::Not)
            } else {
                result.then_some(UNCLEAR)
            }
        }
        _ => None,
    }
}

/// `95分`, `5分`: minutes, or what somebody scored. `2時間30分`: how late, or how long?
pub(super) fn is_mark(page: &Page<'_>, left: &Left, timed: &Timed, last: usize) -> bool {
    if timed.unit.style != Style::Asian || timed.unit.size < 60 {
        return false;
    }
    let itemized = matches!(left.cue, Cue::Start | Cue::Open(_) | Cue::Cell | Cue::Colon)
        && matches!(page.follow(last), Follow::Caption | Follow::Nothing)
        && left.cue != Cue::Start;
    // 5分、10分: one more behind the comma
    let more = || {
        let next = page.behind(last + 1);
        matches!(page.kind(next + 1), Kind::Number(_)) && matches!(page.kind(next + 2), Kind::Unit(_))
    };
    let listed = timed.number < 60.0 && page.follow(last) == Follow::List && more();
    let points = timed.parts == 1 && &page.text[page.span(last, last)] == "分" && !itemized && !listed;
    let hours = timed.parts <= 2
        && (last.saturating_sub(2)..=last).any(|at| matches!(&page.text[page.span(at, at)], "時間" | "小时" | "小時"));
    // 拿到95分: the 到 of a verb
    let verb = left.cue == Cue::Word(Word::To)
        && page.before(left.at).is_some_and(|verb| matches!(page.kind(verb), Kind::Other(_) | Kind::Word(Word::Ratio)));
    (points || hours) && (!is_placed(left) || points && verb)
}

/// `9時`, `10时20分`: a time of day, or hours. With seconds it is none, unless people are up then.
pub(super) fn is_oclock(page: &Page<'_>, last: usize, timed: &Timed) -> bool {
    // the lexer makes a unit of an hour, or a mark if it stands behind one
    let hour = |at: usize| {
        matches!(page.kind(at), Kind::Unit(Unit { size: 3600, .. }) | Kind::Word(Word::Mark))
            && matches!(&page.text[page.span(at, at)], "時" | "时")
    };
    // but 同时, 时候
    let counted = |at: usize| at > 0 && matches!(page.kind(at - 1), Kind::Number(_) | Kind::Unit(_) | Kind::Spelled(_));
    timed.unit.style == Style::Asian
        && (timed.unit.size > 1 || timed.number > 5.0)
        && (last.saturating_sub(5)..=last).any(|at| hour(at) && counted(at))
}
