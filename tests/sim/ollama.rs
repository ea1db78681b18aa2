//! Ollama's routes, streams and scheduler.

use std::time::Duration;

use serde_json::{Value, json};
use viaduct::sim::ollama::{self, Settings, replies};

use crate::client::{Wire, get, local, post, send, soon, start_ollama};

const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json; charset=utf-8";

fn chat(content: &str) -> Value {
    json!({"model": "llama3", "messages": [{"role": "user", "content": content}]})
}

fn lines(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n') && !text.contains("\n\n"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn what_the_router_answers() {
    let ollama = start_ollama();
    let addr = ollama.addr();
    let unknown = get(addr, "/health").await;
    assert_eq!((unknown.status, unknown.text()), (404, "404 page not found"));
    assert_eq!(unknown.header("content-type"), Some("text/plain"));
    let wrong = get(addr, "/api/chat").await;
    assert_eq!((wrong.status, wrong.text(), wrong.header("allow")), (405, "405 method not allowed", Some("POST")));
    assert_eq!(send(addr, "HEAD", "/api/tags", "", b"").await.status, 200);
    assert_eq!(send(addr, "HEAD", "/api/ps", "", b"").await.status, 405);
    let slash = get(addr, "/api/tags/").await;
    assert_eq!((slash.status, slash.header("location")), (301, Some("/api/tags")));
    let version = get(addr, "/api/version").await;
    assert_eq!((version.text(), version.header("content-type")), (r#"{"version":"0.33.0"}"#, Some(JSON)));
    assert_eq!(version.header("server"), None);
    let tags = get(addr, "/api/tags").await;
    assert_eq!(tags.json()["models"].as_array().unwrap().len(), 5);
    let models = get(addr, "/v1/models").await;
    assert_eq!(models.header("content-type"), Some("application/json"));
    assert!(models.text().ends_with("]}\n"));
    ollama.stop().await;
}

#[tokio::test]
async fn a_chat_line_by_line() {
    let ollama = start_ollama();
    let reply = post(ollama.addr(), "/api/chat", &chat("#say=A <b> & 문 at 1:05")).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some(NDJSON)));
    assert!(reply.text().contains(r"\u003cb\u003e") && reply.text().contains(r"\u0026") && reply.text().contains('문'));
    let lines = lines(reply.text());
    assert_eq!(lines.len(), reply.chunks.len());
    let said: String = lines.iter().map(|line| line["message"]["content"].as_str().unwrap()).collect();
    assert_eq!(said, "A <b> & 문 at 1:05");
    let first = std::str::from_utf8(&reply.chunks[0]).unwrap();
    assert!(first.starts_with(r#"{"model":"llama3","created_at":"20"#), "{first}");
    assert!(first.ends_with("\"message\":{\"role\":\"assistant\",\"content\":\"A\"},\"done\":false}\n"), "{first}");
    let last = std::str::from_utf8(reply.chunks.last().unwrap()).unwrap();
    let tail = r#""message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":"#;
    assert!(last.contains(tail), "{last}");
    let count = lines.last().unwrap()["eval_count"].as_u64().unwrap();
    assert_eq!(count, lines.len() as u64 - 1);
    let mut whole = chat("#say=A <b> & 문 at 1:05");
    whole["stream"] = false.into();
    let reply = post(ollama.addr(), "/api/chat", &whole).await;
    assert_eq!(reply.header("content-type"), Some(JSON));
    assert_eq!(reply.json()["message"]["content"], said);
    assert!(reply.header("content-length").is_some());
    ollama.stop().await;
}

#[tokio::test]
async fn the_order_of_checks() {
    let ollama = start_ollama();
    let addr = ollama.addr();
    let error = |reply: crate::client::Reply| (reply.status, reply.json()["error"].as_str().unwrap().to_owned());
    let empty = send(addr, "POST", "/api/chat", "content-length: 0\r\n", b"").await;
    assert_eq!(error(empty), (400, "missing request body".into()));
    assert_eq!(error(send(addr, "POST", "/api/chat", "", b"{").await), (400, "unexpected EOF".into()));
    let quoted = send(addr, "POST", "/api/chat", "", br#"{"model":"llama3","messages":[{}],"stream":"false"}"#).await;
    assert_eq!(quoted.status, 400);
    let missing = post(addr, "/api/chat", &json!({"model": "nope", "top_logprobs": 50})).await;
    assert_eq!(error(missing), (400, "top_logprobs must be between 0 and 20".into()));
    assert_eq!(error(post(addr, "/api/chat", &json!({})).await), (400, "model is required".into()));
    assert_eq!(error(post(addr, "/api/generate", &json!({})).await), (404, "model '' not found".into()));
    let missing = post(addr, "/api/chat", &json!({"model": "nope", "think": true})).await;
    assert_eq!(missing.header("content-type"), Some(JSON));
    assert_eq!(error(missing), (404, "model 'nope' not found".into()));
    let thinking = post(addr, "/api/chat", &json!({"model": "llama3", "think": true})).await;
    assert_eq!(error(thinking), (400, "\"llama3\" does not support thinking".into()));
    let embedding = post(addr, "/api/chat", &json!({"model": "nomic-embed-text", "messages": [{}]})).await;
    assert_eq!(error(embedding), (400, "\"nomic-embed-text\" does not support chat".into()));
    let mut option = chat("x");
    option["options"] = json!({"temperature": "hot"});
    assert_eq!(
        error(post(addr, "/api/chat", &option).await),
        (500, "option \"temperature\" must be of type float32".into())
    );
    let openai = post(addr, "/v1/chat/completions", &json!({"model": "nope", "messages": [{}]})).await;
    assert_eq!(openai.status, 404);
    let shape = "{\"error\":{\"message\":\"model 'nope' not found\",\"type\":\"not_found_error\",\"param\":null,\"code\":null}}\n";
    assert_eq!((openai.text(), openai.header("content-type")), (shape, Some("application/json")));
    ollama.stop().await;
}

#[tokio::test]
async fn load_and_unload_are_single_objects() {
    let ollama = start_ollama();
    assert!(ollama.loaded().is_empty());
    let load = post(ollama.addr(), "/api/chat", &json!({"model": "llama3"})).await;
    assert_eq!((load.header("content-type"), &load.json()["done_reason"]), (Some(JSON), &json!("load")));
    assert!(load.text().ends_with(r#""done":true,"done_reason":"load"}"#));
    assert_eq!(ollama.loaded(), ["llama3:latest"]);
    assert_eq!(get(ollama.addr(), "/api/ps").await.json()["models"][0]["name"], "llama3:latest");
    let unload = post(ollama.addr(), "/api/generate", &json!({"model": "llama3", "keep_alive": 0})).await;
    assert_eq!(unload.json()["done_reason"], "unload");
    assert_eq!(get(ollama.addr(), "/api/ps").await.text(), r#"{"models":[]}"#);
    ollama.stop().await;
}

#[tokio::test]
async fn extracts_ranges_when_the_schema_asks_for_them() {
    let ollama = start_ollama();
    let range = json!({"type": "object", "properties": {"start": {"type": "string"}, "end": {"type": "string"}}});
    let format = json!({"type": "object", "properties": {"ranges": {"type": "array", "items": range}}});
    let mut body = chat("A forklift enters at 00:12 and leaves at 00:47. A worker is seen from 2:05 to 2:31.");
    body["format"] = format;
    body["stream"] = false.into();
    let reply = post(ollama.addr(), "/api/chat", &body).await;
    assert_eq!(
        reply.json()["message"]["content"],
        r#"{"ranges":[{"start":"00:12","end":"00:47"},{"start":"2:05","end":"2:31"}]}"#
    );
    ollama.stop().await;
}

#[tokio::test]
async fn canned_replies_by_marker_and_header() {
    let ollama = start_ollama();
    let mut body = chat("#reply=9 please");
    body["stream"] = false.into();
    let reply = post(ollama.addr(), "/api/chat", &body).await.json();
    assert_eq!((&reply["message"]["content"], &reply["done_reason"]), (&json!(""), &json!("length")));
    assert_eq!(reply["message"]["thinking"], replies::REPLIES[8].thinking.unwrap());
    let reply = send(ollama.addr(), "POST", "/api/chat", "x-sim-reply: 22\r\n", body.to_string().as_bytes()).await;
    assert_eq!((reply.status, &reply.json()["done"]), (200, &json!(false)));
    assert!(reply.json().get("total_duration").is_none());
    ollama.stop().await;
}

#[tokio::test]
async fn thinking_comes_first_and_counts_against_the_limit() {
    let ollama = start_ollama();
    let mut body = chat("hello");
    body["model"] = "qwen3:4b".into();
    let reply = post(ollama.addr(), "/api/chat", &body).await;
    let first = &lines(reply.text())[0];
    assert_eq!((&first["message"]["content"], first["message"]["thinking"].as_str()), (&json!(""), Some("Let")));
    body["options"] = json!({"num_predict": 2});
    body["stream"] = false.into();
    let reply = post(ollama.addr(), "/api/chat", &body).await.json();
    assert_eq!((&reply["done_reason"], &reply["eval_count"]), (&json!("length"), &json!(2)));
    body["think"] = false.into();
    let reply = post(ollama.addr(), "/api/chat", &body).await.json();
    assert!(reply["message"].get("thinking").is_none());
    ollama.stop().await;
}

#[tokio::test]
async fn openai_streams_and_objects() {
    let ollama = start_ollama();
    let mut body = chat("#say=a b");
    let reply = post(ollama.addr(), "/v1/chat/completions", &body).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(reply.text().starts_with(r#"{"id":"chatcmpl-0","object":"chat.completion","created":"#));
    assert!(reply.text().ends_with("}\n"));
    assert_eq!(reply.json()["choices"][0]["finish_reason"], "stop");
    body["stream"] = true.into();
    body["stream_options"] = json!({"include_usage": true});
    let reply = post(ollama.addr(), "/v1/chat/completions", &body).await;
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let events: Vec<&str> = reply.text().split_terminator("\n\n").map(|e| e.strip_prefix("data: ").unwrap()).collect();
    assert_eq!(events.len(), 5);
    assert!(events[0].contains(r#""delta":{"role":"assistant","content":"a"},"finish_reason":null"#), "{}", events[0]);
    assert!(events[1].contains(r#""delta":{"content":" b"}"#));
    assert!(events[2].contains(r#""delta":{},"finish_reason":"stop""#));
    assert!(events[3].contains(r#""choices":[],"usage":{"prompt_tokens":"#));
    assert_eq!(events[4], "[DONE]");
    ollama.stop().await;
}

#[tokio::test]
async fn nothing_is_sent_before_the_first_line_and_cancelled_requests_are_counted() {
    let settings = Settings { load_time: Duration::from_secs(3600), queue: 2, ..Settings::default() };
    let ollama = ollama::start(settings, local()).unwrap();
    let mut loading = Wire::open(ollama.addr()).await;
    loading.request("POST", "/api/chat", "", chat("a").to_string().as_bytes()).await;
    soon(ollama.until(|counts| counts.running == 1)).await;
    let mut queued = Wire::open(ollama.addr()).await;
    queued.request("POST", "/api/chat", "", chat("b").to_string().as_bytes()).await;
    soon(ollama.until(|counts| counts.running == 2)).await;
    // Both hold a place now, so the third is refused. (The place is taken right after the head was counted.)
    let full = loop {
        let mut third = Wire::open(ollama.addr()).await;
        third.request("POST", "/api/chat", "", chat("c").to_string().as_bytes()).await;
        if let Ok(reply) = tokio::time::timeout(Duration::from_millis(200), third.reply("POST")).await {
            break reply;
        }
    };
    assert_eq!(full.status, 503);
    assert!(full.text().contains("please try again.  maximum pending"));
    let before = ollama.cancelled();
    assert_eq!(before.load, 0);
    drop(queued);
    soon(ollama.until_cancelled(|cancelled| cancelled.queue > before.queue)).await;
    assert!(loading.rest().is_empty());
    drop(loading);
    soon(ollama.until_cancelled(|cancelled| cancelled.load == 1)).await;
    ollama.stop().await;
}

#[tokio::test]
async fn slots_wait_and_a_client_that_leaves_stops_its_generation() {
    let settings = Settings { tokens_per_second: 50.0, ..Settings::default() };
    let ollama = ollama::start(settings, local()).unwrap();
    let long = chat(&format!("#say={}", "word ".repeat(10_000)));
    let mut first = Wire::open(ollama.addr()).await;
    first.request("POST", "/api/chat", "", long.to_string().as_bytes()).await;
    first.until("\r\n\r\n").await;
    first.chunk().await.unwrap();
    let mut second = Wire::open(ollama.addr()).await;
    second.request("POST", "/api/chat", "", long.to_string().as_bytes()).await;
    soon(ollama.until(|counts| counts.running == 2)).await;
    assert!(second.rest().is_empty());
    drop(first);
    soon(ollama.until_cancelled(|cancelled| cancelled.generate == 1)).await;
    second.until("\r\n\r\n").await;
    second.chunk().await.unwrap();
    ollama.stop().await;
}

#[tokio::test]
async fn a_pull_reports_its_progress() {
    let ollama = start_ollama();
    let reply = post(ollama.addr(), "/api/pull", &json!({"model": "gemma3"})).await;
    assert_eq!(reply.header("content-type"), Some(NDJSON));
    let lines = lines(reply.text());
    assert_eq!(
        (&lines[0]["status"], &lines.last().unwrap()["status"]),
        (&json!("pulling manifest"), &json!("success"))
    );
    assert!(lines[1]["status"].as_str().unwrap().starts_with("pulling ") && lines[1].get("completed").is_none());
    assert!(ollama.models().contains(&"gemma3:latest".to_owned()));
    let reply = post(ollama.addr(), "/api/pull", &json!({"model": "missing"})).await;
    assert!(reply.status == 200 && reply.text().contains("{\"error\":\"pull model manifest: file does not exist\"}\n"));
    let reply = post(ollama.addr(), "/api/pull", &json!({"model": "gemma3", "stream": false})).await;
    assert_eq!((reply.text(), reply.header("content-type")), (r#"{"status":"success"}"#, Some("application/json")));
    let copy = post(ollama.addr(), "/api/copy", &json!({"source": "gemma3", "destination": "mine"})).await;
    assert_eq!((copy.status, copy.text(), copy.header("content-type")), (200, "", None));
    let delete = send(ollama.addr(), "DELETE", "/api/delete", "", br#"{"model":"mine"}"#).await;
    assert_eq!(delete.status, 200);
    let again = send(ollama.addr(), "DELETE", "/api/delete", "", br#"{"model":"mine"}"#).await;
    assert_eq!(again.text(), r#"{"error":"model 'mine' not found"}"#);
    ollama.stop().await;
}

#[tokio::test]
async fn blobs_are_counted_and_known_afterwards() {
    let ollama = start_ollama();
    let path = format!("/api/blobs/sha256:{}", "ab".repeat(32));
    assert_eq!(send(ollama.addr(), "HEAD", &path, "", b"").await.status, 404);
    assert_eq!(send(ollama.addr(), "POST", &path, "", &vec![1; 100_000]).await.status, 201);
    assert_eq!(send(ollama.addr(), "HEAD", &path, "", b"").await.status, 200);
    let again = send(ollama.addr(), "POST", &path, "", b"x").await;
    assert_eq!((again.status, again.header("connection")), (200, Some("close")));
    assert_eq!(send(ollama.addr(), "HEAD", "/api/blobs/md5:1", "", b"").await.status, 400);
    ollama.stop().await;
}

#[tokio::test]
async fn strangers_are_sent_away_with_nothing() {
    let ollama = start_ollama();
    let addr = ollama.addr();
    for headers in ["host: example.com\r\n", "origin: https://evil.example\r\n", "origin: null\r\n"] {
        let reply = send(addr, "GET", "/api/tags", headers, b"").await;
        assert_eq!((reply.status, reply.header("content-length"), reply.text()), (403, Some("0"), ""), "{headers}");
    }
    let origin = "origin: http://localhost:3000\r\n";
    let reply = send(addr, "GET", "/api/tags", origin, b"").await;
    assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:3000"));
    let reply = send(addr, "OPTIONS", "/api/chat", origin, b"").await;
    assert_eq!((reply.status, reply.header("access-control-max-age")), (204, Some("43200")));
    let same = send(addr, "GET", "/api/tags", "host: localhost:1\r\norigin: http://localhost:1\r\n", b"").await;
    assert_eq!((same.status, same.header("access-control-allow-origin")), (200, None));
    ollama.stop().await;
}

#[tokio::test]
async fn embeds() {
    let ollama = start_ollama();
    let body = json!({"model": "nomic-embed-text", "input": ["a", "b"]});
    let reply = post(ollama.addr(), "/api/embed", &body).await;
    assert_eq!(reply.json()["embeddings"].as_array().unwrap().len(), 2);
    assert_eq!(reply.header("transfer-encoding"), Some("chunked"), "over 2 KiB");
    let missing = post(ollama.addr(), "/api/embed", &json!({"model": "x", "input": "a"})).await;
    assert_eq!(missing.json()["error"], "model \"x\" not found, try pulling it first");
    assert_eq!(post(ollama.addr(), "/v1/embeddings", &body).await.json()["object"], "list");
    ollama.stop().await;
}
