//! What holds of every file and every flag, however wrong: each fault has a place in the text that it names, and
//! nothing that is written panics.

use super::plan_of;
use loadgen::{
    plan::Inputs,
    scenario::{Diagnostic, Options, Override, OverrideKind, render},
};
use proptest::prelude::*;

/// A scenario with every section in it.
const WHOLE: &str = r#"name: é shop
target: http://127.0.0.1:8080
tags: { area: shop }
variables: { size: 5, list: [ 1, 2 ] }
secrets: { token: { env: TOKEN } }
data: { users: { rows: [ { email: a@b.c } ], pick: unique } }
http: { timeout: 5s, headers: { x-a: "${size}" } }
setup: [ { post: /seed, extract: { seed: json $.id } } ]
workloads:
  browse:
    load: { stages: [ { duration: 1m, users: 10 } ], start_users: 1 }
    think_time: 1s..3s
    on_start: [ { post: /login, auth: { basic: { user: u, password: p } } } ]
    tasks:
      - { name: a, weight: 3, get: "/a/${vu}", expect: status == 2xx }
      - name: b
        steps:
          - if: ${vu > 1}
            then: [ { set: { x: 1 } } ]
            else: [ { set: { x: 2 } } ]
          - for_each: ${list}
            as: item
            steps: [ { get: "/${item}/${loop.index}/${x}" } ]
          - repeat: 1..3
            steps: [ { log: "é ${users.email}" } ]
          - choose: [ { weight: 1, steps: [ { think: 1s } ] } ]
          - group: cart
            steps:
              - post: /cart
                json: { n: 1.5, ok: true }
                check: { fast: "duration < 200ms" }
              - check: json $.a[0] == "x"
          - stop: iteration
            if: ${vu > 5}
  buy:
    load: { rate: 5/s, duration: 1m }
    flow: [ { get: / } ]
thresholds:
  http_req_duration{task:a}: [ p95 < 1s, avg < 1s ]
  http_req_failed: { expect: rate < 1% }
"#;

/// Whether each fault stands in one of the texts, at the line and column that it says.
fn places_are_sound(source: &str, options: &Options, faults: &[Diagnostic]) -> Result<(), TestCaseError> {
    let sources = options.sources("file.yaml", source);
    for fault in faults {
        let (text, range) = sources.of(fault);
        prop_assert!(!fault.message.is_empty());
        prop_assert!(range.start <= range.end && range.end <= text.text.len(), "{fault:?}");
        prop_assert!(text.text.is_char_boundary(range.start), "{fault:?}");
        let before = &text.text[..range.start];
        prop_assert_eq!(fault.span.line, before.matches('\n').count() + 1, "{:?}", fault);
        let line = before.rsplit('\n').next().unwrap_or_default();
        prop_assert_eq!(fault.span.column, line.chars().count() + 1, "{:?} in {}", fault, source);
    }
    render(&sources, faults);
    Ok(())
}

fn check(source: &str, options: &Options) -> Result<(), TestCaseError> {
    match plan_of(source, options, &Inputs::default()) {
        Ok(_) => Ok(()),
        Err(faults) => {
            prop_assert!(!faults.is_empty());
            places_are_sound(source, options, &faults)
        }
    }
}

/// Where a change of the text goes, as a share of its length.
fn place(text: &str, share: f64) -> usize {
    boundary(text, (text.len() as f64 * share) as usize)
}

fn boundary(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn pieces() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "{", "}", "[", "]", "\"", "'", ": ", ":", "- ", "${", "}", "${x}", "#", "&a ", "*a", "!t ", "|",
            ">", "\t", "\n", "\n  ", "é", "0", "null", "~", "<<: ", "\u{2028}", "\r", "\r\n", ",", "no",
            "012", "get: /", "steps:", "%",
        ])
        .prop_map(str::to_owned),
        "\\PC{1,6}",
    ]
}

proptest! {
    #[test]
    fn every_fault_of_a_mutilated_file_has_its_place(
        changes in prop::collection::vec((0.0..1.0f64, 0usize..20, pieces()), 1..4),
    ) {
        let mut source = WHOLE.to_owned();
        for (share, length, piece) in changes {
            let start = place(&source, share);
            let end = boundary(&source, start + length);
            source.replace_range(start..end, &piece);
        }
        check(&source, &Options::default())?;
    }

    #[test]
    fn every_fault_of_lines_in_another_order_has_its_place(
        order in Just((0..WHOLE.lines().count()).collect::<Vec<_>>()).prop_shuffle(),
        kept in 1usize..45,
    ) {
        let lines: Vec<&str> = WHOLE.lines().collect();
        let source: String = order.into_iter().take(kept).map(|at| format!("{}\n", lines[at])).collect();
        check(&source, &Options::default())?;
    }

    #[test]
    fn every_fault_of_an_override_has_its_place(
        paths in prop::collection::vec(
            prop::sample::select(vec![
                "name", "target", "tags.area", "variables.x", "workloads.browse.load", "workloads.browse.load.users",
                "workloads.browse.tasks.0.get", "workloads.browse.tasks.9.get", "workloads.browse.tasks.1.steps.0.if",
                "thresholds.http_reqs", "nothing.of.the.sort", "data.users.rows.0.email", "http", "é",
            ]),
            1..4,
        ),
        values in prop::collection::vec(prop_oneof![pieces(), "\\PC{0,12}"], 4),
        environment in prop::option::of("[a-z]{1,3}"),
        only in prop::option::of("[ab]"),
    ) {
        let overrides: Vec<Override> = paths
            .iter()
            .zip(&values)
            .filter_map(|(path, value)| Override::set(&format!("{path}={value}")).ok())
            .chain([Override::load("users", &values[3])])
            .collect();
        check(WHOLE, &Options { environment, overrides, only })?;
    }

    #[test]
    fn an_override_is_split_at_its_first_equals_sign(
        path in prop::collection::vec("[a-zé][a-z0-9_-]{0,6}", 1..4),
        value in "\\PC{0,20}",
    ) {
        let written = format!("{}={value}", path.join("."));
        let read = Override::set(&written).map_err(TestCaseError::fail)?;
        prop_assert_eq!((&read.path, &read.value, read.kind), (&path, &value, OverrideKind::Set));
        prop_assert_eq!(read.flag, format!("--set {}", path.join(".")));
    }

    #[test]
    fn a_tag_is_the_text_it_was_written_as(name in "[a-z]{1,6}", value in "[ -~é]{0,20}") {
        prop_assume!(!value.contains("${") && !["task", "name", "stage", "error", "group", "check", "proto", "status"].contains(&name.as_str()));
        let tag = Override::tag(&format!("{name}={value}")).map_err(TestCaseError::fail)?;
        let options = Options { overrides: vec![tag], ..Options::default() };
        let source = "target: http://127.0.0.1\nload: { users: 1, duration: 1s }\nflow: [ { get: / } ]\n";
        let scenario = loadgen::scenario::parse(source, &options).map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
        prop_assert_eq!(scenario.tags, vec![(name, value)]);
    }

    #[test]
    fn no_flag_panics(text in "\\PC{0,24}") {
        let overrides: Vec<Override> =
            [Override::set(&text), Override::tag(&text)].into_iter().flatten().chain([Override::load("users", &text)]).collect();
        check(WHOLE, &Options { overrides, environment: Some(text.clone()), only: Some(text) })?;
    }

    #[test]
    fn a_load_reads_back_as_it_was_written(
        stages in prop::collection::vec((0u64..10_000, 0u64..1_000), 1..6),
        rates in any::<bool>(),
        start in 0u64..100,
    ) {
        prop_assume!(stages.iter().any(|(duration, _)| *duration > 0) && stages.iter().any(|(_, level)| *level > 0));
        let (key, unit) = if rates { ("rate", "/s") } else { ("users", "") };
        let list: Vec<String> =
            stages.iter().map(|(duration, level)| format!("{{ duration: {duration}ms, {key}: {level}{unit} }}")).collect();
        let source = format!(
            "target: demo\nload: {{ start_{key}: {start}{unit}, stages: [ {} ] }}\nflow: [ {{ get: / }} ]\n",
            list.join(", ")
        );
        let scenario = loadgen::scenario::parse(&source, &Options::default())
            .map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?;
        let read: (u64, Vec<(u64, u64)>) = match &scenario.workloads[0].load.shape {
            loadgen::scenario::LoadShape::RampingUsers { start_users, stages } => {
                (*start_users, stages.iter().map(|stage| (stage.duration.as_millis() as u64, stage.level)).collect())
            }
            loadgen::scenario::LoadShape::RampingRate { start_rate, stages, .. } => (
                start_rate.per_second as u64,
                stages.iter().map(|stage| (stage.duration.as_millis() as u64, stage.level.per_second as u64)).collect(),
            ),
            shape => return Err(TestCaseError::fail(format!("{shape:?}"))),
        };
        prop_assert_eq!(read, (start, stages));
    }
}

#[test]
fn of_the_thresholds_only_those_stay_that_the_chosen_task_can_meet() {
    let source = "\
target: http://127.0.0.1:8080
load: { users: 1, duration: 1s }
tasks:
  - { name: login, post: /login }
  - { name: list, get: /items }
thresholds:
  http_req_duration: p95 < 1s
  http_req_duration{task:login}: p95 < 1s
  http_req_duration{task:list}: p95 < 1s
";
    let options = Options { only: Some("list".to_owned()), ..Options::default() };
    let plan = plan_of(source, &options, &Inputs::default()).unwrap();
    let subjects = |thresholds: &[loadgen::model::Threshold]| -> Vec<String> {
        thresholds.iter().map(loadgen::model::Threshold::subject).collect()
    };
    assert_eq!(subjects(&plan.thresholds), ["http_req_duration", "http_req_duration{task:list}"]);
    assert_eq!(subjects(&plan.left_out), ["http_req_duration{task:login}"]);
}
