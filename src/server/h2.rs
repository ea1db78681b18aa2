//! HTTP/2 toward clients (RFC 9113): one connection, whose streams are exchanges in tasks of their own.
//!
//! The frames are the h2 crate's, directly. hyper's server on top of it would take a reset with `NO_ERROR` for the end
//! of an upload, pass no interim answer on, and tell nobody that a client takes nothing.
//!
//! What a client can make us hold is bounded: streams, heads, windows, what waits to be written, resets. A connection
//! without streams has as long as an idle one of HTTP/1.1, whatever else it sends.

mod reply;
mod request;
mod rewound;
mod stream;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream};
use http::Request;
use tokio::time::{Instant, timeout};

use self::rewound::Rewound;
use super::alarm::{Alarm, Rang};
use super::conn::Shared;
use crate::error::Phase;
use crate::proxy::Downstream;
use crate::transport::Transport;

/// How many exchanges one connection has at once.
const STREAMS: u32 = 128;
/// What a stream may send that its upstream has not taken, and what all of a connection may.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 2 * STREAM_WINDOW;
/// The most of one answer that waits for the socket.
const SEND_BUFFER: usize = 128 * 1024;
/// A head, its fields uncompressed. How many CONTINUATION frames it may take follows from that.
const HEAD: u32 = 64 * 1024;
/// How many streams a client may give up beyond those that it lets end (CVE-2023-44487). h2 bounds only those which it
/// gives up before they are seen.
const LEFT_LIMIT: usize = 256;
/// How long a client has to end a connection on which nothing runs any more; it is looked at twice in that time.
const GRACE: Duration = Duration::from_secs(4);

/// What the streams of one connection have in common.
struct Common {
    shared: Arc<Shared>,
    downstream: Arc<Downstream>,
    /// Streams that run.
    open: AtomicUsize,
    /// Streams that ended because the client gave them up, less those that ended otherwise.
    left: AtomicUsize,
}

/// One client's connection.
struct Connection {
    conn: h2::server::Connection<Rewound, Bytes>,
    common: Arc<Common>,
    alarm: Alarm,
    /// The client is told to open no more streams.
    is_ending: bool,
    /// The last look found nothing that runs.
    is_over: bool,
}

/// Serves HTTP/2 on `stream`, of which `early` was read already, until its client leaves or has to.
pub(super) async fn serve(
    shared: Arc<Shared>,
    downstream: Arc<Downstream>,
    alarm: Alarm,
    stream: Transport,
    early: Bytes,
) {
    let handshake = builder().handshake(Rewound::new(stream, early));
    let conn = match timeout(shared.settings.patience.head, handshake).await {
        Ok(Ok(conn)) => conn,
        Ok(Err(error)) => {
            shared.metrics.refused("parse");
            return tracing::debug!(client = %downstream.peer, %error, "client connection: no HTTP/2");
        }
        Err(_) => return shared.metrics.expired_connection(Phase::Head),
    };
    downstream.clock.end(Instant::now(), shared.settings.idle);
    let common = Common { shared, downstream, open: AtomicUsize::new(0), left: AtomicUsize::new(0) };
    let mut connection = Connection { conn, common: Arc::new(common), alarm, is_ending: false, is_over: false };
    std::future::poll_fn(|cx| connection.poll(cx)).await;
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(STREAMS)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER)
        .max_header_list_size(HEAD);
    builder
}

// === impl Connection ===

impl Connection {
    /// Takes streams as they come; ready when the connection is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if !self.is_ending && self.alarm.is_draining(cx) {
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
            match self.alarm.poll_ring(cx) {
                Poll::Ready(rang) if self.is_done(rang) => return Poll::Ready(()),
                Poll::Ready(_) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn begin(&mut self, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
        let common = &self.common;
        if common.left.load(Relaxed) > LEFT_LIMIT {
            common.shared.metrics.refused("reset-flood");
            tracing::debug!(client = %common.downstream.peer, "client connection: gives up too many streams");
            return self.conn.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
        }
        if common.open.fetch_add(1, Relaxed) == 0 && !self.is_ending {
            common.downstream.clock.begin(Instant::now(), common.shared.settings.idle);
        }
        tokio::spawn(stream::serve(stream::Open::new(Arc::clone(common)), request, respond));
    }

    /// Says that no more streams are wanted; those that run go on.
    fn end(&mut self) {
        self.is_ending = true;
        self.conn.graceful_shutdown();
        self.common.downstream.clock.begin(Instant::now(), GRACE / 2);
        self.common.downstream.clock.look_by(Instant::now() + GRACE / 2);
    }

    /// Whether time is up.
    fn is_done(&mut self, rang: Rang) -> bool {
        let Common { shared, downstream, open, .. } = &*self.common;
        let is_idle = open.load(Relaxed) == 0;
        if self.is_ending {
            // A client that does not answer the last PING is not waited for.
            let is_done = self.is_over && is_idle;
            self.is_over = is_idle;
            downstream.clock.begin(Instant::now(), GRACE / 2);
            return is_done;
        }
        match rang {
            Rang::Expired(phase) if is_idle => {
                shared.metrics.expired_connection(phase);
                tracing::debug!(client = %downstream.peer, phase = phase.word(), "client connection: deadline expired");
                self.end();
            }
            // A stream began while the last one said that it was the last.
            Rang::Expired(_) => downstream.clock.begin(Instant::now(), shared.settings.idle),
            Rang::Tick => {}
        }
        false
    }
}
