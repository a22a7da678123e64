//! `loadgen run --once`: each task a single time, shown.

use super::{
    harness::Sandbox,
    target::{closed_port, recording, response},
};

const TASKS: &str = r#"
setup: [ { get: /setup, extract: { id: json $.id } } ]
teardown: [ { get: "/teardown/${id}" } ]
data: { users: { rows: [ { name: ada } ] } }
load: { users: 50, duration: 10m }
think_time: 1h
on_start: [ { post: /login, json: { name: "${users.name}" }, extract: { token: json $.token } } ]
on_stop: [ { post: /logout } ]
tasks:
  - name: read
    weight: 0.001
    get: /read
    headers: { authorization: "Bearer ${token}" }
    check: { has an id: json $.id exists, has a colour: json $.colour exists }
  - name: write
    steps: [ { post: "/write/${id}", form: { a: b c } }, { log: "wrote ${id}" } ]
"#;

#[test]
fn every_task_is_sent_once_and_shown() {
    let target = recording(|_| response(200, r#"{"id": 5, "token": "t0k3n"}"#));
    let sandbox = Sandbox::new();
    let run = sandbox.start_scenario(&format!("target: {}\n{TASKS}", target.url()), &["--once"]).wait();
    run.assert_code(0);
    assert_eq!(target.seen.paths(), ["/setup", "/login", "/read", "/write/5", "/logout", "/teardown/5"]);
    run.assert_says(&[
        "> GET http://127.0.0.1",
        "authorization: Bearer t0k3n",
        "200",
        "\"id\": 5",
        "has an id",
        "has a colour",
        "token",
        "t0k3n",
        "a=b+c",
        "log: wrote 5",
        "6 tasks passed",
    ]);
    assert!(run.has_no_results() && !sandbox.path().join("results").exists());
}

#[test]
fn what_fails_is_99_and_says_why() {
    let target = recording(|path| {
        if path == "/read" {
            response(404, "not here {}")
        } else {
            response(200, r#"{"id": 5, "token": "x"}"#)
        }
    });
    let sandbox = Sandbox::new();
    let run = sandbox.start_scenario(&format!("target: {}\n{TASKS}", target.url()), &["--once"]).wait();
    run.assert_code(99);
    run.assert_says(&["404", "not here", "1 of 6 tasks failed"]);
    assert_eq!(target.seen.paths().len(), 6, "the others are tried all the same");
    assert!(!sandbox.path().join("results").exists());
}

#[test]
fn a_setup_that_fails_ends_it() {
    let target = recording(|_| response(500, "{}"));
    let run =
        Sandbox::new().start_scenario(&format!("target: {}\n{TASKS}", target.url()), &["--once"]).wait();
    run.assert_code(99);
    assert_eq!(target.seen.paths(), ["/setup"]);
    run.assert_says(&["setup", "1 of 1 task failed"]);
}

#[test]
fn one_task_alone_and_no_answer_at_all() {
    let text = format!(
        "target: http://127.0.0.1:{}\nload: {{ users: 1, duration: 1s }}\ntasks: [ {{ name: a, get: /a }}, {{ name: b, get: /b }} ]\n",
        closed_port()
    );
    let run = Sandbox::new().start_scenario(&text, &["--once", "--only", "b"]).wait();
    run.assert_code(99);
    run.assert_says(&["/b", "connect_refused", "1 of 1 task failed"]);
    assert!(!run.stdout.contains("/a"), "{}", run.both());
}

#[test]
fn a_row_that_is_not_there_is_named() {
    let target = recording(|_| response(200, "{}"));
    let text = format!(
        "target: {}\nload: {{ users: 1, duration: 1s }}\ndata: {{ names: {{ rows: [ {{ n: a }} ], pick: unique }} }}\n\
         tasks: [ {{ name: a, get: '/a/${{names.n}}' }}, {{ name: b, get: '/b/${{names.n}}' }} ]\n",
        target.url()
    );
    let run = Sandbox::new().start_scenario(&text, &["--once"]).wait();
    run.assert_code(99);
    assert_eq!(target.seen.paths(), ["/a/a"]);
    run.assert_says(&["the feed `names` has no more rows"]);
}
