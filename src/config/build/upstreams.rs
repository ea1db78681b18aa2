//! `[[upstream]]` and the flags that name upstreams.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::Spanned;

use super::{Source, tls};
use crate::config::error::{Error, nearest};
use crate::config::file::{self, Written};
use crate::config::{Overrides, Upstream, access, url};
use crate::pool::{self, Codec};
use crate::proxy::{Class, Deadlines, OnClientGone};
use crate::upstream::{Kind, Location};

/// Uvicorn, VIA's server, closes idle connections after this long; a pool that keeps them longer sends into the void.
const VIA_KEEP_ALIVE: Duration = Duration::from_secs(5);

/// All of them: by flag, from the file, or those that most people have.
pub(super) fn upstreams(source: &Source<'_>, overrides: &Overrides) -> Result<Vec<Upstream>, Error> {
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
pub(in crate::config) fn name(name: &str) -> Result<String, String> {
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
pub(in crate::config) fn class(source: &Source<'_>, kind: Kind, written: &Spanned<String>) -> Result<Class, Error> {
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

/// The name of an upstream that exists.
pub(super) fn known(upstreams: &[Upstream], name: &str) -> Result<String, String> {
    let names = || upstreams.iter().map(|upstream| upstream.name.as_str());
    if names().any(|other| other == name) {
        return Ok(name.to_owned());
    }
    let near = nearest(name, names()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(format!("there is no upstream `{name}`; there are {}{near}", names().collect::<Vec<_>>().join(", ")))
}
