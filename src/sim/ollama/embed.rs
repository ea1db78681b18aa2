//! `/api/embed`, `/api/embeddings`, `/v1/embeddings`: vectors made of the text's hash (ollama.md 1.5).

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::sim::ollama::call::Call;
use crate::sim::ollama::models::normal;
use crate::sim::ollama::reply::{self, Problem, Reply};
use crate::sim::ollama::run::{Run, Start, tokens_in};
use crate::sim::ollama::say::Said;
use crate::sim::ollama::state::State;

#[derive(Serialize)]
struct Embedded<'a> {
    model: &'a str,
    embeddings: Vec<Vec<f64>>,
    total_duration: u64,
    load_duration: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_eval_count: Option<u64>,
}

#[derive(Serialize)]
struct Legacy {
    embedding: Vec<f64>,
}

#[derive(Serialize)]
struct OpenAi<'a> {
    object: &'static str,
    data: Vec<OpenAiItem>,
    model: &'a str,
    usage: OpenAiUsage,
}

#[derive(Serialize)]
struct OpenAiItem {
    object: &'static str,
    embedding: Vec<f64>,
    index: usize,
}

#[derive(Serialize)]
struct OpenAiUsage {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// `POST /api/embed`.
pub(crate) async fn embed(state: &Arc<State>, call: &Call) -> Reply {
    let name = call.model()?;
    let known = normal(name).is_some_and(|normal| state.model(&normal).is_some());
    if !known {
        return Err(Problem::missing(format!("model \"{name}\" not found, try pulling it first")));
    }
    let inputs = inputs(call)?;
    let run = run(state, call, name, &inputs).await?;
    let metrics = run.metrics();
    Ok(reply::json(&Embedded {
        model: name,
        embeddings: inputs.iter().map(|input| vector(input, state.settings.dimensions)).collect(),
        total_duration: metrics.total_duration,
        load_duration: metrics.load_duration,
        prompt_eval_count: (!inputs.is_empty()).then_some(metrics.prompt_eval_count),
    }))
}

/// `POST /api/embeddings`, the older one.
pub(crate) async fn legacy(state: &Arc<State>, call: &Call) -> Reply {
    let name = call.model()?;
    Start::find(state, name)?;
    let prompt = call.text("prompt")?.to_owned();
    let inputs = if prompt.is_empty() { Vec::new() } else { vec![prompt] };
    run(state, call, name, &inputs).await?;
    let embedding = inputs.first().map(|input| vector(input, state.settings.dimensions)).unwrap_or_default();
    Ok(reply::json(&Legacy { embedding }))
}

/// `POST /v1/embeddings`, as floats.
pub(crate) async fn openai(state: &Arc<State>, call: &Call) -> Reply {
    let name = call.text("model")?;
    let inputs = inputs(call)?;
    if inputs.is_empty() {
        return Err(Problem::bad("invalid input"));
    }
    Start::find(state, name)?;
    let run = run(state, call, name, &inputs).await?;
    let prompt_tokens = run.metrics().prompt_eval_count;
    let vectors = inputs.iter().map(|input| vector(input, state.settings.dimensions)).enumerate();
    let data = vectors.map(|(index, embedding)| OpenAiItem { object: "embedding", embedding, index }).collect();
    let usage = OpenAiUsage { prompt_tokens, total_tokens: prompt_tokens };
    Ok(reply::plain_json(&OpenAi { object: "list", data, model: name, usage }, true))
}

async fn run(state: &Arc<State>, call: &Call, name: &str, inputs: &[String]) -> Result<Run, Problem> {
    let mut start = Start::native(call, name, 0)?;
    start.prompt_tokens = inputs.iter().map(|input| tokens_in(input.len())).sum();
    let mut run = Run::begin(state, start, Said { thinking: None, content: String::new(), reason: None }).await?;
    run.done();
    Ok(run)
}

fn inputs(call: &Call) -> Result<Vec<String>, Problem> {
    let wrong = || Problem::bad("invalid input type");
    match call.get("input") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) if text.is_empty() => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

/// A unit vector; equal texts have equal ones.
fn vector(text: &str, dimensions: usize) -> Vec<f64> {
    let seed = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut rng = fastrand::Rng::with_seed(seed);
    let raw: Vec<f64> = (0..dimensions.clamp(1, 8192)).map(|_| rng.f64() - 0.5).collect();
    let length = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
    raw.into_iter().map(|x| x / length.max(f64::MIN_POSITIVE)).collect()
}
