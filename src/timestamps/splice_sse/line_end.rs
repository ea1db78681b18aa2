//! How the lines of an event stream end, and what is added in their style.

use bytes::Bytes;

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// Line feed.
    Lf,
    /// Carriage return and line feed, as VIA writes.
    CrLf,
    /// Carriage return.
    Cr,
}

// === impl LineEnd ===

impl LineEnd {
    /// Its bytes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }

    /// A comment that says nothing, to keep a waiting stream alive; for between events.
    pub fn comment(self) -> Bytes {
        Bytes::from_static(match self {
            Self::Lf => b":\n\n",
            Self::CrLf => b":\r\n\r\n",
            Self::Cr => b":\r\r",
        })
    }
}
