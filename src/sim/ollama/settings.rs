//! How a simulated Ollama is set up.

use std::time::Duration;

use crate::sim::fault::Rules;
use crate::sim::ollama::models::Model;

/// Settings of one server. The default is quick (nothing takes any time) and has no faults.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `/api/version`.
    pub version: String,
    /// The models on disk.
    pub models: Vec<Model>,
    /// How long a cold model takes to load.
    pub load_time: Duration,
    /// How long a prompt takes, per 1,000 tokens of it.
    pub prompt_time: Duration,
    /// Generated tokens per second; 0: all at once.
    pub tokens_per_second: f64,
    /// Tokens per line or event.
    pub tokens_per_line: usize,
    /// Parallel requests per model (`OLLAMA_NUM_PARALLEL`); the rest waits without limit.
    pub slots: usize,
    /// Waiting requests for cold models (`OLLAMA_MAX_QUEUE`); beyond, 503.
    pub queue: usize,
    /// Loaded models at a time (`OLLAMA_MAX_LOADED_MODELS`).
    pub loaded: usize,
    /// How long an idle model stays loaded; `None`: forever.
    pub keep_alive: Option<Duration>,
    /// How long a pull takes.
    pub pull_time: Duration,
    /// Check `Host` as a server bound to a loopback address does; `None`: if it is bound to one.
    pub host_check: Option<bool>,
    /// More allowed origins (`OLLAMA_ORIGINS`); `*` allows all.
    pub origins: Vec<String>,
    /// Length of embeddings.
    pub dimensions: usize,
    /// Always this text, whatever is asked.
    pub say: Option<String>,
    /// Always this reply of [`replies`](crate::sim::ollama::replies), by number from 1.
    pub reply: Option<usize>,
    /// Chooses faults.
    pub seed: u64,
    /// Faults to start with.
    pub faults: Rules,
    /// The port opens only after so long.
    pub start_delay: Duration,
    /// How many request heads to remember.
    pub heads: usize,
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: "0.33.0".into(),
            models: Model::some(),
            load_time: Duration::ZERO,
            prompt_time: Duration::ZERO,
            tokens_per_second: 0.0,
            tokens_per_line: 1,
            slots: 1,
            queue: 512,
            loaded: 3,
            keep_alive: Some(Duration::from_secs(300)),
            pull_time: Duration::ZERO,
            host_check: None,
            origins: Vec::new(),
            dimensions: 64,
            say: None,
            reply: None,
            seed: 0,
            faults: Rules::default(),
            start_delay: Duration::ZERO,
            heads: 64,
        }
    }
}
