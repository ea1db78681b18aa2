//! Everything that may end a client's connection from outside: its deadlines, and the drain.
//!
//! The only timer of the connection is here. It is armed when a deadline may fall due before it fires, never re-armed
//! when one moves away, so that an ordinary request touches no timer at all (see [`Clock`]).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use super::Watch;
use crate::clock::Clock;
use crate::error::Phase;

/// The alarm of one connection.
pub(super) struct Alarm {
    bell: Bell,
    signal: Watch,
    /// Resolves when the drain begins; gone once it has.
    drain: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    is_watching: bool,
}

/// The deadlines alone.
pub(super) struct Bell {
    clock: Arc<Clock>,
    timer: Pin<Box<Sleep>>,
    /// Whether the timer has this task's waker.
    is_set: bool,
}

/// What rang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rang {
    /// The connection itself has to end.
    Expired(Phase),
    /// Something may have to be looked at: an exchange's deadline, or a client that may have left.
    Tick,
}

// === impl Alarm ===

impl Alarm {
    /// Looks at `clock`, whose first deadline is set, and at the drain.
    pub(super) fn new(clock: Arc<Clock>, watch: &Watch) -> Self {
        let mut drained = watch.clone();
        Self {
            bell: Bell::new(clock),
            signal: watch.clone(),
            drain: Some(Box::pin(async move { drained.draining().await })),
            is_watching: false,
        }
    }

    /// Whether the drain has begun. Registers this task's waker once, and looks again only when something was said: each
    /// look takes a lock.
    pub(super) fn is_draining(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(drain) = &mut self.drain
            && (!self.is_watching || self.signal.has_changed())
        {
            self.is_watching = true;
            if drain.as_mut().poll(cx).is_ready() {
                self.drain = None;
            }
        }
        self.drain.is_none()
    }

    /// See [`Bell::poll_ring`].
    pub(super) fn poll_ring(&mut self, cx: &mut Context<'_>) -> Poll<Rang> {
        self.bell.poll_ring(cx)
    }
}

// === impl Bell ===

impl Bell {
    /// Looks at `clock`, whose first deadline is set.
    pub(super) fn new(clock: Arc<Clock>) -> Self {
        let first = clock.look_at().unwrap_or_else(Instant::now);
        Self { clock, timer: Box::pin(sleep_until(first)), is_set: false }
    }

    /// Ready when the timer fired; to be asked again until it is pending.
    pub(super) fn poll_ring(&mut self, cx: &mut Context<'_>) -> Poll<Rang> {
        let Some(look_at) = self.clock.look_at() else { return Poll::Pending };
        let has_fired = self.timer.is_elapsed();
        // A timer that fires too early only looks once more than it must.
        if has_fired || look_at < self.timer.deadline() {
            self.timer.as_mut().reset(look_at);
        } else if self.is_set {
            return Poll::Pending;
        }
        self.is_set = self.timer.as_mut().poll(cx).is_pending();
        if self.is_set {
            return Poll::Pending;
        }
        self.clock.expire(Instant::now());
        match self.clock.expired() {
            Some(phase @ (Phase::Head | Phase::Idle | Phase::Write)) => Poll::Ready(Rang::Expired(phase)),
            _ => Poll::Ready(Rang::Tick),
        }
    }
}
