//! The named loads, and what each sends to which API.

use std::fmt;
use std::str::FromStr;

use serde_json::json;

use super::call::Call;
use super::events::Reading;

/// A kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// One small answer at a time: what the proxy adds to its latency.
    Ping,
    /// Small answers, as many as can be.
    Get,
    /// Small JSON both ways.
    Post,
    /// Big request bodies.
    Upload,
    /// Big answers.
    Download,
    /// Event streams with events over time.
    Sse,
    /// Streams of lines over time.
    Ndjson,
    /// VIA's summaries, streamed.
    Summary,
    /// Connections that do nothing.
    Idle,
}

/// The API that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Via,
    Ollama,
    /// Any server; the user names the path.
    Plain,
}

/// What a scenario is filled in with.
#[derive(Debug)]
pub(super) struct Details<'a> {
    pub(super) api: Api,
    /// Of a plain server.
    pub(super) path: &'a str,
    /// The API's model.
    pub(super) model: &'a str,
    /// Bytes of an upload.
    pub(super) size: u64,
    /// Ids of files that were uploaded for this.
    pub(super) files: &'a [String],
}

/// A scenario that does not exist.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown(String);

/// About as long as an app's question to a small model.
const QUESTION: &str = "Which time ranges does this name? From 1:05 to 1:18 a child runs between the shelves.";

// === impl Scenario ===

impl Scenario {
    /// All of them, in the order of their running.
    pub const ALL: [Self; 9] = [
        Self::Ping,
        Self::Get,
        Self::Post,
        Self::Upload,
        Self::Download,
        Self::Sse,
        Self::Ndjson,
        Self::Summary,
        Self::Idle,
    ];

    /// As the user writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Get => "get",
            Self::Post => "post",
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Sse => "sse",
            Self::Ndjson => "ndjson",
            Self::Summary => "summary",
            Self::Idle => "idle",
        }
    }

    /// The APIs that have it, the best first.
    pub(super) fn apis(self) -> &'static [Api] {
        match self {
            Self::Ping | Self::Get | Self::Post | Self::Idle => &[Api::Via, Api::Ollama, Api::Plain],
            Self::Upload | Self::Download => &[Api::Via, Api::Plain],
            // VIA sends a file's events in one burst: Ollama's have gaps to look at.
            Self::Sse => &[Api::Ollama, Api::Via, Api::Plain],
            Self::Ndjson => &[Api::Ollama, Api::Plain],
            Self::Summary => &[Api::Via],
        }
    }

    /// Connections, if the user does not say.
    pub(super) fn connections(self) -> usize {
        match self {
            Self::Ping => 1,
            Self::Get | Self::Post => 32,
            Self::Upload | Self::Download => 4,
            Self::Sse | Self::Ndjson => 16,
            Self::Summary => 8,
            Self::Idle => 1000,
        }
    }

    /// Bytes to read at once: as much as there may be, but little where connections are many.
    pub(super) fn buffer(self) -> usize {
        match self {
            Self::Idle => 2 * 1024,
            Self::Download => 256 * 1024,
            _ => 16 * 1024,
        }
    }

    /// How many files have to be there first, and of which size.
    pub(super) fn files(self, api: Api, connections: usize, size: u64) -> (usize, u64) {
        match (self, api) {
            (Self::Download, Api::Via) => (1, size),
            // VIA has one reader of a file's stream at a time.
            (Self::Summary | Self::Sse, Api::Via) => (connections, 64 * 1024),
            _ => (0, 0),
        }
    }

    /// What is asked, one after the other by the connections in turn.
    pub(super) fn calls(self, details: &Details<'_>) -> Vec<Call> {
        let Details { api, path, model, size, files } = details;
        let call = match (self, api) {
            (Self::Ping | Self::Get | Self::Idle, Api::Via) => Call::get("/models"),
            (Self::Ping | Self::Get | Self::Idle, Api::Ollama) => Call::get("/api/version"),
            (Self::Post, Api::Via) => Call::post(
                "/recommended_config",
                &json!({"video_length": 600, "target_response_time": 60, "usecase_event_duration": 10}),
            ),
            (Self::Post, Api::Ollama) => Call::post("/api/show", &json!({"model": model})),
            (Self::Post, Api::Plain) => Call::post(*path, &json!({"model": model, "prompt": QUESTION})),
            (Self::Upload, Api::Via) => Call::file("/files", "viaduct-bench_60s.mp4", *size),
            (Self::Upload, _) => Call::noise(*path, *size),
            (Self::Download, Api::Via) => {
                return files.iter().map(|id| Call::get(format!("/files/{id}/content"))).collect();
            }
            (Self::Sse | Self::Summary, Api::Via) => {
                let ask = |id| json!({"id": id, "model": model, "prompt": "What happens?", "stream": true});
                return files.iter().map(|id| Call::post("/summarize", &ask(id)).reading(Reading::Sse)).collect();
            }
            (Self::Sse, Api::Ollama) => {
                let messages = json!([{"role": "user", "content": QUESTION}]);
                let ask = json!({"model": model, "messages": messages, "stream": true, "max_tokens": 64});
                Call::post("/v1/chat/completions", &ask).reading(Reading::Sse)
            }
            (Self::Ndjson, Api::Ollama) => {
                let messages = json!([{"role": "user", "content": QUESTION}]);
                let ask = json!({"model": model, "messages": messages, "options": {"num_predict": 64}});
                Call::post("/api/chat", &ask).reading(Reading::Ndjson)
            }
            (Self::Sse | Self::Summary, _) => Call::get(*path).reading(Reading::Sse),
            (Self::Ndjson, _) => Call::get(*path).reading(Reading::Ndjson),
            (Self::Ping | Self::Get | Self::Idle | Self::Download, _) => Call::get(*path),
        };
        vec![call]
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scenario {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == text).ok_or_else(|| Unknown(text.to_owned()))
    }
}

// === impl Unknown ===

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Scenario::ALL.map(Scenario::name).join(", ");
        write!(f, "no scenario `{}`; there are {names}, all", self.0)
    }
}

impl std::error::Error for Unknown {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_a_call_for_each_of_its_apis() {
        let files = ["a".to_owned(), "b".to_owned()];
        for scenario in Scenario::ALL {
            assert_eq!(scenario.name().parse(), Ok(scenario));
            for &api in scenario.apis() {
                let calls = scenario.calls(&Details { api, path: "/x", model: "m", size: 9, files: &files });
                assert!(!calls.is_empty(), "{scenario} {api:?}");
                let is_stream = matches!(scenario, Scenario::Sse | Scenario::Ndjson | Scenario::Summary);
                assert_eq!(calls[0].reading != Reading::Bytes, is_stream, "{scenario}");
            }
        }
        assert!("nonsense".parse::<Scenario>().unwrap_err().to_string().contains("ndjson"));
    }
}
