//! Trailer fields, from bytes to a map (RFC 9112, section 7.1.2). Pure.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::error::Error;

/// Reads trailer fields, up to and including their empty line.
pub(crate) fn trailers(bytes: &[u8], most: usize) -> Result<HeaderMap, Error> {
    let mut lines = vec![httparse::EMPTY_HEADER; most];
    let parsed = match httparse::parse_headers(bytes, &mut lines) {
        Ok(httparse::Status::Complete((length, parsed))) if length == bytes.len() => parsed,
        _ => return Err(Error::Malformed("the trailer fields")),
    };
    let mut trailers = HeaderMap::with_capacity(parsed.len());
    for line in parsed {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Error::Malformed("a trailer's name"))?;
        let value = HeaderValue::from_bytes(line.value).map_err(|_| Error::Malformed("a trailer's value"))?;
        trailers.append(name, value);
    }
    // They would say something about a message whose framing is settled (RFC 9110, section 6.5.1).
    trailers.remove(header::CONTENT_LENGTH);
    trailers.remove(header::TRANSFER_ENCODING);
    Ok(trailers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_trailers_and_drops_framing_from_them() {
        let fields = trailers(b"x-sum: 1\r\ncontent-length: 5\r\n\r\n", 8).unwrap();
        assert_eq!((fields.len(), &fields["x-sum"]), (1, &HeaderValue::from_static("1")));
        for wrong in ["a : b\r\n\r\n", "a: b\r\n c\r\n\r\n", "ab\r\n\r\n", "a: b\0\r\n\r\n", "a: b\r\n"] {
            assert!(trailers(wrong.as_bytes(), 8).is_err(), "{wrong:?}");
        }
    }
}
