//! Whether a viaduct that is treated badly for long is as it was: memory, descriptors, tasks.
//!
//! In an ordinary run these tests take seconds. `VIADUCT_SOAK_SECONDS=1200` soaks for long and says every 30 s how things
//! stand; `VIADUCT_STALLED=1000` chooses how many peers stall, `VIADUCT_STALLED_ROUNDS` how often; `VIADUCT_SOAK_PROGRAM` names another build. With
//! `--nocapture` the figures are seen. Nothing here is asserted of time.

#![expect(clippy::unwrap_used, reason = "what a test cannot do without it does not try to")]

mod client;
mod load;
mod origin;
mod process;
mod soak;
mod stalled;
mod tally;

use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpSocket;

/// Nothing that works takes this long; what does fails its test.
const PATIENCE: Duration = Duration::from_secs(40);

async fn patiently<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("waited too long")
}

/// A number from the environment.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: no number")))
}

/// Lets a socket, and the kernel on its other side, hold little of what does not go: segments as large as loopback's would
/// make each of them hold megabytes.
fn narrow(socket: &TcpSocket) {
    socket.set_send_buffer_size(16 * 1024).unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    SockRef::from(socket).set_tcp_mss(1400).unwrap();
}
