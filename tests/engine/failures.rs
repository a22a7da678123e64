//! Failures: which requests count as failed, which end their iteration, and what has a duration.

use super::{
    fake::{End, Reply},
    run::{Sim, ms},
};
use loadgen::model::{ErrorKind, FailureKind};

#[tokio::test(start_paused = true)]
async fn a_status_from_400_on_fails_the_request_and_the_iteration_goes_on() {
    let yaml = "\
load: { users: 1, duration: 6s }
think_time: 1s
flow: [ { get: /a }, { get: /b } ]
";
    let statuses = [200, 304, 399, 400, 404, 503];
    let run = Sim::of(yaml)
        .run(move |sent| {
            if sent.path() == "/base/a" { Reply::text(statuses[sent.nth], "why") } else { Reply::status(204) }
        })
        .await;
    assert_eq!((run.ends(), run.requests(), run.failed()), ((6, 0, 0), 12, 3));
    for status in statuses {
        assert_eq!(run.count(|key| key.status == status && key.failed == (status >= 400)), 1, "{status}");
        let failure =
            run.failure("GET /a", FailureKind::Status(status)).map(|failure| failure.sample.as_str());
        // Nothing reads the body, but the start of it was kept for this.
        assert_eq!(failure, (status >= 400).then_some("why"));
    }
    assert_eq!(run.durations("GET /a").count(), 6, "a failed request with a response has a duration");
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn where_a_status_is_expected_that_one_passes() {
    let yaml = "\
load: { users: 1, duration: 4s }
think_time: 1s
flow: [ { get: /gone, expect: status == 404 }, { get: /any, expect: duration < 1h } ]
";
    let run = Sim::of(yaml)
        .run(|sent| match (sent.path(), sent.nth) {
            ("/base/gone", 0 | 1) => Reply::status(404),
            ("/base/any", 3) => Reply::status(500),
            _ => Reply::status(200),
        })
        .await;
    assert_eq!(run.check("status == 404"), (2, 2));
    assert_eq!(run.count(|key| key.failed && key.status == 200), 2, "200 was not what was expected");
    assert_eq!(
        run.count(|key| key.failed && key.status == 500),
        1,
        "no expectation about the status: 500 fails"
    );
    assert_eq!((run.failed(), run.ends()), (3, (4, 0, 0)));
    run.adds_up("/gone");
}

#[tokio::test(start_paused = true)]
async fn a_failing_check_only_counts_and_a_failing_expectation_fails_the_request() {
    let yaml = "\
load: { users: 2, duration: 5s }
think_time: 1s
flow:
  - get: /a
    expect: { has an id: json $.id exists }
    check: { is fast: \"duration < 100ms\", says ok: json $.state == ok }
  - get: /b
    check: { is fast: duration < 1s }
";
    let run = Sim::of(yaml)
        .run(|sent| match (sent.path(), sent.nth) {
            ("/base/a", 0) => Reply::text(200, r#"{"state": "ok"}"#),
            ("/base/a", 1 | 2) => Reply::text(200, r#"{"id": 1, "state": "bad"}"#),
            ("/base/a", _) => Reply::text(200, r#"{"id": 1, "state": "ok"}"#).after(100),
            _ => Reply::status(200),
        })
        .await;
    assert_eq!((run.requests(), run.failed(), run.ends()), (20, 2, (10, 0, 0)));
    assert_eq!(run.check("has an id"), (8, 2));
    assert_eq!(run.check("says ok"), (6, 4));
    // Of both requests: /a is too slow twice for each user, /b never.
    assert_eq!(run.check("is fast"), (6 + 10, 4));
    let failures: Vec<_> = run.seen.total.failures().collect();
    assert_eq!(failures.len(), 1, "a failing check leaves no sample of a failure: {failures:?}");
    assert!(matches!(failures[0].1, FailureKind::Expectation(_)) && failures[0].2.count == 2, "{failures:?}");
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_response_ends_its_iteration_and_has_no_duration() {
    let yaml = "\
load: { users: 2, duration: 10s }
think_time: 1s
flow: [ { get: /a, check: status == 200 }, { get: /b } ]
";
    for kind in ErrorKind::ALL {
        let run = Sim::of(yaml)
            .run(move |sent| match sent.nth % 2 {
                0 => Reply::fails(kind).after(200),
                _ => Reply::status(200),
            })
            .await;
        let odd = |path| run.to(path).filter(|sent| sent.nth % 2 == 1).count() as u64;
        let (answered, completed) = (odd("/a"), odd("/b"));
        assert_eq!(run.to("/b").count() as u64, answered, "{kind}: nothing follows a failure");
        let failed = run.sent.iter().filter(|sent| sent.nth % 2 == 0).count() as u64;
        assert_eq!(
            run.count(|key| key.error == Some(kind) && key.failed && key.status == 0),
            failed,
            "{kind}"
        );
        assert_eq!((run.requests(), run.failed()), (run.sent.len() as u64, failed), "{kind}");
        assert_eq!(run.ends(), (completed, failed, 0), "{kind}");
        assert_eq!(run.check("status == 200"), (answered, 0), "{kind}: nothing to check without a response");
        let timed = run.durations("GET /a").count() + run.durations("GET /b").count();
        let counts_with_its_time = kind == ErrorKind::Timeout;
        assert_eq!(timed, run.requests() - if counts_with_its_time { 0 } else { failed }, "{kind}");
        let sample = run.failure("GET /a", FailureKind::NoResponse(kind)).expect("a sample");
        assert_eq!((sample.sample.as_str(), sample.first_at), (format!("scripted {kind}").as_str(), ms(200)));
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_counts_with_the_time_that_was_waited() {
    let yaml = "\
load: { users: 2, duration: 10s }
think_time: 500ms
flow: [ { get: /a, timeout: 1500ms }, { get: /b } ]
";
    let run = Sim::of(yaml)
        .run(
            |sent| {
                if sent.path() == "/base/a" { Reply::status(200).after(1_501) } else { Reply::status(200) }
            },
        )
        .await;
    assert_eq!((run.times("/a").len(), run.times("/b").len()), (10, 0));
    assert_eq!((run.ends(), run.requests(), run.failed()), ((0, 10, 0), 10, 10));
    assert_eq!(run.count(|key| key.error == Some(ErrorKind::Timeout) && key.status == 0), 10);
    let durations = run.durations("GET /a");
    assert_eq!((durations.count(), durations.min(), durations.max()), (10, Some(ms(1_500)), Some(ms(1_500))));
    assert!(run.to("/a").all(|sent| sent.end == Some((End::GivenUp, sent.at + ms(1_500)))));
    let sample = run.failure("GET /a", FailureKind::NoResponse(ErrorKind::Timeout)).expect("a sample");
    assert!(sample.sample.contains("1.5s"), "{}", sample.sample);
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_response_just_before_the_timeout_is_a_response() {
    let yaml = "\
load: { users: 1, duration: 10s }
flow: [ { get: /a, timeout: 2s } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(1_999)).await;
    assert_eq!((run.ends(), run.failed(), run.requests()), ((6, 0, 0), 0, 6));
    run.adds_up("/a");
}

const ELSEWHERE: &str = "\
load: { users: 2, duration: 5s }
think_time: 1s
flow:
  - { get: /links, extract: { next: json $.next } }
  - { get: \"${next}\", name: follow }
  - { get: http://other.test/fixed }
";

#[tokio::test(start_paused = true)]
async fn a_rendered_host_that_the_file_does_not_name_is_refused_and_nothing_is_sent() {
    let run = Sim::of(ELSEWHERE).run(|_| Reply::text(200, r#"{"next": "http://evil.test/x"}"#)).await;
    assert!(run.sent.iter().all(|sent| sent.path() == "/base/links"));
    assert_eq!((run.ends(), run.sent.len()), ((0, 10, 0), 10));
    assert_eq!(run.count(|key| key.error == Some(ErrorKind::HostNotAllowed) && key.failed), 10);
    assert_eq!(run.durations("follow").count(), 0);
    let kind = FailureKind::NoResponse(ErrorKind::HostNotAllowed);
    let sample = run.failure("follow", kind).expect("a sample");
    assert!(sample.sample.contains("`evil.test`"), "{}", sample.sample);
    run.adds_up("/links");
}

#[tokio::test(start_paused = true)]
async fn a_rendered_host_that_the_file_names_is_allowed() {
    for (next, url) in [
        ("http://other.test:81/x?y=1", "http://other.test:81/x?y=1"),
        ("http://TARGET.test/x", "http://target.test/x"),
        ("/path", "http://target.test/base/path"),
        ("path", "http://target.test/base/path"),
        ("?page=2", "http://target.test/base?page=2"),
    ] {
        let run =
            Sim::of(ELSEWHERE).run(move |_| Reply::text(200, &format!(r#"{{"next": "{next}"}}"#))).await;
        let second = run.of_user(1).nth(1).expect("a second request");
        assert_eq!((second.url.as_str(), run.ends()), (url, (10, 0, 0)), "{next}");
        assert_eq!(run.sent.len() as u64, run.requests());
    }
}
