//! `summary.json`: its schema, and that its numbers agree with each other.

use super::{fixture::Run, golden};
use crate::{
    model::{Metric, SamplesInfo},
    report::summary_v1::{MetricV1, SummaryV1, json_schema},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hdrhistogram::{Histogram, serialization::Deserializer};
use serde_json::{Value, json};

fn typed(run: &Run) -> SummaryV1 {
    run.summary()
}

fn written(run: &Run) -> Value {
    let bytes = typed(run).to_json();
    assert!(bytes.ends_with(b"}\n"));
    serde_json::from_slice(&bytes).expect("JSON")
}

#[track_caller]
fn sum(list: &Value, key: &str) -> u64 {
    list.as_array().expect("a list").iter().map(|item| item[key].as_u64().expect("a count")).sum()
}

#[test]
fn the_generators_health_is_there_with_its_reasons_and_for_each_second() {
    let saturated = written(&Run::saturated());
    let health = &saturated["health"];
    assert_eq!((&health["status"], &health["reasons"][0]["code"]), (&json!("saturated"), &json!("gap")));
    assert_eq!((&health["longest_gap_ms"], &health["cores"]), (&json!(4_020.0), &json!(2)));
    assert_eq!((&health["cpu_cores_used"], &health["cpu_machine_share_max"]), (&json!(0.7), &json!(0.6)));
    let point = &saturated["series"]["points"][0]["health"];
    assert_eq!((&point["steal_share"], &point["machine_share"]), (&json!(0.12), &json!(0.6)));
    assert_eq!((&point["lag_p99_ms"], &point["open_files"]), (&json!(0.05), &json!(31)));
    let unknown = written(&Run::rich());
    assert_eq!((&unknown["health"]["status"], &unknown["health"]["cores"]), (&json!("ok"), &Value::Null));
    let mut older = unknown.clone();
    older.as_object_mut().expect("an object").remove("health");
    assert!(serde_json::from_value::<SummaryV1>(older).is_ok());
}

#[test]
fn schema_is_current() {
    let schema = serde_json::to_string_pretty(&json_schema()).expect("JSON") + "\n";
    golden::check("schemas/summary-v1.schema.json", &schema);
}

#[test]
fn every_summary_follows_the_schema() {
    let schema = json_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let runs = [
        Run::rich(),
        Run::empty(),
        Run::passing(),
        Run::saturated(),
        Run::stopped(),
        Run::without_load(),
        Run::open(),
    ];
    for run in runs {
        let written = written(&run);
        let faults: Vec<String> = validator.iter_errors(&written).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
    // The schema tells right from wrong at all.
    for (pointer, wrong) in [
        ("/schema", json!("loadgen/summary/v2")),
        ("/metrics/http_reqs/type", json!("number")),
        ("/metrics/http_req_duration/p95", json!("12ms")),
        ("/requests/0/count", json!(-1)),
        ("/tasks/0/kind", json!("OnStart")),
        ("/requests/0/phases_ms/waiting/count", json!(null)),
        ("/slowest/0/status", json!("200")),
        ("/thresholds/0/unit", json!("s")),
        ("/health/status", json!("fine")),
    ] {
        let mut document = written(&Run::rich());
        *document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = wrong;
        assert!(!validator.is_valid(&document), "{pointer}");
    }
}

#[test]
fn every_key_is_described() {
    let schema = json_schema();
    let mut parts = vec![(&schema, "SummaryV1".to_owned())];
    let definitions = schema["$defs"].as_object().expect("definitions");
    parts.extend(definitions.iter().map(|(name, part)| (part, name.clone())));
    for (part, name) in parts {
        for (key, property) in part["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].is_string(), "{name}.{key}: {property}");
        }
    }
}

#[test]
fn counts_add_up_to_the_total() {
    let summary = written(&Run::rich());
    let metrics = &summary["metrics"];
    let total = metrics["http_reqs"]["count"].as_u64().expect("a count");
    assert_eq!(total, 6 * (120 + 10 + 8 + 2));
    for (list, key) in
        [(&summary["requests"], "count"), (&summary["stages"], "http_reqs"), (points(&summary), "http_reqs")]
    {
        assert_eq!(sum(list, key), total, "{key}");
    }
    let failed = metrics["http_req_failed"]["passes"].as_u64().expect("a count");
    assert_eq!((failed, &metrics["http_req_failed"]["fails"]), (12, &json!(total - 12)));
    for (list, key) in [
        (&summary["requests"], "failed"),
        (&summary["stages"], "http_req_failed"),
        (points(&summary), "http_req_failed"),
    ] {
        assert_eq!(sum(list, key), failed, "{key}");
    }
    for list in [&summary["tasks"], &summary["stages"], points(&summary)] {
        assert_eq!(sum(list, "iterations"), metrics["iterations"]["count"], "{list}");
    }
    let (passes, fails) = (sum(&summary["checks"], "passes"), sum(&summary["checks"], "fails"));
    let checks = &metrics["checks"];
    assert_eq!((&checks["passes"], &checks["fails"]), (&json!(passes), &json!(fails)));
}

fn points(summary: &Value) -> &Value {
    &summary["series"]["points"]
}

#[test]
fn a_request_is_a_status_or_an_error() {
    let summary = written(&Run::rich());
    let mut without_response = 0;
    for request in summary["requests"].as_array().expect("a list") {
        let of = |key: &str| -> u64 {
            request[key].as_object().expect("a map").values().filter_map(Value::as_u64).sum()
        };
        assert_eq!(of("statuses") + of("errors"), request["count"], "{}", request["name"]);
        without_response += of("errors");
        // Those without a response have no time.
        assert_eq!(request["duration_ms"]["count"], of("statuses"), "{}", request["name"]);
    }
    assert_eq!(summary["metrics"]["http_errors"]["count"], without_response);
    assert_eq!(summary["requests"][2]["statuses"], json!({"201": 42, "503": 6}));
    assert_eq!(summary["requests"][3]["errors"], json!({"connect_refused": 6}));
}

#[test]
fn every_metric_is_there_and_no_other() {
    for run in [Run::rich(), Run::empty()] {
        let mut all: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        all.sort_unstable();
        assert_eq!(typed(&run).metrics.keys().collect::<Vec<_>>(), all);
    }
}

#[test]
fn the_histogram_can_be_read_back() {
    let run = Run::rich();
    let summary = typed(&run);
    let MetricV1::Trend(trend) = &summary.metrics["http_req_duration"] else { panic!("a trend") };
    let bytes = BASE64_STANDARD.decode(trend.histogram.as_ref().expect("samples")).expect("base64");
    let read: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).expect("V2 deflate");
    assert_eq!(read.len(), trend.count);
    let in_ms = |us: u64| us as f64 / 1e3;
    assert_eq!(Some(in_ms(read.value_at_quantile(0.95))), trend.p95);
    assert_eq!(Some(in_ms(read.value_at_quantile(0.5))), trend.p50);
    let all: u64 = summary.requests.iter().map(|request| request.duration_ms.count).sum();
    assert_eq!(all, trend.count);
}

#[test]
fn what_has_no_samples_is_null_and_not_zero() {
    let run = Run::empty();
    let summary = written(&run);
    let trends = [
        &summary["metrics"]["http_req_duration"],
        &summary["requests"][0]["duration_ms"],
        &summary["tasks"][0]["duration_ms"],
        &summary["stages"][0]["response_time_ms"],
    ];
    for trend in trends {
        assert_eq!((&trend["count"], &trend["low_confidence"]), (&json!(0), &json!([])));
        for key in ["min", "avg", "stddev", "med", "max", "p50", "p95", "p99.9", "p99.99", "histogram"] {
            assert_eq!(trend.get(key), Some(&Value::Null), "{key}");
        }
    }
    let rate = |metric: &str| &summary["metrics"][metric]["rate"];
    assert_eq!([rate("http_req_failed"), rate("checks"), rate("http_reqs")], [&Value::Null; 3]);
    assert_eq!(summary["metrics"]["vus"]["value"], Value::Null);
    assert_eq!(
        (&summary["checks"][0]["rate"], &summary["requests"][0]["failed_rate"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(summary["run"]["host"]["memory_bytes"], Value::Null);
    assert_eq!((summary["requests"].as_array().map(Vec::len), points(&summary)), (Some(5), &json!([])));
    let threshold = &summary["thresholds"][0];
    assert_eq!((&threshold["observed"], &threshold["no_data"]), (&Value::Null, &json!(true)));
}

#[test]
fn percentiles_of_few_samples_are_listed() {
    let summary = typed(&Run::rich());
    let doubtful = |request: usize| summary.requests[request].duration_ms.low_confidence.join(" ");
    // 720, 60, 48 and 6 samples.
    assert_eq!(doubtful(0), "p99.9 p99.99");
    assert_eq!(doubtful(1), "p95 p99 p99.9 p99.99");
    assert_eq!(doubtful(2), "p90 p95 p99 p99.9 p99.99");
    assert_eq!(doubtful(3), "p50 p75 p90 p95 p99 p99.9 p99.99");
    assert_eq!(doubtful(4), "");
}

#[test]
fn numbers_are_what_they_say() {
    let summary = written(&Run::rich());
    let list = &summary["requests"][0];
    let duration = &list["duration_ms"];
    assert_eq!((&duration["min"], &duration["max"]), (&json!(1.0), &json!(120.0)));
    assert_eq!((&duration["avg"], &duration["stddev"]), (&json!(60.5), &json!(34.64)));
    assert_eq!((&duration["unit"], &list["rate_per_s"]), (&json!("ms"), &json!(240.0)));
    assert_eq!(list["response_time_ms"]["max"], json!(140.0));
    assert_eq!((&list["sent_bytes"], &list["received_bytes"]), (&json!(720 * 12), &json!(720 * 1_024)));
    let thresholds = &summary["thresholds"];
    let unit_and_limit = |n: usize| (&thresholds[n]["unit"], thresholds[n]["limit"].as_f64());
    assert_eq!(unit_and_limit(0), (&json!("ms"), Some(2_000.0)));
    assert_eq!(unit_and_limit(1), (&json!("share"), Some(0.01)));
    assert_eq!(unit_and_limit(3), (&json!("per_second"), Some(10.0)));
    assert_eq!(unit_and_limit(4), (&json!(""), Some(10.0)));
    assert_eq!(
        (&thresholds[1]["observed"], &thresholds[3]["observed"]),
        (&json!(12.0 / 840.0), &json!(280.0))
    );
    assert_eq!(thresholds[2]["metric"], "http_req_duration{name:never sent, task:login}");
    assert_eq!(summary["verdict"]["exit_code"], 99);
    let error = &summary["errors"][0];
    assert_eq!(
        (&error["error"], &error["first_at_ms"], &error["count"]),
        (&json!("status 503"), &json!(100), &json!(6))
    );
    assert_eq!(summary["errors"][1]["error"], "expect: body has a total");
    assert_eq!(points(&summary)[1]["t_ms"], 1_000);
    assert_eq!(points(&summary)[2]["vus"], 10);
}

#[test]
fn phases_are_of_the_requests_that_had_them() {
    let summary = written(&Run::rich());
    let phases = |request: usize| summary["requests"][request]["phases_ms"].clone();
    let waiting =
        json!({"count": 720, "avg": 58.522, "p50": 57.983, "p95": 111.999, "p99": 116.991, "max": 117.98});
    assert_eq!(phases(0)["waiting"], waiting);
    assert_eq!((&phases(0)["connecting"], &phases(0)["blocked"]["max"]), (&Value::Null, &json!(0.0)));
    assert_eq!((&phases(2)["connecting"]["count"], &phases(2)["blocked"]["count"]), (&json!(48), &json!(48)));
    assert!(phases(4).as_object().expect("an object").values().all(Value::is_null));
    let metrics = &summary["metrics"];
    for (phase, requests) in [("waiting", 834), ("connecting", 54), ("tls_handshaking", 0)] {
        assert_eq!(metrics[format!("http_req_{phase}")]["count"], requests, "{phase}");
        let of_requests = (0..5).filter_map(|n| phases(n)[phase]["count"].as_u64()).sum::<u64>();
        assert_eq!(of_requests, requests, "{phase}");
    }
    // What a request took is what its phases took.
    let sum = |name: &str| metrics[name]["avg"].as_f64().expect("samples") * 834.0;
    let parts = ["http_req_sending", "http_req_waiting", "http_req_receiving"].map(sum);
    assert!((parts.iter().sum::<f64>() - sum("http_req_duration")).abs() < 2.0, "{parts:?}");
}

#[test]
fn connections_and_addresses_are_counted() {
    let summary = written(&Run::rich());
    assert_eq!(summary["connections"], json!({"opened": 54, "reused": 780}));
    assert_eq!(summary["addresses"], json!([{"address": "127.0.0.1:8080", "requests": 834}]));
    let summary = written(&Run::empty());
    assert_eq!((&summary["connections"]["opened"], &summary["addresses"]), (&json!(0), &json!([])));
}

#[test]
fn the_slowest_requests_have_their_ids() {
    let summary = written(&Run::rich());
    let slowest = summary["slowest"].as_array().expect("a list");
    // Five of each request that was traced.
    assert_eq!(slowest.len(), 5);
    let times: Vec<f64> = slowest.iter().filter_map(|slow| slow["response_time_ms"].as_f64()).collect();
    assert_eq!(times, [4_020.0, 4_020.0, 4_020.0, 4_020.0, 4_000.0]);
    let first = json!({
        "name": "checkout", "task": "checkout", "workload": "default",
        "trace_id": "00000000000000000000000000010008", "at_ms": 1_100.0,
        "duration_ms": 4_000.0, "response_time_ms": 4_020.0, "status": 503, "error": null
    });
    assert_eq!(slowest[0], first);
    assert_eq!(written(&Run::open())["slowest"], json!([]));
}

#[test]
fn a_warm_up_is_told_and_counts_nowhere_else() {
    let summary = written(&Run::open());
    let left_out = json!({
        "duration_ms": 1_000, "http_reqs": 40, "http_req_failed": 0, "iterations": 40, "failed_iterations": 0,
        "interrupted_iterations": 0, "dropped_iterations": 0
    });
    assert_eq!(summary["warm_up"], left_out);
    assert_eq!(written(&Run::rich()).get("warm_up"), None);
    let stage = |n: usize, key: &str| summary["stages"][n][key].clone();
    assert_eq!([0, 1, 2, 3].map(|n| stage(n, "warm_up")), [true, false, false, false].map(Value::from));
    assert_eq!(
        (stage(0, "http_reqs"), &summary["stages"][0]["duration_ms"]["p95"]),
        (json!(0), &Value::Null)
    );
    assert_eq!(sum(&summary["stages"], "http_reqs"), summary["metrics"]["http_reqs"]["count"]);
    // The course of the run has it all.
    assert_eq!(sum(points(&summary), "http_reqs"), 630 + 40);
    // Three of four seconds count.
    assert_eq!(summary["metrics"]["http_reqs"]["rate"], json!(210.0));
}

#[test]
fn dropped_iterations_have_their_stage() {
    let summary = written(&Run::open());
    let dropped = [0, 1, 2, 3].map(|n| summary["stages"][n]["dropped_iterations"].clone());
    assert_eq!(dropped, [0, 26, 52, 10].map(Value::from));
    assert_eq!(summary["metrics"]["dropped_iterations"]["count"], 88);
    assert_eq!(summary["metrics"]["iteration_lag"]["count"], 630);
}

#[test]
fn groups_have_their_own_durations() {
    let summary = written(&Run::rich());
    let groups = &summary["groups"];
    assert_eq!(
        [&groups[0]["name"], &groups[1]["name"], &groups[0]["task"], &groups[0]["workload"]],
        [&json!("payment"), &json!("payment::address"), &json!("checkout"), &json!("default")]
    );
    assert_eq!((&groups[0]["count"], &groups[0]["duration_ms"]["max"]), (&json!(48), &json!(4040.0)));
    assert_eq!((&groups[2]["count"], &groups[2]["duration_ms"]["p95"]), (&json!(0), &Value::Null));
    assert_eq!(summary["metrics"]["group_duration"]["count"], sum(groups, "count"));
    assert_eq!(written(&Run::empty())["groups"][0]["duration_ms"]["count"], json!(0));
}

#[test]
fn a_failure_names_the_request_or_else_the_task() {
    let summary = written(&Run::rich());
    let errors = summary["errors"].as_array().expect("a list");
    let places: Vec<String> = errors
        .iter()
        .map(|error| {
            format!(
                "{} {} {} {}",
                error["error"],
                error["name"],
                error["site"],
                error["task"].as_str().unwrap_or("none")
            )
        })
        .collect();
    assert!(places.contains(&r#""status 503" "checkout" "request" checkout"#.to_owned()), "{places:?}");
    assert!(places.contains(&r#""data" "browse" "task" browse"#.to_owned()), "{places:?}");
}

#[test]
fn what_ran_once_is_there_only_if_it_ran() {
    let summary = written(&Run::rich());
    assert_eq!((summary.get("setup"), summary.get("teardown")), (None, None));
    assert_eq!(summary["verdict"]["incomplete"], json!(false));

    let summary = written(&Run::stopped());
    let setup = json!({"requests": 3, "failed": 0, "duration_ms": 120, "errors": []});
    assert_eq!(summary["setup"], setup);
    assert_eq!(summary["teardown"]["errors"].as_array().map(Vec::len), Some(5));
    assert_eq!(
        (&summary["verdict"]["exit_code"], &summary["verdict"]["incomplete"]),
        (&json!(108), &json!(true))
    );
    // They are no load: the same requests are counted as without them.
    assert_eq!(summary["metrics"]["http_reqs"], written(&Run::rich())["metrics"]["http_reqs"]);

    let summary = written(&Run::without_load());
    assert_eq!((&summary["verdict"]["exit_code"], summary.get("teardown")), (&json!(107), None));
}

#[test]
fn what_became_of_the_file_of_every_request_is_there_only_if_there_was_one() {
    let mut run = Run::rich();
    assert_eq!(written(&run)["run"].get("samples"), None);
    run.info.samples = Some(SamplesInfo { rows: 7, dropped: 2, finished: false });
    assert_eq!(written(&run)["run"]["samples"], json!({"rows": 7, "dropped": 2, "finished": false}));
}
