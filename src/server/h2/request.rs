//! The head of a stream, as HTTP/1.1 would have said it (RFC 9113, section 8.3). Pure.
//!
//! h2 has judged names, pseudo-fields and fields of the connection; what it lets pass and HTTP/1.1 could read in two
//! ways is judged here. What is malformed is an error of the stream and reaches nobody; what is well-formed and still
//! not served (a target of another form, an authority that Host contradicts) is left for the proxy to refuse in words.

use h2::RecvStream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};

use crate::body::{Incoming, Streamed};
use crate::head::{Fields, RequestHead};
use crate::server::h1::Refusal;

/// Why a request gets no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoRequest {
    /// It is malformed, and gets no answer.
    Malformed(&'static str),
    /// It is refused, in these words.
    Refused(Refusal),
}

/// Takes a request apart, which is to have `most` fields.
pub(super) fn read(request: Request<RecvStream>, most: usize) -> Result<(RequestHead, Incoming), NoRequest> {
    let (parts, stream) = request.into_parts();
    // No content, but content or a reset may follow: said as a length it would be whole upstream before that is known.
    let length = length(&parts.headers)?.filter(|length| *length > 0 || stream.is_end_stream());
    let mut fields = Fields::new();
    let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
    if let Some(authority) = authority {
        fields.append(&header::HOST, authority);
    }
    copy(&parts.headers, authority, length, &mut fields)?;
    // As lines of HTTP/1.1: browsers make many crumbs of one line.
    if fields.len() > most {
        return Err(NoRequest::Refused(Refusal::ManyFields(most)));
    }
    let body = match length {
        _ if stream.is_end_stream() => Incoming::Empty,
        Some(_) => Incoming::Streamed(Streamed::new(stream, length)),
        None => {
            // A body whose length nobody knows is a chunked one there.
            fields.append(&header::TRANSFER_ENCODING, "chunked");
            Incoming::Streamed(Streamed::new(stream, None))
        }
    };
    let uri = target(&parts.method, parts.uri)?;
    Ok((RequestHead { method: parts.method, uri, version: parts.version, fields }, body))
}

/// The one length that is announced, if any.
fn length(fields: &HeaderMap) -> Result<Option<u64>, NoRequest> {
    let mut lengths = fields.get_all(header::CONTENT_LENGTH).iter();
    let Some(first) = lengths.next() else { return Ok(None) };
    let length = crate::h1::length(first.as_bytes()).ok_or(NoRequest::Malformed("content-length"))?;
    if lengths.all(|other| other == first) { Ok(Some(length)) } else { Err(NoRequest::Malformed("content-length")) }
}

/// Copies the fields. A `Host` that says what the authority says is left out; any other stays, and makes two.
fn copy(from: &HeaderMap, authority: Option<&[u8]>, length: Option<u64>, to: &mut Fields) -> Result<(), NoRequest> {
    let mut is_said = false;
    for (name, value) in from {
        let value = value.as_bytes();
        if is_of_the_connection(name) {
            return Err(NoRequest::Malformed("a field of the connection"));
        }
        // RFC 9110, section 5.1. The types of h2 take a quote for a letter of names.
        if memchr::memchr(b'"', name.as_str().as_bytes()).is_some() {
            return Err(NoRequest::Malformed("a field name"));
        }
        // RFC 9113, section 8.2.1: HTTP/1.1 would drop such white space in silence.
        if matches!(value, [b' ' | b'\t', ..] | [.., b' ' | b'\t']) {
            return Err(NoRequest::Malformed("white space around a value"));
        }
        if *name == header::HOST && !is_said && authority.is_some_and(|own| own.eq_ignore_ascii_case(value)) {
            is_said = true;
        } else if *name == header::COOKIE {
            if !to.contains(name) {
                to.append(name, cookies(from));
            }
        } else if *name == header::CONTENT_LENGTH {
            if let Some(length) = length.filter(|_| !to.contains(name)) {
                to.append(name, length.to_string());
            }
        } else {
            to.append(name, value);
        }
    }
    Ok(())
}

/// RFC 9113, section 8.2.3: the crumbs as one.
fn cookies(fields: &HeaderMap) -> Vec<u8> {
    let crumbs: Vec<_> = fields.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    crumbs.join(&b"; "[..])
}

/// The target in origin-form, or what it has to be refused as.
fn target(method: &Method, uri: Uri) -> Result<Uri, NoRequest> {
    if method == Method::CONNECT {
        return Ok(uri);
    }
    let Some(path) = uri.path_and_query() else { return Err(NoRequest::Malformed(":path")) };
    if !path.as_str().starts_with('/') && path.as_str() != "*" {
        return Err(NoRequest::Malformed(":path"));
    }
    if uri.scheme_str().is_some_and(|scheme| !matches!(scheme, "http" | "https")) {
        return Ok(uri);
    }
    Ok(Uri::from(path.clone()))
}

/// RFC 9113, section 8.2.2. h2 refuses them too; all framing that follows rests on it.
fn is_of_the_connection(name: &HeaderName) -> bool {
    const NAMES: [&str; 5] = ["connection", "transfer-encoding", "keep-alive", "proxy-connection", "upgrade"];
    NAMES.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn copied(fields: &[(&'static str, &'static str)], authority: Option<&str>) -> Result<String, NoRequest> {
        let map = map(fields);
        let mut to = Fields::new();
        copy(&map, authority.map(str::as_bytes), length(&map)?, &mut to)?;
        let mut out = Vec::new();
        to.write(&mut out);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn crumbs_are_one_cookie() {
        let fields = [("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("x", "z")];
        assert_eq!(copied(&fields, None).unwrap(), "cookie: a=1; b=2\r\nx: y\r\nx: z\r\n");
    }

    #[test]
    fn a_host_that_says_what_the_authority_says_is_said_once() {
        assert_eq!(copied(&[("host", "A")], Some("a")).unwrap(), "");
        assert_eq!(copied(&[("host", "b")], Some("a")).unwrap(), "host: b\r\n");
        assert_eq!(copied(&[("host", "a"), ("host", "a")], Some("a")).unwrap(), "host: a\r\n");
        assert_eq!(copied(&[("host", "a")], None).unwrap(), "host: a\r\n");
    }

    #[test]
    fn one_length_or_none() {
        let said = |values: &[&'static str]| {
            length(&map(&values.iter().map(|value| ("content-length", *value)).collect::<Vec<_>>()))
        };
        assert_eq!(said(&[]), Ok(None));
        assert_eq!(said(&["5", "5"]), Ok(Some(5)));
        for values in [&["5", "6"][..], &["+5"], &["5, 5"], &[""], &["18446744073709551616"]] {
            assert!(said(values).is_err(), "{values:?}");
        }
    }

    #[test]
    fn nothing_of_a_connection_and_no_white_space_around() {
        let fields = [("transfer-encoding", "chunked"), ("connection", "close"), ("x", " a"), ("x", "a\t")];
        for field in fields {
            assert!(copied(&[field], None).is_err(), "{field:?}");
        }
    }

    #[test]
    fn a_quote_is_all_that_passes_for_a_letter_of_names() {
        for byte in 0..=u8::MAX {
            let is_token = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            for name in [vec![b'a', byte], [&b"a".repeat(100)[..], &[byte]].concat()] {
                let is_name = HeaderName::from_bytes(&name).is_ok() || HeaderName::from_lowercase(&name).is_ok();
                assert!(!is_name || is_token || byte == b'"', "{byte:#x}");
            }
        }
    }

    #[test]
    fn a_target_begins_with_a_slash() {
        let of = |uri: &str| target(&Method::GET, uri.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(of("http://a/b?c").unwrap(), "/b?c");
        assert_eq!(of("*").unwrap(), "*");
        assert_eq!(of("ftp://a/b").unwrap(), "ftp://a/b");
        assert!(of("a").is_err());
    }
}
