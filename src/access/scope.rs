//! What a key is for: kinds of upstreams, classes of requests, both together, or paths.
//!
//! A path counts as its client wrote it, and only where it cannot be read in another way: what has dots, doubled
//! slashes, or an escape that could be one of these is in no path's scope, for the upstream may see another path there.

use crate::upstream::Kind;

/// One thing that a key may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Requests to upstreams of that kind, of a class if one is named.
    To(Kind, Option<usize>),
    /// Requests of that class, by its number.
    Class(usize),
    /// Requests whose path begins with these segments.
    Path(String),
}

/// Where a request goes.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The kind of its upstream.
    pub kind: Kind,
    /// The number of its class.
    pub class: usize,
    /// Its path, as the client wrote it.
    pub path: &'a str,
}

// === impl Scope ===

impl Scope {
    pub(super) fn covers(&self, place: &Place<'_>) -> bool {
        match self {
            Self::To(kind, class) => *kind == place.kind && class.is_none_or(|class| class == place.class),
            Self::Class(class) => *class == place.class,
            Self::Path(prefix) => has_prefix(place.path, prefix) && has_one_reading(place.path),
        }
    }
}

fn has_prefix(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn has_one_reading(path: &str) -> bool {
    const AMBIGUOUS: [&str; 5] = ["%2e", "%2f", "%5c", "%25", "%00"];
    let is_plain = !path.contains("//") && !path.contains('\\');
    let is_escaped = |at: usize| {
        path.get(at..at + 3).is_none_or(|escape| AMBIGUOUS.iter().any(|bad| escape.eq_ignore_ascii_case(bad)))
    };
    // Some servers cut a segment at its semicolon, and then see dots.
    let is_dots = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    is_plain && !path.match_indices('%').any(|(at, _)| is_escaped(at)) && !path.split('/').any(is_dots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(scope: &Scope, path: &str) -> bool {
        scope.covers(&Place { kind: Kind::Http, class: 9, path })
    }

    #[test]
    fn kinds_and_classes() {
        let place = Place { kind: Kind::Ollama, class: 7, path: "/api/chat" };
        assert!(Scope::To(Kind::Ollama, None).covers(&place));
        assert!(Scope::To(Kind::Ollama, Some(7)).covers(&place));
        assert!(!Scope::To(Kind::Ollama, Some(8)).covers(&place));
        assert!(!Scope::To(Kind::Via, Some(7)).covers(&place));
        assert!(Scope::Class(7).covers(&place));
        assert!(!Scope::Class(1).covers(&place));
    }

    #[test]
    fn a_path_covers_whole_segments() {
        let scope = Scope::Path("/media/open/".into());
        for path in [
            "/media/open",
            "/media/open/",
            "/media/open/a.b",
            "/media/open/a%20b",
            "/media/open/..a",
            "/media/open/%ed%95%9c",
        ] {
            assert!(covers(&scope, path), "{path}");
        }
        for path in ["/media/opened", "/media", "/", "/x/media/open", "/MEDIA/open"] {
            assert!(!covers(&scope, path), "{path}");
        }
    }

    #[test]
    fn a_path_with_two_readings_is_in_no_scope() {
        let scope = Scope::Path("/media/open".into());
        for rest in [
            "/../shut",
            "/..",
            "/./x",
            "/%2e%2e/shut",
            "/.%2E/shut",
            "/..%2fshut",
            "//shut",
            "/..\\shut",
            "/%5c..%5cshut",
            "/%252e%252e/shut",
            "/..;/shut",
            "/..;a=b/shut",
            "/a%00",
            "/a%",
            "/a%2",
        ] {
            assert!(!covers(&scope, &format!("/media/open{rest}")), "{rest}");
        }
    }

    #[test]
    fn the_root_covers_every_path_with_one_reading() {
        assert!(covers(&Scope::Path("/".into()), "/x"));
        assert!(!covers(&Scope::Path("/".into()), "/x/../y"));
    }
}
