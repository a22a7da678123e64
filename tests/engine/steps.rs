//! Steps one after the other: variables, branches and loops.

use super::{
    fake::Reply,
    run::{Run, Sim, ms},
};
use loadgen::model::{FailureKind, FailureSite};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// One user's iterations of a flow, a second each.
fn once(flow: &str) -> Sim {
    Sim::of(&format!("load: {{ users: 1, duration: 1s }}\nthink_time: 1s\nflow:\n{flow}"))
}

/// The JSON bodies sent to a path.
fn sent(run: &Run, path: &str) -> Vec<Json> {
    run.bodies(path).iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn variables_keep_their_types_and_later_steps_see_them() {
    let flow = r#"
  - set: { price: 2.5, count: 3, name: "n${vu}", yes: true, none: null, text: "3" }
  - set: { total: "${price * count}", same: "${count}", list: ["${count}", "a${count}", [ "${yes}" ]],
           map: { in: { deep: "${none}" }, text: "${text}" } }
  - set: { count: "${count + 1}" }
  - post: /a
    json: { total: "${total}", same: "${same}", list: "${list}", map: "${map}", count: "${count}",
            name: "${name}", sum: "is ${total}", item: "${list[2][0]}", deep: "${map.in.deep}" }
"#;
    let run = once(flow).run(|_| Reply::status(200)).await;
    let expected = json!({
        "total": 7.5, "same": 3, "list": [3, "a3", [true]], "map": { "in": { "deep": null }, "text": "3" },
        "count": 4, "name": "n1", "sum": "is 7.5", "item": true, "deep": null,
    });
    assert_eq!(sent(&run, "/a"), [expected]);
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn what_a_step_sets_stays_with_the_user() {
    let yaml = r#"
load: { users: 2, duration: 3s }
think_time: 1s
on_start: [ { set: { count: "${vu * 10}" } } ]
flow:
  - set: { count: "${count + 1}" }
  - post: /a
    json: { count: "${count}" }
"#;
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    let of = |vu| run.of_user(vu).map(|sent| sent.body.clone()).collect::<Vec<_>>();
    assert_eq!(of(1), [r#"{"count":11}"#, r#"{"count":12}"#, r#"{"count":13}"#]);
    assert_eq!(of(2), [r#"{"count":21}"#, r#"{"count":22}"#, r#"{"count":23}"#]);
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn everything_but_false_null_zero_and_what_is_empty_is_true() {
    for (value, holds) in [
        ("true", true),
        ("false", false),
        ("null", false),
        ("0", false),
        ("0.0", false),
        ("-1", true),
        ("0.1", true),
        ("''", false),
        ("' '", true),
        ("'false'", true),
        ("'0'", true),
        ("[]", false),
        ("[0]", true),
        ("{}", false),
        ("{ a: null }", true),
    ] {
        let flow = format!(
            "
  - set: {{ value: {value} }}
  - if: ${{value}}
    then: [ {{ get: /yes }} ]
    else: [ {{ get: /no }} ]
  - {{ if: '${{not value}}', then: [ {{ get: /not }} ] }}
"
        );
        let run = once(&flow).run(|_| Reply::status(200)).await;
        let paths: Vec<&str> = run.sent.iter().map(|sent| sent.path()).collect();
        let expected: &[&str] = if holds { &["/base/yes"] } else { &["/base/no", "/base/not"] };
        assert_eq!(paths, expected, "{value}");
        assert_eq!(run.ends(), (1, 0, 0));
        run.requests_add_up();
    }
}

/// Steps that cannot be evaluated since `token` was not extracted, on line 9 of the file.
#[tokio::test(start_paused = true)]
async fn a_step_that_cannot_be_evaluated_fails_its_iteration_and_names_its_line() {
    for step in [
        "{ if: '${token}', then: [ { get: /after } ] }",
        "{ if: '${token.id == 1}', then: [ { get: /after } ] }",
        "{ set: { other: 'x${token}' } }",
        "{ log: 'it is ${token}' }",
        "{ repeat: '${token}', steps: [ { get: /after } ] }",
        "{ while: '${token}', steps: [ { get: /after } ] }",
        "{ for_each: '${token}', as: item, steps: [ { get: /after } ] }",
        "{ stop: user, if: '${token}' }",
        "{ group: g, steps: [ { set: { other: '${token}' } } ] }",
        "{ parallel: [ { set: { other: '${token}' } } ] }",
        "{ choose: [ { steps: [ { set: { other: '${token}' } } ] } ] }",
    ] {
        let yaml = format!(
            "load: {{ users: 1, duration: 2s }}\nthink_time: 1s\n\ntasks:\n  - name: shop\n    steps:\n      \
             - {{ get: /a, extract: {{ token: json $.token }}, on_failure: continue }}\n      - {step}\n      \
             - {{ get: /after }}\n"
        );
        let run = Sim::of(&yaml).run(|_| Reply::text(200, "{}")).await;
        assert_eq!((run.ends(), run.times("/after").len()), ((0, 2, 0), 0), "{step}");
        let failures = run.step_failures();
        let [(task, sample, 2)] = failures.as_slice() else { panic!("{step}: {failures:?}") };
        let names = sample.starts_with("line 10: ") && sample.contains("token");
        assert!(task == "shop" && names, "{step}: {sample}");
        let kinds =
            run.seen.total.failures().filter(|(site, kind, _)| {
                matches!(site, FailureSite::Task(_)) && *kind == FailureKind::Template
            });
        assert_eq!(kinds.count(), 1, "{step}");
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeat_runs_as_often_as_it_says() {
    for (times, expected) in [
        ("3", vec![0, 1, 2]),
        ("0", vec![]),
        ("0..0", vec![]),
        ("2..2", vec![0, 1]),
        ("'${2 + 1}'", vec![0, 1, 2]),
        ("'${count}'", vec![0, 1]),
        ("'${count * 1.0}'", vec![0, 1]),
        ("'${text}'", vec![0, 1, 2, 3]),
    ] {
        let flow = format!(
            "
  - set: {{ count: 2, text: ' 4 ' }}
  - get: /first
  - repeat: {times}
    steps: [ {{ post: /a, json: '${{loop.index}}' }} ]
  - get: /end
"
        );
        let run = once(&flow).run(|_| Reply::status(200)).await;
        assert_eq!(sent(&run, "/a"), expected, "{times}");
        assert_eq!((run.ends(), run.times("/end").len()), ((1, 0, 0), 1), "{times}");
        run.adds_up("/first");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_number_of_rounds_fails_the_iteration() {
    for count in ["-1", "1.5", "1000001", "[1]", "yes it is", "1e30", "null", "true", "''"] {
        let flow = format!(
            "
  - set: {{ count: {count} }}
  - get: /first
  - {{ repeat: '${{count}}', steps: [ {{ get: /a }} ] }}
"
        );
        let run = once(&flow).run(|_| Reply::status(200)).await;
        assert_eq!((run.ends(), run.times("/a").len()), ((0, 1, 0), 0), "{count}");
        let failures = run.step_failures();
        assert!(failures[0].1.contains("whole number from 0 to 1000000"), "{count}: {failures:?}");
        run.adds_up("/first");
    }
}

#[tokio::test(start_paused = true)]
async fn a_range_of_rounds_includes_both_ends_and_is_uniform() {
    let yaml = "
load: { users: 10, duration: 300s }
think_time: 1s
flow: [ { get: /first }, { repeat: 1..5, steps: [ { get: /a } ] } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    let mut rounds: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    for sent in run.to("/a") {
        *rounds.entry((sent.vu, sent.iteration)).or_default() += 1;
    }
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    rounds.values().for_each(|rounds| *counts.entry(*rounds).or_default() += 1);
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    for (rounds, count) in counts {
        // 3000 iterations, a fifth each; five standard deviations are 110.
        assert!((490..=710).contains(&count), "{rounds} rounds: {count}");
    }
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn a_list_is_gone_through_item_by_item_and_nested_loops_do_not_mix() {
    let flow = "
  - get: /list
    extract: { rows: json $.rows }
  - for_each: ${rows}
    as: item
    steps:
      - post: /outer
        json: [ '${item.id}', '${loop.index}' ]
      - for_each: ${item.of}
        as: item
        steps:
          - { post: /inner, json: [ '${item}', '${loop.index}' ] }
          - { repeat: 2, steps: [ { post: /round, json: [ '${item}', '${loop.index}' ] } ] }
      - post: /again
        json: [ '${item.id}', '${loop.index}' ]
";
    let list = json!({ "rows": [ { "id": 7, "of": ["a", "b"] }, { "id": 8, "of": [] }, { "id": 9, "of": [null] } ] });
    let run = once(flow).run(move |_| Reply::json(&list)).await;
    let outer = [json!([7, 0]), json!([8, 1]), json!([9, 2])];
    assert_eq!(sent(&run, "/outer"), outer);
    assert_eq!(sent(&run, "/again"), outer, "as before the inner loops");
    assert_eq!(sent(&run, "/inner"), [json!(["a", 0]), json!(["b", 1]), json!([null, 0])]);
    let rounds: Vec<Json> = ["a", "b"].iter().flat_map(|item| [json!([item, 0]), json!([item, 1])]).collect();
    assert_eq!(sent(&run, "/round")[..4], rounds);
    run.adds_up("/list");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_list_fails_the_iteration() {
    for (value, kind) in [
        ("1", "a number"),
        ("text", "a text"),
        ("null", "null"),
        ("true", "true or false"),
        ("{ a: 1 }", "a map"),
    ] {
        let flow = format!(
            "
  - get: /first
  - set: {{ rows: {value} }}
  - {{ for_each: '${{rows}}', as: row, steps: [ {{ get: '/a/${{row}}' }} ] }}
"
        );
        let run = once(&flow).run(|_| Reply::status(200)).await;
        let failures = run.step_failures();
        assert!(failures[0].1.ends_with(&format!("needs a list, this is {kind}")), "{failures:?}");
        assert_eq!(run.ends(), (0, 1, 0));
        run.adds_up("/first");
    }
}

#[tokio::test(start_paused = true)]
async fn a_while_goes_on_as_long_as_its_condition_holds_and_not_for_ever() {
    for (step, rounds) in [
        ("while: ${loop.index < 3}", 3),
        ("while: ${false}", 0),
        ("while: ${state == 'pending'}", 5),
        ("while: ${true}", 100),
        ("while: ${true}\n    max: 7", 7),
    ] {
        let flow = format!(
            "
  - get: /first
  - set: {{ state: pending }}
  - {step}
    steps: [ {{ post: /a, json: '${{loop.index}}', extract: {{ state: json $.state }} }} ]
  - post: /end
    json: '${{state}}'
"
        );
        let run = once(&flow)
            .run(|sent| Reply::json(&json!({ "state": if sent.nth < 4 { "pending" } else { "done" } })))
            .await;
        assert_eq!(sent(&run, "/a"), (0..rounds).collect::<Vec<_>>(), "{step}");
        assert_eq!((run.ends(), run.times("/end").len()), ((1, 0, 0), 1), "{step}");
        run.adds_up("/first");
    }
}

const CHOICES: &str = "
load: { users: 6, duration: 150s }
think_time: 500ms
flow:
  - get: /first
  - choose:
      - { weight: 3, steps: [ { get: /three } ] }
      - { weight: 1.5, steps: [ { get: /more }, { get: /half } ] }
      - { steps: [ { choose: [ { steps: [ { get: /left } ] }, { steps: [ { get: /right } ] } ] } ] }
";

#[tokio::test(start_paused = true)]
async fn branches_are_chosen_in_proportion_to_their_weights() {
    let run = Sim::of(CHOICES).run(|_| Reply::status(200)).await;
    let n = run.to("/first").count() as f64;
    for (path, share) in [
        ("/three", 3.0 / 5.5),
        ("/more", 1.5 / 5.5),
        ("/half", 1.5 / 5.5),
        ("/left", 0.5 / 5.5),
        ("/right", 0.5 / 5.5),
    ] {
        let (count, bound) = (run.to(path).count() as f64, 5.0 * (n * share * (1.0 - share)).sqrt());
        assert!((count - n * share).abs() < bound, "{path}: {count} of {n}");
    }
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn choices_follow_from_the_seed_alone() {
    let paths = |run: &Run, vu| run.of_user(vu).map(|sent| sent.path().to_owned()).collect::<Vec<_>>();
    let one = Sim::seeded(CHOICES, 5).run(|_| Reply::status(200)).await;
    for (seed, workers) in [(5, 1), (5, 3), (6, 1)] {
        let run = Sim::seeded(CHOICES, seed).workers(workers).run(|_| Reply::status(200)).await;
        for vu in 1..=6 {
            let same = paths(&run, vu) == paths(&one, vu);
            assert_eq!(same, seed == 5, "user {vu} of seed {seed} on {workers} workers");
        }
        run.adds_up("/first");
    }
}

/// Time does not pass here while anybody computes: what waits for nothing is ordered by who gives way.
#[tokio::test(start_paused = true)]
async fn a_loop_that_waits_for_nothing_starves_nobody() {
    for rounds in [
        "repeat: 50000\n            steps: [ { set: { n: '${loop.index}' } } ]",
        "while: '${true}'\n            max: 50000\n            steps: [ { set: { n: '${loop.index}' } } ]",
        "repeat: 60\n            steps: [ { repeat: 60, steps: [ { repeat: 60, steps: [ { set: { n: 1 } } ] } ] } ]",
    ] {
        let yaml = format!(
            "
workloads:
  busy:
    load: {{ users: 1, duration: 2s }}
    flow:
      - get: /busy
      - group: counting
        steps:
          - {rounds}
      - get: /counted
      - think: 1h
  quick:
    load: {{ users: 5, duration: 2s }}
    flow: [ {{ get: /quick }}, {{ repeat: 20, steps: [ {{ get: /more }} ] }}, {{ think: 1h }} ]
"
        );
        let run = Sim::of(&yaml).stop_at(ms(500)).run(|_| Reply::status(200)).await;
        let place = |path: &str| run.sent.iter().rposition(|sent| sent.path() == path);
        assert!(place("/base/more") < place("/base/counted"), "{rounds}");
        assert_eq!((run.to("/more").count(), run.ends()), (100, (0, 0, 6)), "{rounds}");
    }
}

/// An iteration without anything to wait for is followed by another one at the same moment, for ever.
#[tokio::test(start_paused = true)]
async fn iterations_that_wait_for_nothing_starve_nobody() {
    let yaml = "
workloads:
  busy:
    load: { users: 1, duration: 2s, graceful_stop: 0s }
    on_stop: [ { get: /gone } ]
    flow: [ { set: { n: 1 } }, { stop: user, if: '${iteration == 20000}' } ]
  quick:
    load: { users: 5, duration: 2s }
    flow: [ { get: /quick }, { repeat: 20, steps: [ { get: /more } ] }, { think: 1s } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    let place = |path: &str| run.sent.iter().position(|sent| sent.path() == path);
    let thousandth = run.sent.iter().filter(|sent| sent.path() == "/base/more").nth(99).map(|sent| sent.at);
    assert_eq!(thousandth, Some(ms(0)));
    assert!(place("/base/more") < place("/base/gone"));
    assert_eq!(run.to("/gone").count(), 1);
}
