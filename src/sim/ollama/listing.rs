//! What there is: `/api/tags`, `/api/ps`, `/api/show`, `/v1/models`, `/api/version`, `/api/status` (ollama.md 1.6).

use std::time::UNIX_EPOCH;

use hyper::Response;
use serde::Serialize;
use serde_json::json;

use crate::sim::body::Body;
use crate::sim::ollama::call::Call;
use crate::sim::ollama::models::{Model, normal};
use crate::sim::ollama::reply::{self, Problem, Reply};
use crate::sim::ollama::state::State;
use crate::sim::time;

#[derive(Serialize)]
struct List<T> {
    models: Vec<T>,
}

#[derive(Serialize)]
struct Tag {
    name: String,
    model: String,
    modified_at: String,
    size: u64,
    digest: String,
    details: Details,
    capabilities: Vec<String>,
}

#[derive(Serialize)]
struct Process {
    name: String,
    model: String,
    size: u64,
    digest: String,
    details: Details,
    expires_at: String,
    size_vram: u64,
    context_length: u64,
}

#[derive(Serialize)]
struct Details {
    parent_model: &'static str,
    format: &'static str,
    family: String,
    families: [String; 1],
    parameter_size: String,
    quantization_level: &'static str,
}

#[derive(Serialize)]
struct Show {
    modelfile: String,
    details: Details,
    model_info: serde_json::Value,
    capabilities: Vec<String>,
    modified_at: String,
}

#[derive(Serialize)]
struct OpenAiModels {
    object: &'static str,
    // Null, not empty, when there are none.
    data: Option<Vec<OpenAiModel>>,
}

#[derive(Serialize)]
struct OpenAiModel {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

/// `GET /api/tags`, most recently modified first.
pub(crate) fn tags(state: &State) -> Response<Body> {
    let mut models = state.models().clone();
    models.sort_by_key(|model| std::cmp::Reverse(model.modified));
    let tags = models.into_iter().map(|model| Tag {
        details: Details::of(&model),
        name: model.name.clone(),
        model: model.name,
        modified_at: time::go(model.modified),
        size: model.size,
        digest: model.digest,
        capabilities: model.capabilities,
    });
    reply::json(&List { models: tags.collect() })
}

/// `GET /api/ps`.
pub(crate) fn processes(state: &State) -> Response<Body> {
    let processes = state.scheduler.loaded().into_iter().filter_map(|loaded| {
        let model = state.model(&loaded.name)?;
        Some(Process {
            details: Details::of(&model),
            name: model.name.clone(),
            model: model.name,
            size: model.size,
            digest: model.digest,
            expires_at: time::go(loaded.expires),
            size_vram: model.size,
            context_length: loaded.context.unwrap_or(4096).min(model.context),
        })
    });
    reply::json(&List { models: processes.collect() })
}

/// `POST /api/show`.
pub(crate) fn show(state: &State, call: &Call) -> Reply {
    let name = call.model()?;
    if name.is_empty() {
        return Err(Problem::bad("model is required"));
    }
    let normal = normal(name).ok_or_else(|| Problem::bad("invalid model name"))?;
    let Some(model) = state.model(&normal) else {
        return Err(Problem::missing(format!("model '{normal}' not found")));
    };
    Ok(reply::json(&Show {
        modelfile: format!("# simulated\nFROM {}\n", model.name),
        details: Details::of(&model),
        model_info: json!({
            "general.architecture": model.family,
            format!("{}.context_length", model.family): model.context,
        }),
        capabilities: model.capabilities,
        modified_at: time::go(model.modified),
    }))
}

/// `GET /v1/models`.
pub(crate) fn openai_models(state: &State) -> Response<Body> {
    let models: Vec<OpenAiModel> = state.models().iter().map(|model| OpenAiModel::of(model, &model.name)).collect();
    let data = (!models.is_empty()).then_some(models);
    reply::plain_json(&OpenAiModels { object: "list", data }, true)
}

/// `GET /v1/models/NAME`, which echoes the name.
pub(crate) fn openai_model(state: &State, name: &str) -> Reply {
    let model = normal(name).and_then(|normal| state.model(&normal));
    let model = model.ok_or_else(|| Problem::missing(format!("model '{name}' not found")))?;
    Ok(reply::plain_json(&OpenAiModel::of(&model, name), true))
}

/// `GET /api/version`.
pub(crate) fn version(state: &State) -> Response<Body> {
    reply::json(&json!({"version": state.settings.version}))
}

/// `GET /api/status`.
pub(crate) fn status() -> Response<Body> {
    reply::json(&json!({"cloud": {"disabled": false, "source": "none"}}))
}

// === impl Details ===

impl Details {
    fn of(model: &Model) -> Self {
        Self {
            parent_model: "",
            format: "gguf",
            family: model.family.clone(),
            families: [model.family.clone()],
            parameter_size: model.parameters.clone(),
            quantization_level: "Q4_K_M",
        }
    }
}

// === impl OpenAiModel ===

impl OpenAiModel {
    fn of(model: &Model, id: &str) -> Self {
        let created = model.modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { id: id.to_owned(), object: "model", created, owned_by: "library" }
    }
}
