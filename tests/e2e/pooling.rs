//! Connections are opened seldom and used again (contract: http-proxy, section 9).

use viaduct::config::Overrides;

use crate::support::{Origin, Viaduct, ok, urls};

#[tokio::test]
async fn a_thousand_requests_one_after_the_other_need_one_connection() {
    let origin = Origin::echo().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    for _ in 0..1000 {
        client.get("/").await;
        assert_eq!(client.response().await.status(), 200);
    }
    assert_eq!(origin.accepted(), 1);
    // One may be the start-up probe's.
    assert!(viaduct.metric("viaduct_upstream_connections_opened_total").await <= 2.0);
    assert!(viaduct.metric("viaduct_upstream_connections_reused_total").await >= 999.0);
}

#[tokio::test]
async fn connections_are_shared_between_clients() {
    let origin = Origin::echo().await;
    let viaduct = Viaduct::to(&[origin.address]);
    for _ in 0..50 {
        assert_eq!(viaduct.get("/").await.status(), 200);
    }
    assert!(origin.accepted() <= 2, "{}", origin.accepted());
}

#[tokio::test]
async fn an_origin_that_closes_each_time_does_not_close_the_client() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi").await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    for _ in 0..5 {
        client.get("/").await;
        let response = client.response().await;
        assert_eq!((response.status(), response.field("connection")), (200, None));
    }
    assert_eq!(origin.accepted(), 5);
}

#[tokio::test]
async fn an_unfinished_upload_is_never_pooled() {
    let origin = Origin::start(|mut peer, number| async move {
        let _ = peer.head().await;
        peer.send(ok(number.to_string().as_bytes())).await;
        let _ = peer.rest().await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut uploading = viaduct.client().await;
    uploading.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\nx").await;
    assert_eq!(uploading.response().await.body, b"0");
    assert_eq!(viaduct.get("/").await.body, b"1");
}

#[tokio::test]
async fn endpoints_take_turns() {
    let (a, b) = (Origin::echo().await, Origin::echo().await);
    let viaduct = Viaduct::start(Overrides { to: urls(&[a.address, b.address]), ..Overrides::default() });
    let mut client = viaduct.client().await;
    for turn in 0..6 {
        client.get("/").await;
        let expected = format!("to/{}", turn % 2);
        assert_eq!(client.response().await.field("x-viaduct-upstream"), Some(expected.as_str()));
    }
}
