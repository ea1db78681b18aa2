//! One call at a time for each endpoint, and a short queue in front of them all.
//!
//! Ollama's own queue is invisible: its slots wait without limit and without a byte (contract: ollama, 5.1).

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::Reason;
use crate::upstream::Upstream;

/// How many questions may wait, and how long each.
const QUEUE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(5);

/// The endpoints that nobody asks right now.
#[derive(Debug)]
pub(super) struct Slots {
    permits: Semaphore,
    free: Mutex<Vec<usize>>,
    waiting: AtomicUsize,
}

/// An endpoint that is ours; free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    slots: &'a Slots,
    endpoint: usize,
    _permit: SemaphorePermit<'a>,
}

/// Counts one who waits.
struct Waiting<'a>(&'a AtomicUsize);

// === impl Slots ===

impl Slots {
    pub(super) fn new(endpoints: usize) -> Self {
        Self {
            permits: Semaphore::new(endpoints),
            free: Mutex::new((0..endpoints).collect()),
            waiting: AtomicUsize::new(0),
        }
    }

    /// An endpoint that is free, those first that did not refuse lately; waits in the queue if there is none and the
    /// queue has room.
    pub(super) async fn take(&self, upstream: &Upstream) -> Result<Slot<'_>, Reason> {
        let permit = if let Ok(permit) = self.permits.try_acquire() {
            permit
        } else {
            let _waiting = Waiting::enter(&self.waiting).ok_or("queue-full")?;
            let acquired = tokio::time::timeout(PATIENCE, self.permits.acquire()).await;
            acquired.map_err(|_| "queue-timeout")?.map_err(|_| "queue-timeout")?
        };
        let now = Instant::now();
        let mut free = self.lock();
        let ready = |number: &usize| upstream.endpoints().get(*number).is_some_and(|endpoint| !endpoint.rests(now));
        let at = free.iter().position(ready).unwrap_or(0);
        // There are as many numbers as permits.
        let endpoint = if free.is_empty() { 0 } else { free.swap_remove(at) };
        drop(free);
        Ok(Slot { slots: self, endpoint, _permit: permit })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<usize>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Slot ===

impl Slot<'_> {
    /// The endpoint's number.
    pub(super) fn endpoint(&self) -> usize {
        self.endpoint
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.slots.lock().push(self.endpoint);
    }
}

// === impl Waiting ===

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Option<Self> {
        let entered = count.fetch_update(Relaxed, Relaxed, |waiting| (waiting < QUEUE).then_some(waiting + 1));
        entered.ok().map(|_| Self(count))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
