//! The command line: help, wrong arguments, files that are none, and `loadgen demo`.

use super::{
    harness::{Sandbox, wait_for},
    target::{OK, Target, scenario},
};
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::Command,
    time::Duration,
};

#[test]
fn help_and_version_are_answers() {
    let sandbox = Sandbox::new();
    for (arguments, says) in [
        (&["--help"][..], &["Usage", "run", "demo"][..]),
        (&["run", "--help"], &["--environment", "--seed", "--results", "Exit codes", "105"]),
        (&["demo", "--help"], &["--port", "--error-rate"]),
        (&["--version"], &[env!("CARGO_PKG_VERSION")]),
    ] {
        let run = sandbox.run(arguments);
        run.assert_code(0);
        for text in says {
            assert!(run.stdout.contains(text), "{text}: {}", run.both());
        }
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn a_wrong_command_line_is_2() {
    let sandbox = Sandbox::new();
    for (arguments, says) in [
        (&[][..], "Usage"),
        (&["run"], "FILE"),
        (&["walk"], "walk"),
        (&["run", "a.yaml", "--seed", "many"], "--seed"),
        (&["run", "a.yaml", "--sede", "1"], "--seed"),
        (&["run", "a.yaml", "--results", "x", "--no-results"], "--no-results"),
        (&["demo", "--port", "70000"], "70000"),
        (&["demo", "--latency", "8"], "8"),
        (&["demo", "--error-rate", "200%"], "error"),
        (&["demo", "--latency-sigma", "9"], "sigma"),
    ] {
        let run = sandbox.run(arguments);
        run.assert_code(2);
        assert!(run.stderr.contains(says), "{arguments:?} {says}: {}", run.both());
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
}

#[test]
fn what_is_no_scenario_file_is_104_at_once() {
    let sandbox = Sandbox::new();
    let fifo = sandbox.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    sandbox.file("utf16.yaml", b"\xFF\xFEt\0a\0r\0");
    sandbox.file("nul.yaml", b"target: demo\nload: \0");
    sandbox.file("latin1.yaml", b"target: demo\nname: J\xFCrgen\n");
    sandbox.file("empty.yaml", "");
    for (file, says) in [
        ("missing.yaml", "no such file"),
        (".", "folder"),
        ("/dev/zero", "not a regular file"),
        ("fifo", "not a regular file"),
        ("utf16.yaml", "UTF-16"),
        ("nul.yaml", "line 2"),
        ("latin1.yaml", "line 2"),
        ("empty.yaml", "empty"),
    ] {
        let run = sandbox.run(&["run", file]);
        run.assert_code(104);
        assert!(run.stderr.contains(says), "{file} {says}: {}", run.both());
        assert!(run.stderr.contains(file) && run.has_no_results(), "{file}: {}", run.both());
        assert!(run.elapsed < Duration::from_secs(10), "{file}");
    }
}

#[test]
fn an_unknown_environment_is_104_with_a_suggestion() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let environments = "environments:\n  staging: { load: { users: 1, duration: 100ms } }\n";
    let text = scenario(&target.url(), 1, 300, environments);
    let run = sandbox.start_scenario(&text, &["--environment", "stagign"]).wait();
    run.assert_code(104);
    run.assert_says(&["stagign", "staging"]);
    assert_eq!(target.seen.connections(), 0);
    sandbox.start_scenario(&text, &["--environment", "staging"]).wait().assert_code(0);
}

#[test]
fn the_demo_serves_until_it_is_asked_to_end() {
    for signal in ["INT", "TERM"] {
        let sandbox = Sandbox::new();
        let running = sandbox.start(&["demo", "--port", "0", "--latency", "0ms"]);
        let address = wait_for("the demo's address", || {
            let said = running.stdout();
            let rest = said.split_once("http://")?.1;
            rest.split_once(' ').map(|(address, _)| address.to_owned())
        });
        // The second one is asked to end as soon as it has said where it is.
        if signal == "INT" {
            let answer = get(&address, "/health");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        running.signal(signal);
        let run = running.wait();
        run.assert_code(0);
        assert_eq!(run.stderr, "");
        assert!(TcpStream::connect(&address).is_err(), "it still listens");
    }
}

fn get(address: &str, path: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nhost: demo\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_port_in_use_is_1_and_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = Sandbox::new().run(&["demo", "--port", &port]);
    run.assert_code(1);
    assert!(run.stderr.contains(&port) && run.stdout.is_empty(), "{}", run.both());
}
