//! What clients and servers agree on, with nginx as the server: TLS and its versions and certificates, HTTP/2,
//! redirects, compression, connections that it closes, bodies that it refuses. Its access log is the truth.

use super::{
    harness::{Finished, Sandbox},
    nginx_server::{Line, NAME, Nginx, PAGE, connections},
};
use std::collections::BTreeMap;

/// Users, and the iterations of each.
const USERS: u64 = 3;
const EACH: u64 = 2;
const ALL: u64 = USERS * EACH;

/// A few iterations of these steps, with what else the file says.
fn run_flow(nginx: &Nginx, target: &str, more: &str, steps: &str) -> Finished {
    let sandbox = Sandbox::new();
    for file in ["ca.pem", "client.pem", "client.key"] {
        sandbox.file(file, nginx.file(file));
    }
    sandbox.run_scenario(&format!(
        "target: {target}\nload: {{ users: {USERS}, iterations_per_user: {EACH}, max_duration: 20s }}\n{more}\nflow:\n{steps}\n"
    ))
}

/// Every iteration completed, every check held, and nginx counted what the summary counts.
#[track_caller]
fn assert_all_well(run: &Finished, nginx: &Nginx) -> Vec<Line> {
    run.assert_code(0);
    let summary = run.summary();
    assert_eq!((summary.count("iterations"), summary.all_errors()), (ALL, 0), "{:#}", summary.at("/errors"));
    assert_eq!(summary.at("/metrics/http_req_failed/passes"), 0, "{:#}", summary.at("/errors"));
    assert_eq!(summary.at("/metrics/checks/fails"), 0, "{:#}", summary.at("/checks"));
    assert_same(run, nginx)
}

/// nginx saw as many requests as were counted, and answered each with the status that was counted.
#[track_caller]
fn assert_same(run: &Finished, nginx: &Nginx) -> Vec<Line> {
    let summary = run.summary();
    let log = nginx.log(summary.count("http_reqs"));
    assert_eq!(log.len() as u64, summary.count("http_reqs"), "{log:#?}");
    let mut theirs: BTreeMap<String, u64> = BTreeMap::new();
    log.iter().for_each(|line| *theirs.entry(line.status.to_string()).or_default() += 1);
    let mut ours: BTreeMap<String, u64> = BTreeMap::new();
    for request in summary.list("requests") {
        for (status, count) in request["statuses"].as_object().unwrap() {
            *ours.entry(status.clone()).or_default() += count.as_u64().unwrap();
        }
    }
    if summary.all_errors() == 0 {
        assert_eq!(ours, theirs);
    }
    log
}

const CA: &str = "http: { tls: { ca: ca.pem } }";

#[test]
fn tls_agrees_on_http_2_and_every_user_has_one_connection() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_flow(
        &nginx,
        &nginx.tls_url(),
        CA,
        "  - { get: /page.txt, name: page, expect: [ status == 200, protocol == HTTP/2 ], check: { whole: size == 1000B } }\n  \
           - { post: /upload, body: hello, expect: status == 201 }\n  \
           - { parallel: [ { get: /page.txt, name: one }, { get: /page.txt, name: two } ] }\n",
    );
    let log = assert_all_well(&run, &nginx);
    assert!(log.iter().all(|line| line.protocol == "HTTP/2.0" && line.tls == "TLSv1.3"), "{log:#?}");
    assert_eq!((log.len() as u64, connections(&log)), (4 * ALL, USERS));
    let uploads: Vec<&Line> = log.iter().filter(|line| line.path == "/upload").collect();
    assert!(uploads.iter().all(|line| line.request_body == "hello"), "{uploads:#?}");
}

#[test]
fn version_1_1_speaks_it_over_tls_too() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_flow(
        &nginx,
        &nginx.tls_url(),
        "http: { version: 1.1, tls: { ca: ca.pem } }",
        "  - { get: /page.txt, expect: [ status == 200, protocol == HTTP/1.1 ] }\n",
    );
    let log = assert_all_well(&run, &nginx);
    assert!(log.iter().all(|line| line.protocol == "HTTP/1.1" && line.tls == "TLSv1.3"), "{log:#?}");
    assert_eq!(connections(&log), USERS);
}

#[test]
fn without_reuse_every_request_has_a_connection() {
    let Some(nginx) = Nginx::start() else { return };
    let steps = "  - { get: /page.txt, expect: status == 200 }\n";
    let run = run_flow(&nginx, &nginx.url(), "http: { reuse: false }", steps);
    let log = assert_all_well(&run, &nginx);
    assert_eq!(connections(&log), ALL);
}

/// Each row: what the file says, which server, and the kind of the error, or nothing where all is well.
#[test]
fn certificates_are_verified_unless_the_file_says_otherwise() {
    let steps = "  - { get: /page.txt, expect: status == 200 }\n";
    for (http, target, error) in [
        ("", Nginx::tls_url as fn(&Nginx) -> String, Some("tls_certificate")),
        (CA, Nginx::tls_url, None),
        ("http: { tls: { verify: false } }", Nginx::tls_url, None),
        ("http: { tls: { ca: ca.pem, server_name: shop.test } }", Nginx::tls_url, None),
        ("http: { tls: { ca: ca.pem, server_name: other.test } }", Nginx::tls_url, Some("tls_certificate")),
        (CA, Nginx::tls_1_2_url, None),
        ("http: { tls: { ca: ca.pem, min_version: 1.3 } }", Nginx::tls_url, None),
        ("http: { tls: { ca: ca.pem, min_version: 1.2 } }", Nginx::tls_1_2_url, None),
        ("http: { tls: { ca: ca.pem, min_version: 1.3 } }", Nginx::tls_1_2_url, Some("tls")),
        ("http: { tls: { ca: ca.pem, cert: client.pem, key: client.key } }", Nginx::mutual_url, None),
    ] {
        let Some(nginx) = Nginx::start() else { return };
        let run = run_flow(&nginx, &target(&nginx), http, steps);
        let Some(kind) = error else {
            let log = assert_all_well(&run, &nginx);
            let by_name = if http.contains("server_name") { NAME } else { "-" };
            assert!(log.iter().all(|line| line.server_name == by_name), "{http} {log:#?}");
            let with_client = if http.contains("client.pem") { "SUCCESS" } else { "NONE" };
            assert!(log.iter().all(|line| line.client_certificate == with_client), "{http} {log:#?}");
            continue;
        };
        run.assert_code(99);
        let summary = run.summary();
        let all = summary.count("http_reqs");
        assert!(all > 0, "{http}");
        assert_eq!(summary.errors(kind), all, "{http} {:#}", summary.at("/errors"));
        assert_eq!(nginx.log(0).len(), 0, "{http}");
    }
}

#[test]
fn verification_that_is_off_is_said_in_the_report() {
    let Some(nginx) = Nginx::start() else { return };
    let steps = "  - { get: /page.txt, expect: status == 200 }\n";
    let run = run_flow(&nginx, &nginx.tls_url(), "http: { tls: { verify: false } }", steps);
    assert_all_well(&run, &nginx);
    assert!(run.both().to_lowercase().contains("verif"), "{}", run.both());
}

/// nginx answers a client without one with a status, not with an alert.
#[test]
fn a_client_without_its_certificate_is_turned_away() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_flow(
        &nginx,
        &nginx.mutual_url(),
        CA,
        "  - { get: /page.txt, name: page, expect: status == 400 }\n",
    );
    run.assert_code(0);
    let log = assert_same(&run, &nginx);
    assert!(log.iter().all(|line| line.client_certificate == "NONE"), "{log:#?}");
    assert_eq!(run.summary().statuses("page", 400), ALL);
}

#[test]
fn a_name_that_the_file_gives_an_address_is_asked_for_by_name() {
    let Some(nginx) = Nginx::start() else { return };
    let target = nginx.tls_url().replace("127.0.0.1", NAME);
    let http = format!("http: {{ tls: {{ ca: ca.pem }}, dns: {{ hosts: {{ {NAME}: 127.0.0.1 }} }} }}");
    let run = run_flow(&nginx, &target, &http, "  - { get: /page.txt, expect: status == 200 }\n");
    let log = assert_all_well(&run, &nginx);
    assert!(log.iter().all(|line| line.server_name == NAME), "{log:#?}");
}

/// What is asked for is what the file lists; a body comes in as it was sent, and is decoded where a check reads it.
#[test]
fn compression_is_asked_for_only_where_the_file_says_so() {
    let Some(nginx) = Nginx::start() else { return };
    let plain = run_flow(
        &nginx,
        &nginx.url(),
        "",
        "  - { get: /zipped, check: { plain: header content-encoding is missing, whole: size == 1000B } }\n",
    );
    let log = assert_all_well(&plain, &nginx);
    assert!(log.iter().all(|line| line.accept_encoding == "-" && line.body_bytes == PAGE as u64), "{log:#?}");

    let Some(nginx) = Nginx::start() else { return };
    let zipped = run_flow(
        &nginx,
        &nginx.url(),
        "http: { compression: [gzip] }",
        "  - { get: /zipped, name: read, check: { zipped: header content-encoding == gzip, read: 'body matches /^p{1000}$/' } }\n  \
           - { get: /zipped, name: unread, check: { zipped: header content-encoding == gzip } }\n",
    );
    let log = assert_all_well(&zipped, &nginx);
    assert!(log.iter().all(|line| line.accept_encoding == "gzip"), "{log:#?}");
    let most = 200;
    assert!(log.iter().all(|line| line.body_bytes < most), "{log:#?}");
    let received = zipped.summary().count("data_received");
    assert_eq!(received, log.iter().map(|line| line.sent_bytes).sum::<u64>());
}

#[test]
fn bodies_without_a_length_and_responses_without_a_body_keep_the_connection() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_flow(
        &nginx,
        &nginx.url(),
        "",
        "  - { get: /chunked, name: chunked, expect: status == 200, check: { chunked: header transfer-encoding == chunked, whole: size == 1000B } }\n  \
           - { get: /empty, name: empty, expect: status == 204, check: { empty: size == 0B } }\n  \
           - { head: /page.txt, name: head, expect: status == 200, check: { no body: size == 0B, length: header content-length == 1000 } }\n",
    );
    let log = assert_all_well(&run, &nginx);
    assert_eq!((run.summary().statuses("empty", 204), connections(&log)), (ALL, USERS));
}

/// A connection that the server closed meanwhile is not used again, and nothing is sent twice behind anybody's back.
#[test]
fn a_connection_that_nginx_closes_while_the_user_thinks_is_replaced() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_flow(&nginx, &nginx.url(), "think_time: 700ms", "  - { get: /brief, name: brief }\n");
    run.assert_code(0);
    let summary = run.summary();
    let (stale, sent) = (summary.errors("stale_connection"), summary.count("http_reqs"));
    assert_eq!(summary.all_errors(), stale, "{:#}", summary.at("/errors"));
    let log = nginx.log(sent - stale);
    assert_eq!((log.len() as u64, sent), (sent - stale, ALL), "{log:#?}");
    assert_eq!(connections(&log), log.len() as u64);
}

/// Every hop is a request of the same name; the checks are about the last one.
#[test]
fn redirects_are_followed_and_every_hop_is_counted() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_flow(
        &nginx,
        &nginx.url(),
        "",
        "  - { get: /moved, name: once, expect: status == 200, check: { where: url ends with /page.txt } }\n  \
           - { get: /moved-twice, name: twice, expect: status == 200, check: { where: url ends with /page.txt, whole: size == 1000B } }\n  \
           - { post: /moved-upload, name: kept, body: hello, expect: status == 201 }\n  \
           - { get: /moved, name: stays, follow_redirects: false, expect: status == 301 }\n",
    );
    let log = assert_all_well(&run, &nginx);
    let summary = run.summary();
    for (name, statuses) in [
        ("once", &[(301, 1), (200, 1)][..]),
        ("twice", &[(302, 1), (301, 1), (200, 1)]),
        ("kept", &[(307, 1), (201, 1)]),
        ("stays", &[(301, 1)]),
    ] {
        let hops: u64 = statuses.iter().map(|(_, hops)| hops).sum();
        assert_eq!(summary.named("requests", name)["count"], hops * ALL, "{name}");
        for (status, hops) in statuses {
            assert_eq!(summary.statuses(name, *status), hops * ALL, "{name} {status}");
        }
    }
    assert_eq!(summary.named("checks", "where")["fails"], 0);
    let uploads: Vec<&Line> = log.iter().filter(|line| line.path == "/upload").collect();
    assert!(uploads.iter().all(|line| line.method == "POST" && line.request_body == "hello"), "{uploads:#?}");
    assert_eq!((uploads.len() as u64, connections(&log)), (ALL, USERS));
}

#[test]
fn a_redirect_leads_from_tls_to_plain_text() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_flow(
        &nginx,
        &nginx.tls_url(),
        CA,
        "  - { get: /moved-to-plain, name: moved, expect: [ status == 200, protocol == HTTP/1.1 ] }\n",
    );
    let log = assert_all_well(&run, &nginx);
    let plain = log.iter().filter(|line| line.tls == "-").count() as u64;
    assert_eq!((plain, log.len() as u64, connections(&log)), (ALL, 2 * ALL, 2 * USERS));
}

#[test]
fn redirects_that_lead_nowhere_end_as_errors() {
    for (path, more, kind, hops) in [
        ("/moved-round", "", "too_many_redirects", 11),
        ("/moved-round", ", follow_redirects: 3", "too_many_redirects", 4),
        ("/moved-to-file", "", "redirect_invalid", 1),
    ] {
        let Some(nginx) = Nginx::start() else { return };
        let steps = format!("  - {{ get: {path}, name: moved{more}, on_failure: continue }}\n");
        let run = run_flow(&nginx, &nginx.url(), "", &steps);
        let summary = run.summary();
        assert_eq!(summary.errors(kind), ALL, "{path}{more} {:#}", summary.at("/errors"));
        assert_eq!(summary.all_errors(), ALL, "{path}{more}");
        assert_eq!(summary.count("http_reqs"), hops * ALL, "{path}{more}");
        assert_eq!(nginx.log(hops * ALL).len() as u64, hops * ALL, "{path}{more}");
    }
}

/// nginx refuses a body by its announced length, and reads the rest of it to the end.
#[test]
fn a_body_that_is_too_large_for_nginx_is_413() {
    let Some(nginx) = Nginx::start() else { return };
    let steps = format!(
        "  - {{ post: /small, name: small, body: ok, expect: status == 201 }}\n  \
           - {{ post: /small, name: large, body: {}, expect: status == 413 }}\n",
        "x".repeat(2_000)
    );
    let run = run_flow(&nginx, &nginx.url(), "", &steps);
    assert_all_well(&run, &nginx);
    assert_eq!((run.summary().statuses("small", 201), run.summary().statuses("large", 413)), (ALL, ALL));
}

/// A larger body is read and counted to its end, and not kept for checks.
#[test]
fn a_body_beyond_max_body_is_counted_in_full() {
    let Some(nginx) = Nginx::start() else { return };
    let run = run_flow(
        &nginx,
        &nginx.url(),
        "http: { max_body: 64KiB }",
        "  - { get: /file.bin, name: file, expect: [ status == 200, size == 300000B ] }\n",
    );
    let log = assert_all_well(&run, &nginx);
    assert_eq!(run.summary().count("data_received"), log.iter().map(|line| line.sent_bytes).sum::<u64>());
    assert_eq!(connections(&log), USERS);
}
