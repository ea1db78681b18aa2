//! W5: who ends what, and when; deadlines and the drain.

use std::time::Duration;

use tokio::sync::mpsc;
use viaduct::config::Overrides;

use super::super::frames::{
    ACK, CANCEL, DATA, Frame, Frames, GOAWAY, HEADERS, INTERNAL_ERROR, NO_ERROR, PING, SETTINGS, WINDOW, get,
};
use super::patient;
use crate::support::{Origin, Peer, Viaduct, patiently};

/// An origin that sends `before` behind each request's head and reports when its connection ends.
async fn leaving(before: &'static str) -> (Origin, mpsc::Receiver<&'static str>) {
    let (report, reports) = mpsc::channel(8);
    let origin = Origin::start(move |mut peer, _| {
        let report = report.clone();
        async move {
            let _ = peer.head().await;
            peer.send(before).await;
            report.send("asked").await.unwrap();
            peer.peek_end().await;
            report.send("left").await.unwrap();
        }
    })
    .await;
    (origin, reports)
}

const HALF: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n";

fn post() -> [(&'static str, &'static str); 4] {
    [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/up")]
}

#[tokio::test]
async fn w5_a_reset_frees_the_upstream_at_each_phase() {
    for (before, ends) in [("", true), ("", false), (HALF, true), (HALF, false)] {
        let (origin, mut reports) = leaving(before).await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = Frames::connect(viaduct.address).await;
        client.headers(1, &post(), ends).await;
        if !ends {
            client.data(1, "abc", false).await;
        }
        assert_eq!(patiently(reports.recv()).await, Some("asked"));
        if !before.is_empty() {
            client.next_of(DATA).await;
        }
        client.reset(1, CANCEL).await;
        assert_eq!(patiently(reports.recv()).await, Some("left"), "{before:?} {ends}");
        // The connection goes on.
        client.get(3, "/").await;
        assert_eq!(patiently(reports.recv()).await, Some("asked"));
    }
}

#[tokio::test]
async fn w5_a_connection_that_is_lost_frees_them_all() {
    let (origin, mut reports) = leaving(HALF).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    for stream in [1, 3, 5] {
        client.get(stream, "/").await;
    }
    for _ in 0..3 {
        assert_eq!(patiently(reports.recv()).await, Some("asked"));
    }
    drop(client);
    for _ in 0..3 {
        assert_eq!(patiently(reports.recv()).await, Some("left"));
    }
}

#[tokio::test]
async fn w5_an_answer_that_breaks_off_is_a_reset() {
    for before in [HALF, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"] {
        let origin = Origin::start(move |mut peer, _| async move {
            let _ = peer.request().await;
            peer.send(before).await;
        })
        .await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = Frames::connect(viaduct.address).await;
        client.get(1, "/").await;
        let outcome = client.outcome(1).await;
        assert!(outcome.status == 200 && outcome.body == b"half", "{outcome:?}");
        assert_eq!((outcome.reset, outcome.is_whole), (Some(INTERNAL_ERROR), false));
    }
}

#[tokio::test]
async fn w5_an_early_answer_is_whole_and_the_rest_is_not_wanted() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nearly").await;
        peer.peek_end().await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.headers(1, &post(), false).await;
    client.data(1, "abc", false).await;
    let outcome = client.outcome(1).await;
    assert!(outcome.is_whole && outcome.status == 200 && outcome.body == b"early", "{outcome:?}");
    assert_eq!(client.outcome(1).await.reset, Some(NO_ERROR));
}

#[tokio::test]
async fn deadlines_are_a_streams_own() {
    let origin = Origin::start(|mut peer, _| async move {
        let request = peer.head().await;
        let answer =
            if request.start().contains("late") { "" } else { "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf" };
        peer.send(answer).await;
        peer.peek_end().await;
    })
    .await;
    let file = format!(
        "[[upstream]]\nkind = 'http'\nendpoints = ['http://{}']\n[upstream.deadlines.plain]\n\
         first_byte = '150ms'\nsilence = '300ms'\nupload = '200ms'\n",
        origin.address
    );
    let viaduct = Viaduct::with_file(&file, Overrides::default());
    let mut client = Frames::connect(viaduct.address).await;
    client.get(1, "/late").await;
    let late = client.outcome(1).await;
    assert!(late.is_whole && late.status == 1, "{late:?}");
    client.get(3, "/silent").await;
    let silent = client.outcome(3).await;
    assert!(silent.reset == Some(INTERNAL_ERROR) && silent.body == b"half", "{silent:?}");
    client.headers(5, &post().map(|(name, value)| (name, if name == ":path" { "/late" } else { value })), false).await;
    client.data(5, "abc", false).await;
    let stalled = client.outcome(5).await;
    assert!(stalled.is_whole && stalled.status == 1, "{stalled:?}");
    let name =
        |phase: &str| format!("viaduct_expired_phases_total{{route=\"plain\",upstream=\"http\",phase=\"{phase}\"}}");
    for phase in ["first_byte", "silence", "upload"] {
        viaduct.metric_reaches(&name(phase), 1.0).await;
    }
}

#[tokio::test]
async fn a_client_that_grants_no_window_is_cut() {
    let (origin, mut reports) = leaving(HALF).await;
    let viaduct = patient(&origin, "write = '200ms'");
    let mut client = Frames::over(Peer::connect(viaduct.address).await, &[(4, 2)]).await;
    client.get(1, "/").await;
    assert_eq!(patiently(reports.recv()).await, Some("asked"));
    assert_eq!(client.next_of(DATA).await.payload, b"ha");
    client.send(WINDOW, 0, 1, 1u32.to_be_bytes()).await;
    assert_eq!(client.next_of(DATA).await.payload, b"l");
    assert_eq!(client.outcome(1).await.reset, Some(CANCEL));
    assert_eq!(patiently(reports.recv()).await, Some("left"));
    // The connection goes on.
    client.get(3, "/").await;
    assert_eq!(patiently(reports.recv()).await, Some("asked"));
}

#[tokio::test]
async fn a_connection_without_streams_ends_when_its_time_is_up() {
    let origin = Origin::echo().await;
    let viaduct = patient(&origin, "idle = '300ms'");
    let mut client = Frames::connect(viaduct.address).await;
    client.get(1, "/").await;
    assert_eq!(client.outcome(1).await.status, 200);
    assert_eq!(client.end().await, Some(NO_ERROR));
}

#[tokio::test]
async fn a_stream_keeps_its_connection() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        peer.send(crate::support::ok(b"late")).await;
    })
    .await;
    let viaduct = patient(&origin, "idle = '200ms'");
    let mut client = Frames::connect(viaduct.address).await;
    client.get(1, "/").await;
    assert_eq!(client.outcome(1).await.body, b"late");
    assert_eq!(client.end().await, Some(NO_ERROR));
}

#[tokio::test]
async fn half_a_preface_is_not_waited_for() {
    let origin = Origin::echo().await;
    let viaduct = patient(&origin, "head = '200ms'");
    for half in ["PRI * HTT", "PRI * HTTP/2.0\r\n\r\n"] {
        let mut client = viaduct.client().await;
        client.send(half).await;
        client.peek_end().await;
    }
}

#[tokio::test]
async fn a_first_frame_and_a_head_that_never_end_are_not_waited_for() {
    const LATE: &str = "viaduct_expired_phases_total{route=\"none\",upstream=\"none\",phase=\"head\"}";
    let origin = Origin::echo().await;
    let viaduct = patient(&origin, "head = '200ms'");
    let mut client = Frames(viaduct.client().await);
    client.0.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    // Not even our settings are acknowledged.
    client.0.peek_end().await;
    viaduct.metric_reaches(LATE, 1.0).await;
    let head = super::super::frames::block(&get("/"));
    let halves = [
        super::super::frames::frame(HEADERS, 1, 1, &head),
        super::super::frames::frame(HEADERS, 5, 1, &head)[..12].to_vec(),
        b"\0\0".to_vec(),
    ];
    for half in halves {
        let mut client = Frames::connect(viaduct.address).await;
        client.get(7, "/").await;
        assert_eq!(client.outcome(7).await.status, 200);
        client.0.send(&half).await;
        assert_eq!(client.end().await, Some(NO_ERROR), "{half:?}");
    }
    assert_eq!(origin.accepted(), 1);
    // Nobody who is merely quiet has to hurry.
    let mut client = Frames::connect(viaduct.address).await;
    client.next_of(SETTINGS).await;
    while !client.0.is_silent(Duration::from_millis(400)).await {
        client.0.some().await;
    }
    client.get(1, "/").await;
    assert_eq!(client.outcome(1).await.status, 200);
}

#[tokio::test]
async fn a_client_that_is_there_no_more_is_found_by_ping() {
    let (origin, mut reports) = leaving(HALF).await;
    let viaduct = patient(&origin, "idle = '600ms'");
    let mut client = Frames::connect(viaduct.address).await;
    client.get(1, "/").await;
    assert_eq!(patiently(reports.recv()).await, Some("asked"));
    // It answers as long as it reads: several times over.
    for _ in 0..4 {
        let ping = client.next_of(PING).await;
        assert_eq!(ping.flags & ACK, 0);
    }
    // From here on it does not.
    assert_eq!(patiently(reports.recv()).await, Some("left"));
    viaduct
        .metric_reaches("viaduct_expired_phases_total{route=\"none\",upstream=\"none\",phase=\"silence\"}", 1.0)
        .await;
    drop(client);
}

#[tokio::test]
async fn l7_a_drain_says_twice_which_stream_was_the_last() {
    let (origin, mut reports) = leaving(HALF).await;
    let mut viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    client.get(1, "/").await;
    assert_eq!(patiently(reports.recv()).await, Some("asked"));
    viaduct.begin_stop();
    let last = |frame: &Frame| u32::from_be_bytes(frame.payload[..4].try_into().unwrap());
    let first = client.next_of(GOAWAY).await;
    assert_eq!((last(&first), &first.payload[4..8]), (0x7fff_ffff, &[0; 4][..]));
    // A stream that crosses it on its way is served (RFC 9113, section 6.8).
    client.get(3, "/").await;
    assert_eq!(patiently(reports.recv()).await, Some("asked"));
    assert_eq!(last(&client.next_of(GOAWAY).await), 3);
    client.get(5, "/").await;
    client.reset(1, CANCEL).await;
    client.reset(3, CANCEL).await;
    assert_eq!(patiently(reports.recv()).await, Some("left"));
    assert_eq!(patiently(reports.recv()).await, Some("left"));
    client.end().await;
    assert_eq!(origin.accepted(), 2);
    assert!(viaduct.stopped().await, "the drain was clean");
}

#[tokio::test]
async fn l7_the_drain_lets_streams_end_and_takes_no_more() {
    let (go, gone) = mpsc::channel::<()>(1);
    let mut gone = Some(gone);
    let origin = Origin::start(move |mut peer, _| {
        let gone = gone.take();
        async move {
            let _ = peer.request().await;
            peer.send(HALF).await;
            gone.unwrap().recv().await;
            peer.send("4\r\nlast\r\n0\r\n\r\n").await;
            let _ = peer.rest().await;
        }
    })
    .await;
    let mut viaduct = Viaduct::to(&[origin.address]);
    let mut client = Frames::connect(viaduct.address).await;
    let mut idle = Frames::connect(viaduct.address).await;
    client.get(1, "/").await;
    client.next_of(HEADERS).await;
    viaduct.begin_stop();
    assert_eq!(idle.end().await, Some(NO_ERROR));
    client.next_of(GOAWAY).await;
    go.send(()).await.unwrap();
    let outcome = client.outcome(1).await;
    assert!(outcome.is_whole, "{outcome:?}");
    client.end().await;
    assert!(viaduct.stopped().await, "the drain was clean");
}

#[tokio::test]
async fn http_1_1_is_spoken_where_http_2_is_switched_off() {
    let origin = Origin::echo().await;
    let viaduct = patient(&origin, "http2 = false");
    let mut client = Frames::connect(viaduct.address).await;
    client.get(1, "/").await;
    let text = client.0.rest().await;
    assert!(text.starts_with(b"HTTP/1.1 400 "), "{:?}", String::from_utf8_lossy(&text));
    assert_eq!(viaduct.get("/").await.status(), 200);
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn the_preface_may_come_in_any_pieces_but_only_first() {
    let origin = Origin::echo().await;
    let viaduct = Viaduct::to(&[origin.address]);
    for cut in [1, 5, 15, 16, 18, 20, 23] {
        let mut peer = viaduct.client().await;
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        peer.send(&preface[..cut]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        peer.send(&preface[cut..]).await;
        let mut client = Frames(peer);
        client.send(SETTINGS, 0, 0, []).await;
        client.headers(1, &get("/"), true).await;
        assert_eq!(client.outcome(1).await.status, 200, "cut at {cut}");
    }
    let mut peer = viaduct.client().await;
    peer.get("/").await;
    assert_eq!(peer.response().await.status(), 200);
    peer.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert_eq!(peer.response().await.status(), 400);
}
