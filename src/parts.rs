//! What all threads write to, in parts of which each thread has one.
//!
//! Shared by all, a counter or a buffer would have its cache lines travel between the cores several times for each
//! request. Whoever reads it goes through the parts.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::available_parallelism;

/// More threads than this share a part.
const MOST: usize = 16;

/// Parts for the threads of this machine, and one for all that have none of their own.
#[derive(Debug)]
pub(crate) struct Parts<T>(Box<[Part<T>]>);

/// A pair of cache lines is not shared with another part's, for processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Part<T>(T);

/// The part that this thread uses.
#[derive(Debug)]
pub(crate) struct Mine<'a, T> {
    pub part: &'a T,
    /// Whether other threads do, too.
    pub is_shared: bool,
}

// === impl Parts ===

impl<T: Default> Parts<T> {
    pub(crate) fn new() -> Self {
        let own = available_parallelism().map_or(1, usize::from).min(MOST);
        Self((0..=own).map(|_| Part::default()).collect())
    }
}

impl<T> Parts<T> {
    pub(crate) fn mine(&self) -> Mine<'_, T> {
        let last = self.0.len() - 1;
        let number = thread_number().min(last);
        Mine { part: &self.0[number].0, is_shared: number == last }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|part| &part.0)
    }
}

/// This thread's number among all that have ever asked for a part.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    const UNKNOWN: usize = usize::MAX;
    thread_local!(static NUMBER: Cell<usize> = const { Cell::new(UNKNOWN) });
    if NUMBER.get() == UNKNOWN {
        NUMBER.set(NEXT.fetch_add(1, Relaxed));
    }
    NUMBER.get()
}
