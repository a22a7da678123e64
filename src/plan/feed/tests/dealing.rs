//! Rows to users.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn deal(feed: &Arc<Feed>, seed: u64) -> Deal {
    Deal::new(std::slice::from_ref(feed), seed)
}

fn hands(deal: &Deal, users: u64) -> Vec<Hand> {
    (0..users).map(|ordinal| deal.hand(ordinal + 1, ordinal)).collect()
}

/// What each user gets over so many iterations, the users taking turns in an order that `turns` decides.
fn played(deal: &Deal, users: u64, turns: &[usize]) -> Vec<Vec<Result<u32, FeedEnd>>> {
    let mut hands = hands(deal, users);
    let mut got = vec![Vec::new(); hands.len()];
    for turn in turns {
        let user = turn % hands.len();
        let row = deal.take(0, &mut hands[user]);
        assert_eq!(hands[user].row(0), row.ok());
        got[user].push(row);
    }
    got
}

fn given(got: &[Vec<Result<u32, FeedEnd>>]) -> Vec<u32> {
    got.iter().flatten().filter_map(|row| row.ok()).collect()
}

fn turns() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0usize..100, 1..300)
}

proptest! {
    #[test]
    fn sequential_and_shuffle_give_every_row_equally_often(rows in 1u32..40, turns in turns(), users in 1u64..9, shuffle: bool, seed: u64) {
        let feed = numbered(rows, if shuffle { "pick: shuffle" } else { "pick: sequential" });
        let got = given(&played(&deal(&feed, seed), users, &turns));
        prop_assert_eq!(got.len(), turns.len());
        let mut counts = vec![0usize; rows as usize];
        got.iter().for_each(|row| counts[*row as usize] += 1);
        let least = turns.len() / rows as usize;
        prop_assert!(counts.iter().all(|count| (least..=least + 1).contains(count)), "{counts:?}");
    }

    #[test]
    fn without_recycling_every_row_is_given_once_and_then_none(rows in 1u32..40, turns in turns(), users in 1u64..9, pick in 0usize..3, fail: bool) {
        let words = format!(
            "pick: {}, on_end: {}", ["sequential", "shuffle", "unique"][pick], if fail { "fail" } else { "stop_user" }
        );
        let got = played(&deal(&numbered(rows, &words), 7), users, &turns);
        let rows = rows as usize;
        let found = given(&got);
        prop_assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
        prop_assert_eq!(found.len(), rows.min(turns.len()));
        let end = if fail { FeedEnd::Fail } else { FeedEnd::StopUser };
        let ends: Vec<FeedEnd> = got.iter().flatten().filter_map(|row| row.err()).collect();
        prop_assert_eq!(ends, vec![end; turns.len().saturating_sub(rows)]);
    }

    #[test]
    fn a_unique_row_that_comes_again_comes_to_its_user(rows in 1u32..40, turns in turns(), users in 1u64..9) {
        let got = played(&deal(&numbered(rows, "pick: unique, on_end: recycle"), 7), users, &turns);
        let mut owners = std::collections::BTreeMap::new();
        for (user, rows) in got.iter().enumerate() {
            let own: Vec<u32> = rows.iter().filter_map(|row| row.ok()).collect();
            for row in &own {
                prop_assert_eq!(*owners.entry(*row).or_insert(user), user);
            }
            // A user without a row of its own stops; one with some goes round them, in the order they came.
            let count = own.iter().collect::<BTreeSet<_>>().len();
            prop_assert!(own.iter().enumerate().all(|(at, row)| *row == own[at % count.max(1)]));
            prop_assert!(rows.iter().all(|row| row.is_ok() || (count == 0 && *row == Err(FeedEnd::StopUser))));
        }
    }

    #[test]
    fn a_row_for_a_users_life_follows_from_its_ordinal(rows in 1u32..40, mut turns in turns(), users in 1u64..60, pick in 0usize..4, seed: u64) {
        let pick = ["sequential", "shuffle", "unique", "random"][pick];
        let feed = numbered(rows, &format!("pick: {pick}, per: user"));
        let first = played(&deal(&feed, seed), users, &turns);
        turns.reverse();
        let second = played(&deal(&feed, seed), users, &turns);
        for (ordinal, (mut one, mut other)) in first.into_iter().zip(second).enumerate() {
            prop_assert_eq!(one.len(), other.len());
            one.dedup();
            other.dedup();
            prop_assert!(one.len() <= 1);
            prop_assert_eq!(&one, &other);
            if let (Some(row), "sequential") = (one.first(), pick) {
                prop_assert_eq!(*row, Ok(ordinal as u32 % rows));
            }
            if let (Some(row), "unique") = (one.first(), pick) {
                prop_assert_eq!(row.ok(), (ordinal < rows as usize).then_some(ordinal as u32));
            }
        }
    }
}

#[test]
fn shuffle_has_an_order_of_its_own_for_each_seed_feed_and_round() {
    let feed = numbered(100, "pick: shuffle");
    let rounds = |seed| {
        let deal = deal(&feed, seed);
        let mut hand = deal.hand(1, 0);
        let mut round = || (0..100).map(|_| deal.take(0, &mut hand).unwrap()).collect::<Vec<u32>>();
        (round(), round())
    };
    let (first, second) = rounds(1);
    assert_eq!((first.clone(), second.clone()), rounds(1));
    assert_ne!(first, second);
    assert_ne!(first, rounds(2).0);
    for round in [first, second] {
        assert_eq!(round.iter().collect::<BTreeSet<_>>().len(), 100);
    }
}

#[test]
fn random_rows_follow_from_seed_and_user_and_are_spread_evenly() {
    let feed = numbered(10, "pick: random");
    let draws = |seed, vu, count| {
        let deal = deal(&feed, seed);
        let mut hand = deal.hand(vu, vu - 1);
        (0..count).map(|_| deal.take(0, &mut hand).unwrap()).collect::<Vec<u32>>()
    };
    assert_eq!(draws(1, 1, 50), draws(1, 1, 50));
    assert_ne!(draws(1, 1, 50), draws(1, 2, 50));
    assert_ne!(draws(1, 1, 50), draws(2, 1, 50));
    let mut counts = [0u32; 10];
    draws(3, 1, 20_000).into_iter().for_each(|row| counts[row as usize] += 1);
    // Six standard deviations of the binomial: 6·√(20000·0.1·0.9) ≈ 255.
    assert!(counts.iter().all(|count| count.abs_diff(2_000) < 255), "{counts:?}");
}

#[test]
fn feeds_do_not_know_of_each_other() {
    let feeds = [numbered(3, "pick: sequential"), numbered(2, "pick: unique"), numbered(5, "per: user")];
    let deal = Deal::new(&feeds, 1);
    let (mut one, mut other) = (deal.hand(1, 0), deal.hand(2, 1));
    assert_eq!((one.row(0), one.row(3)), (None, None));
    assert_eq!((deal.take(0, &mut one), deal.take(0, &mut other)), (Ok(0), Ok(1)));
    assert_eq!((deal.take(1, &mut other), deal.take(1, &mut one)), (Ok(0), Ok(1)));
    assert_eq!((deal.take(2, &mut other), deal.take(2, &mut other)), (Ok(1), Ok(1)));
    assert_eq!((one.row(0), one.row(1), one.row(2)), (Some(0), Some(1), None));
    assert_eq!(deal.take(1, &mut one), Err(FeedEnd::StopUser));
    assert_eq!(one.row(1), None);
}

#[test]
fn threads_share_a_feed_without_giving_a_row_twice() {
    let deal = &deal(&numbered(5_000, "pick: unique"), 1);
    let user = |vu: u64| {
        let mut hand = deal.hand(vu, vu - 1);
        std::iter::from_fn(move || deal.take(0, &mut hand).ok()).collect::<Vec<u32>>()
    };
    let rows: Vec<u32> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=4).map(|vu| scope.spawn(move || user(vu))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(rows.len(), 5_000);
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>().len(), 5_000);
}

#[test]
fn a_hand_is_small_however_many_rows_there_are() {
    assert!(size_of::<Hand>() <= 80, "{}", size_of::<Hand>());
    let deal = deal(&numbered(10_000, "pick: sequential"), 1);
    let mut hand = deal.hand(1, 0);
    assert!((0..10_000).all(|_| deal.take(0, &mut hand).is_ok()));
    assert_eq!(hand.rows.len(), 1);
    assert!(hand.own.is_empty());
}
