//! Routes: which upstream a path belongs to, and what that path may take its time for.
//!
//! An upstream's kind brings the paths of its API, sorted into a few classes; a class has deadlines, a name in metrics,
//! and says whether answers may gain timestamps. What a user routes himself comes first, the longest prefix winning.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use memchr::memchr;

use super::path::{self, Normal};
use crate::body::Pace;
use crate::error::{Error, Kind as ErrorKind};
use crate::metrics::{Metrics, RouteMetrics};
use crate::upstream::{Kind, Upstream};

/// The longest waits of an exchange; `None` waits for ever (design, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadlines {
    /// Waiting for the client's next body byte.
    pub upload: Option<Duration>,
    /// The least of its bytes that must come, in so much waiting for them.
    pub upload_rate: Option<Pace>,
    /// Until the upstream takes the next piece of the request, and from the last one to the answer's head.
    pub first_byte: Option<Duration>,
    /// Waiting for the upstream's next body byte.
    pub silence: Option<Duration>,
    /// The whole exchange.
    pub total: Option<Duration>,
}

/// What becomes of the upstream's work when the client has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnClientGone {
    /// The connection closes, which is how an upstream learns of it.
    Close,
    /// The answer is read to its end, unseen: for an upstream that goes on anyway.
    Finish,
}

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

/// A match, and what it leads to.
#[derive(Debug)]
pub struct Route {
    /// Requests of which class.
    pub class: Class,
    /// Where they go.
    pub upstream: Arc<Upstream>,
    /// How long they may take.
    pub deadlines: Deadlines,
    /// The most bytes that a request's body may have.
    pub max_body: Option<u64>,
    /// What becomes of it when the client has gone.
    pub on_client_gone: OnClientGone,
    /// The shortest of the deadlines: how often a connection's timer must look while such an exchange runs.
    pub tick: Duration,
    /// Their counters.
    pub metrics: RouteMetrics,
}

/// A path's route, and the part of the path that is ours and not the upstream's.
#[derive(Debug, Clone, Copy)]
pub struct Matched<'a> {
    /// Its route.
    pub route: &'a Arc<Route>,
    /// The prefix to strip from the path, and to put back into `Location`; empty, or without a slash at its end.
    pub prefix: &'a str,
}

/// A user's own route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The path's beginning; matches whole segments.
    pub path: String,
    /// The name of the upstream.
    pub upstream: String,
    /// Whether the prefix is stripped before forwarding.
    pub strip: bool,
}

/// Settings of one upstream, as far as its routes go.
#[derive(Debug)]
pub struct Member {
    /// The upstream.
    pub upstream: Arc<Upstream>,
    /// Deadlines that differ from the defaults.
    pub deadlines: Vec<(Class, Deadlines)>,
    /// What differs from the defaults when a client has gone.
    pub on_client_gone: Vec<(Class, OnClientGone)>,
    /// The most bytes of a request's body, by class.
    pub max_body: Vec<(Class, u64)>,
}

/// All routes of one configuration.
#[derive(Debug)]
pub struct Router {
    mappings: Vec<(Mapping, usize)>,
    members: Vec<Routes>,
    via: Option<usize>,
    ollama: Option<usize>,
    plain: Option<usize>,
    v1: Option<usize>,
}

/// The routes of one upstream, one for each class that its kind knows, at the class's number.
#[derive(Debug)]
struct Routes {
    kind: Kind,
    has_base: bool,
    by_class: [Option<Arc<Route>>; Class::ALL.len()],
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Of an upload: 10 KiB a second, in each minute of waiting for the client.
const PACE: Pace = Pace { bytes: 600 << 10, per: MINUTE };

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

    /// The deadlines of design.md, section 3.
    pub fn deadlines(self) -> Deadlines {
        let stall = Deadlines { upload: Some(MINUTE), ..Deadlines::default() };
        match self {
            Self::Info => Deadlines { total: Some(10 * SECOND), ..Deadlines::default() },
            Self::Upload => Deadlines { upload_rate: Some(PACE), first_byte: Some(30 * MINUTE), ..stall },
            Self::Content => Deadlines { first_byte: Some(30 * SECOND), silence: Some(MINUTE), ..Deadlines::default() },
            Self::Summarize | Self::Captions => {
                Deadlines { first_byte: Some(60 * MINUTE), silence: Some(30 * SECOND), ..stall }
            }
            Self::Chat | Self::Change => Deadlines { first_byte: Some(5 * MINUTE), ..stall },
            Self::Generate => Deadlines { first_byte: Some(10 * MINUTE), silence: Some(5 * MINUTE), ..stall },
            Self::Library => Deadlines { first_byte: Some(10 * MINUTE), silence: Some(10 * MINUTE), ..stall },
            Self::Plain => Deadlines { first_byte: Some(10 * MINUTE), ..stall },
        }
    }

    /// VIA goes on with summaries and captions whatever its client does (contract: via, 3.4).
    pub fn on_client_gone(self) -> OnClientGone {
        match self {
            Self::Summarize | Self::Captions => OnClientGone::Finish,
            _ => OnClientGone::Close,
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

    fn of(kind: Kind, method: &Method, path: &str) -> Self {
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

// === impl OnClientGone ===

impl OnClientGone {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Close, Self::Finish];

    /// The word in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Finish => "finish",
        }
    }
}

// === impl Deadlines ===

impl Deadlines {
    /// The shortest; an hour where there is none.
    fn shortest(&self) -> Duration {
        let pace = self.upload_rate.map(|pace| pace.per);
        let all = [self.upload, pace, self.first_byte, self.silence, self.total];
        all.into_iter().flatten().min().unwrap_or(60 * MINUTE)
    }
}

// === impl Router ===

impl Router {
    /// Routes over `members`. `v1_to_via` sends `/v1` to VIA where an Ollama exists too.
    pub fn new(members: Vec<Member>, mappings: Vec<Mapping>, v1_to_via: bool, metrics: &Metrics) -> Self {
        let members: Vec<_> = members.into_iter().map(|member| Routes::new(member, metrics)).collect();
        let first = |kind| members.iter().position(|routes| routes.kind == kind);
        let (via, ollama, plain) = (first(Kind::Via), first(Kind::Ollama), first(Kind::Http));
        let v1 = if v1_to_via { via.or(ollama) } else { ollama.or(via) };
        let named = |mapping: &Mapping| {
            members.iter().position(|routes| {
                routes.by_class.iter().flatten().any(|route| route.upstream.name() == mapping.upstream)
            })
        };
        let mut mappings: Vec<_> =
            mappings.into_iter().filter_map(|mapping| named(&mapping).map(|at| (mapping, at))).collect();
        mappings.sort_by_key(|(mapping, _)| std::cmp::Reverse(mapping.path.len()));
        Self { mappings, members, via, ollama, plain, v1 }
    }

    /// The route of a request. Refuses a path that its upstream would read as one of another route (T6), or that
    /// climbs out of the place where its upstream was put.
    pub fn route(&self, method: &Method, path: &str) -> Result<Matched<'_>, Error> {
        let refused = || Error::new(ErrorKind::BadRequest).detail("a path that reads as another route's");
        let Normal { path: normal, escapes } = path::normalise(path).ok_or_else(refused)?;
        let raw = self.find(method, path);
        if normal != path {
            let by_normal = self.find(method, &normal);
            let same = match (&raw, &by_normal) {
                (Some((_, a)), Some((_, b))) => Arc::ptr_eq(a.route, b.route) && a.prefix == b.prefix,
                (None, None) => true,
                _ => false,
            };
            if !same {
                return Err(refused());
            }
        }
        let (member, matched) = raw.ok_or_else(|| Error::new(ErrorKind::NoRoute))?;
        if escapes && (self.members[member].has_base || !matched.prefix.is_empty()) {
            return Err(refused());
        }
        Ok(matched)
    }

    fn find(&self, method: &Method, path: &str) -> Option<(usize, Matched<'_>)> {
        let (member, prefix) = self.place(path)?;
        let routes = &self.members[member];
        let class = Class::of(routes.kind, method, &path[prefix.len()..]);
        let route = routes.by_class[class as usize].as_ref()?;
        Some((member, Matched { route, prefix }))
    }

    /// The upstream of a path, and the prefix that is not its own.
    fn place(&self, path: &str) -> Option<(usize, &str)> {
        for (mapping, member) in &self.mappings {
            if has_prefix(path, &mapping.path) {
                return Some((*member, if mapping.strip { mapping.path.trim_end_matches('/') } else { "" }));
            }
        }
        for (prefix, member) in [("/via", self.via), ("/ollama", self.ollama)] {
            if let Some(member) = member
                && has_prefix(path, prefix)
            {
                return Some((member, prefix));
            }
        }
        let first = path.strip_prefix('/').unwrap_or_default();
        let first = &first[..memchr(b'/', first.as_bytes()).unwrap_or(first.len())];
        let member = match first {
            "" if path == "/" => self.ollama.or(self.via),
            "api" => self.ollama.or(self.via),
            "v1" => self.v1,
            first if is_via(first) => self.via,
            _ => None,
        };
        member.or(self.plain).map(|member| (member, ""))
    }
}

/// The first segments of VIA's paths (contract: via, 1.0).
fn is_via(first: &str) -> bool {
    matches!(
        first,
        "files"
            | "summarize"
            | "chat"
            | "models"
            | "generate_vlm_captions"
            | "live-stream"
            | "alerts"
            | "recommended_config"
            | "reviewAlert"
            | "health"
            | "metrics"
            | "docs"
            | "redoc"
            | "openapi.json"
    )
}

fn has_prefix(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

// === impl Routes ===

impl Routes {
    fn new(member: Member, metrics: &Metrics) -> Self {
        let Member { upstream, deadlines: overrides, on_client_gone, max_body } = member;
        let route = |class: Class| {
            let own = overrides.iter().find(|(of, _)| *of == class).map(|(_, deadlines)| *deadlines);
            let deadlines = own.unwrap_or_else(|| class.deadlines());
            class.is_of(upstream.kind()).then(|| {
                Arc::new(Route {
                    class,
                    deadlines,
                    on_client_gone: on_client_gone
                        .iter()
                        .find(|(of, _)| *of == class)
                        .map_or_else(|| class.on_client_gone(), |(_, what)| *what),
                    max_body: max_body.iter().find(|(of, _)| *of == class).map(|(_, most)| *most),
                    tick: deadlines.shortest(),
                    metrics: metrics.route(class.word(), upstream.name()),
                    upstream: Arc::clone(&upstream),
                })
            })
        };
        Self {
            kind: upstream.kind(),
            has_base: upstream.endpoints().iter().any(|endpoint| !endpoint.base().is_empty()),
            by_class: Class::ALL.map(route),
        }
    }
}

#[cfg(test)]
mod tests;
