//! What a `viaduct serve` is to do: checked and typed, or a start-up error that names the key.
//!
//! Flags win over the environment (clap merges the two), the environment over the file, the file over the defaults.
//! Naming an upstream means that only the named ones exist; naming one of a kind by a flag replaces the file's of that
//! kind. Each module owns its settings; this one builds them and is the only one that knows how they are written.

mod access;
mod build;
mod error;
mod file;
mod print;
mod url;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

pub use self::error::Error;
use crate::access::{Limits, Settings as Access};
use crate::pool;
use crate::proxy::{Class, Deadlines, Hosts, Mapping, OnClientGone};
use crate::timestamps::parameters::Mode;
use crate::timestamps::prompt::Dialect;
use crate::tls::Acceptor;
use crate::upstream::{Kind, Location};

/// A whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where clients connect.
    pub listen: Vec<SocketAddr>,
    /// TLS for clients.
    pub tls: Option<Tls>,
    /// Where probes and metrics are; `None` for nowhere.
    pub admin: Option<SocketAddr>,
    /// Names that `Host` may have.
    pub hosts: Hosts,
    /// Whose `X-Forwarded-*` are believed.
    pub trusted: Vec<IpNet>,
    /// Who says with a PROXY header whom it speaks for.
    pub proxy_protocol: Vec<IpNet>,
    /// Worker threads.
    pub workers: usize,
    /// How long running exchanges may take after the stop.
    pub drain: Duration,
    /// How long the process is unready but still accepting.
    pub drain_delay: Duration,
    /// Whether `/v1` goes to VIA where an Ollama exists too.
    pub v1_to_via: bool,
    /// Patience with clients.
    pub downstream: Downstream,
    /// The timestamps middleware.
    pub timestamps: Timestamps,
    /// The upstreams, VIA's first.
    pub upstreams: Vec<Upstream>,
    /// The user's own routes.
    pub mappings: Vec<Mapping>,
    /// Who may ask for what.
    pub access: Access,
    /// How many connections there may be.
    pub connections: Limits,
}

/// TLS for clients.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Certificate and key, read.
    pub acceptor: Arc<Acceptor>,
    /// Listeners that speak it besides plain ones; if there are none, all listeners do.
    pub listen: Vec<SocketAddr>,
}

/// Patience with clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downstream {
    /// From the first byte of a head to its last.
    pub head: Duration,
    /// Waiting for the next request.
    pub idle: Duration,
    /// Waiting for the client to take a byte.
    pub write: Duration,
    /// The most bytes of a request's head.
    pub max_head: usize,
    /// The most fields in it.
    pub max_fields: usize,
    /// Whether clients may speak HTTP/2.
    pub http2: bool,
    /// Whether big answers may pass inside the kernel.
    pub splice: bool,
}

/// Who reads answers by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamps {
    /// The mode of a request that names none.
    pub mode: Mode,
    /// Whether the mode was set, and so holds for event streams too.
    pub is_explicit: bool,
    /// The model that is asked, if there is one.
    pub model: Option<String>,
    /// The name of the upstream that has it.
    pub upstream: Option<String>,
    /// How it is asked.
    pub dialect: Dialect,
}

/// One upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Its name in answers, logs and metrics.
    pub name: String,
    /// The API it speaks.
    pub kind: Kind,
    /// Its endpoints.
    pub locations: Vec<Location>,
    /// Limits of its pools.
    pub pool: pool::Settings,
    /// Deadlines that differ from the defaults.
    pub deadlines: Vec<(Class, Deadlines)>,
    /// What differs from the defaults when a client has gone.
    pub on_client_gone: Vec<(Class, OnClientGone)>,
    /// The most bytes of a request's body, by class.
    pub max_body: Vec<(Class, u64)>,
}

/// What flags and environment say; `None` or empty where they say nothing.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--listen`
    pub listen: Vec<SocketAddr>,
    /// `--admin`: an address, or `off`.
    pub admin: Option<String>,
    /// `--tls-cert`
    pub tls_cert: Option<PathBuf>,
    /// `--tls-key`
    pub tls_key: Option<PathBuf>,
    /// `--tls-listen`
    pub tls_listen: Vec<SocketAddr>,
    /// `--via`
    pub via: Vec<String>,
    /// `--ollama`
    pub ollama: Vec<String>,
    /// `--to`
    pub to: Vec<String>,
    /// `--host`
    pub host: Vec<String>,
    /// `--trusted-proxy`
    pub trusted_proxy: Vec<IpNet>,
    /// `--proxy-protocol`
    pub proxy_protocol: Vec<IpNet>,
    /// `--timestamps`
    pub timestamps: Option<String>,
    /// `--model`
    pub model: Option<String>,
    /// `--drain`
    pub drain: Option<Duration>,
    /// `--drain-delay`
    pub drain_delay: Option<Duration>,
    /// `--allow`; `none` alone for an empty list.
    pub allow: Vec<String>,
    /// `--workers`
    pub workers: Option<usize>,
    /// Which of these the environment said, by their names here.
    pub environment: Vec<String>,
}

// === impl Config ===

impl Config {
    /// The configuration of these flags over that file (or over the defaults alone).
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, Error> {
        let Some(path) = file else { return build::build(&build::Source::none(), overrides) };
        Self::parse(path, &read(path)?, overrides)
    }

    /// The same as TOML: every value that holds, with who said it. Secrets are masked; otherwise it can be read again
    /// and means what was printed.
    pub fn print(file: Option<&Path>, overrides: &Overrides) -> Result<String, Error> {
        match file {
            Some(path) => Self::print_text(path, &read(path)?, overrides),
            None => print(&build::Source::none(), overrides),
        }
    }

    /// As [`print`](Self::print), of a text that stands in `path`.
    pub fn print_text(path: &Path, text: &str, overrides: &Overrides) -> Result<String, Error> {
        print(&build::Source::parse(path, text)?, overrides)
    }

    /// Where clients connect, and whether with TLS: plain listeners first.
    pub fn listeners(&self) -> impl Iterator<Item = (SocketAddr, bool)> {
        let secure = self.tls.as_ref().map(|tls| &tls.listen[..]);
        let are_all_secure = secure.is_some_and(<[_]>::is_empty);
        let listen = self.listen.iter().map(move |address| (*address, are_all_secure));
        listen.chain(secure.unwrap_or_default().iter().map(|address| (*address, true)))
    }

    /// As [`load`](Self::load), from a text that stands in `path`.
    pub fn parse(path: &Path, text: &str, overrides: Overrides) -> Result<Self, Error> {
        build::build(&build::Source::parse(path, text)?, overrides)
    }
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|e| Error::new(format!("{}: {e}", path.display())))
}

fn print(source: &build::Source<'_>, overrides: &Overrides) -> Result<String, Error> {
    let config = build::build(source, overrides.clone())?;
    Ok(print::page(source, overrides, &config))
}
