//! `POST /api/chat` and `POST /api/generate`: NDJSON, or one object (ollama.md 1.3, 1.4, 2).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::sim::fault::Plan;
use crate::sim::json;
use crate::sim::ollama::call::Call;
use crate::sim::ollama::models::{Model, normal};
use crate::sim::ollama::reply::{self, Problem, Reply};
use crate::sim::ollama::run::{Metrics, Piece, Print, Run, Start, now};
use crate::sim::ollama::say::{self, Question, Said};
use crate::sim::ollama::sched::Keep;
use crate::sim::ollama::state::State;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Chat,
    Generate,
}

/// A line, of either route, in field order.
#[derive(Serialize)]
struct Line<'a> {
    model: &'a str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<&'a str>,
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Vec<u64>>,
    #[serde(flatten)]
    metrics: Option<Metrics>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<&'a str>,
}

#[derive(Serialize)]
struct Failure {
    error: &'static str,
}

struct Printer {
    route: Route,
    // `/api/generate` gives the tokens so far with its last line.
    context: bool,
}

/// Answers either route. `header` is the request's own choice of a reply.
pub(crate) async fn post(state: &Arc<State>, route: Route, call: Call, header: Option<String>, plan: Plan) -> Reply {
    let model = check(state, route, &call)?;
    let name = call.model()?;
    let question = question(route, &call, &model, header)?;
    let empty = question.user.is_empty() && question.system.is_empty() && call.list("messages")?.is_empty();
    let keep = call.keep_alive()?;
    let start = Start::native(&call, name, question.user.len() + question.system.len())?;
    if empty && keep == Some(Keep::For(Duration::ZERO)) {
        state.scheduler.unload(&normal(name).unwrap_or_default());
        return Ok(reply::json(&line(route, name, "", "", true, Some("unload"), None)));
    }
    let said = if empty {
        Said { thinking: None, content: String::new(), reason: Some("load") }
    } else {
        say::reply(&question, &state.settings)
    };
    let stream = call.flag("stream")?.unwrap_or(true);
    let mut run = Run::begin(state, start, said).await?;
    if empty {
        run.done();
        return Ok(reply::json(&line(route, name, "", "", true, Some("load"), None)));
    }
    let printer = Printer { route, context: !call.flag("raw")?.unwrap_or(false) };
    if stream {
        let body = run.stream(state, plan, printer).await?;
        return Ok(reply::streamed("application/x-ndjson", body));
    }
    if plan.error_after.is_some() {
        run.done();
        let text = "an error was encountered while running the model: simulated";
        return Err(Problem::new(hyper::StatusCode::INTERNAL_SERVER_ERROR, text));
    }
    let (thinking, content) = run.all().await;
    run.done();
    let whole = run.reason.is_some() && !plan.done_false && !plan.no_end;
    let metrics = whole.then(|| run.metrics());
    let mut object = line(route, name, &content, &thinking, whole, run.reason.filter(|_| whole), metrics);
    object.context = (route == Route::Generate && printer.context && whole).then(|| tokens(&run));
    Ok(reply::json(&object))
}

/// The checks, in Ollama's order.
fn check(state: &State, route: Route, call: &Call) -> Result<Model, Problem> {
    if call.integer("top_logprobs")?.is_some_and(|n| !(0..=20).contains(&n)) {
        return Err(Problem::bad("top_logprobs must be between 0 and 20"));
    }
    let name = call.model()?;
    if name.is_empty() && route == Route::Generate {
        return Err(Problem::missing("model '' not found"));
    }
    let model = Start::find(state, name)?;
    let wants_thinking = match call.get("think") {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(Value::String(level)) if ["low", "medium", "high", "max"].contains(&level.as_str()) => true,
        Some(value) => return Err(Problem::bad(format!("invalid think value: {value}"))),
    };
    if wants_thinking && !model.can("thinking") {
        return Err(Problem::bad(format!("\"{name}\" does not support thinking")));
    }
    if !call.list("tools")?.is_empty() && !model.can("tools") {
        let full = normal(name).unwrap_or_default();
        return Err(Problem::bad(format!("registry.ollama.ai/library/{full} does not support tools")));
    }
    if !model.can("completion") {
        let what = if route == Route::Chat { "chat" } else { "generate" };
        return Err(Problem::bad(format!("\"{name}\" does not support {what}")));
    }
    if let Some(Value::String(format)) = call.get("format")
        && !["", "json"].contains(&format.as_str())
    {
        let text = format!("invalid format: \"{format}\"; expected \"json\" or a valid JSON Schema object");
        return Err(Problem::new(hyper::StatusCode::INTERNAL_SERVER_ERROR, text));
    }
    Ok(model)
}

fn question(route: Route, call: &Call, model: &Model, header: Option<String>) -> Result<Question, Problem> {
    let mut question = Question {
        header,
        format: call.get("format").filter(|format| format.as_str() != Some("")).cloned(),
        // On by default where the model can.
        think: model.can("thinking") && call.get("think") != Some(&Value::Bool(false)),
        ..Question::default()
    };
    match route {
        Route::Generate => {
            call.text("prompt")?.clone_into(&mut question.user);
            call.text("system")?.clone_into(&mut question.system);
        }
        Route::Chat => add_messages(&mut question, call.list("messages")?),
    }
    Ok(question)
}

/// The last message of the user is the question; system messages are taken together.
pub(crate) fn add_messages(question: &mut Question, messages: &[Value]) {
    for message in messages {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        let content = match message.get("content") {
            Some(Value::String(text)) => text.clone(),
            // The parts of OpenAI's form.
            Some(Value::Array(parts)) => {
                parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect()
            }
            _ => String::new(),
        };
        match role.as_str() {
            "system" => question.system += &content,
            "user" => question.user = content,
            _ => {}
        }
    }
}

fn line<'a>(
    route: Route,
    model: &'a str,
    content: &'a str,
    thinking: &'a str,
    done: bool,
    done_reason: Option<&'static str>,
    metrics: Option<Metrics>,
) -> Line<'a> {
    let thinking = Some(thinking).filter(|thinking| !thinking.is_empty());
    let chat = route == Route::Chat;
    Line {
        model,
        created_at: now(),
        message: chat.then_some(Message { role: "assistant", content, thinking }),
        response: (!chat).then_some(content),
        thinking: thinking.filter(|_| !chat),
        done,
        done_reason,
        context: None,
        metrics,
    }
}

/// A token array as long as the real one.
fn tokens(run: &Run) -> Vec<u64> {
    let metrics = run.metrics();
    (0..metrics.prompt_eval_count + metrics.eval_count).map(|n| n * 7919 % 151_643).collect()
}

// === impl Printer ===

impl Print for Printer {
    fn piece(&mut self, run: &Run, piece: Piece) -> Bytes {
        let (content, thinking) = match &piece {
            Piece::Content(text) => (text.as_str(), ""),
            Piece::Thinking(text) => ("", text.as_str()),
        };
        ended(json::go(&line(self.route, &run.model, content, thinking, false, None, None)))
    }

    fn end(&mut self, run: &Run) -> Vec<Bytes> {
        let mut last = line(self.route, &run.model, "", "", true, run.reason, Some(run.metrics()));
        last.context = (self.route == Route::Generate && self.context).then(|| tokens(run));
        vec![ended(json::go(&last))]
    }

    fn failure(&mut self, _run: &Run) -> Bytes {
        ended(json::go(&Failure { error: "an error was encountered while running the model: simulated" }))
    }
}

fn ended(mut line: Vec<u8>) -> Bytes {
    line.push(b'\n');
    Bytes::from(line)
}
