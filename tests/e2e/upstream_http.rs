//! Who speaks HTTP toward upstreams, and what only the connection itself can get wrong (contract: http-proxy, sections 5,
//! 8 and 9). Everything else here runs with both: `VIADUCT_TEST_CONN=hyper`.

use std::time::Duration;

use viaduct::config::Overrides;
use viaduct::pool::Codec;

use crate::support::{Origin, Viaduct, codec_of_the_run, ok, patiently};

/// A viaduct whose file says who speaks HTTP.
fn speaking(word: &str, origin: &Origin) -> Viaduct {
    let file = format!(
        "[[upstream]]\nname = 'to'\nkind = 'http'\nendpoints = ['http://{}']\npool = {{ http = '{word}' }}\n",
        origin.address
    );
    Viaduct::with_file(&file, Overrides::default())
}

#[tokio::test]
async fn the_setting_decides_who_speaks() {
    // hyper takes LF for CRLF; our own connection does not (RFC 9112, section 2.2, allows both).
    let origin = Origin::answering(|_| b"HTTP/1.1 200 OK\ncontent-length: 2\n\nhi".to_vec()).await;
    assert_eq!(speaking("lean", &origin).get("/").await.status(), 502);
    assert_eq!(speaking("hyper", &origin).get("/").await.status(), 200);
    let default = Viaduct::to(&[origin.address]).get("/").await.status();
    let is_hyper = codec_of_the_run() == Some(Codec::Hyper);
    assert_eq!(default, if is_hyper { 200 } else { 502 });
}

#[tokio::test]
async fn a_body_in_chunks_leaves_its_connection_to_the_next() {
    for (word, trailers) in [("lean", ""), ("lean", "a: b\r\n"), ("hyper", ""), ("hyper", "a: b\r\n")] {
        let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n{trailers}\r\n");
        let origin = Origin::answering(move |_| answer.clone().into()).await;
        let viaduct = speaking(word, &origin);
        let mut client = viaduct.client().await;
        for _ in 0..5 {
            client.get("/").await;
            assert!(client.response().await.is_whole);
        }
        assert_eq!(origin.accepted(), 1, "{word} {trailers}");
    }
}

#[tokio::test]
async fn what_the_lean_connection_refuses_becomes_502() {
    for answer in [
        "HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\0\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\rc\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: +0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0, 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551616\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
    ] {
        let origin = Origin::answering(move |_| answer.as_bytes().to_vec()).await;
        let response = speaking("lean", &origin).get("/").await;
        assert_eq!(
            (response.status(), response.field("x-viaduct-error")),
            (502, Some("bad-response")),
            "{answer:?}: {}",
            response.head
        );
    }
}

#[tokio::test]
async fn heads_beyond_the_limits_become_502() {
    let wide = format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(2 * 1024 * 1024));
    let long = format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "x: y\r\n".repeat(5_000));
    for answer in [wide, long] {
        let start: String = answer.chars().take(40).collect();
        let origin = Origin::start(move |mut peer, _| {
            let answer = answer.clone();
            async move {
                let _ = peer.request().await;
                let _ = peer.try_send(answer).await;
                let _ = peer.rest().await;
            }
        })
        .await;
        assert_eq!(speaking("lean", &origin).get("/").await.status(), 502, "{start}");
    }
}

#[tokio::test]
async fn an_answer_that_overtakes_the_upload_is_delivered_though_the_socket_is_gone() {
    // The origin resets: it closes with most of the upload unread (contract: E6).
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        peer.send("HTTP/1.1 413 Too Large\r\ncontent-length: 9\r\nconnection: close\r\n\r\ntoo large").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    })
    .await;
    let viaduct = speaking("lean", &origin);
    for _ in 0..5 {
        let mut client = viaduct.client().await;
        client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n").await;
        for _ in 0..64 {
            if !client.try_send(vec![b'x'; 64 * 1024]).await {
                break;
            }
        }
        let response = client.response().await;
        assert_eq!((response.status(), response.text()), (413, "too large"));
    }
}

#[tokio::test]
async fn an_idle_connection_that_was_reset_costs_a_post_nothing() {
    let (closed, mut told) = tokio::sync::mpsc::channel::<()>(8);
    let origin = Origin::start(move |mut peer, _| {
        let closed = closed.clone();
        async move {
            let request = peer.request().await;
            assert_eq!(request.body, b"hi");
            peer.send(ok(b"hi")).await;
            // Late enough to be no part of the answer, too late for the connection not to be pooled.
            tokio::time::sleep(Duration::from_millis(5)).await;
            peer.reset();
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    for n in 0..6 {
        client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi").await;
        assert_eq!(client.response().await.status(), 200, "{n}");
        told.recv().await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn bytes_on_an_idle_connection_never_answer_a_request() {
    let origin = Origin::start(|mut peer, number| async move {
        let _ = peer.request().await;
        peer.send(ok(number.to_string().as_bytes())).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        peer.send(ok(b"poison")).await;
        let _ = peer.rest().await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    for n in 0..5 {
        client.get("/").await;
        assert_eq!(client.response().await.text(), n.to_string());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_connection_that_the_origin_closes_while_idle_is_closed_soon_by_us_too() {
    let (closed, mut told) = tokio::sync::mpsc::channel::<()>(1);
    let origin = Origin::start(move |mut peer, _| {
        let closed = closed.clone();
        async move {
            let _ = peer.request().await;
            peer.send(ok(b"hi")).await;
            peer.finish().await;
            assert!(peer.is_closed().await);
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    assert_eq!(viaduct.get("/").await.status(), 200);
    patiently(told.recv()).await.unwrap();
}

#[tokio::test]
async fn a_reset_in_a_body_without_a_length_is_no_clean_end() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\n\r\nhello").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        peer.reset();
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let response = viaduct.get("/").await;
    assert_eq!((response.status(), response.body.as_slice(), response.is_whole), (200, &b"hello"[..], false));
}

#[tokio::test]
async fn a_client_that_sends_all_before_it_reads_anything_does_not_stop_its_own_upload() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const SENT: usize = 32 * 1024 * 1024;
    const GIVEN: usize = 64 * 1024 * 1024;
    let origin = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let viaduct = Viaduct::to(&[origin.local_addr().unwrap()]);
    tokio::spawn(async move {
        loop {
            let (mut reading, mut writing) = origin.accept().await.unwrap().0.into_split();
            tokio::spawn(async move {
                let mut taken = vec![0; 64 * 1024];
                while reading.read(&mut taken).await.is_ok_and(|count| count > 0) {}
            });
            tokio::spawn(async move {
                let _ =
                    writing.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {GIVEN}\r\n\r\n").as_bytes()).await;
                let _ = writing.write_all(&vec![b'y'; GIVEN]).await;
                std::future::pending::<()>().await;
            });
        }
    });
    let mut client = viaduct.client().await;
    client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {SENT}\r\n\r\n")).await;
    client.send(vec![b'x'; SENT]).await;
    assert_eq!(client.head().await.status(), 200);
    let mut taken = 0;
    while taken < GIVEN {
        taken += client.some().await.len();
    }
    assert_eq!(taken, GIVEN);
}

#[tokio::test]
async fn a_reason_phrase_and_odd_statuses_pass() {
    let origin = Origin::answering(|_| b"HTTP/1.1 299 Rather odd\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let response = Viaduct::to(&[origin.address]).get("/").await;
    assert_eq!(response.start(), "HTTP/1.1 299 Rather odd");
}

#[tokio::test]
async fn an_upload_goes_on_while_the_answer_streams_and_the_connection_is_used_again() {
    const PIECES: usize = 200;
    let origin = Origin::start(|mut peer, number| async move {
        while !peer.head().await.head.is_empty() {
            peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            let mut taken = 0;
            while taken < PIECES * 10_000 {
                taken += peer.some().await.len();
                peer.send(format!("1\r\n{number}\r\n")).await;
            }
            peer.send("0\r\n\r\n").await;
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    for _ in 0..2 {
        let length = PIECES * 10_000;
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n")).await;
        assert_eq!(client.head().await.status(), 200);
        for _ in 0..PIECES {
            client.send(vec![b'x'; 10_000]).await;
            tokio::task::yield_now().await;
        }
        client.until(b"0\r\n\r\n").await;
    }
    // hyper's connection may not have come round to its end when the second request wants it.
    assert!(origin.accepted() == 1 || codec_of_the_run() == Some(Codec::Hyper));
}
