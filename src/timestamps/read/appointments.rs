//! Clocks that people meet by: trains, shifts, classes and the like, as a text tells of them or quotes a board.

use super::page::{Cue, Left, Page};
use super::quantities::{begins_with, ends_with};
use super::results::clause_before;
use super::token::{Kind, Mark, Word};

/// Minutes and seconds that are hours and minutes of a day by which people make appointments.
pub(super) const BY_DAY: std::ops::Range<f64> = 300.0..1440.0;

/// Whether the hours of a shop and appointments could be told so: `9:00`, `17:35`, but not `00:31`.
pub(super) fn is_round(seconds: f64) -> bool {
    is_multiple_of(seconds, 5)
}

/// Whether there are whole seconds, and so many times these.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "of what is cut off nothing is whole")]
pub(super) fn is_multiple_of(seconds: f64, unit: u32) -> bool {
    // the remainder of two doubles is a call of a hundred instructions
    let whole = seconds as u32;
    seconds - f64::from(whole) == 0.0 && whole.is_multiple_of(unit)
}

/// `The meeting starts at 14:30`, `14:30 according to the board`: by day, and a time of day rather than of the media.
pub(super) fn is_agenda(page: &Page<'_>, seconds: f64, first: usize, last: usize, left: &Left) -> bool {
    if !BY_DAY.contains(&seconds) || is_in_media(page, last) {
        return false;
    }
    // `the train of 14:05`
    if left.cue == Cue::Word(Word::Of) && page.before(left.at).is_some_and(|noun| ends_with(page, noun, &SERVICES))
        || is_foreign_service(page, left)
    {
        return true;
    }
    // `valid until 18:00`
    if left.cue == Cue::Word(Word::Until)
        && page.before(left.at).is_some_and(|valid| ends_with(page, valid, &["valid", "closed"]))
    {
        return true;
    }
    let same = |index: &usize| !matches!(page.kind(*index), Kind::Break | Kind::Mark(Mark::Stop | Mark::Semicolon));
    // `closes the lid at 5:31` is no shop
    let transitive = |index: usize| {
        matches!(&page.text[page.span(index, index)], "opens" | "closes")
            && match page.kind(index + 1) {
                Kind::Word(Word::Function) => ends_with(page, index + 1, &["it", "this", "that", "these", "both"]),
                kind => matches!(kind, Kind::Word(Word::The | Word::Article | Word::Age) | Kind::Other(_)),
            }
    };
    // `the gate opens at 5:31` is no shop either
    let swings = |index: usize| page.before(index).is_some_and(|noun| ends_with(page, noun, &DOORS));
    // `the meeting recording`
    let filmed = |index: usize| page.kind(index + 1) == Kind::Word(Word::Media);
    // `writes it on the board at 18:05`: where, and when
    let surface = |index: usize| {
        left.cue == Cue::Word(Word::At)
            && left.at == index + 1
            && ends_with(page, index, &["board"])
            && index >= 2
            && page.kind(index - 1) == Kind::Word(Word::The)
            && ends_with(page, index - 2, &["on", "onto", "to", "from"])
            && page.before(index - 2).is_some_and(|noun| !ends_with(page, noun, &SERVICES))
    };
    let agenda = |index: usize| {
        page.kind(index) == Kind::Word(Word::Agenda)
            && !transitive(index)
            && !swings(index)
            && !filmed(index)
            && !surface(index)
    };
    // `the 10:15 train`
    if (left.the || left.article) && begins_with(page, page.behind(last + 1), &SERVICES)
        || left.cue == Cue::Other && ends_with(page, left.at, &SERVICES)
    {
        return true;
    }
    // `says 12 March, dentist 10:30`
    let dated = |index: usize| matches!(page.kind(index), Kind::Date | Kind::Word(Word::Month));
    let appointed = |index: usize| is_round(seconds) && (dated(index) || is_appointment(page, index)) && !filmed(index);
    let before = (first.saturating_sub(8)..first).rev().take_while(same).any(|index| agenda(index) || appointed(index));
    let next = page.behind(last + 1);
    let by = is_last(page, left)
        || page.text[page.span(next, next)].starts_with("according")
            && (next..next + 6).take_while(same).any(|index| is_notice(page, index));
    before
        || by
        || is_round(seconds) && is_programme(page, left)
        || is_listed(page, first, left)
        || is_round(seconds) && (is_posted(page, last) || is_asian_appointment(page, first))
}

/// `영업시간은 09:00`, 营业时间, `회의는 14:00`: what the words of Korean, Chinese or Japanese before a clock say it is of.
fn is_asian_appointment(page: &Page<'_>, first: usize) -> bool {
    const APPOINTMENTS: [&str; 54] = [
        "전광판",
        "시간표",
        "電車",
        "列車",
        "バス",
        "막차",
        "첫차",
        "지하철",
        "地铁",
        "月～金",
        "周一",
        "星期",
        "节课",
        "時限",
        "平日",
        "毎日",
        "每天",
        "월~금",
        "교시",
        "점검",
        "영업",
        "운영",
        "근무",
        "진료",
        "개방",
        "면회",
        "수업",
        "회의",
        "마감",
        "교대",
        "점심",
        "강의",
        "기차",
        "열차",
        "버스",
        "営業",
        "開館",
        "診療",
        "受付",
        "面会",
        "授業",
        "会議",
        "休憩",
        "発車",
        "营业",
        "开放",
        "上班",
        "下班",
        "办公",
        "上课",
        "会议",
        "开会",
        "列车",
        "航班",
    ];
    if !(first.saturating_sub(3)..first).any(|at| page.is_asian(at)) {
        return false;
    }
    let from = (first.saturating_sub(5)..first)
        .rev()
        .take_while(|at| !matches!(page.kind(*at), Kind::Break | Kind::Mark(Mark::Stop | Mark::Comma) | Kind::Clock))
        .last()
        .unwrap_or(first);
    let words = &page.text[page.tokens[from].start()..page.tokens[first].start()];
    APPOINTMENTS.iter().any(|known| words.contains(known))
}

/// What is held at a time of day, if that is as round as such times are: `Class begins at 8:30`, `kick-off is at 15:30`.
fn is_appointment(page: &Page<'_>, at: usize) -> bool {
    const APPOINTMENTS: [&str; 28] = [
        "metar",
        "news",
        "premiere",
        "broadcast",
        "concert",
        "conference",
        "mass",
        "break",
        "class",
        "classes",
        "lesson",
        "lessons",
        "lecture",
        "shift",
        "shifts",
        "kickoff",
        "kick",
        "check",
        "lunch",
        "dinner",
        "breakfast",
        "curfew",
        "appointment",
        "appointments",
        "interview",
        "webinar",
        "boarding",
        "delivery",
    ];
    match page.kind(at) {
        // `Changing of the guard 11:30`
        Kind::Other(_) if at > 2 && page.kind(at - 1) == Kind::Word(Word::The) && ends_with(page, at, &["guard"]) => {
            page.kind(at - 2) == Kind::Word(Word::Of) && ends_with(page, at - 3, &["changing", "change"])
        }
        Kind::Other(_) => page.text[page.span(at, at)]
            .split(' ')
            .any(|word| APPOINTMENTS.iter().any(|known| word.eq_ignore_ascii_case(known))),
        _ => false,
    }
}

/// What a time of day is read from: a board, a display, `the notice`.
pub(super) fn is_notice(page: &Page<'_>, at: usize) -> bool {
    const NOTICES: [&str; 21] = [
        "notice",
        "poster",
        "whiteboard",
        "blackboard",
        "calendar",
        "ticket",
        "flyer",
        "leaflet",
        "programme",
        "program",
        "menu",
        "diary",
        "placard",
        "roster",
        "timesheet",
        "brochure",
        "banner",
        "plaque",
        "plan",
        "letter",
        "invitation",
    ];
    match page.kind(at) {
        Kind::Word(Word::Agenda | Word::Display | Word::Day) => true,
        Kind::Other(_) => ends_with(page, at, &NOTICES) || begins_with(page, at, &NOTICES),
        _ => false,
    }
}

/// `The schedule on the wall lists 08:30`, `on the whiteboard is written 10:15`.
fn is_listed(page: &Page<'_>, first: usize, left: &Left) -> bool {
    const VERBS: [&str; 12] = [
        "lists",
        "listed",
        "announces",
        "advertises",
        "gives",
        "names",
        "mentions",
        "states",
        "indicates",
        "written",
        "printed",
        "marked",
    ];
    let same = |index: &usize| !matches!(page.kind(*index), Kind::Break | Kind::Mark(Mark::Stop | Mark::Semicolon));
    matches!(left.cue, Cue::Other | Cue::Word(Word::Function | Word::At | Word::For))
        && (left.at.saturating_sub(2)..=left.at)
            .any(|verb| ends_with(page, verb, &VERBS) || begins_with(page, verb, &["lists"]))
        && (first.saturating_sub(10)..left.at)
            .rev()
            .take_while(same)
            .any(|index| is_notice(page, index) || ends_with(page, index, &["receipt", "label", "wall", "phone"]))
}

/// `Doors open 19:00, show starts 20:00 (poster)`, `09:15 first truck (all as written on the whiteboard)`: whether the bracket
/// that ends the sentence says where it is written.
fn is_posted(page: &Page<'_>, last: usize) -> bool {
    let same = |index: &usize| !matches!(page.kind(*index), Kind::Break | Kind::Mark(Mark::Stop));
    let Some(open) =
        (last + 1..last + 24).take_while(same).find(|index| page.kind(*index) == Kind::Mark(Mark::Open(b'(')))
    else {
        return false;
    };
    let inside = |index: &usize| same(index) && !matches!(page.kind(*index), Kind::Mark(Mark::Close(_)));
    let mut words = (open + 1..open + 9).take_while(inside);
    let alone = page.kind(open + 2) == Kind::Mark(Mark::Close(b'(')) && is_notice(page, open + 1);
    alone
        || words.clone().any(|index| {
            page.text[page.span(index, index)]
                .split(' ')
                .any(|word| ["written", "printed", "listed", "posted"].contains(&word))
        }) && words.any(|index| is_notice(page, index))
}

/// `at 5:01 in the video`.
pub(super) fn is_in_media(page: &Page<'_>, last: usize) -> bool {
    let next = page.behind(last + 1);
    matches!(page.kind(next), Kind::Word(Word::In | Word::Into | Word::Of))
        && matches!(page.kind(next + 1), Kind::Word(Word::The | Word::Function))
        && page.kind(next + 2) == Kind::Word(Word::Media)
}

/// What goes by a timetable.
const SERVICES: [&str; 9] = ["train", "bus", "ferry", "tram", "plane", "service", "coach", "flight", "express"];

/// `le train de 8:15`, `il treno delle 8:15`.
fn is_foreign_service(page: &Page<'_>, left: &Left) -> bool {
    const GOES: [&str; 10] = ["train", "treno", "tren", "trem", "zug", "trein", "bus", "vol", "vuelo", "pociąg"];
    let of = |at: usize| matches!(&page.text[page.span(at, at)], "de" | "des" | "delle" | "das" | "van" | "von" | "z");
    match left.cue {
        Cue::Word(Word::From | Word::Of) => {
            of(left.at) && page.before(left.at).is_some_and(|noun| ends_with(page, noun, &GOES))
        }
        Cue::Other => {
            let text = &page.text[page.span(left.at, left.at)];
            let mut words = text.rsplit(' ');
            matches!(words.next(), Some("delle" | "das" | "z"))
                && words.next().is_some_and(|noun| GOES.iter().any(|known| noun.eq_ignore_ascii_case(known)))
        }
        _ => false,
    }
}

/// `The poster: shows at 11:00`, `Notice: tours at 10:00 and 12:00`: what is on, in the words of a notice before a colon.
fn is_programme(page: &Page<'_>, left: &Left) -> bool {
    const HELD: [&str; 14] = [
        "shows",
        "tours",
        "screenings",
        "performances",
        "sessions",
        "departures",
        "sailings",
        "masses",
        "services",
        "feedings",
        "talks",
        "concerts",
        "matinees",
        "alarms",
    ];
    let Some(held) =
        page.before(left.at).filter(|held| left.cue == Cue::Word(Word::At) && ends_with(page, *held, &HELD))
    else {
        return false;
    };
    // `The phone lists alarms at 6:45`
    let lists = |at: usize| page.text[page.span(at, at)].split(' ').any(|word| word == "lists");
    if lists(held) || held > 0 && lists(held - 1) {
        return true;
    }
    let Some(colon) = (held.saturating_sub(2)..held).rev().find(|at| page.kind(*at) == Kind::Mark(Mark::Colon)) else {
        return false;
    };
    clause_before(page, colon).any(|at| is_notice(page, at))
}

/// `Last entry 17:30`: until when one may come in.
fn is_last(page: &Page<'_>, left: &Left) -> bool {
    left.cue == Cue::Other
        && page.before(left.at).is_some_and(|last| page.kind(last) == Kind::Word(Word::Last))
        && begins_with(page, left.at, &["entry", "entries", "admission", "call", "orders", "order", "departure", "run"])
}

/// `He is told to come back at 4:30`, `The last train leaves at 0:45`, `The parcel is due at 2:15`: when something is to be.
pub(super) fn is_arranged(page: &Page<'_>, seconds: f64, left: &Left) -> bool {
    const TOLD: [&str; 9] =
        ["told", "asked", "invited", "promises", "promised", "agrees", "agree", "agreed", "expected"];
    const COMES: [&str; 12] =
        ["come", "return", "be", "meet", "report", "arrive", "call", "leave", "pick", "collect", "open", "close"];
    if !matches!(left.cue, Cue::Word(Word::At | Word::By | Word::Until | Word::Before | Word::After)) {
        return false;
    }
    let Some(verb) = page.before(left.at) else { return false };
    // the last train, the next bus
    let goes = || {
        ends_with(page, verb, &["leaves", "departs", "goes", "runs", "arrives", "sails"])
            || page.kind(verb) == Kind::Word(Word::Agenda)
    };
    let service = |at: usize| page.text[page.span(at, at)].split(' ').take(2).any(|word| SERVICES.contains(&word));
    let which = |at: usize| {
        matches!(page.kind(at), Kind::Word(Word::Last | Word::First | Word::Lasts | Word::Every))
            && service(at + 1)
            && (ends_with(page, at, &["last", "first", "next", "final", "every", "following"]))
    };
    if goes() && clause_before(page, left.at).any(which) {
        return true;
    }
    if !is_round(seconds) || seconds < 60.0 {
        return false;
    }
    // `will arrive at 18:45`
    let future =
        || clause_before(page, left.at).any(|at| page.text[page.span(at, at)].split(' ').any(|word| word == "will"));
    if BY_DAY.contains(&seconds) && future() {
        return true;
    }
    let due = ends_with(page, verb, &["due", "due back", "expected back", "scheduled", "booked"]);
    due || clause_before(page, left.at).any(|to| {
        page.kind(to) == Kind::Word(Word::To)
            && begins_with(page, to + 1, &COMES)
            && page.before(to).is_some_and(|told| ends_with(page, told, &TOLD))
    })
}

/// `is open from 9:00 to 18:00`, `ouvert de 9:00 à 18:00`: the hours of a house, if they are of the day.
pub(super) fn is_opened(page: &Page<'_>, seconds: f64, left: &Left) -> bool {
    BY_DAY.contains(&seconds)
        && (left.cue == Cue::Word(Word::From) || ends_with(page, left.at, &["van"]))
        && page.before(left.at).is_some_and(|open| {
            page.kind(open) == Kind::Word(Word::Open)
                || ends_with(
                    page,
                    open,
                    &["closed", "ouvert", "ouverte", "abierto", "abierta", "aperto", "aberto", "geöffnet"],
                )
        })
}

/// What opens and closes in a picture.
const DOORS: [&str; 24] = [
    "barrier",
    "box",
    "curtain",
    "curtains",
    "door",
    "doors",
    "drawer",
    "fridge",
    "garage",
    "gate",
    "gates",
    "hatch",
    "hood",
    "lid",
    "lift",
    "mouth",
    "oven",
    "parachute",
    "ramp",
    "shutter",
    "shutters",
    "trunk",
    "valve",
    "window",
];
