//! Asks a model which ranges a text names (contract: timestamps, section 4).
//!
//! Nobody waits for more than his own deadline, and nobody's question is lost by that: a call runs in a task of its own
//! to its own end and fills the cache, for aborting it would abort Ollama's loading of the model too. The same text
//! asked twice at once is asked once. At most one call runs on an endpoint, a few wait for a moment, the rest is told
//! that nobody has time. Failures are remembered briefly, so that a broken model is not asked for every answer.

mod slots;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::slots::Slots;
use super::prompt::{Attempt, Dialect};
use super::reply::{Completeness, Reply};
use crate::body::RequestBody;
use crate::error::Kind;
use crate::metrics::Metrics;
use crate::upstream::{Upstream, send};

/// The longest that one call may take, whoever still waits for it.
const CALL: Duration = Duration::from_secs(60);
/// How long an answer, and a failure, is remembered.
const REMEMBER: Duration = Duration::from_secs(600);
const REMEMBER_FAILURE: Duration = Duration::from_secs(5);
/// How long a model that does not exist is not asked for again.
const MISSING: Duration = Duration::from_secs(60);
/// The most that is read of a model's answer.
const REPLY_LIMIT: usize = 1024 * 1024;
/// The most that the cache holds, in bytes, and about how many answers that is.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
const CACHE_ITEMS: usize = 4096;

/// A model that can be asked.
#[derive(Debug)]
pub struct Asker {
    upstream: Arc<Upstream>,
    model: String,
    dialect: Dialect,
    /// Whether an OpenAI-style server was found to take a schema in the other way only.
    takes_objects: AtomicBool,
    slots: Slots,
    cache: Cache<Box<str>, Arc<Remembered>, ByBytes>,
    metrics: Arc<Metrics>,
    epoch: Instant,
    /// Seconds after `epoch` until which the model counts as missing.
    missing_until: AtomicU64,
}

/// What a call gave, and when.
#[derive(Debug)]
struct Remembered {
    reply: Option<Reply>,
    at: Instant,
}

/// Weighs an answer by what it keeps in memory.
#[derive(Debug, Clone, Copy)]
struct ByBytes;

/// A question under way. Dropping it gives up the wait, not the question.
#[derive(Debug)]
pub struct Question(JoinHandle<Option<Reply>>);

/// Why a call gave nothing, as metrics call it.
type Reason = &'static str;

// === impl Asker ===

impl Asker {
    /// Asks `model` on `upstream`.
    pub fn new(upstream: Arc<Upstream>, model: String, dialect: Dialect, metrics: Arc<Metrics>) -> Arc<Self> {
        let slots = Slots::new(upstream.endpoints().len());
        let cache = Cache::with_weighter(CACHE_ITEMS, CACHE_BYTES, ByBytes);
        let (epoch, missing_until) = (Instant::now(), AtomicU64::new(0));
        let takes_objects = AtomicBool::new(false);
        Arc::new(Self { upstream, model, dialect, takes_objects, slots, cache, metrics, epoch, missing_until })
    }

    /// Begins to ask about `text`.
    pub fn ask(self: &Arc<Self>, text: &str) -> Question {
        let (asker, text) = (Arc::clone(self), Box::<str>::from(text));
        Question(tokio::spawn(async move { asker.answer(text).await }))
    }

    /// From memory, from a call that is under way, or by a call.
    async fn answer(&self, text: Box<str>) -> Option<Reply> {
        if let Some(known) = self.cache.get(&text) {
            if known.is_fresh() {
                self.metrics.model_call("cached");
                return known.reply.clone();
            }
            self.cache.remove(&text);
        }
        let asked = self.cache.get_or_insert_async(&text, async {
            let reply = match tokio::time::timeout(CALL, self.call(&text)).await {
                Ok(Ok(reply)) => Ok(reply),
                Ok(Err(reason)) => Err(reason),
                Err(_elapsed) => Err("timeout"),
            };
            self.metrics.model_call(reply.as_ref().map_or_else(|reason| *reason, |_| "answered"));
            if let Err(reason) = reply {
                tracing::debug!(model = self.model, reason, "no timestamps from the model");
            }
            Ok::<_, std::convert::Infallible>(Arc::new(Remembered { reply: reply.ok(), at: Instant::now() }))
        });
        match asked.await {
            Ok(remembered) => remembered.reply.clone(),
            Err(never) => match never {},
        }
    }

    async fn call(&self, text: &str) -> Result<Reply, Reason> {
        if self.is_missing() {
            return Err("missing");
        }
        let slot = self.slots.take(&self.upstream).await?;
        let reply = self.attempt(slot.endpoint(), text, Attempt::First).await?;
        if !needs_repair(&reply) {
            return Ok(reply);
        }
        self.metrics.model_call("repaired");
        match self.attempt(slot.endpoint(), text, Attempt::Repair).await {
            Ok(repaired) if repaired.completeness != Completeness::Unreadable => Ok(repaired),
            // Half of a list is better than none: what it lacks the parser fills in.
            _ if reply.completeness == Completeness::Cut => Ok(reply),
            Ok(_) => Err("unreadable"),
            Err(reason) => Err(reason),
        }
    }

    async fn attempt(&self, endpoint: usize, text: &str, attempt: Attempt) -> Result<Reply, Reason> {
        let dialect = self.dialect();
        let body = dialect.request(&self.model, text, attempt);
        match self.post(endpoint, body.into()).await {
            // Servers of one API differ in how they take a schema; which way this one does is found out once.
            Err("refused") if dialect == Dialect::OpenAi => {
                let body = Dialect::OpenAiObject.request(&self.model, text, attempt);
                let body = self.post(endpoint, body.into()).await?;
                self.takes_objects.store(true, Relaxed);
                Ok(Reply::read(Dialect::OpenAiObject, &body))
            }
            body => Ok(Reply::read(dialect, &body?)),
        }
    }

    fn dialect(&self) -> Dialect {
        match self.dialect {
            Dialect::OpenAi if self.takes_objects.load(Relaxed) => Dialect::OpenAiObject,
            dialect => dialect,
        }
    }

    async fn post(&self, endpoint: usize, body: Bytes) -> Result<Bytes, Reason> {
        let mut request = Request::new(RequestBody::Full(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static(self.dialect.path());
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let sent = send::send(&self.upstream, Some(endpoint), request).await.map_err(|error| {
            tracing::debug!(model = self.model, %error, "the model was not reached");
            if error.kind() == Kind::Connect { "unreachable" } else { "broken" }
        })?;
        let status = sent.head.status;
        let body = sent.body.collect(REPLY_LIMIT).await.map_err(|_| "broken")?;
        match status {
            StatusCode::OK => Ok(body),
            StatusCode::NOT_FOUND => {
                self.note_missing();
                Err("missing")
            }
            StatusCode::SERVICE_UNAVAILABLE => Err("busy"),
            _ => Err("refused"),
        }
    }

    fn is_missing(&self) -> bool {
        self.epoch.elapsed().as_secs() < self.missing_until.load(Relaxed)
    }

    fn note_missing(&self) {
        let until = (self.epoch.elapsed() + MISSING).as_secs();
        self.missing_until.store(until, Relaxed);
        tracing::error!(
            model = self.model,
            upstream = self.upstream.name(),
            "the model of the timestamps does not exist there; it is not asked for a minute (ollama pull would bring it)"
        );
    }
}

fn needs_repair(reply: &Reply) -> bool {
    matches!(reply.completeness, Completeness::Cut | Completeness::Unreadable)
}

// === impl Question ===

impl Future for Question {
    type Output = Option<Reply>;

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Option<Reply>> {
        // A question that panicked has no answer.
        std::pin::Pin::new(&mut self.0).poll(cx).map(Result::unwrap_or_default)
    }
}

// === impl Remembered ===

impl Remembered {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < if self.reply.is_some() { REMEMBER } else { REMEMBER_FAILURE }
    }
}

// === impl ByBytes ===

impl Weighter<Box<str>, Arc<Remembered>> for ByBytes {
    fn weight(&self, text: &Box<str>, remembered: &Arc<Remembered>) -> u64 {
        let pairs = remembered.reply.as_ref().map_or(0, |reply| reply.pairs.len() * 96);
        (text.len() + pairs + 128) as u64
    }
}
