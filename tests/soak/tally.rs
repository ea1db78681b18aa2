//! What came of the load, counted by kind.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::load::Came;

/// Shared by all workers.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    requests: u64,
    expected: BTreeMap<&'static str, u64>,
    wrong: BTreeMap<&'static str, u64>,
    /// The first ones in full.
    examples: Vec<String>,
}

const EXAMPLES: usize = 20;

// === impl Tally ===

impl Tally {
    pub(crate) fn count(&self, name: &'static str, came: Came) {
        let mut counts = self.lock();
        counts.requests += 1;
        match came {
            Came::Good => {}
            Came::Expected(kind) => *counts.expected.entry(kind).or_default() += 1,
            Came::Wrong(what) => {
                *counts.wrong.entry(name).or_default() += 1;
                if counts.examples.len() < EXAMPLES {
                    counts.examples.push(format!("{name}: {what}"));
                }
            }
        }
    }

    /// The first things that must not be.
    pub(crate) fn examples(&self) -> Vec<String> {
        self.lock().examples.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.lock();
        write!(f, "{} requests, expected {:?}, unexpected {:?}", counts.requests, counts.expected, counts.wrong)
    }
}
