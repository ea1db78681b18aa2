//! Big answers inside the kernel: that they go there, where they must not, and that every rule of a body holds there too.

use viaduct::config::Overrides;
use viaduct::pool::Codec;

use super::frames::{Frames, WINDOW};
use crate::authority::{Authority, Folder};
use crate::support::{Message, Origin, Viaduct, codec_of_the_run, urls};

const SPLICED: &str = "viaduct_spliced_bytes_total";
const CUT: &str = "viaduct_cut_bodies_total{route=\"plain\",upstream=\"http\"";
const LENGTH: usize = 3 << 20;
const HALF: usize = LENGTH / 2;

/// An origin whose connections give each request a big answer: the head alone, then this much of its body, then what
/// stands behind.
async fn origin(much: usize, behind: &'static [u8]) -> Origin {
    Origin::start(move |mut peer, _| async move {
        while peer.try_request().await.is_some() {
            peer.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n")).await;
            let body = pattern();
            if !peer.try_send([&body[..much], behind].concat()).await || (much < LENGTH && behind == b"end") {
                return;
            }
        }
    })
    .await
}

fn pattern() -> Vec<u8> {
    (0u8..251).cycle().take(LENGTH).collect()
}

fn viaduct(origin: &Origin, downstream: &str, deadlines: &str) -> Viaduct {
    let file = format!(
        "[downstream]\nsplice = true\n{downstream}\n[[upstream]]\nkind = 'http'\nendpoints = ['http://{}']\n\
         deadlines.plain = {{ {deadlines} }}\n",
        origin.address
    );
    Viaduct::with_file(&file, Overrides::default())
}

fn number(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).unwrap())
}

/// What came in the kernel, as far as the upstream half of this run can do that.
async fn assert_spliced(viaduct: &Viaduct, least: usize) {
    let is_ours = codec_of_the_run() != Some(Codec::Hyper);
    assert_eq!(viaduct.metric(SPLICED).await >= number(least), is_ours, "{}", viaduct.metric(SPLICED).await);
}

async fn assert_copied(viaduct: &Viaduct) {
    assert!(viaduct.metric(SPLICED).await < 1.0);
}

fn assert_is_whole(answer: &Message) {
    assert!(answer.is_whole && answer.body == pattern(), "{} bytes", answer.body.len());
}

#[tokio::test]
async fn a_big_answer_passes_inside_the_kernel_and_both_connections_go_on() {
    let origin = origin(LENGTH, b"").await;
    let viaduct = viaduct(&origin, "", "");
    let mut client = viaduct.client().await;
    for _ in 0..3 {
        client.get("/").await;
        assert_is_whole(&client.response().await);
    }
    assert_eq!(origin.accepted(), 1);
    viaduct.metric_reaches("viaduct_response_body_bytes_total", number(3 * LENGTH)).await;
    assert!(viaduct.metric("viaduct_response_body_bytes_total").await <= number(3 * LENGTH));
    assert_spliced(&viaduct, LENGTH).await;
}

#[tokio::test]
async fn it_is_off_unless_it_is_asked_for() {
    let origin = origin(LENGTH, b"").await;
    let viaduct = Viaduct::to(&[origin.address]);
    assert_is_whole(&viaduct.get("/").await);
    assert_copied(&viaduct).await;
}

#[tokio::test]
async fn under_tls_nothing_is_spliced() {
    let origin = origin(LENGTH, b"").await;
    let (authority, folder) = (Authority::new(), Folder::new());
    let (cert, key) = folder.identity(&authority.issue(&["localhost"]));
    let file = format!("[downstream]\nsplice = true\n[tls]\ncert = {cert:?}\nkey = {key:?}\n");
    let viaduct = Viaduct::with_file(&file, Overrides { to: urls(&[origin.address]), ..Overrides::default() });
    let mut client = authority.client(None).connect(viaduct.address).await;
    client.get("/").await;
    assert_is_whole(&client.response().await);
    assert_copied(&viaduct).await;
}

#[tokio::test]
async fn toward_http2_nothing_is_spliced() {
    let origin = origin(LENGTH, b"").await;
    let viaduct = viaduct(&origin, "", "");
    let window = 1u32 << 24;
    let mut client = Frames::over(viaduct.client().await, &[(4, window)]).await;
    client.send(WINDOW, 0, 0, window.to_be_bytes()).await;
    client.get(1, "/").await;
    let outcome = client.outcome(1).await;
    assert!(outcome.is_whole && outcome.body == pattern());
    assert_copied(&viaduct).await;
}

#[tokio::test]
async fn what_gains_timestamps_is_not_spliced() {
    let text = "From 1:05 to 1:18 a child runs. ".repeat(LENGTH / 32);
    let body =
        serde_json::json!({"id": "x", "choices": [{"index": 0, "message": {"content": text, "role": "assistant"}}]});
    let via = Origin::answering(move |_| {
        let body = body.to_string();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
        format!("{head}: {}\r\n\r\n{body}", body.len()).into_bytes()
    })
    .await;
    let overrides = Overrides { via: urls(&[via.address]), ..Overrides::default() };
    let viaduct = Viaduct::with_file("[downstream]\nsplice = true\n", overrides);
    let mut client = viaduct.client().await;
    client.send("POST /chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}").await;
    let answer = client.response().await;
    assert!(answer.is_whole && answer.body.len() > LENGTH / 2);
    assert_copied(&viaduct).await;
}

#[tokio::test]
async fn a_stream_of_events_is_not_spliced_for_its_failure_is_told_in_it() {
    let body = "{\"response\": \"x\"}\n".repeat(LENGTH / 18);
    let ollama = Origin::answering(move |_| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ncontent-length";
        format!("{head}: {}\r\n\r\n{body}", body.len()).into_bytes()
    })
    .await;
    let overrides = Overrides { ollama: urls(&[ollama.address]), ..Overrides::default() };
    let viaduct = Viaduct::with_file("[downstream]\nsplice = true\n", overrides);
    assert!(viaduct.get("/api/tags").await.is_whole);
    assert_copied(&viaduct).await;
}

#[tokio::test]
async fn an_answer_that_is_cut_never_ends_cleanly() {
    let origin = origin(HALF, b"end").await;
    let viaduct = viaduct(&origin, "", "");
    let answer = viaduct.get("/").await;
    assert!(!answer.is_whole && answer.body.len() <= HALF + 3, "{} bytes", answer.body.len());
    assert_eq!(answer.body[..HALF], pattern()[..HALF]);
    viaduct.metric_reaches(&format!("{CUT},side=\"upstream\"}}"), 1.0).await;
    assert_spliced(&viaduct, LENGTH / 8).await;
}

#[tokio::test]
async fn bytes_behind_a_body_are_not_the_clients_and_end_the_connection() {
    let origin = origin(LENGTH, b"HTTP/1.1 200 OK\r\n\r\n").await;
    let viaduct = viaduct(&origin, "", "");
    let mut client = viaduct.client().await;
    for _ in 0..2 {
        client.get("/").await;
        assert_is_whole(&client.response().await);
    }
    assert_eq!(origin.accepted(), 2);
    assert_spliced(&viaduct, LENGTH / 2).await;
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_upstream_connection_with_it() {
    for by_reset in [false, true] {
        let origin = origin(LENGTH, b"").await;
        let viaduct = viaduct(&origin, "", "");
        let mut client = viaduct.client().await;
        client.get("/").await;
        client.exactly(HALF).await;
        if by_reset {
            client.reset();
        } else {
            drop(client);
        }
        // Whether the last of it had gone before is the kernel's affair.
        let (left, whole) = (format!("{CUT},side=\"downstream\"}}"), "viaduct_response_body_bytes_total");
        crate::support::patiently(async {
            while viaduct.metric(&left).await < 1.0 && viaduct.metric(whole).await < number(LENGTH) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        viaduct.metric_reaches("viaduct_downstream_connections_total", 1.0).await;
        assert_is_whole(&viaduct.get("/again").await);
    }
}

#[tokio::test]
async fn an_upstream_that_falls_silent_is_cut_by_its_deadline() {
    let origin = origin(HALF, b"").await;
    let viaduct = viaduct(&origin, "", "silence = '100ms'");
    let answer = viaduct.get("/").await;
    assert!(!answer.is_whole && answer.body == pattern()[..HALF], "{} bytes", answer.body.len());
    viaduct
        .metric_reaches("viaduct_expired_phases_total{route=\"plain\",upstream=\"http\",phase=\"silence\"}", 1.0)
        .await;
    assert_spliced(&viaduct, LENGTH / 8).await;
}

/// Endless, so that no socket's buffers hold all of it.
async fn endless() -> Origin {
    Origin::start(|mut peer, _| async move {
        let _ = peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n").await;
        while peer.try_send(vec![b'x'; 64 * 1024]).await {}
    })
    .await
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_by_its_deadline() {
    let origin = endless().await;
    let viaduct = viaduct(&origin, "write = '200ms'", "");
    let mut client = viaduct.client().await;
    client.get("/").await;
    viaduct.metric_reaches("viaduct_expired_phases_total{route=\"none\",upstream=\"none\",phase=\"write\"}", 1.0).await;
    viaduct.metric_reaches(&format!("{CUT},side=\"downstream\"}}"), 1.0).await;
    assert_spliced(&viaduct, 1).await;
}

#[tokio::test]
async fn a_client_that_reads_late_gets_all_of_it() {
    let origin = origin(LENGTH, b"").await;
    let viaduct = viaduct(&origin, "", "");
    let mut client = viaduct.client().await;
    client.get("/").await;
    if codec_of_the_run() != Some(Codec::Hyper) {
        viaduct.metric_reaches(SPLICED, 1.0).await;
    }
    assert_is_whole(&client.response().await);
}
