//! What an access line shows of a target: everything but the values of parameters that people put secrets into.
//!
//! viaduct takes no key from a query. Who tries all the same has his key forwarded, as any query is, but not written
//! down.

use std::borrow::Cow;

use memchr::memchr;

/// Names whose values are nobody's business, in lower case.
const SECRETS: [&str; 12] = [
    "key",
    "api_key",
    "apikey",
    "api-key",
    "x-api-key",
    "token",
    "access_token",
    "auth",
    "authorization",
    "password",
    "secret",
    "signature",
];

/// A target as it may be written down. Without a query this is the target itself.
pub fn masked(target: &str) -> Cow<'_, str> {
    let Some(mark) = memchr(b'?', target.as_bytes()) else { return Cow::Borrowed(target) };
    let (path, query) = (&target[..mark], &target[mark + 1..]);
    if !query.split('&').any(|pair| hides(pair).is_some()) {
        return Cow::Borrowed(target);
    }
    let mut masked = format!("{path}?");
    for (number, pair) in query.split('&').enumerate() {
        if number > 0 {
            masked.push('&');
        }
        match hides(pair) {
            Some(name) => masked.extend([name, "=***"]),
            None => masked.push_str(pair),
        }
    }
    Cow::Owned(masked)
}

/// The name of a parameter whose value is hidden.
fn hides(pair: &str) -> Option<&str> {
    let (name, _) = pair.split_once('=')?;
    // An escape may write the same name: then the value may be a secret too.
    (name.contains('%') || SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_of_secrets_are_hidden() {
        for target in ["/", "/files?purpose=vision", "/x?", "/x?key", "/x?a=b&c=d", "/x?monkey=1"] {
            assert!(matches!(masked(target), Cow::Borrowed(same) if same == target), "{target}");
        }
        assert_eq!(masked("/x?a=b&API_KEY=s&c"), "/x?a=b&API_KEY=***&c");
        assert_eq!(masked("/x?key=s=t&token=u"), "/x?key=***&token=***");
        assert_eq!(masked("/x?%6bey=s"), "/x?%6bey=***");
        assert_eq!(masked("/x?a?key=1&auth=s"), "/x?a?key=1&auth=***");
    }
}
