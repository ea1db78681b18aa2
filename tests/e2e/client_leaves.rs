//! A client that leaves takes its upstream connection with it, at every phase (contract: http-proxy L5); but VIA's
//! summaries go on, and are read to their end (design: Clients that leave).

use tokio::sync::mpsc;
use viaduct::config::Overrides;

use crate::support::{Origin, Viaduct, ok, patiently, urls};

/// An origin that sends `begin` and then reports when its connection ends.
async fn origin(begin: &'static str) -> (Origin, mpsc::Receiver<&'static str>) {
    let (report, reports) = mpsc::channel(4);
    let origin = Origin::start(move |mut peer, _| {
        let report = report.clone();
        async move {
            let _ = peer.head().await;
            let _ = report.send("request").await;
            peer.send(begin).await;
            let _ = peer.rest().await;
            let _ = report.send("closed").await;
        }
    })
    .await;
    (origin, reports)
}

async fn leaves(begin: &'static str, request: &str, by_reset: bool) {
    let (origin, mut reports) = origin(begin).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(request).await;
    assert_eq!(patiently(reports.recv()).await, Some("request"));
    if !begin.is_empty() {
        client.until(b"\r\n\r\n").await;
    }
    if by_reset {
        client.reset();
    } else {
        drop(client);
    }
    assert_eq!(patiently(reports.recv()).await, Some("closed"), "{begin:?}");
    viaduct.metric_reaches("viaduct_cut_bodies_total{route=\"plain\",upstream=\"to\",side=\"downstream\"}", 1.0).await;
}

#[tokio::test]
async fn while_the_origin_computes() {
    for by_reset in [false, true] {
        leaves("", "GET / HTTP/1.1\r\nhost: a\r\n\r\n", by_reset).await;
        leaves("", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi", by_reset).await;
    }
}

#[tokio::test]
async fn while_the_origin_streams() {
    let begin = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n";
    for by_reset in [false, true] {
        leaves(begin, "GET / HTTP/1.1\r\nhost: a\r\n\r\n", by_reset).await;
    }
}

#[tokio::test]
async fn in_the_middle_of_an_upload() {
    leaves("", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9999\r\n\r\nhi", false).await;
}

const SUMMARY: &str = "POST /summarize HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}";
const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const UNSEEN: &str = "viaduct_requests_unseen";
const IN_FLIGHT: &str = "viaduct_requests_in_flight{route=\"summarize\",upstream=\"via\"}";

/// A VIA that reports each request, sends `begin`, waits to be told, and then sends the rest of the answer.
struct Slow {
    origin: Origin,
    reports: mpsc::Receiver<&'static str>,
    go: mpsc::Sender<()>,
}

impl Slow {
    async fn start(begin: &'static str, rest: &'static str) -> Self {
        let (report, reports) = mpsc::channel(4);
        let (go, told) = mpsc::channel::<()>(1);
        let told = std::sync::Arc::new(tokio::sync::Mutex::new(told));
        let origin = Origin::start(move |mut peer, _| {
            let (report, told) = (report.clone(), told.clone());
            async move {
                let mut is_asked = false;
                while let Some(request) = peer.try_request().await {
                    if request.head.starts_with("GET ") {
                        // The question of the start.
                        peer.send(ok(b"{}")).await;
                        continue;
                    }
                    if request.is_whole {
                        peer.send(begin).await;
                        report.send("request").await.unwrap();
                        let mut told = told.lock().await;
                        tokio::select! {
                            _ = told.recv() => peer.send(rest).await,
                            () = peer.peek_end() => {}
                        }
                    } else {
                        peer.peek_end().await;
                    }
                    is_asked = true;
                }
                if is_asked {
                    let _ = report.send("closed").await;
                }
            }
        })
        .await;
        Self { origin, reports, go }
    }

    fn viaduct(&self) -> Viaduct {
        Viaduct::start(Overrides { via: urls(&[self.origin.address]), ..Overrides::default() })
    }

    /// A client asks for a summary, and leaves when the request is there.
    async fn asked_and_left(&mut self, viaduct: &Viaduct, has_head: bool) {
        let mut client = viaduct.client().await;
        client.send(SUMMARY).await;
        assert_eq!(patiently(self.reports.recv()).await, Some("request"));
        if has_head {
            client.until(b"\r\n\r\n").await;
        }
        drop(client);
        viaduct.metric_reaches(UNSEEN, 1.0).await;
    }
}

async fn gone(viaduct: &Viaduct, name: &str) {
    patiently(async {
        while viaduct.metric(name).await > 0.0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_summary_is_read_to_its_end_and_its_connection_kept() {
    for (begin, rest) in [
        ("", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
        ("", "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"),
        (STREAM, "10\r\ndata: [DONE]\r\n\r\n\r\n0\r\n\r\n"),
    ] {
        let mut via = Slow::start(begin, rest).await;
        let viaduct = via.viaduct();
        via.asked_and_left(&viaduct, !begin.is_empty()).await;
        assert!(viaduct.metric(IN_FLIGHT).await > 0.5);
        via.go.send(()).await.unwrap();
        gone(&viaduct, UNSEEN).await;
        assert!(viaduct.metric(IN_FLIGHT).await < 0.5);
        viaduct
            .metric_reaches("viaduct_cut_bodies_total{route=\"summarize\",upstream=\"via\",side=\"downstream\"}", 1.0)
            .await;
        // The next one goes on the same connection.
        let accepted = via.origin.accepted();
        let mut client = viaduct.client().await;
        client.send(SUMMARY).await;
        assert_eq!(patiently(via.reports.recv()).await, Some("request"));
        via.go.send(()).await.unwrap();
        assert!(client.response().await.is_whole);
        assert_eq!(via.origin.accepted(), accepted, "{begin:?}");
    }
}

#[tokio::test]
async fn what_fails_unseen_counts_too() {
    for (begin, rest) in [
        (STREAM, "0\r\n\r\n"),
        ("", "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9\r\n\r\ndata: x\n\n"),
    ] {
        let mut via = Slow::start(begin, rest).await;
        let viaduct = via.viaduct();
        via.asked_and_left(&viaduct, !begin.is_empty()).await;
        via.go.send(()).await.unwrap();
        viaduct.metric_reaches("viaduct_failed_inside_total{route=\"summarize\",upstream=\"via\"}", 1.0).await;
    }
}

#[tokio::test]
async fn a_live_stream_is_not_read_in_another_readers_place() {
    let event = "data: {\"media_info\": {\"type\": \"timestamp\"}}\r\n\r\n";
    let rest = format!("{:x}\r\n{event}\r\n", event.len()).leak();
    let mut via = Slow::start(STREAM, rest).await;
    let viaduct = via.viaduct();
    via.asked_and_left(&viaduct, true).await;
    via.go.send(()).await.unwrap();
    assert_eq!(patiently(via.reports.recv()).await, Some("closed"));
    gone(&viaduct, UNSEEN).await;
}

#[tokio::test]
async fn nothing_was_asked_by_half_a_request() {
    let mut via = Slow::start("", "").await;
    let viaduct = via.viaduct();
    let mut client = viaduct.client().await;
    client.send("POST /summarize HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{}").await;
    viaduct.metric_reaches(IN_FLIGHT, 1.0).await;
    drop(client);
    assert_eq!(patiently(via.reports.recv()).await, Some("closed"));
    gone(&viaduct, IN_FLIGHT).await;
}

#[tokio::test]
async fn unseen_answers_have_deadlines_too() {
    for (begin, deadline) in [("", "first_byte = '300ms'"), (STREAM, "silence = '300ms'")] {
        let mut via = Slow::start(begin, "").await;
        let viaduct = with_file(&via.origin, &format!("[upstream.deadlines.summarize]\n{deadline}\n"));
        via.asked_and_left(&viaduct, !begin.is_empty()).await;
        assert_eq!(patiently(via.reports.recv()).await, Some("closed"));
        gone(&viaduct, IN_FLIGHT).await;
    }
}

#[tokio::test]
async fn what_becomes_of_an_upstreams_work_is_a_setting() {
    let mut via = Slow::start("", "").await;
    let viaduct = with_file(&via.origin, "[upstream.on_client_gone]\nsummarize = 'close'\n");
    let mut client = viaduct.client().await;
    client.send(SUMMARY).await;
    assert_eq!(patiently(via.reports.recv()).await, Some("request"));
    drop(client);
    assert_eq!(patiently(via.reports.recv()).await, Some("closed"));
    assert!(viaduct.metric(UNSEEN).await < 0.5);
}

#[tokio::test]
async fn a_drain_waits_for_what_goes_on_unseen() {
    let mut via = Slow::start("", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let mut viaduct = via.viaduct();
    via.asked_and_left(&viaduct, false).await;
    viaduct.begin_stop();
    let stopped = tokio::spawn(viaduct.stopped());
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(!stopped.is_finished());
    via.go.send(()).await.unwrap();
    assert!(patiently(stopped).await.unwrap());
}

fn with_file(origin: &Origin, more: &str) -> Viaduct {
    let file = format!("[[upstream]]\nkind = 'via'\nendpoints = ['http://{}']\n{more}", origin.address);
    Viaduct::with_file(&file, Overrides::default())
}
