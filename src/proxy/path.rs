//! A path as the origin will understand it: what routes are matched on, never what is forwarded.
//!
//! The copy is decoded once, its dot segments and doubled slashes are resolved (RFC 3986, sections 5.2.4 and 6.2.2). A
//! path that reads differently from its copy and would reach another route is refused by the router (contract:
//! http-proxy T6).

use std::borrow::Cow;

/// A normalised path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Normal<'a> {
    /// Begins with `/`; equal to the path itself in the ordinary case, which allocates nothing.
    pub path: Cow<'a, str>,
    /// Whether `..` climbed above the root: harmless alone, an escape where something stands in front of the path.
    pub escapes: bool,
}

/// Normalises `path`; `None` if it holds a byte that no path should (NUL, or a broken escape that hides one).
pub(super) fn normalise(path: &str) -> Option<Normal<'_>> {
    if is_normal(path) {
        return Some(Normal { path: Cow::Borrowed(path), escapes: false });
    }
    let decoded = decode(path.as_bytes());
    if decoded.contains(&0) {
        return None;
    }
    let mut segments: Vec<&[u8]> = Vec::new();
    let mut escapes = false;
    let mut ends_in_slash = true;
    // A backslash is a slash to some servers.
    for segment in decoded.split(|b| matches!(b, b'/' | b'\\')) {
        ends_in_slash = segment.is_empty() || segment == b"." || segment == b"..";
        match segment {
            b"" | b"." => {}
            b".." => escapes |= segments.pop().is_none(),
            _ => segments.push(segment),
        }
    }
    let mut path = segments.iter().fold(String::with_capacity(decoded.len() + 1), |mut path, segment| {
        path.push('/');
        path.push_str(&String::from_utf8_lossy(segment));
        path
    });
    if path.is_empty() || ends_in_slash {
        path.push('/');
    }
    Some(Normal { path: Cow::Owned(path), escapes })
}

/// Nothing to decode, nothing to resolve.
fn is_normal(path: &str) -> bool {
    let bytes = path.as_bytes();
    let mut after_slash = false;
    for &byte in bytes {
        match byte {
            b'%' | b'\\' => return false,
            b'/' | b'.' if after_slash => return false,
            _ => {}
        }
        after_slash = byte == b'/';
    }
    true
}

fn decode(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let escaped = match (byte, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                decoded.push(high << 4 | low);
                rest = &tail[2..];
            }
            None => decoded.push(*byte),
        }
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> String {
        normalise(path).unwrap().path.into_owned()
    }

    #[test]
    fn an_ordinary_path_is_not_copied() {
        for ordinary in ["/", "/files/x", "/a/", "/a;b=c/d.e"] {
            assert!(
                matches!(normalise(ordinary), Some(Normal { path: Cow::Borrowed(_), escapes: false })),
                "{ordinary}"
            );
        }
    }

    #[test]
    fn resolves_dots_slashes_and_escapes_once() {
        assert_eq!(path("/x/../admin"), "/admin");
        assert_eq!(path("/x/%2e%2E/admin"), "/admin");
        assert_eq!(path("/%61dmin"), "/admin");
        assert_eq!(path("//admin"), "/admin");
        assert_eq!(path("/admin%2fx"), "/admin/x");
        assert_eq!(path("/x\\..\\admin"), "/admin");
        assert_eq!(path("/a/."), "/a/");
        assert_eq!(path("/%252e"), "/%2e");
        assert_eq!(path("/%zz"), "/%zz");
    }

    #[test]
    fn tells_when_dots_climb_above_the_root() {
        assert!(normalise("/a/../../b").unwrap().escapes);
        assert!(!normalise("/a/../b").unwrap().escapes);
        assert!(normalise("/%00").is_none());
    }
}
