//! The timestamps middleware between sockets: what is added, what never changes, what a model's troubles cost.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};
use viaduct::config::Overrides;
use viaduct::sim::ollama::{self, Ollama};

use crate::support::{Message, Origin, Peer, Viaduct, ok, patiently};

const PLAIN: &str = "From 1:05 to 1:18 a child runs.";
const DOUBTFUL: &str = "The van arrives at 65.2 and leaves at 81.0.";

fn answer(text: &str) -> String {
    let end = json!({"type": "offset", "start_offset": 0, "end_offset": 600});
    json!({"id": "x", "choices": [{"index": 0, "message": {"content": text, "role": "assistant"}}], "media_info": end})
        .to_string()
}

/// A VIA that answers every request with this head and body.
async fn via(head: &'static str, body: String) -> Origin {
    Origin::answering(move |_| {
        format!("HTTP/1.1 200 OK\r\n{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    })
    .await
}

fn simulated(settings: ollama::Settings) -> Ollama {
    ollama::start(settings, "127.0.0.1:0".parse().unwrap()).unwrap()
}

fn with_model(via: &Origin, ollama: &Ollama) -> Viaduct {
    Viaduct::start(Overrides {
        via: vec![format!("http://{}", via.address)],
        ollama: vec![ollama.url()],
        model: ollama.models().into_iter().next(),
        ..Overrides::default()
    })
}

fn without_model(via: &Origin) -> Viaduct {
    Viaduct::start(Overrides { via: vec![format!("http://{}", via.address)], ..Overrides::default() })
}

async fn post(client: &mut Peer, path: &str, fields: &str) {
    client.send(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{fields}content-length: 2\r\n\r\n{{}}")).await;
}

async fn ask(viaduct: &Viaduct, fields: &str) -> Message {
    let mut client = viaduct.client().await;
    post(&mut client, "/chat/completions", fields).await;
    client.response().await
}

fn added(response: &Message) -> Value {
    serde_json::from_slice::<Value>(&response.body).unwrap()["timestamps"].clone()
}

const JSON: &str = "content-type: application/json\r\netag: \"x\"\r\n";
const SSE: &str = "content-type: text/event-stream; charset=utf-8\r\n";

#[tokio::test]
async fn a_json_answer_gains_one_member_and_keeps_every_byte() {
    let body = answer(PLAIN);
    let via = via(JSON, body.clone()).await;
    let viaduct = without_model(&via);
    let response = ask(&viaduct, "").await;
    assert_eq!(response.field("x-viaduct-timestamps"), Some("text"));
    assert_eq!((response.field("etag"), response.field("content-length")), (None, None));
    let text = response.text();
    let kept = &body[..body.len() - 1];
    assert!(text.starts_with(kept) && text[kept.len()..].starts_with(",\"timestamps\":{"), "{text}");
    let ranges = json!([{"start": 65.0, "end": 78.0, "quote": "1:05 to 1:18"}]);
    assert_eq!(added(&response), json!({"status": "ok", "source": "text", "clock": "media", "ranges": ranges}));
}

#[tokio::test]
async fn what_is_not_fit_for_it_passes_untouched() {
    let body = answer(PLAIN);
    let cases: [(&'static str, String); 7] = [
        ("content-type: text/plain\r\n", body.clone()),
        ("content-type: application/json\r\ncontent-encoding: gzip\r\n", body.clone()),
        ("content-type: application/json\r\ncache-control: no-transform\r\n", body.clone()),
        (JSON, "[1]".to_owned()),
        (JSON, format!("{body} x")),
        (JSON, "{\"timestamps\":1}".to_owned()),
        (SSE, format!("data: {body}\n\ndata: [DONE]\n\n")),
    ];
    for (head, body) in cases {
        let via = via(head, body.clone()).await;
        let viaduct = without_model(&via);
        let response = ask(&viaduct, "").await;
        assert_eq!((response.text(), response.is_whole), (body.as_str(), true), "{head}");
    }
    let via = via(JSON, body.clone()).await;
    let viaduct = without_model(&via);
    assert_eq!(ask(&viaduct, "x-viaduct-timestamps: off\r\n").await.text(), body);
    let mut client = viaduct.client().await;
    post(&mut client, "/generate_vlm_captions", "").await;
    assert_eq!(client.response().await.text(), body);
}

#[tokio::test]
async fn via_is_asked_for_an_answer_that_can_be_read() {
    let origin = Origin::echo().await;
    let viaduct = without_model(&origin);
    let seen = ask(&viaduct, "accept-encoding: gzip, br\r\n").await.echoed();
    assert_eq!(seen.all("accept-encoding"), ["identity"]);
}

#[tokio::test]
async fn a_header_that_makes_no_sense_is_refused() {
    let via = via(JSON, answer(PLAIN)).await;
    let viaduct = without_model(&via);
    let response = ask(&viaduct, "x-viaduct-timestamps: auto; duration=long\r\n").await;
    assert_eq!(response.status(), 400);
    assert!(response.text().contains("duration"), "{}", response.text());
}

#[tokio::test]
async fn a_stream_gains_an_event_behind_its_message_in_its_own_line_ends() {
    let body = format!(": ping\r\n\r\ndata: {}\r\n\r\ndata: [DONE]\r\n\r\n", answer(PLAIN));
    let via = via(SSE, body.clone()).await;
    let viaduct = without_model(&via);
    let response = ask(&viaduct, "x-viaduct-timestamps: text\r\n").await;
    let text = response.text();
    let (before, rest) = text.split_once("data: {\"id\":\"x\",\"object\":\"viaduct.timestamps\"").unwrap();
    let (event, after) = rest.split_once("\r\n\r\n").unwrap();
    assert_eq!(format!("{before}{after}"), body);
    assert_eq!(after, "data: [DONE]\r\n\r\n");
    assert!(event.contains("\"for\":0,\"status\":\"ok\""), "{event}");
}

#[tokio::test]
async fn an_answer_the_parser_is_not_sure_of_is_read_by_the_model_and_checked() {
    let via = via(JSON, answer(DOUBTFUL)).await;
    let ollama = simulated(ollama::Settings::default());
    let viaduct = with_model(&via, &ollama);
    let response = ask(&viaduct, "").await;
    assert_eq!(response.field("x-viaduct-timestamps"), Some("auto"));
    let timestamps = added(&response);
    assert_eq!((&timestamps["status"], &timestamps["source"]), (&json!("ok"), &json!("model")), "{timestamps}");
    assert_eq!((&timestamps["ranges"][0]["start"], &timestamps["ranges"][0]["end"]), (&json!(65.2), &json!(81.0)));
}

#[tokio::test]
async fn the_same_text_asked_twenty_times_at_once_is_asked_once() {
    let via = via(JSON, answer(DOUBTFUL)).await;
    let settings = ollama::Settings { prompt_time: Duration::from_millis(200), ..ollama::Settings::default() };
    let ollama = simulated(settings);
    let viaduct = with_model(&via, &ollama);
    let asked = (0..20).map(|_| ask(&viaduct, ""));
    let responses = futures(asked).await;
    assert!(responses.iter().all(|response| added(response)["source"] == "model"));
    // And once more, from memory.
    assert_eq!(added(&ask(&viaduct, "").await)["source"], "model");
    let chats = ollama.heads().iter().filter(|head| head.target == "/api/chat").count();
    assert_eq!(chats, 1);
}

/// All of them at once, in this task.
async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, output) in &mut all {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(cx)
            {
                *output = Some(ready);
            }
        }
        if all.iter().all(|(_, output)| output.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    all.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test]
async fn whatever_ails_the_model_the_answer_is_whole() {
    let body = answer(DOUBTFUL);
    for fault in ["hang", "status=500", "status=503", "status=404", "reset-after=10"] {
        let via = via(JSON, body.clone()).await;
        let ollama = simulated(ollama::Settings::default());
        let viaduct = with_model(&via, &ollama);
        ollama.faults().set_text(fault).unwrap();
        let response = ask(&viaduct, "x-viaduct-timestamps: auto; deadline=1\r\n").await;
        assert!(response.is_whole && response.text().starts_with(&body[..body.len() - 1]), "{fault}");
        assert_eq!(added(&response)["status"], "unavailable", "{fault}");
    }
    // Nobody there at all.
    let via = via(JSON, body).await;
    let ollama = simulated(ollama::Settings::default());
    let viaduct = with_model(&via, &ollama);
    ollama.kill().await;
    assert_eq!(added(&ask(&viaduct, "").await)["status"], "unavailable");
}

#[tokio::test]
async fn only_the_end_of_a_stream_waits_for_a_model() {
    let (go, gone) = mpsc::channel::<()>(1);
    let gone = Arc::new(Mutex::new(gone));
    let via = Origin::start(move |mut peer, _| {
        let gone = Arc::clone(&gone);
        async move {
            if peer.request().await.start().starts_with("GET") {
                // The start-up probe.
                return peer.send(ok(b"{}")).await;
            }
            peer.send(format!("HTTP/1.1 200 OK\r\n{SSE}transfer-encoding: chunked\r\n\r\n")).await;
            for text in [DOUBTFUL, PLAIN] {
                let event = format!("data: {}\r\n\r\n", answer(text));
                peer.send(format!("{:x}\r\n{event}\r\n", event.len())).await;
            }
            gone.lock().await.recv().await;
            peer.send("10\r\ndata: [DONE]\r\n\r\n\r\n0\r\n\r\n").await;
            let _ = peer.rest().await;
        }
    })
    .await;
    let ollama = simulated(ollama::Settings::default());
    ollama.faults().set_text("hang").unwrap();
    let viaduct = with_model(&via, &ollama);
    let mut client = viaduct.client().await;
    post(&mut client, "/summarize", "x-viaduct-timestamps: auto; deadline=1\r\n").await;
    // Both messages and the second one's event are here while the model hangs and `[DONE]` has not even been sent.
    client.until(DOUBTFUL.as_bytes()).await;
    client.until(PLAIN.as_bytes()).await;
    client.until(b"\"for\":1,\"status\":\"ok\"").await;
    go.send(()).await.unwrap();
    let rest = String::from_utf8(client.until(b"[DONE]").await).unwrap();
    assert!(rest.contains("\"for\":0,\"status\":\"unavailable\""), "{rest}");
    client.until(b"0\r\n\r\n").await;
}

#[tokio::test]
async fn a_stream_that_breaks_off_gains_nothing_and_never_ends_clean() {
    let via = Origin::start(|mut peer, _| async move {
        let _ = peer.request().await;
        peer.send(format!("HTTP/1.1 200 OK\r\n{SSE}transfer-encoding: chunked\r\n\r\n10\r\ndata: [DONE]\r\n\r\n\r\n"))
            .await;
    })
    .await;
    let viaduct = without_model(&via);
    let response = ask(&viaduct, "x-viaduct-timestamps: text\r\n").await;
    assert!(!response.is_whole);
    assert!(!response.text().contains("viaduct.timestamps"));
}

#[tokio::test]
async fn a_json_answer_that_breaks_off_is_never_whole() {
    let via = Origin::start(|mut peer, _| async move {
        let _ = peer.request().await;
        peer.send(format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 1000\r\n\r\n{}", answer(PLAIN))).await;
    })
    .await;
    let viaduct = without_model(&via);
    assert!(!ask(&viaduct, "").await.is_whole);
}

#[tokio::test]
async fn of_two_viaducts_in_a_row_the_first_leaves_it_to_the_second() {
    let via = via(JSON, answer(PLAIN)).await;
    let inner = without_model(&via);
    let outer = Viaduct::start(Overrides { via: vec![format!("http://{}", inner.address)], ..Overrides::default() });
    let response = ask(&outer, "").await;
    assert_eq!(response.text().matches("\"timestamps\"").count(), 1);
    assert_eq!(response.field("x-viaduct-timestamps"), Some("text"));
}

#[tokio::test]
async fn the_header_of_a_via_that_is_no_viaduct_counts_for_nothing() {
    let via = via("content-type: application/json\r\nx-viaduct-timestamps: text\r\n", answer(PLAIN)).await;
    let viaduct = without_model(&via);
    assert_eq!(added(&ask(&viaduct, "").await)["status"], "ok");
    assert_eq!(ask(&viaduct, "x-viaduct-timestamps: off\r\n").await.field("x-viaduct-timestamps"), None);
}

#[tokio::test]
async fn what_was_added_is_counted() {
    let via = via(JSON, answer(PLAIN)).await;
    let viaduct = without_model(&via);
    ask(&viaduct, "").await;
    let name = "viaduct_timestamps_total{mode=\"text\",status=\"ok\",source=\"text\"}";
    patiently(viaduct.metric_reaches(name, 1.0)).await;
}
