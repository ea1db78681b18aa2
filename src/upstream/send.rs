//! Sends one request to an upstream: pick an endpoint, check a connection out, send, and decide what may go again.
//!
//! The rules (contract: http-proxy, section 9): a refused connection passes to the next endpoint whatever the method,
//! for nothing was written; a request that hyper hands back unwritten goes again on a fresh connection; a GET, HEAD or
//! OPTIONS without a body that died on a *reused* connection before the first byte of its answer goes once more on a
//! fresh one; nothing else ever goes twice. Both callers, the proxy and the timestamps' model, live by the same rules.

use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Response, Uri, header};
use hyper::body::Incoming;

use super::{Endpoint, Kind, Upstream};
use crate::body::RequestBody;
use crate::error::{Error, Kind as ErrorKind, Phase};
use crate::pool::{ConnectError, PooledConn, SendError};

/// A request that was sent, up to the head of its answer.
#[derive(Debug)]
pub struct Sent {
    /// The answer's head, and its body to come.
    pub response: Response<Incoming>,
    /// The connection that the body comes on.
    pub conn: PooledConn,
    /// Who answers.
    pub endpoint: Arc<Endpoint>,
    /// How often the request had to go again.
    pub retries: u32,
}

/// Sends `request` to the endpoint `pinned`, or to the first that accepts a connection. Cancelling closes the
/// connection, if the request is on one.
pub async fn send(
    upstream: &Upstream,
    pinned: Option<usize>,
    mut request: Request<RequestBody>,
) -> Result<Sent, Error> {
    let mut refusal = None;
    let mut retries = 0;
    let path = upstream.endpoints.iter().any(|e| !e.base.is_empty()).then(|| request.uri().clone());
    for endpoint in upstream.order().filter(|endpoint| pinned.is_none_or(|number| number == endpoint.number())) {
        address_to(upstream.kind(), endpoint, path.as_ref(), &mut request)?;
        match attempt(endpoint, request, &mut retries).await {
            Ok((response, conn)) => return Ok(Sent { response, conn, endpoint: Arc::clone(endpoint), retries }),
            Err(Failure::Refused(e, unsent)) => {
                tracing::debug!(endpoint = ?endpoint.label(), error = %e, "connection refused");
                refusal = Some(e);
                request = *unsent;
            }
            Err(Failure::Lost(e)) => return Err(e),
        }
    }
    Err(match refusal {
        None => Error::new(ErrorKind::NoEndpoint),
        Some(e @ ConnectError::Timeout(_)) => Error::new(ErrorKind::Timeout(Phase::Connect)).source(e),
        Some(e) => Error::new(ErrorKind::Connect).source(e),
    })
}

/// Why an endpoint gave no answer.
enum Failure {
    /// It accepted no connection: the request is unsent.
    Refused(ConnectError, Box<Request<RequestBody>>),
    /// The request may have been acted on, or its answer is broken.
    Lost(Error),
}

/// Tries one endpoint: an idle connection first, then at most one fresh one.
async fn attempt(
    endpoint: &Arc<Endpoint>,
    mut request: Request<RequestBody>,
    retries: &mut u32,
) -> Result<(Response<Incoming>, PooledConn), Failure> {
    if let Some(mut conn) = endpoint.pool.check_out_idle().await {
        endpoint.metrics.reused.inc();
        let replay = replay_of(&request);
        match conn.conn().send(request).await {
            Ok(response) => return Ok((response, conn)),
            Err(failed) => request = again(failed, replay).map_err(Failure::Lost)?,
        }
        *retries += 1;
        endpoint.metrics.retries.inc();
    }
    let mut conn = match endpoint.connect().await {
        Ok(conn) => conn,
        Err(e) => return Err(Failure::Refused(e, Box::new(request))),
    };
    match conn.conn().send(request).await {
        Ok(response) => Ok((response, conn)),
        Err(failed) => Err(Failure::Lost(lost(failed))),
    }
}

/// Points the request at one endpoint: its base path, and for Ollama its `Host` (contract: ollama, 4.3; VIA's must
/// stay the client's, for its 307 locations are built from it).
fn address_to(
    kind: Kind,
    endpoint: &Endpoint,
    path: Option<&Uri>,
    request: &mut Request<RequestBody>,
) -> Result<(), Error> {
    if kind == Kind::Ollama || !request.headers().contains_key(header::HOST) {
        request.headers_mut().insert(header::HOST, endpoint.pool.address().authority().clone());
    }
    if let Some(path) = path {
        let path = path.path_and_query().map_or("/", PathAndQuery::as_str);
        let joined = format!("{}{path}", endpoint.base);
        *request.uri_mut() = Uri::try_from(joined).map_err(|e| Error::new(ErrorKind::BadRequest).source(e))?;
    }
    Ok(())
}

/// The head of a request that may go twice: idempotent, and with no body to lose.
fn replay_of(request: &Request<RequestBody>) -> Option<(Method, Uri, HeaderMap)> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    (safe && matches!(request.body(), RequestBody::Empty))
        .then(|| (request.method().clone(), request.uri().clone(), request.headers().clone()))
}

/// The request to send once more, or the error for good.
fn again(failed: SendError, replay: Option<(Method, Uri, HeaderMap)>) -> Result<Request<RequestBody>, Error> {
    match (failed, replay) {
        (SendError { unsent: Some(request), .. }, _) => Ok(request),
        (SendError { answered: false, .. }, Some((method, uri, headers))) => {
            let mut request = Request::new(RequestBody::Empty);
            *request.method_mut() = method;
            *request.uri_mut() = uri;
            *request.headers_mut() = headers;
            Ok(request)
        }
        (failed, _) => Err(lost(failed)),
    }
}

fn lost(failed: SendError) -> Error {
    let kind = if failed.source.is_parse() { ErrorKind::BadResponse } else { ErrorKind::Send };
    Error::new(kind).source(failed.source)
}
