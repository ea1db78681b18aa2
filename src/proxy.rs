//! The road of one request, step by step.
//!
//! ```text
//! settle ─▶ route ─▶ host ─▶ access ─▶ heads rewritten ─▶ send ─┬─▶ pick an endpoint
//!                                                     └─▶ check a connection out, or dial
//! client ◀─ answer's body (carries the exchange) ◀─ timestamps ◀─ head rewritten ◀─┘
//! ```
//!
//! Nothing is buffered, nothing is spawned: an exchange is one future in its client's connection task, then one body in
//! the same task. Dropping either closes the upstream connection, which is how an upstream learns that its client left.

mod downstream;
mod enrich;
mod error_response;
mod exchange;
mod forward;
mod headers;
mod interim;
mod path;
mod request;
mod request_id;
mod response_body;
mod route;
mod upgrade;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Uri, Version, header, request::Parts};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use tokio::time::Instant;

pub use self::downstream::{Downstream, Hosts};
use self::enrich::Plan;
pub use self::enrich::Settings as Timestamps;
pub use self::error_response::Dialect;
use self::exchange::Exchange;
use self::forward::Persistence;
use self::response_body::Forwarded;
pub use self::response_body::ResponseBody;
pub use self::route::{Class, Deadlines, Mapping, Matched, Member, Route, Router};
pub use self::upgrade::Tunnel;
use crate::access::{Access, Asked, Page, Place, Verdict};
use crate::body::{Inspect, Progress, RequestBody};
use crate::error::{Error, Kind, Phase};
use crate::metrics::Metrics;
use crate::pool::{self, Listener};
use crate::upstream::send;
use crate::upstream::{Endpoint, Kind as Api, Upstream};

/// What every request is judged by.
#[derive(Debug)]
pub struct Settings {
    /// Which names a `Host` may have.
    pub hosts: Hosts,
    /// How long a client's connection may wait for its next request.
    pub idle: Duration,
    /// Who reads times from answers.
    pub timestamps: Timestamps,
    /// Which API's words refuse a request that has no route.
    pub fallback: Dialect,
    /// Who may ask for what.
    pub access: Access,
}

/// Takes requests from clients to upstreams and answers back.
#[derive(Debug)]
pub struct Proxy {
    settings: Settings,
    router: Router,
    metrics: Arc<Metrics>,
    /// This process in `Via`; unique, so that a request which comes back is recognised (RFC 9110, section 7.6.3).
    via: HeaderValue,
}

/// What came of a request.
enum Answer {
    /// The upstream's answer, and what is to be added to it.
    Passed(Response<pool::Answer>, Option<Plan>),
    /// viaduct's own.
    Own(Response<Bytes>),
    /// Neither side speaks HTTP any more.
    Switched(Response<Bytes>, Upgraded),
}

// === impl Proxy ===

impl Proxy {
    /// A proxy over these routes.
    pub fn new(settings: Settings, router: Router, metrics: Arc<Metrics>) -> Self {
        let via = HeaderValue::try_from(format!("1.1 viaduct-{:08x}", fastrand::u32(..)));
        Self { settings, router, metrics, via: via.unwrap_or_else(|_| HeaderValue::from_static("1.1 viaduct")) }
    }

    /// Answers one request: with the upstream's answer, or with an error in its API's words. Dropping the future closes
    /// the upstream connection, if the request is on one.
    pub async fn handle(&self, downstream: Arc<Downstream>, request: Request<Incoming>) -> Response<ResponseBody> {
        let (head, incoming) = request.into_parts();
        let id = request_id::of(&head.headers);
        let (metrics, idle) = (Arc::clone(&self.metrics), self.settings.idle);
        let persistence = Persistence::of(&head);
        let turn = Arc::clone(&downstream.turn);
        let page = self.settings.access.page(&head);
        let mut exchange = Exchange::begin(downstream, metrics, idle, id, head.method.clone(), head.uri.clone());
        let mut response = match self.forward(&mut exchange, page.as_ref(), head, incoming).await {
            Ok(Answer::Switched(response, upstream)) => {
                let downstream = exchange.downstream_arc();
                downstream.leave_tunnel(Tunnel::new(upstream, exchange));
                response.map(ResponseBody::Made)
            }
            Ok(Answer::Own(response)) => answer(&mut exchange, response),
            Ok(Answer::Passed(answer, plan)) => {
                let (mut head, incoming) = answer.into_parts();
                let body = Forwarded::new(incoming, exchange, &head.headers);
                let body = match plan {
                    Some(plan) => plan.enrich(&mut head, body),
                    None => ResponseBody::Forwarded(body),
                };
                Response::from_parts(head, body)
            }
            Err(error) => self.refuse(&mut exchange, &error),
        };
        self.settings.access.mark(page.as_ref(), response.headers_mut());
        persistence.settle(&mut response, &turn);
        response
    }

    /// From the request's head to the answer's.
    async fn forward(
        &self,
        exchange: &mut Exchange,
        page: Option<&Page>,
        mut head: Parts,
        incoming: Incoming,
    ) -> Result<Answer, Error> {
        request::settle(&mut head)?;
        if request::is_last_hop(&mut head) {
            return Ok(Answer::Own(error_response::options()));
        }
        let target = head.uri.clone();
        let Matched { route, prefix } = self.router.route(&head.method, target.path())?;
        exchange.enter(route);
        let api = route.upstream.kind();
        self.check_host(&head.headers, api, exchange.downstream())?;
        self.check_loop(&head.headers)?;
        let asked = asked(route, &target, prefix, &head.headers, exchange.downstream());
        let Verdict::Pass(inspector) =
            self.settings.access.admit(&asked, page, &mut head.headers, &mut exchange.key)?
        else {
            return Ok(Answer::Own(error_response::preflight()));
        };
        let pinned = pinned(&mut head.headers, &route.upstream)?;
        let plan = match api {
            Api::Via => self.settings.timestamps.plan(route.class, &head.method, head.version, &mut head.headers)?,
            Api::Ollama | Api::Http => None,
        };

        let has_body = asked.has_body;
        let is_upgrade = upgrade::is_asked(&head, api, has_body);
        if head.version < Version::HTTP_11 {
            // RFC 9110, section 10.1.1: it means nothing there.
            head.headers.remove(header::EXPECT);
        }
        let expects = has_body && headers::lists(&head.headers, &header::EXPECT, b"100-continue");
        let host = head.headers.get(header::HOST).cloned();
        forward::toward_upstream(&mut head, exchange.downstream(), api, has_body, &exchange.id, &self.via);
        if !prefix.is_empty() {
            head.uri = forward::strip(&target, prefix)?;
        }

        if is_upgrade {
            return switch(exchange, route, pinned, head).await;
        }
        let request = outgoing(head, has_body.then_some((incoming, inspector)), expects, exchange, route.deadlines);
        let waker = std::future::poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        let interim = listener(&waker, exchange);
        let sending = send::relay(&route.upstream, pinned, request, &interim);
        let sent = until_expired(exchange.downstream(), sending).await.map_err(|error| exchange.blame(error))?;
        let endpoint = Arc::clone(&sent.endpoint);
        let (mut head, incoming) = exchange.answered(sent).into_parts();
        forward::toward_client(&mut head, &exchange.downstream().turn)?;
        forward::relocate(&mut head.headers, prefix, endpoint.base(), host.as_ref());
        enrich::distrust(&mut head.headers);
        mark(&mut head.headers, &endpoint, exchange);
        if expects && !exchange.is_upload_done() {
            // RFC 9110, section 10.1.1: the client may send the body or not; nobody could tell it from a request.
            head.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(Answer::Passed(Response::from_parts(head, incoming), plan))
    }

    /// Whether the route serves this `Host` (design, section 3: Host). A plain upstream's is its own affair.
    fn check_host(&self, headers: &HeaderMap, api: Api, downstream: &Downstream) -> Result<(), Error> {
        if api == Api::Http || self.settings.hosts.serve(headers.get(header::HOST), downstream.is_loopback) {
            Ok(())
        } else {
            Err(Error::new(Kind::ForbiddenHost))
        }
    }

    /// Whether the request has been here before.
    fn check_loop(&self, headers: &HeaderMap) -> Result<(), Error> {
        if headers::lists(headers, &header::VIA, self.via.as_bytes()) { Err(Error::new(Kind::Loop)) } else { Ok(()) }
    }

    fn refuse(&self, exchange: &mut Exchange, error: &Error) -> Response<ResponseBody> {
        let mut response = error_response::respond(error, exchange.dialect(self.settings.fallback));
        response.headers_mut().insert(forward::REQUEST_ID, exchange.id.clone());
        if let Some(endpoint) = exchange.endpoint() {
            response.headers_mut().insert(forward::UPSTREAM, endpoint.label().clone());
        }
        exchange.refuse(error, response.status());
        response.map(ResponseBody::Made)
    }
}

/// What a request asks for, as its access is judged.
fn asked<'a>(route: &Route, target: &'a Uri, prefix: &str, headers: &HeaderMap, downstream: &Downstream) -> Asked<'a> {
    let (kind, path) = (route.upstream.kind(), target.path());
    Asked {
        place: Place { kind, class: route.class as usize, path },
        path: path.get(prefix.len()..).unwrap_or(path),
        is_upload: route.class == Class::Upload,
        is_beyond: !downstream.is_loopback,
        has_body: request::announces_body(headers),
        max_body: route.max_body,
    }
}

/// An answer of viaduct's own that is no error.
fn answer(exchange: &mut Exchange, mut response: Response<Bytes>) -> Response<ResponseBody> {
    response.headers_mut().insert(forward::REQUEST_ID, exchange.id.clone());
    exchange.answer(response.status());
    response.map(ResponseBody::Made)
}

/// Sends an upgrade, and tells what came of it.
async fn switch(
    exchange: &mut Exchange,
    route: &Route,
    pinned: Option<usize>,
    mut head: Parts,
) -> Result<Answer, Error> {
    upgrade::say(&mut head.headers);
    if let Some(first_byte) = route.deadlines.first_byte {
        exchange.clock().arm(Phase::FirstByte, Instant::now(), first_byte);
    }
    let sending = upgrade::send(&route.upstream, pinned, head);
    let (said, endpoint) = until_expired(exchange.downstream(), sending).await?;
    match said {
        upgrade::Said::Switched(mut head, upstream) => {
            exchange.answered_apart(Arc::clone(&endpoint), head.status);
            headers::end_hop(&mut head.headers);
            upgrade::say(&mut head.headers);
            mark(&mut head.headers, &endpoint, exchange);
            Ok(Answer::Switched(Response::from_parts(head, Bytes::new()), upstream))
        }
        upgrade::Said::Refused(response) => {
            exchange.answered_apart(Arc::clone(&endpoint), response.status());
            let (mut head, incoming) = response.into_parts();
            forward::toward_client(&mut head, &exchange.downstream().turn)?;
            mark(&mut head.headers, &endpoint, exchange);
            Ok(Answer::Passed(Response::from_parts(head, incoming.into()), None))
        }
    }
}

/// Says who answered, and to which request.
fn mark(headers: &mut HeaderMap, endpoint: &Endpoint, exchange: &Exchange) {
    headers.insert(forward::UPSTREAM, endpoint.label().clone());
    headers.insert(forward::REQUEST_ID, exchange.id.clone());
}

/// Takes `x-viaduct-endpoint` out of the request: the number of the endpoint that it pins.
fn pinned(headers: &mut HeaderMap, upstream: &Upstream) -> Result<Option<usize>, Error> {
    let Some(value) = headers.remove(forward::ENDPOINT) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|number| number.parse().ok());
    match number {
        Some(number) if number < upstream.endpoints().len() => Ok(Some(number)),
        Some(_) => Err(Error::new(Kind::NoEndpoint)),
        None => Err(Error::new(Kind::BadRequest).detail("x-viaduct-endpoint is not a number")),
    }
}

/// The request as it goes upstream, its clocks set. Without a body the answer is waited for from now on, with one from
/// its last byte on.
fn outgoing(
    head: Parts,
    incoming: Option<(Incoming, Option<Box<dyn Inspect>>)>,
    expects_continue: bool,
    exchange: &mut Exchange,
    deadlines: Deadlines,
) -> Request<RequestBody> {
    let Some((incoming, inspector)) = incoming else {
        if let Some(first_byte) = deadlines.first_byte {
            exchange.clock().arm(Phase::FirstByte, Instant::now(), first_byte);
        }
        return Request::from_parts(head, RequestBody::Empty);
    };
    let clock = Arc::clone(&exchange.downstream().clock);
    let progress = Arc::new(Progress::new(clock, deadlines.upload, deadlines.first_byte, expects_continue));
    exchange.uploads(Arc::clone(&progress));
    Request::from_parts(head, RequestBody::upload(incoming, progress, inspector))
}

/// Passes interim answers on as they come, and wakes the connection's task to send them.
fn listener(waker: &Waker, exchange: &Exchange) -> impl Fn() -> Listener + Sync + use<> {
    let (waker, turn, progress) = (waker.clone(), Arc::clone(&exchange.downstream().turn), exchange.progress());
    move || {
        let (waker, turn, progress) = (waker.clone(), Arc::clone(&turn), progress.clone());
        Box::new(move |status, headers| {
            interim::relay(&turn, progress.as_deref(), status, headers);
            waker.wake_by_ref();
        })
    }
}

/// The output of `future`, or the phase whose deadline the connection's timer found expired meanwhile. The timer wakes
/// the connection's task, and that task polls this future.
async fn until_expired<T>(
    Downstream { clock, turn, .. }: &Downstream,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => {
            clock.disarm(Phase::FirstByte);
            Poll::Ready(output)
        }
        Poll::Pending => match clock.expired() {
            Some(phase) => Poll::Ready(Err(Error::new(Kind::Timeout(phase)))),
            None if turn.is_flooded() => Poll::Ready(Err(Error::new(Kind::BadResponse).detail("too many hints"))),
            None => Poll::Pending,
        },
    })
    .await
}
