//! Files that `report`, `merge` and `compare` are given can have been written by anybody: their texts steer no terminal, and
//! their numbers neither hang nor crash the program.

use super::shell::{Said, loadgen};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}z";

/// Each stream is lines of text and nothing else.
#[track_caller]
fn assert_inert(said: &Said) {
    for text in [&said.stdout, &said.stderr] {
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(steers), "{said:#?}");
    }
}

/// A run of a second against the demo API; the folder of its results.
fn results(folder: &TempDir) -> PathBuf {
    let scenario = "target: demo\nname: Hostile\nload: { users: 2, duration: 1s }\nthink_time: 20ms\nhttp: { trace: true }\n\
                    tasks:\n  - name: look\n    steps:\n      - group: cart\n        steps:\n          \
                    - { get: /health, name: health, check: { ok: status == 200 } }\n          \
                    - { get: /nowhere, name: gone }\n\
                    thresholds: { http_req_failed: rate < 99% }\n";
    let file = folder.path().join("scenario.yaml");
    fs::write(&file, scenario).unwrap();
    let place = folder.path().join("results");
    let words = ["run", file.to_str().unwrap(), "--allow-saturated", "--results", place.to_str().unwrap()];
    loadgen(&words).assert(0, "PASSED");
    fs::read_dir(place).unwrap().next().unwrap().unwrap().path()
}

fn journal(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn write(folder: &Path, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(folder.join("journal.jsonl"), text).unwrap();
}

/// The places of all numbers of a value, one of each list.
fn numbers(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, one)| numbers(one, &format!("{place}/{key}"), found))
        }
        Value::Array(list) => {
            let beginning = list.iter().enumerate().take(2);
            beginning.for_each(|(n, one)| numbers(one, &format!("{place}/{n}"), found));
        }
        Value::Number(_) => found.push(place.to_owned()),
        _ => {}
    }
}

/// The places of all texts of a value.
fn texts(value: &mut Value, change: &mut dyn FnMut(&mut String)) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|one| texts(one, change)),
        Value::Array(list) => list.iter_mut().for_each(|one| texts(one, change)),
        Value::String(text) => change(text),
        _ => {}
    }
}

#[test]
fn counts_that_no_run_has_neither_hang_nor_crash_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let results = results(&folder);
    let sound = journal(&results);
    let report = |lines: &[Value]| {
        write(&results, lines);
        loadgen(&["report", results.to_str().unwrap(), "--force"])
    };
    report(&sound).assert(0, "PASSED");
    let mut refused = 0;
    for (n, line) in sound.iter().enumerate().filter(|(n, _)| [0, 2, sound.len() - 1].contains(n)) {
        let mut places = Vec::new();
        numbers(line, "", &mut places);
        for place in places {
            for hostile in [1_u64 << 40, u64::MAX] {
                let mut lines = sound.clone();
                *lines[n].pointer_mut(&place).unwrap() = json!(hostile);
                let said = report(&lines);
                assert!([0, 2, 96, 98, 99].contains(&said.code), "{place}: {said:#?}");
                refused += u32::from(said.stderr.contains("is damaged") || said.code == 2);
            }
        }
    }
    assert!(refused > 30, "only {refused} were refused");
}

#[test]
fn texts_of_a_journal_steer_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let results = results(&folder);
    let place = results.to_str().unwrap().to_owned();
    let copy = folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    let sound = journal(&results);
    let with = |change: &dyn Fn(&mut String)| {
        let mut lines = sound.clone();
        lines.iter_mut().for_each(|line| texts(line, &mut |text| change(text)));
        lines
    };
    // Names, samples and whatever else is no word of the format.
    let named = with(&|text| {
        if ["Hostile", "look", "cart", "health", "gone", "demo"].contains(&text.as_str()) {
            text.push_str(HOSTILE);
        }
    });
    write(&results, &named);
    let said = loadgen(&["report", &place, "--force"]);
    assert!(said.stdout.contains("a\\x1b[2J"), "{said:#?}");
    assert_inert(&said);
    // What the notes and complaints quote.
    for key in ["schema", "id"] {
        let mut lines = sound.clone();
        texts_of(&mut lines[0], key);
        write(&results, &lines);
        write(&copy, &lines);
        assert_inert(&loadgen(&["report", &place]));
        let said = loadgen(&["merge", &place, copy.to_str().unwrap()]);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{said:#?}");
        assert!(said.stderr.contains("\\x1b[2J"), "{said:#?}");
        assert_inert(&said);
    }
    let mut damaged = sound.clone();
    damaged[2] = json!({ HOSTILE: HOSTILE });
    write(&results, &damaged);
    assert_inert(&loadgen(&["report", &place]));
}

/// Appends to every text with this key.
fn texts_of(value: &mut Value, key: &str) {
    match value {
        Value::Object(map) => {
            for (name, one) in map {
                match one {
                    Value::String(text) if name == key => text.push_str(HOSTILE),
                    other => texts_of(other, key),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|one| texts_of(one, key)),
        _ => {}
    }
}

#[test]
fn texts_of_a_summary_steer_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let results = results(&folder);
    let place = results.to_str().unwrap();
    let sound: Value =
        serde_json::from_str(&fs::read_to_string(results.join("summary.json")).unwrap()).unwrap();
    let other = folder.path().join("other.json");
    let edits: [(&str, Value); 6] = [
        ("/schema", json!(HOSTILE)),
        ("/run/scenario_sha256", json!(HOSTILE)),
        ("/run/target", json!(HOSTILE)),
        ("/verdict", json!({ "passed": false, "exit_code": 105, "reason": HOSTILE, "incomplete": true })),
        ("/health", json!({ "status": "saturated", "reasons": [ { "text": HOSTILE } ] })),
        ("/requests/0/name", json!(HOSTILE)),
    ];
    for (pointer, value) in edits {
        let mut summary = sound.clone();
        summary["run"]["id"] = json!("another");
        *summary.pointer_mut(pointer).unwrap() = value;
        fs::write(&other, summary.to_string()).unwrap();
        for more in [&[][..], &["--force"]] {
            let said = loadgen(&[&["compare", place, other.to_str().unwrap()], more].concat());
            assert_inert(&said);
        }
    }
    let said = loadgen(&["report", place, "--baseline", other.to_str().unwrap()]);
    assert_inert(&said);
    fs::write(&other, format!("{{ \"schema\": \"loadgen/summary/v1\", \"run\": {} }}", json!(HOSTILE)))
        .unwrap();
    let said = loadgen(&["report", place, "--baseline", other.to_str().unwrap()]);
    said.assert(2, "the baseline cannot be read");
    assert_inert(&said);
}
