//! Against httpbin under gunicorn: a server that echoes what it understood of a request, so that its own parser is the
//! truth about what was sent, and its access log about how often.

use super::{
    harness::{Finished, Sandbox},
    httpbin_server::Httpbin,
};
use std::collections::BTreeMap;

/// Users, and the iterations of each.
const USERS: u64 = 2;
const EACH: u64 = 2;
const ALL: u64 = USERS * EACH;

const UPLOAD: &str = "what a file holds, ä and all";
const LARGE: usize = 100_000;

fn run_flow(httpbin: &Httpbin, more: &str, steps: &str) -> Finished {
    let sandbox = Sandbox::new();
    sandbox.file("upload.txt", UPLOAD);
    sandbox.file("large.txt", "l".repeat(LARGE));
    sandbox.run_scenario(&format!(
        "target: {}\nload: {{ users: {USERS}, iterations_per_user: {EACH}, max_duration: 30s }}\n{more}\nflow:\n{steps}",
        httpbin.url()
    ))
}

/// The other side's books: as many requests as were counted, and of each status as many as were counted.
#[track_caller]
fn assert_same_books(run: &Finished, httpbin: &Httpbin) {
    let summary = run.summary();
    let log = httpbin.log(summary.count("http_reqs"));
    assert_eq!(log.len() as u64, summary.count("http_reqs"), "{log:#?}");
    let mut theirs: BTreeMap<String, u64> = BTreeMap::new();
    log.iter().for_each(|line| *theirs.entry(line.status.clone()).or_default() += 1);
    let mut ours: BTreeMap<String, u64> = BTreeMap::new();
    for request in summary.list("requests") {
        for (status, count) in request["statuses"].as_object().unwrap() {
            *ours.entry(status.clone()).or_default() += count.as_u64().unwrap();
        }
    }
    assert_eq!(ours, theirs, "{log:#?}");
}

/// No error, no failed request, no failed check.
#[track_caller]
fn assert_all_well(run: &Finished, httpbin: &Httpbin) {
    run.assert_code(0);
    let summary = run.summary();
    assert_eq!((summary.count("iterations"), summary.all_errors()), (ALL, 0), "{:#}", summary.at("/errors"));
    assert_eq!(
        summary.at("/metrics/checks/fails"),
        0,
        "{:#} {:#}",
        summary.at("/checks"),
        summary.at("/errors")
    );
    assert_eq!(summary.at("/metrics/http_req_failed/passes"), 0, "{:#}", summary.at("/errors"));
    assert_same_books(run, httpbin);
}

/// The statuses of a request, each as many times in every iteration.
#[track_caller]
fn assert_hops(run: &Finished, name: &str, hops: &[(u16, u64)]) {
    let summary = run.summary();
    for (status, times) in hops {
        assert_eq!(summary.statuses(name, *status), times * ALL, "{name} {status}");
    }
    let all: u64 = hops.iter().map(|(_, times)| times).sum();
    assert_eq!(summary.named("requests", name)["count"], all * ALL, "{name}");
}

#[test]
fn methods_queries_headers_and_bodies_arrive_as_they_are_written() {
    let Some(httpbin) = Httpbin::start() else { return };
    let run = run_flow(
        &httpbin,
        "http: { user_agent: tests of loadgen, headers: { x-all: everywhere } }",
        r#"
  - get: /get
    query: { page: "3", "a b": "c&d=e+f" }
    headers: { x-one: only here }
    check:
      page: json $.args.page == "3"
      encoded: json $.args['a b'] == "c&d=e+f"
      own header: json $.headers['X-One'] == "only here"
      header of all: json $.headers['X-All'] == "everywhere"
      agent: json $.headers['User-Agent'] == "tests of loadgen"
      asks for no compression: json $.headers['Accept-Encoding'] is missing
  - post: /post
    name: json
    json: { n: 7, list: [1, two, null], nested: { user: "u${vu}" } }
    check:
      number: json $.json.n == 7
      list: json $.json.list has length 3
      nested: json $.json.nested.user == "u${vu}"
      type: json $.headers['Content-Type'] == "application/json"
  - post: /post
    name: form
    form: { name: "a b&c", sign: "ä+=" }
    check: { name: 'json $.form.name == "a b&c"', sign: 'json $.form.sign == "ä+="' }
  - put: /put
    body: plain text
    headers: { content-type: text/plain }
    check: { body: 'json $.data == "plain text"', length: 'json $.headers["Content-Length"] == "10"' }
  - patch: /patch
    body: { base64: aGVsbG8= }
    check: { body: 'json $.data == "hello"' }
  - delete: /delete
    expect: status == 200
  - request: { method: PATCH, url: /anything/some/where }
    name: anything
    check: { method: 'json $.method == "PATCH"', url: json $.url ends with /anything/some/where }
  - head: /get
    expect: status == 200
    check: { no body: size == 0B }
  - options: /get
    check: { allowed: header allow contains "GET" }
"#,
    );
    assert_all_well(&run, &httpbin);
}

#[test]
fn files_arrive_as_they_are() {
    let Some(httpbin) = Httpbin::start() else { return };
    let run = run_flow(
        &httpbin,
        "",
        r#"
  - post: /post
    name: multipart
    multipart:
      title: "by u${vu}"
      upload: { file: upload.txt, content_type: text/plain }
      second: { file: large.txt }
    check:
      field: json $.form.title == "by u${vu}"
      file: json $.files.upload == "what a file holds, ä and all"
      second: json $.files.second starts with "llllllllll"
      type: json $.headers['Content-Type'] starts with "multipart/form-data; boundary="
      length: json $.headers['Content-Length'] exists
  - post: /anything
    name: body_file
    body_file: upload.txt
    headers: { content-type: text/plain }
    check: { whole: 'json $.data == "what a file holds, ä and all"' }
  - put: /anything
    name: large
    body_file: large.txt
    headers: { content-type: application/octet-stream }
    check:
      length: json $.headers['Content-Length'] == "100000"
      whole: json $.data matches /^l{100}/
"#,
    );
    assert_all_well(&run, &httpbin);
    // The files go out in full, each time.
    let sent = run.summary().count("data_sent");
    assert!(sent > ALL * 2 * LARGE as u64 && sent < ALL * (2 * LARGE as u64 + 5_000), "{sent}");
}

#[test]
fn those_who_say_who_they_are_are_let_in() {
    let Some(httpbin) = Httpbin::start() else { return };
    let run = run_flow(
        &httpbin,
        "",
        r#"
  - get: /basic-auth/me/secret
    name: basic
    auth: { basic: { user: me, password: secret } }
    expect: status == 200
    check: { who: 'json $.user == "me"' }
  - get: /basic-auth/me/secret
    name: basic, wrong
    auth: { basic: { user: me, password: wrong } }
    expect: status == 401
  - get: /bearer
    name: bearer
    auth: { bearer: "token-${vu}" }
    expect: status == 200
    check: { token: 'json $.token == "token-${vu}"' }
  - get: /bearer
    name: bearer, none
    expect: status == 401
"#,
    );
    assert_all_well(&run, &httpbin);
}

/// The challenge is a request that was sent and answered, and no failure.
#[test]
fn digest_answers_the_challenge() {
    for (path, http) in [
        ("/digest-auth/auth/me/secret", ""),
        ("/digest-auth/auth/me/secret/SHA-256", ""),
        ("/digest-auth/auth/me/secret/MD5", "http: { cookies: false }"),
    ] {
        let Some(httpbin) = Httpbin::start() else { return };
        let run = run_flow(
            &httpbin,
            http,
            &format!(
                "  - get: {path}\n    name: digest\n    auth: {{ digest: {{ user: me, password: secret }} }}\n    \
                 expect: status == 200\n    check: {{ who: 'json $.user == \"me\"' }}\n"
            ),
        );
        assert_all_well(&run, &httpbin);
        let (challenges, let_in) =
            (run.summary().statuses("digest", 401), run.summary().statuses("digest", 200));
        assert_eq!(let_in, ALL, "{path}");
        assert!((USERS..=ALL).contains(&challenges), "{path} {challenges}");
    }
}

/// A wrong password is not tried over and over.
#[test]
fn digest_with_a_wrong_password_ends_as_401() {
    let Some(httpbin) = Httpbin::start() else { return };
    let run = run_flow(
        &httpbin,
        "http: { cookies: false }",
        "  - { get: /digest-auth/auth/me/secret, name: digest, auth: { digest: { user: me, password: wrong } }, expect: status == 401 }\n",
    );
    assert_all_well(&run, &httpbin);
    let tries = run.summary().statuses("digest", 401);
    assert!((ALL..=2 * ALL).contains(&tries), "{tries}");
}

#[test]
fn every_user_has_a_jar_of_its_own() {
    let Some(httpbin) = Httpbin::start() else { return };
    let run = run_flow(
        &httpbin,
        "",
        r#"
  - if: ${iteration > 0}
    then:
      - get: /cookies
        name: kept
        check: { kept from the iteration before: 'json $.cookies.kept == "u${vu}"' }
  - get: /cookies/set
    name: set
    query: { session: "s${vu}", kept: "u${vu}" }
    expect: status == 200
    check: { shown after the redirect: 'json $.cookies.session == "s${vu}"' }
  - get: /cookies
    name: show
    cookies: { extra: only-here }
    check: { from the jar: 'json $.cookies.session == "s${vu}"', from the step: 'json $.cookies.extra == only-here' }
  - get: /cookies
    name: show again
    check: { that of the step is gone: json $.cookies.extra is missing }
  - get: /cookies/delete
    name: delete
    query: { session: "" }
    check: { gone: json $.cookies.session is missing, the other stays: 'json $.cookies.kept == "u${vu}"' }
"#,
    );
    assert_all_well(&run, &httpbin);
    assert_hops(&run, "set", &[(302, 1), (200, 1)]);
    assert_hops(&run, "delete", &[(302, 1), (200, 1)]);
}

#[test]
fn a_jar_is_emptied_or_left_away_where_the_file_says_so() {
    for http in ["{ cookies: true, reset_each_iteration: true }", "{ cookies: false }"] {
        let Some(httpbin) = Httpbin::start() else { return };
        let after = if http.contains("false") { "is missing" } else { "== yes" };
        let run = run_flow(
            &httpbin,
            &format!("http: {http}"),
            &format!(
                "  - {{ get: /cookies, name: before, check: {{ empty: json $.cookies.session is missing }} }}\n  \
                   - {{ get: /cookies/set/session/yes, name: set, expect: status == 200 }}\n  \
                   - {{ get: /cookies, name: after, check: {{ as said: 'json $.cookies.session {after}' }} }}\n"
            ),
        );
        assert_all_well(&run, &httpbin);
    }
}

#[test]
fn redirects_lead_on_and_every_hop_is_counted() {
    let Some(httpbin) = Httpbin::start() else { return };
    let run = run_flow(
        &httpbin,
        "",
        r#"
  - get: /redirect/3
    name: relative
    expect: status == 200
    check: { where: url ends with /get }
  - get: /absolute-redirect/2
    name: absolute
    expect: status == 200
    check: { where: url ends with /get }
  - post: /redirect-to
    name: kept
    query: { url: /anything, status_code: "307" }
    body: hello
    headers: { content-type: text/plain }
    check: { method: 'json $.method == "POST"', body: 'json $.data == "hello"' }
  - post: /redirect-to
    name: turned
    query: { url: /anything, status_code: "303" }
    body: hello
    headers: { content-type: text/plain }
    check:
      method: json $.method == "GET"
      body: json $.data == ""
      no length: json $.headers['Content-Length'] is missing
  - get: /redirect/2
    name: not followed
    follow_redirects: false
    expect: status == 302
    check: { where: header location ends with /relative-redirect/1 }
"#,
    );
    assert_all_well(&run, &httpbin);
    assert_hops(&run, "relative", &[(302, 3), (200, 1)]);
    assert_hops(&run, "absolute", &[(302, 2), (200, 1)]);
    assert_hops(&run, "kept", &[(307, 1), (200, 1)]);
    assert_hops(&run, "turned", &[(303, 1), (200, 1)]);
    assert_hops(&run, "not followed", &[(302, 1)]);
}

#[test]
fn a_redirect_to_a_host_that_the_file_does_not_name_is_refused() {
    let Some(httpbin) = Httpbin::start() else { return };
    let run = run_flow(
        &httpbin,
        "",
        "  - { get: /redirect-to, name: away, query: { url: 'http://elsewhere.invalid/' }, on_failure: continue }\n",
    );
    let summary = run.summary();
    assert_eq!(
        (summary.errors("host_not_allowed"), summary.all_errors()),
        (ALL, ALL),
        "{:#}",
        summary.at("/errors")
    );
    assert_eq!(httpbin.log(ALL).len() as u64, ALL);
}

#[test]
fn statuses_are_counted_and_fail_from_400_on() {
    let Some(httpbin) = Httpbin::start() else { return };
    let codes: [u16; 8] = [200, 201, 204, 400, 404, 418, 500, 503];
    let steps: String =
        codes.iter().map(|code| format!("  - {{ get: /status/{code}, name: s{code} }}\n")).collect();
    let run = run_flow(&httpbin, "", &steps);
    run.assert_code(0);
    assert_same_books(&run, &httpbin);
    for code in codes {
        assert_hops(&run, &format!("s{code}"), &[(code, 1)]);
        let failed = if code < 400 { 0 } else { ALL };
        assert_eq!(run.summary().named("requests", &format!("s{code}"))["failed"], failed, "{code}");
    }
}

#[test]
fn encoded_bodies_are_read_by_checks() {
    let Some(httpbin) = Httpbin::start() else { return };
    let run = run_flow(
        &httpbin,
        "http: { compression: [gzip, br, deflate] }",
        r#"
  - get: /gzip
    check:
      read: json $.gzipped == true
      asked for: json $.headers['Accept-Encoding'] contains "gzip"
      also asked for: json $.headers['Accept-Encoding'] contains "br"
  - get: /deflate
    check: { read: json $.deflated == true, encoding: header content-encoding == deflate }
  - get: /brotli
    check: { read: json $.brotli == true, encoding: header content-encoding == br }
"#,
    );
    assert_all_well(&run, &httpbin);
}

/// A server is slow or its body comes in pieces; each lower bound is the server's own sleep.
#[test]
fn slow_and_streamed_bodies_come_in_whole() {
    let Some(httpbin) = Httpbin::start() else { return };
    let run = run_flow(
        &httpbin,
        "",
        r#"
  - get: /delay/0.3
    name: delay
    check: { waited: duration >= 300ms, whole: json $.url exists }
  - get: /drip?duration=0.4&numbytes=10&delay=0.1
    name: drip
    check: { whole: size == 10B, waited: duration >= 400ms }
  - get: /stream/5
    name: stream
    check: { chunked: header transfer-encoding == chunked, last: 'body matches /"id": 4/' }
  - get: /bytes/1234?seed=1
    name: bytes
    check: { whole: size == 1234B, type: header content-type == application/octet-stream }
  - get: /stream-bytes/5000?seed=1&chunk_size=100
    name: pieces
    check: { whole: size == 5000B }
  - get: /response-headers?X-Custom=hello&X-Other=world
    name: headers
    check: { one: header x-custom == hello, other: header x-other == world }
"#,
    );
    assert_all_well(&run, &httpbin);
}
