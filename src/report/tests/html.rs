//! `report.html`: that it holds the run's numbers, that nothing in it can act, and that it stays small.

use super::fixture::{HOSTILE, Run};
use crate::{
    measure::Latency,
    report::{
        Baseline, HeatColumn, HeatMap,
        exports::{Export, Exported},
        summary_v1::{AddressV1, LevelV1, MetricV1, PointTrendV1, SummaryV1, TrendV1},
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

fn page_of(summary: &SummaryV1, heat_map: &HeatMap, baseline: Option<&SummaryV1>) -> String {
    let baseline = baseline.map(|old| Baseline::read("results/old", &old.to_json()).expect("a summary"));
    let exported = Exported { summary, heat_map, baseline: baseline.as_ref() };
    String::from_utf8(Export::Html.bytes(&exported)).expect("UTF-8")
}

fn page(run: &Run) -> String {
    let heat_map = HeatMap::new(&run.snapshot.series, |point| &point.response_time);
    page_of(&run.summary(), &heat_map, None)
}

/// What stands between two texts, the first time that it does.
fn between<'p>(page: &'p str, start: &str, end: &str) -> &'p str {
    let (_, behind) = page.split_once(start).expect(start);
    behind.split_once(end).expect(end).0
}

fn island(page: &str) -> &str {
    between(page, "<script type=\"application/json\" id=\"data\">", "</script>")
}

fn data(page: &str) -> Value {
    serde_json::from_str(island(page)).expect("JSON")
}

fn all_runs() -> [(&'static str, Run); 7] {
    [
        ("rich", Run::rich()),
        ("open", Run::open()),
        ("stopped", Run::stopped()),
        ("without load", Run::without_load()),
        ("empty", Run::empty()),
        ("saturated", Run::saturated()),
        ("passing", Run::passing()),
    ]
}

#[test]
fn the_data_are_those_of_the_summary() {
    for (name, run) in all_runs() {
        let (summary, data) = (run.summary(), data(&page(&run)));
        assert_eq!(data["verdict"]["exit_code"], json!(summary.verdict.exit_code), "{name}");
        assert_eq!(data["seed"], json!("7"), "{name}: a script rounds large numbers");
        let mut thresholds = data["thresholds"].clone();
        for threshold in thresholds.as_array_mut().expect("a list") {
            // What is worked out of the rest is not in the summary.
            let worked_out = ["decided", "margin"].map(|key| threshold.as_object_mut()?.remove(key));
            assert!(worked_out.iter().all(Option::is_some), "{name}");
        }
        assert_eq!(thresholds, json!(summary.thresholds), "{name}");
        let count = |list: &Value| list.as_array().map(Vec::len);
        assert_eq!(count(&data["requests"]), Some(summary.requests.len()), "{name}");
        assert_eq!(count(&data["checks"]), Some(summary.checks.len()), "{name}");
        assert_eq!(count(&data["errors"]), Some(summary.errors.len()), "{name}");
        assert_eq!(data["left_out"], json!({}), "{name}");
        let points = &summary.series.points;
        let requests: Vec<u64> = points.iter().map(|point| point.http_reqs).collect();
        assert_eq!(data["series"]["requests"], json!(requests), "{name}");
        for (row, request) in data["requests"].as_array().expect("rows").iter().zip(&summary.requests) {
            assert_eq!(row["count"], json!(request.count), "{name}");
            let (p95, expected) = (row["service"].get(5).and_then(Value::as_f64), request.duration_ms.p95);
            let near = |(a, b): (f64, f64)| (a - b).abs() <= b * 1e-3;
            assert!(p95.is_some() == expected.is_some() && p95.zip(expected).is_none_or(near), "{name}");
        }
    }
}

#[test]
fn errors_over_time_add_up_to_the_failed_requests() {
    let run = Run::rich();
    let (summary, data) = (run.summary(), data(&page(&run)));
    let kinds = data["series"]["errors"].as_array().expect("columns");
    let names: Vec<&str> = kinds.iter().filter_map(|kind| kind["kind"].as_str()).collect();
    assert_eq!(names, ["connect_refused", "status or expectation"]);
    for (at, point) in summary.series.points.iter().enumerate() {
        let sum: u64 = kinds.iter().filter_map(|kind| kind["counts"][at].as_u64()).sum();
        assert_eq!(sum, point.http_req_failed);
    }
}

#[test]
fn histograms_are_curves_and_none_is_left_in() {
    let run = Run::rich();
    let page = page(&run);
    assert!(!page.contains("histogram\":\""), "a histogram is left");
    let data = data(&page);
    let all = &data["distributions"]["of"][0];
    assert_eq!((&all["request"], &all["base_service"]), (&Value::Null, &Value::Null));
    let MetricV1::Trend(trend) = &run.summary().metrics["http_req_duration"] else { panic!("a trend") };
    let curve = &all["service"];
    assert_eq!(curve["count"], json!(trend.count));
    let bars = curve["bars"].as_array().expect("bars").iter().filter_map(Value::as_u64);
    assert_eq!(bars.sum::<u64>(), trend.count);
    let slowest = curve["at"].as_array().and_then(|at| at.last()).and_then(Value::as_f64);
    assert_eq!(slowest, trend.max);
}

#[test]
fn the_heat_map_keeps_every_request() {
    let run = Run::rich();
    let heat_map = HeatMap::new(&run.snapshot.series, |point| &point.response_time);
    let all: u64 = heat_map.columns.iter().flat_map(|column| column.counts.values()).sum();
    let data = data(&page(&run));
    let columns = data["heat"]["columns"].as_array().expect("columns");
    let counts = columns.iter().flat_map(|column| column[1].as_array().expect("counts"));
    assert_eq!(counts.filter_map(Value::as_u64).sum::<u64>(), all);
    let rows = data["heat"]["bounds_ms"].as_array().map_or(0, Vec::len) as u64;
    for column in columns {
        let (first, length) = (column[0].as_u64(), column[1].as_array().map(Vec::len));
        assert!(first.expect("a row") + length.expect("counts") as u64 <= rows);
    }
}

#[test]
fn a_baselines_numbers_stand_beside_ours() {
    let (run, mut old) = (Run::rich(), Run::rich().summary());
    old.requests[0].count = 999;
    old.requests[1].name = "gone".into();
    let data = data(&page_of(&run.summary(), &HeatMap::default(), Some(&old)));
    assert_eq!(data["requests"][0]["base"]["count"], json!(999));
    assert_eq!(data["requests"][1]["base"], Value::Null);
    assert_eq!(
        (&data["baseline"]["gone"], &data["baseline"]["place"]),
        (&json!(["gone"]), &json!("results/old"))
    );
    assert_eq!(data["baseline"]["series"]["t_ms"], data["series"]["t_ms"]);
    assert_eq!(data["distributions"]["of"][0]["base_service"], data["distributions"]["of"][0]["service"]);
}

#[test]
fn requests_of_one_name_are_held_against_their_own() {
    let (mut new, mut old) = (Run::rich().summary(), Run::rich().summary());
    for summary in [&mut new, &mut old] {
        let first = summary.requests[0].clone();
        let second = &mut summary.requests[1];
        (second.workload, second.task, second.name) = (first.workload, first.task, first.name);
    }
    (old.requests[0].count, old.requests[1].count) = (998, 999);
    let data = data(&page_of(&new, &HeatMap::default(), Some(&old)));
    let counts = [0, 1].map(|request| data["requests"][request]["base"]["count"].clone());
    assert_eq!(counts, [json!(998), json!(999)]);
    assert_eq!(data["baseline"]["gone"], json!([]));
}

#[test]
fn what_speaks_against_the_baseline_is_told() {
    let (new, old) = (Run::rich().summary(), Run::rich().summary());
    let mut other = old.clone();
    other.run.scenario_sha256 = "1".repeat(64);
    for (old, is_other) in [(old, false), (other, true)] {
        let data = data(&page_of(&new, &HeatMap::default(), Some(&old)));
        assert_eq!(
            data["baseline"]["refusals"].to_string().contains("another scenario"),
            is_other,
            "{data:#}"
        );
        assert!(data["baseline"]["warnings"].to_string().contains("is the same run as"), "{data}");
    }
}

#[test]
fn long_texts_are_cut_and_a_cut_command_is_told() {
    let mut summary = Run::rich().summary();
    let long = "<".repeat(20_000);
    (summary.run.command, summary.run.description) = (long.clone(), Some(long.clone()));
    summary.thresholds[0].metric = long.clone();
    (summary.run.environment, summary.run.host.cpu) = (Some(long.clone()), long.clone());
    (summary.verdict.reason, summary.workloads[0].name) = (long.clone(), long.clone());
    summary.addresses = vec![AddressV1 { address: long.clone(), requests: 1 }];
    let page = page_of(&summary, &HeatMap::default(), None);
    assert!(!island(&page).contains(&"\\u003c".repeat(700)), "a text is not cut");
    assert!(!page.contains(&"&lt;".repeat(700)), "the title or the sentence without scripts is not cut");
    let data = data(&page);
    assert_eq!(data["command_is_cut"], json!(true));
    for text in [
        &data["run"]["description"],
        &data["verdict"]["reason"],
        &data["workloads"][0]["name"],
        &data["addresses"][0]["address"],
    ] {
        assert!(text.as_str().is_some_and(|text| text.ends_with('…')), "{text}");
    }
}

#[test]
fn a_load_of_too_many_corners_is_not_drawn_as_another_one() {
    let mut summary = Run::rich().summary();
    for (corners, kept) in [(200, 200), (201, 0)] {
        summary.workloads[0].levels = (0..corners).map(|n| LevelV1 { t_ms: n, level: 1.0 }).collect();
        let data = data(&page_of(&summary, &HeatMap::default(), None));
        assert_eq!(data["workloads"][0]["levels"].as_array().map(Vec::len), Some(kept));
    }
}

const NASTY: &str = "</script><img src=x onerror=alert(1)>{{7*7}}'\"&amp;<!--\u{2028}\u{202e}]]>";

/// The run with every text of a target's or a scenario's replaced.
fn nasty() -> SummaryV1 {
    let mut summary = Run::stopped().summary();
    let nasty = |text: &mut String| *text = format!("{NASTY}{HOSTILE}{text}");
    let run = &mut summary.run;
    for text in [&mut run.name, &mut run.id, &mut run.target, &mut run.command, &mut run.scenario_file] {
        nasty(text);
    }
    run.description = Some(NASTY.to_owned());
    run.tags.insert(NASTY.to_owned(), NASTY.to_owned());
    nasty(&mut summary.verdict.reason);
    summary.requests.iter_mut().for_each(|request| nasty(&mut request.name));
    summary.tasks.iter_mut().for_each(|task| nasty(&mut task.name));
    summary.checks.iter_mut().for_each(|check| nasty(&mut check.name));
    summary.stages.iter_mut().for_each(|stage| nasty(&mut stage.name));
    summary.errors.iter_mut().for_each(|error| nasty(&mut error.sample));
    summary.thresholds.iter_mut().for_each(|threshold| nasty(&mut threshold.metric));
    summary
}

#[test]
fn hostile_texts_are_data_and_never_markup() {
    let summary = nasty();
    let page = page_of(&summary, &HeatMap::default(), Some(&summary));
    let island = island(&page);
    assert!(!island.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
    let data: Value = serde_json::from_str(island).expect("JSON");
    assert_eq!(data["run"]["name"], json!(summary.run.name), "escaped, not changed");
    // Around the data nothing of it is left but the title and the sentence for browsers without scripts.
    let markup = page.replace(island, "");
    assert!(!markup.contains("<img") && !markup.contains("onerror=alert(1)>"));
    let title = between(&page, "<title>", "</title>");
    assert!(
        title.starts_with("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;{{7*7}}&#39;&quot;&amp;amp;")
    );
    assert!(!title.contains(['<', '\u{202e}', '\u{1b}', '\n']));
}

/// The texts of elements of this name without a type, as a browser hashes them.
fn inlined<'p>(page: &'p str, open: &str, close: &str) -> Vec<&'p str> {
    page.split(open).skip(1).map(|rest| rest.split_once(close).expect(close).0).collect()
}

#[test]
fn the_policy_allows_what_is_there_and_nothing_else() {
    let page = page(&Run::rich());
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    let rules: Vec<&str> = policy.split("; ").collect();
    assert_eq!(rules[0], "default-src 'none'");
    assert_eq!(rules[3..], ["img-src data:", "base-uri 'none'", "form-action 'none'"]);
    let sources = |texts: Vec<&str>| -> String {
        let hash = |text: &&str| format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
        texts.iter().map(hash).collect()
    };
    let scripts = inlined(&page, "<script>", "</script>");
    assert_eq!(scripts.len(), 2);
    assert_eq!(rules[1], format!("script-src{}", sources(scripts)));
    assert_eq!(rules[2], format!("style-src{}", sources(inlined(&page, "<style>", "</style>"))));
    assert!(!policy.contains("unsafe") && !policy.contains("http"));
}

#[test]
fn markup_refers_to_nothing_outside() {
    let page = page(&Run::rich());
    let mut markup = page.clone();
    for part in inlined(&page, "<script>", "</script>").into_iter().chain([island(&page)]) {
        markup = markup.replace(part, "");
    }
    for reference in
        [" src=", "srcset", "<iframe", "<object", "<embed", "http:", "https:", "url(", "@import", " style="]
    {
        assert!(!markup.contains(reference), "{reference}");
    }
    let links: Vec<&str> =
        markup.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links, ["data:,", "#main"]);
}

/// Times that fill a histogram from microseconds to an hour.
fn wide(seed: u64) -> TrendV1 {
    let mut latency = Latency::new();
    (0..99).for_each(|n| latency.record(Duration::from_micros(1 << ((n + seed) % 32))));
    (0..999).for_each(|n| latency.record(Duration::from_nanos(1_234_567 * (n * n + seed))));
    TrendV1::new(&latency)
}

/// More of everything than a run has.
fn worst() -> SummaryV1 {
    let mut summary = nasty();
    let point = summary.series.points[0].clone();
    let mut second = point.clone();
    second.health = Run::saturated().summary().series.points[0].health.clone();
    let kinds = ["timeout", "connect_refused", "reset", "dns", "tls", "protocol", "body", "other", "more"];
    summary.series.points = (0..3_600_u64)
        .map(|n| {
            let odd = |factor: f64| Some((n as f64 * 7.919 + 1.0) * factor % 3_599.0 + 0.123_4);
            let times = PointTrendV1 {
                p50: odd(1.1),
                p95: odd(2.3),
                p99: odd(3.7),
                max: odd(5.9),
                ..second.duration_ms.clone()
            };
            let mut point = second.clone();
            point.t_ms = n * 1_000;
            (point.vus, point.http_reqs, point.http_req_failed) = (n % 9_999, 12_345 + n, 1_234 + n % 999);
            point.http_errors = kinds.iter().map(|kind| ((*kind).to_owned(), n % 97)).collect();
            point.due_iterations = odd(13.7);
            (point.iterations, point.dropped_iterations) = (12_345 + n, n % 1_234);
            (point.duration_ms, point.response_time_ms) = (times.clone(), times);
            if let Some(health) = &mut point.health {
                (health.cpu_cores_used, health.lag_p99_ms) = (odd(0.01), odd(0.1));
                (health.machine_share, health.steal_share) = (odd(0.000_2), odd(0.000_1));
                health.longest_gap_ms = n as f64 * 1.37;
            }
            point
        })
        .collect();
    many(&mut summary);
    summary
}

/// Lists longer than the page's.
fn many(summary: &mut SummaryV1) {
    let mut request = summary.requests[0].clone();
    request.by_status = vec![request.by_status[0].clone(); 21];
    let long = "<&>".repeat(100);
    // A few distributions for all: to make one takes longer than to draw it.
    let trends: Vec<TrendV1> = (0..5).map(wide).collect();
    summary.requests = (0..200)
        .map(|n| {
            let mut request = request.clone();
            request.name = format!("request {n} {long}");
            (request.duration_ms, request.response_time_ms) =
                (trends[n % 5].clone(), trends[(n + 2) % 5].clone());
            request
        })
        .collect();
    let error = summary.errors[0].clone();
    summary.errors = (0..1_000)
        .map(|n| {
            let mut error = error.clone();
            error.error = format!("expect: {n} {long}");
            error.sample = long.repeat(3);
            error
        })
        .collect();
    for name in ["http_req_duration", "http_req_response_time"] {
        summary.metrics.insert(name.to_owned(), MetricV1::Trend(wide(3)));
    }
    summary.tasks = vec![summary.tasks[0].clone(); 200];
    summary.checks = vec![summary.checks[0].clone(); 1_000];
    summary.stages = vec![summary.stages[0].clone(); 100];
}

#[test]
fn margins_are_in_the_words_of_the_terminal() {
    let run = Run::rich();
    let data = data(&page(&run));
    let shown = data["thresholds"].as_array().expect("a list");
    let told: Vec<Option<&str>> = shown.iter().map(|one| one["margin"].as_str()).collect();
    assert!(told.iter().flatten().count() >= 3, "{told:?}");
    let text = super::terminal::text(&run, 200, false);
    for margin in told.into_iter().flatten() {
        assert!(text.contains(&format!(" {margin} ")), "{margin}: {text}");
    }
}

#[test]
fn the_page_stays_small_whatever_the_run_was_like() {
    let summary = worst();
    let columns = (0..240).map(|n| HeatColumn {
        start: Duration::from_secs(n * 15),
        end: Duration::from_secs(n * 15 + 15),
        counts: (0..90).map(|row| (row, (n * 37 + row as u64 * 101) % 4_999)).collect(),
    });
    let heat_map = HeatMap {
        interval: Duration::from_secs(15),
        bounds_ms: (1..=90).map(|row| 10_f64.powf(f64::from(row) / 12.0) / 1e3).collect(),
        columns: columns.collect(),
    };
    let page = page_of(&summary, &heat_map, Some(&summary));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    let data = data(&page);
    assert_eq!(data["series"]["t_ms"], json!(3_600));
    assert_eq!(data["requests"].as_array().map(Vec::len), Some(200));
    assert_eq!((&data["left_out"]["errors"], &data["left_out"]["checks"]), (&json!(900), &json!(900)));
}
