//! What is wrong with a certificate, a key or a list of authorities: which of them, which file, and why.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem;

/// Files that no handshake can be made with.
#[derive(Debug)]
pub struct Error {
    part: Part,
    file: PathBuf,
    problem: Problem,
}

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Our certificate, and those behind it.
    Chain,
    /// The key that belongs to it.
    Key,
    /// Whose certificates are believed.
    Authorities,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// It cannot be read.
    Io(io::Error),
    /// It is not PEM.
    Pem(pem::Error),
    /// It has nothing of what it is read for.
    Empty,
    /// rustls cannot use it.
    Unusable(rustls::Error),
}

// === impl Error ===

impl Error {
    pub(super) fn new(part: Part, file: &Path, problem: Problem) -> Self {
        Self { part, file: file.to_owned(), problem }
    }

    /// A chain and a key that rustls cannot use.
    pub(super) fn unusable_pair(chain: &Path, key: &Path, e: rustls::Error) -> Self {
        match e {
            rustls::Error::InvalidCertificate(_) => Self::new(Part::Chain, chain, Problem::Unusable(e)),
            _ => Self::new(Part::Key, key, Problem::Unusable(e)),
        }
    }

    /// What the file was read for.
    pub fn part(&self) -> Part {
        self.part
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        let sought = match self.part {
            Part::Chain | Part::Authorities => "certificate",
            Part::Key => "private key that is not encrypted",
        };
        match &self.problem {
            Problem::Io(e) => write!(f, "{file}: {e}"),
            Problem::Pem(e) => write!(f, "{file}: not valid PEM: {e}"),
            Problem::Empty => write!(f, "{file}: there is no {sought} in it"),
            Problem::Unusable(rustls::Error::InconsistentKeys(_)) => {
                write!(f, "{file}: the key does not belong to the certificate")
            }
            Problem::Unusable(e) => write!(f, "{file}: {e}"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.problem {
            Problem::Io(e) => Some(e),
            Problem::Pem(e) => Some(e),
            Problem::Unusable(e) => Some(e),
            Problem::Empty => None,
        }
    }
}
