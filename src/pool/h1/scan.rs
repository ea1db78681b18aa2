//! Finds the end of a head in bytes that come in pieces, and refuses the line ends that an intermediary must not
//! guess at (RFC 9112, section 2.2). Pure.

use super::error::Error;

/// The most bytes of one head.
pub(super) const HEAD_LIMIT: usize = 64 * 1024;
/// The most field lines of one head.
pub(super) const LINES_LIMIT: usize = 256;

/// How far a head has been looked through.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Where the line under way begins.
    line: usize,
    /// Where to look on.
    seen: usize,
    /// Complete lines so far, the status line included.
    lines: usize,
}

// === impl Scan ===

impl Scan {
    /// Where the head ends in `bytes`, behind its empty line. `bytes` begins with what earlier calls saw.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Result<Option<usize>, Error> {
        while let Some(at) = memchr::memchr(b'\n', &bytes[self.seen..]) {
            let at = self.seen + at;
            if at == self.line || bytes[at - 1] != b'\r' {
                return Err(Error::Malformed("a bare line feed in the head"));
            }
            let is_empty = at - self.line == 1;
            (self.line, self.seen) = (at + 1, at + 1);
            if is_empty && self.lines == 0 {
                return Err(Error::Malformed("no status line"));
            }
            if self.seen > HEAD_LIMIT {
                return Err(Error::Malformed("the head is too large"));
            }
            if is_empty {
                return Ok(Some(self.seen));
            }
            self.lines += 1;
            if self.lines > LINES_LIMIT + 1 {
                return Err(Error::Malformed("too many field lines"));
            }
        }
        self.seen = bytes.len();
        if self.seen > HEAD_LIMIT { Err(Error::Malformed("the head is too large")) } else { Ok(None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_same_end_at_every_cut() {
        let head = b"HTTP/1.1 200 OK\r\na: b\r\nc:\r\n\r\nbody\n";
        let end = head.len() - 5;
        for cut in 0..head.len() {
            let mut scan = Scan::default();
            match scan.end(&head[..cut]).unwrap() {
                Some(found) => assert_eq!(found, end, "{cut}"),
                None => assert_eq!(scan.end(head).unwrap(), Some(end), "{cut}"),
            }
        }
    }

    #[test]
    fn refuses_bare_line_feeds_and_a_missing_status_line() {
        for head in
            ["HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\na: b\nc: d\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "\n"]
        {
            assert!(Scan::default().end(head.as_bytes()).is_err(), "{head:?}");
        }
    }

    #[test]
    fn refuses_too_much() {
        let lines = |count| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(count));
        assert!(Scan::default().end(lines(LINES_LIMIT).as_bytes()).unwrap().is_some());
        assert!(Scan::default().end(lines(LINES_LIMIT + 1).as_bytes()).is_err());
        let wide = |count| format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "x".repeat(count));
        let most = HEAD_LIMIT - wide(0).len();
        assert!(Scan::default().end(wide(most).as_bytes()).unwrap().is_some());
        assert!(Scan::default().end(wide(most + 1).as_bytes()).is_err());
        assert!(Scan::default().end("x".repeat(HEAD_LIMIT + 1).as_bytes()).is_err());
    }
}
