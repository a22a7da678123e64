//! Giving rows out while a run goes on: what all users share of it, and what each holds.

use super::{loaded::Feed, shuffle::Shuffle};
use crate::{
    plan::random::{Stream, UserRandom, key_of},
    scenario::{OnEnd, Per, Pick},
};
use std::{
    collections::BTreeMap,
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What a user does when a feed has no row for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedEnd {
    /// It stops.
    StopUser,
    /// The run fails.
    Fail,
}

/// Which rows were given out: shared by all users of a run, on all threads.
///
/// Nobody waits for anybody: a row is taken with one atomic addition.
#[derive(Debug)]
pub struct Deal {
    seed: u64,
    feeds: Vec<Dealt>,
}

#[derive(Debug)]
struct Dealt {
    feed: Arc<Feed>,
    len: NonZeroU64,
    order: Option<Shuffle>,
    next: Position,
}

/// On a cache line of its own: what stands beside it is read by every thread, and this is written by all.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Position(AtomicU64);

/// What one user holds: a row of each feed, at most.
///
/// Its size follows the number of feeds. Only where a feed is `unique` and recycles, it also follows the rows that
/// became this user's own, since it goes round those.
#[derive(Debug, Clone)]
pub struct Hand {
    ordinal: u64,
    random: UserRandom,
    pub(super) rows: Box<[Option<u32>]>,
    pub(super) own: BTreeMap<usize, OwnRows>,
}

/// The rows that belong to a user, and where it is among them.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnRows {
    rows: Vec<u32>,
    next: usize,
}

impl Deal {
    /// Nothing given out yet; the orders of `shuffle` follow from the run's seed and the feed's name.
    pub fn new(feeds: &[Arc<Feed>], seed: u64) -> Self {
        let dealt = |feed: &Arc<Feed>| {
            let shuffle = || Shuffle::new(key_of(seed, feed.name()), feed.row_count());
            Dealt {
                len: NonZeroU64::from(feed.row_count()),
                order: (feed.pick() == Pick::Shuffle).then(shuffle),
                next: Position::default(),
                feed: Arc::clone(feed),
            }
        };
        Self { seed, feeds: feeds.iter().map(dealt).collect() }
    }

    /// An empty hand for user `vu` (from 1, unique over the run).
    ///
    /// `ordinal` numbers the users that get rows, from 0: with `per: user` it is what decides which row that is, and
    /// not who comes first. Users that use the same feed must have different ones, without gaps where every row
    /// is to be used.
    pub fn hand(&self, vu: u64, ordinal: u64) -> Hand {
        Hand {
            ordinal,
            random: UserRandom::new(self.seed, vu, Stream::Feeds),
            rows: vec![None; self.feeds.len()].into(),
            own: BTreeMap::new(),
        }
    }

    /// Gives the user its row for a new iteration, which it holds from then on; with `per: user` always the same.
    ///
    /// # Errors
    /// The feed has no row for this user; it holds none of it then.
    ///
    /// # Panics
    /// There is no feed of this number, or the hand is that of another deal.
    pub fn take(&self, feed: usize, hand: &mut Hand) -> Result<u32, FeedEnd> {
        let dealt = &self.feeds[feed];
        if let (Per::User, Some(held)) = (dealt.feed.per(), hand.rows[feed]) {
            return Ok(held);
        }
        let row = match (dealt.feed.pick(), dealt.feed.per()) {
            (Pick::Random, _) => Ok(hand.random.below(dealt.feed.row_count())),
            (Pick::Unique, Per::Iteration) => dealt.unique(feed, hand),
            (Pick::Unique, Per::User) => dealt.row_at(hand.ordinal).ok_or_else(|| dealt.end()),
            (Pick::Sequential | Pick::Shuffle, Per::User) => dealt.row_of_round(hand.ordinal),
            (Pick::Sequential | Pick::Shuffle, Per::Iteration) => dealt.next_of_all(),
        };
        hand.rows[feed] = row.ok();
        row
    }
}

impl Dealt {
    /// The row at a position, where the rows are gone through once.
    fn row_at(&self, position: u64) -> Option<u32> {
        (position < self.len.get()).then_some(position as u32)
    }

    /// The row at a position, where the rows may be gone through many times.
    fn row_of_round(&self, position: u64) -> Result<u32, FeedEnd> {
        let (round, place) = (position / self.len, position % self.len);
        if round > 0 && self.feed.on_end() != OnEnd::Recycle {
            return Err(self.end());
        }
        Ok(self.order.map_or(place as u32, |order| order.at(round, place)))
    }

    fn next_of_all(&self) -> Result<u32, FeedEnd> {
        self.row_of_round(self.advance())
    }

    /// The next position. Where the rows are gone through once, it stays at their end: nobody writes to it any more.
    fn advance(&self) -> u64 {
        let once = self.feed.pick() == Pick::Unique || self.feed.on_end() != OnEnd::Recycle;
        let at = self.next.0.load(Ordering::Relaxed);
        if once && at >= self.len.get() { at } else { self.next.0.fetch_add(1, Ordering::Relaxed) }
    }

    /// A row that nobody had before, or one of the user's own once there is none.
    fn unique(&self, feed: usize, hand: &mut Hand) -> Result<u32, FeedEnd> {
        let recycles = self.feed.on_end() == OnEnd::Recycle;
        if let Some(row) = self.row_at(self.advance()) {
            if recycles {
                hand.own.entry(feed).or_default().rows.push(row);
            }
            return Ok(row);
        }
        hand.own.get_mut(&feed).and_then(OwnRows::go_round).ok_or_else(|| self.end())
    }

    /// What having no row means. A user that has no row of its own to go round stops.
    fn end(&self) -> FeedEnd {
        if self.feed.on_end() == OnEnd::Fail { FeedEnd::Fail } else { FeedEnd::StopUser }
    }
}

impl OwnRows {
    fn go_round(&mut self) -> Option<u32> {
        let row = self.rows.get(self.next).copied()?;
        self.next = (self.next + 1) % self.rows.len();
        Some(row)
    }
}

impl Hand {
    /// The row of a feed that the user holds, from 0.
    pub fn row(&self, feed: usize) -> Option<u32> {
        self.rows.get(feed).copied().flatten()
    }
}
