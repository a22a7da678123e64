//! Percentiles against an exact sort and against another implementation: PyPI's `hdrhistogram`, which reads our bytes and
//! records the same samples itself.
//!
//! It lives in the virtual environment that `.ci/run` makes beside the build's results. Where there is none the tests say
//! so and skip that half; with `LOADGEN_REQUIRE_HDRHISTOGRAM` set they fail.

use super::{everything, harness::Sandbox};
use base64::{Engine, prelude::BASE64_STANDARD};
use loadgen::{measure::Latency, model::Percent};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde_json::{Value, json};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const SAMPLES: usize = 100_000;
/// In thousandths of a per cent.
const PERCENTS: [u64; 9] = [1_000, 50_000, 75_000, 90_000, 95_000, 99_000, 99_900, 99_990, 100_000];

/// Reads `[{ "histogram": base64, "micros": [..]? }]` and says what is in the histogram, and what it is of the samples.
const PEER: &str = r#"
import json, sys
from hdrh.histogram import HdrHistogram

def figures(histogram, percents):
    return {
        "count": histogram.get_total_count(),
        "percentiles": [histogram.get_value_at_percentile(p / 1000) for p in percents],
        "buckets": [[step.value_iterated_to, step.count_at_value_iterated_to]
                    for step in histogram.get_recorded_iterator()],
    }

asked = json.load(open(sys.argv[1]))
answers = []
for one in asked["histograms"]:
    answer = {"read": figures(HdrHistogram.decode(one["histogram"]), asked["percents"])}
    if "micros" in one:
        own = HdrHistogram(1, 3600000000, 3)
        for micros in one["micros"]:
            own.record_value(micros)
        answer["recorded"] = figures(own, asked["percents"])
    answers.append(answer)
json.dump(answers, open(sys.argv[2], "w"))
"#;

pub(super) fn python() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("httpbin").join("bin/python")
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(super) fn peer_is_there() -> bool {
    let import = Command::new(python()).args(["-c", "import hdrh.histogram"]).output();
    let is_there = import.is_ok_and(|done| done.status.success());
    if !is_there {
        let missing = format!("{} has no module `hdrh`", python().display());
        assert!(env::var_os("LOADGEN_REQUIRE_HDRHISTOGRAM").is_none(), "hdrhistogram is required: {missing}");
        eprintln!("skipped: {missing}");
    }
    is_there
}

/// What the other implementation makes of these.
fn ask(sandbox: &Sandbox, histograms: &[Value]) -> Vec<Value> {
    let asked =
        sandbox.file("asked.json", json!({ "percents": PERCENTS, "histograms": histograms }).to_string());
    let (script, answers) = (sandbox.file("peer.py", PEER), sandbox.path().join("answers.json"));
    let done = Command::new(python()).args([&script, &asked, &answers]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_str(&fs::read_to_string(&answers).unwrap()).unwrap()
}

/// Shapes that response times have, in whole microseconds.
fn distributions() -> Vec<(&'static str, Vec<u64>)> {
    let drawn = |seed: u64, micros: &dyn Fn(f64, f64) -> f64| -> Vec<u64> {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut next = || random.random::<f64>().max(1e-12);
        (0..SAMPLES).map(|_| micros(next(), next()).clamp(1.0, 3.6e9) as u64).collect()
    };
    let normal = |one: f64, other: f64| (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos();
    vec![
        ("constant", vec![199_950; SAMPLES]),
        ("uniform", drawn(1, &|one, _| 1.0 + one * 100_000.0)),
        ("exponential", drawn(2, &|one, _| -one.ln() * 20_000.0)),
        ("log-normal", drawn(3, &|one, other| (9.0 + 1.2 * normal(one, other)).exp())),
        ("pareto", drawn(4, &|one, _| 800.0 / one.powf(1.0 / 1.1))),
        (
            "two modes",
            drawn(5, &|one, other| if one < 0.97 { 900.0 + other * 300.0 } else { 2e6 + other * 3e6 }),
        ),
    ]
}

fn recorded(micros: &[u64]) -> Latency {
    let mut latency = Latency::new();
    micros.iter().for_each(|us| latency.record(Duration::from_micros(*us)));
    latency
}

#[test]
fn percentiles_are_those_of_an_exact_sort() {
    for (name, mut micros) in distributions() {
        let latency = recorded(&micros);
        micros.sort_unstable();
        let mut before = 0.0;
        for percent in PERCENTS {
            let rank = (percent as u128 * SAMPLES as u128).div_ceil(100_000) as usize;
            let exact = micros[rank.max(1) - 1] as f64;
            let told =
                latency.percentile(Percent::from_thousandths(percent)).unwrap().as_nanos() as f64 / 1e3;
            // Three digits: the upper end of a bucket is at most a thousandth above the sample.
            assert!(
                exact <= told && told <= exact * 1.001 + 1.0,
                "{name} {percent}: {told}, exactly {exact}"
            );
            assert!(before <= told, "{name} {percent}");
            before = told;
        }
        assert_eq!(latency.max(), micros.last().map(|us| Duration::from_micros(*us)), "{name}");
        assert_eq!(latency.percentile(Percent::whole(100)), latency.max(), "{name}");
    }
}

#[test]
fn another_implementation_reads_and_records_the_same() {
    if !peer_is_there() {
        return;
    }
    let all = distributions();
    let histograms: Vec<Latency> = all.iter().map(|(_, micros)| recorded(micros)).collect();
    let asked: Vec<Value> = (all.iter().zip(&histograms))
        .map(|((_, micros), latency)| {
            json!({ "histogram": BASE64_STANDARD.encode(latency.to_v2_deflate()), "micros": micros })
        })
        .collect();
    let answers = ask(&Sandbox::new(), &asked);
    for (((name, _), latency), answer) in all.iter().zip(&histograms).zip(&answers) {
        assert_eq!(answer["read"], answer["recorded"], "{name}: what it reads and what it records itself");
        let buckets: Vec<(u64, u64)> = latency.recorded().collect();
        assert_eq!(answer["read"]["buckets"], json!(buckets), "{name}");
        assert_eq!(answer["read"]["count"], latency.count(), "{name}");
        let max = latency.max().unwrap().as_micros() as u64;
        for (percent, theirs) in PERCENTS.iter().zip(answer["read"]["percentiles"].as_array().unwrap()) {
            let ours = latency.percentile(Percent::from_thousandths(*percent)).unwrap().as_micros() as u64;
            // The end of a bucket may lie above the largest sample, which is known exactly beside it.
            assert_eq!(theirs.as_u64().unwrap().min(max), ours, "{name} {percent}");
        }
    }
}

/// Every distribution of a document that can have a histogram, with its place.
fn trends<'d>(place: &str, value: &'d Value, found: &mut Vec<(String, &'d Value)>) {
    match value {
        Value::Object(map) if map.contains_key("histogram") => found.push((place.to_owned(), value)),
        Value::Object(map) => map.iter().for_each(|(key, one)| trends(&format!("{place}/{key}"), one, found)),
        Value::Array(list) => list.iter().for_each(|one| trends(place, one, found)),
        _ => {}
    }
}

/// Those that are documented to have none.
fn is_without(place: &str) -> bool {
    ["/requests/by_status/", "/tags/", "/tasks/lag_ms"].iter().any(|without| place.starts_with(without))
}

#[test]
fn every_histogram_of_a_summary_can_be_read_elsewhere() {
    if !peer_is_there() {
        return;
    }
    let (sandbox, target) = (Sandbox::new(), everything::target());
    let [one, _, joined] = everything::run(&sandbox, &target);
    for folder in [one, joined] {
        let summary = everything::summary(&folder);
        let mut all = Vec::new();
        trends("", &summary.0, &mut all);
        for (place, trend) in &all {
            let has_one = trend["count"] != 0 && !is_without(place);
            assert_eq!(trend["histogram"].is_string(), has_one, "{place}: {trend:#}");
        }
        all.retain(|(_, trend)| trend["histogram"].is_string());
        for list in ["/metrics/", "/requests/", "/stages/", "/tasks/", "/groups/"] {
            assert!(all.iter().any(|(place, _)| place.starts_with(list)), "none of {list}");
        }
        let asked: Vec<Value> =
            all.iter().map(|(_, trend)| json!({ "histogram": trend["histogram"] })).collect();
        for ((place, trend), answer) in all.iter().zip(ask(&sandbox, &asked)) {
            assert_same(place, trend, &answer["read"]);
        }
    }
}

/// What the other implementation reads out of a distribution's histogram is what stands beside it. It rounds ranks to the
/// nearest and we round them up, which few samples show: so its buckets are asked.
#[track_caller]
fn assert_same(place: &str, trend: &Value, read: &Value) {
    assert_eq!(read["count"], trend["count"], "{place}");
    let buckets: Vec<(u64, u64)> = serde_json::from_value(read["buckets"].clone()).unwrap();
    let (count, max) = (trend["count"].as_u64().unwrap(), trend["max"].as_f64().unwrap());
    let keys = ["p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99"];
    for (key, percent) in keys.into_iter().zip([50_000, 75_000, 90_000, 95_000, 99_000, 99_900, 99_990]) {
        let rank = (count * percent).div_ceil(100_000);
        let mut seen = 0;
        let bucket = buckets.iter().find(|(_, samples)| {
            seen += samples;
            seen >= rank
        });
        let (theirs, ours) = (bucket.unwrap().0 as f64 / 1e3, trend[key].as_f64().unwrap());
        assert!(
            (theirs.min(max) - ours).abs() < 0.001 + 1e-9,
            "{place} {key}: {ours} ms, and {theirs} ms elsewhere"
        );
    }
}
