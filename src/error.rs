//! What can go wrong between the two heads of an exchange, whose fault it is, and what caused it.
//!
//! Kinds are events, not layers. A kind says nothing about HTTP: `proxy::error_response` is the one place where it
//! becomes a status, and it matches without a wildcard, so that a new kind stops the build until it has one.
//! Errors of start-up are separate (`config::Error`).

use std::error::Error as StdError;
use std::fmt;

/// One failure of one exchange.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    side: Side,
    detail: Option<Box<str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No route takes this path.
    NoRoute,
    /// The request breaks a rule of RFC 9110 or 9112 that an intermediary must not overlook.
    BadRequest,
    /// A method that is never forwarded (CONNECT).
    Method,
    /// A `Host` that this listener does not serve (DNS rebinding, design: Host).
    ForbiddenHost,
    /// No API key, or none that exists.
    Unauthorized,
    /// The API key is not for such requests.
    OutOfScope,
    /// The API key asked too often; the next request may come in so many seconds.
    RateLimited(u32),
    /// An operation that is off here: it changes what the upstream has, or reads its disk.
    NotAllowed,
    /// An upload whose form names a file on the upstream's disk, or can be read in more than one way.
    ForbiddenForm,
    /// A page of this origin may not ask (CORS).
    ForbiddenOrigin,
    /// The request's body is longer than its route takes.
    TooLarge,
    /// The request already passed through this process (RFC 9110, section 7.6.3).
    Loop,
    /// The upstream has no endpoint, or not the one that the request pins.
    NoEndpoint,
    /// No endpoint accepted a connection.
    Connect,
    /// There is no TLS with the upstream: one side objects to the other.
    Tls,
    /// The connection died before the first byte of the answer.
    Send,
    /// The upstream's answer breaks the framing rules of RFC 9112.
    BadResponse,
    /// A body broke off.
    Body,
    /// The client went away in the middle of its request.
    Left,
    /// A deadline expired.
    Timeout(Phase),
}

/// The phases of an exchange that have a deadline (design, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Phase {
    /// Dialling the upstream.
    Connect = 0,
    /// Waiting for the client's next body byte.
    Upload = 1,
    /// Waiting for the answer's head, counted from the request's last byte.
    FirstByte = 2,
    /// Waiting for the upstream's next body byte.
    Silence = 3,
    /// The whole exchange.
    Total = 4,
    /// Waiting for the rest of a request's head.
    Head = 5,
    /// Waiting for the next request on a kept-alive connection.
    Idle = 6,
    /// Waiting for the client to take a byte.
    Write = 7,
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client's side.
    Downstream,
    /// The model servers' side.
    Upstream,
    /// Ours.
    Internal,
}

// === impl Error ===

impl Error {
    /// An error of this kind, with the side that usually causes it.
    pub fn new(kind: Kind) -> Self {
        let side = match kind {
            Kind::NoRoute
            | Kind::BadRequest
            | Kind::Method
            | Kind::ForbiddenHost
            | Kind::Unauthorized
            | Kind::OutOfScope
            | Kind::RateLimited(_)
            | Kind::NotAllowed
            | Kind::ForbiddenForm
            | Kind::ForbiddenOrigin
            | Kind::TooLarge
            | Kind::Loop
            | Kind::Left
            | Kind::Timeout(Phase::Upload | Phase::Head | Phase::Idle | Phase::Write) => Side::Downstream,
            Kind::NoEndpoint => Side::Internal,
            Kind::Connect
            | Kind::Tls
            | Kind::Send
            | Kind::BadResponse
            | Kind::Body
            | Kind::Timeout(Phase::Connect | Phase::FirstByte | Phase::Silence | Phase::Total) => Side::Upstream,
        };
        Self(Box::new(Inner { kind, side, detail: None, source: None }))
    }

    /// Says more, in words fit for a client: no address, nothing from the request.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Box<str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Keeps the cause, as an error and not as text.
    #[must_use]
    pub fn source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error, for somebody else to tell; the cause stays here.
    #[must_use]
    pub fn again(&self) -> Self {
        let Inner { kind, side, detail, .. } = &*self.0;
        Self(Box::new(Inner { kind: *kind, side: *side, detail: detail.clone(), source: None }))
    }

    /// What happened.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whose fault it is.
    pub fn side(&self) -> Side {
        self.0.side
    }
}

impl fmt::Display for Error {
    /// Speaks for its own level only; the cause is `source()`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.message())?;
        match &self.0.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as _)
    }
}

// === impl Kind ===

impl Kind {
    /// The token of `x-viaduct-error`, logs and metrics.
    pub fn token(self) -> &'static str {
        match self {
            Self::NoRoute => "no-route",
            Self::BadRequest => "bad-request",
            Self::Method => "method",
            Self::ForbiddenHost => "forbidden-host",
            Self::Unauthorized => "unauthorized",
            Self::OutOfScope => "out-of-scope",
            Self::RateLimited(_) => "rate-limited",
            Self::NotAllowed => "not-allowed",
            Self::ForbiddenForm => "forbidden-form",
            Self::ForbiddenOrigin => "forbidden-origin",
            Self::TooLarge => "too-large",
            Self::Loop => "loop",
            Self::NoEndpoint => "no-endpoint",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Send => "send",
            Self::BadResponse => "bad-response",
            Self::Body => "body",
            Self::Left => "left",
            Self::Timeout(Phase::Connect) => "timeout-connect",
            Self::Timeout(Phase::Upload) => "timeout-upload",
            Self::Timeout(Phase::FirstByte) => "timeout-first-byte",
            Self::Timeout(Phase::Silence) => "timeout-silence",
            Self::Timeout(Phase::Total) => "timeout-total",
            Self::Timeout(Phase::Head) => "timeout-head",
            Self::Timeout(Phase::Idle) => "timeout-idle",
            Self::Timeout(Phase::Write) => "timeout-write",
        }
    }

    /// Whether access was denied, to a request that is in order otherwise.
    pub fn is_denial(self) -> bool {
        matches!(
            self,
            Self::ForbiddenHost
                | Self::Unauthorized
                | Self::OutOfScope
                | Self::RateLimited(_)
                | Self::NotAllowed
                | Self::ForbiddenForm
                | Self::ForbiddenOrigin
                | Self::TooLarge
        )
    }

    /// One sentence for the client.
    fn message(self) -> &'static str {
        match self {
            Self::NoRoute => "no route takes this path",
            Self::BadRequest => "the request is not valid HTTP",
            Self::Method => "this method is not forwarded",
            Self::ForbiddenHost => "this Host is not served on a loopback listener; --host allows more names",
            Self::Unauthorized => "an API key is needed, as Authorization: Bearer KEY or as x-api-key: KEY",
            Self::OutOfScope => "this API key is not for this request",
            Self::RateLimited(_) => "this API key asks too often",
            Self::NotAllowed => "this operation is off here; --allow switches it on",
            Self::ForbiddenForm => "this form may not pass",
            Self::ForbiddenOrigin => "pages of this origin may not ask",
            Self::TooLarge => "the request's body is too large",
            Self::Loop => "the request has passed through this proxy before",
            Self::NoEndpoint => "the upstream has no such endpoint",
            Self::Connect => "no endpoint of the upstream accepted a connection",
            Self::Tls => "no TLS connection to the upstream",
            Self::Send => "the upstream closed the connection without an answer",
            Self::BadResponse => "the upstream's answer is not valid HTTP",
            Self::Body => "the body broke off",
            Self::Left => "the client went away in the middle of its request",
            Self::Timeout(Phase::Connect) => "deadline expired while connecting to the upstream",
            Self::Timeout(Phase::Upload) => "deadline expired while waiting for the rest of the request",
            Self::Timeout(Phase::FirstByte) => {
                "deadline expired while waiting for the answer's first byte; the upstream may still be working"
            }
            Self::Timeout(Phase::Silence) => "deadline expired while waiting for the answer's next byte",
            Self::Timeout(Phase::Total) => "deadline expired for the whole exchange",
            Self::Timeout(Phase::Head) => "deadline expired while waiting for the request's head",
            Self::Timeout(Phase::Idle) => "no further request on the connection",
            Self::Timeout(Phase::Write) => "the client takes no bytes",
        }
    }
}

// === impl Phase ===

impl Phase {
    /// All phases, in the order of their numbers.
    pub const ALL: [Self; 8] =
        [Self::Connect, Self::Upload, Self::FirstByte, Self::Silence, Self::Total, Self::Head, Self::Idle, Self::Write];

    /// The word in settings, logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Upload => "upload",
            Self::FirstByte => "first_byte",
            Self::Silence => "silence",
            Self::Total => "total",
            Self::Head => "head",
            Self::Idle => "idle",
            Self::Write => "write",
        }
    }
}
