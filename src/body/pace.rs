//! How fast an upload has to come, measured only while it is waited for.
//!
//! A client that sends a byte now and then never stalls, and would keep a connection and VIA's memory for ever. Time in
//! which the upstream does not take what the client sends is not the client's: the meter stands still then.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

/// At least so many bytes in each stretch of waiting of that length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many.
    pub bytes: u64,
    /// How long.
    pub per: Duration,
}

/// Measures one upload, stretch by stretch. A stretch that falls short is judged at its end: an upload that is whole by
/// then was fast enough.
#[derive(Debug)]
pub(super) struct Meter {
    pace: Pace,
    /// Waited in this stretch, up to the last byte.
    waited: Duration,
    /// Bytes that came in it.
    came: u64,
    /// Since when the client is waited for.
    since: Option<Instant>,
}

// === impl Meter ===

impl Meter {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, waited: Duration::ZERO, came: 0, since: None }
    }

    /// The client is waited for, and was perhaps already. Returns how much longer it may be, if it sends nothing: to the
    /// end of this stretch, or of the next, if for this one enough has come.
    pub(super) fn wait(&mut self, now: Instant) -> Duration {
        let since = *self.since.get_or_insert(now);
        let spare = if self.has_enough() { self.pace.per } else { Duration::ZERO };
        let waited = self.waited + now.saturating_duration_since(since);
        self.pace.per.saturating_add(spare).saturating_sub(waited)
    }

    /// So many bytes came. The clock is asked only if they were waited for.
    pub(super) fn came(&mut self, bytes: u64, now: impl FnOnce() -> Instant) {
        if let Some(since) = self.since.take() {
            self.waited += now().saturating_duration_since(since);
        }
        if self.has_enough() && self.waited >= self.pace.per {
            self.waited -= self.pace.per;
            self.came = 0;
        }
        self.came = self.came.saturating_add(bytes);
    }

    fn has_enough(&self) -> bool {
        self.came >= self.pace.bytes
    }
}

// === impl Pace ===

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, unit) = match self.bytes {
            bytes if bytes % (1 << 20) == 0 => (bytes >> 20, "MiB"),
            bytes if bytes % (1 << 10) == 0 => (bytes >> 10, "KiB"),
            bytes => (bytes, "B"),
        };
        write!(f, "{bytes}{unit} per {}", humantime::format_duration(self.per))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PACE: Pace = Pace { bytes: 600, per: Duration::from_secs(60) };

    /// An upload whose client takes `gap` for each piece of `bytes`: how long it was waited for when its time was up,
    /// `None` if that never happened in an hour.
    fn ends_after(bytes: u64, gap: Duration) -> Option<Duration> {
        let start = Instant::now();
        let (mut meter, mut now) = (Meter::new(PACE), start);
        while now < start + 3_600 * SECOND {
            let left = meter.wait(now);
            if left < gap {
                return Some(now + left - start);
            }
            now += gap;
            meter.came(bytes, || now);
        }
        None
    }

    #[test]
    fn a_client_that_trickles_is_ended_with_the_first_stretch() {
        assert_eq!(ends_after(1, 5 * SECOND), Some(60 * SECOND));
        assert_eq!(ends_after(49, 5 * SECOND), Some(60 * SECOND));
    }

    #[test]
    fn a_client_that_keeps_the_pace_is_never_ended() {
        assert_eq!(ends_after(50, 5 * SECOND), None);
        assert_eq!(ends_after(600, 59 * SECOND), None);
        assert_eq!(ends_after(600, 60 * SECOND), None);
    }

    #[test]
    fn a_good_stretch_does_not_pay_for_a_bad_one() {
        let start = Instant::now();
        let mut meter = Meter::new(PACE);
        meter.wait(start);
        // A million in the first second: nothing need come until the second stretch ends.
        meter.came(1_000_000, || start + SECOND);
        assert_eq!(meter.wait(start + SECOND), 119 * SECOND);
        meter.came(1, || start + 70 * SECOND);
        assert_eq!(meter.wait(start + 70 * SECOND), 50 * SECOND);
        assert_eq!(meter.wait(start + 120 * SECOND), Duration::ZERO);
    }

    #[test]
    fn only_waiting_counts() {
        let start = Instant::now();
        let mut meter = Meter::new(PACE);
        meter.wait(start);
        meter.came(1, || start + 10 * SECOND);
        // An hour in which the upstream takes nothing, and a piece that was there before it was asked for.
        let later = start + 3_600 * SECOND;
        meter.came(1, || panic!("nobody waited"));
        assert_eq!(meter.wait(later), 50 * SECOND);
    }

    #[test]
    fn a_pace_is_shown_as_it_is_written() {
        assert_eq!(PACE.to_string(), "600B per 1m");
        assert_eq!(Pace { bytes: 600 << 10, per: 90 * SECOND }.to_string(), "600KiB per 1m 30s");
    }
}
