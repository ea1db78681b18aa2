//! The checks in front of all routes: `Origin`, then `Host` (ollama.md section 4).

use std::net::IpAddr;

use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY};
use hyper::{Method, Response, StatusCode};

use crate::sim::body::Body;
use crate::sim::ollama::reply;
use crate::sim::ollama::state::State;

const ALLOW_HEADERS: &str = "Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,\
    X-Stainless-Lang,X-Stainless-Package-Version,X-Stainless-Os,X-Stainless-Arch,X-Stainless-Retry-Count,\
    X-Stainless-Runtime,X-Stainless-Runtime-Version,X-Stainless-Async,X-Stainless-Helper-Method,\
    X-Stainless-Poll-Helper,X-Stainless-Custom-Poll-Interval,X-Stainless-Timeout";

/// What the checks came to.
#[derive(Debug)]
pub(crate) enum Gate {
    /// Go on; the headers are for the response.
    Open(Vec<(HeaderName, HeaderValue)>),
    /// This is the response.
    Shut(Box<Response<Body>>),
}

/// Checks a request.
pub(crate) fn check(state: &State, method: &Method, headers: &HeaderMap) -> Gate {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let refused = || Gate::Shut(Box::new(reply::empty(StatusCode::FORBIDDEN)));
    let origin = headers.get(ORIGIN).map(|origin| (origin.clone(), origin.to_str().unwrap_or_default().to_owned()));
    let same = |origin: &str| {
        origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")).is_some_and(|rest| rest == host)
    };
    let mut cors = Vec::new();
    if let Some((value, text)) = origin.filter(|(_, text)| !same(text)) {
        let any = state.settings.origins.iter().any(|allowed| allowed == "*");
        if !any && !allowed(&text) && !state.settings.origins.iter().any(|pattern| matches(pattern, &text)) {
            return refused();
        }
        let name = HeaderName::from_static("access-control-allow-origin");
        cors.push((name, if any { HeaderValue::from_static("*") } else { value }));
        if *method == Method::OPTIONS {
            return Gate::Shut(Box::new(preflight(cors)));
        }
        if !any {
            cors.push((VARY, HeaderValue::from_static("Origin")));
        }
    }
    if state.check_host && !host_allowed(host) {
        return refused();
    }
    if *method == Method::OPTIONS && state.check_host && is_name(host) {
        return Gate::Shut(Box::new(reply::empty(StatusCode::NO_CONTENT)));
    }
    Gate::Open(cors)
}

fn preflight(cors: Vec<(HeaderName, HeaderValue)>) -> Response<Body> {
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.extend(cors.into_iter().map(|(name, value)| (Some(name), value)));
    for (name, value) in [
        ("access-control-allow-methods", "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"),
        ("access-control-allow-headers", ALLOW_HEADERS),
        ("access-control-max-age", "43200"),
        ("vary", "Origin"),
        ("vary", "Access-Control-Request-Method"),
        ("vary", "Access-Control-Request-Headers"),
    ] {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// The origins allowed without being named.
fn allowed(origin: &str) -> bool {
    const SCHEMES: [&str; 5] = ["app://", "file://", "tauri://", "vscode-webview://", "vscode-file://"];
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let local = rest.is_some_and(|rest| {
        let (host, port) = rest.split_once(':').unwrap_or((rest, "0"));
        ["localhost", "127.0.0.1", "0.0.0.0"].contains(&host) && port.bytes().all(|b| b.is_ascii_digit())
    });
    local || SCHEMES.iter().any(|scheme| origin.starts_with(scheme))
}

/// A pattern with at most one `*`.
fn matches(pattern: &str, origin: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == origin,
        Some((before, behind)) => {
            origin.len() >= before.len() + behind.len() && origin.starts_with(before) && origin.ends_with(behind)
        }
    }
}

fn host_allowed(host: &str) -> bool {
    let name = without_port(host);
    name.is_empty() || is_name(host) || name.parse::<IpAddr>().is_ok_and(is_near)
}

fn is_name(host: &str) -> bool {
    let name = without_port(host).to_ascii_lowercase();
    name == "localhost" || [".localhost", ".local", ".internal"].iter().any(|ending| name.ends_with(ending))
}

fn without_port(host: &str) -> &str {
    if let Some(v6) = host.strip_prefix('[') {
        return v6.split(']').next().unwrap_or_default();
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Loopback, private or unspecified. (The machine's own other addresses are not known here.)
fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_a_loopback_server() {
        for host in ["localhost:11434", "127.0.0.1", "10.1.2.3:80", "[::1]:11434", "", "box.local", "x.internal:1"] {
            assert!(host_allowed(host), "{host}");
        }
        for host in ["example.com", "ollama.example.com:443", "8.8.8.8", "localhost.evil.com"] {
            assert!(!host_allowed(host), "{host}");
        }
    }

    #[test]
    fn origins() {
        assert!(allowed("http://localhost:3000") && allowed("https://127.0.0.1") && allowed("tauri://x"));
        assert!(!allowed("null") && !allowed("http://localhost.evil.com") && !allowed("http://localhost:3000x"));
        assert!(matches("https://*.example.com", "https://a.example.com") && !matches("https://a", "https://ab"));
    }
}
