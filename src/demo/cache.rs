//! Which reads are fast because they were made before: what is cached, and until when.
//!
//! Deliberately only the fact of being cached: answers are so cheap to make that they are not kept, and the
//! cache of the demo is there to be seen in the latencies.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use super::route::Route;

/// Entries at once; the oldest gives way.
const CAPACITY: usize = 200_000;

/// What is cached: a route's answer for a log-in, or for everybody where none is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CacheKey {
    /// The route that was read.
    pub(super) route: Route,
    /// The number of the log-in that read it.
    pub(super) login: Option<u64>,
}

/// What an answer has to do with the cache. Handlers attach it to their answers; `traffic` acts on it when
/// the answer goes out, so that a read whose client gave up caches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CacheUse {
    /// It came from the cache.
    Hit,
    /// It did not, and is cached from now on.
    Miss(CacheKey),
    /// It changed what is cached.
    Invalidates(CacheKey),
}

/// Entries with the uptime at which they end. All live equally long, so the order of filling is the order
/// of ending, and the queue drops the old ones as new ones come. An entry invalidated or filled anew leaves
/// its old place in the queue behind, told by its other end.
#[derive(Debug)]
pub(super) struct Cache {
    ttl: Duration,
    capacity: usize,
    ends: HashMap<CacheKey, Duration>,
    queue: VecDeque<(CacheKey, Duration)>,
}

impl Cache {
    /// An empty cache whose entries live for `ttl`.
    pub(super) fn new(ttl: Duration) -> Self {
        Self { ttl, capacity: CAPACITY, ends: HashMap::new(), queue: VecDeque::new() }
    }

    /// Whether a read at uptime `now` comes from the cache.
    pub(super) fn look_up(&self, key: CacheKey, now: Duration) -> CacheUse {
        match self.ends.get(&key) {
            Some(end) if now < *end => CacheUse::Hit,
            _ => CacheUse::Miss(key),
        }
    }

    /// Does what an answer that goes out at uptime `now` does to the cache.
    pub(super) fn apply(&mut self, cache_use: CacheUse, now: Duration) {
        match cache_use {
            CacheUse::Hit => {}
            CacheUse::Miss(key) => self.fill(key, now),
            CacheUse::Invalidates(key) => {
                self.ends.remove(&key);
            }
        }
    }

    fn fill(&mut self, key: CacheKey, now: Duration) {
        let end = now.saturating_add(self.ttl);
        self.ends.insert(key, end);
        self.queue.push_back((key, end));
        while let Some((oldest, its_end)) = self.queue.front().copied()
            && (self.queue.len() > self.capacity || its_end <= now)
        {
            self.queue.pop_front();
            if self.ends.get(&oldest) == Some(&its_end) {
                self.ends.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn key(login: u64) -> CacheKey {
        CacheKey { route: Route::Challenges, login: Some(login) }
    }

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn filled(ttl_s: u64, capacity: usize, fills: &[(u64, u64)]) -> Cache {
        let mut cache = Cache { capacity, ..Cache::new(at(ttl_s)) };
        for (login, now_s) in fills {
            cache.apply(CacheUse::Miss(key(*login)), at(*now_s));
        }
        cache
    }

    #[test]
    fn an_entry_lives_for_its_time_and_for_its_key() {
        let cache = filled(10, 9, &[(1, 5)]);
        assert_eq!(cache.look_up(key(1), at(5)), CacheUse::Hit);
        assert_eq!(cache.look_up(key(1), at(14)), CacheUse::Hit);
        assert_eq!(cache.look_up(key(1), at(15)), CacheUse::Miss(key(1)));
        assert_eq!(cache.look_up(key(2), at(5)), CacheUse::Miss(key(2)));
        let me = CacheKey { route: Route::Me, ..key(1) };
        assert_eq!(cache.look_up(me, at(5)), CacheUse::Miss(me));
    }

    #[test]
    fn invalidation_ends_one_entry() {
        let mut cache = filled(10, 9, &[(1, 0), (2, 0)]);
        cache.apply(CacheUse::Invalidates(key(1)), at(1));
        assert_eq!(cache.look_up(key(1), at(1)), CacheUse::Miss(key(1)));
        assert_eq!(cache.look_up(key(2), at(1)), CacheUse::Hit);
    }

    #[test]
    fn no_time_to_live_is_no_cache_and_takes_no_room() {
        let cache = filled(0, 9, &[(1, 0), (2, 0)]);
        assert_eq!(cache.look_up(key(1), at(0)), CacheUse::Miss(key(1)));
        assert_eq!((cache.ends.len(), cache.queue.len()), (0, 0));
    }

    #[test]
    fn it_stays_bounded_and_the_oldest_gives_way() {
        let cache = filled(100, 2, &[(1, 0), (2, 1), (3, 2)]);
        assert_eq!(cache.look_up(key(1), at(2)), CacheUse::Miss(key(1)));
        assert_eq!(cache.look_up(key(2), at(2)), CacheUse::Hit);
        assert_eq!((cache.ends.len(), cache.queue.len()), (2, 2));
    }

    #[test]
    fn an_entry_filled_anew_outlives_its_first_place_in_the_queue() {
        let cache = filled(10, 9, &[(1, 0), (1, 8), (2, 12)]);
        assert_eq!(cache.look_up(key(1), at(12)), CacheUse::Hit);
        assert_eq!(cache.queue.len(), 2);
    }
}
