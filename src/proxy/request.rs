//! Which requests viaduct understands in exactly one way; all others are refused (contract: http-proxy, rule 1).
//!
//! Whoever spoke HTTP with the client vouches for lines and framing; what is left is refused here: the four forms of a
//! target (RFC 9112, section 3.2), and `Host` (3.2, 9110 section 7.2). An absolute-form target is turned into
//! origin-form.

use http::uri::{PathAndQuery, Scheme};
use http::{Method, Uri, Version, header};

use crate::error::{Error, Kind};
use crate::head::{Fields, RequestHead};

/// Refuses what has more than one reading; afterwards the target is in origin-form (or `*`) and `Host` its authority.
pub(super) fn settle(head: &mut RequestHead) -> Result<(), Error> {
    // TRACE would show the client what other hops add (RFC 9110, section 9.3.8); CONNECT would make a tunnel.
    if head.method == Method::CONNECT || head.method == Method::TRACE {
        return Err(Error::new(Kind::Method).detail(head.method.as_str()));
    }
    host(head.version, &head.fields)?;
    target(head)
}

/// Whether the request announces a body at all; without either field there is none and none is invented
/// (RFC 9112, section 6.3).
pub(super) fn announces_body(fields: &Fields) -> bool {
    fields.contains(&header::TRANSFER_ENCODING)
        || fields.get(&header::CONTENT_LENGTH).is_some_and(|length| length != b"0")
}

/// Counts `Max-Forwards` of an OPTIONS down; true if this is the last hop (RFC 9110, section 7.6.2).
pub(super) fn is_last_hop(head: &mut RequestHead) -> bool {
    if head.method != Method::OPTIONS {
        return false;
    }
    let left = head.fields.get_str(&header::MAX_FORWARDS).and_then(|left| left.parse().ok());
    match left {
        Some(0_u64) => true,
        Some(left) => {
            head.fields.insert(&header::MAX_FORWARDS, (left - 1).to_string());
            false
        }
        None => false,
    }
}

/// Whether the only transfer coding is one `chunked`, on one line, without parameters. hyper looks at the last coding
/// of the last line only.
pub(super) fn is_chunked_alone(fields: &Fields) -> bool {
    let mut codings = fields.get_all(&header::TRANSFER_ENCODING);
    let first = codings.next().is_some_and(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"chunked"));
    first && codings.next().is_none()
}

fn host(version: Version, fields: &Fields) -> Result<(), Error> {
    let mut hosts = fields.get_all(&header::HOST);
    match (hosts.next(), hosts.next()) {
        (None, _) if version < Version::HTTP_11 => Ok(()),
        (None, _) => Err(refused("no Host")),
        (Some(_), Some(_)) => Err(refused("more than one Host")),
        (Some(host), None) if is_authority(host) => Ok(()),
        (Some(_), None) => Err(refused("an invalid Host")),
    }
}

/// `uri-host [":" port]`, without userinfo (RFC 9110, sections 4.2.4 and 7.2).
fn is_authority(host: &[u8]) -> bool {
    let (name, port) = if host.first() == Some(&b'[') {
        let Some(end) = host.iter().position(|&b| b == b']') else { return false };
        let (address, port) = host.split_at(end + 1);
        let inside = &address[..end];
        let is_v6 = inside.len() > 2 && inside[1..].iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
        return is_v6 && (port.is_empty() || is_port(port));
    } else {
        let Some(end) = reg_name(host) else { return false };
        host.split_at(end)
    };
    !name.is_empty() && (port.is_empty() || is_port(port))
}

fn is_port(port: &[u8]) -> bool {
    port.first() == Some(&b':') && port.len() <= 6 && port[1..].iter().all(u8::is_ascii_digit)
}

/// Where the name ends that a host begins with (RFC 3986, section 3.2.2: unreserved, sub-delims and percent-encoded
/// bytes); `None` if a byte is encoded wrongly.
fn reg_name(host: &[u8]) -> Option<usize> {
    let mut end = 0;
    loop {
        let rest = &host[end..];
        end += rest.iter().position(|&b| !REG_NAME[usize::from(b)]).unwrap_or(rest.len());
        match &host[end..] {
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => end += 3,
            [b'%', ..] => return None,
            _ => return Some(end),
        }
    }
}

/// Those that stand for themselves.
static REG_NAME: [bool; 256] = {
    let (mut is_in, mut byte) = ([false; 256], 0);
    while byte < 128 {
        #[expect(clippy::cast_possible_truncation, reason = "an index below 128")]
        let char = byte as u8;
        is_in[byte] = char.is_ascii_alphanumeric()
            || matches!(char, b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+')
            || matches!(char, b',' | b';' | b'=');
        byte += 1;
    }
    is_in
};

fn target(head: &mut RequestHead) -> Result<(), Error> {
    let uri = &head.uri;
    match (uri.scheme(), uri.authority()) {
        // The form of CONNECT: `GET admin` looks like an authority too.
        (None, Some(_)) => Err(refused("a target in authority-form")),
        (None, None) if uri.path() == "*" && head.method != Method::OPTIONS => {
            Err(refused("the target * without OPTIONS"))
        }
        (None, None) if uri.path().starts_with('/') || uri.path() == "*" => Ok(()),
        (Some(scheme), Some(authority)) => {
            if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS {
                return Err(refused("a target of another scheme"));
            }
            if !is_authority(authority.as_str().as_bytes()) {
                return Err(refused("an invalid authority in the target"));
            }
            // RFC 9112, section 3.2.2: the target's authority replaces whatever Host said.
            let target = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
            head.fields.insert(&header::HOST, authority.as_str());
            head.uri = Uri::from(target);
            Ok(())
        }
        _ => Err(refused("the target")),
    }
}

fn refused(what: &'static str) -> Error {
    Error::new(Kind::BadRequest).detail(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(target: &str, headers: &[(&str, &str)]) -> Result<RequestHead, Error> {
        let mut request = http::Request::builder().uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut head = request.body(()).unwrap().into_parts().0.into();
        settle(&mut head).map(|()| head)
    }

    #[test]
    fn takes_an_ordinary_request() {
        for host in ["a", "a.b:80", "127.0.0.1:8080", "[::1]:8080", "[::1]", "a%2eb", "%C3%A9:80"] {
            assert!(settled("/x?y", &[("host", host)]).is_ok(), "{host}");
        }
    }

    #[test]
    fn refuses_hosts_that_are_none() {
        for host in ["", "a b", "a/b", "u@a", "a:b", "a:123456", "[::1", "[]", "[::1]x", "a:80:80", "a%zz", "a%2", "%"]
        {
            assert!(settled("/", &[("host", host)]).is_err(), "{host}");
        }
        assert!(settled("/", &[]).is_err());
        assert!(settled("/", &[("host", "a"), ("host", "a")]).is_err());
    }

    #[test]
    fn turns_an_absolute_target_into_origin_form_and_host() {
        let head = settled("http://real:81/x?y=1", &[("host", "fake")]).unwrap();
        assert_eq!(head.uri.to_string(), "/x?y=1");
        assert_eq!(head.fields.get_str(&header::HOST), Some("real:81"));
        let head = settled("http://real", &[("host", "fake")]).unwrap();
        assert_eq!(head.uri.to_string(), "/");
    }

    #[test]
    fn refuses_targets_of_other_forms() {
        assert!(settled("admin", &[("host", "a")]).is_err());
        assert!(settled("*", &[("host", "a")]).is_err());
        assert!(settled("http://u@real/", &[("host", "a")]).is_err());
    }
}
