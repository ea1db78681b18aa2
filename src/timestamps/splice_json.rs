//! Adds a member to the JSON object that passes, before its closing brace.
//!
//! Every frame goes on as it came; only the closing brace of the outermost object waits, with the white space behind it.
//! What comes out does not depend on how the body was cut into frames, and without the member it is the body, byte for
//! byte. A body that is not one JSON object without a `timestamps` member passes untouched.

mod scan;
#[cfg(test)]
mod tests;
mod whole;

use bytes::{Bytes, BytesMut};

use super::answer::Answer;
use super::gather::Gather;
use scan::{Scan, Step};
pub use whole::Whole;

/// The most white space behind the object that waits with its brace; a body with more of it passes untouched.
const HOLD_LIMIT: usize = 64 * 1024;

/// A JSON body that passes.
///
/// Give every frame to [`push`](Self::push); at the clean end ask [`finish`](Self::finish) what it was; let the rest go
/// with [`release`](Self::release), also when the body broke off.
#[derive(Debug)]
pub struct JsonSplice {
    scan: Scan,
    text: Gather,
    phase: Phase,
    held: Vec<Bytes>,
    held_len: usize,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The object has not ended.
    Inside,
    /// Its brace is held.
    Closed,
    /// Not ours.
    Passing(Untouched),
}

/// What a body turned out to be.
#[derive(Debug)]
pub enum End {
    /// One object, which can take the member.
    Answer(Box<Answer>),
    /// One object as far as its brackets tell, which can take the member, but larger than the limit.
    TooLarge,
    /// Nothing to add anything to.
    Untouched(Untouched),
}

/// Why nothing is added to a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untouched {
    /// It is no object.
    NotAnObject,
    /// Something stands behind the object (or a great deal of white space).
    Trailing,
    /// It has a `timestamps` member already.
    Present,
    /// It ended before the object did.
    Truncated,
    /// It is not JSON.
    Invalid,
}

// === impl JsonSplice ===

impl JsonSplice {
    /// A splicer that reads texts of up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { scan: Scan::default(), text: Gather::new(limit), phase: Phase::Inside, held: Vec::new(), held_len: 0 }
    }

    /// Takes the next frame and lets go what may go: mostly that very frame.
    pub fn push(&mut self, mut frame: Bytes, out: &mut impl Extend<Bytes>) {
        match self.phase {
            _ if frame.is_empty() => {}
            Phase::Passing(_) => out.extend([frame]),
            Phase::Closed => self.hold(frame, 0, out),
            Phase::Inside => match self.scan.scan(&frame) {
                _ if self.scan.has_timestamps() => self.pass(Untouched::Present, frame, out),
                Step::NotAnObject => self.pass(Untouched::NotAnObject, frame, out),
                Step::More => {
                    self.text.push(&frame, 0..frame.len());
                    out.extend([frame]);
                }
                Step::Closed(at) => {
                    self.text.push(&frame, 0..at + 1);
                    self.phase = Phase::Closed;
                    let brace = frame.split_off(at);
                    if !frame.is_empty() {
                        out.extend([frame]);
                    }
                    self.hold(brace, 1, out);
                }
            },
        }
    }

    /// Whether the object has closed and its brace waits; it may still turn out that more stands behind it.
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Says what the body was, at its clean end; call it once, then [`release`](Self::release).
    pub fn finish(&mut self) -> End {
        let untouched = match self.phase {
            Phase::Passing(why) => why,
            Phase::Inside => Untouched::Truncated,
            Phase::Closed => match self.text.take() {
                None => return End::TooLarge,
                Some(text) => match Answer::read(&text) {
                    Some(answer) => return End::Answer(Box::new(answer)),
                    None => Untouched::Invalid,
                },
            },
        };
        self.phase = Phase::Passing(untouched);
        End::Untouched(untouched)
    }

    /// What is still held (maybe nothing), with `"timestamps":OBJECT` in front if that is given and the object can take it.
    pub fn release(&mut self, object: Option<&str>) -> Bytes {
        let insert = object.filter(|_| self.is_closed());
        self.phase = Phase::Passing(Untouched::Present);
        self.text.clear();
        if insert.is_none() && self.held.len() == 1 {
            return self.held.pop().unwrap_or_default();
        }
        let mut bytes = BytesMut::with_capacity(self.held_len + insert.map_or(0, |object| object.len() + 16));
        if let Some(object) = insert {
            let comma = if self.scan.has_members() { "," } else { "" };
            for part in [comma, "\"timestamps\":", object] {
                bytes.extend_from_slice(part.as_bytes());
            }
        }
        for held in self.held.drain(..) {
            bytes.extend_from_slice(&held);
        }
        self.held_len = 0;
        bytes.freeze()
    }

    /// Keeps a frame back as long as, from `from` on, it is but white space.
    fn hold(&mut self, frame: Bytes, from: usize, out: &mut impl Extend<Bytes>) {
        let is_space = frame.iter().skip(from).all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        self.held_len += frame.len();
        if is_space && self.held_len <= HOLD_LIMIT {
            self.held.push(frame);
        } else {
            self.pass(Untouched::Trailing, frame, out);
        }
    }

    fn pass(&mut self, why: Untouched, frame: Bytes, out: &mut impl Extend<Bytes>) {
        self.phase = Phase::Passing(why);
        self.text.clear();
        out.extend(self.held.drain(..));
        out.extend([frame]);
    }
}

// === impl Untouched ===

impl Untouched {
    /// The word in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAnObject => "not-an-object",
            Self::Trailing => "trailing",
            Self::Present => "present",
            Self::Truncated => "truncated",
            Self::Invalid => "invalid",
        }
    }
}
