//! Fields that end at this hop, and fields that viaduct adds (contract: http-proxy, section 4).
//!
//! One scan finds what is hop-by-hop, so that an ordinary head, which has none of it, is left as it is; removal comes
//! before addition, so that no `Connection` option can nominate a field of viaduct's own.

use http::header::{self, HeaderName};

use crate::head::{Fields, marks};

/// What a message's hop-by-hop fields had asked of this hop.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hop {
    /// `TE` listed `trailers`, and `Connection` or not, the sender takes them.
    pub trailers: bool,
    /// The message named a transfer coding.
    pub coding: bool,
    /// What `Connection` named: such a field ends here also as a trailer.
    pub nominated: Vec<Vec<u8>>,
}

/// Removes the fields that end here (RFC 9110, section 7.6.1), and those that `Connection` names, on every line of it.
/// `Host` and the framing stay, whoever names them: they are not the sender's to take away.
pub(super) fn end_hop(fields: &mut Fields) -> Hop {
    let mut hop = Hop::default();
    if !fields.may_have(ENDING) {
        return hop;
    }
    let mut is_found = false;
    let mut is_nominated = false;
    for (name, value) in fields.iter() {
        let Some(end) = ends_here(name) else { continue };
        is_found = true;
        match end {
            End::Connection => is_nominated |= nominated(value).next().is_some(),
            End::Te => hop.trailers |= tokens(value).any(|token| token.eq_ignore_ascii_case(b"trailers")),
            End::TransferEncoding => hop.coding = true,
            End::Other => {}
        }
    }
    if is_nominated {
        hop.nominated = fields.get_all(&header::CONNECTION).flat_map(nominated).map(<[u8]>::to_vec).collect();
        fields.retain(|name, _| !hop.nominated.iter().any(|nominated| nominated.eq_ignore_ascii_case(name)));
    }
    if is_found {
        fields.retain(|name, _| ends_here(name).is_none());
    }
    hop
}

/// The marks of the fields that end here.
const ENDING: u64 = marks(&[
    "te",
    "upgrade",
    "keep-alive",
    "connection",
    "proxy-connection",
    "transfer-encoding",
    "proxy-authenticate",
    "proxy-authorization",
]);

/// What a field that ends here says to this hop.
enum End {
    Connection,
    Te,
    TransferEncoding,
    Other,
}

/// Most names are sorted out by their length alone.
fn ends_here(name: &[u8]) -> Option<End> {
    let (other, end) = match name.len() {
        2 => (&b"te"[..], End::Te),
        7 => (&b"upgrade"[..], End::Other),
        10 if name[0] | 0x20 == b'k' => (&b"keep-alive"[..], End::Other),
        10 => (&b"connection"[..], End::Connection),
        16 => (&b"proxy-connection"[..], End::Other),
        17 => (&b"transfer-encoding"[..], End::TransferEncoding),
        18 => (&b"proxy-authenticate"[..], End::Other),
        19 => (&b"proxy-authorization"[..], End::Other),
        _ => return None,
    };
    name.eq_ignore_ascii_case(other).then_some(end)
}

/// The fields that a line of `Connection` names, less those that are not the sender's to take away.
fn nominated(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    const KEPT: [&[u8]; 5] = [b"close", b"keep-alive", b"host", b"content-length", b"transfer-encoding"];
    tokens(value).filter(|token| !KEPT.iter().any(|kept| token.eq_ignore_ascii_case(kept)))
}

/// The elements of a comma-separated list, as bytes: a field need not be ASCII.
fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&b| b == b',').map(<[u8]>::trim_ascii).filter(|token| !token.is_empty())
}

/// Whether a list field has `element`, on any of its lines.
pub(super) fn lists(fields: &Fields, name: &HeaderName, element: &[u8]) -> bool {
    fields.get_all(name).flat_map(tokens).any(|token| token.eq_ignore_ascii_case(element))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(fields: &[(&'static str, &'static str)]) -> Fields {
        let mut all = Fields::new();
        for (name, value) in fields {
            all.append(&HeaderName::from_static(name), value);
        }
        all
    }

    fn left(fields: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut fields = some(fields);
        end_hop(&mut fields);
        let mut left: Vec<_> = fields.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect();
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
        let mut fields = some(&[("x-a", "1")]);
        fields.append(&header::CONNECTION, b"\xe9, x-a");
        end_hop(&mut fields);
        assert!(fields.is_empty());
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
        let mut fields = some(&[("te", "gzip, Trailers")]);
        assert!(end_hop(&mut fields).trailers);
        assert!(!end_hop(&mut some(&[("te", "gzip")])).trailers);
    }
}
