//! What has to hold for any bytes at all. One room for each thing that reads what others wrote; the fuzzer
//! (`tests/fuzz`) and the ordinary tests run the very same checks.
//!
//! A check panics where a property does not hold. It says what the property is, never what the code does: it judges by
//! a reader of its own (serde's, the TOML crate's, a plain one from the standard's text), or by the thing itself in
//! another framing. What a check has to choose, such as where to cut, it draws from the bytes themselves ([`Dice`]), so
//! that a seed is simply a body, an answer or a file, and can be read.
//!
//! | target | bytes | property |
//! | --- | --- | --- |
//! | [`splice_json`] | a JSON answer | any cut gives the same; without the member it is the body; JSON stays JSON |
//! | [`splice_sse`] | an event stream | any cut gives what the standard says; what is added harms no event |
//! | [`grammar`] | the text of an answer | every range stands where its span says; linear time |
//! | [`reply`] | a text, NUL, a model's reply | a verified range is in the text; what is written of it is JSON |
//! | [`config`] | a configuration file | a configuration that can be served, or an error with its place |
//! | [`answer`] | what an upstream answers | hyper's client reads the same, or ours is the stricter one |
//! | [`request`] | what a client sends | the origin gets those requests, unambiguous and not one more; nothing hangs |
//! | [`http2`] | a script of frames | the same, for what a client says in frames; what it gets are frames |
//! | [`proxy_header`] | what a balancer says first | any cut names the same client, and not a byte behind is touched |
//!
//! Another target is a room here, a line in [`TARGETS`], a file in `tests/fuzz/targets`, and seeds.
//!
//! Compiled for tests and with the feature `fuzz` only, so that the program does not grow by it.

#![allow(clippy::missing_panics_doc, reason = "to panic is what a check is for")]

pub mod answer;
pub mod config;
mod dice;
pub mod grammar;
pub mod http2;
pub mod proxy_header;
pub mod reply;
pub mod request;
pub mod splice_json;
pub mod splice_sse;
#[cfg(test)]
mod tests;

pub(crate) use self::dice::Dice;

/// A check, for any bytes.
pub type Check = fn(&[u8]);

/// All of them, by the names of their seeds' folders.
pub const TARGETS: &[(&str, Check)] = &[
    ("splice_json", splice_json::check),
    ("splice_sse", splice_sse::check),
    ("grammar", grammar::check),
    ("reply", reply::check),
    ("config", config::check),
    ("answer", answer::check),
    ("request", request::check),
    ("http2", http2::check),
    ("proxy_header", proxy_header::check),
];
