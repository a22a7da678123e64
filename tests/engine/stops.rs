//! Early ends that the file asks for, what failures end, checks as steps, and the log.

use super::{
    fake::Reply,
    run::{Run, Sim, ms, secs},
};
use loadgen::model::ErrorKind;
use std::collections::BTreeMap;

#[tokio::test(start_paused = true)]
async fn a_stopped_iteration_is_a_completed_one() {
    let yaml = "
load: { users: 2, duration: 4s }
think_time: 1s
flow:
  - get: /first
  - { stop: iteration, if: '${iteration % 2 == 1}' }
  - { stop: iteration, if: '${false}' }
  - get: /end
";
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    assert_eq!((run.ends(), run.times("/end").len()), ((8, 0, 0), 4));
    assert!(run.to("/end").all(|sent| sent.iteration % 2 == 0));
    run.adds_up("/first");
    let always = "load: { users: 1, duration: 3s }\nthink_time: 1s\nflow: [ { get: /first }, { stop: iteration }, { get: /end } ]";
    let run = Sim::of(always).run(|_| Reply::status(200)).await;
    assert_eq!((run.ends(), run.times("/end").len()), ((3, 0, 0), 0));
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn a_user_that_stops_does_its_on_stop_and_no_more() {
    let yaml = "
load: { users: 3, duration: 10s }
think_time: 1s
on_stop: [ { get: /bye } ]
flow: [ { get: /first }, { stop: user, if: '${vu == 2 and iteration == 2}' }, { get: /end } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    let second: Vec<(u64, &str)> = run.of_user(2).map(|sent| (sent.at.as_secs(), sent.path())).collect();
    assert_eq!(
        second,
        [
            (0, "/base/first"),
            (0, "/base/end"),
            (1, "/base/first"),
            (1, "/base/end"),
            (2, "/base/first"),
            (2, "/base/bye")
        ]
    );
    assert_eq!((run.ends(), run.times("/bye")), ((23, 0, 0), vec![2_000, 10_000, 10_000]));
    let vus: Vec<u64> = run.seen.series.points().iter().map(|point| point.vus).collect();
    assert_eq!(vus[..4], [3, 3, 2, 2]);
    assert_eq!(run.stops.len(), 0);
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_stops_the_run_lets_the_others_finish() {
    let yaml = "
load: { users: 4, duration: 1h, graceful_stop: 3s }
think_time: 10s
on_stop: [ { get: /bye } ]
flow:
  - get: /first
  - { stop: run, if: '${vu == 2 and iteration == 1}' }
  - think: 500ms
  - get: /end
";
    for workers in [1, 3] {
        let run = Sim::of(yaml)
            .workers(workers)
            .run(|sent| match (sent.path(), sent.vu, sent.iteration) {
                ("/base/end", 3, 1) => Reply::never(),
                ("/base/end", ..) => Reply::status(200).after(1_000),
                _ => Reply::status(200).after(sent.vu * 100),
            })
            .await;
        // The second iterations begin after 11.5 s and a tenth for each number; user 2 stops everybody at 11.9 s.
        let stops: Vec<(u128, &str)> =
            run.stops.iter().map(|(at, why)| (at.as_millis(), why.as_str())).collect();
        assert_eq!(stops, [(11_900, "the step on line 9 stopped the run")], "{workers} workers");
        // The first one finishes, the third is cut, the fourth has not begun its second and does not.
        assert_eq!((run.ends(), run.took), ((4 + 1 + 2, 0, 1), ms(14_900)), "{workers} workers");
        let bye: BTreeMap<u64, u128> = run.to("/bye").map(|sent| (sent.vu, sent.at.as_millis())).collect();
        assert_eq!(bye[&2], 11_900, "{workers} workers");
        assert!(!bye.contains_key(&3) && bye[&1] > 11_900, "{workers} workers");
        run.adds_up("/first");
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_first_reason_to_stop_the_run_counts() {
    let yaml = "
load: { users: 5, duration: 1h }
flow: [ { get: /first }, { stop: run } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    assert_eq!((run.stops.len(), run.ends(), run.took), (1, (5, 0, 0), secs(0)));
    run.adds_up("/first");
}

/// A request that fails in each way, with each answer to that.
#[tokio::test(start_paused = true)]
async fn what_a_failure_ends_is_as_written_or_usual() {
    let failures = [
        ("expect: status == 201", false),
        ("expect: [ duration < 1h, json $.ok == false ]", false),
        ("timeout: 1h", false),
        ("headers: { x-broken: '1' }", true),
        ("extract: { token: json $.token }", true),
        ("headers: { x-unset: '${unset}' }", true),
        ("body: '${unset.deep}'", true),
    ];
    for (what, is_broken) in failures {
        for on_failure in
            [None, Some("continue"), Some("stop_iteration"), Some("stop_user"), Some("stop_run")]
        {
            let written =
                on_failure.map_or(String::new(), |on_failure| format!("    on_failure: {on_failure}\n"));
            let yaml = format!(
                "
load: {{ users: 2, duration: 3s }}
think_time: 1s
on_stop: [ {{ get: /bye }} ]
flow:
  - {{ get: /first, extract: {{ unset: json $.unset }}, on_failure: continue }}
  - get: /fails
    name: fails
    {what}
{written}  - get: /end
"
            );
            let case = format!("{what}, {on_failure:?}");
            let status = if what.starts_with("timeout") { 503 } else { 200 };
            let run = Sim::of(&yaml)
                .run(move |sent| match (sent.path(), sent.header("x-broken")) {
                    (_, Some(_)) => Reply::fails(ErrorKind::ConnectRefused),
                    ("/base/fails", _) => Reply::text(status, r#"{"ok": true}"#),
                    _ => Reply::text(200, "{}"),
                })
                .await;
            let usual = if is_broken { "stop_iteration" } else { "continue" };
            let (ends, after) = match on_failure.unwrap_or(usual) {
                "continue" => ((6, 0, 0), 6),
                "stop_iteration" => ((0, 6, 0), 0),
                _ => ((0, 2, 0), 0),
            };
            assert_eq!((run.ends(), run.times("/end").len()), (ends, after), "{case}");
            let by_step = run.stops.iter().map(|(_, why)| why.as_str()).collect::<Vec<_>>();
            let expected: &[&str] = if on_failure == Some("stop_run") {
                &["the failed request on line 9 stopped the run"]
            } else {
                &[]
            };
            assert_eq!(by_step, expected, "{case}");
            assert_eq!(run.times("/bye").len(), 2, "{case}");
            run.adds_up("/first");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_step_looks_at_the_last_response() {
    let yaml = "
load: { users: 1, duration: 2s }
think_time: 1s
flow:
  - get: /one
  - get: /two
  - check:
      two is good: json $.path == \"/base/two\"
      two is created: status == 201
      two is at: url contains two
      two is quick: duration < 50ms
  - get: /three
  - group: g
    steps: [ { check: [ json $.path == \"/base/three\" ] } ]
  - check: { still three: 'json $.path == \"/base/three\"' }
";
    let run = Sim::of(yaml)
        .run(|sent| {
            Reply::text(
                if sent.path() == "/base/two" { 201 } else { 200 },
                &format!(r#"{{"path": "{}"}}"#, sent.path()),
            )
            .after(60)
        })
        .await;
    for (check, expected) in [
        ("two is good", (2, 0)),
        ("two is created", (2, 0)),
        ("two is at", (2, 0)),
        ("two is quick", (0, 2)),
        ("json $.path == \"/base/three\"", (2, 0)),
        ("still three", (2, 0)),
    ] {
        assert_eq!(run.check(check), expected, "{check}");
    }
    assert_eq!(
        (run.ends(), run.failed(), run.seen.total.failures().count()),
        ((2, 0, 0), 0, 0),
        "it only counts"
    );
    run.adds_up("/one");
}

#[tokio::test(start_paused = true)]
async fn without_a_response_no_check_holds() {
    for (request, held) in [
        ("{ get: /a }", true),
        ("{ get: /broken, on_failure: continue }", false),
        // Not sent at all, after one that was.
        ("{ get: '/${unset}', on_failure: continue }", false),
        // Only the iteration before this one had a response.
        ("{ if: '${iteration == 0}', then: [ { get: /a } ] }", false),
    ] {
        let yaml = format!(
            "
load: {{ users: 1, duration: 2s }}
think_time: 1s
flow:
  - {{ group: g, steps: [ {{ get: /first, extract: {{ unset: json $.unset }}, on_failure: continue }} ] }}
  - {request}
  - check: {{ is good: status == 200, has words: body contains words }}
"
        );
        // The first request's own response does not count: it fails at the second iteration.
        let run = Sim::of(&yaml)
            .run(|sent| match (sent.path(), sent.iteration) {
                ("/base/broken", _) | ("/base/first", 1) => Reply::fails(ErrorKind::Reset),
                _ => Reply::text(200, "words {"),
            })
            .await;
        let passes = if held { 2 } else { u64::from(request.contains("iteration")) };
        assert_eq!(run.check("is good"), (passes, 2 - passes), "{request}");
        assert_eq!(run.check("has words"), (passes, 2 - passes), "{request}");
        run.adds_up("/first");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_of_an_iteration_is_none_of_the_next_one() {
    let yaml = "
load: { users: 1, duration: 3s }
think_time: 1s
flow:
  - { if: '${iteration != 1}', then: [ { get: /a } ] }
  - check: { is good: status == 200 }
";
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    assert_eq!((run.check("is good"), run.ends()), ((2, 1), (3, 0, 0)));
    run.requests_add_up();
}

#[tokio::test(start_paused = true)]
async fn bodies_are_kept_only_where_something_reads_them() {
    for (check, keeps) in [
        ("", false),
        ("  - check: status == 200\n", false),
        ("  - check: header x == y\n", false),
        ("  - check: body contains end\n", true),
        ("  - { if: '${vu}', then: [ { check: 'json $.a exists' } ] }\n", true),
    ] {
        let yaml = format!("load: {{ users: 1, duration: 1s }}\nthink_time: 1s\nflow:\n  - get: /a\n{check}");
        let body = format!(r#"{{"a": "{}end"}}"#, " ".repeat(5_000));
        let run = Sim::of(&yaml).run(move |_| Reply::text(200, &body)).await;
        let request = loadgen::plan::requests_of(&run.plan.workloads[0].tasks[0].steps)[0];
        assert_eq!((request.reads_body, request.keeps_response), (keeps, !check.is_empty()), "{check}");
        if keeps {
            assert_eq!(run.seen.total.checks().map(|(_, tally)| tally.passes).sum::<u64>(), 1, "{check}");
        }
    }
}

/// What the log said, by second.
fn lines_by_second(run: &Run) -> BTreeMap<u64, Vec<&str>> {
    let mut lines: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for (at, line) in &run.lines {
        // What is left out is told when the second is over.
        let second = if line.starts_with('…') { at.as_secs() - 1 } else { at.as_secs() };
        lines.entry(second).or_default().push(line);
    }
    lines
}

#[tokio::test(start_paused = true)]
async fn the_log_says_what_was_rendered_and_not_too_much_of_it() {
    let yaml = "
load: { users: 1, duration: 4s }
flow:
  - get: /first
  - repeat: '${[3, 20, 21, 500][iteration]}'
    steps: [ { log: 'round ${loop.index} of user ${vu}: ${[1, {\"a\": true}]}' } ]
  - think: 1s
";
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    let lines = lines_by_second(&run);
    assert_eq!(lines[&0][2], r#"round 2 of user 1: [1,{"a":true}]"#);
    let counts: Vec<usize> = lines.values().map(Vec::len).collect();
    assert_eq!(counts, [3, 20, 21, 21]);
    assert_eq!(
        (lines[&2][20], lines[&3][20]),
        ("… and 1 more lines in this second", "… and 480 more lines in this second")
    );
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn each_worker_has_lines_of_its_own() {
    let yaml = "
load: { users: 4, duration: 1s }
flow: [ { get: /first }, { repeat: 15, steps: [ { log: 'user ${vu}' } ] }, { think: 1h } ]
";
    for (workers, said) in [(1, 20), (2, 40), (4, 60)] {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200)).await;
        let lines = run.lines.iter().filter(|(_, line)| line.starts_with("user")).count();
        assert_eq!(lines, said, "{workers} workers");
    }
}
