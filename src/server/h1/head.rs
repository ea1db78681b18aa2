//! The head of a request: from bytes to a [`RequestHead`], the framing of its body, and what its sender thinks of the
//! connection. Pure.
//!
//! What is not ordinary httparse reads; the scan before it has refused bare line feeds and what is too large.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Method, Uri, Version};
use httparse::{Header, ParserConfig, Status};
use memchr::memchr;

use super::refusal::Refusal;
use crate::h1::{Framing, Limits, MOST_FIELDS, Reading, ordinary, word};
use crate::head::RequestHead;
use crate::server::conn::Heads;

/// The longest request line, where the whole head may be longer (RFC 9112, section 3: at least 8,000).
const LONGEST_LINE: usize = 64 * 1024;
/// The longest target that `http::Uri` holds.
const LONGEST_TARGET: usize = u16::MAX as usize - 1;

/// What a scan holds a head to.
pub(super) fn limits(heads: Heads) -> Limits {
    let line = LONGEST_LINE.min(heads.bytes);
    Limits { line, head: heads.bytes, fields: heads.fields.min(MOST_FIELDS), skips_empty: true }
}

/// A head, and what it says about the rest.
#[derive(Debug)]
pub(super) struct Head {
    pub request: RequestHead,
    pub framing: Framing,
    /// Whether the client wants to go on after this exchange (RFC 9112, section 9.3).
    pub keep_alive: bool,
    /// Whether `TE` says that it takes trailer fields.
    pub takes_trailers: bool,
}

// === impl Head ===

impl Head {
    /// Reads the head that `bytes` begin with, if it is ordinary, whole and in order; and where it ends. `None` if it is
    /// anything else: then it is to be looked at line by line.
    pub(super) fn parse_ordinary(bytes: &Bytes, limits: &Limits) -> Option<(Self, usize)> {
        let (method, target) = ordinary::request_line(bytes)?;
        let mut reading = Reading::new(Version::HTTP_11, bytes);
        let end = reading.ordinary(target + ordinary::VERSION, limits.fields)?;
        // No line is longer than the head, nor its limit more than the head's.
        if end > limits.line {
            return None;
        }
        let head = Self::of(&bytes[..method], bytes.slice(method + 1..target), Version::HTTP_11, reading);
        head.ok().map(|head| (head, end))
    }

    /// Reads a whole head, up to and including its empty line.
    pub(super) fn parse(bytes: &Bytes) -> Result<Self, Refusal> {
        let mut lines = [const { MaybeUninit::<Header<'_>>::uninit() }; MOST_FIELDS];
        let mut parsed = httparse::Request::new(&mut []);
        match ParserConfig::default().parse_request_with_uninit_headers(&mut parsed, bytes, &mut lines) {
            Ok(Status::Complete(length)) if length == bytes.len() => {
                let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
                let mut reading = Reading::new(version, bytes);
                for line in parsed.headers.iter() {
                    reading.parsed(line.name.as_bytes(), line.value)?;
                }
                let target = bytes.slice_ref(parsed.path.unwrap_or_default().as_bytes());
                Self::of(parsed.method.unwrap_or_default().as_bytes(), target, version, reading)
            }
            Ok(_) => Err(Refusal::Malformed("the head")),
            Err(httparse::Error::TooManyHeaders) => Err(Refusal::ManyFields(MOST_FIELDS)),
            Err(e) => Err(Refusal::Malformed(word(e))),
        }
    }

    fn of(method: &[u8], path: Bytes, version: Version, reading: Reading<'_>) -> Result<Self, Refusal> {
        let Reading { announced, mut fields, takes_trailers, .. } = reading;
        let method = Method::from_bytes(method).map_err(|_| Refusal::Malformed("the method"))?;
        let uri = target(path)?;
        let framing = announced.of_request(&mut fields)?;
        let request = RequestHead { method, uri, version, fields };
        Ok(Self { request, framing, keep_alive: announced.keep_alive(), takes_trailers })
    }
}

/// Whether a start line that is complete, though its head is not, is worth waiting for the rest.
pub(super) fn judge_line(bytes: &[u8]) -> Result<(), Refusal> {
    let start = bytes.iter().position(|&b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    let Some(end) = memchr(b'\n', &bytes[start..]) else { return Ok(()) };
    let head = [&bytes[start..=start + end], b"\r\n"].concat();
    match httparse::Request::new(&mut []).parse(&head) {
        Ok(_) => Ok(()),
        Err(e) => Err(Refusal::Malformed(word(e))),
    }
}

/// Whether the beginning of a start line may be that of one: no control bytes, which a TLS handshake begins with.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| b >= b' ' && b != 0x7f || matches!(b, b'\r' | b'\n'))
}

/// The target, in any of its four forms (RFC 9112, section 3.2); none of them has a fragment, which `http::Uri` would
/// drop in silence.
fn target(target: Bytes) -> Result<Uri, Refusal> {
    if memchr(b'#', &target).is_some() {
        return Err(Refusal::Fragment);
    }
    if target.len() > LONGEST_TARGET {
        return Err(Refusal::LongTarget);
    }
    let bad = Refusal::Malformed("the target");
    if target.first() == Some(&b'/') {
        PathAndQuery::from_maybe_shared(target).map(Uri::from).map_err(|_| bad)
    } else {
        Uri::from_maybe_shared(target).map_err(|_| bad)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn parse(head: &str) -> Result<Head, Refusal> {
        Head::parse(&Bytes::copy_from_slice(head.as_bytes()))
    }

    fn framing(fields: &str) -> Result<Framing, Refusal> {
        parse(&format!("POST / HTTP/1.1\r\n{fields}\r\n")).map(|head| head.framing)
    }

    #[test]
    fn reads_an_ordinary_head() {
        let head =
            parse("\r\nFrobNicate /a%2F?b=%zz& HTTP/1.1\r\nHost: h\r\nX-A:\t 1 \r\nx-a: 2\r\nX-E:\r\n\r\n").unwrap();
        assert_eq!((head.request.method.as_str(), head.request.version), ("FrobNicate", Version::HTTP_11));
        assert_eq!(head.request.uri.to_string(), "/a%2F?b=%zz&");
        assert_eq!((head.framing, head.keep_alive), (Framing::Empty, true));
        let name = HeaderName::from_static("x-a");
        assert_eq!(head.request.fields.get_all(&name).collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(head.request.fields.get(&HeaderName::from_static("x-e")), Some(&b""[..]));
    }

    #[test]
    fn a_body_has_one_framing() {
        assert_eq!(framing("content-length: 5\r\n"), Ok(Framing::Length(5)));
        assert_eq!(framing("content-length: 5\r\ncontent-length: 5\r\n"), Ok(Framing::Length(5)));
        assert_eq!(framing("transfer-encoding: Chunked\r\n"), Ok(Framing::Chunked));
        assert_eq!(framing(""), Ok(Framing::Empty));
        let both =
            ["content-length: 5\r\ntransfer-encoding: chunked\r\n", "transfer-encoding: x\r\ncontent-length:5\r\n"];
        for fields in both {
            assert_eq!(framing(fields), Err(Refusal::Malformed("both Transfer-Encoding and Content-Length")));
        }
        for coding in ["gzip", "chunked, chunked", "gzip, chunked", "identity", ",chunked", "chunked;a=b", "xchunked"] {
            assert!(framing(&format!("transfer-encoding: {coding}\r\n")).is_err(), "{coding}");
        }
        assert!(framing("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n").is_err());
        for length in ["", "+5", "-5", "0x5", "5abc", "1_0", "5 5", "5,", ",5", "5, 6", "18446744073709551616"] {
            assert!(framing(&format!("content-length: {length}\r\n")).is_err(), "{length}");
        }
        assert!(parse("POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn refuses_heads_with_more_than_one_reading() {
        for head in [
            "GET  / HTTP/1.1\r\n\r\n",
            "GET /\tHTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1 \r\n\r\n",
            "GET / HTTP/1.2\r\n\r\n",
            "GET / HTTP/2.0\r\n\r\n",
            "GET / http/1.1\r\n\r\n",
            "GET /\r\n\r\n",
            "GE(T / HTTP/1.1\r\n\r\n",
            "GET /a b HTTP/1.1\r\n\r\n",
            "GET /a\x01 HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\n x: y\r\n\r\n",
            "GET / HTTP/1.1\r\nx : y\r\n\r\n",
            "GET / HTTP/1.1\r\nx: y\r\n z\r\n\r\n",
            "GET / HTTP/1.1\r\n: y\r\n\r\n",
            "GET / HTTP/1.1\r\nx\r\n\r\n",
            "GET / HTTP/1.1\r\nx(y): z\r\n\r\n",
            "GET / HTTP/1.1\r\nx: a\rb\r\n\r\n",
            "GET / HTTP/1.1\r\nx: a\0b\r\n\r\n",
            "GET / HTTP/1.1\r\nx: a\x01b\r\n\r\n",
            "GET / HTTP/1.1\r\nx: a\x7fb\r\n\r\n",
        ] {
            assert!(parse(head).is_err(), "{head:?}");
        }
        assert_eq!(parse("GET /a#b HTTP/1.1\r\n\r\n").unwrap_err(), Refusal::Fragment);
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(65_535));
        assert_eq!(parse(&long).unwrap_err(), Refusal::LongTarget);
    }

    #[test]
    fn a_hopeless_start_line_is_not_waited_for() {
        for line in ["GET / HTTP/2.0\r\n", "GET /\r\n", "\r\nG(T / HTTP/1.1\r\nx: y"] {
            assert!(judge_line(line.as_bytes()).is_err(), "{line:?}");
        }
        for line in ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nhost: ", "\r\n", "GET "] {
            assert!(judge_line(line.as_bytes()).is_ok(), "{line:?}");
        }
        assert!(!may_begin(b"\x16\x03\x01") && may_begin(b"\r\nGET /") && may_begin("GET /é".as_bytes()));
    }

    #[test]
    fn the_sender_says_whether_it_goes_on() {
        let goes_on = |version, fields| parse(&format!("GET / HTTP/1.{version}\r\n{fields}\r\n")).unwrap().keep_alive;
        assert!(goes_on(1, ""));
        assert!(!goes_on(1, "connection: x, Close\r\n"));
        assert!(!goes_on(0, ""));
        assert!(goes_on(0, "connection: Keep-Alive\r\n"));
        assert!(!goes_on(0, "connection: keep-alive\r\nconnection: close\r\n"));
    }
}
