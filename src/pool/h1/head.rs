//! The head of an answer: from bytes to a [`Response`], its framing, and whether the connection may stay. Pure.
//!
//! httparse, which is hyper's own parser, reads the lines; `scan` has refused before what it would let pass. Every
//! field value is a slice of the one `Bytes` that holds the head.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode, Version};
use httparse::{Header, ParserConfig};
use hyper::ext::ReasonPhrase;

use super::LIMITS;
use crate::h1::{Error, Fields, Framing, word};

/// A head, and what it says about the rest.
#[derive(Debug)]
pub(super) struct Head {
    pub response: Response<()>,
    pub framing: Framing,
    /// Whether the upstream will keep the connection (RFC 9112, section 9.3).
    pub keep_alive: bool,
}

// === impl Head ===

impl Head {
    /// Reads a whole head, up to and including its empty line. `to_head` says that the request was a HEAD.
    pub(super) fn parse(bytes: &Bytes, to_head: bool) -> Result<Self, Error> {
        let mut lines = [const { MaybeUninit::<Header<'_>>::uninit() }; LIMITS.fields];
        let mut parsed = httparse::Response::new(&mut []);
        match ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, bytes, &mut lines) {
            Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
            Ok(_) => return Err(Error::Malformed("the head")),
            Err(e) => return Err(Error::Malformed(word(e))),
        }
        let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or(Error::Malformed("the status"))?;
        let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };

        let mut fields = Fields::new(version);
        // Room for what the proxy adds, so that the map does not grow once more.
        let mut headers = HeaderMap::with_capacity(parsed.headers.len() + 4);
        for line in parsed.headers.iter() {
            let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Error::Malformed("a field name"))?;
            if fields.note(&name, line.value)? {
                let value = HeaderValue::from_maybe_shared(bytes.slice_ref(line.value));
                headers.append(name, value.map_err(|_| Error::Malformed("a field value"))?);
            }
        }
        let framing = fields.of_answer(status, to_head, &mut headers)?;

        let mut response = Response::new(());
        *response.status_mut() = status;
        *response.version_mut() = version;
        *response.headers_mut() = headers;
        if let Some(reason) = parsed.reason.filter(|reason| is_own(reason, status))
            && let Ok(reason) = ReasonPhrase::try_from(bytes.slice_ref(reason.as_bytes()))
        {
            response.extensions_mut().insert(reason);
        }
        // What ends with the connection cannot be followed by anything.
        let keep_alive = fields.keep_alive() && framing != Framing::UntilClose;
        Ok(Self { response, framing, keep_alive })
    }
}

/// Whether a reason phrase says more than the status alone. hyper writes it again on the client's side.
fn is_own(reason: &str, status: StatusCode) -> bool {
    !reason.is_empty() && status.canonical_reason() != Some(reason)
}

#[cfg(test)]
mod tests;
