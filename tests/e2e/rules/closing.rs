//! Section 8: early responses and closing (E1 to E7).

use std::time::Duration;

use super::lab::SMUGGLED;
use crate::support::{Origin, Peer, Viaduct, ok, patiently};

/// Reads a head and 64 KiB of the body, then answers; what it does afterwards is `then`.
async fn early<F>(status: &'static str, then: impl Fn(Peer) -> F + Send + Sync + 'static) -> Origin
where
    F: Future<Output = ()> + Send + 'static,
{
    let then = std::sync::Arc::new(then);
    Origin::start(move |mut peer, number| {
        let then = std::sync::Arc::clone(&then);
        async move {
            let head = peer.head().await;
            if head.field("content-length").is_none_or(|length| length == "0")
                && head.field("transfer-encoding").is_none()
            {
                peer.send(ok(format!("other {number}").as_bytes())).await;
                while peer.try_request().await.is_some() {
                    peer.send(ok(format!("other {number}").as_bytes())).await;
                }
                return;
            }
            if head.field("x-small").is_none() {
                peer.exactly(64 * 1024).await;
            }
            peer.send(format!("HTTP/1.1 {status}\r\ncontent-length: 5\r\n\r\nearly")).await;
            then(peer).await;
        }
    })
    .await
}

const BIG: &str = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 67108864\r\n\r\n";

#[tokio::test]
async fn e01_an_answer_during_the_upload_is_relayed_at_once() {
    let origin = early("413 Too Large", |mut peer| async move { drop(peer.rest().await) }).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(BIG).await;
    client.send(vec![b'x'; 64 * 1024]).await;
    // No further byte is sent: the answer must not wait for one.
    let response = client.response().await;
    assert_eq!((response.status(), response.text()), (413, "early"));
}

#[tokio::test]
async fn e02_after_an_early_answer_the_upload_completes_or_the_connection_ends() {
    let origin = early("200 OK", |mut peer| async move { drop(peer.rest().await) }).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(BIG).await;
    client.send(vec![b'x'; 64 * 1024]).await;
    assert_eq!(client.response().await.status(), 200);
    let sent = client.try_send(vec![b'x'; 67_108_864 - 64 * 1024]).await;
    client.try_send(SMUGGLED).await;
    let rest = String::from_utf8(client.rest().await).unwrap();
    assert!(!rest.contains("HTTP/1.1") || sent, "{rest}");
    assert_eq!(viaduct.get("/").await.body, b"other 1");
}

#[tokio::test]
async fn e03_what_was_not_read_is_never_a_request() {
    let origin = early("403 No", |mut peer| async move {
        let rest = peer.rest().await;
        // As a body it may arrive, as a request on its own never.
        assert!(rest.len() <= SMUGGLED.len());
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    for framing in [
        format!("content-length: {}\r\n\r\n", SMUGGLED.len()),
        format!("content-length: {}\r\n\r\n", SMUGGLED.len() + 50),
    ] {
        let mut client = viaduct.client().await;
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\nx-small: 1\r\n{framing}")).await;
        assert_eq!(client.response().await.status(), 403);
        client.try_send(SMUGGLED).await;
        client.try_send(SMUGGLED).await;
        let rest = String::from_utf8(client.rest().await).unwrap();
        assert!(!rest.contains("other"), "{rest}");
    }
}

#[tokio::test]
async fn e04_a_half_sent_upload_is_never_pooled() {
    let origin = early("200 OK", |mut peer| async move { drop(peer.rest().await) }).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(BIG).await;
    client.send(vec![b'x'; 64 * 1024]).await;
    assert_eq!(client.response().await.status(), 200);
    for _ in 1..4 {
        assert_eq!(viaduct.get("/").await.body, b"other 1");
    }
}

#[tokio::test]
async fn e02_an_answer_that_leaves_the_request_unread_says_that_the_connection_closes() {
    let viaduct = Viaduct::to(&[crate::support::nobody().await]);
    let mut client = viaduct.client().await;
    // What is at hand is read: the connection goes on.
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello").await;
    let response = client.response().await;
    assert_eq!((response.status(), response.field("connection")), (502, None));
    client.send(BIG).await;
    let response = client.response().await;
    assert_eq!((response.status(), response.field("connection")), (502, Some("close")));

    let origin = early("413 Too Large", |mut peer| async move { drop(peer.rest().await) }).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(BIG).await;
    client.send(vec![b'x'; 64 * 1024]).await;
    let response = client.response().await;
    assert_eq!((response.status(), response.field("connection")), (413, Some("close")));
}

#[tokio::test]
async fn e05_a_client_that_writes_on_finds_the_answer() {
    let origin = early("413 Too Large", |mut peer| async move {
        peer.finish().await;
        let _ = peer.rest().await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(BIG).await;
    // All 64 MiB, and only then does it read.
    for _ in 0..64 {
        assert!(client.try_send(vec![b'x'; 1 << 20]).await, "a reset while the client still sends");
    }
    let response = client.response().await;
    assert_eq!((response.status(), response.text()), (413, "early"));
    let (rest, is_reset) = client.rest_or_reset().await;
    assert_eq!((rest.len(), is_reset), (0, false));
}

#[tokio::test]
async fn e05_a_slow_writer_finds_it_too() {
    let origin = early("413 Too Large", |mut peer| async move { drop(peer.rest().await) }).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(BIG).await;
    client.send(vec![b'x'; 64 * 1024]).await;
    for _ in 0..15 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(client.try_send(vec![b'x'; 1000]).await);
    }
    assert_eq!(client.response().await.status(), 413);
}

#[tokio::test]
async fn e05_refusals_of_viaducts_own_survive_a_body_too() {
    for head in [
        "POST / HTTP/1.1\r\ncontent-length: 10000000\r\n\r\n",
        "POST /a#b HTTP/1.1\r\nhost: a\r\n\r\n",
        "junk\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        let viaduct = Viaduct::to(&[crate::support::nobody().await]);
        let mut client = viaduct.client().await;
        client.send(head).await;
        for _ in 0..10 {
            assert!(client.try_send(vec![b'x'; 1_000_000]).await);
        }
        let status = client.response().await.status();
        assert!(matches!(status, 400 | 405), "{head:?}: {status}");
        assert!(!client.rest_or_reset().await.1, "{head:?}");
    }
}

#[tokio::test]
async fn e06_an_answer_sent_before_the_origin_closed_is_found() {
    // Closes with unread data: a reset follows the answer.
    let origin = early("413 Too Large", |peer| async move { drop(peer) }).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut found = 0;
    for _ in 0..5 {
        let mut client = viaduct.client().await;
        client.send(BIG).await;
        for _ in 0..8 {
            client.try_send(vec![b'x'; 1 << 20]).await;
        }
        let status = client.response().await.status();
        assert!(matches!(status, 413 | 502), "{status}");
        found += usize::from(status == 413);
    }
    assert!(found > 0, "none of five found the answer");
}

#[tokio::test]
async fn e07_a_half_closed_client_is_answered_or_aborted() {
    let (ended, mut told) = tokio::sync::mpsc::channel(2);
    let origin = Origin::start(move |mut peer, _| {
        let ended = ended.clone();
        async move {
            let _ = peer.request().await;
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(300)) => {
                    peer.try_send(ok(b"late")).await;
                    ended.send("answered").await.unwrap();
                }
                () = peer.peek_end() => ended.send("aborted").await.unwrap(),
            }
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.get("/").await;
    client.finish().await;
    let rest = String::from_utf8(client.rest().await).unwrap();
    // viaduct aborts: a client that is gone frees the model (HAProxy's abortonclose).
    assert_eq!(patiently(told.recv()).await, Some("aborted"));
    assert_eq!(rest, "");
}
