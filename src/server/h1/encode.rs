//! The head of an answer as bytes, its framing said exactly once (RFC 9112, sections 4 and 6.3). Pure.

use http::header::{self, HeaderMap, HeaderValue};
use http::response::Parts;
use http::{StatusCode, Version};
use http_body::Body;
use hyper::ext::ReasonPhrase;

use super::date;
use crate::h1::{Framing, field_line, length};

/// What the request was, as far as its answer depends on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub version: Version,
    /// HEAD: the answer has a head only.
    pub is_head: bool,
    /// Whether trailer fields are taken.
    pub takes_trailers: bool,
}

/// How the body of this answer is framed. A body without an end of its own ends an HTTP/1.0 client's connection.
pub(super) fn framing(asked: Asked, head: &Parts, body: &impl Body) -> Framing {
    let has_none = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if asked.is_head || has_none || head.status.is_informational() {
        return Framing::Empty;
    }
    let said = head.headers.get(header::CONTENT_LENGTH).and_then(|said| length(said.as_bytes()));
    match said.or_else(|| body.size_hint().exact()) {
        Some(length) => Framing::Length(length),
        None if asked.version < Version::HTTP_11 => Framing::UntilClose,
        None => Framing::Chunked,
    }
}

/// Writes the head of an answer. The version is the sender's own, whatever the request's was (RFC 9110, section 6.2).
pub(super) fn head(out: &mut Vec<u8>, head: &Parts, framing: Framing, connection: Option<&'static [u8]>) {
    status_line(out, head);
    let mut has_length = false;
    let mut has_date = false;
    for (name, value) in &head.headers {
        // Most names are sorted out by their length alone.
        match name.as_str().len() {
            4 => has_date |= *name == header::DATE,
            10 if connection.is_some() && *name == header::CONNECTION => continue,
            14 if *name == header::CONTENT_LENGTH => {
                let has_none = head.status == StatusCode::NO_CONTENT || head.status.is_informational();
                if has_none || matches!(framing, Framing::Chunked | Framing::UntilClose) {
                    continue;
                }
                has_length = true;
            }
            _ => {}
        }
        field_line(out, name, value);
    }
    match framing {
        Framing::Length(length) if !has_length => {
            field_line(out, &header::CONTENT_LENGTH, &HeaderValue::from(length));
        }
        Framing::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        _ => {}
    }
    if let Some(line) = connection {
        out.extend_from_slice(line);
    }
    if !has_date && !head.status.is_informational() {
        date::line(out);
    }
    out.extend_from_slice(b"\r\n");
}

fn status_line(out: &mut Vec<u8>, head: &Parts) {
    if head.status == StatusCode::OK && head.extensions.is_empty() {
        return out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    }
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(head.status.as_str().as_bytes());
    out.push(b' ');
    match head.extensions.get::<ReasonPhrase>() {
        Some(reason) => out.extend_from_slice(reason.as_bytes()),
        None => out.extend_from_slice(head.status.canonical_reason().unwrap_or_default().as_bytes()),
    }
    out.extend_from_slice(b"\r\n");
}

/// Whether the answer itself says that the connection ends.
pub(super) fn says_close(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONNECTION).iter().any(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use bytes::Bytes;
    use http::Response;
    use http_body::Frame;
    use http_body_util::{Empty, Full};

    use super::*;

    /// A body of which nobody knows the length.
    struct Endless;

    impl Body for Endless {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }

    const CURRENT: Asked = Asked { version: Version::HTTP_11, is_head: false, takes_trailers: false };

    fn parts(status: u16, fields: &[(&'static str, &'static str)]) -> Parts {
        let mut response = Response::builder().status(status).header("date", "D");
        for (name, value) in fields {
            response = response.header(*name, *value);
        }
        response.body(()).unwrap().into_parts().0
    }

    fn written(status: u16, fields: &[(&'static str, &'static str)], framing: Framing) -> String {
        let mut out = Vec::new();
        head(&mut out, &parts(status, fields), framing, None);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_framing_is_said_once() {
        let length = ("content-length", "5");
        assert_eq!(
            written(200, &[length], Framing::Length(5)),
            "HTTP/1.1 200 OK\r\ndate: D\r\ncontent-length: 5\r\n\r\n"
        );
        assert_eq!(written(200, &[], Framing::Length(5)), "HTTP/1.1 200 OK\r\ndate: D\r\ncontent-length: 5\r\n\r\n");
        let chunked = "HTTP/1.1 200 OK\r\ndate: D\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(written(200, &[length], Framing::Chunked), chunked);
        assert_eq!(written(204, &[length], Framing::Empty), "HTTP/1.1 204 No Content\r\ndate: D\r\n\r\n");
        let kept = "HTTP/1.1 304 Not Modified\r\ndate: D\r\ncontent-length: 5\r\n\r\n";
        assert_eq!(written(304, &[length], Framing::Empty), kept);
        assert_eq!(written(599, &[], Framing::Empty), "HTTP/1.1 599 \r\ndate: D\r\n\r\n");
    }

    #[test]
    fn an_answer_has_a_date() {
        let mut out = Vec::new();
        let (head_without, ()) = Response::new(()).into_parts();
        head(&mut out, &head_without, Framing::Empty, Some(b"connection: close\r\n"));
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\nconnection: close\r\ndate: "), "{text}");
    }

    #[test]
    fn the_body_decides_where_the_head_is_silent() {
        let none = parts(200, &[]);
        assert_eq!(framing(CURRENT, &none, &Full::new(Bytes::from_static(b"abc"))), Framing::Length(3));
        let endless = Endless;
        assert_eq!(framing(CURRENT, &none, &endless), Framing::Chunked);
        assert_eq!(framing(Asked { version: Version::HTTP_10, ..CURRENT }, &none, &endless), Framing::UntilClose);
        assert_eq!(framing(Asked { is_head: true, ..CURRENT }, &none, &endless), Framing::Empty);
        let empty = Empty::<Bytes>::new();
        assert_eq!(framing(CURRENT, &parts(304, &[("content-length", "5")]), &empty), Framing::Empty);
        assert_eq!(framing(CURRENT, &parts(200, &[("content-length", "5")]), &endless), Framing::Length(5));
    }
}
