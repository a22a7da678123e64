//! `loadgen init`: what it writes is a scenario that works.

use super::{shell::loadgen, yaml};
use loadgen::{
    plan::{Inputs, Plan, build},
    scenario::{Options, json_schema, parse, render},
};
use regex::Regex;
use std::{collections::BTreeMap, fs};

const URL: &str = "https://api.example.com:8443/v1/users?page=2&q=a%20%24%7Bb%7D%22";

/// Reads and plans it, as `loadgen run` would.
#[track_caller]
fn planned(text: &str, environment: Option<&str>) -> Plan {
    let inputs = Inputs {
        env: BTreeMap::new(),
        demo_url: Some("http://127.0.0.1:1".to_owned()),
        seed: 1,
        ..Inputs::default()
    };
    let options = Options { environment: environment.map(str::to_owned), ..Options::default() };
    parse(text, &options).and_then(|scenario| build(&scenario, &inputs)).unwrap_or_else(|faults| {
        panic!("{}\n{text}", render(&Options::default().sources("scenario.yaml", text), &faults))
    })
}

#[test]
fn the_starter_is_planned_as_it_is() {
    for arguments in [&["init", "-"][..], &["init", "-", "--from-url", URL]] {
        let said = loadgen(arguments);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""));
        for environment in [None, Some("quick")] {
            planned(&said.stdout, environment);
        }
        let lines = said.stdout.lines().count();
        assert!((35..=50).contains(&lines), "{lines} lines are not short:\n{}", said.stdout);
        assert!(said.stdout.starts_with("# yaml-language-server: $schema=./loadgen.schema.json\n"));
        for taught in
            ["loadgen schema --output loadgen.schema.json", "# on_start:", "# load: { rate:", "think_time:"]
        {
            assert!(said.stdout.contains(taught), "{taught}");
        }
    }
}

#[test]
fn the_rate_that_it_offers_is_planned() {
    let text = loadgen(&["init", "-"]).stdout;
    let ramp = Regex::new(r"(?m)^load:\n(?: +.*\n)+").unwrap();
    let offered = ramp.replace(&text, "").replace("# load: {", "load: {").replace("  # dropped", "  dropped");
    assert!(planned(&offered, None).catalog.workloads[0].is_open, "{offered}");
}

#[test]
fn a_url_becomes_target_and_first_request() {
    let text = loadgen(&["init", "-", "--from-url", URL]).stdout;
    for line in [
        "name: First test of api.example.com:8443",
        "target: https://api.example.com:8443",
        "    get: /v1/users",
        "      page: \"2\"",
        "      q: \"a $${b}\\\"\"",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let repeated = loadgen(&["init", "-", "--from-url", "http://h/p?x=1&x=2"]).stdout;
    assert!(repeated.contains("    get: \"/p?x=1&x=2\"\n"), "{repeated}");
    planned(&repeated, None);
}

/// What is commented out is right as well: with the marks taken away, the schema finds nothing wrong.
#[test]
fn the_commented_alternatives_are_of_the_language() {
    let validator = jsonschema::draft202012::new(&json_schema()).unwrap();
    let commented = Regex::new(r"(?m)^( *)# ( *(?:- )?[a-z_]+:(?: .*)?)$").unwrap();
    let ramp = Regex::new(r"(?m)^load:\n(?: +.*\n)+").unwrap();
    for arguments in [&["init", "-"][..], &["init", "-", "--from-url", URL]] {
        let written = loadgen(arguments).stdout;
        let text = commented.replace_all(&ramp.replace(&written, ""), "$1$2").into_owned();
        for key in ["\nload: { rate: ", "\non_start:\n  - post: ", "\nsecrets: "] {
            assert!(text.contains(key), "{key}\n{text}");
        }
        for text in [&written, &text] {
            let value = yaml::value("scenario.yaml", text);
            let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{}\n{text}", faults.join("\n"));
        }
    }
}

#[test]
fn a_file_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("my test.yaml");
    let name = file.to_str().unwrap();
    let said = loadgen(&["init", name]);
    said.assert(0, "--environment quick");
    assert!(said.stdout.ends_with(&format!("loadgen run {name}\n")), "{}", said.stdout);
    planned(&fs::read_to_string(&file).unwrap(), None);

    fs::write(&file, "mine").unwrap();
    loadgen(&["init", name]).assert(2, "is there already; `--force` writes over it");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    loadgen(&["init", name, "--force"]).assert(0, "loadgen run");
    planned(&fs::read_to_string(&file).unwrap(), None);

    let nowhere = folder.path().join("missing/scenario.yaml");
    loadgen(&["init", nowhere.to_str().unwrap()]).assert(1, "could not be written");
}

#[test]
fn what_is_no_target_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.yaml");
    for (url, says) in [
        ("api.example.com", "write it in full"),
        ("ftp://example.com", "neither http nor https"),
        ("https://me:hunter2@example.com", "credentials belong into `secrets`"),
    ] {
        let said = loadgen(&["init", file.to_str().unwrap(), "--from-url", url]);
        said.assert(2, says);
        assert!(!said.stderr.contains("hunter2") && !file.exists(), "{said:#?}");
    }
}
