//! What a slice of load records: histograms and counters of constant size, however long it runs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::Instant;

use super::connection::{Failure, Listen};
use super::events::{Events, Reading};

/// Latencies in nanoseconds, from 0.1 µs to ten minutes, to three digits.
pub(super) type Latencies = Histogram<u64>;

/// Distinct failures that are told apart.
const FAILURES: usize = 16;

/// The record of one slice.
#[derive(Debug)]
pub(super) struct Record {
    /// What happens in between counts for rates; latencies count when they end after its start.
    window: (Instant, Instant),
    /// From the intended start to the answer's last byte.
    pub(super) latency: Latencies,
    /// To the answer's head.
    pub(super) first_byte: Latencies,
    /// To the end of the first event.
    pub(super) first_event: Latencies,
    /// Between two events.
    pub(super) gap: Latencies,
    /// How late the generator itself was: from the intended start to the moment when it began.
    pub(super) lateness: Latencies,
    pub(super) counts: Counts,
    pub(super) failures: BTreeMap<String, u64>,
}

/// What happened within the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Exchanges that ended well.
    pub(super) requests: u64,
    /// Body bytes, both ways.
    pub(super) bytes: u64,
    pub(super) events: u64,
    /// Exchanges that failed, at any time of the slice.
    pub(super) failed: u64,
    /// Connections that had to be opened anew.
    pub(super) reopened: u64,
    /// Requests of an open loop that were due and never begun.
    pub(super) unstarted: u64,
}

/// One exchange, watched.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    record: &'a RefCell<Record>,
    due: Instant,
    events: Events,
    /// A stream's beginnings count whenever they are: it may be longer than what goes before the window.
    is_stream: bool,
    last_event: Option<Instant>,
}

/// A histogram as all of ours are.
pub(super) fn latencies() -> Latencies {
    // These bounds are valid; the fallback has the same precision.
    Histogram::new_with_bounds(100, 600_000_000_000, 3)
        .unwrap_or_else(|_| Histogram::new(3).unwrap_or_else(|_| unreachable!("three digits are allowed")))
}

// === impl Record ===

impl Record {
    pub(super) fn new(window: (Instant, Instant)) -> Self {
        Self {
            window,
            latency: latencies(),
            first_byte: latencies(),
            first_event: latencies(),
            gap: latencies(),
            lateness: latencies(),
            counts: Counts::default(),
            failures: BTreeMap::new(),
        }
    }

    /// Whether it is time to stop starting.
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.window.1
    }

    /// A request ended well that should have begun at `due`.
    pub(super) fn finished(&mut self, due: Instant) {
        let now = Instant::now();
        if now < self.window.0 {
            return;
        }
        self.latency.saturating_record(nanoseconds(now - due));
        if now < self.window.1 {
            self.counts.requests += 1;
        }
    }

    /// A request of an open loop began that should have begun at `due`.
    pub(super) fn began(&mut self, due: Instant) {
        let now = Instant::now();
        if now >= self.window.0 {
            self.lateness.saturating_record(nanoseconds(now - due));
        }
    }

    /// A request that was due and never begun: it waited at least until now, and says so in the latencies.
    pub(super) fn unstarted(&mut self, due: Instant) {
        self.counts.unstarted += 1;
        self.latency.saturating_record(nanoseconds(Instant::now() - due));
    }

    pub(super) fn failed(&mut self, failure: &Failure) {
        self.counts.failed += 1;
        let name = failure.name();
        if self.failures.len() < FAILURES || self.failures.contains_key(&name) {
            *self.failures.entry(name).or_default() += 1;
        }
    }

    fn is_open(&self, now: Instant) -> bool {
        (self.window.0..self.window.1).contains(&now)
    }
}

/// Of a duration.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

// === impl Watch ===

impl<'a> Watch<'a> {
    pub(super) fn new(record: &'a RefCell<Record>, due: Instant, reading: Reading) -> Self {
        Self { record, due, events: Events::new(reading), is_stream: reading != Reading::Bytes, last_event: None }
    }
}

impl Listen for Watch<'_> {
    fn sent(&mut self, bytes: usize) {
        let mut record = self.record.borrow_mut();
        if record.is_open(Instant::now()) {
            record.counts.bytes += bytes as u64;
        }
    }

    fn answered(&mut self) {
        let now = Instant::now();
        let mut record = self.record.borrow_mut();
        if self.is_stream || now >= record.window.0 {
            record.first_byte.saturating_record(nanoseconds(now - self.due));
        }
    }

    fn came(&mut self, bytes: &[u8]) {
        let count = self.events.feed(bytes);
        let now = Instant::now();
        let mut record = self.record.borrow_mut();
        if record.is_open(now) {
            record.counts.bytes += bytes.len() as u64;
            record.counts.events += count;
        }
        if count == 0 {
            return;
        }
        let is_recorded = now >= record.window.0;
        match self.last_event.replace(now) {
            Some(last) if is_recorded => record.gap.saturating_record(nanoseconds(now - last)),
            Some(_) => {}
            None => record.first_event.saturating_record(nanoseconds(now - self.due)),
        }
        // Those that came in the same read came without a gap.
        if is_recorded && count > 1 {
            record.gap.saturating_record_n(0, count - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn counts_what_falls_into_the_window() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let record = RefCell::new(Record::new((start + second, start + 3 * second)));
        record.borrow_mut().finished(start);
        tokio::time::advance(2 * second).await;
        let mut watch = Watch::new(&record, start + second, Reading::Ndjson);
        watch.answered();
        watch.came(b"a\n");
        tokio::time::advance(second / 2).await;
        watch.came(b"b\nc\n");
        record.borrow_mut().finished(start + second);
        tokio::time::advance(second).await;
        record.borrow_mut().finished(start + second);
        let record = record.into_inner();
        assert_eq!(record.counts, Counts { requests: 1, bytes: 6, events: 3, ..Counts::default() });
        assert_eq!((record.latency.len(), record.first_event.len(), record.gap.len()), (2, 1, 2));
        assert!(record.first_event.equivalent(record.first_event.max(), 1_000_000_000));
        assert!(record.gap.equivalent(record.gap.max(), 500_000_000));
    }
}
