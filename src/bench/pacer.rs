//! The clock of an open loop: gives turns at intended starts, to the tenth of a millisecond.
//!
//! Tokio's timers tick in milliseconds, which would be most of a fast answer's latency. So a thread of its own sleeps
//! (on the kernel's high-resolution timers) and hands out turns; it ends with the pacer.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Longest sleep, so that a thread that is not needed any more ends soon.
const NAP: Duration = Duration::from_millis(50);

/// Turns at a fixed rate.
#[derive(Debug)]
pub(super) struct Pacer(Arc<Turns>);

#[derive(Debug)]
struct Turns {
    start: Instant,
    end: Instant,
    period: Duration,
    due: Semaphore,
    taken: AtomicU64,
}

// === impl Pacer ===

impl Pacer {
    /// `rate` turns a second from `start` to `end`.
    pub(super) fn start(rate: f64, start: Instant, end: Instant) -> io::Result<Self> {
        let period = Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX).max(Duration::from_nanos(1));
        let turns = Arc::new(Turns { start, end, period, due: Semaphore::new(0), taken: AtomicU64::new(0) });
        let given = Arc::clone(&turns);
        std::thread::Builder::new().name("bench-pacer".into()).spawn(move || given.give())?;
        Ok(Self(turns))
    }

    /// Waits for a turn; when it should have begun, `None` at the end.
    pub(super) async fn turn(&self) -> Option<Instant> {
        self.0.due.acquire().await.ok()?.forget();
        Some(self.0.take())
    }

    /// Turns that were due before the end and that nobody took.
    pub(super) fn left(&self) -> impl Iterator<Item = Instant> + '_ {
        std::iter::repeat_with(|| self.0.take()).take_while(|due| *due < self.0.end)
    }
}

impl Drop for Pacer {
    fn drop(&mut self) {
        self.0.due.close();
    }
}

// === impl Turns ===

impl Turns {
    /// When the turn of this number is due.
    fn at(&self, number: u64) -> Instant {
        let offset = self.period.as_nanos().saturating_mul(u128::from(number));
        self.start + Duration::from_nanos(u64::try_from(offset).unwrap_or(u64::MAX / 2))
    }

    fn take(&self) -> Instant {
        self.at(self.taken.fetch_add(1, Relaxed))
    }

    /// Gives turns at their times.
    fn give(&self) {
        let mut number = 0;
        while !self.due.is_closed() {
            let now = Instant::now();
            let before = number;
            while self.at(number) <= now && self.at(number) < self.end {
                number += 1;
            }
            self.due.add_permits(usize::try_from(number - before).unwrap_or_default());
            if now >= self.end {
                // Who still waits hears that there is none; what was due and not begun is `left`.
                self.due.close();
            } else {
                let next = self.at(number).min(self.end).saturating_duration_since(now);
                std::thread::sleep(next.min(NAP));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn gives_turns_in_time_and_no_more() {
        let start = Instant::now();
        let end = start + Duration::from_millis(20);
        let pacer = Pacer::start(500.0, start, end).unwrap();
        let mut dues = Vec::new();
        while let Some(due) = pacer.turn().await {
            assert!(due <= Instant::now());
            dues.push(due);
        }
        dues.extend(pacer.left());
        let expected: Vec<_> = (0..10).map(|number| start + Duration::from_millis(2) * number).collect();
        assert_eq!(dues, expected);
        assert!(Instant::now() >= end);
    }
}
