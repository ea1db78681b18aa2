//! The conformance suite: contracts/http-proxy.md rule by rule, a file for each of its sections, a test named after
//! each rule. What the files beside this folder show already is not shown twice.

mod closing;
mod connections;
mod fields;
mod frames;
mod framing_requests;
mod grammar;
mod http2;
mod interim;
mod lab;
mod responses;
mod splice;
mod streaming;
mod target;
mod time;
mod upgrade;
