//! Every way a target can fail, met by the binary: each row ends in its own kind, the run goes on, nothing is sent
//! again, and summary, final report and exit code say so. What the kinds are is the transport's tests' business in
//! detail; here it is what a user gets to see of them.

use super::{
    harness::{Finished, Sandbox},
    summary::Summary,
};
use loadgen_testbed::{
    Authority, BlackHole, Flaw, Handshake, Http2Fault, Http2Faults, Http2Target, ProxyRules, ProxyTarget,
    Target, Tls, TlsVersions, closed_port,
};
use std::{fmt::Write, time::Duration};

/// Each with its own connections; one iteration each.
const USERS: u64 = 2;
/// What no run of these takes, however slow the machine: what takes longer hangs.
const MOST: Duration = Duration::from_secs(20);

const HANGS: &str = ", timeout: 150ms";
const READS: &str = ", check: { has it: body contains zebra }";

/// One request of the table.
pub struct Row {
    name: String,
    url: String,
    /// What else the request says.
    more: String,
    /// How it ends; nothing for a good response.
    kind: &'static str,
}

impl Row {
    pub fn new(name: &str, url: String, more: &str, kind: &'static str) -> Self {
        Self { name: name.to_owned(), url, more: more.to_owned(), kind }
    }
}

/// A path of the site, what the request says besides, and how it ends on a new connection. What breaks off before the
/// first byte is a `stale_connection` on one that was used before.
const SITE: &[(&str, &str, &str)] = &[
    ("/break/reset-before-head", "", "reset"),
    ("/break/fin-before-head", "", "closed_early"),
    ("/break/reset-mid-head", "", "reset"),
    ("/break/fin-mid-head", "", "closed_early"),
    ("/break/reset-after-head", "", "reset"),
    ("/break/reset-mid-body", "", "reset"),
    ("/break/reset-mid-chunk", "", "reset"),
    ("/break/fin-after-head", "", "body_truncated"),
    ("/break/fin-mid-body", "", "body_truncated"),
    ("/break/fin-before-chunks", "", "body_truncated"),
    ("/break/fin-mid-chunk", "", "body_truncated"),
    ("/break/fin-between-chunks", "", "body_truncated"),
    ("/break/hang", HANGS, "timeout"),
    ("/break/hang-mid-head", HANGS, "timeout"),
    ("/break/hang-after-head", HANGS, "timeout"),
    ("/break/hang-mid-body", HANGS, "timeout"),
    ("/break/hang-mid-chunk", HANGS, "timeout"),
    ("/drip/1000/10", HANGS, "timeout"),
    ("/endless/head", HANGS, "timeout"),
    ("/endless/interim", HANGS, "timeout"),
    ("/endless/body", HANGS, "timeout"),
    ("/endless/chunk", HANGS, "timeout"),
    ("/endless/body", READS, "body_too_large"),
    ("/endless/chunk", READS, "body_too_large"),
    ("/garbage/banner", "", "protocol"),
    ("/garbage/http-9.9", "", "protocol"),
    ("/garbage/status-99999", "", "protocol"),
    ("/garbage/status-text", "", "protocol"),
    ("/garbage/length-bad", "", "protocol"),
    ("/garbage/length-negative", "", "protocol"),
    ("/garbage/length-twice", "", "protocol"),
    ("/garbage/length-overflow", "", "protocol"),
    ("/garbage/nul", "", "protocol"),
    ("/garbage/space-before-colon", "", "protocol"),
    ("/garbage/chunk-size-bad", "", "body_malformed"),
    ("/garbage/chunk-size-overflow", "", "body_malformed"),
    ("/garbage/chunk-without-end", "", "body_malformed"),
    ("/head-of/1000", "", "protocol"),
    ("/headers-of/150", "", "protocol"),
    ("/head-of/8", "", ""),
    ("/headers-of/50", "", ""),
    ("/garbage/status-999", "", ""),
    ("/extra-bytes", "", ""),
    ("/http10", "", ""),
    ("/connection-close", "", ""),
    ("/early-hints", "", ""),
    ("/until-close/100", "", ""),
    ("/bytes/2097152", "", ""),
    ("/bytes/2097152", READS, "body_too_large"),
    ("/bomb/gzip/4", "", ""),
    ("/bomb/gzip/4", READS, "body_too_large"),
    ("/bomb/deflate/4", READS, "body_too_large"),
    ("/bomb/zstd/4", "", ""),
    ("/bomb/zstd/4", READS, "body_too_large"),
    ("/mislabelled/gzip", "", ""),
    ("/mislabelled/gzip", READS, "decompress"),
    ("/mislabelled/zstd", READS, "decompress"),
    ("/mislabelled/br", READS, "decompress"),
    ("/mislabelled/unheard-of", READS, "decompress"),
    ("/cut/gzip/10000", READS, "decompress"),
    ("/cut/deflate/10000", READS, "decompress"),
    ("/cut/zstd/10000", READS, "decompress"),
    ("/redirect-loop", ", follow_redirects: 3", "too_many_redirects"),
    ("/redirect-file", "", "redirect_invalid"),
    ("/redirect-bad", "", "redirect_invalid"),
    ("/redirect-to?url=http%3A%2F%2Flocalhost%2F", "", "host_not_allowed"),
];

/// What the specification lets a client accept or refuse.
const LENIENT: [&str; 3] = ["/garbage/bare-lf", "/garbage/length-and-chunked", "/garbage/obs-fold"];

fn site_rows(target: &Target, is_kept: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, (path, more, kind)) in SITE.iter().enumerate() {
        if is_kept {
            rows.push(Row::new(&format!("before {number}"), target.url("/"), "", ""));
        }
        let breaks_before = path.ends_with("before-head");
        let kind = if is_kept && breaks_before { "stale_connection" } else { kind };
        rows.push(Row::new(&format!("{number} {path}"), target.url(path), more, kind));
    }
    rows
}

/// A run of these rows, one after the other.
fn run_rows(sandbox: &Sandbox, http: &str, rows: &[Row]) -> Finished {
    sandbox.run_scenario(&run_text(http, rows))
}

/// The scenario of that.
pub fn run_text(http: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "name: Faults\nload: {{ users: {USERS}, iterations_per_user: 1, max_duration: 15s }}\n\
         http: {{ {http} }}\nthresholds: {{ http_errors: count == 0 }}\nflow:\n"
    );
    for row in rows {
        let _ = writeln!(
            text,
            "  - {{ get: '{}', name: '{}', on_failure: continue{} }}",
            row.url, row.name, row.more
        );
    }
    text
}

/// How often each error of a request came.
fn errors_of(summary: &Summary, name: &str) -> Vec<(String, u64)> {
    let errors = summary.named("requests", name)["errors"].as_object().unwrap();
    errors.iter().map(|(kind, count)| (kind.clone(), count.as_u64().unwrap())).collect()
}

/// Each row has ended as it should, for every user; the report names the kinds, and the run fails.
#[track_caller]
pub fn assert_rows(run: &Finished, rows: &[Row]) {
    let summary = run.summary();
    let mut wrong = Vec::new();
    for row in rows {
        let expected: Vec<_> =
            Some((row.kind.to_owned(), USERS)).filter(|(kind, _)| !kind.is_empty()).into_iter().collect();
        let errors = errors_of(summary, &row.name);
        if errors != expected {
            wrong.push(format!("{}: {errors:?}, not {expected:?}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}\n{:#}", wrong.join("\n"), summary.at("/errors"));
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind).filter(|kind| !kind.is_empty()).collect();
    assert_reported(run);
    assert_eq!(summary.all_errors(), USERS * kinds.len() as u64);
    for kind in &kinds {
        let listed = summary.list("errors").iter().filter(|error| error["error"] == *kind);
        let samples: Vec<&str> = listed.filter_map(|error| error["sample"].as_str()).collect();
        assert!(!samples.is_empty() && samples.iter().all(|sample| !sample.is_empty()), "{kind}");
    }
    run.assert_code(if kinds.is_empty() { 0 } else { 99 });
    assert_eq!((summary.count("iterations"), summary.count("failed_iterations")), (USERS, 0));
    assert!(run.elapsed < MOST, "{:?}", run.elapsed);
}

/// What the final report has room for.
const REPORTED: usize = 10;

/// The report names the first errors with their requests, and says how many more there are.
#[track_caller]
fn assert_reported(run: &Finished) {
    let errors = run.summary().list("errors");
    let name = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    for error in errors.iter().take(REPORTED) {
        run.assert_says(&[&format!("{} in {}", name(&error["error"]), name(&error["name"]))]);
    }
    if let Some(more) = errors.len().checked_sub(REPORTED).filter(|more| *more > 0) {
        run.assert_says(&[&format!("and {more} more kinds")]);
    }
}

const SITE_HTTP: &str = "timeout: 10s, max_body: 1MiB";

#[test]
fn every_fault_on_a_connection_of_its_own() {
    let target = Target::site();
    let rows = site_rows(&target, false);
    let run = run_rows(&Sandbox::new(), &format!("{SITE_HTTP}, reuse: false"), &rows);
    assert_rows(&run, &rows);
    let summary = run.summary();
    assert_eq!(summary.count("http_reqs"), target.truth().requests().len() as u64);
    assert_eq!(summary.at("/connections/opened"), summary.count("http_reqs"));
    assert_eq!(summary.at("/connections/reused"), 0);
    assert_eq!(target.truth().connections().len() as u64, summary.count("http_reqs"));
}

#[test]
fn every_fault_on_a_connection_that_was_used_before() {
    let target = Target::site();
    let rows = site_rows(&target, true);
    let run = run_rows(&Sandbox::new(), SITE_HTTP, &rows);
    assert_rows(&run, &rows);
    let summary = run.summary();
    assert_eq!(summary.count("http_reqs"), target.truth().requests().len() as u64);
    assert_eq!(summary.at("/connections/opened"), target.truth().connections().len() as u64);
}

#[test]
fn what_is_not_quite_http_is_an_answer_or_protocol() {
    let target = Target::site();
    let rows: Vec<Row> = LENIENT.iter().map(|path| Row::new(path, target.url(path), "", "")).collect();
    let run = run_rows(&Sandbox::new(), "", &rows);
    let summary = run.summary();
    for row in &rows {
        let (answered, refused) = (
            summary.statuses(&row.name, 200),
            summary.named("requests", &row.name)["errors"]["protocol"].as_u64(),
        );
        assert_eq!(answered + refused.unwrap_or(0), USERS, "{} {:#}", row.name, summary.at("/errors"));
    }
    assert_eq!(summary.count("http_reqs"), target.truth().requests().len() as u64);
}

/// Nothing comes about that could carry a request; the target counts none, and none are tried again.
#[test]
fn every_connection_that_does_not_come_about() {
    let (authority, hole) = (Authority::new(), BlackHole::start());
    let tls = || Tls::good(&authority);
    let mut targets: Vec<(&str, &str, Target)> = Flaw::ALL
        .iter()
        .filter(|flaw| **flaw != Flaw::None)
        .map(|flaw| ("", "tls_certificate", Target::tls(Tls::flawed(&authority, *flaw))))
        .collect();
    for (handshake, kind) in [
        (Handshake::Hangs, "connect_timeout"),
        (Handshake::Reset, "reset"),
        (Handshake::Closed, "closed_early"),
        (Handshake::PlainHttp, "tls"),
        (Handshake::Garbage, "tls"),
    ] {
        targets.push(("", kind, Target::tls(tls().handshake(handshake))));
    }
    targets.push(("", "tls", Target::tls(tls().versions(TlsVersions::Only12))));
    targets.push(("", "tls", Target::tls(tls().demanding_clients_of(&authority))));
    targets.push(("http", "protocol", Target::tls(tls())));
    targets.push(("", "reset", Target::resetting_at_once()));
    targets.push((
        "https",
        "closed_early",
        Target::serving(|conversation| {
            conversation.await_more();
            conversation.close();
        }),
    ));
    let mut rows: Vec<Row> = targets
        .iter()
        .enumerate()
        .map(|(number, (scheme, kind, target))| {
            let url =
                if scheme.is_empty() { target.url("/") } else { format!("{scheme}://{}/", target.address()) };
            Row::new(&format!("{number} {kind}"), url, "", kind)
        })
        .collect();
    let missing = format!("http://{}.invalid/", "nosuch".repeat(12));
    for (name, url, kind) in [
        ("closed port", format!("http://127.0.0.1:{}/", closed_port()), "connect_refused"),
        ("closed port with TLS", format!("https://127.0.0.1:{}/", closed_port()), "connect_refused"),
        ("dropped", format!("http://{}/", hole.address()), "connect_timeout"),
        ("no such name", missing, "dns"),
    ] {
        rows.push(Row::new(name, url, "", kind));
    }
    let sandbox = Sandbox::new();
    sandbox.file("ca.pem", authority.pem());
    let http = "timeout: 5s, connect_timeout: 600ms, tls: { ca: ca.pem, min_version: 1.3 }";
    let run = run_rows(&sandbox, http, &rows);
    assert_rows(&run, &rows);
    let summary = run.summary();
    assert_eq!(summary.count("http_reqs"), USERS * rows.len() as u64);
    for (number, (_, kind, target)) in targets.iter().enumerate() {
        let truth = target.truth();
        assert_eq!(truth.requests().len(), 0, "{number} {kind}");
        assert_eq!(truth.connections().len() as u64, USERS, "{number} {kind}");
    }
}

/// The target of each row meets the fault with the first request of a connection or, having answered one, with the
/// second.
#[test]
fn every_fault_of_http_2() {
    let faults = [
        (Http2Fault::Close, "closed_early", "stale_connection"),
        (Http2Fault::CloseMidBody, "body_truncated", "body_truncated"),
        (Http2Fault::FrameTooLarge, "protocol", "protocol"),
        (Http2Fault::GoawayTaken, "closed_early", "stale_connection"),
        (Http2Fault::GoawayRefused, "closed_early", "stale_connection"),
        (Http2Fault::BadCompression, "protocol", "protocol"),
        (Http2Fault::Reset, "reset", "stale_connection"),
        (Http2Fault::StrayContinuation, "protocol", "protocol"),
        (Http2Fault::DataBeforeHead, "protocol", "protocol"),
        (Http2Fault::DataOnStreamZero, "protocol", "protocol"),
        (Http2Fault::Http1, "protocol", "protocol"),
        (Http2Fault::ResetStreamAfterHead, "reset", "reset"),
        (Http2Fault::Hang, "timeout", "timeout"),
    ];
    let (mut rows, mut targets) = (Vec::new(), Vec::new());
    for (fault, new, used) in faults {
        let more = if fault == Http2Fault::Hang { HANGS } else { "" };
        let (first, second) = (Http2Faults::after(0, fault), Http2Faults::after(1, fault));
        rows.push(Row::new(&format!("{fault:?}"), first.url("/"), more, new));
        rows.push(Row::new(&format!("before {fault:?}"), second.url("/"), "", ""));
        rows.push(Row::new(&format!("{fault:?}, used"), second.url("/"), more, used));
        targets.extend([(first, 1), (second, 2)]);
    }
    let streams = Http2Target::plain();
    for path in ["/reset", "/refuse", "/reset-mid-body"] {
        rows.push(Row::new(path, streams.url(path), "", "reset"));
    }
    let run = run_rows(&Sandbox::new(), "timeout: 5s, version: 2-prior-knowledge", &rows);
    assert_rows(&run, &rows);
    for (target, requests) in &targets {
        let truth = target.truth();
        assert_eq!(
            (truth.connections().len() as u64, truth.requests().len() as u64),
            (USERS, USERS * requests)
        );
    }
    let truth = streams.truth();
    assert_eq!((truth.connections().len() as u64, truth.requests().len() as u64), (USERS, 3 * USERS));
    assert_eq!(run.summary().count("http_reqs"), USERS * rows.len() as u64);
}

/// A proxy that fails is between the user and the target: the target sees nothing.
#[test]
fn every_fault_of_a_proxy() {
    let (authority, plain) = (Authority::new(), Target::site());
    let secure = Target::tls(Tls::good(&authority));
    let refusing = ProxyTarget::start(ProxyRules { refuse: Some(503), ..ProxyRules::default() });
    let strict = ProxyTarget::start(ProxyRules {
        credentials: Some(("me".to_owned(), "secret".to_owned())),
        ..ProxyRules::default()
    });
    let hanging = ProxyTarget::start(ProxyRules { hang: true, ..ProxyRules::default() });
    let nobody = format!("127.0.0.1:{}", closed_port());
    for (proxy, status, plain_kind, secure_kind) in [
        (refusing.address().to_string(), 503, "", "connect_refused"),
        (strict.address().to_string(), 407, "", "connect_refused"),
        (format!("me:wrong@{}", strict.address()), 407, "", "connect_refused"),
        (hanging.address().to_string(), 200, "", "connect_timeout"),
        (nobody, 0, "connect_refused", "connect_refused"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.file("ca.pem", authority.pem());
        let rows = [
            Row::new("plain", plain.url("/"), "", plain_kind),
            Row::new("secure", secure.url("/"), "", secure_kind),
        ];
        let http =
            format!("timeout: 5s, connect_timeout: 150ms, proxy: 'http://{proxy}', tls: {{ ca: ca.pem }}");
        let run = run_rows(&sandbox, &http, &rows);
        assert_rows(&run, &rows);
        if plain_kind.is_empty() {
            assert_eq!(run.summary().statuses("plain", status), USERS, "{proxy}");
        }
    }
    assert_eq!((secure.truth().connections().len(), plain.truth().requests().len() as u64), (0, USERS));
}

/// More users at once than files are left: what has none ends as that, and the others are served.
#[test]
fn out_of_files_is_local_files() {
    let target = Target::site();
    let sandbox = Sandbox::new();
    sandbox.file(
        "scenario.yaml",
        format!(
            "target: {}\nload: {{ rate: 200/s, duration: 500ms }}\nhttp: {{ timeout: 1s }}\n\
             thresholds: {{ http_errors: count == 0 }}\nflow: [ {{ get: /break/hang, name: root }} ]\n",
            target.url("").trim_end_matches('/')
        ),
    );
    let run = sandbox.start_under(&["prlimit", "--nofile=80:80"], &["run", "scenario.yaml"]).wait();
    run.assert_code(99);
    let summary = run.summary();
    let (without, served) = (summary.errors("local_files"), summary.errors("timeout"));
    assert!(without > 0 && served > 0, "{:#}", summary.at("/errors"));
    assert_eq!((summary.all_errors(), summary.count("http_reqs")), (without + served, without + served));
    assert_eq!(target.truth().requests().len() as u64, served);
    run.assert_says(&["local_files"]);
}
