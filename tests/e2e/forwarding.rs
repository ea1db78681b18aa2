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
async fn the_target_passes_byte_for_byte() {
    for target in ["/a%2e%2e/%2f;x//b?a=%20&&c", "/?", "/%zz", "/a/../b", "//x"] {
        let seen = echoed(&format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        assert_eq!(seen.start(), format!("GET {target} HTTP/1.1"));
    }
}

#[tokio::test]
async fn an_unknown_method_passes() {
    assert_eq!(echoed("FrobNicate /x HTTP/1.1\r\nhost: a\r\n\r\n").await.start(), "FrobNicate /x HTTP/1.1");
}

#[tokio::test]
async fn the_authority_of_an_absolute_target_becomes_host() {
    let seen = echoed("GET http://real:81/x?y HTTP/1.1\r\nhost: fake\r\n\r\n").await;
    assert_eq!(seen.start(), "GET /x?y HTTP/1.1");
    assert_eq!(seen.all("host"), ["real:81"]);
}

#[tokio::test]
async fn hop_by_hop_fields_end_here_in_both_directions() {
    let origin = Origin::answering(|request| {
        let head = request.head.clone();
        let fields =
            "connection: x-drop\r\nx-drop: 1\r\nkeep-alive: timeout=5\r\nproxy-connection: x\r\nupgrade: h2c\r\n";
        format!("HTTP/1.1 200 OK\r\n{fields}x-keep: 1\r\ncontent-length: {}\r\n\r\n{head}", head.len()).into_bytes()
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    let fields = "connection: X-One, close\r\nConnection: x-two\r\nx-one: 1\r\nx-two: 2\r\nte: gzip\r\nupgrade: h2c\r\nx-kept: 3\r\n";
    client.send(format!("GET / HTTP/1.1\r\nhost: a\r\n{fields}\r\n")).await;
    let response = client.response().await;
    for name in ["x-drop", "keep-alive", "proxy-connection", "upgrade"] {
        assert_eq!(response.field(name), None, "{name}");
    }
    assert_eq!(response.field("x-keep"), Some("1"));
    let seen = response.echoed();
    for name in ["x-one", "x-two", "te", "upgrade", "connection"] {
        assert_eq!(seen.field(name), None, "{name}");
    }
    assert_eq!(seen.field("x-kept"), Some("3"));
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
async fn repeated_lines_stay_apart_and_in_order() {
    let origin = Origin::answering(|request| {
        let fields = "set-cookie: a=1\r\nset-cookie: b=2\r\nset-cookie: c=3\r\n";
        format!("HTTP/1.1 200 OK\r\n{fields}content-length: {}\r\n\r\n{}", request.head.len(), request.head)
            .into_bytes()
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\nx-a: 1\r\nx-a: 2\r\nx-a: 3\r\ncookie: x\r\ncookie: y\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!(response.all("set-cookie"), ["a=1", "b=2", "c=3"]);
    assert_eq!(response.echoed().all("x-a"), ["1", "2", "3"]);
    assert_eq!(response.echoed().all("cookie"), ["x", "y"]);
}

#[tokio::test]
async fn a_request_without_a_body_gains_none() {
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "POST"] {
        let origin = Origin::start(|mut peer, _| async move {
            let head = peer.head().await;
            assert_eq!(head.field("transfer-encoding"), None, "{}", head.head);
            assert!(head.field("content-length").is_none_or(|length| length == "0"), "{}", head.head);
            peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
        })
        .await;
        let viaduct = Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        client.send(format!("{method} / HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        assert_eq!(client.head().await.status(), 204, "{method}");
    }
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

#[tokio::test]
async fn a_trailer_is_relayed_to_who_takes_it() {
    let origin = Origin::answering(|_| {
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n2\r\nhi\r\n0\r\nx-sum: 7\r\ncontent-length: 9\r\n\r\n".to_vec()
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\nte: trailers\r\nconnection: te\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!((response.body.as_slice(), response.trailers.as_str()), (&b"hi"[..], "x-sum: 7\r\n"));
    let response = viaduct.get("/").await;
    assert_eq!((response.body.as_slice(), response.trailers.as_str()), (&b"hi"[..], ""));
}

#[tokio::test]
async fn an_http_1_0_client_gets_an_answer_that_it_understands() {
    let origin =
        Origin::answering(|_| b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n".to_vec())
            .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send("GET / HTTP/1.0\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!(response.field("transfer-encoding"), None);
    assert_eq!(response.body, b"hi");
}

#[tokio::test]
async fn an_http_1_0_origin_is_spoken_to_in_1_1() {
    let origin = Origin::answering(|request| {
        assert!(request.start().ends_with("HTTP/1.1"));
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_vec()
    })
    .await;
    let viaduct = Viaduct::to(&[origin.address]);
    let response = viaduct.get("/").await;
    assert!(response.start().starts_with("HTTP/1.1 200"), "{}", response.head);
    assert_eq!(response.body, b"hi");
}
