//! W6: what one connection can ask for is bounded.

use super::super::frames::{
    ACK, CALM, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, HEADERS, Outcome, PING, SETTINGS, UNLISTED,
    block, frame, get,
};
use super::super::lab::Recorder;
use super::patient;
use crate::support::{Origin, Peer, Viaduct, patiently};

/// An origin that never answers.
async fn silent() -> Origin {
    Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        peer.peek_end().await;
    })
    .await
}

#[tokio::test]
async fn w6_streams_at_once_are_limited() {
    let origin = silent().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    let settings = client.next_of(SETTINGS).await.payload;
    let limit = settings.chunks(6).find(|setting| setting[..2] == [0, 3]).unwrap();
    assert_eq!(limit[2..], 128u32.to_be_bytes());
    for number in 0..129 {
        client.get(1 + 2 * number, "/").await;
    }
    let outcome = client.outcome(257).await;
    // REFUSED_STREAM: it may go elsewhere.
    assert_eq!(outcome.reset, Some(7), "{outcome:?}");
    assert!(origin.accepted() <= 128);
}

/// What becomes of a GET with these fields more, in as few frames as it takes.
async fn asked(client: &mut Frames, stream: u32, fields: &[(&str, &str)]) -> Outcome {
    let head = block(&[&get("/")[..], fields].concat());
    let mut pieces = head.chunks(16_384).peekable();
    let (mut kind, mut flags) = (HEADERS, END_STREAM);
    while let Some(piece) = pieces.next() {
        flags |= if pieces.peek().is_none() { END_HEADERS } else { 0 };
        client.send(kind, flags, stream, piece).await;
        (kind, flags) = (CONTINUATION, 0);
    }
    client.outcome(stream).await
}

/// A value with which a GET has so many bytes, as HTTP/2 counts them.
fn filling(bytes: usize) -> String {
    let fields: usize = get("/").iter().map(|(name, value)| name.len() + value.len() + 32).sum();
    "x".repeat(bytes - fields - "x-a".len() - 32)
}

#[tokio::test]
async fn w6_a_head_is_limited() {
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    let most = asked(&mut client, 1, &[("x-a", &filling(128 * 1024))]).await;
    assert_eq!(most.status, 200, "{most:?}");
    let more = asked(&mut client, 3, &[("x-a", &filling(128 * 1024 + 1))]).await;
    assert!(more.status != 200, "{more:?}");
    assert_eq!(lab.seen().len(), 1);
}

#[tokio::test]
async fn w6_the_limits_of_a_head_are_settings() {
    let origin = Origin::echo().await;
    let viaduct = patient(&origin, "max_head = '4KiB'\nmax_fields = 20");
    let mut client = Frames::connect(viaduct.address).await;
    let settings = client.next_of(SETTINGS).await.payload;
    let limit = settings.chunks(6).find(|setting| setting[..2] == [0, 6]).unwrap();
    assert_eq!(limit[2..], 4097u32.to_be_bytes());
    let most = asked(&mut client, 1, &[("x-a", &filling(4096))]).await;
    assert_eq!(most.status, 200, "{most:?}");
    // h2's own answer: a head that is not held is not read either.
    let more = asked(&mut client, 3, &[("x-a", &filling(4097))]).await;
    assert!(more.status == UNLISTED && more.body.is_empty(), "{more:?}");

    // With the authority, which is a line over HTTP/1.1, they are twenty; and crumbs are one line.
    let names: Vec<_> = (0..20).map(|n| format!("x-{n}")).collect();
    let fields: Vec<_> = names.iter().map(|name| (&**name, "y")).collect();
    let crumbs = [("cookie", "a=b"); 8];
    let most = asked(&mut client, 5, &[&fields[..18], &crumbs].concat()).await;
    assert_eq!(most.status, 200, "{most:?}");
    for (stream, fields) in [(7, &fields[..]), (9, &[&fields[..19], &crumbs].concat())] {
        let more = asked(&mut client, stream, fields).await;
        assert!(more.status == UNLISTED && more.is_whole, "{more:?}");
        assert_eq!(more.body, b"the request's head has more than 20 fields\n");
    }
    client.headers(11, &[&[(":method", "HEAD")], &get("/")[1..], &fields].concat(), true).await;
    let head = client.outcome(11).await;
    assert!(head.status == UNLISTED && head.is_whole && head.body.is_empty(), "{head:?}");
    // With an upload that nobody waits for.
    client.headers(13, &[&[(":method", "POST")], &get("/")[1..], &fields].concat(), false).await;
    let upload = client.outcome(13).await;
    assert!(upload.status == UNLISTED && upload.is_whole, "{upload:?}");
    client.get(15, "/").await;
    assert_eq!(client.outcome(15).await.status, 200);
}

#[tokio::test]
async fn w6_continuation_without_end_ends_the_connection() {
    for piece in [&b""[..], &block(&[("x-a", "b")])] {
        let lab = Recorder::start().await;
        let mut client = Frames::connect(lab.viaduct.address).await;
        client.send(HEADERS, END_STREAM, 1, block(&get("/"))).await;
        let piece = frame(CONTINUATION, 0, 1, piece).repeat(64);
        let mut sent = 0;
        while sent < 10_000 && client.0.try_send(&piece).await {
            sent += 64;
        }
        assert!(sent < 10_000, "still taken");
        client.0.peek_end().await;
        assert!(lab.seen().is_empty());
    }
}

#[tokio::test]
async fn w6_streams_that_are_given_up_in_a_row_end_the_connection() {
    let origin = silent().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    let (mut reads, mut stream) = (0, 1);
    // Slow enough that each of them is seen.
    let code = loop {
        client.get(stream, "/").await;
        client.reset(stream, CANCEL).await;
        client.send(PING, 0, 0, [0; 8]).await;
        let mut said = None;
        loop {
            let Some(frame) = client.next().await else { break };
            match frame.kind {
                PING if frame.flags & ACK != 0 => break,
                7 => said = Some(u32::from_be_bytes(frame.payload[4..8].try_into().unwrap())),
                _ => {}
            }
        }
        if said.is_some() {
            break said;
        }
        (reads, stream) = (reads + 1, stream + 2);
        assert!(reads < 2000, "still welcome");
    };
    assert_eq!(code, Some(CALM));
}

#[tokio::test]
async fn w6_rapid_resets_end_the_connection() {
    let origin = silent().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    let mut burst = Vec::new();
    for number in 0..4000 {
        let stream = 1 + 2 * number;
        burst.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(&get("/"))));
        burst.extend(frame(3, 0, stream, &CANCEL.to_be_bytes()));
    }
    client.0.try_send(&burst).await;
    client.0.peek_end().await;
    assert!(origin.accepted() < 1000);
}

#[tokio::test]
async fn w6_pings_and_settings_do_not_keep_a_connection() {
    for (kind, payload) in [(PING, &[0; 8][..]), (SETTINGS, &[])] {
        let origin = silent().await;
        let viaduct = patient(&origin, "idle = '300ms'");
        let mut client = Frames::over(Peer::connect(viaduct.address).await, &[]).await;
        let one = frame(kind, 0, 0, payload);
        patiently(async {
            while client.0.try_send(&one).await {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        })
        .await;
        viaduct
            .metric_reaches("viaduct_expired_phases_total{route=\"none\",upstream=\"none\",phase=\"idle\"}", 1.0)
            .await;
    }
}

#[tokio::test]
async fn w6_frames_without_data_end_the_connection() {
    let origin = silent().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.headers(1, &[(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/")], false).await;
    let burst = frame(DATA, 0, 1, &[]).repeat(64);
    let mut sent = 0;
    while sent < 1_000_000 && client.0.try_send(&burst).await {
        sent += 64;
    }
    assert!(sent < 1_000_000, "still taken");
}
