//! Finds the heads of a form's parts while the form passes, and refuses one that names a file on the server's disk.
//!
//! Nothing is held back but the head that is being read and, of a part's bytes, as many as a delimiter has. Frames may
//! be cut anywhere: the verdict is the same. It is given before the last byte has passed, and VIA does nothing before
//! it has the last byte, so that a form which is refused has no effect.
//!
//! Readers of forms differ: some take a bare line feed for a line's end, some look for a delimiter inside a line,
//! some skip what stands before the first or behind the last. Wherever one of them might see a part that is not
//! seen here, the form is refused. What is left is what clients really send.

use memchr::memmem::Finder;

use super::part;

/// The longest head of a part.
const HEAD: usize = 8 * 1024;

/// Reads one form.
#[derive(Debug)]
pub(super) struct Scanner {
    /// Two hyphens and the boundary.
    delimiter: Finder<'static>,
    state: State,
    /// The last bytes of the part that passed, as many as could begin a delimiter, and two before them.
    tail: Vec<u8>,
    /// The head of a part, as far as it came.
    head: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first delimiter, of which so many bytes came.
    Start(usize),
    /// Behind a delimiter, and a byte behind it.
    Behind(Option<u8>),
    /// In the head of a part.
    Head,
    /// In the bytes of a part.
    Data,
    /// Behind the last delimiter.
    End,
}

/// What a delimiter's bytes are, where they stand.
enum Found {
    Delimiter,
    Data,
    Doubtful,
}

/// Why a form is refused.
type Reason = &'static str;

// === impl Scanner ===

impl Scanner {
    pub(super) fn new(boundary: &[u8]) -> Self {
        let delimiter = [b"--", boundary].concat();
        Self {
            delimiter: Finder::new(&delimiter).into_owned(),
            state: State::Start(0),
            tail: Vec::new(),
            head: Vec::new(),
        }
    }

    /// Looks at the next bytes.
    pub(super) fn look(&mut self, mut bytes: &[u8]) -> Result<(), Reason> {
        while let Some(&byte) = bytes.first() {
            let used = match self.state {
                State::Data => self.data(bytes)?,
                State::Start(matched) => self.start(matched, byte)?,
                State::Behind(first) => self.behind(first, byte)?,
                State::Head => self.head(byte)?,
                State::End if matches!(byte, b'\r' | b'\n') => 1,
                State::End => return Err("bytes behind the form's end"),
            };
            bytes = &bytes[used..];
        }
        Ok(())
    }

    /// The form is over.
    pub(super) fn end(&self) -> Result<(), Reason> {
        if self.state == State::End { Ok(()) } else { Err("a form without an end") }
    }

    /// Line ends may stand in front of the first delimiter, and nothing else.
    fn start(&mut self, matched: usize, byte: u8) -> Result<usize, Reason> {
        let delimiter = self.delimiter.needle();
        if byte == delimiter[matched] {
            let is_whole = matched + 1 == delimiter.len();
            self.state = if is_whole { State::Behind(None) } else { State::Start(matched + 1) };
        } else if matched > 0 || !matches!(byte, b'\r' | b'\n') {
            return Err("bytes in front of the form's first delimiter");
        }
        Ok(1)
    }

    fn behind(&mut self, first: Option<u8>, byte: u8) -> Result<usize, Reason> {
        self.state = match (first, byte) {
            (None, b'\r' | b'-') => State::Behind(Some(byte)),
            (Some(b'\r'), b'\n') => State::Head,
            (Some(b'-'), b'-') => State::End,
            _ => return Err("bytes behind a delimiter"),
        };
        Ok(1)
    }

    fn head(&mut self, byte: u8) -> Result<usize, Reason> {
        let last = self.head.last().copied();
        // Whoever takes one of them alone for a line's end reads other lines.
        if (last == Some(b'\r')) != (byte == b'\n') {
            return Err("a line end that is none");
        }
        self.head.push(byte);
        if self.head.ends_with(b"\r\n\r\n") || self.head == b"\r\n" {
            part::judge(self.head.trim_ascii_end())?;
            self.head.clear();
            self.tail.clear();
            self.state = State::Data;
        } else if self.head.len() >= HEAD {
            return Err("a part with too long a head");
        }
        Ok(1)
    }

    /// Looks for a delimiter: first where it begins in the tail, then in `bytes` alone. Says how much is used up.
    fn data(&mut self, bytes: &[u8]) -> Result<usize, Reason> {
        let length = self.delimiter.needle().len();
        if !self.tail.is_empty() {
            let seam = [&self.tail, &bytes[..bytes.len().min(length - 1)]].concat();
            // Not those that lie in the tail alone: they were looked at.
            let from = (self.tail.len() + 1).saturating_sub(length);
            if let Some(at) = self.delimiter_in(&[], &seam, from)? {
                return Ok(self.cut(at + length - self.tail.len()));
            }
        }
        if let Some(at) = self.delimiter_in(&self.tail, bytes, 0)? {
            return Ok(self.cut(at + length));
        }
        let keep = length + 1;
        if bytes.len() >= keep {
            self.tail.clear();
            self.tail.extend_from_slice(&bytes[bytes.len() - keep..]);
        } else {
            self.tail.extend_from_slice(bytes);
            self.tail.drain(..self.tail.len().saturating_sub(keep));
        }
        Ok(bytes.len())
    }

    fn cut(&mut self, used: usize) -> usize {
        self.state = State::Behind(None);
        used
    }

    /// Where the first delimiter stands in `bytes`, from `from` on; `before` came in front of them.
    fn delimiter_in(&self, before: &[u8], bytes: &[u8], mut from: usize) -> Result<Option<usize>, Reason> {
        while let Some(found) = self.delimiter.find(&bytes[from..]) {
            let at = from + found;
            match judge(before, &bytes[..at]) {
                Found::Delimiter => return Ok(Some(at)),
                Found::Data => from = at + 1,
                Found::Doubtful => return Err("a delimiter that begins no line"),
            }
        }
        Ok(None)
    }
}

/// What a delimiter is, in front of which a part's bytes `before` and then `bytes` stand.
fn judge(before: &[u8], bytes: &[u8]) -> Found {
    let mut back = before.iter().chain(bytes).rev();
    match (back.next(), back.next()) {
        (Some(b'\n'), Some(b'\r')) => Found::Delimiter,
        // A line's start for some. At a part's very start the head's line end stands in front.
        (Some(b'\r' | b'\n') | None, _) => Found::Doubtful,
        (Some(_), _) => Found::Data,
    }
}

#[cfg(test)]
mod tests;
