//! API keys: presented, missing, wrong, out of scope, too often.

use super::{Counting, ask, in_front_of, key, refusal};
use crate::support::{Origin, Viaduct};

const BEARER: &str = "authorization: Bearer vdk_app\r\n";

/// An origin that echoes, and a viaduct with a key in front of it.
async fn keyed(rest: &str) -> (Counting, Viaduct) {
    let origin = Counting::start().await;
    let viaduct = in_front_of(&origin.0, &key("app", "vdk_app", rest));
    (origin, viaduct)
}

#[tokio::test]
async fn a_key_opens_every_route_and_goes_no_further() {
    let (_origin, viaduct) = keyed("").await;
    for path in ["/files", "/api/tags", "/v1/models", "/other", "/"] {
        for fields in [
            BEARER,
            "x-api-key: vdk_app\r\n",
            "X-API-Key: vdk_app\r\nAuthorization: Bearer theirs\r\n",
            "AUTHORIZATION: bearer vdk_app\r\n",
        ] {
            let answer = ask(&viaduct, &format!("GET {path}"), &format!("{fields}x-kept: 1\r\n")).await;
            assert_eq!(answer.status(), 200, "{path} {fields}");
            let head = answer.echoed().head.to_ascii_lowercase();
            assert!(
                head.contains("x-kept: 1") && !head.contains("authorization") && !head.contains("x-api-key"),
                "{head}"
            );
        }
    }
}

#[tokio::test]
async fn without_a_key_each_api_says_so_in_its_words() {
    let (origin, viaduct) = keyed("").await;
    for (path, member) in [("/files", "code"), ("/api/tags", "error"), ("/v1/models", "error")] {
        let answer = ask(&viaduct, &format!("GET {path}"), "").await;
        assert_eq!(refusal(&answer), (401, Some("unauthorized")));
        assert_eq!(answer.field("www-authenticate"), Some("Bearer realm=\"viaduct\""));
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(body.get(member).is_some(), "{body}");
    }
    let code: serde_json::Value = serde_json::from_slice(&ask(&viaduct, "GET /files", "").await.body).unwrap();
    assert_eq!(code["code"], "Unauthorized");
    assert_eq!(refusal(&ask(&viaduct, "HEAD /api/tags", "").await), (401, Some("unauthorized")));
    assert_eq!(origin.count(), 0, "something went upstream");
}

#[tokio::test]
async fn what_is_no_key_opens_nothing() {
    let (origin, viaduct) = keyed("").await;
    for fields in [
        "authorization: Bearer vdk_ap\r\n",
        "authorization: Bearer VDK_APP\r\n",
        "authorization: Basic dmRrX2FwcA==\r\n",
        "authorization: vdk_app\r\n",
        "authorization: Bearer vdk_app, Bearer x\r\n",
        "proxy-authorization: Bearer vdk_app\r\n",
        "cookie: authorization=vdk_app\r\n",
        "x-api-key: Bearer vdk_app\r\n",
        "x_api_key: vdk_app\r\n",
    ] {
        assert_eq!(refusal(&ask(&viaduct, "GET /api/tags", fields).await).0, 401, "{fields}");
    }
    for target in ["/api/tags?key=vdk_app", "/api/tags?api_key=vdk_app", "/api/tags?authorization=Bearer%20vdk_app"] {
        assert_eq!(refusal(&ask(&viaduct, &format!("GET {target}"), "").await).0, 401, "{target}");
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PURGE"] {
        assert_eq!(refusal(&ask(&viaduct, &format!("{method} /api/tags"), "").await).0, 401, "{method}");
    }
    for twice in [
        format!("{BEARER}{BEARER}"),
        format!("{BEARER}authorization: Bearer x\r\n"),
        "x-api-key: vdk_app\r\nx-api-key: x\r\n".into(),
    ] {
        assert_eq!(refusal(&ask(&viaduct, "GET /api/tags", &twice).await), (400, Some("bad-request")), "{twice}");
    }
    // Naming the field away does not hide it from whoever asks for it.
    let answer = ask(&viaduct, "GET /api/tags", &format!("connection: authorization\r\n{BEARER}")).await;
    assert_eq!(answer.status(), 200);
    assert!(!answer.text().to_ascii_lowercase().contains("authorization"));
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn a_key_opens_nothing_beside_its_scope() {
    let (origin, viaduct) = keyed("scopes = [\"generate\", \"via.info\", \"/open\"]").await;
    let status = async |start: &str| ask(&viaduct, start, BEARER).await.status();
    for start in [
        "POST /api/chat",
        "POST /ollama/api/chat",
        "POST /v1/embeddings",
        "GET /files",
        "GET /via/files",
        "GET /open",
        "GET /open/a%20b",
    ] {
        assert_eq!(status(start).await, 200, "{start}");
    }
    let through = origin.count();
    for start in [
        "GET /api/tags",
        "POST /api/pull",
        "GET /ollama/api/tags",
        "DELETE /files/x",
        "POST /summarize",
        "GET /shut",
        "GET /opened",
        "GET /",
    ] {
        let answer = ask(&viaduct, start, BEARER).await;
        assert_eq!(refusal(&answer), (403, Some("out-of-scope")), "{start}");
    }
    for start in [
        "GET /open/../shut",
        "GET /open/%2e%2e/shut",
        "GET /open/..%2fshut",
        "GET /open/..\\shut",
        "GET /open//../shut",
        "GET /open/..;/shut",
        "GET /via/..%2fshut",
        "GET /via/..%2fapi/tags",
        "POST /api/chat/..%2fpull",
        "POST /api/chat/../pull",
        "GET //api/tags",
        "GET /%61pi/tags",
        "POST /api/%63hat/../pull",
    ] {
        assert!(matches!(status(start).await, 400 | 403), "{start}");
    }
    assert_eq!(origin.count(), through, "something went upstream");
}

#[tokio::test]
async fn a_key_that_asks_too_often_has_to_wait_and_others_have_not() {
    let file = [key("slow", "vdk_slow", "rate = { requests = 2, per = \"2h\" }"), key("app", "vdk_app", "")].concat();
    let origin = Origin::echo().await;
    let viaduct = in_front_of(&origin, &file);
    for _ in 0..2 {
        assert_eq!(ask(&viaduct, "GET /api/tags", "x-api-key: vdk_slow\r\n").await.status(), 200);
    }
    let answer = ask(&viaduct, "GET /files", "x-api-key: vdk_slow\r\n").await;
    assert_eq!(refusal(&answer), (429, Some("rate-limited")));
    let wait: u32 = answer.field("retry-after").unwrap().parse().unwrap();
    assert!((3590..=3600).contains(&wait), "{wait}");
    assert_eq!(ask(&viaduct, "GET /files", BEARER).await.status(), 200);
    assert!(viaduct.metric("viaduct_refused_total{reason=\"rate-limited\"}").await > 0.0);
}

#[tokio::test]
async fn without_keys_credentials_pass_as_they_are() {
    let origin = Origin::echo().await;
    let viaduct = in_front_of(&origin, "");
    let answer = ask(&viaduct, "GET /api/tags", "authorization: Bearer theirs\r\nx-api-key: theirs\r\n").await;
    let echoed = answer.echoed();
    assert_eq!((echoed.field("authorization"), echoed.field("x-api-key")), (Some("Bearer theirs"), Some("theirs")));
}

#[tokio::test]
async fn a_refused_upload_leaves_no_request_behind() {
    let (origin, viaduct) = keyed("").await;
    let mut client = viaduct.client().await;
    let smuggled = "GET /api/tags HTTP/1.1\r\nhost: localhost\r\nx-api-key: vdk_app\r\n\r\n";
    client
        .send(format!(
            "POST /api/chat HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{smuggled}",
            smuggled.len()
        ))
        .await;
    assert_eq!(client.response().await.status(), 401);
    assert_eq!(origin.count(), 0);
}
