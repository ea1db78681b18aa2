//! How long a request of each class may take, and what becomes of it when nobody waits any more.

use std::time::Duration;

use super::Class;
use crate::body::Pace;

/// The longest waits of an exchange; `None` waits for ever (design, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadlines {
    /// Waiting for the client's next body byte.
    pub upload: Option<Duration>,
    /// The least of its bytes that must come, in so much waiting for them.
    pub upload_rate: Option<Pace>,
    /// Until the upstream takes the next piece of the request, and from the last one to the answer's head.
    pub first_byte: Option<Duration>,
    /// Waiting for the upstream's next body byte.
    pub silence: Option<Duration>,
    /// The whole exchange.
    pub total: Option<Duration>,
}

/// What becomes of the upstream's work when the client has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnClientGone {
    /// The connection closes, which is how an upstream learns of it.
    Close,
    /// The answer is read to its end, unseen: for an upstream that goes on anyway.
    Finish,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Of an upload: 10 KiB a second, in each minute of waiting for the client.
const PACE: Pace = Pace { bytes: 600 << 10, per: MINUTE };

// === impl Class ===

impl Class {
    /// The deadlines of design.md, section 3.
    pub fn deadlines(self) -> Deadlines {
        let stall = Deadlines { upload: Some(MINUTE), ..Deadlines::default() };
        match self {
            Self::Info => Deadlines { total: Some(10 * SECOND), ..Deadlines::default() },
            Self::Upload => Deadlines { upload_rate: Some(PACE), first_byte: Some(30 * MINUTE), ..stall },
            Self::Content => Deadlines { first_byte: Some(30 * SECOND), silence: Some(MINUTE), ..Deadlines::default() },
            Self::Summarize | Self::Captions => {
                Deadlines { first_byte: Some(60 * MINUTE), silence: Some(30 * SECOND), ..stall }
            }
            Self::Chat | Self::Change => Deadlines { first_byte: Some(5 * MINUTE), ..stall },
            Self::Generate => Deadlines { first_byte: Some(10 * MINUTE), silence: Some(5 * MINUTE), ..stall },
            Self::Library => Deadlines { first_byte: Some(10 * MINUTE), silence: Some(10 * MINUTE), ..stall },
            Self::Plain => Deadlines { first_byte: Some(10 * MINUTE), ..stall },
        }
    }

    /// VIA goes on with summaries and captions whatever its client does (contract: via, 3.4).
    pub fn on_client_gone(self) -> OnClientGone {
        match self {
            Self::Summarize | Self::Captions => OnClientGone::Finish,
            _ => OnClientGone::Close,
        }
    }
}

// === impl OnClientGone ===

impl OnClientGone {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Close, Self::Finish];

    /// The word in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Finish => "finish",
        }
    }
}

// === impl Deadlines ===

impl Deadlines {
    /// The shortest; an hour where there is none.
    pub(super) fn shortest(&self) -> Duration {
        let pace = self.upload_rate.map(|pace| pace.per);
        let all = [self.upload, pace, self.first_byte, self.silence, self.total];
        all.into_iter().flatten().min().unwrap_or(60 * MINUTE)
    }
}
