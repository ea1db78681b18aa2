//! Section 2: line and field grammar (G1 to G14).

use super::lab::{Recorder, SMUGGLED, attack, refused};

/// The request is refused, or what reached the origin is clean: lines end in CRLF and nothing odd is left.
async fn refused_or_clean(bytes: impl AsRef<[u8]>) {
    let bytes = bytes.as_ref();
    let shown = String::from_utf8_lossy(bytes).into_owned();
    let outcome = attack(bytes).await;
    assert!(matches!(outcome.status(), 0 | 200 | 400..=505), "{shown:?}: {outcome:?}");
    for request in outcome.seen {
        // `Message::head` is what stood before CRLF CRLF; a bare CR or LF would be left in a line.
        let has_bare = request.head.split("\r\n").any(|line| line.contains(['\r', '\n', '\0']));
        assert!(!has_bare, "{shown:?}: {request:?}");
    }
}

#[tokio::test]
async fn g01_a_bare_lf_is_refused_or_leaves_as_crlf() {
    for request in [
        "GET / HTTP/1.1\nhost: a\nconnection: close\n\n",
        "GET / HTTP/1.1\r\nhost: a\nx: y\r\nconnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\n",
        "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\n\r\n",
        "GET / HTTP/1.1\nhost: a\r\nconnection: close\r\n\r\n",
    ] {
        refused_or_clean(request).await;
    }
    let hidden = "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: y\n\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
    attack(hidden).await;
}

#[tokio::test]
async fn g01_bare_lf_is_refused_however_the_head_is_cut() {
    let request = "GET / HTTP/1.1\r\nhost: a\nx: y\r\n\r\n";
    for cut in 1..request.len() {
        let lab = Recorder::start().await;
        let mut client = lab.viaduct.client().await;
        client.send(&request[..cut]).await;
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        client.try_send(&request[cut..]).await;
        let text = String::from_utf8_lossy(&client.rest().await).into_owned();
        assert!(text.starts_with("HTTP/1.1 400"), "{cut}: {text}");
        assert_eq!(lab.whole(), 0);
    }
}

#[tokio::test]
async fn g02_a_bare_cr_is_refused() {
    for request in [
        "GET / HTTP/1.1\r\nhost: a\r\nx: b\rc\r\n\r\n",
        "GET / HTTP/1.1\rhost: a\r\r",
        "GET /\r HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx\r: b\r\n\r\n",
        "GET / HTTP/1.1\r\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: b\r\r\n\r\n",
        "\rGET / HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: b\rTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let outcome = attack(format!("{request}{SMUGGLED}\r\n\r\n")).await;
        assert!((400..=505).contains(&outcome.status()), "{request:?}: {outcome:?}");
        assert!(outcome.seen.is_empty(), "{request:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn g03_nul_is_refused() {
    for request in [
        "GET / HTTP/1.1\r\nhost: a\r\nx: b\0c\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx\0: b\r\n\r\n",
        "GET /\0 HTTP/1.1\r\nhost: a\r\n\r\n",
        "G\0ET / HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\0\r\n\r\n",
        "GET / HTTP/1.1\0\r\nhost: a\r\n\r\n",
        "\0GET / HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        refused(format!("{request}{SMUGGLED}")).await;
    }
}

#[tokio::test]
async fn g04_other_control_bytes_are_refused() {
    for byte in (1..=8).chain(11..=12).chain(14..=31).chain([127]) {
        let byte = char::from(byte);
        refused(format!("GET / HTTP/1.1\r\nhost: a\r\nx: b{byte}c\r\n\r\n{SMUGGLED}")).await;
        refused(format!("GET / HTTP/1.1\r\nhost: a\r\nx{byte}y: b\r\n\r\n{SMUGGLED}")).await;
        refused(format!("GET /a{byte} HTTP/1.1\r\nhost: a\r\n\r\n{SMUGGLED}")).await;
    }
}

#[tokio::test]
async fn g05_whitespace_before_the_colon_is_refused() {
    for field in ["X-A : b", "X-A\t: b", "Transfer-Encoding : chunked", "Content-Length : 5", "Host : b", "X-A \t : b"]
    {
        assert_eq!(refused(format!("POST / HTTP/1.1\r\nhost: a\r\n{field}\r\n\r\n{SMUGGLED}")).await, 400);
    }
}

#[tokio::test]
async fn g06_a_folded_line_is_refused() {
    for field in [
        "x: a\r\n b",
        "x: a\r\n\tb",
        "x: a\r\n Content-Length: 5",
        "x:\r\n a",
        "content-length: 5\r\n 5",
        "x: a\r\n \r\n",
        "x: a\r\n\t",
    ] {
        refused(format!("POST / HTTP/1.1\r\nhost: a\r\n{field}\r\n\r\n{SMUGGLED}")).await;
    }
}

#[tokio::test]
async fn g07_a_first_line_led_by_whitespace_is_refused() {
    for first in [" X: y", "\tX: y", " Content-Length: 5", " host: b", " ", "  :"] {
        refused(format!("GET / HTTP/1.1\r\n{first}\r\nhost: a\r\n\r\n{SMUGGLED}")).await;
    }
}

#[tokio::test]
async fn g08_field_names_are_tokens() {
    for field in [
        ": v",
        "Foo",
        "X(A): b",
        "X A: b",
        "X@A: b",
        "X/A: b",
        "X\"A\": b",
        "{x}: b",
        "x,y: b",
        "x;y: b",
        "x=y: b",
        "[x]: b",
        "=: b",
        "x?: b",
        "\u{e9}: b",
        "X-\u{85}A: b",
        "é",
        " ",
        "x",
    ] {
        refused(format!("GET / HTTP/1.1\r\nhost: a\r\n{field}\r\n\r\n{SMUGGLED}")).await;
    }
    refused([&b"GET / HTTP/1.1\r\nhost: a\r\nX-\x85A: b\r\n\r\n"[..], SMUGGLED.as_bytes()].concat()).await;
}

/// The line of `name` as the other side got it, as bytes.
fn line(head: &[u8], name: &[u8]) -> Vec<u8> {
    let lines = head.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines
        .filter(|line| line.to_ascii_lowercase().starts_with(name))
        .map(|line| line[name.len()..].to_vec())
        .next()
        .unwrap()
}

#[tokio::test]
async fn g09_values_are_bytes_and_pass_unchanged_both_ways() {
    for value in [&b"caf\xe9"[..], "café ☃".as_bytes(), b"a  b\tc", b"", b"\"q\\\"\"", b"a:b:c", b"\x80\xff"] {
        let (saw, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let back = value.to_vec();
        let origin = crate::support::Origin::start(move |mut peer, _| {
            let (saw, back) = (saw.clone(), back.clone());
            async move {
                let head = peer.until(b"\r\n\r\n").await;
                saw.send(line(&head, b"x-v:")).unwrap();
                peer.send(
                    [b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-v:\t ", back.as_slice(), b" \t\r\n\r\n"].concat(),
                )
                .await;
                peer.rest().await;
            }
        })
        .await;
        let viaduct = crate::support::Viaduct::to(&[origin.address]);
        let mut client = viaduct.client().await;
        client.send([b"GET / HTTP/1.1\r\nhost: a\r\nx-v: \t ", value, b" \t \r\n\r\n"].concat()).await;
        let head = client.until(b"\r\n\r\n").await;
        assert_eq!(line(&head, b"x-v:").trim_ascii(), value);
        assert_eq!(seen.recv().await.unwrap().trim_ascii(), value);
    }
}

#[tokio::test]
async fn g10_the_start_line_has_single_spaces() {
    for start in [
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\tHTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET / HTTP/1.1\t",
        "GET / HTTP/1.1 x",
        "GET/ HTTP/1.1",
        "GET /HTTP/1.1",
        "GET",
        "GET ",
        "GET /",
        "GET / ",
        " / HTTP/1.1",
        "/ HTTP/1.1",
        "GET / HTTP/1.1 HTTP/1.1",
    ] {
        refused(format!("{start}\r\nhost: a\r\n\r\n{SMUGGLED}")).await;
    }
}

#[tokio::test]
async fn g11_methods_are_tokens_with_case() {
    for method in ["FrobNicate", "QUERY", "get", "M-SEARCH", "A!#$%&'*+.^_`|~9", "PROPFIND"] {
        let seen = super::lab::echoed(format!("{method} /x HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        assert_eq!(seen.start(), format!("{method} /x HTTP/1.1"));
    }
    for method in ["GE(T", "GE\"T", "G:T", "GET,", "G@T", "\u{e9}", "[GET]", "GET;"] {
        refused(format!("{method} /x HTTP/1.1\r\nhost: a\r\n\r\n{SMUGGLED}")).await;
    }
}

#[tokio::test]
async fn g12_other_versions_are_refused() {
    for version in [
        "HTTP/2.0",
        "HTTP/1.2",
        "HTTP/1.1x",
        "http/1.1",
        "HTTP/11",
        "HTTP/1.",
        "HTTP/1",
        "HTTP/0.9",
        "HTTP/3.0",
        "HTTP/1.10",
        "HTTP/ 1.1",
        "HTTP/1 .1",
        "HTTPS/1.1",
        "HTTP/+1.1",
        "HTTP/-1.1",
        "ICY/1.1",
        "HTTP/01.1",
        "HTTP/1.01",
        "\u{b}HTTP/1.1",
    ] {
        let status = refused(format!("GET / {version}\r\nhost: a\r\n\r\n{SMUGGLED}")).await;
        assert!(matches!(status, 400 | 505), "{version}: {status}");
    }
}

#[tokio::test]
async fn g12_what_is_not_http_1_is_answered_and_closed() {
    for bytes in [
        &b"PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x0a\x0d\x0a\x0d\x0a",
        b"GET /\r\n",
        b"GET /\n",
        b"\x00\x01\x02",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ] {
        let outcome = attack(bytes).await;
        assert!(matches!(outcome.status(), 400 | 505), "{bytes:?}: {outcome:?}");
        assert!(outcome.seen.is_empty());
    }
}

#[tokio::test]
async fn g13_empty_lines_before_a_request_are_skipped() {
    for lines in ["\r\n", "\r\n\r\n"] {
        let seen = super::lab::echoed(format!("{lines}GET /x HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        assert_eq!(seen.start(), "GET /x HTTP/1.1");
    }
    // Also between two requests: old clients send CRLF behind a POST's body.
    let lab = Recorder::start().await;
    let mut client = lab.viaduct.client().await;
    client
        .send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n")
        .await;
    assert_eq!(client.response().await.status(), 200);
    assert_eq!(client.response().await.status(), 200);
    assert_eq!(lab.whole(), 2);
}

#[tokio::test]
async fn g14_garbage_is_answered_with_400_close_and_a_body() {
    for garbage in [
        "garbage\r\n\r\n",
        "\u{1}\u{2}\u{3}\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nno colon\r\n\r\n",
        "{\"json\": true}\r\n\r\n",
        "((((\r\n\r\n",
    ] {
        let outcome = attack(garbage).await;
        assert_eq!(outcome.status(), 400, "{garbage:?}: {outcome:?}");
        assert!(outcome.text.contains("connection: close\r\n"), "{outcome:?}");
        assert!(outcome.text.contains("x-viaduct-error: "), "{outcome:?}");
        assert!(!outcome.text.ends_with("\r\n\r\n"), "a body: {outcome:?}");
        assert!(outcome.seen.is_empty());
    }
}
