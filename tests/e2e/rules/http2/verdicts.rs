//! W1 to W4 as a table: what becomes of a request, who says so, and what the origin sees.
//!
//! What h2 refuses and what is left for us is written down here so that an update of h2 that judges otherwise is seen.

use super::super::frames::{END_HEADERS, END_STREAM, Frames, HEADERS, INTERNAL_ERROR, PROTOCOL_ERROR, block};
use super::super::lab::Recorder;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Its stream is reset with `PROTOCOL_ERROR`, by h2.
    H2,
    /// The whole connection is ended by h2. The RFC asks for less, but allows it (section 5.4.1).
    Gone,
    /// Its stream is reset, by us: h2 lets it pass.
    Ours,
    /// Answered with this status by the proxy, as HTTP/1.1 would be; 1 is any that the static table has not.
    Status(u16),
    /// The origin sees this request line.
    Passes(&'static str),
}

use Verdict::{Gone, H2, Ours, Passes, Status};

type Fields = &'static [(&'static str, &'static str)];

/// A GET, but for these pseudo-fields, with these fields.
const TARGETS: &[(Fields, Verdict)] = &[
    // :path
    (&[(":path", "/a?b=c%20&d")], Passes("GET /a?b=c%20&d HTTP/1.1")),
    (&[(":path", "/a//b/../c")], Passes("GET /a//b/../c HTTP/1.1")),
    (&[(":path", "/a\"{}|")], Passes("GET /a\"{}| HTTP/1.1")),
    (&[(":path", "/a^")], Passes("GET /a^ HTTP/1.1")),
    (&[(":path", "/a`")], H2),
    // The types of h2 drop a fragment, and nobody behind them can tell. Nobody gets it either.
    (&[(":path", "/a#b")], Passes("GET /a HTTP/1.1")),
    (&[(":path", "/a?b#c")], Passes("GET /a?b HTTP/1.1")),
    (&[(":path", "")], H2),
    (&[(":path", "a")], H2),
    (&[(":path", "?a")], Ours),
    (&[(":path", "**")], H2),
    (&[(":path", "*")], Status(400)),
    (&[(":path", "http://a/b")], H2),
    (&[(":path", "/a b")], H2),
    (&[(":path", "/a\tb")], H2),
    (&[(":path", "/a\0")], H2),
    (&[(":path", "/a\r\nx: y")], H2),
    (&[(":path", "/a\nx: y")], H2),
    (&[(":path", "/a\x7f")], H2),
    (&[(":path", "/a<b>")], H2),
    // :authority and host
    (&[(":authority", "a:80")], Passes("GET / HTTP/1.1")),
    (&[(":authority", "[::1]:80")], Passes("GET / HTTP/1.1")),
    (&[(":authority", "")], H2),
    (&[(":authority", "a b")], H2),
    (&[(":authority", "a\r\nx: y")], H2),
    (&[(":authority", "a/b")], H2),
    (&[(":authority", "a\0")], H2),
    (&[(":authority", "a\x7f")], H2),
    (&[(":authority", "u@a")], Status(400)),
    (&[(":authority", "u:p@a")], Status(400)),
    (&[(":authority", "a:b")], Status(400)),
    (&[(":authority", "a:99999999")], Status(400)),
    (&[(":authority", ":80")], Status(400)),
    (&[("host", "a")], Passes("GET / HTTP/1.1")),
    (&[("host", "A")], Passes("GET / HTTP/1.1")),
    (&[("host", "b")], Status(400)),
    (&[("host", "a"), ("host", "a")], Status(400)),
    (&[("host", "")], Status(400)),
    // :scheme
    (&[(":scheme", "https")], Passes("GET / HTTP/1.1")),
    (&[(":scheme", "ftp")], Status(400)),
    (&[(":scheme", "HTTP")], Status(400)),
    (&[(":scheme", "")], Status(400)),
    (&[(":scheme", "http:")], H2),
    (&[(":scheme", "http\r\n")], H2),
    // :method
    (&[(":method", "get")], Passes("get / HTTP/1.1")),
    (&[(":method", "M-SEARCH")], Passes("M-SEARCH / HTTP/1.1")),
    (&[(":method", "")], Gone),
    (&[(":method", "G T")], Gone),
    (&[(":method", "GET\r\n")], Gone),
    (&[(":method", "GE(T")], Gone),
    (&[(":method", "PRI")], Passes("PRI / HTTP/1.1")),
    (&[(":method", "TRACE")], Status(1)),
    (&[(":method", "CONNECT")], H2),
    (&[(":method", "CONNECT"), (":protocol", "websocket")], H2),
    (&[(":protocol", "websocket")], H2),
    (&[(":status", "200")], H2),
    (&[(":x", "y")], Gone),
];

/// The same with these fields behind.
const FIELDS: &[(Fields, Verdict)] = &[
    (&[("x-a", "")], Passes("GET / HTTP/1.1")),
    (&[("x-a", "a\tb \u{e9}")], Passes("GET / HTTP/1.1")),
    (&[("X-A", "b")], Gone),
    (&[("x a", "b")], Gone),
    (&[("x:a", "b")], Gone),
    (&[("", "b")], Gone),
    (&[("x\n", "b")], Gone),
    (&[("x\"a\"", "b")], Ours),
    (&[("x-a", " b")], Ours),
    (&[("x-a", "b\t")], Ours),
    (&[("x-a", "b\0")], Gone),
    (&[("x-a", "b\r")], Gone),
    (&[("x-a", "b\nc: d")], Gone),
    (&[("x-a", "b\x7f")], Gone),
    (&[("x-a", "b\x01")], Gone),
    (&[("connection", "close")], H2),
    (&[("connection", "")], H2),
    (&[("keep-alive", "1")], H2),
    (&[("proxy-connection", "close")], H2),
    (&[("transfer-encoding", "chunked")], H2),
    (&[("transfer-encoding", "")], H2),
    (&[("upgrade", "h2c")], H2),
    (&[("te", "trailers")], Passes("GET / HTTP/1.1")),
    (&[("te", "Trailers")], H2),
    (&[("te", "gzip")], H2),
    (&[("te", "trailers"), ("te", "chunked")], H2),
    (&[("content-length", "0")], Passes("GET / HTTP/1.1")),
    (&[("content-length", "1")], H2),
    (&[("content-length", "0"), ("content-length", "0")], Passes("GET / HTTP/1.1")),
    (&[("content-length", "0"), ("content-length", "1")], H2),
    (&[("content-length", "00")], Passes("GET / HTTP/1.1")),
    (&[("content-length", "")], Ours),
    (&[("content-length", "+0")], H2),
    (&[("content-length", "0, 0")], H2),
    (&[("content-length", "0x0")], H2),
    (&[("content-length", "18446744073709551616")], H2),
];

/// A POST with these fields and this content, in frames of which the last ends it.
const BODIES: &[(Fields, &[&str], Verdict)] = &[
    (&[], &["ab"], Passes("POST / HTTP/1.1")),
    (&[], &["ab", ""], Passes("POST / HTTP/1.1")),
    (&[], &[""], Passes("POST / HTTP/1.1")),
    (&[("content-length", "2")], &["ab"], Passes("POST / HTTP/1.1")),
    (&[("content-length", "2")], &["a", "b"], Passes("POST / HTTP/1.1")),
    (&[("content-length", "2")], &["ab", ""], Passes("POST / HTTP/1.1")),
    (&[("content-length", "02")], &["ab"], Passes("POST / HTTP/1.1")),
    (&[("content-length", "0")], &[""], Passes("POST / HTTP/1.1")),
    (&[("content-length", "0")], &["GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"], H2),
    (&[("content-length", "2")], &["abc"], H2),
    (&[("content-length", "2")], &["ab", "c"], H2),
    (&[("content-length", "2")], &["a"], H2),
    (&[("content-length", "2")], &[""], H2),
    (&[("content-length", "2"), ("content-length", "3")], &["ab"], H2),
    (&[("content-length", "2"), ("content-length", "2")], &["ab"], Passes("POST / HTTP/1.1")),
    // The same number, but not said in the same way: HTTP/1.1 might read the other.
    (&[("content-length", "2"), ("content-length", "02")], &["ab"], Ours),
];

/// A GET with one pseudo-field said otherwise, or one more.
fn head(fields: Fields) -> Vec<(&'static str, &'static str)> {
    let mut head = vec![(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/")];
    for field in fields {
        match head.iter_mut().find(|(name, _)| *name == field.0 && name.starts_with(':')) {
            Some(own) => *own = *field,
            None => head.push(*field),
        }
    }
    head
}

/// What becomes of a request, and a word on it where that is not what it should be.
async fn judged(lab: &Recorder, head: &[(&str, &str)], pieces: &[&str], verdict: Verdict) -> Option<String> {
    let before = lab.seen().len();
    let mut client = Frames::connect(lab.viaduct.address).await;
    client.headers(1, head, pieces.is_empty()).await;
    for (number, piece) in pieces.iter().enumerate() {
        client.data(1, piece, number + 1 == pieces.len()).await;
    }
    let outcome = client.outcome(1).await;
    if outcome.is_gone {
        client = Frames::connect(lab.viaduct.address).await;
    }
    // What would be in front of this has been seen then; the connection goes on if the stream alone was at fault.
    client.headers(3, &[&self::head(&[])[..3], &[(":path", "/alive")]].concat(), true).await;
    assert_eq!(client.outcome(3).await.status, 200, "{head:?}");
    let mut seen = lab.seen().split_off(before);
    assert_eq!(seen.pop().unwrap().start(), "GET /alive HTTP/1.1");
    seen.retain(|seen| seen.is_whole);
    let is_as_said = match verdict {
        H2 | Ours => outcome.reset == Some(PROTOCOL_ERROR) && outcome.status == 0 && seen.is_empty(),
        Gone => outcome.is_gone && outcome.status == 0 && seen.is_empty(),
        Status(status) => outcome.is_whole && outcome.status == status && seen.is_empty(),
        Passes(line) => {
            let [seen] = &seen[..] else { return Some(format!("{head:?} {pieces:?}: {outcome:?}")) };
            let framings = seen.all("content-length").len() + seen.all("transfer-encoding").len();
            let is_same = seen.start() == line && seen.body == pieces.concat().as_bytes() && framings <= 1;
            is_same && outcome.is_whole && outcome.status == 200
        }
    };
    (!is_as_said).then(|| format!("{head:?} {pieces:?}: {outcome:?}, seen {seen:?}"))
}

/// Asserts that all are judged as the table says.
async fn all_judged<'a>(cases: impl Iterator<Item = (Vec<(&'a str, &'a str)>, &'a [&'a str], Verdict)>) {
    let lab = Recorder::start().await;
    let mut wrong = Vec::new();
    for (head, pieces, verdict) in cases {
        wrong.extend(judged(&lab, &head, pieces, verdict).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn w1_w4_targets_are_judged() {
    all_judged(TARGETS.iter().map(|(fields, verdict)| (head(fields), &[][..], *verdict))).await;
}

#[tokio::test]
async fn w1_w2_fields_are_judged() {
    let with = |fields| [&head(&[])[..], fields].concat();
    all_judged(FIELDS.iter().map(|(fields, verdict)| (with(fields), &[][..], *verdict))).await;
}

#[tokio::test]
async fn w3_lengths_are_judged() {
    let with = |fields| [&head(&[(":method", "POST")])[..], fields].concat();
    all_judged(BODIES.iter().map(|(fields, pieces, verdict)| (with(fields), *pieces, *verdict))).await;
}

#[tokio::test]
async fn w1_trailers_are_no_second_head() {
    for (fields, is_whole) in [
        (&[("x-sum", "1")][..], true),
        // h2 drops them unseen; so do we, with all trailers of requests.
        (&[(":path", "/smuggled"), (":method", "GET")], true),
        (&[("transfer-encoding", "chunked")], false),
        (&[("connection", "x-sum")], false),
    ] {
        let lab = Recorder::start().await;
        let mut client = Frames::connect(lab.viaduct.address).await;
        client.headers(1, &head(&[(":method", "POST")]), false).await;
        client.data(1, "ab", false).await;
        client.send(HEADERS, END_HEADERS | END_STREAM, 1, block(fields)).await;
        let outcome = client.outcome(1).await;
        assert_eq!(outcome.status == 200, is_whole, "{fields:?}: {outcome:?}");
        client.get(3, "/alive").await;
        assert_eq!(client.outcome(3).await.status, 200, "{fields:?}");
        let seen = lab.seen();
        let whole: Vec<_> = seen.iter().filter(|seen| seen.is_whole).collect();
        assert_eq!(whole.len(), 1 + usize::from(is_whole), "{fields:?}: {seen:?}");
        assert!(seen.iter().all(|seen| !seen.head.contains("smuggled") && seen.trailers.is_empty()), "{seen:?}");
    }
    // Without the end of the stream they are none.
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    client.headers(1, &head(&[(":method", "POST")]), false).await;
    client.send(HEADERS, END_HEADERS, 1, block(&[("x-sum", "1")])).await;
    assert_eq!(client.outcome(1).await.reset, Some(PROTOCOL_ERROR));
}

#[tokio::test]
async fn w3_an_answer_is_as_long_as_it_says() {
    for (answer, body, is_whole) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "hello", true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", "hel", false),
        // What is behind it answers nothing.
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhello", "hel", true),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "hello", false),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello", true),
        ("HTTP/1.1 200 OK\r\n\r\nhello", "hello", true),
    ] {
        let origin = crate::support::Origin::start(move |mut peer, _| async move {
            let _ = peer.head().await;
            peer.send(answer).await;
        })
        .await;
        let viaduct = crate::support::Viaduct::to(&[origin.address]);
        let mut client = Frames::connect(viaduct.address).await;
        client.get(1, "/").await;
        let outcome = client.outcome(1).await;
        assert_eq!((outcome.status, &outcome.body[..]), (200, body.as_bytes()), "{answer:?}");
        let expected = if is_whole { None } else { Some(INTERNAL_ERROR) };
        assert_eq!((outcome.is_whole, outcome.reset), (is_whole, expected), "{answer:?}");
    }
}

#[tokio::test]
async fn w2_answers_name_nothing_of_a_connection() {
    let lab = Recorder::answering(|_| {
        b"HTTP/1.1 200 OK\r\nconnection: keep-alive, x-hop\r\nkeep-alive: timeout=5\r\nx-hop: 1\r\nx-end: 2\r\n\
          proxy-connection: close\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
            .to_vec()
    })
    .await;
    let tcp = tokio::net::TcpStream::connect(lab.viaduct.address).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(tcp).await.unwrap();
    tokio::spawn(connection);
    let (answer, _) = sender.send_request(http::Request::get("http://a/").body(()).unwrap(), true).unwrap();
    let answer = crate::support::patiently(answer).await.unwrap();
    assert_eq!(answer.headers()["x-end"], "2");
    for name in ["connection", "keep-alive", "x-hop", "proxy-connection", "transfer-encoding", "upgrade"] {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
}
