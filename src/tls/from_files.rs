//! What is made of files, and made again when they change: taken whole, or not at all.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::error::Error;

/// A `T` made of files.
#[derive(Debug)]
pub(super) struct FromFiles<T> {
    files: Vec<PathBuf>,
    current: RwLock<Arc<T>>,
    stamps: Mutex<Vec<Option<Stamp>>>,
}

/// Differs when a file was written, or replaced by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

// === impl FromFiles ===

impl<T> FromFiles<T> {
    /// What `make` makes of these.
    pub(super) fn new(files: Vec<PathBuf>, make: impl FnOnce() -> Result<T, Error>) -> Result<Self, Error> {
        // Before the reading: what changes meanwhile has changed.
        let stamps = Mutex::new(stamps(&files));
        let current = RwLock::new(Arc::new(make()?));
        Ok(Self { files, current, stamps })
    }

    /// What was made last.
    pub(super) fn current(&self) -> Arc<T> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes it again. What is wrong with the files changes nothing. Blocks on them.
    pub(super) fn reload(&self, make: impl FnOnce() -> Result<T, Error>) -> Result<(), Error> {
        *self.stamps.lock().unwrap_or_else(PoisonError::into_inner) = stamps(&self.files);
        let new = Arc::new(make()?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// Whether a file is another than when it was read last, also where reading it came to nothing. Blocks as well.
    pub(super) fn has_changed(&self) -> bool {
        *self.stamps.lock().unwrap_or_else(PoisonError::into_inner) != stamps(&self.files)
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    files.iter().map(|file| Stamp::of(file)).collect()
}

// === impl Stamp ===

impl Stamp {
    /// Of what a path leads to, over all links: a mounted secret is replaced by turning a link.
    fn of(file: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(file).ok()?;
        Some(Self { inode: metadata.ino(), length: metadata.len(), changed: (metadata.mtime(), metadata.mtime_nsec()) })
    }
}
