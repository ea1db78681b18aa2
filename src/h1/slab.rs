//! The memory that big bodies pass through: large buffers, all connections together no more than a fixed number.
//!
//! A buffer is lent for one read and lives on as the frame that was read, uncopied, until that has gone to the other
//! side. So a frame that is stuck in front of a slow peer counts, a transfer that waits for bytes does not, and whoever
//! finds none left reads less at a time. The last one given back is the next one lent: its memory is still in the cache.

use super::stock::Stock;

/// How large each is: less costs system calls, more costs cache.
pub(super) const SIZE: usize = 256 * 1024;
/// How many there are at most: 32 MiB.
const MOST: usize = 128;
/// How many wait for their next use instead of being freed: all, for in the holes that they leave small things would
/// settle, and the next large one would find no room there.
const KEPT: usize = MOST;

/// Those of the process.
pub(super) static SLABS: Slabs = Slabs::new(MOST, KEPT);

/// A number of buffers.
pub(super) type Slabs = Stock<Box<[u8]>>;

/// A buffer that is lent. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Slab {
    memory: Box<[u8]>,
    /// How much of it is of use.
    filled: usize,
    home: &'static Slabs,
}

// === impl Slab ===

impl Slab {
    /// A buffer, if there is one left.
    pub(super) fn lend(home: &'static Slabs) -> Option<Self> {
        let memory = home.lend(|| Some(vec![0; SIZE].into()))?;
        Some(Self { memory, filled: 0, home })
    }

    /// All of it, to be read into. What it held before is still there.
    pub(super) fn memory(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// As it is when its first bytes are of use.
    #[must_use]
    pub(super) fn filled(mut self, count: usize) -> Self {
        self.filled = count.min(self.memory.len());
        self
    }
}

impl AsRef<[u8]> for Slab {
    fn as_ref(&self) -> &[u8] {
        &self.memory[..self.filled]
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        self.home.take_back(Some(std::mem::take(&mut self.memory)));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_buffer_counts_for_as_long_as_a_part_of_its_frame_lives() {
        static SLABS: Slabs = Slabs::new(2, 2);
        let first = Slab::lend(&SLABS).unwrap().filled(6);
        let frame = Bytes::from_owner(first);
        let (_second, part) = (Slab::lend(&SLABS).unwrap(), frame.slice(2..4));
        drop(frame);
        assert!(Slab::lend(&SLABS).is_none());
        drop(part);
        assert!(Slab::lend(&SLABS).is_some());
    }

    #[test]
    fn the_last_one_given_back_is_the_next_one_lent() {
        static SLABS: Slabs = Slabs::new(3, 3);
        let (mut first, second) = (Slab::lend(&SLABS).unwrap(), Slab::lend(&SLABS).unwrap());
        first.memory()[0] = 1;
        drop(second);
        drop(first);
        assert_eq!(Slab::lend(&SLABS).unwrap().filled(1).as_ref(), [1]);
    }

    #[test]
    fn only_so_many_are_kept() {
        static SLABS: Slabs = Slabs::new(3, 1);
        let lent: Vec<_> = std::iter::from_fn(|| Slab::lend(&SLABS)).collect();
        assert_eq!(lent.len(), 3);
        drop(lent);
        assert_eq!(SLABS.count(), (0, 1));
    }
}
