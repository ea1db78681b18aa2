//! An endpoint as a user writes it: `http://host:port/base` or `https://host:port/base`.

use crate::pool::Address;
use crate::upstream::Location;

/// An endpoint, which knows nothing of TLS yet.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub location: Location,
    /// Whether it speaks TLS.
    pub is_secure: bool,
}

/// Reads an endpoint's URL. The error says what would be right.
pub(super) fn parse(url: &str) -> Result<Endpoint, String> {
    let wrong = |why: &str| Err(format!("`{url}` is not an endpoint: {why}"));
    let (rest, is_secure) = match url.split_once("://") {
        Some(("http", rest)) => (rest, false),
        Some(("https", rest)) => (rest, true),
        Some(_) => return wrong("the scheme has to be http or https"),
        None => return wrong(&format!("write http://{url}")),
    };
    let (authority, base) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    if authority.contains('@') {
        return wrong("a user or password has no place in it");
    }
    if base.contains(['?', '#']) {
        return wrong("a query or fragment has no place in it");
    }
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').unwrap_or("?"))),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return wrong("it names no host");
    }
    let default = if is_secure { 443 } else { 80 };
    let port = match port.map_or(Ok(default), str::parse) {
        Ok(port) if port > 0 => port,
        _ => return wrong("the port has to be a number from 1 to 65535"),
    };
    let base = base.trim_end_matches('/');
    if http::uri::PathAndQuery::try_from(base).is_err() && !base.is_empty() {
        return wrong("its path is not valid");
    }
    match Address::new(host, port) {
        Some(address) => Ok(Endpoint { location: Location { address, base: base.to_owned(), tls: None }, is_secure }),
        None => wrong("its host is not valid"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_host_port_and_base() {
        let read = |url: &str| {
            parse(url).map(|Endpoint { location, is_secure }| {
                assert_eq!(is_secure, url.starts_with("https"));
                format!("{} {}", location.address, location.base)
            })
        };
        assert_eq!(read("http://127.0.0.1:8100"), Ok("127.0.0.1:8100 ".into()));
        assert_eq!(read("http://via/"), Ok("via:80 ".into()));
        assert_eq!(read("http://via:8100/v1/"), Ok("via:8100 /v1".into()));
        assert_eq!(read("https://via/v1"), Ok("via:443 /v1".into()));
        assert_eq!(read("https://via:8443"), Ok("via:8443 ".into()));
        assert_eq!(read("http://[::1]:8100"), Ok("[::1]:8100 ".into()));
    }

    #[test]
    fn says_what_would_be_right() {
        assert!(parse("127.0.0.1:8100").unwrap_err().contains("write http://127.0.0.1:8100"));
        for url in ["ftp://a", "http://", "http://a:0", "http://a:x", "http://u@a", "http://a/?q", "http://[::1]x"] {
            assert!(parse(url).is_err(), "{url}");
        }
    }
}
