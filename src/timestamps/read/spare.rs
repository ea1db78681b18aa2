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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamps::read::read;

    #[test]
    fn gives_back_empty_vectors_with_their_room() {
        read(&"at 0:12 and from 10 to 20 seconds\n".repeat(100));
        let spare = Spare::take();
        assert!(
            spare.tokens.is_empty() && spare.atoms.is_empty() && spare.groups.is_empty() && spare.verdicts.is_empty()
        );
        assert!(spare.tokens.capacity() > 0 && spare.atoms.capacity() > 0 && spare.groups.capacity() > 0);
        assert_eq!(Spare::take().bytes(), 0, "what is taken is not kept as well");
    }

    #[test]
    fn keeps_nothing_of_a_text_that_is_too_large() {
        drop(Spare::take());
        read(&"0:12 ".repeat(MOST_KEPT / 16));
        assert_eq!(Spare::take().bytes(), 0);
    }

    #[test]
    fn reads_the_same_with_vectors_of_another_text() {
        let texts = ["| Start | End |\n| 0:12 | 0:47 |\n", "start: 14.2, end: 19.8", "at 10, 20 and 30 seconds", ""];
        let first = texts.map(|text| {
            drop(Spare::take());
            read(text)
        });
        assert_eq!(texts.map(read), first);
    }
}
