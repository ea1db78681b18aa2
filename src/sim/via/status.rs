//! What an instance tells about itself: metrics, the model, the recommended chunk size (via.md 1.2, 1.3, 1.13).

use std::fmt::Write;

use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Request, Response, StatusCode};
use serde::Serialize;

use crate::sim::body::Body;
use crate::sim::time;
use crate::sim::via::call::Call;
use crate::sim::via::fields;
use crate::sim::via::reply::{self, Reply};
use crate::sim::via::state::State;

/// Seconds of work per chunk that the recommendation reckons with.
const SECONDS_PER_CHUNK: i64 = 2;

#[derive(Serialize)]
struct Models<'a> {
    object: &'static str,
    data: [Model<'a>; 1],
}

#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    created: u64,
    object: &'static str,
    owned_by: &'static str,
    api_type: &'static str,
}

#[derive(Serialize)]
struct Recommended {
    chunk_size: i64,
    text: &'static str,
}

/// Answers `GET /metrics`: the gauges of 2.4 that a simulator knows.
pub(crate) fn metrics(state: &State) -> Response<Body> {
    let (pending, live) = {
        let tables = state.tables();
        let pending = tables.files.values().flat_map(|file| &file.jobs).filter(|job| job.is_running()).count();
        let running = |live: &&crate::sim::via::state::Live| live.job.as_ref().is_some_and(|job| job.is_running());
        (pending as u64, tables.streams.values().filter(running).count() as u64)
    };
    let uptime = time::unix_seconds().saturating_sub(state.started);
    let mut text = String::new();
    for (name, help, value) in [
        ("video_file_queries_processed", "Queries on files that are done", state.work.borrow().finished),
        ("video_file_queries_pending", "Queries on files that run", pending),
        ("active_live_streams", "Live streams with a summary", live),
        ("system_uptime_seconds", "Seconds since the start", uptime),
    ] {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}.0");
    }
    reply::typed(StatusCode::OK, HeaderValue::from_static("text/plain; charset=utf-8"), Body::full(text))
}

/// Answers `GET /models`.
pub(crate) fn models(state: &State) -> Response<Body> {
    let id = state.settings.model.as_str();
    let model = Model { id, created: state.started, object: "model", owned_by: "NVIDIA", api_type: "internal" };
    reply::json(&Models { object: "list", data: [model] })
}

/// Answers `POST /recommended_config`: 0 when a field is missing.
pub(crate) async fn recommended(request: Request<Incoming>) -> Reply {
    let call = Call::read(request, fields::RECOMMENDED).await?;
    let all = ["video_length", "target_response_time", "usecase_event_duration"].map(|name| call.number(name));
    let chunk_size = match all {
        [Some(length), Some(target), Some(_)] => (SECONDS_PER_CHUNK * length).div_euclid(target).clamp(1, length),
        _ => 0,
    };
    Ok(reply::json(&Recommended { chunk_size: chunk_size.min(86_400), text: "NA" }))
}
