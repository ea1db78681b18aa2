//! How many connections there may be, in all and from one address.
//!
//! Counted when a connection is accepted and when it ends, under a lock that nothing else takes. An IPv6 client usually
//! owns a whole /64, so that this counts as one address. Proxies speak for many clients: only the total holds for them,
//! and the client that a PROXY header names is counted once that was read.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;

/// The most connections; `None` for no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// In all.
    pub total: Option<usize>,
    /// From one address.
    pub per_address: Option<usize>,
}

/// Who sits where.
#[derive(Debug)]
pub struct Seats {
    limits: Limits,
    proxies: Vec<IpNet>,
    taken: Mutex<Taken>,
}

/// The place of one connection; given back on drop.
#[derive(Debug)]
pub struct Seat {
    seats: Option<Arc<Seats>>,
    address: Option<IpAddr>,
}

/// No more entries than connections.
#[derive(Debug, Default)]
struct Taken {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// What a connection hears for which there is no seat, if it hears anything: nothing of it is read, and a close with
/// unread bytes may overtake what was written.
pub const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nx-viaduct-error: connections\r\n\
    content-type: text/plain; charset=utf-8\r\nretry-after: 1\r\ncontent-length: 21\r\n\r\ntoo many connections\n";

// === impl Seats ===

impl Seats {
    /// Nobody sits yet. Addresses in `proxies` are not counted.
    pub fn new(limits: Limits, proxies: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { limits, proxies, taken: Mutex::default() })
    }

    /// A seat for a connection from `peer`, if there is one. Without limits nothing is counted.
    pub fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Seat> {
        let Limits { total, per_address } = self.limits;
        if total.is_none() && per_address.is_none() {
            return Some(Seat { seats: None, address: None });
        }
        let address = self.counted(peer);
        let mut taken = self.taken();
        if total.is_some_and(|most| taken.total >= most) || !self.sits(&mut taken, address) {
            return None;
        }
        taken.total += 1;
        drop(taken);
        Some(Seat { seats: Some(Arc::clone(self)), address })
    }

    /// What an address is counted as, if it is.
    fn counted(&self, address: IpAddr) -> Option<IpAddr> {
        let address = address.to_canonical();
        let is_counted = self.limits.per_address.is_some() && !self.proxies.iter().any(|net| net.contains(&address));
        is_counted.then(|| group(address))
    }

    /// Counts one more for an address, if it has one left.
    fn sits(&self, taken: &mut Taken, address: Option<IpAddr>) -> bool {
        let Some(address) = address else { return true };
        let count = taken.by_address.get(&address).copied().unwrap_or(0);
        if self.limits.per_address.is_some_and(|most| count >= most) {
            return false;
        }
        taken.by_address.insert(address, count + 1);
        true
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Counts are changed together or not at all.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn group(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

// === impl Taken ===

impl Taken {
    fn leaves(&mut self, address: Option<IpAddr>) {
        if let Some(address) = address
            && let Some(count) = self.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

// === impl Seat ===

impl Seat {
    /// From now on it is the seat of `client`, for whom it was taken by another; false if that one has no seat left.
    pub fn is_for(&mut self, client: IpAddr) -> bool {
        let Some(seats) = &self.seats else { return true };
        let address = seats.counted(client);
        let mut taken = seats.taken();
        if !seats.sits(&mut taken, address) {
            return false;
        }
        taken.leaves(std::mem::replace(&mut self.address, address));
        true
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(seats) = &self.seats else { return };
        let mut taken = seats.taken();
        taken.total -= 1;
        taken.leaves(self.address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(total: Option<usize>, per_address: Option<usize>) -> Arc<Seats> {
        Seats::new(Limits { total, per_address }, vec!["10.0.0.0/8".parse().unwrap()])
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_seat_is_given_back() {
        let seats = seats(None, Some(2));
        let (a, b) = (seats.take(ip("1.2.3.4")), seats.take(ip("::ffff:1.2.3.4")));
        assert!(a.is_some() && b.is_some());
        assert!(seats.take(ip("1.2.3.4")).is_none());
        let other = seats.take(ip("1.2.3.5"));
        assert!(other.is_some());
        drop(a);
        assert!(seats.take(ip("1.2.3.4")).is_some());
        drop((b, other));
        assert!(seats.taken().by_address.is_empty());
        assert_eq!(seats.taken().total, 0);
    }

    #[test]
    fn the_total_holds_for_everybody_and_the_address_for_no_proxy() {
        let seats = seats(Some(3), Some(1));
        let held = [seats.take(ip("10.0.0.1")), seats.take(ip("10.0.0.1")), seats.take(ip("1.2.3.4"))];
        assert!(held.iter().all(Option::is_some));
        assert!(seats.take(ip("10.0.0.1")).is_none());
        assert!(seats.take(ip("1.2.3.5")).is_none());
        drop(held);
        assert!(seats.take(ip("1.2.3.5")).is_some());
    }

    #[test]
    fn a_seat_is_for_the_client_that_a_proxy_names() {
        let seats = seats(None, Some(1));
        let mut held = [seats.take(ip("10.0.0.1")).unwrap(), seats.take(ip("10.0.0.1")).unwrap()];
        assert!(held[0].is_for(ip("1.2.3.4")));
        assert!(!held[1].is_for(ip("1.2.3.4")));
        assert!(held[1].is_for(ip("1.2.3.5")));
        drop(held);
        assert!(seats.taken().by_address.is_empty());
    }

    #[test]
    fn a_v6_network_is_one_address() {
        let seats = seats(None, Some(1));
        let _held = seats.take(ip("2001:db8::1")).unwrap();
        assert!(seats.take(ip("2001:db8::2:2")).is_none());
        assert!(seats.take(ip("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn without_limits_nothing_is_counted() {
        let seats = seats(None, None);
        let held: Vec<_> = (0..100).map(|_| seats.take(ip("1.2.3.4")).unwrap()).collect();
        assert_eq!((held.len(), seats.taken().total), (100, 0));
    }

    #[test]
    fn the_refusal_is_a_whole_answer() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())));
    }
}
