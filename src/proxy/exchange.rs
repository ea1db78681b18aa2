//! One request with its response: what happened, and the one place where it ends.
//!
//! An exchange lives in the locals of `Proxy::handle` until the answer's head is there, then in the answer's body.
//! However it ends (whole, broken, left by the client, dropped), it ends once: counters, access line, connection.

mod end;

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode, Uri};
use tokio::time::Instant;

use super::downstream::Downstream;
use super::error_response::Dialect;
use super::request_id::RequestId;
use super::route::{Class, OnClientGone, Route};
use crate::body::Progress;
use crate::clock::Clock;
use crate::error::{Error, Kind, Phase};
use crate::head::{AnswerHead, Fields};
use crate::metrics::Metrics;
use crate::pool::{Answer, PooledConn};
use crate::upstream::send::Sent;
use crate::upstream::{Endpoint, Kind as Api};

/// One request with its response.
#[derive(Debug)]
pub(super) struct Exchange {
    downstream: Arc<Downstream>,
    /// How long the connection may idle afterwards.
    idle: Duration,
    started: Instant,
    /// `x-request-id`.
    pub id: RequestId,
    pub method: Method,
    /// The target as the client sent it.
    pub target: Uri,
    route: Option<Arc<Route>>,
    /// The number of the endpoint that answered.
    endpoint: Option<usize>,
    /// The connection of the answer, once its body is over.
    conn: Option<PooledConn>,
    progress: Option<Arc<Progress>>,
    status: StatusCode,
    first_byte: Option<Duration>,
    /// When the answer's head was there, as long as nothing was waited for since.
    now: Option<Instant>,
    sent: u64,
    taken: u64,
    retries: u32,
    error: Option<Kind>,
    /// Whether the upstream told of a failure inside its answer.
    has_failed_inside: bool,
    /// What the answer's `Connection` named: fields that end here also as trailers.
    pub nominated: Vec<Vec<u8>>,
    /// The name of the API key that asks.
    pub key: Option<Arc<str>>,
    /// What became of the timestamps, for the access line.
    pub timestamps: Option<&'static str>,
    has_ended: bool,
    /// Whether it goes on without its client, and the clock is not its own any more.
    is_unseen: bool,
}

// === impl Exchange ===

impl Exchange {
    /// Boxed at once: it moves from the handler into the answer's body, and is not small.
    pub(super) fn begin(
        downstream: Arc<Downstream>,
        idle: Duration,
        id: RequestId,
        method: Method,
        target: Uri,
    ) -> Box<Self> {
        Box::new(Self {
            downstream,
            idle,
            started: Instant::now(),
            id,
            method,
            target,
            route: None,
            endpoint: None,
            conn: None,
            progress: None,
            // nginx's word for a client that left before there was an answer.
            status: StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
            first_byte: None,
            now: None,
            sent: 0,
            taken: 0,
            retries: 0,
            error: None,
            has_failed_inside: false,
            nominated: Vec::new(),
            key: None,
            timestamps: None,
            has_ended: false,
            is_unseen: false,
        })
    }

    /// The request has a route: from now on its deadlines run and its metrics count.
    pub(super) fn enter(&mut self, route: &Arc<Route>) {
        let clock = &self.downstream.clock;
        clock.begin(self.started, route.tick);
        if let Some(total) = route.deadlines.total {
            clock.arm(Phase::Total, self.started, total);
        }
        route.metrics.exchanges.begin();
        self.route = Some(Arc::clone(route));
    }

    /// The client's body goes upstream.
    pub(super) fn uploads(&mut self, progress: Arc<Progress>) {
        self.progress = Some(progress);
    }

    /// The answer's head is there; its body has the connection, until it is over.
    pub(super) fn answered(&mut self, sent: Sent) -> (AnswerHead, Answer) {
        if let Some(progress) = &self.progress {
            progress.note_answered();
        }
        let now = Instant::now();
        let first_byte = now.saturating_duration_since(self.started);
        (self.first_byte, self.now) = (Some(first_byte), Some(now));
        if let Some(route) = &self.route {
            route.metrics.exchanges.answered(first_byte);
        }
        self.status = sent.head.status;
        self.endpoint = Some(sent.endpoint);
        self.retries = sent.retries;
        (sent.head, sent.body)
    }

    /// When the answer's head was there, for whoever has waited for nothing since; asked a second time, it is over.
    pub(super) fn take_now(&mut self) -> Option<Instant> {
        self.now.take()
    }

    /// How far its upload is, if it has one.
    pub(super) fn progress(&self) -> Option<Arc<Progress>> {
        self.progress.clone()
    }

    /// As [`answered`](Self::answered), on a connection that is not the pool's.
    pub(super) fn answered_apart(&mut self, endpoint: usize, status: StatusCode) {
        self.first_byte = Some(self.started.elapsed());
        self.status = status;
        self.endpoint = Some(endpoint);
    }

    /// Whether the client's last byte is there; true without a body.
    pub(super) fn is_upload_done(&self) -> bool {
        self.progress.as_ref().is_none_or(|progress| progress.is_done())
    }

    /// Whether VIA answers it, to all of the request.
    pub(super) fn is_via(&self) -> bool {
        self.is_upload_done() && self.route.as_ref().is_some_and(|route| route.upstream.kind() == Api::Via)
    }

    /// How its API words errors.
    pub(super) fn dialect(&self, fallback: Dialect) -> Dialect {
        self.route.as_ref().map_or(fallback, |route| Dialect::of(route.upstream.kind(), self.target.path()))
    }

    /// Bytes went to the client.
    pub(super) fn gave(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// Bytes came from the client otherwise than in a body.
    pub(super) fn took(&mut self, bytes: usize) {
        self.taken += bytes as u64;
    }

    /// The connection that it is on.
    pub(super) fn downstream(&self) -> &Downstream {
        &self.downstream
    }

    /// As [`downstream`](Self::downstream), to keep.
    pub(super) fn downstream_arc(&self) -> Arc<Downstream> {
        Arc::clone(&self.downstream)
    }

    /// The clock of that connection.
    pub(super) fn clock(&self) -> &Clock {
        &self.downstream.clock
    }

    /// Who answered.
    pub(super) fn endpoint(&self) -> Option<&Endpoint> {
        let route = self.route.as_ref()?;
        route.upstream.endpoints().get(self.endpoint?).map(|endpoint| &**endpoint)
    }

    /// The longest wait for the upstream's next byte.
    pub(super) fn silence(&self) -> Option<Duration> {
        self.route.as_ref().and_then(|route| route.deadlines.silence)
    }

    /// Its metrics, for those that count on its behalf.
    pub(super) fn metrics(&self) -> &Arc<Metrics> {
        &self.downstream.metrics
    }

    /// The answer's body is over and gives its connection up.
    pub(super) fn regain(&mut self, conn: Option<PooledConn>) {
        self.conn = conn;
    }

    /// The connection goes back as soon as the upstream's part is over, though the client's may still wait.
    pub(super) fn release(&mut self) {
        self.release_at(Instant::now());
    }

    /// The same, at a moment that is known.
    pub(super) fn release_at(&mut self, now: Instant) {
        let conn = self.conn.take();
        // An upload that the upstream did not wait for leaves bytes behind that are no request (contract: E4).
        if self.is_upload_done()
            && let Some(conn) = conn
        {
            conn.check_in(now);
        }
    }

    /// What its answer may be expected to say, if it is not an error from the start.
    pub(super) fn class(&self) -> Option<Class> {
        self.route.as_ref().filter(|_| self.status.is_success()).map(|route| route.class)
    }

    /// The upstream tells of a failure, inside an answer that says 200.
    pub(super) fn fail_inside(&mut self) {
        if std::mem::replace(&mut self.has_failed_inside, true) {
            return;
        }
        if let Some(route) = &self.route {
            route.metrics.failed_inside.inc();
        }
        tracing::warn!(id = self.id.as_str(), "the upstream failed inside its answer");
    }

    /// When it began: its head was there.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Whether the upstream is to go on without the client.
    pub(super) fn may_outlive(&self) -> bool {
        let finishes = |route: &Arc<Route>| route.on_client_gone == OnClientGone::Finish;
        !self.has_ended && self.route.as_ref().is_some_and(finishes)
    }

    /// When a phase ends that has begun, or that would begin now.
    pub(super) fn remaining(&self, phase: Phase) -> Option<Instant> {
        let limit = match (phase, &self.route) {
            (Phase::FirstByte, Some(route)) => route.deadlines.first_byte,
            _ => None,
        };
        self.clock().deadline(phase).or_else(|| Instant::now().checked_add(limit?))
    }

    /// Goes on without its client, elsewhere; what is left here has ended.
    pub(super) fn hand_over(&mut self) -> Box<Self> {
        self.clock().end(Instant::now(), self.idle);
        let id = RequestId::of(&Fields::new());
        let mut other = Self::begin(self.downstream_arc(), self.idle, id, Method::GET, Uri::default());
        other.has_ended = true;
        std::mem::swap(&mut *other, self);
        other.is_unseen = true;
        other
    }

    /// Failed where nobody saw it.
    pub(super) fn note_unseen(&mut self, error: &Error) {
        self.count_expired(error);
        tracing::debug!(id = self.id.as_str(), %error, "failed after its client had gone");
    }

    /// Whose fault a failed attempt really was: an upload that the client broke off, or that was refused on its way,
    /// shows as a failure to send.
    pub(super) fn blame(&self, error: Error) -> Error {
        if let Some(refusal) = self.progress.as_ref().and_then(|progress| progress.refusal()) {
            return refusal.again();
        }
        if error.kind() == Kind::Timeout(Phase::Upload) {
            return self.expired(Phase::Upload);
        }
        let has_broken = self.progress.as_ref().is_some_and(|progress| progress.has_broken());
        if has_broken { Error::new(Kind::Left).source(error) } else { error }
    }

    /// A deadline that has expired; of an upload that came too slowly, with the pace that it should have kept.
    pub(super) fn expired(&self, phase: Phase) -> Error {
        let error = Error::new(Kind::Timeout(phase));
        let missed = self.progress.as_ref().filter(|_| phase == Phase::Upload).and_then(|progress| progress.missed());
        match missed {
            Some(pace) => error.detail(format!("less than {pace} of waiting for it")),
            None => error,
        }
    }
}
