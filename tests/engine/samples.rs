//! Every request as it was, held against the target's log. That they add up to what was counted is asserted of every run
//! of these tests (`Run::accounts_for_all`).

use super::{
    fake::{End, Reply, Sent},
    run::{Run, Sim, ms, secs},
};
use loadgen::{
    engine::{Common, Simulated, sample_queue, simulate},
    measure::Sample,
    model::ErrorKind,
};
use std::time::Duration;

/// Answers, redirects, failures and silence, by turns.
fn mixed(sent: &Sent) -> Reply {
    let took = 10 + (sent.nth as u64 * 7 + sent.vu * 3) % 40;
    match (sent.path(), sent.nth % 7) {
        ("/base/a", 0) => Reply::status(302).with("location", "/base/b").after(took),
        ("/base/a", 3) => Reply::fails(ErrorKind::ClosedEarly).after(took),
        ("/base/a", 5) => Reply::never(),
        (_, 4) => Reply::status(503).after(took),
        _ => Reply::text(200, "four").after(took),
    }
}

const SHAPES: [&str; 3] = [
    "load: { users: 4, duration: 9s }\nwarm_up: 2s\n",
    "load: { rate: 30/s, duration: 9s, max_users: 50 }\n",
    "load: { rate: 40/s, duration: 5s, max_users: 2, graceful_stop: 100ms }\n",
];

const STEPS: &str = "
http: { headers: { x-vu: \"${vu}\", x-iteration: \"${iteration}\" }, timeout: 300ms }
on_start: [ { get: /hello } ]
flow:
  - { get: /a, timeout: 300ms }
  - { parallel: [ { post: /b, body: hey }, { get: /c } ] }
  - { think: 20ms }
";

type Row = (u64, u64, Duration, Duration);

/// Who sent it in which iteration, when it began and when it ended.
fn row(sample: &Sample) -> Row {
    (sample.vu, sample.iteration, sample.began, sample.seen.ended_at)
}

#[track_caller]
fn assert_is_the_log(run: &Run) {
    let logged = |sent: &Sent| {
        let (end, at) = sent.end.unwrap();
        ((sent.vu, sent.iteration, sent.at, at), end)
    };
    let mut log: Vec<(Row, End)> = run.sent.iter().map(logged).collect();
    let mut rows: Vec<Row> = run.samples.iter().map(row).collect();
    rows.sort_unstable();
    assert_eq!((rows.len() as u64 + run.cut(), run.cut() > 0), (log.len() as u64, run.cut() > 0));
    // What was cut is in the log alone; a timeout is given up, too, and is a row.
    log.retain(|(row, end)| *end != End::GivenUp || rows.binary_search(row).is_ok());
    let mut log: Vec<Row> = log.into_iter().map(|(row, _)| row).collect();
    log.sort_unstable();
    assert_eq!(rows, log);
}

#[tokio::test(start_paused = true)]
async fn each_request_is_a_row_with_the_times_that_the_target_saw() {
    for (number, shape) in SHAPES.into_iter().enumerate() {
        for workers in [1, 3] {
            let run = Sim::bare(&format!("{shape}{STEPS}")).workers(workers).run(mixed).await;
            assert!(run.samples.len() > 100, "{shape}: {}", run.samples.len());
            assert_is_the_log(&run);
            let catalog = &run.plan.catalog;
            for sample in &run.samples {
                let (seen, began) = (&sample.seen, sample.began);
                assert!(sample.intended() <= began && began <= seen.ended_at, "{sample:?}");
                assert_eq!(
                    seen.ended_at - began,
                    seen.service_time,
                    "nothing is waited for here: {sample:?}"
                );
                assert_eq!(seen.key.error == Some(ErrorKind::Timeout), seen.service_time == ms(300));
                let stage = catalog.stage(seen.key.stage);
                assert_eq!(stage.warm_up, number == 0 && began < secs(2), "{sample:?}");
            }
            let waited = run.samples.iter().filter(|sample| sample.intended() < sample.began).count();
            // Held time goes by whole milliseconds, of which a thirtieth of a second is none.
            assert_eq!(waited > 0, number == 1, "{shape}: {waited}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_stop_cuts_is_no_row_and_what_ended_before_is_not_lost() {
    for workers in [1, 3] {
        let yaml = format!("load: {{ users: 6, duration: 1h, graceful_stop: 30ms }}\n{STEPS}");
        let run = Sim::bare(&yaml).workers(workers).stop_at(ms(3_215)).run(mixed).await;
        assert!(run.cut() > 0 && run.samples.len() > 100);
        assert_is_the_log(&run);
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_nobody_empties_changes_nothing_but_what_is_lost() {
    let yaml = format!("load: {{ rate: 20/s, duration: 4m, max_users: 50 }}\n{STEPS}");
    let answer = |sent: &Sent| Reply::status(200).after(5 + sent.vu % 3);
    let taken = Sim::bare(&yaml).run(answer).await;
    let fake = super::fake::Fake::new(answer);
    let (sender, receiver) = sample_queue();
    let common = Common::new(&taken.plan, Vec::new()).sampled(sender);
    let Simulated { lines, took, .. } = simulate(&taken.plan, &common, &fake, 1, None).await;
    assert_eq!((took, fake.log().len()), (taken.took, taken.sent.len()));
    let counts = receiver.counts();
    assert_eq!(counts.seen(), taken.samples.len() as u64);
    let mut left = 0;
    while let Some(batch) = receiver.ready() {
        left += batch.samples().len() as u64;
    }
    assert!(counts.dropped() > 1_000, "{}", counts.dropped());
    assert_eq!(left + counts.dropped(), counts.seen());
    let told: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(told, ["requests are left out of the samples: they are not written fast enough"]);
}
