//! What can go wrong on a lean connection.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// Why an exchange came to no good end.
#[derive(Debug)]
pub(crate) enum Error {
    /// The socket.
    Io(io::Error),
    /// Bytes that are not HTTP/1.1, or not in one reading only.
    Malformed(&'static str),
    /// The upstream closed before the message was complete.
    Cut(&'static str),
    /// The request's own body broke off.
    Body(Box<dyn StdError + Send + Sync>),
}

// === impl Error ===

impl Error {
    /// Whether the upstream broke the grammar, and did not merely go away.
    pub(crate) fn is_malformed(&self) -> bool {
        matches!(self, Self::Malformed(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(_) => f.write_str("the connection failed"),
            Self::Malformed(what) => write!(f, "not valid HTTP: {what}"),
            Self::Cut(when) => write!(f, "the connection was closed {when}"),
            Self::Body(_) => f.write_str("the request's body broke off"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io(e) => Some(e),
            Self::Body(e) => Some(e.as_ref()),
            Self::Malformed(_) | Self::Cut(_) => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}
