//! What an exchange may tell the client before its answer: interim answers (RFC 9110, section 15.2), on their way from
//! whoever hears the upstream to the connection's task, which writes them.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// How many interim answers one exchange may have.
const HINT_LIMIT: u32 = 100;
/// The most that waits to be told before an answer.
const INTERIM_LIMIT: usize = 64 * 1024;

/// One connection's turn to hear. All operations are relaxed: the bytes have a lock.
#[derive(Debug, Default)]
pub struct Turn {
    /// Whether the client speaks HTTP/1.0, and is told nothing before the answer.
    is_old: AtomicBool,
    /// How many interim answers came in this exchange.
    hints: AtomicU32,
    has_interim: AtomicBool,
    interim: Mutex<Vec<u8>>,
}

// === impl Turn ===

impl Turn {
    /// An exchange begins.
    pub fn begin(&self, is_old: bool) {
        self.is_old.store(is_old, Relaxed);
        self.hints.store(0, Relaxed);
        if self.has_interim() {
            // The last answer overtook it.
            self.take_interim();
        }
    }

    /// An interim answer, as bytes, for the client to read before the answer. A client that speaks HTTP/1.0 gets none;
    /// what comes too fast for the client is dropped, for interim answers are hints. An empty one only counts.
    pub fn tell(&self, head: &[u8]) {
        self.hints.fetch_add(1, Relaxed);
        if self.is_old.load(Relaxed) || head.is_empty() {
            return;
        }
        let mut interim = self.interim();
        if interim.len() + head.len() <= INTERIM_LIMIT {
            interim.extend_from_slice(head);
            self.has_interim.store(true, Relaxed);
        }
    }

    /// Whether the upstream hints without end instead of answering.
    pub fn is_flooded(&self) -> bool {
        self.hints.load(Relaxed) > HINT_LIMIT
    }

    /// Whether an interim answer waits.
    pub fn has_interim(&self) -> bool {
        self.has_interim.load(Relaxed)
    }

    /// The interim answers that wait.
    pub fn take_interim(&self) -> Vec<u8> {
        let mut interim = self.interim();
        self.has_interim.store(false, Relaxed);
        std::mem::take(&mut interim)
    }

    fn interim(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        // Bytes are appended whole or not at all.
        self.interim.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_client_hears_nothing_before_the_answer() {
        let turn = Turn::default();
        turn.begin(true);
        turn.tell(b"HTTP/1.1 103 Early Hints\r\n\r\n");
        assert!(!turn.has_interim());
        turn.begin(false);
        turn.tell(b"a");
        turn.tell(b"b");
        assert_eq!(turn.take_interim(), b"ab");
        assert!(!turn.has_interim());
    }

    #[test]
    fn hints_are_bounded() {
        let turn = Turn::default();
        turn.begin(false);
        (0..=HINT_LIMIT).for_each(|_| turn.tell(&[b'x'; 1000]));
        assert!(turn.is_flooded());
        assert!(turn.take_interim().len() <= INTERIM_LIMIT);
        turn.begin(false);
        assert!(!turn.is_flooded());
    }
}
