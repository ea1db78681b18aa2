//! Ids: random UUIDs (version 4), printed in lower case with hyphens, parsed as leniently as VIA does (via.md 1.0).

use std::fmt;

use serde::{Serialize, Serializer};

/// An id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u128);

// === impl Id ===

impl Id {
    /// A new one. Not from the simulator's seed: two instances must never make the same id.
    pub(crate) fn random() -> Self {
        let bits = fastrand::u128(..);
        Self(bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62)
    }

    /// Upper case, no hyphens, braces and `urn:uuid:` are all fine. The error is the end of Pydantic's sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix("urn:uuid:").unwrap_or(text);
        let bare = bare.strip_prefix('{').and_then(|bare| bare.strip_suffix('}')).unwrap_or(bare);
        if let Some((at, c)) = bare.char_indices().find(|(_, c)| !c.is_ascii_hexdigit() && *c != '-') {
            return Err(format!("invalid character: found `{c}` at {}", at + 1));
        }
        let hyphens: Vec<usize> = bare.match_indices('-').map(|(at, _)| at).collect();
        let digits = bare.replace('-', "");
        match (bare.len(), hyphens.as_slice()) {
            (32, []) | (36, [8, 13, 18, 23]) => {
                u128::from_str_radix(&digits, 16).map(Self).map_err(|error| error.to_string())
            }
            (36, groups) if !groups.is_empty() => {
                Err(format!("invalid group count: expected 5, found {}", groups.len() + 1))
            }
            (length, _) => Err(format!("invalid length: found {length}")),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_are_one_id() {
        let id = Id::parse("5b0f6c1e-3f0a-4b52-9d67-2f1c8f4b7a10").unwrap();
        for text in [
            "5B0F6C1E-3F0A-4B52-9D67-2F1C8F4B7A10",
            "5b0f6c1e3f0a4b529d672f1c8f4b7a10",
            "{5b0f6c1e-3f0a-4b52-9d67-2f1c8f4b7a10}",
            "urn:uuid:5b0f6c1e-3f0a-4b52-9d67-2f1c8f4b7a10",
        ] {
            assert_eq!(Id::parse(text), Ok(id), "{text}");
        }
        assert_eq!(id.to_string(), "5b0f6c1e-3f0a-4b52-9d67-2f1c8f4b7a10");
        assert_eq!(Id::parse("abc").unwrap_err(), "invalid length: found 3");
        assert!(Id::parse("5b0f6c1e3-f0a-4b52-9d67-2f1c8f4b7a10").is_err());
    }

    #[test]
    fn random_ids_are_version_4() {
        for _ in 0..100 {
            let text = Id::random().to_string();
            assert_eq!(&text[14..15], "4");
            assert!("89ab".contains(&text[19..20]), "{text}");
        }
    }
}
