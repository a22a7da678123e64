//! The books of both sides: requests, connections and bytes are what the target counted, and the time of every request
//! is where it was spent.

use super::{
    harness::{Finished, Sandbox},
    summary::Summary,
};
use loadgen_testbed::{Authority, BlackHole, Handshake, Target, Tls, Truth};
use std::time::Duration;

const USERS: u64 = 3;
const EACH: u64 = 3;
const ALL: u64 = USERS * EACH;

fn run_flow(http: &str, steps: &str) -> Finished {
    let sandbox = Sandbox::new();
    sandbox.file("large.bin", vec![b'x'; 100_000]);
    sandbox.run_scenario(&format!(
        "load: {{ users: {USERS}, iterations_per_user: {EACH}, max_duration: 20s }}\nhttp: {{ {http} }}\nflow:\n{steps}"
    ))
}

/// Steps of everything that a request can come to, but for what takes its time.
fn mixed(url: impl Fn(&str) -> String) -> String {
    let get = |path: &str, more: &str| format!("  - {{ get: '{}', name: '{path}'{more} }}\n", url(path));
    let failing = |path: &str| get(path, ", on_failure: continue");
    // The close has come by the time that the connection is wanted.
    let pause = "  - { think: 40ms }\n";
    [
        get("/", ""),
        get("/redirect/3", ", expect: status == 200"),
        get("/digest/me/secret", ", auth: { digest: { user: me, password: secret } }, expect: status == 200"),
        get(
            "/digest-sha256/me/secret",
            ", auth: { digest: { user: me, password: secret } }, expect: status == 200",
        ),
        get("/connection-close", ""),
        get("/keep/close", ""),
        pause.to_owned(),
        get("/bytes/50000", ", check: { whole: size == 50000B }"),
        get("/chunked/5000/7", ""),
        get("/gzip/20000", ", check: { read: body contains abc }"),
        get("/until-close/1000", ""),
        get("/http10", ""),
        get("/early-hints", ""),
        get("/delay/both/5/5", ""),
        get("/status/500", ""),
        format!("  - {{ post: '{}', name: text, body: 'some text' }}\n", url("/echo")),
        format!("  - {{ put: '{}', name: file, body_file: large.bin }}\n", url("/echo")),
        format!("  - {{ head: '{}', name: head }}\n", url("/bytes/100")),
        failing("/break/fin-mid-body"),
        failing("/break/fin-mid-head"),
        failing("/break/fin-before-chunks"),
        failing("/garbage/banner"),
        failing("/garbage/chunk-size-bad"),
        failing("/redirect-file"),
        failing("/keep/drop-next"),
        failing("/"),
    ]
    .concat()
}

/// Mean times count of a figure with both; nothing where there are no samples.
fn total(figures: &serde_json::Value) -> f64 {
    figures["avg"].as_f64().unwrap_or(0.0) * figures["count"].as_f64().unwrap_or(0.0)
}

/// Sending, waiting and receiving make up what a request took, for each of them and for all.
#[track_caller]
fn assert_phases_add_up(summary: &Summary) {
    let mut all = (0.0, 0.0);
    for request in summary.list("requests") {
        let phases = &request["phases_ms"];
        let parts: f64 = ["sending", "waiting", "receiving"].iter().map(|phase| total(&phases[phase])).sum();
        let whole = total(&request["duration_ms"]);
        // Each mean is rounded to a microsecond.
        let rounded = 0.002 * request["count"].as_f64().unwrap();
        assert!((parts - whole).abs() <= whole * 0.01 + rounded, "{parts} ms of {whole} ms: {request:#}");
        let responses = request["duration_ms"]["count"].as_u64().unwrap();
        for phase in ["blocked", "sending", "waiting", "receiving"] {
            assert_eq!(phases[phase]["count"].as_u64().unwrap_or(0), responses, "{phase}: {request:#}");
        }
        all = (all.0 + parts, all.1 + whole);
    }
    let metric = |name: &str| total(summary.at(&format!("/metrics/http_req_{name}")));
    let parts = metric("sending") + metric("waiting") + metric("receiving");
    assert!(
        all.1 > 0.0 && (parts - metric("duration")).abs() <= 0.01 * all.1 + 0.1,
        "{parts} ms of {} ms",
        all.1
    );
    assert!((all.0 - parts).abs() <= 0.01 * all.1 + 0.1, "{} ms of {parts} ms", all.0);
}

#[track_caller]
fn assert_same_requests_and_connections(summary: &Summary, truth: &Truth) {
    assert_eq!(summary.count("http_reqs"), truth.requests().len() as u64);
    let (opened, reused) = (summary.at("/connections/opened"), summary.at("/connections/reused"));
    assert_eq!(opened, truth.connections().len() as u64);
    assert_eq!(opened.as_u64().unwrap() + reused.as_u64().unwrap(), summary.count("http_reqs"));
}

/// What the mixed flow comes to, whoever the users are.
#[track_caller]
fn assert_mixed(run: &Finished, truth: &Truth) {
    run.assert_code(0);
    let summary = run.summary();
    assert_same_requests_and_connections(summary, truth);
    assert_phases_add_up(summary);
    assert_eq!((summary.count("iterations"), summary.statuses("/redirect/3", 302)), (ALL, 3 * ALL));
    for (kind, times) in [
        ("body_truncated", 2),
        ("closed_early", 1),
        ("protocol", 1),
        ("body_malformed", 1),
        ("redirect_invalid", 1),
        ("stale_connection", 1),
    ] {
        assert_eq!(summary.errors(kind), times * ALL, "{kind} {:#}", summary.at("/errors"));
    }
    assert_eq!(summary.all_errors(), 7 * ALL);
    assert_eq!((summary.statuses("text", 200), summary.statuses("file", 200)), (ALL, ALL));
    let files = truth.requests().iter().filter(|request| request.body_bytes == 100_000).count();
    assert_eq!(files as u64, ALL);
}

#[test]
fn a_mixed_run_has_the_books_of_its_target() {
    for http in ["timeout: 5s", "timeout: 5s, connections: shared", "timeout: 5s, reuse: false"] {
        let target = Target::site();
        let run = run_flow(http, &mixed(|path| target.url(path)));
        if http.contains("reuse") {
            let summary = run.summary();
            assert_same_requests_and_connections(summary, target.truth());
            assert_eq!(summary.at("/connections/reused"), 0);
            assert_phases_add_up(summary);
        } else if http.contains("shared") {
            // Who meets which connection is chance here, and so are the kinds.
            assert_same_requests_and_connections(run.summary(), target.truth());
            assert_phases_add_up(run.summary());
        } else {
            assert_mixed(&run, target.truth());
        }
        let (summary, truth) = (run.summary(), target.truth());
        let ours = (summary.count("data_sent"), summary.count("data_received"));
        assert_eq!(ours, (truth.received_bytes(), truth.sent_bytes()), "{http}");
    }
}

/// What is encrypted is counted as it is on the wire; only the farewells at the end belong to no request.
#[test]
fn a_mixed_run_over_tls_has_the_books_of_its_target() {
    const FAREWELL: u64 = 64;
    let authority = Authority::new();
    let target = Target::tls(Tls::good(&authority));
    let sandbox = Sandbox::new();
    sandbox.file("ca.pem", authority.pem());
    sandbox.file("large.bin", vec![b'x'; 100_000]);
    let run = sandbox.run_scenario(&format!(
        "load: {{ users: {USERS}, iterations_per_user: {EACH}, max_duration: 20s }}\n\
         http: {{ timeout: 5s, tls: {{ ca: ca.pem }} }}\nflow:\n{}",
        mixed(|path| target.url(path))
    ));
    let (summary, truth) = (run.summary(), target.truth());
    assert_mixed(&run, truth);
    truth.await_all_closed();
    let (sent, received) = (summary.count("data_sent"), summary.count("data_received"));
    let farewells = FAREWELL * truth.connections().len() as u64;
    assert!(
        sent <= truth.received_bytes() && truth.received_bytes() - sent <= farewells,
        "{sent} {}",
        truth.received_bytes()
    );
    assert!(
        received <= truth.sent_bytes() && truth.sent_bytes() - received <= farewells,
        "{received} {}",
        truth.sent_bytes()
    );
}

/// A request that the end of the run cuts off was sent, and is counted as nothing but an interrupted iteration.
#[test]
fn what_the_end_of_a_run_cuts_off_is_what_is_missing() {
    let target = Target::site();
    let run = Sandbox::new().run_scenario(&format!(
        "load: {{ users: 4, duration: 3s, graceful_stop: 50ms }}\nflow:\n\
         \x20 - {{ get: '{}', name: quick }}\n\
         \x20 - {{ if: '${{iteration > 1}}', then: [ {{ get: '{}', name: slow }} ] }}\n",
        target.url("/delay/head/10"),
        target.url("/delay/head/10000")
    ));
    run.assert_code(0);
    let (summary, truth) = (run.summary(), target.truth());
    assert_eq!((summary.count("iterations"), summary.count("interrupted_iterations")), (8, 4));
    assert_eq!((summary.count("http_reqs"), summary.all_errors()), (12, 0), "{:#}", summary.at("/errors"));
    assert_eq!((truth.requests().len(), truth.connections().len()), (16, 4));
    assert_eq!(summary.count("data_received"), truth.sent_bytes());
    assert!(summary.count("data_sent") < truth.received_bytes());
}

/// A delay in each place where a target can have one.
const DELAY: Duration = Duration::from_millis(200);

const PHASES: [&str; 7] =
    ["blocked", "looking_up", "connecting", "tls_handshaking", "sending", "waiting", "receiving"];

/// The delay is in these phases of a request, and in no other is half of it.
#[track_caller]
fn assert_delayed(summary: &Summary, name: &str, places: &[&str]) {
    let delay = DELAY.as_secs_f64() * 1000.0;
    let phases = &summary.named("requests", name)["phases_ms"];
    for phase in PHASES {
        let took = phases[phase]["max"].as_f64().unwrap_or(0.0);
        let least = if places.contains(&phase) { phases[phase]["p50"].as_f64().unwrap_or(0.0) } else { 0.0 };
        if places.contains(&phase) {
            assert!(least >= delay * 0.75, "{name}: {phase} is {least} ms: {phases:#}");
        } else {
            assert!(took < delay / 2.0, "{name}: {phase} is {took} ms: {phases:#}");
        }
    }
}

#[test]
fn truth_of_each_phase() {
    let authority = Authority::new();
    let late_tls = Target::tls(Tls::good(&authority).handshake(Handshake::Late(DELAY)));
    let (site, late_reader) = (Target::site(), Target::with_receive_buffer(64 * 1024));
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    // By then the first SYN was dropped; it is sent again after a second.
    let late_queue = BlackHole::start().open_after(10 * DELAY, answer);
    let sandbox = Sandbox::alone();
    sandbox.file("ca.pem", authority.pem());
    sandbox.file("large.bin", vec![b'x'; 12 << 20]);
    let get = |name: &str, url: String| format!("  - {{ get: '{url}', name: {name} }}\n");
    let text = [
        "load: { users: 1, iterations_per_user: 1, max_duration: 20s }\nhttp: { timeout: 10s, tls: { ca: ca.pem } }\nflow:\n"
            .to_owned(),
        get("queue", format!("http://{late_queue}/")),
        get("handshake", late_tls.url("/")),
        get("kept", late_tls.url("/")),
        get("head", site.url("/delay/head/200")),
        get("body", site.url("/delay/body/200")),
        get("both", site.url("/delay/both/200/200")),
        get("none", site.url("/")),
        format!("  - {{ post: '{}', name: reader, body_file: large.bin }}\n", late_reader.url("/delay/read/200")),
    ]
    .concat();
    let run = sandbox.run_scenario(&text);
    run.assert_code(0);
    let summary = run.summary();
    for (name, places) in [
        ("queue", &["blocked", "connecting"][..]),
        ("handshake", &["blocked", "tls_handshaking"]),
        ("kept", &[]),
        ("head", &["waiting"]),
        ("body", &["receiving"]),
        ("both", &["waiting", "receiving"]),
        ("none", &[]),
        ("reader", &["sending"]),
    ] {
        assert_delayed(summary, name, places);
    }
    assert_phases_add_up(summary);
    for (name, phase, has) in [
        ("queue", "connecting", true),
        ("kept", "connecting", false),
        ("kept", "tls_handshaking", false),
        ("head", "looking_up", false),
    ] {
        let phases = &summary.named("requests", name)["phases_ms"];
        assert_eq!(phases[phase].is_object(), has, "{name} {phase}: {phases:#}");
    }
    run.assert_says(&["Where the time goes"]);
}
