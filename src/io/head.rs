//! Looks at a request's head as its bytes pass: where it ends, and what hyper would lose or let pass (contract:
//! http-proxy, G1, T5, F1, T10). No parser: lines are found, their fields are hyper's business.
//!
//! A framing field whose name is cut in two by a read is not noticed here; of two framings that hyper then sees it
//! drops the length and closes the connection after the answer, which is as safe.

use memchr::{memchr, memchr_iter, memchr2};

use super::refusal::Refusal;

/// The longest request line (RFC 9112, section 3: at least 8,000).
const LINE_LIMIT: usize = 64 * 1024;
/// How many pairs of bytes are compared at once.
const AT_ONCE: usize = 32;
/// The longest head.
const HEAD_LIMIT: usize = 128 * 1024;

/// How far a head was read.
#[derive(Debug, Default, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact that a later piece needs")]
pub(super) struct Head {
    /// Bytes of all lines so far.
    total: usize,
    /// Bytes of the line that has begun.
    line: usize,
    ends_in_cr: bool,
    has_request_line: bool,
    in_target: bool,
    has_length: bool,
    has_coding: bool,
}

/// What more bytes of a head are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// All of them belong to it, and more is to come.
    More,
    /// It ends with the first so many.
    End(usize),
    /// It is refused.
    Bad(Refusal),
}

impl Head {
    /// Looks at the next bytes.
    pub(super) fn look(&mut self, bytes: &[u8]) -> Seen {
        if self.total == 0 && is_ordinary(bytes) { Seen::End(bytes.len()) } else { self.look_closely(bytes) }
    }

    /// Line by line: five times the cost.
    fn look_closely(&mut self, bytes: &[u8]) -> Seen {
        let mut start = 0;
        for end in memchr_iter(b'\n', bytes) {
            let piece = &bytes[start..end];
            let ends_in_cr = piece.last().map_or(self.ends_in_cr, |&last| last == b'\r');
            if !ends_in_cr {
                return Seen::Bad(Refusal::BareLf);
            }
            if self.line + piece.len() > 1 {
                if let Some(refusal) = self.refuses(piece) {
                    return Seen::Bad(refusal);
                }
                self.has_request_line = true;
            } else if self.has_request_line {
                return Seen::End(end + 1);
            }
            (self.line, self.ends_in_cr) = (0, false);
            start = end + 1;
        }
        self.total += bytes.len();
        let rest = &bytes[start..];
        if let Some(&last) = rest.last() {
            if let Some(refusal) = self.refuses(rest) {
                return Seen::Bad(refusal);
            }
            self.line += rest.len();
            self.ends_in_cr = last == b'\r';
        }
        match () {
            () if !self.has_request_line && self.line > LINE_LIMIT => Seen::Bad(Refusal::LongTarget),
            () if self.total > HEAD_LIMIT => Seen::Bad(Refusal::LongHead),
            () => Seen::More,
        }
    }

    /// Judges a line, or the piece of one that is there.
    fn refuses(&mut self, piece: &[u8]) -> Option<Refusal> {
        if !self.has_request_line {
            return match () {
                () if self.line + piece.len() > LINE_LIMIT => Some(Refusal::LongTarget),
                // RFC 9112, section 3.2: no form of a target has a fragment, and hyper would drop it in silence. A method
                // may have its byte.
                () if self.in_target => memchr(b'#', piece).map(|_| Refusal::Fragment),
                () => {
                    let target = &piece[memchr(b' ', piece)?..];
                    self.in_target = true;
                    memchr(b'#', target).map(|_| Refusal::Fragment)
                }
            };
        }
        if self.line > 0 {
            return None;
        }
        match piece.first().map(|first| first | 0x20) {
            Some(b'c') => self.has_length |= names(piece, b"content-length:"),
            Some(b't') => self.has_coding |= names(piece, b"transfer-encoding:"),
            _ => return None,
        }
        // RFC 9112, section 6.1: an attempt at request smuggling.
        (self.has_length && self.has_coding).then_some(Refusal::TwoFramings)
    }
}

/// Whether these bytes are one whole head and nothing else, beyond suspicion: the usual case.
///
/// Suspicious are LF that no CR precedes, an empty line before the last, and a line that may begin with
/// `Transfer-Encoding`. Neighbours are compared without a branch, [`AT_ONCE`] at a time, which the compiler turns into
/// a few instructions; the last bytes are compared twice rather than one by one.
fn is_ordinary(bytes: &[u8]) -> bool {
    let Some(lines) = bytes.strip_suffix(b"\r\n\r\n") else { return false };
    if lines.len() <= AT_ONCE || lines.len() > LINE_LIMIT || matches!(lines[0], b'\r' | b'\n') {
        return false;
    }
    let (before, after) = (&lines[..lines.len() - 1], &lines[1..]);
    let last = before.len() - AT_ONCE;
    let mut suspicious = suspicion(&before[last..], &after[last..]);
    for (before, after) in before.chunks_exact(AT_ONCE).zip(after.chunks_exact(AT_ONCE)) {
        suspicious |= suspicion(before, after);
    }
    suspicious == 0 && memchr2(b'\n', b'#', bytes).is_some_and(|at| bytes[at] == b'\n')
}

/// Not 0 if any of these pairs of neighbours is suspicious.
#[inline]
#[expect(clippy::needless_bitwise_bool, reason = "a branch would keep the compiler from comparing many at once")]
fn suspicion(before: &[u8], after: &[u8]) -> u8 {
    let pairs = before.iter().zip(after);
    pairs.fold(0, |suspicious, (&before, &after)| {
        let is_bare = (after == b'\n') & (before != b'\r');
        let is_odd_line = (before == b'\n') & ((after == b'\r') | (after | 0x20 == b't'));
        suspicious | u8::from(is_bare | is_odd_line)
    })
}

fn names(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is seen in the end if the bytes come in these two pieces.
    fn cut(bytes: &[u8], at: usize) -> Seen {
        let mut head = Head::default();
        match head.look(&bytes[..at]) {
            Seen::More => match head.look(&bytes[at..]) {
                Seen::End(end) => Seen::End(at + end),
                seen => seen,
            },
            seen => seen,
        }
    }

    #[test]
    fn finds_the_end_in_any_cut() {
        for head in ["GET / HTTP/1.1\r\nhost: a\r\n\r\n", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", "G\r\n\r\n"] {
            let bytes = [head.as_bytes(), b"behind\r\n\r\n"].concat();
            for at in 0..=bytes.len() {
                assert_eq!(cut(&bytes, at), Seen::End(head.len()), "{head:?} {at}");
            }
        }
    }

    #[test]
    fn refuses_a_bare_lf_in_any_cut() {
        for head in [
            "GET / HTTP/1.1\nhost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: a\n\r\n",
            "GET / HTTP/1.1\r\nhost: a\r\n\n",
            "\nGET",
        ] {
            for at in 0..=head.len() {
                assert_eq!(cut(head.as_bytes(), at), Seen::Bad(Refusal::BareLf), "{head:?} {at}");
            }
        }
    }

    #[test]
    fn refuses_a_fragment_in_the_target_alone() {
        for at in 0..10 {
            assert_eq!(cut(b"GET /a#b HTTP/1.1\r\n\r\n", at), Seen::Bad(Refusal::Fragment));
        }
        assert_eq!(cut(b"GET / HTTP/1.1\r\nx: #\r\n\r\n", 0), Seen::End(24));
        assert_eq!(cut(b"G#T / HTTP/1.1\r\n\r\n", 2), Seen::End(18));
    }

    #[test]
    fn refuses_two_framings() {
        for head in [
            "P / HTTP/1.1\r\nContent-Length: 5\r\ntransfer-encoding: x\r\n\r\n",
            "P / HTTP/1.1\r\nTRANSFER-ENCODING:x\r\ncontent-length:\r\n\r\n",
        ] {
            assert_eq!(cut(head.as_bytes(), 0), Seen::Bad(Refusal::TwoFramings));
        }
        assert!(matches!(cut(b"P / HTTP/1.1\r\ncontent-lengths: 5\r\ntransfer-encoding: x\r\n\r\n", 0), Seen::End(_)));
    }

    #[test]
    fn only_what_is_beyond_suspicion_is_ordinary() {
        assert!(is_ordinary(b"GET / HTTP/1.1\r\nhost: a.b.example\r\nx: #t\r\n\r\n"));
        assert!(is_ordinary(&[&b"GET / HTTP/1.1\r\n"[..], &b"x: 0123456789abcdef\r\n".repeat(100), b"\r\n"].concat()));
        for suspicious in [
            "",
            "\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\n\r\n",
            "GET /#x HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\nhost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: a\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nx: y\n\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "G#T / HTTP/1.1\r\n\r\n",
        ] {
            for padding in 0..100 {
                let padded = suspicious.replacen("\r\n\r\n", &format!("\r\nx:{}\r\n\r\n", "y".repeat(padding)), 1);
                assert!(!is_ordinary(padded.as_bytes()), "{padded:?}");
            }
        }
    }

    #[test]
    fn limits_line_and_head() {
        let mut head = Head::default();
        let kilobyte = [b'x'; 1024];
        let seen = (0..100).map(|_| head.look(&kilobyte)).find(|seen| *seen != Seen::More);
        assert_eq!(seen, Some(Seen::Bad(Refusal::LongTarget)));
        let mut head = Head::default();
        assert_eq!(head.look(b"GET / HTTP/1.1\r\n"), Seen::More);
        let seen = (0..200).map(|_| head.look(&kilobyte)).find(|seen| *seen != Seen::More);
        assert_eq!(seen, Some(Seen::Bad(Refusal::LongHead)));
    }
}
