//! One connection to an endpoint, whoever speaks HTTP on it.
//!
//! The small interface that the rest of the house sees: is it open, is it ready, send this, and what came of it. Behind
//! it are two implementations: our own (`h1`), and hyper's client half (`driven`).

use std::error::Error as StdError;
use std::fmt;
use std::task::{Context, Poll, Waker};

use http::{HeaderMap, StatusCode};
use hyper::body::Incoming;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::driven::Driven;
use super::h1::Connection;
use crate::body::RequestBody;
use crate::h1;
use crate::head::{AnswerHead, RequestHead};
use crate::tls;
use crate::transport::Transport;

/// Who speaks HTTP/1.1 toward an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Codec {
    /// viaduct's own connection: no task, no channel, one copy of a head.
    #[default]
    Lean,
    /// hyper's client connection.
    Hyper,
}

/// A connection that can carry one exchange at a time. Dropping it closes it.
#[derive(Debug)]
pub(super) enum Conn {
    Lean(Box<Connection>),
    Hyper(Box<Driven>),
}

/// Hears of an interim answer (RFC 9110, section 15.2): its status and fields.
pub type Listener = Box<dyn Fn(StatusCode, &HeaderMap) + Send + Sync>;

/// Makes a listener, which wakes somebody, when one is needed: hyper wants it with every request, our own connection only when there is
/// something to hear, which is seldom.
pub type Interim<'a> = &'a (dyn Fn(&Waker) -> Listener + Sync);

/// Hears nothing: for requests of viaduct's own.
pub fn deaf(_: &Waker) -> Listener {
    Box::new(|_, _| {})
}

/// A request that got no answer.
#[derive(Debug)]
pub struct SendError {
    /// The request's body, if nothing of it is lost: because it was not begun, or because there is none.
    pub body: Option<RequestBody>,
    /// Whether not a byte of it was written: then it may go again whatever its method.
    pub is_unsent: bool,
    /// Whether a first byte of an answer came before the failure.
    pub has_answered: bool,
    /// What happened.
    pub cause: Cause,
}

/// Why an exchange on a connection failed.
#[derive(Debug)]
pub enum Cause {
    /// Told by hyper.
    Driven(hyper::Error),
    /// Told by our own connection.
    Lean(LeanError),
    /// The body failed before, or was closed from this side.
    Over,
}

/// What went wrong on a connection of our own.
#[derive(Debug)]
pub struct LeanError(pub(super) h1::Error);

// === impl Codec ===

impl Codec {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Lean, Self::Hyper];

    /// The word in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lean => "lean",
            Self::Hyper => "hyper",
        }
    }
}

// === impl Conn ===

impl Conn {
    /// Speaks HTTP/1.1 over `stream`.
    pub(super) async fn open(stream: Transport, codec: Codec) -> hyper::Result<Self> {
        Ok(match codec {
            Codec::Lean => Self::Lean(Box::new(Connection::new(stream))),
            Codec::Hyper => Self::Hyper(Box::new(Driven::handshake(stream).await?)),
        })
    }

    /// Waits until an idle connection can take a request; false when it has died.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        match self {
            Self::Lean(conn) => Poll::Ready(conn.is_quiet()),
            Self::Hyper(conn) => conn.poll_ready(cx),
        }
    }

    /// Whether another exchange may follow the last.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Lean(conn) => conn.is_reusable(),
            Self::Hyper(conn) => conn.is_open(),
        }
    }

    /// Whether an idle connection is worth keeping.
    pub(super) fn is_alive(&mut self) -> bool {
        match self {
            Self::Lean(conn) => conn.is_quiet(),
            Self::Hyper(conn) => conn.is_open(),
        }
    }

    /// The socket, if it is at hand: hyper's is with the task that drives it.
    pub(super) fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Lean(conn) => conn.tcp(),
            Self::Hyper(_) => None,
        }
    }

    /// When the connection was made.
    pub(super) fn born(&self) -> Instant {
        match self {
            Self::Lean(conn) => conn.born(),
            Self::Hyper(conn) => conn.born(),
        }
    }

    /// Begins a request. After an error the connection can only be dropped.
    pub(super) fn begin(
        &mut self,
        head: &RequestHead,
        body: RequestBody,
        interim: Interim<'_>,
        waker: &Waker,
    ) -> Result<(), SendError> {
        match self {
            Self::Hyper(conn) => {
                conn.begin(head, body, interim(waker));
                Ok(())
            }
            Self::Lean(conn) => conn.begin(head, body).map_err(|e| SendError::lean(conn, e)),
        }
    }

    /// Sends the request, and waits for the head of its answer; hyper's body comes with it, ours stays in the connection.
    /// After an error, or when nobody waits any more, the connection can only be dropped.
    pub(super) fn poll_answer(
        &mut self,
        interim: Interim<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(AnswerHead, Option<Incoming>), SendError>> {
        match self {
            Self::Hyper(conn) => conn.poll_answer(cx)?.map(|response| {
                let (head, incoming) = response.into_parts();
                let mut head = AnswerHead::from(head);
                match h1::settle_length(&mut head.fields) {
                    Ok(()) => Ok((head, Some(incoming))),
                    Err(e) => {
                        Err(SendError { has_answered: true, cause: Cause::Lean(LeanError(e)), ..SendError::over() })
                    }
                }
            }),
            Self::Lean(conn) => match conn.poll_head(interim, cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(head)) => Poll::Ready(Ok((head, None))),
                Poll::Ready(Err(e)) => Poll::Ready(Err(SendError::lean(conn, e))),
            },
        }
    }
}

// === impl SendError ===

impl SendError {
    fn lean(conn: &mut Connection, cause: h1::Error) -> Self {
        Self {
            body: conn.take_back(),
            is_unsent: conn.is_unsent(),
            has_answered: conn.has_answered(),
            cause: Cause::Lean(LeanError(cause)),
        }
    }

    /// The exchange was over before.
    pub(super) fn over() -> Self {
        Self { body: None, is_unsent: false, has_answered: false, cause: Cause::Over }
    }
}

// === impl Cause ===

impl Cause {
    /// Whether the upstream broke the grammar of HTTP, and did not merely go away.
    pub fn is_malformed(&self) -> bool {
        match self {
            Self::Driven(e) => e.is_parse(),
            Self::Lean(LeanError(e)) => e.is_malformed(),
            Self::Over => false,
        }
    }
}

impl Cause {
    /// What TLS has against the other side, if that is the reason, in words fit for a client.
    pub fn objection(&self) -> Option<&'static str> {
        tls::objection(self)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driven(e) => write!(f, "{e}"),
            Self::Lean(LeanError(e)) => write!(f, "{e}"),
            Self::Over => f.write_str("the connection was given up before"),
        }
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Driven(e) => e.source(),
            Self::Lean(LeanError(e)) => e.source(),
            Self::Over => None,
        }
    }
}
