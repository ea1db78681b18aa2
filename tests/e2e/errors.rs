//! What viaduct itself answers, and in whose words.

use tokio::io::{AsyncBufReadExt, BufReader};
use viaduct::config::Overrides;

use crate::support::{Origin, Peer, Viaduct, nobody, ok, patiently, serve, urls};

async fn without_servers() -> Viaduct {
    let url = format!("http://{}", nobody().await);
    Viaduct::start(Overrides { via: vec![url.clone()], ollama: vec![url], ..Overrides::default() })
}

#[tokio::test]
async fn errors_wear_the_shape_of_their_api() {
    let viaduct = without_servers().await;
    let via = viaduct.get("/files?purpose=vision").await;
    assert_eq!(via.status(), 502);
    let body: serde_json::Value = serde_json::from_slice(&via.body).unwrap();
    assert_eq!(body["code"], "BadGateway");
    assert!(body["message"].is_string());
    let ollama: serde_json::Value = serde_json::from_slice(&viaduct.get("/api/tags").await.body).unwrap();
    assert!(ollama["error"].is_string());
    let openai: serde_json::Value = serde_json::from_slice(&viaduct.get("/v1/models").await.body).unwrap();
    assert_eq!(openai["error"]["type"], "api_error");
    for response in [via, viaduct.get("/none").await] {
        assert_eq!(response.field("content-type"), Some("application/json"));
        assert!(response.field("x-request-id").is_some());
        assert!(response.field("x-viaduct-error").is_some());
    }
}

#[tokio::test]
async fn a_path_of_nobody_is_404() {
    let viaduct = without_servers().await;
    let response = viaduct.get("/none").await;
    assert_eq!((response.status(), response.field("x-viaduct-error")), (404, Some("no-route")));
}

#[tokio::test]
async fn an_endpoint_that_does_not_exist_is_503() {
    let origin = Origin::echo().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\nx-viaduct-endpoint: 7\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!((response.status(), response.field("x-viaduct-error")), (503, Some("no-endpoint")));
}

#[tokio::test]
async fn on_loopback_only_loopback_names_reach_via_and_ollama() {
    let origin = Origin::echo().await;
    let url = vec![format!("http://{}", origin.address)];
    let viaduct = Viaduct::start(Overrides {
        via: url.clone(),
        ollama: url.clone(),
        to: url,
        host: vec!["media.example".into()],
        ..Overrides::default()
    });
    for (host, path, status) in [
        ("evil.example", "/files", 403),
        ("evil.example", "/api/tags", 403),
        ("evil.example", "/other", 200),
        ("localhost:1", "/files", 200),
        ("media.example", "/api/tags", 200),
        ("[::1]", "/files", 200),
    ] {
        let mut client = viaduct.client().await;
        client.send(format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
        assert_eq!(client.response().await.status(), status, "{host}{path}");
    }
}

#[tokio::test]
async fn via_keeps_the_clients_host_and_ollama_gets_its_own() {
    let origin = Origin::echo().await;
    let url = vec![format!("http://{}", origin.address)];
    let viaduct = Viaduct::start(Overrides { via: url.clone(), ollama: url, ..Overrides::default() });
    let own = origin.address.to_string();
    for (path, expected) in [("/files", "localhost:9"), ("/api/tags", own.as_str())] {
        let mut client = viaduct.client().await;
        client.send(format!("GET {path} HTTP/1.1\r\nhost: localhost:9\r\norigin: http://localhost:9\r\n\r\n")).await;
        let seen = client.response().await.echoed();
        assert_eq!(seen.all("host"), [expected]);
        assert_eq!(seen.field("x-forwarded-host"), Some("localhost:9"));
        assert_eq!(seen.field("origin").is_some(), path == "/files");
    }
}

#[tokio::test]
async fn a_request_that_comes_round_again_is_refused() {
    // The origin sends every request back to where it came from.
    let origin = Origin::start(|mut peer, _| async move {
        let request = peer.request().await;
        let back = request.field("x-back").unwrap().parse().unwrap();
        let mut again = Peer::connect(back).await;
        again.send(format!("{}\r\n\r\n", request.head)).await;
        let answer = again.response().await;
        peer.send(format!("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}", answer.status())).await;
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(format!("GET / HTTP/1.1\r\nhost: a\r\nx-back: {}\r\n\r\n", viaduct.address)).await;
    assert_eq!(client.response().await.text(), "508");
}

#[tokio::test]
async fn a_full_via_is_503_and_its_words_stay() {
    for (body, status) in [
        (r#"{"code":503,"message":"full"}"#, 503),
        (r#"{"code":"503","message":"full"}"#, 503),
        (r#"{"code":"InternalServerError","message":"no"}"#, 500),
    ] {
        let via = Origin::answering(move |_| {
            let length = body.len();
            format!("HTTP/1.1 500 E\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
                .into_bytes()
        })
        .await;
        let viaduct = Viaduct::start(Overrides { via: urls(&[via.address]), ..Overrides::default() });
        let mut client = viaduct.client().await;
        for _ in 0..2 {
            client.send("POST /summarize HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}").await;
            let response = client.response().await;
            assert_eq!((response.status(), response.text(), response.is_whole), (status, body, true));
            assert_eq!(response.field("retry-after").is_some(), status == 503);
        }
    }
}

/// How often an answer of this type and with this body counts as failed on that path.
async fn failures(path: &str, route: &str, content_type: &'static str, body: &'static str) -> f64 {
    let origin = Origin::answering(move |request| {
        if request.head.starts_with("GET ") {
            return ok(b"{}");
        }
        format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            .into()
    })
    .await;
    let url = urls(&[origin.address]);
    let viaduct = Viaduct::start(Overrides { via: url.clone(), ollama: url.clone(), to: url, ..Overrides::default() });
    let mut client = viaduct.client().await;
    client.send(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{{}}")).await;
    let response = client.response().await;
    assert_eq!((response.status(), response.text()), (200, body));
    viaduct.metric_reaches(&format!("viaduct_response_body_bytes_total{{route=\"{route}\""), 1.0).await;
    viaduct.metric(&format!("viaduct_failed_inside_total{{route=\"{route}\"")).await
}

#[tokio::test]
async fn a_failure_inside_a_200_counts() {
    const SSE: &str = "text/event-stream";
    const NDJSON: &str = "application/x-ndjson";
    let error = "{\"error\":\"the runner died\"}\n";
    let failing = "data: {\"id\": \"0\", \"choices\": [{\"message\": {\"content\": \"Summarization failed\"}}]}\r\n\r\ndata: [DONE]\r\n\r\n";
    let counts = async |path, route, content_type, body| failures(path, route, content_type, body).await > 0.5;
    assert!(counts("/api/chat", "generate", NDJSON, error).await);
    assert!(counts("/api/pull", "library", NDJSON, error).await);
    assert!(counts("/v1/chat/completions", "generate", SSE, "data: {}\n\n").await);
    assert!(counts("/summarize", "summarize", SSE, failing).await);
    assert!(counts("/generate_vlm_captions", "captions", SSE, ": ping\r\n\r\n").await);
    // What is whole, what is no stream, and what is nobody's API.
    assert!(!counts("/v1/chat/completions", "generate", SSE, "data: {}\n\ndata: [DONE]\n\n").await);
    assert!(!counts("/api/chat", "generate", "application/json", error).await);
    assert!(!counts("/other", "plain", NDJSON, error).await);
}

#[tokio::test]
async fn a_failure_inside_a_200_is_in_the_access_line() {
    let origin = Origin::answering(|_| {
        let body = "{\"error\":\"the runner died\"}\n";
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            .into()
    })
    .await;
    let (mut child, address) = serve(&["--ollama", &format!("http://{}", origin.address)]).await;
    let mut access = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut client = Peer::connect(address).await;
    client.get("/api/chat").await;
    assert_eq!(client.response().await.status(), 200);
    let line = patiently(access.next_line()).await.unwrap().unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line["status"].as_u64(), line["error"].as_str()), (Some(200), Some("failed-inside")));
}

const CHUNKED: &str = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n";

#[tokio::test]
async fn a_malformed_body_is_400_and_nobodys_leaving() {
    // The first connection serves one request, so that the second finds it reused.
    let origin = Origin::start(|mut peer, _| async move {
        while let Some(request) = peer.try_request().await {
            if !request.is_whole {
                return;
            }
            peer.send(ok(b"hi")).await;
        }
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    for more in ["", "expect: 100-continue\r\n"] {
        assert_eq!(viaduct.get("/").await.status(), 200);
        for bad in ["x\r\n", "2\r\nhiXX", "3\r\nabc\r\n-1\r\n"] {
            for is_in_pieces in [false, true] {
                let mut client = viaduct.client().await;
                if is_in_pieces {
                    client.send(format!("{CHUNKED}{more}\r\n")).await;
                    viaduct.metric_reaches("viaduct_requests_in_flight{route=\"plain\",upstream=\"to\"}", 1.0).await;
                    client.send(bad).await;
                } else {
                    client.send(format!("{CHUNKED}{more}\r\n{bad}")).await;
                }
                let response = client.response().await;
                assert_eq!((response.status(), response.field("x-viaduct-error")), (400, Some("bad-request")), "{bad}");
                assert!(response.text().contains("the framing of its body"), "{}", response.text());
                assert!(client.is_closed().await);
            }
        }
    }
    assert!(
        viaduct.metric("viaduct_cut_bodies_total{route=\"plain\",upstream=\"to\",side=\"downstream\"}").await < 0.5
    );
    viaduct.metric_reaches("viaduct_requests_total{route=\"plain\",upstream=\"to\",class=\"4xx\"}", 12.0).await;
}

#[tokio::test]
async fn a_malformed_body_beside_its_answer_is_the_clients_fault() {
    let origin = Origin::start(|mut peer, _| async move {
        let _ = peer.head().await;
        peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n").await;
        peer.peek_end().await;
    })
    .await;
    let (mut child, address) = serve(&["--to", &format!("http://{}", origin.address)]).await;
    let mut access = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut client = Peer::connect(address).await;
    client.send(format!("{CHUNKED}\r\n2\r\nhi\r\n")).await;
    client.until(b"hi\r\n").await;
    client.send("x\r\n").await;
    assert!(client.is_closed().await);
    let line = patiently(access.next_line()).await.unwrap().unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line["error"].as_str(), line["end"].as_str()), (Some("bad-request"), Some("cut")), "{line}");
}

#[tokio::test]
async fn a_head_that_is_refused_gets_no_content_if_it_is_a_heads() {
    let viaduct = Viaduct::to(&[nobody().await]);
    let many: String = (0..5000).map(|n| format!("x-{n}: y\r\n")).collect();
    for (rest, status) in [
        ("/ HTTP/1.1\r\nhost: a\r\nx y: z\r\n\r\n", 400),
        ("/ HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n", 400),
        ("/ HTTP/1.1\nhost: a\n\n", 400),
        (&*format!("/ HTTP/1.1\r\nhost: a\r\n{many}\r\n"), 431),
        (&*format!("/{} HTTP/1.1\r\n", "x".repeat(2 << 20)), 414),
    ] {
        for (method, has_content) in [("HEAD", false), ("\r\nHEAD", false), ("GET", true)] {
            let mut client = viaduct.client().await;
            client.try_send(format!("{method} {rest}")).await;
            let text = String::from_utf8(client.rest().await).unwrap();
            assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {text}");
            assert_eq!(!text.ends_with("\r\n\r\n"), has_content, "{method} {text}");
        }
    }
}
