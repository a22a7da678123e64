//! The books of the open model balance, whatever the load and the target do: every arrival is started or dropped, on
//! time and by as many users as there may be.

use super::{
    fake::{Reply, Sent},
    run::{Run, Sim, ends_in, ms},
};
use loadgen::plan::Part;
use proptest::prelude::*;
use std::time::Duration;

/// How late a timer may be: it counts whole milliseconds.
const TICK: Duration = Duration::from_millis(1);

/// A small open load and a target's replies.
#[derive(Debug, Clone)]
struct Case {
    /// Milliseconds and arrivals a second.
    stages: Vec<(u64, u32)>,
    is_poisson: bool,
    start_after: u64,
    max_users: u64,
    graceful_stop: u64,
    /// What becomes of a request, and how long it takes.
    replies: Vec<(u8, u64)>,
    /// One attempt to start out of so many fails; nobody has to start where it is nothing.
    starts: Option<u64>,
    think: u64,
    stop_at: Option<u64>,
    workers: usize,
    seed: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let stages = proptest::collection::vec((prop_oneof![Just(0), 1..3_000u64], 0..40u32), 1..4);
    let replies = proptest::collection::vec((0..8u8, 0..900u64), 1..9);
    let times = (0..400u64, 0..2_500u64, prop_oneof![Just(0), 1..300u64]);
    let users = (1..7u64, proptest::option::of(2..5u64), any::<bool>());
    let rest = (proptest::option::of(0..6_000u64), 1..4usize, any::<u64>());
    (stages, replies, times, users, rest).prop_map(|(mut stages, replies, times, users, rest)| {
        // At least some arrivals.
        stages.push((700, 30));
        let (start_after, graceful_stop, think) = times;
        let (max_users, starts, is_poisson) = users;
        let (stop_at, workers, seed) = rest;
        Case {
            stages,
            is_poisson,
            start_after,
            max_users,
            graceful_stop,
            replies,
            starts,
            think,
            stop_at,
            workers,
            seed,
        }
    })
}

impl Case {
    fn yaml(&self) -> String {
        let stages: Vec<String> = self
            .stages
            .iter()
            .map(|(millis, rate)| format!("    - {{ duration: {millis}ms, rate: {rate}/s }}\n"))
            .collect();
        let arrivals = if self.is_poisson { "poisson" } else { "uniform" };
        let on_start = if self.starts.is_some() { "on_start: [ { post: /login } ]\n" } else { "" };
        format!(
            "\
load:
  max_users: {}
  graceful_stop: {}ms
  arrivals: {arrivals}
  stages:
{}start_after: {}ms
think_time: {}ms
{on_start}tasks:
  - {{ name: short, get: /first, timeout: 700ms }}
  - {{ name: long, weight: 2, steps: [ {{ get: /first }}, {{ think: 40ms }}, {{ get: /second, timeout: 500ms }} ] }}
  - {{ name: last, weight: 0.3, steps: [ {{ get: /first }}, {{ stop: user }} ] }}
",
            self.max_users,
            self.graceful_stop,
            stages.concat(),
            self.start_after,
            self.think,
        )
    }

    fn run(&self) -> Run {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let (replies, starts) = (self.replies.clone(), self.starts);
        let script = move |sent: &Sent| {
            let turn = sent.vu as usize * 7 + sent.nth;
            let (what, delay) = replies[turn % replies.len()];
            if sent.path() == "/base/login" {
                let fails = starts.is_some_and(|of| (turn as u64).is_multiple_of(of));
                return Reply::status(if fails { 500 } else { 200 }).after(delay / 4);
            }
            Reply::drawn(what, delay)
        };
        let mut sim = Sim::seeded(&self.yaml(), self.seed).workers(self.workers);
        if let Some(at) = self.stop_at {
            sim = sim.stop_at(ms(at));
        }
        runtime.unwrap().block_on(sim.run(script))
    }

    /// When nothing arrives any more.
    fn until(&self, run: &Run) -> Duration {
        run.arrivals().end().min(self.stop_at.map_or(Duration::MAX, ms))
    }
}

/// Every arrival is started or dropped, and nothing starts before its time or goes on beyond its grace. Where nobody
/// has to start first, nothing starts late either.
fn keeps_to_the_schedule(case: &Case, run: &Run) -> Result<(), TestCaseError> {
    let until = case.until(run);
    let intended: Vec<Duration> =
        run.arrivals().part(Part::WHOLE).map(|arrival| arrival.at).take_while(|at| *at <= until).collect();
    let whole = run.whole();
    let started: u64 = ends_in(&whole).iter().sum();
    let accounted = started + whole.all_dropped();
    prop_assert_eq!(accounted, intended.len() as u64);
    let last = until + ms(case.graceful_stop) + TICK;
    for (nth, sent) in run.to("/first").enumerate() {
        prop_assert!(case.stop_at.is_none_or(|stop| sent.at <= ms(stop)), "{:?} after the stop", sent);
        // The n-th start is not before the n-th arrival.
        prop_assert!(intended.get(nth).is_some_and(|at| *at <= sent.at), "{:?}", sent);
        if case.starts.is_none() {
            let on_time = intended.iter().any(|at| *at <= sent.at && sent.at <= *at + TICK);
            prop_assert!(on_time, "{:?}", sent);
        }
    }
    prop_assert!(run.sent.iter().all(|sent| sent.end.is_some_and(|(_, at)| at <= last)));
    prop_assert!(run.took <= last, "{:?} beyond {:?}", run.took, last);
    prop_assert!(run.most_at_once() as u64 <= case.max_users);
    // Workers are looked at one after the other: a place may be given up on one and taken on another in between.
    let mut points = run.seen.series.points().iter();
    prop_assert!(case.workers > 1 || points.all(|point| point.vus <= case.max_users));
    if case.starts.is_none() {
        prop_assert!(run.lag().max().is_none_or(|lag| lag <= TICK));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_open_plan_adds_up(case in case()) {
        let run = case.run();
        run.adds_up("/first");
        keeps_to_the_schedule(&case, &run)?;
        let again = case.run();
        prop_assert_eq!(run.dump(), again.dump());
        prop_assert_eq!(run.dump_sent(), again.dump_sent());
    }
}
