//! Follows a chunked body to its end, so that what stands behind it is not taken for a part of it (RFC 9112, 7.1).
//!
//! It only has to agree with hyper where hyper accepts: what is malformed hyper refuses, and closes the connection.

use memchr::memchr;

/// How far a chunked body was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunks {
    /// In the digits of a size.
    Size(u64),
    /// In the rest of that line.
    Line(u64),
    /// In data, and the line end behind it.
    Data(u64),
    /// In a line behind the last chunk, which is empty so far or not.
    Trailer { is_empty: bool },
    /// Behind the last line.
    End,
}

impl Chunks {
    /// A body that has not begun.
    pub(super) fn new() -> Self {
        Self::Size(0)
    }

    /// How many of these bytes belong to the body; fewer than there are, or all with [`Chunks::End`] reached, when it
    /// ends with them.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() && *self != Self::End {
            let rest = &bytes[at..];
            at += match self {
                Self::Size(size) => {
                    match char::from(rest[0]).to_digit(16) {
                        Some(digit) => *size = size.saturating_mul(16).saturating_add(digit.into()),
                        None => *self = Self::Line(*size),
                    }
                    // The byte behind the digits is looked at again.
                    usize::from(matches!(self, Self::Size(_)))
                }
                Self::Line(size) => match memchr(b'\n', rest) {
                    Some(end) => {
                        *self = if *size == 0 {
                            Self::Trailer { is_empty: true }
                        } else {
                            Self::Data(size.saturating_add(2))
                        };
                        end + 1
                    }
                    None => rest.len(),
                },
                Self::Data(left) => {
                    let taken = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= taken as u64;
                    if *left == 0 {
                        *self = Self::new();
                    }
                    taken
                }
                Self::Trailer { is_empty } => {
                    if let Some(end) = memchr(b'\n', rest) {
                        let is_last = *is_empty && matches!(&rest[..end], b"" | b"\r");
                        *self = if is_last { Self::End } else { Self::Trailer { is_empty: true } };
                        end + 1
                    } else {
                        *is_empty &= rest == b"\r";
                        rest.len()
                    }
                }
                Self::End => 0,
            };
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_in_any_cut() {
        for body in [
            "0\r\n\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            "A;x=\"y\"\r\n0\r\n\r\n12345\r\n000\r\nt: u\r\nv: w\r\n\r\n",
            "2 \r\n\r\n\r\n0;z\r\nt:\r\n\r\n",
        ] {
            let bytes = [body.as_bytes(), b"GET / HTTP/1.1\r\n\r\n"].concat();
            for at in 0..=bytes.len() {
                let mut chunks = Chunks::new();
                let first = chunks.follow(&bytes[..at]);
                let second = chunks.follow(&bytes[first..]);
                assert_eq!((first + second, chunks), (body.len(), Chunks::End), "{body:?} {at}");
            }
        }
    }

    #[test]
    fn garbage_never_ends() {
        let mut chunks = Chunks::new();
        assert_eq!(chunks.follow(b"zz\r\n"), 4);
        assert_ne!(chunks, Chunks::End);
        let mut chunks = Chunks::new();
        chunks.follow(b"ffffffffffffffffffffffff\r\n");
        assert_eq!(chunks, Chunks::Data(u64::MAX));
    }
}
