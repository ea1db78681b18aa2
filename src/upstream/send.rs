//! Sends one request to an upstream: pick an endpoint, check a connection out, send, and decide what may go again.
//!
//! The rules (contract: http-proxy, section 9): a refused connection passes to the next endpoint whatever the method,
//! for nothing was written; a request that a connection hands back unwritten goes again on a fresh connection; a GET, HEAD or
//! OPTIONS without a body that died on a *reused* connection before the first byte of its answer goes once more on a
//! fresh one; nothing else ever goes twice. Both callers, the proxy and the timestamps' model, live by the same rules.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use http::uri::PathAndQuery;
use http::{Method, Request, Uri, header};
use tokio::time::Instant;

use super::balance::Order;
use super::{Endpoint, Kind, Upstream};
use crate::body::RequestBody;
use crate::error::{Error, Kind as ErrorKind, Phase};
use crate::head::{AnswerHead, RequestHead};
use crate::pool::{Answer, ConnectError, Listener, PooledConn, SendError, deaf};

/// A request that was sent, up to the head of its answer.
#[derive(Debug)]
pub struct Sent {
    /// The answer's head.
    pub head: AnswerHead,
    /// Its body to come, with the connection that it comes on.
    pub body: Answer,
    /// The number of the endpoint that answers.
    pub endpoint: usize,
    /// How often the request had to go again.
    pub retries: u32,
}

/// Sends a request of viaduct's own; see [`relay`].
pub async fn send(upstream: &Upstream, pinned: Option<usize>, request: Request<RequestBody>) -> Result<Sent, Error> {
    let (head, body) = request.into_parts();
    relay(upstream, pinned, &mut head.into(), body, deaf, Instant::now()).await
}

/// Sends a request to the endpoint `pinned`, or to the first that accepts a connection; interim answers are told to
/// what `interim` makes. It is `now`, or was a moment ago. Cancelling closes the connection, if the request is on one.
pub fn relay<'a, I: Fn(&Waker) -> Listener + Sync + Unpin>(
    upstream: &'a Upstream,
    pinned: Option<usize>,
    head: &'a mut RequestHead,
    body: RequestBody,
    interim: I,
    now: Instant,
) -> Sending<'a, I> {
    Sending {
        kind: upstream.kind(),
        endpoints: upstream.order(),
        pinned,
        target: upstream.has_base().then(|| head.uri.clone()),
        head,
        body,
        interim,
        retries: 0,
        refusal: None,
        now,
        state: State::Next,
    }
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

/// A request on its way to the head of its answer. A state machine written by hand: an `async fn` for each step would
/// cost a copy of all that the request carries for each of them.
pub struct Sending<'a, I> {
    kind: Kind,
    /// Who is still to be tried.
    endpoints: Order<'a>,
    /// Who alone may be tried.
    pinned: Option<usize>,
    /// The target before an endpoint's base was put in front of it.
    target: Option<Uri>,
    /// Not its own, for it is large, and would be copied with it.
    head: &'a mut RequestHead,
    body: RequestBody,
    interim: I,
    retries: u32,
    /// Why the last endpoint took no connection.
    refusal: Option<ConnectError>,
    /// What time it is for the pools: looked up again only where time has gone by.
    now: Instant,
    state: State<'a>,
}

enum State<'a> {
    /// The next endpoint is to be tried.
    Next,
    /// An idle connection says whether it is alive.
    Idle(&'a Arc<Endpoint>, PooledConn),
    /// A connection is being made.
    Dials(&'a Arc<Endpoint>, Pin<Box<dyn Future<Output = Result<PooledConn, ConnectError>> + Send + 'a>>),
    /// The request is on a connection.
    Sent(&'a Arc<Endpoint>, PooledConn),
}

// === impl Sending ===

impl<I: Fn(&Waker) -> Listener + Sync + Unpin> Future for Sending<'_, I> {
    type Output = Result<Sent, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            this.state = match &mut this.state {
                State::Next => {
                    let Some(endpoint) = this.next_endpoint() else { return Poll::Ready(Err(this.nobody())) };
                    address_to(this.kind, endpoint, this.target.as_ref(), this.head)?;
                    idle_or_new(endpoint, this.now)
                }
                State::Idle(endpoint, conn) => {
                    let (endpoint, is_alive) = (*endpoint, ready!(conn.poll_ready(cx)));
                    match std::mem::replace(&mut this.state, State::Next) {
                        State::Idle(_, conn) if is_alive => {
                            endpoint.metrics.reused.inc();
                            this.begin(endpoint, conn, cx.waker())?
                        }
                        _ => idle_or_new(endpoint, this.now),
                    }
                }
                State::Dials(endpoint, dialling) => match ready!(dialling.as_mut().poll(cx)) {
                    Ok(conn) => {
                        let endpoint = *endpoint;
                        this.begin(endpoint, conn, cx.waker())?
                    }
                    Err(e) => {
                        tracing::debug!(endpoint = endpoint.label(), error = %e, "connection refused");
                        this.refusal = Some(e);
                        this.now = Instant::now();
                        State::Next
                    }
                },
                State::Sent(endpoint, conn) => {
                    let answered = ready!(conn.poll_answer(&this.interim, cx));
                    let (endpoint, is_reused) = (*endpoint, conn.is_reused());
                    match (answered, std::mem::replace(&mut this.state, State::Next)) {
                        (Ok((head, incoming)), State::Sent(_, conn)) => {
                            let (body, endpoint) = (Answer::new(incoming, conn), endpoint.number());
                            return Poll::Ready(Ok(Sent { head, body, endpoint, retries: this.retries }));
                        }
                        (Err(failed), _) if is_reused => this.again(endpoint, failed)?,
                        (Err(failed), _) => return Poll::Ready(Err(lost(failed))),
                        (Ok(_), _) => return Poll::Ready(Err(Error::new(ErrorKind::Send))),
                    }
                }
            };
        }
    }
}

impl<'a, I: Fn(&Waker) -> Listener + Sync> Sending<'a, I> {
    fn next_endpoint(&mut self) -> Option<&'a Arc<Endpoint>> {
        let pinned = self.pinned;
        self.endpoints.find(|endpoint| pinned.is_none_or(|number| number == endpoint.number()))
    }

    /// Puts the request on a connection.
    fn begin(&mut self, endpoint: &'a Arc<Endpoint>, mut conn: PooledConn, waker: &Waker) -> Result<State<'a>, Error> {
        let body = std::mem::replace(&mut self.body, RequestBody::Empty);
        match conn.begin(self.head, body, &self.interim, waker) {
            Ok(()) => Ok(State::Sent(endpoint, conn)),
            Err(failed) if conn.is_reused() => self.again(endpoint, failed),
            Err(failed) => Err(lost(failed)),
        }
    }

    /// After a failure on a connection that had been idle: once more on a new one, where that is allowed.
    fn again(&mut self, endpoint: &'a Arc<Endpoint>, mut failed: SendError) -> Result<State<'a>, Error> {
        match failed.body.take() {
            Some(body) if failed.is_unsent || (!failed.has_answered && may_repeat(self.head, &body)) => {
                self.body = body;
                self.retries += 1;
                endpoint.metrics.retries.inc();
                Ok(State::Dials(endpoint, Box::pin(endpoint.connect())))
            }
            _ => Err(lost(failed)),
        }
    }

    /// Nobody took a connection.
    fn nobody(&mut self) -> Error {
        self.refusal.take().map_or_else(|| Error::new(ErrorKind::NoEndpoint), refused)
    }
}

/// Tries an endpoint: an idle connection first, a new one if there is none.
fn idle_or_new(endpoint: &Arc<Endpoint>, now: Instant) -> State<'_> {
    match endpoint.pool.check_out_idle(now) {
        Some(conn) => State::Idle(endpoint, conn),
        None => State::Dials(endpoint, Box::pin(endpoint.connect())),
    }
}

/// Points the request at one endpoint: its base path, and for Ollama its `Host` (contract: ollama, 4.3; VIA's must
/// stay the client's, for its 307 locations are built from it).
fn address_to(kind: Kind, endpoint: &Endpoint, path: Option<&Uri>, head: &mut RequestHead) -> Result<(), Error> {
    if kind == Kind::Ollama || !head.fields.contains(&header::HOST) {
        head.fields.insert(&header::HOST, endpoint.pool.address().authority());
    }
    if let Some(path) = path {
        let path = path.path_and_query().map_or("/", PathAndQuery::as_str);
        let joined = format!("{}{path}", endpoint.base);
        head.uri = Uri::try_from(joined).map_err(|e| Error::new(ErrorKind::BadRequest).source(e))?;
    }
    Ok(())
}

/// Whether a request may go twice: idempotent, and with no body to lose.
fn may_repeat(head: &RequestHead, body: &RequestBody) -> bool {
    let is_safe = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
    is_safe && matches!(body, RequestBody::Empty)
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
