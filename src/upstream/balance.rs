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
    pub fn order<'a>(&self, endpoints: &'a [Arc<Endpoint>]) -> Order<'a> {
        let first = match endpoints.len() {
            0 | 1 => 0,
            n => self.next.fetch_add(1, Relaxed) % n,
        };
        Order { endpoints, first, at: 0 }
    }
}

/// The endpoints in the order in which a request tries them. Whether one rests is asked when it would be its turn.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    endpoints: &'a [Arc<Endpoint>],
    first: usize,
    /// Places looked at so far; twice as many as there are endpoints.
    at: usize,
}

impl<'a> Iterator for Order<'a> {
    type Item = &'a Arc<Endpoint>;

    fn next(&mut self) -> Option<Self::Item> {
        let n = self.endpoints.len();
        while self.at < 2 * n {
            let (is_second, place) = (self.at >= n, (self.first + self.at) % n);
            self.at += 1;
            let endpoint = &self.endpoints[place];
            if (n > 1 && endpoint.rests(Instant::now())) == is_second {
                return Some(endpoint);
            }
        }
        None
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

    fn numbers(upstream: &Upstream) -> Vec<usize> {
        upstream.order().map(|endpoint| endpoint.number()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn each_endpoint_has_its_turn() {
        let upstream = three();
        assert_eq!(numbers(&upstream), [0, 1, 2]);
        assert_eq!(numbers(&upstream), [1, 2, 0]);
        assert_eq!(numbers(&upstream), [2, 0, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_refused_is_tried_last_for_a_while() {
        let upstream = three();
        upstream.endpoints[0].connected(Instant::now(), false);
        assert_eq!(numbers(&upstream), [1, 2, 0]);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(numbers(&upstream), [1, 2, 0]);
        assert_eq!(numbers(&upstream), [2, 0, 1]);
        assert_eq!(numbers(&upstream), [0, 1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn all_are_tried_even_when_all_refused() {
        let upstream = three();
        for endpoint in &upstream.endpoints {
            endpoint.connected(Instant::now(), false);
        }
        assert_eq!(numbers(&upstream), [0, 1, 2]);
    }
}
