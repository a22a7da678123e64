//! Any two texts as the sides of a threshold, the left one on the first line. What is read is printed and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::{model::Threshold, scenario::Options};
use loadgen_fuzz::{inputs, plan_of, quoted};

const HEAD: &str = r#"
target: http://127.0.0.1:8080
load: { stages: [ { duration: 10s, users: 3, name: up }, { duration: 10s, users: 0 } ] }
tags: { team: web }
tasks:
  - name: get profile
    tags: { area: a }
    steps:
      - get: /profile
        check: { is ok: status == 200 }
      - group: checkout
        steps: [ { post: /checkout, name: pay } ]
thresholds:
  "#;

fn thresholds_of(left: &str, right: &str) -> Option<Vec<Threshold>> {
    let source = format!("{}{}: {}\n", HEAD.trim_start(), quoted(left), quoted(right));
    plan_of(&source, &Options::default(), &inputs([])).map(|(_, plan)| plan.thresholds)
}

fuzz_target!(|input: &str| {
    let (left, right) = input.split_once('\n').unwrap_or((input, "p95 < 1s"));
    for threshold in thresholds_of(left, right).unwrap_or_default() {
        let (subject, condition) = (threshold.subject(), threshold.condition.to_string());
        let again = thresholds_of(&subject, &condition);
        let again = again.unwrap_or_else(|| panic!("`{subject}: {condition}` does not read back"));
        let printed: Vec<_> = again.iter().map(|it| (it.subject(), it.condition.to_string())).collect();
        assert_eq!(printed, [(subject, condition)]);
    }
});
