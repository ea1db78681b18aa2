//! The timestamps middleware: decides which answers gain timestamps, and wraps their bodies.
//!
//! Bytes pass untouched and at once; one member or event is added (contract: timestamps, section 1). What an answer is
//! not fit for is decided here by its head; what only its body can tell is decided while that passes.

mod json;
mod messages;
mod sse;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{Method, StatusCode, Version};
use http_body::Frame;

use super::exchange::Exchange;
use super::forward::UPSTREAM;
use super::headers;
use super::response_body::{Forwarded, ResponseBody};
use super::route::Class;
use crate::error::{Error, Kind};
use crate::head::{AnswerHead, Fields};
use crate::metrics::Metrics;
use crate::timestamps::ask::Asker;
use crate::timestamps::object::{Object, Source};
use crate::timestamps::parameters::{Mode, Parameters};

const HEADER: HeaderName = HeaderName::from_static(crate::timestamps::parameters::HEADER);

/// What describes the body that VIA sent, and not the one that goes on.
static STALE: [HeaderName; 6] = [
    header::CONTENT_LENGTH,
    header::ETAG,
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
];

/// The largest text that is read for times.
const SCAN_LIMIT: usize = 1024 * 1024;

/// How long a body's end waits for the model.
const AUTO_DEADLINE: Duration = Duration::from_secs(15);
const MODEL_DEADLINE: Duration = Duration::from_secs(60);

/// Who reads answers, unless a request says otherwise.
#[derive(Debug)]
pub struct Settings {
    /// The mode of a request that names none.
    pub mode: Mode,
    /// Whether the mode was set by whoever runs viaduct, and so holds for event streams too.
    pub is_explicit: bool,
    /// The model, if there is one.
    pub asker: Option<Arc<Asker>>,
}

/// What one request wants of its answer.
#[derive(Debug)]
pub(super) struct Plan {
    mode: Mode,
    parameters: Parameters,
    /// Whether event streams get events.
    wants_events: bool,
    asker: Option<Arc<Asker>>,
}

/// A body that gains timestamps.
#[derive(Debug)]
pub struct Enriched {
    forwarded: Forwarded,
    splice: Splice,
}

#[derive(Debug)]
enum Splice {
    Json(json::Json),
    Sse(sse::Sse),
}

// === impl Settings ===

impl Settings {
    /// What a request wants, by its route and header; `None` for nothing. Asks for an answer that is not compressed.
    pub(super) fn plan(
        &self,
        class: Class,
        method: &Method,
        version: Version,
        fields: &mut Fields,
    ) -> Result<Option<Plan>, Error> {
        if !class.has_timestamps() || *method != Method::POST || version < Version::HTTP_11 {
            return Ok(None);
        }
        let wrong = |what: String| Error::new(Kind::BadRequest).detail(what);
        let parameters = match fields.get(&HEADER).map(str::from_utf8) {
            None => None,
            Some(Ok(value)) => Some(Parameters::parse(value).map_err(|e| wrong(format!("x-viaduct-timestamps: {e}")))?),
            Some(Err(_)) => return Err(wrong("x-viaduct-timestamps is not text".to_owned())),
        };
        let wants_events = self.is_explicit || parameters.is_some();
        let parameters = parameters.unwrap_or_default();
        let mode = match parameters.mode.unwrap_or(self.mode) {
            Mode::Off => return Ok(None),
            Mode::Auto if self.asker.is_none() => Mode::Text,
            mode => mode,
        };
        fields.insert(&header::ACCEPT_ENCODING, "identity");
        Ok(Some(Plan { mode, parameters, wants_events, asker: self.asker.clone() }))
    }
}

// === impl Plan ===

impl Plan {
    /// Wraps the body of an answer that can gain timestamps, and says so in its head. Any other goes as it is.
    pub(super) fn enrich(self, head: &mut AnswerHead, forwarded: Forwarded) -> ResponseBody {
        match self.splice(head) {
            Some(Ok(splice)) if !forwarded.is_empty() => {
                head.fields.insert(&HEADER, splice.mode().as_str());
                for name in &STALE {
                    head.fields.remove(name);
                }
                ResponseBody::Enriched(Box::new(Enriched { forwarded, splice }))
            }
            Some(Err(reason)) => {
                forwarded.metrics().untouched(reason);
                ResponseBody::Forwarded(forwarded)
            }
            _ => ResponseBody::Forwarded(forwarded),
        }
    }

    /// How to splice this answer; `None` if nothing was expected of it, a reason if it cannot be.
    fn splice(self, head: &mut AnswerHead) -> Option<Result<Splice, &'static str>> {
        if head.status != StatusCode::OK {
            return None;
        }
        if head.fields.contains(&HEADER) {
            // A viaduct before us did it already.
            return Some(Err("another-viaduct"));
        }
        let content_type = head.fields.get(&header::CONTENT_TYPE).unwrap_or_default();
        let media_type = content_type.split(|&b| b == b';').next().unwrap_or_default().trim_ascii();
        let is_json = media_type.eq_ignore_ascii_case(b"application/json");
        let is_sse = media_type.eq_ignore_ascii_case(b"text/event-stream");
        if !(is_json || is_sse && self.wants_events) {
            return None;
        }
        let encoding = head.fields.get(&header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
            return Some(Err("encoded"));
        }
        if headers::lists(&head.fields, &header::CACHE_CONTROL, b"no-transform") {
            return Some(Err("no-transform"));
        }
        Some(Ok(if is_json { Splice::Json(json::Json::new(self)) } else { Splice::Sse(sse::Sse::new(self)) }))
    }

    /// How long the end of a body may wait for the model.
    fn deadline(&self) -> Duration {
        let default = if self.mode == Mode::Model { MODEL_DEADLINE } else { AUTO_DEADLINE };
        self.parameters.deadline.unwrap_or(default)
    }
}

// === impl Splice ===

impl Splice {
    fn mode(&self) -> Mode {
        match self {
            Self::Json(json) => json.plan.mode,
            Self::Sse(sse) => sse.messages.plan.mode,
        }
    }
}

// === impl Enriched ===

impl Enriched {
    /// Whether the last frame has gone. What is held has to be asked for.
    pub(super) fn is_over(&self) -> bool {
        matches!(&self.splice, Splice::Json(json) if json.is_over())
    }

    /// The next frame for the client. Never ends the stream before what was held has gone.
    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Self { forwarded, splice } = self;
        match splice {
            Splice::Json(json) => json.poll_frame(forwarded, cx),
            Splice::Sse(sse) => sse.poll_frame(forwarded, cx),
        }
    }
}

/// Takes the header out of an answer of VIA's, unless another viaduct put it there.
pub(super) fn distrust(fields: &mut Fields) {
    if fields.contains(&HEADER) && !fields.contains(&UPSTREAM) {
        fields.remove(&HEADER);
    }
}

/// Counts an object that was added, and what the last byte waited for it.
fn count(exchange: &mut Exchange, metrics: &Metrics, mode: Mode, object: &Object<'_>, waited: Duration) {
    let (status, source) = (object.status().as_str(), object.source().map(Source::as_str));
    metrics.timestamps(mode.as_str(), status, source, waited);
    exchange.timestamps = Some(status);
}
