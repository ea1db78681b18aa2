//! The vectors of heads that are over, for the next ones of the same thread: they need not be asked of the allocator again.

use std::cell::RefCell;

use super::line::Line;

/// How many a thread keeps.
const MOST: usize = 32;
/// How large they may be, in bytes.
const LARGEST: usize = 4 * 1024;

thread_local!(static SPARES: RefCell<Vec<(Vec<Line>, Vec<u8>)>> = const { RefCell::new(Vec::new()) });

/// A pair of empty vectors.
pub(super) fn take() -> (Vec<Line>, Vec<u8>) {
    SPARES.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Keeps a pair, unless there are enough, or it is large.
pub(super) fn keep(mut lines: Vec<Line>, mut own: Vec<u8>) {
    if lines.capacity() * size_of::<Line>() > LARGEST || own.capacity() > LARGEST {
        return;
    }
    lines.clear();
    own.clear();
    // A thread that ends has no use for them.
    let _ = SPARES.try_with(|spares| {
        let mut spares = spares.borrow_mut();
        if spares.len() < MOST {
            spares.push((lines, own));
        }
    });
}
