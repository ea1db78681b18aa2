//! What is written of keys, CORS and limits, and what it means.
//!
//! No error shows a hash, or what stands where one should: somebody may have put the key itself there.

use std::num::NonZeroU32;

use toml::Spanned;

use super::build::Source;
use super::error::{Error, nearest};
use super::file::access as file;
use crate::access::{Allow, Digest, Feature, Key, Limits, Origins, Rate, Scope, Settings};
use crate::proxy::Class;
use crate::upstream::Kind;

/// What scripts may ask with unless something else is written.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
/// What they may send along with credentials; without, they may send anything.
const HEADERS: &str =
    "authorization, content-type, range, x-api-key, x-request-id, x-viaduct-endpoint, x-viaduct-timestamps";
/// `*` is everything but this (Fetch standard, section 3.2.4).
const ANY_HEADERS: &str = "*, authorization";
/// How many seconds a browser may remember a preflight.
const MAX_AGE: u64 = 600;

pub(super) fn settings(source: &Source<'_>, allowed: &[String]) -> Result<Settings, Error> {
    Ok(Settings {
        keys: keys(source)?,
        allow: allow(source, allowed)?,
        origins: source.file.cors.as_ref().map(|cors| origins(source, cors)).transpose()?,
    })
}

fn keys(source: &Source<'_>) -> Result<Vec<Key>, Error> {
    let mut keys: Vec<Key> = Vec::new();
    for written in &source.file.keys {
        let name = source.read(&written.name, super::build::name)?;
        if keys.iter().any(|key| key.name == name) {
            return Err(source.wrong(written.name.span(), format!("there is a key `{name}` already")));
        }
        let wrong = |message: &str| source.wrong(written.sha256.span(), message);
        let digest = Digest::parse(&written.sha256.get_ref().0);
        let digest =
            digest.ok_or_else(|| wrong("not 64 hexadecimal digits; `viaduct key` makes a key and its hash"))?;
        if digest == Digest::of(b"") {
            return Err(wrong("this is the hash of nothing"));
        }
        if let Some(other) = keys.iter().find(|key| key.digest == digest) {
            return Err(wrong(&format!("this is the key `{}` again", other.name)));
        }
        let scopes = written.scopes.as_ref().map(|scopes| self::scopes(source, scopes)).transpose()?;
        let rate = written.rate.as_ref().map(|written| rate(source, written)).transpose()?;
        keys.push(Key { name, digest, scopes, rate });
    }
    Ok(keys)
}

fn scopes(source: &Source<'_>, written: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<Scope>, Error> {
    if written.get_ref().is_empty() {
        return Err(source.wrong(written.span(), "a key for nothing; leave `scopes` out for a key for everything"));
    }
    written.get_ref().iter().map(|scope| source.read(scope, self::scope)).collect()
}

/// `KIND`, `CLASS`, `KIND.CLASS` or `/path`.
fn scope(word: &str) -> Result<Scope, String> {
    const KINDS: [Kind; 3] = [Kind::Via, Kind::Ollama, Kind::Http];
    let kind = |word: &str| KINDS.into_iter().find(|kind| kind.word() == word);
    let class = |word: &str| Class::ALL.into_iter().find(|class| class.word() == word);
    if word.starts_with('/') {
        let is_plain = !word.contains(['?', '#', '%', '\\', ';']) && !word.contains("//");
        let has_dots = word.split('/').any(|segment| matches!(segment, "." | ".."));
        if is_plain && !has_dots {
            return Ok(Scope::Path(word.to_owned()));
        }
        return Err(format!("`{word}` is no path; it stands as it is, unescaped, without dots or a query"));
    }
    if let Some((of, what)) = word.split_once('.')
        && let Some(of) = kind(of)
        && let Some(what) = class(what).filter(|what| what.is_of(of))
    {
        return Ok(Scope::To(of, Some(what as usize)));
    }
    if let Some(kind) = kind(word) {
        return Ok(Scope::To(kind, None));
    }
    if let Some(class) = class(word) {
        return Ok(Scope::Class(class as usize));
    }
    let classes = Class::ALL.map(Class::word);
    let known = KINDS.map(Kind::word).into_iter().chain(classes);
    let near = nearest(word, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(format!(
        "`{word}` is no scope; write a kind (via, ollama, http), a class ({}), both as in `ollama.library`, or a path{near}",
        classes.join(", ")
    ))
}

fn rate(source: &Source<'_>, written: &file::Rate) -> Result<Rate, Error> {
    let requests = positive(source, &written.requests)?;
    let burst = written.burst.as_ref().map_or(Ok(requests), |burst| positive(source, burst))?;
    let wrong = |message: &str| source.wrong(written.per.span(), message);
    let per = written.per.get_ref().0.ok_or_else(|| wrong("a rate needs a period; leave `rate` out for no limit"))?;
    let interval = per / requests.get();
    if interval.is_zero() {
        return Err(wrong("too short for so many requests"));
    }
    Ok(Rate { interval, burst })
}

fn positive(source: &Source<'_>, written: &Spanned<u32>) -> Result<NonZeroU32, Error> {
    NonZeroU32::new(*written.get_ref()).ok_or_else(|| source.wrong(written.span(), "at least 1"))
}

fn allow(source: &Source<'_>, flags: &[String]) -> Result<Allow, Error> {
    let feature = |word: &str| {
        let words = Feature::ALL.map(Feature::word);
        Feature::ALL.into_iter().find(|feature| feature.word() == word).ok_or_else(|| {
            let near =
                nearest(word, words.into_iter()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!("`{word}` is nothing that can be allowed; there are {}{near}", words.join(" and "))
        })
    };
    if let [none] = flags
        && none == "none"
    {
        return Ok(Allow { written: Some(Vec::new()) });
    }
    if !flags.is_empty() {
        let written = flags.iter().map(|word| feature(word)).collect::<Result<_, _>>();
        return written
            .map(|written| Allow { written: Some(written) })
            .map_err(|e| Error::new(format!("--allow: {e}")));
    }
    let Some(written) = &source.file.allow else { return Ok(Allow::default()) };
    let written = written.iter().map(|word| source.read(word, feature)).collect::<Result<_, _>>()?;
    Ok(Allow { written: Some(written) })
}

fn origins(source: &Source<'_>, written: &file::Cors) -> Result<Origins, Error> {
    let listed = written.origins.get_ref();
    let star = |listed: &[Spanned<String>]| listed.iter().find(|entry| entry.get_ref() == "*").map(Spanned::span);
    if listed.is_empty() {
        return Err(source.wrong(written.origins.span(), "no origin; leave [cors] out to leave answers as they are"));
    }
    let lists = [Some(listed), written.methods.as_ref(), written.headers.as_ref()];
    if written.credentials
        && let Some(span) = lists.into_iter().flatten().find_map(|list| star(list))
    {
        return Err(source.wrong(span, "`*` together with `credentials`: browsers refuse that; name them one by one"));
    }
    let origins = match star(listed) {
        Some(span) if listed.len() > 1 => return Err(source.wrong(span, "`*` is every origin; leave the others out")),
        Some(_) => Vec::new(),
        None => listed.iter().map(|entry| source.read(entry, origin)).collect::<Result<_, _>>()?,
    };
    let list = |list: &Option<Vec<Spanned<String>>>, default: &str, any: &str| match list {
        None => Ok(default.to_owned()),
        Some(list) if star(list).is_some() => Ok(any.to_owned()),
        Some(list) => {
            let tokens = list.iter().map(|entry| source.read(entry, token)).collect::<Result<Vec<_>, _>>();
            tokens.map(|tokens| tokens.join(", "))
        }
    };
    Ok(Origins {
        origins,
        methods: list(&written.methods, METHODS, "*")?,
        headers: list(&written.headers, if written.credentials { HEADERS } else { ANY_HEADERS }, ANY_HEADERS)?,
        credentials: written.credentials,
        max_age: written.max_age.and_then(|age| age.0).map_or(MAX_AGE, |age| age.as_secs()),
    })
}

/// An origin as browsers send it (RFC 6454, section 6.2).
fn origin(text: &str) -> Result<String, String> {
    let wrong =
        |why: &str| Err(format!("`{text}` is no origin: {why}; write https://app.example or http://10.0.0.1:3000"));
    let Some((scheme, host)) = text.split_once("://") else { return wrong("it has no scheme") };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let (name, port) = match host.rfind(':').filter(|at| !host[*at..].contains(']')) {
        Some(at) => (&host[..at], Some(&host[at + 1..])),
        None => (host, None),
    };
    let is_v6 = name.starts_with('[') && name.ends_with(']');
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b) || (is_v6 && b"[:]".contains(&b));
    let default = match scheme.to_ascii_lowercase().as_str() {
        "http" => "80",
        "https" => "443",
        _ => "",
    };
    match port {
        _ if !is_scheme => wrong("its scheme is none"),
        _ if host.contains('/') => wrong("a path has no place in it, not even a slash"),
        _ if host.contains('*') => wrong("`*` stands alone"),
        _ if name.is_empty() || !name.bytes().all(is_name) => wrong("its host is none"),
        Some(port) if port == default => wrong("browsers leave the default port out"),
        Some(port) if port.parse::<u16>().is_err() || port.starts_with('+') => wrong("its port is none"),
        _ => Ok(text.to_ascii_lowercase()),
    }
}

fn token(text: &str) -> Result<String, String> {
    let is_token =
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&b));
    if is_token { Ok(text.to_owned()) } else { Err(format!("`{text}` is no name")) }
}

pub(super) fn connections(source: &Source<'_>) -> Result<Limits, Error> {
    let limits = &source.file.limits;
    let positive = |written: &Option<Spanned<usize>>| match written {
        Some(most) if *most.get_ref() == 0 => Err(source.wrong(most.span(), "at least 1")),
        most => Ok(most.as_ref().map(|most| *most.get_ref())),
    };
    Ok(Limits {
        total: positive(&limits.max_connections)?,
        per_address: positive(&limits.max_connections_per_address)?,
    })
}

/// The most bytes of bodies to an upstream, by class: its own, else that of `[limits]`.
pub(super) fn max_body(
    source: &Source<'_>,
    kind: Kind,
    written: &std::collections::BTreeMap<Spanned<String>, file::Bytes>,
) -> Result<Vec<(Class, u64)>, Error> {
    let own = written.iter().map(|(class, bytes)| Ok((super::build::class(source, kind, class)?, bytes.0)));
    let own: Vec<_> = own.collect::<Result<_, Error>>()?;
    let general = source.file.limits.max_body.and_then(|bytes| bytes.0);
    let of = |class: Class| own.iter().find(|(of, _)| *of == class).map_or(general, |(_, bytes)| *bytes);
    let classes = Class::ALL.into_iter().filter(|class| class.is_of(kind));
    Ok(classes.filter_map(|class| Some((class, of(class)?))).collect())
}

#[cfg(test)]
mod tests;
