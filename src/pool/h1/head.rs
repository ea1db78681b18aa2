//! The head of an answer: from bytes to an [`AnswerHead`], its framing, and whether the connection may stay. Pure.
//!
//! httparse, which is hyper's own parser, reads the lines; `scan` has refused before what it would let pass.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::{StatusCode, Version};
use httparse::{Header, ParserConfig};

use super::LIMITS;
use crate::h1::{Error, Framing, Reading, ordinary, word};
use crate::head::AnswerHead;

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
    /// Reads the final head that `bytes` begin with, if it is ordinary, whole and in order; and where it ends. `None` if
    /// it is anything else: then it is to be looked at line by line.
    pub(super) fn parse_ordinary(bytes: &Bytes, to_head: bool) -> Option<(Self, usize)> {
        let (status, reason) = ordinary::status_line(bytes)?;
        let mut reading = Reading::new(Version::HTTP_11, bytes);
        let end = reading.ordinary(reason + 2, LIMITS.fields)?;
        if end > LIMITS.head || status < 200 {
            return None;
        }
        let reason = own_reason(bytes, status, &bytes[ordinary::REASON..reason]);
        let head = Self::of(status, reason, Version::HTTP_11, reading, to_head);
        head.ok().map(|head| (head, end))
    }

    /// Reads a whole head, up to and including its empty line. `to_head` says that the request was a HEAD.
    pub(super) fn parse(bytes: &Bytes, to_head: bool) -> Result<Self, Error> {
        let mut lines = [const { MaybeUninit::<Header<'_>>::uninit() }; LIMITS.fields];
        let mut parsed = httparse::Response::new(&mut []);
        match ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, bytes, &mut lines) {
            Ok(httparse::Status::Complete(length)) if length == bytes.len() => {
                let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
                let mut reading = Reading::new(version, bytes);
                for line in parsed.headers.iter() {
                    reading.parsed(line.name.as_bytes(), line.value)?;
                }
                let status = parsed.code.unwrap_or_default();
                let reason = own_reason(bytes, status, parsed.reason.unwrap_or_default().as_bytes());
                Self::of(status, reason, version, reading, to_head)
            }
            Ok(_) => Err(Error::Malformed("the head")),
            Err(e) => Err(Error::Malformed(word(e))),
        }
    }

    fn of(
        status: u16,
        reason: Option<Bytes>,
        version: Version,
        reading: Reading<'_>,
        to_head: bool,
    ) -> Result<Self, Error> {
        let Reading { announced, mut fields, .. } = reading;
        let status = StatusCode::from_u16(status).map_err(|_| Error::Malformed("the status"))?;
        let framing = announced.of_answer(status, to_head, &mut fields)?;
        // What ends with the connection cannot be followed by anything.
        let keep_alive = announced.keep_alive() && framing != Framing::UntilClose;
        Ok(Self { answer: AnswerHead { status, reason, version, fields }, framing, keep_alive })
    }
}

/// A reason phrase that says more than the status alone. It goes on to the client.
fn own_reason(head: &Bytes, status: u16, reason: &[u8]) -> Option<Bytes> {
    let usual = StatusCode::from_u16(status).ok()?.canonical_reason().unwrap_or_default();
    (!reason.is_empty() && reason != usual.as_bytes()).then(|| head.slice_ref(reason))
}

#[cfg(test)]
mod tests;
