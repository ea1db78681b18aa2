//! A running simulator: a listener, its connections, and what it counted.
//!
//! Each connection and each piece of work is a task of the server: [`Server::stop`] aborts and joins them all and
//! panics if one of them did; dropping the server aborts them; [`Server::kill`] lets every connection end in a reset,
//! as it does when a process crashes.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::sim::body::Body;
use crate::sim::fault::{self, Faults, Plan, Rules};
use crate::sim::head::{Head, Heads};
use crate::sim::tasks::Tasks;
use crate::sim::wire::{Conn, Wire};

/// More connections than this at a time are closed at accept.
const CONNECTIONS: usize = 8192;
const BACKLOG: u32 = 1024;

/// How a server listens.
#[derive(Debug, Clone)]
pub struct Options {
    /// Close a kept-alive connection after so long without a request.
    pub keep_alive: Option<Duration>,
    /// Listen only after so long: until then the port is taken, and connections to it are refused.
    pub start_delay: Duration,
    /// `Content-Type` instead of `content-type`, as Go writes it.
    pub title_case: bool,
    /// How many request heads to remember.
    pub heads: usize,
    /// The faults to start with.
    pub faults: Rules,
    /// Seed of the faults' chance.
    pub seed: u64,
}

/// What a server has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections accepted since the start.
    pub opened: u64,
    /// Connections open now.
    pub open: u64,
    /// Requests whose head was read.
    pub requests: u64,
    /// Requests whose response is not over.
    pub running: u64,
}

/// A request on its way through a simulator.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) request: Request<Incoming>,
    pub(crate) plan: Plan,
    pub(crate) conn: Arc<Conn>,
    pub(crate) peer: SocketAddr,
}

/// The future of a response.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// What a simulator answers.
pub(crate) trait Service: Send + Sync + 'static {
    /// Answers one request.
    fn answer(self: Arc<Self>, exchange: Exchange) -> Answer;

    /// An error of this API's own shape, for a fault that asks for it.
    fn failure(&self, status: StatusCode, path: &str) -> Response<Body>;
}

/// A running simulator.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    faults: Faults,
    heads: Heads,
    counts: watch::Sender<Counts>,
    tasks: Arc<Tasks>,
    killed: Arc<AtomicBool>,
    keep_alive: Option<Duration>,
    title_case: bool,
}

/// Counts something for as long as it lives.
struct Guard {
    shared: Arc<Shared>,
    conn: Option<Arc<Conn>>,
}

// === impl Options ===

impl Default for Options {
    fn default() -> Self {
        Self {
            keep_alive: None,
            start_delay: Duration::ZERO,
            title_case: false,
            heads: 64,
            faults: Rules::default(),
            seed: 0,
        }
    }
}

// === impl Server ===

impl Server {
    /// Binds `addr` (port 0 takes a free one) and serves from within the current runtime. `tasks` is where the
    /// service puts its own work, to end with the server.
    pub(crate) fn start<S: Service>(
        addr: SocketAddr,
        options: Options,
        tasks: &Arc<Tasks>,
        service: Arc<S>,
    ) -> io::Result<Self> {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        let addr = socket.local_addr()?;
        let shared = Arc::new(Shared {
            faults: Faults::new(options.faults, options.seed),
            heads: Heads::new(options.heads),
            counts: watch::Sender::default(),
            tasks: Arc::clone(tasks),
            killed: Arc::default(),
            keep_alive: options.keep_alive,
            title_case: options.title_case,
        });
        let accepting = Arc::clone(&shared);
        if options.start_delay.is_zero() {
            let listener = socket.listen(BACKLOG)?;
            tasks.spawn(async move { accepting.accept(listener, service).await });
        } else {
            tasks.spawn(async move {
                tokio::time::sleep(options.start_delay).await;
                let listener = socket.listen(BACKLOG).expect("a bound socket listens");
                accepting.accept(listener, service).await;
            });
        }
        Ok(Self { addr, shared })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://` and where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What it has seen so far.
    pub fn counts(&self) -> Counts {
        *self.shared.counts.borrow()
    }

    /// Waits until the counters fulfil `condition`; the counters then. It never gives up by itself.
    pub async fn until(&self, mut condition: impl FnMut(&Counts) -> bool) -> Counts {
        let mut counts = self.shared.counts.subscribe();
        match counts.wait_for(|counts| condition(counts)).await {
            Ok(counts) => *counts,
            Err(_) => self.counts(),
        }
    }

    /// The rules of misbehaviour, to be changed while it runs.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The last request heads, oldest first.
    pub fn heads(&self) -> Vec<Head> {
        self.shared.heads.list()
    }

    /// Ends it: no new connections, everything running aborted, all tasks waited for. Panics if one of them did.
    pub async fn stop(self) {
        self.shared.tasks.finish().await;
    }

    /// Ends it as a crash would: every connection is reset.
    pub async fn kill(self) {
        self.shared.killed.store(true, Relaxed);
        self.shared.tasks.finish().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.tasks.abort();
    }
}

// === impl Shared ===

impl Shared {
    async fn accept<S: Service>(self: Arc<Self>, listener: TcpListener, service: Arc<S>) {
        loop {
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: the pause lets some connections end.
                    tracing::debug!(%error, "simulator cannot accept");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            };
            self.counts.send_modify(|counts| counts.opened += 1);
            if self.faults.refuses() || self.tasks.len() >= CONNECTIONS {
                let _ = stream.set_zero_linger();
                continue;
            }
            // Small events must leave at once; a socket that refuses the option is only slower.
            let _ = stream.set_nodelay(true);
            self.counts.send_modify(|counts| counts.open += 1);
            let guard = Guard { shared: Arc::clone(&self), conn: None };
            self.tasks.spawn(Arc::clone(&self).serve(stream, peer, Arc::clone(&service), guard));
        }
    }

    async fn serve<S: Service>(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, service: Arc<S>, guard: Guard) {
        let conn = Arc::new(Conn::new(Arc::clone(&self.killed)));
        let wire = Wire::new(stream, Arc::clone(&conn), self.keep_alive);
        let answer = service_fn(|request| {
            let exchange = Arc::clone(&self).exchange(request, Arc::clone(&conn), peer, Arc::clone(&service));
            async move { Ok::<_, Infallible>(exchange.await) }
        });
        let mut protocol = http1::Builder::new();
        protocol.title_case_headers(self.title_case);
        let served = protocol.serve_connection(TokioIo::new(wire), answer).await;
        if let Err(error) = served {
            tracing::trace!(%error, %peer, "simulator lost a connection");
        }
        drop(guard);
    }

    async fn exchange<S: Service>(
        self: Arc<Self>,
        request: Request<Incoming>,
        conn: Arc<Conn>,
        peer: SocketAddr,
        service: Arc<S>,
    ) -> Response<Body> {
        conn.set_idle(false);
        self.heads.saw(&request);
        self.counts.send_modify(|counts| {
            counts.requests += 1;
            counts.running += 1;
        });
        let guard = Guard { shared: Arc::clone(&self), conn: Some(Arc::clone(&conn)) };
        let extra = match request.headers().get(fault::HEADER).map(|value| value.to_str().unwrap_or("?").parse()) {
            Some(Ok(rules)) => rules,
            // A misspelt fault must not look like a good answer.
            Some(Err(error)) => {
                let mut response = service.failure(StatusCode::NOT_IMPLEMENTED, request.uri().path());
                *response.body_mut() = Body::full(format!("{error}\n"));
                return response.map(|body| body.on(conn, Duration::ZERO, None, Box::new(guard)));
            }
            None => Rules::default(),
        };
        let plan = self.faults.plan(&extra);
        if !plan.delay.is_zero() {
            tokio::time::sleep(plan.delay).await;
        }
        if plan.hang {
            std::future::pending::<()>().await;
        }
        let failure = plan.status.and_then(|status| StatusCode::from_u16(status).ok());
        let response = match failure {
            Some(status) => service.failure(status, request.uri().path()),
            None => service.answer(Exchange { request, plan, conn: Arc::clone(&conn), peer }).await,
        };
        response.map(|body| body.on(conn, plan.pace, plan.cut, Box::new(guard)))
    }
}

// === impl Guard ===

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(conn) = &self.conn {
            conn.set_idle(true);
        }
        let connection = self.conn.is_none();
        self.shared.counts.send_modify(|counts| {
            let count = if connection { &mut counts.open } else { &mut counts.running };
            *count = count.saturating_sub(1);
        });
    }
}
