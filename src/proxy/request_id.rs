//! `x-request-id`: the client's, if it is fit to be logged and passed on, else a new one.
//!
//! A new one is a version 4 UUID (RFC 9562, section 5.4), for some servers take nothing else: llama-cpp-python's answers
//! 400 to any other.

use http::{HeaderMap, HeaderValue};

use super::forward::REQUEST_ID;

/// The longest id that is kept.
const LONGEST: usize = 128;

/// The id of a request.
pub(super) fn of(headers: &HeaderMap) -> HeaderValue {
    let own = headers.get(REQUEST_ID).filter(|id| {
        let id = id.as_bytes();
        !id.is_empty() && id.len() <= LONGEST && id.iter().all(u8::is_ascii_graphic)
    });
    own.cloned().unwrap_or_else(|| new(fastrand::u128(..)))
}

/// Written by hand, for it is written once for every request.
fn new(random: u128) -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    const VERSION: u128 = 0xf << 76;
    const VARIANT: u128 = 0b11 << 62;
    let bits = (random & !VERSION & !VARIANT) | (4 << 76) | (0b10 << 62);
    let mut text = [b'-'; 36];
    let mut left = bits;
    for at in (0..36).rev().filter(|at| !matches!(at, 8 | 13 | 18 | 23)) {
        text[at] = DIGITS[(left & 0xf) as usize];
        left >>= 4;
    }
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_id_is_a_uuid_of_version_4() {
        assert_eq!(new(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(new(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), "01234567-89ab-4def-8123-456789abcdef");
    }

    #[test]
    fn a_clients_id_is_kept_if_it_is_fit() {
        let with = |id: &'static str| of(&HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(id))]));
        assert_eq!(with("mine-1"), "mine-1");
        assert_eq!(with("").len(), 36);
        assert_eq!(with("with a blank").len(), 36);
    }
}
