//! What a client's frames cost, read from their heads as they pass. Pure.
//!
//! h2 answers or drops frames that carry nothing (PING, SETTINGS, PRIORITY, updates of windows, resets, unknown ones) by
//! itself and tells nobody. A frame says in its first nine bytes what it is and where the next begins (RFC 9113, section
//! 4.1): only those are looked at, payloads are stepped over. What the frames mean is h2's to judge.

/// Before the first frame (RFC 9113, section 3.4).
const PREFACE: usize = 24;
/// Length, type, flags, stream.
const HEAD: usize = 9;

/// Types (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
/// Flags.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Each SETTINGS is walked over all streams by h2.
const SETTINGS_COST: u32 = 8;
/// As many bytes of what is no content cost as much as one frame.
const BYTES: u32 = 1024;

/// Where in its frames a client is.
#[derive(Debug)]
pub(super) struct Meter {
    /// Bytes to step over.
    skip: usize,
    head: [u8; HEAD],
    /// How much of `head` is there.
    have: usize,
    /// A block of fields has begun, and frames of it are still to come.
    is_in_block: bool,
    /// The first frame is there.
    has_begun: bool,
}

// === impl Meter ===

impl Meter {
    /// At the beginning of a connection.
    pub(super) fn new() -> Self {
        Self { skip: PREFACE, head: [0; HEAD], have: 0, is_in_block: false, has_begun: false }
    }

    /// Passes these bytes; what the frames that begin in them cost.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) -> u32 {
        let mut cost = 0_u32;
        while !bytes.is_empty() {
            let step = self.skip.min(bytes.len());
            (self.skip, bytes) = (self.skip - step, &bytes[step..]);
            let take = (HEAD - self.have).min(bytes.len());
            self.head[self.have..self.have + take].copy_from_slice(&bytes[..take]);
            (self.have, bytes) = (self.have + take, &bytes[take..]);
            if self.have == HEAD {
                cost = cost.saturating_add(self.begin());
            }
        }
        cost
    }

    /// Whether the client has begun something that it has not ended: a frame, or a block of fields. So it has before its
    /// first frame.
    pub(super) fn is_partial(&self) -> bool {
        !self.has_begun || self.skip > 0 || self.have > 0 || self.is_in_block
    }

    /// A frame begins.
    fn begin(&mut self) -> u32 {
        let [high, middle, low, kind, flags, ..] = self.head;
        let length = u32::from_be_bytes([0, high, middle, low]);
        (self.have, self.has_begun) = (0, true);
        self.skip = length as usize;
        if matches!(kind, HEADERS | CONTINUATION) {
            self.is_in_block = flags & END_HEADERS == 0;
        }
        match kind {
            // Content has its price: the window.
            DATA if length > 0 || flags & END_STREAM != 0 => 0,
            SETTINGS => SETTINGS_COST + length / BYTES,
            _ => 1 + length / BYTES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: u32, kind: u8, flags: u8) -> Vec<u8> {
        let [_, high, middle, low] = length.to_be_bytes();
        let mut frame = vec![high, middle, low, kind, flags, 0, 0, 0, 1];
        frame.resize(HEAD + length as usize, 0xff);
        frame
    }

    fn behind_preface() -> Meter {
        let mut meter = Meter::new();
        assert_eq!(meter.pass(&[0; PREFACE]), 0);
        meter
    }

    #[test]
    fn any_cut_costs_the_same() {
        let frames =
            [frame(0, 4, 0), frame(8, 6, 0), frame(100, DATA, 0), frame(0, DATA, 0), frame(3000, 0x40, 0)].concat();
        let whole = behind_preface().pass(&frames);
        assert_eq!(whole, SETTINGS_COST + 1 + 1 + 3);
        for size in 1..40 {
            let mut meter = Meter::new();
            let bytes = [&[0; PREFACE][..], &frames].concat();
            assert_eq!(bytes.chunks(size).map(|piece| meter.pass(piece)).sum::<u32>(), whole, "{size}");
            assert!(!meter.is_partial());
        }
    }

    #[test]
    fn content_and_its_end_are_free() {
        assert_eq!(behind_preface().pass(&[frame(1, DATA, 0), frame(0, DATA, END_STREAM)].concat()), 0);
        assert_eq!(behind_preface().pass(&frame(0, DATA, 0)), 1);
        assert_eq!(behind_preface().pass(&frame(16_000, CONTINUATION, 0)), 16);
    }

    #[test]
    fn what_is_begun_is_to_be_ended() {
        let mut meter = Meter::new();
        assert!(meter.is_partial());
        meter.pass(&[0; PREFACE]);
        assert!(meter.is_partial());
        meter.pass(&frame(0, SETTINGS, 0));
        assert!(!meter.is_partial());
        meter.pass(&frame(10, HEADERS, END_STREAM));
        assert!(meter.is_partial());
        meter.pass(&frame(0, CONTINUATION, END_HEADERS));
        assert!(!meter.is_partial());
        meter.pass(&frame(10, DATA, 0)[..18]);
        assert!(meter.is_partial());
        meter.pass(&[0, 7]);
        assert!(meter.is_partial());
    }
}
