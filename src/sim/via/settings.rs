//! How a simulated VIA is set up.

use std::time::Duration;

use crate::sim::fault::Rules;
use crate::sim::via::answers::Fixed;

/// The generation of VIA (via.md section 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 2.3: no captions route, no `camera_id`, `rag_type` still known.
    V2_3,
    /// 2.4.
    V2_4,
}

/// Settings of one instance. The default is quick (no simulated work takes any time), quiet and without faults.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
pub struct Settings {
    /// Which VIA.
    pub version: Version,
    /// All API routes below `/v1`, as `VSS_API_ENABLE_VERSIONING` does in 2.4.
    pub prefix: bool,
    /// The one model.
    pub model: String,
    /// CA-RAG: without it there is no chat, and summaries must stream.
    pub chat: bool,
    /// Whether `enable_audio` is accepted.
    pub audio: bool,
    /// 2.4.1: empty prompts are refused.
    pub require_prompts: bool,
    /// Context managers: running summaries plus files held for chat.
    pub capacity: usize,
    /// Most files stored at a time; beyond, uploads get 503 `ServerBusy`.
    pub max_files: usize,
    /// Most bytes stored at a time; beyond, uploads get 503 `ServerBusy`.
    pub storage: Option<u64>,
    /// The port opens only after so long.
    pub start_delay: Duration,
    /// Before a summary's head (stream) or first chunk.
    pub setup_time: Duration,
    /// Work per chunk of a file.
    pub chunk_time: Duration,
    /// Work per question.
    pub chat_time: Duration,
    /// Simulated seconds per real one: divides the three times above and the `summary_duration` of live streams.
    pub pace: f64,
    /// How many bytes of an upload make a second of video (a name such as `yard_90s.mp4` says it itself).
    pub bytes_per_second: u64,
    /// How long a live stream runs by itself, in its own (simulated) time; `None`: until deleted.
    pub live_length: Option<Duration>,
    /// Between two SSE comments.
    pub ping: Duration,
    /// A write blocked for longer ends an SSE response.
    pub send_timeout: Duration,
    /// A second SSE reader of the same id within this time gets 409.
    pub reader_window: Duration,
    /// Idle connections are closed after so long.
    pub keep_alive: Duration,
    /// Keep uploaded bytes on disk, so that `/content` gives back the very bytes. Else they are only counted.
    pub keep: bool,
    /// Chooses answers and faults.
    pub seed: u64,
    /// One answer for everything.
    pub fixed: Fixed,
    /// Faults to start with.
    pub faults: Rules,
    /// How many request heads to remember.
    pub heads: usize,
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: Version::V2_4,
            prefix: false,
            model: "cosmos-reason2".into(),
            chat: true,
            audio: false,
            require_prompts: false,
            capacity: 256,
            max_files: 10_000,
            storage: None,
            start_delay: Duration::ZERO,
            setup_time: Duration::ZERO,
            chunk_time: Duration::ZERO,
            chat_time: Duration::ZERO,
            pace: 1.0,
            bytes_per_second: 500_000,
            live_length: None,
            ping: Duration::from_secs(1),
            send_timeout: Duration::from_secs(5),
            reader_window: Duration::from_secs(3),
            keep_alive: Duration::from_secs(5),
            keep: true,
            seed: 0,
            fixed: Fixed::default(),
            faults: Rules::default(),
            heads: 64,
        }
    }
}

impl Settings {
    /// How long `simulated` takes here.
    pub(crate) fn paced(&self, simulated: Duration) -> Duration {
        let pace = if self.pace.is_finite() && self.pace > 0.0 { self.pace } else { 1.0 };
        Duration::try_from_secs_f64(simulated.as_secs_f64() / pace).unwrap_or(Duration::MAX)
    }
}
