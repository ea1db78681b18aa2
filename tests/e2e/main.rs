//! The whole program over loopback sockets: a viaduct in this process, raw clients before it, raw origins or the
//! simulators behind it. One file for each behavior; one binary, for one link is faster than ten.

mod cli;
mod client_leaves;
mod errors;
mod forwarding;
mod pooling;
mod retries;
mod rules;
mod shutdown;
mod streaming;
mod support;
mod timeouts;
mod timestamps;
