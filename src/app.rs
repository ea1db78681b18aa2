//! Builds everything from a configuration, binds, runs, drains.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::access::{Access, FULL, Seats};
use crate::admin;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::proxy::{self, Dialect, Member, Proxy, Router};
use crate::server::conn::{self, Heads, Patience, Shared};
use crate::server::door::Door;
use crate::server::renewal::Kept;
pub use crate::server::renewal::Reload;
use crate::server::{Drain, listener, renewal};
use crate::timestamps::ask::Asker;
use crate::upstream::probe::{self, Reached};
use crate::upstream::{Kind, Upstream};

/// A viaduct whose listeners are bound.
#[derive(Debug)]
pub struct App {
    listeners: Vec<(TcpListener, Arc<Door>)>,
    kept: Vec<Kept>,
    reload: Reload,
    admin: Option<TcpListener>,
    seats: Arc<Seats>,
    shared: Arc<Shared>,
    upstreams: Vec<Arc<Upstream>>,
    model: Option<String>,
    drain: Duration,
    drain_delay: Duration,
}

/// A listener that cannot be had.
#[derive(Debug)]
pub struct BindError {
    address: SocketAddr,
    source: io::Error,
}

/// How often idle connections are looked through: half a second late is early enough for VIA's five.
const SWEEP: Duration = Duration::from_millis(500);

// === impl App ===

impl App {
    /// Binds every listener. Needs a tokio runtime.
    pub fn bind(config: Config) -> Result<Self, BindError> {
        let bind = |address: SocketAddr| listener::bind(address).map_err(|source| BindError { address, source });
        let metrics = Arc::new(Metrics::new());
        let acceptor = config.tls.as_ref().map(|tls| Arc::clone(&tls.acceptor));
        let door = |is_secure: bool| {
            let door = Door::new(config.downstream.head, Arc::clone(&metrics));
            let door = door.with_headers_from(config.proxy_protocol.clone());
            Arc::new(door.with_tls(acceptor.clone().filter(|_| is_secure)))
        };
        let listeners = config.listeners().map(|(address, is_secure)| Ok((bind(address)?, door(is_secure))));
        let listeners = listeners.collect::<Result<_, _>>()?;
        let admin = config.admin.map(bind).transpose()?;
        let kept = kept(&config);
        let members: Vec<_> = config
            .upstreams
            .into_iter()
            .map(|u| Member {
                upstream: Upstream::new(&u.name, u.kind, u.locations, &u.pool, &metrics),
                deadlines: u.deadlines,
                on_client_gone: u.on_client_gone,
                max_body: u.max_body,
            })
            .collect();
        let upstreams: Vec<_> = members.iter().map(|member| Arc::clone(&member.upstream)).collect();
        let router = Router::new(members, config.mappings, config.v1_to_via, &metrics);
        let model = config.timestamps.model;
        let home = config.timestamps.upstream;
        let home = upstreams.iter().find(|upstream| home.as_deref() == Some(upstream.name()));
        let asker = home
            .zip(model.clone())
            .map(|(home, model)| Asker::new(Arc::clone(home), model, config.timestamps.dialect, Arc::clone(&metrics)));
        let timestamps =
            proxy::Timestamps { mode: config.timestamps.mode, is_explicit: config.timestamps.is_explicit, asker };
        let settings = proxy::Settings {
            hosts: config.hosts,
            idle: config.downstream.idle,
            timestamps,
            fallback: fallback(&upstreams),
            access: Access::new(config.access),
        };
        let seats = Seats::new(config.connections, [&config.trusted[..], &config.proxy_protocol].concat());
        let patience = Patience { head: config.downstream.head, write: config.downstream.write };
        let shared = Arc::new(Shared {
            proxy: Proxy::new(settings, router),
            metrics,
            settings: conn::Settings {
                patience,
                idle: config.downstream.idle,
                heads: Heads { bytes: config.downstream.max_head, fields: config.downstream.max_fields },
                http2: config.downstream.http2,
                splice: config.downstream.splice,
                trusted: config.trusted,
            },
        });
        let (drain, drain_delay) = (config.drain, config.drain_delay);
        Ok(Self {
            listeners,
            kept,
            reload: Reload::default(),
            admin,
            seats,
            shared,
            upstreams,
            model,
            drain,
            drain_delay,
        })
    }

    /// Where clients connect.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|(listener, _)| listener.local_addr().ok()).collect()
    }

    /// Where probes and metrics are.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Asks it, once it runs, to read its certificates again.
    pub fn reload(&self) -> Reload {
        self.reload.clone()
    }

    /// Serves until `stop` resolves, then drains. Returns whether everything that ran had ended in time.
    pub async fn run(self, stop: impl Future<Output = ()>) -> bool {
        let drain = Drain::new();
        for (listener, door) in self.listeners {
            let (shared, seats, watch) = (Arc::clone(&self.shared), Arc::clone(&self.seats), drain.watch());
            let serve = move |tcp, peer: SocketAddr| {
                let (door, shared, watch) = (Arc::clone(&door), Arc::clone(&shared), watch.clone());
                let seat = seats.take(peer.ip());
                async move {
                    let Some(mut seat) = seat else {
                        return turn_away(&shared.metrics, &tcp, peer, &door);
                    };
                    if let Some((stream, client)) = door.enter(tcp, peer, watch.clone()).await {
                        if client.ip() != peer.ip() && !seat.is_for(client.ip()) {
                            return shared.metrics.refused("connections");
                        }
                        conn::serve(shared, stream, client, watch).await;
                    }
                }
            };
            tokio::spawn(listener::accept(listener, drain.watch(), serve));
        }
        // The admin listener stays until the very end: it is what tells the drain to the world.
        let end = Drain::new();
        let readiness = drain.readiness();
        let admin = self.admin.map(|admin| {
            let metrics = Arc::clone(&self.shared.metrics);
            tokio::spawn(admin::serve(admin, end.watch(), readiness, metrics))
        });
        let metrics = Arc::clone(&self.shared.metrics);
        let has_files = !self.kept.is_empty();
        let renewal = has_files.then(|| tokio::spawn(renewal::keep(self.kept, self.reload, metrics)));
        let sweeper = tokio::spawn(sweep(self.upstreams.clone()));
        let prober = tokio::spawn(report(self.upstreams, self.model));
        stop.await;
        drain.unready();
        if !self.drain_delay.is_zero() {
            tracing::info!(delay = ?self.drain_delay, "unready; still accepting");
            tokio::time::sleep(self.drain_delay).await;
        }
        tracing::info!(within = ?self.drain, "draining");
        prober.abort();
        let is_clean = drain.drain(self.drain).await;
        sweeper.abort();
        if let Some(renewal) = renewal {
            renewal.abort();
        }
        if let Some(admin) = admin {
            admin.abort();
        }
        is_clean
    }
}

/// What is read from files that may change.
fn kept(config: &Config) -> Vec<Kept> {
    let listeners = config.tls.iter().map(|tls| Kept::Listeners(Arc::clone(&tls.acceptor)));
    let upstreams = config.upstreams.iter().filter_map(|upstream| {
        // All endpoints of an upstream have one in common.
        let client = upstream.locations.iter().find_map(|location| location.tls.as_ref())?.client();
        client.has_files().then(|| Kept::Upstream(upstream.name.clone(), Arc::clone(client)))
    });
    listeners.chain(upstreams).collect()
}

/// Closes a connection for which there is no seat. What it hears is a courtesy: nobody waits until it has gone.
fn turn_away(metrics: &Metrics, tcp: &TcpStream, peer: SocketAddr, door: &Door) {
    metrics.refused("connections");
    tracing::debug!(client = %peer, "too many connections");
    if !door.has_tls() {
        // Not through tokio, which does not know yet that a new socket can be written.
        let _ = SockRef::from(tcp).send(FULL);
    }
}

/// The words for a request that has no route: those of the API that most requests are for.
fn fallback(upstreams: &[Arc<Upstream>]) -> Dialect {
    let has = |kind| upstreams.iter().any(|upstream| upstream.kind() == kind);
    match () {
        () if has(Kind::Via) => Dialect::Via,
        () if has(Kind::Ollama) => Dialect::Ollama,
        () => Dialect::Text,
    }
}

async fn sweep(upstreams: Vec<Arc<Upstream>>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        for upstream in &upstreams {
            upstream.sweep(Instant::now());
        }
    }
}

/// Tries each endpoint once and says what was reached. Nothing depends on it: each request finds out for itself.
async fn report(upstreams: Vec<Arc<Upstream>>, model: Option<String>) {
    for upstream in &upstreams {
        for endpoint in upstream.endpoints() {
            let name = endpoint.label();
            let address = endpoint.pool().address();
            match probe::probe(upstream, endpoint).await {
                Ok(Reached::Models(models)) => {
                    tracing::info!(upstream = name, %address, models = %models.join(", "), "reached");
                    if let Some(model) = model.as_deref().filter(|_| upstream.kind() == Kind::Ollama)
                        && !models.iter().any(|have| is_model(have, model))
                    {
                        tracing::warn!(
                            upstream = name,
                            model,
                            "the model of the timestamps is not there: answers that need it will say `unavailable`"
                        );
                    }
                }
                Ok(Reached::Status(status)) => {
                    tracing::warn!(upstream = name, %address, status, "reached, but it does not answer as its API should");
                }
                Err(e) => {
                    let cause = std::error::Error::source(&e).map(ToString::to_string).unwrap_or_default();
                    tracing::warn!(upstream = name, %address, error = %e, cause, "not reached; requests will try again");
                }
            }
        }
    }
}

/// Ollama's names carry a tag, a user's need not (contract: ollama, 5.6).
fn is_model(have: &str, want: &str) -> bool {
    let want = want.trim_start_matches("registry.ollama.ai/").trim_start_matches("library/");
    have.eq_ignore_ascii_case(want) || have.strip_suffix(":latest").is_some_and(|have| have.eq_ignore_ascii_case(want))
}

// === impl BindError ===

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}", self.address)
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
