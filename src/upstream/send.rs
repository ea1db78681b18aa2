//! Sends one request to an upstream: pick an endpoint, check a connection out, send, and decide what may go again.
//!
//! The rules (contract: http-proxy, section 9): a refused connection passes to the next endpoint whatever the method,
//! for nothing was written; a request that a connection hands back unwritten goes again on a fresh connection; a GET, HEAD or
//! OPTIONS without a body that died on a *reused* connection before the first byte of its answer goes once more on a
//! fresh one; nothing else ever goes twice. Both callers, the proxy and the timestamps' model, live by the same rules.

use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{Method, Request, Response, Uri, header};

use super::{Endpoint, Kind, Upstream};
use crate::body::RequestBody;
use crate::error::{Error, Kind as ErrorKind, Phase};
use crate::pool::{Answer, ConnectError, Interim, SendError, deaf};

/// A request that was sent, up to the head of its answer.
#[derive(Debug)]
pub struct Sent {
    /// The answer's head, and its body to come, with the connection that it comes on.
    pub response: Response<Answer>,
    /// Who answers.
    pub endpoint: Arc<Endpoint>,
    /// How often the request had to go again.
    pub retries: u32,
}

/// Sends a request of viaduct's own; see [`relay`].
pub async fn send(upstream: &Upstream, pinned: Option<usize>, request: Request<RequestBody>) -> Result<Sent, Error> {
    relay(upstream, pinned, request, &deaf).await
}

/// Sends `request` to the endpoint `pinned`, or to the first that accepts a connection; interim answers are told to
/// what `interim` makes. Cancelling closes the connection, if the request is on one.
pub async fn relay(
    upstream: &Upstream,
    pinned: Option<usize>,
    mut request: Request<RequestBody>,
    interim: Interim<'_>,
) -> Result<Sent, Error> {
    let mut refusal = None;
    let mut retries = 0;
    let path = upstream.endpoints.iter().any(|e| !e.base.is_empty()).then(|| request.uri().clone());
    for endpoint in upstream.order().filter(|endpoint| pinned.is_none_or(|number| number == endpoint.number())) {
        address_to(upstream.kind(), endpoint, path.as_ref(), &mut request)?;
        match attempt(endpoint, request, interim, &mut retries).await {
            Ok(response) => return Ok(Sent { response, endpoint: Arc::clone(endpoint), retries }),
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
        Some(e) => refused(e),
    })
}

/// The error for a request that found no connection.
pub fn refused(e: ConnectError) -> Error {
    match (&e, e.objection()) {
        (_, Some(objection)) => Error::new(ErrorKind::Tls).detail(objection),
        (ConnectError::Timeout(_), None) => Error::new(ErrorKind::Timeout(Phase::Connect)),
        (_, None) => Error::new(ErrorKind::Connect),
    }
    .source(e)
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
    interim: Interim<'_>,
    retries: &mut u32,
) -> Result<Response<Answer>, Failure> {
    if let Some(conn) = endpoint.pool.check_out_idle().await {
        endpoint.metrics.reused.inc();
        match conn.send(request, interim).await {
            Ok(response) => return Ok(response),
            Err(failed) => request = again(failed).map_err(Failure::Lost)?,
        }
        *retries += 1;
        endpoint.metrics.retries.inc();
    }
    let conn = match endpoint.connect().await {
        Ok(conn) => conn,
        Err(e) => return Err(Failure::Refused(e, Box::new(request))),
    };
    conn.send(request, interim).await.map_err(|failed| Failure::Lost(lost(failed)))
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

/// The request to send once more, or the error for good.
fn again(mut failed: SendError) -> Result<Request<RequestBody>, Error> {
    match failed.request.take() {
        Some(request) if failed.is_unsent || (!failed.has_answered && may_repeat(&request)) => Ok(*request),
        _ => Err(lost(failed)),
    }
}

/// Whether a request may go twice: idempotent, and with no body to lose.
fn may_repeat(request: &Request<RequestBody>) -> bool {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    is_safe && matches!(request.body(), RequestBody::Empty)
}

fn lost(failed: SendError) -> Error {
    let error = match failed.cause.objection() {
        // In TLS 1.3 a server may object to our certificate when the handshake is long over for us.
        Some(objection) => Error::new(ErrorKind::Tls).detail(objection),
        None if failed.cause.is_malformed() => Error::new(ErrorKind::BadResponse),
        None => Error::new(ErrorKind::Send),
    };
    error.source(failed.cause)
}
