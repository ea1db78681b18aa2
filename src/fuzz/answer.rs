//! What an upstream answers, for our connection and for hyper's.

use tokio::runtime::{Builder, Runtime};

use super::Dice;
use crate::pool::differential::compare;

thread_local! {
    /// Without sockets or a clock.
    static RUNTIME: Runtime = Builder::new_current_thread().build().expect("a runtime needs nothing here");
}

/// Checks one answer, in a few random cuts; byte by byte it is slow.
pub fn check(bytes: &[u8]) {
    let mut dice = Dice::of(bytes);
    let method = if dice.once_in(6) { "HEAD" } else { "GET" };
    for frames in dice.cuts(bytes).iter().skip(1) {
        let pieces: Vec<_> = frames.iter().map(AsRef::as_ref).collect();
        let compared = RUNTIME.with(|runtime| runtime.block_on(compare(method, &pieces)));
        assert_eq!(compared, Ok(()), "{method}, cut as {pieces:?}");
    }
}
