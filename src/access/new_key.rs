//! Makes a key: the only moment at which viaduct knows one.

use std::io;

use rustix::rand::{GetRandomFlags, getrandom};

use super::keys::Digest;

/// What finders of leaked secrets know a key by.
const PREFIX: &str = "vdk_";

/// A new key, and the hash that the configuration wants.
pub fn new_key() -> io::Result<(String, Digest)> {
    let mut random = [0; 32];
    let mut filled = 0;
    while filled < random.len() {
        filled += getrandom(&mut random[filled..], GetRandomFlags::empty())?;
    }
    let key = format!("{PREFIX}{}", hex(&random));
    let digest = Digest::of(key.as_bytes());
    Ok((key, digest))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_are_the_same_and_each_fits_its_hash() {
        let (a, b) = (new_key().unwrap(), new_key().unwrap());
        assert_ne!(a.0, b.0);
        assert_eq!(a.0.len(), PREFIX.len() + 64);
        assert_eq!(Digest::of(a.0.as_bytes()), a.1);
    }
}
