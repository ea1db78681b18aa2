//! What every exchange counts, in parts of which each worker has one; summed when they are read. What only one thread
//! writes needs no locked operation either.

use std::array::from_fn;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use super::RouteLabels;
use crate::parts::{Mine, Parts};

/// The status classes; index 0 is 1xx.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// Upper bounds of the times to the first byte, in microseconds: milliseconds for lists, minutes for summaries.
const BOUNDS: [u64; 17] = [
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    300_000_000,
    1_800_000_000,
];

/// The exchanges of one route toward one upstream.
#[derive(Debug)]
pub struct Exchanges(Parts<Part>);

/// One worker's.
#[derive(Debug, Default)]
struct Part {
    /// Those that run; below zero, in two's complement, where they end on another worker than they began on.
    running: AtomicU64,
    ended: [AtomicU64; CLASSES.len()],
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
    /// Microseconds, all together.
    first_byte: AtomicU64,
    /// How many were no longer than a bound, and longer than the one before it.
    first_bytes: [AtomicU64; BOUNDS.len() + 1],
}

/// One of a part's numbers.
type Number = fn(&Part) -> &AtomicU64;

/// Those of all routes.
#[derive(Debug, Clone, Default)]
pub(super) struct Routes(Arc<Mutex<BTreeMap<RouteLabels, Arc<Exchanges>>>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClassLabels {
    route: String,
    upstream: String,
    class: &'static str,
}

// === impl Exchanges ===

impl Exchanges {
    fn new() -> Self {
        Self(Parts::new())
    }

    /// One begins.
    pub fn begin(&self) {
        self.0.mine().add(|part| &part.running, 1);
    }

    /// The head of an answer is there, so long after the request's.
    pub fn answered(&self, first_byte: Duration) {
        let micros = u64::try_from(first_byte.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|&bound| micros <= bound).unwrap_or(BOUNDS.len());
        let mine = self.0.mine();
        mine.add(|part| &part.first_bytes[bucket], 1);
        mine.add(|part| &part.first_byte, micros);
    }

    /// One has ended, with this status and so many bytes of both bodies.
    pub fn end(&self, status: u16, received: u64, sent: u64) {
        let mine = self.0.mine();
        mine.add(|part| &part.running, 1_u64.wrapping_neg());
        if let Some(class) = usize::from(status / 100).checked_sub(1).filter(|&class| class < CLASSES.len()) {
            mine.add(|part| &part.ended[class], 1);
        }
        if received > 0 {
            mine.add(|part| &part.request_bytes, received);
        }
        mine.add(|part| &part.response_bytes, sent);
    }

    fn sum(&self, number: impl Fn(&Part) -> &AtomicU64) -> u64 {
        self.0.iter().fold(0, |sum, part| sum.wrapping_add(number(part).load(Relaxed)))
    }
}

// === impl Mine ===

impl Mine<'_, Part> {
    /// Adds to one of the numbers. They wrap around, so that what is taken away can be added too.
    fn add(&self, number: impl FnOnce(&Part) -> &AtomicU64, count: u64) {
        let number = number(self.part);
        if self.is_shared {
            number.fetch_add(count, Relaxed);
        } else {
            number.store(number.load(Relaxed).wrapping_add(count), Relaxed);
        }
    }
}

// === impl Routes ===

impl Routes {
    /// The exchanges of a route toward an upstream.
    pub(super) fn of(&self, labels: &RouteLabels) -> Arc<Exchanges> {
        let mut routes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(routes.entry(labels.clone()).or_insert_with(|| Arc::new(Exchanges::new())))
    }
}

impl Collector for Routes {
    #[expect(clippy::cast_precision_loss, reason = "the format has no other numbers for times")]
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let routes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut metric =
            encoder.encode_descriptor("requests", "Exchanges ended, by status class", None, MetricType::Counter)?;
        for (RouteLabels { route, upstream }, exchanges) in &routes {
            for (at, class) in CLASSES.into_iter().enumerate() {
                let labels = ClassLabels { route: route.clone(), upstream: upstream.clone(), class };
                let ended = exchanges.sum(|part| &part.ended[at]);
                metric.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&ended, None)?;
            }
        }
        let mut metric =
            encoder.encode_descriptor("requests_in_flight", "Exchanges that run now", None, MetricType::Gauge)?;
        for (labels, exchanges) in &routes {
            let running = exchanges.sum(|part| &part.running).cast_signed();
            metric.encode_family(labels)?.encode_gauge(&running)?;
        }
        let bodies: [(_, _, Number); 2] = [
            ("request_body", "Taken from clients", |part| &part.request_bytes),
            ("response_body", "Given to clients", |part| &part.response_bytes),
        ];
        for (name, help, number) in bodies {
            let mut metric = encoder.encode_descriptor(name, help, Some(&Unit::Bytes), MetricType::Counter)?;
            for (labels, exchanges) in &routes {
                let bytes = exchanges.sum(number);
                metric.encode_family(labels)?.encode_counter::<NoLabelSet, _, u64>(&bytes, None)?;
            }
        }
        let help = "From the request's head to the answer's head";
        let mut metric = encoder.encode_descriptor("first_byte", help, Some(&Unit::Seconds), MetricType::Histogram)?;
        for (labels, exchanges) in &routes {
            let seconds = |micros: u64| micros as f64 / 1e6;
            let bounds = BOUNDS.into_iter().map(seconds).chain([f64::INFINITY]);
            let counts: [u64; BOUNDS.len() + 1] = from_fn(|at| exchanges.sum(|part| &part.first_bytes[at]));
            let buckets: Vec<_> = bounds.zip(counts).collect();
            let sum = seconds(exchanges.sum(|part| &part.first_byte));
            let mut metric = metric.encode_family(labels)?;
            metric.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn what_all_threads_count_is_summed() {
        let routes = Routes::default();
        let labels = RouteLabels { route: "r".into(), upstream: "u".into() };
        let exchanges = routes.of(&labels);
        let count = 32;
        (0..=count).for_each(|_| exchanges.begin());
        std::thread::scope(|scope| {
            for n in 1..=count {
                let exchanges = routes.of(&labels);
                // What began on one worker ends on another.
                scope.spawn(move || {
                    exchanges.answered(Duration::from_millis(n));
                    exchanges.end(if n == 1 { 502 } else { 200 }, 2, 3);
                });
            }
        });
        let (mut registry, mut text) = (Registry::default(), String::new());
        registry.register_collector(Box::new(routes));
        encode(&mut text, &registry).unwrap();
        for line in [
            "requests_total{route=\"r\",upstream=\"u\",class=\"2xx\"} 31",
            "requests_total{route=\"r\",upstream=\"u\",class=\"5xx\"} 1",
            "requests_in_flight{route=\"r\",upstream=\"u\"} 1",
            "request_body_bytes_total{route=\"r\",upstream=\"u\"} 64",
            "response_body_bytes_total{route=\"r\",upstream=\"u\"} 96",
            "first_byte_seconds_sum{route=\"r\",upstream=\"u\"} 0.528",
            "first_byte_seconds_count{route=\"r\",upstream=\"u\"} 32",
            "first_byte_seconds_bucket{le=\"0.001\",route=\"r\",upstream=\"u\"} 1",
            "first_byte_seconds_bucket{le=\"0.0025\",route=\"r\",upstream=\"u\"} 2",
            "first_byte_seconds_bucket{le=\"+Inf\",route=\"r\",upstream=\"u\"} 32",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
    }
}
