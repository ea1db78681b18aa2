//! `POST /summarize` (via.md 1.10 and 3.2).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hyper::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::sim::server::Exchange;
use crate::sim::time;
use crate::sim::via::call::Call;
use crate::sim::via::fields;
use crate::sim::via::id::Id;
use crate::sim::via::job::{End, Event, Job, Media, MediaInfo};
use crate::sim::via::query::{self, Target};
use crate::sim::via::reply::{self, Refused, Reply};
use crate::sim::via::sse::{self, Print};
use crate::sim::via::state::{Asset, Live, State, unknown};

/// A finished summary or answer.
#[derive(Serialize)]
pub(crate) struct Completion<'a> {
    pub(crate) id: Id,
    pub(crate) choices: Vec<Choice>,
    pub(crate) created: u64,
    pub(crate) model: &'a str,
    pub(crate) media_info: Media,
    pub(crate) object: &'static str,
    pub(crate) usage: Usage,
}

/// One answer.
#[derive(Serialize)]
pub(crate) struct Choice {
    finish_reason: &'static str,
    index: u32,
    message: Message,
}

/// Key order as JSON answers have it; events have no empty `tool_calls`, alerts no `content`.
#[derive(Serialize)]
struct Message {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<Vec<ToolCall>>,
    role: &'static str,
}

/// Totals of a JSON answer.
#[derive(Serialize)]
pub(crate) struct Usage {
    pub(crate) query_processing_time: u64,
    pub(crate) total_chunks_processed: u64,
}

#[derive(Serialize)]
struct ToolCall {
    #[serde(rename = "type")]
    kind: &'static str,
    alert: AlertCall,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlertCall {
    name: String,
    detected_events: Vec<String>,
    details: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ntp_timestamp: Option<String>,
}

#[derive(Serialize)]
struct Progress<'a> {
    id: Id,
    model: &'a str,
    created: u64,
    object: &'static str,
    #[serde(skip_serializing_if = "MediaInfo::is_absent")]
    media_info: MediaInfo,
    choices: Vec<Choice>,
    usage: Option<EventUsage>,
}

#[derive(Serialize)]
pub(crate) struct EventUsage {
    total_chunks_processed: u64,
    query_processing_time: u64,
}

struct Printer {
    model: String,
}

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
        Target::Live(id, live) => (id, attach(&state, &call, id, *live)?),
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
    let mut events: Vec<(Event, u64)> = alerts(call, seconds / 2, None).into_iter().map(|event| (event, 0)).collect();
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
    let ids: Option<Vec<Id>> =
        (call.flag("enable_chat") == Some(true)).then(|| files.iter().map(|file| file.id).collect());
    let (state_, job_) = (Arc::clone(state), Arc::clone(&job));
    state.tasks.spawn(async move {
        if let Some(ids) = ids {
            // From the end of the run on the context stays, until the file is deleted.
            let mut run = std::pin::pin!(run);
            tokio::select! {
                () = &mut run => {}
                end = job_.wait_end() => if end == End::Dropped { return },
            }
            let mut tables = state_.tables();
            for id in &ids {
                if let Some(asset) = tables.files.get_mut(id) {
                    asset.chat = Some(ids.clone());
                }
            }
        } else {
            tokio::select! {
                () = run => {}
                _ = job_.wait_end() => {}
            }
        }
    });
    Ok(job)
}

/// The alerts that a call's `tools` ask for: each is raised once.
fn alerts(call: &Call, offset: u64, at: Option<&str>) -> Vec<Event> {
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

/// Starts the summaries of a live stream, or attaches to those that run: the new parameters are then ignored.
fn attach(state: &Arc<State>, call: &Call, id: Id, live: Live) -> Result<Arc<Job>, Refused> {
    if let Some(job) = live.job {
        return Ok(job);
    }
    let chunk = call.number("chunk_duration").unwrap_or(10);
    let each = call.number("summary_duration").unwrap_or(0);
    if each > 0 && each % chunk != 0 {
        return Err(reply::bad("BadParameters", "summary_duration must be a multiple of chunk_duration"));
    }
    let chat = call.flag("enable_chat") == Some(true);
    let job = Arc::new(Job::new(true));
    {
        let mut tables = state.tables();
        if tables.contexts(&[]) >= state.settings.capacity {
            return Err(reply::full(state.settings.capacity));
        }
        let live = tables.streams.get_mut(&id).ok_or_else(|| unknown(id))?;
        live.chunk_duration = u64::try_from(chunk).unwrap_or(0);
        live.chunk_overlap_duration =
            call.number("chunk_overlap_duration").and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        live.summary_duration = each;
        live.chat = chat;
        live.job = Some(Arc::clone(&job));
    }
    let prompt = call.text("prompt").to_owned();
    let alerts = alerts(call, 0, Some(&time::millis(SystemTime::now())));
    state.tasks.spawn(watch(Arc::clone(state), Arc::clone(&job), id, prompt, (chunk, each), alerts));
    Ok(job)
}

/// A live stream's summaries, until it is deleted or over.
async fn watch(
    state: Arc<State>,
    job: Arc<Job>,
    id: Id,
    prompt: String,
    (chunk, each): (i64, i64),
    alerts: Vec<Event>,
) {
    let settings = &state.settings;
    tokio::time::sleep(settings.paced(settings.setup_time)).await;
    job.ready();
    for alert in alerts {
        job.push(alert, 0);
    }
    let step = Duration::from_secs(u64::try_from(if each > 0 { each } else { chunk }).unwrap_or(1).max(1));
    let chunks = u64::try_from((each / chunk.max(1)).max(1)).unwrap_or(1);
    let mut clock = SystemTime::now();
    let mut lived = Duration::ZERO;
    let mut count = 0_u64;
    let mut tick = tokio::time::interval(settings.paced(step).max(Duration::from_millis(1)));
    tick.tick().await;
    while job.is_running() && settings.live_length.is_none_or(|length| lived + step <= length) {
        tokio::select! {
            _ = tick.tick() => {}
            _ = job.wait_end() => return,
        }
        let start_timestamp = time::millis(clock);
        clock += step;
        lived += step;
        count += 1;
        let end_timestamp = time::millis(clock);
        state.tables().raise(id, &end_timestamp);
        let text = if prompt.contains('#') || settings.fixed.is_set() {
            query::answer(&state, &prompt, count)
        } else {
            // Live streams are told by the wall clock.
            format!("<{start_timestamp}> <{end_timestamp}> Scene {count}: a lorry blocks lane 2.")
        };
        if each >= 0 {
            job.push(Event::Summary { text, media: Media::Timestamp { start_timestamp, end_timestamp } }, chunks);
        }
    }
    if each < 0 {
        let (start, end) = (time::millis(clock - lived), time::millis(clock));
        let media = Media::Timestamp { start_timestamp: start, end_timestamp: end };
        job.push(Event::Summary { text: query::answer(&state, &prompt, count), media }, count);
    }
    state.finished();
    job.end(End::Done);
}

// === impl Choice ===

impl Choice {
    /// A text; JSON answers carry an empty `tool_calls`, events do not.
    pub(crate) fn text(text: String, tool_calls: bool) -> Self {
        let message = Message { content: Some(text), tool_calls: tool_calls.then(Vec::new), role: "assistant" };
        Self { finish_reason: "stop", index: 0, message }
    }
}

// === impl EventUsage ===

impl EventUsage {
    pub(crate) fn of(job: &Job) -> Self {
        let totals = job.totals();
        Self { total_chunks_processed: totals.chunks, query_processing_time: totals.seconds }
    }
}

// === impl Printer ===

impl Printer {
    fn progress(&self, job: &Job, media_info: MediaInfo, choices: Vec<Choice>) -> Progress<'_> {
        Progress {
            id: job.id,
            model: &self.model,
            created: job.created,
            object: "summarization.progressing",
            media_info,
            choices,
            usage: None,
        }
    }
}

impl Print for Printer {
    fn event(&self, job: &Job, event: Event) -> Vec<u8> {
        let (media, choice) = match event {
            Event::Summary { text, media } => (MediaInfo::Of(media), Choice::text(text, false)),
            Event::Failure(text) => (MediaInfo::Absent, Choice::text(text, false)),
            Event::Captions { .. } => return sse::print(&self.progress(job, MediaInfo::Absent, Vec::new())),
            Event::Alert { name, event, offset, at } => {
                let details = format!("{event} was seen");
                let offset = at.is_none().then_some(offset);
                let alert = AlertCall { name, detected_events: vec![event], details, offset, ntp_timestamp: at };
                let tool_calls = Some(vec![ToolCall { kind: "alert", alert }]);
                let message = Message { content: None, tool_calls, role: "assistant" };
                (MediaInfo::Absent, Choice { finish_reason: "tool_calls", index: 0, message })
            }
        };
        sse::print(&self.progress(job, media, vec![choice]))
    }

    fn usage(&self, job: &Job) -> Vec<u8> {
        let mut usage = self.progress(job, MediaInfo::Null, Vec::new());
        usage.object = "summarization.completion";
        usage.usage = Some(EventUsage::of(job));
        sse::print(&usage)
    }
}
