//! JSON as the two servers print it: Python's two ways (compact with raw UTF-8, or spaced and pure ASCII) and Go's.

use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Python's `json.dumps` with its defaults: a space after `,` and `:`, everything outside of ASCII as `\uXXXX`.
struct PythonAscii;

/// Go's encoder: `<`, `>`, `&`, U+2028 and U+2029 escaped, the rest raw.
struct Go;

/// Compact, raw UTF-8.
pub(crate) fn compact(value: &impl Serialize) -> Bytes {
    Bytes::from(serde_json::to_vec(value).expect("our own types serialize"))
}

/// Spaced, pure ASCII.
pub(crate) fn python_ascii(value: &impl Serialize) -> Vec<u8> {
    print(value, PythonAscii)
}

/// Compact, with Go's escapes.
pub(crate) fn go(value: &impl Serialize) -> Vec<u8> {
    print(value, Go)
}

fn print(value: &impl Serialize, formatter: impl Formatter) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let mut serializer = Serializer::with_formatter(&mut out, formatter);
    value.serialize(&mut serializer).expect("our own types serialize");
    out
}

fn separator<W: Write + ?Sized>(writer: &mut W, first: bool) -> io::Result<()> {
    if first { Ok(()) } else { writer.write_all(b", ") }
}

// === impl PythonAscii ===

impl Formatter for PythonAscii {
    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        separator(writer, first)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        separator(writer, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !(' '..='~').contains(&c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            rest = &rest[at..];
            if let Some(c) = rest.chars().next() {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                rest = &rest[c.len_utf8()..];
            }
        }
        writer.write_all(rest.as_bytes())
    }
}

// === impl Go ===

impl Formatter for Go {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            writer.write_all(&rest.as_bytes()[..at])?;
            rest = &rest[at..];
            if let Some(c) = rest.chars().next() {
                write!(writer, "\\u{:04x}", u32::from(c))?;
                rest = &rest[c.len_utf8()..];
            }
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_escapes_everything_beyond_ascii() {
        let value = serde_json::json!({"a": [1, "문 😀\n\"\u{7f}"], "b": null});
        let printed = String::from_utf8(python_ascii(&value)).unwrap();
        assert_eq!(printed, r#"{"a": [1, "\ubb38 \ud83d\ude00\n\"\u007f"], "b": null}"#);
    }

    #[test]
    fn go_escapes_what_html_would_read() {
        let printed = String::from_utf8(go(&serde_json::json!({"a": "<b> & 문\u{2028}"}))).unwrap();
        assert_eq!(printed, r#"{"a":"\u003cb\u003e \u0026 문\u2028"}"#);
    }
}
