//! The books balance, whatever the load and the target do, and the same run is the same to the last sample.

use super::{
    fake::{Reply, Sent},
    run::{Run, Sim, ms, secs},
};
use loadgen::model::ErrorKind;
use proptest::prelude::*;
use std::time::Duration;

/// Something of everything.
const MIXED: &str = "\
load:
  start_users: 3
  graceful_stop: 2s
  graceful_ramp_down: 500ms
  stages: [ { duration: 20s, users: 12 }, { duration: 10s, users: 4 }, { duration: 15s, users: 9 } ]
think_time: 100ms..900ms
on_start: [ { post: /login, extract: { token: json $.token } } ]
tasks:
  - { name: read, weight: 3, get: /read, timeout: 1s, check: status == 200 }
  - name: write
    weight: 1.5
    steps: [ { get: /read }, { think: 50ms..150ms }, { post: /write, json: { token: \"${token}\" } } ]
";

/// The target's mood, from the request alone.
fn moody(sent: &Sent) -> Reply {
    let token = r#"{"token": "t"}"#;
    match (sent.vu * 31 + sent.nth as u64 * 17) % 11 {
        0 => Reply::fails(ErrorKind::Reset).after(30),
        1 => Reply::status(500).after(20),
        2 => Reply::never(),
        delay => Reply::text(200, token).after(delay * 60),
    }
}

#[tokio::test(start_paused = true)]
async fn two_runs_of_one_seed_are_the_same_to_the_last_sample() {
    let run = Sim::seeded(MIXED, 5).run(moody).await;
    let again = Sim::seeded(MIXED, 5).run(moody).await;
    assert_eq!(run.dump(), again.dump());
    let other = Sim::seeded(MIXED, 6).run(moody).await;
    assert_ne!(run.dump(), other.dump());
    for run in [&run, &other] {
        let (completed, failed, interrupted) = run.ends();
        assert!(completed > 100 && failed > 10 && interrupted > 0 && run.cut() > 0, "{:?}", run.ends());
        run.adds_up("/read");
    }
}

#[tokio::test(start_paused = true)]
async fn workers_together_see_what_one_sees() {
    let one = Sim::of(MIXED).run(moody).await;
    let three = Sim::of(MIXED).workers(3).run(moody).await;
    assert_eq!(one.dump(), three.dump());
    three.adds_up("/read");
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_fifty_users_needs_no_hour() {
    let yaml = "\
load: { users: 50, duration: 1h }
think_time: 10s
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(2_000)).await;
    assert_eq!((run.ends(), run.took), ((50 * 300, 0, 0), secs(3600)));
    assert_eq!(run.seen.series.points().len(), 3600);
    run.adds_up("/a");
}

/// A small load and a target's replies.
#[derive(Debug, Clone)]
struct Case {
    start_users: u64,
    /// Milliseconds and users.
    stages: Vec<(u64, u64)>,
    think: (u64, u64),
    graceful_stop: u64,
    graceful_ramp_down: u64,
    replies: Vec<(u8, u64)>,
    stop_at: Option<u64>,
    workers: usize,
    seed: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let stages = proptest::collection::vec((prop_oneof![Just(0), 1..6_000u64], 0..6u64), 1..6);
    let replies = proptest::collection::vec((0..8u8, 0..3_000u64), 1..9);
    let times = (1..1_500u64, 0..1_000u64, 0..4_000u64, 0..3_000u64);
    let rest = (proptest::option::of(0..20_000u64), 1..4usize, any::<u64>());
    (0..5u64, stages, times, replies, rest).prop_map(|(start_users, mut stages, times, replies, rest)| {
        // At least one user for at least a moment.
        stages.push((800, 3));
        let (least, more, graceful_stop, graceful_ramp_down) = times;
        let think = (least, least + more);
        let (stop_at, workers, seed) = rest;
        Case {
            start_users,
            stages,
            think,
            graceful_stop,
            graceful_ramp_down,
            replies,
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
            .map(|(millis, users)| format!("    - {{ duration: {millis}ms, users: {users} }}\n"))
            .collect();
        format!(
            "\
load:
  start_users: {}
  graceful_stop: {}ms
  graceful_ramp_down: {}ms
  stages:
{}think_time: {}ms..{}ms
tasks:
  - {{ name: short, get: /first, timeout: 2s }}
  - {{ name: long, weight: 2, steps: [ {{ get: /first }}, {{ think: 100ms }}, {{ get: /second, timeout: 700ms }} ] }}
",
            self.start_users,
            self.graceful_stop,
            self.graceful_ramp_down,
            stages.concat(),
            self.think.0,
            self.think.1
        )
    }

    fn run(&self) -> Run {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let replies = self.replies.clone();
        let script = move |sent: &Sent| {
            let (what, delay) = replies[(sent.vu as usize * 7 + sent.nth) % replies.len()];
            Reply::drawn(what, delay)
        };
        let mut sim = Sim::seeded(&self.yaml(), self.seed).workers(self.workers);
        if let Some(at) = self.stop_at {
            sim = sim.stop_at(ms(at));
        }
        runtime.unwrap().block_on(sim.run(script))
    }
}

/// How late a timer may be: it counts whole milliseconds.
const TICK: Duration = Duration::from_millis(1);

/// Nothing starts outside its user's windows or after a stop, and nothing goes on for longer than it may.
fn keeps_to_the_plan(case: &Case, run: &Run) -> Result<(), TestCaseError> {
    let schedule = run.users();
    let stop = case.stop_at.map_or(Duration::MAX, ms);
    let last = schedule.end().min(stop) + ms(case.graceful_stop) + TICK;
    for sent in &run.sent {
        let windows = schedule.windows(sent.vu);
        if sent.path() == "/base/first" {
            prop_assert!(
                windows.iter().any(|window| window.start <= sent.at && sent.at < window.end),
                "{:?}",
                sent
            );
            prop_assert!(sent.at <= stop, "{:?}", sent);
        }
        let Some((_, at)) = sent.end else { continue };
        prop_assert!(at <= last, "{:?} beyond {:?}", sent, last);
        let Some(index) = windows.iter().rposition(|window| window.start <= sent.at) else { continue };
        let until = windows[index].end + ms(case.graceful_ramp_down);
        // Whoever is wanted again before its grace is over goes on.
        let is_wanted = windows.get(index + 1).is_some_and(|next| next.start <= until);
        if windows[index].end < schedule.end() && !is_wanted {
            prop_assert!(at <= until + TICK, "{:?}", sent);
        }
    }
    prop_assert!(run.took <= last, "{:?} beyond {:?}", run.took, last);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_plan_adds_up(case in case()) {
        let run = case.run();
        run.adds_up("/first");
        keeps_to_the_plan(&case, &run)?;
        let points = run.seen.series.points();
        let most = run.users().most_users();
        prop_assert!(points.iter().all(|point| point.vus <= most));
        prop_assert!(run.seen.vus_max <= most);
        prop_assert_eq!(run.dump(), case.run().dump());
    }
}
