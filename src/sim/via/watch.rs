//! A live stream's summaries: started by the first `/summarize`, then one per `summary_duration`, read or not, until the
//! stream is deleted or over (via.md 3.4).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::sim::time;
use crate::sim::via::call::Call;
use crate::sim::via::id::Id;
use crate::sim::via::job::{Event, Job, Media};
use crate::sim::via::query;
use crate::sim::via::reply::{self, Refused};
use crate::sim::via::state::{Live, State, unknown};

/// Starts the summaries of a live stream, or attaches to those that run: the new parameters are then ignored.
pub(crate) fn attach(state: &Arc<State>, call: &Call, id: Id, live: Live) -> Result<Arc<Job>, Refused> {
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
    let alerts = query::alerts(call, 0, Some(&time::millis(SystemTime::now())));
    let work = watch(Arc::clone(state), Arc::clone(&job), id, prompt, (chunk, each), alerts);
    query::spawn(state, &job, work);
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
        tick.tick().await;
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
}
