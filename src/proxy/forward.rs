//! The two heads of an exchange, rewritten for the other side: what goes upstream, what comes back.

use http::Version;
use http::header::{self, HeaderName};
use http::uri::{PathAndQuery, Uri};

use super::downstream::Downstream;
use super::headers;
use super::request::is_chunked_alone;
use super::request_id::RequestId;
use crate::error::{Error, Kind};
use crate::head::{AnswerHead, Fields, RequestHead};
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
    head: &mut RequestHead,
    downstream: &Downstream,
    api: Api,
    has_body: bool,
    id: &RequestId,
    pseudonym: &str,
) {
    let fields = &mut head.fields;
    let hop = headers::end_hop(fields);
    if hop.coding && has_body {
        fields.append_clean(&header::TRANSFER_ENCODING, b"chunked");
    }
    if hop.trailers {
        fields.append(&header::TE, "trailers");
        fields.append(&header::CONNECTION, "te");
    }
    if api == Api::Ollama {
        drop_own_origin(fields);
    }
    forwarded(fields, downstream);
    fields.append_clean(&header::VIA, pseudonym.as_bytes());
    fields.insert_clean(&REQUEST_ID, id.as_bytes());
    head.version = Version::HTTP_11;
}

/// Ollama takes an `Origin` that equals `Host` for its own page. viaduct rewrites Host, so it has to make that
/// comparison itself; any other Origin is Ollama's to judge (contract: ollama, 4.1 and 4.3).
fn drop_own_origin(fields: &mut Fields) {
    let Some((origin, host)) = fields.get(&header::ORIGIN).zip(fields.get(&header::HOST)) else { return };
    let authority = origin.strip_prefix(b"http://").or_else(|| origin.strip_prefix(b"https://"));
    if authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host)) {
        fields.remove(&header::ORIGIN);
        fields.remove(&header::REFERER);
    }
}

/// A trusted proxy's word on the client is kept and added to, anybody else's is replaced (RFC 7239, section 8).
fn forwarded(fields: &mut Fields, downstream: &Downstream) {
    let is_trusted = downstream.is_trusted;
    if is_trusted && fields.contains(&FORWARDED_FOR) {
        let mut chain = Vec::new();
        for line in fields.get_all(&FORWARDED_FOR) {
            chain.extend_from_slice(line);
            chain.extend_from_slice(b", ");
        }
        chain.extend_from_slice(downstream.peer_ip.as_bytes());
        fields.insert(&FORWARDED_FOR, chain);
    } else {
        fields.insert_clean(&FORWARDED_FOR, downstream.peer_ip.as_bytes());
    }
    if !is_trusted {
        fields.remove(&header::FORWARDED);
    }
    if !(is_trusted && fields.contains(&FORWARDED_PROTO)) {
        fields.insert_clean(&FORWARDED_PROTO, downstream.scheme().as_bytes());
    }
    let is_kept = is_trusted && fields.contains(&FORWARDED_HOST);
    if !is_kept && !fields.copy(&header::HOST, &FORWARDED_HOST) {
        fields.remove(&FORWARDED_HOST);
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
///
/// Returns the names that `Connection` nominated, for the trailer fields.
pub(super) fn toward_client(head: &mut AnswerHead) -> Result<Vec<Vec<u8>>, Error> {
    if head.status == http::StatusCode::SWITCHING_PROTOCOLS {
        return Err(Error::new(Kind::BadResponse).detail("101 without an upgrade"));
    }
    let fields = &mut head.fields;
    if fields.contains(&header::TRANSFER_ENCODING) {
        if !is_chunked_alone(fields) || head.version < Version::HTTP_11 {
            return Err(Error::new(Kind::BadResponse).detail("a Transfer-Encoding other than chunked"));
        }
        // hyper decoded by the coding but leaves the length in, which would now cut the body or hang the client.
        fields.remove(&header::CONTENT_LENGTH);
    }
    let nominated = headers::end_hop(fields).nominated;
    if head.status == http::StatusCode::NO_CONTENT {
        fields.remove(&header::CONTENT_LENGTH);
    }
    head.version = Version::HTTP_11;
    Ok(nominated)
}

/// Puts the prefix that was stripped back into `Location`, and takes out the base that was put in front, if the
/// location leads back to this host.
pub(super) fn relocate(fields: &mut Fields, prefix: &str, base: &str, host: Option<&[u8]>) {
    if prefix.is_empty() && base.is_empty() {
        return;
    }
    let Some(location) = fields.get_str(&header::LOCATION) else { return };
    let (origin, path) = split_origin(location);
    let authority = origin.split_once("//").map_or("", |(_, authority)| authority);
    let is_ours = origin.is_empty() || host.is_some_and(|host| host.eq_ignore_ascii_case(authority.as_bytes()));
    if !is_ours || !path.starts_with('/') {
        return;
    }
    let path = path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?'])).unwrap_or(path);
    let location = format!("{origin}{prefix}{path}");
    fields.insert(&header::LOCATION, location);
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
        let mut fields = Fields::new();
        fields.insert(&header::LOCATION, location);
        relocate(&mut fields, prefix, base, Some(b"me:8080"));
        fields.get_str(&header::LOCATION).unwrap().to_owned()
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
        let mut fields = Fields::new();
        fields.insert(&header::ORIGIN, "http://me:8080");
        fields.insert(&header::HOST, "other");
        drop_own_origin(&mut fields);
        assert!(fields.contains(&header::ORIGIN));
        fields.insert(&header::HOST, "ME:8080");
        drop_own_origin(&mut fields);
        assert!(!fields.contains(&header::ORIGIN));
    }

    #[test]
    fn of_two_framings_in_an_answer_the_coding_decides() {
        let answer = |coding: &str| {
            let mut head = AnswerHead::new(http::StatusCode::OK);
            head.fields.insert(&header::CONTENT_LENGTH, "5");
            head.fields.insert(&header::TRANSFER_ENCODING, coding);
            head
        };
        let mut head = answer("chunked");
        toward_client(&mut head).unwrap();
        assert!(head.fields.is_empty());
        assert!(toward_client(&mut answer("gzip, chunked")).is_err());
    }
}
