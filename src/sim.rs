//! Simulators of VIA and Ollama: what they put on the wire, without a GPU behind it.
//!
//! They are library code: tests, `viaduct sim`, `viaduct demo` and the benches start the same objects, each on a
//! loopback port, and each can be told to misbehave while it runs. They import nothing of this crate outside of
//! `crate::sim`: a fake that shares our code would share our bugs.
//!
//! * [`server`]: a listening simulator, its counters and its end (clean, or as a crash would look);
//! * [`fault`]: latency, pacing, error statuses, hangs, cuts and refusals, seeded and changeable while running;
//! * [`via`]: the video summarizer; [`ollama`]: the model server.

pub mod body;
pub mod fault;
pub mod head;
mod json;
pub mod ollama;
pub mod server;
mod tasks;
mod time;
pub mod via;
mod wire;
