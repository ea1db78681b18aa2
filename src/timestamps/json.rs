//! A cursor over a text that is known to be JSON: members, elements, strings and numbers as slices, nothing built.
//!
//! It never recurses (100,000 levels are as good as one), lets the caller decide which of two equal keys wins, and reads
//! every string: a lone surrogate becomes U+FFFD. On a text that is no JSON it gives some answer and does not panic.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// Whether the text is one JSON value.
pub(super) fn is_valid(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The members of an object, in order, as written: raw key (with its quotes) and raw value. Empty for anything else.
pub(super) fn members(object: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut items = Items::inside(object, '{');
    std::iter::from_fn(move || {
        let key = items.next()?;
        items.skip(b':');
        Some((key, items.next()?))
    })
}

/// The elements of an array, in order, as written. Empty for anything else.
pub(super) fn elements(array: &str) -> impl Iterator<Item = &str> {
    let mut items = Items::inside(array, '[');
    std::iter::from_fn(move || items.next())
}

/// The value of a member; the last one where the key is there more than once.
pub(super) fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    members(object).filter(|(key, _)| string(key).is_some_and(|key| key == name)).last().map(|(_, value)| value)
}

/// What a raw string says; `None` for any other value.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?;
    Some(unescape(inner.strip_suffix('"').unwrap_or(inner)))
}

/// What a raw number is; `None` for any other value, or one that no double can hold.
pub(super) fn number(raw: &str) -> Option<f64> {
    let first = *raw.as_bytes().first()?;
    if first != b'-' && !first.is_ascii_digit() {
        return None;
    }
    raw.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Resolves the escapes between a string's quotes.
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'\\', raw.as_bytes()) else { return Cow::Borrowed(raw) };
    let mut plain = String::with_capacity(raw.len());
    plain.push_str(&raw[..first]);
    let mut rest = &raw[first..];
    while let Some(escape) = rest.strip_prefix('\\') {
        let (said, after) = resolve(escape);
        plain.extend(said);
        let next = memchr(b'\\', after.as_bytes()).unwrap_or(after.len());
        plain.push_str(&after[..next]);
        rest = &after[next..];
    }
    Cow::Owned(plain)
}

/// The character that an escape stands for, and what is behind it; `escape` begins behind the backslash.
fn resolve(escape: &str) -> (Option<char>, &str) {
    let Some(kind) = escape.chars().next() else { return (None, escape) };
    let after = &escape[kind.len_utf8()..];
    let said = match kind {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return code_point(after),
        other => other,
    };
    (Some(said), after)
}

fn code_point(hex: &str) -> (Option<char>, &str) {
    const LOST: Option<char> = Some(char::REPLACEMENT_CHARACTER);
    let Some((unit, after)) = code_unit(hex) else { return (LOST, hex) };
    match unit {
        0xd800..0xdc00 => match after.strip_prefix("\\u").and_then(code_unit) {
            Some((low @ 0xdc00..0xe000, behind)) => {
                (char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)), behind)
            }
            _ => (LOST, after),
        },
        0xdc00..0xe000 => (LOST, after),
        _ => (char::from_u32(unit), after),
    }
}

fn code_unit(hex: &str) -> Option<(u32, &str)> {
    let digits = hex.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    Some((u32::from_str_radix(digits, 16).ok()?, &hex[4..]))
}

/// The values inside a container, one after the other.
struct Items<'a> {
    text: &'a str,
    at: usize,
}

// === impl Items ===

impl<'a> Items<'a> {
    fn inside(text: &'a str, bracket: char) -> Self {
        let text = text.trim_start_matches(SPACE).strip_prefix(bracket).unwrap_or("");
        Self { text, at: 0 }
    }

    fn next(&mut self) -> Option<&'a str> {
        self.skip(b',');
        let bytes = self.text.as_bytes();
        let start = self.at;
        if matches!(*bytes.get(start)?, b'}' | b']') {
            return None;
        }
        self.at = value_end(bytes, start);
        self.text.get(start..self.at).filter(|value| !value.is_empty())
    }

    /// White space, and the one separator that may stand in it.
    fn skip(&mut self, separator: u8) {
        let ahead = self.text.as_bytes().iter().skip(self.at);
        self.at += ahead.take_while(|&&byte| byte == separator || is_space(byte)).count();
    }
}

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where the value that begins at `start` is over.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut depth = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => at = string_end(bytes, at),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => {
                let scalar = bytes.iter().skip(at).take_while(|&&byte| !is_space(byte) && !b",]}:".contains(&byte));
                return at + scalar.count();
            }
            _ => continue,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Behind the closing quote of the string whose inside begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if bytes[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_an_object() {
        let text = "{ \"a\" : [1, {\"b\":\"]}\"}] ,\"c\\\"\":\"x\\\\\" ,\"d\":-1.5e3}";
        let all: Vec<_> = members(text).collect();
        assert_eq!(all, [("\"a\"", "[1, {\"b\":\"]}\"}]"), ("\"c\\\"\"", "\"x\\\\\""), ("\"d\"", "-1.5e3")]);
        let inner: Vec<_> = elements(all[0].1).collect();
        assert_eq!(inner, ["1", "{\"b\":\"]}\"}"]);
    }

    #[test]
    fn the_last_of_equal_keys_wins() {
        assert_eq!(member(r#"{"a":1,"\u0061":2,"b":3}"#, "a"), Some("2"));
        assert_eq!(member("{}", "a"), None);
        assert_eq!(member("[1]", "a"), None);
    }

    #[test]
    fn reads_every_escape() {
        assert_eq!(string(r#""\"\\\/\b\f\n\r\t\u00e9""#).unwrap(), "\"\\/\u{8}\u{c}\n\r\t\u{e9}");
        assert_eq!(string(r#""\uC548\ub155 \ud83d\ude00""#).unwrap(), "안녕 😀");
        assert_eq!(string(r#""plain""#).unwrap(), "plain");
        assert_eq!(string("12"), None);
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        for raw in [r#""a\ud83db""#, r#""a\ude00b""#, r#""a\ud83d\ud83d\ude00""#, r#""\ud83d\u0041""#, r#""\ud83d""#] {
            assert!(string(raw).unwrap().contains('\u{fffd}'), "{raw}");
        }
        assert_eq!(string(r#""\ud83d\u0041""#).unwrap(), "\u{fffd}A");
    }

    #[test]
    fn deep_nesting_needs_no_stack() {
        let text = format!("{{\"a\":{}{},\"b\":1}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(is_valid(&text));
        assert_eq!(member(&text, "b"), Some("1"));
    }

    #[test]
    fn nonsense_does_not_panic() {
        for text in
            ["{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\\", "{,,:", "[[[", "[\"\\", "", "{]", "{\"a\":}", "\""]
        {
            let _ = members(text).count() + elements(text).count();
            let _ = string(text);
        }
        for raw in ["\"\\", "\"\\u", "\"\\u12", "\"\\u12é4\"", "\"\\ud800\\u", "\"\\é\""] {
            let _ = string(raw);
        }
    }
}
