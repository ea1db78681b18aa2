//! Joins atoms to ranges: which signs, words and particles between two times make one range of them.

use super::atoms::{Atom, Shape};
use super::page::{Cue, Page};
use super::quantities::ends_with;
use super::token::{Gap, Kind, Mark, Word};

/// How many tokens may lie between the two ends of a range that is joined from afar (`10초부터 … 20초까지`).
const FAR: usize = 24;

/// One time, or two that belong together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// Indices of the first and the last atom.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Its first and its last token.
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) joint: Joint,
}

/// What joins a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// Nothing: it is a single time.
    Single,
    /// A dash, a tilde, an arrow, dots.
    Sign,
    /// `to`, `until`, `and` after `between`, particles.
    Word,
    /// Two pairs of brackets side by side.
    Adjacent,
    /// More than two in a row: nobody knows which belong together.
    Chain,
}

/// The groups of a page, in order.
pub(super) fn groups(page: &Page<'_>, mut groups: Vec<Group>) -> Vec<Group> {
    groups.reserve(page.atoms.len());
    let mut atoms = page.atoms.iter().enumerate().peekable();
    while let Some((from, a)) = atoms.next() {
        let mut group = Group { from, to: from, first: a.first, last: a.last, joint: Joint::Single };
        let mut a = a;
        while let Some((to, b)) = atoms.peek().copied()
            && let Some(joint) = joint(page, a, b)
        {
            group.joint = if group.joint == Joint::Single { joint } else { Joint::Chain };
            (group.to, group.last, a) = (to, b.last, b);
            atoms.next();
        }
        groups.push(group);
    }
    groups
}

/// What joins an atom to the one behind it.
fn joint(page: &Page<'_>, a: &Atom, b: &Atom) -> Option<Joint> {
    let next = a.last + 1;
    // most stand in sentences, lines and cells of their own
    let apart = match page.kind(next) {
        // `0:12 - 0:47`
        Kind::Mark(Mark::Dash | Mark::Tilde | Mark::Arrow) if next + 1 == b.first && are_clocks(a, b) => {
            return Some(Joint::Sign);
        }
        Kind::Break => !is_wrapped(page, a, next, b),
        // `**0:47**: a fall`
        Kind::Mark(Mark::Star | Mark::Quote) => b.first - a.last > FAR || ends_clause(page.kind(page.behind(next)), a),
        kind => ends_clause(kind, a) || b.first - a.last > FAR,
    };
    if apart {
        return None;
    }
    let joint = if is_adjacent(page, a, b) {
        Joint::Adjacent
    } else if is_cue(page, a, b) {
        Joint::Sign
    } else {
        connector(page, a, b)?
    };
    belong(page, a, b, joint).then_some(joint)
}

/// Whether nothing behind such a token can belong to the atom before it.
#[inline]
fn ends_clause(kind: Kind, a: &Atom) -> bool {
    match kind {
        Kind::Mark(Mark::Stop | Mark::Semicolon | Mark::Pipe) => true,
        Kind::Mark(Mark::Colon) => a.shape != Shape::Wall,
        _ => false,
    }
}

fn are_clocks(a: &Atom, b: &Atom) -> bool {
    matches!((a.shape, b.shape), (Shape::Clock(_), Shape::Clock(_)))
}

/// `from 0:12` and, in the next line, `to 0:47`; `0:20부터` and `0:30까지`: whether a line ends within a range only because it
/// is full.
fn is_wrapped(page: &Page<'_>, a: &Atom, end: usize, b: &Atom) -> bool {
    if b.first - end > 3 {
        return false;
    }
    let from = || {
        // `from` may end the line before
        let broken = a.first > 1 && page.kind(a.first - 1) == Kind::Break;
        let left = page.left(if broken { a.first - 1 } else { a.first });
        matches!(left.cue, Cue::Word(Word::From | Word::Between))
    };
    match (page.kind(end - 1), page.kind(end + 1)) {
        // particles
        (Kind::Word(Word::From), _) if page.is_asian(end - 1) => {
            end + 1 == b.first && matches!(page.kind(b.last + 1), Kind::Word(Word::Until | Word::To))
        }
        (_, Kind::Word(Word::To | Word::Until | Word::And)) => {
            let small = page.text[page.tokens[end + 1].start()..].starts_with(|first: char| first.is_lowercase());
            let broken = usize::from(page.kind(end + 2) == Kind::Break);
            (small || page.is_asian(end + 1)) && end + 2 + broken == b.first && end == a.last + 1 && from()
        }
        (Kind::Word(Word::To | Word::Until | Word::And), _) => end + 1 == b.first && from(),
        _ => false,
    }
}

/// `0:00:01.000,0:00:04.000`, alone in its line: the two times of a subtitle.
fn is_cue(page: &Page<'_>, a: &Atom, b: &Atom) -> bool {
    let comma = a.last + 1;
    let thousandths = |at: usize| {
        let text = &page.text.as_bytes()[page.span(at, at)];
        page.kind(at) == Kind::Clock && text.len() > 8 && text[text.len() - 4] == b'.'
    };
    page.kind(comma) == Kind::Mark(Mark::Comma)
        && comma + 1 == b.first
        && page.gap(comma) == Gap::Tight
        && page.gap(b.first) == Gap::Tight
        && page.kind(b.last + 1) == Kind::Break
        && (a.first == 0 || page.kind(a.first - 1) == Kind::Break)
        && thousandths(a.last)
        && thousandths(b.first)
}

/// `<12.30> <15.0>`.
fn is_adjacent(page: &Page<'_>, a: &Atom, b: &Atom) -> bool {
    let (Some(before), close, open) = (a.first.checked_sub(1), a.last + 1, b.first - 1) else { return false };
    let Kind::Mark(Mark::Close(shape)) = page.kind(close) else { return false };
    open == close + 1
        && page.kind(before) == Kind::Mark(Mark::Open(shape))
        && page.kind(open) == Kind::Mark(Mark::Open(shape))
        && page.kind(b.last + 1) == Kind::Mark(Mark::Close(shape))
}

/// The connector between two atoms, if everything else between them is noise.
fn connector(page: &Page<'_>, a: &Atom, b: &Atom) -> Option<Joint> {
    let mut at = a.last + 1;
    let end = b.first;
    // `0:12 (door) to 0:33`, but not `0:12 (door) - 0:33 (window)`, which may be a list
    if page.kind(at) == Kind::Mark(Mark::Open(b'('))
        && let Some(behind) = behind_aside(page, at, end)
        && matches!(page.kind(behind), Kind::Word(Word::To | Word::Until | Word::And) | Kind::Mark(Mark::Arrow))
    {
        at = behind;
    }
    let mut goes = false;
    let mut listed = false;
    let joint = loop {
        if at >= end {
            return None;
        }
        let kind = page.kind(at);
        at += 1;
        match kind {
            // `12.0 s (frame 300) - 18.0 s`: the bracket is not that of the number
            Kind::Mark(Mark::Close(b'(')) if matches!(a.shape, Shape::Bare(_)) && !is_enclosed(page, a) => return None,
            Kind::Mark(Mark::Star | Mark::Quote | Mark::Close(_)) => {}
            Kind::Mark(Mark::Dash) if is_suspended(page, at - 1) => {}
            // `12초 지점에서`: one word
            Kind::Word(Word::Mark) if page.is_asian(at - 1) && is_since(page, at - 1) => {
                return particles(page, a, b, at);
            }
            Kind::Word(
                Word::Mark
                | Word::Ordinal
                | Word::In
                | Word::Into
                | Word::Stamp
                | Word::The
                | Word::Media
                | Word::Up
                | Word::Vague
                | Word::Approx,
            ) => {}
            // 从第12秒开始到第20秒
            Kind::Word(Word::Start) if page.is_asian(at - 1) => {}
            Kind::Word(Word::Goes | Word::Lasts | Word::Function) => goes = true,
            Kind::Mark(Mark::Comma) => listed = true,
            Kind::Mark(Mark::Dash | Mark::Tilde | Mark::Arrow | Mark::Dots) if !listed => break Joint::Sign,
            // VIA's `start:end:event` with stamps
            Kind::Mark(Mark::Colon) if a.shape == Shape::Wall && at == end => break Joint::Sign,
            Kind::Word(Word::To) if !listed || goes => break Joint::Word,
            // `까지` and まで belong to the time before them
            Kind::Word(Word::Until) if page.is_asian(at - 1) => return None,
            // `rings for 12 s until 0:40`: how long, and then when
            Kind::Word(Word::Until) if is_spell(page, a) => return None,
            Kind::Word(Word::Until) => break Joint::Word,
            // Italian `alle`, which is German for "every"
            Kind::Word(Word::Every) if matches!(b.shape, Shape::Clock(_)) => break Joint::Word,
            Kind::Word(Word::And) if is_between(page, a, b) => break Joint::Word,
            Kind::Word(Word::And) => listed = true,
            Kind::Word(Word::From) if page.is_asian(at - 1) => return particles(page, a, b, at),
            // Polish, Czech, Serbian: `od 1:20 do 1:50`
            Kind::Word(Word::From) if is_foreign_range(page, a) && page.text[page.span(at - 1, at - 1)].eq("do") => {
                break Joint::Word;
            }
            Kind::Word(Word::Article) if is_foreign_range(page, a) => break Joint::Word,
            Kind::Break if is_wrapped(page, a, at - 1, b) => {}
            // another clause, cell or line
            Kind::Break | Kind::Mark(Mark::Stop | Mark::Semicolon | Mark::Pipe | Mark::Colon) => return None,
            _ => return far(page, a, b),
        }
    };
    let noise = |index| match page.kind(index) {
        // `from minute 1:05 to minute 1:18`
        Kind::Unit(_) => matches!(b.shape, Shape::Clock(_)),
        Kind::Break => is_wrapped(page, a, index, b),
        Kind::Mark(Mark::Star | Mark::Quote | Mark::Open(_) | Mark::Tilde | Mark::At) => true,
        Kind::Word(word) => matches!(
            word,
            Word::Approx
                | Word::The
                | Word::At
                | Word::Article
                | Word::Time
                | Word::Stamp
                | Word::From
                | Word::To
                | Word::Until
                | Word::Up
        ),
        _ => false,
    };
    if (at..end).all(noise) { Some(joint) } else { far(page, a, b) }
}

/// Whether a bracket opens directly before an atom.
fn is_enclosed(page: &Page<'_>, a: &Atom) -> bool {
    page.before(a.first).is_some_and(|open| matches!(page.kind(open), Kind::Mark(Mark::Open(_))))
}

/// The token behind the bracket that opens at `open`, if it closes before `end` and is short.
pub(super) fn behind_aside(page: &Page<'_>, open: usize, end: usize) -> Option<usize> {
    let close =
        (open + 1..end.min(open + 9)).find(|at| matches!(page.kind(*at), Kind::Mark(Mark::Close(_)) | Kind::Break))?;
    (page.kind(close) == Kind::Mark(Mark::Close(b'('))).then_some(close + 1)
}

/// `the 10- and 20-second marks`, `the 10- to 20-second range`: a hyphen that stands for the unit behind the last number.
pub(super) fn is_suspended(page: &Page<'_>, hyphen: usize) -> bool {
    page.kind(hyphen) == Kind::Mark(Mark::Dash)
        && page.gap(hyphen) == Gap::Tight
        && page.gap(hyphen + 1) > Gap::Tight
        && matches!(page.kind(hyphen + 1), Kind::Mark(Mark::Comma) | Kind::Word(Word::And | Word::Or | Word::To))
}

/// Whether the words before a time make it a length: `for 12 s`, `waits 12 seconds`; but `during 12 s until 20 s`.
fn is_spell(page: &Page<'_>, a: &Atom) -> bool {
    let left = page.left(a.first);
    matches!(a.shape, Shape::Timed(_))
        && matches!(left.cue, Cue::Word(Word::For | Word::Lasts | Word::Length))
        && !ends_with(page, left.at, &["during", "throughout"])
}

/// `between A and B`, `A와 B 사이`.
fn is_between(page: &Page<'_>, a: &Atom, b: &Atom) -> bool {
    let mut left = page.left(a.first);
    // `between timestamps 0:12 and 0:14`
    if matches!(left.cue, Cue::Word(Word::Stamp | Word::Time)) {
        left = page.left(left.at);
    }
    left.cue == Cue::Word(Word::Between) || page.kind(page.behind(b.last + 1)) == Kind::Word(Word::Between)
}

/// `10초부터 20초까지`, with any words between the two; `10초에서 20초 사이`.
fn particles(page: &Page<'_>, a: &Atom, b: &Atom, from: usize) -> Option<Joint> {
    // 12秒地点から20秒地点まで
    let mark = usize::from(page.kind(b.last + 1) == Kind::Word(Word::Mark) && page.is_asian(b.last + 1));
    let behind = page.kind(page.behind(b.last + 1 + mark));
    let closed = matches!(behind, Kind::Word(Word::Until | Word::Between | Word::To))
        || mark > 0 && page.text[page.span(b.last + 1, b.last + 1)].ends_with("까지");
    let direct = (from..b.first).all(|index| match page.kind(index) {
        Kind::Break => is_wrapped(page, a, index, b),
        kind => {
            matches!(kind, Kind::Mark(Mark::Open(_) | Mark::Quote | Mark::Star) | Kind::Word(Word::At | Word::Approx))
        }
    });
    if direct && (closed || page.kind(a.last + 1) == Kind::Word(Word::From)) {
        return Some(Joint::Word);
    }
    (closed && is_one_clause(page, from, b.first)).then_some(Joint::Word)
}

/// Whether a word for a place in time ends with the particle of a beginning: `지점에서`, `시점부터`.
fn is_since(page: &Page<'_>, mark: usize) -> bool {
    let text = &page.text[page.span(mark, mark)];
    text.len() > "에서".len() && (text.ends_with("에서") || text.ends_with("부터"))
}

/// `from 0:12 he waits until 0:47`: `from` before, `until` directly before the end, and no other clause between.
fn far(page: &Page<'_>, a: &Atom, b: &Atom) -> Option<Joint> {
    if page.kind(b.last + 1) == Kind::Word(Word::Until) && page.is_asian(b.last + 1) {
        let from = (a.last + 1..b.first).any(|index| page.kind(index) == Kind::Word(Word::From));
        return (from && is_one_clause(page, a.last + 1, b.first)).then_some(Joint::Word);
    }
    // an `until` is before the second, with nothing but what a look to the left goes over in between
    match page.kind(b.first - 1) {
        Kind::Word(Word::Until | Word::Approx | Word::The | Word::Article | Word::Ordinal)
        | Kind::Mark(Mark::Tilde | Mark::Star | Mark::Quote) => {}
        _ => return None,
    }
    // the `from` of a time in brackets would stand inside them
    let enclosed = a.first.checked_sub(1).is_some_and(|open| matches!(page.kind(open), Kind::Mark(Mark::Open(_))));
    if b.first - a.last > 10 || enclosed || page.left(a.first).cue != Cue::Word(Word::From) {
        return None;
    }
    let until = page.left(b.first);
    let closed = until.cue == Cue::Word(Word::Until) && until.at > a.last;
    (closed && is_one_clause(page, a.last + 1, b.first)).then_some(Joint::Word)
}

fn is_one_clause(page: &Page<'_>, from: usize, to: usize) -> bool {
    (from..to).all(|index| {
        !matches!(
            page.kind(index),
            Kind::Break | Kind::Script | Kind::Mark(Mark::Stop | Mark::Semicolon | Mark::Pipe | Mark::Colon)
        )
    })
}

/// `de 10 a 20 segundos`: the English article is the Spanish and Italian `to`.
fn is_foreign_range(page: &Page<'_>, a: &Atom) -> bool {
    let left = page.left(a.first);
    if left.cue != Cue::Word(Word::From) {
        return false;
    }
    let word = &page.text[page.span(left.at, left.at)];
    !word.eq_ignore_ascii_case("from") && !word.eq_ignore_ascii_case("since")
}

/// Whether the two can be the ends of one range.
fn belong(page: &Page<'_>, a: &Atom, b: &Atom, joint: Joint) -> bool {
    match (a.shape, b.shape) {
        // `1:15 – 30 s ad`
        (Shape::Clock(start), Shape::Timed(timed))
            if joint == Joint::Sign && timed.seconds < start && page.gap(a.last + 1) > Gap::Tight =>
        {
            false
        }
        (Shape::Clock(_) | Shape::Timed(_), Shape::Clock(_) | Shape::Timed(_))
        | (Shape::Wall, Shape::Wall)
        | (Shape::Dotted(_), Shape::Dotted(_)) => true,
        (Shape::Bare(number), Shape::Clock(_)) => {
            number.value == 0.0 && !is_labelled(page, a, joint) && !is_scored(page, a)
        }
        (Shape::Bare(_), Shape::Timed(_)) => !is_labelled(page, a, joint) && !is_scored(page, a),
        // `entre los segundos 12 y 18 pasan dos coches`
        (Shape::Timed(timed), Shape::Bare(_)) => timed.led && joint == Joint::Word || !is_count(page, b),
        // `33.0 - 48.0 — 2 gulls`
        (Shape::Bare(start), Shape::Bare(end))
            if joint == Joint::Sign
                && start.decimals > 0
                && end.decimals == 0
                && page.gap(b.first) > Gap::Tight
                && is_count(page, b) =>
        {
            false
        }
        (Shape::Bare(_), Shape::Bare(_)) => joint == Joint::Adjacent || !is_labelled(page, a, joint),
        _ => false,
    }
}

/// `Camera 2 - 10 s`: the number belongs to the word before it.
fn is_labelled(page: &Page<'_>, a: &Atom, joint: Joint) -> bool {
    let named =
        matches!(page.left(a.first).cue, Cue::Other | Cue::Id | Cue::Never | Cue::Word(Word::Part | Word::Display));
    named && joint == Joint::Sign && page.gap(a.last + 1) > Gap::Tight
}

/// `1-0 – 23:07`: a tight dash binds the number to the one before it, a loose one parts it from the time.
fn is_scored(page: &Page<'_>, a: &Atom) -> bool {
    a.first >= 2
        && page.kind(a.first - 1) == Kind::Mark(Mark::Dash)
        && page.gap(a.first) == Gap::Tight
        && page.gap(a.first - 1) == Gap::Tight
        && matches!(page.kind(a.first - 2), Kind::Number(_))
        && page.gap(page.behind(a.last + 1)) > Gap::Tight
}

/// `10s - 3 people`.
fn is_count(page: &Page<'_>, b: &Atom) -> bool {
    let end = b.last + 2;
    // `9.0 s – 2-3 birds`
    let last = match page.kind(end - 1) {
        Kind::Mark(Mark::Dash | Mark::Tilde)
            if page.gap(end) == Gap::Tight && matches!(page.kind(end), Kind::Number(_)) =>
        {
            end
        }
        // `2 to 3 gulls`
        Kind::Word(Word::To | Word::Or) if matches!(page.kind(end), Kind::Number(_)) => end,
        _ => b.last,
    };
    !matches!(page.kind(last + 1), Kind::Unit(_))
        // a word of a script that is not read may be one of those that follow
        && (page.kind(last + 1) == Kind::Script
            || matches!(page.follow(last), super::page::Follow::Noun | super::page::Follow::Never))
}
