//! The one place where an error becomes a status and a body, in the shape that the client of that API understands.

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::json;

use crate::error::{Error, Kind, Phase};
use crate::upstream::Kind as Api;

/// Marks an answer that viaduct made, and says why.
const MARK: HeaderName = HeaderName::from_static("x-viaduct-error");

/// What is forwarded, besides methods that nobody has heard of.
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

/// How to present a key (RFC 6750, section 3).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"viaduct\"");

/// How an API words its errors (contracts: via, section 2; ollama, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `{"code":…,"message":…}`.
    Via,
    /// `{"error":…}`.
    Ollama,
    /// `{"error":{"message":…,…}}`, under Ollama's `/v1`.
    OpenAi,
    /// Plain text, for everything else.
    Text,
}

// === impl Dialect ===

impl Dialect {
    /// The dialect of a path on an upstream of that kind.
    pub fn of(api: Api, path: &str) -> Self {
        match api {
            Api::Via => Self::Via,
            Api::Ollama if path == "/v1" || path.starts_with("/v1/") => Self::OpenAi,
            Api::Ollama => Self::Ollama,
            Api::Http => Self::Text,
        }
    }

    /// The body of an error.
    pub fn word(self, error: &Error, status: StatusCode) -> String {
        let message = error.to_string();
        match self {
            Self::Via => json!({"code": code(error.kind()), "message": message}).to_string(),
            Self::Ollama => json!({"error": message}).to_string(),
            Self::OpenAi => {
                let kind = if status.is_client_error() { "invalid_request_error" } else { "api_error" };
                json!({"error": {"message": message, "type": kind, "param": null, "code": null}}).to_string()
            }
            Self::Text => format!("{message}\n"),
        }
    }
}

/// The status of an error. No wildcard: a new kind stops the build until it has one.
pub(super) fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::NoRoute => StatusCode::NOT_FOUND,
        Kind::BadRequest | Kind::Left => StatusCode::BAD_REQUEST,
        Kind::Method => StatusCode::METHOD_NOT_ALLOWED,
        Kind::ForbiddenHost | Kind::OutOfScope | Kind::NotAllowed | Kind::ForbiddenForm | Kind::ForbiddenOrigin => {
            StatusCode::FORBIDDEN
        }
        Kind::Unauthorized => StatusCode::UNAUTHORIZED,
        Kind::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Loop => StatusCode::LOOP_DETECTED,
        Kind::NoEndpoint => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Connect | Kind::Send | Kind::BadResponse | Kind::Body => StatusCode::BAD_GATEWAY,
        Kind::Timeout(Phase::Upload | Phase::Head) => StatusCode::REQUEST_TIMEOUT,
        Kind::Timeout(
            Phase::Connect | Phase::FirstByte | Phase::Silence | Phase::Total | Phase::Idle | Phase::Write,
        ) => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// VIA's codes are words without separators.
fn code(kind: Kind) -> &'static str {
    match kind {
        Kind::NoRoute => "NotFound",
        Kind::BadRequest | Kind::Left => "BadRequest",
        Kind::Method => "MethodNotAllowed",
        Kind::ForbiddenHost | Kind::OutOfScope | Kind::NotAllowed | Kind::ForbiddenForm | Kind::ForbiddenOrigin => {
            "Forbidden"
        }
        Kind::Unauthorized => "Unauthorized",
        Kind::RateLimited(_) => "TooManyRequests",
        Kind::TooLarge => "PayloadTooLarge",
        Kind::Loop => "LoopDetected",
        Kind::NoEndpoint => "ServiceUnavailable",
        Kind::Connect | Kind::Send | Kind::BadResponse | Kind::Body => "BadGateway",
        Kind::Timeout(Phase::Upload | Phase::Head) => "RequestTimeout",
        Kind::Timeout(_) => "GatewayTimeout",
    }
}

/// The whole answer. What may leave unread bytes of the request behind closes the connection.
pub(super) fn respond(error: &Error, dialect: Dialect) -> Response<Bytes> {
    let status = status(error.kind());
    let body = dialect.word(error, status);
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let content_type = if dialect == Dialect::Text { "text/plain; charset=utf-8" } else { "application/json" };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(MARK, HeaderValue::from_static(error.kind().token()));
    if matches!(
        error.kind(),
        Kind::BadRequest | Kind::Method | Kind::Timeout(Phase::Upload) | Kind::TooLarge | Kind::ForbiddenForm
    ) {
        // RFC 9112, section 2.2: bytes behind a doubtful message are never read as a request.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    match error.kind() {
        Kind::Method => drop(headers.insert(header::ALLOW, ALLOWED)),
        Kind::Unauthorized => drop(headers.insert(header::WWW_AUTHENTICATE, CHALLENGE)),
        Kind::RateLimited(seconds) => drop(headers.insert(header::RETRY_AFTER, seconds.into())),
        _ => {}
    }
    response
}

/// The answer to a preflight; what it says is CORS's business.
pub(super) fn preflight() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// The answer to an OPTIONS that goes no further.
pub(super) fn options() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    response.headers_mut().insert(header::ALLOW, ALLOWED);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_words_an_error_as_its_api_does() {
        let error = Error::new(Kind::Connect);
        let body = |dialect: Dialect| String::from_utf8(respond(&error, dialect).into_body().into()).unwrap();
        let message = error.to_string();
        assert_eq!(body(Dialect::Via), format!(r#"{{"code":"BadGateway","message":"{message}"}}"#));
        assert_eq!(body(Dialect::Ollama), format!(r#"{{"error":"{message}"}}"#));
        assert!(body(Dialect::OpenAi).starts_with(r#"{"error":{"code":null,"message":"#));
        assert_eq!(body(Dialect::Text), format!("{message}\n"));
    }

    #[test]
    fn a_framing_error_closes_the_connection() {
        let response = respond(&Error::new(Kind::BadRequest), Dialect::Via);
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.headers()[header::CONNECTION], "close");
        assert_eq!(response.headers()[MARK], "bad-request");
    }
}
