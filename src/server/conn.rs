//! Serves one client connection, request by request, keeps its time, and ends it.
//!
//! One task does it all: it polls whoever answers, moves the request's body on while that one waits, writes the answer,
//! and watches for the client's end meanwhile. Dropping the answer or its future closes the upstream connection, which
//! is how an upstream learns that its client left.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use ipnet::IpNet;
use tokio::time::{Instant, timeout};

use super::Watch;
use super::alarm::{Alarm, Rang};
use super::h1::{Asking, Connection, NoRequest, Refusal, Reply, Written};
use super::h2;
use crate::body::Incoming;
use crate::clock::Clock;
use crate::error::Phase;
use crate::head::{AnswerHead, Fields};
use crate::metrics::Metrics;
use crate::proxy::{Downstream, Proxy, ResponseBody};
use crate::transport::Transport;
use crate::turn::Turn;

/// How soon a client that is not read is looked at again: it may have reset the connection (contract: http-proxy, L5).
const GLANCE: Duration = Duration::from_secs(1);

/// How long a head may take from its first byte, and how long a client may take no byte at all.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From the first byte of a head to its last.
    pub head: Duration,
    /// Without a byte written.
    pub write: Duration,
}

/// How large the head of a request may be.
#[derive(Debug, Clone, Copy)]
pub struct Heads {
    /// Bytes. Over HTTP/2 those of the uncompressed fields, and 32 for each (RFC 9113, section 6.5.2).
    pub bytes: usize,
    /// Fields, as many as there are lines over HTTP/1.1.
    pub fields: usize,
}

/// Limits of a client's connection.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Waiting for heads, and for the client to take bytes.
    pub patience: Patience,
    /// Waiting for the next request.
    pub idle: Duration,
    /// What is taken of a head.
    pub heads: Heads,
    /// Whether clients may speak HTTP/2.
    pub http2: bool,
    /// Whether big answers may pass inside the kernel.
    pub splice: bool,
    /// Whose `X-Forwarded-*` are believed.
    pub trusted: Vec<IpNet>,
}

/// What all connections share.
#[derive(Debug)]
pub struct Shared {
    /// The proxy that answers.
    pub proxy: Proxy,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Limits.
    pub settings: Settings,
}

/// Serves `stream`, whose other end is `peer`, until its client leaves, a deadline expires, or the drain lets it go.
pub async fn serve(shared: Arc<Shared>, stream: Transport, peer: SocketAddr, mut watch: Watch) {
    let Ok(local) = stream.tcp().local_addr() else { return };
    let _open = Open::new(&shared.metrics);
    let now = Instant::now();
    let clock = Arc::new(Clock::new(now));
    clock.end(now, shared.settings.idle);
    let turn = Arc::new(Turn::default());
    let trusted = &shared.settings.trusted;
    let metrics = Arc::clone(&shared.metrics);
    let downstream = Downstream::new((peer, local), trusted, Arc::clone(&clock), turn, metrics);
    let downstream = Arc::new(downstream.secure(stream.is_tls()).watched(watch.receiver()));
    let alarm = Alarm::new(clock, &watch);
    if stream.is_h2() {
        return Box::pin(h2::serve(shared, downstream, alarm, stream, Bytes::new())).await;
    }
    // Under TLS the handshake has decided.
    let may_be_h2 = shared.settings.http2 && !stream.is_tls();
    let settings = &shared.settings;
    let conn = Connection::new(stream, settings.heads, may_be_h2, settings.splice);
    let mut session = Session { shared: &shared, downstream: &downstream, alarm, conn };
    let end = loop {
        // In its place: a request is large, and would be copied wherever it went.
        let mut asked = std::future::poll_fn(|cx| session.poll_request(cx)).await;
        match &mut asked {
            Ok(asking) => {
                if let Some(end) = session.exchange(asking).await {
                    break end;
                }
            }
            Err(NoRequest::Gone) => break End::Dropped,
            Err(NoRequest::Refused(refusal)) => {
                session.refuse(*refusal).await;
                break End::Closed;
            }
            Err(NoRequest::OtherVersion) => {
                let Session { alarm, conn, .. } = session;
                let (stream, early) = conn.into_parts();
                return Box::pin(h2::serve(shared, downstream, alarm, stream, early)).await;
            }
        }
    };
    let Session { conn, .. } = session;
    match end {
        End::Closed => conn.close().await,
        End::Dropped => {}
        End::Switched => {
            if let Some(tunnel) = downstream.take_tunnel() {
                let (stream, early) = conn.into_parts();
                Box::pin(tunnel.run(stream, &early, async move { watch.draining().await })).await;
            }
        }
    }
}

/// One client's connection, and all that its requests need.
struct Session<'a> {
    /// Borrowed: a count that all workers touched for each request would have its cache line travel between them.
    shared: &'a Shared,
    downstream: &'a Arc<Downstream>,
    alarm: Alarm,
    conn: Connection,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// In stages, behind a complete answer.
    Closed,
    /// At once: the client is gone, or must not take what it has for the whole answer.
    Dropped,
    /// It is a tunnel from now on.
    Switched,
}

// === impl Session ===

impl Session<'_> {
    /// The next request, as long as the connection may wait for it.
    fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<Result<Asking, NoRequest>> {
        let Self { shared, downstream, alarm, conn } = self;
        let clock = &downstream.clock;
        let asked = conn.poll_request(cx);
        if asked.is_ready() {
            if matches!(asked, Poll::Ready(Err(NoRequest::Refused(_)))) {
                shared.metrics.refused("parse");
            }
            return asked;
        }
        if conn.has_begun() && clock.is_idle() {
            clock.disarm(Phase::Idle);
            clock.arm_soon(Phase::Head, Instant::now(), shared.settings.patience.head);
        }
        if !conn.has_begun() && alarm.is_draining(cx) {
            return Poll::Ready(Err(NoRequest::Gone));
        }
        while let Poll::Ready(rang) = alarm.poll_ring(cx) {
            let Rang::Expired(phase) = rang else { continue };
            shared.metrics.expired_connection(phase);
            tracing::debug!(client = %downstream.peer, phase = phase.word(), "client connection: deadline expired");
            let is_late = phase == Phase::Head;
            return Poll::Ready(Err(if is_late { NoRequest::Refused(Refusal::Late) } else { NoRequest::Gone }));
        }
        Poll::Pending
    }

    /// Answers a head that is refused.
    async fn refuse(&mut self, refusal: Refusal) {
        self.conn.refuse(refusal);
        let flushed = std::future::poll_fn(|cx| self.conn.poll_flush(cx));
        // Whoever does not take it has lost it.
        let _ = timeout(self.shared.settings.patience.write, flushed).await;
    }

    /// Has one request answered. Returns how the connection ends, if it does.
    async fn exchange(&mut self, asking: &mut Asking) -> Option<End> {
        let Asking { head: asked, body, reply } = asking;
        let body = std::mem::replace(body, Incoming::Empty);
        self.downstream.turn.begin(reply.is_old());
        let (shared, downstream) = (self.shared, self.downstream);
        let answered = {
            let mut answering = std::pin::pin!(shared.proxy.handle(downstream, asked, body));
            std::future::poll_fn(|cx| self.poll_answer(answering.as_mut(), cx)).await
        };
        // An answer may take hours, and needs nothing of it.
        asked.fields = Fields::new();
        let (mut head, mut body) = match answered {
            Ok(answer) => answer,
            Err(end) => return Some(end),
        };
        let is_switch = head.status == StatusCode::SWITCHING_PROTOCOLS;
        let is_draining = std::future::poll_fn(|cx| Poll::Ready(self.alarm.is_draining(cx))).await;
        reply.begin(&mut self.conn, &mut head, &body, is_draining);
        let written = std::future::poll_fn(|cx| self.poll_reply(reply, &mut body, cx)).await;
        match written {
            Written::Whole if is_switch => Some(End::Switched),
            Written::Whole if !reply.keep_alive() || !self.conn.skip_body() => Some(End::Closed),
            Written::Whole => {
                self.conn.rest();
                None
            }
            // A reset, where nothing else tells the client that the answer is not whole.
            Written::Cut | Written::Left => Some(End::Dropped),
        }
    }

    /// Waits for the head of the answer.
    fn poll_answer(
        &mut self,
        mut answering: Pin<&mut impl Future<Output = (AnswerHead, ResponseBody)>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(AnswerHead, ResponseBody), End>> {
        loop {
            self.conn.look_away();
            let answered = answering.as_mut().poll(cx);
            if self.downstream.turn.has_interim() {
                let interim = self.downstream.turn.take_interim();
                self.conn.say(&interim);
            }
            if let Poll::Ready(answer) = answered {
                return Poll::Ready(Ok(answer));
            }
            let flushed = self.conn.poll_flush(cx);
            if matches!(flushed, Poll::Ready(Err(_))) {
                return Poll::Ready(Err(End::Dropped));
            }
            self.keep_write_time(flushed.is_pending());
            match self.poll_client(cx) {
                Poll::Ready(None) => {}
                Poll::Ready(Some(end)) => return Poll::Ready(Err(end)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Writes the answer.
    fn poll_reply(&mut self, reply: &mut Reply, body: &mut ResponseBody, cx: &mut Context<'_>) -> Poll<Written> {
        loop {
            self.conn.look_away();
            let written = reply.poll_write(&mut self.conn, body, cx);
            if written.is_ready() || reply.is_due() {
                return written;
            }
            self.keep_write_time(self.conn.is_writing());
            match self.poll_client(cx) {
                Poll::Ready(None) => {}
                Poll::Ready(Some(_)) => return Poll::Ready(Written::Left),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// What the client does meanwhile: sends the rest of its request, or leaves. Ready when there is something to look
    /// at, or an end.
    fn poll_client(&mut self, cx: &mut Context<'_>) -> Poll<Option<End>> {
        if self.conn.poll_body(cx).is_ready() {
            return Poll::Ready(None);
        }
        if self.conn.poll_left(cx).is_ready() {
            return Poll::Ready(Some(End::Dropped));
        }
        let is_deaf = self.conn.is_deaf();
        match self.alarm.poll_ring(cx) {
            Poll::Ready(Rang::Expired(phase @ Phase::Write)) => {
                self.shared.metrics.expired_connection(phase);
                tracing::debug!(client = %self.downstream.peer, "client connection: takes no bytes");
                return Poll::Ready(Some(End::Dropped));
            }
            // An exchange of this connection may have to end.
            Poll::Ready(Rang::Expired(_) | Rang::Tick) => {
                let is_gone = is_deaf && self.conn.has_left(cx);
                return Poll::Ready(is_gone.then_some(End::Dropped));
            }
            Poll::Pending => {}
        }
        if is_deaf {
            self.downstream.clock.look_by(Instant::now() + GLANCE);
            // The timer may now be too late.
            if self.alarm.poll_ring(cx).is_ready() {
                return Poll::Ready(None);
            }
        }
        Poll::Pending
    }

    fn keep_write_time(&self, is_waiting: bool) {
        let clock = &self.downstream.clock;
        if !is_waiting {
            clock.disarm(Phase::Write);
        } else if !clock.is_armed(Phase::Write) {
            clock.arm_soon(Phase::Write, Instant::now(), self.shared.settings.patience.write);
        }
    }
}

/// Counts a connection as accepted, and as open for as long as it lives.
struct Open(Arc<Metrics>);

impl Open {
    fn new(metrics: &Arc<Metrics>) -> Self {
        metrics.downstream_accepted.inc();
        metrics.downstream_open.inc();
        Self(Arc::clone(metrics))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.downstream_open.dec();
    }
}
