//! What an ordinary message looks like on the other side (contract: http-proxy, sections 3 and 4).

use viaduct::config::Overrides;

use crate::support::{Origin, Viaduct, urls};

async fn echoed(request: &str) -> crate::support::Message {
    let origin = Origin::echo().await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send(request).await;
    let response = client.response().await;
    assert_eq!(response.status(), 200, "{}", response.head);
    response.echoed()
}

#[tokio::test]
async fn the_client_is_told_to_the_origin() {
    let seen = echoed(
        "GET / HTTP/1.1\r\nhost: a:8080\r\nx-forwarded-for: 1.2.3.4\r\nforwarded: for=1.2.3.4\r\nvia: 1.0 fred\r\n\r\n",
    )
    .await;
    assert_eq!(seen.all("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(seen.all("x-forwarded-host"), ["a:8080"]);
    assert_eq!(seen.all("x-forwarded-proto"), ["http"]);
    assert_eq!(seen.field("forwarded"), None);
    let via = seen.all("via");
    assert_eq!(via[0], "1.0 fred");
    assert!(via[1].starts_with("1.1 viaduct-"), "{via:?}");
    assert_eq!(seen.all("host"), ["a:8080"]);
}

#[tokio::test]
async fn a_trusted_proxys_word_is_kept_and_added_to() {
    let origin = Origin::echo().await;
    let viaduct = Viaduct::start(Overrides {
        to: urls(&[origin.address]),
        trusted_proxy: vec!["127.0.0.0/8".parse().unwrap()],
        ..Overrides::default()
    });
    let mut client = viaduct.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 1.2.3.4\r\nx-forwarded-proto: https\r\nx-forwarded-host: b\r\n\r\n").await;
    let seen = client.response().await.echoed();
    assert_eq!(seen.all("x-forwarded-for"), ["1.2.3.4, 127.0.0.1"]);
    assert_eq!(seen.all("x-forwarded-proto"), ["https"]);
    assert_eq!(seen.all("x-forwarded-host"), ["b"]);
}

#[tokio::test]
async fn statuses_and_fields_of_the_origin_pass_untouched() {
    let origin = Origin::answering(|_| {
        b"HTTP/1.1 299 Odd\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\netag: \"x\"\r\nage: 5\r\nvary: a\r\ncontent-encoding: br\r\n\
          cache-control: max-age=60\r\ncontent-length: 2\r\n\r\nhi"
            .to_vec()
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    for _ in 0..3 {
        let response = viaduct.get("/").await;
        assert_eq!(response.status(), 299);
        assert_eq!(response.all("date"), ["Thu, 01 Jan 1970 00:00:00 GMT"]);
        for (name, value) in [("etag", "\"x\""), ("age", "5"), ("vary", "a"), ("content-encoding", "br")] {
            assert_eq!(response.field(name), Some(value));
        }
        assert_eq!(response.body, b"hi");
    }
}

#[tokio::test]
async fn head_204_and_304_have_no_body() {
    let origin = Origin::answering(|request| match request.start() {
        "HEAD / HTTP/1.1" => b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_vec(),
        "GET /204 HTTP/1.1" => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        _ => b"HTTP/1.1 304 Not Modified\r\netag: \"x\"\r\n\r\n".to_vec(),
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(client.head().await.all("content-length"), ["1000"]);
    client.get("/204").await;
    let response = client.head().await;
    assert_eq!((response.status(), response.field("content-length")), (204, None));
    client.get("/304").await;
    let response = client.head().await;
    assert_eq!((response.status(), response.field("etag")), (304, Some("\"x\"")));
    // All on one connection upstream, too.
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn every_answer_names_its_endpoint_and_its_request() {
    let origin = Origin::echo().await;
    let viaduct = Viaduct::to(&[origin.address, origin.address]);
    let mut client = viaduct.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\nx-request-id: mine-1\r\nx-viaduct-endpoint: 1\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!(response.field("x-viaduct-upstream"), Some("to/1"));
    assert_eq!(response.field("x-request-id"), Some("mine-1"));
    assert_eq!(response.echoed().field("x-request-id"), Some("mine-1"));
    assert_eq!(response.echoed().field("x-viaduct-endpoint"), None);
    let made = viaduct.get("/").await;
    assert_eq!(made.field("x-request-id").map(str::len), Some(36));
}

#[tokio::test]
async fn a_prefix_is_stripped_and_put_back_into_location() {
    let origin = Origin::answering(|request| {
        let host = request.field("host").unwrap();
        let path = request.start().split(' ').nth(1).unwrap();
        format!("HTTP/1.1 307 T\r\nlocation: http://{host}{path}x\r\ncontent-length: 0\r\n\r\n").into_bytes()
    })
    .await;
    let viaduct =
        Viaduct::start(Overrides { via: vec![format!("http://{}/v1", origin.address)], ..Overrides::default() });
    let mut client = viaduct.client().await;
    client.get("/via/files/").await;
    // The origin saw /v1/files/ and answered with it: what the client sees leads to the same place.
    assert_eq!(client.response().await.field("location"), Some("http://localhost/via/files/x"));
}
