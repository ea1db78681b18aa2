//! The head of a message as it passes through: a start line taken apart, and fields that stay bytes.
//!
//! `http`'s types serve programs that make messages. A proxy passes on what it mostly does not look at, and its
//! [`Fields`] cost a fraction of a `HeaderMap`'s instructions.

mod fields;

use bytes::Bytes;
use http::{Method, StatusCode, Uri, Version, request, response};

pub use self::fields::Fields;
pub(crate) use self::fields::marks;

/// The head of a request.
#[derive(Debug, Clone)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// The target.
    pub uri: Uri,
    /// The version that the sender speaks.
    pub version: Version,
    /// The fields.
    pub fields: Fields,
}

/// The head of an answer.
#[derive(Debug, Clone)]
pub struct AnswerHead {
    /// The status.
    pub status: StatusCode,
    /// The reason phrase, if it says more than the status.
    pub reason: Option<Bytes>,
    /// The version that the sender speaks.
    pub version: Version,
    /// The fields.
    pub fields: Fields,
}

// === impl RequestHead ===

impl From<request::Parts> for RequestHead {
    fn from(parts: request::Parts) -> Self {
        let fields = Fields::from_map(&parts.headers);
        Self { method: parts.method, uri: parts.uri, version: parts.version, fields }
    }
}

impl RequestHead {
    /// All of it, for one who keeps it.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let empty = Self { method: Method::GET, uri: Uri::default(), version: Version::HTTP_11, fields: Fields::new() };
        std::mem::replace(self, empty)
    }

    /// As `http` has it, for whoever speaks HTTP with `http`'s types.
    pub fn to_request<B>(&self, body: B) -> http::Request<B> {
        let mut request = http::Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.fields.to_map();
        request
    }
}

// === impl AnswerHead ===

impl AnswerHead {
    /// An answer of viaduct's own.
    pub fn new(status: StatusCode) -> Self {
        Self { status, reason: None, version: Version::HTTP_11, fields: Fields::new() }
    }

    /// As `http` has it, for whoever speaks HTTP with `http`'s types.
    pub fn to_response<B>(&self, body: B) -> http::Response<B> {
        let mut response = http::Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.fields.to_map();
        response
    }
}

impl From<response::Parts> for AnswerHead {
    fn from(parts: response::Parts) -> Self {
        let fields = Fields::from_map(&parts.headers);
        let reason = parts.extensions.get::<hyper::ext::ReasonPhrase>();
        let reason = reason.map(|reason| Bytes::copy_from_slice(reason.as_bytes()));
        Self { status: parts.status, reason, version: parts.version, fields }
    }
}
