//! How far an upload is, and whose turn it is: what the body on its way, its exchange and the clock know of each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use tokio::time::Instant;

use super::pace::{Meter, Pace};
use crate::clock::Clock;
use crate::error::{Error, Phase};

/// The longest waits of an upload.
#[derive(Debug, Clone, Copy, Default)]
pub struct Patience {
    /// For the client's next byte.
    pub stall: Option<Duration>,
    /// For the client's bytes, taken together.
    pub pace: Option<Pace>,
    /// For the upstream: until it takes the next piece, and for its answer after the last.
    pub first_byte: Option<Duration>,
}

/// How far an upload is, as its exchange sees it.
#[derive(Debug)]
pub struct Progress {
    clock: Arc<Clock>,
    patience: Patience,
    /// Whether the deadline that runs, or ran last, is that of the pace and not the stall's.
    is_slow: AtomicBool,
    /// Whether the client waits for the upstream's `100 Continue` (RFC 9110, section 10.1.1), as far as one can know.
    expects: AtomicBool,
    received: AtomicU64,
    done: AtomicBool,
    broke: AtomicBool,
    answered: AtomicBool,
    /// Why it may not go on.
    refusal: OnceLock<Error>,
}

// === impl Progress ===

impl Progress {
    /// Nothing received yet.
    pub fn new(clock: Arc<Clock>, patience: Patience, expects: bool) -> Self {
        Self {
            clock,
            patience,
            is_slow: AtomicBool::new(false),
            expects: AtomicBool::new(expects),
            received: AtomicU64::new(0),
            done: AtomicBool::new(false),
            broke: AtomicBool::new(false),
            answered: AtomicBool::new(false),
            refusal: OnceLock::new(),
        }
    }

    /// Body bytes received from the client so far.
    pub fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// Whether the client's last byte has been handed on: only then may the upstream connection be used again.
    pub fn is_done(&self) -> bool {
        self.done.load(Relaxed)
    }

    /// Whether the client's body broke off: then what becomes of the exchange is not the upstream's fault.
    pub fn has_broken(&self) -> bool {
        self.broke.load(Relaxed)
    }

    /// A meter of its pace, if it has one to keep.
    pub(super) fn meter(&self) -> Option<Meter> {
        self.patience.pace.map(Meter::new)
    }

    /// The pace that was not kept, of an upload that was waited for too long.
    pub fn missed(&self) -> Option<Pace> {
        self.patience.pace.filter(|_| self.is_slow.load(Relaxed))
    }

    /// It broke off.
    pub(super) fn break_off(&self) {
        self.broke.store(true, Relaxed);
    }

    /// It may not go on: as if the client had broken it off, but for another reason.
    pub(super) fn refuse(&self, refusal: Error) {
        self.clock.disarm(Phase::Upload);
        // Nothing is looked at behind the first refusal.
        let _ = self.refusal.set(refusal);
        self.broke.store(true, Relaxed);
    }

    /// Why it may not go on, if it may not.
    pub fn refusal(&self) -> Option<&Error> {
        self.refusal.get()
    }

    /// The answer's head is there, though the upload may go on: nobody waits for it any more.
    pub fn note_answered(&self) {
        self.answered.store(true, Relaxed);
    }

    /// The upstream said `100 Continue`. Returns whether the client still waits for it.
    pub fn go_on(&self) -> bool {
        let did_wait = self.expects.swap(false, Relaxed);
        if did_wait {
            self.clock.disarm(Phase::FirstByte);
        }
        did_wait
    }

    /// Whose turn it is: the upstream's, as long as the client may wait for its word.
    pub(super) fn waits_for_client(&self, meter: Option<&mut Meter>) {
        if self.expects.load(Relaxed) {
            return self.arm(Phase::FirstByte, self.patience.first_byte);
        }
        self.clock.disarm(Phase::FirstByte);
        match meter {
            Some(meter) => self.wait_by(meter),
            None => self.arm(Phase::Upload, self.patience.stall),
        }
    }

    fn arm(&self, phase: Phase, limit: Option<Duration>) {
        if let Some(limit) = limit
            && !self.clock.is_armed(phase)
        {
            self.clock.arm(phase, Instant::now(), limit);
        }
    }

    /// Waits for the client until its pace is judged, or it has stalled.
    fn wait_by(&self, meter: &mut Meter) {
        // What has expired is still to be noticed, and for what it was.
        if self.clock.is_armed(Phase::Upload) || self.clock.expired() == Some(Phase::Upload) {
            return;
        }
        let now = Instant::now();
        let left = meter.wait(now);
        let stall = self.patience.stall.filter(|stall| *stall <= left);
        self.is_slow.store(stall.is_none(), Relaxed);
        // The end of a stretch is nearer than any deadline that the timer's looks are made for.
        self.clock.arm_soon(Phase::Upload, now, stall.unwrap_or(left));
    }

    pub(super) fn took(&self, frame: &Frame<Bytes>, last: bool, meter: Option<&mut Meter>) {
        self.clock.disarm(Phase::Upload);
        if self.expects.load(Relaxed) {
            // It did not wait, or not any longer.
            self.go_on();
        }
        if let Some(data) = frame.data_ref() {
            self.received.store(self.received.load(Relaxed) + data.len() as u64, Relaxed);
            if let Some(meter) = meter {
                meter.came(data.len() as u64, Instant::now);
            }
        }
        if last {
            self.finished();
        } else {
            self.waits_for_upstream();
        }
    }

    /// Until the next piece is asked for. An upstream that takes no more would hold the client for ever, and a client
    /// that leaves then is not seen: its end stands behind what it has sent.
    fn waits_for_upstream(&self) {
        if let Some(first_byte) = self.patience.first_byte
            && !self.answered.load(Relaxed)
        {
            self.clock.arm(Phase::FirstByte, Instant::now(), first_byte);
        }
    }

    pub(super) fn finished(&self) {
        self.clock.disarm(Phase::Upload);
        if !self.done.swap(true, Relaxed) {
            self.waits_for_upstream();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use http_body::Body;

    use super::super::{Giver, Incoming, RequestBody, handover};
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A client that uploads, and the clock of its connection.
    struct Lab {
        giver: Giver,
        body: RequestBody,
        clock: Arc<Clock>,
        progress: Arc<Progress>,
    }

    impl Lab {
        fn new(length: Option<u64>, stall: Option<Duration>, expects: bool) -> Self {
            let clock = Arc::new(Clock::new(Instant::now()));
            clock.begin(Instant::now(), 60 * SECOND);
            let pace = Some(Pace { bytes: 600, per: 60 * SECOND });
            let patience = Patience { stall, pace, first_byte: Some(1_000 * SECOND) };
            let progress = Arc::new(Progress::new(Arc::clone(&clock), patience, expects));
            let (giver, taker) = handover(length);
            let body = RequestBody::upload(Incoming::Handed(taker), Arc::clone(&progress), None);
            Self { giver, body, clock, progress }
        }

        /// The upstream asks for more; whether there was any.
        fn ask(&mut self) -> bool {
            Pin::new(&mut self.body).poll_frame(&mut Context::from_waker(Waker::noop())).is_ready()
        }

        fn give(&mut self, bytes: &'static [u8]) {
            self.giver.give(Bytes::from_static(bytes));
            assert!(self.ask());
        }

        /// Time passes, with the connection's timer; whether the upload's is up.
        async fn pass(&self, time: Duration) -> bool {
            let until = Instant::now() + time;
            while let Some(look_at) = self.clock.look_at().filter(|at| *at <= until) {
                tokio::time::sleep_until(look_at).await;
                self.clock.expire(Instant::now());
            }
            tokio::time::sleep_until(until).await;
            self.clock.expired() == Some(Phase::Upload)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_every_five_seconds_is_not_enough() {
        let mut lab = Lab::new(None, Some(60 * SECOND), false);
        let start = Instant::now();
        assert!(!lab.ask());
        while !lab.pass(5 * SECOND).await {
            lab.give(b"x");
            assert!(!lab.ask());
        }
        assert_eq!(start.elapsed(), 60 * SECOND);
        assert!(lab.progress.missed().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_told_from_a_trickle() {
        let mut lab = Lab::new(None, Some(20 * SECOND), false);
        assert!(!lab.ask());
        assert!(!lab.pass(19 * SECOND).await);
        lab.give(b"x");
        assert!(!lab.ask());
        // The tick of this clock is a minute: the deadline asks for an earlier look.
        assert!(lab.pass(20 * SECOND).await);
        // What expired stays what it was, however often the body is asked.
        assert!(!lab.ask());
        assert_eq!(lab.progress.missed(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_small_body_may_take_its_minute() {
        let mut lab = Lab::new(Some(12), None, false);
        for _ in 0..11 {
            assert!(!lab.ask());
            assert!(!lab.pass(5 * SECOND).await);
            lab.give(b"x");
        }
        assert!(!lab.ask());
        assert!(!lab.pass(4 * SECOND).await);
        lab.give(b"x");
        assert!(lab.progress.is_done());
        assert!(!lab.pass(3_600 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn neither_a_busy_upstream_nor_its_word_counts() {
        let mut lab = Lab::new(None, None, true);
        // It waits for `100 Continue`.
        assert!(!lab.ask());
        assert!(!lab.pass(900 * SECOND).await);
        assert!(lab.progress.go_on());
        for _ in 0..20 {
            assert!(!lab.ask());
            assert!(!lab.pass(2 * SECOND).await);
            lab.give(b"x");
            // Now the upstream takes no more.
            assert!(!lab.pass(500 * SECOND).await);
        }
        // 40 seconds of its own were used up.
        assert!(!lab.ask());
        assert!(!lab.pass(19 * SECOND).await);
        assert!(lab.pass(SECOND).await);
    }
}
