//! What an exchange and the transport under it tell each other, across hyper, which stands between them.
//!
//! The exchange says which body its request has, whether it still runs, and what the client may hear before the answer
//! (RFC 9110, section 15.2); the transport says how many exchanges it has seen begin. One connection is one task, apart
//! from interim answers, which may come from the upstream's: all operations are relaxed but theirs, which has a lock.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The body of a request, as its head announced it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// None, or one of a length of 0.
    Nothing,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// One connection's turn-taking.
#[derive(Debug, Default)]
pub struct Turn {
    begun: AtomicU32,
    runs: AtomicBool,
    framing: AtomicU64,
    special: AtomicU8,
    interim: Mutex<Vec<u8>>,
    /// The `Content-Length` of a 304, which hyper does not write.
    length: AtomicU64,
    is_late: AtomicBool,
    /// How many interim answers came in this exchange.
    hints: AtomicU32,
}

/// Nobody has said yet.
const UNTOLD: u64 = 0;
const NOTHING: u64 = 1;
const CHUNKED: u64 = u64::MAX;

/// What makes an exchange unlike others; 0 for an ordinary one.
mod special {
    pub(super) const EXPECTS: u8 = 1;
    pub(super) const OLD: u8 = 2;
    pub(super) const CUT_BY_RESET: u8 = 4;
    pub(super) const INTERIM: u8 = 8;
    pub(super) const LENGTH: u8 = 16;
}

/// How many interim answers one exchange may have.
const HINT_LIMIT: u32 = 100;
/// The most that waits to be told before an answer.
const INTERIM_LIMIT: usize = 64 * 1024;

// === impl Turn: what the server and the exchange say ===

impl Turn {
    /// A request's head was handed over: its exchange runs.
    pub fn begin(&self, framing: Framing, is_old: bool, expects: bool) {
        let framing = match framing {
            Framing::Nothing => NOTHING,
            // A length that cannot be told from a sign is longer than any connection lives.
            Framing::Length(bytes) => bytes.saturating_add(NOTHING).min(CHUNKED - 1),
            Framing::Chunked => CHUNKED,
        };
        self.framing.store(framing, Relaxed);
        let special = if is_old { special::OLD } else { 0 } | if expects { special::EXPECTS } else { 0 };
        self.special.store(special, Relaxed);
        if self.hints.load(Relaxed) > 0 {
            self.hints.store(0, Relaxed);
        }
        self.runs.store(true, Relaxed);
        self.begun.store(self.begun.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// The exchange is over, though its last bytes may still be on their way to the client.
    pub fn end(&self) {
        self.runs.store(false, Relaxed);
    }

    /// An interim answer, as bytes, for the client to read before the answer. A client that speaks HTTP/1.0 gets none;
    /// what comes too fast for the client is dropped, for interim answers are hints. An empty one only counts.
    pub fn tell(&self, head: &[u8]) {
        self.hints.fetch_add(1, Relaxed);
        if self.is(special::OLD) || head.is_empty() {
            return;
        }
        let mut interim = self.interim();
        if interim.len() + head.len() <= INTERIM_LIMIT {
            interim.extend_from_slice(head);
            self.special.fetch_or(special::INTERIM, Relaxed);
        }
    }

    /// Whether the upstream hints without end instead of answering.
    pub fn is_flooded(&self) -> bool {
        self.hints.load(Relaxed) > HINT_LIMIT
    }

    /// The answer's body ends with the connection: if it breaks off, only a reset says so.
    pub fn cut_by_reset(&self) {
        self.special.fetch_or(special::CUT_BY_RESET, Relaxed);
    }

    /// The answer has this `Content-Length` and no body.
    pub fn has_length(&self, bytes: u64) {
        self.length.store(bytes, Relaxed);
        self.special.fetch_or(special::LENGTH, Relaxed);
    }

    /// The rest of a head did not come in time: it is refused.
    pub fn late(&self) {
        self.is_late.store(true, Relaxed);
    }

    fn is(&self, flag: u8) -> bool {
        self.special.load(Relaxed) & flag != 0
    }

    fn interim(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        // Bytes are appended whole or not at all.
        self.interim.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Turn: what the transport asks ===

impl Turn {
    /// Whether an exchange runs.
    pub fn runs(&self) -> bool {
        self.runs.load(Relaxed)
    }

    /// How many exchanges have begun.
    pub fn begun(&self) -> u32 {
        self.begun.load(Relaxed)
    }

    /// The body behind the head that was handed over last; asked once for each.
    pub fn take_framing(&self) -> Option<Framing> {
        match self.framing.swap(UNTOLD, Relaxed) {
            UNTOLD => None,
            NOTHING => Some(Framing::Nothing),
            CHUNKED => Some(Framing::Chunked),
            length => Some(Framing::Length(length - NOTHING)),
        }
    }

    /// Whether the answer needs nothing but to be written.
    pub fn is_ordinary(&self) -> bool {
        self.special.load(Relaxed) == 0
    }

    /// Whether hyper's own `100 Continue` is to be swallowed; asked when it comes, which is once.
    pub fn take_expects(&self) -> bool {
        self.special.fetch_and(!special::EXPECTS, Relaxed) & special::EXPECTS != 0
    }

    /// Whether the client speaks HTTP/1.0.
    pub fn is_old(&self) -> bool {
        self.is(special::OLD)
    }

    /// Whether a body that breaks off has to end in a reset.
    pub fn is_cut_by_reset(&self) -> bool {
        self.is(special::CUT_BY_RESET)
    }

    /// The `Content-Length` to write into the answer's head.
    pub fn length(&self) -> Option<u64> {
        self.is(special::LENGTH).then(|| self.length.load(Relaxed))
    }

    /// Whether an interim answer waits.
    pub fn has_interim(&self) -> bool {
        self.is(special::INTERIM)
    }

    /// The interim answers that wait.
    pub fn take_interim(&self) -> Vec<u8> {
        self.special.fetch_and(!special::INTERIM, Relaxed);
        std::mem::take(&mut self.interim())
    }

    /// Whether the head that is being read came too late.
    pub fn take_late(&self) -> bool {
        self.is_late.load(Relaxed) && self.is_late.swap(false, Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_framing_is_told_once() {
        let turn = Turn::default();
        assert_eq!(turn.take_framing(), None);
        for framing in [Framing::Nothing, Framing::Length(5), Framing::Length(u64::MAX - 2), Framing::Chunked] {
            turn.begin(framing, false, false);
            assert_eq!(turn.take_framing(), Some(framing));
            assert_eq!(turn.take_framing(), None);
        }
    }

    #[test]
    fn an_old_client_hears_nothing_before_the_answer() {
        let turn = Turn::default();
        turn.begin(Framing::Nothing, true, false);
        turn.tell(b"HTTP/1.1 103 Early Hints\r\n\r\n");
        assert!(!turn.has_interim());
        turn.begin(Framing::Nothing, false, false);
        assert!(turn.is_ordinary());
        turn.tell(b"a");
        turn.tell(b"b");
        assert_eq!(turn.take_interim(), b"ab");
        assert!(turn.is_ordinary());
    }

    #[test]
    fn hints_are_bounded() {
        let turn = Turn::default();
        turn.begin(Framing::Nothing, false, false);
        (0..100).for_each(|_| turn.tell(&[b'x'; 1000]));
        assert!(turn.take_interim().len() <= INTERIM_LIMIT);
    }
}
