//! How much the kernel keeps of what an upstream sends while nobody reads it.
//!
//! VIA gives a write five seconds, then it drops its event stream (contract: via, 3.1): what a slow client does not take
//! must find room here. By itself the kernel makes little of it, for it measures how fast a socket is read. Fixing the
//! size ends that: the window toward the peer opens at once, and never any wider than the system's limit lets it
//! (`net.core.rmem_max`). Hence a socket that got less than it asked for is not used again; a download would crawl on it.

use std::sync::{Once, OnceLock};

use socket2::SockRef;
use tokio::net::TcpStream;

/// Asks for room for so many bytes, unless there is as much as there can be. Returns whether the socket is now narrower
/// than it should be, and stays so.
pub(super) fn reserve(tcp: &TcpStream, bytes: usize) -> bool {
    static TOLD: Once = Once::new();
    let socket = SockRef::from(tcp);
    // What the kernel tells is twice what it was asked for: its own bookkeeping counts.
    let Ok(before) = socket.recv_buffer_size() else { return false };
    let most = bytes.min(limit());
    if before >= most.saturating_mul(2) || socket.set_recv_buffer_size(most).is_err() {
        return false;
    }
    let got = socket.recv_buffer_size().unwrap_or_default();
    if got >= bytes {
        return false;
    }
    TOLD.call_once(|| {
        tracing::warn!(
            wanted = bytes,
            got,
            "the system keeps less of an event stream than VIA's impatience calls for; raise net.core.rmem_max"
        );
    });
    true
}

/// The most that the system lets a socket ask for, as it was when it was first needed.
fn limit() -> usize {
    static LIMIT: OnceLock<usize> = OnceLock::new();
    *LIMIT.get_or_init(|| {
        let written = std::fs::read_to_string("/proc/sys/net/core/rmem_max").ok();
        written.and_then(|written| written.trim().parse().ok()).unwrap_or(usize::MAX)
    })
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn dialled() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (ours, listener.accept().await.unwrap().0)
    }

    fn size(tcp: &TcpStream) -> usize {
        SockRef::from(tcp).recv_buffer_size().unwrap()
    }

    #[tokio::test]
    async fn a_connected_socket_gets_what_the_system_grants() {
        let (tcp, _peer) = dialled().await;
        let before = size(&tcp);
        let is_narrow = reserve(&tcp, 4 << 20);
        assert!(size(&tcp) >= before, "{before}: {}", size(&tcp));
        assert_eq!(is_narrow, size(&tcp) < 4 << 20);
        assert!(limit() < 4 << 20 || size(&tcp) >= 4 << 20);
    }

    #[tokio::test]
    async fn room_that_is_there_is_left_alone() {
        let (tcp, _peer) = dialled().await;
        let before = size(&tcp);
        assert!(!reserve(&tcp, before / 4));
        assert_eq!(size(&tcp), before);
    }
}
