//! The whole program over loopback sockets: a viaduct in this process, raw clients before it, raw origins or the
//! simulators behind it. One file for each behavior; one binary, for one link is faster than ten.

#![expect(clippy::format_collect, reason = "a test may allocate")]
#![expect(clippy::unwrap_used, reason = "what a test cannot do without it does not try to")]

mod access;
mod authority;
mod bench;
mod cli;
mod client_leaves;
mod errors;
mod forwarding;
mod pooling;
mod proxy_protocol;
mod retries;
mod rules;
mod shutdown;
mod streaming;
mod support;
mod timeouts;
mod timestamps;
mod timestamps_streams;
mod tls;
mod upstream_http;
mod upstream_tls;
