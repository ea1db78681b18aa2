//! Section 7: streaming, back-pressure, memory (B1 to B7). B1, B3 and B4 are also in `streaming`.

use std::time::Duration;

use tokio::sync::mpsc;

use super::lab::Recorder;
use crate::support::{Origin, Viaduct, ok, patiently};

#[tokio::test]
async fn b01_a_head_alone_and_each_piece_arrive_at_once() {
    for (framing, first) in [
        ("transfer-encoding: chunked", "3\r\na\n\n\r\n"),
        ("content-length: 100", "a\n\n"),
        ("content-type: text/event-stream", "a\n\n"),
    ] {
        let (next, mut told) = mpsc::channel::<()>(1);
        let mut told = Some(std::mem::replace(&mut told, mpsc::channel(1).1));
        let origin = Origin::start(move |mut peer, _| {
            let mut told = told.take().unwrap();
            async move {
                let _ = peer.request().await;
                peer.send(format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n")).await;
                told.recv().await;
                peer.send(first).await;
                told.recv().await;
            }
        })
        .await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        client.get("/").await;
        assert_eq!(client.head().await.status(), 200, "{framing}");
        next.send(()).await.unwrap();
        client.until(b"a\n\n").await;
    }
}

#[tokio::test]
async fn b02_an_upload_arrives_before_it_is_complete() {
    for (framing, half, rest) in [
        ("content-length: 10", "hello", "world"),
        ("transfer-encoding: chunked", "5\r\nhello\r\n", "5\r\nworld\r\n0\r\n\r\n"),
    ] {
        let (got, mut told) = mpsc::channel::<()>(1);
        let origin = Origin::start(move |mut peer, _| {
            let got = got.clone();
            async move {
                peer.until(b"hello").await;
                got.send(()).await.unwrap();
                peer.until(b"world").await;
                peer.send(ok(b"done")).await;
                peer.rest().await;
            }
        })
        .await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\n{framing}\r\n\r\n{half}")).await;
        patiently(told.recv()).await.unwrap();
        client.send(rest).await;
        assert_eq!(client.response().await.text(), "done");
    }
}

#[tokio::test]
async fn b03_request_and_answer_run_at_once() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        for n in 0..20 {
            peer.until(format!("ping{n};").as_bytes()).await;
            peer.send(format!("6\r\npong{n:02}\r\n")).await;
        }
        peer.send("0\r\n\r\n").await;
        peer.rest().await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n").await;
    for n in 0..20 {
        let ping = format!("ping{n};");
        client.send(format!("{:x}\r\n{ping}\r\n", ping.len())).await;
        client.until(format!("pong{n:02}").as_bytes()).await;
    }
}

#[tokio::test]
async fn b04_an_origin_that_does_not_read_stops_the_client() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        std::future::pending::<()>().await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4000000000\r\n\r\n").await;
    let piece = vec![b'x'; 256 * 1024];
    let mut total = 0;
    while tokio::time::timeout(Duration::from_millis(300), client.send(&piece)).await.is_ok() {
        total += piece.len();
    }
    assert!(total < 64 << 20, "{total} bytes went into an origin that reads none");
}

#[tokio::test]
async fn b05_pipelined_input_is_bounded() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        std::future::pending::<()>().await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.get("/").await;
    let piece = "GET /next HTTP/1.1\r\nhost: a\r\n\r\n".repeat(4000);
    let mut total = 0;
    while tokio::time::timeout(Duration::from_millis(300), client.send(&piece)).await.is_ok() {
        total += piece.len();
    }
    assert!(total < 64 << 20, "{total} bytes of requests were taken while the first runs");
}

#[tokio::test]
async fn b06_thousands_of_tiny_chunks_arrive() {
    let chunks = "1\r\nx\r\n".repeat(20_000);
    let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n").into_bytes();
    let lab = Recorder::answering(move |_| answer.clone()).await;
    let mut client = lab.viaduct.client().await;
    let (request, response) = (
        format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"),
        vec![b'x'; 20_000],
    );
    client.send(request).await;
    assert!(client.response().await.body == response);
    assert!(lab.seen()[0].body == response);
}

#[tokio::test]
async fn b07_a_pause_shorter_than_the_limit_is_no_error() {
    let origin = Origin::start(|mut peer, _| async move {
        let request = peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n").await;
        for byte in &request.body {
            tokio::time::sleep(Duration::from_millis(150)).await;
            peer.send([*byte]).await;
        }
        peer.rest().await;
    })
    .await;
    let file = format!(
        "[[upstream]]\nkind = 'http'\nendpoints = ['http://{}']\n[upstream.deadlines.plain]\nsilence = '500ms'\nupload = '500ms'\n",
        origin.address
    );
    let viaduct = Viaduct::with_file(&file, viaduct::config::Overrides::default());
    let mut client = viaduct.client().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n").await;
    for byte in b"hello" {
        tokio::time::sleep(Duration::from_millis(150)).await;
        client.send([*byte]).await;
    }
    let response = client.response().await;
    assert_eq!((response.text(), response.is_whole), ("hello", true));
}
