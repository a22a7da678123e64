//! report.html in a real browser: pages of real runs, opened in headless Chromium as their reader would.
//!
//! `tests/browser/report.mjs` looks, `tests/browser/numbers.mjs` reads every number; here is what they look at. `.ci/run` installs what both need: Chromium, and beside the
//! build's results what `tests/browser/package.json` names. Where one is missing the tests say so and are skipped; with
//! `LOADGEN_REQUIRE_CHROMIUM` set they fail.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

#[path = "real_run/accounts.rs"]
mod accounts;
#[path = "real_run/harness.rs"]
#[expect(dead_code, reason = "these tests need little of it")]
mod harness;
#[path = "browser/specimen.rs"]
mod specimen;
#[path = "real_run/summary.rs"]
#[expect(dead_code, reason = "these tests need little of it")]
mod summary;
#[path = "real_run/target.rs"]
#[expect(dead_code, reason = "these tests need little of it")]
mod target;

use harness::Sandbox;
use loadgen::report::{
    Baseline, HeatColumn, HeatMap,
    exports::{Export, Exported},
};
use serde_json::{Value, json};
use specimen::Specimen;
use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use target::{Target, closed_port, response};

/// What may not do anything but be read.
const HOSTILE: [&str; 5] = [
    "</script><img src=x onerror=\"owned=1\">",
    "<svg onload=owned=1><b>bold</b>",
    "{{7*7}} <!-- --> ]]>",
    "=HYPERLINK(\"http://owned.test\")",
    "javascript:owned=1//",
];

/// Largest page, in bytes.
const MOST_BYTES: u64 = 1_000_000;

fn modules() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser")
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn browser_is_there() -> bool {
    let chromium = env::var_os("LOADGEN_CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    let needed = [PathBuf::from(chromium), modules().join("node_modules/playwright-core/package.json")];
    let missing = needed.iter().find(|file| !file.exists());
    if let Some(missing) = missing {
        let text = format!("there is no {}", missing.display());
        assert!(env::var_os("LOADGEN_REQUIRE_CHROMIUM").is_none(), "Chromium is required: {text}");
        eprintln!("skipped: {text}");
    }
    missing.is_none()
}

/// The page of the newest run of this sandbox.
fn newest_page(sandbox: &Sandbox) -> PathBuf {
    let folders = fs::read_dir(sandbox.path().join("results")).unwrap();
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.last().unwrap().join("report.html")
}

/// Has a page looked at.
#[track_caller]
fn look(page: &Path, expected: &Value) {
    let size = fs::metadata(page).unwrap().len();
    assert!(size < MOST_BYTES, "{size} bytes");
    in_browser("report.mjs", &[page.as_os_str(), expected.to_string().as_ref()]);
}

/// Runs a script of `tests/browser`, which says what is wrong.
#[track_caller]
fn in_browser(script: &str, arguments: &[&OsStr]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(script);
    let mut looking = Command::new("node");
    let looked = looking.arg(script).arg(modules()).args(arguments).output().unwrap();
    let (faults, trouble) =
        (String::from_utf8_lossy(&looked.stdout), String::from_utf8_lossy(&looked.stderr));
    assert!(looked.status.success(), "{faults}\n{trouble}");
}

/// A text as YAML and JSON have it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Everything that a page can have, in names that nobody gives.
fn scenario(url: &str) -> String {
    let [tag, task, request, check, _] = HOSTILE.map(quoted);
    format!(
        "name: {tag}\ndescription: {task}\ntarget: {url}\nwarm_up: 1s\ntags: {{ note: {check} }}\n\
         workloads:\n  \
           {check}:\n    load: {{ users: 2, duration: 5s, graceful_stop: 1s }}\n    think_time: 20ms\n    tasks:\n      \
             - name: {task}\n        steps:\n          \
               - group: {tag}\n            steps:\n              \
                 - get: /fine\n                name: {request}\n                check: {{ {check}: status == 200 }}\n              \
                 - get: /broken\n                name: broken\n                expect: body contains tea\n          \
               - get: /slow\n            name: slow\n  \
           arrivals:\n    load:\n      start_rate: 5/s\n      max_users: 20\n      \
             stages: [ {{ name: {tag}, duration: 2s, rate: 20/s }}, {{ name: hold, duration: 3s, rate: 20/s }} ]\n    \
             tasks: [ {{ get: /fine, name: arrived }} ]\n\
         thresholds:\n  http_req_duration: [ p95 < 2s, p99 < 1ms ]\n  http_req_failed: rate < 1%\n  checks: rate > 99%\n"
    )
}

fn target() -> Target {
    Target::start(|connection| {
        while let Some(request) = connection.request() {
            let answer = match request.path() {
                "/fine" => response(200, "{}"),
                "/broken" => response(200, HOSTILE[0]),
                _ => {
                    connection.pause(std::time::Duration::from_millis(30));
                    response(503, HOSTILE[1])
                }
            };
            if !connection.send(&answer) {
                break;
            }
        }
    })
}

#[test]
fn a_page_of_hostile_names_shows_them_and_does_all_that_a_page_should() {
    if !browser_is_there() {
        return;
    }
    let (sandbox, target) = (Sandbox::new(), target());
    sandbox.start_scenario(&scenario(&target.url()), &[]).wait().assert_code(99);
    let expected = json!({
        "load": true, "errors": true, "baseline": false, "zooms": true, "rows": 4, "texts": &HOSTILE[..4],
    });
    look(&newest_page(&sandbox), &expected);
}

#[test]
fn a_page_with_a_baseline_has_both_runs() {
    if !browser_is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let text = "name: Twice\ntarget: demo\nload: { users: 3, duration: 3s }\nthink_time: 10ms\n\
                tasks: [ { get: /products, name: list }, { get: /products/1, name: one } ]\n\
                thresholds: { http_req_duration: p95 < 5s }\n";
    sandbox.start_scenario(text, &[]).wait().assert_code(0);
    let before = newest_page(&sandbox).parent().unwrap().display().to_string();
    sandbox.start_scenario(text, &["--baseline", &before, "--out", "html=page.html"]).wait().assert_code(0);
    let expected = json!({
        "load": true, "errors": false, "baseline": true, "zooms": true, "rows": 2, "texts": ["Twice"],
    });
    look(&sandbox.path().join("page.html"), &expected);
}

#[test]
fn a_page_of_a_run_without_load_says_why() {
    if !browser_is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let port = closed_port();
    let text = format!(
        "name: Nothing\ntarget: http://127.0.0.1:{port}\nload: {{ users: 1, duration: 1s }}\n\
         setup: [ {{ get: /login }} ]\ntasks: [ {{ get: / }} ]\n"
    );
    sandbox.start_scenario(&text, &[]).wait().assert_code(107);
    let expected = json!({
        "load": false, "errors": false, "baseline": false, "zooms": false, "rows": 1, "texts": ["setup"],
    });
    look(&newest_page(&sandbox), &expected);
}

/// Heat maps are in no other document.
fn heat_values(map: &HeatMap) -> Value {
    let column = |column: &HeatColumn| {
        let counts: Vec<u64> =
            (0..map.bounds_ms.len()).map(|row| column.counts.get(&row).copied().unwrap_or(0)).collect();
        let [start, end] = [column.start, column.end].map(|time| time.as_millis() as u64);
        json!({ "t_ms": start, "end_ms": end, "counts": counts })
    };
    let columns: Vec<Value> = map.columns.iter().map(column).collect();
    json!({ "bounds_ms": map.bounds_ms, "columns": columns })
}

/// Has the page of these results read to the last number.
#[track_caller]
fn read(run: &Specimen, baseline: Option<&Specimen>) {
    let folder = tempfile::tempdir().unwrap();
    let old = baseline.map(|old| Baseline::read("results/old", &old.summary.to_json()).unwrap());
    let exported = Exported { summary: &run.summary, heat_map: &run.heat_map, baseline: old.as_ref() };
    let file = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let truth = json!({
        "summary": run.summary, "times": run.times, "heat": heat_values(&run.heat_map),
        "baseline": baseline.map(|old| json!({ "summary": old.summary, "times": old.times })),
    });
    let page = file("report.html", Export::Html.bytes(&exported));
    let truth = file("truth.json", truth.to_string().into_bytes());
    in_browser("numbers.mjs", &[page.as_os_str(), truth.as_os_str()]);
}

#[test]
fn every_number_of_a_page_is_that_of_the_summary() {
    if browser_is_there() {
        read(&Specimen::rich(), None);
    }
}

#[test]
fn every_number_of_a_page_with_a_baseline_is_that_of_the_summaries() {
    if browser_is_there() {
        read(&Specimen::rich(), Some(&Specimen::baseline()));
    }
}
