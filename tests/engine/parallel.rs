//! Steps side by side, and steps timed as one.

use super::{
    fake::{End, Reply},
    run::{Run, Sim, ms, secs},
};
use loadgen::model::ErrorKind;
use std::collections::BTreeSet;

fn run_of(flow: &str) -> Sim {
    Sim::of(&format!("load: {{ users: 1, duration: 1s }}\nthink_time: 1s\nflow:\n{flow}"))
}

/// A delay out of the path: `/d/300` answers after 300 ms.
fn delay(sent: &super::fake::Sent) -> u64 {
    sent.path().rsplit('/').next().and_then(|last| last.parse().ok()).unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn steps_run_side_by_side_and_all_are_waited_for() {
    let flow = "
  - get: /first
  - parallel:
      - get: /d/300
      - get: /d/100
      - { think: 250ms }
      - { repeat: 2, steps: [ { get: /d/120 } ] }
  - get: /end
";
    let run = run_of(flow).run(|sent| Reply::status(200).after(delay(sent))).await;
    assert_eq!(
        (run.times("/d/300"), run.times("/d/100"), run.times("/d/120")),
        (vec![0], vec![0], vec![0, 120])
    );
    assert_eq!((run.times("/end"), run.ends()), (vec![300], (1, 0, 0)));
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn no_more_run_at_once_than_allowed() {
    let flow = "
  - get: /first
  - parallel: [ { get: /d/100 }, { get: /d/200 }, { get: /d/50 }, { get: /d/70 }, { get: /d/10 } ]
    max_concurrency: 2
  - get: /end
";
    let run = run_of(flow).run(|sent| Reply::status(200).after(delay(sent))).await;
    let starts = ["/d/100", "/d/200", "/d/50", "/d/70", "/d/10"].map(|path| run.times(path)[0]);
    assert_eq!(starts, [0, 0, 100, 150, 200]);
    assert_eq!(run.times("/end"), [220]);
    let connections: BTreeSet<usize> = run.sent.iter().map(|sent| sent.connection).collect();
    assert_eq!(connections.len(), 2);
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn concurrent_requests_have_connections_of_their_own_that_are_used_again() {
    let yaml = "
load: { users: 2, duration: 5s }
think_time: 900ms
flow:
  - get: /first
  - parallel: [ { get: /d/100 }, { get: /d/100 }, { get: /d/100 } ]
  - get: /end
";
    let run = Sim::of(yaml).run(|sent| Reply::status(200).after(delay(sent))).await;
    assert_eq!(run.ends(), (10, 0, 0));
    for vu in 1..=2 {
        for at in 0..5 {
            let during = run.of_user(vu).filter(|sent| sent.iteration == at && sent.path() == "/base/d/100");
            let connections: BTreeSet<usize> = during.map(|sent| sent.connection).collect();
            assert_eq!(connections.len(), 3, "user {vu}, iteration {at}");
        }
        let all: BTreeSet<usize> = run.of_user(vu).map(|sent| sent.connection).collect();
        assert_eq!(all.len(), 3, "no more than were ever needed at once");
    }
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn loops_of_branches_do_not_mix() {
    let branch = |name: &str, pause: u64| {
        format!(
            "
          - for_each: '${{rows.{name}}}'
            as: item
            steps:
              - think: {pause}ms
              - repeat: 2
                steps: [ {{ think: {pause}ms }}, {{ post: /{name}, json: [ '${{item}}', '${{loop.index}}' ] }} ]
              - {{ post: /{name}, json: [ '${{item}}', '${{loop.index}}', outer ] }}"
        )
    };
    let flow = format!(
        "
  - set: {{ rows: {{ a: [a0, a1, a2], b: [b0, b1, b2] }} }}
  - get: /first
  - repeat: 2
    steps:
      - parallel:{}{}
      - {{ post: /round, json: '${{loop.index}}' }}
",
        branch("a", 30),
        branch("b", 47)
    );
    let run = run_of(&flow).run(|_| Reply::status(200)).await;
    for name in ["a", "b"] {
        let one = (0..3).flat_map(|item| {
            [
                format!(r#"["{name}{item}",0]"#),
                format!(r#"["{name}{item}",1]"#),
                format!(r#"["{name}{item}",{item},"outer"]"#),
            ]
        });
        let once: Vec<String> = one.collect();
        assert_eq!(run.bodies(&format!("/{name}")), [once.clone(), once].concat());
    }
    assert_eq!(run.bodies("/round"), ["0", "1"]);
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn what_branches_set_is_there_afterwards() {
    let flow = "
  - get: /first
  - parallel:
      - { get: /d/100, extract: { one: json $.n } }
      - { group: g, steps: [ { get: /d/50, extract: { two: json $.n } }, { set: { three: '${two + 1}' } } ] }
  - { post: /end, json: [ '${one}', '${two}', '${three}' ] }
";
    let run = run_of(flow)
        .run(|sent| Reply::text(200, &format!(r#"{{"n": {}}}"#, delay(sent))).after(delay(sent)))
        .await;
    assert_eq!(run.bodies("/end"), ["[100,50,51]"]);
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_fails_ends_the_iteration_when_all_have_ended() {
    for (step, ends, users_stop, run_stops) in [
        ("{ get: /fails }", (0, 1, 0), false, false),
        ("{ set: { x: '${unset}' } }", (0, 1, 0), false, false),
        ("{ stop: iteration }", (1, 0, 0), false, false),
        ("{ get: /fails, on_failure: stop_user }", (0, 1, 0), true, false),
        ("{ get: /fails, on_failure: stop_run }", (0, 1, 0), true, true),
        ("{ stop: run }", (1, 0, 0), true, true),
    ] {
        let yaml = format!(
            "
load: {{ users: 1, duration: 10s }}
pacing: 9s
on_stop: [ {{ get: /bye }} ]
flow:
  - {{ get: /first, extract: {{ unset: json $.unset }}, on_failure: continue }}
  - parallel: [ {step}, {{ get: /d/300 }}, {{ group: g, steps: [ {{ get: /d/100 }}, {{ get: /d/100 }} ] }} ]
    max_concurrency: 2
  - get: /end
"
        );
        let run = Sim::of(&yaml)
            .run(|sent| match sent.path() {
                "/base/fails" => Reply::fails(ErrorKind::Reset),
                _ => Reply::text(200, "{}").after(delay(sent)),
            })
            .await;
        assert_eq!(
            (run.times("/d/300").len(), run.times("/end").len()),
            (run.times("/first").len(), 0),
            "{step}"
        );
        let begun =
            run.sent.iter().filter(|sent| sent.iteration == 0 && sent.path() == "/base/d/100").count();
        assert_eq!(begun, 2, "{step}: the other branches go on");
        assert_eq!(run.stops.len(), usize::from(run_stops), "{step}");
        if users_stop {
            assert_eq!((run.ends(), run.times("/bye")), (ends, vec![300]), "{step}");
        } else {
            let (completed, failed, _) = ends;
            assert_eq!(run.ends(), (completed * 2, failed * 2, 0), "{step}");
        }
        run.adds_up("/first");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_within_nested_steps_is_an_interrupted_iteration_and_nothing_else() {
    let yaml = "
load: { users: 3, duration: 2s, graceful_stop: 1s }
flow:
  - get: /first
  - group: outer
    steps:
      - repeat: 2
        steps:
          - parallel:
              - { get: /never }
              - { group: inner, steps: [ { get: /d/100 }, { for_each: '${[1, 2]}', as: n, steps: [ { get: '/never/${n}' } ] } ] }
              - { while: '${true}', steps: [ { think: 300ms } ] }
              - { choose: [ { steps: [ { think: 1h } ] } ] }
";
    let run = Sim::of(yaml)
        .run(|sent| {
            if sent.path().contains("never") { Reply::never() } else { Reply::status(200).after(delay(sent)) }
        })
        .await;
    assert_eq!((run.ends(), run.took, run.cut()), ((0, 0, 3), secs(3), 6));
    assert_eq!((run.requests(), run.failed(), run.seen.total.failures().count()), (6, 0, 0));
    assert!(
        run.sent
            .iter()
            .filter(|sent| sent.path().contains("never"))
            .all(|sent| { sent.end == Some((End::GivenUp, secs(3))) })
    );
    assert_eq!((run.group("outer").count(), run.group("outer::inner").count()), (0, 0));
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn a_group_takes_as_long_as_what_is_in_it() {
    let yaml = "
load: { users: 2, duration: 4s }
think_time: 1s
flow:
  - get: /first
  - group: buy
    steps:
      - get: /d/100
      - group: pay
        steps: [ { think: 200ms }, { get: /d/50 } ]
      - group: pay
        steps: [ { get: /d/30 } ]
  - get: /d/7
";
    let run = Sim::of(yaml).run(|sent| Reply::status(200).after(delay(sent))).await;
    assert_eq!(run.ends(), (6, 0, 0));
    let buy = run.group("buy");
    assert_eq!((buy.count(), buy.min(), buy.max()), (6, Some(ms(380)), Some(ms(380))));
    let pay = run.group("buy::pay");
    assert_eq!((pay.count(), pay.min(), pay.max()), (12, Some(ms(30)), Some(ms(250))));
    assert_eq!(groups(&run), ["", "buy", "buy::pay", "buy::pay", ""]);
    run.adds_up("/first");
}

/// The `group` tag of each request, in the file's order.
fn groups(run: &Run) -> Vec<String> {
    run.plan.catalog.requests.iter().map(|request| request.group.clone().unwrap_or_default()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_group_that_did_not_reach_its_end_has_no_duration() {
    for (step, reached) in [
        ("{ get: /d/1 }", true),
        ("{ get: /broken, on_failure: continue }", true),
        ("{ get: /broken }", false),
        ("{ get: /d/1, expect: status == 201, on_failure: stop_iteration }", false),
        ("{ stop: iteration }", false),
        ("{ set: { x: '${1 / vu.y}' } }", false),
    ] {
        let flow = format!("  - get: /first\n  - {{ group: g, steps: [ {step} ] }}\n");
        let run = run_of(&flow)
            .run(|sent| match sent.path() {
                "/base/broken" => Reply::fails(ErrorKind::Reset),
                _ => Reply::status(200),
            })
            .await;
        assert_eq!(run.group("g").count(), u64::from(reached), "{step}");
        run.adds_up("/first");
    }
}
