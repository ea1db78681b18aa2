//! The room that a thread's last answer was read in and written to, kept for its next one.
//!
//! An answer needs two pieces of some KiB for some microseconds. An allocator has small pieces at hand, but looks for these,
//! and joins each with its neighbours when it comes back.

use std::cell::Cell;

use bytes::Bytes;

/// Bytes of the smallest piece that is kept, and of the largest.
const LEAST_KEPT: usize = 1024;
const MOST_KEPT: usize = 16 * 1024;

thread_local!(static KEPT: Cell<[Vec<u8>; 2]> = const { Cell::new([Vec::new(), Vec::new()]) });

/// An empty vector with room for at least so many bytes.
pub(super) fn take(bytes: usize) -> Vec<u8> {
    let mut room = KEPT.with(|kept| {
        let [room, next] = kept.take();
        kept.set([next, Vec::new()]);
        room
    });
    room.reserve(bytes);
    room
}

/// Keeps the room of a vector for [`take`], unless it is small or large, or the thread ends.
pub(super) fn keep(mut room: Vec<u8>) {
    if (LEAST_KEPT..=MOST_KEPT).contains(&room.capacity()) {
        room.clear();
        let _ = KEPT.try_with(|kept| {
            let [next, _] = kept.take();
            kept.set([room, next]);
        });
    }
}

/// Bytes whose room is kept when nobody needs them any more.
pub(super) fn lend(bytes: Vec<u8>) -> Bytes {
    Bytes::from_owner(Lent(bytes))
}

struct Lent(Vec<u8>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        keep(std::mem::take(&mut self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_again_what_two_have_given_back() {
        let (first, second) = (take(2000), take(3000));
        let rooms = [first.as_ptr(), second.as_ptr()];
        keep(first);
        drop(lend(second));
        let (second, first) = (take(1), take(1));
        assert_eq!([first.as_ptr(), second.as_ptr()], rooms);
        assert!(first.is_empty() && second.is_empty());
        assert_eq!(take(0).capacity(), 0, "what is taken is not kept as well");
    }

    #[test]
    fn keeps_nothing_small_or_large() {
        for bytes in [0, LEAST_KEPT - 1, MOST_KEPT + 1] {
            keep(Vec::with_capacity(bytes));
            assert_eq!(take(0).capacity(), 0);
        }
    }

    #[test]
    fn lends_the_bytes_as_they_are() {
        let mut bytes = take(3);
        bytes.extend_from_slice(b"abc");
        assert_eq!(lend(bytes).slice(1..), "bc");
    }
}
