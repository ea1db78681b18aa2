//! The simulators on the wire: raw bytes over loopback, each test with its own port.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod client;
mod faults;
mod ollama;
mod server;
mod via;
mod via_stream;
mod via_upload;
