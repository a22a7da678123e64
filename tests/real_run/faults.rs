//! Targets that misbehave: each kind of failure under its own name, every request accounted for, never a pass.

use super::{
    harness::{Finished, Sandbox, run_scenario},
    target::{OK, Target, closed_port, scenario},
};
use std::time::Duration;

/// Two users for a few tenths of a second.
fn run_against(url: &str) -> Finished {
    run_scenario(&scenario(url, 2, 300, ""))
}

/// Every request of the run ended in this error; the run did not pass, and says why.
#[track_caller]
fn assert_all(run: &Finished, kind: &str) {
    run.assert_code(99);
    let summary = run.summary();
    let all = summary.count("http_reqs");
    assert!(all > 0, "{}", run.both());
    assert_eq!(summary.errors(kind), all, "{:#}", summary.at("/errors"));
    assert_eq!(summary.at("/errors/0/error"), kind);
    assert!(!summary.at("/errors/0/sample").as_str().unwrap().is_empty());
    assert!(!summary.passed());
    assert_eq!((summary.count("iterations"), summary.count("failed_iterations")), (0, all));
    assert!(summary.reason().contains("no iteration completed"), "{}", summary.reason());
    assert_eq!(summary.figure("http_req_failed", "rate"), 1.0);
    let timed = if kind == "timeout" { all } else { 0 };
    assert_eq!(summary.count("http_req_duration"), timed);
    run.assert_says(&[kind]);
}

#[test]
fn a_closed_port_is_connect_refused_and_never_passes() {
    let url = format!("http://127.0.0.1:{}", closed_port());
    for thresholds in [
        "",
        "thresholds: { http_req_duration: p95 < 1s }\n",
        "thresholds: { http_errors: count < 1000000000 }\n",
    ] {
        assert_all(&run_scenario(&scenario(&url, 2, 300, thresholds)), "connect_refused");
    }
}

/// A label may have 63 letters: the resolver refuses this one without asking a network that may not answer.
#[test]
fn an_unknown_host_is_dns() {
    assert_all(&run_against(&format!("http://{}.invalid", "nosuch".repeat(12))), "dns");
}

#[test]
fn a_target_that_reads_and_closes_is_closed_early() {
    let target = Target::start(|connection| drop(connection.request()));
    let run = run_against(&target.url());
    assert_all(&run, "closed_early");
    assert_eq!(run.summary().count("http_reqs"), target.seen.requests());
}

/// Whether the client meets the end or, having written after it, the reset is the kernel's choice.
#[test]
fn a_target_that_closes_at_once_is_closed_early_or_reset() {
    let target = Target::start(|_| {});
    let run = run_against(&target.url());
    run.assert_code(99);
    let summary = run.summary();
    let all = summary.count("http_reqs");
    assert!(all > 0);
    assert_eq!(summary.errors("closed_early") + summary.errors("reset"), all, "{:#}", summary.at("/errors"));
    assert!(target.seen.connections() >= all);
}

#[test]
fn a_target_that_resets_is_reset() {
    let target = Target::start(|connection| connection.leave_unread());
    assert_all(&run_against(&target.url()), "reset");
}

#[test]
fn a_target_that_speaks_something_else_is_protocol() {
    let target = Target::start(|connection| {
        connection.request();
        connection.send("220 mail.example ESMTP ready\r\n\r\n");
    });
    assert_all(&run_against(&target.url()), "protocol");
}

#[test]
fn a_hanging_target_is_timeout_and_its_wait_is_a_latency() {
    let target = Target::hanging();
    let run = run_scenario(&scenario(&target.url(), 2, 700, "http: { timeout: 300ms }\n"));
    assert_all(&run, "timeout");
    let summary = run.summary();
    assert_eq!(summary.count("http_reqs"), target.seen.requests());
    let (least, most) =
        (summary.figure("http_req_duration", "min"), summary.figure("http_req_duration", "max"));
    // A timer may be late, never early.
    assert!(least >= 299.0 && most < 600.0, "{least} to {most} ms");
}

#[test]
fn a_dripping_target_does_not_outlast_the_timeout() {
    let target = Target::start(|connection| {
        connection.request();
        let mut alive = connection.send("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        while alive {
            connection.pause(Duration::from_millis(20));
            alive = connection.send(".");
        }
    });
    assert_all(&run_scenario(&scenario(&target.url(), 2, 500, "http: { timeout: 300ms }\n")), "timeout");
}

#[test]
fn a_body_shorter_than_announced_is_body_truncated() {
    let target = Target::start(|connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this");
    });
    assert_all(&run_against(&target.url()), "body_truncated");
}

#[test]
fn a_chunked_body_that_ends_early_is_body_truncated() {
    let target = Target::start(|connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
    });
    assert_all(&run_against(&target.url()), "body_truncated");
}

#[test]
fn chunks_that_are_none_are_body_malformed() {
    let target = Target::start(|connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a size\r\n");
    });
    assert_all(&run_against(&target.url()), "body_malformed");
}

/// It keeps the connection by its words and closes it by its deeds. A request that met the close was either
/// never sent and goes over a new connection, or was and is a `stale_connection`: nothing is sent twice, and
/// nothing is lost.
#[test]
fn a_keep_alive_that_is_not_meant_costs_no_request() {
    for pause_ms in [0, 3] {
        let target = Target::start(move |connection| {
            connection.request();
            connection.send(OK);
            // With a pause, the close meets some users just as they send again.
            connection.pause(Duration::from_millis(pause_ms));
        });
        let text = format!(
            "target: {}\nload: {{ users: 4, duration: 600ms }}\nthink_time: 0ms..6ms\ntasks: [ {{ get: /, name: root }} ]\n",
            target.url()
        );
        let run = run_scenario(&text);
        let summary = run.summary();
        let (answered, stale) = (summary.statuses("root", 200), summary.errors("stale_connection"));
        let reset = summary.errors("reset");
        let all = summary.count("http_reqs");
        assert_eq!(answered + stale + reset, all, "{:#}", summary.at("/errors"));
        // Each connection answers its first request and reads no further.
        assert_eq!((answered, target.seen.requests()), (target.seen.connections(), answered));
        assert!(answered > 4, "{}", run.both());
        run.assert_code(0);
    }
}

/// A client that retried would turn one request into two at the target.
#[test]
fn what_failed_is_not_sent_again() {
    let target = Target::start(|connection| {
        // The first request is answered, the second read and dropped.
        if connection.request().is_some() && connection.send(OK) {
            connection.request();
        }
    });
    let run = run_scenario(&scenario(&target.url(), 2, 400, ""));
    let summary = run.summary();
    assert_eq!(summary.count("http_reqs"), target.seen.requests(), "{:#}", summary.at("/errors"));
    let stale = summary.errors("stale_connection");
    assert!(stale > 0 && stale == summary.all_errors(), "{:#}", summary.at("/errors"));
    assert_eq!(summary.statuses("root", 200) + stale, summary.count("http_reqs"));
}

#[test]
fn a_redirect_to_a_host_that_the_file_does_not_name_is_refused() {
    let elsewhere = Target::answering(OK);
    let location = elsewhere.url().replace("127.0.0.1", "localhost");
    let target =
        Target::answering(format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"));
    let run = run_against(&target.url());
    assert_all(&run, "host_not_allowed");
    assert_eq!(run.summary().count("http_reqs"), target.seen.requests());
    assert_eq!(elsewhere.seen.connections(), 0);
}

#[test]
fn a_redirect_is_followed_and_each_hop_is_counted() {
    let last = Target::answering(OK);
    let location = last.url();
    let target =
        Target::answering(format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"));
    let run = run_against(&target.url());
    run.assert_code(0);
    let summary = run.summary();
    assert_eq!(summary.statuses("root", 302), target.seen.requests());
    assert_eq!(summary.statuses("root", 200), last.seen.requests());
    assert_eq!(summary.count("http_reqs"), target.seen.requests() + last.seen.requests());
}

#[test]
fn a_proxy_of_the_environment_is_ignored_and_that_is_said() {
    let (proxy, target) = (Target::answering(OK), Target::answering(OK));
    let value = proxy.url().replace("http://", "http://user:hidden@");
    for (names, says) in [
        (&["HTTP_PROXY"][..], "note: HTTP_PROXY is set and ignored: a proxy is used when the file names one"),
        (&["http_proxy", "ALL_PROXY"], "note: ALL_PROXY, http_proxy are set and ignored: a proxy is used"),
        (&["HTTPS_PROXY", "https_proxy"], "note: HTTPS_PROXY, https_proxy are set and ignored"),
    ] {
        // One that is set to nothing is none.
        let sandbox = Sandbox::new().with_env("all_proxy", "");
        let sandbox = names.iter().fold(sandbox, |sandbox, name| sandbox.with_env(name, &value));
        let before = target.seen.requests();
        let run = sandbox.run_scenario(&scenario(&target.url(), 1, 200, ""));
        run.assert_code(0);
        run.assert_says(&[says]);
        assert_eq!(run.stderr.matches("set and ignored").count(), 1, "{}", run.both());
        for secret in ["hidden", &value, "all_proxy"] {
            assert!(!run.both().contains(secret), "{secret}: {}", run.both());
        }
        assert_eq!(proxy.seen.connections(), 0);
        assert_eq!(run.summary().count("http_reqs"), target.seen.requests() - before);
    }
    let quiet = Sandbox::new().with_env("HTTP_PROXY", "").run_scenario(&scenario(&target.url(), 1, 200, ""));
    assert!(!quiet.stderr.contains("PROXY"), "{}", quiet.both());
}
