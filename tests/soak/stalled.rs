//! Peers that stall: readers that read nothing, and uploads to an origin that reads nothing. Each holds the frame that
//! did not go, and nobody else feels them.
//!
//! The kernel holds megabytes for each. Where that is more than it may have (`tcp_mem`), it takes less of each, and so
//! do frames: the figures of many peers depend on the machine's memory, those of few do not.

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
/// For one of them: the largest frame, which is 256 KiB, and what goes with it.
const PEER_KIB: u64 = 400;
const REQUESTS: u32 = 2000;
const REST: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_peers_cost_little_and_nobody_else() {
    let count = setting("VIADUCT_STALLED", 50);
    let origin = Origin::start();
    // Who stalls is meant to stay: the deadlines for that have tests of their own.
    let config = format!(
        "[downstream]\nidle = '2s'\nwrite = 'none'\n[[upstream]]\nkind = 'http'\nendpoints = ['{}']\npool.idle = '1s'\n\
         deadlines.plain = {{ upload = 'none', first_byte = 'none', silence = 'none' }}\n",
        origin.url()
    );
    let mut viaduct = Viaduct::start("stalled", &config).await;
    let base = viaduct.at_rest().await;
    let _ = healthy(&viaduct).await;
    let (alone, without) = (viaduct.resident(), healthy(&viaduct).await);

    let mut stalled = JoinSet::new();
    for number in 0..2 * count {
        let mut stays = Stays(Some(patiently(Client::connect(viaduct.address)).await.unwrap()));
        stalled.spawn(async move {
            if number % 2 == 0 {
                stays.send(&request("GET", "/huge", "", b"")).await;
            } else {
                stays.send(b"POST /swallow HTTP/1.1\r\nhost: a\r\ncontent-length: 1099511627776\r\n\r\n").await;
                // Until nothing more is taken, and then it waits.
                loop {
                    stays.send(&[b'x'; 16 * 1024]).await;
                }
            }
            std::future::pending::<()>().await;
        });
    }
    all_stalled(&mut viaduct, 2 * count).await;
    let (resident, held) = (viaduct.resident(), viaduct.held().await);
    println!("{}", std::fs::read_to_string("/proc/net/sockstat").unwrap_or_default());
    let with = healthy(&viaduct).await;
    println!(
        "{count} stalled readers and {count} stalled uploads: {resident} KiB ({alone} KiB without), {held:?}\n\
         a healthy request: {} without, {} with",
        quantiles(&without),
        quantiles(&with)
    );
    assert!(resident < MOST_KIB.min(alone + 2 * count * PEER_KIB), "{resident} KiB");

    stalled.shutdown().await;
    viaduct.returns_to(base).await;
    let (status, said) = viaduct.stop().await;
    assert_eq!(said, Vec::<String>::new());
    assert!(status.success(), "{status}");
    origin.die().await;
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

/// Waits until so many exchanges run and not a byte moves in any of them.
async fn all_stalled(viaduct: &mut Viaduct, count: u64) {
    let mut last = 0;
    loop {
        let metrics = viaduct.metrics().await;
        let moved = metrics.sum("request_body_bytes_total") + metrics.sum("response_body_bytes_total");
        if metrics.sum("requests_in_flight") == count && moved == last {
            return;
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
