//! Ollama's responses: JSON with and without charset, the error shapes, plain text (ollama.md 1.0, 1.1 and 3.1).

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::sim::body::Body;
use crate::sim::json;

/// Go sets a length on its own only for a body that fits its buffer.
const BUFFER: usize = 2048;

/// A response, or the problem that is answered in its place.
pub(crate) type Reply = Result<Response<Body>, Problem>;

/// An error before it has a shape.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    /// Without a charset: an error in place of a stream.
    in_stream: bool,
}

#[derive(Serialize)]
struct Native<'a> {
    error: &'a str,
}

#[derive(Serialize)]
struct OpenAi<'a> {
    error: OpenAiError<'a>,
}

#[derive(Serialize)]
struct OpenAiError<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<()>,
    code: Option<()>,
}

/// 200, JSON as gin renders it.
pub(crate) fn json(value: &impl Serialize) -> Response<Body> {
    with_type(StatusCode::OK, "application/json; charset=utf-8", bytes(json::go(value)))
}

/// 200, JSON without a charset and, below `/v1`, with a newline.
pub(crate) fn plain_json(value: &impl Serialize, newline: bool) -> Response<Body> {
    let mut body = json::go(value);
    if newline {
        body.push(b'\n');
    }
    with_type(StatusCode::OK, "application/json", bytes(body))
}

/// A status and nothing else.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Plain text, as the router answers.
pub(crate) fn text(status: StatusCode, content_type: &'static str, text: &'static str) -> Response<Body> {
    with_type(status, content_type, Body::full(text))
}

/// A streamed body.
pub(crate) fn streamed(content_type: &'static str, body: Body) -> Response<Body> {
    with_type(StatusCode::OK, content_type, body)
}

fn with_type(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn bytes(body: Vec<u8>) -> Body {
    if body.len() < BUFFER { Body::full(body) } else { Body::chunked(body) }
}

// === impl Problem ===

impl Problem {
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), in_stream: false }
    }

    /// In place of a stream's first line.
    pub(crate) fn in_stream(text: impl Into<String>) -> Self {
        Self { in_stream: true, ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, text) }
    }

    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    pub(crate) fn missing(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    /// In the shape that the path's API has.
    pub(crate) fn response(&self, path: &str) -> Response<Body> {
        if !path.starts_with("/v1/") {
            let body = json::go(&Native { error: &self.text });
            let content_type = if self.in_stream { "application/json" } else { "application/json; charset=utf-8" };
            return with_type(self.status, content_type, bytes(body));
        }
        let kind = match self.status {
            StatusCode::BAD_REQUEST => "invalid_request_error",
            StatusCode::NOT_FOUND => "not_found_error",
            _ => "api_error",
        };
        let error = OpenAiError { message: &self.text, kind, param: None, code: None };
        let mut body = json::go(&OpenAi { error });
        body.push(b'\n');
        with_type(self.status, "application/json", bytes(body))
    }
}
