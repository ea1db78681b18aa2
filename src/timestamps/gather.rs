//! Keeps a message's text while its bytes pass: cheap references to large pieces, copies of small ones, up to a limit.
//!
//! A reference pins the read buffer it points into and weighs more than a few bytes do, so a text that trickles in
//! byte by byte is copied. Over the limit everything kept is dropped at once and nothing more is taken.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// Pieces shorter than this are copied, longer ones referred to.
const SMALL: usize = 512;

/// A text in the making.
#[derive(Debug)]
pub(super) struct Gather {
    limit: usize,
    len: usize,
    pieces: Vec<Bytes>,
    tail: BytesMut,
}

// === impl Gather ===

impl Gather {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, len: 0, pieces: Vec::new(), tail: BytesMut::new() }
    }

    /// Adds the bytes of a frame that stand in `range`.
    pub(super) fn push(&mut self, frame: &Bytes, range: Range<usize>) {
        if !self.makes_room(range.len()) {
            return;
        }
        if range.len() < SMALL {
            self.tail.extend_from_slice(&frame[range]);
        } else {
            if !self.tail.is_empty() {
                self.pieces.push(self.tail.split().freeze());
            }
            self.pieces.push(frame.slice(range));
        }
    }

    /// Adds one byte.
    pub(super) fn push_byte(&mut self, byte: u8) {
        if self.makes_room(1) {
            self.tail.extend_from_slice(&[byte]);
        }
    }

    /// Everything since the last call as one text, and begins anew; `None` if it was over the limit.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        let len = std::mem::take(&mut self.len);
        if len > self.limit {
            return None;
        }
        if self.pieces.is_empty() {
            return Some(self.tail.split().freeze());
        }
        if self.tail.is_empty() && self.pieces.len() == 1 {
            return self.pieces.pop();
        }
        let mut whole = BytesMut::with_capacity(len);
        for piece in self.pieces.drain(..) {
            whole.extend_from_slice(&piece);
        }
        whole.extend_from_slice(&self.tail);
        self.tail.clear();
        Some(whole.freeze())
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.pieces = Vec::new();
        self.tail = BytesMut::new();
    }

    fn makes_room(&mut self, more: usize) -> bool {
        let len = self.len.saturating_add(more);
        if len > self.limit {
            self.clear();
            self.len = self.limit.saturating_add(1);
            return false;
        }
        self.len = len;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(limit: usize, sizes: &[usize]) -> Option<usize> {
        let frame = Bytes::from(vec![b'x'; 4096]);
        let mut gather = Gather::new(limit);
        for &size in sizes {
            gather.push(&frame, 0..size);
        }
        gather.take().map(|text| text.len())
    }

    #[test]
    fn joins_small_and_large_pieces() {
        assert_eq!(gathered(10_000, &[1, 4096, 3, 600, 600, 1]), Some(5301));
        assert_eq!(gathered(10_000, &[4096]), Some(4096));
        assert_eq!(gathered(10_000, &[]), Some(0));
    }

    #[test]
    fn takes_the_limit_and_not_a_byte_more() {
        assert_eq!(gathered(5000, &[4096, 904]), Some(5000));
        assert_eq!(gathered(5000, &[4096, 905]), None);
        assert_eq!(gathered(5000, &[4096, 905, 1]), None);
        assert_eq!(gathered(0, &[0]), Some(0));
    }

    #[test]
    fn begins_anew_after_take() {
        let frame = Bytes::from_static(b"abc");
        let mut gather = Gather::new(2);
        gather.push(&frame, 0..3);
        assert_eq!(gather.take(), None);
        gather.push(&frame, 1..3);
        assert_eq!(gather.take().as_deref(), Some(&b"bc"[..]));
    }
}
