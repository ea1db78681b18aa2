//! How an exchange ends: once, with its counters, its access line, and its connection given back or closed.

use std::time::Duration;

use http::StatusCode;
use http::uri::PathAndQuery;
use tokio::time::Instant;

use super::Exchange;
use crate::access::masked;
use crate::error::{Error, Kind, Side};
use crate::log::access;
use crate::upstream::Endpoint;

/// How an exchange ended.
#[derive(Debug)]
enum End {
    /// Both messages arrived whole, or an error was answered.
    Whole,
    /// The answer broke off.
    Cut(Error),
    /// The client went away before it had all.
    Left,
}

// === impl Exchange ===

impl Exchange {
    /// The answer is complete.
    pub(in crate::proxy) fn complete(&mut self) {
        self.complete_at(Instant::now());
    }

    /// The same, at a moment that is known.
    pub(in crate::proxy) fn complete_at(&mut self, now: Instant) {
        self.release_at(now);
        self.end_at(&End::Whole, now);
    }

    /// viaduct answers by itself.
    pub(in crate::proxy) fn answer(&mut self, status: StatusCode) {
        self.status = status;
        self.end(&End::Whole);
    }

    /// viaduct answers with an error instead; to a client that has left, with nothing.
    pub(in crate::proxy) fn refuse(&mut self, error: &Error, status: StatusCode) {
        if error.kind() == Kind::Left {
            return self.end(&End::Left);
        }
        self.status = status;
        self.error = Some(error.kind());
        self.count_expired(error);
        if self.route.is_none() || error.kind().is_denial() {
            self.metrics().refused(error.kind().token());
        }
        log(self.id.as_str(), error);
        self.end(&End::Whole);
    }

    /// The answer's body broke off, or a deadline cut it.
    pub(in crate::proxy) fn cut(&mut self, error: Error) {
        self.error = Some(error.kind());
        self.count_expired(&error);
        log(self.id.as_str(), &error);
        self.end(&End::Cut(error));
    }

    pub(super) fn count_expired(&self, error: &Error) {
        if let (Kind::Timeout(phase), Some(route)) = (error.kind(), &self.route) {
            route.metrics.expired[phase as usize].inc();
        }
    }

    fn end(&mut self, end: &End) {
        if !self.has_ended {
            self.end_at(end, Instant::now());
        }
    }

    fn end_at(&mut self, end: &End, now: Instant) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        // Whatever is not checked in by now has bytes under way: dropping it closes it.
        self.conn = None;
        if !self.is_unseen {
            self.downstream.clock.end(now, self.idle);
        }
        let received = self.progress.as_ref().map_or(self.taken, |progress| progress.received());
        if let Some(route) = &self.route {
            let metrics = &route.metrics;
            metrics.exchanges.end(self.status.as_u16(), received, self.sent);
            match end {
                End::Whole => {}
                End::Cut(error) => metrics.count_cut(error.side()),
                End::Left => metrics.count_cut(Side::Downstream),
            }
        }
        self.write_access_line(end, received, now);
    }

    fn write_access_line(&self, end: &End, received: u64, now: Instant) {
        access::write(
            now,
            &access::Line {
                client: &self.downstream.peer_text,
                method: self.method.as_str(),
                path: &masked(self.target.path_and_query().map_or("*", PathAndQuery::as_str)),
                status: self.status.as_u16(),
                route: self.route.as_ref().map(|route| route.class.word()),
                upstream: self.endpoint().map(Endpoint::label),
                key: self.key.as_deref(),
                received,
                sent: self.sent,
                first_byte_us: self.first_byte.map(micros),
                duration_us: micros(now.saturating_duration_since(self.started)),
                retries: (self.retries > 0).then_some(u64::from(self.retries)),
                proto: self.downstream.proto,
                timestamps: self.timestamps,
                error: self.error.map(Kind::token).or_else(|| self.has_failed_inside.then_some("failed-inside")),
                end: match end {
                    End::Whole => None,
                    End::Cut(_) => Some("cut"),
                    End::Left => Some("left"),
                },
                id: self.id.as_bytes(),
            },
        );
    }
}

impl Drop for Exchange {
    /// The connection drops what it holds when its client leaves.
    fn drop(&mut self) {
        self.end(&End::Left);
    }
}

/// Failures of clients are their own business; those of upstreams an operator wants to see.
fn log(id: &str, error: &Error) {
    let cause = std::error::Error::source(error).map(Chain);
    match error.side() {
        Side::Downstream => tracing::debug!(id, %error, cause = cause.as_ref().map(tracing::field::display), "refused"),
        Side::Upstream | Side::Internal => {
            tracing::warn!(id, %error, cause = cause.as_ref().map(tracing::field::display), "exchange failed");
        }
    }
}

/// An error and what caused it, on one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
