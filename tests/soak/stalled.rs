//! Peers that stall: readers that read nothing, and uploads to an origin that reads nothing. Each holds the frame that
//! did not go, large ones only as many as there are for all, and nobody else feels them.
//!
//! Whoever stalls here has sockets that hold little: otherwise the kernel would hold megabytes for each, have no more for
//! the last (`tcp_mem`), and give them too little for a frame of any size.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::client::Client;
use crate::load::request;
use crate::origin::Origin;
use crate::process::Viaduct;
use crate::{patiently, setting};

/// For 1,000 readers and 1,000 uploads.
const MOST_KIB: u64 = 300 * 1024;
/// What all large frames may take together, and one of them.
const LARGE_KIB: u64 = 32 * 1024;
const FRAME_KIB: u64 = 256;
/// For everything else of one peer, a small frame included.
const PEER_KIB: u64 = 96;
const REQUESTS: u32 = 2000;
const REST: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_peers_cost_little_and_nobody_else() {
    let (count, rounds) = (setting("VIADUCT_STALLED", 50), setting("VIADUCT_STALLED_ROUNDS", 1));
    let origin = Origin::narrow();
    // Who stalls is meant to stay: the deadlines for that have tests of their own.
    let config = format!(
        "[downstream]\nidle = '2s'\nwrite = 'none'\n[[upstream]]\nkind = 'http'\nendpoints = ['{}']\npool.idle = '1s'\n\
         deadlines.plain = {{ upload = 'none', first_byte = 'none', silence = 'none' }}\n",
        origin.url()
    );
    let mut viaduct = Viaduct::start("stalled", &config).await;
    let base = viaduct.at_rest().await;
    let _ = healthy(&viaduct).await;
    for round in 0..rounds {
        let (alone, without) = (viaduct.resident(), healthy(&viaduct).await);
        let sent = Arc::<AtomicU64>::default();
        origin.written.store(0, Relaxed);
        let mut stalled = JoinSet::new();
        for number in 0..2 * count {
            let client = patiently(Client::narrow(viaduct.address)).await.unwrap();
            stalled.spawn(stall(Stays(Some(client)), number % 2 == 0, Arc::clone(&sent)));
        }
        let moved = all_stalled(&mut viaduct, 2 * count, &origin.written, &sent).await;
        let (resident, held) = (viaduct.resident(), viaduct.held().await);
        let with = healthy(&viaduct).await;
        println!(
            "round {round}: {count} stalled readers and {count} stalled uploads: {resident} KiB ({alone} KiB without), \
             {held:?}, {} KiB moved for each\n  a healthy request: {} without, {} with",
            moved / 2 / count / 1024,
            quantiles(&without),
            quantiles(&with)
        );
        println!("{}", std::fs::read_to_string("/proc/net/sockstat").unwrap_or_default());
        let large = LARGE_KIB.min(2 * count * FRAME_KIB);
        assert!(resident < MOST_KIB.min(alone + large + 2 * count * PEER_KIB), "{resident} KiB");

        stalled.shutdown().await;
        viaduct.returns_to(base).await;
    }
    println!("after: {} KiB", viaduct.resident());
    let (status, said) = viaduct.stop().await;
    assert_eq!(said, Vec::<String>::new());
    assert!(status.success(), "{status}");
    origin.die().await;
}

async fn stall(mut stays: Stays, reads: bool, sent: Arc<AtomicU64>) {
    if reads {
        stays.send(&request("GET", "/huge", "", b"")).await;
    } else {
        stays.send(b"POST /swallow HTTP/1.1\r\nhost: a\r\ncontent-length: 1099511627776\r\n\r\n").await;
        // Until nothing more is taken, and then it waits.
        loop {
            stays.send(&[b'x'; 4 * 1024]).await;
            sent.fetch_add(4 * 1024, Relaxed);
        }
    }
    std::future::pending::<()>().await;
}

/// A client that leaves with a reset when it is dropped: an end would stay behind bytes that nobody takes.
struct Stays(Option<Client>);

impl Stays {
    async fn send(&mut self, bytes: &[u8]) {
        self.0.as_mut().unwrap().send(bytes).await.unwrap();
    }
}

impl Drop for Stays {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            client.reset();
        }
    }
}

/// Waits until so many exchanges run and not a byte moves in any of them. Returns how many have.
async fn all_stalled(viaduct: &mut Viaduct, count: u64, read: &AtomicU64, sent: &AtomicU64) -> u64 {
    let mut last = 0;
    loop {
        let moved = read.load(Relaxed) + sent.load(Relaxed);
        if viaduct.metrics().await.sum("requests_in_flight") == count && moved == last {
            return moved;
        }
        last = moved;
        tokio::time::sleep(REST).await;
    }
}

/// How long requests take, one after the other on one connection, in microseconds.
async fn healthy(viaduct: &Viaduct) -> Histogram<u64> {
    let mut client = Client::connect(viaduct.address).await.unwrap();
    let ask = request("GET", "/ok", "", b"");
    let mut times = Histogram::new(3).unwrap();
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        client.send(&ask).await.unwrap();
        assert_eq!(patiently(client.answer()).await.unwrap().status, 200);
        times.record(begun.elapsed().as_micros().try_into().unwrap()).unwrap();
    }
    times
}

fn quantiles(times: &Histogram<u64>) -> String {
    format!("p50 {} us, p99 {} us", times.value_at_quantile(0.5), times.value_at_quantile(0.99))
}
