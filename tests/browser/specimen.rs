//! Results in which every number is another one: whoever shows the wrong one shows a wrong one. No run made them, so that
//! they are the same each time, and what the page has to show can be worked out from them to the last digit.

use loadgen::{
    measure::Latency,
    report::{
        HeatColumn, HeatMap,
        summary_v1::{SummaryV1, TrendV1},
    },
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// Bars of a power of ten in the page's distribution. Samples lie in the middle of bars, where no rounding moves them to
/// another one.
const BARS_PER_DECADE: f64 = 24.0;

/// A stream of numbers that looks like chance, and is the same each time.
struct Numbers(u64);

impl Numbers {
    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        ((low + (high - low) * self.part()) * 1e3).round() / 1e3
    }

    fn whole(&mut self, low: u64, high: u64) -> u64 {
        low + (self.part() * (high - low) as f64) as u64
    }

    /// Times in ms from about `least` on, most of them short.
    fn times(&mut self, count: u64, least: f64) -> Vec<f64> {
        let first = ((least * 1e3).log10() * BARS_PER_DECADE).ceil();
        let bar = |part: f64| first + (36.0 * part.powi(3)).floor();
        (0..count).map(|_| 10_f64.powf((bar(self.part()) - 0.5) / BARS_PER_DECADE) / 1e3).collect()
    }

    fn trend(&mut self, count: u64, least: f64) -> Value {
        trend(&self.times(count, least))
    }

    /// Percentiles of a point, each above the one before.
    fn point(&mut self, least: f64) -> Value {
        let p50 = self.between(least, least * 1.5);
        let [p95, p99, max] = [p50 * self.between(2.0, 3.0), p50 * self.between(4.0, 5.0), p50 * 7.0];
        json!({ "count": 99, "avg": p50 * 1.3, "p50": p50, "p95": p95, "p99": p99, "max": max })
    }

    fn phase(&mut self, count: u64, least: f64) -> Value {
        let p50 = self.between(least, least * 2.0);
        json!({ "count": count, "avg": p50 * 1.21, "p50": p50, "p95": p50 * 2.3, "p99": p50 * 3.7, "max": p50 * 5.9 })
    }
}

fn trend(times: &[f64]) -> Value {
    let mut latency = Latency::new();
    times.iter().for_each(|time| latency.record(Duration::from_secs_f64(time / 1e3)));
    serde_json::to_value(TrendV1::new(&latency)).unwrap()
}

fn typed(kind: &str, mut metric: Value) -> Value {
    metric["type"] = kind.into();
    metric
}

/// What a page is made of, and what its distributions were made of.
pub struct Specimen {
    pub summary: SummaryV1,
    pub heat_map: HeatMap,
    /// Each of the times in ms: of all requests, and of each that was sent, by service and by response time.
    pub times: Value,
}

impl Specimen {
    /// Everything that a page can have, twenty seconds in points of two, one of six with a hole behind it, and a last one
    /// that is shorter.
    pub fn rich() -> Self {
        Self::new(1, Scale { interval_ms: 2_000, duration_ms: 19_300, long: 2, hole: Some(5), factor: 1.0 })
    }

    /// A run to hold it against, which was shorter and faster, in points of another length.
    pub fn baseline() -> Self {
        let mut old = Self::new(
            2,
            Scale { interval_ms: 1_000, duration_ms: 18_300, long: 12, hole: None, factor: 0.6 },
        );
        old.summary.run.id = "specimen-20260228T120000Z".to_owned();
        old.summary.run.started_at = "2026-02-28T12:00:00Z".to_owned();
        // A request that is new, and one that is no more.
        old.summary.requests[3].name = "gone".to_owned();
        old
    }

    fn new(seed: u64, scale: Scale) -> Self {
        let numbers = &mut Numbers(seed);
        let mut times = vec![json!(null)];
        let requests = requests(numbers, &scale, &mut times);
        let all = |which: &str| -> Vec<f64> {
            let each = times.iter().skip(1).filter_map(|of| of[which].as_array());
            each.flatten().filter_map(Value::as_f64).collect()
        };
        let (service, response) = (all("service"), all("response"));
        let metrics = metrics(numbers, &requests, &service, &response);
        times[0] = json!({ "service": service, "response": response });
        let mut summary = frame(numbers, &scale);
        for (part, value) in
            [("requests", requests), ("metrics", metrics), ("series", series(numbers, &scale))]
        {
            summary[part] = value;
        }
        lists(numbers, &mut summary);
        named(numbers, &mut summary);
        stages(numbers, &mut summary);
        Self {
            summary: serde_json::from_value(summary).unwrap(),
            heat_map: heat_map(numbers),
            times: Value::Array(times),
        }
    }
}

struct Scale {
    interval_ms: u64,
    duration_ms: u64,
    /// A point that covers the two intervals behind its own, too.
    long: u64,
    /// A point that is not there.
    hole: Option<u64>,
    factor: f64,
}

fn requests(numbers: &mut Numbers, scale: &Scale, times: &mut Vec<Value>) -> Value {
    // The last is never sent, and so few of the third that their percentiles are marked.
    let rows = [
        ("list", "browse", "browsers", 1_311_u64, 17_u64),
        ("checkout", "browse", "browsers", 7_207, 0),
        ("list", "order", "orders", 23, 4),
        ("fresh", "order", "orders", 611, 611),
        ("never sent", "order", "orders", 0, 0),
    ];
    let row = |(name, task, workload, count, failed): (&str, &str, &str, u64, u64)| {
        let count = (count as f64 * scale.factor).round() as u64;
        let least = numbers.between(0.4, 40.0) * scale.factor;
        let service = numbers.times(count, least);
        let response = numbers.times(count, least * 1.7);
        let answered = count - count / 10;
        let phase = |numbers: &mut Numbers, count, least| {
            if answered == 0 { Value::Null } else { numbers.phase(count, least) }
        };
        let phases = json!({
            "blocked": phase(numbers, answered, 2.0), "looking_up": phase(numbers, answered / 4, 0.1),
            "connecting": phase(numbers, answered / 4, 0.7), "tls_handshaking": phase(numbers, answered / 5, 1.1),
            "sending": phase(numbers, answered, 0.05), "waiting": phase(numbers, answered, 9.0),
            "receiving": phase(numbers, answered, 0.3),
        });
        let end = |status: Value, error: Value, count: u64| {
            let none = trend(&[]);
            json!({ "status": status, "error": error, "count": count, "failed": 0, "failed_rate": 0.0, "rate_per_s": 1.0,
                "duration_ms": none, "response_time_ms": none })
        };
        let failed = failed.min(count);
        let by_status =
            [end(json!(200), json!(null), count - failed), end(json!(null), json!("timeout"), failed)];
        let row = json!({
            "name": name, "task": task, "workload": workload, "method": "GET", "count": count, "failed": failed,
            "failed_rate": if count == 0 { None } else { Some(failed as f64 / count as f64) },
            "rate_per_s": count as f64 / (scale.duration_ms - 2_000) as f64 * 1e3,
            "duration_ms": trend(&service), "response_time_ms": trend(&response), "phases_ms": phases,
            "statuses": { "200": count - failed }, "errors": { "timeout": failed },
            "by_status": by_status.into_iter().filter(|end| end["count"] != 0).collect::<Vec<_>>(),
            "sent_bytes": 1, "received_bytes": 1,
        });
        times.push(json!({ "service": service, "response": response }));
        row
    };
    rows.map(row).to_vec().into()
}

fn metrics(numbers: &mut Numbers, requests: &Value, service: &[f64], response: &[f64]) -> Value {
    let sum =
        |key: &str| requests.as_array().unwrap().iter().filter_map(|row| row[key].as_u64()).sum::<u64>();
    let (count, failed) = (sum("count"), sum("failed"));
    let mut metrics = serde_json::Map::new();
    let mut put = |name: &str, kind: &str, metric| metrics.insert(name.to_owned(), typed(kind, metric));
    put("http_req_duration", "trend", trend(service));
    put("http_req_response_time", "trend", trend(response));
    for (at, phase) in
        ["blocked", "looking_up", "connecting", "tls_handshaking", "sending", "waiting", "receiving"]
            .iter()
            .enumerate()
    {
        put(
            &format!("http_req_{phase}"),
            "trend",
            numbers.trend(150 + 37 * at as u64, 0.4 * (at + 1) as f64),
        );
    }
    for (name, count) in
        [("http_reqs", count), ("iterations", count / 2), ("dropped_iterations", numbers.whole(100, 900))]
    {
        put(name, "counter", json!({ "unit": "", "count": count, "rate": numbers.between(20.0, 90.0) }));
    }
    for name in ["data_sent", "data_received"] {
        let bytes = numbers.whole(100_000, 90_000_000);
        put(name, "counter", json!({ "unit": "bytes", "count": bytes, "rate": 1.0 }));
    }
    let rate = failed as f64 / count as f64;
    put("http_req_failed", "rate", json!({ "rate": rate, "passes": failed, "fails": count - failed }));
    for (name, value, most) in [("vus", 7, numbers.whole(20, 40)), ("vus_max", numbers.whole(50, 80), 90)] {
        put(name, "gauge", json!({ "unit": "", "value": value, "min": 1, "max": most }));
    }
    Value::Object(metrics)
}

fn series(numbers: &mut Numbers, scale: &Scale) -> Value {
    let count = scale.duration_ms.div_ceil(scale.interval_ms);
    let mut point = |at: u64| {
        let part = |numbers: &mut Numbers| numbers.between(0.01, 0.9);
        let mut point = json!({
            "t_ms": at * scale.interval_ms, "vus": numbers.whole(3, 40), "http_reqs": numbers.whole(300, 900),
            "http_req_failed": 40 + at, "http_errors": { "timeout": numbers.whole(11, 30), "reset": at % 3 },
            "due_iterations": numbers.between(100.0, 200.0), "iterations": numbers.whole(60, 90),
            "failed_iterations": numbers.whole(1, 9), "interrupted_iterations": 0,
            "dropped_iterations": numbers.whole(0, 50),
            "duration_ms": numbers.point(3.0), "response_time_ms": numbers.point(11.0), "data_received_bytes": 1,
            "health": {
                "cpu_cores_used": numbers.between(0.1, 3.0), "machine_share": part(numbers), "steal_share": part(numbers),
                "longest_gap_ms": numbers.between(100.0, 300.0), "lag_p99_ms": numbers.between(0.2, 2.0),
                "open_files": 1, "ports": 1, "memory_bytes": 1,
            },
        });
        if at == scale.long {
            point["interval_ms"] = (3 * scale.interval_ms).into();
        }
        point
    };
    let is_covered = |at: u64| (1..3).contains(&at.wrapping_sub(scale.long));
    let made = (0..count).filter(|at| Some(*at) != scale.hole).map(|at| (at, point(at)));
    let points: Vec<Value> = made.filter(|(at, _)| !is_covered(*at)).map(|(_, point)| point).collect();
    json!({ "interval_ms": scale.interval_ms, "points": points })
}

fn frame(numbers: &mut Numbers, scale: &Scale) -> Value {
    json!({
        "schema": "loadgen/summary/v1",
        "run": {
            "id": "specimen-20260301T120000Z", "name": "specimen", "description": "Everything that a page can have.",
            "started_at": "2026-03-01T12:00:00.250Z", "ended_at": "2026-03-01T12:00:19Z", "duration_ms": scale.duration_ms,
            "planned_duration_ms": 90_000, "loadgen_version": "0.1.0", "scenario_file": "specimen.yaml",
            "scenario_sha256": "0".repeat(64), "environment": "staging", "target": "http://127.0.0.1:8080",
            "seed": 9_007_199_254_740_993_u64, "tags": { "team": "shop", "build": "512" },
            "host": { "os": "linux x86_64", "cpu": "cpu", "cores": 6, "memory_bytes": 8_123_456_789_u64 },
            "command": "loadgen run specimen.yaml --seed 9007199254740993",
        },
        "verdict": { "passed": false, "exit_code": 99, "reason": "3 of 8 thresholds failed", "incomplete": false },
        "health": {
            "status": "degraded", "reasons": [{ "code": "lag", "status": "degraded", "text": "Late.", "remedy": "Rest." }],
            "iteration_lag_p99_ms": numbers.between(2.0, 9.0), "cpu_cores_used": numbers.between(1.0, 3.0), "cores": 4,
            "cpu_machine_share_max": numbers.between(0.3, 0.6), "steal_share_max": numbers.between(0.02, 0.2),
            "longest_gap_ms": numbers.between(200.0, 900.0), "gaps_ms": 1_000.5, "open_files_max": numbers.whole(100, 500),
            "open_files_limit": 1_024, "ports_max": numbers.whole(1_000, 9_000), "ports_limit": 28_232,
            "clipped_samples": 0, "suspended_ms": 0.0, "clock_step_ms": 0, "memory_max_bytes": 123_456_789,
        },
        "thresholds": thresholds(),
        "connections": { "opened": numbers.whole(20, 90), "reused": numbers.whole(2_000, 9_000) },
        "warm_up": {
            "duration_ms": 2_000, "http_reqs": numbers.whole(300, 900), "http_req_failed": 3, "iterations": 4,
            "failed_iterations": 5, "interrupted_iterations": 6, "dropped_iterations": 7,
        },
        "setup": { "requests": 3, "failed": 0, "duration_ms": 1_234, "errors": [] },
        "teardown": { "requests": 5, "failed": 2, "duration_ms": 71_500, "errors": ["DELETE /items: status 500"] },
        "bounds": { "folded_requests": 0, "unlisted_failures": 12 },
    })
}

fn thresholds() -> Value {
    let base = json!({
        "metric": "http_reqs", "condition": "", "passed": true, "observed": null, "limit": 1.0, "unit": "", "no_data": false,
        "too_few_samples": false, "aborted_run": false, "samples": 0, "worst_window": null, "interval": null, "sure": true,
        "line": 1,
    });
    let rows = [
        json!({ "metric": "http_req_duration", "condition": "p95 < 200 ms", "observed": 123.45, "limit": 200.0, "unit": "ms",
            "samples": 8_512, "interval": { "low": 120.1, "high": 126.9 } }),
        json!({ "metric": "http_req_response_time", "condition": "p99 < 300 ms", "passed": false, "observed": 1_512.5,
            "limit": 300.0, "unit": "ms", "samples": 8_513, "sure": false, "interval": { "low": 281.5, "high": null } }),
        json!({ "metric": "http_req_failed", "condition": "rate < 1 %", "passed": false, "observed": 0.489_510_49, "limit": 0.01,
            "unit": "share", "samples": 8_514 }),
        json!({ "condition": "rate >= 10/s", "observed": 45.67, "limit": 10.0, "unit": "per_second", "samples": 8_515 }),
        json!({ "metric": "dropped_iterations", "condition": "count == 0", "passed": false, "observed": 7.0, "limit": 0.0,
            "samples": 8_516 }),
        json!({ "metric": "http_req_duration{name:list}", "condition": "p95 < 250 ms", "passed": false, "observed": 140.25,
            "limit": 250.0, "unit": "ms", "samples": 8_517, "over_ms": 4_000, "after_ms": 2_000, "aborted_run": true,
            "worst_window": { "start_ms": 6_000, "observed": 321.75, "samples": 99, "held": false } }),
        json!({ "metric": "http_req_duration{name:never sent}", "condition": "p95 < 50 ms", "passed": false, "limit": 50.0,
            "unit": "ms", "no_data": true, "sure": false }),
        json!({ "metric": "checks", "condition": "rate > 99 %", "passed": false, "limit": 0.99, "unit": "share",
            "too_few_samples": true, "samples": 23, "min_samples": 100, "sure": false }),
    ];
    let whole = |(line, row): (usize, Value)| {
        let mut whole = base.clone();
        whole["line"] = (31 + line).into();
        row.as_object().unwrap().iter().for_each(|(key, value)| whole[key] = value.clone());
        whole
    };
    rows.into_iter().enumerate().map(whole).collect()
}

/// The tables that have counts and no times.
fn lists(numbers: &mut Numbers, summary: &mut Value) {
    let mut count = |low| numbers.whole(low, low * 2);
    summary["checks"] = json!([
        { "name": "is ok", "task": "browse", "request": "list", "kind": "check", "passes": count(900), "fails": 0, "rate": 1.0 },
        { "name": "has tea", "task": "browse", "request": "checkout", "kind": "expect", "passes": count(800), "fails": count(20), "rate": 0.9 },
        { "name": "is unlucky", "task": "order", "request": "list", "kind": "check", "passes": count(30), "fails": count(3_000), "rate": 0.1 },
        { "name": "is new", "task": "order", "request": "never sent", "kind": "check", "passes": 0, "fails": 0, "rate": null },
    ]);
    summary["errors"] = json!([
        { "error": "status 503", "name": "list", "task": "browse", "site": "request", "count": count(600), "first_at_ms": 3_210, "sample": "Service Unavailable" },
        { "error": "timeout", "name": "checkout", "task": "checkout", "site": "request", "count": count(200), "first_at_ms": 65_432, "sample": "nothing came" },
        { "error": "data", "name": "browse", "task": "browse", "site": "task", "count": count(20), "first_at_ms": 12_999, "sample": "no row left" },
    ]);
    summary["addresses"] = json!([
        { "address": "127.0.0.1:8080", "requests": count(4_000) }, { "address": "127.0.0.2:8080", "requests": count(300) },
    ]);
    let level = |t_ms: u64, level: f64| json!({ "t_ms": t_ms, "level": level });
    let mut workload = |name: &str, model: &str, executor: &str, planned: Option<u64>, levels: Vec<Value>| {
        json!({
            "name": name, "model": model, "executor": executor, "max_users": count(40), "planned_iterations": planned,
            "levels": levels, "started": count(5_000), "iterations": count(4_000), "failed": count(60),
            "interrupted": count(10), "dropped_iterations": count(200), "rate_per_s": 1.0,
        })
    };
    summary["workloads"] = json!([
        workload(
            "browsers",
            "closed",
            "ramping users",
            None,
            vec![level(0, 1.0), level(5_000, 9.0), level(5_000, 6.0), level(16_000, 30.0)]
        ),
        workload("orders", "open", "constant rate", Some(7_777), vec![level(0, 50.0), level(18_000, 50.0)]),
    ]);
}

/// The tables of what was measured by name.
fn named(numbers: &mut Numbers, summary: &mut Value) {
    let slow = [("checkout", 7_250.0, Some(503), None), ("list", 12_500.0, None, Some("timeout"))];
    summary["slowest"] = slow.iter().enumerate().map(|(at, (name, end, status, error))| json!({
        "name": name, "task": "browse", "workload": "browsers", "trace_id": format!("{:032x}", 77 + at), "at_ms": end,
        "duration_ms": numbers.between(900.0, 1_900.0), "response_time_ms": numbers.between(2_900.0, 4_900.0),
        "status": status, "error": error,
    })).collect();
    summary["tags"] = [("tier", "gold"), ("tier", "silver"), ("team", "shop")].iter().map(|(tag, value)| {
        let count = numbers.whole(200, 900);
        json!({
            "tag": tag, "value": value, "count": count, "failed": numbers.whole(1, 90), "failed_rate": 0.1,
            "rate_per_s": numbers.between(5.0, 50.0), "duration_ms": numbers.trend(count, 1.3),
            "response_time_ms": numbers.trend(count, 4.1),
        })
    }).collect();
    let tasks = [
        ("browse", "browsers", "iteration", 500),
        ("order", "orders", "iteration", 1_100),
        ("login", "orders", "on_start", 41),
    ];
    summary["tasks"] = tasks.iter().map(|(name, workload, kind, count)| json!({
        "name": name, "workload": workload, "kind": kind, "iterations": count, "failed": numbers.whole(1, 60),
        "interrupted": numbers.whole(60, 90), "rate_per_s": numbers.between(5.0, 50.0),
        "duration_ms": numbers.trend(*count, 20.0), "lag_ms": numbers.trend(*count, 0.4),
    })).collect();
    summary["groups"] = [("pay", 311_u64), ("pay::card", 77)]
        .iter()
        .map(|(name, count)| {
            json!({
                "name": name, "task": "browse", "workload": "browsers", "count": count, "rate_per_s": 1.0,
                "duration_ms": numbers.trend(*count, 7.0),
            })
        })
        .collect();
}

fn stages(numbers: &mut Numbers, summary: &mut Value) {
    let stages = [
        ("ramp", "browsers", 0_u64, 2_000_u64, true),
        ("ramp", "browsers", 2_000, 5_000, false),
        ("hold", "browsers", 5_000, 16_000, false),
        ("steady", "orders", 2_000, 18_000, false),
    ];
    summary["stages"] = stages.iter().map(|(name, workload, start, end, warm_up)| {
        let count = if *warm_up { 0 } else { numbers.whole(200, 4_000) };
        let some = |number: u64| if *warm_up { 0 } else { number };
        json!({
            "name": name, "workload": workload, "start_ms": start, "end_ms": end,
            "lasted_ms": end - start + some(numbers.whole(100, 900)), "http_reqs": count,
            "http_req_failed": some(numbers.whole(1, 90)), "failed_rate": null,
            "rate_per_s": if *warm_up { None } else { Some(numbers.between(20.0, 90.0)) }, "warm_up": warm_up,
            "iterations": some(numbers.whole(100, 190)), "failed_iterations": some(numbers.whole(5, 9)),
            "interrupted_iterations": some(3), "dropped_iterations": some(numbers.whole(200, 290)),
            "duration_ms": numbers.trend(count, 2.0), "response_time_ms": numbers.trend(count, 5.0),
        })
    }).collect();
}

/// Four columns of fifteen rows on the axis of the rich series: one ends with its long point, and a hole is behind it.
fn heat_map(numbers: &mut Numbers) -> HeatMap {
    let rows = 38..53;
    let bounds_ms = rows.clone().map(|row| 10_f64.powf(f64::from(row) / 12.0) / 1e3).collect();
    let column = |at: u32, numbers: &mut Numbers| {
        let counts: BTreeMap<usize, u64> =
            (at as usize..rows.len() - 1).map(|row| (row, numbers.whole(0, 4).pow(4) * 3)).collect();
        HeatColumn {
            start: Duration::from_secs(4) * at,
            end: Duration::from_secs(if at == 1 { 10 } else { 4 + 4 * u64::from(at) }),
            counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
        }
    };
    let columns = [0, 1, 3, 4].map(|at| column(at, numbers)).to_vec();
    HeatMap { interval: Duration::from_secs(4), bounds_ms, columns }
}
