//! Against nginx, whose access log is somebody else's count.

use super::{
    harness::run_scenario,
    nginx_server::{FILE, Line, Nginx, PAGE, connections},
    summary::Summary,
};
use std::collections::{BTreeMap, BTreeSet};

fn scenario(url: &str, users: u64, last_task: &str) -> String {
    let task = |name: &str, keys: &str| format!("  - {{ name: {name}, {keys} }}\n");
    [
        format!("target: {url}\nload: {{ users: {users}, duration: 1s }}\nthink_time: 1ms..5ms\ntasks:\n"),
        task("page", "weight: 3, get: /page.txt"),
        task("file", "get: /file.bin"),
        task("missing", "get: /missing"),
        task("upload", "post: /upload, body: 'user ${vu} says hello'"),
        task(last_task, &format!("get: /{last_task}")),
    ]
    .concat()
}

/// Request by request and status by status, and the bytes of the bodies in both directions.
fn assert_same_books(summary: &Summary, log: &[Line], last_task: &str) {
    assert_eq!(log.len() as u64, summary.count("http_reqs"));
    assert_eq!(summary.all_errors(), 0);
    let mut theirs: BTreeMap<(&str, u16), u64> = BTreeMap::new();
    for line in log {
        *theirs.entry((&line.path, line.status)).or_default() += 1;
    }
    let last = (format!("/{last_task}"), if last_task == "busy" { 503 } else { 500 });
    let known = [
        ("page", "/page.txt", 200),
        ("file", "/file.bin", 200),
        ("missing", "/missing", 404),
        ("upload", "/upload", 201),
        (last_task, last.0.as_str(), last.1),
    ];
    for (name, path, status) in known {
        let count = theirs.remove(&(path, status)).unwrap_or(0);
        assert!(count > 0, "{name} never came");
        assert_eq!(summary.statuses(name, status), count, "{name}");
        assert_eq!(summary.named("requests", name)["count"], count, "{name}");
    }
    assert!(theirs.is_empty(), "{theirs:?}");
    let failed = log.iter().filter(|line| line.status >= 400).count();
    assert_eq!(summary.at("/metrics/http_req_failed/passes"), failed);
    assert_bytes(summary, log);
    assert_bodies(log);
}

/// Heads and bodies, in both directions, of all requests and of each.
fn assert_bytes(summary: &Summary, log: &[Line]) {
    assert_eq!(summary.count("data_received"), log.iter().map(|line| line.sent_bytes).sum::<u64>());
    assert_eq!(summary.count("data_sent"), log.iter().map(|line| line.request_bytes).sum::<u64>());
    for (name, path, body) in [("page", "/page.txt", PAGE), ("file", "/file.bin", FILE)] {
        let theirs: Vec<&Line> = log.iter().filter(|line| line.path == path).collect();
        assert!(theirs.iter().all(|line| line.body_bytes == body as u64), "{name}");
        let sent: u64 = theirs.iter().map(|line| line.sent_bytes).sum();
        assert_eq!(summary.named("requests", name)["received_bytes"], sent, "{name}");
    }
}

fn assert_bodies(log: &[Line]) {
    let uploads: Vec<&Line> = log.iter().filter(|line| line.path == "/upload").collect();
    let users: BTreeSet<&str> = uploads.iter().map(|line| line.request_body.as_str()).collect();
    for line in &uploads {
        let user = line.request_body.strip_prefix("user ").and_then(|rest| rest.strip_suffix(" says hello"));
        assert!(user.is_some_and(|user| user.parse::<u64>().is_ok()), "{line:?}");
        assert!(line.method == "POST" && line.request_bytes > line.request_body.len() as u64, "{line:?}");
    }
    assert!(users.len() > 1, "{users:?}");
}

#[test]
fn nginx_counts_the_same_over_one_connection_a_user() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_scenario(&scenario(&nginx.url(), 6, "busy"));
    run.assert_code(0);
    let summary = run.summary();
    let log = nginx.log(summary.count("http_reqs"));
    assert_same_books(summary, &log, "busy");
    assert_eq!(connections(&log), 6);
}

/// nginx ends the connection with each 500, and says so: the next request needs a new one.
#[test]
fn nginx_counts_the_same_where_it_closes_connections() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_scenario(&scenario(&nginx.url(), 6, "broken"));
    run.assert_code(0);
    let summary = run.summary();
    let log = nginx.log(summary.count("http_reqs"));
    assert_same_books(summary, &log, "broken");
    let closed = summary.statuses("broken", 500);
    assert!((closed..=closed + 6).contains(&connections(&log)), "{} for {closed}", connections(&log));
}
