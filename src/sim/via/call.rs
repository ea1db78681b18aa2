//! A JSON call: its body read, parsed and checked, in the framework's order and words (via.md 1.0 and 2).

use bytes::BytesMut;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode};
use serde_json::{Map, Value};

use crate::sim::via::id::Id;
use crate::sim::via::job::Media;
use crate::sim::via::reply::{self, Refused};
use crate::sim::via::schema::{self, Field, Invalid};

/// Longest JSON body. VIA has no limit; the bounds of its fields stay far below this one.
const BODY: usize = 16 << 20;

/// A checked body.
#[derive(Debug)]
pub(crate) struct Call(Map<String, Value>);

// === impl Call ===

impl Call {
    /// Reads `request` and checks it against `fields`.
    pub(crate) async fn read(request: Request<Incoming>, fields: &[Field]) -> Result<Self, Refused> {
        let invalid = |invalid: Invalid| reply::invalid(invalid.to_string());
        let content_type = request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?").to_owned());
        let is_json = content_type.is_none_or(|content_type| is_json(&content_type));
        let body = read(request.into_body()).await?;
        if body.is_empty() {
            return Err(invalid(Invalid::new("Field required").within("body")));
        }
        if !is_json {
            let why = "Input should be a valid dictionary or object to extract fields from";
            return Err(invalid(Invalid::new(why).within("body")));
        }
        let text = std::str::from_utf8(&body)
            .map_err(|_| reply::detail(StatusCode::BAD_REQUEST, "There was an error parsing the body"))?;
        let value = serde_json::from_str(text)
            .map_err(|error| invalid(Invalid::new("JSON decode error").at(offset(text, &error)).within("body")))?;
        schema::body(fields, value).map(Self).map_err(invalid)
    }

    /// The ids of `id`, which may be one or a list.
    pub(crate) fn ids(&self) -> Vec<Id> {
        match self.0.get("id") {
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).filter_map(|text| Id::parse(text).ok()).collect()
            }
            Some(Value::String(text)) => Id::parse(text).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Whether the caller wants the usage event.
    pub(crate) fn wants_usage(&self) -> bool {
        let wanted = self.0.get("stream_options").and_then(|options| options.get("include_usage"));
        wanted.and_then(Value::as_bool).unwrap_or(false)
    }

    /// The window that the caller named, else from the start to `end`. (The timestamp form has no effect.)
    pub(crate) fn media(&self, end: u64) -> Media {
        let info = self.0.get("media_info");
        let offset = |name: &str| info.and_then(|info| info.get(name)).and_then(Value::as_u64);
        Media::Offset {
            start_offset: offset("start_offset").unwrap_or(0),
            end_offset: offset("end_offset").unwrap_or(end),
        }
    }
}

/// A whole body, up to the limit.
pub(crate) async fn read(mut body: Incoming) -> Result<BytesMut, Refused> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| reply::detail(StatusCode::BAD_REQUEST, "Client disconnected"))?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > BODY {
                return Err(reply::detail(StatusCode::BAD_REQUEST, "There was an error parsing the body"));
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole)
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|sub| sub == "json" || sub.ends_with("+json"))
}

/// Where in the text the reader gave up, in characters from 0, as Python counts.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    lines.map(|line| line.chars().count()).sum::<usize>() + error.column().saturating_sub(1)
}
