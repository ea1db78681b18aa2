//! The head of an answer: from bytes to a [`Response`], its framing, and whether the connection may stay. Pure.
//!
//! httparse, which is hyper's own parser, reads the lines; `scan` has refused before what it would let pass. Every
//! field value is a slice of the one `Bytes` that holds the head.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode, Version};
use httparse::{Header, ParserConfig};
use hyper::ext::ReasonPhrase;

use super::error::Error;
use super::framing::{Fields, Framing};
use super::scan::LINES_LIMIT;

/// A head, and what it says about the rest.
#[derive(Debug)]
pub(super) struct Head {
    pub response: Response<()>,
    pub framing: Framing,
    /// Whether the upstream will keep the connection (RFC 9112, section 9.3).
    pub keep_alive: bool,
}

// === impl Head ===

impl Head {
    /// Reads a whole head, up to and including its empty line. `to_head` says that the request was a HEAD.
    pub(super) fn parse(bytes: &Bytes, to_head: bool) -> Result<Self, Error> {
        let mut lines = [const { MaybeUninit::<Header<'_>>::uninit() }; LINES_LIMIT];
        let mut parsed = httparse::Response::new(&mut []);
        match ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, bytes, &mut lines) {
            Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
            Ok(_) => return Err(Error::Malformed("the head")),
            Err(e) => return Err(Error::Malformed(word(e))),
        }
        let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or(Error::Malformed("the status"))?;
        let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };

        let mut fields = Fields::new(version);
        // Room for what the proxy adds, so that the map does not grow once more.
        let mut headers = HeaderMap::with_capacity(parsed.headers.len() + 4);
        for line in parsed.headers.iter() {
            let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Error::Malformed("a field name"))?;
            if fields.note(&name, line.value)? {
                let value = HeaderValue::from_maybe_shared(bytes.slice_ref(line.value));
                headers.append(name, value.map_err(|_| Error::Malformed("a field value"))?);
            }
        }
        let framing = fields.framing(status, to_head, &mut headers)?;

        let mut response = Response::new(());
        *response.status_mut() = status;
        *response.version_mut() = version;
        *response.headers_mut() = headers;
        if let Some(reason) = parsed.reason.filter(|reason| is_own(reason, status))
            && let Ok(reason) = ReasonPhrase::try_from(bytes.slice_ref(reason.as_bytes()))
        {
            response.extensions_mut().insert(reason);
        }
        // What ends with the connection cannot be followed by anything.
        let keep_alive = fields.keep_alive() && framing != Framing::UntilClose;
        Ok(Self { response, framing, keep_alive })
    }
}

/// Whether a reason phrase says more than the status alone. hyper writes it again on the client's side.
fn is_own(reason: &str, status: StatusCode) -> bool {
    !reason.is_empty() && status.canonical_reason() != Some(reason)
}

fn word(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => "a field name",
        httparse::Error::HeaderValue => "a field value",
        httparse::Error::NewLine => "a bare carriage return",
        httparse::Error::Status => "the status line",
        httparse::Error::TooManyHeaders => "too many field lines",
        httparse::Error::Version => "the version",
        httparse::Error::Token => "the head",
    }
}

/// Reads trailer fields, up to and including their empty line.
pub(super) fn trailers(bytes: &[u8], most: usize) -> Result<HeaderMap, Error> {
    let mut lines = vec![httparse::EMPTY_HEADER; most];
    let parsed = match httparse::parse_headers(bytes, &mut lines) {
        Ok(httparse::Status::Complete((length, parsed))) if length == bytes.len() => parsed,
        _ => return Err(Error::Malformed("the trailer fields")),
    };
    let mut trailers = HeaderMap::with_capacity(parsed.len());
    for line in parsed {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Error::Malformed("a trailer's name"))?;
        let value = HeaderValue::from_bytes(line.value).map_err(|_| Error::Malformed("a trailer's value"))?;
        trailers.append(name, value);
    }
    // They would say something about a message whose framing is settled (RFC 9110, section 6.5.1).
    trailers.remove(header::CONTENT_LENGTH);
    trailers.remove(header::TRANSFER_ENCODING);
    Ok(trailers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<Head, Error> {
        Head::parse(&Bytes::copy_from_slice(head.as_bytes()), false)
    }

    #[test]
    fn reads_an_ordinary_head() {
        let head = parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:\t 1 \r\nx-a: 2\r\nX-Empty:\r\n\r\n").unwrap();
        assert_eq!((head.response.status(), head.response.version()), (StatusCode::OK, Version::HTTP_11));
        assert_eq!((head.framing, head.keep_alive), (Framing::Length(5), true));
        assert_eq!(head.response.headers().get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(head.response.headers()["x-empty"], "");
        assert!(head.response.extensions().get::<ReasonPhrase>().is_none());
    }

    #[test]
    fn keeps_bytes_beyond_ascii_and_a_reason_of_its_own() {
        let head = Bytes::from_static(b"HTTP/1.1 299 Odd one\r\nx: \xe9\xc3\xa9\r\n\r\n");
        let head = Head::parse(&head, false).unwrap();
        assert_eq!(head.response.headers()["x"].as_bytes(), b"\xe9\xc3\xa9");
        assert_eq!(head.response.extensions().get::<ReasonPhrase>().unwrap().as_bytes(), b"Odd one");
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

    #[test]
    fn reads_trailers_and_drops_framing_from_them() {
        let fields = trailers(b"x-sum: 1\r\ncontent-length: 5\r\n\r\n", 8).unwrap();
        assert_eq!((fields.len(), &fields["x-sum"]), (1, &HeaderValue::from_static("1")));
        for wrong in ["a : b\r\n\r\n", "a: b\r\n c\r\n\r\n", "ab\r\n\r\n", "a: b\0\r\n\r\n", "a: b\r\n"] {
            assert!(trailers(wrong.as_bytes(), 8).is_err(), "{wrong:?}");
        }
    }
}
