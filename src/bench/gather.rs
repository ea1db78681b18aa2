//! From slices to a section of the report: spreads over rounds, pairs of the same round, distributions of all rounds.

use std::collections::BTreeMap;

use super::idle::float;
use super::load::Slice;
use super::metric::Metric;
use super::place::{Place, Role};
use super::record::{Latencies, latencies};
use super::report::{Added, Curve, Measure, Target};
use super::scenario::Scenario;
use super::statistics::Spread;

/// What is kept of one place over the rounds: numbers and merged histograms, not the slices.
#[derive(Debug)]
pub(super) struct Gathered {
    name: String,
    version: String,
    role: Role,
    metrics: &'static [Metric],
    /// For each metric its value in each round.
    values: Vec<Vec<Option<f64>>>,
    shares: Vec<f64>,
    latency: Latencies,
    first_event: Latencies,
    gap: Latencies,
    /// Of an open loop: how late the generator began.
    pub(super) lateness: Latencies,
    requests: u64,
    failed: u64,
    failures: BTreeMap<String, u64>,
    reopened: u64,
    unstarted: u64,
}

/// Of a curve, these shares: dense where tails are.
const SHARES: [f64; 21] = [
    0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 0.995, 0.999,
    0.9999, 1.0,
];

// === impl Gathered ===

impl Gathered {
    pub(super) fn new(place: &Place, scenario: Scenario) -> Self {
        let metrics = Metric::of_scenario(scenario);
        Self {
            name: place.name.clone(),
            version: place.version.clone(),
            role: place.role,
            metrics,
            values: vec![Vec::new(); metrics.len()],
            shares: Vec::new(),
            latency: latencies(),
            first_event: latencies(),
            gap: latencies(),
            lateness: latencies(),
            requests: 0,
            failed: 0,
            failures: BTreeMap::new(),
            reopened: 0,
            unstarted: 0,
        }
    }

    /// Takes the slice of the next round.
    pub(super) fn add(&mut self, slice: Slice) {
        for (values, metric) in self.values.iter_mut().zip(self.metrics) {
            values.push(metric.of(&slice));
        }
        self.shares.push(slice.generator.as_secs_f64() / slice.seconds);
        let record = slice.record;
        let pairs = [
            (&mut self.latency, &record.latency),
            (&mut self.first_event, &record.first_event),
            (&mut self.gap, &record.gap),
            (&mut self.lateness, &record.lateness),
        ];
        for (all, one) in pairs {
            // All have the same bounds, so that adding cannot fail.
            let _ = all.add(one);
        }
        self.requests += record.latency.len().saturating_sub(record.counts.unstarted);
        self.failed += record.counts.failed;
        self.reopened += record.counts.reopened;
        self.unstarted += record.counts.unstarted;
        for (failure, count) in record.failures {
            *self.failures.entry(failure).or_default() += count;
        }
    }

    /// The report of this place.
    pub(super) fn target(&self) -> Target {
        let measures = self.metrics.iter().zip(&self.values).filter_map(|(metric, values)| {
            Some(Measure {
                metric: metric.name().into(),
                label: metric.label().into(),
                unit: metric.unit().into(),
                better: better(*metric).into(),
                spread: Spread::of(values.iter().copied().flatten())?,
            })
        });
        let curves = [("latency", &self.latency), ("first_event", &self.first_event), ("gap", &self.gap)];
        Target {
            name: self.name.clone(),
            version: self.version.clone(),
            requests: self.requests,
            failed: self.failed,
            failures: self.failures.clone(),
            reopened: self.reopened,
            unstarted: self.unstarted,
            generator_share: Spread::of(self.shares.iter().copied()),
            metrics: measures.collect(),
            curves: curves.into_iter().filter_map(|(name, latencies)| curve(name, latencies)).collect(),
        }
    }

    /// This place beside another one, metric by metric.
    fn beside<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Added> + 'a {
        let both = self.values.iter().zip(&other.values);
        self.metrics.iter().zip(both).filter_map(|(metric, (ours, theirs))| {
            Some(Added {
                metric: metric.name().into(),
                label: metric.label().into(),
                unit: metric.unit().into(),
                better: better(*metric).into(),
                target: self.name.clone(),
                against: other.name.clone(),
                difference: Spread::of_pairs(ours, theirs, |ours, theirs| ours - theirs)?,
                ratio: Spread::of_pairs(ours, theirs, |ours, theirs| ours / theirs)?,
            })
        })
    }
}

/// Every proxy beside direct, and the proxy beside every peer.
pub(super) fn added(all: &[Gathered]) -> Vec<Added> {
    let of = |role: Role| all.iter().filter(move |one| one.role == role);
    let proxies = || all.iter().filter(|one| one.role != Role::Direct);
    let to_direct = of(Role::Direct).flat_map(|direct| proxies().flat_map(move |proxy| proxy.beside(direct)));
    let to_peers = of(Role::Proxy).flat_map(|proxy| of(Role::Peer).flat_map(move |peer| proxy.beside(peer)));
    to_direct.chain(to_peers).collect()
}

fn better(metric: Metric) -> &'static str {
    if metric.is_more_better() { "more" } else { "less" }
}

fn curve(name: &str, latencies: &Latencies) -> Option<Curve> {
    let points = SHARES.map(|share| (share, float(latencies.value_at_quantile(share)) / 1e3));
    (!latencies.is_empty()).then(|| Curve { name: name.into(), count: latencies.len(), points: points.into() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::super::record::Record;
    use super::super::url::Url;
    use super::*;

    fn slice(requests: u64, cpu: Option<u64>) -> Slice {
        let now = Instant::now();
        let mut record = Record::new((now, now + Duration::from_secs(1)));
        record.counts.requests = requests;
        record.latency.record_n(1000 * requests, requests).unwrap();
        Slice {
            record,
            seconds: 1.0,
            cpu: cpu.map(Duration::from_micros),
            generator: Duration::from_millis(100),
            memory: None,
            per_connection: None,
        }
    }

    #[test]
    fn pairs_places_by_round() {
        let url = Url::at(([127, 0, 0, 1], 1).into());
        let direct = Place::direct(url, ([127, 0, 0, 1], 1).into());
        let mut all = vec![Gathered::new(&direct, Scenario::Get)];
        for (name, role) in [("viaduct", Role::Proxy), ("nginx", Role::Peer)] {
            let place = Place { name: name.into(), role, ..direct.clone() };
            all.push(Gathered::new(&place, Scenario::Get));
        }
        for round in 1..4 {
            all[0].add(slice(100 * round, None));
            all[1].add(slice(50 * round, Some(500 * round)));
            all[2].add(slice(50 * round, Some(1000 * round)));
        }
        let added = added(&all);
        let find = |target: &str, against: &str, metric: &str| {
            added.iter().find(|one| one.target == target && one.against == against && one.metric == metric)
        };
        assert_eq!(find("viaduct", "direct", "requests_per_s").unwrap().ratio.rounds, [0.5; 3]);
        assert_eq!(find("viaduct", "nginx", "cpu_us_per_request").unwrap().difference.rounds, [-10.0; 3]);
        assert_eq!(find("viaduct", "direct", "cpu_us_per_request"), None);
        assert_eq!(find("nginx", "viaduct", "requests_per_s"), None);
        let target = all[1].target();
        assert_eq!((target.requests, target.measure("cpu_us_per_request").unwrap().spread.median), (300, 10.0));
        assert_eq!(target.curves.len(), 1);
    }
}
