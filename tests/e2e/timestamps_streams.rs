//! Streams of many messages, of pieces, of nonsense; and models that answer badly.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use viaduct::config::Overrides;

use tokio::process::Child;

use crate::support::{Message, Origin, Peer, Viaduct, ok, serve};

fn message(text: &str) -> String {
    json!({"id": "x", "created": 7, "model": "m", "choices": [{"index": 0, "message": {"content": text}}]}).to_string()
}

fn sse(events: impl IntoIterator<Item = String>) -> String {
    let events = events.into_iter().chain(["[DONE]".to_owned()]);
    events.map(|event| format!("data: {event}\r\n\r\n")).collect::<Vec<_>>().concat()
}

/// A VIA that answers each POST with this stream, chunked in pieces of `piece` bytes.
async fn via(content_type: &'static str, body: impl Into<Vec<u8>>, piece: usize) -> Origin {
    let body = Arc::new(body.into());
    Origin::start(move |mut peer, _| {
        let body = Arc::clone(&body);
        async move {
            while let Some(request) = peer.try_request().await {
                if request.start().starts_with("GET") {
                    peer.send(ok(b"{}")).await;
                    continue;
                }
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n");
                peer.send(head).await;
                for piece in body.chunks(piece) {
                    peer.send([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()).await;
                }
                peer.send("0\r\n\r\n").await;
            }
        }
    })
    .await
}

/// A model that answers each call with what `reply` makes of its number and body.
async fn model(reply: impl Fn(usize, &Value) -> Vec<u8> + Send + Sync + 'static) -> (Origin, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let origin = Origin::answering(move |request| {
        if request.start().starts_with("GET") {
            return ok(br#"{"models":[]}"#);
        }
        let body = serde_json::from_slice(&request.body).unwrap();
        reply(count.fetch_add(1, Ordering::SeqCst), &body)
    })
    .await;
    (origin, calls)
}

fn chat(content: &str, reason: &str) -> Vec<u8> {
    ok(json!({"message": {"content": content}, "done": true, "done_reason": reason}).to_string().as_bytes())
}

fn viaduct(via: &Origin, model: Option<&Origin>) -> Viaduct {
    Viaduct::start(Overrides {
        via: vec![format!("http://{}", via.address)],
        ollama: model.map(|model| format!("http://{}", model.address)).into_iter().collect(),
        model: model.map(|_| "m".to_owned()),
        ..Overrides::default()
    })
}

async fn summarize(viaduct: &Viaduct, header: &str) -> Message {
    let mut client = viaduct.client().await;
    let header = format!("x-viaduct-timestamps: {header}\r\n");
    client.send(format!("POST /summarize HTTP/1.1\r\nhost: localhost\r\n{header}content-length: 2\r\n\r\n{{}}")).await;
    client.response().await
}

/// The events that viaduct added, and the stream without them.
fn taken_apart(response: &Message) -> (Vec<Value>, String) {
    let (mut added, mut rest) = (Vec::new(), String::new());
    for event in response.text().split_inclusive("\r\n\r\n") {
        match event.strip_prefix("data: ").filter(|data| data.contains("viaduct.timestamps")) {
            Some(data) => added.push(serde_json::from_str(data).unwrap()),
            None => rest.push_str(event),
        }
    }
    (added, rest)
}

#[tokio::test]
async fn a_burst_of_360_messages_gains_an_event_each() {
    let stream = sse((0..360).map(|n| message(&format!("From {n}.0s to {n}.5s a car passes."))));
    for piece in [7, 1000, 1 << 20] {
        let via = via("text/event-stream", stream.clone(), piece).await;
        let viaduct = viaduct(&via, None);
        let response = summarize(&viaduct, "text").await;
        let (added, rest) = taken_apart(&response);
        assert_eq!(rest, stream);
        assert_eq!(added.len(), 360);
        for (n, event) in added.iter().enumerate() {
            assert_eq!(event["timestamps"]["for"], n);
            assert_eq!(event["timestamps"]["ranges"][0]["start"], json!(f64::from(u32::try_from(n).unwrap())));
            assert_eq!((&event["id"], &event["created"], &event["model"]), (&json!("x"), &json!(7), &json!("m")));
        }
    }
}

#[tokio::test]
async fn a_burst_of_doubt_asks_eight_questions_and_no_more() {
    let stream = sse((0..50).map(|n| message(&format!("It opens at {n}0 and closes at {n}5."))));
    let via = via("text/event-stream", stream.clone(), 1 << 20).await;
    let (ollama, calls) = model(|_, _| chat(r#"{"ranges":[]}"#, "stop")).await;
    let viaduct = viaduct(&via, Some(&ollama));
    let (added, rest) = taken_apart(&summarize(&viaduct, "auto").await);
    assert_eq!((rest, added.len()), (stream, 50));
    assert!(calls.load(Ordering::SeqCst) <= 8, "{calls:?}");
    assert!(added.iter().filter(|event| event["timestamps"]["status"] == "unavailable").count() >= 42);
}

#[tokio::test]
async fn a_text_in_pieces_gains_one_event_before_done() {
    let pieces = ["From 1:0", "5 to 1:1", "8 the child", " runs."];
    let delta = |text: &str| json!({"id": "y", "choices": [{"index": 0, "delta": {"content": text}}]}).to_string();
    let stream = sse(pieces.map(delta));
    let via = via("text/event-stream", stream.clone(), 11).await;
    let viaduct = viaduct(&via, None);
    let response = summarize(&viaduct, "text").await;
    let (added, rest) = taken_apart(&response);
    assert_eq!(rest, stream);
    assert_eq!(added.len(), 1);
    assert_eq!(added[0]["timestamps"]["ranges"][0]["end"], json!(78.0));
    assert!(response.text().ends_with("}\r\n\r\ndata: [DONE]\r\n\r\n"));
}

#[tokio::test]
async fn a_long_stream_keeps_nothing() {
    // Five thousand messages of 10 KiB: 50 MB that must not be there afterwards. The measured run is a million long.
    let text = format!("From 1:05 to 1:18 a car passes. {}", "A long quiet scene. ".repeat(500));
    let event = format!("data: {}\r\n\r\n", message(&text));
    let via = Origin::start(move |mut peer, _| {
        let event = event.clone();
        async move {
            if peer.request().await.start().starts_with("GET") {
                // The start-up probe.
                return peer.send(ok(b"{}")).await;
            }
            peer.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n").await;
            let chunk = format!("{:x}\r\n{event}\r\n", event.len());
            for _ in 0..5_000 {
                peer.send(&chunk).await;
            }
            peer.send("10\r\ndata: [DONE]\r\n\r\n\r\n0\r\n\r\n").await;
        }
    })
    .await;
    // A process of its own, whose memory no other test moves.
    let (child, address) = serve(&["--via", &format!("http://{}", via.address)]).await;
    let mut client = Peer::connect(address).await;
    client
        .send(
            "POST /summarize HTTP/1.1\r\nhost: localhost\r\nx-viaduct-timestamps: text\r\ncontent-length: 2\r\n\r\n{}",
        )
        .await;
    let before = resident(&child);
    // What was read last, long enough for an event's name or the stream's end to be seen across two reads.
    let (mut events, mut tail) = (0, Vec::new());
    while !tail.ends_with(b"[DONE]\r\n\r\n\r\n0\r\n\r\n") {
        tail.extend(client.some().await);
        events += tail.windows(20).filter(|window| window == b"\"viaduct.timestamps\"").count();
        let seen = tail.len().saturating_sub(19);
        tail.drain(..seen);
    }
    // A chunk's border may stand within a name.
    assert!((4_900..=5_000).contains(&events), "{events}");
    let after = resident(&child);
    assert!(after < before + 8 * 1024 * 1024, "{before} grew to {after}");
}

/// Bytes of a process that are in memory.
fn resident(child: &Child) -> usize {
    let pages = std::fs::read_to_string(format!("/proc/{}/statm", child.id().unwrap())).unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test]
async fn whatever_json_comes_it_passes_untouched_but_for_the_member() {
    let deep = format!("{{\"a\":{}1{},\"choices\":[]}}", "[".repeat(50_000), "]".repeat(50_000));
    let large = json!({"choices": [{"message": {"content": "x".repeat(10 * 1024 * 1024)}}]}).to_string();
    let cases: Vec<(Vec<u8>, Option<&str>)> = vec![
        (b"{}".to_vec(), Some("none")),
        (br#"{"choices":[]}"#.to_vec(), Some("none")),
        (br#"{"choices":[{"message":{"content":null}}]}"#.to_vec(), Some("none")),
        (
            br#"{"choices":[{"message":{"content":[{"type":"text","text":"From 1:05 to 1:18 x"}]}}]}"#.to_vec(),
            Some("ok"),
        ),
        (b"{\"choices\":[{\"message\":{\"content\":\"\xff From 1:05 to 1:18\"}}]}".to_vec(), Some("ok")),
        (br#"{"choices":[{"message":{"content":"\ud800 From 1:05 to 1:18"}}]}"#.to_vec(), Some("ok")),
        (br#"{"choices":[{"message":{"content":"Summarization failed. Why 1:05"}}]}"#.to_vec(), Some("failed")),
        (br#"{"choices":[{"message":{"content":"Media processed"}}]}"#.to_vec(), Some("none")),
        (large.into_bytes(), Some("skipped")),
        (deep.into_bytes(), Some("none")),
        (b"{\"a\":tru}".to_vec(), None),
        (b"\"text\"".to_vec(), None),
        (b"{\"a\":1}{\"b\":2}".to_vec(), None),
        (b"{\"a\":\0}".to_vec(), None),
    ];
    for (body, status) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let via = via("application/json", body.clone(), 100_003).await;
        let viaduct = viaduct(&via, None);
        let response = summarize(&viaduct, "text").await;
        assert!(response.is_whole);
        match status {
            None => assert_eq!(response.body, body, "{shown}"),
            Some(status) => {
                assert!(response.body.starts_with(&body[..body.len() - 1]), "{shown}");
                let added = String::from_utf8_lossy(&response.body[body.len() - 1..]).into_owned();
                assert!(added.contains(&format!("\"timestamps\":{{\"status\":\"{status}\"")), "{shown}: {added}");
            }
        }
    }
}

#[tokio::test]
async fn a_reply_that_is_cut_or_unreadable_is_asked_for_once_more_with_more_room() {
    let doubt = message("The van arrives at 65.2 and leaves at 81.0.");
    for (first, reason) in [(r#"{"ranges":[{"start":"65.2","e"#, "length"), ("I cannot say.", "stop")] {
        let via = via("application/json", doubt.clone(), 1 << 20).await;
        let (ollama, calls) = model(move |call, body| {
            let room = body["options"]["num_predict"].as_u64().unwrap();
            assert_eq!(room > 200, call > 0, "{room}");
            if call == 0 { chat(first, reason) } else { chat(r#"{"ranges":[{"start":"65.2","end":"81.0"}]}"#, "stop") }
        })
        .await;
        let viaduct = viaduct(&via, Some(&ollama));
        let answer: Value = serde_json::from_slice(&summarize(&viaduct, "auto").await.body).unwrap();
        assert_eq!(answer["timestamps"]["source"], "model", "{answer}");
        assert_eq!(answer["timestamps"]["ranges"][0]["end"], json!(81.0));
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_range_that_the_text_does_not_bear_out_says_so() {
    let text = "Roughly two minutes in, a horn sounds.";
    let via = via("application/json", message(text), 1 << 20).await;
    let (ollama, _) = model(|_, _| chat(r#"{"ranges":[{"start":"1:30","end":"1:30"}]}"#, "stop")).await;
    let viaduct = viaduct(&via, Some(&ollama));
    let answer: Value = serde_json::from_slice(&summarize(&viaduct, "auto").await.body).unwrap();
    assert_eq!(answer["timestamps"]["ranges"], json!([{"start": 90.0, "end": 90.0, "verified": false}]));
}

#[tokio::test]
async fn a_model_that_answers_nonsense_costs_nothing_but_its_help() {
    let doubt = message("The van arrives at 65.2 and leaves at 81.0.");
    let flood = vec![b'x'; 10 * 1024 * 1024];
    let html = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>".to_vec();
    let redirect = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_vec();
    let endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n".to_vec();
    for reply in [ok(&flood), html, redirect, endless, chat("", "stop"), chat(r#"{"ranges":[]}"#, "stop")] {
        let via = via("application/json", doubt.clone(), 1 << 20).await;
        let (ollama, _) = model(move |_, _| reply.clone()).await;
        let viaduct = viaduct(&via, Some(&ollama));
        let response = summarize(&viaduct, "auto; deadline=1").await;
        assert!(response.text().starts_with(&doubt[..doubt.len() - 1]));
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(answer["timestamps"]["status"], "unavailable", "{answer}");
    }
}

#[tokio::test]
async fn another_server_is_asked_in_its_own_dialect() {
    let via = via("application/json", message("The van arrives at 65.2 and leaves at 81.0."), 1 << 20).await;
    let llm = Origin::answering(|request| {
        if request.start().starts_with("GET") {
            return ok(b"{}");
        }
        assert_eq!(request.start(), "POST /v1/chat/completions HTTP/1.1");
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        // As llama-cpp-python does: a schema is taken in its own way only.
        if body["response_format"]["type"] == "json_schema" {
            return b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n".to_vec();
        }
        assert_eq!(body["response_format"]["schema"]["required"][0], "ranges");
        let content = r#"{"ranges":[{"start":"65.2","end":"81.0"}]}"#;
        ok(json!({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}).to_string().as_bytes())
    })
    .await;
    let file = format!(
        "[timestamps]\nmodel = 'gemma'\nupstream = 'llm'\ndialect = 'openai'\n\
         [[upstream]]\nkind = 'via'\nendpoints = ['http://{}']\n\
         [[upstream]]\nname = 'llm'\nkind = 'http'\nendpoints = ['http://{}']\n",
        via.address, llm.address
    );
    let viaduct = Viaduct::with_file(&file, Overrides::default());
    let answer: Value = serde_json::from_slice(&summarize(&viaduct, "auto").await.body).unwrap();
    assert_eq!((&answer["timestamps"]["status"], &answer["timestamps"]["source"]), (&json!("ok"), &json!("model")));
}
