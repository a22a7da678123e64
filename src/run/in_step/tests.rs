//! Rows of journals with random joins and gaps, held against the rows of the same seconds without any.

use super::*;
use crate::{
    measure::{Point, Recorded, Recorder, RequestKey, RequestObservation},
    model::{
        Catalog, ConnectionUse, PhaseTimes, Protocol, RequestId, RequestMeta, StageId, TaskId, WorkloadMeta,
    },
};
use proptest::prelude::*;
use std::{collections::VecDeque, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

/// What stands in a journal.
#[derive(Debug, Clone, Default)]
struct Tape(VecDeque<Box<Interval>>);

impl Intervals for Tape {
    fn ahead(&self) -> Option<&Interval> {
        self.0.front().map(Box::as_ref)
    }

    fn take(&mut self) -> Option<Box<Interval>> {
        self.0.pop_front()
    }
}

fn catalog() -> Catalog {
    let request =
        RequestMeta { name: "r".into(), method: "GET".into(), task: TaskId(0), group: None, tags: vec![] };
    let workload = WorkloadMeta { name: "default".into(), is_open: false };
    Catalog { requests: vec![request], workloads: vec![workload], ..Catalog::default() }
}

fn recorded(requests: u64) -> Recorded {
    let mut recorder = Recorder::new(&catalog());
    for number in 0..requests {
        let time = Duration::from_millis(1 + number);
        recorder.request(&RequestObservation {
            key: RequestKey {
                request: RequestId(0),
                stage: StageId(0),
                status: 200,
                error: None,
                protocol: Some(Protocol::Http11),
                failed: false,
            },
            service_time: time,
            response_time: time,
            ended_at: SECOND,
            sent_bytes: 1,
            received_bytes: 10,
            phases: PhaseTimes::default(),
            connection: ConnectionUse::default(),
            trace_id: None,
        });
    }
    *recorder.swap(Box::new(Recorded::new(&catalog())))
}

/// A second of a generator.
#[derive(Debug, Clone, Copy)]
struct Second {
    /// Whether it was reported at all.
    is_there: bool,
    /// Whether the journal has it together with the one before it.
    is_joined: bool,
    requests: u64,
    users: u64,
}

fn second() -> impl Strategy<Value = Second> {
    (0..10_u8, any::<bool>(), 0..4_u64, 0..5_u64).prop_map(|(luck, is_joined, requests, users)| Second {
        is_there: luck > 0,
        is_joined,
        requests,
        users,
    })
}

/// The journal of a generator whose load was being ended from one of its seconds on, with and without joining. An entry says
/// whether that was so in any of its seconds, and not in which: without joining all of them say the same.
fn tape(seconds: &[Second], ending_from: usize, joins: bool) -> Tape {
    let there: Vec<(usize, &Second)> =
        seconds.iter().enumerate().filter(|(_, second)| second.is_there).collect();
    let mut tape = Tape::default();
    for entry in there.chunk_by(|_, (_, next)| next.is_joined) {
        let ending = entry.last().is_some_and(|(last, _)| *last >= ending_from);
        let intervals = entry.iter().map(|(number, second)| Interval {
            number: *number as u64,
            recorded: recorded(second.requests),
            running_users: second.users,
            made_users: 5 + *number as u64,
            ticked: number + 1 < seconds.len(),
            ending,
            ..Interval::default()
        });
        let joined = intervals.clone().reduce(|mut sum, next| {
            sum.absorb(&next);
            sum
        });
        if joins {
            tape.0.extend(joined.map(Box::new));
        } else {
            tape.0.extend(intervals.map(Box::new));
        }
    }
    tape
}

fn rows(mut tapes: Vec<Tape>) -> Vec<Interval> {
    let mut in_step = InStep::new(tapes.len());
    std::iter::from_fn(|| in_step.next(&mut tapes)).collect()
}

/// All that a row says, but for what generators saw of themselves: of that, the worse counts, second by second.
type Told = (u64, u64, u64, Point, [u64; 2], [bool; 2]);

fn told(row: &Interval) -> Told {
    let levels = [row.running_users, row.made_users];
    let point = Point { vitals: Default::default(), ..row.point(SECOND) };
    (row.number, row.joined, row.missed, point, levels, [row.ticked, row.ending])
}

proptest! {
    #[test]
    fn rows_are_what_the_seconds_would_have_been_and_as_fine_as_all_journals(
        generators in prop::collection::vec((prop::collection::vec(second(), 0..14), 0..20_usize), 1..5)
    ) {
        let tapes = |joins: bool| {
            generators.iter().map(|(seconds, from)| tape(seconds, *from, joins)).collect::<Vec<_>>()
        };
        let spans: Vec<(u64, u64)> =
            tapes(true).iter().flat_map(|tape| &tape.0).map(|one| (one.first_joined(), one.number)).collect();
        let (seconds, rows) = (rows(tapes(false)), rows(tapes(true)));
        prop_assert!(seconds.iter().all(|row| row.joined == 0));
        // They lie side by side, without a hole.
        let mut next = Duration::ZERO;
        for row in &rows {
            prop_assert_eq!(row.start(SECOND), next);
            next = row.start(SECOND) + row.span(SECOND);
        }
        let expected: Vec<Told> = seconds
            .chunk_by(|one, _| spans.iter().any(|(first, last)| (*first..*last).contains(&one.number)))
            .map(|together| {
                let mut sum = together[0].clone();
                together[1..].iter().for_each(|next| sum.absorb(next));
                told(&sum)
            })
            .collect();
        prop_assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), expected);
        let sent: u64 = (generators.iter().flat_map(|(seconds, _)| seconds))
            .filter(|second| second.is_there)
            .map(|second| second.requests)
            .sum();
        prop_assert_eq!(rows.iter().map(|row| row.point(SECOND).requests).sum::<u64>(), sent);
    }
}

#[test]
fn a_row_is_as_long_as_the_entries_that_reach_over_each_other() {
    let all = |joined: &[usize], length: usize| {
        let second =
            |number| Second { is_there: true, is_joined: joined.contains(&number), requests: 1, users: 1 };
        tape(&(0..length).map(second).collect::<Vec<_>>(), usize::MAX, true)
    };
    for (tapes, expected) in [
        (vec![all(&[], 3), all(&[], 2)], vec![(0, 0, 2), (1, 1, 2), (2, 2, 1)]),
        (vec![all(&[2, 3], 5), all(&[], 5)], vec![(0, 0, 2), (1, 3, 6), (4, 4, 2)]),
        // Each reaches over the bounds of the other.
        (vec![all(&[1, 3, 5], 6), all(&[2, 4], 6)], vec![(0, 5, 12)]),
        // One that ends within it.
        (vec![all(&[], 2), all(&[1, 2, 3], 4)], vec![(0, 3, 6)]),
    ] {
        let told: Vec<(u64, u64, u64)> = rows(tapes)
            .iter()
            .map(|row| (row.first_joined(), row.number, row.point(SECOND).requests))
            .collect();
        assert_eq!(told, expected);
    }
}

#[test]
fn a_second_that_nobody_reported_is_part_of_the_next_row() {
    let second = |is_there| Second { is_there, is_joined: false, requests: 1, users: 1 };
    let there = |seconds: [bool; 5]| tape(&seconds.map(second), usize::MAX, false);
    let rows = rows(vec![there([false, false, true, false, true]), there([false, true, true, false, true])]);
    let told: Vec<(u64, u64)> = rows.iter().map(|row| (row.number, row.missed)).collect();
    assert_eq!(told, [(1, 1), (2, 0), (4, 1)]);
}
