//! Deadlines by phase: told before the head, cut after it, never against the side that is not waited for.

use viaduct::config::Overrides;

use crate::support::{Message, Origin, Viaduct};

/// A viaduct in front of `origin` with these deadlines for everything.
fn viaduct(origin: &Origin, deadlines: &str) -> Viaduct {
    let file = format!(
        "[[upstream]]\nkind = 'http'\nendpoints = ['http://{}']\n[upstream.deadlines.plain]\n{deadlines}\n\
         [downstream]\nhead = '200ms'\nidle = '300ms'\n",
        origin.address
    );
    Viaduct::with_file(&file, Overrides::default())
}

async fn get(viaduct: &Viaduct) -> Message {
    viaduct.get("/").await
}

fn silent() -> impl Future<Output = Origin> {
    Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        let _ = peer.rest().await;
    })
}

#[tokio::test]
async fn an_answer_that_does_not_begin_is_504_with_its_phase() {
    let origin = silent().await;
    let viaduct = viaduct(&origin, "first_byte = '100ms'");
    let response = get(&viaduct).await;
    assert_eq!((response.status(), response.field("x-viaduct-error")), (504, Some("timeout-first-byte")));
    let name = "viaduct_expired_phases_total{route=\"plain\",upstream=\"http\",phase=\"first_byte\"}";
    viaduct.metric_reaches(name, 1.0).await;
}

#[tokio::test]
async fn the_connection_serves_on_after_a_504() {
    let origin = Origin::start(|mut peer, number| async move {
        let _ = peer.head().await;
        if number > 0 {
            peer.send(crate::support::ok(b"hi")).await;
        }
        let _ = peer.rest().await;
    })
    .await;
    let viaduct = viaduct(&origin, "first_byte = '100ms'");
    let mut client = viaduct.client().await;
    client.get("/").await;
    assert_eq!(client.response().await.status(), 504);
    client.get("/").await;
    assert_eq!(client.response().await.status(), 200);
}

#[tokio::test]
async fn a_total_deadline_counts_from_the_requests_head() {
    let origin = silent().await;
    let viaduct = viaduct(&origin, "first_byte = 'none'\ntotal = '100ms'");
    assert_eq!(get(&viaduct).await.field("x-viaduct-error"), Some("timeout-total"));
}

#[tokio::test]
async fn an_answer_that_falls_silent_is_cut() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await;
        let _ = peer.rest().await;
    })
    .await;
    let viaduct = viaduct(&origin, "silence = '100ms'");
    let response = get(&viaduct).await;
    assert_eq!((response.body.as_slice(), response.is_whole), (&b"hello"[..], false));
}

#[tokio::test]
async fn each_byte_restarts_the_silence() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n").await;
        for byte in b"hello" {
            tokio::time::sleep(std::time::Duration::from_millis(120)).await;
            peer.send([*byte]).await;
        }
    })
    .await;
    let viaduct = viaduct(&origin, "silence = '400ms'");
    let response = get(&viaduct).await;
    assert_eq!((response.body.as_slice(), response.is_whole), (&b"hello"[..], true));
}

#[tokio::test]
async fn a_stalled_upload_is_408_and_closes() {
    let origin = silent().await;
    let viaduct = viaduct(&origin, "upload = '100ms'\nfirst_byte = '50ms'");
    let mut client = viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhello").await;
    let response = client.response().await;
    assert_eq!((response.status(), response.field("x-viaduct-error")), (408, Some("timeout-upload")));
    assert_eq!(response.field("connection"), Some("close"));
}

#[tokio::test]
async fn an_upload_that_trickles_is_408_though_it_never_stalls() {
    let (left, mut leaves) = tokio::sync::mpsc::channel(1);
    let origin = Origin::start(move |mut peer, _| {
        let left = left.clone();
        async move {
            let _ = peer.head().await;
            let _ = peer.rest().await;
            left.send(()).await.unwrap();
        }
    })
    .await;
    let viaduct = viaduct(&origin, "upload = '10s'\nupload_rate = '1KiB per 500ms'");
    let mut client = viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n").await;
    let begun = tokio::time::Instant::now();
    while client.is_silent(std::time::Duration::from_millis(50)).await {
        client.try_send("x").await;
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    let response = client.response().await;
    assert_eq!((response.status(), response.field("x-viaduct-error")), (408, Some("timeout-upload")));
    assert_eq!(response.field("connection"), Some("close"));
    assert!(response.text().contains("less than 1KiB per 500ms of waiting for it"), "{}", response.text());
    crate::support::patiently(leaves.recv()).await.unwrap();
    let name = "viaduct_expired_phases_total{route=\"plain\",upstream=\"http\",phase=\"upload\"}";
    viaduct.metric_reaches(name, 1.0).await;
}

#[tokio::test]
async fn a_small_upload_may_take_its_time() {
    let origin = Origin::echo().await;
    let viaduct = viaduct(&origin, "upload_rate = '1MiB per 20s'");
    let mut client = viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n").await;
    for byte in b"hello" {
        assert!(client.is_silent(std::time::Duration::from_millis(20)).await);
        client.send([*byte]).await;
    }
    assert_eq!(client.response().await.status(), 200);
}

#[tokio::test]
async fn an_upload_that_the_upstream_does_not_take_is_504() {
    let origin = Origin::start(|peer, _| async move {
        // Not a byte is read.
        let _peer = peer;
        std::future::pending::<()>().await;
    })
    .await;
    let viaduct = viaduct(&origin, "first_byte = '200ms'");
    let mut client = viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n").await;
    // More than all buffers take; the close may overtake the answer.
    tokio::join!(client.try_send(vec![b'x'; 100_000_000]), async {
        let name = "viaduct_expired_phases_total{route=\"plain\",upstream=\"http\",phase=\"first_byte\"}";
        viaduct.metric_reaches(name, 1.0).await;
    });
    viaduct.metric_reaches("viaduct_requests_total{route=\"plain\",upstream=\"http\",class=\"5xx\"}", 1.0).await;
}

#[tokio::test]
async fn an_upload_that_ends_behind_the_answers_head_waits_for_no_other() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n").await;
        assert_eq!(peer.exactly(5).await, b"hello");
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        peer.send("hello").await;
    })
    .await;
    let viaduct = viaduct(&origin, "first_byte = '150ms'");
    let mut client = viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n").await;
    assert_eq!(client.head().await.status(), 200);
    client.send("hello").await;
    assert_eq!(client.exactly(5).await, b"hello");
}

#[tokio::test]
async fn a_head_that_never_ends_is_closed_and_opens_nothing_upstream() {
    let origin = Origin::echo().await;
    let viaduct = viaduct(&origin, "");
    let mut client = viaduct.client().await;
    client.send("GET / HTTP/1.1\r\nhost:").await;
    assert_eq!(client.response().await.status(), 408);
    assert!(client.is_closed().await);
    assert_eq!(origin.accepted(), 0);
    viaduct.metric_reaches("viaduct_expired_phases_total{route=\"none\",upstream=\"none\",phase=\"head\"}", 1.0).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let origin = Origin::echo().await;
    let viaduct = viaduct(&origin, "");
    let mut client = viaduct.client().await;
    client.get("/").await;
    assert_eq!(client.response().await.status(), 200);
    assert!(client.is_closed().await);
    viaduct.metric_reaches("viaduct_expired_phases_total{route=\"none\",upstream=\"none\",phase=\"idle\"}", 1.0).await;
}
