//! Upstreams: a named group of endpoints that speak one API, and how a request gets to one of them.
//!
//! All that is known of an endpoint (address, pool, whether it refused lately, counters) lives in its [`Endpoint`],
//! together: there is no second table to fall out of step with the first.

pub mod balance;
pub mod probe;
pub mod send;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use self::balance::{Order, RoundRobin};
use crate::metrics::{EndpointMetrics, Metrics};
use crate::pool::{Address, Codec, ConnectError, Connector, Pool, PooledConn, Settings};
use crate::tls::Expected;

/// Which API an upstream speaks; brings routes, deadlines, error shape and probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// NVIDIA VIA 2.x.
    Via,
    /// Ollama.
    Ollama,
    /// Anything that speaks HTTP/1.1.
    Http,
}

/// A named group of endpoints.
#[derive(Debug)]
pub struct Upstream {
    name: Box<str>,
    kind: Kind,
    endpoints: Vec<Arc<Endpoint>>,
    turn: RoundRobin,
}

/// One address of an upstream, with all that is known of it.
#[derive(Debug)]
pub struct Endpoint {
    number: usize,
    label: Box<str>,
    base: Box<str>,
    pool: Arc<Pool>,
    /// Requests sent and connections made.
    pub metrics: EndpointMetrics,
    epoch: Instant,
    /// Milliseconds after `epoch` until which this endpoint is asked last; 0 when it did not refuse.
    rests_until: AtomicU64,
}

/// An endpoint as a user writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Host and port.
    pub address: Address,
    /// What goes in front of every request's path: empty, or a path that begins with `/` and does not end with one.
    pub base: String,
    /// Whom TLS has to find there; `None` for plain HTTP.
    pub tls: Option<Expected>,
}

/// How long an endpoint that refused a connection is asked only after all others.
const REST: Duration = Duration::from_secs(1);

// === impl Kind ===

impl Kind {
    /// The word in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Via => "via",
            Self::Ollama => "ollama",
            Self::Http => "http",
        }
    }

    /// Pool limits that suit the API: VIA's server closes idle connections after 5 s, Ollama's never does.
    pub fn pool(self) -> Settings {
        let idle = match self {
            Self::Via => Duration::from_secs(4),
            Self::Ollama | Self::Http => Duration::from_secs(60),
        };
        Settings {
            idle,
            max_idle: 128,
            max_age: Duration::from_secs(600),
            connect: Duration::from_secs(2),
            http: Codec::default(),
        }
    }
}

// === impl Upstream ===

impl Upstream {
    /// An upstream with an endpoint and a pool for each location.
    pub fn new(name: &str, kind: Kind, locations: Vec<Location>, pool: &Settings, metrics: &Metrics) -> Arc<Self> {
        let endpoints = locations
            .into_iter()
            .enumerate()
            .map(|(number, location)| Arc::new(Endpoint::new(name, number, location, pool.clone(), metrics)))
            .collect();
        Arc::new(Self { name: name.into(), kind, endpoints, turn: RoundRobin::default() })
    }

    /// Its name, as answers and metrics show it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The API that it speaks.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its endpoints, by number.
    pub fn endpoints(&self) -> &[Arc<Endpoint>] {
        &self.endpoints
    }

    /// The endpoints in the order in which a request should try them: each in its turn, those that refused lately last.
    pub fn order(&self) -> Order<'_> {
        self.turn.order(&self.endpoints)
    }

    /// Whether an endpoint puts a path in front of every request's.
    pub fn has_base(&self) -> bool {
        self.endpoints.iter().any(|endpoint| !endpoint.base.is_empty())
    }

    /// Drops connections that were idle too long, on every endpoint.
    pub fn sweep(&self, now: Instant) {
        for endpoint in &self.endpoints {
            endpoint.pool.sweep(now);
        }
    }
}

// === impl Endpoint ===

impl Endpoint {
    fn new(upstream: &str, number: usize, location: Location, pool: Settings, metrics: &Metrics) -> Self {
        Self {
            number,
            label: format!("{upstream}/{number}").into(),
            base: location.base.into(),
            pool: Pool::new(Connector::new(location.address, location.tls), pool),
            metrics: metrics.endpoint(upstream, number),
            epoch: Instant::now(),
            rests_until: AtomicU64::new(0),
        }
    }

    /// Its place in the upstream, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// `NAME/NUMBER`: how answers, logs and metrics name it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What goes in front of every request's path.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Its connections.
    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// A new connection; remembers and counts whether there was one. Cancelling abandons the dial.
    pub async fn connect(&self) -> Result<PooledConn, ConnectError> {
        let conn = self.pool.connect().await;
        self.connected(Instant::now(), conn.is_ok());
        let counter = if conn.is_ok() { &self.metrics.opened } else { &self.metrics.connect_failures };
        counter.inc();
        conn
    }

    /// Whether it refused a connection so lately that others are asked first.
    pub fn rests(&self, now: Instant) -> bool {
        let until = self.rests_until.load(Relaxed);
        until != 0 && millis(now.saturating_duration_since(self.epoch)) < until
    }

    /// A connection was refused, or made.
    pub fn connected(&self, now: Instant, accepted: bool) {
        let until = if accepted { 0 } else { millis(now.saturating_duration_since(self.epoch) + REST) };
        self.rests_until.store(until, Relaxed);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
