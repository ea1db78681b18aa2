//! viaduct: a reverse proxy for NVIDIA VIA and Ollama.

pub mod body;
pub mod clock;
pub mod error;
pub mod io;
pub mod metrics;
pub mod pool;
pub mod sim;
pub mod timestamps;
pub mod upstream;
