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
mod prepare;
mod receive;
mod request;
mod request_id;
mod response_body;
mod route;
mod trailers;
mod unseen;
mod upgrade;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use self::downstream::{Downstream, Hosts};
pub use self::enrich::Settings as Timestamps;
pub use self::error_response::Dialect;
use self::exchange::Exchange;
use self::prepare::{Prepared, Via};
use self::receive::{Answer, answer, receive, switch, until_expired};
use self::request_id::RequestId;
use self::response_body::Forwarded;
pub use self::response_body::ResponseBody;
pub use self::route::{Class, Deadlines, Mapping, Matched, Member, OnClientGone, Route, Router};
pub use self::upgrade::Tunnel;
use crate::access::Access;
use crate::body::Incoming;
use crate::error::Error;
use crate::head::{AnswerHead, RequestHead};

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
    via: Via,
}

// === impl Proxy ===

impl Proxy {
    /// A proxy over these routes.
    pub fn new(settings: Settings, router: Router) -> Self {
        Self { settings, router, via: Via::new() }
    }

    /// Answers one request: with the upstream's answer, or with an error in its API's words. Dropping the future closes
    /// the upstream connection, if the request is on one.
    pub async fn handle(
        &self,
        downstream: &Arc<Downstream>,
        head: &mut RequestHead,
        incoming: Incoming,
    ) -> (AnswerHead, ResponseBody) {
        let id = RequestId::of(&head.fields);
        let page = self.settings.access.page(head);
        let mut exchange =
            Exchange::begin(Arc::clone(downstream), self.settings.idle, id, head.method.clone(), head.uri.clone());
        let mut prepared = self.prepare(&mut exchange, downstream, page.as_ref(), head, incoming);
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
