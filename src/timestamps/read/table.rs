//! Columns: what the head of a table says of the cells below it.
//!
//! A table is a block of lines with pipes, or with tabs, commas or semicolons (CSV), whose first line names at least one
//! column of times. Cells are told apart by counting separators.

use super::appointments::BY_DAY;
use super::atoms::{Atom, Shape};
use super::results::RACES;
use super::token::{Gap, Kind, Mark, Token, Word};
use super::topics::Topic;
use super::{foreign_heads, heads};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// No table, or a column that the head says nothing of.
    None,
    Start,
    End,
    Time,
    /// Times whose numbers are minutes or hours.
    Scaled,
    /// Lengths of time.
    Length,
    /// What somebody took, or when: `Runner | Time`.
    Result,
    /// Anything else.
    Other,
}

/// The head of a table.
struct Head {
    separator: Separator,
    columns: Vec<Role>,
    /// Its words are those for coming and going, whose columns may as well count who does.
    passages: bool,
    /// `From | To | km`: the numbers below may be places, between which something else is measured.
    places: bool,
    /// `Start (km)`, `End page`: the columns, a bit each, whose numbers are the first and the last of something else.
    others: u64,
    /// `Tide | Time`: clocks that could be of the day are.
    days: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    Sign(Mark),
    Tab,
    /// Several spaces: columns that are lined up.
    Wide,
}

/// The role of every atom; empty if the text has no table.
pub(super) fn roles(text: &str, tokens: &[Token], atoms: &[Atom]) -> Vec<Role> {
    let mut roles = Vec::new();
    let mut head: Option<Head> = None;
    let (mut line, mut atom) = (0, 0);
    while line < tokens.len() {
        let end = line + tokens[line..].iter().position(|token| matches!(token.kind, Kind::Break)).unwrap_or(0);
        let own = atoms[atom..].iter().take_while(|atom| atom.first < end).count();
        let all = tokens;
        let tokens = &tokens[line..end];
        match &head {
            Some(head) if head.continues(text, tokens) => {
                if head.speaks() {
                    roles.resize(atoms.len(), Role::None);
                    head.assign(text, tokens, line, &atoms[atom..atom + own], &mut roles[atom..atom + own]);
                }
            }
            _ => {
                // a line with numbers is a head only above a rule: `[0:20 - 0:22] | a window breaks` names no column
                let ruled = own > 0 && is_ruled(all, end + 1);
                head = if own == 0 || ruled { Head::read(text, tokens, own) } else { None };
                // `Severity (1-5)`
                if ruled && head.is_some() {
                    roles.resize(atoms.len(), Role::None);
                    roles[atom..atom + own].fill(Role::Other);
                }
            }
        }
        atom += own;
        line = end + 1;
    }
    roles
}

/// Whether the line that begins with the token `line` is the rule below a head: `|---|:--|`.
fn is_ruled(tokens: &[Token], line: usize) -> bool {
    let mut dashes = false;
    for token in tokens.get(line..).unwrap_or_default() {
        match token.kind {
            Kind::Mark(Mark::Dash) => dashes = true,
            Kind::Mark(Mark::Pipe | Mark::Colon) => {}
            kind => return dashes && kind == Kind::Break,
        }
    }
    false
}

// === impl Head ===

impl Head {
    fn read(text: &str, tokens: &[Token], atoms: usize) -> Option<Self> {
        let pipes = tokens.iter().any(|token| token.mark() == Some(Mark::Pipe));
        if !pipes && (atoms > 0 || tokens.len() > 40 || tokens.len() < 3) {
            return None;
        }
        let separators: &[Separator] = if pipes {
            &[Separator::Sign(Mark::Pipe)]
        } else {
            &[Separator::Sign(Mark::Comma), Separator::Sign(Mark::Semicolon), Separator::Tab, Separator::Wide]
        };
        separators.iter().find_map(|separator| Self::with(*separator, text, tokens))
    }

    fn with(separator: Separator, text: &str, tokens: &[Token]) -> Option<Self> {
        let mut columns = Vec::new();
        let mut cell = 0;
        let mut passage = (None, None);
        let mut partners = Vec::new();
        let (mut ends, mut measured, mut raced, mut others) = (0, false, false, 0);
        for index in 0..=tokens.len() {
            if index == tokens.len() || index > 0 && separator.stands_at(text, tokens, index) {
                let cell_tokens = &tokens[cell..index];
                match passage_of(text, cell_tokens) {
                    Some(Role::Start) => passage.0 = passage.0.or(Some(columns.len())),
                    Some(_) => passage.1 = passage.1.or(Some(columns.len())),
                    None => {}
                }
                ends += usize::from(is_from_or_to(cell_tokens));
                others |= u64::from(heads::is_of_others(text, cell_tokens)) << columns.len().min(63);
                measured |= is_measured(text, cell_tokens);
                raced |= is_of_a_race(text, cell_tokens);
                partners.extend(foreign_heads::partner_of(text, cell_tokens).map(|role| (columns.len(), role)));
                columns.push(foreign_heads::role_of(text, cell_tokens).unwrap_or_else(|| role(text, cell_tokens)));
                let more: usize = cell_tokens.iter().map(|token| separator.stands_within(text, token)).sum();
                columns.extend(std::iter::repeat_n(Role::Other, more));
                cell = index;
            }
        }
        // `Inizio | Fine`
        for (column, role) in partners {
            let other = if role == Role::Start { Role::End } else { Role::Start };
            if columns.contains(&other) && !columns.contains(&role) {
                columns[column] = role;
            }
        }
        let neither = !columns.iter().any(|role| matches!(role, Role::Start | Role::End));
        let passages = passage.0.zip(passage.1).filter(|_| neither);
        if let Some((enters, leaves)) = passages {
            (columns[enters], columns[leaves]) = (Role::Start, Role::End);
        }
        if raced {
            columns
                .iter_mut()
                .filter(|role| matches!(role, Role::None | Role::Time))
                .for_each(|role| *role = Role::Result);
        }
        let what = heads::what_has_hours(text, tokens);
        // `Song | Time`
        if what == Some(Topic::Length) {
            columns.iter_mut().filter(|role| **role == Role::Time).for_each(|role| *role = Role::Result);
        }
        let days = what == Some(Topic::Hours);
        let has = |role| columns.contains(&role);
        let timed = match separator {
            Separator::Sign(Mark::Pipe) => {
                has(Role::Start)
                    || has(Role::End)
                    || has(Role::Time)
                    || has(Role::Result)
                    || has(Role::Length)
                    || columns.len() > 2
            }
            // a prose may have commas and the word `time` in it
            _ => has(Role::Start) && has(Role::End) && tokens.len() <= 3 * columns.len(),
        };
        if has(Role::Start) && has(Role::End) {
            // `Segment | Start | End`: the third column only numbers them
            columns.iter_mut().filter(|role| **role == Role::Time).for_each(|role| *role = Role::Other);
        }
        timed.then_some(Self {
            separator,
            columns,
            passages: passages.is_some(),
            places: ends == 2 && measured,
            others,
            days,
        })
    }

    /// Whether it says something of any column.
    fn speaks(&self) -> bool {
        self.columns.iter().any(|role| *role != Role::None)
    }

    fn continues(&self, text: &str, tokens: &[Token]) -> bool {
        tokens.first().is_some_and(|token| token.mark() == Some(Mark::Pipe))
            || (1..tokens.len()).any(|index| self.separator.stands_at(text, tokens, index))
    }

    /// Gives the atoms of a line, whose first token is `line`, the roles of their columns.
    fn assign(&self, text: &str, tokens: &[Token], line: usize, atoms: &[Atom], roles: &mut [Role]) {
        let (mut column, mut index) = (0, 0);
        for (atom, role) in atoms.iter().zip(roles) {
            let first = atom.first - line;
            column += match self.separator {
                Separator::Sign(Mark::Pipe) => {
                    count(tokens.get(index + 1..=first), |kind| matches!(kind, Kind::Mark(Mark::Pipe)))
                }
                Separator::Sign(mark) => count(tokens.get(index + 1..=first), |kind| kind == Kind::Mark(mark)),
                Separator::Tab | Separator::Wide => {
                    let within = |at: usize| self.separator.stands_within(text, &tokens[at]);
                    (index + 1..=first).filter(|at| self.separator.stands_at(text, tokens, *at)).count()
                        + (index..first).map(within).sum::<usize>()
                }
            };
            index = first;
            *role = self.columns.get(column).copied().unwrap_or(Role::None);
            if self.passages && matches!(role, Role::Start | Role::End) && matches!(atom.shape, Shape::Bare(_)) {
                *role = Role::Other;
            }
            if self.others >> column.min(63) & 1 == 1 && matches!(atom.shape, Shape::Bare(_)) {
                *role = Role::Other;
            }
            if self.days && *role == Role::Time && matches!(atom.shape, Shape::Clock(clock) if BY_DAY.contains(&clock))
            {
                *role = Role::Result;
            }
            if self.places
                && matches!((*role, atom.shape), (Role::Start | Role::End, Shape::Bare(number)) if number.decimals == 0)
                // the readings of a meter
                || matches!((*role, atom.shape), (Role::Start | Role::End, Shape::Bare(number)) if number.whole >= 5)
            {
                *role = Role::Scaled;
            }
        }
    }
}

// === impl Separator ===

impl Separator {
    /// Whether a new cell begins at the token.
    fn stands_at(self, text: &str, tokens: &[Token], index: usize) -> bool {
        let token = &tokens[index];
        match self {
            Self::Sign(mark) => token.mark() == Some(mark),
            Self::Tab => {
                token.gap == Gap::Wide && text.as_bytes()[tokens[index - 1].end()..token.start()].contains(&b'\t')
            }
            // the lexer takes two spaces behind a word for one
            Self::Wide => token.gap == Gap::Wide || token.start() > tokens[index - 1].end() + 1,
        }
    }

    /// How many cells more there are in a token of several words: `who  conf`.
    fn stands_within(self, text: &str, token: &Token) -> usize {
        match (self, token.kind) {
            (Self::Wide, Kind::Other(other)) if other.words > 1 => {
                text[token.start()..token.end()].split("  ").filter(|cell| !cell.is_empty()).count() - 1
            }
            _ => 0,
        }
    }
}

fn count(tokens: Option<&[Token]>, separates: impl Fn(Kind) -> bool) -> usize {
    tokens.unwrap_or_default().iter().filter(|token| separates(token.kind)).count()
}

/// What the words of a head's cell say.
fn role(text: &str, cell: &[Token]) -> Role {
    if heads::is_in_points(text, cell) {
        return Role::Length;
    }
    let mut role = Role::None;
    for token in cell {
        role = match token.kind {
            Kind::Word(Word::Length | Word::During | Word::Ratio | Word::Day | Word::Agenda) => return Role::Length,
            // `Open`, `Close`: of a house by the day, or of a gate in the picture
            Kind::Word(Word::Open) => return Role::Result,
            Kind::Other(_) if is_closing(&text[token.start()..token.end()]) => return Role::Result,
            // `How long`, `For`
            Kind::Word(Word::Later) => return Role::Length,
            Kind::Word(Word::For) if cell.len() <= 2 => return Role::Length,
            // of a house, or of a dish
            Kind::Word(Word::Time)
                if role == Role::None
                    && ["window", "portion"]
                        .iter()
                        .any(|word| text[token.start()..token.end()].eq_ignore_ascii_case(word)) =>
            {
                Role::Other
            }
            // `Wait`, alone
            Kind::Word(Word::Lasts) if cell.len() <= 2 => return Role::Length,
            Kind::Other(_) if is_told_in_pairs(&text[token.start()..token.end()]) => return Role::Length,
            Kind::Word(Word::Start | Word::From) => Role::Start,
            Kind::Word(Word::End | Word::To | Word::Until) => Role::End,
            Kind::Word(Word::Time | Word::Stamp) if matches!(role, Role::None | Role::Other) => Role::Time,
            Kind::Unit(unit) if unit.size > 1 && role != Role::Other => Role::Scaled,
            Kind::Unit(_) if role == Role::None => Role::Time,
            Kind::Word(Word::Part) if role == Role::None => Role::None,
            Kind::Other(_) | Kind::Id | Kind::Word(_) | Kind::Mark(Mark::Hash) if role == Role::None => Role::Other,
            _ => role,
        };
    }
    role
}

/// `From`, `To`: a head's cell that says neither of what.
fn is_from_or_to(cell: &[Token]) -> bool {
    let mut words = cell.iter().filter(|token| !matches!(token.kind, Kind::Mark(_)));
    matches!(words.next().map(|token| token.kind), Some(Kind::Word(Word::From | Word::To))) && words.next().is_none()
}

/// `km`, `Fare`, `Passengers`: what a way has from one place to another.
fn is_measured(text: &str, cell: &[Token]) -> bool {
    const MEASURED: [&str; 12] = [
        "distance",
        "fare",
        "price",
        "cost",
        "miles",
        "passengers",
        "stops",
        "route",
        "line",
        "weight",
        "amount",
        "pages",
    ];
    let is = |word: &str| MEASURED.iter().any(|known| word.eq_ignore_ascii_case(known));
    cell.iter().any(|token| match token.kind {
        Kind::Word(Word::Measure) => true,
        Kind::Other(_) => text[token.start()..token.end()].split(' ').any(is),
        _ => false,
    })
}

/// `Runner`, `Rank`: who has raced, or how well.
fn is_of_a_race(text: &str, cell: &[Token]) -> bool {
    const RACES: [&str; 10] =
        ["runner", "swimmer", "athlete", "driver", "rider", "skier", "rank", "rower", "competitor", "jockey"];
    matches!(cell.iter().find(|token| !matches!(token.kind, Kind::Mark(_))), Some(token)
        if RACES.iter().any(|race| text[token.start()..token.end()].eq_ignore_ascii_case(race)))
}

/// `Entry` and `Exit`, `Time in` and `Time out`: whether a head's cell is one of a pair of columns of coming and going.
fn passage_of(text: &str, cell: &[Token]) -> Option<Role> {
    const ENTERS: [&str; 8] = ["entry", "enter", "enters", "entered", "in", "appears", "appeared", "entrance"];
    const LEAVES: [&str; 9] =
        ["exit", "exits", "exited", "leave", "leaves", "left", "out", "disappears", "disappeared"];
    let words = cell.iter().filter(|token| matches!(token.kind, Kind::Other(_) | Kind::Word(_)));
    let mut words = words.flat_map(|token| text[token.start()..token.end()].split(' '));
    let (first, second, third) = (words.next()?, words.next(), words.next());
    let is = |word: Option<&str>, of: &[&str]| {
        word.is_some_and(|word| of.iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    let timed = |word: Option<&str>| word.is_none() || is(word, &["time", "at", "timestamp"]);
    let says = |of: &[&str]| is(Some(first), of) && timed(second) || is(second, of) && timed(Some(first));
    if third.is_some() {
        None
    } else if says(&ENTERS) {
        Some(Role::Start)
    } else {
        says(&LEAVES).then_some(Role::End)
    }
}

/// `Close`, `Closing`, `Opening`.
fn is_closing(head: &str) -> bool {
    ["close", "closing", "opening", "closed"].iter().any(|word| head.eq_ignore_ascii_case(word))
}

/// `Goals`, `Arrival`, `Best lap`: a column of scores, of a timetable or of what was measured, whose cells look like clocks.
fn is_told_in_pairs(head: &str) -> bool {
    const PAIRS: [&str; 16] = [
        "goals",
        "sets",
        "games",
        "legs",
        "frames",
        "tally",
        "aggregate",
        "halftime",
        "kickoff",
        "arrival",
        "arrives",
        "arr",
        "dep",
        "dilution",
        "stay",
        "visit",
    ];
    let last = head.rsplit(' ').next().unwrap_or(head);
    // `Best lap`, `Cooking time`
    PAIRS.iter().chain(&RACES).any(|word| last.eq_ignore_ascii_case(word))
}
