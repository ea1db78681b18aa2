//! VIA's routes, and what the framework does with everything else: 404, 405, 307 (via.md 1.0).

use std::net::SocketAddr;

use hyper::header::{ALLOW, HOST, HeaderMap, LOCATION};
use hyper::{Method, Response, StatusCode};

use crate::sim::body::Body;
use crate::sim::via::id::Id;
use crate::sim::via::reply::{self, Refused, with_text};
use crate::sim::via::schema::Invalid;
use crate::sim::via::settings::{Settings, Version};

/// A route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Health,
    Metrics,
    Models,
    Docs,
    OpenApi,
    Upload,
    Files,
    File(Id),
    DeleteFile(Id),
    Content(Id),
    AddLive,
    LiveStreams,
    DeleteLive(Id),
    Summarize,
    Captions,
    Chat,
    Recommended,
    AddAlert,
    Alerts,
    DeleteAlert(Id),
    RecentAlerts,
    ReviewAlert,
}

/// Which path, before its id is read and the method is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Plain(&'static [(Method, Route)]),
    File,
    Content,
    Live,
    Alert,
}

/// The methods of a path in the order of their declaration: `allow` names the first only, as Starlette does.
const PATHS: &[(&str, &[(Method, Route)])] = &[
    ("/health/live", &[(Method::GET, Route::Health)]),
    ("/health/ready", &[(Method::GET, Route::Health)]),
    ("/metrics", &[(Method::GET, Route::Metrics)]),
    ("/models", &[(Method::GET, Route::Models)]),
    ("/files", &[(Method::POST, Route::Upload), (Method::GET, Route::Files)]),
    ("/live-stream", &[(Method::POST, Route::AddLive), (Method::GET, Route::LiveStreams)]),
    ("/summarize", &[(Method::POST, Route::Summarize)]),
    ("/generate_vlm_captions", &[(Method::POST, Route::Captions)]),
    ("/chat/completions", &[(Method::POST, Route::Chat)]),
    ("/recommended_config", &[(Method::POST, Route::Recommended)]),
    ("/alerts", &[(Method::POST, Route::AddAlert), (Method::GET, Route::Alerts)]),
    ("/alerts/recent", &[(Method::GET, Route::RecentAlerts)]),
    ("/reviewAlert", &[(Method::POST, Route::ReviewAlert)]),
];

const UNPREFIXED: &[(&str, &[(Method, Route)])] = &[
    ("/docs", &[(Method::GET, Route::Docs)]),
    ("/redoc", &[(Method::GET, Route::Docs)]),
    ("/openapi.json", &[(Method::GET, Route::OpenApi)]),
];

/// Paths that 2.3 does not know.
const SINCE_2_4: [&str; 2] = ["/generate_vlm_captions", "/reviewAlert"];

/// Where a request goes, or what it gets instead.
pub(crate) fn find(
    settings: &Settings,
    method: &Method,
    uri: &hyper::Uri,
    headers: &HeaderMap,
    peer: SocketAddr,
) -> Result<Route, Refused> {
    let path = uri.path();
    let Some((name, id)) = name(settings, path) else {
        return Err(match path.strip_suffix('/').filter(|bare| name(settings, bare).is_some()) {
            Some(bare) => Box::new(redirect(bare, uri.query(), headers, peer)),
            None => reply::detail(StatusCode::NOT_FOUND, "Not Found"),
        });
    };
    let refuse = |allowed: &Method| {
        let response = reply::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
        Box::new(with_text(*response, ALLOW, allowed.as_str()))
    };
    let read = |field: &str| {
        Id::parse(id).map_err(|why| {
            let why = Invalid::about(format!("Input should be a valid UUID, {why}"), &id.into());
            reply::invalid(why.within(field).within("path").to_string())
        })
    };
    match (name, method) {
        (Name::Plain(methods), method) => {
            let route = methods.iter().find(|(m, _)| m == method).map(|(_, route)| *route);
            route.ok_or_else(|| refuse(methods.first().map_or(&Method::GET, |(method, _)| method)))
        }
        (Name::File, &Method::GET) => read("file_id").map(Route::File),
        (Name::File, &Method::DELETE) => read("file_id").map(Route::DeleteFile),
        (Name::Content, &Method::GET) => read("file_id").map(Route::Content),
        (Name::Live, &Method::DELETE) => read("stream_id").map(Route::DeleteLive),
        (Name::Alert, &Method::DELETE) => read("alert_id").map(Route::DeleteAlert),
        (Name::File | Name::Live | Name::Alert, _) => Err(refuse(&Method::DELETE)),
        (Name::Content, _) => Err(refuse(&Method::GET)),
    }
}

/// The name of a path and the id in it.
fn name<'a>(settings: &Settings, path: &'a str) -> Option<(Name, &'a str)> {
    if let Some((_, methods)) = UNPREFIXED.iter().find(|(known, _)| *known == path) {
        return Some((Name::Plain(methods), ""));
    }
    let path = if settings.prefix { path.strip_prefix("/v1")? } else { path };
    if settings.version < Version::V2_4 && SINCE_2_4.contains(&path) {
        return None;
    }
    if let Some((_, methods)) = PATHS.iter().find(|(known, _)| *known == path) {
        return Some((Name::Plain(methods), ""));
    }
    let one = |rest: &'a str| (!rest.is_empty() && !rest.contains('/')).then_some(rest);
    if let Some(rest) = path.strip_prefix("/files/") {
        return match rest.strip_suffix("/content") {
            Some(id) => one(id).map(|id| (Name::Content, id)),
            None => one(rest).map(|id| (Name::File, id)),
        };
    }
    if let Some(id) = path.strip_prefix("/live-stream/").and_then(one) {
        return Some((Name::Live, id));
    }
    path.strip_prefix("/alerts/").and_then(one).map(|id| (Name::Alert, id))
}

/// 307 to the path without its slash, absolute: from the request's own `Host`, and from `X-Forwarded-Proto` if a
/// loopback peer says so.
fn redirect(path: &str, query: Option<&str>, headers: &HeaderMap, peer: SocketAddr) -> Response<Body> {
    let text =
        |value: Option<&hyper::header::HeaderValue>| value.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let host = text(headers.get(HOST)).unwrap_or_default();
    let forwarded = text(headers.get("x-forwarded-proto")).filter(|_| peer.ip().is_loopback());
    let scheme = forwarded.unwrap_or_else(|| "http".into());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let response = reply::bare(StatusCode::TEMPORARY_REDIRECT, Body::empty());
    with_text(response, LOCATION, &format!("{}://{host}{path}{query}", scheme.trim()))
}
