//! The whole program over loopback sockets: a viaduct in this process, raw clients before it, raw origins or the
//! simulators behind it. One file for each behavior; one binary, for one link is faster than ten.

mod bench;
mod cli;
mod client_leaves;
mod errors;
mod forwarding;
mod framing;
mod pooling;
mod retries;
mod shutdown;
mod streaming;
mod support;
mod timeouts;
mod timestamps;
mod timestamps_streams;
