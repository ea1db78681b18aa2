//! The one place where an error becomes a status and a body, in the shape that the client of that API understands.

use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderName};
use serde_json::json;

use crate::error::{Error, Kind, Phase};
use crate::head::AnswerHead;
use crate::upstream::Kind as Api;

/// Marks an answer that viaduct made, and says why.
const MARK: HeaderName = HeaderName::from_static("x-viaduct-error");

/// What is forwarded, besides methods that nobody has heard of.
const ALLOWED: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// How to present a key (RFC 6750, section 3).
const CHALLENGE: &str = "Bearer realm=\"viaduct\"";

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
        Kind::Connect | Kind::Tls | Kind::Send | Kind::BadResponse | Kind::Body => StatusCode::BAD_GATEWAY,
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
        Kind::Connect | Kind::Tls | Kind::Send | Kind::BadResponse | Kind::Body => "BadGateway",
        Kind::Timeout(Phase::Upload | Phase::Head) => "RequestTimeout",
        Kind::Timeout(_) => "GatewayTimeout",
    }
}

/// The whole answer. What may leave unread bytes of the request behind closes the connection.
pub(super) fn respond(error: &Error, dialect: Dialect) -> (AnswerHead, Bytes) {
    let status = status(error.kind());
    let body = dialect.word(error, status);
    let mut head = AnswerHead::new(status);
    let content_type = if dialect == Dialect::Text { "text/plain; charset=utf-8" } else { "application/json" };
    let fields = &mut head.fields;
    fields.insert(&header::CONTENT_TYPE, content_type);
    fields.insert(&MARK, error.kind().token());
    if matches!(
        error.kind(),
        Kind::BadRequest | Kind::Method | Kind::Timeout(Phase::Upload) | Kind::TooLarge | Kind::ForbiddenForm
    ) {
        // RFC 9112, section 2.2: bytes behind a doubtful message are never read as a request.
        fields.insert(&header::CONNECTION, "close");
    }
    match error.kind() {
        Kind::Method => fields.insert(&header::ALLOW, ALLOWED),
        Kind::Unauthorized => fields.insert(&header::WWW_AUTHENTICATE, CHALLENGE),
        Kind::RateLimited(seconds) => fields.insert(&header::RETRY_AFTER, seconds.to_string()),
        _ => {}
    }
    (head, body.into())
}

/// The answer to a preflight; what it says is CORS's business.
pub(super) fn preflight() -> (AnswerHead, Bytes) {
    (AnswerHead::new(StatusCode::NO_CONTENT), Bytes::new())
}

/// The answer to an OPTIONS that goes no further.
pub(super) fn options() -> (AnswerHead, Bytes) {
    let mut head = AnswerHead::new(StatusCode::OK);
    head.fields.insert(&header::ALLOW, ALLOWED);
    (head, Bytes::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_words_an_error_as_its_api_does() {
        let error = Error::new(Kind::Connect);
        let body = |dialect: Dialect| String::from_utf8(respond(&error, dialect).1.into()).unwrap();
        let message = error.to_string();
        assert_eq!(body(Dialect::Via), format!(r#"{{"code":"BadGateway","message":"{message}"}}"#));
        assert_eq!(body(Dialect::Ollama), format!(r#"{{"error":"{message}"}}"#));
        assert!(body(Dialect::OpenAi).starts_with(r#"{"error":{"code":null,"message":"#));
        assert_eq!(body(Dialect::Text), format!("{message}\n"));
    }

    #[test]
    fn a_framing_error_closes_the_connection() {
        let (head, _) = respond(&Error::new(Kind::BadRequest), Dialect::Via);
        assert_eq!(head.status, StatusCode::BAD_REQUEST);
        assert_eq!(head.fields.get_str(&header::CONNECTION), Some("close"));
        assert_eq!(head.fields.get_str(&MARK), Some("bad-request"));
    }
}
