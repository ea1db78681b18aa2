//! Section 4: fields that end at this hop, fields viaduct adds (H1 to H12). H8 and H9 are in `forwarding`.

use super::lab::{Recorder, answered, echoed};
use crate::support::{Origin, Viaduct, ok};

fn get(fields: &str) -> String {
    format!("GET / HTTP/1.1\r\nhost: a\r\n{fields}\r\n")
}

#[tokio::test]
async fn h01_every_connection_line_counts_in_requests_and_answers() {
    let fields =
        "connection: X-One ,,x-TWO\r\nx-one: 1\r\nX-Two: 2\r\nCONNECTION: x-three\r\nx-three: 3\r\nx-four: 4\r\n";
    let seen = echoed(get(fields)).await;
    for name in ["x-one", "x-two", "x-three", "connection"] {
        assert_eq!(seen.field(name), None, "{name}");
    }
    assert_eq!(seen.field("x-four"), Some("4"));
    let response = answered(format!("HTTP/1.1 200 OK\r\n{fields}content-length: 0\r\n\r\n")).await;
    for name in ["x-one", "x-two", "x-three"] {
        assert_eq!(response.field(name), None, "{name}");
    }
    assert_eq!(response.field("x-four"), Some("4"));
    let mut odd = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: \xe9, x-one\r\nx-one: 1\r\n\r\n".to_vec();
    assert_eq!(echoed(&odd).await.field("x-one"), None);
    odd.truncate(0);
}

#[tokio::test]
async fn h02_hop_fields_never_pass() {
    let fields = "keep-alive: timeout=5\r\nproxy-connection: keep-alive\r\nte: gzip\r\nupgrade: h2c\r\nconnection: keep-alive\r\n";
    let seen = echoed(get(fields)).await;
    for name in ["keep-alive", "proxy-connection", "te", "upgrade", "connection", "transfer-encoding"] {
        assert_eq!(seen.field(name), None, "{name}");
    }
    let response = answered(format!("HTTP/1.1 200 OK\r\n{fields}content-length: 0\r\n\r\n")).await;
    for name in ["keep-alive", "proxy-connection", "te", "upgrade", "connection"] {
        assert_eq!(response.field(name), None, "{name}");
    }
}

#[tokio::test]
async fn h03_what_matters_cannot_be_named_away() {
    let named = "connection: host, content-length, authorization, x-forwarded-for, x-forwarded-host, x-forwarded-proto, via, x-request-id\r\n";
    let seen = echoed(format!("POST / HTTP/1.1\r\nhost: a\r\n{named}content-length: 5\r\n\r\nhello")).await;
    assert_eq!((seen.all("host"), seen.all("content-length")), (vec!["a"], vec!["5"]));
    for name in ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via", "x-request-id"] {
        assert_eq!(seen.all(name).len(), 1, "{name}");
    }
    assert_eq!(seen.field("x-forwarded-for"), Some("127.0.0.1"));
}

#[tokio::test]
async fn h03_in_answers_neither() {
    let response = answered(
        "HTTP/1.1 200 OK\r\nconnection: content-length, x-request-id, x-viaduct-upstream, date\r\ncontent-length: 2\r\n\r\nhi",
    )
    .await;
    assert_eq!((response.body.as_slice(), response.is_whole), (&b"hi"[..], true));
    for name in ["x-request-id", "x-viaduct-upstream", "date"] {
        assert_eq!(response.all(name).len(), 1, "{name}");
    }
}

#[tokio::test]
async fn h04_te_says_trailers_or_nothing() {
    for te in ["trailers, gzip", "gzip, Trailers", "trailers"] {
        let seen = echoed(get(&format!("te: {te}\r\nconnection: te\r\n"))).await;
        assert_eq!(seen.all("te"), ["trailers"], "{te}");
        assert!(seen.field("connection").is_some_and(|options| options.eq_ignore_ascii_case("te")));
    }
    for te in ["gzip", "", "trailersx", "trailer"] {
        let seen = echoed(get(&format!("te: {te}\r\nconnection: te\r\n"))).await;
        assert_eq!((seen.field("te"), seen.field("connection")), (None, None), "{te}");
    }
}

#[tokio::test]
async fn h05_everything_else_passes_in_order() {
    let seen =
        echoed(get("x-a: 1\r\nx-b: x\r\nX-A: 2\r\nx-a: 3, 4\r\nx-empty:\r\ncookie: a=1\r\ncookie: b=2\r\n")).await;
    assert_eq!(seen.all("x-a"), ["1", "2", "3, 4"]);
    assert_eq!(seen.all("cookie"), ["a=1", "b=2"]);
    assert_eq!(seen.all("x-empty"), [""]);
}

#[tokio::test]
async fn h05_150_cookie_lines_pass_both_ways() {
    let cookies: String = (0..150).map(|n| format!("cookie: c{n}=v\r\n")).collect();
    let seen = echoed(get(&cookies)).await;
    let expected: Vec<_> = (0..150).map(|n| format!("c{n}=v")).collect();
    assert_eq!(seen.all("cookie"), expected);
    let set: String = (0..80).map(|n| format!("set-cookie: c{n}=v, w\r\n")).collect();
    let response = answered(format!("HTTP/1.1 200 OK\r\n{set}content-length: 0\r\n\r\n")).await;
    assert_eq!(response.all("set-cookie").len(), 80);
}

#[tokio::test]
async fn h06_content_is_not_touched() {
    let body = [0u8, 1, 255, 13, 10, 13, 10, 128, 31, 139];
    let fields = "date: Thu, 01 Jan 1970 00:00:00 GMT\r\netag: W/\"x\"\r\nage: 5\r\nvary: a, b\r\ncontent-encoding: gzip\r\n\
                  cache-control: no-transform, max-age=60\r\ncontent-range: bytes 0-9/10\r\ncontent-type: x/y\r\nlast-modified: z\r\n\
                  accept-ranges: bytes\r\nserver: own/1\r\ncontent-disposition: x\r\nwarning: 199 a \"b\"\r\npragma: no-cache\r\n";
    let answer = [format!("HTTP/1.1 206 P\r\n{fields}content-length: 10\r\n\r\n").as_bytes(), &body].concat();
    let lab = Recorder::answering(move |_| answer.clone()).await;
    let mut client = lab.viaduct.client().await;
    let own = "accept-encoding: gzip;q=0.5, br\r\nrange: bytes=0-9\r\ncache-control: no-cache\r\nif-range: \"x\"\r\npragma: no-cache\r\n";
    client.send(get(own)).await;
    let response = client.response().await;
    assert_eq!((response.status(), response.body.as_slice()), (206, &body[..]));
    for line in fields.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        assert_eq!(response.all(name), [value], "{name}");
    }
    let seen = lab.seen().pop().unwrap();
    for line in own.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        assert_eq!(seen.all(name), [value], "{name}");
    }
    // Missing, it is added.
    assert_eq!(answered("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.all("date").len(), 1);
}

#[tokio::test]
async fn h07_nothing_is_answered_from_memory() {
    let lab = Recorder::answering(|_| {
        b"HTTP/1.1 200 OK\r\ncache-control: public, max-age=3600\r\netag: \"x\"\r\ncontent-length: 2\r\n\r\nhi".to_vec()
    })
    .await;
    let mut client = lab.viaduct.client().await;
    for n in 0..3 {
        client.send(get(if n == 2 { "if-none-match: \"x\"\r\n" } else { "" })).await;
        assert_eq!(client.response().await.status(), 200);
    }
    assert_eq!(lab.whole(), 3);
    assert_eq!(lab.seen()[2].field("if-none-match"), Some("\"x\""));
}

#[tokio::test]
async fn h08_via_keeps_the_received_list_in_front() {
    let seen = echoed(get("via: 1.0 fred, 1.1 p.example\r\nvia: 1.1 x\r\n")).await;
    let via = seen.all("via");
    assert_eq!(via[..2], ["1.0 fred, 1.1 p.example", "1.1 x"]);
    assert!(via[2].starts_with("1.1 viaduct"), "{via:?}");
}

#[tokio::test]
async fn h09_an_untrusted_clients_word_on_itself_is_replaced() {
    let seen = echoed(get(
        "x-forwarded-for: 1.2.3.4\r\nx-forwarded-for: 5.6.7.8\r\nx-forwarded-proto: https\r\nx-forwarded-host: evil\r\nforwarded: for=1.2.3.4\r\n",
    ))
    .await;
    assert_eq!(seen.all("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!((seen.all("x-forwarded-proto"), seen.all("x-forwarded-host")), (vec!["http"], vec!["a"]));
    assert_eq!(seen.field("forwarded"), None);
}

#[tokio::test]
async fn h10_the_version_sent_is_1_1_whatever_arrived() {
    let lab = Recorder::answering(|_| b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_vec()).await;
    let mut client = lab.viaduct.client().await;
    client.send("GET / HTTP/1.0\r\nhost: a\r\n\r\n").await;
    let response = client.response().await;
    assert!(response.head.starts_with("HTTP/1.1 200"), "{}", response.head);
    assert_eq!(response.body, b"hi");
    assert_eq!(lab.seen()[0].start(), "GET / HTTP/1.1");
}

#[tokio::test]
async fn h11_unknown_statuses_pass() {
    for status in [299, 218, 399, 420, 451, 499, 599, 418, 207, 226, 511] {
        for reason in ["", " ", " Odd Reason"] {
            let response = answered(format!("HTTP/1.1 {status}{reason}\r\ncontent-length: 2\r\n\r\nhi")).await;
            // A status line without the space behind the status may be refused.
            if response.status() != 502 || !reason.is_empty() {
                assert_eq!((response.status(), response.body.as_slice()), (status, &b"hi"[..]));
            }
        }
    }
}

#[tokio::test]
async fn h12_a_name_with_an_underscore_passes_and_frames_nothing() {
    let seen = echoed("POST / HTTP/1.1\r\nhost: a\r\nTransfer_Encoding: chunked\r\ncontent_length: 9\r\ncontent-length: 5\r\n\r\nhello").await;
    assert_eq!((seen.field("transfer_encoding"), seen.field("content_length")), (Some("chunked"), Some("9")));
    assert_eq!(seen.body, b"hello");
}

#[tokio::test]
async fn h12_many_odd_but_valid_names_pass() {
    let origin = Origin::answering(|request| ok(request.head.as_bytes())).await;
    let viaduct = Viaduct::to(&[origin.address]);
    let mut client = viaduct.client().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\n!#$%&'*+-.^_`|~9: x\r\n0: y\r\n\r\n").await;
    let seen = client.response().await.echoed();
    assert_eq!((seen.field("!#$%&'*+-.^_`|~9"), seen.field("0")), (Some("x"), Some("y")));
}
