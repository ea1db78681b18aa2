//! Connections that become tunnels (RFC 9110, section 7.8; RFC 6455).
//!
//! Only WebSocket, only toward plain upstreams: neither VIA nor Ollama speaks it. An upgrade is sent on a connection of
//! its own, for it would not come back to the pool; refused, it is an ordinary exchange. Accepted, both connections
//! leave HTTP and are spliced until one side ends, falls silent for an hour, or the drain begins.

use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use http::{Method, Response, StatusCode, Uri, Version, header};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use super::exchange::Exchange;
use super::headers;
use crate::error::{Error, Kind};
use crate::head::{AnswerHead, Fields, RequestHead};
use crate::transport::Transport;
use crate::upstream::send::refused;
use crate::upstream::{Endpoint, Kind as Api, Upstream};

/// How long a tunnel may be silent in both directions.
const IDLE: Duration = Duration::from_secs(60 * 60);
/// One direction's buffer.
const BUFFER: usize = 16 * 1024;

/// The upstream's end of a connection that left HTTP, and the exchange that it was.
#[derive(Debug)]
pub struct Tunnel {
    upstream: Upgraded,
    exchange: Box<Exchange>,
}

/// What an upstream said to an upgrade.
pub(super) enum Said {
    /// It speaks the other protocol from now on.
    Switched(AnswerHead, Upgraded),
    /// It does not.
    Refused(Response<Incoming>),
}

/// Whether the client asks for a protocol that is passed on. Everything else asked for is simply not passed on.
pub(super) fn is_asked(head: &RequestHead, api: Api, has_body: bool) -> bool {
    api == Api::Http
        && !has_body
        && head.method == Method::GET
        && head.version == Version::HTTP_11
        && head.fields.contains(&header::UPGRADE)
        && headers::lists(&head.fields, &header::UPGRADE, b"websocket")
        && headers::lists(&head.fields, &header::CONNECTION, b"upgrade")
}

/// Says the upgrade anew, in either direction, after the hop-by-hop fields were taken out.
pub(super) fn say(fields: &mut Fields) {
    fields.insert(&header::CONNECTION, "upgrade");
    fields.insert(&header::UPGRADE, "websocket");
}

/// Sends an upgrade to the endpoint `pinned`, or to the first that accepts a connection, and tells its number.
/// Cancelling closes it.
pub(super) async fn send(
    upstream: &Upstream,
    pinned: Option<usize>,
    head: RequestHead,
) -> Result<(Said, usize), Error> {
    let mut refusal = None;
    for endpoint in upstream.order().filter(|endpoint| pinned.is_none_or(|number| number == endpoint.number())) {
        match endpoint.pool().dial().await {
            Ok(stream) => return Ok((ask(stream, endpoint, head).await?, endpoint.number())),
            Err(e) => refusal = Some(e),
        }
    }
    Err(refusal.map_or_else(|| Error::new(Kind::NoEndpoint), refused))
}

async fn ask(stream: Transport, endpoint: &Endpoint, mut head: RequestHead) -> Result<Said, Error> {
    let sent = |e: hyper::Error| Error::new(if e.is_parse() { Kind::BadResponse } else { Kind::Send }).source(e);
    if !endpoint.base().is_empty() {
        head.uri = Uri::try_from(format!("{}{}", endpoint.base(), head.uri))
            .map_err(|e| Error::new(Kind::BadRequest).source(e))?;
    }
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await.map_err(sent)?;
    // Ends when the answer is dropped, when it is complete, or when the connection was handed over.
    tokio::spawn(connection.with_upgrades());
    let mut response = sender.send_request(head.to_request(Empty::new())).await.map_err(sent)?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(Said::Refused(response));
    }
    if !headers::lists(&Fields::from_map(response.headers()), &header::UPGRADE, b"websocket") {
        return Err(Error::new(Kind::BadResponse).detail("a switch to a protocol that was not asked for"));
    }
    let upgraded = hyper::upgrade::on(&mut response).await.map_err(sent)?;
    Ok(Said::Switched(response.into_parts().0.into(), upgraded))
}

/// When bytes last passed, whichever way.
struct Heard {
    epoch: Instant,
    millis: AtomicU64,
}

// === impl Tunnel ===

impl Tunnel {
    pub(super) fn new(upstream: Upgraded, exchange: Box<Exchange>) -> Self {
        exchange.metrics().tunnels_open.inc();
        Self { upstream, exchange }
    }

    /// Passes bytes on until both sides have ended, one broke, nothing came for an hour, or `drain` resolves: then both
    /// are closed. `early` is what the client sent right behind its request. Dropping it closes both at once.
    pub async fn run(mut self, mut client: Transport, early: &[u8], drain: impl Future<Output = ()>) {
        let mut upstream = TokioIo::new(&mut self.upstream);
        let heard = Heard::new();
        let mut up = 0;
        let mut down = 0;
        {
            let (mut client_reads, mut client_writes) = tokio::io::split(&mut client);
            let (mut upstream_reads, mut upstream_writes) = tokio::io::split(&mut upstream);
            let upward = async {
                upstream_writes.write_all(early).await?;
                upstream_writes.flush().await?;
                up += early.len();
                pass(&mut client_reads, &mut upstream_writes, &heard, &mut up).await
            };
            let downward = pass(&mut upstream_reads, &mut client_writes, &heard, &mut down);
            let both = async { tokio::try_join!(upward, downward).map(|_| ()) };
            tokio::select! {
                biased;
                _ = both => {}
                () = silence(&heard) => {}
                () = drain => {}
            }
        }
        let _ = client.shutdown().await;
        let _ = upstream.shutdown().await;
        self.exchange.gave(down);
        self.exchange.took(up);
        self.exchange.complete();
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.exchange.metrics().tunnels_open.dec();
    }
}

// === impl Heard ===

impl Heard {
    fn new() -> Self {
        Self { epoch: Instant::now(), millis: AtomicU64::new(0) }
    }

    fn now(&self) {
        self.millis.store(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX), Relaxed);
    }

    fn at(&self) -> Instant {
        self.epoch + Duration::from_millis(self.millis.load(Relaxed))
    }
}

/// One direction, until its end, which is passed on too.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    heard: &Heard,
    count: &mut usize,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let bytes = from.read(&mut buffer).await?;
        if bytes == 0 {
            return to.shutdown().await;
        }
        heard.now();
        to.write_all(&buffer[..bytes]).await?;
        to.flush().await?;
        *count += bytes;
    }
}

/// Resolves when nothing was heard for too long.
async fn silence(heard: &Heard) {
    let mut timer = pin!(tokio::time::sleep_until(heard.at() + IDLE));
    loop {
        timer.as_mut().await;
        let until = heard.at() + IDLE;
        if until <= Instant::now() {
            return;
        }
        timer.as_mut().reset(until);
    }
}
