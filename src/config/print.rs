//! The effective configuration as a user would write it, each value with who said it: for `viaduct check --print`.
//!
//! It can be given back, and means the same: every value is written out, defaults too, and paths are whole. What TOML
//! has no word for (no model, no limit) is a comment. Hashes of keys are masked by such as no key has: whoever serves
//! from the page lets nobody in, instead of everybody.

mod access;
mod upstreams;

use std::fmt::{self, Display, Write};
use std::path::Path;
use std::time::Duration;

use super::build::Source;
use super::file::Written;
use super::{Config, Overrides};
use crate::timestamps::prompt::Dialect;
use crate::tls;

/// The text under way.
struct Page<'a> {
    source: &'a Source<'a>,
    overrides: &'a Overrides,
    text: String,
}

/// Who said a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whence {
    Default,
    File,
    Environment(String),
    Flag(String),
}

/// The page of `config`, which was made of these two.
pub(super) fn page(source: &Source<'_>, overrides: &Overrides, config: &Config) -> String {
    let mut page = Page { source, overrides, text: String::new() };
    page.top(config);
    page.downstream(config);
    page.tls(config);
    page.limits(config);
    access::print(&mut page, &config.access);
    page.timestamps(config);
    for upstream in &config.upstreams {
        upstreams::print(&mut page, upstream);
    }
    for mapping in &config.mappings {
        page.table("[[route]]");
        page.value("path", quoted(&mapping.path), Whence::File);
        page.value("upstream", quoted(&mapping.upstream), Whence::File);
        page.value("strip", mapping.strip, Whence::File);
    }
    page.text
}

// === impl Page: parts ===

impl Page<'_> {
    fn top(&mut self, config: &Config) {
        let (file, flags) = (&self.source.file, self.overrides);
        let whence = self.said("listen", !flags.listen.is_empty(), file.listen.is_some());
        self.value("listen", list(&config.listen), whence);
        let whence = self.said("admin", flags.admin.is_some(), file.admin.is_some());
        self.value("admin", config.admin.map_or_else(|| quoted("off"), quoted), whence);
        let names = config.hosts.any.then_some("*").into_iter();
        let names = names.chain(config.hosts.names.iter().map(String::as_str));
        let whence = self.said("host", !flags.host.is_empty(), !file.host.is_empty());
        self.value("host", list(names), whence);
        let whence = self.said("trusted_proxy", !flags.trusted_proxy.is_empty(), !file.trusted_proxy.is_empty());
        self.value("trusted_proxy", list(&config.trusted), whence);
        let whence = self.said("proxy_protocol", !flags.proxy_protocol.is_empty(), !file.proxy_protocol.is_empty());
        self.value("proxy_protocol", list(&config.proxy_protocol), whence);
        let whence = self.said("workers", flags.workers.is_some(), file.workers.is_some());
        self.value("workers", config.workers, whence);
        let whence = self.said("drain", flags.drain.is_some(), is_time(file.drain));
        self.value("drain", duration(config.drain), whence);
        let whence = self.said("drain_delay", flags.drain_delay.is_some(), is_time(file.drain_delay));
        self.value("drain_delay", duration(config.drain_delay), whence);
        self.value("v1", quoted(if config.v1_to_via { "via" } else { "ollama" }), written(file.v1.is_some()));
        let whence = self.said("allow", !flags.allow.is_empty(), file.allow.is_some());
        match &config.access.allow.written {
            Some(features) => self.value("allow", list(features.iter().map(|feature| feature.word())), whence),
            None => self.unset("allow", "all of it over loopback, nothing beyond", Whence::Default),
        }
    }

    fn downstream(&mut self, config: &Config) {
        let (file, meant) = (&self.source.file.downstream, &config.downstream);
        self.table("[downstream]");
        self.value("head", duration(meant.head), written(file.head.is_some()));
        self.value("idle", duration(meant.idle), written(file.idle.is_some()));
        self.value("write", duration(meant.write), written(file.write.is_some()));
        self.value("max_head", bytes(meant.max_head as u64), written(file.max_head.is_some()));
        self.value("max_fields", meant.max_fields, written(file.max_fields.is_some()));
        self.value("http2", meant.http2, written(file.http2.is_some()));
        self.value("splice", meant.splice, written(file.splice.is_some()));
    }

    fn tls(&mut self, config: &Config) {
        let (file, flags) = (&self.source.file.tls, self.overrides);
        let Some(meant) = &config.tls else { return self.no_table("[tls]", "none") };
        let tls::Settings { cert, key, client_auth, http2: _ } = meant.acceptor.settings();
        self.table("[tls]");
        let whence = self.said("tls_cert", flags.tls_cert.is_some(), true);
        self.value("cert", path(cert), whence);
        let whence = self.said("tls_key", flags.tls_key.is_some(), true);
        self.value("key", path(key), whence);
        match client_auth {
            None => self.unset("client_ca", "clients show no certificate", Whence::Default),
            Some(auth) => {
                let word = if auth.is_required { "required" } else { "optional" };
                self.value("client_ca", path(&auth.ca), Whence::File);
                self.value("client_auth", quoted(word), written(file.client_auth.is_some()));
            }
        }
        let whence = self.said("tls_listen", !flags.tls_listen.is_empty(), !file.listen.is_empty());
        self.value("listen", list(&meant.listen), whence);
    }

    fn limits(&mut self, config: &Config) {
        let file = &self.source.file.limits;
        self.table("[limits]");
        let most = file.max_body.and_then(|bytes| bytes.0);
        self.value("max_body", most.map_or_else(|| quoted("none"), bytes), written(file.max_body.is_some()));
        for (key, most) in [
            ("max_connections", config.connections.total),
            ("max_connections_per_address", config.connections.per_address),
        ] {
            match most {
                Some(most) => self.value(key, most, Whence::File),
                None => self.unset(key, "none", Whence::Default),
            }
        }
    }

    fn timestamps(&mut self, config: &Config) {
        let (file, meant) = (&self.source.file.timestamps, &config.timestamps);
        self.table("[timestamps]");
        let whence = self.said("timestamps", self.overrides.timestamps.is_some(), file.mode.is_some());
        if meant.is_explicit {
            self.value("mode", quoted(meant.mode), whence);
        } else {
            // Written it would hold for event streams too.
            self.unset("mode", meant.mode.as_str(), whence);
        }
        let whence = self.said("model", self.overrides.model.is_some(), file.model.is_some());
        match &meant.model {
            Some(model) => self.value("model", quoted(model), whence),
            None => self.unset("model", "none", whence),
        }
        match &meant.upstream {
            Some(upstream) => self.value("upstream", quoted(upstream), written(file.upstream.is_some())),
            None => self.unset("upstream", "none", Whence::Default),
        }
        let dialect = match meant.dialect {
            Dialect::Ollama => "ollama",
            Dialect::OpenAi | Dialect::OpenAiObject => "openai",
        };
        self.value("dialect", quoted(dialect), written(file.dialect.is_some()));
    }
}

// === impl Page: lines ===

impl Page<'_> {
    /// Who says what has a flag of this name.
    fn said(&self, name: &str, is_overridden: bool, is_written: bool) -> Whence {
        match (is_overridden, is_written) {
            (true, _) if self.overrides.environment.iter().any(|other| other == name) => {
                Whence::Environment(format!("VIADUCT_{}", name.to_ascii_uppercase()))
            }
            (true, _) => Whence::Flag(format!("--{}", name.replace('_', "-"))),
            (false, is_written) => written(is_written),
        }
    }

    fn table(&mut self, header: &str) {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(self.text, "\n{header}");
    }

    fn value(&mut self, key: &str, value: impl Display, whence: impl Display) {
        let _ = writeln!(self.text, "{key} = {value}  # {whence}");
    }

    /// A table that is not written, apart from the one above.
    fn no_table(&mut self, header: &str, meaning: &str) {
        let _ = writeln!(self.text, "\n# {header}: {meaning}  # {}", Whence::Default);
    }

    /// What is written by not being written.
    fn unset(&mut self, key: &str, meaning: &str, whence: impl Display) {
        let _ = writeln!(self.text, "# {key}: {meaning}  # {whence}");
    }
}

// === impl Whence ===

impl Display for Whence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File => f.write_str("file"),
            Self::Environment(name) => write!(f, "environment: {name}"),
            Self::Flag(name) => write!(f, "flag: {name}"),
        }
    }
}

fn written(is_written: bool) -> Whence {
    if is_written { Whence::File } else { Whence::Default }
}

/// Where `"none"` means the default.
fn is_time(written: Option<Written>) -> bool {
    written.is_some_and(|written| written.0.is_some())
}

// === values ===

#[expect(clippy::needless_pass_by_value, reason = "most of what is quoted is made for it")]
fn quoted(text: impl ToString) -> String {
    toml::Value::String(text.to_string()).to_string()
}

fn list(items: impl IntoIterator<Item: ToString>) -> String {
    let items: Vec<_> = items.into_iter().map(quoted).collect();
    format!("[{}]", items.join(", "))
}

fn duration(duration: Duration) -> String {
    quoted(humantime::format_duration(duration))
}

fn deadline(deadline: Option<Duration>) -> String {
    deadline.map_or_else(|| quoted("none"), duration)
}

fn bytes(bytes: u64) -> String {
    quoted(amount(bytes))
}

/// In the largest unit that says it exactly.
fn amount(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, shift)| bytes > 0 && bytes.trailing_zeros() >= *shift);
    unit.map_or_else(|| format!("{bytes}B"), |(unit, shift)| format!("{}{unit}", bytes >> shift))
}

/// Whole, for a page may be kept elsewhere than the file.
fn path(path: &Path) -> String {
    let whole = std::path::absolute(path);
    quoted(whole.as_deref().unwrap_or(path).to_string_lossy())
}

#[cfg(test)]
mod tests;
