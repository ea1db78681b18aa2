//! Heads on their way to a client of HTTP/2: nothing of a connection, one `Date`, one length. Pure.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version, header};
use http_body::Body;

use crate::head::AnswerHead;
use crate::server::date;
use crate::server::h1::Refusal;

/// The most fields of an interim answer.
const FIELDS: usize = 100;

/// The head of an answer, and whether that is all of it.
pub(super) fn head(asked: &Method, head: &AnswerHead, body: &impl Body) -> (Response<()>, bool) {
    let mut response = head.to_response(());
    *response.version_mut() = Version::HTTP_2;
    let fields = response.headers_mut();
    end_hop(fields);
    let has_none = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if head.status == StatusCode::NO_CONTENT {
        fields.remove(header::CONTENT_LENGTH);
    }
    let is_all = has_none || *asked == Method::HEAD || body.is_end_stream();
    if let Some(length) = body.size_hint().exact().filter(|_| !has_none && *asked != Method::HEAD) {
        fields.entry(header::CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    if !fields.contains_key(header::DATE)
        && let Some(now) = date::value()
    {
        fields.insert(header::DATE, now);
    }
    (response, is_all)
}

/// The answer to a request that is refused before any exchange, and its words.
pub(super) fn refusal(refusal: Refusal) -> (Response<()>, Bytes) {
    let (status, kind, words) = refusal.words();
    let words = Bytes::from(words + "\n");
    let mut response = Response::new(());
    *response.version_mut() = Version::HTTP_2;
    // The words begin with three digits.
    *response.status_mut() = status.get(..3).and_then(|code| code.parse().ok()).unwrap_or(StatusCode::BAD_REQUEST);
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    fields.insert("x-viaduct-error", HeaderValue::from_static(kind.token()));
    fields.insert(header::CONTENT_LENGTH, words.len().into());
    if let Some(now) = date::value() {
        fields.insert(header::DATE, now);
    }
    (response, words)
}

/// What an exchange has to say before its answer, one head of HTTP/1.1 behind the other.
pub(super) fn interim(mut bytes: &[u8]) -> Vec<Response<()>> {
    let mut heads = Vec::new();
    loop {
        let mut lines = [httparse::EMPTY_HEADER; FIELDS];
        let mut parsed = httparse::Response::new(&mut lines);
        let Ok(httparse::Status::Complete(end)) = parsed.parse(bytes) else { return heads };
        let mut head = Response::new(());
        *head.version_mut() = Version::HTTP_2;
        *head.status_mut() = parsed.code.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or_default();
        for line in parsed.headers.iter() {
            let field = (HeaderName::from_bytes(line.name.as_bytes()), HeaderValue::from_bytes(line.value));
            if let (Ok(name), Ok(value)) = field {
                head.headers_mut().append(name, value);
            }
        }
        end_hop(head.headers_mut());
        heads.push(head);
        bytes = &bytes[end..];
    }
}

/// RFC 9113, section 8.2.2: also what viaduct itself says of a connection of HTTP/1.1.
fn end_hop(fields: &mut HeaderMap) {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE] {
        fields.remove(name);
    }
    fields.remove("keep-alive");
    fields.remove("proxy-connection");
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    fn made(asked: &Method, status: u16, body: &'static str) -> (Response<()>, bool) {
        let mut answer = AnswerHead::new(StatusCode::from_u16(status).unwrap());
        answer.fields.append(&header::CONNECTION, "close");
        head(asked, &answer, &Full::new(Bytes::from_static(body.as_bytes())))
    }

    #[test]
    fn the_length_is_said_where_there_is_one() {
        let (response, is_all) = made(&Method::GET, 200, "abc");
        assert_eq!((&response.headers()["content-length"], is_all), (&HeaderValue::from_static("3"), false));
        assert!(response.headers().contains_key("date") && !response.headers().contains_key("connection"));
        for (asked, status) in [(Method::HEAD, 200), (Method::GET, 204), (Method::GET, 304)] {
            let (response, is_all) = made(&asked, status, "abc");
            assert!(is_all && !response.headers().contains_key("content-length"), "{asked} {status}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let (response, words) = refusal(Refusal::ManyFields(7));
        assert_eq!(
            (response.status().as_u16(), &words[..]),
            (431, &b"the request's head has more than 7 fields\n"[..])
        );
        assert_eq!(response.headers()["content-length"], HeaderValue::from(words.len()));
    }

    #[test]
    fn interim_answers_are_told_one_by_one() {
        let heads = interim(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
        let statuses: Vec<_> = heads.iter().map(|head| head.status().as_u16()).collect();
        assert_eq!((statuses, &heads[0].headers()["link"]), (vec![103, 100], &HeaderValue::from_static("</a>")));
    }
}
