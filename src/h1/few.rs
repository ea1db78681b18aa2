//! A few bytes that were read, in one allocation together with the count of those who hold a part of them.
//!
//! `Bytes` made of a vector has that count apart, from the first part on that is taken of it; and nearly everything that
//! is read small is a head, of which parts are taken.

use bytes::Bytes;

/// What the heads of programs fit into.
const SMALL: usize = 510;
/// What those of browsers fit into, and small answers together with theirs.
const LARGE: usize = 1022;

/// At most `N` bytes.
struct Few<const N: usize> {
    bytes: [u8; N],
    count: u16,
}

/// A copy of them, as small as can be.
pub(super) fn copy(bytes: &[u8]) -> Bytes {
    match bytes.len() {
        0 => Bytes::new(),
        count if count <= SMALL => Few::<SMALL>::copy(bytes),
        count if count <= LARGE => Few::<LARGE>::copy(bytes),
        _ => Bytes::copy_from_slice(bytes),
    }
}

// === impl Few ===

impl<const N: usize> Few<N> {
    fn copy(bytes: &[u8]) -> Bytes {
        let mut few = Self { bytes: [0; N], count: u16::try_from(bytes.len()).unwrap_or_default() };
        few.bytes[..bytes.len()].copy_from_slice(bytes);
        Bytes::from_owner(few)
    }
}

impl<const N: usize> AsRef<[u8]> for Few<N> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.count)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_the_same_whatever_its_size() {
        let bytes: Vec<u8> = (0..2000).map(|n| u8::try_from(n % 251).unwrap_or_default()).collect();
        for count in [0, 1, SMALL, SMALL + 1, LARGE, LARGE + 1, 2000] {
            let copied = copy(&bytes[..count]);
            assert_eq!(copied, &bytes[..count]);
            let part = copied.slice(count / 2..);
            drop(copied);
            assert_eq!(part, &bytes[count / 2..count]);
        }
    }
}
