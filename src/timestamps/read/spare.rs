//! The vectors that a text was read with, kept by each thread for its next one.
//!
//! An answer of 100 KiB needs a megabyte of tokens, atoms and groups for a fraction of a millisecond. Taking that from the
//! system and giving it back each time costs more than the reading itself.

use std::cell::Cell;

use super::atoms::Atom;
use super::groups::Group;
use super::labels::Label;
use super::token::Token;
use super::verdict::{Lent, Verdict};

/// Bytes that a thread keeps at most: enough for answers of about 100 KiB.
const MOST_KEPT: usize = 1 << 21;

/// Empty vectors with room in them.
#[derive(Default)]
pub(super) struct Spare {
    pub(super) tokens: Vec<Token>,
    pub(super) points: Vec<u32>,
    pub(super) atoms: Vec<Atom>,
    pub(super) groups: Vec<Group>,
    pub(super) labels: Vec<Label>,
    pub(super) lent: Vec<Lent>,
    pub(super) verdicts: Vec<Verdict>,
}

thread_local!(static KEPT: Cell<Option<Box<Spare>>> = const { Cell::new(None) });

// === impl Spare ===

impl Spare {
    /// Those that the thread has kept, or new ones.
    pub(super) fn take() -> Box<Self> {
        KEPT.take().unwrap_or_default()
    }

    /// Keeps them for the next text, unless they have grown too large.
    pub(super) fn keep(mut self: Box<Self>) {
        if self.bytes() <= MOST_KEPT {
            self.clear();
            KEPT.set(Some(self));
        }
    }

    fn clear(&mut self) {
        self.tokens.clear();
        self.points.clear();
        self.atoms.clear();
        self.groups.clear();
        self.labels.clear();
        self.lent.clear();
        self.verdicts.clear();
    }

    fn bytes(&self) -> usize {
        fn room<T>(vector: &Vec<T>) -> usize {
            vector.capacity() * size_of::<T>()
        }
        room(&self.tokens)
            + room(&self.points)
            + room(&self.atoms)
            + room(&self.groups)
            + room(&self.labels)
            + room(&self.lent)
            + room(&self.verdicts)
    }
}
