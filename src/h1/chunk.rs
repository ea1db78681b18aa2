//! Chunks as they are written (RFC 9112, section 7.1). Pure.

use http::HeaderMap;
use http::header::HeaderName;

use super::field_line;

/// Writes the line in front of a chunk's data.
pub(crate) fn size_line(out: &mut Vec<u8>, size: usize) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digits = size.checked_ilog(16).unwrap_or(0);
    out.extend((0..=digits).rev().map(|digit| HEX[size >> (4 * digit) & 15]));
    out.extend_from_slice(b"\r\n");
}

/// Writes the last chunk, with those trailer fields that pass.
pub(crate) fn last_chunk(out: &mut Vec<u8>, trailers: &HeaderMap, passes: impl Fn(&HeaderName) -> bool) {
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        if passes(name) {
            field_line(out, name, value);
        }
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn sizes_are_plain_hexadecimal() {
        for size in [0, 1, 9, 10, 15, 16, 255, 256, 0x1000, 0xfffff, 0x0010_0000, usize::MAX] {
            let mut out = Vec::new();
            size_line(&mut out, size);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{size:x}\r\n"));
        }
    }

    #[test]
    fn only_trailers_that_pass_go() {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-sum", HeaderValue::from_static("1"));
        trailers.insert("x-other", HeaderValue::from_static("2"));
        let mut out = Vec::new();
        last_chunk(&mut out, &trailers, |name| name == "x-sum");
        assert_eq!(String::from_utf8(out).unwrap(), "0\r\nx-sum: 1\r\n\r\n");
    }
}
