//! VIA's responses: JSON, the two error shapes, and the headers that are on all of them (via.md 1.0 and 2).

use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, SERVER};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::sim::body::Body;
use crate::sim::json;

/// A response, or the refusal that is answered in its place.
pub(crate) type Reply = Result<Response<Body>, Refused>;

/// An error response (boxed: it is the rare side of every `Result`).
pub(crate) type Refused = Box<Response<Body>>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

#[derive(Serialize)]
struct Problem<C> {
    code: C,
    message: String,
}

#[derive(Serialize)]
struct Detail<'a> {
    detail: &'a str,
}

/// A status, no content type, and a body.
pub(crate) fn bare(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(SERVER, HeaderValue::from_static("uvicorn"));
    response
}

/// As [`bare`], with a content type.
pub(crate) fn typed(status: StatusCode, content_type: HeaderValue, body: Body) -> Response<Body> {
    with(bare(status, body), CONTENT_TYPE, content_type)
}

/// 200 and nothing.
pub(crate) fn empty() -> Response<Body> {
    bare(StatusCode::OK, Body::empty())
}

/// 200 and compact JSON.
pub(crate) fn json(value: &impl Serialize) -> Response<Body> {
    typed(StatusCode::OK, JSON, Body::full(json::compact(value)))
}

/// VIA's own error shape.
pub(crate) fn error(status: StatusCode, code: &str, message: impl Into<String>) -> Refused {
    let problem = Problem { code, message: message.into() };
    Box::new(typed(status, JSON, Body::full(json::compact(&problem))))
}

/// 400 in VIA's shape.
pub(crate) fn bad(code: &str, message: impl Into<String>) -> Refused {
    error(StatusCode::BAD_REQUEST, code, message)
}

/// 422 in VIA's shape.
pub(crate) fn invalid(message: impl Into<String>) -> Refused {
    error(StatusCode::UNPROCESSABLE_ENTITY, "InvalidParameters", message)
}

/// No room: the 503 that slips into `code` (via.md 5.1).
pub(crate) fn full(capacity: usize) -> Refused {
    let message = format!("Server is already processing maximum number of live streams ({capacity})");
    let problem = Problem { code: 503, message };
    Box::new(typed(StatusCode::INTERNAL_SERVER_ERROR, JSON, Body::full(json::compact(&problem))))
}

/// The framework's error shape.
pub(crate) fn detail(status: StatusCode, detail: &str) -> Refused {
    Box::new(typed(status, JSON, Body::full(json::compact(&Detail { detail }))))
}

/// Adds a header.
pub(crate) fn with(mut response: Response<Body>, name: HeaderName, value: HeaderValue) -> Response<Body> {
    response.headers_mut().insert(name, value);
    response
}

/// Adds a header whose value is made; one that cannot be a header is left out.
pub(crate) fn with_text(response: Response<Body>, name: HeaderName, value: &str) -> Response<Body> {
    match HeaderValue::from_str(value) {
        Ok(value) => with(response, name, value),
        Err(_) => response,
    }
}
