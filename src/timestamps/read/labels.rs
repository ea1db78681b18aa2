//! Start and end labels: `start: 14.2, end: 19.8`, `"start_time": 3.5`, table columns, `starts at 0:12 and ends at 0:47`.

use super::atoms::Shape;
use super::groups::{Group, Joint};
use super::page::{Follow, Page};
use super::table::Role;
use super::token::{Gap, Kind, Mark, Word};

/// What a label says of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    None,
    Start(Force),
    End(Force),
    /// A start and the index of the group that is its end.
    Paired(usize),
    /// The end of an earlier group, which has the range.
    Taken,
}

/// How sure a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// With a colon, an equals sign or a column: a number behind it is a time, and its partner may be far.
    Strong,
    /// A word of a sentence: its partner is in the same sentence.
    Weak,
}

/// The label of every group.
pub(super) fn labels(page: &Page<'_>, groups: &[Group], mut labels: Vec<Label>) -> Vec<Label> {
    labels.resize(groups.len(), Label::None);
    if !page.labelled {
        return labels;
    }
    let mut start: Option<(usize, Force)> = None;
    let mut end: Option<usize> = None;
    for index in 0..groups.len() {
        let mut label = label(page, &groups[index]);
        if label == Label::None && start.is_some_and(|(start, _)| is_italian(page, &groups[start], &groups[index])) {
            label = Label::End(Force::Strong);
        }
        labels[index] = label;
        match label {
            Label::Start(force) => {
                // in JSON the end may come first
                if let Some(end) =
                    end.take().filter(|end| force == Force::Strong && same_object(page, groups, *end, index))
                {
                    labels[index] = Label::Paired(end);
                    labels[end] = Label::Taken;
                } else {
                    start = Some((index, force));
                }
            }
            Label::End(force) => match start.take() {
                Some((start, first)) if pairs(page, groups, (start, first), (index, force)) => {
                    labels[start] = Label::Paired(index);
                    labels[index] = Label::Taken;
                }
                _ => end = (force == Force::Strong).then_some(index),
            },
            _ => {}
        }
    }
    labels
}

fn pairs(page: &Page<'_>, groups: &[Group], (start, first): (usize, Force), (end, second): (usize, Force)) -> bool {
    let (a, b) = (&page.atoms[groups[start].to], &page.atoms[groups[end].from]);
    let clocks = |shape: Shape| matches!(shape, Shape::Wall);
    if clocks(a.shape) != clocks(b.shape) {
        return false;
    }
    if first == Force::Strong && second == Force::Strong {
        return page.role(groups[start].to) != Role::Start || same_line(page, a.last, b.first);
    }
    // `starts at 0:12 and ends at 0:47`: nothing but grammar in between
    end == start + 1
        && b.first - a.last <= 12
        && (a.last + 1..b.first).all(|index| match page.kind(index) {
            Kind::Mark(mark) => matches!(
                mark,
                Mark::Comma
                    | Mark::Star
                    | Mark::Quote
                    | Mark::Tilde
                    | Mark::Semicolon
                    | Mark::Colon
                    | Mark::Equal
                    | Mark::Slash
                    | Mark::Bullet
                    | Mark::Dash
            ),
            // `Start 0:12` and, in the next line, `End 0:18`
            Kind::Break => page.kind(index + 1) == Kind::Word(Word::End),
            Kind::Word(word) => matches!(
                word,
                Word::And
                    | Word::Function
                    | Word::The
                    | Word::Part
                    | Word::Time
                    | Word::Media
                    | Word::At
                    | Word::Approx
                    | Word::End
                    | Word::Is
                    | Word::Stamp
                    | Word::Before
                    | Word::By
                    | Word::Mark
                    | Word::Article
                    | Word::After
            ),
            _ => false,
        })
}

fn same_line(page: &Page<'_>, from: usize, to: usize) -> bool {
    (from..to).all(|index| page.kind(index) != Kind::Break)
}

fn same_object(page: &Page<'_>, groups: &[Group], end: usize, start: usize) -> bool {
    let (from, to) = (groups[end].last, groups[start].first);
    to - from <= 64 && (from..to).all(|index| page.kind(index) != Kind::Mark(Mark::Close(b'{')))
}

/// `"inizio": 6.0, "fine": 11.5`: the second key is a word of English with another meaning.
fn is_italian(page: &Page<'_>, start: &Group, end: &Group) -> bool {
    let key = |group: &Group, name: &str| {
        let colon = page.before(group.first).filter(|colon| page.kind(*colon) == Kind::Mark(Mark::Colon));
        let key = colon.and_then(|colon| page.before(colon));
        key.is_some_and(|key| page.text[page.span(key, key)].eq_ignore_ascii_case(name))
    };
    end.joint == Joint::Single && key(end, "fine") && key(start, "inizio")
}

/// The label of one group: what its column says, or the word that the look to the left meets.
fn label(page: &Page<'_>, group: &Group) -> Label {
    if group.joint != Joint::Single || matches!(page.atoms[group.from].shape, Shape::Pair | Shape::Odd | Shape::Local) {
        return Label::None;
    }
    if matches!(page.atoms[group.from].shape, Shape::Clock(_)) && is_of_day(page, group) {
        return Label::None;
    }
    match page.role(group.from) {
        Role::Start => return Label::Start(Force::Strong),
        Role::End => return Label::End(Force::Strong),
        Role::Time | Role::Scaled | Role::Length | Role::Result => return Label::None,
        Role::None | Role::Other => {}
    }
    let (mut strong, mut at) = (false, group.first);
    // `"from": [102, 44]`: both of two numbers, of which no label tells which is which
    if page.kind(group.last + 1) == Kind::Mark(Mark::Comma) && is_coordinate(page, group) {
        return Label::None;
    }
    for _ in 0..10 {
        let Some(index) = page.before(at) else { return Label::None };
        at = index;
        match page.kind(index) {
            // `start (s) 12`, `end [s]: 18`
            Kind::Mark(Mark::Close(shape))
                if index >= 2
                    && matches!(page.kind(index - 1), Kind::Unit(_))
                    && page.kind(index - 2) == Kind::Mark(Mark::Open(shape)) =>
            {
                (strong, at) = (true, index - 2);
            }
            Kind::Mark(Mark::Colon | Mark::Equal | Mark::Pipe | Mark::Arrow) => strong = true,
            // `<start>12.0</start>`
            Kind::Mark(Mark::Close(b'<')) => strong = true,
            Kind::Mark(Mark::Open(b'<' | b'(' | b'[') | Mark::Tilde | Mark::Close(b'(')) | Kind::Unit(_) => {}
            Kind::Mark(Mark::Dash) if page.gap(index) > Gap::Tight => strong = true,
            // `start-time: 12.0`
            Kind::Mark(Mark::Dash) if strong && is_name(page, index) => {}
            // `"start_time":` and, in the next line, its value alone
            Kind::Break if is_value(page, index, group) => {}
            Kind::Word(
                Word::At
                | Word::Approx
                | Word::The
                | Word::Time
                | Word::Stamp
                | Word::Is
                | Word::Mark
                | Word::Before
                | Word::By,
            ) => {}
            Kind::Word(Word::Start) => return Label::Start(force(strong)),
            Kind::Word(Word::End) => return Label::End(force(strong)),
            Kind::Word(Word::From) if strong && is_key(page, index) => return Label::Start(Force::Strong),
            Kind::Word(Word::To | Word::Until) if strong && is_key(page, index) => return Label::End(Force::Strong),
            _ => return Label::None,
        }
    }
    Label::None
}

/// `6:00 AM`, `오전 6:00`: a time of day, whatever its column is called.
fn is_of_day(page: &Page<'_>, group: &Group) -> bool {
    let meridiem = |at: usize| match page.kind(at) {
        Kind::Word(Word::Meridiem | Word::Zone) => true,
        // `2:00 p.m.`
        Kind::Word(Word::Measure | Word::Article) => {
            let rest = page.text.as_bytes().get(page.tokens[at].start()..);
            matches!(rest, Some([b'a' | b'A' | b'p' | b'P', b'.', b'm' | b'M', ..]))
        }
        _ => false,
    };
    meridiem(group.last + 1) || group.first > 0 && page.kind(group.first - 1) == Kind::Word(Word::Meridiem)
}

/// Whether a number is the first of a pair of square brackets without units.
fn is_coordinate(page: &Page<'_>, group: &Group) -> bool {
    group.first > 0
        && page.kind(group.first - 1) == Kind::Mark(Mark::Open(b'['))
        && matches!(page.atoms[group.from].shape, Shape::Bare(_))
        && matches!(page.kind(group.last + 2), Kind::Number(_))
}

/// Whether a hyphen ties two words to one name: `start-time`.
fn is_name(page: &Page<'_>, hyphen: usize) -> bool {
    let tight = [hyphen, hyphen + 1].iter().all(|at| page.gap(*at) == Gap::Tight);
    tight
        && hyphen.checked_sub(1).is_some_and(|before| matches!(page.kind(before), Kind::Word(Word::Start | Word::End)))
}

/// Whether the line behind the break holds nothing but the value of the key that stands before it.
fn is_value(page: &Page<'_>, end: usize, group: &Group) -> bool {
    page.before(end).is_some_and(|colon| matches!(page.kind(colon), Kind::Mark(Mark::Colon | Mark::Equal)))
        && page.behind(end + 1) == group.first
        && matches!(page.follow(group.last), Follow::Nothing | Follow::List)
}

/// `from:` and `to:` are labels only directly before their colon.
fn is_key(page: &Page<'_>, at: usize) -> bool {
    matches!(page.kind(page.behind(at + 1)), Kind::Mark(Mark::Colon | Mark::Equal))
}

fn force(strong: bool) -> Force {
    if strong { Force::Strong } else { Force::Weak }
}
