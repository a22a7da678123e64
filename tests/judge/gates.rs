//! Thresholds that watch the seconds of a run: windows, `after`, `min_samples`, and when a run is ended.

use super::{MS, catalog, seen};
use loadgen::{
    judge::{Gates, Outcome, ThresholdResult},
    measure::{Collector, Delta, Interval, Recorded, Recorder},
    model::*,
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The catalogue with a load of so many seconds, the first of them warm-up.
fn catalog_of(seconds: u64, warm_up: u64) -> Catalog {
    let stage = |start: u64, end: u64, warm_up| StageMeta {
        name: "1".into(),
        workload: WorkloadId(0),
        start_ms: start * 1_000,
        end_ms: end * 1_000,
        warm_up,
    };
    let stages = match warm_up {
        0 => vec![stage(0, seconds, false)],
        _ => vec![stage(warm_up, seconds, false), stage(0, warm_up, true)],
    };
    Catalog { stages, ..catalog() }
}

fn threshold(left: &str, right: &str) -> Threshold {
    let file = format!(
        "target: http://127.0.0.1\nload: {{users: 1, duration: 1h}}\ntasks: [{{get: /}}]\nthresholds:\n  {left}: {right}\n"
    );
    let scenario = loadgen::scenario::parse(&file, &Default::default());
    scenario.unwrap_or_else(|faults| panic!("{left}: {right}: {faults:?}")).thresholds[0].value.clone()
}

/// A run that a table of seconds makes: collected as in earnest, and shown to the gates.
struct Run {
    catalog: Catalog,
    collector: Collector,
    gates: Gates,
    aborted: Option<(u64, String)>,
    seconds: u64,
    /// Whether the load is being ended before its time.
    ending: bool,
}

impl Run {
    fn new(thresholds: &[Threshold], catalog: Catalog) -> Self {
        let collector = Collector::new(&catalog, 1, SECOND);
        let gates = Gates::new(thresholds, &catalog);
        Self { catalog, collector, gates, aborted: None, seconds: 0, ending: false }
    }

    fn second(&mut self, record: impl FnOnce(&mut Recorder)) {
        let mut recorder = Recorder::new(&self.catalog);
        record(&mut recorder);
        let recorded = recorder.swap(Box::new(Recorded::new(&self.catalog)));
        let (interval, running_users, made_users, last) = (self.seconds, 3, 5, false);
        let delta = Delta { worker: 0, interval, recorded, running_users, made_users, last };
        for mut closed in self.collector.accept(delta).0 {
            closed.ending = self.ending;
            self.show(&closed);
        }
        self.seconds += 1;
    }

    fn show(&mut self, interval: &Interval) {
        if let Some(reason) = self.gates.look(interval) {
            assert_eq!(self.aborted, None, "it ends once");
            self.aborted = Some((interval.number + 1, reason));
        }
    }

    /// So many requests of this many milliseconds in each second.
    fn seconds_of(&mut self, millis: &[u32], each: u32) {
        for millis in millis {
            self.second(|recorder| (0..each).for_each(|_| recorder.request(&seen(0, 200, MS * *millis))));
        }
    }

    fn judge(&self) -> Vec<ThresholdResult> {
        self.gates.judge(&self.collector.snapshot(SECOND * self.seconds as u32), &self.catalog)
    }
}

fn shown(result: &ThresholdResult) -> String {
    let observed = result.observed.map_or_else(|| "-".to_owned(), |observed| observed.to_string());
    let window =
        result.worst_window.map(|worst| format!(", {} from {}s", worst.observed, worst.start.as_secs()));
    format!("{:?} {observed} of {}{}", result.outcome, result.samples, window.unwrap_or_default())
}

#[test]
fn windows_after_and_fewest_samples() {
    // Seconds 0 to 9: slow at the start, and a slow second in the middle.
    let run = [900, 900, 10, 10, 10, 300, 10, 10, 10, 10];
    for (left, right, expected) in [
        // The whole run alone.
        ("http_req_duration", "max < 1s", "Passed 900ms of 100"),
        ("http_req_duration", "{ expect: p70 < 200ms }", "Passed 10.007ms of 100"),
        // Windows see what the whole run hides.
        ("http_req_duration", "{ expect: p70 < 200ms, over: 2s }", "Failed 10.007ms of 100, 900ms from 0s"),
        (
            "http_req_duration",
            "{ expect: p70 < 200ms, over: 2s, after: 2s }",
            "Failed 10.007ms of 80, 300ms from 4s",
        ),
        (
            "http_req_duration",
            "{ expect: p70 < 200ms, over: 2s, after: 6s }",
            "Passed 10ms of 40, 10ms from 6s",
        ),
        (
            "http_req_duration",
            "{ expect: p40 < 200ms, over: 3s, after: 1500ms }",
            "Passed 10.007ms of 80, 10.007ms from 3s",
        ),
        // What ended before `after` is not looked at.
        ("http_req_duration", "{ expect: max < 500ms, after: 2s }", "Passed 300ms of 80"),
        ("http_req_duration", "{ expect: max < 500ms, after: 1s }", "Failed 900ms of 90"),
        ("http_reqs", "{ expect: rate == 10/s, after: 4s }", "Passed 10/s of 60"),
        ("http_req_duration", "{ expect: max < 500ms, after: 1m }", "NoData - of 0"),
        // No complete window.
        ("http_req_duration", "{ expect: max < 1s, over: 11s }", "NoData 900ms of 100"),
        ("http_req_duration", "{ expect: max < 1s, over: 10s }", "Passed 900ms of 100, 900ms from 0s"),
        // A count is of each window, and not of the run.
        ("http_reqs", "{ expect: count <= 20, over: 2s }", "Passed 20 of 20, 20 from 0s"),
        ("http_reqs", "{ expect: count < 20, over: 2s }", "Failed 20 of 20, 20 from 0s"),
        ("http_reqs", "{ expect: rate >= 10/s, over: 2s }", "Passed 10/s of 100, 10/s from 0s"),
        ("http_req_failed", "{ expect: rate < 1%, over: 5s }", "Passed 0% of 100, 0% from 0s"),
        ("vus", "{ expect: max <= 3, over: 5s }", "Passed 3 of 10, 3 from 0s"),
        ("vus_max", "{ expect: value == 5, after: 5s }", "Passed 5 of 5"),
        ("dropped_iterations", "{ expect: count == 0, over: 5s }", "Passed 0 of 5, 0 from 0s"),
        // Fewer samples than wanted are no pass.
        ("http_req_duration", "{ expect: max < 1s, min_samples: 100 }", "Passed 900ms of 100"),
        ("http_req_duration", "{ expect: max < 1s, min_samples: 101 }", "TooFewSamples 900ms of 100"),
        ("http_req_duration", "{ expect: max < 5ms, min_samples: 101 }", "TooFewSamples 900ms of 100"),
        ("http_req_duration", "{ expect: max < 1s, over: 2s, min_samples: 21 }", "TooFewSamples 900ms of 20"),
        (
            "http_req_duration",
            "{ expect: max < 1s, over: 2s, min_samples: 20 }",
            "Passed 900ms of 100, 900ms from 0s",
        ),
        ("http_req_duration{status:500}", "{ expect: max < 1s, over: 2s, min_samples: 20 }", "NoData - of 0"),
    ] {
        let mut table = Run::new(&[threshold(left, right)], catalog_of(10, 0));
        table.seconds_of(&run, 10);
        assert_eq!(shown(&table.judge()[0]), expected, "{left}: {right}");
        assert_eq!(table.aborted, None);
    }
}

#[test]
fn windows_without_samples_or_with_warm_up_or_of_the_end_are_not_judged() {
    let slow_windows = || [threshold("http_req_duration", "{ expect: max < 1s, over: 2s }")];
    let verdict = |run: &Run| shown(&run.judge()[0]);
    let mut with_gaps = Run::new(&slow_windows(), catalog_of(20, 0));
    with_gaps.second(|_| {});
    with_gaps.second(|_| {});
    with_gaps.second(|recorder| recorder.request(&seen(0, 200, MS * 7)));
    with_gaps.second(|_| {});
    assert_eq!(verdict(&with_gaps), "Passed 7ms of 1, 7ms from 1s");
    // Three seconds of warm-up, of which the last window still has one: what it would see is half of the truth.
    let few = [threshold("http_reqs", "{ expect: count >= 20, over: 2s }")];
    let mut warmed = Run::new(&few, catalog_of(20, 3));
    for second in 0..8 {
        let stage = StageId(u32::from(second < 3));
        warmed.second(|recorder| {
            for _ in 0..10 {
                let mut request = seen(0, 200, MS);
                request.key.stage = stage;
                recorder.request(&request);
            }
        });
    }
    assert_eq!(verdict(&warmed), "Passed 20 of 20, 20 from 3s");
    // What goes on after the end of the load gets less and less.
    let mut drained = Run::new(&few, catalog_of(4, 0));
    drained.seconds_of(&[1; 4], 10);
    drained.seconds_of(&[1; 3], 1);
    assert_eq!(verdict(&drained), "Passed 20 of 20, 20 from 0s");
    let mut ended = Run::new(&few, catalog_of(20, 0));
    ended.seconds_of(&[1; 4], 10);
    ended.ending = true;
    ended.seconds_of(&[1; 3], 1);
    assert_eq!(verdict(&ended), "Passed 20 of 20, 20 from 0s");
    let mut went_on = Run::new(&few, catalog_of(20, 0));
    went_on.seconds_of(&[1; 4], 10);
    went_on.seconds_of(&[1; 3], 1);
    assert_eq!(verdict(&went_on), "Failed 2 of 2, 2 from 4s");
}

#[test]
fn a_second_that_no_worker_reported_is_empty_and_not_missing() {
    let thresholds = [threshold("http_reqs", "{ expect: count >= 30, over: 3s }")];
    let mut run = Run::new(&thresholds, catalog_of(60, 0));
    run.seconds_of(&[1, 1, 1], 10);
    // The process stood still for two seconds.
    run.seconds = 5;
    run.seconds_of(&[1, 1, 1], 10);
    assert_eq!(shown(&run.judge()[0]), "Failed 10 of 10, 10 from 2s");
}

#[test]
fn a_target_that_answers_nothing_breaks_a_rate_and_a_run_of_nothing_has_no_data() {
    let rate = threshold("http_reqs", "{ expect: rate > 5/s, over: 2s }");
    let none = threshold("http_errors", "{ expect: count == 0, over: 2s }");
    let mut run = Run::new(&[rate.clone(), none.clone()], catalog_of(60, 0));
    run.seconds_of(&[1; 4], 10);
    run.seconds_of(&[1; 3], 0);
    let results = run.judge();
    assert!(shown(&results[0]).starts_with("Failed "), "{}", shown(&results[0]));
    assert!(shown(&results[0]).ends_with(", 0/s from 4s"), "{}", shown(&results[0]));
    assert_eq!(results[1].outcome, Outcome::Passed);
    let mut empty = Run::new(&[rate, none], catalog_of(60, 0));
    empty.seconds_of(&[1; 6], 0);
    assert!(empty.judge().iter().all(|result| result.outcome == Outcome::NoData));
}

#[test]
fn a_rate_of_a_stage_is_per_its_own_time() {
    let stage = |name: &str, start_ms, end_ms| StageMeta {
        name: name.into(),
        workload: WorkloadId(0),
        start_ms,
        end_ms,
        warm_up: false,
    };
    let catalog = Catalog { stages: vec![stage("calm", 0, 4_000), stage("peak", 4_000, 6_000)], ..catalog() };
    let mut peak = threshold("http_reqs{stage:1}", "rate > 80/s");
    peak.selector.tags = vec![("stage".into(), Glob::new("peak"))];
    let late = Threshold { after: SECOND * 5, ..peak.clone() };
    let mut run = Run::new(&[peak, late], catalog);
    run.seconds_of(&[1; 4], 10);
    for _ in 0..2 {
        run.second(|recorder| {
            for _ in 0..100 {
                let mut request = seen(0, 200, MS);
                request.key.stage = StageId(1);
                recorder.request(&request);
            }
        });
    }
    let shown: Vec<String> = run.judge().iter().map(shown).collect();
    assert_eq!(shown, ["Passed 100/s of 200", "Passed 100/s of 100"]);
}

#[test]
fn seconds_that_were_joined_are_in_no_window() {
    let thresholds = [threshold("http_reqs", "{ expect: count <= 20, over: 2s }")];
    let mut run = Run::new(&thresholds, catalog_of(60, 0));
    run.seconds_of(&[1; 2], 10);
    let mut joined = Interval { number: 5, ticked: true, joined: 3, ..Interval::default() };
    let mut recorder = Recorder::new(&run.catalog);
    (0..40).for_each(|_| recorder.request(&seen(0, 200, MS)));
    joined.recorded = *recorder.swap(Box::new(Recorded::new(&run.catalog)));
    run.show(&joined);
    run.seconds = 6;
    run.seconds_of(&[1; 2], 10);
    assert!(shown(&run.judge()[0]).starts_with("Passed 20 "), "{}", shown(&run.judge()[0]));
}

/// When and why a run of such seconds, of 100 requests each, is aborted: `3s: was 480ms …`.
fn abort_of(left: &str, right: &str, millis: &[u32]) -> Option<String> {
    let mut run = Run::new(&[threshold(left, right)], catalog_of(60, 0));
    run.seconds_of(millis, 100);
    let result = run.judge().remove(0);
    assert_eq!(result.aborted_run, run.aborted.is_some());
    assert!(!result.aborted_run || result.outcome == Outcome::Failed);
    let (second, reason) = run.aborted?;
    let said =
        format!("aborted after {second}s: `{}: {}` ", result.threshold.subject(), result.threshold.condition);
    let rest = reason.strip_prefix(&said).unwrap_or_else(|| panic!("{reason} does not begin with {said}"));
    Some(format!("{second}s: {rest}"))
}

const BROKEN: &str = "and clearly broken for three seconds in a row";
const WINDOWS: &str = "in three windows in a row";

#[test]
fn an_abort_of_times_needs_three_in_a_row() {
    let slow = [480; 12];
    for (terms, millis, expected) in [
        ("", &slow[..], Some(("3s: was 480ms", BROKEN))),
        (", over: 5s", &slow, Some(("7s: was 480ms", WINDOWS))),
        (", after: 4s", &slow, Some(("7s: was 480ms", BROKEN))),
        (", over: 5s, after: 2s", &slow, Some(("9s: was 480ms", WINDOWS))),
        (", min_samples: 501", &slow, Some(("8s: was 480ms", BROKEN))),
        ("", &[10; 12], None),
        // One bad second in good ones is in the sum for long, and ends nothing.
        ("", &[10, 10, 10, 480, 10, 10, 10, 10, 10, 10, 10, 10], None),
        ("", &[10, 10, 10, 480, 480, 480, 10, 10, 10, 10, 10, 10], Some(("6s: was 480ms", BROKEN))),
        // Two bad seconds among good ones end nothing, although a window is broken, as the verdict says.
        (", over: 1s", &[10, 480, 480, 10, 480, 480, 10], None),
        (", over: 1s", &[10, 480, 480, 480], Some(("4s: was 480ms", WINDOWS))),
    ] {
        let right = format!("{{ expect: p95 < 200ms, abort: true{terms} }}");
        let expected = expected.map(|(when, how)| format!("{when} {how}"));
        assert_eq!(abort_of("http_req_duration", &right, millis), expected, "{right}");
    }
    for right in ["{ expect: p95 < 200ms }", "{ expect: p95 < 200ms, over: 1s }"] {
        assert_eq!(abort_of("http_req_duration", right, &slow), None, "{right}");
    }
}

#[test]
fn an_abort_of_counts_and_levels_needs_no_interval() {
    let fast = [10; 12];
    for (left, condition, millis, expected) in [
        ("http_reqs", "rate > 200/s", &fast[..], Some("3s: was 100/s")),
        ("http_reqs", "rate > 101/s", &fast, None),
        ("http_reqs", "count <= 250", &fast, Some("5s: was 500")),
        ("http_req_duration", "max < 200ms", &[10, 480, 10, 10, 10], Some("4s: was 480ms")),
        ("vus", "max < 3", &fast, Some("3s: was 3")),
    ] {
        let right = format!("{{ expect: {condition}, abort: true }}");
        let expected = expected.map(|when| format!("{when} {BROKEN}"));
        assert_eq!(abort_of(left, &right, millis), expected, "{left}: {right}");
    }
}

#[test]
fn with_the_last_second_of_the_load_nothing_is_left_to_abort() {
    let thresholds = [threshold("http_req_duration", "{ expect: p95 < 200ms, abort: true }")];
    let mut run = Run::new(&thresholds, catalog_of(3, 0));
    run.seconds_of(&[480; 5], 100);
    assert_eq!((run.aborted.is_some(), run.judge()[0].outcome), (false, Outcome::Failed));
}

/// Times whose p95 is `p95` of a log-normal distribution with this shape.
fn lognormal(random: &mut Pcg64, p95: f64, sigma: f64) -> Duration {
    let (a, b): (f64, f64) = (random.random(), random.random());
    let normal = (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos();
    // 1.645 is the 95th percentile of the standard normal distribution.
    Duration::from_secs_f64(p95 * (sigma * (normal - 1.645)).exp())
}

/// Half a minute of requests whose p95, mean and share of failures are this multiple of the limits.
fn stream(seed: u64, multiple: f64) -> Option<(u64, String)> {
    let catalog = catalog_of(60, 0);
    let mut random = Pcg64::seed_from_u64(seed);
    let (per_second, sigma): (u32, f64) = [(5, 0.5), (30, 1.0), (100, 0.5)][seed as usize % 3];
    // The mean of a log-normal distribution in terms of its p95.
    let mean_to_p95: f64 = (sigma * sigma / 2.0 - 1.645 * sigma).exp();
    let mean = format!("{{ expect: avg < {}us, abort: true }}", (500.0 * mean_to_p95).round());
    let thresholds = [
        threshold("http_req_duration", "{ expect: p95 < 500us, abort: true }"),
        threshold("http_req_duration", "{ expect: p95 < 500us, abort: true, over: 3s }"),
        threshold("http_req_duration", &mean),
        threshold("http_req_failed", "{ expect: rate < 10%, abort: true }"),
    ];
    let mut gates = Gates::new(&thresholds, &catalog);
    let mut recorder = Recorder::new(&catalog);
    (0..30).find_map(|number| {
        for _ in 0..per_second {
            let failed = random.random::<f64>() < 0.1 * multiple;
            let time = lognormal(&mut random, 0.000_5 * multiple, sigma);
            recorder.request(&seen(0, if failed { 500 } else { 200 }, time));
        }
        let recorded = *recorder.swap(Box::new(Recorded::new(&catalog)));
        let second = Interval {
            number,
            recorded,
            running_users: 3,
            made_users: 5,
            ticked: true,
            ..Interval::default()
        };
        gates.look(&second).map(|reason| (number + 1, reason))
    })
}

/// Looking every second is asking chance every second: it must hardly ever say yes.
#[test]
fn a_stream_five_percent_under_its_limits_is_hardly_ever_aborted() {
    let aborted: Vec<_> = (0..300).filter_map(|seed| stream(seed, 0.95)).collect();
    assert!(aborted.len() <= 3, "{aborted:?}");
}

#[test]
fn a_stream_clearly_over_its_limits_is_aborted_soon() {
    for seed in 0..30 {
        let (second, reason) = stream(seed, 2.0).unwrap_or_else(|| panic!("stream {seed} went on"));
        assert!(second <= 30, "{seed}: {second} {reason}");
    }
}

#[test]
fn a_number_near_its_limit_is_not_sure() {
    let judged = |millis: &[u32], right: &str| {
        let mut run = Run::new(&[threshold("http_req_duration", right)], catalog_of(60, 0));
        for second in 0..3 {
            run.second(|recorder| {
                for n in 0..200 {
                    recorder.request(&seen(0, 200, MS * millis[(n + second) as usize % millis.len()]));
                }
            });
        }
        run.judge().remove(0)
    };
    let spread: Vec<u32> = (1..=100).collect();
    for (right, sure, bounds) in [
        // Of 600 samples, p95 has the ranks 559 and 581 about it.
        ("p95 < 96ms", false, Some("94ms 97ms")),
        ("p95 < 94.5ms", false, Some("94ms 97ms")),
        ("p95 < 200ms", true, Some("94ms 97ms")),
        ("p95 < 50ms", true, Some("94ms 97ms")),
        ("avg < 51ms", false, Some("48ms 53ms")),
        ("avg < 60ms", true, Some("48ms 53ms")),
        ("max < 101ms", true, None),
        ("p99.9 < 200ms", false, Some("100ms -")),
        ("p95 == 95ms", true, None),
    ] {
        let result = judged(&spread, right);
        let round = |limit: Option<Limit>| {
            limit.map_or_else(|| "-".to_owned(), |limit| format!("{:.0}ms", limit.amount() * 1e3))
        };
        let found =
            result.interval.map(|interval| format!("{} {}", round(interval.low), round(interval.high)));
        assert_eq!((result.sure, found.as_deref()), (sure, bounds), "{right}");
    }
}
