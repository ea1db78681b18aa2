//! The connections of one endpoint: check one out, send on it, check it in at the end of the answer's body.
//!
//! One short std mutex per endpoint, held for a push or a pop and never across an await; last in, first out, so that
//! the warmest connection is taken again and the rest expire. The idle limit lies below the upstream's own, hence a
//! connection is normally dropped here before its server drops it; for the race that remains, see
//! `proxy::forward`, which knows what may go twice.
//!
//! How a connection speaks HTTP is the business of `conn`: the pool only asks whether it is open and ready. The body of
//! an [`Answer`] has the connection with it, and gives it up at its end.

mod answer;
mod conn;
mod connect;
mod driven;
mod h1;
mod idle;
mod room;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::body::Incoming;
use tokio::time::Instant;

pub use self::answer::Answer;
use self::conn::Conn;
pub use self::conn::{Cause, Codec, Interim, LeanError, Listener, SendError, deaf};
pub use self::connect::{Address, ConnectError, Connector};
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use self::h1::differential;
use self::idle::Idle;
use crate::body::RequestBody;
use crate::head::{AnswerHead, RequestHead};
use crate::transport::Transport;

/// Limits of one pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A connection that was idle for longer is not used again. Must lie below the upstream's own limit.
    pub idle: Duration,
    /// How many idle connections are kept.
    pub max_idle: usize,
    /// A connection older than this is not used again.
    pub max_age: Duration,
    /// How long dialling may take, the handshake of TLS included.
    pub connect: Duration,
    /// Who speaks HTTP on the connections.
    pub http: Codec,
}

/// The connections of one endpoint.
#[derive(Debug)]
pub struct Pool {
    settings: Settings,
    connector: Connector,
    idle: Mutex<Idle<Conn>>,
}

/// A connection that is out. Dropping it closes it; [`check_in`](Self::check_in) gives it back.
#[derive(Debug)]
pub struct PooledConn {
    conn: Conn,
    home: Arc<Pool>,
    reused: bool,
    /// Whether it has less room than it asked for, for good.
    is_narrow: bool,
}

// === impl Pool ===

impl Pool {
    /// An empty pool that dials with `connector`.
    pub fn new(connector: Connector, settings: Settings) -> Arc<Self> {
        let idle = Mutex::new(Idle::new(settings.max_idle, settings.idle, settings.max_age));
        Arc::new(Self { settings, connector, idle })
    }

    /// An idle connection, if there is one. That the peer has closed shows in [`PooledConn::poll_ready`], before the
    /// request is risked.
    pub fn check_out_idle(self: &Arc<Self>, now: Instant) -> Option<PooledConn> {
        let conn = self.lock().pop(now)?;
        Some(PooledConn { conn, home: Arc::clone(self), reused: true, is_narrow: false })
    }

    /// A new connection that speaks HTTP. Cancelling abandons the dial.
    pub async fn connect(self: &Arc<Self>) -> Result<PooledConn, ConnectError> {
        let stream = self.dial().await?;
        let conn = Conn::open(stream, self.settings.http).await.map_err(ConnectError::Handshake)?;
        Ok(PooledConn { conn, home: Arc::clone(self), reused: false, is_narrow: false })
    }

    /// A new connection that is never the pool's. Cancelling abandons the dial.
    pub async fn dial(&self) -> Result<Transport, ConnectError> {
        match tokio::time::timeout(self.settings.connect, self.connector.connect()).await {
            Ok(connected) => connected,
            Err(_elapsed) => Err(ConnectError::Timeout(self.settings.connect)),
        }
    }

    /// Drops what has been idle too long, and what the peer has closed. Called by a coarse sweep, so that a server's side
    /// closes no later than ours, and half a closed connection does not lie about until then.
    pub fn sweep(&self, now: Instant) {
        let mut idle = self.lock();
        let (expired, dead) = (idle.expire(now), idle.remove_unless(Conn::is_alive));
        drop(idle);
        // Closed here, outside the lock.
        drop((expired, dead));
    }

    /// How many connections wait.
    pub fn idle_count(&self) -> usize {
        self.lock().len()
    }

    /// Where this pool's connections lead.
    pub fn address(&self) -> &Address {
        self.connector.address()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Idle<Conn>> {
        // A panic between lock and unlock cannot leave half a push behind.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl PooledConn ===

impl PooledConn {
    /// Whether this connection served a request before: only then may a failure be the pool's own race.
    pub fn is_reused(&self) -> bool {
        self.reused
    }

    /// Waits until an idle connection can take a request; false when it has died, and can only be dropped.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        self.conn.poll_ready(cx)
    }

    /// Begins a request. After an error the connection can only be dropped.
    pub fn begin(
        &mut self,
        head: &RequestHead,
        body: RequestBody,
        interim: Interim<'_>,
        waker: &Waker,
    ) -> Result<(), SendError> {
        self.conn.begin(head, body, interim, waker)
    }

    /// Sends the request and waits for the head of its answer; what comes with it makes an [`Answer`] of the connection.
    /// After an error, or when nobody waits any more, the connection can only be dropped.
    pub fn poll_answer(
        &mut self,
        interim: Interim<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(AnswerHead, Option<Incoming>), SendError>> {
        self.conn.poll_answer(interim, cx)
    }

    /// Has the kernel keep so many bytes of the answer that nobody has read yet.
    fn reserve(&mut self, bytes: usize) {
        if let Some(tcp) = self.conn.tcp() {
            self.is_narrow |= room::reserve(tcp, bytes);
        }
    }

    /// Gives the connection back. Only after both messages were transferred whole.
    pub fn check_in(self, now: Instant) {
        if self.conn.is_open() && !self.is_narrow {
            let surplus = self.home.lock().push(now, self.conn.born(), self.conn);
            drop(surplus);
        }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "idle {:?}, at most {}", self.idle, self.max_idle)
    }
}
