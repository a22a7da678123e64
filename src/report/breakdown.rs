//! Requests told apart by what became of them, and by the user's own tags. Both are bounded: the rest is one row.

use crate::{
    measure::{Latency, RequestKey, RequestStats, Snapshot},
    model::{Catalog, ErrorKind, RequestId},
};
use std::{cmp::Reverse, collections::BTreeMap};

/// Rows of one request's outcomes; the scarcest beyond them are one row.
const MOST_OUTCOMES: usize = 20;
/// Values of tags that are told apart; the scarcest beyond them are one row.
const MOST_TAGS: usize = 1_000;

/// What a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RequestEnd {
    /// A response of this status.
    Status(u16),
    /// No usable response.
    Error(ErrorKind),
    /// One of those that were too many to be told apart.
    Other,
}

impl RequestEnd {
    fn of(key: &RequestKey) -> Self {
        match (key.error, key.status) {
            (Some(error), _) => Self::Error(error),
            (None, RequestKey::OTHER_STATUS) => Self::Other,
            (None, status) => Self::Status(status),
        }
    }
}

/// A tag of the user's own and its value; `None` for those that were too many to be told apart.
pub(super) type TagValue<'c> = Option<(&'c str, &'c str)>;

/// Requests that have something in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// How many.
    pub count: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Service time.
    pub duration: Latency,
    /// Response time.
    pub response_time: Latency,
}

impl Part {
    fn add(&mut self, key: &RequestKey, stats: &RequestStats) {
        self.count += stats.count;
        self.failed += if key.failed { stats.count } else { 0 };
        self.duration.merge(&stats.duration);
        self.response_time.merge(&stats.response_time);
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.failed += other.failed;
        self.duration.merge(&other.duration);
        self.response_time.merge(&other.response_time);
    }
}

/// Each request's outcomes, the most frequent first, and last the rest of them.
pub(super) fn outcomes(snapshot: &Snapshot) -> BTreeMap<RequestId, Vec<(RequestEnd, Part)>> {
    let mut by_request: BTreeMap<RequestId, BTreeMap<RequestEnd, Part>> = BTreeMap::new();
    for (key, stats) in snapshot.total.requests() {
        let own = by_request.entry(key.request).or_default();
        own.entry(RequestEnd::of(key)).or_default().add(key, stats);
    }
    let bounded =
        by_request.into_iter().map(|(id, own)| (id, bounded(own, MOST_OUTCOMES, RequestEnd::Other)));
    bounded.collect()
}

/// Requests by the user's own tags: by tag and then by value, and last the rest. A request counts with each of its tags,
/// and tags whose requests were never sent are there with a count of zero.
pub(super) fn tags<'c>(snapshot: &Snapshot, catalog: &'c Catalog) -> Vec<(TagValue<'c>, Part)> {
    let mut parts: BTreeMap<TagValue<'c>, Part> = BTreeMap::new();
    let own = |id| catalog.request(id).tags.iter().map(|(tag, value)| Some((tag.as_str(), value.as_str())));
    for tag in catalog.request_ids().flat_map(own) {
        parts.entry(tag).or_default();
    }
    for (key, stats) in snapshot.total.requests() {
        own(key.request).for_each(|tag| parts.entry(tag).or_default().add(key, stats));
    }
    let mut parts = bounded(parts, MOST_TAGS, None);
    parts.sort_by_key(|(tag, _)| (tag.is_none(), *tag));
    parts
}

/// The largest parts, and behind them the rest as one.
fn bounded<K: Ord + Copy>(parts: BTreeMap<K, Part>, most: usize, rest: K) -> Vec<(K, Part)> {
    let mut other = Part::default();
    let mut kept = Vec::new();
    for (key, part) in parts {
        if key == rest { other.merge(&part) } else { kept.push((key, part)) }
    }
    // Stable: among equals the order of the keys stays.
    kept.sort_by_key(|(_, part)| Reverse(part.count));
    let over = kept.split_off(most.min(kept.len()));
    over.iter().for_each(|(_, part)| other.merge(part));
    if other.count > 0 || !over.is_empty() {
        kept.push((rest, other));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_bound_is_one_row_and_nothing_is_lost() {
        let part = |count| Part { count, ..Part::default() };
        let parts: BTreeMap<u32, Part> = (1..=50).map(|key| (key, part(u64::from(key)))).collect();
        let rows = bounded(parts, 20, 7);
        assert_eq!(rows.len(), 21);
        assert_eq!((rows[0].0, rows[19].0, rows[20].0), (50, 31, 7));
        assert_eq!(rows.iter().map(|(_, part)| part.count).sum::<u64>(), 50 * 51 / 2);
        assert_eq!(rows[20].1.count, 30 * 31 / 2);
        assert_eq!(bounded(BTreeMap::from([(1, part(3))]), 20, 7).len(), 1);
    }
}
