//! 分 and 時: minutes and hours of the media, or points, guests and times of day.

use super::alone::is_placed;
use super::atoms::Timed;
use super::page::{Cue, Follow, Left, Page};
use super::token::{Kind, Style, Unit, Word};

/// `손님 21분`, `得21分`: guests, or points.
pub(super) fn is_counted(page: &Page<'_>, left: &Left, timed: &Timed) -> bool {
    if timed.parts != 1 || timed.unit.size != 60 || timed.unit.style != Style::Asian {
        return false;
    }
    let guests = ["손님", "고객", "승객", "어르신", "환자", "관객", "방문객", "참석자", "여러"];
    left.cue == Cue::Word(Word::Ratio)
        || left.cue == Cue::Other && guests.iter().any(|word| page.text[page.span(left.at, left.at)].contains(word))
}

/// `95分`, `5分`: minutes, or what somebody scored. `2時間30分`: how late, or how long?
pub(super) fn is_mark(page: &Page<'_>, left: &Left, timed: &Timed, last: usize) -> bool {
    if timed.unit.style != Style::Asian || timed.unit.size < 60 {
        return false;
    }
    let itemized = matches!(left.cue, Cue::Start | Cue::Open(_) | Cue::Cell | Cue::Colon)
        && matches!(page.follow(last), Follow::Caption | Follow::Nothing)
        && left.cue != Cue::Start;
    let listed = timed.number < 60.0 && page.follow(last) == Follow::List;
    let points = timed.parts == 1 && &page.text[page.span(last, last)] == "分" && !itemized && !listed;
    let hours = timed.parts <= 2
        && (last.saturating_sub(2)..=last).any(|at| matches!(&page.text[page.span(at, at)], "時間" | "小时" | "小時"));
    // 拿到95分: the 到 of a verb
    let verb = left.cue == Cue::Word(Word::To)
        && page.before(left.at).is_some_and(|verb| matches!(page.kind(verb), Kind::Other(_)));
    (points || hours) && (!is_placed(left) || points && verb)
}

/// `9時`, `10时20分`: a time of day, or hours. With seconds it is none, unless people are up then.
pub(super) fn is_oclock(page: &Page<'_>, last: usize, timed: &Timed) -> bool {
    // the lexer makes a unit of an hour, or a mark if it stands behind one
    let hour = |at: usize| {
        matches!(page.kind(at), Kind::Unit(Unit { size: 3600, .. }) | Kind::Word(Word::Mark))
            && matches!(&page.text[page.span(at, at)], "時" | "时")
    };
    timed.unit.style == Style::Asian
        && (timed.unit.size > 1 || timed.number > 5.0)
        && (last.saturating_sub(5)..=last).any(hour)
}
