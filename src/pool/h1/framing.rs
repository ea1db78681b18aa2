//! How long an answer's body is, and whether the connection outlives it (RFC 9112, sections 6.3 and 9.3). Pure.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Version};

use super::error::Error;

/// Where a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none, whatever the fields say.
    Empty,
    /// After so many bytes.
    Length(u64),
    /// Behind its last chunk.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// What the fields seen so far say about framing.
#[derive(Debug)]
pub(super) struct Fields {
    version: Version,
    length: Option<u64>,
    /// The length was said more than once, or with leading zeros: it goes on as one plain number.
    is_odd: bool,
    coding: Coding,
    says_close: bool,
    says_keep_alive: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    None,
    /// One line that says `chunked` and nothing else.
    Chunked,
    Other,
}

// === impl Fields ===

impl Fields {
    pub(super) fn new(version: Version) -> Self {
        Self { version, length: None, is_odd: false, coding: Coding::None, says_close: false, says_keep_alive: false }
    }

    /// Takes note of a field; false if it is to be left out, for it only says again what another said.
    pub(super) fn note(&mut self, name: &HeaderName, value: &[u8]) -> Result<bool, Error> {
        if *name == header::CONTENT_LENGTH {
            let first = self.length.is_none();
            self.note_length(value)?;
            return Ok(first);
        }
        if *name == header::TRANSFER_ENCODING {
            let is_chunked = self.coding == Coding::None && value.eq_ignore_ascii_case(b"chunked");
            self.coding = if is_chunked { Coding::Chunked } else { Coding::Other };
        } else if *name == header::CONNECTION {
            for option in value.split(|&b| b == b',').map(<[u8]>::trim_ascii) {
                self.says_close |= option.eq_ignore_ascii_case(b"close");
                self.says_keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            }
        }
        Ok(true)
    }

    /// One number, or a list of equal ones (RFC 9110, section 8.6).
    fn note_length(&mut self, value: &[u8]) -> Result<(), Error> {
        for member in value.split(|&b| b == b',') {
            let length = length(member.trim_ascii()).ok_or(Error::Malformed("a Content-Length that is no number"))?;
            match self.length {
                Some(other) if other != length => return Err(Error::Malformed("two lengths")),
                Some(_) => self.is_odd = true,
                None => self.length = Some(length),
            }
        }
        self.is_odd |= value.len() > 1 && value[0] == b'0';
        Ok(())
    }

    /// Where the body ends. Leaves at most one framing in `headers`: of two, the coding decides.
    pub(super) fn framing(&self, status: StatusCode, to_head: bool, headers: &mut HeaderMap) -> Result<Framing, Error> {
        if status.is_informational() {
            // Its fields frame nothing (RFC 9112, section 6.3, rule 1).
            return Ok(Framing::Empty);
        }
        if self.coding == Coding::Other {
            return Err(Error::Malformed("a Transfer-Encoding other than chunked"));
        }
        let is_chunked = self.coding == Coding::Chunked;
        if is_chunked && self.version < Version::HTTP_11 {
            return Err(Error::Malformed("a Transfer-Encoding in HTTP/1.0"));
        }
        if is_chunked {
            headers.remove(header::CONTENT_LENGTH);
        } else if let Some(length) = self.length.filter(|_| self.is_odd) {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        if to_head || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            return Ok(Framing::Empty);
        }
        Ok(match self.length {
            _ if is_chunked => Framing::Chunked,
            Some(length) => Framing::Length(length),
            None => Framing::UntilClose,
        })
    }

    /// Whether the connection stays: HTTP/1.1 says so by silence, HTTP/1.0 only in words.
    pub(super) fn keep_alive(&self) -> bool {
        !self.says_close && (self.version == Version::HTTP_11 || self.says_keep_alive)
    }
}

/// 1*DIGIT that fits 64 bits: no sign, no prefix, no space.
pub(super) fn length(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |length, digit| {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 { None } else { length.checked_mul(10)?.checked_add(u64::from(digit)) }
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::head::Head;
    use super::*;

    fn head(status: u16, version: u8, fields: &str, to_head: bool) -> Result<Head, Error> {
        Head::parse(&Bytes::from(format!("HTTP/1.{version} {status} x\r\n{fields}\r\n")), to_head)
    }

    fn framing(fields: &str) -> Result<Framing, Error> {
        head(200, 1, fields, false).map(|head| head.framing)
    }

    #[test]
    fn a_length_is_digits_and_nothing_else() {
        for wrong in ["", "+5", "-5", "0x5", "5abc", "1_0", "5 5", "5,", ",5", "5, 6", "18446744073709551616", "٥"] {
            assert!(framing(&format!("content-length: {wrong}\r\n")).is_err(), "{wrong:?}");
        }
        assert!(framing("content-length: 5\r\ncontent-length: 6\r\n").is_err());
        assert!(framing("content-length: 5\r\ncontent-length:\r\n").is_err());
        assert_eq!(framing("content-length: 18446744073709551615\r\n").unwrap(), Framing::Length(u64::MAX));
    }

    #[test]
    fn equal_lengths_collapse_into_one_number() {
        for fields in
            ["content-length: 5\r\ncontent-length: 5\r\n", "content-length: 5, 5\r\n", "content-length: 05\r\n"]
        {
            let head = head(200, 1, fields, false).unwrap();
            assert_eq!(head.framing, Framing::Length(5));
            assert_eq!(head.response.headers().get_all("content-length").iter().collect::<Vec<_>>(), ["5"]);
        }
    }

    #[test]
    fn of_two_framings_the_coding_decides() {
        for fields in [
            "content-length: 5\r\ntransfer-encoding: Chunked\r\n",
            "transfer-encoding: chunked\r\ncontent-length: 500\r\n",
        ] {
            let head = head(200, 1, fields, false).unwrap();
            assert_eq!(head.framing, Framing::Chunked);
            assert!(!head.response.headers().contains_key("content-length"));
        }
    }

    #[test]
    fn every_other_coding_is_refused() {
        for coding in ["gzip", "identity", "xchunked", "chunked, chunked", "gzip, chunked", ",chunked", "chunked;a", ""]
        {
            assert!(framing(&format!("transfer-encoding: {coding}\r\n")).is_err(), "{coding:?}");
        }
        assert!(framing("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n").is_err());
        assert!(framing("transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n").is_err());
        assert!(head(200, 0, "transfer-encoding: chunked\r\n", false).is_err());
    }

    #[test]
    fn some_answers_have_no_body_whatever_they_say() {
        for fields in ["content-length: 5\r\n", "transfer-encoding: chunked\r\n", ""] {
            for (status, to_head) in [(200, true), (204, false), (304, false), (100, false), (103, false)] {
                assert_eq!(head(status, 1, fields, to_head).unwrap().framing, Framing::Empty, "{status} {fields}");
            }
        }
        // An interim answer's fields are not even looked at.
        assert!(head(100, 1, "content-length: 5\r\ncontent-length: 6\r\n", false).is_err());
        assert!(head(100, 1, "transfer-encoding: gzip\r\n", false).is_ok());
    }

    #[test]
    fn the_connection_stays_if_both_versions_say_so() {
        let stays = |version, fields| head(200, version, fields, false).unwrap().keep_alive;
        assert!(stays(1, "content-length: 0\r\n"));
        assert!(!stays(1, "content-length: 0\r\nconnection: x, Close\r\n"));
        assert!(!stays(1, ""));
        assert!(!stays(0, "content-length: 0\r\n"));
        assert!(stays(0, "content-length: 0\r\nconnection: Keep-Alive\r\n"));
        assert!(!stays(0, "content-length: 0\r\nconnection: keep-alive\r\nconnection: close\r\n"));
    }
}
