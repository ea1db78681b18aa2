//! A cursor over a text that is known to be JSON: members, elements, strings and numbers as slices, nothing built, and
//! each byte looked at once.
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
    let mut cursor = Cursor::new(object);
    let mut is_inside = cursor.enter(b'{');
    std::iter::from_fn(move || {
        is_inside = is_inside && cursor.goes_on();
        is_inside.then(|| (cursor.key(), cursor.value()))
    })
}

/// The elements of an array, in order, as written. Empty for anything else.
pub(super) fn elements(array: &str) -> impl Iterator<Item = &str> {
    let mut cursor = Cursor::new(array);
    let mut is_inside = cursor.enter(b'[');
    std::iter::from_fn(move || {
        is_inside = is_inside && cursor.goes_on();
        is_inside.then(|| cursor.value())
    })
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
    let mut rest = raw;
    let mut next = first;
    loop {
        plain.push_str(&rest[..next]);
        let Some(escape) = rest[next..].strip_prefix('\\') else { return Cow::Owned(plain) };
        let (said, after) = resolve(escape);
        plain.extend(said);
        rest = after;
        next = if rest.starts_with('\\') { 0 } else { memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len()) };
    }
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
    let (digits, after) = hex.split_at_checked(4)?;
    let unit = digits.bytes().try_fold(0, |unit, digit| Some(unit << 4 | char::from(digit).to_digit(16)?))?;
    Some((unit, after))
}

/// A place in a text, that goes on value by value.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

// === impl Cursor ===

impl<'a> Cursor<'a> {
    /// At the text's first value.
    pub(super) fn new(text: &'a str) -> Self {
        let mut cursor = Self { text, at: 0 };
        cursor.skip_space(b' ');
        cursor
    }

    /// Walks through the members of the object that begins here. A value that `visit` (given the raw key) does not go
    /// through is skipped. Anything but an object stays where it is.
    pub(super) fn each_member(&mut self, mut visit: impl FnMut(&'a str, &mut Self)) {
        if self.enter(b'{') {
            while self.goes_on() {
                let key = self.key();
                self.visit(|cursor| visit(key, cursor));
            }
        }
    }

    /// Walks through the elements of the array that begins here, in the same way.
    pub(super) fn each_element(&mut self, mut visit: impl FnMut(&mut Self)) {
        if self.enter(b'[') {
            while self.goes_on() {
                self.visit(&mut visit);
            }
        }
    }

    /// Goes over the value that begins here and gives it as written.
    pub(super) fn value(&mut self) -> &'a str {
        let start = self.at;
        // Never stands still, so that no nonsense can be walked through for ever.
        self.at = value_end(self.text.as_bytes(), start).max(start + 1);
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn visit(&mut self, visit: impl FnOnce(&mut Self)) {
        let start = self.at;
        visit(self);
        if self.at == start {
            self.value();
        }
    }

    fn key(&mut self) -> &'a str {
        let key = self.value();
        self.skip_space(b':');
        key
    }

    fn enter(&mut self, bracket: u8) -> bool {
        let is_there = self.text.as_bytes().get(self.at) == Some(&bracket);
        self.at += usize::from(is_there);
        is_there
    }

    /// Whether another value comes before the container's end, which is gone over.
    fn goes_on(&mut self) -> bool {
        self.skip_space(b',');
        let next = self.text.as_bytes().get(self.at);
        let goes_on = !matches!(next, None | Some(b'}' | b']'));
        self.at += usize::from(next.is_some() && !goes_on);
        goes_on
    }

    /// White space, and the one separator that may stand in it.
    fn skip_space(&mut self, separator: u8) {
        let ahead = self.text.as_bytes().iter().skip(self.at);
        self.at += ahead.take_while(|&&byte| byte == separator || is_space(byte)).count();
    }
}

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
    while let Some(rest) = bytes.get(at..) {
        // Escapes often come in rows: VIA writes every Korean letter as one.
        let row = rest.chunks_exact(6).take_while(|letter| letter.starts_with(b"\\u")).count();
        at += 6 * row;
        let Some(found) = memchr2(b'"', b'\\', &rest[6 * row..]) else { break };
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
