//! Fields that end at this hop, and fields that viaduct adds (contract: http-proxy, section 4).
//!
//! One scan finds what is hop-by-hop, so that an ordinary head, which has none of it, is left as it is; removal comes
//! before addition, so that no `Connection` option can nominate a field of viaduct's own.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// What a message's hop-by-hop fields had asked of this hop.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hop {
    /// `TE` listed `trailers`, and `Connection` or not, the sender takes them.
    pub trailers: bool,
}

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Removes the fields that end here (RFC 9110, section 7.6.1), and those that `Connection` names, on every line of it.
/// `Host` and the framing stay, whoever names them: they are not the sender's to take away.
pub(super) fn end_hop(headers: &mut HeaderMap) -> Hop {
    let mut hop = Hop::default();
    let mut found = Found::default();
    for (name, value) in &*headers {
        found.note(name, value, &mut hop);
    }
    if found.connection {
        for name in nominated(headers) {
            headers.remove(name);
        }
        headers.remove(header::CONNECTION);
    }
    let removed = [
        (found.keep_alive, KEEP_ALIVE),
        (found.proxy_connection, PROXY_CONNECTION),
        (found.te, header::TE),
        (found.transfer_encoding, header::TRANSFER_ENCODING),
        (found.upgrade, header::UPGRADE),
        (found.proxy_authorization, header::PROXY_AUTHORIZATION),
        (found.proxy_authenticate, header::PROXY_AUTHENTICATE),
    ];
    for (present, name) in removed {
        if present {
            headers.remove(name);
        }
    }
    hop
}

/// Which of the fields that end here were seen.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one flag for each field is what this is")]
struct Found {
    connection: bool,
    keep_alive: bool,
    proxy_connection: bool,
    te: bool,
    transfer_encoding: bool,
    upgrade: bool,
    proxy_authorization: bool,
    proxy_authenticate: bool,
}

impl Found {
    /// Most names are sorted out by their length alone.
    fn note(&mut self, name: &HeaderName, value: &HeaderValue, hop: &mut Hop) {
        match name.as_str().len() {
            2 if *name == header::TE => {
                self.te = true;
                hop.trailers |= tokens(value).any(|token| token.eq_ignore_ascii_case(b"trailers"));
            }
            7 => self.upgrade |= *name == header::UPGRADE,
            10 => {
                self.connection |= *name == header::CONNECTION;
                self.keep_alive |= *name == KEEP_ALIVE;
            }
            16 => self.proxy_connection |= *name == PROXY_CONNECTION,
            17 => self.transfer_encoding |= *name == header::TRANSFER_ENCODING,
            18 => self.proxy_authenticate |= *name == header::PROXY_AUTHENTICATE,
            19 => self.proxy_authorization |= *name == header::PROXY_AUTHORIZATION,
            _ => {}
        }
    }
}

/// The fields that `Connection` names, less those that are not the sender's to take away.
fn nominated(headers: &HeaderMap) -> Vec<HeaderName> {
    let lines = headers.get_all(header::CONNECTION).iter();
    lines
        .flat_map(tokens)
        .filter(|token| !token.eq_ignore_ascii_case(b"close") && !token.eq_ignore_ascii_case(b"keep-alive"))
        .filter_map(|token| HeaderName::from_bytes(token).ok())
        .filter(|name| *name != header::HOST && *name != header::CONTENT_LENGTH && *name != header::TRANSFER_ENCODING)
        .collect()
}

/// The elements of a comma-separated list, as bytes: a field need not be ASCII.
fn tokens(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    value.as_bytes().split(|&b| b == b',').map(<[u8]>::trim_ascii).filter(|token| !token.is_empty())
}

/// Appends an element to a list field, keeping what is there (RFC 9110, section 5.3: as one more line).
pub(super) fn append(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.append(name, value);
}

/// Whether a list field has `element`, on any of its lines.
pub(super) fn lists(headers: &HeaderMap, name: &HeaderName, element: &[u8]) -> bool {
    headers.get_all(name).iter().flat_map(tokens).any(|token| token.eq_ignore_ascii_case(element))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect::<Vec<_>>()
            .into_iter()
            .fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value);
                map
            })
    }

    fn left(fields: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut headers = map(fields);
        end_hop(&mut headers);
        let mut left: Vec<_> = headers.keys().map(ToString::to_string).collect();
        left.sort();
        left
    }

    #[test]
    fn removes_what_always_ends_here() {
        let fields = [
            ("connection", "close"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("te", "gzip"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("x-kept", "1"),
        ];
        assert_eq!(left(&fields), ["x-kept"]);
    }

    #[test]
    fn removes_what_any_connection_line_names() {
        assert_eq!(
            left(&[("connection", "X-A, close"), ("connection", "x-b"), ("x-a", "1"), ("x-b", "2"), ("x-c", "3")]),
            ["x-c"]
        );
    }

    #[test]
    fn a_connection_line_that_is_not_ascii_still_counts() {
        let mut headers = map(&[("x-a", "1")]);
        headers.append(header::CONNECTION, HeaderValue::from_bytes(b"\xe9, x-a").unwrap());
        end_hop(&mut headers);
        assert!(headers.is_empty());
    }

    #[test]
    fn host_and_framing_cannot_be_named_away() {
        assert_eq!(
            left(&[("connection", "host, content-length"), ("host", "a"), ("content-length", "5")]),
            ["content-length", "host"]
        );
    }

    #[test]
    fn tells_who_takes_trailers() {
        let mut headers = map(&[("te", "gzip, Trailers")]);
        assert!(end_hop(&mut headers).trailers);
        assert!(!end_hop(&mut map(&[("te", "gzip")])).trailers);
    }
}
