//! Undoing the chunked coding of an answer, piece by piece, without keeping any of it.

use memchr::memchr;

/// Where in the coding the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In a size line: the size so far, and whether its digits are over.
    Size {
        size: u64,
        is_over: bool,
    },
    Data {
        left: u64,
    },
    /// The line end behind a chunk.
    Gap,
    /// In a trailer line: how long it is so far.
    Trailer {
        length: u64,
    },
    End,
}

/// A chunked body on its way in.
#[derive(Debug)]
pub(super) struct Chunked(At);

/// Bytes that are no chunked body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

// === impl Chunked ===

impl Chunked {
    pub(super) fn new() -> Self {
        Self(At::Size { size: 0, is_over: false })
    }

    /// Whether the last chunk and its trailers have come.
    pub(super) fn is_over(&self) -> bool {
        self.0 == At::End
    }

    /// Takes some bytes, gives the content among them to `content`; returns how many belonged to this body.
    pub(super) fn feed(&mut self, bytes: &[u8], mut content: impl FnMut(&[u8])) -> Result<usize, Malformed> {
        let mut rest = bytes;
        while let Some(&byte) = rest.first() {
            let mut taken = 1;
            self.0 = match self.0 {
                At::Size { size: 0, is_over: true } if byte == b'\n' => At::Trailer { length: 0 },
                At::Size { size, is_over: true } if byte == b'\n' => At::Data { left: size },
                At::Size { size, is_over } => match char::from(byte).to_digit(16) {
                    Some(digit) if !is_over => {
                        let size = size.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit)));
                        At::Size { size: size.ok_or(Malformed)?, is_over }
                    }
                    // Extensions say nothing to us.
                    _ if is_over || matches!(byte, b'\r' | b';' | b' ') => At::Size { size, is_over: true },
                    _ => return Err(Malformed),
                },
                At::Data { left } => {
                    taken = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    content(&rest[..taken]);
                    let left = left - taken as u64;
                    if left == 0 { At::Gap } else { At::Data { left } }
                }
                At::Gap if byte == b'\n' => At::Size { size: 0, is_over: false },
                At::Gap if byte == b'\r' => At::Gap,
                At::Gap => return Err(Malformed),
                At::Trailer { length: 0 } if byte == b'\n' => At::End,
                At::Trailer { length } => match memchr(b'\n', rest) {
                    Some(end) => {
                        taken = end + 1;
                        let is_empty = length == 0 && rest[..end] == *b"\r";
                        if is_empty { At::End } else { At::Trailer { length: 0 } }
                    }
                    // A lone CR at the end of a piece may be the whole of an empty line.
                    None if length == 0 && rest == b"\r" => At::Trailer { length: 0 },
                    None => {
                        taken = rest.len();
                        At::Trailer { length: length + taken as u64 }
                    }
                },
                At::End => break,
            };
            rest = &rest[taken..];
        }
        Ok(bytes.len() - rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"5;x=y\r\nhello\r\n1\r\n \r\n00A\r\n0123456789\r\n0\r\nserver-timing: a\r\nb: c\r\n\r\n";

    #[test]
    fn any_cut_gives_the_same() {
        for cut in 0..=BODY.len() {
            let (mut chunked, mut content) = (Chunked::new(), Vec::new());
            for piece in [&BODY[..cut], &BODY[cut..]] {
                assert_eq!(chunked.feed(piece, |bytes| content.extend_from_slice(bytes)), Ok(piece.len()), "{cut}");
            }
            assert!(chunked.is_over(), "{cut}");
            assert_eq!(content, b"hello 0123456789");
        }
    }

    #[test]
    fn what_follows_is_left_alone() {
        let mut chunked = Chunked::new();
        assert_eq!(chunked.feed(b"1\r\na\r\n0\r\n\r\nHTTP/1.1", |_| ()), Ok(11));
        assert!(chunked.is_over());
    }

    #[test]
    fn refuses_nonsense() {
        assert_eq!(Chunked::new().feed(b"xyz\r\n", |_| ()), Err(Malformed));
        assert_eq!(Chunked::new().feed(b"1\r\naXX", |_| ()), Err(Malformed));
        assert_eq!(Chunked::new().feed(b"fffffffffffffffff\r\n", |_| ()), Err(Malformed));
    }
}
