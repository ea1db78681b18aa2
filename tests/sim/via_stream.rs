//! VIA's event streams and live streams.

use std::time::Duration;

use serde_json::{Value, json};
use viaduct::sim::via::{self, Settings};

use crate::client::{Wire, get, local, post, send, soon, start_via, upload};

fn event(chunk: &[u8]) -> Value {
    let text = std::str::from_utf8(chunk).unwrap();
    let json = text.strip_prefix("data: ").unwrap_or_else(|| panic!("{text}"));
    serde_json::from_str(json.strip_suffix("\r\n\r\n").unwrap()).unwrap()
}

#[tokio::test]
async fn a_file_stream_byte_for_byte() {
    let via = start_via();
    let id = upload(via.addr(), "a_20s.mp4", b"abc").await;
    let body = json!({"id": id, "model": "cosmos-reason2", "stream": true, "chunk_duration": 10,
        "stream_options": {"include_usage": true}, "prompt": "#say=문 \"1\" <2.0>\n😀"});
    let reply = post(via.addr(), "/summarize", &body).await;
    for (name, value) in [
        ("cache-control", "no-store"),
        ("connection", "keep-alive"),
        ("x-accel-buffering", "no"),
        ("content-type", "text/event-stream; charset=utf-8"),
        ("transfer-encoding", "chunked"),
        ("server", "uvicorn"),
    ] {
        assert_eq!(reply.header(name), Some(value));
    }
    let request = event(&reply.chunks[0])["id"].as_str().unwrap().to_owned();
    let created = event(&reply.chunks[0])["created"].to_string();
    let head =
        format!("data: {{\"id\": \"{request}\", \"model\": \"cosmos-reason2\", \"created\": {created}, \"object\": ");
    let content = r#"\ubb38 \"1\" <2.0>\n\ud83d\ude00"#;
    let summary = format!(
        "{head}\"summarization.progressing\", \"media_info\": {{\"type\": \"offset\", \"start_offset\": 0, \"end_offset\": \
         20}}, \"choices\": [{{\"finish_reason\": \"stop\", \"index\": 0, \"message\": {{\"content\": \"{content}\", \
         \"role\": \"assistant\"}}}}], \"usage\": null}}\r\n\r\n"
    );
    let usage = format!(
        "{head}\"summarization.completion\", \"media_info\": null, \"choices\": [], \"usage\": \
         {{\"total_chunks_processed\": 2, \"query_processing_time\": 0}}}}\r\n\r\n"
    );
    let chunks: Vec<&str> = reply.chunks.iter().map(|chunk| std::str::from_utf8(chunk).unwrap()).collect();
    assert_eq!(chunks, [&summary, &usage, "data: [DONE]\r\n\r\n"]);
    assert!(reply.whole);
    via.stop().await;
}

#[tokio::test]
async fn pings_while_it_works() {
    let settings =
        Settings { chunk_time: Duration::from_millis(100), ping: Duration::from_millis(20), ..Settings::default() };
    let via = via::start(settings, local()).unwrap();
    let id = upload(via.addr(), "a.mp4", b"abc").await;
    let reply = post(via.addr(), "/summarize", &json!({"id": id, "model": "cosmos-reason2", "stream": true})).await;
    let ping = std::str::from_utf8(&reply.chunks[0]).unwrap();
    // : ping - 2026-03-04 09:15:21.503112+00:00
    assert!(ping.starts_with(": ping - 20") && ping.ends_with("+00:00\r\n\r\n") && ping.len() == 45, "{ping:?}");
    assert!(reply.text().ends_with("data: [DONE]\r\n\r\n"));
    via.stop().await;
}

#[tokio::test]
async fn a_second_reader_gets_409_but_its_job_runs() {
    let settings = Settings { chunk_time: Duration::from_secs(3600), ..Settings::default() };
    let via = via::start(settings, local()).unwrap();
    let id = upload(via.addr(), "a.mp4", b"abc").await;
    let body = json!({"id": id, "model": "cosmos-reason2", "stream": true});
    let mut first = Wire::open(via.addr()).await;
    first.request("POST", "/summarize", "", body.to_string().as_bytes()).await;
    first.until("\r\n\r\n").await;
    let second = post(via.addr(), "/summarize", &body).await;
    assert_eq!((second.status, second.json()["code"].as_str()), (409, Some("Conflict")));
    assert!(second.json()["message"].as_str().unwrap().contains("already connected"));
    assert_eq!(via.work().running(), 2);
    via.stop().await;
}

#[tokio::test]
async fn without_ca_rag_one_event_per_chunk_in_a_burst() {
    let via = via::start(Settings { chat: false, ..Settings::default() }, local()).unwrap();
    let id = upload(via.addr(), "a_30s.mp4", b"abc").await;
    let mut body = json!({"id": id, "model": "cosmos-reason2", "chunk_duration": 10});
    assert_eq!(post(via.addr(), "/summarize", &body).await.status, 400, "it must stream");
    body["stream"] = true.into();
    let reply = post(via.addr(), "/summarize", &body).await;
    assert_eq!(reply.chunks.len(), 4);
    let media = json!({"type": "offset", "start_offset": 10, "end_offset": 20});
    assert_eq!(event(&reply.chunks[1])["media_info"], media);
    via.stop().await;
}

#[tokio::test]
async fn captions_as_json_and_as_events() {
    let via = start_via();
    let id = upload(via.addr(), "a_20s.mp4", b"abc").await;
    let mut body = json!({"id": id, "model": "cosmos-reason2", "chunk_duration": 10, "prompt": "#say=x"});
    let reply = post(via.addr(), "/generate_vlm_captions", &body).await;
    let end = "\"media_info\":{\"type\":\"offset\",\"start_offset\":0,\"end_offset\":20},\"usage\":{\"query_processing_time\"\
               :0,\"total_chunks_processed\":2},\"chunk_responses\":[{\"start_time\":\"0.0\",\"end_time\":\"10.0\",\
               \"content\":\"x\",\"reasoning_description\":\"\"},{\"start_time\":\"10.0\",\"end_time\":\"20.0\",\
               \"content\":\"x\",\"reasoning_description\":\"\"}]}";
    assert!(reply.text().ends_with(end), "{}", reply.text());
    body["stream"] = true.into();
    let reply = post(via.addr(), "/generate_vlm_captions", &body).await;
    assert_eq!(reply.chunks.len(), 3);
    assert_eq!(event(&reply.chunks[1])["chunk_responses"][0]["start_time"], "10.0");
    body["enable_chat"] = true.into();
    assert_eq!(post(via.addr(), "/generate_vlm_captions", &body).await.status, 422);
    via.stop().await;
}

#[tokio::test]
async fn a_failed_run_is_an_event() {
    let via = start_via();
    let id = upload(via.addr(), "a.mp4", b"abc").await;
    let body = json!({"id": id, "model": "cosmos-reason2", "stream": true}).to_string();
    let headers = "x-sim-fault: error-after=0\r\n";
    let reply = send(via.addr(), "POST", "/summarize", headers, body.as_bytes()).await;
    let failure = event(&reply.chunks[0]);
    assert!(failure["choices"][0]["message"]["content"].as_str().unwrap().starts_with("Summarization failed"));
    assert!(failure.get("media_info").is_none() && reply.text().ends_with("data: [DONE]\r\n\r\n"));
    let body = json!({"id": id, "model": "cosmos-reason2"}).to_string();
    assert_eq!(send(via.addr(), "POST", "/summarize", headers, body.as_bytes()).await.status, 500);
    via.stop().await;
}

#[tokio::test]
async fn a_live_stream_from_beginning_to_end() {
    let settings = Settings { pace: 1000.0, reader_window: Duration::ZERO, ..Settings::default() };
    let via = via::start(settings, local()).unwrap();
    let body = json!({"liveStreamUrl": "rtsp://u:p@10.0.4.9:8554/gate", "description": "north gate"});
    let id = post(via.addr(), "/live-stream", &body).await.json()["id"].as_str().unwrap().to_owned();
    let list = get(via.addr(), "/live-stream").await;
    let zeros = r#""chunk_duration":0,"chunk_overlap_duration":0,"summary_duration":0}]"#;
    let expected =
        format!(r#"[{{"id":"{id}","liveStreamUrl":"rtsp://10.0.4.9:8554/gate","description":"north gate",{zeros}"#);
    assert_eq!(list.text(), expected);
    let mut body = json!({"id": id, "model": "cosmos-reason2", "chunk_duration": 10, "summary_duration": 60});
    assert_eq!(post(via.addr(), "/summarize", &body).await.status, 400, "it must stream");
    body["stream"] = true.into();
    let mut wire = Wire::open(via.addr()).await;
    wire.request("POST", "/summarize", "", body.to_string().as_bytes()).await;
    wire.until("\r\n\r\n").await;
    let first = event(&wire.chunk().await.unwrap());
    let media = &first["media_info"];
    assert_eq!((media["type"].as_str(), media["start_timestamp"].as_str().unwrap().len()), (Some("timestamp"), 24));
    let second = event(&wire.chunk().await.unwrap());
    assert_eq!(second["media_info"]["start_timestamp"], media["end_timestamp"]);
    assert_eq!(get(via.addr(), "/live-stream").await.json()[0]["summary_duration"], 60);
    // An alert, and the reader comes back: the stream has gone on.
    let alert = json!({"liveStreamId": id, "name": "ppe", "events": ["no helmet"]});
    let alert = post(via.addr(), "/alerts", &alert).await.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(get(via.addr(), "/alerts").await.json()[0]["alertId"], alert);
    drop(wire);
    soon(via.until(|counts| counts.open == 0)).await;
    let mut wire = Wire::open(via.addr()).await;
    wire.request("POST", "/summarize", "", body.to_string().as_bytes()).await;
    wire.until("\r\n\r\n").await;
    assert_eq!(event(&wire.chunk().await.unwrap())["id"], first["id"]);
    event(&wire.chunk().await.unwrap());
    let recent = get(via.addr(), &format!("/alerts/recent?live_stream_id={id}")).await;
    assert_eq!(recent.json()[0]["detected_events"], json!(["no helmet"]));
    assert_eq!(send(via.addr(), "DELETE", &format!("/alerts/{alert}"), "", b"").await.text(), "null");
    let deleted = send(via.addr(), "DELETE", &format!("/live-stream/{id}"), "", b"").await;
    assert_eq!((deleted.status, deleted.header("content-type"), deleted.text()), (200, None, ""));
    let mut final_event = Vec::new();
    while let Some(chunk) = wire.chunk().await.filter(|chunk| !chunk.is_empty()) {
        final_event = chunk;
    }
    assert_eq!(final_event, b"data: [DONE]\r\n\r\n");
    via.stop().await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_dropped() {
    let settings = Settings {
        pace: 20_000.0,
        send_timeout: Duration::from_millis(100),
        fixed: via::answers::Fixed { answer: None, say: Some("x".repeat(50_000)) },
        ..Settings::default()
    };
    let via = via::start(settings, local()).unwrap();
    let body = json!({"liveStreamUrl": "rtsp://10.0.4.9/gate", "description": "gate"});
    let id = post(via.addr(), "/live-stream", &body).await.json()["id"].as_str().unwrap().to_owned();
    let body = json!({"id": id, "model": "cosmos-reason2", "chunk_duration": 10, "stream": true});
    let mut wire = Wire::open(via.addr()).await;
    wire.request("POST", "/summarize", "", body.to_string().as_bytes()).await;
    wire.until("\r\n\r\n").await;
    // Only when the socket buffers are full does the time begin.
    soon(via.until(|counts| counts.open == 0)).await;
    assert!(!wire.end().await, "no last chunk");
    via.stop().await;
}
