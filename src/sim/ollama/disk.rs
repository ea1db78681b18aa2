//! What changes the disk: pull, push, create (as progress streams), copy, delete, blobs (ollama.md 1.7 to 1.9).

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::sim::body::Body;
use crate::sim::json;
use crate::sim::ollama::call::Call;
use crate::sim::ollama::models::{Model, digest, normal};
use crate::sim::ollama::reply::{self, Problem, Reply};
use crate::sim::ollama::state::{ENTRIES, State};

/// Progress lines per layer.
const STEPS: u64 = 10;

#[derive(Serialize)]
struct Progress {
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed: Option<u64>,
}

#[derive(Serialize)]
struct Failure {
    error: &'static str,
}

/// Which transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transfer {
    Pull,
    Push,
    Create,
}

/// Answers pull, push and create. Names that contain `missing` are not found, inside of a 200 stream.
pub(crate) async fn transfer(state: &Arc<State>, what: Transfer, call: Call) -> Reply {
    let name = normal(call.model()?).ok_or_else(|| Problem::bad("invalid model name"))?;
    if what == Transfer::Create && call.get("from").is_none() && call.get("files").is_none() {
        return Err(Problem::bad("neither 'from' or 'files' was specified"));
    }
    let steps = steps(what, &name);
    let pause = state.settings.pull_time / u32::try_from(steps.len()).unwrap_or(1).max(1);
    let missing = name.contains("missing") && what != Transfer::Create;
    let stream = call.flag("stream")?.unwrap_or(true);
    let finish = {
        let state = Arc::clone(state);
        move || {
            let mut models = state.models();
            if what != Transfer::Push && models.len() < ENTRIES && models.iter().all(|model| model.name != name) {
                models.push(Model::new(&name, "llama", "8.0B", 4_000_000_000, &["completion", "tools"]));
            }
        }
    };
    if !stream {
        tokio::time::sleep(state.settings.pull_time).await;
        if missing {
            let text = "pull model manifest: file does not exist";
            return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, text));
        }
        finish();
        return Ok(reply::plain_json(&Progress::plain("success"), false));
    }
    let (sender, body) = Body::channel(1);
    state.tasks.spawn(async move {
        for (at, step) in steps.into_iter().enumerate() {
            if sender.send(Ok(line(&step))).await.is_err() {
                return;
            }
            if missing && at == 0 {
                let failure = Failure { error: "pull model manifest: file does not exist" };
                let _ = sender.send(Ok(line(&failure))).await;
                return;
            }
            if !pause.is_zero() {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = sender.closed() => return,
                }
            }
        }
        finish();
        // The work is done even if nobody hears of it any more.
        let _ = sender.send(Ok(line(&Progress::plain("success")))).await;
    });
    Ok(reply::streamed("application/x-ndjson", body))
}

/// `POST /api/copy`.
pub(crate) fn copy(state: &State, call: &Call) -> Reply {
    let (source, destination) = (call.text("source")?, call.text("destination")?);
    let from = normal(source).ok_or_else(|| Problem::bad(format!("source \"{source}\" is invalid")))?;
    let to = normal(destination).ok_or_else(|| Problem::bad(format!("destination \"{destination}\" is invalid")))?;
    let mut models = state.models();
    let Some(mut model) = models.iter().find(|model| model.name == from).cloned() else {
        return Err(Problem::missing(format!("model \"{source}\" not found")));
    };
    // A plain copy keeps its digest.
    model.name.clone_from(&to);
    models.retain(|model| model.name != to);
    if models.len() < ENTRIES {
        models.push(model);
    }
    Ok(reply::empty(StatusCode::OK))
}

/// `DELETE /api/delete`, whose body names the model.
pub(crate) fn delete(state: &State, call: &Call) -> Reply {
    let name = call.model()?;
    let normal = normal(name).ok_or_else(|| Problem::bad(format!("name \"{name}\" is invalid")))?;
    let mut models = state.models();
    let before = models.len();
    models.retain(|model| model.name != normal);
    if models.len() == before {
        return Err(Problem::missing(format!("model '{name}' not found")));
    }
    drop(models);
    state.scheduler.unload(&normal);
    Ok(reply::empty(StatusCode::OK))
}

/// `HEAD /api/blobs/DIGEST`.
pub(crate) fn has_blob(state: &State, digest: &str) -> Reply {
    let digest = blob(digest)?;
    if state.blobs().contains_key(&digest) {
        return Ok(reply::empty(StatusCode::OK));
    }
    Err(Problem::missing(format!("blob \"{digest}\" not found")))
}

/// `POST /api/blobs/DIGEST`: the body is read to its end and counted. It is not hashed (no SHA-256 here): any content
/// is believed. A blob that is there already is answered at once, with the body unread.
pub(crate) async fn put_blob(state: &State, digest: &str, mut body: Incoming) -> Reply {
    let digest = blob(digest)?;
    if state.blobs().contains_key(&digest) {
        return Ok(closing(reply::empty(StatusCode::OK)));
    }
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "unexpected EOF"))?;
        length += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
    let mut blobs = state.blobs();
    if blobs.len() < ENTRIES {
        blobs.insert(digest, length);
    }
    Ok(reply::empty(StatusCode::CREATED))
}

/// The colon form, if it is a digest.
fn blob(digest: &str) -> Result<String, Problem> {
    let hex = digest.strip_prefix("sha256:").or_else(|| digest.strip_prefix("sha256-"));
    let good = hex.filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    good.map(|hex| format!("sha256:{hex}")).ok_or_else(|| Problem::bad("invalid digest format"))
}

fn closing(mut response: Response<Body>) -> Response<Body> {
    let close = hyper::header::HeaderValue::from_static("close");
    response.headers_mut().insert(hyper::header::CONNECTION, close);
    response
}

/// The progress before `success`.
fn steps(what: Transfer, name: &str) -> Vec<Progress> {
    let (first, verb, last): (_, _, &[&str]) = match what {
        Transfer::Pull => ("pulling manifest", "pulling", &["verifying sha256 digest", "writing manifest"]),
        Transfer::Push => ("retrieving manifest", "pushing", &["pushing manifest"]),
        Transfer::Create => ("parsing GGUF", "using existing layer", &["writing manifest"]),
    };
    let mut steps = vec![Progress::plain(first)];
    for (layer, total) in [("weights", 4_000_000_000_u64), ("template", 1_429)] {
        let digest = digest(&format!("{name} {layer}"));
        if what == Transfer::Create {
            steps.push(Progress::plain(&format!("{verb} sha256:{digest}")));
            continue;
        }
        steps.extend((0..=STEPS).map(|step| Progress {
            status: format!("{verb} {}", &digest[..12]),
            digest: Some(format!("sha256:{digest}")),
            total: Some(total),
            completed: (step > 0).then_some(total * step / STEPS),
        }));
    }
    steps.extend(last.iter().map(|status| Progress::plain(status)));
    steps
}

fn line(value: &impl Serialize) -> Bytes {
    let mut line = json::go(value);
    line.push(b'\n');
    Bytes::from(line)
}

// === impl Progress ===

impl Progress {
    fn plain(status: &str) -> Self {
        Self { status: status.to_owned(), digest: None, total: None, completed: None }
    }
}
