//! Files for other tools out of a real run: all of them are written, they agree with `summary.json`, and a run that is
//! rebuilt from its journal has the same ones.

use super::{
    harness::Sandbox,
    summary::Summary,
    target::{OK, Target, scenario},
};
use quick_xml::{Reader, XmlVersion, events::Event};
use serde_json::{Value, json};
use std::{fs, path::Path};

const FORMATS: [&str; 6] = ["junit", "k6-summary", "gitlab", "benchmark", "benchmark-bigger", "bencher"];

/// An `--out` for each format, into this folder.
fn outs(folder: &str) -> Vec<String> {
    FORMATS.iter().flat_map(|format| ["--out".to_owned(), format!("{format}={folder}/{format}")]).collect()
}

/// The outcomes of the test cases, by name: the element in each, empty where there is none.
fn outcomes(xml: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(xml);
    let mut cases: Vec<(String, String)> = Vec::new();
    loop {
        let event = reader.read_event().unwrap();
        let (Event::Start(element) | Event::Empty(element)) = &event else {
            if event == Event::Eof {
                return cases;
            }
            continue;
        };
        let tag = String::from_utf8(element.name().as_ref().to_vec()).unwrap();
        match tag.as_str() {
            "testcase" => {
                let name = element.try_get_attribute("name").unwrap().unwrap();
                let name = name.normalized_value(XmlVersion::Implicit1_0).unwrap().into_owned();
                cases.push((name, String::new()));
            }
            "failure" | "error" | "skipped" => cases.last_mut().unwrap().1 = tag,
            _ => {}
        }
    }
}

#[test]
fn every_format_is_written_and_agrees_with_the_summary() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let more = "    check: { fine: status == 200, created: status == 201, '<k> \"&\"': body contains zebra }\nthresholds:\n  \
                http_req_duration: p95 < 30s\n  \"http_reqs{name:root}\": count > 1000000\n";
    fs::create_dir(sandbox.path().join("first")).unwrap();
    let outs_first = outs("first");
    let arguments: Vec<&str> = outs_first.iter().map(String::as_str).collect();
    let run = sandbox.start_scenario(&scenario(&target.url(), 3, 800, more), &arguments).wait();
    run.assert_code(99);
    let summary = run.summary();
    let first = sandbox.path().join("first");
    let read = |format: &str| fs::read_to_string(first.join(format)).unwrap();
    let json = |format: &str| -> Value { serde_json::from_str(&read(format)).unwrap() };

    let cases = outcomes(&read("junit"));
    let cases: Vec<(&str, &str)> = cases.iter().map(|(name, end)| (name.as_str(), end.as_str())).collect();
    assert_eq!(
        cases[..5],
        [
            ("verdict", "failure"),
            ("http_req_duration p95 < 30s", ""),
            ("http_reqs{name:root} count > 1000000", "failure"),
            ("fine", ""),
            ("created", "skipped"),
        ]
    );
    assert_eq!(cases[5..], [("<k> \"&\"", "skipped")]);

    let k6 = json("k6-summary");
    let requests = summary.count("http_reqs");
    assert_eq!(k6["metrics"]["http_reqs"]["count"], json!(requests));
    assert_eq!(k6["metrics"]["http_reqs{name:root}"]["thresholds"], json!({ "count>1000000": true }));
    assert_eq!(k6["metrics"]["http_reqs{name:root}"]["count"], json!(requests));
    assert_eq!(k6["metrics"]["http_req_duration"]["thresholds"], json!({ "p(95)<30000": false }));
    assert_eq!(k6["metrics"]["http_req_duration"]["p(95)"], *summary.at("/metrics/http_req_duration/p95"));
    let checks = &k6["root_group"]["groups"]["root"]["groups"]["root"]["checks"];
    assert_eq!(checks["fine"]["passes"], json!(requests), "{k6:#}");
    assert_eq!(checks["created"]["fails"], json!(requests));

    let gitlab = json("gitlab");
    assert_eq!(gitlab["metrics"]["http_reqs"]["rate"], *summary.at("/metrics/http_reqs/rate"));
    assert_eq!(gitlab["metrics"]["http_req_waiting"]["p(90)"], *summary.at("/metrics/http_req_waiting/p90"));
    assert_eq!(gitlab["metrics"]["checks"]["passes"], json!(requests));

    let (smaller, bigger, bencher) = (json("benchmark"), json("benchmark-bigger"), json("bencher"));
    assert_eq!(smaller[0]["name"], "Short run / all requests: response time p50");
    assert_eq!(smaller[0]["value"], *summary.at("/metrics/http_req_response_time/p50"));
    assert_eq!(bigger[0]["value"], *summary.at("/metrics/http_reqs/rate"));
    let root = &bencher["Short run / root / root"];
    let median = summary.at("/requests/0/response_time_ms/p50").as_f64().unwrap();
    assert_eq!(root["latency"]["value"].as_f64(), Some((median * 1e6).round()));
    assert_eq!(root["failed-percent"]["value"], json!(0.0));
    rebuilt_are_the_same(&sandbox, summary, &first);
}

/// What the journal gives is what the run gave.
fn rebuilt_are_the_same(sandbox: &Sandbox, summary: &Summary, first: &Path) {
    let second = sandbox.path().join("second");
    fs::create_dir(&second).unwrap();
    let folder = format!("results/{}", summary.at("/run/id").as_str().unwrap());
    let outs_second = outs("second");
    let arguments = ["report", &folder].into_iter().chain(outs_second.iter().map(String::as_str));
    sandbox.run(&arguments.collect::<Vec<_>>()).assert_code(99);
    for format in FORMATS {
        let (was, is) = (fs::read_to_string(first.join(format)), fs::read_to_string(second.join(format)));
        assert_eq!(was.unwrap(), is.unwrap(), "{format}");
    }
}
