//! The result of a run: what the JSON holds (`schema.json` describes it), and what table and page are drawn from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use super::statistics::Spread;

/// The version of the JSON's shape; another one is another shape.
pub const SCHEMA: &str = "viaduct-bench/1";

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// The viaduct that measured, and that was measured unless another proxy was named.
    pub viaduct: String,
    /// `release` or `debug`.
    pub build: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// The command line.
    pub command: Vec<String>,
    /// What it ran on.
    pub machine: Machine,
    /// Seconds of each recorded slice.
    pub duration_s: f64,
    /// Slices of each target of each scenario.
    pub rounds: usize,
    /// Worker threads of each proxy that the bench started.
    pub workers: usize,
    /// One part for each scenario.
    pub scenarios: Vec<Section>,
    /// What to know before believing it.
    pub warnings: Vec<String>,
}

/// A scenario's results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Its name.
    pub scenario: String,
    /// What was asked.
    pub request: String,
    /// Connections at a time.
    pub connections: usize,
    /// Requests a second of an open loop, where latency counts from the intended start; `null`: a closed loop.
    pub rate: Option<f64>,
    /// Bytes of a request's body.
    pub body_bytes: u64,
    /// `direct`, the proxy, then peers.
    pub targets: Vec<Target>,
    /// What proxies add to `direct`, and how the proxy compares with each peer, in pairs of the same round.
    pub added: Vec<Added>,
    /// What to know before believing it.
    pub warnings: Vec<String>,
}

/// One place's results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// `direct`, `viaduct`, `proxy`, `nginx`, `haproxy`.
    pub name: String,
    /// Of its program, if known.
    pub version: String,
    /// Exchanges that ended well, over all rounds.
    pub requests: u64,
    /// Exchanges that did not.
    pub failed: u64,
    /// Why not, with how often.
    pub failures: BTreeMap<String, u64>,
    /// Connections that the other side had closed between two requests.
    pub reopened: u64,
    /// Requests of an open loop that were due and could not begin.
    pub unstarted: u64,
    /// Share of the time in which the load generator ran or waited for a core.
    pub generator_share: Option<Spread>,
    /// The numbers.
    pub metrics: Vec<Measure>,
    /// Latencies of all rounds together.
    pub curves: Vec<Curve>,
}

/// One number of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Stable, with its unit.
    pub metric: String,
    /// For people.
    pub label: String,
    /// Of the values.
    pub unit: String,
    /// `less` or `more`.
    pub better: String,
    /// Over the rounds.
    #[serde(flatten)]
    pub spread: Spread,
}

/// What a target's number is beside another's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Added {
    /// Which metric.
    pub metric: String,
    /// For people.
    pub label: String,
    /// Of the difference.
    pub unit: String,
    /// `less` or `more`.
    pub better: String,
    /// Whose.
    pub target: String,
    /// Compared with whose.
    pub against: String,
    /// Target minus the other, by round.
    pub difference: Spread,
    /// Target divided by the other, by round.
    pub ratio: Spread,
}

/// A distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// `latency`, `first_event` or `gap`.
    pub name: String,
    /// Values that it is made of.
    pub count: u64,
    /// Share of values that are not greater, and the greatest of them in microseconds.
    pub points: Vec<(f64, f64)>,
}

// === impl Report ===

impl Report {
    /// Exchanges that failed, anywhere.
    pub fn failed(&self) -> u64 {
        self.scenarios.iter().flat_map(|section| &section.targets).map(|target| target.failed).sum()
    }
}

// === impl Section ===

impl Section {
    /// What `target`'s metric is beside `against`'s.
    pub fn added(&self, target: &str, against: &str, metric: &str) -> Option<&Added> {
        self.added.iter().find(|one| one.target == target && one.against == against && one.metric == metric)
    }

    /// The proxy that this is about.
    pub fn proxy(&self) -> Option<&Target> {
        self.targets.get(1)
    }
}

// === impl Target ===

impl Target {
    /// A number by its name.
    pub fn measure(&self, metric: &str) -> Option<&Measure> {
        self.metrics.iter().find(|measure| measure.metric == metric)
    }
}
