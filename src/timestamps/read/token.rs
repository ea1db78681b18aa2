//! What the lexer cuts a text into. A token knows what its characters are, never what they mean where they stand.

use std::ops::Range;

/// A piece of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// What lies between this token and the one before it.
    pub(super) gap: Gap,
    start: u32,
    end: u32,
}

/// The longest text that tokens can point into; nobody has an answer of this size.
pub(super) const LONGEST_TEXT: usize = u32::MAX as usize;

/// The white space before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Gap {
    /// Nothing.
    Tight,
    /// One space.
    Space,
    /// A tab, or several spaces: columns.
    Wide,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `12`, `12.50`.
    Number(Digits),
    /// `1:05`, `00:01:05.250`, `00:00:02,000`.
    Clock,
    /// `00.01.10`: hours, minutes, seconds as VIA's bullets have them, or a version number.
    Dotted,
    /// `12.0:18.5`, `00.01.10:00.02.05`: two numbers around a colon that are no clock.
    Pair,
    /// `0:30:12:04`: more colons than a clock has.
    Odd,
    /// RFC 3339.
    Wall,
    /// `2026-03-04T09:15:20`: RFC 3339 but for its zone.
    Local,
    /// `2025-01-15`, `15.01.2025`, `01/15/2025`.
    Date,
    /// Letters mixed with digits (`B12`, `camera_1`, `1920x1080`), addresses, versions, URLs.
    Id,
    /// A word of time.
    Unit(Unit),
    /// A number in words.
    Spelled(u16),
    /// Any other word that the rules know.
    Word(Word),
    /// Words that they do not know, in a row.
    Other(Other),
    /// Letters of a script that the grammar does not read.
    Script,
    /// A sign.
    Mark(Mark),
    /// The end of a line.
    Break,
}

/// How a number is written; its value is read only where it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digits {
    /// Digits before the point.
    pub(super) whole: u8,
    /// Digits behind it.
    pub(super) decimals: u8,
}

/// Packed, so that a kind has its tag and all of it in four bytes, and is copied at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(Rust, packed)]
pub(super) struct Unit {
    /// Seconds in it.
    pub(super) size: u16,
    pub(super) style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `s`, `m`, `h`.
    Letter,
    /// `sec`, `min`, `hr`.
    Short,
    /// `second`: with a number above one it describes the noun behind it (`a 10 second clip`).
    Singular,
    /// `seconds`.
    Plural,
    /// `초`, `秒`: no spaces, no plural.
    Asian,
    /// `Sekunden`, `secondes`: the language is read.
    Known,
    /// `saniye`, `sekundy`: the language is not read.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Other {
    /// How many; 255 are that many or more.
    pub(super) words: u8,
    /// The first word begins with a capital.
    pub(super) capital: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    // joining two times
    To,
    Until,
    And,
    Or,
    Between,
    From,
    // before a time
    At,
    After,
    Before,
    By,
    Approx,
    In,
    Into,
    For,
    Of,
    Up,
    First,
    Last,
    // behind a time
    Mark,
    Later,
    // lengths and frequencies
    Every,
    Lasts,
    Length,
    /// `동안`, `間`: behind a time, makes it a length.
    During,
    // labels
    Start,
    End,
    Time,
    Stamp,
    /// `start_ms`: a time, but not in seconds.
    Millis,
    /// `scene`, `chunk`, `clip`: a part of the media, mostly with a number of its own.
    Part,
    /// `video`, `clip`: what a length describes, and what a time lies in.
    Media,
    // time of day
    Meridiem,
    Zone,
    Day,
    Month,
    Shows,
    Display,
    /// `meeting`, `timetable`: what goes by the time of day.
    Agenda,
    // not times
    Ratio,
    Book,
    Age,
    /// `third`: before a unit it names the place of a moment.
    Nth,
    /// `open`: hours of a shop follow.
    Open,
    Ordinal,
    Measure,
    // amounts in words
    Half,
    Vague,
    // grammar
    Article,
    The,
    Function,
    Is,
    /// Continues up to an `until`: `and lasts until`.
    Goes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Dash,
    Tilde,
    Arrow,
    Dots,
    Comma,
    Semicolon,
    Colon,
    /// `.`, `!`, `?`.
    Stop,
    /// `<`, `[`, `(`, `{` and their like; the byte names the shape.
    Open(u8),
    Close(u8),
    Quote,
    /// `*`, `_`, backtick.
    Star,
    Pipe,
    Slash,
    Equal,
    Hash,
    At,
    Percent,
    Degree,
    Money,
    Prime,
    Plus,
    /// `±`, `×`: what stands behind is no time.
    Tolerance,
    Bullet,
    Other,
}

// === impl Token ===

impl Token {
    #[expect(clippy::cast_possible_truncation, reason = "no text is longer than LONGEST_TEXT")]
    pub(super) fn new(kind: Kind, gap: Gap, span: Range<usize>) -> Self {
        Self { kind, gap, start: span.start as u32, end: span.end as u32 }
    }

    pub(super) fn start(&self) -> usize {
        self.start as usize
    }

    pub(super) fn end(&self) -> usize {
        self.end as usize
    }

    #[expect(clippy::cast_possible_truncation, reason = "no text is longer than LONGEST_TEXT")]
    pub(super) fn extend(&mut self, end: usize) {
        self.end = end as u32;
    }

    pub(super) fn mark(&self) -> Option<Mark> {
        match self.kind {
            Kind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    /// Signs that dress a text without meaning anything: bold, italics, code, quotes.
    pub(super) fn is_dress(&self) -> bool {
        matches!(self.kind, Kind::Mark(Mark::Star | Mark::Quote))
    }
}

// === impl Kind ===

impl Kind {
    /// Whether a time may begin with it.
    pub(super) fn is_point(self) -> bool {
        matches!(
            self,
            Self::Number(_)
                | Self::Clock
                | Self::Dotted
                | Self::Pair
                | Self::Odd
                | Self::Wall
                | Self::Local
                | Self::Unit(_)
        )
    }
}

// === impl Word ===

impl Word {
    /// Whether it says what the text may have in it: the lexer takes note of it.
    pub(super) const fn is_noted(self) -> bool {
        matches!(
            self,
            Self::Start | Self::End | Self::From | Self::To | Self::Until | Self::Shows | Self::Day | Self::Month
        )
    }
}

// === impl Unit ===

impl Unit {
    /// `m` is minutes or metres, mostly metres.
    pub(super) fn is_lone_m(self) -> bool {
        self.size == 60 && self.style == Style::Letter
    }
}
