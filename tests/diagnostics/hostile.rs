//! Files made to hurt. Each ends with a fault that says what is wrong, and none by exhausting anything.

use super::plan_of;
use loadgen::{
    plan::Inputs,
    scenario::{Diagnostic, Options, render},
};

const SOUND: &str = "\
target: http://127.0.0.1:8080
load: { users: 1, duration: 1s }
tasks: [ { get: /health } ]
";

fn faults_of(source: &str) -> Vec<Diagnostic> {
    let faults = plan_of(source, &Options::default(), &Inputs::default()).expect_err("a fault");
    // Also printing them must come to an end, and be short.
    let text = render(&Options::default().sources("hostile.yaml", source), &faults);
    assert!(text.lines().count() < 1_000, "{} lines", text.lines().count());
    faults
}

/// The first fault: its place and its words.
fn first(source: &str) -> (usize, usize, String) {
    let fault = faults_of(source).remove(0);
    (fault.span.line, fault.span.column, fault.message)
}

#[test]
fn the_sound_file_is_sound() {
    assert!(plan_of(SOUND, &Options::default(), &Inputs::default()).is_ok());
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = String::from("variables:\n  a0: &a0 [ x, x, x, x, x, x, x, x, x, x ]\n");
    for level in 1..30 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("  a{level}: &a{level} [ {inner} ]\n");
    }
    let (line, _, message) = first(&(bomb + SOUND));
    assert!(message.contains("aliases make more than"), "{message}");
    assert!((6..=8).contains(&line), "where it becomes too much: line {line}");
}

#[test]
fn a_bomb_of_merge_keys_is_refused() {
    let mut bomb = String::from("variables:\n  a0: &a0 { k0: 1, k1: 1, k2: 1, k3: 1, k4: 1 }\n");
    for level in 1..30 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("  a{level}: &a{level} {{ <<: [ {inner} ], own{level}: [ {inner} ] }}\n");
    }
    let (_, _, message) = first(&(bomb + SOUND));
    assert!(message.contains("aliases make more than"), "{message}");
}

#[test]
fn endless_depth_is_refused_in_every_style() {
    const DEPTH: usize = 100_000;
    for (style, deep) in [
        ("flow lists", format!("variables: {{ a: {}", "[".repeat(DEPTH))),
        ("closed flow lists", format!("variables: {{ a: {}{} }}\n", "[".repeat(DEPTH), "]".repeat(DEPTH))),
        ("flow maps", format!("variables: {}", "{a: ".repeat(DEPTH))),
        ("block lists", format!("variables:\n  {}x\n", "- ".repeat(DEPTH))),
        ("list at the top", "- ".repeat(DEPTH)),
        ("complex keys", "? ".repeat(DEPTH)),
    ] {
        let (line, _, message) = first(&deep);
        assert!(message.contains("nested deeper than 100 levels"), "{style}: {message}");
        assert!(line <= 2, "{style}: line {line}");
    }
}

#[test]
fn endless_depth_by_indentation_is_refused() {
    // A level a line makes the text quadratic; a thousand levels are ten times what is accepted.
    let mut deep = String::from("variables:\n");
    (1..1_000).for_each(|level| deep += &format!("{}a{level}:\n", " ".repeat(level)));
    let (line, _, message) = first(&deep);
    assert!(message.contains("nested deeper than 100 levels"), "{message}");
    assert!((95..=105).contains(&line), "line {line}");
}

#[test]
fn depth_within_the_limit_is_accepted() {
    let deep = format!("variables: {{ a: {}1{} }}\n{SOUND}", "[".repeat(90), "]".repeat(90));
    assert!(plan_of(&deep, &Options::default(), &Inputs::default()).is_ok());
}

#[test]
fn a_file_of_twelve_megabytes_is_refused_unread() {
    let large = format!("{SOUND}# {}\n", "x".repeat(12 * 1024 * 1024));
    let (line, column, message) = first(&large);
    assert_eq!((line, column), (1, 1));
    assert!(message.contains("bytes, more than"), "{message}");
}

#[test]
fn a_file_with_too_many_values_is_refused() {
    let many = format!("variables:\n  a: [ {} ]\n{SOUND}", "1, ".repeat(600_000));
    let (line, _, message) = first(&many);
    assert_eq!(line, 2);
    assert!(message.contains("more than 500000 values"), "{message}");
}

#[test]
fn thousands_of_duplicate_keys_are_all_found_and_few_are_printed() {
    let repeated: String = (0..5_000).map(|_| "name: again\n").collect();
    let faults = faults_of(&format!("{SOUND}{repeated}"));
    assert_eq!(faults.len(), 4_999);
    assert!(faults.iter().all(|fault| fault.message.contains("`name` is written twice")));
    assert_eq!((faults[0].span.line, faults[4_998].span.line), (5, 5_003));
}

#[test]
fn many_keys_and_tasks_are_read_without_comparing_each_with_each() {
    let keys: String = (0..100_000).map(|key| format!("  key{key}: 1\n")).collect();
    let tasks: String = (0..50_000).map(|task| format!("  - get: /{task}\n")).collect();
    let body: String = (0..50_000).map(|key| format!("      key{key}: 1\n")).collect();
    let source = format!(
        "target: http://127.0.0.1:8080\nload: {{ users: 1, duration: 1s }}\nvariables:\n{keys}tasks:\n{tasks}  - post: /body\n    json:\n{body}"
    );
    let scenario = loadgen::scenario::parse(&source, &loadgen::scenario::Options::default());
    assert!(scenario.is_ok());
}

#[test]
fn two_documents_are_refused_at_the_second() {
    let (line, column, message) = first(&format!("{SOUND}---\n{SOUND}"));
    assert_eq!((line, column), (4, 1));
    assert!(message.contains("one YAML document"), "{message}");
}

#[test]
fn a_document_may_have_its_markers() {
    assert!(plan_of(&format!("---\n{SOUND}...\n"), &Options::default(), &Inputs::default()).is_ok());
}

#[test]
fn bytes_that_are_no_text_to_anybody_end_with_a_fault() {
    for source in [
        "\0",
        "\u{feff}",
        "\u{1}\u{2}",
        "%YAML 9.9\n---\na: b",
        "!!binary |\n  R0lG",
        "&a",
        "*a",
        "{",
        "}",
        "? ",
        ":",
        "|",
        "\t",
        "'",
        "\"\\xZZ\"",
        "---\n---\n",
        "@a",
        "`a`",
    ] {
        assert!(!faults_of(source).is_empty(), "{source:?}");
    }
}

#[test]
fn every_beginning_of_a_sound_file_ends_with_a_fault_or_a_plan() {
    let full = "\
target: http://127.0.0.1:8080
variables: { name: \"é ${1 + 1}\" }
load: { stages: [ { duration: 1m, users: 10 }, { duration: 0s, users: 3 } ], graceful_stop: 5s }
think_time: 1s..3s
on_start: [ { post: /login, json: { user: \"${name}\", n: 1.5 }, extract: { token: json $.token } } ]
tasks:
  - { name: a, weight: 3, get: \"/a/${vu}\", headers: { authorization: \"Bearer ${token}\" }, expect: status == 2xx }
  - name: b
    steps:
      - get: /b
        check: { fast: \"duration < 200ms\" }
        expect: json $.a[0] == \"x\"
      - think: 1s
thresholds: { \"http_req_duration{task:a}\": [ p95 < 1s, avg < 1s ], http_req_failed: rate < 1% }
";
    assert!(plan_of(full, &Options::default(), &Inputs::default()).is_ok());
    let mut sound = 0;
    for (end, _) in full.char_indices() {
        match plan_of(&full[..end], &Options::default(), &Inputs::default()) {
            Ok(_) => sound += 1,
            Err(faults) => {
                assert!(!render(&Options::default().sources("cut.yaml", &full[..end]), &faults).is_empty())
            }
        }
    }
    assert!(sound < full.len() / 2, "{sound}");
}

#[test]
fn no_character_put_anywhere_breaks_the_reader() {
    for at in SOUND.char_indices().map(|(at, _)| at) {
        for c in [
            '{', '}', '[', ']', '"', '\'', '$', '&', '*', '!', '|', '>', '%', '@', '`', '#', ':', '-', '?',
            ',', '\t', '\n', '\0', 'é',
        ] {
            let source = format!("{}{c}{}", &SOUND[..at], &SOUND[at..]);
            if let Err(faults) = plan_of(&source, &Options::default(), &Inputs::default()) {
                assert!(!faults.is_empty());
                render(&Options::default().sources("mutant.yaml", &source), &faults);
            }
        }
    }
}
