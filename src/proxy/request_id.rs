//! `x-request-id`: the client's, if it is fit to be logged and passed on, else a new one.
//!
//! A new one is a version 4 UUID (RFC 9562, section 5.4), for some servers take nothing else: llama-cpp-python's answers
//! 400 to any other.

use super::forward::REQUEST_ID;
use crate::head::Fields;

/// The longest id that is kept.
const LONGEST: usize = 128;

/// The id of an exchange: visible ASCII.
#[derive(Debug, Clone)]
pub(super) enum RequestId {
    /// Made here.
    New([u8; 36]),
    /// The client's.
    Given(Box<str>),
}

// === impl RequestId ===

impl RequestId {
    /// The id of a request.
    pub(super) fn of(fields: &Fields) -> Self {
        let given = fields.get(&REQUEST_ID).and_then(|id| str::from_utf8(id).ok());
        let given =
            given.filter(|id| !id.is_empty() && id.len() <= LONGEST && id.bytes().all(|b| b.is_ascii_graphic()));
        given.map_or_else(|| Self::New(new(fastrand::u128(..))), |id| Self::Given(id.into()))
    }

    /// As bytes, which need no proof that they are text.
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::New(digits) => digits,
            Self::Given(text) => text.as_bytes(),
        }
    }

    /// As text.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::New(digits) => str::from_utf8(digits).unwrap_or_default(),
            Self::Given(text) => text,
        }
    }
}

impl AsRef<[u8]> for RequestId {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// Written by hand, for it is written once for every request.
fn new(random: u128) -> [u8; 36] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    const VERSION: u128 = 0xf << 76;
    const VARIANT: u128 = 0b11 << 62;
    const GROUPS: [(usize, usize); 5] = [(0, 4), (9, 2), (14, 2), (19, 2), (24, 6)];
    let bytes = ((random & !VERSION & !VARIANT) | (4 << 76) | (0b10 << 62)).to_be_bytes();
    let mut bytes = bytes.iter();
    let mut text = [b'-'; 36];
    for (start, length) in GROUPS {
        for (digits, byte) in text[start..start + 2 * length].as_chunks_mut::<2>().0.iter_mut().zip(&mut bytes) {
            *digits = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(id: &str) -> String {
        let mut fields = Fields::new();
        fields.append(&REQUEST_ID, id);
        RequestId::of(&fields).as_str().to_owned()
    }

    #[test]
    fn a_new_id_is_a_uuid_of_version_4() {
        assert_eq!(&new(0), b"00000000-0000-4000-8000-000000000000");
        assert_eq!(&new(u128::MAX), b"ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(&new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), b"01234567-89ab-4def-8123-456789abcdef");
    }

    #[test]
    fn a_clients_id_is_kept_if_it_is_fit() {
        assert_eq!(with("mine-1"), "mine-1");
        assert_eq!(with("").len(), 36);
        assert_eq!(with("with a blank").len(), 36);
    }
}
