//! A run that has every part of a summary.json, for whatever looks at the document as a whole: its schema, its histograms, the
//! recipes of the documentation.

use super::{
    harness::Sandbox,
    summary::Summary,
    target::{OK, Target, response},
};
use std::{fs, path::PathBuf};

/// Answers by path: what fails, fails in the same way each time.
pub fn target() -> Target {
    Target::start(|connection| {
        while let Some(request) = connection.request() {
            let sent = match request.path() {
                "/bad" => connection.send(&response(503, "{}")),
                "/lost" => return,
                _ => connection.send(OK),
            };
            if !sent {
                break;
            }
        }
    })
}

/// Six workloads, one of each way to arrive, and all that a scenario can have around them.
pub fn scenario(target: &Target) -> String {
    format!(
        r#"name: Everything
description: every part of the document
target: {}
tags: {{ team: web }}
http: {{ trace: true }}
warm_up: 1s
environments: {{ quick: {{}} }}
setup: [ {{ get: /before }} ]
teardown: [ {{ get: /after }} ]
workloads:
  constant:
    load: {{ rate: 40/s, duration: 3s, max_users: 20 }}
    tasks:
      - name: buy
        steps:
          - group: cart
            steps:
              - {{ get: /list, name: list, tags: {{ area: shop }}, check: {{ ok: status == 200, never: status == 201 }} }}
          - {{ get: /bad, name: bad }}
  rising:
    load: {{ stages: [ {{ name: up, duration: 2s, rate: 20/s }}, {{ name: down, duration: 1s, rate: 5/s }} ], max_users: 20 }}
    flow: [ {{ get: /rising, expect: status == 200 }} ]
  people:
    load: {{ users: 2, duration: 3s }}
    think_time: 20ms
    on_start: [ {{ get: /hello }} ]
    on_stop: [ {{ get: /bye }} ]
    flow: [ {{ get: /lost, name: lost }} ]
  ramp:
    load: {{ stages: [ {{ duration: 3s, users: 2 }} ] }}
    think_time: 20ms
    flow: [ {{ get: /ramp }} ]
  shared:
    start_after: 1100ms
    load: {{ users: 2, iterations: 9 }}
    flow: [ {{ get: /shared }} ]
  each:
    start_after: 1100ms
    load: {{ users: 2, iterations_per_user: 4 }}
    flow: [ {{ get: /each }} ]
thresholds:
  http_req_failed: rate < 1%
  http_req_duration: {{ expect: p95 < 1m, over: 1s, after: 1s, min_samples: 1 }}
  http_req_duration{{status:418}}: p95 < 1s
  http_req_failed{{name:list}}: rate < 1%
"#,
        target.url()
    )
}

/// Runs it, and another one, and joins them; where the results of the first run and of both are.
pub fn run(sandbox: &Sandbox, target: &Target) -> [PathBuf; 3] {
    sandbox.file("everything.yaml", scenario(target));
    let folder = |results: &str| {
        let mut within = fs::read_dir(sandbox.path().join(results)).unwrap();
        within.next().unwrap().unwrap().path()
    };
    for results in ["base", "new"] {
        let words = ["run", "everything.yaml", "--environment", "quick", "--results", results];
        sandbox.run(&words).assert_code(99);
    }
    let [base, new] = ["base", "new"].map(folder);
    let words = ["merge", base.to_str().unwrap(), new.to_str().unwrap(), "--results", "joined"];
    sandbox.run(&words).assert_code(99);
    [base, new, folder("joined")]
}

/// The summary in a folder of results, consistent in itself.
pub fn summary(folder: &std::path::Path) -> Summary {
    let summary = Summary::parse(&fs::read_to_string(folder.join("summary.json")).unwrap());
    summary.assert_consistent();
    summary
}
