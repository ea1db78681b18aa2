//! VIA's event streams (via.md 3.1 to 3.3): CR LF, one event per HTTP chunk, a comment every second, spaced ASCII JSON,
//! `[DONE]`.
//!
//! The writer only ever waits on its reader. When the socket stays blocked for `send_timeout`, the connection is reset
//! below hyper: that is the wire's doing (see `sim/wire.rs`), armed here. Strictly, Starlette times a single send from
//! the moment it finds the buffer full; here the time runs from the first write that the kernel refuses, which is the
//! same moment seen from outside.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONNECTION, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::sim::body::Body;
use crate::sim::fault::Plan;
use crate::sim::via::id::Id;
use crate::sim::via::job::{Event, Job};
use crate::sim::via::reply;
use crate::sim::via::state::State;
use crate::sim::wire::Conn;
use crate::sim::{json, time};

/// How often the server notes that its reader is still there.
const POLL: Duration = Duration::from_secs(1);

/// Prints the events of one kind of query.
pub(crate) trait Print: Send + Sync + 'static {
    /// One event as JSON.
    fn event(&self, job: &Job, event: Event) -> Vec<u8>;

    /// The usage event.
    fn usage(&self, job: &Job) -> Vec<u8>;
}

/// Answers with the events of `job` as they come. `reader` is the id whose reader this is.
pub(crate) fn stream(
    state: &Arc<State>,
    conn: &Conn,
    plan: Plan,
    reader: Id,
    job: Arc<Job>,
    usage: bool,
    print: impl Print,
) -> Response<Body> {
    conn.limit_stall(state.settings.send_timeout);
    let (sender, body) = Body::channel(1);
    let state_ = Arc::clone(state);
    state.tasks.spawn(async move {
        let start = Instant::now();
        let mut ping = interval_at(start + state_.settings.ping, state_.settings.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut poll = interval_at(start + POLL, POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let line = tokio::select! {
                biased;
                () = sender.closed() => return,
                event = job.next() => match event {
                    Some(event) => data(&print.event(&job, event)),
                    None => break,
                },
                _ = ping.tick() => {
                    Bytes::from(format!(": ping - {}\r\n\r\n", time::python(SystemTime::now())))
                }
                _ = poll.tick() => {
                    state_.poll(reader);
                    continue;
                }
            };
            if sender.send(Ok(line)).await.is_err() {
                return;
            }
        }
        // Of a query that was deleted nothing is left but the end.
        if usage && !job.was_dropped() && sender.send(Ok(data(&print.usage(&job)))).await.is_err() {
            return;
        }
        if !plan.no_end {
            // A reader that has just left does not miss it.
            let _ = sender.send(Ok(data(b"[DONE]"))).await;
        }
    });
    let mut response = reply::typed(StatusCode::OK, HeaderValue::from_static("text/event-stream; charset=utf-8"), body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("keep-alive"));
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// An event's JSON.
pub(crate) fn print(event: &impl Serialize) -> Vec<u8> {
    json::python_ascii(event)
}

fn data(json: &[u8]) -> Bytes {
    Bytes::from([b"data: ", json, b"\r\n\r\n"].concat())
}
