//! Uploaded bytes on disk: an unnamed temporary file and a running fingerprint.
//!
//! The file has no name from the start, so it goes away with its last reader, whatever happens. Its reads and writes
//! are plain blocking calls of at most a frame: copies in and out of the page cache, no slower than the hashing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;

use crate::sim::body::Pieces;

const PIECE: usize = 64 * 1024;

/// A 64-bit hash of a byte stream, independent of how it was cut. Quick, and good enough to tell files apart.
#[derive(Debug, Clone)]
pub(crate) struct Fingerprint {
    hash: u64,
    partial: u64,
    length: u64,
}

/// The bytes of one upload, on their way in.
#[derive(Debug)]
pub(crate) struct Spool {
    file: Option<File>,
    fingerprint: Fingerprint,
}

/// What became of an upload.
#[derive(Debug, Clone)]
pub(crate) struct Spooled {
    /// How many bytes.
    pub(crate) length: u64,
    /// Their fingerprint.
    pub(crate) hash: u64,
    /// The bytes, if they were kept.
    pub(crate) file: Option<Arc<File>>,
}

// === impl Fingerprint ===

impl Default for Fingerprint {
    fn default() -> Self {
        Self { hash: 0x9e37_79b9_7f4a_7c15, partial: 0, length: 0 }
    }
}

impl Fingerprint {
    /// The fingerprint of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> u64 {
        let mut fingerprint = Self::default();
        fingerprint.update(bytes);
        fingerprint.value()
    }

    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !self.length.is_multiple_of(8) && !bytes.is_empty() {
            self.byte(bytes[0]);
            bytes = &bytes[1..];
        }
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.mix(u64::from_le_bytes(word.try_into().unwrap_or_default()));
            self.length += 8;
        }
        for byte in words.remainder() {
            self.byte(*byte);
        }
    }

    pub(crate) fn value(&self) -> u64 {
        let mut last = self.clone();
        last.mix(last.partial);
        last.mix(last.length);
        last.hash ^ last.hash >> 32
    }

    fn byte(&mut self, byte: u8) {
        self.partial |= u64::from(byte) << (self.length % 8 * 8);
        self.length += 1;
        if self.length.is_multiple_of(8) {
            self.mix(self.partial);
            self.partial = 0;
        }
    }

    fn mix(&mut self, word: u64) {
        self.hash = (self.hash ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(29);
    }
}

// === impl Spool ===

impl Spool {
    /// Keeps the bytes if `keep`, else only counts and hashes them.
    pub(crate) fn new(keep: bool) -> io::Result<Self> {
        Ok(Self { file: keep.then(unnamed).transpose()?, fingerprint: Fingerprint::default() })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.fingerprint.update(bytes);
        self.file.as_mut().map_or(Ok(()), |file| file.write_all(bytes))
    }

    pub(crate) fn finish(self) -> Spooled {
        Spooled { length: self.fingerprint.length, hash: self.fingerprint.value(), file: self.file.map(Arc::new) }
    }
}

/// The bytes from `start` to before `end`, read when they are wanted.
pub(crate) fn pieces(file: Arc<File>, start: u64, end: u64) -> Pieces {
    let mut at = start;
    Box::new(std::iter::from_fn(move || {
        let left = usize::try_from(end.saturating_sub(at)).unwrap_or(PIECE).min(PIECE);
        if left == 0 {
            return None;
        }
        let mut piece = vec![0; left];
        Some(file.read_exact_at(&mut piece, at).map(|()| {
            at += left as u64;
            Bytes::from(piece)
        }))
    }))
}

/// A new file that has lost its name already.
fn unnamed() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("viaduct-sim-{:032x}", fastrand::u128(..)));
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_does_not_depend_on_the_cuts() {
        let bytes: Vec<u8> = (0..100).collect();
        let whole = Fingerprint::of(&bytes);
        for cut in 0..100 {
            let mut fingerprint = Fingerprint::default();
            fingerprint.update(&bytes[..cut]);
            fingerprint.update(&bytes[cut..]);
            assert_eq!(fingerprint.value(), whole, "cut at {cut}");
        }
        assert_ne!(Fingerprint::of(&bytes[..99]), whole);
        assert_ne!(Fingerprint::of(b"a\0"), Fingerprint::of(b"a"));
    }

    #[test]
    fn gives_back_the_very_bytes() {
        let mut spool = Spool::new(true).unwrap();
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        spool.write(&bytes[..77]).unwrap();
        spool.write(&bytes[77..]).unwrap();
        let spooled = spool.finish();
        assert_eq!((spooled.length, spooled.hash), (800_000, Fingerprint::of(&bytes)));
        let back: Vec<u8> = pieces(spooled.file.unwrap(), 5, 799_999).flat_map(|piece| piece.unwrap()).collect();
        assert!(back == bytes[5..799_999]);
    }
}
