//! Keys, CORS and limits as they are written.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use toml::Spanned;

use super::Written;

/// `[[keys]]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Key {
    pub name: Spanned<String>,
    pub sha256: Spanned<Secret>,
    pub scopes: Option<Spanned<Vec<Spanned<String>>>>,
    pub rate: Option<Rate>,
}

/// `rate = { requests = 60, per = "1m", burst = 10 }`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Rate {
    pub requests: Spanned<u32>,
    pub per: Spanned<Written>,
    pub burst: Option<Spanned<u32>>,
}

/// `[cors]`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Cors {
    pub origins: Spanned<Vec<Spanned<String>>>,
    pub methods: Option<Vec<Spanned<String>>>,
    pub headers: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub credentials: bool,
    pub max_age: Option<Written>,
}

/// `[limits]`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "the keys as users write them")]
pub(in crate::config) struct Limits {
    pub max_connections: Option<Spanned<usize>>,
    pub max_connections_per_address: Option<Spanned<usize>>,
    pub max_body: Option<Bytes>,
}

/// A text that is never shown: whoever takes the key for its hash has written the key here.
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub(in crate::config) struct Secret(pub String);

/// A number of bytes with its unit, or `"none"` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) struct Bytes(pub Option<u64>);

/// Longest first, so that none hides another.
const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

// === impl Secret ===

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

// === impl Bytes ===

impl Bytes {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self(None));
        }
        let (number, unit) = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)))?;
        let number = number.trim_end();
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let bytes = number.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(*unit)?;
        Some(Self(Some(bytes)))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a number of bytes with its unit in quotes, such as \"512KiB\", \"64MiB\" or \"2GB\", or \"none\"",
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
                Bytes::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_unit() {
        let parse = |text: &str| Bytes::parse(text).map(|bytes| bytes.0);
        assert_eq!(parse("512KiB"), Some(Some(524_288)));
        assert_eq!(parse("2 GB"), Some(Some(2_000_000_000)));
        assert_eq!(parse("0B"), Some(Some(0)));
        assert_eq!(parse("none"), Some(None));
        for wrong in ["", "5", "KiB", "-1B", "+1B", "1.5GiB", "1kb", "99999999999TiB", "1 0B"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
