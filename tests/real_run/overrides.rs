//! What the command line changes in a file, and that the summary tells how to do it again.

use super::{
    harness::Sandbox,
    target::{Target, recording, response},
};
use std::process::Command;

const FILE: &str = "\
name: Overridden
load: { users: 3, duration: 1m }
think_time: 20ms
variables: { who: nobody, list: [1, 2] }
tasks:
  - { name: one, get: '/one/${who}/${env.PLACE}' }
  - { name: two, get: '/two/${list[0]}' }
";

fn file(target: &Target) -> String {
    format!("target: {}\n{FILE}", target.url())
}

#[test]
fn what_the_command_line_says_goes() {
    let (sandbox, target) = (Sandbox::new(), recording(|_| response(200, "{}")));
    let arguments = [
        "--users",
        "2",
        "--duration",
        "300ms",
        "--only",
        "one",
        "-e",
        "PLACE=it's here",
        "--set",
        "variables.who=a b",
        "--set",
        "think_time=10ms",
        "--tag",
        "build=1 2",
        "--seed",
        "4",
    ];
    let run = sandbox.start_scenario(&file(&target), &arguments).wait();
    run.assert_code(0);
    let summary = run.summary();
    assert_eq!(summary.figure("vus_max", "value"), 2.0);
    assert_eq!((summary.at("/run/tags/build"), summary.at("/run/seed")), (&"1 2".into(), &4.into()));
    let paths = target.seen.paths();
    assert!(paths.iter().all(|path| path.starts_with("/one/a%20b/it")), "{paths:?}");

    // The same command, typed into a shell, does the same.
    let command = summary.at("/run/command").as_str().unwrap().to_owned();
    let binary = env!("CARGO_BIN_EXE_loadgen");
    let again = command.replacen("loadgen", binary, 1) + " --results again";
    let seen_before = target.seen.requests();
    let output = Command::new("sh").args(["-c", &again]).current_dir(sandbox.path()).output().unwrap();
    assert!(output.status.success(), "{again}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(target.seen.requests() > seen_before);
    assert!(target.seen.paths().iter().all(|path| path.starts_with("/one/a%20b/it")));
    let folder = std::fs::read_dir(sandbox.path().join("again")).unwrap().next().unwrap().unwrap().path();
    let again = std::fs::read_to_string(folder.join("summary.json")).unwrap();
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["run"]["command"], command.as_str());
    assert_eq!(again["run"]["seed"], 4);
}

#[test]
fn a_fault_in_an_argument_is_shown_in_the_argument() {
    let (sandbox, target) = (Sandbox::new(), recording(|_| response(200, "{}")));
    sandbox.file("test.yaml", file(&target));
    for (arguments, says) in [
        (&["--set", "load.users=many"][..], &["command line", "--set load.users=many"][..]),
        (&["--set", "load.usres=3"], &["command line", "usres", "did you mean `users`?"]),
        (&["--users=-3"], &["command line", "--users -3"]),
        (&["--users", "0.5"], &["command line", "--users 0.5"]),
        (&["--duration", "30"], &["command line", "--duration 30", "30s"]),
        (&["--rate", "fast"], &["command line", "--rate fast"]),
        (&["--only", "on"], &["command line", "on", "one"]),
        (&["--set", "variables.who=${nobody}"], &["command line", "`nobody` is undefined"]),
    ] {
        for command in ["run", "plan", "validate"] {
            let all = [&[command, "test.yaml", "-e", "PLACE=x"], arguments].concat();
            let run = sandbox.run(&all);
            run.assert_code(104);
            for text in says {
                assert!(run.stderr.contains(text), "{all:?} {text}: {}", run.both());
            }
        }
    }
    for (arguments, says) in [
        (&["--set", "load.users"][..], "no `=`"),
        (&["--set", "=3"], "names no key"),
        (&["--tag", "x"], "NAME=VALUE"),
        (&["-e", "x"], "KEY=VALUE"),
        (&["--users", "3", "--rate", "3/s"], "--rate"),
    ] {
        let all = [&["run", "test.yaml"], arguments].concat();
        let run = sandbox.run(&all);
        run.assert_code(2);
        assert!(run.stderr.contains(says), "{all:?} {says}: {}", run.both());
    }
    let run = sandbox.run(&["run", "test.yaml"]);
    run.assert_code(104);
    run.assert_says(&["the environment variable `PLACE` is not set"]);
    assert_eq!(target.seen.connections(), 0);
}
