//! The configuration as it is written: TOML, unknown keys refused, no logic. What it means is `config`'s business.

pub(super) mod access;
pub(super) mod rate;

use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use toml::Spanned;

/// A whole file. Every key is optional.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub listen: Option<Vec<Spanned<String>>>,
    pub admin: Option<Spanned<String>>,
    pub host: Vec<Spanned<String>>,
    pub trusted_proxy: Vec<Spanned<String>>,
    pub proxy_protocol: Vec<Spanned<String>>,
    pub workers: Option<Spanned<usize>>,
    pub drain: Option<Written>,
    pub drain_delay: Option<Written>,
    pub tls: Tls,
    pub v1: Option<Spanned<String>>,
    pub downstream: Downstream,
    pub timestamps: Timestamps,
    pub upstream: Vec<Upstream>,
    pub route: Vec<Route>,
    pub keys: Vec<access::Key>,
    pub allow: Option<Vec<Spanned<String>>>,
    pub cors: Option<access::Cors>,
    pub limits: access::Limits,
}

/// `[downstream]`: patience with clients.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Downstream {
    pub head: Option<Written>,
    pub idle: Option<Written>,
    pub write: Option<Written>,
    pub max_head: Option<Spanned<access::Bytes>>,
    pub max_fields: Option<Spanned<usize>>,
    pub http2: Option<bool>,
    pub splice: Option<bool>,
}

/// `[tls]`: certificate and key of listeners.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tls {
    pub cert: Option<Spanned<String>>,
    pub key: Option<Spanned<String>>,
    pub client_ca: Option<Spanned<String>>,
    pub client_auth: Option<Spanned<String>>,
    pub listen: Vec<Spanned<String>>,
}

/// `[timestamps]`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Timestamps {
    pub mode: Option<Spanned<String>>,
    pub model: Option<Spanned<String>>,
    pub upstream: Option<Spanned<String>>,
    pub dialect: Option<Spanned<String>>,
}

/// `[[upstream]]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upstream {
    pub name: Option<Spanned<String>>,
    pub kind: Spanned<String>,
    pub endpoints: Spanned<Vec<Spanned<String>>>,
    pub ca: Option<Spanned<String>>,
    pub tls_name: Option<Spanned<String>>,
    pub client_cert: Option<Spanned<String>>,
    pub client_key: Option<Spanned<String>>,
    #[serde(default)]
    pub pool: Pool,
    #[serde(default)]
    pub deadlines: std::collections::BTreeMap<Spanned<String>, Deadlines>,
    #[serde(default)]
    pub on_client_gone: std::collections::BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub max_body: std::collections::BTreeMap<Spanned<String>, access::Bytes>,
}

/// `[upstream.pool]`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Pool {
    pub idle: Option<Spanned<Written>>,
    pub max_idle: Option<usize>,
    pub max_age: Option<Written>,
    pub connect: Option<Written>,
    pub http: Option<Spanned<String>>,
}

/// `[upstream.deadlines.CLASS]`.
#[derive(Debug, Default, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Deadlines {
    pub upload: Option<Written>,
    pub upload_rate: Option<rate::Rate>,
    pub first_byte: Option<Written>,
    pub silence: Option<Written>,
    pub total: Option<Written>,
}

/// `[[route]]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Route {
    pub path: Spanned<String>,
    pub upstream: Spanned<String>,
    #[serde(default)]
    pub strip: bool,
}

/// A length of time with its unit, or `"none"` for a deadline that never expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written(pub Option<Duration>);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Written;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration with its unit in quotes, such as \"4s\", \"250ms\" or \"1h 30m\", or \"none\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Written, E> {
                if text == "none" {
                    return Ok(Written(None));
                }
                humantime::parse_duration(text)
                    .map(|duration| Written(Some(duration)))
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
