//! Section 10: upgrade and tunnels (U1 to U5).

use std::time::Duration;

use tokio::sync::mpsc;

use super::lab::{Recorder, echoed};
use crate::support::{Origin, Peer, Viaduct, patiently};

const ASK: &str = "GET /ws HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k==\r\n\
                   sec-websocket-protocol: chat\r\nsec-websocket-version: 13\r\n\r\n";
const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: a==\r\n\
                      sec-websocket-protocol: chat\r\nx-hop: 1\r\n\r\n";

/// Switches, then hands the connection to the test.
async fn switching(with: &'static str) -> (Viaduct, mpsc::UnboundedReceiver<(crate::support::Message, Peer)>, Origin) {
    let (hand, handed) = mpsc::unbounded_channel();
    let origin = Origin::start(move |mut peer, _| {
        let hand = hand.clone();
        async move {
            let head = peer.head().await;
            if head.field("upgrade").is_some() {
                peer.send(format!("{SWITCH}{with}")).await;
                hand.send((head, peer)).unwrap();
            } else {
                peer.send(crate::support::ok(b"plain")).await;
                let _ = peer.rest().await;
            }
        }
    })
    .await;
    (Viaduct::to(&[origin.address]), handed, origin)
}

#[tokio::test]
async fn u01_an_upgrade_that_is_none_is_removed() {
    for fields in [
        "upgrade: websocket\r\n",
        "connection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: x\r\n",
        "connection: upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: x\r\n",
        "connection: upgrade\r\nupgrade: TLS/1.0\r\n",
        "connection: upgrade\r\n",
        "connection: upgrade\r\nupgrade: foo\r\n",
    ] {
        let seen = echoed(format!("GET / HTTP/1.1\r\nhost: a\r\n{fields}\r\n")).await;
        assert_eq!((seen.field("upgrade"), seen.field("connection")), (None, None), "{fields:?}");
    }
    let seen = echoed("GET / HTTP/1.0\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n").await;
    assert_eq!((seen.field("upgrade"), seen.field("connection")), (None, None));
    let seen = echoed("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c, websocket\r\n\r\n").await;
    assert!(seen.field("upgrade").is_none_or(|upgrade| upgrade == "websocket"));
}

#[tokio::test]
async fn u02_both_heads_are_rebuilt() {
    let (viaduct, mut handed, _origin) = switching("").await;
    let mut client = viaduct.client().await;
    client.send(ASK).await;
    let head = client.head().await;
    assert_eq!(head.status(), 101, "{}", head.head);
    let (request, _peer) = patiently(handed.recv()).await.unwrap();
    for message in [&request, &head] {
        assert!(
            message.field("connection").is_some_and(|options| options.eq_ignore_ascii_case("upgrade")),
            "{}",
            message.head
        );
        assert_eq!(message.all("upgrade"), ["websocket"]);
        assert_eq!(message.all("sec-websocket-protocol"), ["chat"]);
    }
    assert_eq!((request.field("sec-websocket-key"), request.field("sec-websocket-version")), (Some("k=="), Some("13")));
    assert_eq!(head.field("sec-websocket-accept"), Some("a=="));
    assert_eq!((head.field("content-length"), head.field("transfer-encoding")), (None, None));
}

#[tokio::test]
async fn u03_bytes_that_came_with_either_head_are_not_lost() {
    let (viaduct, mut handed, _origin) = switching("from origin").await;
    let mut client = viaduct.client().await;
    client.send(format!("{ASK}from client")).await;
    assert_eq!(client.head().await.status(), 101);
    assert_eq!(client.exactly(11).await, b"from origin");
    let (_, mut peer) = patiently(handed.recv()).await.unwrap();
    assert_eq!(peer.exactly(11).await, b"from client");
    for n in 0..10u8 {
        client.send([n; 3]).await;
        assert_eq!(peer.exactly(3).await, [n; 3]);
        peer.send([n; 5]).await;
        assert_eq!(client.exactly(5).await, [n; 5]);
    }
}

#[tokio::test]
async fn u03_a_refused_upgrade_stays_http() {
    let lab = Recorder::answering(|request| {
        let status = if request.field("upgrade").is_some() { "426 Upgrade Required" } else { "200 OK" };
        format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nno").into_bytes()
    })
    .await;
    let mut client = lab.viaduct.client().await;
    client.send(format!("{ASK}GET /next HTTP/1.1\r\nhost: a\r\n\r\n")).await;
    let response = client.response().await;
    assert_eq!((response.status(), response.text()), (426, "no"));
    assert_eq!(client.response().await.status(), 200);
    assert_eq!(lab.seen()[1].start(), "GET /next HTTP/1.1");
}

#[tokio::test]
async fn u03_an_upgrade_with_a_body_is_served_as_http() {
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client
        .send("POST /x HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\ncontent-length: 5\r\n\r\nhello")
        .await;
    assert_eq!(client.response().await.status(), 200);
    assert_eq!(lab.seen()[0].body, b"hello");
}

#[tokio::test]
async fn u03_a_client_that_leaves_before_the_answer_or_in_it_frees_the_origin() {
    for begin in ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhi"] {
        let (report, mut reports) = mpsc::channel(4);
        let origin = Origin::start(move |mut peer, _| {
            let report = report.clone();
            async move {
                let _ = peer.head().await;
                peer.send(begin).await;
                report.send(()).await.unwrap();
                peer.rest().await;
                report.send(()).await.unwrap();
            }
        })
        .await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        client.send(ASK).await;
        patiently(reports.recv()).await.unwrap();
        if !begin.is_empty() {
            client.until(b"hi").await;
        }
        drop(client);
        let left = tokio::time::Instant::now();
        patiently(reports.recv()).await.unwrap();
        assert!(left.elapsed() < Duration::from_secs(2), "{begin:?}");
    }
}

#[tokio::test]
async fn u03_after_an_upgrade_that_was_refused_the_connection_ends_in_stages() {
    let lab = Recorder::answering(|_| crate::support::ok(&vec![b'x'; 8 << 20])).await;
    let mut client = lab.viaduct.client().await;
    let ask = ASK.replace("keep-alive, Upgrade", "Upgrade, close");
    client.send(format!("{ask}{}", "bytes behind".repeat(1000))).await;
    // A slow reader: nothing of the answer may be lost when the connection is closed.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let response = client.response().await;
    assert!(response.is_whole, "{} bytes", response.body.len());
    assert!(!client.rest_or_reset().await.1);
}

#[tokio::test]
async fn u04_what_was_sent_before_the_end_is_delivered() {
    let megabyte = vec![b'x'; 1 << 20];
    for from_client in [true, false] {
        let (viaduct, mut handed, _origin) = switching("").await;
        let mut client = viaduct.client().await;
        client.send(ASK).await;
        assert_eq!(client.head().await.status(), 101);
        let (_, mut peer) = patiently(handed.recv()).await.unwrap();
        let (closing, other) = if from_client { (&mut client, &mut peer) } else { (&mut peer, &mut client) };
        let sending = async {
            closing.send(&megabyte).await;
            closing.finish().await;
        };
        let ((), got) = tokio::join!(sending, other.rest());
        assert!(got == megabyte, "from client: {from_client}: {} bytes", got.len());
        // The other side says its last and closes too.
        other.send("bye").await;
        other.finish().await;
        assert_eq!(closing.rest().await, b"bye");
    }
}

#[tokio::test]
async fn u04_a_reset_ends_both() {
    for from_client in [true, false] {
        let (viaduct, mut handed, _origin) = switching("").await;
        let mut client = viaduct.client().await;
        client.send(ASK).await;
        assert_eq!(client.head().await.status(), 101);
        let (_, mut peer) = patiently(handed.recv()).await.unwrap();
        client.send("x").await;
        assert_eq!(peer.exactly(1).await, b"x");
        let begun = tokio::time::Instant::now();
        if from_client {
            client.reset();
            peer.rest().await;
        } else {
            peer.reset();
            client.rest().await;
        }
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn u05_tunnels_are_counted_and_cut_at_the_end_of_the_drain() {
    let (hand, mut handed) = mpsc::unbounded_channel();
    let origin = Origin::start(move |mut peer, _| {
        let hand = hand.clone();
        async move {
            let _ = peer.head().await;
            peer.send(SWITCH).await;
            hand.send(peer).unwrap();
        }
    })
    .await;
    let overrides = viaduct::config::Overrides {
        to: crate::support::urls(&[origin.address]),
        drain: Some(Duration::from_secs(2)),
        ..viaduct::config::Overrides::default()
    };
    let mut viaduct = Viaduct::start(overrides);
    let mut client = viaduct.client().await;
    client.send(ASK).await;
    assert_eq!(client.head().await.status(), 101);
    let mut peer: Peer = patiently(handed.recv()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.send("after silence").await;
    assert_eq!(peer.exactly(13).await, b"after silence");
    assert!(viaduct.metric("viaduct_tunnels_open").await > 0.0);
    viaduct.begin_stop();
    // Told at once: both sides see the end, and the drain is clean.
    let ((), _) = tokio::join!(async { drop(client.rest().await) }, peer.rest());
    drop((client, peer));
    assert!(viaduct.stopped().await);
}
