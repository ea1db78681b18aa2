//! A server as its user writes it: `http://host:port/base`, and what it resolves to.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;

use http::Uri;

/// A server under load, or in front of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    host: String,
    port: u16,
    /// Put in front of every path; empty, or begins with a slash and ends without one.
    base: String,
}

/// A URL that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadUrl(String);

// === impl Url ===

impl Url {
    /// A server at this address.
    pub(super) fn at(address: SocketAddr) -> Self {
        let host = if address.is_ipv6() { format!("[{}]", address.ip()) } else { address.ip().to_string() };
        Self { host, port: address.port(), base: String::new() }
    }

    /// `host:port`, as in a Host field.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// What stands before every path.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The first address that the host resolves to.
    pub(super) async fn resolve(&self) -> io::Result<SocketAddr> {
        let mut found = tokio::net::lookup_host(self.authority()).await?;
        found.next().ok_or_else(|| io::Error::other(format!("{} resolves to nothing", self.host)))
    }
}

impl FromStr for Url {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let bad = |why: &str| BadUrl(format!("`{text}`: {why}"));
        let uri: Uri = text.parse().map_err(|_| bad("not a URL, write http://HOST:PORT"))?;
        if uri.scheme_str() != Some("http") {
            return Err(bad("has to begin with http://"));
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| bad("names no host"))?;
        if uri.query().is_some() {
            return Err(bad("a query has no place in it"));
        }
        let base = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { host: host.to_owned(), port: uri.port_u16().unwrap_or(80), base })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority(), self.base)
    }
}

// === impl BadUrl ===

impl fmt::Display for BadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_host_port_and_base() {
        let read = |text: &str| text.parse::<Url>().map(|url| url.to_string());
        assert_eq!(read("http://via:8100/v1/"), Ok("http://via:8100/v1".into()));
        assert_eq!(read("http://127.0.0.1"), Ok("http://127.0.0.1:80".into()));
        assert_eq!(read("http://[::1]:1"), Ok("http://[::1]:1".into()));
        for bad in ["via:8100", "https://via", "http://", "http://a/?b", ""] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
