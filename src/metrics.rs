//! What viaduct counts, in Prometheus' terms.
//!
//! Labels are resolved once, when routes and endpoints are built: on the road of a request a metric is an atomic
//! addition on a handle, and no map is looked up.

mod exchanges;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tokio::runtime::Handle;

pub use self::exchanges::Exchanges;
use self::exchanges::Routes;
use crate::error::{Phase, Side};

/// Every metric of one viaduct.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    exchanges: Routes,
    cut_bodies: Family<CutLabels, Counter>,
    failed_inside: Family<RouteLabels, Counter>,
    expired: Family<PhaseLabels, Counter>,
    opened: Family<EndpointLabels, Counter>,
    reused: Family<EndpointLabels, Counter>,
    connect_failures: Family<EndpointLabels, Counter>,
    retries: Family<UpstreamLabels, Counter>,
    timestamps: Family<TimestampsLabels, Counter>,
    timestamps_seconds: Family<TimestampsLabels, Histogram, fn() -> Histogram>,
    /// The handles of the labels above that were met: few, the usual ones first.
    timestamps_met: RwLock<Vec<(TimestampsLabels, Counter, Histogram)>>,
    untouched: Family<ReasonLabels, Counter>,
    model_calls: Family<ResultLabels, Counter>,
    refused: Family<ReasonLabels, Counter>,
    handshake_failures: Family<ReasonLabels, Counter>,
    tls_reloads: Family<ResultLabels, Counter>,
    tasks: Gauge,
    /// Body bytes that went to clients inside the kernel.
    pub spliced: Counter,
    /// Client connections open now.
    pub downstream_open: Gauge,
    /// Exchanges that go on though their client has gone.
    pub unseen: Gauge,
    /// Connections that left HTTP and are spliced.
    pub tunnels_open: Gauge,
    /// Client connections accepted.
    pub downstream_accepted: Counter,
}

/// The handles of one route toward one upstream.
#[derive(Debug)]
pub struct RouteMetrics {
    /// What every exchange counts.
    pub exchanges: Arc<Exchanges>,
    /// Answers that did not reach their end, by the side that broke off.
    pub cut: [Counter; 2],
    /// Streams of status 200 in which the upstream told of a failure.
    pub failed_inside: Counter,
    /// Deadlines that expired, by phase.
    pub expired: [Counter; Phase::ALL.len()],
}

/// The handles of one endpoint.
#[derive(Debug, Default)]
pub struct EndpointMetrics {
    /// Connections opened.
    pub opened: Counter,
    /// Requests sent on a connection that had been used before.
    pub reused: Counter,
    /// Connections that could not be opened.
    pub connect_failures: Counter,
    /// Requests that had to go again, by upstream.
    pub retries: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
    upstream: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CutLabels {
    route: String,
    upstream: String,
    side: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PhaseLabels {
    route: String,
    upstream: String,
    phase: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndpointLabels {
    upstream: String,
    endpoint: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UpstreamLabels {
    upstream: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TimestampsLabels {
    mode: &'static str,
    status: &'static str,
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

/// Microseconds for the parser, seconds for a model.
fn timestamps_histogram() -> Histogram {
    Histogram::new([0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.01, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0])
}

// === impl Metrics ===

impl Metrics {
    /// All metrics, at zero.
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("viaduct"),
            exchanges: Routes::default(),
            cut_bodies: Family::default(),
            failed_inside: Family::default(),
            expired: Family::default(),
            opened: Family::default(),
            reused: Family::default(),
            connect_failures: Family::default(),
            retries: Family::default(),
            timestamps: Family::default(),
            timestamps_seconds: Family::new_with_constructor(timestamps_histogram),
            timestamps_met: RwLock::default(),
            untouched: Family::default(),
            model_calls: Family::default(),
            refused: Family::default(),
            handshake_failures: Family::default(),
            tls_reloads: Family::default(),
            tasks: Gauge::default(),
            spliced: Counter::default(),
            downstream_open: Gauge::default(),
            unseen: Gauge::default(),
            tunnels_open: Gauge::default(),
            downstream_accepted: Counter::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register_collector(Box::new(self.exchanges.clone()));
        r.register_with_unit("spliced", "Given to clients inside the kernel", Unit::Bytes, self.spliced.clone());
        r.register(
            "cut_bodies",
            "Answers that did not reach their end, by the side that broke off",
            self.cut_bodies.clone(),
        );
        r.register(
            "failed_inside",
            "Streams of status 200 in which the upstream told of a failure, or that lacked their end",
            self.failed_inside.clone(),
        );
        r.register("expired_phases", "Deadlines that expired", self.expired.clone());
        r.register("upstream_connections_opened", "Connections opened", self.opened.clone());
        r.register("upstream_connections_reused", "Requests sent on a used connection", self.reused.clone());
        r.register("upstream_connect_failures", "Connections that could not be opened", self.connect_failures.clone());
        r.register("retries", "Requests that had to go again", self.retries.clone());
        r.register("timestamps", "Answers that got a timestamps object", self.timestamps.clone());
        r.register_with_unit(
            "timestamps",
            "What the answer's last byte waited for its timestamps",
            Unit::Seconds,
            self.timestamps_seconds.clone(),
        );
        r.register(
            "timestamps_untouched",
            "Answers that asked for timestamps and got none, by reason",
            self.untouched.clone(),
        );
        r.register("timestamps_model_calls", "Questions to the model, by result", self.model_calls.clone());
        r.register(
            "refused",
            "Requests and connections that were refused before they went to a route, by reason",
            self.refused.clone(),
        );
        r.register(
            "handshake_failures",
            "Client connections that were refused before HTTP, by reason",
            self.handshake_failures.clone(),
        );
        r.register("tls_reloads", "Certificates read again, by result", self.tls_reloads.clone());
        r.register("requests_unseen", "Exchanges that go on though their client has gone", self.unseen.clone());
        r.register("tasks", "Tasks alive now, those of the process itself included", self.tasks.clone());
        r.register("tunnels_open", "Connections that became tunnels open now", self.tunnels_open.clone());
        r.register("downstream_connections_open", "Client connections open now", self.downstream_open.clone());
        r.register("downstream_connections", "Client connections accepted", self.downstream_accepted.clone());
    }

    /// The handles of a route toward an upstream.
    pub fn route(&self, route: &str, upstream: &str) -> RouteMetrics {
        let labels = RouteLabels { route: route.into(), upstream: upstream.into() };
        let RouteLabels { route, upstream } = labels.clone();
        let cut = |side| CutLabels { route: route.clone(), upstream: upstream.clone(), side };
        let phase =
            |phase: Phase| PhaseLabels { route: route.clone(), upstream: upstream.clone(), phase: phase.word() };
        RouteMetrics {
            exchanges: self.exchanges.of(&labels),
            cut: ["downstream", "upstream"].map(|side| self.cut_bodies.get_or_create_owned(&cut(side))),
            failed_inside: self.failed_inside.get_or_create_owned(&labels),
            expired: Phase::ALL.map(|p| self.expired.get_or_create_owned(&phase(p))),
        }
    }

    /// The handles of an endpoint.
    pub fn endpoint(&self, upstream: &str, endpoint: usize) -> EndpointMetrics {
        let upstream = upstream.to_owned();
        let labels = EndpointLabels { upstream: upstream.clone(), endpoint };
        EndpointMetrics {
            opened: self.opened.get_or_create_owned(&labels),
            reused: self.reused.get_or_create_owned(&labels),
            connect_failures: self.connect_failures.get_or_create_owned(&labels),
            retries: self.retries.get_or_create_owned(&UpstreamLabels { upstream }),
        }
    }

    /// An answer got its timestamps; its last byte had to wait so long for them.
    pub fn timestamps(&self, mode: &'static str, status: &'static str, source: Option<&'static str>, waited: Duration) {
        let labels = TimestampsLabels { mode, status, source: source.unwrap_or("none") };
        let met = self.timestamps_met.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, counter, histogram)) = met.iter().find(|(met, ..)| *met == labels) {
            counter.inc();
            histogram.observe(waited.as_secs_f64());
            return;
        }
        drop(met);
        self.timestamps_first(labels, waited);
    }

    #[cold]
    fn timestamps_first(&self, labels: TimestampsLabels, waited: Duration) {
        let counter = self.timestamps.get_or_create_owned(&labels);
        let histogram = self.timestamps_seconds.get_or_create_owned(&labels);
        counter.inc();
        histogram.observe(waited.as_secs_f64());
        let mut met = self.timestamps_met.write().unwrap_or_else(PoisonError::into_inner);
        // another answer may have been first
        if met.iter().all(|(met, ..)| *met != labels) {
            met.push((labels, counter, histogram));
        }
    }

    /// An answer that should have got timestamps was left alone.
    pub fn untouched(&self, reason: &'static str) {
        self.untouched.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// A question to the model ended.
    pub fn model_call(&self, result: &'static str) {
        self.model_calls.get_or_create(&ResultLabels { result }).inc();
    }

    /// A client's connection was closed by a deadline of its own, between or before exchanges.
    pub fn expired_connection(&self, phase: Phase) {
        let labels = PhaseLabels { route: "none".into(), upstream: "none".into(), phase: phase.word() };
        self.expired.get_or_create(&labels).inc();
    }

    /// A request or a connection was refused before it went anywhere.
    pub fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// A client's connection was refused before HTTP.
    pub fn handshake_failed(&self, reason: &'static str) {
        self.handshake_failures.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// Certificates were read again.
    pub fn tls_reloaded(&self, result: &'static str) {
        self.tls_reloads.get_or_create(&ResultLabels { result }).inc();
    }

    /// The `OpenMetrics` text of everything. The runtime it is called in is the one whose tasks are counted.
    pub fn encode(&self) -> String {
        if let Ok(runtime) = Handle::try_current() {
            self.tasks.set(runtime.metrics().num_alive_tasks().try_into().unwrap_or(i64::MAX));
        }
        let mut text = String::with_capacity(16 * 1024);
        // Writing to a String cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

// === impl RouteMetrics ===

impl RouteMetrics {
    /// Counts an answer that broke off.
    pub fn count_cut(&self, side: Side) {
        self.cut[usize::from(side != Side::Downstream)].inc();
    }
}
