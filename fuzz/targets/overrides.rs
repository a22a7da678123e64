//! What a command line may change, over one fixed file: a flag on each line, as `set load.users=5`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::scenario::Options;
use loadgen_fuzz::{add_flag, evaluate, inputs, plan_of};

const FILES: [&str; 2] = [
    r#"
name: one workload
target: http://127.0.0.1:8080
load: { stages: [ { duration: 1m, users: 10 }, { duration: 10s, users: 0 } ], graceful_stop: 5s }
variables: { name: Ann, list: [1, { a: b }] }
tasks:
  - { name: first, get: "/${name}", weight: 2 }
  - { name: second, steps: [ { post: /, json: { id: "${name}" }, expect: [ status == 201 ] }, { think: 1s } ] }
thresholds: { http_req_duration: [ p95 < 500ms ] }
environments:
  staging: { target: "http://127.0.0.1:9090", load: { users: 2, duration: 5s } }
  other: { variables: { name: Bob } }
"#,
    r#"
target: http://127.0.0.1:8080
workloads:
  browse: { load: { users: 3, duration: 10s }, flow: [ { get: / } ] }
  buy: { load: { users: 1, duration: 5s }, start_after: 2s, tasks: [ { get: /buy } ] }
"#,
];

fuzz_target!(|flags: &str| {
    let mut options = Options::default();
    for line in flags.lines() {
        add_flag(line, &mut options);
    }
    for file in FILES {
        if let Some((_, plan)) = plan_of(file.trim_start(), &options, &inputs([])) {
            evaluate(&plan, b"{}");
        }
    }
});
