//! The bytes of an event stream that wait, over any number of frames.
//!
//! At most one part of a stream waits at a time, and it reaches to the end of what has come. It is either freed, and then
//! goes before anything else does, or stays until all is let go.

use bytes::Bytes;

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Hold {
    /// Where in the frame it begins (0 when it began in an earlier one).
    from: Option<usize>,
    /// Its part in earlier frames.
    held: Vec<Bytes>,
    len: usize,
    /// What waits no longer; empty between two frames.
    freed: Vec<Bytes>,
}

// === impl Hold ===

impl Hold {
    /// From here on everything waits.
    pub(super) fn begin(&mut self, at: usize) {
        self.from = Some(at);
    }

    /// Whether anything waits.
    pub(super) fn is_on(&self) -> bool {
        self.from.is_some()
    }

    /// How many bytes wait, up to `at` in the frame.
    pub(super) fn len(&self, at: usize) -> usize {
        self.from.map_or(0, |from| self.len + at - from)
    }

    /// Nothing waits any longer.
    pub(super) fn free(&mut self) {
        self.from = None;
        self.len = 0;
        self.freed.append(&mut self.held);
    }

    /// Takes from the end of a frame what waits of it; the next frame waits from its start.
    pub(super) fn keep_end(&mut self, frame: &mut Bytes) {
        if let Some(from) = &mut self.from {
            let kept = frame.split_off(std::mem::take(from));
            self.len += kept.len();
            self.held.push(kept);
        }
    }

    /// Lets bytes go, after those that were freed.
    pub(super) fn let_go(&mut self, bytes: Bytes, out: &mut impl Extend<Bytes>) {
        out.extend(self.freed.drain(..));
        if !bytes.is_empty() {
            out.extend([bytes]);
        }
    }

    /// Everything that waited.
    pub(super) fn release(&mut self) -> Vec<Bytes> {
        self.free();
        std::mem::take(&mut self.freed)
    }
}
