//! Files for other tools: what is in them, that each can be read by what reads it, and that nothing in a name matters.

use super::{
    fixture::{HOSTILE, MS, Run, SECOND},
    golden,
    junit::{assert_grammar, junit},
};
use crate::{
    judge::judge,
    model::{Aggregation, Condition, Glob, Limit, Metric, Operator, Percent, Selector, TaskId, Threshold},
    report::{
        HeatMap,
        exports::{Export, Exported},
        summary_v1::{HealthStatusV1, SummaryV1},
    },
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const JSON: [Export; 5] =
    [Export::K6Summary, Export::Gitlab, Export::Benchmark, Export::BenchmarkBigger, Export::Bencher];

pub(super) fn runs() -> Vec<(&'static str, Run)> {
    vec![
        ("rich", Run::rich()),
        ("open", Run::open()),
        ("empty", Run::empty()),
        ("passing", Run::passing()),
        ("saturated", Run::saturated()),
        ("stopped", Run::stopped()),
        ("without-load", Run::without_load()),
    ]
}

fn bytes(export: Export, summary: &SummaryV1) -> Vec<u8> {
    let heat_map = HeatMap::new(&Run::empty().snapshot.series, |point| &point.response_time);
    export.bytes(&Exported { summary, heat_map: &heat_map, baseline: None })
}

pub(super) fn text(export: Export, summary: &SummaryV1) -> String {
    String::from_utf8(bytes(export, summary)).expect("UTF-8")
}

pub(super) fn parsed(export: Export, summary: &SummaryV1) -> Value {
    serde_json::from_slice(&bytes(export, summary)).expect("JSON")
}

#[test]
fn the_files_are_as_they_were_meant_to_be() {
    let runs = runs();
    let run = |wanted| runs.iter().find(|(name, _)| *name == wanted).map(|(_, run)| run.summary());
    for (name, exports) in [
        ("rich", &[Export::Junit][..]),
        ("rich", &JSON),
        ("open", &[Export::Junit, Export::K6Summary, Export::Benchmark, Export::Bencher]),
        ("stopped", &[Export::Junit]),
        ("saturated", &[Export::Junit]),
        ("empty", &[Export::Junit, Export::K6Summary]),
    ] {
        let summary = run(name).expect("a run");
        for export in exports {
            let suffix = if *export == Export::Junit { "xml" } else { "json" };
            let path = format!("src/report/tests/golden/{name}.{}.{suffix}", export.name());
            golden::check(&path, &text(*export, &summary));
        }
    }
}

/// The thresholds of a run that has only these, as k6 would have written them.
fn in_k6(run: &mut Run, thresholds: &[Threshold]) -> Value {
    run.thresholds = judge(thresholds, &run.snapshot, &run.catalog);
    parsed(Export::K6Summary, &run.summary())["metrics"].clone()
}

fn condition(aggregation: Aggregation, operator: Operator, limit: Limit) -> Condition {
    Condition { aggregation, operator, limit }
}

fn on(metric: Metric, tags: &[(&str, &str)], condition: Condition) -> Threshold {
    let tags = tags.iter().map(|(tag, value)| ((*tag).to_owned(), Glob::new(*value))).collect();
    Threshold::new(metric, Selector { tags }, condition, 9)
}

#[test]
fn conditions_are_in_k6s_syntax_and_true_means_failed() {
    use Aggregation::{Avg, Count, Max, Med, Percentile, Rate, Value as Level};
    use Metric::{Checks, HttpReqDuration, HttpReqFailed, HttpReqs, IterationDuration, Vus};
    let percentile = |thousandths| Percentile(Percent::from_thousandths(thousandths));
    let time = |us| Limit::Time(MS / 1_000 * us);
    for (metric, aggregation, operator, limit, expected, failed) in [
        (HttpReqDuration, percentile(95_000), Operator::Less, time(2_000_000), "p(95)<2000", false),
        (HttpReqDuration, percentile(99_900), Operator::LessOrEqual, time(1_500), "p(99.9)<=1.5", true),
        (HttpReqDuration, percentile(97_000), Operator::Greater, time(0), "p(97)>0", false),
        (HttpReqDuration, Avg, Operator::Less, time(1_000), "avg<1", true),
        (HttpReqDuration, Count, Operator::NotEqual, Limit::Number(0.0), "count!=0", false),
        (IterationDuration, Med, Operator::Greater, time(1), "med>0.001", false),
        (IterationDuration, Max, Operator::Equal, time(5_000), "max==5", true),
        (HttpReqFailed, Rate, Operator::Less, Limit::Share(0.001), "rate<0.001", true),
        (Checks, Rate, Operator::GreaterOrEqual, Limit::Share(0.07), "rate>=0.07", false),
        (HttpReqs, Rate, Operator::GreaterOrEqual, Limit::PerSecond(12.5), "rate>=12.5", false),
        (HttpReqs, Count, Operator::Greater, Limit::Number(1e6), "count>1000000", true),
        (Vus, Level, Operator::Less, Limit::Number(3.0), "value<3", true),
    ] {
        let metrics = in_k6(&mut Run::rich(), &[on(metric, &[], condition(aggregation, operator, limit))]);
        assert_eq!(metrics[metric.name()]["thresholds"], json!({ expected: failed }));
    }
    let mut windowed = on(HttpReqDuration, &[], condition(Med, Operator::Less, time(1)));
    windowed.over = Some(SECOND * 10);
    windowed.after = SECOND * 90;
    windowed.min_samples = Some(50);
    let plain = on(HttpReqDuration, &[], condition(Med, Operator::Less, time(100_000_000)));
    let metrics = in_k6(&mut Run::rich(), &[windowed, plain.clone(), plain]);
    let expected = json!({ "med<0.001 over 10s after 1m30s of 50 samples": true, "med<100000": false });
    assert_eq!(metrics["http_req_duration"]["thresholds"], expected);
}

#[test]
fn what_a_threshold_selects_is_a_sub_metric_with_the_numbers_that_are_known() {
    let less = |aggregation, limit| condition(aggregation, Operator::Less, limit);
    let p97 = Aggregation::Percentile(Percent::whole(97));
    let second = Limit::Time(SECOND);
    let mut run = Run::rich();
    let whole = run.summary();
    let metrics = in_k6(
        &mut run,
        &[
            on(Metric::HttpReqDuration, &[("name", "list"), ("task", "browse")], less(p97, second)),
            on(Metric::HttpReqDuration, &[("task", "browse")], less(p97, second)),
            on(Metric::HttpReqDuration, &[("name", "never sent")], less(p97, second)),
            on(Metric::HttpReqWaiting, &[("status", "404")], less(p97, second)),
            on(Metric::HttpReqFailed, &[("task", "login")], less(Aggregation::Rate, Limit::Share(0.1))),
            on(Metric::Checks, &[("check", "status is 200")], less(Aggregation::Rate, Limit::Share(0.1))),
            on(Metric::HttpReqs, &[("name", "l*")], less(Aggregation::Rate, Limit::PerSecond(1.0))),
        ],
    );
    let list = &metrics["http_req_duration{name:list, task:browse}"];
    let known = &whole.requests[0].duration_ms;
    assert_eq!((&list["count"], &list["p(95)"]), (&json!(known.count), &json!(known.p95)));
    assert!(list["p(97)"].as_f64() > list["p(95)"].as_f64() && list["thresholds"]["p(97)<1000"] == false);
    // Of several requests together it has the number that was compared, and no other.
    let browse = metrics["http_req_duration{task:browse}"].as_object().expect("a metric");
    assert_eq!(browse.keys().collect::<Vec<_>>(), ["p(97)", "thresholds"]);
    for without_data in ["http_req_duration{name:never sent}", "http_req_waiting{status:404}"] {
        let zeros = &metrics[without_data];
        assert_eq!((&zeros["count"], &zeros["avg"], &zeros["p(97)"]), (&json!(0), &json!(0.0), &json!(0.0)));
        assert_eq!(zeros["thresholds"]["p(97)<1000"], true);
    }
    let failed = &metrics["http_req_failed{task:login}"];
    assert_eq!((&failed["passes"], &failed["fails"], &failed["value"]), (&json!(6), &json!(6), &json!(0.5)));
    let checks = &metrics["checks{check:status is 200}"];
    assert_eq!((&checks["passes"], &checks["fails"]), (&json!(774), &json!(6)));
    assert_eq!(metrics["http_reqs{name:l*}"]["rate"], json!(720.0 / 3.0));
}

#[test]
fn k6s_metrics_are_the_summarys() {
    for (name, run) in runs() {
        let summary = run.summary();
        let (k6, own) = (parsed(Export::K6Summary, &summary), json!(summary));
        for (metric, values) in k6["metrics"].as_object().expect("metrics") {
            let Some(own) = own["metrics"].get(metric) else { continue };
            let pairs: &[(&str, &str)] = match own["type"].as_str() {
                Some("trend") => {
                    &[("avg", "avg"), ("p(95)", "p95"), ("p(99.9)", "p99.9"), ("count", "count")]
                }
                Some("counter") => &[("count", "count"), ("rate", "rate")],
                Some("rate") => &[("value", "rate"), ("passes", "passes"), ("fails", "fails")],
                _ => &[("value", "value"), ("min", "min"), ("max", "max")],
            };
            for (theirs, ours) in pairs {
                let expected = own[ours].as_f64().unwrap_or_default();
                assert_eq!(values[theirs].as_f64(), Some(expected), "{name}: {metric} {theirs}");
            }
        }
        let failed: usize = k6["metrics"]
            .as_object()
            .expect("metrics")
            .values()
            .flat_map(|metric| metric["thresholds"].as_object().into_iter().flatten())
            .filter(|(_, failed)| failed.as_bool() == Some(true))
            .count();
        assert_eq!(failed, summary.thresholds.iter().filter(|one| !one.passed).count(), "{name}");
    }
}

#[test]
fn checks_are_in_a_tree_that_adds_up() {
    fn sum(group: &Value, key: &str) -> u64 {
        let below = group["groups"].as_object().expect("groups").values().map(|inner| sum(inner, key));
        let own = group["checks"].as_object().expect("checks").values();
        own.map(|check| check[key].as_u64().expect("a count")).chain(below).sum()
    }
    let summary = Run::rich().summary();
    let k6 = parsed(Export::K6Summary, &summary);
    let root = &k6["root_group"];
    assert_eq!(root["id"], "d41d8cd98f00b204e9800998ecf8427e");
    for key in ["passes", "fails"] {
        assert_eq!(json!(sum(root, key)), k6["metrics"]["checks"][key]);
    }
    let check = &root["groups"]["browse"]["groups"]["list"]["checks"]["status is 200"];
    assert_eq!(check["path"], "::browse::list::status is 200");
    let groups = &root["groups"]["checkout"]["groups"];
    assert_eq!(groups["payment"]["groups"]["address"]["path"], "::checkout::payment::address");
}

fn assert_no_null(value: &Value, path: &str) {
    match value {
        Value::Null => panic!("null at {path}"),
        Value::Array(list) => list.iter().for_each(|inner| assert_no_null(inner, path)),
        Value::Object(map) => {
            map.iter().for_each(|(key, inner)| assert_no_null(inner, &format!("{path}/{key}")));
        }
        _ => {}
    }
}

#[test]
fn no_number_is_null() {
    for (name, run) in runs() {
        let summary = run.summary();
        for export in JSON {
            assert_no_null(&parsed(export, &summary), &format!("{name} {}", export.name()));
        }
    }
}

/// The names of series, each of which a tool must see once.
fn series(export: Export, summary: &SummaryV1) -> Vec<String> {
    match parsed(export, summary) {
        Value::Object(benchmarks) => benchmarks.keys().cloned().collect(),
        entries => {
            let entries = entries.as_array().expect("a list").clone();
            entries.iter().map(|entry| entry["name"].as_str().expect("a name").to_owned()).collect()
        }
    }
}

#[test]
fn requests_of_one_name_are_series_of_their_own() {
    let mut run = Run::rich();
    for request in &mut run.catalog.requests {
        request.name = "same".into();
    }
    run.catalog.requests[2].task = TaskId(0);
    let summary = run.summary();
    for export in [Export::Benchmark, Export::Bencher] {
        let names = series(export, &summary);
        let distinct: BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        for name in ["shop / browse / same", "shop / browse / same (2)", "shop / browse / same (3)"] {
            assert!(names.iter().any(|one| one.starts_with(name)), "{name}: {names:?}");
        }
    }
    let checks = parsed(Export::K6Summary, &summary)["root_group"]["groups"]["browse"].clone();
    // What has one path is one check for k6.
    assert_eq!(checks["groups"]["same"]["checks"]["status is 200"]["passes"], 774);
    let root = junit(&summary);
    let names: Vec<&str> = root
        .all("testcase")
        .iter()
        .filter(|case| case.attribute("classname") == "shop.checks.browse.same")
        .map(|case| case.attribute("name"))
        .collect();
    assert_eq!(names, ["status is 200", "status is 200 (2)", "body has a total"]);
}

#[test]
fn a_percentile_of_too_few_samples_is_in_no_history() {
    let summary = Run::rich().summary();
    let names = series(Export::Benchmark, &summary);
    let of = |request: &str| -> Vec<&str> {
        let own = names.iter().filter_map(|name| name.strip_prefix(&format!("shop / {request}: ")));
        own.collect()
    };
    assert_eq!(
        of("browse / list"),
        ["response time p50", "response time p95", "response time p99", "failed"]
    );
    assert_eq!(summary.requests[2].response_time_ms.low_confidence[0], "p90");
    assert_eq!(of("checkout / checkout"), ["response time p50", "failed"]);
    let measures = &parsed(Export::Bencher, &summary)["shop / checkout / checkout"];
    let slugs: Vec<&String> = measures.as_object().expect("measures").keys().collect();
    assert_eq!(slugs, ["failed-percent", "latency", "throughput"]);
    // In nanoseconds, as Bencher has it.
    let median = summary.requests[2].response_time_ms.p50.expect("a median");
    assert_eq!(measures["latency"]["value"].as_f64(), Some(median * 1e6));
}

#[test]
fn a_history_gets_nothing_of_a_run_that_was_not_what_was_planned() {
    let histories = [Export::Benchmark, Export::BenchmarkBigger, Export::Bencher];
    for run in [Run::stopped(), Run::saturated(), Run::without_load()] {
        let summary = run.summary();
        for export in histories {
            assert!(series(export, &summary).is_empty(), "{}", export.name());
        }
        assert_eq!(parsed(Export::Gitlab, &summary), json!({ "metrics": {} }));
    }
    // Whoever allows a saturated generator has it noted; a failed threshold is a result like any other.
    let mut allowed = Run::saturated();
    allowed.verdict = Run::passing().verdict;
    let summary = allowed.summary();
    assert_eq!(summary.health.as_ref().map(|health| health.status), Some(HealthStatusV1::Saturated));
    let told = parsed(Export::Benchmark, &summary)[0]["extra"].as_str().expect("a remark").to_owned();
    assert!(told.ends_with("; generator saturated (gap)"), "{told}");
    let failed = parsed(Export::Benchmark, &Run::rich().summary());
    assert!(failed[0]["extra"].as_str().is_some_and(|extra| extra.ends_with("; exit code 99")));
    for export in histories {
        assert!(!series(export, &Run::rich().summary()).is_empty());
    }
}

#[test]
fn gitlab_gets_numbers_or_nothing() {
    let rich = &parsed(Export::Gitlab, &Run::rich().summary())["metrics"];
    for (metric, value) in
        [("http_reqs", "rate"), ("http_req_waiting", "p(90)"), ("http_req_waiting", "p(95)")]
    {
        assert!(rich[metric][value].as_f64().is_some_and(|value| value > 0.0), "{rich}");
    }
    let (passes, fails) = (rich["checks"]["passes"].as_u64(), rich["checks"]["fails"].as_u64());
    assert_eq!((passes, fails), (Some(810), Some(18)));
    // A zero would be the best time ever, and a share of nothing not a number.
    assert_eq!(parsed(Export::Gitlab, &Run::empty().summary()), json!({ "metrics": {} }));
    assert!(parsed(Export::Gitlab, &Run::open().summary())["metrics"].get("checks").is_none());
}

/// What could end an attribute, an element, a cell, a line or a code span, and what XML cannot hold.
const BREAKING: &str =
    "\"'<b>&amp;&#0;]]>-->|`@all\n\r\t\0\u{b}\u{fffe}\u{ffff}\u{2028}{{ x }}::a.b </script>";

fn hostile() -> SummaryV1 {
    let mut run = Run::stopped();
    let evil = |name: &str| format!("{name}{HOSTILE}{BREAKING}");
    run.info.name = evil("shop");
    run.info.id = evil("id");
    run.info.target = evil("target");
    run.info.command = evil("command");
    run.info.scenario_file = evil("file");
    run.info.environment = Some(evil("environment"));
    run.info.tags = vec![(evil("tag"), evil("value"))];
    run.catalog.workloads[0].name = evil("workload");
    run.catalog.tasks.iter_mut().for_each(|task| task.name = evil(&task.name));
    run.catalog.requests.iter_mut().for_each(|request| request.name = evil(&request.name));
    run.catalog.checks.iter_mut().for_each(|check| check.name = evil(&check.name));
    run.catalog.groups.iter_mut().for_each(|group| group.name = evil(&group.name));
    let slow = condition(Aggregation::Avg, Operator::Less, Limit::Time(MS));
    let name = evil("list");
    let thresholds = [on(Metric::HttpReqDuration, &[("name", &name)], slow)];
    run.thresholds = judge(&thresholds, &run.snapshot, &run.catalog);
    run.verdict.reason = evil("reason");
    run.summary()
}

#[test]
fn nothing_in_a_name_matters() {
    let mut summary = hostile();
    let root = junit(&summary);
    assert_grammar(&root);
    assert_eq!(root.all("testcase").len(), 1 + 1 + summary.checks.len());
    let steering = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    let said = text(Export::Junit, &summary);
    assert!(!said.contains(steering), "{said:?}");
    assert!(root.all("testcase").iter().all(|case| !case.attribute("name").contains('\n')));
    // Nothing was lost, but shown as what it is.
    assert!(root.all("error")[0].text.contains(r"]]>-->|`@all\n\r\t\x00\x0b\u{fffe}\u{ffff}\u{2028}"));
    // A history has no run that was stopped.
    summary.verdict.incomplete = false;
    for export in JSON {
        let value = parsed(export, &summary);
        assert_no_null(&value, export.name());
        assert!(!text(export, &summary).contains(steering), "{}", export.name());
    }
    for export in [Export::Benchmark, Export::BenchmarkBigger, Export::Bencher] {
        let names = series(export, &summary);
        assert!(!names.is_empty());
        for name in names {
            assert!(!name.contains(['`', '|', '<', '>', '\n']) && name.len() <= 1_024, "{name:?}");
        }
    }
}
