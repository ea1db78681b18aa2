//! The classes of requests, and which of them a request on an API's path is.

use http::Method;

use crate::upstream::Kind;

/// What kinds of requests there are, as far as patience goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Lists, models, one id, health: answered from memory.
    Info,
    /// `POST /files`.
    Upload,
    /// `GET /files/{id}/content`.
    Content,
    /// `/summarize`.
    Summarize,
    /// `/generate_vlm_captions` and `/reviewAlert`.
    Captions,
    /// VIA's `/chat/completions`.
    Chat,
    /// DELETE, `POST /live-stream`, `POST /alerts`.
    Change,
    /// Ollama's chat, generate, embed and `/v1`.
    Generate,
    /// Ollama's pull, push, create, copy, delete and blobs.
    Library,
    /// Anything on a plain upstream.
    Plain,
}

// === impl Class ===

impl Class {
    /// All classes, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Info,
        Self::Upload,
        Self::Content,
        Self::Summarize,
        Self::Captions,
        Self::Chat,
        Self::Change,
        Self::Generate,
        Self::Library,
        Self::Plain,
    ];

    /// The word in settings, logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Upload => "upload",
            Self::Content => "content",
            Self::Summarize => "summarize",
            Self::Captions => "captions",
            Self::Chat => "chat",
            Self::Change => "change",
            Self::Generate => "generate",
            Self::Library => "library",
            Self::Plain => "plain",
        }
    }

    /// Whether answers of this class name times worth attaching.
    pub fn has_timestamps(self) -> bool {
        matches!(self, Self::Summarize | Self::Chat)
    }

    /// Whether an API has requests of this class.
    pub fn is_of(self, kind: Kind) -> bool {
        match self {
            Self::Info => kind != Kind::Http,
            Self::Generate | Self::Library => kind == Kind::Ollama,
            Self::Plain => kind == Kind::Http,
            Self::Upload | Self::Content | Self::Summarize | Self::Captions | Self::Chat | Self::Change => {
                kind == Kind::Via
            }
        }
    }

    /// The class of a request to an API of this kind.
    pub(super) fn of(kind: Kind, method: &Method, path: &str) -> Self {
        match kind {
            Kind::Http => Self::Plain,
            Kind::Ollama => Self::of_ollama(method, path),
            Kind::Via => Self::of_via(method, path.strip_prefix("/v1").unwrap_or(path)),
        }
    }

    fn of_via(method: &Method, path: &str) -> Self {
        let is_post = *method == Method::POST;
        match path.trim_end_matches('/') {
            "/summarize" if is_post => Self::Summarize,
            "/generate_vlm_captions" | "/reviewAlert" if is_post => Self::Captions,
            "/chat/completions" if is_post => Self::Chat,
            "/files" if is_post => Self::Upload,
            "/live-stream" | "/alerts" if is_post => Self::Change,
            _ if *method == Method::DELETE => Self::Change,
            path if path.starts_with("/files/") && path.ends_with("/content") => Self::Content,
            _ => Self::Info,
        }
    }

    fn of_ollama(method: &Method, path: &str) -> Self {
        match path {
            "/api/chat" | "/api/generate" | "/api/embed" | "/api/embeddings" => Self::Generate,
            "/api/pull" | "/api/push" | "/api/create" | "/api/copy" | "/api/delete" => Self::Library,
            _ if path.starts_with("/api/blobs/") => Self::Library,
            _ if *method == Method::POST && path.starts_with("/v1/") => Self::Generate,
            _ => Self::Info,
        }
    }
}
