//! Asks an endpoint once, at start, who it is: what the start-up log says was reached.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use tokio::time::Instant;

use super::{Endpoint, Kind, Upstream, send};
use crate::body::RequestBody;
use crate::error::{Error, Kind as ErrorKind, Phase};

/// What an endpoint said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// A server that answers, with the names of its models if it has an API that tells.
    Models(Vec<String>),
    /// It answers, but not as its API should: the status that it gave.
    Status(u16),
}

/// The patience of a probe, and the most that it reads.
const DEADLINE: Duration = Duration::from_secs(5);
const LIMIT: usize = 4 * 1024 * 1024;

/// Asks one endpoint for its models (a plain upstream: for anything).
pub async fn probe(upstream: &Upstream, endpoint: &Endpoint) -> Result<Reached, Error> {
    match tokio::time::timeout(DEADLINE, ask(upstream, endpoint)).await {
        Ok(reached) => reached,
        Err(_elapsed) => Err(Error::new(ErrorKind::Timeout(Phase::FirstByte))),
    }
}

async fn ask(upstream: &Upstream, endpoint: &Endpoint) -> Result<Reached, Error> {
    let path = match upstream.kind() {
        Kind::Via => "/models",
        Kind::Ollama => "/api/tags",
        // A plain upstream has no path that is known to be harmless: that it accepts a connection must do.
        Kind::Http => {
            let conn = endpoint.connect().await.map_err(send::refused)?;
            conn.check_in(Instant::now());
            return Ok(Reached::Models(Vec::new()));
        }
    };
    let mut request = Request::new(RequestBody::Empty);
    *request.uri_mut() = http::Uri::from_static(path);
    let sent = send::send(upstream, Some(endpoint.number()), request).await?;
    let status = sent.head.status;
    let body = sent.body.collect(LIMIT).await;
    let body = body.map_err(|e| Error::new(ErrorKind::Body).source(e))?;
    Ok(if status.is_success() { Reached::Models(models(&body)) } else { Reached::Status(status.as_u16()) })
}

/// The names in VIA's `{"data":[{"id":…}]}` or Ollama's `{"models":[{"name":…}]}`.
fn models(body: &Bytes) -> Vec<String> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return Vec::new() };
    let list = body.get("data").or_else(|| body.get("models")).and_then(Value::as_array);
    let name = |model: &Value| model.get("id").or_else(|| model.get("name")).and_then(Value::as_str).map(str::to_owned);
    list.into_iter().flatten().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_models_of_both_apis() {
        let via = Bytes::from_static(br#"{"object":"list","data":[{"id":"cosmos-reason2","created":1}]}"#);
        let ollama = Bytes::from_static(br#"{"models":[{"name":"llama3:latest"},{"name":"qwen2.5:3b"}]}"#);
        assert_eq!(models(&via), ["cosmos-reason2"]);
        assert_eq!(models(&ollama), ["llama3:latest", "qwen2.5:3b"]);
        assert!(models(&Bytes::from_static(b"<html>")).is_empty());
    }
}
