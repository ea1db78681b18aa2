//! viaduct: a reverse proxy for NVIDIA VIA and Ollama.

pub mod admin;
pub mod app;
pub mod body;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod error;
pub mod io;
pub mod log;
pub mod metrics;
pub mod pool;
pub mod proxy;
pub mod server;
pub mod sim;
pub mod timestamps;
pub mod turn;
pub mod upstream;
