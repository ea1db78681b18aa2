//! A VIA server (the video summarizer), 2.3 or 2.4, as its clients see it.
//!
//! Faithful to the wire: routes and their errors, ids, uploads read to their end, ranges, event streams byte for byte,
//! the order of checks, work that goes on when its reader left. What it "sees" in a video is invented:
//! [`answers`] has texts in all forms that VIA gives times in, and a prompt may choose one.
//!
//! Left out: RTSP, callbacks, guardrails, ageing of files, the 3.x services, the histograms of `/metrics`, and of the
//! `OpenAPI` document everything but its address.

pub mod answers;

mod alerts;
mod call;
mod captions;
mod chat;
mod completion;
mod content;
mod fields;
mod files;
mod id;
mod job;
mod live;
mod multipart;
mod query;
mod reply;
mod route;
mod schema;
mod settings;
mod spool;
mod sse;
mod state;
mod status;
mod summarize;
mod upload;
mod watch;

use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use hyper::header::HeaderValue;
use hyper::{Response, StatusCode};

pub use self::id::Id;
pub use self::settings::{Settings, Version};
pub use self::state::Work;

use self::reply::Reply;
use self::route::Route;
use self::state::State;
use crate::sim::body::Body;
use crate::sim::server::{Answer, Exchange, Options, Server, Service};
use crate::sim::tasks::Tasks;

/// A running VIA.
#[derive(Debug)]
pub struct Via {
    server: Server,
    state: Arc<State>,
}

/// An uploaded file, as a test may look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: Id,
    /// The name it was sent with.
    pub name: String,
    /// How many bytes arrived.
    pub bytes: u64,
    /// A fingerprint of those bytes; see [`fingerprint`].
    pub hash: u64,
}

#[derive(Debug)]
struct Handler(Arc<State>);

/// Starts a VIA on `addr`; port 0 takes a free one. Must be called within a tokio runtime.
pub fn start(settings: Settings, addr: SocketAddr) -> io::Result<Via> {
    let tasks = Arc::new(Tasks::default());
    let options = Options {
        keep_alive: Some(settings.keep_alive),
        start_delay: settings.start_delay,
        title_case: false,
        heads: settings.heads,
        faults: settings.faults.clone(),
        seed: settings.seed,
    };
    let state = Arc::new(State::new(settings, Arc::clone(&tasks)));
    let server = Server::start(addr, options, &tasks, Arc::new(Handler(Arc::clone(&state))))?;
    Ok(Via { server, state })
}

/// The fingerprint that [`Stored::hash`] would have for `bytes`.
pub fn fingerprint(bytes: &[u8]) -> u64 {
    spool::Fingerprint::of(bytes)
}

// === impl Via ===

impl Via {
    /// The files stored now.
    pub fn files(&self) -> Vec<Stored> {
        let tables = self.state.tables();
        let stored = tables.files.values().map(|asset| Stored {
            id: asset.id,
            name: asset.name.clone(),
            bytes: asset.spooled.length,
            hash: asset.spooled.hash,
        });
        stored.collect()
    }

    /// Bytes of upload bodies received since the start, forms included.
    pub fn bytes_received(&self) -> u64 {
        self.state.received.load(Relaxed)
    }

    /// The queries so far. They run whether or not their callers are still there.
    pub fn work(&self) -> Work {
        *self.state.work.borrow()
    }

    /// Waits until the queries fulfil `condition`. It never gives up by itself.
    pub async fn until_work(&self, mut condition: impl FnMut(&Work) -> bool) -> Work {
        match self.state.work.subscribe().wait_for(|work| condition(work)).await {
            Ok(work) => *work,
            Err(_) => self.work(),
        }
    }

    /// Ends it cleanly; see [`Server::stop`].
    pub async fn stop(self) {
        self.server.stop().await;
    }

    /// Ends it as a crash would; see [`Server::kill`].
    pub async fn kill(self) {
        self.server.kill().await;
    }
}

impl Deref for Via {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

// === impl Handler ===

impl Service for Handler {
    fn answer(self: Arc<Self>, exchange: Exchange) -> Answer {
        let state = Arc::clone(&self.0);
        Box::pin(async move { answer(state, exchange).await.unwrap_or_else(|refused| *refused) })
    }

    fn failure(&self, status: StatusCode, _path: &str) -> Response<Body> {
        let code = match status.as_u16() {
            409 => "Conflict",
            422 => "InvalidParameters",
            503 => "ServerBusy",
            400..=499 => "BadParameters",
            _ => "InternalServerError",
        };
        *reply::error(status, code, "Simulated failure")
    }
}

async fn answer(state: Arc<State>, exchange: Exchange) -> Reply {
    let request = &exchange.request;
    let route = route::find(&state.settings, request.method(), request.uri(), request.headers(), exchange.peer)?;
    let query = request.uri().query();
    match route {
        Route::Health => Ok(reply::empty()),
        Route::Metrics => Ok(status::metrics(&state)),
        Route::Models => Ok(status::models(&state)),
        Route::Docs => {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            Ok(reply::typed(StatusCode::OK, html, Body::full("<!DOCTYPE html><title>simulated VIA</title>\n")))
        }
        Route::OpenApi if state.settings.prefix => {
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            Ok(reply::typed(StatusCode::INTERNAL_SERVER_ERROR, plain, Body::full("Internal Server Error")))
        }
        Route::OpenApi => Ok(reply::json(&serde_json::json!({"openapi": "3.1.0", "paths": {}}))),
        Route::Files => files::list(&state, query),
        Route::File(id) => files::info(&state, id),
        Route::DeleteFile(id) => files::delete(&state, id),
        Route::Content(id) => content::get(&state, id, request.headers()),
        Route::LiveStreams => Ok(live::list(&state)),
        Route::DeleteLive(id) => live::delete(&state, id),
        Route::Alerts => Ok(alerts::list(&state)),
        Route::DeleteAlert(id) => alerts::delete(&state, id),
        Route::RecentAlerts => alerts::recent(&state, query),
        Route::Summarize => summarize::post(state, exchange).await,
        Route::Captions => captions::post(state, exchange).await,
        Route::Upload => upload::post(&state, exchange.request).await,
        Route::AddLive => live::post(&state, exchange.request).await,
        Route::AddAlert => alerts::post(&state, exchange.request).await,
        Route::ReviewAlert => alerts::review(exchange.request).await,
        Route::Recommended => status::recommended(exchange.request).await,
        Route::Chat => chat::post(state, exchange.request, exchange.plan.error_after.is_some()).await,
    }
}
