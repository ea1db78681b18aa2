//! A client that leaves takes its upstream connection with it, at every phase (contract: http-proxy L5).

use tokio::sync::mpsc;

use crate::support::{Origin, Viaduct, patiently};

/// An origin that sends `begin` and then reports when its connection ends.
async fn origin(begin: &'static str) -> (Origin, mpsc::Receiver<&'static str>) {
    let (report, reports) = mpsc::channel(4);
    let origin = Origin::start(move |mut peer, _| {
        let report = report.clone();
        async move {
            let _ = peer.head().await;
            let _ = report.send("request").await;
            peer.send(begin).await;
            let _ = peer.rest().await;
            let _ = report.send("closed").await;
        }
    })
    .await;
    (origin, reports)
}

async fn leaves(begin: &'static str, request: &str, by_reset: bool) {
    let (origin, mut reports) = origin(begin).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(request).await;
    assert_eq!(patiently(reports.recv()).await, Some("request"));
    if !begin.is_empty() {
        client.until(b"\r\n\r\n").await;
    }
    if by_reset {
        client.reset();
    } else {
        drop(client);
    }
    assert_eq!(patiently(reports.recv()).await, Some("closed"), "{begin:?}");
    viaduct.metric_reaches("viaduct_cut_bodies_total{route=\"plain\",upstream=\"to\",side=\"downstream\"}", 1.0).await;
}

#[tokio::test]
async fn while_the_origin_computes() {
    for by_reset in [false, true] {
        leaves("", "GET / HTTP/1.1\r\nhost: a\r\n\r\n", by_reset).await;
        leaves("", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi", by_reset).await;
    }
}

#[tokio::test]
async fn while_the_origin_streams() {
    let begin = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n";
    for by_reset in [false, true] {
        leaves(begin, "GET / HTTP/1.1\r\nhost: a\r\n\r\n", by_reset).await;
    }
}

#[tokio::test]
async fn in_the_middle_of_an_upload() {
    leaves("", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9999\r\n\r\nhi", false).await;
}
