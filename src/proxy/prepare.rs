//! The way there: from a request as it came to the request as it goes.

use std::borrow::Borrow;
use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;
use http::{Uri, Version, header};

use super::downstream::Downstream;
use super::enrich::Plan;
use super::exchange::Exchange;
use super::route::{Class, Deadlines, Matched, OnClientGone, Route};
use super::{Proxy, error_response, forward, headers, interim, request, unseen, upgrade};
use crate::access::{Asked, Page, Place, Verdict};
use crate::body::{Incoming, Inspect, Patience, Progress, RequestBody};
use crate::error::{Error, Kind, Phase};
use crate::head::{AnswerHead, Fields, RequestHead};
use crate::pool::Listener;
use crate::turn::Turn;
use crate::upstream::send::{self, Sending};
use crate::upstream::{Kind as Api, Upstream};

/// This process in `Via`; unique, so that a request which comes back is recognised (RFC 9110, section 7.6.3).
#[derive(Debug)]
pub(super) struct Via {
    /// As the receiver of HTTP/1.1.
    h1: Box<str>,
    /// As that of HTTP/2.
    h2: Box<str>,
}

/// A request that is ready to go.
pub(super) enum Prepared<'a, I> {
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
pub(super) struct Back<'a> {
    pub plan: Option<Plan>,
    /// The part of the path that is viaduct's own.
    pub prefix: &'a str,
    pub host: Option<Box<[u8]>>,
    /// Whether the client waits for `100 Continue`.
    pub expects: bool,
}

// === impl Proxy ===

impl Proxy {
    /// From the request as it came to the request as it goes. Not a future: everything that an `async fn` carries over an
    /// `await` is copied once more for every request.
    pub(super) fn prepare<'a>(
        &'a self,
        exchange: &mut Exchange,
        downstream: &'a Downstream,
        page: Option<&Page>,
        head: &'a mut RequestHead,
        incoming: Incoming,
    ) -> Result<Prepared<'a, impl Fn(&Waker) -> Listener + Sync + Unpin + use<'a>>, Error> {
        request::settle(head)?;
        if request::is_last_hop(head) {
            let (head, body) = error_response::options();
            return Ok(Prepared::Own(head, body));
        }
        let Matched { route, prefix } = self.router.route(&head.method, head.uri.path())?;
        exchange.enter(route);
        let api = route.upstream.kind();
        self.check_host(&head.fields, api, downstream)?;
        self.check_loop(&head.fields)?;
        let asked = asked(route, &head.uri, prefix, &head.fields, downstream);
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
        forward::toward_upstream(head, downstream, api, has_body, &exchange.id, via);
        if !prefix.is_empty() {
            head.uri = forward::strip(&head.uri, prefix)?;
        }
        if is_upgrade {
            return Ok(Prepared::Upgrades(head.take(), route, pinned));
        }
        let body = outgoing(has_body.then_some((incoming, inspector)), expects, exchange, &route.deadlines);
        let back = Back { plan, prefix, host, expects };
        if route.on_client_gone == OnClientGone::Finish {
            let interim = listener(Arc::clone(&downstream.turn), exchange.progress());
            let lasting = unseen::lasting(Arc::clone(route), pinned, head.take(), body, interim);
            return Ok(Prepared::Lasts(lasting, back));
        }
        let interim = listener(&downstream.turn, exchange.progress());
        let sending = send::relay(&route.upstream, pinned, head, body, interim, exchange.started());
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
}

// === impl Via ===

impl Via {
    pub(super) fn new() -> Self {
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
fn listener<T: Borrow<Arc<Turn>>>(turn: T, progress: Option<Arc<Progress>>) -> impl Fn(&Waker) -> Listener {
    move |waker| {
        let (waker, turn, progress) = (waker.clone(), Arc::clone(turn.borrow()), progress.clone());
        Box::new(move |status, headers| {
            interim::relay(&turn, progress.as_deref(), status, headers);
            waker.wake_by_ref();
        })
    }
}
