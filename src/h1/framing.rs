//! How long a message's body is, and whether the connection outlives it (RFC 9112, sections 6.3 and 9.3). Pure.

use http::header;
use http::{StatusCode, Version};

use super::error::Error;
use crate::head::Fields;

/// Where a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
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
pub(crate) struct Announced {
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

// === impl Announced ===

impl Announced {
    pub(crate) fn new(version: Version) -> Self {
        Self { version, length: None, is_odd: false, coding: Coding::None, says_close: false, says_keep_alive: false }
    }

    /// Takes note of a field; false if it is to be left out, for it only says again what another said.
    pub(crate) fn note(&mut self, name: &[u8], value: &[u8]) -> Result<bool, Error> {
        if name.eq_ignore_ascii_case(b"content-length") {
            let first = self.length.is_none();
            self.note_length(value)?;
            return Ok(first);
        }
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let is_chunked = self.coding == Coding::None && value.eq_ignore_ascii_case(b"chunked");
            self.coding = if is_chunked { Coding::Chunked } else { Coding::Other };
        } else if name.eq_ignore_ascii_case(b"connection") {
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

    /// Where a request's body ends; without a length and a coding there is none (RFC 9112, section 6.3, rule 7). Of two
    /// framings none decides: they are an attempt at smuggling (section 6.1).
    pub(crate) fn of_request(&self, fields: &mut Fields) -> Result<Framing, Error> {
        match (self.coding, self.length) {
            (Coding::None, None) => Ok(Framing::Empty),
            // Servers that keep a length in a signed integer would read another one.
            (Coding::None, Some(length)) if i64::try_from(length).is_err() => {
                Err(Error::Malformed("a Content-Length beyond all measure"))
            }
            (Coding::None, Some(length)) => {
                if self.is_odd {
                    fields.insert(&header::CONTENT_LENGTH, length.to_string());
                }
                Ok(Framing::Length(length))
            }
            (_, Some(_)) => Err(Error::Malformed("both Transfer-Encoding and Content-Length")),
            (Coding::Other, None) => Err(Error::Malformed("a Transfer-Encoding other than chunked")),
            (Coding::Chunked, None) if self.version < Version::HTTP_11 => {
                Err(Error::Malformed("a Transfer-Encoding in version 1.0"))
            }
            (Coding::Chunked, None) => Ok(Framing::Chunked),
        }
    }

    /// Where an answer's body ends. Leaves at most one framing in `fields`: of two, the coding decides.
    pub(crate) fn of_answer(&self, status: StatusCode, to_head: bool, fields: &mut Fields) -> Result<Framing, Error> {
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
            fields.remove(&header::CONTENT_LENGTH);
        } else if let Some(length) = self.length.filter(|_| self.is_odd) {
            fields.insert(&header::CONTENT_LENGTH, length.to_string());
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
    pub(crate) fn keep_alive(&self) -> bool {
        !self.says_close && (self.version == Version::HTTP_11 || self.says_keep_alive)
    }
}

/// Has the length of an answer go on as one plain number, where another reader was content with less (RFC 9110, section
/// 8.6): hyper's takes equal lengths on several lines, and does not look at those of answers without a body.
pub(crate) fn settle_length(fields: &mut Fields) -> Result<(), Error> {
    let mut announced = Announced::new(Version::HTTP_11);
    for value in fields.get_all(&header::CONTENT_LENGTH) {
        announced.note_length(value)?;
    }
    if let Some(length) = announced.length.filter(|_| announced.is_odd) {
        fields.insert(&header::CONTENT_LENGTH, length.to_string());
    }
    Ok(())
}

/// 1*DIGIT that fits 64 bits: no sign, no prefix, no space.
pub(crate) fn length(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |length, digit| {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 { None } else { length.checked_mul(10)?.checked_add(u64::from(digit)) }
    })
}
