//! Serves one client connection with hyper, keeps its time, and ends it.
//!
//! The only timer of the connection is here. It is armed when a deadline may fall due before it fires, never re-armed
//! when one moves away, so that an ordinary request touches no timer at all (see [`Clock`]).

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Version, header};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use ipnet::IpNet;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Watch;
use crate::clock::Clock;
use crate::error::Phase;
use crate::io::{Io, Patience};
use crate::metrics::Metrics;
use crate::proxy::{Downstream, Proxy};
use crate::transport::Transport;
use crate::turn::{Framing, Turn};

/// The most lines of a head. hyper keeps 100 on its stack and allocates beyond: two allocations a request, a few
/// hundred instructions, for browsers and gateways that send each cookie on a line of its own.
const MAX_HEADERS: usize = 200;

/// Limits of a client's connection.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Waiting for heads, and for the client to take bytes.
    pub patience: Patience,
    /// Waiting for the next request.
    pub idle: Duration,
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
    shared.metrics.downstream_accepted.inc();
    let _open = Open::new(&shared.metrics);
    let now = Instant::now();
    let clock = Arc::new(Clock::new(now));
    clock.end(now, shared.settings.idle);
    let turn = Arc::new(Turn::default());
    let trusted = &shared.settings.trusted;
    let downstream = Downstream::new(peer, local, trusted, Arc::clone(&clock), Arc::clone(&turn));
    let downstream = Arc::new(downstream.secure(stream.is_tls()));
    let io = Io::downstream(stream, Arc::clone(&clock), Arc::clone(&turn), shared.settings.patience);

    let owned = (Arc::clone(&shared), Arc::clone(&downstream));
    let service = service_fn(move |request: Request<Incoming>| {
        let (shared, downstream) = owned.clone();
        begin(&downstream.turn, &request);
        async move { Ok::<_, std::convert::Infallible>(shared.proxy.handle(downstream, request).await) }
    });
    // No hyper timer: it costs a tenth of the CPU of a small request.
    let mut conn = http1::Builder::new().max_headers(MAX_HEADERS).serve_connection(io, service);
    let mut timer = pin!(sleep_until(now + shared.settings.idle));
    let signal = watch.clone();
    let mut drained = watch.clone();
    let mut draining = pin!(drained.draining());
    let (mut is_watching, mut is_draining) = (false, false);
    let ended = std::future::poll_fn(|cx| {
        // Polled once to register this task's waker, then only when something was said: each poll takes a lock.
        if !is_draining && (!is_watching || signal.has_changed()) {
            is_watching = true;
            if draining.as_mut().poll(cx).is_ready() {
                is_draining = true;
                Pin::new(&mut conn).graceful_shutdown();
            }
        }
        loop {
            if let Poll::Ready(result) = Pin::new(&mut conn).poll(cx) {
                return Poll::Ready(Ok(result));
            }
            match keep_time(&clock, timer.as_mut(), cx) {
                // An exchange of this connection may have to end.
                Poll::Ready(None) => {}
                // What is there of the head is answered, as any other head that is refused.
                Poll::Ready(Some(Phase::Head)) => {
                    shared.metrics.expired_connection(Phase::Head);
                    turn.late();
                }
                Poll::Ready(Some(phase)) => return Poll::Ready(Err(phase)),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
    match ended {
        Ok(Ok(())) => {
            let http1::Parts { mut io, read_buf, .. } = conn.into_parts();
            if let Some(tunnel) = downstream.take_tunnel() {
                let (tcp, held) = io.into_tcp();
                tunnel.run(tcp, &[&read_buf[..], &held[..]].concat(), async move { watch.draining().await }).await;
            } else {
                // hyper leaves this to us if the client ever asked for an upgrade, even one that it did not get.
                io.close().await;
            }
        }
        Ok(Err(e)) => {
            if e.is_parse() || e.is_parse_too_large() {
                // hyper has answered it already, with an empty body.
                shared.metrics.refused("parse");
            }
            tracing::debug!(client = %peer, error = %e, "client connection ended");
        }
        Err(phase) => {
            shared.metrics.expired_connection(phase);
            tracing::debug!(client = %peer, phase = phase.word(), "client connection closed: deadline expired");
        }
    }
}

/// Tells the transport what stands behind the head that it just handed over.
fn begin(turn: &Turn, request: &Request<Incoming>) {
    let body = request.body();
    let framing = match body.size_hint().exact() {
        _ if body.is_end_stream() => Framing::Nothing,
        Some(length) => Framing::Length(length),
        None => Framing::Chunked,
    };
    let is_old = request.version() < Version::HTTP_11;
    let expects = framing != Framing::Nothing && request.headers().contains_key(header::EXPECT);
    turn.begin(framing, is_old, expects);
}

/// Counts a connection as open for as long as it lives.
struct Open(Arc<Metrics>);

impl Open {
    fn new(metrics: &Arc<Metrics>) -> Self {
        metrics.downstream_open.inc();
        Self(Arc::clone(metrics))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.downstream_open.dec();
    }
}

/// Lets the timer look at the clock. Ready with a phase when the connection itself has to end, with `None` when the
/// exchange on it should look at the clock.
fn keep_time(clock: &Clock, mut timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<Option<Phase>> {
    loop {
        let Some(look_at) = clock.look_at() else { return Poll::Pending };
        // A timer that fires too early only looks once more than it must.
        if look_at < timer.deadline() || timer.is_elapsed() {
            timer.as_mut().reset(look_at);
        }
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        clock.expire(Instant::now());
        match clock.expired() {
            Some(phase @ (Phase::Head | Phase::Idle | Phase::Write)) => return Poll::Ready(Some(phase)),
            Some(_) => return Poll::Ready(None),
            None => {}
        }
    }
}
