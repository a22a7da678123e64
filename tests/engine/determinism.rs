//! One seed, one run: the same requests at the same times from the same users, and the same observations to the last
//! bit, whatever the load; and another seed is another run.

use super::{
    fake::{Reply, Sent},
    run::{Run, Sim, ms},
};
use loadgen::model::ErrorKind;

/// Everything that draws on chance, in one iteration.
const TASKS: &str = "
think_time: 50ms..250ms
tasks:
  - name: read
    weight: 3
    steps:
      - { get: '/a/${random_int(1, 1000000)}', check: status == 200, timeout: 1s }
      - { group: pair, steps: [ { think: { exponential: 30ms } }, { post: /b, json: { who: '${fake.email()}' } } ] }
  - { name: rows, weight: 1.5, get: '/a/${rows.n}/${one.n}/${uuid()}' }
  - { name: pick, steps: [ { get: /a/list, extract: { id: { from: 'json $[*]', pick: random } } }, { get: '/c/${id}' } ] }
";

const DATA: &str = "
data:
  rows: { file: rows.csv, pick: shuffle }
  one: { file: rows.csv, pick: random }
";

/// Loads of every kind, each with what else it needs.
const LOADS: [(&str, &str); 11] = [
    ("constant users", "load: { users: 6, duration: 12s }"),
    (
        "ramping users",
        "load: { stages: [ { duration: 5s, users: 8 }, { duration: 3s, users: 2 }, { duration: 4s, users: 6 } ], graceful_ramp_down: 200ms }",
    ),
    ("shared iterations", "load: { users: 5, iterations: 150 }"),
    ("iterations per user", "load: { users: 5, iterations_per_user: 30, max_duration: 7s }"),
    ("constant rate", "load: { rate: 17/s, duration: 8s }"),
    ("too few users", "load: { rate: 40/s, duration: 5s, max_users: 4 }"),
    ("poisson", "load: { rate: 25/s, duration: 6s, arrivals: poisson, max_users: 15 }"),
    (
        "ramping rate",
        "load: { start_rate: 5/s, stages: [ { duration: 4s, rate: 40/s }, { duration: 3s, rate: 1/s } ], arrivals: poisson }",
    ),
    ("capped", "load: { users: 6, duration: 10s }\nmax_rate: 23/s"),
    ("warming up", "load: { rate: 20/s, duration: 6s }\nwarm_up: 2s"),
    (
        "starting",
        "load: { rate: 20/s, duration: 6s, max_users: 9 }\non_start: [ { get: '/login/${random_int(0, 9)}' } ]",
    ),
];

/// A target whose replies follow from the request alone.
fn replies(sent: &Sent) -> Reply {
    let length =
        sent.path().bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    match (length % 13, sent.path()) {
        (_, "/base/a/list") => Reply::text(200, "[3, 5, 7, 11]").after(20),
        (0, _) => Reply::fails(ErrorKind::Reset).after(5),
        (1, _) => Reply::status(500).after(40),
        (delay, _) => Reply::text(200, "[1]").after(delay * 9),
    }
}

async fn run(load: &str, seed: u64, workers: usize) -> Run {
    let rows: String = (0..5_000).map(|row| format!("{row}\n")).collect();
    let yaml = format!("{DATA}{load}{TASKS}");
    Sim::seeded(&yaml, seed).file("rows.csv", &format!("n\n{rows}")).workers(workers).run(replies).await
}

#[tokio::test(start_paused = true)]
async fn two_runs_of_one_seed_are_the_same_and_two_seeds_are_two_runs() {
    for (name, load) in LOADS {
        for workers in [1, 3] {
            let what = format!("{name} on {workers} workers");
            let (one, again) = (run(load, 4, workers).await, run(load, 4, workers).await);
            assert!(one.sent.len() > 60, "{what}: {}", one.sent.len());
            assert_eq!(one.dump_sent(), again.dump_sent(), "{what}");
            assert!(one.dump() == again.dump(), "{what}");
            assert_eq!(one.lines, again.lines, "{what}");
            one.requests_add_up();
            let other = run(load, 5, workers).await;
            assert_ne!(one.dump_sent(), other.dump_sent(), "{what}");
            assert!(one.dump() != other.dump(), "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_the_work_does_not_change_when_it_is_done() {
    // Which user has which arrival follows from the workers; when, and which task, does not.
    for (name, load) in
        LOADS.into_iter().filter(|(name, _)| ["constant rate", "ramping rate", "warming up"].contains(name))
    {
        let starts = |run: &Run| {
            let mut starts: Vec<(u128, bool, bool)> = run
                .sent
                .iter()
                .filter(|sent| sent.path().starts_with("/base/a"))
                .map(|sent| {
                    (sent.at.as_millis(), sent.path().ends_with("list"), sent.path().matches('/').count() > 3)
                })
                .collect();
            starts.sort_unstable();
            starts
        };
        let (one, two, three) = (run(load, 4, 1).await, run(load, 4, 2).await, run(load, 4, 3).await);
        assert_eq!(starts(&one), starts(&two), "{name}");
        assert_eq!(starts(&one), starts(&three), "{name}");
        assert!(one.took > ms(5_000));
    }
}
