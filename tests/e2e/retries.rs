//! Who goes twice, and who never does (contract: http-proxy, C6 to C10).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Origin, Viaduct, nobody, ok};

/// Answers the first request of each connection, then lets the second arrive and hangs up on it without a byte.
async fn drops_every_second_use(by_reset: bool) -> (Origin, Arc<AtomicUsize>) {
    let delivered = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&delivered);
    let origin = Origin::start(move |mut peer, _| {
        let count = Arc::clone(&count);
        async move {
            if peer.try_request().await.is_none() {
                return;
            }
            count.fetch_add(1, Ordering::SeqCst);
            peer.send(ok(b"hi")).await;
            if peer.try_request().await.is_some() {
                count.fetch_add(1, Ordering::SeqCst);
            }
            if by_reset {
                peer.reset();
            }
        }
    })
    .await;
    (origin, delivered)
}

#[tokio::test]
async fn a_get_on_a_dying_connection_always_succeeds() {
    for by_reset in [false, true] {
        let (origin, _) = drops_every_second_use(by_reset).await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        for _ in 0..10 {
            client.get("/").await;
            assert_eq!(client.response().await.status(), 200, "reset: {by_reset}");
        }
        assert!(viaduct.metric("viaduct_retries_total").await > 0.0);
    }
}

#[tokio::test]
async fn a_post_is_never_delivered_twice() {
    for by_reset in [false, true] {
        let (origin, delivered) = drops_every_second_use(by_reset).await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        let mut statuses = Vec::new();
        for _ in 0..6 {
            client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi").await;
            statuses.push(client.response().await.status());
        }
        assert_eq!(delivered.load(Ordering::SeqCst), 6, "reset: {by_reset}");
        assert_eq!(statuses, [200, 502, 200, 502, 200, 502]);
    }
}

#[tokio::test]
async fn a_connection_that_died_while_idle_shows_to_nobody() {
    let (closed, mut told) = tokio::sync::mpsc::channel::<()>(8);
    let origin = Origin::start(move |mut peer, _| {
        let closed = closed.clone();
        async move {
            let request = peer.request().await;
            assert!(request.is_whole);
            peer.send(ok(b"hi")).await;
            drop(peer);
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    for n in 0..6 {
        // The FIN is on its way when the next request comes; a POST must not be risked on it. Loopback delivers a FIN at
        // once, so that the driving task has seen it when the metric shows that it ran.
        client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi").await;
        assert_eq!(client.response().await.status(), 200, "{n}");
        told.recv().await.unwrap();
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_origin_that_always_hangs_up_is_asked_a_few_times_at_most() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.try_request().await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let response = viaduct.get("/").await;
    assert_eq!((response.status(), response.field("x-viaduct-error")), (502, Some("send")));
    assert!(origin.accepted() <= 2, "{}", origin.accepted());
}

#[tokio::test]
async fn a_refused_connection_passes_to_the_next_endpoint_whatever_the_method() {
    let origin = Origin::answering(|request| ok(&request.body)).await;
    let viaduct = Viaduct::to(&[nobody().await, origin.address]);
    let mut client = viaduct.client().await;
    for _ in 0..4 {
        client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi").await;
        let response = client.response().await;
        assert_eq!((response.status(), response.text()), (200, "hi"));
    }
}

#[tokio::test]
async fn if_all_refuse_it_is_502() {
    let viaduct = Viaduct::to(&[nobody().await, nobody().await]);
    let response = viaduct.get("/").await;
    assert_eq!((response.status(), response.field("x-viaduct-error")), (502, Some("connect")));
}
