//! Trailer fields on their way to the client.

use http::header::{self, HeaderMap};

/// Fields that must not come behind a body: they would frame, route, authenticate or describe a message that is over
/// (RFC 9110, section 6.5.1), or end at this hop.
const FORBIDDEN: [&str; 28] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
    "proxy-authenticate",
    "proxy-authorization",
    "content-length",
    "content-type",
    "content-encoding",
    "content-range",
    "host",
    "authorization",
    "set-cookie",
    "cache-control",
    "expires",
    "pragma",
    "age",
    "date",
    "location",
    "vary",
    "www-authenticate",
    "trailer",
    "cookie",
    "max-forwards",
    "via",
    "x-viaduct-timestamps",
];

/// Takes out what must not come late, and what `Connection` names: here, or (`nominated`) in the answer's head.
pub(super) fn clean(trailers: &mut HeaderMap, nominated: &[Vec<u8>]) {
    let lines = trailers.get_all(header::CONNECTION).iter();
    let named: Vec<_> = lines
        .flat_map(|line| line.as_bytes().split(|&b| b == b','))
        .chain(nominated.iter().map(Vec::as_slice))
        .filter_map(|name| header::HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    for name in named {
        trailers.remove(name);
    }
    for name in FORBIDDEN {
        trailers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_lose_what_must_not_come_late() {
        let mut trailers = HeaderMap::new();
        for name in ["content-length", "x-checksum", "connection", "x-hop", "Authorization"] {
            trailers.insert(header::HeaderName::from_bytes(name.as_bytes()).unwrap(), "x-hop".parse().unwrap());
        }
        trailers.insert("x-early", "1".parse().unwrap());
        clean(&mut trailers, &[b"X-Early".to_vec()]);
        assert_eq!(trailers.keys().collect::<Vec<_>>(), ["x-checksum"]);
    }
}
