//! Counting the events of a stream that passes: SSE events with data, or lines of NDJSON. Nothing is kept.

use memchr::memchr;

/// How an answer's body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Only its bytes count.
    Bytes,
    /// Server-sent events; comments (VIA's pings) are none.
    Sse,
    /// One event a line.
    Ndjson,
}

/// The events of one answer.
#[derive(Debug)]
pub(super) struct Events {
    reading: Reading,
    /// Bytes of the current line so far, its CR left out.
    line: usize,
    /// The first bytes of the current line, enough to know a `data` field.
    start: [u8; 4],
    has_data: bool,
}

// === impl Events ===

impl Events {
    pub(super) fn new(reading: Reading) -> Self {
        Self { reading, line: 0, start: [0; 4], has_data: false }
    }

    /// Takes some bytes; returns how many events ended in them.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> u64 {
        if self.reading == Reading::Bytes {
            return 0;
        }
        let mut ended = 0;
        let mut rest = bytes;
        while let Some(end) = memchr(b'\n', rest) {
            self.take(&rest[..end]);
            ended += u64::from(self.end_line());
            rest = &rest[end + 1..];
        }
        self.take(rest);
        ended
    }

    fn take(&mut self, part: &[u8]) {
        for &byte in part.iter().take(self.start.len().saturating_sub(self.line)) {
            if byte != b'\r' {
                self.start[self.line] = byte;
                self.line += 1;
            }
        }
        // Beyond its first bytes only that a line goes on matters.
        self.line = self.line.saturating_add(part.len().saturating_sub(self.start.len()));
    }

    /// Whether the end of this line ends an event.
    fn end_line(&mut self) -> bool {
        let is_empty = self.line == 0;
        let is_data = self.line >= 4 && self.start == *b"data";
        self.line = 0;
        self.start = [0; 4];
        match self.reading {
            Reading::Ndjson => !is_empty,
            _ if is_empty => std::mem::take(&mut self.has_data),
            _ => {
                self.has_data |= is_data;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(reading: Reading, pieces: &[&[u8]]) -> u64 {
        let mut events = Events::new(reading);
        pieces.iter().map(|piece| events.feed(piece)).sum()
    }

    #[test]
    fn counts_events_at_any_cut() {
        let sse: &[u8] =
            b": ping\r\n\r\nid: 1\r\ndata: {\"a\":1}\r\n\r\ndata: b\r\ndata: c\r\n\r\n\r\ndata: [DONE]\n\n";
        let lines: &[u8] = b"{\"a\":1}\n{\"b\":2}\r\n\n{\"c\":3}\n";
        for cut in 0..=sse.len() {
            assert_eq!(count(Reading::Sse, &[&sse[..cut], &sse[cut..]]), 3, "{cut}");
        }
        for cut in 0..=lines.len() {
            assert_eq!(count(Reading::Ndjson, &[&lines[..cut], &lines[cut..]]), 3, "{cut}");
        }
        assert_eq!(count(Reading::Bytes, &[lines]), 0);
    }

    #[test]
    fn byte_by_byte() {
        let sse = b"data: a\r\n\r\n: data\r\n\r\ndata\r\n\r\n";
        assert_eq!(count(Reading::Sse, &sse.chunks(1).collect::<Vec<_>>()), 2);
    }
}
