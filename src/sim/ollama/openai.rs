//! The OpenAI-compatible routes: `/v1/chat/completions`, `/v1/completions`, `/v1/embeddings`, `/v1/models` (ollama.md
//! 1.10 and 2.5).

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::sim::fault::Plan;
use crate::sim::json;
use crate::sim::ollama::call::Call;
use crate::sim::ollama::chat::add_messages;
use crate::sim::ollama::reply::{self, Problem, Reply};
use crate::sim::ollama::run::{Piece, Print, Run, Start, tokens_in};
use crate::sim::ollama::say::{self, Question};
use crate::sim::ollama::sched::LoadOptions;
use crate::sim::ollama::state::State;

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    system_fingerprint: &'static str,
    choices: Vec<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Message<'a>>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<&'a str>,
}

#[derive(Clone, Copy, Serialize)]
#[expect(clippy::struct_field_names, reason = "the API's names")]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

struct Printer {
    id: String,
    chat: bool,
    usage: bool,
    first: bool,
}

/// Answers `POST /v1/chat/completions` (`chat`) and `POST /v1/completions`.
pub(crate) async fn post(state: &Arc<State>, chat: bool, call: Call, header: Option<String>, plan: Plan) -> Reply {
    let messages = call.list("messages")?;
    if chat && messages.is_empty() {
        return Err(Problem::bad("[] is too short - 'messages'"));
    }
    let name = call.text("model")?;
    let model = Start::find(state, name)?;
    if !model.can("completion") {
        return Err(Problem::bad(format!("\"{name}\" does not support chat")));
    }
    let effort = call.get("reasoning_effort").or_else(|| call.get("reasoning").and_then(|r| r.get("effort")));
    let mut question = Question {
        header,
        format: format(&call),
        think: chat && model.can("thinking") && effort.and_then(Value::as_str) != Some("none"),
        ..Question::default()
    };
    if chat {
        add_messages(&mut question, messages);
    } else {
        call.text("prompt")?.clone_into(&mut question.user);
    }
    let start = Start {
        model: name.to_owned(),
        keep: None,
        options: LoadOptions::new(),
        limit: call.integer("max_tokens")?.and_then(|limit| u64::try_from(limit).ok()),
        prompt_tokens: tokens_in(question.user.len() + question.system.len()),
    };
    let stream = call.flag("stream")?.unwrap_or(false);
    let options = call.get("stream_options").and_then(|options| options.get("include_usage"));
    let said = say::reply(&question, &state.settings);
    let mut run = Run::begin(state, start, said).await?;
    let id = format!("{}-{}", if chat { "chatcmpl" } else { "cmpl" }, state.number());
    let mut printer = Printer { id, chat, usage: options.and_then(Value::as_bool).unwrap_or(false), first: true };
    if stream {
        let body = run.stream(state, plan, printer).await?;
        return Ok(reply::streamed("text/event-stream", body));
    }
    if plan.error_after.is_some() {
        run.done();
        let text = "an error was encountered while running the model: simulated";
        return Err(Problem::new(hyper::StatusCode::INTERNAL_SERVER_ERROR, text));
    }
    let (thinking, content) = run.all().await;
    run.done();
    printer.first = false;
    let reasoning = Some(thinking.as_str()).filter(|thinking| !thinking.is_empty());
    let message = Message { role: Some("assistant"), content: Some(&content), reasoning };
    let choice = Choice {
        index: 0,
        text: (!chat).then_some(content.as_str()),
        message: chat.then_some(message),
        delta: None,
        finish_reason: run.reason,
    };
    let object = if chat { "chat.completion" } else { "text_completion" };
    let answer = printer.answer(&run, object, vec![choice], Some(usage(&run)));
    Ok(reply::plain_json(&answer, true))
}

fn usage(run: &Run) -> Usage {
    let metrics = run.metrics();
    let (prompt_tokens, completion_tokens) = (metrics.prompt_eval_count, metrics.eval_count);
    Usage { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}

/// `response_format` in the native form.
fn format(call: &Call) -> Option<Value> {
    let format = call.get("response_format")?;
    match format.get("type").and_then(Value::as_str) {
        Some("json_object") => Some("json".into()),
        Some("json_schema") => format.get("json_schema").and_then(|schema| schema.get("schema")).cloned(),
        _ => None,
    }
}

// === impl Printer ===

impl Printer {
    fn answer<'a>(
        &'a self,
        run: &'a Run,
        object: &'static str,
        choices: Vec<Choice<'a>>,
        usage: Option<Usage>,
    ) -> Answer<'a> {
        let (id, created, model) = (self.id.as_str(), run.created, run.model.as_str());
        Answer { id, object, created, model, system_fingerprint: "fp_ollama", choices, usage }
    }

    fn chunk(&self, run: &Run, choices: Vec<Choice<'_>>, usage: Option<Usage>) -> Bytes {
        let object = if self.chat { "chat.completion.chunk" } else { "text_completion" };
        // Completions carry a usage of zeros on every chunk.
        let zeros = Usage { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
        let usage = usage.or_else(|| (self.usage && !self.chat).then_some(zeros));
        event(&json::go(&self.answer(run, object, choices, usage)))
    }

    fn choice<'a>(&self, delta: Message<'a>, text: &'a str, finish_reason: Option<&'static str>) -> Choice<'a> {
        let (delta, text) = if self.chat { (Some(delta), None) } else { (None, Some(text)) };
        Choice { index: 0, text, message: None, delta, finish_reason }
    }
}

impl Print for Printer {
    fn piece(&mut self, run: &Run, piece: Piece) -> Bytes {
        let role = std::mem::take(&mut self.first).then_some("assistant");
        let (content, reasoning) = match &piece {
            Piece::Content(text) => (text.as_str(), None),
            Piece::Thinking(text) => ("", Some(text.as_str())),
        };
        let delta = Message { role, content: Some(content), reasoning };
        self.chunk(run, vec![self.choice(delta, content, None)], None)
    }

    fn end(&mut self, run: &Run) -> Vec<Bytes> {
        let mut chunks = vec![self.chunk(run, vec![self.choice(Message::default(), "", run.reason)], None)];
        if self.usage {
            chunks.push(self.chunk(run, Vec::new(), Some(usage(run))));
        }
        chunks.push(event(b"[DONE]"));
        chunks
    }

    /// The error's text is lost: an empty record of no model.
    fn failure(&mut self, run: &Run) -> Bytes {
        let delta = Message { content: Some(""), ..Message::default() };
        let choices = vec![self.choice(delta, "", None)];
        let object = if self.chat { "chat.completion.chunk" } else { "text_completion" };
        let mut answer = self.answer(run, object, choices, None);
        answer.model = "";
        event(&json::go(&answer))
    }
}

fn event(json: &[u8]) -> Bytes {
    Bytes::from([b"data: ", json, b"\n\n"].concat())
}
