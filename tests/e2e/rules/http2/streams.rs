//! Streams beside each other: what one does not take stops no other, and is bounded.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use viaduct::config::Overrides;

use super::super::frames::{CANCEL, DATA, END_STREAM, Frames, HEADERS, WINDOW, get};
use crate::support::{Origin, Peer, Viaduct, ok, patiently, urls};

const POST: [(&str, &str); 4] = [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/deaf")];

/// An origin that takes nothing of the content of `/deaf`, and answers everything else.
async fn deaf() -> Origin {
    Origin::start(|mut peer, _| async move {
        loop {
            let head = peer.head().await;
            if head.start().contains("deaf") {
                return std::future::pending().await;
            }
            peer.send(ok(b"heard")).await;
        }
    })
    .await
}

/// Sends content until the window is used up and nothing more is granted for a while; how much that was.
async fn stuffed(client: &mut Frames, stream: u32) -> usize {
    let piece = b"x".repeat(8192);
    let (mut window, mut whole, mut sent) = (65_535_usize, 65_535_usize, 0);
    loop {
        while window >= piece.len() && whole >= piece.len() {
            client.data(stream, &piece, false).await;
            (window, whole, sent) = (window - piece.len(), whole - piece.len(), sent + piece.len());
        }
        let Ok(frame) = tokio::time::timeout(Duration::from_millis(500), client.next()).await else { return sent };
        let frame = frame.expect("the connection ended");
        match frame.kind {
            WINDOW => {
                let more = u32::from_be_bytes(frame.payload[..4].try_into().unwrap()) as usize;
                *if frame.stream == 0 { &mut whole } else { &mut window } += more;
            }
            // The stream's first window is larger once the settings are known.
            4 if frame.flags == 0 => {
                for setting in frame.payload.chunks(6).filter(|setting| setting[..2] == [0, 4]) {
                    window += u32::from_be_bytes(setting[2..].try_into().unwrap()) as usize - 65_535;
                }
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn b4_an_upload_that_nobody_takes_stops_and_stops_no_other() {
    let origin = deaf().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.headers(1, &POST, false).await;
    let sent = stuffed(&mut client, 1).await;
    // The stream's window, and what the kernels keep between viaduct and the origin.
    assert!((1 << 20..12 << 20).contains(&sent), "{sent}");
    // A stream without content, and one with more than nothing.
    client.get(3, "/").await;
    assert_eq!(client.outcome(3).await.body, b"heard");
    let head = POST.map(|field| if field.0 == ":path" { (":path", "/heard") } else { field });
    client.headers(5, &head, false).await;
    client.data(5, b"y".repeat(8192), true).await;
    assert_eq!(client.outcome(5).await.body, b"heard");
}

#[tokio::test]
async fn b4_an_answer_that_is_not_taken_stops_no_other() {
    let origin =
        Origin::answering(|request| ok(&b"x".repeat(if request.start().contains("large") { 4 << 20 } else { 1000 })))
            .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.send(WINDOW, 0, 0, (64_u32 << 20).to_be_bytes()).await;
    for stream in [1, 3, 5] {
        client.get(stream, "/large").await;
    }
    // Each has got all of its window, 65,535 bytes, and is granted no more.
    let mut got = 0;
    while got < 3 * 65_535 {
        got += client.next_of(DATA).await.payload.len();
    }
    for stream in (7..107).step_by(2) {
        client.get(stream, "/").await;
        assert_eq!(client.outcome(stream).await.body.len(), 1000);
    }
    client.send(WINDOW, 0, 3, (4_u32 << 20).to_be_bytes()).await;
    let mut rest = 0;
    loop {
        let frame = client.next_of(DATA).await;
        assert_eq!(frame.stream, 3);
        rest += frame.payload.len();
        if frame.flags & END_STREAM != 0 {
            break;
        }
    }
    assert_eq!(rest, (4 << 20) - 65_535);
}

#[tokio::test]
async fn w5_what_finishes_unseen_does_so_behind_a_reset() {
    let (report, mut reports) = mpsc::channel(8);
    let (go, gone) = tokio::sync::watch::channel(false);
    let via = Origin::start(move |mut peer, _| {
        let (report, mut gone) = (report.clone(), gone.clone());
        async move {
            while let Some(request) = peer.try_request().await {
                if !request.start().contains("summarize") {
                    peer.send(ok(b"{}")).await;
                    continue;
                }
                peer.send("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf").await;
                report.send("asked").await.unwrap();
                gone.wait_for(|gone| *gone).await.unwrap();
                peer.send("last").await;
                // It is asked again on the same connection, or ended: neither came before all was read.
                report
                    .send(if peer.is_silent(Duration::from_millis(300)).await { "kept" } else { "closed" })
                    .await
                    .unwrap();
            }
        }
    })
    .await;
    let viaduct = Viaduct::start(Overrides { via: urls(&[via.address]), ..Overrides::default() });
    let mut client = Frames::connect(viaduct.address).await;
    let head = [(":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", "/summarize")];
    client.headers(1, &[&head[..], &[("content-type", "application/json")]].concat(), false).await;
    client.data(1, r#"{"id":"6a4f3a5e-1c5e-4a7c-9d3a-0f0c2b7d9e11","model":"m","stream":false}"#, true).await;
    assert_eq!(patiently(reports.recv()).await, Some("asked"));
    client.reset(1, CANCEL).await;
    viaduct.metric_reaches("viaduct_requests_unseen", 1.0).await;
    go.send(true).unwrap();
    assert_eq!(patiently(reports.recv()).await, Some("kept"));
}

/// How much memory a process has, in bytes.
fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn b5_a_thousand_streams_that_take_nothing_cost_little_each() {
    const CONNECTIONS: usize = 8;
    const STREAMS: u32 = 125;
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        // More than a stream may hold, and less than the kernel does.
        peer.send(ok(&b"x".repeat(192 * 1024))).await;
        std::future::pending::<()>().await;
    })
    .await;
    let (process, address) = crate::support::serve(&["--to", &format!("http://{}", origin.address)]).await;
    let mut warm = Frames::connect(address).await;
    warm.headers(1, &get("/"), true).await;
    warm.next_of(DATA).await;
    let before = resident(process.id().unwrap());
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        // Its streams have no window at all.
        let mut client = Frames::over(Peer::connect(address).await, &[(4, 0)]).await;
        for number in 0..STREAMS {
            client.get(1 + 2 * number, "/").await;
        }
        for _ in 0..STREAMS {
            client.next_of(HEADERS).await;
        }
        clients.push(client);
    }
    let each = resident(process.id().unwrap()).saturating_sub(before) / (CONNECTIONS * STREAMS as usize);
    // What is read of the upstream and waits: one piece.
    assert!(each < 160 * 1024, "{each} bytes for each stream");
    println!("{each} bytes for each stream");
}

#[tokio::test]
async fn the_access_line_says_which_version_it_was() {
    let origin = Origin::echo().await;
    let (mut process, address) = crate::support::serve(&["--to", &format!("http://{}", origin.address)]).await;
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut client = Frames::connect(address).await;
    client.get(1, "/").await;
    assert_eq!(client.outcome(1).await.status, 200);
    let mut old = Peer::connect(address).await;
    old.get("/").await;
    assert_eq!(old.response().await.status(), 200);
    for proto in [Some("HTTP/2.0"), None] {
        let line = patiently(lines.next_line()).await.unwrap().unwrap();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["proto"].as_str(), proto, "{line}");
    }
}
