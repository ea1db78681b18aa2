//! Things that are costly to make, and bounded in number: lent, given back, and the last one given back lent first.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A number of things of one kind.
#[derive(Debug)]
pub(crate) struct Stock<T> {
    most: usize,
    kept: usize,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    lent: usize,
    waiting: Vec<T>,
}

// === impl Stock ===

impl<T> Stock<T> {
    /// None yet. At most `most` are lent at once, and `kept` wait for their next use.
    pub(crate) const fn new(most: usize, kept: usize) -> Self {
        Self { most, kept, state: Mutex::new(State { lent: 0, waiting: Vec::new() }) }
    }

    /// One that waits, or a new one; `None` if all are lent, or none could be made. It counts until it is
    /// [given back](Self::take_back).
    pub(crate) fn lend(&self, make: impl FnOnce() -> Option<T>) -> Option<T> {
        let mut state = self.lock();
        if state.lent == self.most {
            return None;
        }
        state.lent += 1;
        let waiting = state.waiting.pop();
        drop(state);
        let thing = waiting.or_else(make);
        if thing.is_none() {
            self.take_back(None);
        }
        thing
    }

    /// One is back; `None` if it is of no more use.
    pub(crate) fn take_back(&self, thing: Option<T>) {
        let mut state = self.lock();
        state.lent -= 1;
        let surplus = if state.waiting.len() < self.kept {
            state.waiting.extend(thing);
            None
        } else {
            thing
        };
        drop(state);
        // Freed here, outside the lock.
        drop(surplus);
    }

    /// How many are lent, and how many wait.
    #[cfg(test)]
    pub(crate) fn count(&self) -> (usize, usize) {
        let state = self.lock();
        (state.lent, state.waiting.len())
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing between lock and unlock can panic but a push that finds no memory.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
