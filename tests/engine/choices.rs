//! What is left to chance, and that it follows from the seed and the user's number alone.

use super::{
    fake::Reply,
    run::{Run, Sim, ms},
};
use std::collections::{BTreeMap, BTreeSet};

const WEIGHTED: &str = "\
load: { users: 4, duration: 300s }
think_time: 100ms
tasks:
  - { name: three, weight: 3, get: /three }
  - { name: two, weight: 2, get: /two }
  - { name: one, get: /one }
";

async fn weighted(seed: u64, workers: usize) -> Run {
    Sim::seeded(WEIGHTED, seed).workers(workers).run(|_| Reply::status(200)).await
}

/// What each user asked for, and when.
fn sequences(run: &Run) -> BTreeMap<u64, Vec<(u128, String)>> {
    let mut users: BTreeMap<u64, Vec<(u128, String)>> = BTreeMap::new();
    for sent in &run.sent {
        users.entry(sent.vu).or_default().push((sent.at.as_nanos(), sent.path().to_owned()));
    }
    users
}

#[tokio::test(start_paused = true)]
async fn tasks_are_chosen_in_proportion_to_their_weights() {
    let run = weighted(1, 1).await;
    assert_eq!(run.ends(), (12_000, 0, 0));
    for (path, weight) in [("/three", 3.0), ("/two", 2.0), ("/one", 1.0)] {
        let (n, p) = (12_000.0_f64, weight / 6.0);
        let count = run.to(path).count() as f64;
        // Five standard deviations of the binomial distribution.
        let bound = 5.0 * (n * p * (1.0 - p)).sqrt();
        assert!((count - n * p).abs() < bound, "{path}: {count} of {n}, expected {} ± {bound}", n * p);
    }
    let tasks: BTreeMap<&str, u64> = run
        .seen
        .total
        .iterations()
        .map(|(key, stats)| (run.plan.catalog.task(key.task).name.as_str(), stats.count))
        .collect();
    let sent: Vec<u64> = ["/one", "/three", "/two"].map(|path| run.to(path).count() as u64).to_vec();
    assert_eq!(tasks.into_values().collect::<Vec<_>>(), sent, "counted under their own names");
    run.requests_add_up();
}

#[tokio::test(start_paused = true)]
async fn the_sequence_of_a_user_follows_from_the_seed_and_its_number() {
    let run = sequences(&weighted(7, 1).await);
    assert_eq!(run, sequences(&weighted(7, 1).await));
    assert_ne!(run, sequences(&weighted(8, 1).await));
    let different: BTreeSet<&Vec<(u128, String)>> = run.values().collect();
    assert_eq!(different.len(), 4, "no two users do the same");
}

#[tokio::test(start_paused = true)]
async fn the_number_of_workers_changes_nothing_that_users_do() {
    let yaml = "\
load:
  stages: [ { duration: 20s, users: 9 }, { duration: 20s, users: 2 }, { duration: 10s, users: 7 } ]
think_time: 50ms..900ms
tasks: [ { get: /three, weight: 3 }, { post: /two, weight: 2 }, { get: /one } ]
";
    let one = Sim::of(yaml).run(|_| Reply::status(200).after(20)).await;
    for workers in [2, 3, 5] {
        let several = Sim::of(yaml).workers(workers).run(|_| Reply::status(200).after(20)).await;
        assert_eq!(sequences(&several), sequences(&one), "{workers} workers");
        // Also merged: counts, distributions, and the running users of each second.
        assert_eq!(several.dump(), one.dump(), "{workers} workers");
    }
    one.requests_add_up();
}

#[tokio::test(start_paused = true)]
async fn a_fixed_think_time_is_exactly_that() {
    let yaml = "\
load: { users: 1, duration: 10s }
think_time: 700ms
tasks:
  - { name: usual, get: /usual }
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(300)).await;
    assert_eq!(run.times("/usual"), (0..10).map(|second| second * 1000).collect::<Vec<u64>>());
    run.adds_up("/usual");
}

#[tokio::test(start_paused = true)]
async fn a_task_has_its_own_think_time_before_the_workloads() {
    let yaml = "\
load: { users: 1, duration: 600s }
think_time: 700ms
tasks:
  - { name: usual, get: /usual }
  - { name: slow, get: /slow, think_time: 3s }
  - { name: busy, get: /busy, think_time: 0s }
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(300)).await;
    let sent: Vec<_> = run.of_user(1).collect();
    assert!(["/usual", "/slow", "/busy"].into_iter().all(|path| run.to(path).count() > 50));
    for pair in sent.windows(2) {
        let pause = match pair[0].path() {
            "/base/slow" => 3_000,
            "/base/busy" => 0,
            _ => 700,
        };
        assert_eq!(pair[1].at - pair[0].at, ms(300 + pause), "after {}", pair[0].path());
    }
}

#[tokio::test(start_paused = true)]
async fn a_range_of_think_times_is_filled_and_kept_to() {
    let yaml = "\
load: { users: 5, duration: 400s }
think_time: 1s..3s
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(250)).await;
    let mut pauses: Vec<f64> = Vec::new();
    for vu in 1..=5 {
        let times: Vec<_> = run.of_user(vu).map(|sent| sent.at).collect();
        pauses.extend(times.windows(2).map(|pair| (pair[1] - pair[0] - ms(250)).as_secs_f64()));
    }
    assert!(pauses.iter().all(|pause| (1.0..=3.0).contains(pause)));
    let (n, mean) = (pauses.len() as f64, pauses.iter().sum::<f64>() / pauses.len() as f64);
    // Five standard errors, and half a millisecond because the timer rounds up to one.
    let bound = 5.0 * (2.0 / 12f64.sqrt()) / n.sqrt() + 0.000_5;
    assert!((mean - 2.0).abs() < bound, "{mean} of {n}");
    let tenths: BTreeSet<u64> = pauses.iter().map(|pause| (pause * 10.0) as u64).collect();
    assert!(tenths.len() >= 20, "every tenth of a second occurs");
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_think_step_pauses_inside_a_task() {
    let yaml = "\
load: { users: 1, duration: 10s }
think_time: 500ms
tasks:
  - name: shop
    steps: [ { get: /a }, { think: 1s }, { get: /b }, { think: 200ms..400ms }, { get: /c } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(100)).await;
    let sent: Vec<_> = run.of_user(1).collect();
    for iteration in sent.chunks_exact(3) {
        assert_eq!(iteration[1].at - iteration[0].at, ms(1_100));
        let pause = iteration[2].at - iteration[1].at - ms(100);
        assert!(ms(200) <= pause && pause <= ms(400), "{pause:?}");
    }
    for pair in sent.windows(2).filter(|pair| pair[0].path() == "/base/c") {
        assert_eq!(pair[1].at - pair[0].at, ms(600));
    }
    // A pause inside is part of the iteration's duration, the one after it is not.
    let longest = run.seen.total.iterations().filter_map(|(_, stats)| stats.duration.max()).max();
    assert!(longest.is_some_and(|longest| ms(1_500) <= longest && longest <= ms(1_700)), "{longest:?}");
    run.adds_up("/a");
}
