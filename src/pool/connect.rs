//! Dials an endpoint: names to addresses, the socket's options, the handshake of TLS.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::HeaderValue;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use crate::tls::{self, Expected};
use crate::transport::Transport;

/// Where an endpoint listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: Box<str>,
    port: u16,
    authority: HeaderValue,
}

/// Makes connections to one address.
#[derive(Debug)]
pub struct Connector {
    address: Address,
    tls: Option<Expected>,
}

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// The name has no address, the port is closed, or the network says no.
    Io(io::Error),
    /// The other side is not whom it has to be, does not want us, or speaks no TLS.
    Tls(io::Error),
    /// hyper did not take the connection.
    Handshake(hyper::Error),
    /// Nobody answered in time.
    Timeout(Duration),
}

// === impl Address ===

impl Address {
    /// A host (a name, an IPv4 address, or an IPv6 address without brackets) and a port.
    pub fn new(host: &str, port: u16) -> Option<Self> {
        let text = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let authority = HeaderValue::try_from(text).ok()?;
        Some(Self { host: host.into(), port, authority })
    }

    /// `host:port`, as a `Host` header says it.
    pub fn authority(&self) -> &HeaderValue {
        &self.authority
    }

    /// The host alone: a name, or an address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether this is the same socket as `listener`: an upstream that would be ourselves.
    pub fn is(&self, listener: SocketAddr) -> bool {
        self.port == listener.port()
            && match self.host.parse::<IpAddr>() {
                Ok(ip) => ip == listener.ip() || (ip.is_loopback() && listener.ip().is_unspecified()),
                Err(_) => &*self.host == "localhost" && (listener.ip().is_loopback() || listener.ip().is_unspecified()),
            }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.authority.to_str().unwrap_or_default())
    }
}

// === impl Connector ===

impl Connector {
    /// Dials `address`, and greets with TLS whoever is expected there.
    pub fn new(address: Address, tls: Option<Expected>) -> Self {
        Self { address, tls }
    }

    /// Where it leads.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// A connection, its TLS handshake done. Cancelling abandons the dial.
    pub(super) async fn connect(&self) -> Result<Transport, ConnectError> {
        let tcp = self.dial().await.map_err(ConnectError::Io)?;
        match &self.tls {
            None => Ok(tcp.into()),
            // Boxed: it is large, and whoever sends a request has room for it otherwise.
            Some(expected) => Ok(Box::pin(expected.connect(tcp)).await.map_err(ConnectError::Tls)?.into()),
        }
    }

    /// Tries every address of a name, IPv4 first: Ollama binds only 127.0.0.1, and `localhost` means `::1` first on
    /// many machines.
    async fn dial(&self) -> io::Result<TcpStream> {
        let port = self.address.port;
        if let Ok(ip) = self.address.host.parse::<IpAddr>() {
            return Self::open(SocketAddr::new(ip, port)).await;
        }
        let mut addresses: Vec<_> = tokio::net::lookup_host((&*self.address.host, port)).await?.collect();
        addresses.sort_by_key(SocketAddr::is_ipv6);
        let mut refused = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match Self::open(address).await {
                Ok(stream) => return Ok(stream),
                Err(e) => refused = e,
            }
        }
        Err(refused)
    }

    async fn open(address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        // An event that waits for Nagle is an event late.
        stream.set_nodelay(true)?;
        SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(60)))?;
        Ok(stream)
    }
}

// === impl ConnectError ===

impl ConnectError {
    /// What TLS has against the other side, if that is the reason, in words fit for a client.
    pub fn objection(&self) -> Option<&'static str> {
        match self {
            Self::Tls(e) => Some(tls::objection(e).unwrap_or("the handshake broke off")),
            Self::Io(_) | Self::Handshake(_) | Self::Timeout(_) => None,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) | Self::Tls(e) => write!(f, "{e}"),
            Self::Handshake(e) => write!(f, "{e}"),
            Self::Timeout(after) => write!(f, "no connection within {after:?}"),
        }
    }
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io(e) | Self::Tls(e) => Some(e),
            Self::Handshake(e) => Some(e),
            Self::Timeout(_) => None,
        }
    }
}
