//! What the escapes of a JSON string stand for.

use std::borrow::Cow;

use memchr::memchr;

/// Resolves the escapes between a string's quotes.
pub(in crate::timestamps) fn unescape(raw: &str) -> Cow<'_, str> {
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
pub(super) fn resolve(escape: &str) -> (Option<char>, &str) {
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
