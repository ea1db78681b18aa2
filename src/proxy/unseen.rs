//! What goes on when the client has gone (design: Clients that leave).
//!
//! Most upstream connections close with their client's. Where a route says `finish`, the upstream would work on whatever
//! we did (VIA's summaries and captions): there the answer is read to its end, unseen, so that the exchange counts as
//! running for as long as it truly runs, and its connection is kept. That is also done while the head is still waited
//! for. Nothing is asked of the middleware, and the deadlines of the route go on.
//!
//! An upload that is not complete breaks off with its client and takes the connection along: nothing was asked yet.
//! So does a live stream as soon as it shows as one: VIA allows one reader for each id, and whoever comes back must not
//! find us in his place, reading his summaries.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;
use http_body::{Body, Frame};
use memchr::memmem;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use super::error_response::Dialect;
use super::events::Events;
use super::exchange::Exchange;
use super::receive::until_expired;
use super::route::Route;
use crate::body::RequestBody;
use crate::error::{Error, Kind, Phase};
use crate::head::RequestHead;
use crate::metrics::Metrics;
use crate::pool::{Answer, Listener};
use crate::upstream::send::{self, Sent};

/// How many exchanges go on unseen at once; beyond, the connection closes.
const LIMIT: i64 = 256;
/// In an event of a live stream (contract: via, 3.2).
const LIVE: &[u8] = br#""type": "timestamp""#;

/// A request on its way that does not need its client any more.
pub(super) type Lasting = Pin<Box<dyn Future<Output = Result<Sent, Error>> + Send>>;

/// Sends a request as [`send::relay`] does.
pub(super) fn lasting(
    route: Arc<Route>,
    pinned: Option<usize>,
    mut head: RequestHead,
    body: RequestBody,
    interim: impl Fn(&Waker) -> Listener + Send + Sync + Unpin + 'static,
) -> Lasting {
    Box::pin(async move { send::relay(&route.upstream, pinned, &mut head, body, interim, Instant::now()).await })
}

/// An exchange that waits for the head of its answer. Dropped while it waits, it goes on unseen.
pub(super) struct Waiting<'a> {
    exchange: &'a mut Exchange,
    sending: Option<Lasting>,
}

/// What is still to come.
enum Rest {
    Head(Lasting),
    Body(Answer, Option<Box<Events>>),
}

/// One of those that go on unseen.
struct Seat(Arc<Metrics>);

// === impl Waiting ===

impl<'a> Waiting<'a> {
    pub(super) fn new(exchange: &'a mut Exchange, sending: Lasting) -> Self {
        Self { exchange, sending: Some(sending) }
    }

    /// The answer's head.
    pub(super) async fn answer(mut self) -> Result<Sent, Error> {
        let Some(sending) = &mut self.sending else { return Err(Error::new(Kind::Send)) };
        let sent = until_expired(self.exchange.downstream(), Pin::new(sending)).await;
        self.sending = None;
        sent
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(sending) = self.sending.take() {
            go_on(self.exchange, Rest::Head(sending));
        }
    }
}

/// The client has left in the middle of an answer.
pub(super) fn read_on(exchange: &mut Exchange, incoming: Answer, events: Option<Box<Events>>) {
    go_on(exchange, Rest::Body(incoming, events));
}

/// Takes `exchange` over, if there is a seat; otherwise what is still to come is dropped with its connection.
fn go_on(exchange: &mut Exchange, rest: Rest) {
    let Ok(runtime) = Handle::try_current() else { return };
    let Some(seat) = Seat::take(exchange.metrics()) else { return };
    let head_by = exchange.remaining(Phase::FirstByte);
    let all_by = exchange.remaining(Phase::Total);
    let mut exchange = exchange.hand_over();
    runtime.spawn(async move {
        let _seat = seat;
        if let Err(error) = finish(&mut exchange, rest, head_by, all_by).await {
            exchange.note_unseen(&error);
        }
    });
}

async fn finish(
    exchange: &mut Exchange,
    rest: Rest,
    head_by: Option<Instant>,
    all_by: Option<Instant>,
) -> Result<(), Error> {
    let (mut incoming, mut events) = match rest {
        Rest::Body(incoming, events) => (incoming, events),
        Rest::Head(sending) => {
            let sent = in_time([(Phase::FirstByte, head_by), (Phase::Total, all_by)], sending).await?;
            let (head, incoming) = exchange.answered(sent?);
            let events = Events::of(&head.fields, exchange.dialect(Dialect::Text), exchange.class());
            (incoming, events)
        }
    };
    let silence = exchange.silence();
    while !incoming.is_end_stream() {
        let silent_by = silence.and_then(|silence| Instant::now().checked_add(silence));
        let frame = std::future::poll_fn(|cx| Pin::new(&mut incoming).poll_frame(cx));
        match in_time([(Phase::Silence, silent_by), (Phase::Total, all_by)], frame).await? {
            Some(Ok(frame)) if is_live(&frame) => return Ok(()),
            Some(Ok(frame)) => {
                if let Some((events, data)) = events.as_mut().zip(frame.data_ref())
                    && events.pass(data)
                {
                    exchange.fail_inside();
                }
            }
            Some(Err(e)) => return Err(Error::new(Kind::Body).source(e)),
            None => break,
        }
    }
    if events.is_some_and(|mut events| events.end()) {
        exchange.fail_inside();
    }
    exchange.regain(incoming.take_conn());
    exchange.release();
    Ok(())
}

fn is_live(frame: &Frame<Bytes>) -> bool {
    frame.data_ref().is_some_and(|data| memmem::find(data, LIVE).is_some())
}

/// The output of `future`, or the phase whose time is up before.
async fn in_time<T>(phases: [(Phase, Option<Instant>); 2], future: impl Future<Output = T>) -> Result<T, Error> {
    let first = phases.into_iter().filter_map(|(phase, by)| by.map(|by| (by, phase))).min_by_key(|(by, _)| *by);
    match first {
        Some((by, phase)) => timeout_at(by, future).await.map_err(|_| Error::new(Kind::Timeout(phase))),
        None => Ok(future.await),
    }
}

// === impl Seat ===

impl Seat {
    fn take(metrics: &Arc<Metrics>) -> Option<Self> {
        let seat = Self(Arc::clone(metrics));
        // Too many: the seat gives itself back.
        (metrics.unseen.inc() < LIMIT).then_some(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.unseen.dec();
    }
}
