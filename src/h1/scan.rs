//! Finds the end of a head in bytes that come in pieces, and refuses the line ends that an intermediary must not
//! guess at (RFC 9112, section 2.2). Pure.

use memchr::memchr;

/// The most field lines of a request that a setting may allow: the array that they are parsed into is as long.
pub(crate) const MOST_FIELDS: usize = 200;

/// How large a head may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of the start line.
    pub line: usize,
    /// Bytes in all.
    pub head: usize,
    /// Field lines.
    pub fields: usize,
    /// Whether empty lines in front of the start line are skipped (RFC 9112, section 2.2).
    pub skips_empty: bool,
}

/// Why a head is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A line that ends in LF alone.
    BareLf,
    /// An empty line in front of the start line.
    NoStartLine,
    /// The start line is too long.
    LongLine,
    /// The head is too long.
    LongHead,
    /// There are too many field lines.
    ManyFields,
}

/// How far a head has been looked through.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Where the line under way begins.
    line: usize,
    /// Where to look on.
    seen: usize,
    /// Complete lines so far, the start line included.
    lines: usize,
}

// === impl Scan ===

impl Scan {
    /// Where the head ends in `bytes`, behind its empty line. `bytes` begins with what earlier calls saw.
    pub(crate) fn end(&mut self, bytes: &[u8], limits: &Limits) -> Result<Option<usize>, Fault> {
        while let Some(at) = memchr(b'\n', &bytes[self.seen..]) {
            let at = self.seen + at;
            let length = at - self.line;
            if length == 0 || bytes[at - 1] != b'\r' {
                return Err(Fault::BareLf);
            }
            (self.line, self.seen) = (at + 1, at + 1);
            if self.lines == 0 && length > limits.line {
                return Err(Fault::LongLine);
            }
            if self.seen > limits.head {
                return Err(Fault::LongHead);
            }
            match (length == 1, self.lines) {
                (true, 0) if limits.skips_empty => {}
                (true, 0) => return Err(Fault::NoStartLine),
                (true, _) => return Ok(Some(self.seen)),
                (false, lines) if lines > limits.fields => return Err(Fault::ManyFields),
                (false, _) => self.lines += 1,
            }
        }
        self.seen = bytes.len();
        if self.lines == 0 && self.seen - self.line > limits.line {
            return Err(Fault::LongLine);
        }
        if self.seen > limits.head { Err(Fault::LongHead) } else { Ok(None) }
    }

    /// Whether nothing was looked through yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.seen == 0
    }

    /// Whether the start line is complete.
    pub(crate) fn has_start_line(&self) -> bool {
        self.lines > 0
    }
}

// === impl Fault ===

impl Fault {
    /// What is wrong, in words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::BareLf => "a bare line feed in the head",
            Self::NoStartLine => "no status line",
            Self::LongLine => "the start line is too long",
            Self::LongHead => "the head is too large",
            Self::ManyFields => "too many field lines",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { line: 1000, head: 4000, fields: 256, skips_empty: false };
    const SKIPPING: Limits = Limits { skips_empty: true, ..LIMITS };

    #[test]
    fn finds_the_same_end_at_every_cut() {
        for (limits, head) in [(LIMITS, "HTTP/1.1 200 OK\r\na: b\r\nc:\r\n\r\n"), (SKIPPING, "\r\n\r\nG\r\n\r\n")] {
            let bytes = [head.as_bytes(), b"body\n"].concat();
            for cut in 0..bytes.len() {
                let mut scan = Scan::default();
                match scan.end(&bytes[..cut], &limits).unwrap() {
                    Some(found) => assert_eq!(found, head.len(), "{cut}"),
                    None => assert_eq!(scan.end(&bytes, &limits).unwrap(), Some(head.len()), "{cut}"),
                }
            }
        }
    }

    #[test]
    fn refuses_bare_line_feeds_and_a_missing_start_line() {
        for head in ["HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\na: b\nc: d\r\n\r\n", "\n", "HTTP/1.1 200 OK\r\n\n"] {
            for cut in 0..head.len() {
                let mut scan = Scan::default();
                let early = scan.end(&head.as_bytes()[..cut], &LIMITS);
                let fault = early.and_then(|_| scan.end(head.as_bytes(), &LIMITS)).unwrap_err();
                assert_eq!(fault, Fault::BareLf, "{head:?} {cut}");
            }
        }
        assert_eq!(Scan::default().end(b"\r\nHTTP/1.1 200 OK\r\n\r\n", &LIMITS), Err(Fault::NoStartLine));
    }

    #[test]
    fn refuses_too_much() {
        let end = |bytes: &str| Scan::default().end(bytes.as_bytes(), &LIMITS);
        let lines = |count| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(count));
        assert!(end(&lines(LIMITS.fields)).unwrap().is_some());
        assert_eq!(end(&lines(LIMITS.fields + 1)), Err(Fault::ManyFields));
        let wide = |count| format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "x".repeat(count));
        let most = LIMITS.head - wide(0).len();
        assert!(end(&wide(most)).unwrap().is_some());
        assert_eq!(end(&wide(most + 1)), Err(Fault::LongHead));
        assert_eq!(end(&"x".repeat(LIMITS.line + 1)), Err(Fault::LongLine));
        assert_eq!(end(&format!("{}\r\n", "x".repeat(LIMITS.line))), Err(Fault::LongLine));
    }
}
