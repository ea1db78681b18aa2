//! The head of an answer: from bytes to an [`AnswerHead`], its framing, and whether the connection may stay. Pure.
//!
//! httparse, which is hyper's own parser, reads the lines; `scan` has refused before what it would let pass.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::{StatusCode, Version};
use httparse::{Header, ParserConfig};

use super::LIMITS;
use crate::h1::{Announced, Error, Framing, has_only_crlf, word};
use crate::head::{AnswerHead, Fields};

/// A head, and what it says about the rest.
#[derive(Debug)]
pub(super) struct Head {
    pub answer: AnswerHead,
    pub framing: Framing,
    /// Whether the upstream will keep the connection (RFC 9112, section 9.3).
    pub keep_alive: bool,
}

// === impl Head ===

impl Head {
    /// Reads the final head that `bytes` begin with, if it is whole and in order: the usual case; and where it ends.
    /// `None` if it is anything else: then it is to be looked at line by line.
    pub(super) fn parse_ordinary(bytes: &Bytes, to_head: bool) -> Option<(Self, usize)> {
        let mut lines = [const { MaybeUninit::<Header<'_>>::uninit() }; LIMITS.fields];
        let mut parsed = httparse::Response::new(&mut []);
        match ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, bytes, &mut lines) {
            Ok(httparse::Status::Complete(end)) if end <= LIMITS.head && has_only_crlf(&bytes[..end]) => {
                let head = Self::of(&parsed, bytes, to_head).ok()?;
                (!head.answer.status.is_informational()).then_some((head, end))
            }
            _ => None,
        }
    }

    /// Reads a whole head, up to and including its empty line. `to_head` says that the request was a HEAD.
    pub(super) fn parse(bytes: &Bytes, to_head: bool) -> Result<Self, Error> {
        let mut lines = [const { MaybeUninit::<Header<'_>>::uninit() }; LIMITS.fields];
        let mut parsed = httparse::Response::new(&mut []);
        match ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, bytes, &mut lines) {
            Ok(httparse::Status::Complete(length)) if length == bytes.len() => Self::of(&parsed, bytes, to_head),
            Ok(_) => Err(Error::Malformed("the head")),
            Err(e) => Err(Error::Malformed(word(e))),
        }
    }

    /// `parsed` are slices of `bytes`.
    fn of(parsed: &httparse::Response<'_, '_>, bytes: &Bytes, to_head: bool) -> Result<Self, Error> {
        let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or(Error::Malformed("the status"))?;
        let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };

        let mut announced = Announced::new(version);
        // Room for what the proxy adds, so that the fields do not grow once more.
        let mut fields = Fields::of(bytes.clone(), parsed.headers.len() + 4);
        for line in parsed.headers.iter() {
            if announced.note(line.name.as_bytes(), line.value)? {
                fields.push_parsed(line.name.as_bytes(), line.value);
            }
        }
        let framing = announced.of_answer(status, to_head, &mut fields)?;
        let reason = parsed.reason.filter(|reason| is_own(reason, status));
        let reason = reason.map(|reason| bytes.slice_ref(reason.as_bytes()));
        // What ends with the connection cannot be followed by anything.
        let keep_alive = announced.keep_alive() && framing != Framing::UntilClose;
        Ok(Self { answer: AnswerHead { status, reason, version, fields }, framing, keep_alive })
    }
}

/// Whether a reason phrase says more than the status alone. It goes on to the client.
fn is_own(reason: &str, status: StatusCode) -> bool {
    !reason.is_empty() && status.canonical_reason() != Some(reason)
}

#[cfg(test)]
mod tests;
