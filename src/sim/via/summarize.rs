//! `POST /summarize` (via.md 1.10); live streams go on in `watch`.

use std::sync::Arc;

use hyper::StatusCode;

use crate::sim::server::Exchange;
use crate::sim::via::call::Call;
use crate::sim::via::completion::{Choice, Completion, Printer, Usage};
use crate::sim::via::fields;
use crate::sim::via::id::Id;
use crate::sim::via::job::{End, Event, Job, Media};
use crate::sim::via::query::{self, Target};
use crate::sim::via::reply::{self, Refused, Reply};
use crate::sim::via::sse;
use crate::sim::via::state::{Asset, State};
use crate::sim::via::watch;

/// Answers `POST /summarize`.
pub(crate) async fn post(state: Arc<State>, exchange: Exchange) -> Reply {
    let Exchange { request, plan, conn, .. } = exchange;
    let call = Call::read(request, &fields::summarize(state.settings.version)).await?;
    let target = query::target(&state, &call, !state.settings.chat)?;
    if state.settings.require_prompts {
        let prompts = ["prompt", "caption_summarization_prompt", "summary_aggregation_prompt"];
        if let Some(missing) = prompts.iter().find(|name| call.text(name).is_empty()) {
            return Err(reply::bad("BadParameters", format!("{missing} must not be empty")));
        }
    }
    let stream = call.flag("stream") == Some(true);
    let (reader, job) = match target {
        Target::Files(files) => {
            let job = start(&state, &call, &files, query::fails(&plan))?;
            (files.first().map_or(job.id, |file| file.id), job)
        }
        Target::Live(id, live) => (id, watch::attach(&state, &call, id, *live)?),
    };
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
    let mut choices = Vec::new();
    let mut media_info = call.media(0);
    while let Some(event) = job.next().await {
        match event {
            Event::Summary { text, media } => {
                if text.chars().count() > 100_000 {
                    let message = "The answer is too long";
                    return Err(reply::error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message));
                }
                media_info = media;
                choices.push(Choice::text(text, true));
            }
            Event::Failure(text) => {
                return Err(reply::error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", text));
            }
            Event::Alert { .. } | Event::Captions { .. } => {}
        }
    }
    let totals = job.totals();
    Ok(reply::json(&Completion {
        id: job.id,
        choices,
        created: job.created,
        model: &state.settings.model,
        media_info,
        object: "summarization.completion",
        usage: Usage { query_processing_time: totals.seconds, total_chunks_processed: totals.chunks },
    }))
}

/// Starts the summary of a file or of images. It runs on whatever becomes of the caller.
fn start(state: &Arc<State>, call: &Call, files: &[Asset], fail: bool) -> Result<Arc<Job>, Refused> {
    let job = Arc::new(Job::new(state.settings.chat));
    query::enter(state, files, &job, state.settings.chat)?;
    let seconds = files.first().map_or(0, |file| if file.image { 0 } else { file.seconds });
    let about = files.iter().fold(0, |hash, file| hash ^ file.spooled.hash);
    let chunks = query::chunks(call, seconds);
    let count = chunks.len().max(1) as u64;
    let mut events: Vec<(Event, u64)> =
        query::alerts(call, seconds / 2, None).into_iter().map(|event| (event, 0)).collect();
    if call.flag("summarize") == Some(false) {
        events.push((Event::Summary { text: "Media processed".into(), media: call.media(seconds) }, count));
    } else if state.settings.chat {
        let text = query::answer(state, call.text("prompt"), about);
        events.push((Event::Summary { text, media: call.media(seconds) }, count));
    } else {
        for (start_offset, end_offset) in chunks {
            let text = query::answer(state, call.text("prompt"), about ^ start_offset);
            events.push((Event::Summary { text, media: Media::Offset { start_offset, end_offset } }, 1));
        }
    }
    let run = query::run(Arc::clone(state), Arc::clone(&job), count, fail, events);
    let state_ = Arc::clone(state);
    let ids: Option<Vec<Id>> =
        (call.flag("enable_chat") == Some(true)).then(|| files.iter().map(|file| file.id).collect());
    query::spawn(state, &job, async move {
        run.await;
        // From the end of the run on the context stays, until the file is deleted.
        let Some(ids) = ids else { return };
        let mut tables = state_.tables();
        for id in &ids {
            if let Some(asset) = tables.files.get_mut(id) {
                asset.chat = Some(ids.clone());
            }
        }
    });
    Ok(job)
}
