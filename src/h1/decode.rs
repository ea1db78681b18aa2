//! Takes a body out of its framing (RFC 9112, sections 6 and 7.1). Pure: bytes in, lengths out, cut anywhere.

use http::HeaderMap;

use super::error::Error;
use super::framing::Framing;
use super::trailers::trailers as read_trailers;

/// The most bytes of chunk extensions in one message.
const EXTENSIONS_LIMIT: usize = 16 * 1024;
/// The most bytes and lines of trailer fields.
const TRAILERS_LIMIT: usize = 64 * 1024;
const TRAILER_LINES: usize = 128;
/// The most digits of a chunk size; more can only be leading zeros.
const DIGITS: u8 = 16;

/// A body under way.
#[derive(Debug, Clone)]
pub(crate) enum Decoder {
    /// So many bytes are still to come.
    Length(u64),
    /// Chunks.
    Chunked(Box<Chunked>),
    /// Everything until the connection ends.
    UntilClose,
    /// Over.
    Done,
}

/// A chunked body under way.
#[derive(Debug, Clone)]
pub(crate) struct Chunked {
    state: State,
    /// Data bytes that the chunk still has.
    left: u64,
    digits: u8,
    extensions: usize,
    trailers: Vec<u8>,
    /// Where the trailer line under way begins.
    line: usize,
    lines: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    Trailer,
    /// Something was wrong: nothing behind that is read.
    Broken,
}

/// What stands at the front of some input: framing to skip, then data. Without data, the input is used up or the body
/// is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub skip: usize,
    pub data: usize,
}

// === impl Decoder ===

impl Decoder {
    pub(crate) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Empty | Framing::Length(0) => Self::Done,
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Box::new(Chunked::new())),
            Framing::UntilClose => Self::UntilClose,
        }
    }

    /// Whether the body is over.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    /// How many bytes there are to come, if that is known.
    pub(crate) fn remaining(&self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(*left),
            Self::Done => Some(0),
            Self::Chunked(_) | Self::UntilClose => None,
        }
    }

    /// How many bytes of the body come as they are, with nothing between them or behind them.
    pub(crate) fn bare(&self) -> Option<u64> {
        if let Self::Length(left) = self { Some(*left) } else { None }
    }

    /// So many of those passed unseen.
    pub(crate) fn passed(&mut self, count: u64) {
        if let Self::Length(left) = self {
            debug_assert!(count <= *left, "what is behind the body is not its own");
            *left = left.saturating_sub(count);
            if *left == 0 {
                *self = Self::Done;
            }
        }
    }

    /// Looks at the front of `input`; the caller takes off what the step says. Trailer fields go into `trailers`.
    pub(crate) fn step(&mut self, input: &[u8], trailers: &mut Option<HeaderMap>) -> Result<Step, Error> {
        let (step, is_over) = match self {
            Self::Done => return Ok(Step { skip: 0, data: 0 }),
            Self::UntilClose => (Step { skip: 0, data: input.len() }, false),
            Self::Length(left) => {
                let data = at_most(*left, input.len());
                *left -= data as u64;
                (Step { skip: 0, data }, *left == 0)
            }
            Self::Chunked(chunked) => chunked.step(input, trailers)?,
        };
        if is_over {
            *self = Self::Done;
        }
        Ok(step)
    }

    /// The connection has ended: a clean end only for a body that ends so.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        match self {
            Self::Done | Self::UntilClose => {
                *self = Self::Done;
                Ok(())
            }
            Self::Length(_) => Err(Error::Cut("before the end of the announced length")),
            Self::Chunked(_) => Err(Error::Cut("before the last chunk")),
        }
    }
}

fn at_most(left: u64, length: usize) -> usize {
    usize::try_from(left).map_or(length, |left| left.min(length))
}

// === impl Chunked ===

impl Chunked {
    fn new() -> Self {
        Self { state: State::Size, left: 0, digits: 0, extensions: 0, trailers: Vec::new(), line: 0, lines: 0 }
    }

    /// A step, and whether the body is over with it. Behind an error there is no other: the bytes that raised it are
    /// still there, and would be read anew in the middle of what they had begun.
    fn step(&mut self, input: &[u8], trailers: &mut Option<HeaderMap>) -> Result<(Step, bool), Error> {
        let stepped = self.advance(input, trailers);
        if stepped.is_err() {
            self.state = State::Broken;
        }
        stepped
    }

    fn advance(&mut self, input: &[u8], trailers: &mut Option<HeaderMap>) -> Result<(Step, bool), Error> {
        let mut skip = 0;
        while let Some(&byte) = input.get(skip) {
            if self.state == State::Data {
                let data = at_most(self.left, input.len() - skip);
                self.left -= data as u64;
                if self.left == 0 {
                    self.state = State::DataCr;
                }
                return Ok((Step { skip, data }, false));
            }
            skip += 1;
            if self.state == State::Trailer {
                if self.trailer(byte)? {
                    if self.lines > 0 {
                        *trailers = Some(read_trailers(&self.trailers, TRAILER_LINES)?);
                    }
                    return Ok((Step { skip, data: 0 }, true));
                }
            } else {
                self.state = self.frame(byte)?;
            }
        }
        Ok((Step { skip, data: 0 }, false))
    }

    /// One byte of a size line, or of the line end behind data.
    fn frame(&mut self, byte: u8) -> Result<State, Error> {
        match (self.state, byte) {
            (State::Size, b';') if self.digits > 0 => Ok(State::Extension),
            (State::Size, b'\r') if self.digits > 0 => Ok(State::SizeLf),
            (State::Size, _) => self.digit(byte),
            (State::Extension, b'\r') => Ok(State::SizeLf),
            (State::Extension, b'\t' | b' '..=b'~' | 0x80..) if self.extensions < EXTENSIONS_LIMIT => {
                self.extensions += 1;
                Ok(State::Extension)
            }
            (State::Extension, _) => Err(Error::Malformed("a chunk extension")),
            (State::SizeLf, b'\n') => {
                self.digits = 0;
                Ok(if self.left == 0 { State::Trailer } else { State::Data })
            }
            (State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => Ok(State::Size),
            (State::SizeLf, _) => Err(Error::Malformed("the end of a chunk's size")),
            _ => Err(Error::Malformed("the end of a chunk")),
        }
    }

    fn digit(&mut self, byte: u8) -> Result<State, Error> {
        let digit = char::from(byte).to_digit(16).ok_or(Error::Malformed("a chunk's size"))?;
        self.digits += 1;
        if self.digits > DIGITS {
            return Err(Error::Malformed("a chunk's size"));
        }
        // Sixteen digits of four bits fit.
        self.left = self.left << 4 | u64::from(digit);
        Ok(State::Size)
    }

    /// One byte of the trailer section; true at its end.
    fn trailer(&mut self, byte: u8) -> Result<bool, Error> {
        if self.trailers.len() == TRAILERS_LIMIT {
            return Err(Error::Malformed("too many trailer fields"));
        }
        self.trailers.push(byte);
        if byte != b'\n' {
            return Ok(false);
        }
        match self.trailers[self.line..] {
            [b'\r', b'\n'] => return Ok(true),
            [.., b'\r', b'\n'] => {}
            _ => return Err(Error::Malformed("a bare line feed in the trailer fields")),
        }
        self.line = self.trailers.len();
        self.lines += 1;
        if self.lines > TRAILER_LINES { Err(Error::Malformed("too many trailer fields")) } else { Ok(false) }
    }
}

#[cfg(test)]
mod tests;
