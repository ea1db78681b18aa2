//! Live streams: add, list, remove (via.md 1.9). No RTSP is spoken; every address "connects".

use hyper::body::Incoming;
use hyper::{Request, Response};
use serde::Serialize;

use crate::sim::body::Body;
use crate::sim::via::call::Call;
use crate::sim::via::fields;
use crate::sim::via::id::Id;
use crate::sim::via::job::End;
use crate::sim::via::reply::{self, Reply};
use crate::sim::via::state::{Live, STREAMS, State, unknown};

/// Only an id.
#[derive(Serialize)]
pub(crate) struct Created {
    pub(crate) id: Id,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: Id,
    live_stream_url: String,
    description: String,
    #[serde(rename = "chunk_duration")]
    chunk: u64,
    #[serde(rename = "chunk_overlap_duration")]
    overlap: u64,
    #[serde(rename = "summary_duration")]
    summary: i64,
}

/// Answers `POST /live-stream`.
pub(crate) async fn post(state: &State, request: Request<Incoming>) -> Reply {
    let call = Call::read(request, fields::LIVE).await?;
    let url = call.text("liveStreamUrl");
    let inside = url.trim_start_matches("rtsp://").split('/').next().is_some_and(|host| host.contains('@'));
    let (user, password) = (!call.text("username").is_empty(), !call.text("password").is_empty());
    if user != password || (user && inside) {
        return Err(reply::invalid("Credentials: both of username and password, or in the URL, or none"));
    }
    // The URL is kept without its credentials.
    let url = match url.trim_start_matches("rtsp://").split_once('@') {
        Some((_, host)) if inside => format!("rtsp://{host}"),
        _ => url.to_owned(),
    };
    tokio::time::sleep(state.settings.paced(state.settings.setup_time)).await;
    let id = Id::random();
    let mut tables = state.tables();
    if tables.streams.len() >= STREAMS {
        return Err(reply::full(STREAMS));
    }
    let live = Live {
        url,
        description: call.text("description").to_owned(),
        chunk_duration: 0,
        chunk_overlap_duration: 0,
        summary_duration: 0,
        job: None,
        chat: false,
        polled: None,
    };
    tables.streams.insert(id, live);
    Ok(reply::json(&Created { id }))
}

/// Answers `GET /live-stream`: the numbers are 0 unless a summary runs.
pub(crate) fn list(state: &State) -> Response<Body> {
    let tables = state.tables();
    let streams = tables.streams.iter().map(|(id, live)| {
        let runs = live.job.as_ref().is_some_and(|job| job.is_running());
        Listed {
            id: *id,
            live_stream_url: live.url.clone(),
            description: live.description.clone(),
            chunk: if runs { live.chunk_duration } else { 0 },
            overlap: if runs { live.chunk_overlap_duration } else { 0 },
            summary: if runs { live.summary_duration } else { 0 },
        }
    });
    reply::json(&streams.collect::<Vec<_>>())
}

/// Answers `DELETE /live-stream/{id}`: an open event stream ends with `[DONE]`.
pub(crate) fn delete(state: &State, id: Id) -> Reply {
    let mut tables = state.tables();
    if tables.files.contains_key(&id) {
        return Err(reply::bad("InvalidParameter", format!("{id} is a file, not a live stream")));
    }
    let live = tables.streams.remove(&id).ok_or_else(|| unknown(id))?;
    tables.alerts.retain(|_, alert| alert.stream != id);
    if let Some(job) = live.job {
        job.end(End::Done);
    }
    Ok(reply::empty())
}
