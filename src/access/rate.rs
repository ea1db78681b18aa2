//! How often one key may ask: so many requests in a period, and so many at once.
//!
//! The cell is governor's (GCRA: one atomic, no timer, no bucket to refill); its clock is tokio's, which a test can stop.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// One more request after each of these.
    pub interval: Duration,
    /// How many may come at once.
    pub burst: NonZeroU32,
}

/// What it has done.
pub(super) struct Limiter(RateLimiter<NotKeyed, InMemoryState, Since, NoOpMiddleware<Now>>);

/// The time since a limiter was made.
struct Since(Instant);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Now(Duration);

// === impl Limiter ===

impl Limiter {
    /// Nothing done yet. An interval of nothing limits nothing, and makes no limiter.
    pub(super) fn new(rate: Rate) -> Option<Self> {
        let quota = Quota::with_period(rate.interval)?.allow_burst(rate.burst);
        Some(Self(RateLimiter::direct_with_clock(quota, Since(Instant::now()))))
    }

    /// Counts a request; if it is one too many, the seconds until the next may come.
    pub(super) fn count(&self) -> Result<(), u32> {
        let Err(until) = self.0.check() else { return Ok(()) };
        let wait = until.wait_time_from(self.0.clock().now());
        // Whole seconds, never one too early.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Err(u32::try_from(seconds).unwrap_or(u32::MAX).max(1))
    }
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Limiter")
    }
}

// === impl Since ===

impl Clock for Since {
    type Instant = Now;

    fn now(&self) -> Now {
        Now(self.0.elapsed())
    }
}

// === impl Now ===

impl std::ops::Add<Nanos> for Now {
    type Output = Self;

    fn add(self, nanos: Nanos) -> Self {
        Self(self.0.saturating_add(nanos.into()))
    }
}

impl Reference for Now {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, nanos: Nanos) -> Self {
        Self(self.0.checked_sub(nanos.into()).unwrap_or(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_one_in_each_interval() {
        let burst = NonZeroU32::new(3).unwrap();
        let limiter = Limiter::new(Rate { interval: Duration::from_secs(10), burst }).unwrap();
        for _ in 0..3 {
            assert_eq!(limiter.count(), Ok(()));
        }
        assert_eq!(limiter.count(), Err(10));
        tokio::time::advance(Duration::from_millis(4500)).await;
        assert_eq!(limiter.count(), Err(6));
        tokio::time::advance(Duration::from_millis(5500)).await;
        assert_eq!(limiter.count(), Ok(()));
        assert_eq!(limiter.count(), Err(10));
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!((0..9).filter(|_| limiter.count().is_ok()).count(), 3);
    }

    #[test]
    fn an_interval_of_nothing_limits_nothing() {
        assert!(Limiter::new(Rate { interval: Duration::ZERO, burst: NonZeroU32::MIN }).is_none());
    }
}
