//! An Ollama server, as of 0.33, as its clients see it.
//!
//! Faithful to the wire: native and OpenAI-style chat and completions with streams, the order of checks, error shapes
//! and texts, content types, silence before the first line, the queue for cold models and the slots of warm ones,
//! keep-alive, `Host` and `Origin` checks, and generations that stop when their client goes away.
//!
//! Left out: `/v1/responses`, `/v1/messages`, audio, cloud models, tool calls, logprobs, zstd bodies, base64
//! embeddings, and the hash of blobs (any content is believed).

pub mod models;
pub mod replies;

mod call;
mod chat;
mod disk;
mod embed;
mod gate;
mod listing;
mod openai;
mod reader;
mod reply;
mod run;
mod say;
mod sched;
mod settings;
mod state;

use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use hyper::header::{ALLOW, HeaderValue, LOCATION};
use hyper::{Method, Response, StatusCode};

pub use self::models::Model;
pub use self::say::HEADER as REPLY_HEADER;
pub use self::sched::{Cancelled, Phase};
pub use self::settings::Settings;

use self::call::Call;
use self::disk::Transfer;
use self::gate::Gate;
use self::reply::{Problem, Reply};
use self::state::State;
use crate::sim::body::Body;
use crate::sim::server::{Answer, Exchange, Options, Server, Service};
use crate::sim::tasks::Tasks;

const PLAIN: &str = "text/plain; charset=utf-8";

/// A running Ollama.
#[derive(Debug)]
pub struct Ollama {
    server: Server,
    state: Arc<State>,
}

#[derive(Debug)]
struct Handler(Arc<State>);

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Root,
    Version,
    Status,
    Tags,
    Processes,
    Show,
    Native(chat::Route),
    Embed,
    LegacyEmbed,
    Transfer(Transfer),
    Copy,
    Delete,
    HasBlob,
    PutBlob,
    OpenAi { chat: bool },
    OpenAiEmbed,
    OpenAiModels,
    OpenAiModel,
}

/// Starts an Ollama on `addr`; port 0 takes a free one. Must be called within a tokio runtime.
pub fn start(settings: Settings, addr: SocketAddr) -> io::Result<Ollama> {
    let tasks = Arc::new(Tasks::default());
    let options = Options {
        keep_alive: None,
        start_delay: settings.start_delay,
        title_case: true,
        heads: settings.heads,
        faults: settings.faults.clone(),
        seed: settings.seed,
    };
    let state = Arc::new(State::new(settings, Arc::clone(&tasks), addr.ip().is_loopback()));
    let server = Server::start(addr, options, &tasks, Arc::new(Handler(Arc::clone(&state))))?;
    Ok(Ollama { server, state })
}

// === impl Ollama ===

impl Ollama {
    /// How many requests lost their client so far, by phase.
    pub fn cancelled(&self) -> Cancelled {
        *self.state.scheduler.cancelled().borrow()
    }

    /// Waits until that count fulfils `condition`. It never gives up by itself.
    pub async fn until_cancelled(&self, mut condition: impl FnMut(&Cancelled) -> bool) -> Cancelled {
        match self.state.scheduler.cancelled().wait_for(|cancelled| condition(cancelled)).await {
            Ok(cancelled) => *cancelled,
            Err(_) => Cancelled::default(),
        }
    }

    /// The names of the loaded models.
    pub fn loaded(&self) -> Vec<String> {
        self.state.scheduler.loaded().into_iter().map(|loaded| loaded.name).collect()
    }

    /// The names of the models on disk.
    pub fn models(&self) -> Vec<String> {
        self.state.models().iter().map(|model| model.name.clone()).collect()
    }

    /// Ends it: like the real one it cuts what is under way. See [`Server::stop`].
    pub async fn stop(self) {
        self.server.stop().await;
    }

    /// Ends it as a crash would; see [`Server::kill`].
    pub async fn kill(self) {
        self.server.kill().await;
    }
}

impl Deref for Ollama {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

// === impl Handler ===

impl Service for Handler {
    fn answer(self: Arc<Self>, exchange: Exchange) -> Answer {
        Box::pin(async move { answer(&self.0, exchange).await })
    }

    fn failure(&self, status: StatusCode, path: &str) -> Response<Body> {
        let text = match status.as_u16() {
            503 => "server busy, please try again.  maximum pending requests exceeded",
            404 => "model 'simulated' not found",
            _ => "llama runner process has terminated: simulated failure",
        };
        Problem::new(status, text).response(path)
    }
}

async fn answer(state: &Arc<State>, exchange: Exchange) -> Response<Body> {
    let request = &exchange.request;
    let cors = match gate::check(state, request.method(), request.headers()) {
        Gate::Shut(response) => return *response,
        Gate::Open(cors) => cors,
    };
    let path = request.uri().path().to_owned();
    let mut response = match route(&path, request.method()) {
        Ok(route) => dispatch(state, route, exchange).await.unwrap_or_else(|problem| problem.response(&path)),
        Err(refusal) => refusal.response(request.headers(), request.method(), &path),
    };
    response.headers_mut().extend(cors.into_iter().map(|(name, value)| (Some(name), value)));
    response
}

async fn dispatch(state: &Arc<State>, route: Route, exchange: Exchange) -> Reply {
    let Exchange { request, plan, .. } = exchange;
    let header = request.headers().get(say::HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let last = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let body = request.into_body();
    match route {
        Route::Root => Ok(reply::text(StatusCode::OK, PLAIN, "Ollama is running")),
        Route::Version => Ok(listing::version(state)),
        Route::Status => Ok(listing::status()),
        Route::Tags => Ok(listing::tags(state)),
        Route::Processes => Ok(listing::processes(state)),
        Route::OpenAiModels => Ok(listing::openai_models(state)),
        Route::OpenAiModel => listing::openai_model(state, &last),
        Route::HasBlob => disk::has_blob(state, &last),
        Route::PutBlob => disk::put_blob(state, &last, body).await,
        Route::Show => listing::show(state, &Call::read(body).await?),
        Route::Native(route) => chat::post(state, route, Call::read(body).await?, header, plan).await,
        Route::OpenAi { chat } => openai::post(state, chat, Call::read(body).await?, header, plan).await,
        Route::Embed => embed::embed(state, &Call::read(body).await?).await,
        Route::LegacyEmbed => embed::legacy(state, &Call::read(body).await?).await,
        Route::OpenAiEmbed => embed::openai(state, &Call::read(body).await?).await,
        Route::Transfer(what) => disk::transfer(state, what, Call::read(body).await?).await,
        Route::Copy => disk::copy(state, &Call::read(body).await?),
        Route::Delete => disk::delete(state, &Call::read(body).await?),
    }
}

/// What the router answers itself.
#[derive(Debug)]
enum Refusal {
    NotFound,
    MethodNotAllowed(&'static str),
    TrailingSlash,
}

fn route(path: &str, method: &Method) -> Result<Route, Refusal> {
    use self::chat::Route::{Chat, Generate};
    const GET: &[Method] = &[Method::GET];
    const GET_HEAD: &[Method] = &[Method::GET, Method::HEAD];
    const POST: &[Method] = &[Method::POST];
    let (methods, route) = match path {
        "/" => (GET_HEAD, Route::Root),
        "/api/version" => (GET_HEAD, Route::Version),
        "/api/status" => (GET, Route::Status),
        "/api/tags" => (GET_HEAD, Route::Tags),
        "/api/ps" => (GET, Route::Processes),
        "/api/show" => (POST, Route::Show),
        "/api/chat" => (POST, Route::Native(Chat)),
        "/api/generate" => (POST, Route::Native(Generate)),
        "/api/embed" => (POST, Route::Embed),
        "/api/embeddings" => (POST, Route::LegacyEmbed),
        "/api/pull" => (POST, Route::Transfer(Transfer::Pull)),
        "/api/push" => (POST, Route::Transfer(Transfer::Push)),
        "/api/create" => (POST, Route::Transfer(Transfer::Create)),
        "/api/copy" => (POST, Route::Copy),
        "/api/delete" => (&[Method::DELETE] as &[Method], Route::Delete),
        "/v1/chat/completions" => (POST, Route::OpenAi { chat: true }),
        "/v1/completions" => (POST, Route::OpenAi { chat: false }),
        "/v1/embeddings" => (POST, Route::OpenAiEmbed),
        "/v1/models" => (GET, Route::OpenAiModels),
        path => {
            let one =
                |prefix| path.strip_prefix(prefix).is_some_and(|rest: &str| !rest.is_empty() && !rest.contains('/'));
            if one("/api/blobs/") {
                return match *method {
                    Method::HEAD => Ok(Route::HasBlob),
                    Method::POST => Ok(Route::PutBlob),
                    _ => Err(Refusal::MethodNotAllowed("HEAD, POST")),
                };
            }
            if !one("/v1/models/") {
                let bare = path.strip_suffix('/').filter(|bare| !bare.is_empty());
                let known = bare.is_some_and(|bare| !matches!(route(bare, method), Err(Refusal::NotFound)));
                return Err(if known { Refusal::TrailingSlash } else { Refusal::NotFound });
            }
            (GET, Route::OpenAiModel)
        }
    };
    if methods.contains(method) {
        return Ok(route);
    }
    Err(Refusal::MethodNotAllowed(match methods {
        [Method::GET, Method::HEAD] => "GET, HEAD",
        [Method::GET] => "GET",
        [Method::DELETE] => "DELETE",
        _ => "POST",
    }))
}

// === impl Refusal ===

impl Refusal {
    fn response(&self, headers: &hyper::HeaderMap, method: &Method, path: &str) -> Response<Body> {
        match self {
            Self::NotFound => reply::text(StatusCode::NOT_FOUND, "text/plain", "404 page not found"),
            Self::MethodNotAllowed(allowed) => {
                let mut response = reply::text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "405 method not allowed");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
                response
            }
            Self::TrailingSlash => {
                let permanent = *method == Method::GET;
                let status = if permanent { StatusCode::MOVED_PERMANENTLY } else { StatusCode::TEMPORARY_REDIRECT };
                let mut response = reply::empty(status);
                let prefix =
                    headers.get("x-forwarded-prefix").and_then(|value| value.to_str().ok()).unwrap_or_default();
                let bare = path.strip_suffix('/').unwrap_or(path);
                if let Ok(location) = HeaderValue::from_str(&format!("{prefix}{bare}")) {
                    response.headers_mut().insert(LOCATION, location);
                }
                response
            }
        }
    }
}
