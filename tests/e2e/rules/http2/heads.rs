//! W1, W2, W4: heads.

use http::{Method, Request, StatusCode, Version};

use super::super::frames::{END_HEADERS, END_STREAM, Frames, HEADERS, PROTOCOL_ERROR, block, get};
use super::super::lab::Recorder;
use super::passed;

const GET: [(&str, &str); 4] = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/smuggled")];

/// A head that is malformed: the stream is reset, or the connection ends; nobody gets it. Well-formed streams of the
/// same connection go on where the stream alone was at fault.
async fn malformed(fields: &[(&str, &str)]) {
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    client.headers(1, fields, true).await;
    let outcome = client.outcome(1).await;
    let is_ended = outcome.reset.is_some() || outcome.is_gone;
    assert!(is_ended && outcome.status == 0, "{fields:?}: {outcome:?}");
    if outcome.reset.is_some() {
        assert_eq!(outcome.reset, Some(PROTOCOL_ERROR), "{fields:?}");
        client.get(3, "/alive").await;
        assert_eq!(client.outcome(3).await.status, 200, "{fields:?}");
    }
    assert_eq!(lab.viaduct.get("/alive").await.status(), 200);
    let seen = lab.seen();
    assert!(seen.iter().all(|request| request.start() == "GET /alive HTTP/1.1"), "{fields:?}: {seen:?}");
}

/// The status of a request that `http`'s types can say.
async fn status(request: Request<()>) -> (StatusCode, Vec<crate::support::Message>) {
    let lab = Recorder::start().await;
    let tcp = tokio::net::TcpStream::connect(lab.viaduct.address).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(tcp).await.unwrap();
    tokio::spawn(connection);
    let (response, _) = sender.send_request(request, true).unwrap();
    (crate::support::patiently(response).await.unwrap().status(), lab.seen())
}

#[tokio::test]
async fn w1_values_that_would_be_lines_are_malformed() {
    for value in ["a\r\nx-b: c", "a\nb", "a\rb", "a\0b", " a", "a ", "\ta", "a\t"] {
        malformed(&[&GET[..], &[("x-a", value)]].concat()).await;
        malformed(&[&GET[..], &[("cookie", value)]].concat()).await;
    }
}

#[tokio::test]
async fn w1_names_that_are_none_are_malformed() {
    for name in ["X-A", "x-A", "x a", "x:a", "x\r\ny", "", "x\u{e9}", "x\0", "transfer-encoding\r"] {
        malformed(&[&GET[..], &[(name, "a")]].concat()).await;
    }
}

#[tokio::test]
async fn w1_each_pseudo_field_stands_once_in_front() {
    for left_out in [":method", ":scheme", ":path"] {
        let fields: Vec<_> = GET.into_iter().filter(|(name, _)| *name != left_out).collect();
        malformed(&fields).await;
    }
    for twice in GET {
        malformed(&[&GET[..], &[twice]].concat()).await;
        malformed(&[&GET[..], &[("x-a", "b"), twice]].concat()).await;
    }
    for more in [(":status", "200"), (":protocol", "websocket"), (":x", "y")] {
        malformed(&[&GET[..], &[more]].concat()).await;
    }
}

#[tokio::test]
async fn w1_pseudo_fields_have_one_line_and_one_reading() {
    for (name, value) in [
        (":path", ""),
        (":path", "smuggled"),
        (":path", "/a\r\nx: y"),
        (":path", "/a b"),
        (":path", "/ HTTP/1.1\r\nhost: a\r\n\r\nGET /smuggled"),
        (":path", "http://a/smuggled"),
        (":method", ""),
        (":method", "GET /x HTTP/1.1\r\nx: "),
        (":method", "G T"),
        (":scheme", "ht tp"),
        (":scheme", "http\r\n"),
        (":authority", "a\r\nx: y"),
        (":authority", "a b"),
    ] {
        let fields = GET.map(|field| if field.0 == name { (name, value) } else { field });
        malformed(&fields).await;
    }
}

#[tokio::test]
async fn w2_fields_of_a_connection_are_malformed() {
    for field in [
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", "identity"),
        ("connection", "close"),
        ("connection", "x-a"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("upgrade", "websocket"),
        ("te", "gzip"),
        ("te", "trailers, gzip"),
    ] {
        malformed(&[&GET[..], &[field]].concat()).await;
    }
}

#[tokio::test]
async fn w2_te_trailers_goes_on() {
    let seen = passed(&[("te", "trailers")]).await;
    assert_eq!((seen.field("te"), seen.field("connection")), (Some("trailers"), Some("te")));
}

#[tokio::test]
async fn w4_the_authority_becomes_host() {
    let seen = passed(&[("x-a", "b")]).await;
    assert_eq!(seen.all("host"), ["a"]);
    assert_eq!(seen.start(), "GET /x HTTP/1.1");
    assert_eq!(seen.all("x-a"), ["b"]);
    assert_eq!(seen.field("x-forwarded-host"), Some("a"));
    assert!(seen.field("via").unwrap().starts_with("2.0 viaduct-"), "{seen:?}");
    assert_eq!(passed(&[("host", "A")]).await.all("host"), ["a"]);
}

#[tokio::test]
async fn w4_host_stands_in_for_the_authority() {
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/x"), ("host", "b")];
    client.headers(1, &fields, true).await;
    assert_eq!(client.outcome(1).await.status, 200);
    assert_eq!(lab.seen()[0].all("host"), ["b"]);
    client.headers(3, &fields[..3], true).await;
    assert_eq!(client.outcome(3).await.status, 400);
    client.headers(5, &[&fields[..], &[("host", "b")]].concat(), true).await;
    assert_eq!(client.outcome(5).await.status, 400);
    assert_eq!(lab.seen().len(), 1);
}

#[tokio::test]
async fn w4_a_host_that_contradicts_is_refused() {
    for host in ["b", "a:80", "a, a", ""] {
        let lab = Recorder::start().await;
        let mut client = Frames::connect(lab.viaduct.address).await;
        client.headers(1, &[&get("/")[..], &[("host", host)]].concat(), true).await;
        assert_eq!(client.outcome(1).await.status, 400, "{host}");
        assert!(lab.seen().is_empty());
    }
}

#[tokio::test]
async fn w4_an_authority_with_userinfo_is_refused() {
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/x"), (":authority", "u@a")];
    client.headers(1, &fields, true).await;
    assert_eq!(client.outcome(1).await.status, 400);
    assert!(lab.seen().is_empty());
}

#[tokio::test]
async fn w4_cookie_crumbs_are_joined() {
    let seen = passed(&[("cookie", "a=1"), ("x-a", "b"), ("cookie", "b=2"), ("cookie", "c=3")]).await;
    assert_eq!(seen.all("cookie"), ["a=1; b=2; c=3"]);
}

#[tokio::test]
async fn the_star_is_for_options_alone() {
    for (method, status) in [("OPTIONS", 200), ("GET", 400)] {
        let lab = Recorder::start().await;
        let mut client = Frames::connect(lab.viaduct.address).await;
        client.headers(1, &[(":method", method), (":scheme", "http"), (":authority", "a"), (":path", "*")], true).await;
        let outcome = client.outcome(1).await;
        // Routing may have no place for it; it is never anything but itself upstream.
        assert!(outcome.status == status || method == "OPTIONS" && outcome.status == 404, "{method}: {outcome:?}");
        assert!(lab.seen().iter().all(|request| request.start() == "OPTIONS * HTTP/1.1"));
    }
}

#[tokio::test]
async fn no_tunnel_and_no_trace() {
    let trace = Request::builder().method(Method::TRACE).uri("http://a/").version(Version::HTTP_2).body(()).unwrap();
    let (trace, seen) = status(trace).await;
    assert!(trace.is_client_error() || trace.is_server_error(), "{trace}");
    assert!(seen.is_empty());

    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    client.headers(1, &[(":method", "CONNECT"), (":authority", "a:80")], false).await;
    let outcome = client.outcome(1).await;
    assert!(outcome.status != 200, "{outcome:?}");
    let mut client = Frames::connect(lab.viaduct.address).await;
    let websocket = [&get("/ws")[1..], &[(":protocol", "websocket"), ("sec-websocket-version", "13")]].concat();
    let websocket = [&[(":method", "CONNECT")][..], &websocket].concat();
    client.headers(1, &websocket, false).await;
    let outcome = client.outcome(1).await;
    assert!(outcome.status != 200, "{outcome:?}");
    assert!(lab.seen().is_empty());
}

#[tokio::test]
async fn a_scheme_that_is_not_ours_is_refused() {
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    let fields = get("/").map(|field| if field.0 == ":scheme" { (":scheme", "ftp") } else { field });
    client.headers(1, &fields, true).await;
    assert_eq!(client.outcome(1).await.status, 400);
    assert!(lab.seen().is_empty());
}

#[tokio::test]
async fn values_beyond_ascii_pass_as_they_are() {
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    client.send(HEADERS, END_HEADERS | END_STREAM, 1, block(&[&get("/")[..], &[("x-a", "é")]].concat())).await;
    assert_eq!(client.outcome(1).await.status, 200);
    assert_eq!(lab.seen()[0].field("x-a"), Some("é"));
}
