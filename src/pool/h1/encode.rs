//! The head of a request as bytes, its framing said exactly once (RFC 9112, sections 3 and 6). Pure.

use http::header;
use http::uri::PathAndQuery;
use http_body::Body;

use crate::body::RequestBody;
use crate::h1::{Error, length};
use crate::head::RequestHead;

/// How a request's body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none.
    Empty,
    /// So many bytes are still to go.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// Decides how the body of this request is framed: by the length that its head says, by the coding that it says, or by
/// what the body knows of itself.
pub(super) fn framing(head: &RequestHead, body: &RequestBody) -> Result<Framing, Error> {
    let said = head.fields.get(&header::CONTENT_LENGTH);
    match body {
        RequestBody::Empty => Ok(Framing::Empty),
        RequestBody::Full(bytes) => Ok(Framing::Length(bytes.len() as u64)),
        RequestBody::Upload(_) if head.fields.contains(&header::TRANSFER_ENCODING) => Ok(Framing::Chunked),
        RequestBody::Upload(_) => match (said, body.size_hint().exact()) {
            (Some(said), _) => match length(said) {
                Some(length) => Ok(Framing::Length(length)),
                None => Err(Error::Body("a Content-Length that is no number".into())),
            },
            (None, Some(length)) => Ok(Framing::Length(length)),
            (None, None) => Ok(Framing::Chunked),
        },
    }
}

/// Writes the head of a request. A length that stands in it stays as it is written; a request without a body gains
/// none.
pub(super) fn head(out: &mut Vec<u8>, head: &RequestHead, framing: Framing) {
    out.extend_from_slice(head.method.as_str().as_bytes());
    out.push(b' ');
    let target = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    if target.starts_with('?') {
        // RFC 9112, section 3.2.1: an empty path is said as one.
        out.push(b'/');
    }
    out.extend_from_slice(target.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    let is_chunked = framing == Framing::Chunked;
    let says_coding = head.fields.contains(&header::TRANSFER_ENCODING);
    let says_length = head.fields.contains(&header::CONTENT_LENGTH);
    if says_coding || (is_chunked && says_length) {
        let mut fields = head.fields.clone();
        fields.remove(&header::TRANSFER_ENCODING);
        if is_chunked {
            fields.remove(&header::CONTENT_LENGTH);
        }
        fields.write(out);
    } else {
        head.fields.write(out);
    }
    match framing {
        Framing::Length(length) if !says_length => {
            out.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
        }
        Framing::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        Framing::Empty | Framing::Length(_) => {}
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(target: &str, fields: &[(&str, &str)], framing: Framing) -> String {
        let mut request = http::Request::builder().method("FrobNicate").uri(target);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let mut out = Vec::new();
        head(&mut out, &parts.into(), framing);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_field_goes_once_per_value() {
        let fields = [("te", "trailers"), ("x-a", "1"), ("host", "h:1"), ("connection", "te"), ("x-a", "2")];
        let head = written("/a%2F?b=%zz", &fields, Framing::Empty);
        assert_eq!(
            head,
            "FrobNicate /a%2F?b=%zz HTTP/1.1\r\nte: trailers\r\nx-a: 1\r\nx-a: 2\r\nhost: h:1\r\nconnection: te\r\n\r\n"
        );
        assert!(written("http://real?q", &[("host", "h")], Framing::Empty).starts_with("FrobNicate /?q HTTP/1.1\r\n"));
        assert!(written("*", &[("host", "h")], Framing::Empty).starts_with("FrobNicate * HTTP/1.1\r\n"));
    }

    #[test]
    fn the_framing_is_said_once() {
        let tail = |fields: &[(&str, &str)], framing| {
            written("/", fields, framing).strip_prefix("FrobNicate / HTTP/1.1\r\n").unwrap().to_owned()
        };
        let length = ("content-length", "5");
        let coding = ("transfer-encoding", "chunked");
        assert_eq!(tail(&[], Framing::Empty), "\r\n");
        assert_eq!(tail(&[("content-length", "0")], Framing::Empty), "content-length: 0\r\n\r\n");
        assert_eq!(tail(&[length], Framing::Length(5)), "content-length: 5\r\n\r\n");
        assert_eq!(tail(&[], Framing::Length(5)), "content-length: 5\r\n\r\n");
        assert_eq!(tail(&[], Framing::Chunked), "transfer-encoding: chunked\r\n\r\n");
        assert_eq!(tail(&[coding], Framing::Chunked), "transfer-encoding: chunked\r\n\r\n");
        assert_eq!(tail(&[length, coding], Framing::Chunked), "transfer-encoding: chunked\r\n\r\n");
        assert_eq!(tail(&[coding], Framing::Empty), "\r\n");
    }
}
