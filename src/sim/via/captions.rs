//! `POST /generate_vlm_captions` (2.4; via.md 1.11 and 3.3).

use std::sync::Arc;
use std::time::SystemTime;

use hyper::StatusCode;
use serde::Serialize;

use crate::sim::server::Exchange;
use crate::sim::time;
use crate::sim::via::call::Call;
use crate::sim::via::completion::{EventUsage, Usage};
use crate::sim::via::fields;
use crate::sim::via::id::Id;
use crate::sim::via::job::{Caption, End, Event, Job, Media, MediaInfo};
use crate::sim::via::query::{self, Target};
use crate::sim::via::reply::{self, Reply};
use crate::sim::via::sse::{self, Print};
use crate::sim::via::state::State;

#[derive(Serialize)]
struct Captions<'a> {
    id: Id,
    created: u64,
    model: &'a str,
    media_info: Media,
    usage: Usage,
    chunk_responses: Vec<Caption>,
}

#[derive(Serialize)]
struct Progress<'a> {
    id: Id,
    model: &'a str,
    created: u64,
    #[serde(skip_serializing_if = "MediaInfo::is_absent")]
    media_info: MediaInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunk_responses: Option<Vec<Caption>>,
    usage: Option<EventUsage>,
}

struct Printer {
    model: String,
}

/// Answers `POST /generate_vlm_captions`.
pub(crate) async fn post(state: Arc<State>, exchange: Exchange) -> Reply {
    let Exchange { request, plan, conn, .. } = exchange;
    let call = Call::read(request, &fields::captions()).await?;
    let target = query::target(&state, &call, false)?;
    let stream = call.flag("stream") == Some(true);
    let job = Arc::new(Job::new(false));
    let (reader, seconds, events) = match &target {
        Target::Files(files) => {
            query::enter(&state, files, &job, false)?;
            let first = files.first();
            let seconds = first.map_or(0, |file| if file.image { 0 } else { file.seconds });
            let about = files.iter().fold(0, |hash, file| hash ^ file.spooled.hash);
            let events = query::chunks(&call, seconds).into_iter().map(|(start, end)| {
                let caption = Caption {
                    start_time: format!("{start}.0"),
                    end_time: format!("{end}.0"),
                    content: query::answer(&state, call.text("prompt"), about ^ start),
                    reasoning_description: (!stream).then(String::new),
                };
                let media = Media::Offset { start_offset: start, end_offset: end };
                (Event::Captions { captions: vec![caption], media }, 1)
            });
            (first.map_or(job.id, |file| file.id), seconds, events.collect())
        }
        // A look at what the camera sees now; the run ends by itself.
        Target::Live(id, _) => (*id, 0, vec![(live(&state, &call), 1)]),
    };
    let count = events.len() as u64;
    let run = query::run(Arc::clone(&state), Arc::clone(&job), count, query::fails(&plan), events);
    query::spawn(&state, &job, run);
    job.wait_ready().await;
    if stream {
        if !state.attach(reader) {
            let message = format!("Another client is already connected to {reader}");
            return Err(reply::error(StatusCode::CONFLICT, "Conflict", message));
        }
        let printer = Printer { model: state.settings.model.clone() };
        return Ok(sse::stream(&state, &conn, plan, reader, job, call.wants_usage(), printer));
    }
    if job.wait_end().await == End::Dropped {
        return Err(reply::bad("InvalidParameterValue", "The query was removed while it ran"));
    }
    let mut chunk_responses = Vec::new();
    while let Some(event) = job.next().await {
        match event {
            Event::Captions { captions, .. } => chunk_responses.extend(captions),
            Event::Failure(text) => {
                return Err(reply::error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", text));
            }
            Event::Summary { .. } | Event::Alert { .. } => {}
        }
    }
    let totals = job.totals();
    Ok(reply::json(&Captions {
        id: job.id,
        created: job.created,
        model: &state.settings.model,
        media_info: call.media(seconds),
        usage: Usage { query_processing_time: totals.seconds, total_chunks_processed: totals.chunks },
        chunk_responses,
    }))
}

fn live(state: &State, call: &Call) -> Event {
    let now = SystemTime::now();
    let (start, end) = (time::millis(now), time::millis(now + std::time::Duration::from_secs(10)));
    let caption = Caption {
        start_time: start.clone(),
        end_time: end.clone(),
        content: query::answer(state, call.text("prompt"), 0),
        reasoning_description: None,
    };
    Event::Captions { captions: vec![caption], media: Media::Timestamp { start_timestamp: start, end_timestamp: end } }
}

// === impl Printer ===

impl Printer {
    fn progress(&self, job: &Job) -> Progress<'_> {
        let (id, model, created) = (job.id, self.model.as_str(), job.created);
        Progress { id, model, created, media_info: MediaInfo::Absent, chunk_responses: None, usage: None }
    }
}

impl Print for Printer {
    fn event(&self, job: &Job, event: Event) -> Vec<u8> {
        let mut progress = self.progress(job);
        if let Event::Captions { captions, media } = event {
            progress.media_info = MediaInfo::Of(media);
            progress.chunk_responses = Some(captions);
        }
        sse::print(&progress)
    }

    fn usage(&self, job: &Job) -> Vec<u8> {
        let mut progress = self.progress(job);
        progress.media_info = MediaInfo::Null;
        progress.chunk_responses = Some(Vec::new());
        progress.usage = Some(EventUsage::of(job));
        sse::print(&progress)
    }
}
