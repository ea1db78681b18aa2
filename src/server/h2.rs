//! HTTP/2 toward clients (RFC 9113): one connection, whose streams are exchanges in tasks of their own.
//!
//! The frames are the h2 crate's, directly. hyper's server on top of it would take a reset with `NO_ERROR` for the end
//! of an upload, pass no interim answer on, and tell nobody that a client takes nothing.
//!
//! What a client can make us hold is bounded, by this file's limits and what h2 makes of them:
//!
//! | attack | what bounds it |
//! | --- | --- |
//! | PING, SETTINGS | h2 holds one answer at most, and reads no further until it is written |
//! | streams | [`STREAMS`] at once; one counts until its last frame is written, so answers that are not taken count too |
//! | resets | of streams that h2 had not told us of, [`STREAMS`] wait at once; [`ledger`] for what it told us of |
//! | malformed streams | 1,024 in a connection's life (h2), each a frame to be written |
//! | heads, HPACK | `max_head` as decoded, of which four times end the connection; CONTINUATION for that; a table of 4 KiB |
//! | uploads that nobody takes | [`STREAM_WINDOW`], [`CONNECTION_WINDOW`]; [`SMALL`] for what tiny frames cost more |
//! | answers that are not taken | [`SEND_BUFFER`] a stream, nothing where it grants no window; then `write` ends them |
//! | frames for nothing | [`ledger`]: a budget, and then GOAWAY with `ENHANCE_YOUR_CALM` |
//!
//! A connection without streams has as long as an idle one of HTTP/1.1, whatever else it sends, and a head that has begun
//! as long as one there. A client of which nothing is heard while streams run is asked by PING, and lost if it is silent.

mod ledger;
mod meter;
mod reply;
mod request;
mod stream;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{Ping, PingPong, Reason, RecvStream};
use http::Request;
use tokio::time::{Instant, timeout};

use self::ledger::Ledger;
use self::wire::Wire;
use super::alarm::{Alarm, Rang};
use super::conn::Shared;
use crate::error::Phase;
use crate::proxy::Downstream;
use crate::transport::Transport;

/// How many exchanges one connection has at once.
const STREAMS: u32 = 128;
/// What a stream may send that its upstream has not taken, and what all of a connection may: eight that are stalled stop
/// the uploads of the others.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 8 * STREAM_WINDOW;
/// What waiting frames of less than 256 bytes lack to that, in all: 4,096 of a byte. Each can keep a read buffer alive.
const SMALL: usize = 1024 * 1024;
/// The most of one answer that waits for the socket.
const SEND_BUFFER: usize = 128 * 1024;
/// How long a client has to end a connection on which nothing runs any more; it is looked at twice in that time.
const GRACE: Duration = Duration::from_secs(4);
/// While streams run the client is listened for so often in the time that an idle connection has: a look that heard
/// nothing asks, as many in a row say that nobody is there.
const LOOKS: u32 = 3;

/// What the streams of one connection have in common.
struct Common {
    shared: Arc<Shared>,
    downstream: Arc<Downstream>,
    /// Streams that run.
    open: AtomicUsize,
    ledger: Arc<Ledger>,
}

/// Whether a connection takes more streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It does.
    Open,
    /// The client is told to open no more; those that run go on.
    Ending,
    /// None goes on.
    Over,
}

/// One client's connection.
struct Connection {
    conn: h2::server::Connection<Wire, Bytes>,
    common: Arc<Common>,
    alarm: Alarm,
    /// Asks whether the client is there.
    pings: Option<PingPong>,
    /// How many looks in a row heard nothing.
    silent: u32,
    stage: Stage,
    /// The last look found nothing that runs.
    is_done: bool,
}

/// Serves HTTP/2 on `stream`, of which `early` was read already, until its client leaves or has to.
pub(super) async fn serve(
    shared: Arc<Shared>,
    downstream: Arc<Downstream>,
    alarm: Alarm,
    stream: Transport,
    early: Bytes,
) {
    let ledger = Arc::new(Ledger::new(Instant::now()));
    let handshake = builder(shared.settings.heads.bytes).handshake(Wire::new(stream, early, Arc::clone(&ledger)));
    let mut conn = match timeout(shared.settings.patience.head, handshake).await {
        Ok(Ok(conn)) => conn,
        Ok(Err(error)) => {
            shared.metrics.refused("parse");
            return tracing::debug!(client = %downstream.peer, %error, "client connection: no HTTP/2");
        }
        Err(_) => return shared.metrics.expired_connection(Phase::Head),
    };
    downstream.clock.end(Instant::now(), shared.settings.idle);
    let pings = conn.ping_pong();
    let common = Arc::new(Common { shared, downstream, open: AtomicUsize::new(0), ledger });
    let mut connection = Connection { conn, common, alarm, pings, silent: 0, stage: Stage::Open, is_done: false };
    std::future::poll_fn(|cx| connection.poll(cx)).await;
}

fn builder(head: usize) -> Builder {
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(STREAMS)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER)
        .data_frame_budget(SMALL)
        .max_pending_accept_reset_streams(STREAMS as usize)
        // h2 refuses what has as many bytes, and not only what has more.
        .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX).saturating_add(1));
    builder
}

// === impl Common ===

impl Common {
    /// How often the client is listened for while streams run.
    fn pulse(&self) -> Duration {
        self.shared.settings.idle / LOOKS
    }
}

// === impl Connection ===

impl Connection {
    /// Takes streams as they come; ready when the connection is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.stage == Stage::Open && self.alarm.is_draining(cx) {
                self.end();
            }
            match self.conn.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    self.begin(request, respond);
                    continue;
                }
                Poll::Ready(Some(Err(error))) => {
                    if error.is_library() {
                        self.common.shared.metrics.refused("parse");
                    }
                    tracing::debug!(client = %self.common.downstream.peer, %error, "client connection: broke");
                    return Poll::Ready(());
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if self.common.ledger.is_spent() && self.stage != Stage::Over {
                self.common.shared.metrics.refused("flood");
                tracing::debug!(client = %self.common.downstream.peer, "client connection: frames for nothing");
                self.cut(Reason::ENHANCE_YOUR_CALM);
                continue;
            }
            self.keep_head_time();
            match self.alarm.poll_ring(cx) {
                Poll::Ready(rang) if self.is_done(rang) => return Poll::Ready(()),
                Poll::Ready(_) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn begin(&self, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
        let common = &self.common;
        if common.ledger.is_spent() {
            // What is dropped here is reset, and the connection ends next.
            return;
        }
        if common.open.fetch_add(1, Relaxed) == 0 && self.stage == Stage::Open {
            common.downstream.clock.begin(Instant::now(), common.pulse());
        }
        tokio::spawn(stream::serve(stream::Open::new(Arc::clone(common)), request, respond));
    }

    /// A head that has begun on an idle connection has as long as one of HTTP/1.1; so has the first frame.
    fn keep_head_time(&self) {
        let Common { shared, downstream, ledger, .. } = &*self.common;
        let clock = &downstream.clock;
        let has_head = clock.is_armed(Phase::Head);
        if !ledger.is_partial() {
            if has_head {
                clock.disarm(Phase::Head);
            }
        } else if !has_head && clock.is_idle() {
            clock.arm_soon(Phase::Head, Instant::now(), shared.settings.patience.head);
        }
    }

    /// Says that no more streams are wanted; those that run go on.
    fn end(&mut self) {
        self.stage = Stage::Ending;
        self.conn.graceful_shutdown();
        self.begin_grace();
    }

    /// Ends the connection with all that runs on it; the client has a while to hear why.
    fn cut(&mut self, reason: Reason) {
        self.stage = Stage::Over;
        self.conn.abrupt_shutdown(reason);
        self.is_done = false;
        self.begin_grace();
    }

    fn begin_grace(&self) {
        let clock = &self.common.downstream.clock;
        clock.begin(Instant::now(), GRACE / 2);
        clock.look_by(Instant::now() + GRACE / 2);
    }

    /// Whether time is up.
    fn is_done(&mut self, rang: Rang) -> bool {
        let Common { shared, downstream, open, .. } = &*self.common;
        let is_idle = open.load(Relaxed) == 0;
        if self.stage != Stage::Open {
            // A client that does not answer the last PING, or does not take the last frame, is not waited for.
            let is_over = is_idle || self.stage == Stage::Over;
            let was_over = std::mem::replace(&mut self.is_done, is_over);
            downstream.clock.begin(Instant::now(), GRACE / 2);
            return is_over && was_over;
        }
        match rang {
            Rang::Expired(phase) if is_idle => {
                shared.metrics.expired_connection(phase);
                tracing::debug!(client = %downstream.peer, phase = phase.word(), "client connection: deadline expired");
                if phase == Phase::Head {
                    self.cut(Reason::NO_ERROR);
                } else {
                    self.end();
                }
                false
            }
            Rang::Expired(_) => {
                // A stream began while the last one said that it was the last.
                downstream.clock.begin(Instant::now(), self.common.pulse());
                false
            }
            Rang::Tick => {
                if !is_idle && self.is_lost() {
                    // Perhaps it still reads.
                    self.cut(Reason::NO_ERROR);
                }
                false
            }
        }
    }

    /// Whether the client has been silent for too long, PING or not. Its kernel may be as silent as a dead one's where
    /// nothing is written to it.
    fn is_lost(&mut self) -> bool {
        let Common { shared, downstream, ledger, .. } = &*self.common;
        if ledger.has_heard() {
            self.silent = 0;
            return false;
        }
        self.silent += 1;
        if self.silent >= LOOKS {
            shared.metrics.expired_connection(Phase::Silence);
            tracing::debug!(client = %downstream.peer, "client connection: answers no PING");
            return true;
        }
        if let Some(pings) = &mut self.pings {
            // Makes room for another if the last one was answered; fails while it was not.
            let _ = pings.poll_pong(&mut Context::from_waker(Waker::noop()));
            let _ = pings.send_ping(Ping::opaque());
        }
        false
    }
}
