//! The two heads of an exchange, rewritten for the other side: what goes upstream, what comes back.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::{PathAndQuery, Uri};
use http::{Version, request, response};
use http_body::Body;

use super::downstream::Downstream;
use super::headers;
use super::request::is_chunked_alone;
use crate::error::{Error, Kind};
use crate::turn::Turn;
use crate::upstream::Kind as Api;

/// The id of one exchange, kept from the client or made here; goes both ways.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Pins the endpoint that is asked, by its number.
pub(super) const ENDPOINT: HeaderName = HeaderName::from_static("x-viaduct-endpoint");
/// Names the endpoint that answered: `NAME/NUMBER`.
pub(super) const UPSTREAM: HeaderName = HeaderName::from_static("x-viaduct-upstream");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Rewrites a request's head: hop-by-hop fields out, `Via` and `X-Forwarded-*` in, the framing said anew.
pub(super) fn toward_upstream(
    head: &mut request::Parts,
    downstream: &Downstream,
    api: Api,
    has_body: bool,
    id: &HeaderValue,
    pseudonym: &HeaderValue,
) {
    let headers = &mut head.headers;
    let is_chunked = headers.contains_key(header::TRANSFER_ENCODING);
    let host = headers.get(header::HOST).cloned();
    let hop = headers::end_hop(headers);
    if is_chunked && has_body {
        // hyper's client sends a GET whose length it does not know without its body, unless told (RFC 9112, 6.3).
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    if hop.trailers {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("te"));
    }
    if api == Api::Ollama {
        drop_own_origin(headers, host.as_ref());
    }
    forwarded(headers, downstream, host);
    headers::append(headers, header::VIA, pseudonym.clone());
    headers.insert(REQUEST_ID, id.clone());
    head.version = Version::HTTP_11;
}

/// Ollama takes an `Origin` that equals `Host` for its own page. viaduct rewrites Host, so it has to make that
/// comparison itself; any other Origin is Ollama's to judge (contract: ollama, 4.1 and 4.3).
fn drop_own_origin(headers: &mut HeaderMap, host: Option<&HeaderValue>) {
    let Some((origin, host)) = headers.get(header::ORIGIN).zip(host) else { return };
    let origin = origin.as_bytes();
    let authority = origin.strip_prefix(b"http://").or_else(|| origin.strip_prefix(b"https://"));
    if authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host.as_bytes())) {
        headers.remove(header::ORIGIN);
        headers.remove(header::REFERER);
    }
}

/// A trusted proxy's word on the client is kept and added to, anybody else's is replaced (RFC 7239, section 8).
fn forwarded(headers: &mut HeaderMap, downstream: &Downstream, host: Option<HeaderValue>) {
    let mut chain = None;
    if downstream.is_trusted {
        let mut lines = Vec::new();
        for line in headers.get_all(FORWARDED_FOR) {
            lines.extend_from_slice(line.as_bytes());
            lines.extend_from_slice(b", ");
        }
        if !lines.is_empty() {
            lines.extend_from_slice(downstream.peer_ip.as_bytes());
            chain = HeaderValue::try_from(lines).ok();
        }
    } else {
        headers.remove(header::FORWARDED);
    }
    headers.insert(FORWARDED_FOR, chain.unwrap_or_else(|| downstream.peer_ip.clone()));
    if !(downstream.is_trusted && headers.contains_key(FORWARDED_PROTO)) {
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static(downstream.scheme()));
    }
    match host {
        _ if downstream.is_trusted && headers.contains_key(FORWARDED_HOST) => {}
        Some(host) => drop(headers.insert(FORWARDED_HOST, host)),
        None => drop(headers.remove(FORWARDED_HOST)),
    }
}

/// The target without the part of its path that is viaduct's own.
pub(super) fn strip(target: &Uri, prefix: &str) -> Result<Uri, Error> {
    let target = target.path_and_query().map_or("/", PathAndQuery::as_str);
    let rest = &target[prefix.len()..];
    let bad = |e: http::Error| Error::new(Kind::BadRequest).source(e);
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    Uri::builder().path_and_query(rest).build().map_err(bad)
}

/// Rewrites an answer's head. Refuses a framing with more than one reading (RFC 9112, section 6.3) and a switch of
/// protocols that nobody asked for (RFC 9110, section 15.2.2).
pub(super) fn toward_client(head: &mut response::Parts, turn: &Turn) -> Result<(), Error> {
    if head.status == http::StatusCode::SWITCHING_PROTOCOLS {
        return Err(Error::new(Kind::BadResponse).detail("101 without an upgrade"));
    }
    let headers = &mut head.headers;
    if headers.contains_key(header::TRANSFER_ENCODING) {
        if !is_chunked_alone(headers) || head.version < Version::HTTP_11 {
            return Err(Error::new(Kind::BadResponse).detail("a Transfer-Encoding other than chunked"));
        }
        // hyper decoded by the coding but leaves the length in, which would now cut the body or hang the client.
        headers.remove(header::CONTENT_LENGTH);
    }
    headers::end_hop(headers);
    if head.status == http::StatusCode::NO_CONTENT {
        headers.remove(header::CONTENT_LENGTH);
    }
    if head.status == http::StatusCode::NOT_MODIFIED
        && let Some(length) = headers.remove(header::CONTENT_LENGTH)
        && let Some(length) = length.to_str().ok().and_then(|length| length.parse().ok())
    {
        // RFC 9110, section 8.6: what a 200 would have had. hyper does not write it.
        turn.has_length(length);
    }
    head.version = Version::HTTP_11;
    Ok(())
}

/// Whether the client's connection goes on after this exchange, as far as an HTTP/1.0 client is concerned (RFC 9112,
/// section 9.3); hyper knows the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    /// HTTP/1.1: hyper knows.
    Current,
    /// HTTP/1.0 with `keep-alive`: if the body has a length.
    Agreed,
    /// HTTP/1.0: no.
    Single,
}

impl Persistence {
    pub(super) fn of(head: &request::Parts) -> Self {
        match head.version {
            version if version >= Version::HTTP_11 => Self::Current,
            _ if headers::lists(&head.headers, &header::CONNECTION, b"close") => Self::Single,
            _ if headers::lists(&head.headers, &header::CONNECTION, b"keep-alive") => Self::Agreed,
            _ => Self::Single,
        }
    }

    /// Says so in the answer. A body that ends with the connection and breaks off has to end in a reset.
    pub(super) fn settle<B: Body>(self, response: &mut response::Response<B>, turn: &Turn) {
        if self == Self::Current {
            return;
        }
        let has_end = response.body().is_end_stream() || response.body().size_hint().exact().is_some();
        if !has_end {
            turn.cut_by_reset();
        }
        if self == Self::Single || !has_end {
            // hyper offers keep-alive in an answer of version 1.1 only.
            *response.version_mut() = Version::HTTP_10;
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Puts the prefix that was stripped back into `Location`, and takes out the base that was put in front, if the
/// location leads back to this host.
pub(super) fn relocate(headers: &mut HeaderMap, prefix: &str, base: &str, host: Option<&HeaderValue>) {
    if prefix.is_empty() && base.is_empty() {
        return;
    }
    let Some(location) = headers.get(header::LOCATION).and_then(|location| location.to_str().ok()) else { return };
    let (origin, path) = split_origin(location);
    let authority = origin.split_once("//").map_or("", |(_, authority)| authority);
    let is_ours =
        origin.is_empty() || host.is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes()));
    if !is_ours || !path.starts_with('/') {
        return;
    }
    let path = path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?'])).unwrap_or(path);
    if let Ok(location) = HeaderValue::try_from(format!("{origin}{prefix}{path}")) {
        headers.insert(header::LOCATION, location);
    }
}

/// `http://host` and `/path?query`; the first is empty for a path alone.
fn split_origin(location: &str) -> (&str, &str) {
    match location.find("://") {
        Some(scheme) => {
            let start = scheme + 3;
            let end = location[start..].find(['/', '?', '#']).map_or(location.len(), |at| start + at);
            location.split_at(end)
        }
        None => ("", location),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relocated(location: &'static str, prefix: &str, base: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, HeaderValue::from_static(location));
        relocate(&mut headers, prefix, base, Some(&HeaderValue::from_static("me:8080")));
        headers[header::LOCATION].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_location_of_ours_gets_its_prefix_back() {
        assert_eq!(relocated("http://me:8080/files", "/via", ""), "http://me:8080/via/files");
        assert_eq!(relocated("/files?x", "/via", ""), "/via/files?x");
        assert_eq!(relocated("http://me:8080/v1/files", "", "/v1"), "http://me:8080/files");
        assert_eq!(relocated("http://me:8080/v1x", "", "/v1"), "http://me:8080/v1x");
        assert_eq!(relocated("http://other/files", "/via", ""), "http://other/files");
        assert_eq!(relocated("files", "/via", ""), "files");
    }

    #[test]
    fn strips_a_prefix_byte_for_byte() {
        let strip = |target: &str| strip(&target.parse().unwrap(), "/via").unwrap().to_string();
        assert_eq!(strip("/via/files/%2e%2E?a=%20&b"), "/files/%2e%2E?a=%20&b");
        assert_eq!(strip("/via"), "/");
        assert_eq!(strip("/via?x"), "/?x");
    }

    #[test]
    fn an_origin_equal_to_the_host_is_ollamas_own() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static("http://me:8080"));
        drop_own_origin(&mut headers, Some(&HeaderValue::from_static("other")));
        assert!(headers.contains_key(header::ORIGIN));
        drop_own_origin(&mut headers, Some(&HeaderValue::from_static("ME:8080")));
        assert!(headers.is_empty());
    }

    #[test]
    fn of_two_framings_in_an_answer_the_coding_decides() {
        let (mut head, ()) = http::Response::builder()
            .header("content-length", "5")
            .header("transfer-encoding", "chunked")
            .body(())
            .unwrap()
            .into_parts();
        toward_client(&mut head, &Turn::default()).unwrap();
        assert!(head.headers.is_empty());
        let (mut head, ()) =
            http::Response::builder().header("transfer-encoding", "gzip, chunked").body(()).unwrap().into_parts();
        assert!(toward_client(&mut head, &Turn::default()).is_err());
    }
}
