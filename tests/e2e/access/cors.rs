//! Scripts of pages: preflights, answers, and what the upstream hears of it.

use super::{Counting, ask, in_front_of, key, refusal};
use crate::support::{Origin, ok};

const CORS: &str = "[cors]\norigins = [\"https://app.example\"]\ncredentials = true\n";
const PREFLIGHT: &str = "origin: https://app.example\r\naccess-control-request-method: POST\r\naccess-control-request-headers: x-api-key\r\n";

#[tokio::test]
async fn a_preflight_needs_no_key_and_ends_here() {
    let origin = Counting::start().await;
    let viaduct = in_front_of(&origin.0, &format!("{CORS}{}", key("app", "vdk_app", "")));
    for path in ["/files", "/api/chat", "/v1/chat/completions", "/other"] {
        let mut client = viaduct.client().await;
        client.send(format!("OPTIONS {path} HTTP/1.1\r\nhost: localhost\r\n{PREFLIGHT}\r\n")).await;
        let answer = client.response().await;
        assert_eq!(answer.status(), 204, "{path}");
        assert_eq!(answer.field("access-control-allow-origin"), Some("https://app.example"));
        assert_eq!(answer.field("access-control-allow-credentials"), Some("true"));
        assert!(answer.field("access-control-allow-headers").unwrap().contains("x-api-key"));
        assert!(answer.field("access-control-allow-methods").unwrap().contains("DELETE"));
        assert_eq!(answer.field("access-control-max-age"), Some("600"));
        assert!(answer.field("vary").unwrap().starts_with("origin"));
        assert!(answer.field("x-request-id").is_some());
    }
    let evil = PREFLIGHT.replace("app.example", "evil.example");
    let answer = ask(&viaduct, "OPTIONS /files", &evil).await;
    assert_eq!(refusal(&answer), (403, Some("forbidden-origin")));
    assert_eq!(answer.field("access-control-allow-origin"), None);
    assert_eq!(origin.count(), 0);
    // An OPTIONS that is no preflight is a request like others.
    assert_eq!(ask(&viaduct, "OPTIONS /files", "origin: https://app.example\r\n").await.status(), 401);
}

#[tokio::test]
async fn an_answer_tells_the_browser_and_so_does_an_error() {
    let origin = Origin::echo().await;
    let viaduct = in_front_of(&origin, &format!("{CORS}{}", key("app", "vdk_app", "")));
    let page = "origin: https://app.example\r\n";
    for (fields, status) in [(format!("{page}x-api-key: vdk_app\r\n"), 200), (page.to_owned(), 401)] {
        for path in ["/files", "/none/of/these"] {
            let answer = ask(&viaduct, &format!("GET {path}"), &fields).await;
            assert_eq!(answer.status(), status, "{path}");
            assert_eq!(answer.all("access-control-allow-origin"), ["https://app.example"]);
            assert_eq!(answer.all("vary"), ["origin"]);
            assert!(answer.field("access-control-expose-headers").unwrap().contains("x-request-id"));
        }
    }
    let evil = ask(&viaduct, "GET /files", "origin: https://evil.example\r\nx-api-key: vdk_app\r\n").await;
    assert_eq!((evil.status(), evil.field("access-control-allow-origin")), (200, None));
    let plain = ask(&viaduct, "GET /files", "x-api-key: vdk_app\r\n").await;
    assert_eq!((plain.field("access-control-allow-origin"), plain.field("vary")), (None, Some("origin")));
}

#[tokio::test]
async fn ollama_hears_of_no_origin_that_is_listed_and_says_nothing_about_it() {
    let origin = Origin::answering(|request| {
        let body = &request.head;
        let head = "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\nvary: Origin\r\n";
        format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    })
    .await;
    let viaduct = in_front_of(&origin, CORS);
    let fields = "origin: https://app.example\r\nreferer: https://app.example/x\r\n";
    let answer = ask(&viaduct, "GET /api/tags", fields).await;
    assert_eq!(answer.all("access-control-allow-origin"), ["https://app.example"]);
    assert_eq!(answer.all("vary"), ["Origin"]);
    assert_eq!((answer.echoed().field("origin"), answer.echoed().field("referer")), (None, None));
    // Of another origin Ollama judges by itself.
    let answer = ask(&viaduct, "GET /api/tags", "origin: https://evil.example\r\n").await;
    assert_eq!(answer.all("access-control-allow-origin"), [""; 0]);
    assert_eq!(answer.echoed().field("origin"), Some("https://evil.example"));
    // To others it is a field like any.
    let answer = ask(&viaduct, "GET /files", fields).await;
    assert_eq!(answer.echoed().field("origin"), Some("https://app.example"));
}

#[tokio::test]
async fn without_cors_nothing_is_added_and_options_pass() {
    let origin = Origin::answering(|request| match request.start() {
        "OPTIONS /files HTTP/1.1" => b"HTTP/1.1 204 No Content\r\naccess-control-allow-origin: theirs\r\n\r\n".to_vec(),
        _ => ok(b""),
    })
    .await;
    let viaduct = in_front_of(&origin, "");
    let answer = ask(&viaduct, "OPTIONS /files", PREFLIGHT).await;
    assert_eq!((answer.status(), answer.all("access-control-allow-origin")), (204, vec!["theirs"]));
    assert_eq!(answer.field("vary"), None);
    let answer = ask(&viaduct, "GET /files", "origin: https://app.example\r\n").await;
    assert!(answer.field("vary").is_none() && answer.field("access-control-allow-origin").is_none());
}
