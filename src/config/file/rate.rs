//! The pace of an upload as it is written.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::access::Bytes;
use crate::body::Pace;

/// `"600KiB per 60s"`, or `"none"` for no pace at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) struct Rate(pub Option<Pace>);

// === impl Rate ===

impl Rate {
    fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self(None));
        }
        let (bytes, per) = text.split_once(" per ")?;
        let bytes = Bytes::parse(bytes.trim())?.0.filter(|bytes| *bytes > 0)?;
        let per = humantime::parse_duration(per.trim()).ok().filter(|per| !per.is_zero())?;
        Some(Self(Some(Pace { bytes, per })))
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Rate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes and a duration with their units in quotes, such as \"600KiB per 60s\", or \"none\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Rate, E> {
                Rate::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pace_is_bytes_per_time() {
        let pace = |bytes, seconds| Some(Rate(Some(Pace { bytes, per: Duration::from_secs(seconds) })));
        assert_eq!(Rate::parse("600KiB per 60s"), pace(614_400, 60));
        assert_eq!(Rate::parse("1 MB per 1m 30s"), pace(1_000_000, 90));
        assert_eq!(Rate::parse("none"), Some(Rate(None)));
        for wrong in ["", "10KiB", "10KiB/s", "0B per 1s", "none per 1s", "1KiB per 0s", "1KiB per none", "per 1s"] {
            assert_eq!(Rate::parse(wrong), None, "{wrong}");
        }
    }
}
