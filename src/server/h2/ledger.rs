//! What a client's frames have cost a connection and what its exchanges brought: whoever only costs is sent away.
//!
//! One account for each connection, in frames. It is drawn on by frames that carry nothing ([`Meter`](super::meter)) and
//! by streams that the client gives up; answers that it takes pay in, and so does time. What an honest client does in a
//! burst is covered: a hundred requests, all given up; two `WINDOW_UPDATE` and a PING for each DATA frame that it
//! gets (as gRPC's clients do to measure the way); the opening frames of a browser. A flood is through with it after as much
//! work as a TLS handshake takes, and gets [`RATE`] frames a second from then on, which is nothing.
//!
//! Relaxed throughout: two tasks that meet may give or take a few frames.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

use tokio::time::Instant;

/// The most that an account holds, and what it begins with.
const MOST: i64 = 4096;
/// What a second pays in.
const RATE: u64 = 100;
/// What a request pays in that was answered.
const ANSWERED: u32 = 16;
/// What a piece of an answer pays in that the client took as the upstream had sent it.
const PIECE: u32 = 4;
/// As many bytes of answers pay in one frame. A client that grants windows of less gets little for much.
const BYTES: usize = 256;
/// What a stream costs that the client gave up, or that was no request: on top of its frames, the way to an upstream
/// and back (CVE-2023-44487).
const LEFT: u32 = 8;

/// One connection's account.
#[derive(Debug)]
pub(super) struct Ledger {
    opened: Instant,
    /// How many frames are left.
    left: AtomicI64,
    /// Up to when time has paid in, in milliseconds after `opened`.
    paid: AtomicU64,
    is_spent: AtomicBool,
    /// Whether anything came from the client since somebody asked.
    has_heard: AtomicBool,
    /// Whether the client is in the middle of a frame, or of a block of fields.
    is_partial: AtomicBool,
}

// === impl Ledger ===

impl Ledger {
    /// A new account.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            opened: now,
            left: AtomicI64::new(MOST),
            paid: AtomicU64::new(0),
            is_spent: AtomicBool::new(false),
            has_heard: AtomicBool::new(true),
            is_partial: AtomicBool::new(true),
        }
    }

    /// Bytes came whose frames cost so much.
    pub(super) fn hear(&self, cost: u32, is_partial: bool) {
        self.has_heard.store(true, Relaxed);
        self.is_partial.store(is_partial, Relaxed);
        if cost > 0 {
            self.draw(cost);
        }
    }

    /// A client gave a stream up, or what it asked was no request.
    pub(super) fn note_left(&self) {
        self.draw(LEFT);
    }

    /// A request was answered.
    pub(super) fn note_answered(&self) {
        self.pay(ANSWERED.into());
    }

    /// The client lets so many bytes of an answer go; `is_piece` says that nothing of the upstream's piece is left.
    pub(super) fn note_sent(&self, bytes: usize, is_piece: bool) {
        let bytes = i64::try_from(bytes / BYTES).unwrap_or(MOST);
        self.pay(bytes + if is_piece { PIECE.into() } else { 0 });
    }

    /// Whether the account is overdrawn. It stays so.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent.load(Relaxed)
    }

    /// Whether anything came since the last time that this was asked.
    pub(super) fn has_heard(&self) -> bool {
        self.has_heard.swap(false, Relaxed)
    }

    /// Whether something is begun and not ended.
    pub(super) fn is_partial(&self) -> bool {
        self.is_partial.load(Relaxed)
    }

    fn draw(&self, cost: u32) {
        let cost = i64::from(cost);
        if self.left.fetch_sub(cost, Relaxed) >= cost {
            return;
        }
        // Time is looked at only now.
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        let since = now.saturating_sub(self.paid.swap(now, Relaxed));
        self.pay(i64::try_from(since.saturating_mul(RATE) / 1000).unwrap_or(MOST));
        if self.left.load(Relaxed) < 0 {
            self.is_spent.store(true, Relaxed);
        }
    }

    fn pay(&self, frames: i64) {
        if frames > 0 && self.left.fetch_add(frames, Relaxed).saturating_add(frames) > MOST {
            self.left.store(MOST, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ALL: u32 = 4096;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_covered_and_a_flood_is_not() {
        assert_eq!(i64::from(ALL), MOST);
        let ledger = Ledger::new(Instant::now());
        ledger.hear(ALL, false);
        assert!(!ledger.is_spent());
        ledger.hear(1, false);
        assert!(ledger.is_spent());
    }

    #[tokio::test(start_paused = true)]
    async fn time_pays_for_what_comes_now_and_then() {
        let ledger = Ledger::new(Instant::now());
        for _ in 0..100_000 {
            tokio::time::advance(Duration::from_millis(11)).await;
            ledger.hear(1, false);
        }
        assert!(!ledger.is_spent());
        tokio::time::advance(Duration::from_secs(3600)).await;
        // One that overdraws is settled by the hour, the next has the most.
        for left in [true, true, false] {
            ledger.hear(ALL, false);
            assert_eq!(!ledger.is_spent(), left);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn answers_pay_for_the_frames_that_take_them() {
        let ledger = Ledger::new(Instant::now());
        for _ in 0..100_000 {
            // Two WINDOW_UPDATE for each DATA frame, and a PING.
            ledger.note_sent(16_384, false);
            ledger.hear(3, false);
            ledger.note_sent(30, true);
            ledger.hear(3, false);
            ledger.hear(1, false);
            ledger.note_answered();
        }
        assert!(!ledger.is_spent());
    }

    #[tokio::test(start_paused = true)]
    async fn windows_of_a_byte_pay_for_nothing() {
        let ledger = Ledger::new(Instant::now());
        for _ in 0..=ALL {
            ledger.hear(1, false);
            ledger.note_sent(1, false);
        }
        assert!(ledger.is_spent());
    }

    #[tokio::test(start_paused = true)]
    async fn streams_that_are_given_up_cost_more_than_their_frames() {
        let ledger = Ledger::new(Instant::now());
        let mut streams = 0;
        while !ledger.is_spent() {
            ledger.hear(2, false);
            ledger.note_left();
            streams += 1;
        }
        assert_eq!(streams, ALL / (2 + LEFT) + 1);
        // A person who closes an event stream each second is never sent away.
        let ledger = Ledger::new(Instant::now());
        for _ in 0..10_000 {
            tokio::time::advance(Duration::from_secs(1)).await;
            ledger.hear(2, false);
            ledger.note_left();
        }
        assert!(!ledger.is_spent());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_heard_is_told_once() {
        let ledger = Ledger::new(Instant::now());
        assert!(ledger.has_heard() && !ledger.has_heard());
        ledger.hear(0, true);
        assert!(ledger.is_partial() && ledger.has_heard() && !ledger.has_heard());
    }
}
