//! Sizes of bodies, numbers of connections.

use std::time::Duration;

use super::{Counting, in_front_of, refusal};
use crate::support::{Origin, Peer, Viaduct};

const LIMITS: &str = "[limits]\nmax_body = \"1KiB\"\n";

async fn limited() -> (Counting, Viaduct) {
    let origin = Counting::start().await;
    let viaduct = in_front_of(&origin.0, LIMITS);
    (origin, viaduct)
}

#[tokio::test]
async fn a_length_beyond_the_limit_is_413_before_the_origin_hears_of_it() {
    let (origin, viaduct) = limited().await;
    for (path, expects) in [("/api/chat", ""), ("/files", ""), ("/other", "expect: 100-continue\r\n")] {
        let mut client = viaduct.client().await;
        client.send(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{expects}content-length: 1025\r\n\r\n")).await;
        let answer = client.response().await;
        assert_eq!(refusal(&answer), (413, Some("too-large")), "{path}");
        assert!(client.is_closed().await);
    }
    assert_eq!(origin.count(), 0);
    let mut client = viaduct.client().await;
    client
        .send(format!("POST /api/chat HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1024\r\n\r\n{}", "x".repeat(1024)))
        .await;
    assert_eq!(client.response().await.status(), 200);
}

#[tokio::test]
async fn chunks_beyond_the_limit_are_413_and_never_end_upstream() {
    let (ended, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let origin = Origin::start(move |mut peer, _| {
        let ended = ended.clone();
        async move {
            if let Some(request) = peer.try_request().await.filter(|request| request.field("x-forwarded-for").is_some())
            {
                let _ = ended.send(request.is_whole);
            }
        }
    })
    .await;
    let viaduct = in_front_of(&origin, LIMITS);
    let mut client = viaduct.client().await;
    client.send("POST /api/chat HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let chunk = format!("200\r\n{}\r\n", "x".repeat(512));
    client.send(format!("{chunk}{chunk}")).await;
    // The origin has what is within the limit; only then comes the rest.
    assert!(client.is_silent(Duration::from_millis(200)).await);
    client.send("1\r\nx\r\n").await;
    let answer = client.response().await;
    assert_eq!(refusal(&answer), (413, Some("too-large")));
    assert_eq!(answer.field("connection"), Some("close"));
    client.try_send("0\r\n\r\n").await;
    assert!(client.rest().await.is_empty());
    assert_eq!(ends.recv().await, Some(false), "the body ended as if it were whole");
}

#[tokio::test]
async fn chunks_within_the_limit_pass() {
    let (_origin, viaduct) = limited().await;
    let mut client = viaduct.client().await;
    for _ in 0..2 {
        let chunk = format!("200\r\n{}\r\n", "x".repeat(512));
        let head = "POST /api/chat HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
        client.send(format!("{head}{chunk}{chunk}0\r\n\r\n")).await;
        assert_eq!(client.response().await.status(), 200);
    }
}

#[tokio::test]
async fn an_upstreams_own_limit_counts_for_its_class() {
    let origin = Origin::echo().await;
    let file = format!(
        "[[upstream]]\nkind = \"ollama\"\nendpoints = [\"http://{}\"]\nmax_body = {{ generate = \"10B\" }}\n",
        origin.address
    );
    let viaduct = Viaduct::with_file(&file, viaduct::config::Overrides::default());
    for (path, status) in [("/api/chat", 413), ("/api/show", 200)] {
        let mut client = viaduct.client().await;
        client.send(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 11\r\n\r\nhello world")).await;
        assert_eq!(client.response().await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_the_next_is_turned_away() {
    let origin = Origin::echo().await;
    for limit in ["max_connections_per_address = 2", "max_connections = 2"] {
        let viaduct = in_front_of(&origin, &format!("[limits]\n{limit}\n"));
        let (mut a, mut b) = (viaduct.client().await, viaduct.client().await);
        for client in [&mut a, &mut b] {
            client.get("/api/tags").await;
            assert_eq!(client.response().await.status(), 200);
        }
        let turned_away = viaduct.client().await.response().await;
        assert_eq!(refusal(&turned_away), (503, Some("connections")));
        assert!(turned_away.is_whole && turned_away.text().contains("too many connections"));
        viaduct.metric_reaches("viaduct_refused_total{reason=\"connections\"}", 1.0).await;
        // Those that are there go on, and one that leaves makes room.
        b.get("/api/tags").await;
        assert_eq!(b.response().await.status(), 200);
        drop(a);
        viaduct.metric_reaches("viaduct_downstream_connections_open 1", 1.0).await;
        loop {
            let mut client = viaduct.client().await;
            client.try_send("GET /api/tags HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
            if client.rest_or_reset().await.0.starts_with(b"HTTP/1.1 200 ") {
                break;
            }
        }
    }
}

#[tokio::test]
async fn behind_a_proxy_the_client_that_it_names_is_counted() {
    let origin = Origin::echo().await;
    let file = "proxy_protocol = [\"127.0.0.0/8\"]\n[limits]\nmax_connections_per_address = 1\n";
    let viaduct = in_front_of(&origin, file);
    let mut held = Vec::new();
    for (client, is_served) in [("192.0.2.1", true), ("192.0.2.2", true), ("192.0.2.1", false)] {
        let mut peer = viaduct.client().await;
        let request = "GET /api/tags HTTP/1.1\r\nhost: localhost\r\n\r\n";
        peer.send(format!("PROXY TCP4 {client} 192.0.2.9 5000 8080\r\n{request}")).await;
        if is_served {
            assert_eq!(peer.response().await.status(), 200, "{client}");
            held.push(peer);
        } else {
            assert!(peer.rest_or_reset().await.0.is_empty(), "{client}");
        }
    }
    viaduct.metric_reaches("viaduct_refused_total{reason=\"connections\"}", 1.0).await;
}

#[tokio::test]
async fn the_admin_listener_has_no_such_limit() {
    let origin = Origin::echo().await;
    let viaduct = in_front_of(&origin, "[limits]\nmax_connections = 1\n");
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut admin = Peer::connect(viaduct.admin).await;
        admin.get("/livez").await;
        assert_eq!(admin.response().await.status(), 200);
        held.push(admin);
    }
}
