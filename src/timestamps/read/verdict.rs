//! Decides of each group whether it is a range, a point, nothing, or in doubt: the rules of its family, and what the groups
//! before it were.

use std::mem::take;

use super::atoms::{Atom, Shape, Timed};
use super::groups::{Group, Joint};
use super::labels::{Force, Label};
use super::page::{Follow, Page};
use super::spare::Spare;
use super::table::Role;
use super::token::{Gap, Kind, Mark, Unit, Word};
use super::topics::Topic;
use super::{bare, clocks, timed, via};
use crate::timestamps::time::{Doubt, Found, Mention, Reason, Time};

/// The unit that a number without one takes from the list that it stands in, and the group that has it.
pub(super) type Lent = Option<(Unit, usize)>;

/// What a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// One time or one range.
    Time,
    /// Found, and added already.
    Done,
    /// No time.
    Not,
    /// Could be one.
    Doubt(Reason),
}

/// The decisions so far, and what they were made from.
pub(super) struct Judge<'p, 'a> {
    pub(super) page: &'p Page<'a>,
    pub(super) groups: Vec<Group>,
    pub(super) labels: Vec<Label>,
    /// The unit that a list ends with, for its earlier numbers (`at 10, 20 and 30 seconds`), and the group that has it.
    pub(super) lent: Vec<Lent>,
    pub(super) verdicts: Vec<Verdict>,
    /// The last number of a list, to tell `3.` from a time.
    pub(super) counter: f64,
    pub(super) via: via::Style,
    pub(super) found: Vec<Found>,
    pub(super) doubts: Vec<Doubt>,
    /// The last token of the latest clock that its list says is something else, and what.
    pub(super) topic: Option<(usize, Topic)>,
    /// Times that no atom is by itself, where they are asked for: both halves of `12.0:18.5`, the beginning of the first
    /// ten seconds.
    pub(super) aside: Option<Vec<Mention>>,
}

// === impl Judge ===

impl<'p, 'a> Judge<'p, 'a> {
    pub(super) fn new(page: &'p Page<'a>, spare: &mut Spare) -> Self {
        let groups = super::groups::groups(page, take(&mut spare.groups));
        let labels = super::labels::labels(page, &groups, take(&mut spare.labels));
        let lent = lend(page, &groups, take(&mut spare.lent));
        let via = via::Style::of(page);
        let mut verdicts = take(&mut spare.verdicts);
        verdicts.reserve(groups.len());
        // an answer may have many numbers, and few times
        let found = Vec::with_capacity(groups.len().min(32));
        Self {
            page,
            groups,
            labels,
            lent,
            verdicts,
            counter: 0.0,
            via,
            found,
            doubts: Vec::new(),
            topic: None,
            aside: None,
        }
    }

    /// Whether the times so far are clocks or have units: then numbers without one are hardly times as well.
    pub(super) fn is_formal(&self) -> bool {
        let formal = |index: usize| {
            !self.is_bare(index) && matches!(self.verdicts[index], Verdict::Time) && !self.is_pair(index)
        };
        let from = self.verdicts.len().saturating_sub(8);
        !self.found.is_empty()
            && (from..self.verdicts.len()).any(formal)
            && (from..self.verdicts.len()).all(|index| self.verdicts[index] != Verdict::Time || formal(index))
    }

    /// The same where there are so many of them that the text has shown how it writes times.
    pub(super) fn is_long_formal(&self) -> bool {
        self.found.len() >= 4 && self.is_formal()
    }

    fn is_pair(&self, index: usize) -> bool {
        matches!(self.page.atoms[self.groups[index].to].shape, Shape::Pair | Shape::Odd)
    }

    /// What was found; the other vectors are given back.
    pub(super) fn end(self, spare: &mut Spare) -> Vec<Found> {
        (spare.groups, spare.labels, spare.lent, spare.verdicts) = (self.groups, self.labels, self.lent, self.verdicts);
        self.found
    }

    pub(super) fn judge(&mut self) {
        for index in 0..self.groups.len() {
            let verdict = self.one(index);
            self.verdicts.push(verdict);
            if let Verdict::Doubt(reason) = verdict {
                self.doubt(index, reason);
            }
        }
    }

    fn one(&mut self, index: usize) -> Verdict {
        match self.labels[index] {
            Label::Taken => return Verdict::Time,
            Label::Paired(end) => return self.paired(index, end),
            Label::Start(Force::Strong) | Label::End(Force::Strong) if self.is_bare(index) => {
                return if self.page.follow(self.last(index)) == Follow::Noun {
                    Verdict::Not
                } else {
                    self.point(index)
                };
            }
            _ => {}
        }
        let group = self.groups[index];
        match group.first.checked_sub(1).map_or(Kind::Break, |before| self.page.kind(before)) {
            Kind::Mark(Mark::Equal) if self.is_parameter(index) => return Verdict::Doubt(Reason::AmbiguousNumber),
            Kind::Mark(Mark::Colon | Mark::Star) | Kind::Word(Word::In) if self.is_passage(index) => {
                // `Timesheet: in 8:02, out 16:47`
                if self.is_of_a_notice(index) {
                    super::topics::follow(self, index, Topic::Hours);
                    return Verdict::Doubt(Reason::AmbiguousNumber);
                }
                self.labels[index + 1] = Label::Taken;
                return self.paired(index, index + 1);
            }
            _ => {}
        }
        match self.page.role(group.from) {
            Role::Length => return Verdict::Not,
            Role::Result if !self.is_bare(index) => return Verdict::Doubt(Reason::AmbiguousNumber),
            _ => {}
        }
        if group.joint == Joint::Chain {
            return self.chain(index);
        }
        let verdict = match self.page.atoms[group.to].shape {
            Shape::Clock(_) => clocks::judge(self, index),
            Shape::Timed(_) => timed::judge(self, index),
            Shape::Bare(_) if matches!(self.page.atoms[group.from].shape, Shape::Timed(_)) => timed::judge(self, index),
            Shape::Bare(_) if self.lent[index].is_some() => timed::judge(self, index),
            Shape::Bare(_) => bare::judge(self, index),
            Shape::Dotted(_) => via::dotted(self, index),
            Shape::Pair => return via::pair(self, index),
            Shape::Odd => return via::odd(self, index),
            Shape::Wall => Verdict::Time,
            Shape::Local => Verdict::Doubt(Reason::AmbiguousNumber),
        };
        match verdict {
            Verdict::Time if self.is_ended_afar(index) || self.is_begun_afar(index) => {
                Verdict::Doubt(Reason::AmbiguousNumber)
            }
            Verdict::Time => self.point(index),
            _ => verdict,
        }
    }

    /// `Frame 300 (12.0 s) to frame 450 (18.0 s)`, `12.0 s (frame 300) - 18.0 s`: the beginning of what could be a range, with
    /// other numbers in between.
    fn is_ended_afar(&self, index: usize) -> bool {
        let page = self.page;
        let (last, next) = (self.last(index), self.last(index) + 1);
        if !matches!(page.kind(next), Kind::Mark(Mark::Open(b'(') | Mark::Close(b'('))) || self.is_range(index) {
            return false;
        }
        let behind = match page.kind(next) {
            Kind::Mark(Mark::Open(_)) => super::groups::behind_aside(page, next, page.tokens.len()),
            _ => Some(next + 1),
        };
        let Some(joint) = behind else { return false };
        let joined = match page.kind(joint) {
            Kind::Mark(Mark::Dash | Mark::Arrow) => page.gap(joint) > Gap::Tight,
            Kind::Word(word) => matches!(word, Word::To | Word::Until),
            _ => false,
        };
        let timed = |group: &Group| !matches!(page.atoms[group.from].shape, Shape::Bare(_)) && group.first - last <= 16;
        let Some(next) = self.groups[index + 1..].iter().take(3).find(|group| timed(group)).filter(|_| joined) else {
            return false;
        };
        // directly behind the joint, or in the bracket behind a name with a number
        let named = |at: usize| {
            matches!(page.kind(at), Kind::Other(other) if other.words == 1) || page.kind(at) == Kind::Word(Word::Part)
        };
        next.first == joint + 1
            || next.first == joint + 4
                && matches!(page.kind(next.first - 1), Kind::Mark(Mark::Open(b'(')))
                && matches!(page.kind(next.first - 2), Kind::Number(_))
                && named(next.first - 3)
    }

    /// The end of such a range.
    fn is_begun_afar(&self, index: usize) -> bool {
        let near = |before: &usize| self.first(index) - self.last(*before) <= 16;
        !self.doubts.is_empty()
            && (index.saturating_sub(3)..index)
                .rev()
                .take_while(near)
                .any(|before| matches!(self.verdicts[before], Verdict::Doubt(_)) && self.is_ended_afar(before))
    }

    /// `watch?t=45`, `&start=12`: an address of the media at that time, or of whatever.
    fn is_parameter(&self, index: usize) -> bool {
        let first = self.first(index);
        let tight = |at: usize| self.page.gap(at) == Gap::Tight;
        first >= 3
            && (first - 2..=first).all(tight)
            && matches!(self.page.kind(first - 2), Kind::Word(Word::Time | Word::Stamp | Word::Start | Word::End))
            && matches!(&self.page.text[self.page.span(first - 3, first - 3)], "?" | "&" | "#")
    }

    /// `In: 0:12, Out: 0:18`, `IN 0:12 OUT 0:18`: two clocks, or two numbers with units, behind the words of an editor.
    fn is_passage(&self, index: usize) -> bool {
        let page = self.page;
        let keyed = || self.key(index).is_some_and(|key| page.kind(key) == Kind::Word(Word::In));
        let Some(next) = self.groups.get(index + 1).filter(|_| !self.is_range(index) && keyed()) else { return false };
        let timed = |atom: usize| matches!(page.atoms[atom].shape, Shape::Clock(_) | Shape::Timed(_));
        next.joint == Joint::Single
            && timed(self.groups[index].from)
            && timed(next.from)
            && next.first - self.last(index) <= 10
            && self.key(index + 1).is_some_and(|key| page.text[page.span(key, key)].eq_ignore_ascii_case("out"))
    }

    /// Whether the key of a group stands behind the colon of something that is read in the picture.
    fn is_of_a_notice(&self, index: usize) -> bool {
        let page = self.page;
        let colon = self.key(index).and_then(|key| page.before(key));
        let colon = colon.filter(|colon| page.kind(*colon) == Kind::Mark(Mark::Colon));
        colon.and_then(|colon| page.label(colon)).is_some_and(|label| super::appointments::is_notice(page, label))
    }

    /// The word before a group, or before its colon.
    fn key(&self, index: usize) -> Option<usize> {
        let before = self.page.before(self.first(index))?;
        if self.page.kind(before) == Kind::Mark(Mark::Colon) { self.page.before(before) } else { Some(before) }
    }

    /// More than two times joined in a row. Counts and phone numbers look like that, too.
    fn chain(&self, index: usize) -> Verdict {
        let group = self.groups[index];
        let strong = self.page.atoms[group.from..=group.to].iter().any(|atom| !matches!(atom.shape, Shape::Bare(_)));
        let bare = matches!(self.page.follow(self.last(index)), Follow::Nothing | Follow::Caption | Follow::List)
            && self.page.opens_item(self.first(index));
        if strong || bare { Verdict::Doubt(Reason::AmbiguousNumber) } else { Verdict::Not }
    }

    fn paired(&mut self, start: usize, end: usize) -> Verdict {
        let (a, b) = (self.page.atoms[self.groups[start].from], self.page.atoms[self.groups[end].from]);
        // `Start: 48210 km, End: 48364 km`
        let measured = |atom: &Atom| {
            matches!(atom.shape, Shape::Bare(_))
                && matches!(
                    self.page.kind(atom.last + 1),
                    Kind::Word(Word::Measure) | Kind::Mark(Mark::Percent | Mark::Degree | Mark::Money)
                )
        };
        if measured(&a) && measured(&b) {
            return Verdict::Not;
        }
        let Some((from, to)) = self.ends(&a, &b, None) else { return Verdict::Doubt(Reason::AmbiguousNumber) };
        // a weak label does not make a whole number a time: `starts at 5 and ends at 10`
        let weak = self.labels_are_weak(start)
            && [a, b].iter().all(|atom| matches!(atom.shape, Shape::Bare(number) if number.decimals == 0));
        if weak {
            return Verdict::Doubt(Reason::AmbiguousNumber);
        }
        let (first, last) = (a.first.min(b.first), a.last.max(b.last));
        self.push(from, to, first, last);
        Verdict::Time
    }

    fn labels_are_weak(&self, start: usize) -> bool {
        let at = self.first(start);
        let left = self.page.left(at);
        self.page.role(self.groups[start].from) == Role::None
            && matches!(left.cue, super::page::Cue::Word(Word::At | Word::Start | Word::By))
    }

    /// Adds the range or the point that a group is.
    fn point(&mut self, index: usize) -> Verdict {
        let group = self.groups[index];
        let (a, b) = (&self.page.atoms[group.from], &self.page.atoms[group.to]);
        if let (Some(start), Some(end)) = (a.media(), b.media()) {
            self.push(Time::Media(start), Time::Media(end), a.first, b.last);
            return Verdict::Time;
        }
        match self.ends(a, b, self.lent[index]) {
            Some((start, end)) => {
                self.push(start, end, a.first, b.last);
                Verdict::Time
            }
            None => Verdict::Doubt(Reason::AmbiguousNumber),
        }
    }

    /// The two times of a group; a number without a unit takes that of its partner.
    fn ends(&self, a: &Atom, b: &Atom, lent: Lent) -> Option<(Time, Time)> {
        let scaled = |value: f64, unit: Unit| Some(Time::Media(value * f64::from(unit.size)));
        let own = |atom: &Atom| atom.time(self.page.text, &self.page.tokens);
        let borrow = |atom: &Atom, partner: &Atom| match (atom.shape, partner.shape) {
            (Shape::Bare(number), Shape::Timed(Timed { unit, parts: 1, .. })) => scaled(number.value, unit),
            (Shape::Bare(number), Shape::Timed(_)) if number.value != 0.0 => None,
            (Shape::Bare(number), _) => lent.map_or_else(|| own(atom), |(unit, _)| scaled(number.value, unit)),
            _ => own(atom),
        };
        Some((borrow(a, b)?, borrow(b, a)?))
    }

    pub(super) fn push(&mut self, start: Time, end: Time, first: usize, last: usize) {
        let span = self.page.span(first, last);
        self.found.push(Found { start, end, span });
    }

    /// Adds a range that the atoms of a group do not spell out, read from the words that begin with the token `first`.
    pub(super) fn done(&mut self, start: Time, end: Time, first: usize, index: usize) -> Verdict {
        self.note(&start, &end, first, index);
        self.push(start, end, first, self.last(index));
        Verdict::Done
    }

    /// Notes that a group could name these times.
    pub(super) fn note(&mut self, start: &Time, end: &Time, first: usize, index: usize) {
        let last = self.last(index);
        if let Some(aside) = &mut self.aside {
            let span = self.page.span(first, last);
            aside.extend([start, end].map(|time| Mention { time: time.clone(), span: span.clone() }));
        }
    }

    /// Adds the times that the atoms of a group name, unless it is none.
    pub(super) fn mention(&self, index: usize, mentions: &mut Vec<Mention>) {
        let Group { from, to, joint, .. } = self.groups[index];
        let atoms = &self.page.atoms[from..=to];
        let clock = matches!(atoms[0].shape, Shape::Clock(_));
        if self.verdicts[index] == Verdict::Not || self.verdicts[index] == Verdict::Done && !clock {
            return;
        }
        let span = |atom: &Atom| self.page.span(atom.first, atom.last);
        // the ends that labels pair take no unit from a list
        let paired = matches!(self.labels[index], Label::Paired(_) | Label::Taken);
        let lent = if paired { None } else { self.lent[index] };
        let both = self.ends(&atoms[0], &atoms[atoms.len() - 1], lent).filter(|_| joint != Joint::Chain);
        match both {
            Some((start, _)) if from == to => mentions.push(Mention { time: start, span: span(&atoms[0]) }),
            Some((start, end)) => {
                mentions.push(Mention { time: start, span: span(&atoms[0]) });
                mentions.push(Mention { time: end, span: span(&atoms[1]) });
            }
            None => {
                let times =
                    atoms.iter().filter_map(|atom| Some((atom.time(self.page.text, &self.page.tokens)?, span(atom))));
                mentions.extend(times.map(|(time, span)| Mention { time, span }));
            }
        }
    }

    pub(super) fn doubt(&mut self, index: usize, reason: Reason) {
        let span = self.page.span(self.first(index), self.last(index));
        self.doubts.push(Doubt { reason, span });
    }

    /// The first token of a group.
    pub(super) fn first(&self, index: usize) -> usize {
        self.groups[index].first
    }

    /// Its last token.
    pub(super) fn last(&self, index: usize) -> usize {
        self.groups[index].last
    }

    pub(super) fn is_range(&self, index: usize) -> bool {
        self.groups[index].joint != Joint::Single
    }

    fn is_bare(&self, index: usize) -> bool {
        matches!(self.page.atoms[self.groups[index].to].shape, Shape::Bare(_))
    }

    /// What the group before this one was, if only a comma, `and` or the like lies between.
    pub(super) fn listed_behind(&self, index: usize) -> Option<Verdict> {
        let before = index.checked_sub(1)?;
        are_listed(self.page, self.last(before), self.first(index)).then(|| self.verdicts[before])
    }
}

/// Whether only the separators of a list lie between two tokens.
fn are_listed(page: &Page<'_>, last: usize, first: usize) -> bool {
    let separator = |index: usize| {
        matches!(
            page.kind(index),
            Kind::Mark(
                Mark::Comma | Mark::Semicolon | Mark::Slash | Mark::Star | Mark::Quote | Mark::Open(_) | Mark::Close(_)
            ) | Kind::Word(Word::And | Word::Or | Word::At | Word::Approx | Word::The | Word::Mark)
        ) || super::groups::is_suspended(page, index)
    };
    let comma = |index: usize| {
        matches!(page.kind(index), Kind::Mark(Mark::Comma | Mark::Semicolon) | Kind::Word(Word::And | Word::Or))
    };
    first - last <= 8
        && first > last + 1
        && separator(first - 1)
        && (last + 1..first).all(separator)
        && (last + 1..first).any(comma)
}

/// Finds the lists whose last number carries the unit of all.
fn lend(page: &Page<'_>, groups: &[Group], mut lent: Vec<Lent>) -> Vec<Lent> {
    lent.resize(groups.len(), None);
    if !page.units {
        return lent;
    }
    for index in (1..groups.len()).rev() {
        let (group, before) = (groups[index], groups[index - 1]);
        let bare = |atom: usize| matches!(page.atoms[atom].shape, Shape::Bare(_));
        let unit = match page.atoms[group.to].shape {
            Shape::Timed(timed) if timed.parts == 1 && !timed.led => Some((timed.unit, index)),
            Shape::Bare(_) => lent[index],
            _ => None,
        };
        if unit.is_none() || !bare(before.from) || !bare(before.to) {
            continue;
        }
        if !are_listed(page, before.last, group.first) {
            continue;
        }
        let labelled = matches!(
            page.left(before.first).cue,
            super::page::Cue::Id
                | super::page::Cue::Never
                | super::page::Cue::Word(Word::Part)
                | super::page::Cue::Other
        );
        if !labelled {
            lent[index - 1] = unit;
        }
    }
    for index in 1..groups.len() {
        let (group, before) = (groups[index], groups[index - 1]);
        let unit = match page.atoms[before.to].shape {
            // `seconds 5, 9 and 12`
            Shape::Timed(timed) if timed.led => Some(timed.unit),
            _ => lent[index - 1].filter(|(_, tail)| *tail < index).map(|(unit, _)| unit),
        };
        if unit.is_none() {
            continue;
        }
        let bare = [group.from, group.to].iter().all(|atom| matches!(page.atoms[*atom].shape, Shape::Bare(_)));
        if bare
            && lent[index].is_none()
            && page.follow(group.last) != Follow::Noun
            && are_listed(page, before.last, group.first)
        {
            lent[index] = unit.map(|unit| (unit, index));
        }
    }
    lent
}
