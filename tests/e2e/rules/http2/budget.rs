//! W6: frames that carry nothing, beside streams that do.

use super::super::frames::{
    ACK, CALM, CANCEL, DATA, END_STREAM, Frames, HEADERS, PING, PRIORITY, PROTOCOL_ERROR, RESET, SETTINGS, WINDOW,
    frame,
};
use crate::support::{Origin, Peer, Viaduct, ok, patiently};

/// What is counted for a client that is sent away.
const FLOODS: &str = "viaduct_refused_total{reason=\"flood\"}";
/// More than any client has a reason for.
const MANY: usize = 6000;

/// An origin that begins to answer and reports when its connection ends.
async fn endless() -> (Origin, tokio::sync::mpsc::Receiver<()>) {
    let (report, reports) = tokio::sync::mpsc::channel(8);
    let origin = Origin::start(move |mut peer, _| {
        let report = report.clone();
        async move {
            let _ = peer.head().await;
            peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n").await;
            peer.peek_end().await;
            report.send(()).await.unwrap();
        }
    })
    .await;
    (origin, reports)
}

#[tokio::test]
async fn w6_a_flood_beside_a_running_stream_ends_in_goaway() {
    let one = 1_u32.to_be_bytes();
    let setting = [0, 4, 0, 1, 0, 0];
    for (what, kind, flags, stream, payload) in [
        ("ping", PING, 0, 0, &[0; 8][..]),
        ("answers to no ping", PING, ACK, 0, &[0; 8]),
        ("settings", SETTINGS, 0, 0, &setting),
        ("priority", PRIORITY, 0, 3, &[0, 0, 0, 0, 1]),
        ("the connection's window by a byte", WINDOW, 0, 0, &one),
        ("a stream's window by a byte", WINDOW, 0, 1, &one),
        ("an unknown type", 0x42, 0xff, 1, b"x"),
        ("resets of what is over", RESET, 0, 1, &one),
    ] {
        let (origin, mut reports) = endless().await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = Frames::connect(viaduct.address).await;
        let running = if kind == RESET { 3 } else { 1 };
        for stream in (1..=running).step_by(2) {
            client.get(stream, "/").await;
            client.next_of(DATA).await;
        }
        client.0.try_send(frame(kind, flags, stream, payload).repeat(MANY)).await;
        assert_eq!(client.end().await, Some(CALM), "{what}");
        patiently(reports.recv()).await.unwrap();
        assert!(viaduct.metric(FLOODS).await > 0.0, "{what}");
        // Nobody else pays for it.
        let mut other = Frames::connect(viaduct.address).await;
        other.get(1, "/").await;
        assert_eq!(other.next_of(DATA).await.payload, b"half", "{what}");
    }
}

#[tokio::test]
async fn w6_large_frames_of_unknown_types_cost_by_their_bytes() {
    let (origin, _reports) = endless().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.get(1, "/").await;
    client.next_of(DATA).await;
    client.0.try_send(frame(0x42, 0, 0, &[0; 8000]).repeat(600)).await;
    assert_eq!(client.end().await, Some(CALM));
}

#[tokio::test]
async fn w6_a_window_without_increment_is_an_error() {
    let (origin, _reports) = endless().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.get(1, "/").await;
    client.send(WINDOW, 0, 0, [0; 4]).await;
    assert_eq!(client.end().await, Some(PROTOCOL_ERROR));
}

#[tokio::test]
async fn w6_windows_of_a_byte_do_not_have_an_answer_dribbled() {
    let origin = Origin::answering(|_| ok(&b"x".repeat(100_000))).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::over(Peer::connect(viaduct.address).await, &[(4, 0)]).await;
    client.get(1, "/").await;
    client.next_of(HEADERS).await;
    let (mut got, one) = (0, 1_u32.to_be_bytes());
    loop {
        if !client.send(WINDOW, 0, 1, one).await {
            break;
        }
        let Some(frame) = client.next().await else { break };
        got += if frame.kind == DATA { frame.payload.len() } else { 0 };
        assert!(got < MANY, "still dribbling");
    }
    viaduct.metric_reaches(FLOODS, 1.0).await;
}

/// Takes an answer as the most talkative client does: two windows and a PING for each frame, at once.
async fn taken(client: &mut Frames, stream: u32) -> usize {
    let mut got = 0;
    loop {
        let frame = client.next().await.expect("cut");
        if frame.kind != DATA || frame.stream != stream {
            continue;
        }
        if !frame.payload.is_empty() {
            let size = u32::try_from(frame.payload.len()).unwrap().to_be_bytes();
            client.send(WINDOW, 0, 0, size).await;
            client.send(WINDOW, 0, stream, size).await;
            client.send(PING, 0, 0, [7; 8]).await;
        }
        got += frame.payload.len();
        if frame.flags & END_STREAM != 0 {
            return got;
        }
    }
}

#[tokio::test]
async fn a_client_that_measures_its_way_is_not_cut() {
    const SIZE: usize = 64 << 20;
    let body = vec![b'x'; SIZE];
    let origin = Origin::answering(move |_| ok(&body)).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.get(1, "/").await;
    assert_eq!(patiently(taken(&mut client, 1)).await, SIZE);
}

#[tokio::test]
async fn a_client_of_many_small_events_is_not_cut() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        peer.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n").await;
        for _ in 0..MANY {
            peer.send("9\r\ndata: x\n\n\r\n").await;
        }
        peer.send("0\r\n\r\n").await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.get(1, "/").await;
    assert_eq!(patiently(taken(&mut client, 1)).await, 9 * MANY);
}

#[tokio::test]
async fn a_client_that_opens_like_a_browser_and_gives_all_up_is_not_cut() {
    let origin =
        Origin::answering(|request| if request.start().contains("slow") { Vec::new() } else { ok(b"x") }).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::over(Peer::connect(viaduct.address).await, &[(1, 65_536), (2, 0), (4, 6_291_456)]).await;
    client.send(WINDOW, 0, 0, 15_663_105_u32.to_be_bytes()).await;
    for stream in [3, 5, 7, 9, 11] {
        client.send(PRIORITY, 0, stream, [0, 0, 0, 0, 200]).await;
    }
    for round in 0..3 {
        let first = 13 + 400 * round;
        for number in 0..100 {
            client.get(first + 2 * number, "/slow").await;
        }
        for number in 0..100 {
            client.reset(first + 2 * number, CANCEL).await;
        }
        client.get(first + 200, "/").await;
        assert_eq!(client.outcome(first + 200).await.status, 200);
    }
    assert!(viaduct.metric(FLOODS).await < 1.0);
}

#[tokio::test]
async fn a_client_that_asks_much_and_pings_each_time_is_not_cut() {
    let origin = Origin::answering(|_| ok(b"x")).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    for number in 0..2000 {
        let stream = 1 + 2 * number;
        client.get(stream, "/").await;
        client.send(PING, 0, 0, [0; 8]).await;
        client.send(WINDOW, 0, 0, 1_u32.to_be_bytes()).await;
        assert_eq!(client.outcome(stream).await.body, b"x");
    }
}
