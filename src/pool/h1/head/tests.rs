use http::HeaderName;

use super::*;

fn all(head: &Head, name: &'static str) -> Vec<String> {
    let name = HeaderName::from_static(name);
    head.answer.fields.get_all(&name).map(|value| value.iter().copied().map(char::from).collect()).collect()
}

fn parse(head: &str) -> Result<Head, Error> {
    Head::parse(&Bytes::copy_from_slice(head.as_bytes()), false)
}

#[test]
fn reads_an_ordinary_head() {
    let head = parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:\t 1 \r\nx-a: 2\r\nX-Empty:\r\n\r\n").unwrap();
    assert_eq!((head.answer.status, head.answer.version), (StatusCode::OK, Version::HTTP_11));
    assert_eq!((head.framing, head.keep_alive), (Framing::Length(5), true));
    assert_eq!(all(&head, "x-a"), ["1", "2"]);
    assert_eq!(all(&head, "x-empty")[0], "");
    assert!(head.answer.reason.is_none());
}

#[test]
fn keeps_bytes_beyond_ascii_and_a_reason_of_its_own() {
    let head = Bytes::from_static(b"HTTP/1.1 299 Odd one\r\nx: \xe9\xc3\xa9\r\n\r\n");
    let head = Head::parse(&head, false).unwrap();
    assert_eq!(all(&head, "x")[0], "\u{e9}\u{c3}\u{a9}");
    assert_eq!(head.answer.reason.as_deref().unwrap(), b"Odd one");
    assert!(parse("HTTP/1.1 200\r\n\r\n").is_ok());
    assert!(parse("HTTP/1.1 200 \r\n\r\n").is_ok());
}

#[test]
fn refuses_heads_with_more_than_one_reading() {
    for head in [
        "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/0.9 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        " HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 O\0K\r\n\r\n",
        "HTTP/1.1 200 O\rK\r\n\r\n",
        "HTTP/1.1 200 OK\r\na : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n a: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\r\n\tc: d\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nab\r\n\r\n",
        "HTTP/1.1 200 OK\r\na(b): c\r\n\r\n",
        "HTTP/1.1 200 OK\r\na\u{e9}: c\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\rc: d\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\0c\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\u{1}c\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\u{7f}c\r\n\r\n",
    ] {
        assert!(parse(head).is_err(), "{head:?}");
    }
}

fn head(status: u16, version: u8, fields: &str, to_head: bool) -> Result<Head, Error> {
    Head::parse(&Bytes::from(format!("HTTP/1.{version} {status} x\r\n{fields}\r\n")), to_head)
}

fn framing(fields: &str) -> Result<Framing, Error> {
    head(200, 1, fields, false).map(|head| head.framing)
}

#[test]
fn a_length_is_digits_and_nothing_else() {
    for wrong in ["", "+5", "-5", "0x5", "5abc", "1_0", "5 5", "5,", ",5", "5, 6", "18446744073709551616", "٥"] {
        assert!(framing(&format!("content-length: {wrong}\r\n")).is_err(), "{wrong:?}");
    }
    assert!(framing("content-length: 5\r\ncontent-length: 6\r\n").is_err());
    assert!(framing("content-length: 5\r\ncontent-length:\r\n").is_err());
    assert_eq!(framing("content-length: 18446744073709551615\r\n").unwrap(), Framing::Length(u64::MAX));
}

#[test]
fn equal_lengths_collapse_into_one_number() {
    for fields in ["content-length: 5\r\ncontent-length: 5\r\n", "content-length: 5, 5\r\n", "content-length: 05\r\n"] {
        let head = head(200, 1, fields, false).unwrap();
        assert_eq!(head.framing, Framing::Length(5));
        assert_eq!(all(&head, "content-length"), ["5"]);
    }
}

#[test]
fn of_two_framings_the_coding_decides() {
    for fields in
        ["content-length: 5\r\ntransfer-encoding: Chunked\r\n", "transfer-encoding: chunked\r\ncontent-length: 500\r\n"]
    {
        let head = head(200, 1, fields, false).unwrap();
        assert_eq!(head.framing, Framing::Chunked);
        assert!(!head.answer.fields.contains(&HeaderName::from_static("content-length")));
    }
}

#[test]
fn every_other_coding_is_refused() {
    for coding in ["gzip", "identity", "xchunked", "chunked, chunked", "gzip, chunked", ",chunked", "chunked;a", ""] {
        assert!(framing(&format!("transfer-encoding: {coding}\r\n")).is_err(), "{coding:?}");
    }
    assert!(framing("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n").is_err());
    assert!(framing("transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n").is_err());
    assert!(head(200, 0, "transfer-encoding: chunked\r\n", false).is_err());
}

#[test]
fn some_answers_have_no_body_whatever_they_say() {
    for fields in ["content-length: 5\r\n", "transfer-encoding: chunked\r\n", ""] {
        for (status, to_head) in [(200, true), (204, false), (304, false), (100, false), (103, false)] {
            assert_eq!(head(status, 1, fields, to_head).unwrap().framing, Framing::Empty, "{status} {fields}");
        }
    }
    // An interim answer's fields are not even looked at.
    assert!(head(100, 1, "content-length: 5\r\ncontent-length: 6\r\n", false).is_err());
    assert!(head(100, 1, "transfer-encoding: gzip\r\n", false).is_ok());
}

#[test]
fn the_connection_stays_if_both_versions_say_so() {
    let stays = |version, fields| head(200, version, fields, false).unwrap().keep_alive;
    assert!(stays(1, "content-length: 0\r\n"));
    assert!(!stays(1, "content-length: 0\r\nconnection: x, Close\r\n"));
    assert!(!stays(1, ""));
    assert!(!stays(0, "content-length: 0\r\n"));
    assert!(stays(0, "content-length: 0\r\nconnection: Keep-Alive\r\n"));
    assert!(!stays(0, "content-length: 0\r\nconnection: keep-alive\r\nconnection: close\r\n"));
}
