//! How far a JSON text has come, told from its structure alone: state is a few words, whatever the cut into frames.
//!
//! It counts brackets without matching their kinds and does not check what stands between them: whether the text is
//! JSON is for a reader of the whole. What it says of a JSON text is exact.

use memchr::memchr2;

use super::super::json;

/// The member that must not be there yet, and the most bytes in which it can be written (every letter as `\u0074`).
const MEMBER: &str = "timestamps";
const MEMBER_ESCAPED: usize = 6 * MEMBER.len();

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// What a frame brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing special.
    More,
    /// The outermost object closes with the brace at this place in the frame.
    Closed(usize),
    /// This is no object, or its brackets do not fit.
    NotAnObject,
}

/// The scanner.
#[derive(Debug, Default)]
pub(super) struct Scan {
    place: Place,
    depth: u64,
    /// Whether the next string is the key of a member of the outermost object.
    awaits_key: bool,
    /// What that key's raw text is so far; one byte longer than it could be when it is too long.
    key: Vec<u8>,
    has_members: bool,
    has_timestamps: bool,
}

#[derive(Debug, Clone, Copy, Default)]
enum Place {
    /// Nothing yet: white space and, at the very start, a byte order mark may come.
    #[default]
    Start,
    /// Behind this many bytes of a byte order mark.
    Mark(usize),
    /// Before the object.
    Lead,
    /// Outside of strings.
    Structure,
    /// In a string.
    Text,
    /// Behind the backslash in a string.
    Escape,
}

// === impl Scan ===

impl Scan {
    /// Looks at the next frame.
    pub(super) fn scan(&mut self, frame: &[u8]) -> Step {
        let mut at = 0;
        while let Some(&byte) = frame.get(at) {
            at = match self.place {
                Place::Start | Place::Mark(_) | Place::Lead => {
                    if !self.lead(byte) {
                        return Step::NotAnObject;
                    }
                    at + 1
                }
                Place::Structure => match self.structure(frame, at) {
                    Ok(next) => next,
                    Err(step) => return step,
                },
                Place::Text => self.text(frame, at),
                Place::Escape => {
                    self.keep(&[byte]);
                    self.place = Place::Text;
                    at + 1
                }
            };
        }
        Step::More
    }

    /// Whether the outermost object has a member.
    pub(super) fn has_members(&self) -> bool {
        self.has_members
    }

    /// Whether one of them is `timestamps`, however it is spelt.
    pub(super) fn has_timestamps(&self) -> bool {
        self.has_timestamps
    }

    /// One byte before the object; whether an object can still come.
    fn lead(&mut self, byte: u8) -> bool {
        self.place = match (self.place, byte) {
            (Place::Start, 0xef) => Place::Mark(1),
            (Place::Mark(n), _) => match n {
                _ if byte != BYTE_ORDER_MARK[n] => return false,
                2 => Place::Lead,
                _ => Place::Mark(n + 1),
            },
            (_, b' ' | b'\t' | b'\r' | b'\n') => Place::Lead,
            (_, b'{') => {
                self.depth = 1;
                self.awaits_key = true;
                Place::Structure
            }
            _ => return false,
        };
        true
    }

    /// Brackets, commas and scalars up to the next string.
    fn structure(&mut self, frame: &[u8], from: usize) -> Result<usize, Step> {
        for (at, byte) in frame.iter().enumerate().skip(from) {
            match byte {
                b'"' => {
                    self.place = Place::Text;
                    self.has_members |= self.awaits_key;
                    return Ok(at + 1);
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    self.awaits_key = false;
                }
                b'}' if self.depth == 1 => return Err(Step::Closed(at)),
                b']' if self.depth == 1 => return Err(Step::NotAnObject),
                b'}' | b']' => self.depth -= 1,
                b',' => self.awaits_key = self.depth == 1,
                _ => {}
            }
        }
        Ok(frame.len())
    }

    /// A string up to its end or its next backslash.
    fn text(&mut self, frame: &[u8], from: usize) -> usize {
        let rest = &frame[from..];
        let Some(found) = memchr2(b'"', b'\\', rest) else {
            self.keep(rest);
            return frame.len();
        };
        if rest[found] == b'"' {
            self.keep(&rest[..found]);
            self.place = Place::Structure;
            if self.awaits_key {
                self.awaits_key = false;
                self.has_timestamps |= is_member(&self.key);
                self.key.clear();
            }
        } else {
            self.keep(&rest[..=found]);
            self.place = Place::Escape;
        }
        from + found + 1
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.awaits_key {
            let room = (MEMBER_ESCAPED + 1).saturating_sub(self.key.len());
            self.key.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
}

fn is_member(raw: &[u8]) -> bool {
    raw == MEMBER.as_bytes()
        || raw.len() <= MEMBER_ESCAPED
            && raw.contains(&b'\\')
            && std::str::from_utf8(raw).is_ok_and(|raw| json::unescape(raw) == MEMBER)
}
