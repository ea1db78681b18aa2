//! Misbehaviour on demand.

use serde_json::json;

use crate::client::{Wire, get, post, send, soon, start_ollama, start_via, upload};

#[tokio::test]
async fn a_header_chooses_a_status_in_the_apis_own_shape() {
    let (via, ollama) = (start_via(), start_ollama());
    let reply = send(via.addr(), "GET", "/models", "x-sim-fault: status=503\r\n", b"").await;
    assert_eq!((reply.status, reply.json()["code"].as_str()), (503, Some("ServerBusy")));
    let reply = send(ollama.addr(), "GET", "/api/tags", "x-sim-fault: status=503\r\n", b"").await;
    assert!(reply.json()["error"].as_str().unwrap().contains("maximum pending requests exceeded"));
    let reply = send(ollama.addr(), "GET", "/v1/models", "x-sim-fault: status=404\r\n", b"").await;
    assert_eq!(reply.json()["error"]["type"], "not_found_error");
    assert_eq!(send(via.addr(), "GET", "/models", "x-sim-fault: typo=1\r\n", b"").await.status, 501);
    via.stop().await;
    ollama.stop().await;
}

#[tokio::test]
async fn rules_change_while_it_runs() {
    let via = start_via();
    via.faults().set_text("status=500@every=2").unwrap();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(get(via.addr(), "/models").await.status);
    }
    assert_eq!(statuses, [200, 500, 200, 500]);
    via.faults().clear();
    assert_eq!(get(via.addr(), "/models").await.status, 200);
    via.stop().await;
}

#[tokio::test]
async fn a_cut_comes_after_exactly_so_many_bytes() {
    let via = start_via();
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let id = upload(via.addr(), "a.mp4", &content).await;
    for (fault, after) in [("cut-after", 1_000_000), ("cut-after", 0), ("reset-after", 1234)] {
        let mut wire = Wire::open(via.addr()).await;
        let header = format!("x-sim-fault: {fault}={after}\r\n");
        wire.request("GET", &format!("/files/{id}/content"), &header, b"").await;
        wire.until("\r\n\r\n").await;
        let closed = wire.end().await;
        assert_eq!(closed, fault == "cut-after");
        assert!(wire.rest() == &content[..after], "{} instead of {after}", wire.rest().len());
    }
    via.stop().await;
}

#[tokio::test]
async fn a_stream_is_cut_after_so_many_events() {
    let ollama = start_ollama();
    let body = json!({"model": "llama3", "messages": [{"role": "user", "content": "#say=one two three four"}]});
    let body = body.to_string();
    let reply = send(ollama.addr(), "POST", "/api/chat", "x-sim-fault: cut-after=2ev\r\n", body.as_bytes()).await;
    assert_eq!((reply.chunks.len(), reply.whole), (2, false));
    ollama.stop().await;
}

#[tokio::test]
async fn refused_and_hanging() {
    let via = start_via();
    via.faults().set_text("refuse").unwrap();
    let mut wire = Wire::open(via.addr()).await;
    assert!(!wire.end().await, "reset at accept");
    via.faults().set_text("hang").unwrap();
    let mut wire = Wire::open(via.addr()).await;
    wire.request("GET", "/models", "", b"").await;
    soon(via.until(|counts| counts.running == 1)).await;
    drop(wire);
    soon(via.until(|counts| counts.running == 0)).await;
    via.stop().await;
}

#[tokio::test]
async fn ollama_fails_inside_of_a_200() {
    let ollama = start_ollama();
    let chat = |fault: &'static str, stream: bool| {
        let body =
            json!({"model": "llama3", "stream": stream, "messages": [{"role": "user", "content": "#say=a b c"}]});
        let headers = format!("x-sim-fault: {fault}\r\n");
        let addr = ollama.addr();
        async move { send(addr, "POST", "/api/chat", &headers, body.to_string().as_bytes()).await }
    };
    let reply = chat("error-after=2", true).await;
    let lines: Vec<&str> = reply.text().lines().collect();
    assert_eq!((reply.status, lines.len(), reply.whole), (200, 3, true));
    assert!(lines[2].starts_with(r#"{"error":""#));
    let reply = chat("error-after=0", true).await;
    assert_eq!((reply.status, reply.header("content-type")), (500, Some("application/json")));
    let reply = chat("no-end", true).await;
    assert!(reply.whole && !reply.text().contains(r#""done":true"#));
    let reply = chat("done-false", false).await;
    assert_eq!((reply.status, &reply.json()["done"]), (200, &json!(false)));
    let body = json!({"model": "llama3", "stream": true, "messages": [{"role": "user", "content": "#say=a b"}]});
    let headers = "x-sim-fault: error-after=1\r\n";
    let reply = send(ollama.addr(), "POST", "/v1/chat/completions", headers, body.to_string().as_bytes()).await;
    assert!(reply.whole && !reply.text().contains("[DONE]") && reply.text().contains(r#""model":"""#));
    let reply = post(ollama.addr(), "/v1/chat/completions", &body).await;
    assert!(reply.text().ends_with("data: [DONE]\n\n"));
    ollama.stop().await;
}
