//! The shapes of summaries and answers: the JSON object, and the events (via.md 1.10, 1.12 and 3.2).

use serde::Serialize;

use crate::sim::via::id::Id;
use crate::sim::via::job::{Event, Job, Media, MediaInfo};
use crate::sim::via::sse::{self, Print};

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

/// Totals of an event, in their other order.
#[derive(Serialize)]
pub(crate) struct EventUsage {
    total_chunks_processed: u64,
    query_processing_time: u64,
}

/// Prints a summary's events.
pub(crate) struct Printer {
    pub(crate) model: String,
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
