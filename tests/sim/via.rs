//! VIA's routes, errors and chat.

use std::time::Duration;

use serde_json::{Value, json};
use viaduct::sim::via::{self, Settings, Work, answers};

use crate::client::{Wire, get, local, post, send, soon, start_via, upload};

#[tokio::test]
async fn what_the_framework_answers() {
    let via = start_via();
    let addr = via.addr();
    let ready = get(addr, "/health/ready").await;
    assert_eq!((ready.status, ready.header("content-length"), ready.header("content-type")), (200, Some("0"), None));
    let unknown = get(addr, "/nowhere").await;
    assert_eq!((unknown.status, unknown.text()), (404, r#"{"detail":"Not Found"}"#));
    for (method, path) in [("HEAD", "/models"), ("OPTIONS", "/files"), ("PUT", "/files/x"), ("GET", "/summarize")] {
        let reply = send(addr, method, path, "", b"").await;
        assert_eq!(reply.status, 405, "{method} {path}");
        assert!(reply.header("allow").is_some());
    }
    assert_eq!(send(addr, "PUT", "/models", "", b"").await.text(), r#"{"detail":"Method Not Allowed"}"#);
    let slash = send(addr, "GET", "/files/?purpose=vision", "host: via.example:81\r\n", b"").await;
    assert_eq!((slash.status, slash.header("location")), (307, Some("http://via.example:81/files?purpose=vision")));
    let slash = send(addr, "POST", "/summarize/", "x-forwarded-proto: https\r\n", b"").await;
    assert_eq!(slash.header("location"), Some("https://localhost/summarize"));
    let models = get(addr, "/models").await;
    assert!(models.text().starts_with(r#"{"object":"list","data":[{"id":"cosmos-reason2","created":"#));
    assert!(models.text().ends_with(r#","object":"model","owned_by":"NVIDIA","api_type":"internal"}]}"#));
    let metrics = get(addr, "/metrics").await;
    assert_eq!(metrics.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(metrics.text().contains("\nvideo_file_queries_pending 0.0\n"));
    via.stop().await;
}

#[tokio::test]
async fn the_prefix_moves_every_route_but_the_documents() {
    let via = via::start(Settings { prefix: true, ..Settings::default() }, local()).unwrap();
    assert_eq!(get(via.addr(), "/v1/models").await.status, 200);
    assert_eq!(get(via.addr(), "/models").await.status, 404);
    assert_eq!(get(via.addr(), "/docs").await.status, 200);
    assert_eq!(get(via.addr(), "/openapi.json").await.status, 500);
    via.stop().await;
}

#[tokio::test]
async fn words_validation_as_pydantic_does() {
    let via = start_via();
    let id = upload(via.addr(), "a.mp4", b"abc").await;
    let with = |more: Value| {
        let mut body = json!({"id": id, "model": "cosmos-reason2"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (body, message) in [
        (with(json!({"foo": 1})), "('body', 'foo'): Extra inputs are not permitted"),
        (json!({"id": id}), "('body', 'model'): Field required"),
        (with(json!({"max_tokens": 20_000})), "('body', 'max_tokens'): Input should be less than or equal to 10240"),
        (with(json!({"rag_type": "graph-rag"})), "('body', 'rag_type'): Extra inputs are not permitted"),
        (with(json!({"seed": null})), "('body', 'seed'): Input should be a valid integer"),
        (
            json!({"id": "abc", "model": "m"}),
            "('body', 'id', 'uuid'): Input should be a valid UUID, invalid length: found 3 (input: \"abc\")",
        ),
    ] {
        let reply = post(via.addr(), "/summarize", &body).await;
        assert_eq!(reply.json(), json!({"code": "InvalidParameters", "message": message}));
        assert_eq!(reply.status, 422);
    }
    let reply = send(via.addr(), "POST", "/summarize", "content-type: application/json\r\n", b"{\"id\":x}").await;
    assert_eq!(reply.json()["message"], "('body', 6): JSON decode error");
    let reply = get(via.addr(), "/files/abc").await;
    let message = "('path', 'file_id'): Input should be a valid UUID, invalid length: found 3 (input: \"abc\")";
    assert_eq!(reply.json(), json!({"code": "InvalidParameters", "message": message}));
    assert_eq!(get(via.addr(), "/files").await.json()["message"], "('query', 'purpose'): Field required");
    // The schema comes before the id, the id before the model.
    let unknown = "00000000-0000-4000-8000-000000000000";
    let reply = post(via.addr(), "/summarize", &json!({"id": unknown, "model": "m"})).await;
    assert_eq!(reply.json(), json!({"code": "BadParameter", "message": format!("No such resource {unknown}")}));
    let reply = post(via.addr(), "/summarize", &json!({"id": id, "model": "m"})).await;
    assert!(reply.json()["message"].as_str().unwrap().starts_with("No such model"));
    assert_eq!(reply.status, 400);
    // No content type at all is JSON, another one is not.
    let body = json!({"id": id, "model": "cosmos-reason2"}).to_string();
    assert_eq!(send(via.addr(), "POST", "/summarize", "", body.as_bytes()).await.status, 200);
    assert_eq!(
        send(via.addr(), "POST", "/summarize", "content-type: text/plain\r\n", body.as_bytes()).await.status,
        422
    );
    via.stop().await;
}

#[tokio::test]
async fn summary_then_chat() {
    let via = start_via();
    let id = upload(via.addr(), "yard_600s.mp4", b"abc").await;
    let ask = json!({"id": id, "model": "cosmos-reason2", "stream": true, "messages": [
        {"role": "user", "content": "before"}, {"role": "user", "content": "when? #answer=24"}]});
    let early = post(via.addr(), "/chat/completions", &ask).await;
    let text = early.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert!(early.status == 200 && text.starts_with("Chat functionality disabled"));
    let summary = json!({"id": id, "model": "cosmos-reason2", "prompt": "#answer=3", "chunk_duration": 10,
        "enable_chat": true});
    let reply = post(via.addr(), "/summarize", &summary).await;
    let request = reply.json()["id"].as_str().unwrap().to_owned();
    let created = &reply.json()["created"];
    let expected = format!(
        "{{\"id\":\"{request}\",\"choices\":[{{\"finish_reason\":\"stop\",\"index\":0,\"message\":{{\"content\":\"{}\",\
         \"tool_calls\":[],\"role\":\"assistant\"}}}}],\"created\":{created},\"model\":\"cosmos-reason2\",\"media_info\":\
         {{\"type\":\"offset\",\"start_offset\":0,\"end_offset\":600}},\"object\":\"summarization.completion\",\"usage\":\
         {{\"query_processing_time\":0,\"total_chunks_processed\":60}}}}",
        answers::ANSWERS[3]
    );
    assert_eq!(reply.text(), expected);
    assert_ne!(request, id);
    let reply = post(via.addr(), "/chat/completions", &ask).await;
    assert_eq!(reply.header("content-type"), Some("application/json"), "never a stream");
    assert!(reply.text().contains(answers::ANSWERS[24]), "raw UTF-8: {}", reply.text());
    assert_eq!((&reply.json()["created"], &reply.json()["object"]), (&json!(0), &json!("summarization.completion")));
    let empty = json!({"id": id, "model": "cosmos-reason2", "messages": []});
    assert_eq!(post(via.addr(), "/chat/completions", &empty).await.status, 500);
    let mut strict = ask.clone();
    strict["enable_reasoning"] = true.into();
    assert_eq!(post(via.addr(), "/chat/completions", &strict).await.status, 422);
    via.stop().await;
}

#[tokio::test]
async fn full_is_500_with_a_numeric_code() {
    let via = via::start(Settings { capacity: 1, ..Settings::default() }, local()).unwrap();
    let (a, b) = (upload(via.addr(), "a.mp4", b"a").await, upload(via.addr(), "b.mp4", b"b").await);
    let body = |id: &str| json!({"id": id, "model": "cosmos-reason2", "enable_chat": true});
    assert_eq!(post(via.addr(), "/summarize", &body(&a)).await.status, 200);
    let full = post(via.addr(), "/summarize", &body(&b)).await;
    assert_eq!((full.status, &full.json()["code"]), (500, &json!(503)));
    assert_eq!(post(via.addr(), "/summarize", &body(&a)).await.status, 200, "the same file has its context");
    assert_eq!(send(via.addr(), "DELETE", &format!("/files/{a}"), "", b"").await.status, 200);
    assert_eq!(post(via.addr(), "/summarize", &body(&b)).await.status, 200);
    via.stop().await;
}

#[tokio::test]
async fn work_goes_on_when_the_caller_leaves() {
    let settings = Settings { chunk_time: Duration::from_millis(100), ..Settings::default() };
    let via = via::start(settings, local()).unwrap();
    let id = upload(via.addr(), "a.mp4", b"a").await;
    let mut wire = Wire::open(via.addr()).await;
    let body = json!({"id": id, "model": "cosmos-reason2"}).to_string();
    wire.request("POST", "/summarize", "", body.as_bytes()).await;
    soon(via.until_work(|work| work.running() == 1)).await;
    drop(wire);
    soon(via.until(|counts| counts.running == 0)).await;
    assert_eq!(via.work(), Work { started: 1, finished: 0 });
    soon(via.until_work(|work| work.finished == 1)).await;
    via.stop().await;
}

#[tokio::test]
async fn delete_in_use_is_409_and_destroys_the_query() {
    let settings = Settings { chunk_time: Duration::from_secs(3600), ..Settings::default() };
    let via = via::start(settings, local()).unwrap();
    let id = upload(via.addr(), "a.mp4", b"a").await;
    let body = json!({"id": id, "model": "cosmos-reason2"}).to_string();
    let mut plain = Wire::open(via.addr()).await;
    plain.request("POST", "/summarize", "", body.as_bytes()).await;
    let body = json!({"id": id, "model": "cosmos-reason2", "stream": true, "stream_options": {"include_usage": true}});
    let mut stream = Wire::open(via.addr()).await;
    stream.request("POST", "/summarize", "", body.to_string().as_bytes()).await;
    let head = stream.until("\r\n\r\n").await;
    assert!(head.contains("content-type: text/event-stream; charset=utf-8"));
    soon(via.until_work(|work| work.running() == 2)).await;
    let delete = send(via.addr(), "DELETE", &format!("/files/{id}"), "", b"").await;
    assert_eq!((delete.status, delete.json()["code"].as_str()), (409, Some("ResourceInUse")));
    let reply = plain.reply("POST").await;
    assert_eq!((reply.status, reply.json()["code"].as_str()), (400, Some("InvalidParameterValue")));
    assert_eq!(stream.chunk().await.unwrap(), b"data: [DONE]\r\n\r\n");
    assert_eq!(stream.chunk().await.unwrap(), b"");
    assert_eq!(send(via.addr(), "DELETE", &format!("/files/{id}"), "", b"").await.status, 200);
    via.stop().await;
}

#[tokio::test]
async fn recommends_a_chunk_size() {
    let via = start_via();
    let body = json!({"video_length": 3600, "target_response_time": 120, "usecase_event_duration": 10});
    assert_eq!(post(via.addr(), "/recommended_config", &body).await.text(), r#"{"chunk_size":60,"text":"NA"}"#);
    assert_eq!(post(via.addr(), "/recommended_config", &json!({})).await.text(), r#"{"chunk_size":0,"text":"NA"}"#);
    via.stop().await;
}

#[tokio::test]
async fn reviews_an_alert() {
    let via = start_via();
    let body = json!({"version": "1.0", "id": "x", "video_path": "a.mp4"});
    let reply = post(via.addr(), "/reviewAlert", &body).await;
    assert_eq!((&reply.json()["id"], &reply.json()["result"]["status"]), (&json!("x"), &json!("SUCCESS")));
    via.stop().await;
}
