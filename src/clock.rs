//! One lazy timer per downstream connection, shared by everything that waits on that connection's behalf.
//!
//! Arming a deadline is an atomic store; no timer is touched. The connection's task owns the only real timer
//! (`server::alarm`): when it fires it asks [`Clock::expire`] whether a deadline has truly passed, marks the phase, and
//! lets the exchange find the mark at its next poll. Because the timer fires at least every [`Clock::begin`] tick
//! while an exchange runs, and no phase of that exchange is shorter than its tick, no deadline is noticed late.
//!
//! A clock runs only while the side that it judges is the one waited for: whoever starts to wait arms, whoever is
//! answered disarms.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Phase;

/// No deadline.
const NEVER: u64 = u64::MAX;
/// No phase has expired.
const NONE: u8 = u8::MAX;

/// The deadlines of one downstream connection. All operations are relaxed: a deadline guards no data.
#[derive(Debug)]
pub struct Clock {
    epoch: Instant,
    /// Milliseconds after `epoch` at which each phase expires.
    deadlines: [AtomicU64; Phase::ALL.len()],
    /// When the timer must look again at the latest, whatever the deadlines say.
    look_at: AtomicU64,
    /// The longest time between two looks while an exchange runs, in milliseconds; `NEVER` between exchanges.
    tick: AtomicU64,
    expired: AtomicU8,
}

impl Clock {
    /// A clock without deadlines.
    pub fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            deadlines: [const { AtomicU64::new(NEVER) }; Phase::ALL.len()],
            look_at: AtomicU64::new(NEVER),
            tick: AtomicU64::new(NEVER),
            expired: AtomicU8::new(NONE),
        }
    }

    /// An exchange begins whose shortest phase is no shorter than `tick`.
    pub fn begin(&self, now: Instant, tick: Duration) {
        self.disarm(Phase::Head);
        self.disarm(Phase::Idle);
        self.expired.store(NONE, Relaxed);
        let tick = millis(tick);
        self.tick.store(tick, Relaxed);
        self.look_at.store(self.since_epoch(now) + tick, Relaxed);
    }

    /// The exchange has ended: its deadlines go, the wait for the next request begins.
    pub fn end(&self, now: Instant, idle: Duration) {
        for deadline in &self.deadlines {
            deadline.store(NEVER, Relaxed);
        }
        self.tick.store(NEVER, Relaxed);
        self.arm_soon(Phase::Idle, now, idle);
    }

    /// `phase` expires `after` from `now`.
    pub fn arm(&self, phase: Phase, now: Instant, after: Duration) {
        self.deadlines[phase as usize].store(self.since_epoch(now).saturating_add(millis(after)), Relaxed);
    }

    /// As [`arm`](Self::arm), for a deadline that may begin before the timer's next look.
    pub fn arm_soon(&self, phase: Phase, now: Instant, after: Duration) {
        self.arm(phase, now, after);
        let deadline = self.deadlines[phase as usize].load(Relaxed);
        // A look is nearly always due before, and to see that costs nothing.
        if deadline < self.look_at.load(Relaxed) {
            self.look_at.fetch_min(deadline, Relaxed);
        }
    }

    /// The timer looks at `at` at the latest, though no deadline may fall due by then.
    pub fn look_by(&self, at: Instant) {
        self.look_at.fetch_min(self.since_epoch(at), Relaxed);
    }

    /// `phase` is over.
    pub fn disarm(&self, phase: Phase) {
        self.deadlines[phase as usize].store(NEVER, Relaxed);
    }

    /// Whether `phase` has a deadline.
    pub fn is_armed(&self, phase: Phase) -> bool {
        self.deadlines[phase as usize].load(Relaxed) != NEVER
    }

    /// When `phase` expires, if it has a deadline.
    pub fn deadline(&self, phase: Phase) -> Option<Instant> {
        self.instant(self.deadlines[phase as usize].load(Relaxed))
    }

    /// Whether the connection waits for its next request.
    pub fn is_idle(&self) -> bool {
        self.is_armed(Phase::Idle)
    }

    /// The phase that the timer found expired.
    pub fn expired(&self) -> Option<Phase> {
        Phase::ALL.get(usize::from(self.expired.load(Relaxed))).copied()
    }

    /// When the timer has to look by, if it has to.
    pub fn look_at(&self) -> Option<Instant> {
        self.instant(self.look_at.load(Relaxed))
    }

    /// Marks an expired phase, if there is one, and says when to look again. A phase expires once: whoever it concerns
    /// may be busy with the other side and find the mark later.
    pub fn expire(&self, now: Instant) -> Option<Instant> {
        let now = self.since_epoch(now);
        let mut next = now.saturating_add(self.tick.load(Relaxed));
        for (phase, deadline) in (0u8..).zip(&self.deadlines) {
            let at = deadline.load(Relaxed);
            if at <= now {
                deadline.store(NEVER, Relaxed);
                self.expired.store(phase, Relaxed);
            } else {
                next = next.min(at);
            }
        }
        self.look_at.store(next, Relaxed);
        self.instant(next)
    }

    fn since_epoch(&self, now: Instant) -> u64 {
        millis(now.saturating_duration_since(self.epoch))
    }

    fn instant(&self, at: u64) -> Option<Instant> {
        if at == NEVER { None } else { self.epoch.checked_add(Duration::from_millis(at)) }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn marks_the_phase_whose_deadline_has_passed() {
        let start = Instant::now();
        let clock = Clock::new(start);
        clock.begin(start, 5 * SECOND);
        clock.arm(Phase::FirstByte, start, 7 * SECOND);
        assert_eq!(clock.look_at(), Some(start + 5 * SECOND));
        assert_eq!(clock.expire(start + 5 * SECOND), Some(start + 7 * SECOND));
        assert_eq!(clock.expired(), None);
        clock.expire(start + 7 * SECOND);
        assert_eq!(clock.expired(), Some(Phase::FirstByte));
    }

    #[tokio::test(start_paused = true)]
    async fn a_disarmed_phase_never_expires() {
        let start = Instant::now();
        let clock = Clock::new(start);
        clock.arm(Phase::Silence, start, SECOND);
        clock.disarm(Phase::Silence);
        assert_eq!(clock.expire(start + 9 * SECOND), None);
        assert_eq!(clock.expired(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn between_exchanges_only_the_idle_deadline_runs() {
        let start = Instant::now();
        let clock = Clock::new(start);
        clock.begin(start, SECOND);
        clock.arm(Phase::Total, start, 10 * SECOND);
        clock.end(start + SECOND, 90 * SECOND);
        assert!(clock.is_idle());
        assert_eq!(clock.expire(start + 20 * SECOND), Some(start + 91 * SECOND));
        assert_eq!(clock.expired(), None);
    }
}
