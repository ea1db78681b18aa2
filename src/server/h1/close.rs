//! A staged close (RFC 9112, section 9.6): our side is shut, what the peer still sends is discarded for a bounded time
//! and amount, so that no reset overtakes the answer that it has not read yet.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use crate::transport::Transport;

/// How long it may take in all.
const LINGER: Duration = Duration::from_secs(10);
/// How long the peer may send nothing.
const QUIET: Duration = Duration::from_secs(3);
/// How much is discarded at most.
const DISCARD: usize = 1024 * 1024 * 1024;
/// How much is discarded at once.
const AT_ONCE: usize = 16 * 1024;

/// Closes `stream`; `has_ended` says that the peer has closed its side already. Whatever fails here, the connection is
/// over.
pub(super) async fn in_stages(stream: &mut Transport, has_ended: bool) {
    if stream.shutdown().await.is_ok() && !has_ended {
        // Boxed, for every idle connection would have room for it otherwise.
        let _ = Box::pin(discard(stream)).await;
    }
}

async fn discard(stream: &mut Transport) -> io::Result<()> {
    let until = Instant::now() + LINGER;
    let mut scratch = vec![0; AT_ONCE];
    let mut left = DISCARD;
    while left > 0 {
        let quiet = until.min(Instant::now() + QUIET);
        let Ok(read) = timeout_at(quiet, stream.read(&mut scratch)).await else { return Ok(()) };
        match read? {
            0 => return Ok(()),
            count => left = left.saturating_sub(count),
        }
    }
    Ok(())
}
