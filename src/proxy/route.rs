//! Routes: which upstream a path belongs to, and what that path may take its time for.
//!
//! An upstream's kind brings the paths of its API, sorted into a few classes; a class has deadlines, a name in metrics,
//! and says whether answers may gain timestamps. What a user routes himself comes first, the longest prefix winning.

mod class;
mod deadlines;

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use memchr::memchr;

pub use self::class::Class;
pub use self::deadlines::{Deadlines, OnClientGone};
use super::path::{self, Normal};
use crate::error::{Error, Kind as ErrorKind};
use crate::metrics::{Metrics, RouteMetrics};
use crate::upstream::{Kind, Upstream};

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
