//! What the clocks beside a clock say of it.

use super::super::appointments::BY_DAY;
use super::super::atoms::Shape;
use super::super::page::{Cue, Left, Page};
use super::super::quantities::ends_with;
use super::super::token::{Kind, Mark, Word};
use super::super::verdict::{Judge, Verdict};

/// `At 0:45 (14:32:05 camera time)`, `at 0:45 a sign with 9:00-17:00`: a clock that could be a time of day, much later than the
/// one that its sentence has already, and placed by no word.
pub(super) fn is_jump(judge: &Judge<'_, '_>, index: usize, left: &Left) -> bool {
    const FAR: f64 = 300.0;
    let page = judge.page;
    let second = super::seconds(page, judge, index);
    let by_day = BY_DAY.contains(&second) || second >= 5.0 * 3600.0;
    let loose = matches!(left.cue, Cue::Open(_) | Cue::Other | Cue::Word(Word::Time | Word::Function | Word::Shows));
    let Some(before) = index.checked_sub(1).filter(|_| by_day && loose) else { return false };
    let enclosed = |cue: Cue| matches!(cue, Cue::Open(_));
    matches!(page.atoms[judge.groups[before].to].shape, Shape::Clock(earlier) if earlier + FAR < second)
        && judge.verdicts[before] == Verdict::Time
        && is_same_sentence(judge, before)
        && !(enclosed(left.cue) && enclosed(page.left(judge.first(before)).cue))
}

/// Whether a group and the next one stand in the same sentence.
pub(in crate::timestamps::read) fn is_same_sentence(judge: &Judge<'_, '_>, before: usize) -> bool {
    let (from, to) = (judge.last(before) + 1, judge.first(before + 1));
    to - from <= 24
        && !(from..to).any(|at| matches!(judge.page.kind(at), Kind::Break | Kind::Mark(Mark::Stop | Mark::Pipe)))
}

/// `5 seconds after 0:30`: what the time is told from.
pub(super) fn is_anchor(page: &Page<'_>, left: &Left) -> bool {
    let spell = |at: usize| match page.kind(at) {
        // `a couple of seconds after 0:18`
        Kind::Unit(_) => {
            at > 0
                && matches!(
                    page.kind(at - 1),
                    Kind::Number(_)
                        | Kind::Spelled(_)
                        | Kind::Word(Word::Vague | Word::Article | Word::Of | Word::Half)
                )
        }
        // `in the year before 1:15`
        Kind::Other(_) => ends_with(page, at, &["year", "season", "month", "week", "decade"]),
        kind => kind == Kind::Word(Word::Day),
    };
    matches!(left.cue, Cue::Word(Word::After | Word::Before)) && left.at.checked_sub(1).is_some_and(spell)
}

/// `White has 4:12 left, Black 3:57`: a noun behind a comma, whose verb is that of the doubtful clock before.
pub(super) fn is_said_again(judge: &Judge<'_, '_>, index: usize, noun: usize) -> bool {
    let page = judge.page;
    matches!(judge.verdicts[index - 1], Verdict::Doubt(_))
        && matches!(page.kind(noun), Kind::Other(other) if other.words <= 2)
        && page
            .before(noun)
            .is_some_and(|comma| matches!(page.kind(comma), Kind::Mark(Mark::Comma) | Kind::Word(Word::And)))
        && is_same_sentence(judge, index - 1)
}

/// `lasts 42:10, the second 38:05`: a noun behind a comma or an `and`, whose verb is that of the length before.
pub(super) fn is_as_long(judge: &Judge<'_, '_>, index: usize, noun: usize) -> bool {
    let page = judge.page;
    let the = |at: usize| matches!(page.kind(at), Kind::Word(Word::The | Word::Article | Word::Age));
    judge.verdicts[index - 1] == Verdict::Not
        && noun > 1
        && the(noun - 1)
        && matches!(page.kind(noun - 2), Kind::Mark(Mark::Comma) | Kind::Word(Word::And))
        && noun - 2 == judge.last(index - 1) + 1
        && matches!(page.left(judge.first(index - 1)).cue, Cue::Word(Word::Lasts | Word::Goes))
}

/// `00:12 00:47`: two clocks with nothing between them, or `0:12 / 3:45`, or both in one pair of square brackets.
pub(super) fn is_crowded(page: &Page<'_>, judge: &Judge<'_, '_>, index: usize) -> bool {
    let touches = |before: usize, other: usize| {
        let (a, b) = (judge.last(before), judge.first(before + 1));
        let near = a + 1 == b
            || matches!(
                page.kind(a + 1),
                Kind::Mark(Mark::Star | Mark::Quote | Mark::Slash | Mark::Comma) | Kind::Word(Word::Of)
            ) && b - a <= 4;
        // `1:12 ━━━●── 10:00`: the bar of a player
        let bar = || {
            (a + 1..b).all(|at| matches!(page.kind(at), Kind::Mark(Mark::Other | Mark::Bullet | Mark::Dash)))
                && (a + 1..b).any(|at| page.kind(at) == Kind::Mark(Mark::Other))
        };
        if b - a > 3 && b - a <= 24 && bar() {
            return true;
        }
        if !near || judge.is_range(other) || matches!(page.atoms[judge.groups[other].from].shape, Shape::Bare(_)) {
            return false;
        }
        let between = a + 1..b;
        between.clone().all(|at| page.tokens[at].is_dress()) && page.kind(a) != Kind::Break
            || between.len() == 1
                && match page.kind(a + 1) {
                    // `stands at 0:42 of 3:10`
                    Kind::Mark(Mark::Slash) | Kind::Word(Word::Of) => true,
                    Kind::Mark(Mark::Comma) => is_array(page, judge.first(before), b),
                    _ => false,
                }
    };
    !judge.is_range(index)
        && (index > 0 && touches(index - 1, index - 1) || index + 1 < judge.groups.len() && touches(index, index + 1))
}

/// `[0:12, 0:47]`, where the second clock is the token at `second`.
fn is_array(page: &Page<'_>, first: usize, second: usize) -> bool {
    let open = page.before(first).is_some_and(|open| page.kind(open) == Kind::Mark(Mark::Open(b'[')));
    open && page.kind(page.behind(second + 1)) == Kind::Mark(Mark::Close(b'['))
}

/// `Mellan 0:20 och 0:31`, `0:20 ile 0:31`: one word that is not known may join or part two clocks.
pub(super) fn is_joined_by_a_stranger(page: &Page<'_>, judge: &Judge<'_, '_>, index: usize) -> bool {
    let joined = |before: usize| {
        let (a, b) = (judge.last(before), judge.first(before + 1));
        let clocks = [before, before + 1].iter().all(|group| {
            !judge.is_range(*group) && matches!(page.atoms[judge.groups[*group].from].shape, Shape::Clock(_))
        });
        let stranger = |at: usize| matches!(page.kind(at), Kind::Other(other) if other.words == 1 && !other.capital);
        // a word of a script that is not read is a token for each letter
        let foreign = || b - a <= 12 && (a + 1..b).all(|at| page.kind(at) == Kind::Script);
        clocks && b > a + 1 && (b == a + 2 && stranger(a + 1) && !page.is_asian(a + 1) || foreign())
    };
    index > 0 && joined(index - 1) || index + 1 < judge.groups.len() && joined(index)
}
