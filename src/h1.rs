//! HTTP/1.1 as bytes, for both sides of the house (RFC 9112): where a head ends, how its body is framed, the body taken
//! out of its framing or put into it, bytes read from a socket and written to one.
//!
//! The client's side (`server::h1`) and the upstream's (`pool::h1`) share it, so that a message has the same one reading
//! wherever it comes from. Strict, and pure where it can be: bytes in, lengths out, cut anywhere.

mod chunk;
mod decode;
mod error;
mod few;
mod framing;
mod input;
pub(crate) mod ordinary;
mod outgoing;
mod read;
mod reading;
mod scan;
mod slab;
mod stock;
mod trailers;

pub(crate) use self::chunk::{last_chunk, size_line};
pub(crate) use self::error::Error;
pub(crate) use self::framing::{Framing, length, settle_length};
pub(crate) use self::input::Input;
pub(crate) use self::outgoing::Outgoing;
pub(crate) use self::read::Reader;
pub(crate) use self::reading::Reading;
pub(crate) use self::scan::{Fault, Limits, MOST_FIELDS, Scan};
pub(crate) use self::stock::Stock;

use http::header::{HeaderName, HeaderValue};

/// Writes one field line.
pub(crate) fn field_line(out: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// What httparse has to say against a head, in words.
pub(crate) fn word(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => "a field name",
        httparse::Error::HeaderValue => "a field value",
        httparse::Error::NewLine => "a bare carriage return",
        httparse::Error::Status => "the status line",
        httparse::Error::TooManyHeaders => "too many field lines",
        httparse::Error::Version => "the version",
        httparse::Error::Token => "the head",
    }
}
