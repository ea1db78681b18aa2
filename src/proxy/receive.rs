//! The way back: from what came of a request to the answer's head as its client gets it.

use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use http::header;
use hyper::upgrade::Upgraded;
use tokio::time::Instant;

use super::downstream::Downstream;
use super::enrich::{self, Plan};
use super::exchange::Exchange;
use super::prepare::Back;
use super::response_body::ResponseBody;
use super::route::Route;
use super::{events, forward, headers, upgrade};
use crate::error::{Error, Kind, Phase};
use crate::head::{AnswerHead, Fields, RequestHead};
use crate::pool;
use crate::upstream::Endpoint;
use crate::upstream::send::Sent;

/// What the kernel keeps of an event stream of VIA that its client does not take: VIA drops it when a write has to wait
/// (contract: via, 3.1).
const SPOOL: usize = 4 * 1024 * 1024;

/// What came of a request.
pub(super) enum Answer {
    /// The upstream's answer, and what is to be added to it.
    Passed(AnswerHead, pool::Answer, Option<Plan>),
    /// viaduct's own.
    Own(AnswerHead, Bytes),
    /// Neither side speaks HTTP any more.
    Switched(AnswerHead, Upgraded),
}

/// What came of sending the request: the answer's head, rewritten for the client.
pub(super) fn receive(
    exchange: &mut Exchange,
    sent: Result<Sent, Error>,
    back: &mut Back<'_>,
) -> Result<Answer, Error> {
    let (mut head, mut incoming) = exchange.answered(sent.map_err(|error| exchange.blame(error))?);
    exchange.nominated = forward::toward_client(&mut head)?;
    let base = exchange.endpoint().map_or("", Endpoint::base);
    forward::relocate(&mut head.fields, back.prefix, base, back.host.as_deref());
    enrich::distrust(&mut head.fields);
    mark(&mut head.fields, exchange);
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
pub(super) fn answer(exchange: &mut Exchange, mut head: AnswerHead, body: Bytes) -> (AnswerHead, ResponseBody) {
    head.fields.insert(&forward::REQUEST_ID, &exchange.id);
    exchange.answer(head.status);
    (head, ResponseBody::Made(body))
}

/// Sends an upgrade, and tells what came of it.
pub(super) async fn switch(
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
            exchange.answered_apart(endpoint, head.status);
            headers::end_hop(&mut head.fields);
            upgrade::say(&mut head.fields);
            mark(&mut head.fields, exchange);
            Ok(Answer::Switched(head, upstream))
        }
        upgrade::Said::Refused(response) => {
            exchange.answered_apart(endpoint, response.status());
            let (head, incoming) = response.into_parts();
            let mut head = AnswerHead::from(head);
            exchange.nominated = forward::toward_client(&mut head)?;
            mark(&mut head.fields, exchange);
            Ok(Answer::Passed(head, incoming.into(), None))
        }
    }
}

/// Says who answered, and to which request.
fn mark(fields: &mut Fields, exchange: &Exchange) {
    if let Some(endpoint) = exchange.endpoint() {
        fields.insert_clean(&forward::UPSTREAM, endpoint.label().as_bytes());
    }
    fields.insert_clean(&forward::REQUEST_ID, exchange.id.as_bytes());
}

/// The output of `future`, or the phase whose deadline the connection's timer found expired meanwhile. The timer wakes
/// the connection's task, and that task polls this future.
pub(super) async fn until_expired<T>(
    Downstream { clock, turn, .. }: &Downstream,
    mut future: Pin<&mut impl Future<Output = Result<T, Error>>>,
) -> Result<T, Error> {
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => {
            clock.disarm(Phase::FirstByte);
            // Hints and an answer may come together.
            Poll::Ready(if turn.is_flooded() { Err(flooded()) } else { output })
        }
        Poll::Pending => match clock.expired() {
            Some(phase) => Poll::Ready(Err(Error::new(Kind::Timeout(phase)))),
            None if turn.is_flooded() => Poll::Ready(Err(flooded())),
            None => Poll::Pending,
        },
    })
    .await
}

fn flooded() -> Error {
    Error::new(Kind::BadResponse).detail("too many hints")
}
