//! Upstreams with all that holds for them: nothing is left to their kind's or their classes' defaults.

use super::{Page, Whence, amount, bytes, deadline, duration, is_time, list, path, quoted, written};
use crate::body::Pace;
use crate::config::{Upstream, file};
use crate::proxy::Class;
use crate::upstream::{Kind, Location};

pub(super) fn print(page: &mut Page<'_>, upstream: &Upstream) {
    let flags = page.overrides;
    let (flag, is_overridden) = match upstream.kind {
        Kind::Via => ("via", !flags.via.is_empty()),
        Kind::Ollama => ("ollama", !flags.ollama.is_empty()),
        Kind::Http => ("to", !flags.to.is_empty()),
    };
    let files = &page.source.file.upstream;
    // A flag replaces all of its kind.
    let file = files.iter().find(|written| !is_overridden && name(written) == upstream.name);
    let whence = page.said(flag, is_overridden, file.is_some());
    page.table("[[upstream]]");
    let is_named = file.is_some_and(|file| file.name.is_some());
    page.value("name", quoted(&upstream.name), written(is_named));
    page.value("kind", quoted(upstream.kind.word()), &whence);
    page.value("endpoints", list(upstream.locations.iter().map(url)), &whence);
    if upstream.locations.iter().any(|location| location.tls.is_some()) {
        tls(page, file);
    }
    pool(page, upstream, file);
    let classes = || Class::ALL.into_iter().filter(|class| class.is_of(upstream.kind));
    page.table("[upstream.max_body]");
    for class in classes() {
        let own = file.is_some_and(|file| file.max_body.keys().any(|key| key.get_ref() == class.word()));
        let is_general = page.source.file.limits.max_body.is_some();
        let most = upstream.max_body.iter().find(|(of, _)| *of == class).map(|(_, most)| *most);
        page.value(class.word(), most.map_or_else(|| quoted("none"), bytes), written(own || is_general));
    }
    page.table("[upstream.on_client_gone]");
    for class in classes() {
        let own = upstream.on_client_gone.iter().find(|(of, _)| *of == class).map(|(_, what)| *what);
        let what = own.unwrap_or_else(|| class.on_client_gone());
        page.value(class.word(), quoted(what.word()), written(own.is_some()));
    }
    for class in classes() {
        deadlines(page, upstream, file, class);
    }
}

fn name(written: &file::Upstream) -> &str {
    written.name.as_ref().unwrap_or(&written.kind).get_ref()
}

fn url(location: &Location) -> String {
    let scheme = if location.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{}{}", location.address, location.base)
}

fn tls(page: &mut Page<'_>, file: Option<&file::Upstream>) {
    let source = page.source;
    match file.and_then(|file| file.ca.as_ref()) {
        Some(ca) => page.value("ca", path(&source.beside(ca.get_ref())), Whence::File),
        None => page.unset("ca", "the system's authorities", Whence::Default),
    }
    match file.and_then(|file| file.tls_name.as_ref()) {
        Some(name) => page.value("tls_name", quoted(name.get_ref()), Whence::File),
        None => page.unset("tls_name", "the name in each URL", Whence::Default),
    }
    let Some(file) = file else { return };
    for (key, written) in [("client_cert", &file.client_cert), ("client_key", &file.client_key)] {
        match written {
            Some(written) => page.value(key, path(&source.beside(written.get_ref())), Whence::File),
            None => page.unset(key, "none", Whence::Default),
        }
    }
}

fn pool(page: &mut Page<'_>, upstream: &Upstream, file: Option<&file::Upstream>) {
    let (file, meant) = (file.map(|file| &file.pool), &upstream.pool);
    let is_written = |said: fn(&file::Pool) -> bool| written(file.is_some_and(said));
    page.table("[upstream.pool]");
    let idle = is_written(|file| is_time(file.idle.as_ref().map(|idle| *idle.get_ref())));
    page.value("idle", duration(meant.idle), idle);
    page.value("max_idle", meant.max_idle, is_written(|file| file.max_idle.is_some()));
    page.value("max_age", duration(meant.max_age), is_written(|file| is_time(file.max_age)));
    page.value("connect", duration(meant.connect), is_written(|file| is_time(file.connect)));
    page.value("http", quoted(meant.http.word()), is_written(|file| file.http.is_some()));
}

fn deadlines(page: &mut Page<'_>, upstream: &Upstream, file: Option<&file::Upstream>, class: Class) {
    let own = upstream.deadlines.iter().find(|(of, _)| *of == class).map(|(_, deadlines)| *deadlines);
    let meant = own.unwrap_or_else(|| class.deadlines());
    let file = file.and_then(|file| file.deadlines.iter().find(|(key, _)| key.get_ref() == class.word()));
    let is_written = |said: fn(&file::Deadlines) -> bool| written(file.is_some_and(|(_, file)| said(file)));
    page.table(&format!("[upstream.deadlines.{}]", class.word()));
    page.value("upload", deadline(meant.upload), is_written(|file| file.upload.is_some()));
    let rate = meant.upload_rate.map_or_else(|| quoted("none"), pace);
    page.value("upload_rate", rate, is_written(|file| file.upload_rate.is_some()));
    page.value("first_byte", deadline(meant.first_byte), is_written(|file| file.first_byte.is_some()));
    page.value("silence", deadline(meant.silence), is_written(|file| file.silence.is_some()));
    page.value("total", deadline(meant.total), is_written(|file| file.total.is_some()));
}

fn pace(Pace { bytes, per }: Pace) -> String {
    quoted(format!("{} per {}", amount(bytes), humantime::format_duration(per)))
}
