//! Finds the messages of an event stream that passes, so that an event can be put behind any of them.
//!
//! Bytes go on as they come. Only the `[DONE]` event waits (and, until the next byte tells, a line that may become it),
//! with everything behind it. Where the messages end, and what they say, does not depend on how the body was cut into
//! frames. Memory is bounded by the scan limit per message and 64 KiB behind the `[DONE]` event.
//!
//! Lines end in LF, CR or CR LF, mixed as one likes; a CR counts when the next byte has told whether an LF belongs to it.

mod hold;
mod line_end;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use memchr::memchr2;

use super::gather::Gather;
use hold::Hold;
pub use line_end::LineEnd;

/// The most bytes that wait for the answer whether their event is the `[DONE]` event.
const HOLD_LIMIT: usize = 1024;
/// The most bytes that wait with the `[DONE]` event; with more behind it, all go.
const TAIL_LIMIT: usize = 64 * 1024;

const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
const NAME: &[u8] = b"data";
const DONE: &[u8] = b"[DONE]";

/// An event stream that passes.
///
/// Give every frame to [`push`](Self::push), which calls back at the end of each message; whoever has an event for
/// later asks [`is_between_events`](Self::is_between_events) first. Behind every push ask
/// [`is_done`](Self::is_done): then nothing more comes out before [`release`](Self::release). At the clean end of the
/// body call [`finish`](Self::finish), at any other end `release`.
#[derive(Debug)]
pub struct SseSplice {
    phase: Phase,
    line: Line,
    /// The last byte was a CR.
    after_cr: bool,
    line_end: LineEnd,
    event: Event,
    /// The event that comes, as long as it may be the `[DONE]` event, and everything from that on.
    hold: Hold,
    data: Gather,
}

/// A message that ended here.
#[derive(Debug)]
pub struct Message {
    /// Its data, several lines joined by LF; `None` if larger than the limit.
    pub data: Option<Bytes>,
    /// How its last line ended, and those of an event behind it should.
    pub line_end: LineEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Scanning,
    /// The `[DONE]` event is held.
    Done,
    Passing,
}

/// Where in its line the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Behind this many bytes of a byte order mark, at the stream's start.
    Mark(usize),
    /// Behind this many bytes of `data`; 0 is the start of the line.
    Name(usize),
    /// Behind `data:`, where one space is not part of the value.
    Colon,
    /// In the value of `data`.
    Value,
    /// In a comment or another field.
    Other,
}

/// What is known of the event whose lines come.
#[derive(Debug, Clone, Copy, Default)]
struct Event {
    /// It has a field (a comment is none).
    has_field: bool,
    /// It has a `data` field.
    has_data: bool,
    /// How many bytes of `[DONE]` its data has been.
    done: usize,
}

/// What the end of a line brought.
enum Ended {
    Line,
    Message,
    Done,
}

// === impl SseSplice ===

impl SseSplice {
    /// A splicer that reads messages of up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            phase: Phase::Scanning,
            line: Line::Mark(0),
            after_cr: false,
            line_end: LineEnd::Lf,
            event: Event::default(),
            hold: Hold::default(),
            data: Gather::new(limit),
        }
    }

    /// Takes the next frame and lets go what may go: mostly that very frame. Calls `message` at the end of each message;
    /// what that returns is put right behind it.
    pub fn push<M>(&mut self, mut frame: Bytes, out: &mut impl Extend<Bytes>, message: M)
    where
        M: FnMut(Message) -> Option<Bytes>,
    {
        match self.phase {
            _ if frame.is_empty() => {}
            Phase::Passing => out.extend([frame]),
            Phase::Scanning => self.scan(frame, out, message),
            Phase::Done => {
                self.hold.keep_end(&mut frame);
                if self.hold.len(0) > TAIL_LIMIT {
                    out.extend(self.release());
                }
            }
        }
    }

    /// Whether the `[DONE]` event is held: the place for the last events is now.
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// Whether what went out so far ends between two events, so that one may be put there. (Not before the first byte,
    /// which may begin a byte order mark.)
    pub fn is_between_events(&self) -> bool {
        match self.phase {
            Phase::Done => true,
            Phase::Passing => false,
            Phase::Scanning if self.hold.is_on() => true,
            Phase::Scanning => !self.after_cr && !self.event.has_field && self.line == Line::Name(0),
        }
    }

    /// How the last complete line ended: the style for what is added.
    pub fn line_end(&self) -> LineEnd {
        self.line_end
    }

    /// The clean end of the body: a last CR counts now, and what was held in doubt goes. Then ask
    /// [`is_done`](Self::is_done) once more; if it is not, nothing may be added.
    pub fn finish<M>(&mut self, out: &mut impl Extend<Bytes>, mut message: M)
    where
        M: FnMut(Message) -> Option<Bytes>,
    {
        if self.phase != Phase::Scanning {
            return;
        }
        if std::mem::take(&mut self.after_cr) {
            match self.end_line(LineEnd::Cr, 0) {
                Ended::Line => {}
                Ended::Message => out.extend(message(self.message())),
                Ended::Done => {
                    self.phase = Phase::Done;
                    return;
                }
            }
        }
        out.extend(self.release());
    }

    /// All that is held, in order; from now on everything passes.
    pub fn release(&mut self) -> impl Iterator<Item = Bytes> + use<> {
        self.phase = Phase::Passing;
        self.data.clear();
        self.hold.release().into_iter()
    }

    fn scan<M>(&mut self, mut frame: Bytes, out: &mut impl Extend<Bytes>, mut message: M)
    where
        M: FnMut(Message) -> Option<Bytes>,
    {
        let mut gone = 0;
        let mut at = 0;
        while let Some(&byte) = frame.get(at) {
            let line_end = if std::mem::take(&mut self.after_cr) {
                at += usize::from(byte == b'\n');
                if byte == b'\n' { LineEnd::CrLf } else { LineEnd::Cr }
            } else if byte == b'\n' {
                at += 1;
                LineEnd::Lf
            } else {
                self.after_cr = byte == b'\r';
                at = if self.after_cr { at + 1 } else { self.within_line(&frame, at, byte) };
                continue;
            };
            match self.end_line(line_end, at) {
                Ended::Line => {}
                Ended::Message => {
                    if let Some(event) = message(self.message()) {
                        self.hold.let_go(frame.slice(gone..at), out);
                        out.extend([event]);
                        gone = at;
                    }
                }
                Ended::Done => {
                    self.phase = Phase::Done;
                    break;
                }
            }
        }
        if self.phase == Phase::Scanning && self.hold.len(frame.len()) > HOLD_LIMIT {
            self.hold.free();
        }
        self.hold.keep_end(&mut frame);
        self.hold.let_go(frame.split_off(gone), out);
    }

    /// One byte, or a run of them, that ends no line; where the next one is.
    fn within_line(&mut self, frame: &Bytes, at: usize, byte: u8) -> usize {
        let (line, next) = match self.line {
            Line::Mark(n) if byte == BYTE_ORDER_MARK[n] => {
                (if n == 2 { Line::Name(0) } else { Line::Mark(n + 1) }, at + 1)
            }
            Line::Mark(0) => (Line::Name(0), at),
            Line::Mark(_) => (Line::Other, at),
            Line::Name(0) if byte == b':' => (Line::Other, at + 1),
            Line::Name(n) => {
                if n == 0 && !self.event.has_field {
                    self.hold.begin(at);
                }
                self.event.has_field = true;
                match NAME.get(n) {
                    Some(&letter) if letter == byte => (Line::Name(n + 1), at + 1),
                    None if byte == b':' => {
                        self.begin_data();
                        (Line::Colon, at + 1)
                    }
                    _ => (Line::Other, at),
                }
            }
            Line::Colon => (Line::Value, at + usize::from(byte == b' ')),
            Line::Value | Line::Other => {
                let rest = &frame[at..];
                let run = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                if self.line == Line::Value {
                    self.data.push(frame, at..at + run);
                    self.compare(&rest[..run]);
                }
                (self.line, at + run)
            }
        };
        self.line = line;
        next
    }

    /// A line is complete, `at` behind its end.
    fn end_line(&mut self, line_end: LineEnd, at: usize) -> Ended {
        self.line_end = line_end;
        match std::mem::replace(&mut self.line, Line::Name(0)) {
            Line::Mark(0) | Line::Name(0) => {
                self.hold.free();
                return if std::mem::take(&mut self.event).has_data { Ended::Message } else { Ended::Line };
            }
            Line::Name(n) if n == NAME.len() => {
                self.begin_data();
                self.hold.free();
            }
            Line::Mark(_) | Line::Name(_) | Line::Other => {}
            Line::Colon | Line::Value => {
                if self.hold.is_on() && self.event.done == DONE.len() && self.hold.len(at) <= HOLD_LIMIT {
                    return Ended::Done;
                }
                self.hold.free();
            }
        }
        Ended::Line
    }

    fn begin_data(&mut self) {
        if self.event.has_data {
            self.data.push_byte(b'\n');
            self.hold.free();
        }
        self.event.has_data = true;
    }

    /// Follows `[DONE]` through a piece of the value, as long as it may be that.
    fn compare(&mut self, piece: &[u8]) {
        if DONE[self.event.done..].starts_with(piece) {
            self.event.done += piece.len();
        } else {
            self.hold.free();
        }
    }

    fn message(&mut self) -> Message {
        Message { data: self.data.take(), line_end: self.line_end }
    }
}
