//! viaduct: a reverse proxy for NVIDIA **VIA** (video in, text out) and **Ollama**, written at the level of hyper.
//!
//! One address for both; connections pooled; bodies forwarded frame by frame without a copy; and one step added on the
//! way back: the time ranges that VIA's answers name are extracted and attached, without delaying the first byte.
//!
//! # The road of a request
//!
//! ```text
//! client ─▶ server::listener ─▶ door ─▶ conn ─▶ proxy::Proxy::handle
//!    ┌──────────────────────────────────────────────┘
//!    └▶ route ─▶ access ─▶ headers ─▶ upstream::send ─┬─▶ upstream::balance      whose turn it is
//!                                                     ├─▶ pool ▸ idle, else dial  a connection
//!                                                     └─▶ VIA, Ollama or a plain origin
//!    ┌──────────────────────────────────────────────┘
//! client ◀─ server::conn ◀─ ResponseBody { timestamps over the upstream's body, the exchange, the connection }
//!             at its end: connection checked in, counted, access line written
//! ```
//!
//! An exchange is one future, then one body, in the task of its client's connection. Dropping either closes the
//! upstream connection. Time is kept by one lazy timer for each client connection ([`clock`]).
//!
//! # The layers
//!
//! Imports point downward (`tests/layering.rs` checks it).
//!
//! | layer | rooms |
//! | --- | --- |
//! | commands | [`cli`], [`demo`], [`mod@bench`] |
//! | the whole | [`app`], [`config`] |
//! | the client's side | [`server`], [`admin`] |
//! | one exchange | [`proxy`], [`access`], [`timestamps`] |
//! | the servers' side | [`upstream`], [`pool`] |
//! | the floor | [`body`], [`clock`], [`error`], [`h1`], [`head`], [`log`], [`metrics`], [`sim`], [`tls`], [`transport`] |
//!
//! [`sim`] imports nothing of ours: a fake that shared our code would share our bugs. `fuzz`, which tests and the fuzzer
//! alone compile, sees everything.
//!
//! # The words
//!
//! *Downstream* is the client's side, *upstream* the model servers'. An [`upstream::Upstream`] is a named group of
//! [`upstream::Endpoint`]s. A *route* is a match and what it leads to. An *exchange* is one request with its response,
//! an *attempt* one try at one endpoint. A connection is *checked out* of a [`pool::Pool`] and *checked in* again.

#![allow(rustdoc::private_intra_doc_links, reason = "the documentation is built with private items")]

pub mod access;
pub mod admin;
pub mod app;
pub mod bench;
pub mod body;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod error;
#[cfg(any(test, feature = "fuzz"))]
#[doc(hidden)]
pub mod fuzz;
mod h1;
pub mod head;
pub mod log;
pub mod metrics;
mod parts;
pub mod pool;
pub mod proxy;
pub mod server;
pub mod sim;
pub mod timestamps;
pub mod tls;
pub mod transport;
pub mod turn;
pub mod upstream;
