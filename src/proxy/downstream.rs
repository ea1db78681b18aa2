//! What is known of the client's side of a connection, once for all its exchanges: who it is, whether its word on
//! other clients counts, which `Host` it may ask for.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use tokio::sync::watch;

use super::upgrade::Tunnel;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::turn::Turn;

/// One client connection.
#[derive(Debug)]
pub struct Downstream {
    /// The client's address.
    pub peer: SocketAddr,
    /// The same as logs say it.
    pub(super) peer_text: Arc<str>,
    /// Its IP, as `X-Forwarded-For` says it.
    pub(super) peer_ip: Arc<str>,
    /// Whether it is a proxy whose `X-Forwarded-*` are believed.
    pub(super) is_trusted: bool,
    /// Whether the listener that accepted it is a loopback address.
    pub(super) is_loopback: bool,
    /// Whether it came with TLS.
    pub(super) is_secure: bool,
    /// The version that the client speaks, unless it is the usual one.
    pub(super) proto: Option<&'static str>,
    /// The deadlines of this connection.
    pub clock: Arc<Clock>,
    /// What its client hears before an answer.
    pub turn: Arc<Turn>,
    /// Where its exchanges are counted.
    pub(super) metrics: Arc<Metrics>,
    /// Held for as long as anything of this connection goes on: a drain waits until the last is dropped.
    watch: Option<watch::Receiver<bool>>,
    /// The connection to which it was upgraded.
    tunnel: Mutex<Option<Tunnel>>,
}

/// Which names a `Host` may have (design, section 3: Host).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts {
    /// Any name at all, on every listener.
    pub any: bool,
    /// Names that are served, lower case, without port.
    pub names: Vec<String>,
}

// === impl Downstream ===

impl Downstream {
    /// A connection from the first address, accepted on the second.
    pub fn new(
        (peer, local): (SocketAddr, SocketAddr),
        trusted: &[IpNet],
        clock: Arc<Clock>,
        turn: Arc<Turn>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let ip = peer.ip().to_canonical();
        Self {
            peer,
            peer_text: peer.to_string().into(),
            peer_ip: ip.to_string().into(),
            is_trusted: trusted.iter().any(|net| net.contains(&ip)),
            is_loopback: local.ip().to_canonical().is_loopback(),
            is_secure: false,
            proto: None,
            clock,
            turn,
            metrics,
            watch: None,
            tunnel: Mutex::default(),
        }
    }

    /// The same connection, with TLS or without.
    #[must_use]
    pub fn secure(self, is_secure: bool) -> Self {
        Self { is_secure, ..self }
    }

    /// The same connection, waited for by a drain until its last exchange has ended.
    #[must_use]
    pub fn watched(self, watch: watch::Receiver<bool>) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// The same client, for one of several exchanges that run at once, as only HTTP/2 has them: each has its own time
    /// and its own turn.
    #[must_use]
    pub fn split(&self, clock: Arc<Clock>, turn: Arc<Turn>) -> Self {
        Self {
            peer: self.peer,
            peer_text: Arc::clone(&self.peer_text),
            peer_ip: Arc::clone(&self.peer_ip),
            is_trusted: self.is_trusted,
            is_loopback: self.is_loopback,
            is_secure: self.is_secure,
            proto: Some("HTTP/2.0"),
            clock,
            turn,
            metrics: Arc::clone(&self.metrics),
            watch: self.watch.clone(),
            tunnel: Mutex::default(),
        }
    }

    /// How the client asked.
    pub(super) fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }

    /// When the switch of protocols is told, this is to be run on the connection.
    pub(super) fn leave_tunnel(&self, tunnel: Tunnel) {
        *self.tunnel() = Some(tunnel);
    }

    /// The tunnel to run now that the switch is told.
    pub fn take_tunnel(&self) -> Option<Tunnel> {
        self.tunnel().take()
    }

    fn tunnel(&self) -> std::sync::MutexGuard<'_, Option<Tunnel>> {
        self.tunnel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Hosts ===

impl Hosts {
    /// Whether a route to VIA or Ollama serves this `Host` on a listener that is loopback, or not.
    ///
    /// A page that a browser loads from a name which resolves to 127.0.0.1 sends that name; Ollama refuses it, and
    /// since viaduct rewrites `Host` toward Ollama, viaduct has to.
    pub fn serve(&self, host: Option<&[u8]>, on_loopback: bool) -> bool {
        if self.any || (!on_loopback && self.names.is_empty()) {
            return true;
        }
        // HTTP/1.0 without Host: no browser, hence no rebinding.
        let Some(host) = host else { return true };
        let Ok(host) = str::from_utf8(host) else { return false };
        let name = without_port(host);
        is_loopback_name(name) || self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

fn without_port(host: &str) -> &str {
    if host.starts_with('[') {
        return host.split_once(']').map_or(host, |(address, _)| &address[1..]);
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

fn is_loopback_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let tail = name.len().checked_sub(".localhost".len()).and_then(|at| name.get(at..));
    name.eq_ignore_ascii_case("localhost")
        || tail.is_some_and(|tail| tail.eq_ignore_ascii_case(".localhost"))
        || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serves(hosts: &Hosts, host: &'static str, on_loopback: bool) -> bool {
        hosts.serve(Some(host.as_bytes()), on_loopback)
    }

    #[test]
    fn a_loopback_listener_serves_loopback_names_only() {
        let hosts = Hosts::default();
        for host in ["localhost", "LOCALHOST:8080", "a.localhost", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"] {
            assert!(serves(&hosts, host, true), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "10.0.0.1", "notlocalhost"] {
            assert!(!serves(&hosts, host, true), "{host}");
        }
    }

    #[test]
    fn named_hosts_are_added() {
        let hosts = Hosts { any: false, names: vec!["Media.example".into()] };
        assert!(serves(&hosts, "media.example:8080", true));
        assert!(serves(&hosts, "media.example", false));
        assert!(!serves(&hosts, "other.example", false));
        assert!(serves(&hosts, "127.0.0.1", false));
        assert!(serves(&Hosts { any: true, names: Vec::new() }, "evil.example", true));
    }

    #[test]
    fn beyond_loopback_any_host_goes_unless_names_are_given() {
        assert!(serves(&Hosts::default(), "any.example", false));
    }
}
