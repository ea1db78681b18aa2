//! Numbers that signs alone decide, whatever the words around them say: they are read in a script whose words are not.

use super::atoms::Shape;
use super::labels::Label;
use super::table::Role;
use super::token::{Kind, Mark, Word};
use super::verdict::{Judge, Verdict};

/// Whether there are numbers in a text whose script is not read from the token `script` on, and signs decide all of them.
pub(super) fn decides_all(judge: &Judge<'_, '_>, script: usize) -> bool {
    // ۱۵: digits of the script itself
    let digits = || judge.page.text[judge.page.tokens[script].start()..].chars().any(is_digit_of_script);
    !judge.groups.is_empty() && (0..judge.groups.len()).all(|index| decides(judge, index)) && !digits()
}

fn is_digit_of_script(char: char) -> bool {
    matches!(char, '\u{660}'..='\u{1FFF}') && char.is_numeric()
}

fn decides(judge: &Judge<'_, '_>, index: usize) -> bool {
    let shape = judge.page.atoms[judge.groups[index].from].shape;
    match judge.verdicts[index] {
        // `00:12 - 00:20`, but not a lone `00:12`, which may be a time of day
        Verdict::Time | Verdict::Done => match shape {
            Shape::Pair | Shape::Odd | Shape::Dotted(_) => true,
            Shape::Clock(_) | Shape::Wall if judge.is_range(index) => true,
            _ => is_labelled(judge, index) || is_enclosed(judge, index) || is_item(judge, index),
        },
        // `16:9`, `30 fps`
        Verdict::Not => matches!(shape, Shape::Pair) || is_measured(judge, index),
        Verdict::Doubt(_) => false,
    }
}

/// `"start_time": 8.0, "end_time": 13.75`, or columns of them.
fn is_labelled(judge: &Judge<'_, '_>, index: usize) -> bool {
    matches!(judge.labels[index], Label::Paired(_) | Label::Taken)
        || matches!(judge.page.role(judge.groups[index].from), Role::Start | Role::End | Role::Time)
}

/// `<12.30> <15.0>`, `[10.5 - 31.2]`, `[0:05]`.
fn is_enclosed(judge: &Judge<'_, '_>, index: usize) -> bool {
    let (page, first, last) = (judge.page, judge.first(index), judge.last(index));
    match first.checked_sub(1).map(|open| page.kind(open)) {
        Some(Kind::Mark(Mark::Open(shape @ (b'<' | b'[')))) => page.kind(last + 1) == Kind::Mark(Mark::Close(shape)),
        _ => false,
    }
}

/// `12.5-18.0`, where a line or an item begins.
fn is_item(judge: &Judge<'_, '_>, index: usize) -> bool {
    let decimal = |atom: usize| matches!(judge.page.atoms[atom].shape, Shape::Bare(number) if number.decimals > 0);
    let group = judge.groups[index];
    judge.is_range(index) && decimal(group.from) && decimal(group.to) && judge.page.opens_item(group.first)
}

/// `50 kg`, `45%`, `36 °C`, `$5`.
fn is_measured(judge: &Judge<'_, '_>, index: usize) -> bool {
    let (page, next) = (judge.page, judge.last(index) + 1);
    let money = || judge.first(index).checked_sub(1).is_some_and(|at| page.kind(at) == Kind::Mark(Mark::Money));
    // a letter of the script, which stands alone, may be anything
    let unit = || page.text[page.span(next, next)].is_ascii();
    match page.kind(next) {
        Kind::Word(Word::Measure) => unit(),
        Kind::Mark(Mark::Percent | Mark::Degree | Mark::Money) => true,
        _ => money(),
    }
}
