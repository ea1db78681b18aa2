//! The head of an answer as bytes, its framing said exactly once (RFC 9112, sections 4 and 6.3). Pure.

use http::{StatusCode, Version, header};
use http_body::Body;

use crate::h1::{Framing, length};
use crate::head::{AnswerHead, Fields};
use crate::server::date;

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
pub(super) fn framing(asked: Asked, head: &AnswerHead, body: &impl Body) -> Framing {
    let has_none = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if asked.is_head || has_none || head.status.is_informational() {
        return Framing::Empty;
    }
    let said = head.fields.get(&header::CONTENT_LENGTH).and_then(length);
    match said.or_else(|| body.size_hint().exact()) {
        Some(length) => Framing::Length(length),
        None if asked.version < Version::HTTP_11 => Framing::UntilClose,
        None => Framing::Chunked,
    }
}

/// Writes the head of an answer. The version is the sender's own, whatever the request's was (RFC 9110, section 6.2).
/// `connection` stands in place of what the fields say of it.
pub(super) fn head(out: &mut Vec<u8>, head: &mut AnswerHead, framing: Framing, connection: Option<&'static [u8]>) {
    status_line(out, head);
    let has_none = head.status == StatusCode::NO_CONTENT || head.status.is_informational();
    if has_none || matches!(framing, Framing::Chunked | Framing::UntilClose) {
        head.fields.remove(&header::CONTENT_LENGTH);
    }
    if connection.is_some() {
        head.fields.remove(&header::CONNECTION);
    }
    head.fields.write(out);
    match framing {
        Framing::Length(length) if !head.fields.contains(&header::CONTENT_LENGTH) => {
            out.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
        }
        Framing::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        _ => {}
    }
    if let Some(line) = connection {
        out.extend_from_slice(line);
    }
    if !head.status.is_informational() && !head.fields.contains(&header::DATE) {
        date::line(out);
    }
    out.extend_from_slice(b"\r\n");
}

fn status_line(out: &mut Vec<u8>, head: &AnswerHead) {
    if head.status == StatusCode::OK && head.reason.is_none() {
        return out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    }
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(head.status.as_str().as_bytes());
    out.push(b' ');
    let reason = head.reason.as_deref();
    out.extend_from_slice(reason.unwrap_or_else(|| head.status.canonical_reason().unwrap_or_default().as_bytes()));
    out.extend_from_slice(b"\r\n");
}

/// Whether the answer itself says that the connection ends.
pub(super) fn says_close(fields: &Fields) -> bool {
    fields.get_all(&header::CONNECTION).any(|value| value.eq_ignore_ascii_case(b"close"))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use bytes::Bytes;
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

    fn answer(status: u16, fields: &[(&'static str, &'static str)]) -> AnswerHead {
        let mut head = AnswerHead::new(StatusCode::from_u16(status).unwrap());
        head.fields.insert(&header::DATE, "D");
        for (name, value) in fields {
            head.fields.append(&header::HeaderName::from_static(name), value);
        }
        head
    }

    fn written(status: u16, fields: &[(&'static str, &'static str)], framing: Framing) -> String {
        let mut out = Vec::new();
        head(&mut out, &mut answer(status, fields), framing, None);
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
        head(&mut out, &mut AnswerHead::new(StatusCode::OK), Framing::Empty, Some(b"connection: close\r\n"));
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\nconnection: close\r\ndate: "), "{text}");
    }

    #[test]
    fn the_body_decides_where_the_head_is_silent() {
        let none = answer(200, &[]);
        assert_eq!(framing(CURRENT, &none, &Full::new(Bytes::from_static(b"abc"))), Framing::Length(3));
        let endless = Endless;
        assert_eq!(framing(CURRENT, &none, &endless), Framing::Chunked);
        assert_eq!(framing(Asked { version: Version::HTTP_10, ..CURRENT }, &none, &endless), Framing::UntilClose);
        assert_eq!(framing(Asked { is_head: true, ..CURRENT }, &none, &endless), Framing::Empty);
        let empty = Empty::<Bytes>::new();
        assert_eq!(framing(CURRENT, &answer(304, &[("content-length", "5")]), &empty), Framing::Empty);
        assert_eq!(framing(CURRENT, &answer(200, &[("content-length", "5")]), &endless), Framing::Length(5));
    }
}
