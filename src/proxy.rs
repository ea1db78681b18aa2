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

mod busy;
mod downstream;
mod enrich;
mod error_response;
mod events;
mod exchange;
mod failure;
mod forward;
mod headers;
mod interim;
mod path;
mod request;
mod request_id;
mod response_body;
mod route;
mod trailers;
mod unseen;
mod upgrade;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Uri, Version, header};
use hyper::upgrade::Upgraded;
use tokio::time::Instant;

pub use self::downstream::{Downstream, Hosts};
use self::enrich::Plan;
pub use self::enrich::Settings as Timestamps;
pub use self::error_response::Dialect;
use self::exchange::Exchange;
use self::request_id::RequestId;
use self::response_body::Forwarded;
pub use self::response_body::ResponseBody;
pub use self::route::{Class, Deadlines, Mapping, Matched, Member, OnClientGone, Route, Router};
pub use self::upgrade::Tunnel;
use crate::access::{Access, Asked, Page, Place, Verdict};
use crate::body::{Incoming, Inspect, Patience, Progress, RequestBody};
use crate::error::{Error, Kind, Phase};
use crate::head::{AnswerHead, Fields, RequestHead};
use crate::metrics::Metrics;
use crate::pool::{self, Listener};
use crate::upstream::send::{self, Sending, Sent};
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
    via: Via,
}

/// This process in `Via`; unique, so that a request which comes back is recognised (RFC 9110, section 7.6.3).
#[derive(Debug)]
struct Via {
    /// As the receiver of HTTP/1.1.
    h1: Box<str>,
    /// As that of HTTP/2.
    h2: Box<str>,
}

/// A request that is ready to go.
enum Prepared<'a, I> {
    /// No further: this is the answer.
    Own(AnswerHead, Bytes),
    /// As an upgrade, on a connection of its own.
    Upgrades(RequestHead, &'a Arc<Route>, Option<usize>),
    /// To an endpoint of its route.
    Sends(Sending<'a, I>, Back<'a>),
    /// As before, and the client may go.
    Lasts(unseen::Lasting, Back<'a>),
}

/// What the way back needs to know of the way there.
struct Back<'a> {
    plan: Option<Plan>,
    /// The part of the path that is viaduct's own.
    prefix: &'a str,
    host: Option<Box<[u8]>>,
    /// Whether the client waits for `100 Continue`.
    expects: bool,
}

/// What the kernel keeps of an event stream of VIA that its client does not take: VIA drops it when a write has to wait
/// (contract: via, 3.1).
const SPOOL: usize = 4 * 1024 * 1024;

/// What came of a request.
enum Answer {
    /// The upstream's answer, and what is to be added to it.
    Passed(AnswerHead, pool::Answer, Option<Plan>),
    /// viaduct's own.
    Own(AnswerHead, Bytes),
    /// Neither side speaks HTTP any more.
    Switched(AnswerHead, Upgraded),
}

// === impl Proxy ===

impl Proxy {
    /// A proxy over these routes.
    pub fn new(settings: Settings, router: Router, metrics: Arc<Metrics>) -> Self {
        Self { settings, router, metrics, via: Via::new() }
    }

    /// Answers one request: with the upstream's answer, or with an error in its API's words. Dropping the future closes
    /// the upstream connection, if the request is on one.
    pub async fn handle(
        &self,
        downstream: Arc<Downstream>,
        head: &mut RequestHead,
        incoming: Incoming,
    ) -> (AnswerHead, ResponseBody) {
        let id = RequestId::of(&head.fields);
        let (metrics, idle) = (Arc::clone(&self.metrics), self.settings.idle);
        let page = self.settings.access.page(head);
        let mut exchange = Exchange::begin(downstream, metrics, idle, id, head.method.clone(), head.uri.clone());
        let mut prepared = self.prepare(&mut exchange, page.as_ref(), head, incoming);
        let answered = match prepared {
            // In its place, for it is large.
            Ok(Prepared::Sends(ref mut sending, ref mut back)) => {
                let sent = until_expired(exchange.downstream(), Pin::new(sending)).await;
                receive(&mut exchange, sent, back)
            }
            Ok(Prepared::Lasts(lasting, mut back)) => {
                let sent = unseen::Waiting::new(&mut exchange, lasting).answer().await;
                receive(&mut exchange, sent, &mut back)
            }
            // Boxed, for it is rare and not small.
            Ok(Prepared::Upgrades(head, route, pinned)) => Box::pin(switch(&mut exchange, route, pinned, head)).await,
            Ok(Prepared::Own(head, body)) => Ok(Answer::Own(head, body)),
            Err(error) => Err(error),
        };
        let (mut head, body) = match answered {
            Ok(Answer::Switched(head, upstream)) => {
                let downstream = exchange.downstream_arc();
                downstream.leave_tunnel(Tunnel::new(upstream, exchange));
                (head, ResponseBody::Made(Bytes::new()))
            }
            Ok(Answer::Own(head, body)) => answer(&mut exchange, head, body),
            Ok(Answer::Passed(mut head, incoming, _)) if exchange.is_via() && busy::may_be(&head, &incoming) => {
                // Boxed, for it is rare.
                match Box::pin(busy::settle(&mut exchange, &mut head, incoming)).await {
                    Ok(body) => answer(&mut exchange, head, body),
                    Err(error) => self.refuse(&mut exchange, &error),
                }
            }
            Ok(Answer::Passed(mut head, incoming, plan)) => {
                let body = Forwarded::new(incoming, exchange, &head.fields);
                let body = match plan {
                    Some(plan) => plan.enrich(&mut head, body),
                    None => ResponseBody::Forwarded(body),
                };
                (head, body)
            }
            Err(error) => self.refuse(&mut exchange, &error),
        };
        self.settings.access.mark(page.as_ref(), &mut head.fields);
        (head, body)
    }

    /// From the request as it came to the request as it goes. Not a future: everything that an `async fn` carries over an
    /// `await` is copied once more for every request.
    fn prepare<'a>(
        &'a self,
        exchange: &mut Exchange,
        page: Option<&Page>,
        head: &'a mut RequestHead,
        incoming: Incoming,
    ) -> Result<Prepared<'a, impl Fn(&Waker) -> Listener + Sync + Unpin + use<>>, Error> {
        request::settle(head)?;
        if request::is_last_hop(head) {
            let (head, body) = error_response::options();
            return Ok(Prepared::Own(head, body));
        }
        let Matched { route, prefix } = self.router.route(&head.method, head.uri.path())?;
        exchange.enter(route);
        let api = route.upstream.kind();
        self.check_host(&head.fields, api, exchange.downstream())?;
        self.check_loop(&head.fields)?;
        let asked = asked(route, &head.uri, prefix, &head.fields, exchange.downstream());
        let admitted = self.settings.access.admit(&asked, page, &mut head.fields, &mut exchange.key)?;
        let Verdict::Pass(inspector) = admitted else {
            let (head, body) = error_response::preflight();
            return Ok(Prepared::Own(head, body));
        };
        let pinned = pinned(&mut head.fields, &route.upstream)?;
        let plan = match api {
            Api::Via => self.settings.timestamps.plan(route.class, &head.method, head.version, &mut head.fields)?,
            Api::Ollama | Api::Http => None,
        };

        let has_body = asked.has_body;
        let is_upgrade = upgrade::is_asked(head, api, has_body);
        if head.version < Version::HTTP_11 {
            // RFC 9110, section 10.1.1: it means nothing there.
            head.fields.remove(&header::EXPECT);
        }
        let expects = has_body && headers::lists(&head.fields, &header::EXPECT, b"100-continue");
        // Only a `Location` that leads back here needs it, and only if paths differ.
        let host = (!prefix.is_empty() || route.upstream.has_base())
            .then(|| head.fields.get(&header::HOST).map(Into::into))
            .flatten();
        let via = self.via.of(head.version);
        forward::toward_upstream(head, exchange.downstream(), api, has_body, &exchange.id, via);
        if !prefix.is_empty() {
            head.uri = forward::strip(&head.uri, prefix)?;
        }
        if is_upgrade {
            return Ok(Prepared::Upgrades(head.take(), route, pinned));
        }
        let body = outgoing(has_body.then_some((incoming, inspector)), expects, exchange, &route.deadlines);
        let back = Back { plan, prefix, host, expects };
        if route.on_client_gone == OnClientGone::Finish {
            let lasting = unseen::lasting(Arc::clone(route), pinned, head.take(), body, listener(exchange));
            return Ok(Prepared::Lasts(lasting, back));
        }
        let sending = send::relay(&route.upstream, pinned, head, body, listener(exchange), exchange.started());
        Ok(Prepared::Sends(sending, back))
    }

    /// Whether the route serves this `Host` (design, section 3: Host). A plain upstream's is its own affair.
    fn check_host(&self, fields: &Fields, api: Api, downstream: &Downstream) -> Result<(), Error> {
        if api == Api::Http || self.settings.hosts.serve(fields.get(&header::HOST), downstream.is_loopback) {
            Ok(())
        } else {
            Err(Error::new(Kind::ForbiddenHost))
        }
    }

    /// Whether the request has been here before.
    fn check_loop(&self, fields: &Fields) -> Result<(), Error> {
        let has_been = |via: &str| headers::lists(fields, &header::VIA, via.as_bytes());
        if fields.contains(&header::VIA) && (has_been(&self.via.h1) || has_been(&self.via.h2)) {
            return Err(Error::new(Kind::Loop));
        }
        Ok(())
    }

    fn refuse(&self, exchange: &mut Exchange, error: &Error) -> (AnswerHead, ResponseBody) {
        let (mut head, body) = error_response::respond(error, exchange.dialect(self.settings.fallback));
        head.fields.insert(&forward::REQUEST_ID, &exchange.id);
        if let Some(endpoint) = exchange.endpoint() {
            head.fields.insert(&forward::UPSTREAM, endpoint.label());
        }
        exchange.refuse(error, head.status);
        (head, ResponseBody::Made(body))
    }
}

// === impl Via ===

impl Via {
    fn new() -> Self {
        let name = format!("viaduct-{:08x}", fastrand::u32(..));
        Self { h1: format!("1.1 {name}").into(), h2: format!("2.0 {name}").into() }
    }

    /// As the receiver of this version.
    fn of(&self, version: Version) -> &str {
        if version == Version::HTTP_2 { &self.h2 } else { &self.h1 }
    }
}

/// What a request asks for, as its access is judged.
fn asked<'a>(route: &Route, target: &'a Uri, prefix: &str, fields: &Fields, downstream: &Downstream) -> Asked<'a> {
    let (kind, path) = (route.upstream.kind(), target.path());
    Asked {
        place: Place { kind, class: route.class as usize, path },
        path: path.get(prefix.len()..).unwrap_or(path),
        is_upload: route.class == Class::Upload,
        // A proxy on this machine comes in over loopback, for a client that its PROXY header names.
        is_beyond: !(downstream.is_loopback && downstream.peer.ip().to_canonical().is_loopback()),
        has_body: request::announces_body(fields),
        max_body: route.max_body,
    }
}

/// What came of sending the request: the answer's head, rewritten for the client.
fn receive(exchange: &mut Exchange, sent: Result<Sent, Error>, back: &mut Back<'_>) -> Result<Answer, Error> {
    let (mut head, mut incoming, endpoint) = exchange.answered(sent.map_err(|error| exchange.blame(error))?);
    exchange.nominated = forward::toward_client(&mut head)?;
    forward::relocate(&mut head.fields, back.prefix, endpoint.base(), back.host.as_deref());
    enrich::distrust(&mut head.fields);
    mark(&mut head.fields, &endpoint, exchange);
    if exchange.is_via() && events::is_sse(&head.fields) {
        incoming.reserve(SPOOL);
    }
    if back.expects && !exchange.is_upload_done() {
        // RFC 9110, section 10.1.1: the client may send the body or not; nobody could tell it from a request.
        head.fields.insert(&header::CONNECTION, "close");
    }
    Ok(Answer::Passed(head, incoming, back.plan.take()))
}

/// An answer of viaduct's own that is no error.
fn answer(exchange: &mut Exchange, mut head: AnswerHead, body: Bytes) -> (AnswerHead, ResponseBody) {
    head.fields.insert(&forward::REQUEST_ID, &exchange.id);
    exchange.answer(head.status);
    (head, ResponseBody::Made(body))
}

/// Sends an upgrade, and tells what came of it.
async fn switch(
    exchange: &mut Exchange,
    route: &Route,
    pinned: Option<usize>,
    mut head: RequestHead,
) -> Result<Answer, Error> {
    upgrade::say(&mut head.fields);
    if let Some(first_byte) = route.deadlines.first_byte {
        exchange.clock().arm(Phase::FirstByte, Instant::now(), first_byte);
    }
    let sending = pin!(upgrade::send(&route.upstream, pinned, head));
    let (said, endpoint) = until_expired(exchange.downstream(), sending).await?;
    match said {
        upgrade::Said::Switched(mut head, upstream) => {
            exchange.answered_apart(Arc::clone(&endpoint), head.status);
            headers::end_hop(&mut head.fields);
            upgrade::say(&mut head.fields);
            mark(&mut head.fields, &endpoint, exchange);
            Ok(Answer::Switched(head, upstream))
        }
        upgrade::Said::Refused(response) => {
            exchange.answered_apart(Arc::clone(&endpoint), response.status());
            let (head, incoming) = response.into_parts();
            let mut head = AnswerHead::from(head);
            exchange.nominated = forward::toward_client(&mut head)?;
            mark(&mut head.fields, &endpoint, exchange);
            Ok(Answer::Passed(head, incoming.into(), None))
        }
    }
}

/// Says who answered, and to which request.
fn mark(fields: &mut Fields, endpoint: &Endpoint, exchange: &Exchange) {
    fields.insert_clean(&forward::UPSTREAM, endpoint.label().as_bytes());
    fields.insert_clean(&forward::REQUEST_ID, exchange.id.as_bytes());
}

/// Takes `x-viaduct-endpoint` out of the request: the number of the endpoint that it pins.
fn pinned(fields: &mut Fields, upstream: &Upstream) -> Result<Option<usize>, Error> {
    let Some(value) = fields.get(&forward::ENDPOINT) else { return Ok(None) };
    let number = str::from_utf8(value).ok().and_then(|number| number.parse().ok());
    fields.remove(&forward::ENDPOINT);
    match number {
        Some(number) if number < upstream.endpoints().len() => Ok(Some(number)),
        Some(_) => Err(Error::new(Kind::NoEndpoint)),
        None => Err(Error::new(Kind::BadRequest).detail("x-viaduct-endpoint is not a number")),
    }
}

/// The request's body as it goes upstream, its clocks set. Without a body the answer is waited for from now on, with one from
/// its last byte on.
fn outgoing(
    incoming: Option<(Incoming, Option<Box<dyn Inspect>>)>,
    expects_continue: bool,
    exchange: &mut Exchange,
    deadlines: &Deadlines,
) -> RequestBody {
    let Some((incoming, inspector)) = incoming else {
        if let Some(first_byte) = deadlines.first_byte {
            exchange.clock().arm(Phase::FirstByte, exchange.started(), first_byte);
        }
        return RequestBody::Empty;
    };
    let clock = Arc::clone(&exchange.downstream().clock);
    let Deadlines { upload, upload_rate, first_byte, .. } = deadlines;
    let patience = Patience { stall: *upload, pace: *upload_rate, first_byte: *first_byte };
    let progress = Arc::new(Progress::new(clock, patience, expects_continue));
    exchange.uploads(Arc::clone(&progress));
    RequestBody::upload(incoming, progress, inspector)
}

/// Passes interim answers on as they come, and wakes the connection's task to send them.
fn listener(exchange: &Exchange) -> impl Fn(&Waker) -> Listener + Sync + Unpin + use<> {
    let (turn, progress) = (Arc::clone(&exchange.downstream().turn), exchange.progress());
    move |waker| {
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
    mut future: Pin<&mut impl Future<Output = Result<T, Error>>>,
) -> Result<T, Error> {
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
