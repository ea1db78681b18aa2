//! What `/summarize` and `/generate_vlm_captions` share: which media are meant, the checks in VIA's order, and the
//! start of the work (via.md 2 and 3.4).

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::sim::fault::Plan;
use crate::sim::via::answers;
use crate::sim::via::call::Call;
use crate::sim::via::id::Id;
use crate::sim::via::job::{End, Event, Job, Media};
use crate::sim::via::reply::{self, Refused};
use crate::sim::via::state::{Asset, Live, State, unknown};

/// What a query is about.
#[derive(Debug)]
pub(crate) enum Target {
    /// One video, or images.
    Files(Vec<Asset>),
    Live(Id, Box<Live>),
}

/// Finds what the ids name and checks model, kind and stream flag. `needs_stream` tells whether files must stream too.
pub(crate) fn target(state: &State, call: &Call, needs_stream: bool) -> Result<Target, Refused> {
    let ids = call.ids();
    let target = {
        let tables = state.tables();
        match ids.as_slice() {
            [] => {
                let message = "list index out of range";
                return Err(reply::error(hyper::StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message));
            }
            [id] if tables.streams.contains_key(id) => {
                let live = tables.streams.get(id).cloned().ok_or_else(|| unknown(*id))?;
                Target::Live(*id, Box::new(live))
            }
            ids => {
                let files = ids.iter().map(|id| tables.files.get(id).cloned().ok_or_else(|| unknown(*id)));
                Target::Files(files.collect::<Result<_, _>>()?)
            }
        }
    };
    let images = matches!(&target, Target::Files(files) if files.iter().all(|file| file.image));
    if ids.len() > 1 && !images {
        return Err(reply::bad("BadParameters", "Only images can be taken several at a time"));
    }
    if call.flag("enable_audio") == Some(true) && (!state.settings.audio || images) {
        return Err(reply::bad("BadParameters", "Audio is not available for this request"));
    }
    model(state, call)?;
    for side in ["vlm_input_width", "vlm_input_height"] {
        if matches!(call.number(side), Some(1..16)) {
            return Err(reply::bad("BadParameters", format!("{side} must be 0 or at least 16")));
        }
    }
    let (chunk, overlap) = (call.number("chunk_duration").unwrap_or(0), call.number("chunk_overlap_duration"));
    if chunk > 0 && overlap.is_some_and(|overlap| overlap >= chunk) {
        return Err(reply::bad("BadParameters", "chunk_overlap_duration must be below chunk_duration"));
    }
    let live = matches!(target, Target::Live(..));
    if live && chunk == 0 {
        return Err(reply::bad("BadParameters", "chunk_duration must not be 0 for a live stream"));
    }
    let stream = call.flag("stream") == Some(true);
    let tools = call.get("tools").and_then(Value::as_array).is_some_and(|tools| !tools.is_empty());
    if !stream && (live || tools || needs_stream) {
        return Err(reply::bad("BadParameters", "This request needs stream to be true"));
    }
    Ok(target)
}

/// The model and the api type, as far as a call names them.
pub(crate) fn model(state: &State, call: &Call) -> Result<(), Refused> {
    if call.text("model") != state.settings.model {
        return Err(reply::bad("BadParameters", format!("No such model {}", call.text("model"))));
    }
    if !matches!(call.text("api_type"), "" | "internal") {
        return Err(reply::bad("BadParameters", "api_type does not fit the model"));
    }
    Ok(())
}

/// The chunks of `seconds` of video, as start and end in seconds.
pub(crate) fn chunks(call: &Call, seconds: u64) -> Vec<(u64, u64)> {
    let Media::Offset { start_offset, end_offset } = call.media(seconds) else { return Vec::new() };
    let size = call.number("chunk_duration").and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
    let size = if size == 0 { u64::MAX } else { size };
    // A bound for requests that name years of video.
    let starts = std::iter::successors(Some(start_offset), |start| start.checked_add(size)).take(10_000);
    starts
        .take_while(|start| *start < end_offset)
        .map(|start| (start, end_offset.min(start.saturating_add(size))))
        .collect()
}

/// The answer to `asked` about `target`'s media.
pub(crate) fn answer(state: &State, asked: &str, about: u64) -> String {
    answers::choose(asked, about, state.settings.seed, &state.settings.fixed)
}

/// Puts the job into the tables of its files. Fails if one of them has just been deleted, or there is no room.
pub(crate) fn enter(state: &State, files: &[Asset], job: &Arc<Job>, context: bool) -> Result<(), Refused> {
    let ids: Vec<Id> = files.iter().map(|file| file.id).collect();
    let mut tables = state.tables();
    if context && tables.contexts(&ids) >= state.settings.capacity {
        return Err(reply::full(state.settings.capacity));
    }
    if let Some(gone) = ids.iter().find(|id| !tables.files.contains_key(id)) {
        return Err(unknown(*gone));
    }
    for id in ids {
        if let Some(asset) = tables.files.get_mut(&id) {
            asset.jobs.retain(|job| job.is_running());
            asset.jobs.push(Arc::clone(job));
        }
    }
    Ok(())
}

/// Runs a query's work as a task of the server; it ends with the work, or when the query is dropped. The job's end is
/// the last thing to happen, so that whoever hears of it finds everything done.
pub(crate) fn spawn(state: &Arc<State>, job: &Arc<Job>, work: impl Future<Output = ()> + Send + 'static) {
    state.work.send_modify(|work| work.started += 1);
    let (state_, job) = (Arc::clone(state), Arc::clone(job));
    state.tasks.spawn(async move {
        tokio::select! {
            () = work => {}
            _ = job.wait_end() => {}
        }
        state_.work.send_modify(|work| work.finished += 1);
        job.end(End::Done);
    });
}

/// The work of a file query: set-up, then chunk after chunk, then all its events in a burst.
pub(crate) async fn run(state: Arc<State>, job: Arc<Job>, chunks: u64, fail: bool, events: Vec<(Event, u64)>) {
    let settings = &state.settings;
    tokio::time::sleep(settings.paced(settings.setup_time)).await;
    job.ready();
    let work = settings.chunk_time.saturating_mul(u32::try_from(chunks).unwrap_or(u32::MAX));
    if work > Duration::ZERO {
        tokio::time::sleep(settings.paced(work)).await;
    }
    if fail {
        job.push(Event::Failure("Summarization failed. The model stopped.".into()), 0);
    } else {
        for (event, chunks) in events {
            job.push(event, chunks);
        }
    }
}

/// Whether a fault wants this query to fail.
pub(crate) fn fails(plan: &Plan) -> bool {
    plan.error_after.is_some()
}

/// The alerts that a call's `tools` ask for: each is raised once.
pub(crate) fn alerts(call: &Call, offset: u64, at: Option<&str>) -> Vec<Event> {
    let tools = call.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let raised = tools.iter().filter_map(|tool| {
        let alert = tool.get("alert")?;
        let event = alert.get("events").and_then(|events| events.get(0)).and_then(Value::as_str).unwrap_or_default();
        Some(Event::Alert {
            name: alert.get("name")?.as_str()?.to_owned(),
            event: event.to_owned(),
            offset,
            at: at.map(str::to_owned),
        })
    });
    raised.collect()
}
