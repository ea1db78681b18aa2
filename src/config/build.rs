//! From what was written to what it means.

mod downstream;
mod timestamps;
mod tls;
mod upstreams;

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use toml::Spanned;

use self::upstreams::known;
pub(super) use self::upstreams::{class, name};
use super::access;
use super::error::Error;
use super::file::{self, File};
use super::{Config, Overrides, Upstream};
use crate::proxy::{Hosts, Mapping};

/// A file, and the text that its spans point into.
pub(super) struct Source<'a> {
    pub path: PathBuf,
    pub text: &'a str,
    pub file: File,
}

/// How long running exchanges may take after the stop.
const DRAIN: Duration = Duration::from_secs(30);

/// More threads than this are a slip of the pen: the runtime would make them, or fail to, before anything is served.
const MOST_WORKERS: usize = 1024;

// === impl Source ===

impl<'a> Source<'a> {
    /// No file.
    pub(super) fn none() -> Self {
        Self { path: PathBuf::new(), text: "", file: File::default() }
    }

    /// What stands in `path`.
    pub(super) fn parse(path: &Path, text: &'a str) -> Result<Self, Error> {
        let file = toml::from_str(text).map_err(|e| Error::written(path, text, &e))?;
        Ok(Self { path: path.to_owned(), text, file })
    }

    pub(super) fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Error {
        Error::at(&self.path, self.text, span, message)
    }

    /// A path as it was written, which is meant from where the file is.
    pub(super) fn beside(&self, written: &str) -> PathBuf {
        self.path.parent().map_or_else(|| PathBuf::from(written), |folder| folder.join(written))
    }

    /// Reads a written value, or says where it stands and what would be right.
    pub(super) fn read<T>(
        &self,
        written: &Spanned<String>,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Error> {
        read(written.get_ref()).map_err(|message| self.wrong(written.span(), message))
    }
}

pub(super) fn build(source: &Source<'_>, overrides: Overrides) -> Result<Config, Error> {
    let file = &source.file;
    let upstreams = upstreams::upstreams(source, &overrides)?;
    let listen = listen(source, &overrides)?;
    let tls = tls::listeners(source, &overrides)?;
    let config = Config {
        admin: admin(source, overrides.admin.as_deref())?,
        hosts: hosts(file, &overrides.host),
        trusted: networks(source, overrides.trusted_proxy, &file.trusted_proxy)?,
        proxy_protocol: networks(source, overrides.proxy_protocol, &file.proxy_protocol)?,
        workers: workers(source, overrides.workers)?,
        drain: overrides.drain.or_else(|| file.drain.and_then(|drain| drain.0)).unwrap_or(DRAIN),
        drain_delay: overrides.drain_delay.or_else(|| file.drain_delay.and_then(|delay| delay.0)).unwrap_or_default(),
        v1_to_via: v1_to_via(source)?,
        downstream: downstream::downstream(source)?,
        timestamps: timestamps::timestamps(source, overrides.timestamps.as_deref(), overrides.model, &upstreams)?,
        mappings: mappings(source, &upstreams)?,
        access: access::settings(source, &overrides.allow)?,
        connections: access::connections(source)?,
        upstreams,
        tls,
        listen,
    };
    check_loops(&config)?;
    Ok(config)
}

fn address(written: &str) -> Result<SocketAddr, String> {
    written.parse().map_err(|_| format!("`{written}` is no address; write IP:PORT, such as 127.0.0.1:8080"))
}

fn listen(source: &Source<'_>, overrides: &Overrides) -> Result<Vec<SocketAddr>, Error> {
    if !overrides.listen.is_empty() {
        return Ok(overrides.listen.clone());
    }
    match &source.file.listen {
        Some(listen) => listen.iter().map(|written| source.read(written, address)).collect(),
        None => Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))]),
    }
}

fn admin(source: &Source<'_>, flag: Option<&str>) -> Result<Option<SocketAddr>, Error> {
    let read = |written: &str| if written == "off" { Ok(None) } else { address(written).map(Some) };
    match (flag, &source.file.admin) {
        (Some(flag), _) => read(flag).map_err(|message| Error::new(format!("--admin: {message}"))),
        (None, Some(written)) => source.read(written, read),
        (None, None) => Ok(Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8081)))),
    }
}

fn hosts(file: &File, flags: &[String]) -> Hosts {
    let written = file.host.iter().map(|host| host.get_ref().clone());
    let names: Vec<_> = if flags.is_empty() { written.collect() } else { flags.to_vec() };
    Hosts { any: names.iter().any(|name| name == "*"), names: names.into_iter().filter(|name| name != "*").collect() }
}

fn networks(source: &Source<'_>, flags: Vec<IpNet>, written: &[Spanned<String>]) -> Result<Vec<IpNet>, Error> {
    if !flags.is_empty() {
        return Ok(flags);
    }
    let read = |written: &str| {
        let net = written.parse::<IpNet>().or_else(|_| written.parse().map(|ip: std::net::IpAddr| IpNet::from(ip)));
        net.map_err(|_| format!("`{written}` is no network; write it as 10.0.0.0/8 or as one address"))
    };
    written.iter().map(|written| source.read(written, read)).collect()
}

fn workers(source: &Source<'_>, flag: Option<usize>) -> Result<usize, Error> {
    let wrong = |workers| match workers {
        0 => Some("at least 1".to_owned()),
        1..=MOST_WORKERS => None,
        _ => Some(format!("at most {MOST_WORKERS}")),
    };
    match (flag, &source.file.workers) {
        (Some(workers), _) => match wrong(workers) {
            Some(message) => Err(Error::new(format!("--workers: {message}"))),
            None => Ok(workers),
        },
        (None, Some(written)) => match wrong(*written.get_ref()) {
            Some(message) => Err(source.wrong(written.span(), message)),
            None => Ok(*written.get_ref()),
        },
        (None, None) => Ok(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)),
    }
}

fn v1_to_via(source: &Source<'_>) -> Result<bool, Error> {
    let Some(written) = &source.file.v1 else { return Ok(false) };
    source.read(written, |v1| match v1 {
        "via" => Ok(true),
        "ollama" => Ok(false),
        _ => Err(format!("`{v1}` cannot take /v1; write \"ollama\" or \"via\"")),
    })
}

fn mappings(source: &Source<'_>, upstreams: &[Upstream]) -> Result<Vec<Mapping>, Error> {
    let one = |route: &file::Route| {
        let path = source.read(&route.path, |path| {
            let is_path = path.starts_with('/') && !path.contains(['?', '#', '%', '\\']) && !path.contains("//");
            if is_path {
                Ok(path.to_owned())
            } else {
                Err(format!("`{path}` is no path; it begins with / and stands as it is, unescaped"))
            }
        })?;
        let upstream = source.read(&route.upstream, |name| known(upstreams, name))?;
        Ok(Mapping { path, upstream, strip: route.strip })
    };
    source.file.route.iter().map(one).collect()
}

/// An upstream that is one of our own listeners would send each request round for ever.
fn check_loops(config: &Config) -> Result<(), Error> {
    for upstream in &config.upstreams {
        for location in &upstream.locations {
            if config.listeners().any(|(listener, _)| location.address.is(listener)) {
                let (name, address) = (&upstream.name, &location.address);
                return Err(Error::new(format!("upstream `{name}`: {address} is viaduct's own listener")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
