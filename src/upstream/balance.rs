//! In which order a request tries the endpoints: round robin, those that refused a connection lately last. Pure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::time::Instant;

use super::Endpoint;

/// Whose turn it is.
#[derive(Debug, Default)]
pub struct RoundRobin {
    next: AtomicUsize,
}

// === impl RoundRobin ===

impl RoundRobin {
    /// Every endpoint once: first, beginning with the one whose turn it is, those that do not rest, then the others,
    /// for they may have come back.
    pub fn order<'a>(
        &self,
        endpoints: &'a [Arc<Endpoint>],
        now: Instant,
    ) -> impl Iterator<Item = &'a Arc<Endpoint>> + use<'a> {
        let first = match endpoints.len() {
            0 | 1 => 0,
            n => self.next.fetch_add(1, Relaxed) % n,
        };
        let (before, after) = endpoints.split_at(first);
        let turn = move || after.iter().chain(before);
        let alone = endpoints.len() == 1;
        let ready = turn().filter(move |endpoint| alone || !endpoint.rests(now));
        let resting = turn().filter(move |endpoint| !alone && endpoint.rests(now));
        ready.chain(resting)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::Metrics;
    use crate::pool::Address;
    use crate::upstream::{Kind, Location, Upstream};

    fn three() -> Arc<Upstream> {
        let locations = (0..3)
            .map(|n| Location { address: Address::new("127.0.0.1", 9000 + n).unwrap(), base: String::new(), tls: None })
            .collect();
        Upstream::new("to", Kind::Http, locations, &Kind::Http.pool(), &Metrics::new())
    }

    fn numbers(upstream: &Upstream, now: Instant) -> Vec<usize> {
        upstream.turn.order(&upstream.endpoints, now).map(|endpoint| endpoint.number()).collect()
    }

    #[test]
    fn each_endpoint_has_its_turn() {
        let (upstream, now) = (three(), Instant::now());
        assert_eq!(numbers(&upstream, now), [0, 1, 2]);
        assert_eq!(numbers(&upstream, now), [1, 2, 0]);
        assert_eq!(numbers(&upstream, now), [2, 0, 1]);
    }

    #[test]
    fn an_endpoint_that_refused_is_tried_last_for_a_while() {
        let (upstream, now) = (three(), Instant::now());
        upstream.endpoints[0].connected(now, false);
        assert_eq!(numbers(&upstream, now), [1, 2, 0]);
        assert_eq!(numbers(&upstream, now + Duration::from_secs(2)), [1, 2, 0]);
        assert_eq!(numbers(&upstream, now + Duration::from_secs(2)), [2, 0, 1]);
        assert_eq!(numbers(&upstream, now + Duration::from_secs(2)), [0, 1, 2]);
    }

    #[test]
    fn all_are_tried_even_when_all_refused() {
        let (upstream, now) = (three(), Instant::now());
        for endpoint in &upstream.endpoints {
            endpoint.connected(now, false);
        }
        assert_eq!(numbers(&upstream, now), [0, 1, 2]);
    }
}
