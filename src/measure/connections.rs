//! How many connections were made, how many requests went over kept ones, and to which addresses.

use crate::model::ConnectionUse;
use std::net::SocketAddr;

/// Most addresses told apart. A target behind more of them than this is rare, and its rest is still counted.
const MOST_ADDRESSES: usize = 100;

/// Counts of connections and of requests by the address they went to.
///
/// Which addresses are told apart does not follow from the order of events, but from all that were seen: the
/// hundred lowest. An address that gives way is above a hundred others, and stays so; so merging is exact and
/// associative. Only their number is bounded, never that of the requests counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connections {
    opened: u64,
    reused: u64,
    /// By address, lowest first.
    addresses: Vec<(SocketAddr, u64)>,
    others: u64,
}

impl Connections {
    /// Requests that made a connection.
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// Requests sent on a connection that was there before.
    pub fn reused(&self) -> u64 {
        self.reused
    }

    /// Requests sent to each address, the lowest first; at most 100 of them.
    pub fn addresses(&self) -> &[(SocketAddr, u64)] {
        &self.addresses
    }

    /// Requests sent to further addresses.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// Counts put together again: what the four accessors tell.
    pub fn of(opened: u64, reused: u64, addresses: &[(SocketAddr, u64)], others: u64) -> Self {
        let mut counts = Self { opened, reused, addresses: Vec::new(), others };
        addresses.iter().for_each(|(address, requests)| counts.count(*address, *requests));
        counts
    }

    /// Adds all that `other` counted.
    pub(super) fn merge(&mut self, other: &Self) {
        self.opened += other.opened;
        self.reused += other.reused;
        self.others += other.others;
        other.addresses.iter().for_each(|(address, requests)| self.count(*address, *requests));
    }

    /// Counts a request's connection.
    pub(super) fn record(&mut self, connection: &ConnectionUse) {
        self.opened += u64::from(connection.is_new);
        self.reused += u64::from(connection.is_reused());
        if let Some(address) = connection.remote.filter(|_| connection.sent) {
            self.count(address, 1);
        }
    }

    /// Forgets what was counted and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.addresses.clear();
        (self.opened, self.reused, self.others) = (0, 0, 0);
    }

    fn count(&mut self, address: SocketAddr, requests: u64) {
        // Nearly always there is one address, and a search ends where it begins.
        let place = match self.addresses.binary_search_by(|(known, _)| known.cmp(&address)) {
            Ok(known) => return self.addresses[known].1 += requests,
            Err(place) => place,
        };
        if place >= MOST_ADDRESSES {
            self.others += requests;
            return;
        }
        if self.addresses.len() == MOST_ADDRESSES {
            self.others += self.addresses.pop().map_or(0, |(_, given_up)| given_up);
        }
        self.addresses.insert(place, (address, requests));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn to(host: u32, is_new: bool, sent: bool) -> ConnectionUse {
        let remote = Some(SocketAddr::from((host.to_be_bytes(), 80)));
        ConnectionUse { remote, is_new, sent }
    }

    #[test]
    fn requests_are_counted_by_what_they_did() {
        let mut counts = Connections::default();
        for connection in [
            ConnectionUse::default(),
            to(1, true, true),
            to(1, false, true),
            to(2, true, false),
            to(1, false, false),
        ] {
            counts.record(&connection);
        }
        assert_eq!((counts.opened(), counts.reused(), counts.others()), (2, 1, 0));
        assert_eq!(counts.addresses(), [(SocketAddr::from(([0, 0, 0, 1], 80)), 2)]);
        counts.clear();
        assert_eq!(counts, Connections::default());
    }

    fn of(hosts: &[u32]) -> Connections {
        let mut counts = Connections::default();
        hosts.iter().for_each(|host| counts.record(&to(*host, host % 3 == 0, true)));
        counts
    }

    fn hosts() -> impl Strategy<Value = Vec<u32>> {
        proptest::collection::vec(0u32..300, 0..200)
    }

    proptest! {
        #[test]
        fn addresses_without_end_are_bounded_whatever_their_order(a in hosts(), b in hosts(), c in hosts()) {
            let mut all = [a.clone(), b.clone(), c.clone()].concat();
            let whole = of(&all);
            let (mut left, mut right) = (of(&a), of(&c));
            left.merge(&of(&b));
            left.merge(&of(&c));
            right.merge(&of(&b));
            right.merge(&of(&a));
            prop_assert_eq!(&left, &whole);
            prop_assert_eq!(&right, &whole);
            let told_apart: u64 = whole.addresses().iter().map(|(_, requests)| requests).sum();
            prop_assert_eq!(told_apart + whole.others(), all.len() as u64);
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(whole.addresses().len(), all.len().min(MOST_ADDRESSES));
        }
    }
}
