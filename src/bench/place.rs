//! Where load is sent: straight to the server, to the viaduct in front of it, or to a peer.

use std::net::SocketAddr;

use super::process;
use super::url::Url;

/// What stands at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The server itself.
    Direct,
    /// The proxy that this is about.
    Proxy,
    /// Another proxy, to compare.
    Peer,
}

/// One of the ends that a scenario runs against.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) name: String,
    /// What its program says of itself.
    pub(super) version: String,
    pub(super) role: Role,
    pub(super) url: Url,
    pub(super) address: SocketAddr,
    /// Its processes on this machine; none for a server, or when it runs elsewhere.
    pub(super) pids: Vec<u32>,
    /// Bytes of its own memory before any load.
    pub(super) fresh: Option<u64>,
}

// === impl Place ===

impl Place {
    pub(super) fn direct(url: Url, address: SocketAddr) -> Self {
        let (name, version) = ("direct".to_owned(), String::new());
        Self { name, version, role: Role::Direct, url, address, pids: Vec::new(), fresh: None }
    }

    /// A proxy that listens already.
    pub(super) fn proxy(role: Role, name: String, version: String, url: Url, address: SocketAddr) -> Self {
        // Elsewhere a process of the same port would be somebody else's.
        let is_here = address.ip().is_loopback();
        let pids = if is_here { process::listeners(address.port()) } else { Vec::new() };
        let fresh = process::anonymous(&pids);
        Self { name, version, role, url, address, pids, fresh }
    }
}
