//! What reaches beyond a request, and so is off where strangers may ask: what changes an Ollama's models, and the names
//! of files on a VIA's own disk.
//!
//! Until a list is written these are on for connections that come in over loopback, and off for all others. A list
//! that is written holds for every connection, loopback's too: a proxy that ends TLS on the same machine speaks over
//! loopback for strangers.

use std::borrow::Cow;

/// One thing that can be switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Ollama's pull, push, create, copy, delete and blobs, and what belongs to its account.
    Library,
    /// The part `filename` of an upload to VIA, and `/reviewAlert`: paths on the server's own disk.
    Filename,
}

/// What is on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    /// The list, if one was written.
    pub written: Option<Vec<Feature>>,
}

/// The words in Ollama's paths that stand for managing it. Each is looked for in every segment: a base path may have
/// taken the beginning away.
const MANAGEMENT: [&str; 8] = ["pull", "push", "create", "copy", "delete", "blobs", "signout", "user"];

// === impl Feature ===

impl Feature {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Library, Self::Filename];

    /// The word in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Library => "ollama.library",
            Self::Filename => "via.filename",
        }
    }
}

// === impl Allow ===

impl Allow {
    /// Whether a connection may do that, which came in over loopback or from beyond.
    pub(super) fn allows(&self, feature: Feature, is_beyond: bool) -> bool {
        match &self.written {
            None => !is_beyond,
            Some(features) => features.contains(&feature),
        }
    }
}

/// Whether a path, as Ollama gets it, is one of those that manage it; in doubt it is.
pub(super) fn is_management(path: &str) -> bool {
    has_segment(path, &MANAGEMENT)
}

/// Whether a path, as VIA gets it, is one whose requests always name a file on its disk (contract: via, 1.10: the member
/// `video_path` of `/reviewAlert` is required); in doubt it is.
pub(super) fn is_review(path: &str) -> bool {
    has_segment(path, &["reviewAlert"])
}

fn has_segment(path: &str, words: &[&str]) -> bool {
    let path = decoded(path);
    let mut segments = path.split(['/', '\\']);
    segments.any(|segment| words.iter().any(|word| segment.eq_ignore_ascii_case(word)))
}

/// Decoded once, as Ollama does.
fn decoded(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let escaped = after.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn management_is_seen_however_it_is_written() {
        for path in [
            "/api/pull",
            "/api/pull/",
            "/api//pull",
            "/pull",
            "/api/Delete",
            "/api/%70ull",
            "/api%2fpull",
            "/api/chat/..%2Fpull",
            "/api\\pull",
            "/api/blobs/sha256:00",
            "/api/push",
            "/api/create",
            "/api/copy",
            "/api/user/keys/x",
            "/api/signout",
        ] {
            assert!(is_management(path), "{path}");
        }
        for path in
            ["/", "/api/chat", "/api/tags", "/v1/chat/completions", "/api/pulled", "/api/%zz%", "/v1/models/pull:1b"]
        {
            assert!(!is_management(path), "{path}");
        }
    }

    #[test]
    fn a_review_is_seen_however_it_is_written() {
        for path in ["/reviewAlert", "/v1/reviewAlert/", "/review%41lert", "/REVIEWALERT", "//reviewAlert"] {
            assert!(is_review(path), "{path}");
        }
        assert!(!is_review("/alerts") && !is_review("/reviewAlerts"));
    }

    #[test]
    fn until_a_list_is_written_only_loopback_may() {
        let allow = Allow::default();
        assert!(allow.allows(Feature::Library, false));
        assert!(!allow.allows(Feature::Library, true));
        let allow = Allow { written: Some(vec![Feature::Filename]) };
        for is_beyond in [false, true] {
            assert!(allow.allows(Feature::Filename, is_beyond));
            assert!(!allow.allows(Feature::Library, is_beyond));
        }
    }
}
