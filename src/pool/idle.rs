//! The stack of idle connections: last in, first out, capped, expiring. Pure: time is a parameter.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Idle things, the newest last.
#[derive(Debug)]
pub(super) struct Idle<T> {
    entries: VecDeque<Entry<T>>,
    cap: usize,
    longest: Duration,
    age: Duration,
}

#[derive(Debug)]
struct Entry<T> {
    since: Instant,
    born: Instant,
    item: T,
}

// === impl Idle ===

impl<T> Idle<T> {
    /// An empty stack of at most `cap` things, each idle for at most `idle` and at most `age` old.
    pub(super) fn new(cap: usize, idle: Duration, age: Duration) -> Self {
        Self { entries: VecDeque::new(), cap, longest: idle, age }
    }

    /// The thing that was put in last, if it has not expired.
    pub(super) fn pop(&mut self, now: Instant) -> Option<T> {
        while let Some(entry) = self.entries.pop_back() {
            if now.saturating_duration_since(entry.since) >= self.longest {
                // All below are older still.
                self.entries.clear();
                return None;
            }
            if now.saturating_duration_since(entry.born) < self.age {
                return Some(entry.item);
            }
        }
        None
    }

    /// Puts a thing on top; returns what is too much: the oldest, if the stack is full.
    pub(super) fn push(&mut self, now: Instant, born: Instant, item: T) -> Option<T> {
        if self.cap == 0 {
            return Some(item);
        }
        let surplus = if self.entries.len() == self.cap { self.entries.pop_front() } else { None };
        self.entries.push_back(Entry { since: now, born, item });
        surplus.map(|entry| entry.item)
    }

    /// Takes out what has been idle for too long.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<T> {
        let fresh = self.entries.iter().position(|entry| now.saturating_duration_since(entry.since) < self.longest);
        self.entries.drain(..fresh.unwrap_or(self.entries.len())).map(|entry| entry.item).collect()
    }

    /// Takes out what does not pass.
    pub(super) fn remove_unless(&mut self, mut passes: impl FnMut(&mut T) -> bool) -> Vec<T> {
        let mut removed = Vec::new();
        let mut at = 0;
        while let Some(entry) = self.entries.get_mut(at) {
            if passes(&mut entry.item) {
                at += 1;
            } else {
                removed.extend(self.entries.remove(at).map(|entry| entry.item));
            }
        }
        removed
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn stack() -> (Idle<u32>, Instant) {
        (Idle::new(3, 4 * SECOND, 60 * SECOND), Instant::now())
    }

    #[test]
    fn gives_back_the_last_one_first() {
        let (mut idle, now) = stack();
        idle.push(now, now, 1);
        idle.push(now, now, 2);
        assert_eq!(idle.pop(now), Some(2));
        assert_eq!(idle.pop(now), Some(1));
        assert_eq!(idle.pop(now), None);
    }

    #[test]
    fn never_gives_back_what_has_been_idle_too_long() {
        let (mut idle, now) = stack();
        idle.push(now, now, 1);
        assert_eq!(idle.pop(now + 4 * SECOND), None);
        assert_eq!(idle.len(), 0);
    }

    #[test]
    fn never_gives_back_what_is_too_old_but_looks_below_it() {
        let (mut idle, now) = stack();
        idle.push(now + 59 * SECOND, now + 30 * SECOND, 1);
        idle.push(now + 59 * SECOND, now, 2);
        assert_eq!(idle.pop(now + 60 * SECOND), Some(1));
    }

    #[test]
    fn drops_the_oldest_when_full() {
        let (mut idle, now) = stack();
        let surplus: Vec<_> = (0..5).filter_map(|n| idle.push(now, now, n)).collect();
        assert_eq!(surplus, [0, 1]);
        assert_eq!(idle.len(), 3);
    }

    #[test]
    fn a_sweep_takes_only_the_expired() {
        let (mut idle, now) = stack();
        idle.push(now, now, 1);
        idle.push(now + 2 * SECOND, now, 2);
        assert_eq!(idle.expire(now + 5 * SECOND), [1]);
        assert_eq!(idle.pop(now + 5 * SECOND), Some(2));
    }

    #[test]
    fn what_does_not_pass_is_taken_out_and_the_order_stays() {
        let (mut idle, now) = stack();
        for n in 1..=3 {
            idle.push(now, now, n);
        }
        assert_eq!(idle.remove_unless(|n| *n != 2), [2]);
        assert_eq!((idle.pop(now), idle.pop(now), idle.pop(now)), (Some(3), Some(1), None));
    }
}
