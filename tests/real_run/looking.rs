//! `loadgen validate` and `loadgen plan`: they send nothing, and tell everything.

use super::{
    harness::Sandbox,
    target::{OK, Target, scenario},
};
use serde_json::Value as Json;
use std::{fs, path::Path, process::Stdio};

const BROKEN: &str = "target: http://127.0.0.1:1\nload: { users: 1, duration: 5 }\nflow: [ { gett: /a } ]\n";

fn good(target: &Target) -> String {
    scenario(
        &target.url(),
        3,
        400,
        "setup: [ { get: /setup, extract: { id: json $.id } } ]\nteardown: [ { get: '/${id}' } ]\n\
         data: { names: { file: names.csv } }\nthresholds: { http_req_failed: rate < 1% }\n",
    )
    .replace("- get: /\n", "- get: '/a/${names.n}'\n")
}

#[test]
fn a_plan_sends_nothing() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.file("names.csv", "n\na\nb\n");
    sandbox.file("good.yaml", good(&target));
    let text = sandbox.run(&["plan", "good.yaml"]);
    text.assert_code(0);
    text.assert_says(&["Short run", "3 users", "names.csv", "root", "http_req_failed: rate < 1%"]);
    let json = sandbox.run(&["plan", "good.yaml", "--json", "--users", "5", "--seed", "9"]);
    json.assert_code(0);
    let plan: Json = serde_json::from_str(&json.stdout).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/plan-v1.schema.json");
    let schema: Json = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::draft202012::options().build(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(&plan).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}\n{plan:#}");
    assert_eq!((&plan["peak_users"], &plan["seed"]), (&5.into(), &9.into()), "{plan:#}");
    assert_eq!((target.seen.connections(), text.stderr.as_str(), json.stderr.as_str()), (0, "", ""));
    assert!(text.has_no_results() && json.has_no_results());
}

#[test]
fn validate_tells_everything_of_every_file() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.file("names.csv", "n\na\nb\n");
    sandbox.file("good.yaml", good(&target));
    sandbox.file("broken.yaml", BROKEN);

    let run = sandbox.run(&["validate", "good.yaml"]);
    run.assert_code(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("good.yaml: valid\n", ""));

    let run = sandbox.run(&["validate", "good.yaml", "broken.yaml"]);
    run.assert_code(104);
    assert_eq!(run.stdout, "good.yaml: valid\n");
    for says in ["broken.yaml:2", "broken.yaml:3", "gett"] {
        assert!(run.stderr.contains(says), "{says}: {}", run.both());
    }

    let run = sandbox.run(&["validate", "missing.yaml", "good.yaml"]);
    run.assert_code(104);
    assert_eq!(run.stdout, "good.yaml: valid\n", "a file that is not there does not hide the others");

    let run = sandbox.run(&["validate", "--format", "json", "broken.yaml", "good.yaml"]);
    run.assert_code(104);
    let told: Json = serde_json::from_str(&run.stdout).unwrap();
    let text = told.to_string();
    assert!(text.contains("gett") && text.contains("\"error\""), "{told:#}");
    assert!(text.contains("good.yaml"), "{told:#}");

    let run = sandbox.run(&["validate", "--format", "github", "broken.yaml"]);
    run.assert_code(104);
    assert!(
        run.stdout.lines().any(|line| line.starts_with("::error file=broken.yaml,line=2")),
        "{}",
        run.both()
    );
    assert_eq!(target.seen.connections(), 0);
}

#[test]
fn validate_looks_at_every_environment() {
    let sandbox = Sandbox::new();
    let text = "target: http://127.0.0.1:1\nload: { users: 1, duration: 5s }\nflow: [ { get: /a } ]\nenvironments:\n  \
                fine: { load: { users: 2 } }\n  wrong: { load: { users: many } }\n";
    sandbox.file("test.yaml", text);
    let run = sandbox.run(&["validate", "test.yaml"]);
    run.assert_code(104);
    run.assert_says(&["test.yaml:6", "many"]);
    sandbox.run(&["validate", "test.yaml", "--environment", "fine"]).assert_code(0);
    sandbox.run(&["validate", "test.yaml", "--environment", "wrong"]).assert_code(104);
    sandbox.run(&["validate", "test.yaml", "--environment", "fnie"]).assert_says(&["did you mean `fine`?"]);
}

#[test]
fn whoever_closes_the_pipe_is_no_reason_to_crash() {
    let sandbox = Sandbox::new();
    sandbox.file("good.yaml", scenario("http://127.0.0.1:1", 1, 100, ""));
    sandbox.file("broken.yaml", BROKEN);
    for (arguments, code) in [
        (&["validate", "good.yaml"][..], 0),
        (&["validate", "--format", "json", "good.yaml", "broken.yaml"], 104),
        (&["plan", "good.yaml"], 0),
        (&["plan", "--json", "good.yaml"], 0),
    ] {
        let mut child =
            sandbox.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Nobody reads.
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        let complaints = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {complaints}");
        assert!(!complaints.contains("panicked"), "{complaints}");
    }
}
