//! What a request does between its exchanges: redirects, cookies, credentials, encodings. Each exchange is a request
//! that the target sees and that is counted; checks look at the last one.

use super::{
    fake::{Reply, Sent},
    run::{Run, Sim},
};
use loadgen::model::{ErrorKind, FailureKind};
use std::collections::BTreeSet;

const ONE: &str = "load: { users: 1, iterations_per_user: 1 }\n";

/// Runs one iteration of these steps.
async fn once(flow: &str, script: impl Fn(&Sent) -> Reply + Send + Sync + 'static) -> Run {
    Sim::of(&format!("{ONE}flow:\n{flow}")).run(script).await
}

fn to(status: u16, location: &'static str) -> Reply {
    Reply::status(status).with("location", location)
}

/// What was sent, in order: method, path and body.
fn sent(run: &Run) -> Vec<(String, String, String)> {
    let told = |sent: &Sent| {
        (sent.method.clone(), sent.url[url::Position::BeforePath..].to_owned(), sent.body.clone())
    };
    run.sent.iter().map(told).collect()
}

fn owned(expected: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    expected.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn each_hop_of_a_redirect_is_a_request_and_checks_look_at_the_last() {
    let flow = "  - { get: /a, check: [ status == 200, url ends with /c ] }\n";
    let run = once(flow, |sent| match sent.path() {
        "/base/a" => to(301, "b?x=1").after(10),
        "/base/b" => to(302, "/c").after(20),
        _ => Reply::status(200).after(30),
    })
    .await;
    let expected = [("GET", "/base/a", ""), ("GET", "/base/b?x=1", ""), ("GET", "/c", "")];
    assert_eq!(sent(&run), owned(&expected));
    for status in [301, 302, 200] {
        assert_eq!(run.count(|key| key.status == status && !key.failed), 1, "{status}");
    }
    assert_eq!((run.check("status == 200"), run.check("url ends with /c")), ((1, 0), (1, 0)));
    // Each has the time that it took itself.
    let times = run.response_times("GET /a");
    assert_eq!(
        (times.count(), times.min().unwrap().as_millis(), times.max().unwrap().as_millis()),
        (3, 10, 30)
    );
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn what_a_redirect_keeps_of_a_request_depends_on_its_status() {
    for (status, method, body) in
        [(301, "GET", ""), (302, "GET", ""), (303, "GET", ""), (307, "POST", "text"), (308, "POST", "text")]
    {
        let flow = "  - { post: /a, body: text, headers: { content-type: text/plain, x-own: kept } }\n";
        let run = once(
            flow,
            move |sent| if sent.path() == "/base/a" { to(status, "/b") } else { Reply::status(200) },
        )
        .await;
        assert_eq!(sent(&run), owned(&[("POST", "/base/a", "text"), (method, "/b", body)]), "{status}");
        let second = &run.sent[1];
        assert_eq!(second.header("content-type").is_some(), !body.is_empty(), "{status}");
        assert_eq!(second.header("x-own"), Some("kept"), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn redirects_that_cannot_be_followed_fail_the_request_that_got_them() {
    for (location, kind, says) in [
        ("file:///etc/passwd", ErrorKind::RedirectInvalid, "file"),
        ("http://[broken", ErrorKind::RedirectInvalid, "no URL"),
        ("http://elsewhere.test/", ErrorKind::HostNotAllowed, "`elsewhere.test`"),
        ("/base/a", ErrorKind::TooManyRedirects, "more than 10 redirects"),
    ] {
        let run = once("  - { get: /a, name: a }\n  - { get: /never }\n", move |_| to(302, location)).await;
        let failed = run.count(|key| key.error == Some(kind) && key.failed);
        assert_eq!((failed, run.failed(), run.ends()), (1, 1, (0, 1, 0)), "{location}");
        let hops = if kind == ErrorKind::TooManyRedirects { 11 } else { 1 };
        assert_eq!((run.sent.len(), run.requests()), (hops, hops as u64), "{location}");
        let failure = run.failure("a", FailureKind::NoResponse(kind)).expect("a sample");
        assert!(failure.sample.contains(says), "{}", failure.sample);
    }
}

#[tokio::test(start_paused = true)]
async fn as_many_redirects_are_followed_as_the_request_says() {
    for (follow, hops, status) in [("false", 1, 302), ("2", 3, 0), ("3", 4, 200)] {
        let flow = format!("  - {{ get: /a, follow_redirects: {follow}, on_failure: continue }}\n");
        let run =
            once(&flow, |sent| if sent.nth < 3 { to(302, "/base/a") } else { Reply::status(200) }).await;
        assert_eq!(run.sent.len(), hops, "{follow}");
        let last = run.count(|key| key.status == status && key.error.is_some() == (status == 0));
        assert_eq!(last, 1, "{follow}");
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_do_not_leave_their_host() {
    let yaml = "\
workloads:
  w:
    http: { allowed_hosts: [ other.test ] }
    load: { users: 1, iterations_per_user: 1 }
    flow:
      - { get: /in, auth: { bearer: t0ken }, cookies: { own: mine } }
      - { get: /out, auth: { bearer: t0ken }, cookies: { own: mine } }
";
    let run = Sim::of(yaml)
        .run(|sent| match sent.path() {
            "/base/in" => to(302, "/here"),
            "/base/out" => to(302, "http://other.test/there"),
            _ => Reply::status(200),
        })
        .await;
    let told: Vec<_> = run
        .sent
        .iter()
        .map(|sent| (sent.path().to_owned(), sent.header("authorization").is_some(), sent.header("cookie")))
        .collect();
    assert_eq!(
        told,
        [
            ("/base/in".to_owned(), true, Some("own=mine")),
            ("/here".to_owned(), true, Some("own=mine")),
            ("/base/out".to_owned(), true, Some("own=mine")),
            ("/there".to_owned(), false, None),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_user_keeps_its_cookies_unless_it_is_told_not_to() {
    let flow = "    load: { users: 2, iterations_per_user: 2 }
    flow:
      - { get: /login }
      - { get: /a, cookies: { theme: \"dark${vu}\" } }
";
    for (http, second) in [
        ("{ cookies: true }", Some("sid=s")),
        ("{ cookies: true, reset_each_iteration: true }", None),
        ("{ cookies: false }", None),
    ] {
        let yaml = format!("workloads:\n  w:\n    http: {http}\n{flow}");
        let run = Sim::of(&yaml)
            .run(|sent| {
                let sid = if sent.vu == 1 { "sid=s1; Path=/" } else { "sid=s2; Path=/; HttpOnly" };
                if sent.path() == "/base/login" {
                    Reply::status(200).with("set-cookie", sid)
                } else {
                    Reply::status(200)
                }
            })
            .await;
        for vu in [1, 2] {
            let cookies: Vec<Option<&str>> = run.of_user(vu).map(|sent| sent.header("cookie")).collect();
            let own = format!("theme=dark{vu}");
            let both = format!("sid=s{vu}; {own}");
            let with = if http.contains("false") { own.as_str() } else { both.as_str() };
            let second = second.map(|cookie| format!("{cookie}{vu}"));
            assert_eq!(cookies, [None, Some(with), second.as_deref(), Some(with)], "{http} {vu}");
        }
    }
}

/// A digest server: a nonce for each user, which goes stale after two answers.
fn guarded(sent: &Sent) -> Reply {
    let challenge = |nonce: u32, stale: bool| {
        let value =
            format!(r#"Digest realm="r", qop="auth", algorithm=SHA-256, nonce="n{nonce}", stale={stale}"#);
        Reply::text(401, "who?").with("www-authenticate", value.leak())
    };
    match sent.header("authorization") {
        None => challenge(1, false),
        Some(answer) if answer.contains("wrong") => challenge(1, false),
        Some(answer) if answer.contains(r#"nonce="n1""#) && answer.contains("nc=00000003") => {
            challenge(2, true)
        }
        Some(answer) => {
            assert!(answer.starts_with("Digest ") && answer.contains("username=\"ann\""), "{answer}");
            Reply::status(200)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_challenge_is_answered_once_and_later_requests_answer_at_once() {
    let yaml = "\
load: { users: 1, iterations_per_user: 4 }
flow: [ { get: /guarded, auth: { digest: { user: ann, password: secret } } } ]
";
    let run = Sim::of(yaml).run(guarded).await;
    // One to be challenged, one to be told that the nonce is stale.
    assert_eq!((run.sent.len(), run.requests(), run.failed()), (6, 6, 0));
    assert_eq!(run.count(|key| key.status == 200), 4);
    assert_eq!(run.count(|key| key.status == 401 && !key.failed), 2);
    assert_eq!(run.ends(), (4, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_refused_is_the_answer() {
    let flow = "  - { get: /guarded, auth: { digest: { user: wrong, password: no } } }\n";
    let run = once(flow, guarded).await;
    assert_eq!(run.sent.len(), 2);
    assert_eq!((run.count(|key| key.status == 401 && !key.failed), run.failed()), (1, 1));
    assert!(run.failure("GET /guarded", FailureKind::Status(401)).is_some());
}

/// "{"ok":true}" as gzip writes it.
const ZIPPED: &[u8] = &[
    0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0x01, 0x0b, 0x00, 0xf4, 0xff, b'{', b'"', b'o', b'k', b'"',
    b':', b't', b'r', b'u', b'e', b'}', 0x90, 0x5f, 0xd4, 0xa7, 0x0b, 0, 0, 0,
];

#[tokio::test(start_paused = true)]
async fn a_body_is_decoded_where_a_check_looks_at_it_and_nowhere_else() {
    let flow = "  - { get: /read, check: [ json $.ok == true, size == 34B ] }
  - { get: /unread, check: size == 34B }
  - { get: /broken-unread }
  - { get: /broken, name: broken, check: json $.ok == true }
";
    let run = once(flow, |sent| {
        let body = if sent.path().contains("broken") { &ZIPPED[..20] } else { ZIPPED };
        Reply::bytes(200, body).with("content-encoding", "gzip")
    })
    .await;
    assert_eq!((run.check("json $.ok == true"), run.check("size == 34B")), ((1, 0), (2, 0)));
    assert_eq!(run.count(|key| key.error == Some(ErrorKind::Decompress)), 1);
    assert!(run.failure("broken", FailureKind::NoResponse(ErrorKind::Decompress)).is_some());
    assert_eq!((run.requests(), run.failed()), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn every_request_of_a_traced_run_has_an_id_of_its_own_and_the_slowest_are_kept() {
    let yaml = "\
workloads:
  w:
    http: { trace: true }
    load: { users: 3, iterations_per_user: 10 }
    flow: [ { get: /a } ]
";
    let run = Sim::of(yaml)
        .run(|sent| {
            if sent.path() == "/base/a" {
                to(302, "/b")
            } else {
                Reply::status(200).after(sent.nth as u64 * 100)
            }
        })
        .await;
    let parents: BTreeSet<String> =
        run.sent.iter().map(|sent| sent.header("traceparent").unwrap().to_owned()).collect();
    assert_eq!(parents.len(), 60, "a span for each exchange");
    let traces: BTreeSet<&str> = parents.iter().map(|parent| &parent[3..35]).collect();
    assert_eq!(traces.len(), 30, "a trace for each request");
    assert!(
        parents
            .iter()
            .all(|parent| parent.len() == 55 && parent.starts_with("00-") && parent.ends_with("-01"))
    );
    let slowest: Vec<_> = run.seen.total.slowest().collect();
    assert!(!slowest.is_empty());
    for (_, slow) in slowest {
        let id = format!("{:032x}", slow.trace_id);
        assert!(traces.contains(id.as_str()) && slow.response_time.as_millis() >= 500, "{slow:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_cap_on_requests_holds_for_hops_too_and_waiting_for_it_is_no_latency() {
    let yaml = "\
http: { max_rate: 10/s, headers: { x-vu: \"${vu}\" } }
load: { users: 5, duration: 10s }
flow: [ { get: /a } ]
";
    let run = Sim::bare(yaml)
        .run(|sent| if sent.path() == "/base/a" { to(302, "/b") } else { Reply::status(200) })
        .await;
    let seconds: Vec<usize> =
        (0..10).map(|second| run.sent.iter().filter(|sent| sent.at.as_secs() == second).count()).collect();
    assert!(seconds.iter().all(|count| (9..=11).contains(count)), "{seconds:?}");
    assert!(run.response_times("GET /a").max().unwrap().as_millis() < 10);
}

#[tokio::test(start_paused = true)]
async fn the_cap_on_requests_does_not_hold_teardown_up_for_the_length_of_the_run() {
    let yaml = "\
http: { max_rate: 10/s, headers: { x-vu: \"${vu}\" } }
load: { users: 2, duration: 60s }
flow: [ { get: /a } ]
teardown: [ { get: /x }, { get: /y }, { get: /z } ]
";
    let run = Sim::bare(yaml).run(|_| Reply::status(200)).await;
    let took = run.teardown.expect("a teardown").took;
    assert!(took.as_millis() <= 500, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_drawn_by_chance_is_the_same_in_the_answer_and_no_target_is_asked_for_ever() {
    let flow =
        "  - { get: /guarded, auth: { digest: { user: \"ann${random_int(1, 1000000)}\", password: p } } }\n";
    let run = once(flow, |sent| match sent.header("authorization") {
        None => guarded(sent),
        Some(_) => Reply::status(200),
    })
    .await;
    assert_eq!((run.sent.len(), run.count(|key| key.status == 200)), (2, 1));
    // One that is never content, with a new nonce each time that is stale at once.
    let flow = "  - { get: /guarded, auth: { digest: { user: ann, password: p } } }\n";
    let run = once(flow, |sent| {
        let nonce = format!(r#"Digest realm="r", qop="auth", nonce="n{}", stale=true"#, sent.nth);
        Reply::status(401).with("www-authenticate", nonce.leak())
    })
    .await;
    assert!(run.sent.len() <= 5, "{}", run.sent.len());
    assert_eq!((run.failed(), run.count(|key| key.status == 401 && key.failed)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_was_rendered_for_a_request_is_the_same_in_all_its_exchanges() {
    let flow = "  - { post: /a, body: \"${uuid()}\", headers: { x-key: \"${uuid()}\" } }\n";
    let run =
        once(flow, |sent| if sent.path() == "/base/a" { to(307, "/b") } else { Reply::status(200) }).await;
    let [first, second] = run.sent.as_slice() else { panic!("{} requests", run.sent.len()) };
    assert_eq!((first.header("x-key"), &first.body), (second.header("x-key"), &second.body));
    assert_eq!(first.header("x-key").unwrap().len(), 36);
}

#[tokio::test(start_paused = true)]
async fn a_challenge_that_cannot_be_answered_fails_the_request() {
    let flow = "  - { post: /guarded, name: up, body_file: big.bin, auth: { digest: { user: ann, password: p } } }\n";
    let big = "x".repeat(100_000);
    let run = Sim::of(&format!("{ONE}flow:\n{flow}"))
        .file("big.bin", &big)
        .run(|_| {
            Reply::status(401).with("www-authenticate", r#"Digest realm="r", qop="auth-int", nonce="n""#)
        })
        .await;
    assert_eq!((run.sent.len(), run.requests(), run.failed()), (1, 1, 1));
    assert_eq!(run.ends(), (0, 1, 0));
}
