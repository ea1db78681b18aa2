//! From what was written to what it means.

mod downstream;
mod tls;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use toml::Spanned;

use super::access;
use super::error::{Error, nearest};
use super::file::{self, File, Written};
use super::{Config, Overrides, Timestamps, Upstream, url};
use crate::pool::{self, Codec};
use crate::proxy::{Class, Deadlines, Hosts, Mapping, OnClientGone};
use crate::timestamps::parameters::Mode;
use crate::timestamps::prompt::Dialect;
use crate::upstream::{Kind, Location};

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

/// Uvicorn, VIA's server, closes idle connections after this long; a pool that keeps them longer sends into the void.
const VIA_KEEP_ALIVE: Duration = Duration::from_secs(5);

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
    let upstreams = upstreams(source, &overrides)?;
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
        timestamps: timestamps(source, overrides.timestamps.as_deref(), overrides.model, &upstreams)?,
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

/// `auto` where a model was named and an Ollama exists, else `text` (contract: timestamps, section 1).
fn timestamps(
    source: &Source<'_>,
    flag: Option<&str>,
    model: Option<String>,
    upstreams: &[Upstream],
) -> Result<Timestamps, Error> {
    let read = |written: &str| {
        Mode::parse(written).map_err(|_| format!("`{written}` is no mode; write off, text, auto or model"))
    };
    let file = &source.file.timestamps;
    let model = model.or_else(|| file.model.as_ref().map(|model| model.get_ref().clone()));
    let dialect = match &file.dialect {
        Some(written) => source.read(written, |dialect| match dialect {
            "ollama" => Ok(Dialect::Ollama),
            "openai" => Ok(Dialect::OpenAi),
            _ => Err(format!(
                "`{dialect}` is no dialect; write \"ollama\" (/api/chat) or \"openai\" (/v1/chat/completions)"
            )),
        })?,
        None => Dialect::Ollama,
    };
    let upstream = match &file.upstream {
        Some(written) => Some(source.read(written, |name| known(upstreams, name))?),
        None => upstreams.iter().find(|upstream| upstream.kind == Kind::Ollama).map(|upstream| upstream.name.clone()),
    };
    let can_ask = model.is_some() && upstream.is_some();
    let (mode, span) = match (flag, &file.mode) {
        (Some(flag), _) => (Some(read(flag).map_err(|message| Error::new(format!("--timestamps: {message}")))?), None),
        (None, Some(written)) => (Some(source.read(written, read)?), Some(written.span())),
        (None, None) => (None, None),
    };
    if let Some(mode @ (Mode::Auto | Mode::Model)) = mode
        && !can_ask
    {
        let message = format!("mode `{mode}` needs a model (--model NAME) and an Ollama upstream (--ollama URL)");
        return Err(match span {
            Some(span) => source.wrong(span, message),
            None => Error::new(format!("--timestamps: {message}")),
        });
    }
    let default = if can_ask { Mode::Auto } else { Mode::Text };
    Ok(Timestamps { mode: mode.unwrap_or(default), is_explicit: mode.is_some(), model, upstream, dialect })
}

fn upstreams(source: &Source<'_>, overrides: &Overrides) -> Result<Vec<Upstream>, Error> {
    let mut upstreams = Vec::new();
    let by_flag = [
        ("--via", Kind::Via, "via", &overrides.via),
        ("--ollama", Kind::Ollama, "ollama", &overrides.ollama),
        ("--to", Kind::Http, "to", &overrides.to),
    ];
    for (flag, kind, name, urls) in by_flag {
        if !urls.is_empty() {
            let endpoints = urls.iter().map(|url| url::parse(url)).collect::<Result<_, _>>();
            let locations = endpoints.and_then(tls::upstream::locations_by_flag);
            let locations = locations.map_err(|message| Error::new(format!("{flag}: {message}")))?;
            upstreams.push(plain(source, name, kind, locations)?);
        }
    }
    for written in &source.file.upstream {
        let upstream = upstream(source, written)?;
        if upstreams.iter().any(|other: &Upstream| other.name == upstream.name) && !is_replaced(&upstream, overrides) {
            let span = written.name.as_ref().unwrap_or(&written.kind).span();
            return Err(
                source.wrong(span, format!("there is an upstream `{}` already; give this one a name", upstream.name))
            );
        }
        if !is_replaced(&upstream, overrides) {
            upstreams.push(upstream);
        }
    }
    if upstreams.is_empty() {
        for (kind, url) in [(Kind::Via, "http://127.0.0.1:8100"), (Kind::Ollama, "http://127.0.0.1:11434")] {
            upstreams.push(plain(source, kind.word(), kind, vec![url::parse(url).map_err(Error::new)?.location])?);
        }
    }
    let vias = upstreams.iter().filter(|upstream| upstream.kind == Kind::Via).map(|upstream| upstream.locations.len());
    if vias.sum::<usize>() > 1 {
        return Err(Error::new(
            "more than one VIA endpoint: a file's id lives in the one VIA that took the upload, and this version does \
             not know yet which one that is; name one --via, or run one viaduct in front of each",
        ));
    }
    for kind in [Kind::Ollama, Kind::Http] {
        if upstreams.iter().filter(|upstream| upstream.kind == kind).count() > 1 && source.file.route.is_empty() {
            return Err(Error::new(format!(
                "two upstreams of kind `{}` and no [[route]] that tells them apart; put their endpoints into one upstream",
                kind.word()
            )));
        }
    }
    Ok(upstreams)
}

/// Whether a flag named upstreams of the same kind.
fn is_replaced(upstream: &Upstream, overrides: &Overrides) -> bool {
    match upstream.kind {
        Kind::Via => !overrides.via.is_empty(),
        Kind::Ollama => !overrides.ollama.is_empty(),
        Kind::Http => !overrides.to.is_empty(),
    }
}

fn plain(source: &Source<'_>, name: &str, kind: Kind, locations: Vec<Location>) -> Result<Upstream, Error> {
    let max_body = access::max_body(source, kind, &BTreeMap::new())?;
    Ok(Upstream {
        name: name.to_owned(),
        kind,
        locations,
        pool: kind.pool(),
        deadlines: Vec::new(),
        on_client_gone: Vec::new(),
        max_body,
    })
}

fn upstream(source: &Source<'_>, written: &file::Upstream) -> Result<Upstream, Error> {
    const KINDS: [Kind; 3] = [Kind::Via, Kind::Ollama, Kind::Http];
    let kind = source.read(&written.kind, |word| {
        KINDS
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| format!("`{word}` is no kind; write \"via\", \"ollama\" or \"http\""))
    })?;
    let name = match &written.name {
        Some(name) => source.read(name, self::name)?,
        None => kind.word().to_owned(),
    };
    if written.endpoints.get_ref().is_empty() {
        return Err(source.wrong(written.endpoints.span(), "at least one endpoint, such as \"http://127.0.0.1:8100\""));
    }
    let endpoints = written.endpoints.get_ref().iter();
    let endpoints = endpoints.map(|url| Ok((url, source.read(url, url::parse)?))).collect::<Result<_, _>>()?;
    let locations = tls::upstream::locations(source, written, endpoints)?;
    let deadlines = written.deadlines.iter().map(|(class, deadlines)| class_deadlines(source, kind, class, deadlines));
    let gone = written.on_client_gone.iter();
    let gone = gone.map(|(class, what)| Ok((self::class(source, kind, class)?, on_client_gone(source, what)?)));
    Ok(Upstream {
        name,
        kind,
        locations,
        pool: pool(source, kind, &written.pool)?,
        deadlines: deadlines.collect::<Result<_, _>>()?,
        on_client_gone: gone.collect::<Result<_, Error>>()?,
        max_body: access::max_body(source, kind, &written.max_body)?,
    })
}

/// A name as logs and metrics can show it.
pub(super) fn name(name: &str) -> Result<String, String> {
    let is_token =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if is_token { Ok(name.to_owned()) } else { Err("a name consists of letters, digits, `-`, `_` and `.`".to_owned()) }
}

fn pool(source: &Source<'_>, kind: Kind, written: &file::Pool) -> Result<pool::Settings, Error> {
    let mut settings = kind.pool();
    if let Some(idle) = &written.idle {
        settings.idle = idle.get_ref().0.unwrap_or(settings.idle);
        if kind == Kind::Via && settings.idle >= VIA_KEEP_ALIVE {
            return Err(source.wrong(idle.span(), "VIA closes idle connections after 5s; stay below, such as \"4s\""));
        }
    }
    settings.max_idle = written.max_idle.unwrap_or(settings.max_idle);
    settings.max_age = written.max_age.and_then(|age| age.0).unwrap_or(settings.max_age);
    settings.connect = written.connect.and_then(|connect| connect.0).unwrap_or(settings.connect);
    if let Some(http) = &written.http {
        settings.http = source.read(http, |word| {
            let codec = Codec::ALL.into_iter().find(|codec| codec.word() == word);
            codec.ok_or_else(|| format!("`{word}` speaks no HTTP here; write \"lean\" or \"hyper\""))
        })?;
    }
    Ok(settings)
}

/// A class of requests to upstreams of that kind.
pub(super) fn class(source: &Source<'_>, kind: Kind, written: &Spanned<String>) -> Result<Class, Error> {
    source.read(written, |word| {
        let known = || Class::ALL.into_iter().filter(|class| class.is_of(kind));
        known().find(|class| class.word() == word).ok_or_else(|| {
            let words: Vec<_> = known().map(Class::word).collect();
            let near = nearest(word, words.iter().copied());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!("`{word}` is no class of requests to {}; they are {}{near}", kind.word(), words.join(", "))
        })
    })
}

fn on_client_gone(source: &Source<'_>, written: &Spanned<String>) -> Result<OnClientGone, Error> {
    source.read(written, |word| {
        OnClientGone::ALL.into_iter().find(|what| what.word() == word).ok_or_else(|| {
            let near = nearest(word, OnClientGone::ALL.map(OnClientGone::word).into_iter());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!("`{word}` is nothing to do when a client has gone; write \"close\" or \"finish\"{near}")
        })
    })
}

fn class_deadlines(
    source: &Source<'_>,
    kind: Kind,
    class: &Spanned<String>,
    written: &file::Deadlines,
) -> Result<(Class, Deadlines), Error> {
    let class = self::class(source, kind, class)?;
    let default = class.deadlines();
    let or = |written: Option<Written>, default| written.map_or(default, |written| written.0);
    let deadlines = Deadlines {
        upload: or(written.upload, default.upload),
        upload_rate: written.upload_rate.map_or(default.upload_rate, |rate| rate.0),
        first_byte: or(written.first_byte, default.first_byte),
        silence: or(written.silence, default.silence),
        total: or(written.total, default.total),
    };
    Ok((class, deadlines))
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

/// The name of an upstream that exists.
fn known(upstreams: &[Upstream], name: &str) -> Result<String, String> {
    let names = || upstreams.iter().map(|upstream| upstream.name.as_str());
    if names().any(|other| other == name) {
        return Ok(name.to_owned());
    }
    let near = nearest(name, names()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(format!("there is no upstream `{name}`; there are {}{near}", names().collect::<Vec<_>>().join(", ")))
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
