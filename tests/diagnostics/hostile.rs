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
fn a_bomb_of_expressions_is_refused() {
    for repeat in ["${v}${v}${v}${v}${v}${v}${v}${v}${v}${v}", "${[v, v, v, v, v, v, v, v, v, v]}"] {
        let mut bomb = String::from("variables:\n  a0: xxxxxxxxxx\n");
        for level in 1..30 {
            bomb += &format!("  a{level}: \"{}\"\n", repeat.replace('v', &format!("a{}", level - 1)));
        }
        let (line, _, message) = first(&(bomb + SOUND));
        assert!(message.contains("make more than 100.0 MiB"), "{message}");
        assert!((7..=10).contains(&line), "where it becomes too much: line {line}");
    }
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
fn endless_expressions_are_refused() {
    const LENGTH: usize = 100_000;
    for (before, repeated, after) in [
        ("1", " + 1", ""),
        ("1", " ~ 1", ""),
        ("1", " and 1", ""),
        ("1", " is odd", ""),
        ("1", "|string", ""),
        ("vu + vu", ".a", ""),
        ("vu + vu", "[0]", ""),
        ("", "-", "1"),
        ("", "not ", "1"),
        ("", "(", "1"),
        ("", "1 if 1 else ", "1"),
    ] {
        let source = |times: usize| {
            format!("{SOUND}setup: [ {{ log: \"${{{before}{}{after}}}\" }} ]\n", repeated.repeat(times))
        };
        let (line, _, message) = first(&source(LENGTH));
        // Some are longer than any expression may be, before anybody counts their words.
        let refused = message.contains("more than 2000 words and signs") || message.contains("bytes");
        assert!(refused, "{repeated}: {message}");
        assert_eq!(line, 4, "{repeated}");
        // About as long as may be: it is read, whatever is said of it.
        let _ = plan_of(&source(450), &Options::default(), &Inputs::default());
        let _ = plan_of(&source(950), &Options::default(), &Inputs::default());
    }
}

#[test]
fn endless_json_paths_are_refused() {
    for (before, repeated, between, closed, most, problem) in [
        ("$[?", "(", "@.a", ")", 49, "is nested deeper than 50 levels"),
        ("$[?", "length(", "@.a", ")", 49, "is nested deeper than 50 levels"),
        ("$", "[", "", "]", 49, "is nested deeper than 50 levels"),
        ("$", "[?@", "", "]", 5, "has more than 5 filters inside each other"),
        ("$", "[?(@", "", ")]", 5, "has more than 5 filters inside each other"),
        ("$", "[?count(@", "", ") > 1]", 5, "has more than 5 filters inside each other"),
    ] {
        let source = |depth: usize| {
            let path = format!("{before}{}{between}{}", repeated.repeat(depth), closed.repeat(depth));
            let expect = format!("json {path}{} exists", "]".repeat(before.matches('[').count()));
            SOUND.replace("/health", &format!("/health, expect: \"{expect}\""))
        };
        for depth in [most + 2, 10_000] {
            let (_, _, message) = first(&source(depth));
            // The longer one is longer than any check may be, before anybody looks into it.
            assert!(message.contains(problem) || message.contains("bytes"), "{repeated} {depth}: {message}");
        }
        // As deep as may be: it is read, whatever is said of it.
        let _ = plan_of(&source(most), &Options::default(), &Inputs::default());
    }
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

/// A scenario whose users do this.
fn flow(steps: &str) -> String {
    format!("target: http://127.0.0.1:8080\nload: {{ users: 1, duration: 1s }}\nflow:\n{steps}")
}

fn is_sound(source: &str) {
    if let Err(faults) = plan_of(source, &Options::default(), &Inputs::default()) {
        panic!("{:?}", &faults[..faults.len().min(3)]);
    }
}

#[test]
fn endless_depth_of_steps_is_refused() {
    const DEPTH: usize = 100_000;
    for (kind, open, close) in [
        ("groups", "{ group: a, steps: [ ", " ] }"),
        ("loops", "{ repeat: 1000000, steps: [ ", " ] }"),
        ("branches", "{ if: \"${vu}\", then: [ ", " ] }"),
        ("parallel", "{ parallel: [ ", " ] }"),
        ("choices", "{ choose: [ { steps: [ ", " ] } ] }"),
    ] {
        let steps = format!("  - {}{{ get: / }}{}\n", open.repeat(DEPTH), close.repeat(DEPTH));
        let (_, _, message) = first(&flow(&steps));
        assert!(message.contains("nested deeper than 100 levels"), "{kind}: {message}");
    }
}

#[test]
fn steps_as_deep_as_accepted_are_compiled() {
    for (open, close) in [
        ("{ repeat: 1000000, steps: [ ", " ] }"),
        ("{ for_each: \"${[1]}\", as: item, steps: [ ", " ] }"),
        ("{ if: \"${vu}\", then: [ ", " ] }"),
        ("{ parallel: [ ", " ] }"),
    ] {
        is_sound(&flow(&format!("  - {}{{ get: / }}{}\n", open.repeat(45), close.repeat(45))));
    }
}

#[test]
fn many_tasks_are_compiled() {
    let tasks: String = (0..50_000).map(|task| format!("  - get: /{task}\n")).collect();
    is_sound(&format!("target: http://127.0.0.1:8080\nload: {{ users: 1, duration: 1s }}\ntasks:\n{tasks}"));
}

#[test]
fn many_variables_and_the_tasks_that_use_and_set_them_are_compiled() {
    let constants: String = (0..20_000).map(|at| format!("  c{at}: {at}\n")).collect();
    let tasks: String = (0..20_000)
        .map(|at| format!("  - get: \"/${{c{at}}}\"\n    extract: {{ v{at}: json $.id }}\n"))
        .collect();
    is_sound(&format!(
        "target: http://127.0.0.1:8080\nload: {{ users: 1, duration: 1s }}\nvariables:\n{constants}tasks:\n{tasks}"
    ));
}

#[test]
fn a_hundred_thousand_variables_are_read_and_used() {
    let constants: String = (0..100_000).map(|at| format!("  c{at}: {at}\n")).collect();
    is_sound(&format!("variables:\n{constants}{}", flow("  - get: \"/${c99999 + c1}\"\n")));
}

#[test]
fn many_branches_and_loops_with_variables_are_compiled() {
    let steps: String = (0..10_000)
        .map(|at| {
            format!(
                "  - if: \"${{vu > {at}}}\"\n    then: [ {{ set: {{ v{at}: 1 }} }} ]\n    else: [ {{ repeat: 2, steps: [ {{ set: {{ v{at}: 1 }} }} ] }} ]\n  - log: \"${{v{at}}}\"\n"
            )
        })
        .collect();
    is_sound(&flow(&steps));
}

#[test]
fn a_large_constant_is_not_copied_for_each_use() {
    let list = "1, ".repeat(100_000);
    let steps = "  - get: \"/${list[5]}/${list | length}\"\n".repeat(1_000);
    is_sound(&format!("variables:\n  list: [ {list} ]\n{}", flow(&steps)));
}

#[test]
fn aliases_in_steps_and_rows_are_counted_by_what_they_stand_for() {
    let mut bomb = String::from("  - group: g0\n    steps: &a0 [ { get: / } ]\n");
    for level in 1..40 {
        bomb += &format!(
            "  - group: g{level}\n    steps: &a{level} [ {{ group: a, steps: *a{0} }}, {{ group: b, steps: *a{0} }} ]\n",
            level - 1
        );
    }
    let (_, _, message) = first(&flow(&bomb));
    assert!(message.contains("aliases make more than") || message.contains("nested deeper"), "{message}");
    let mut rows = String::from("data:\n  feed:\n    rows:\n      - &r0 { a: [ x, x, x, x, x, x, x, x ] }\n");
    for level in 1..20 {
        rows +=
            &format!("      - &r{level} {{ a: [ {} ] }}\n", vec![format!("*r{}", level - 1); 8].join(", "));
    }
    let (_, _, message) = first(&(rows + SOUND));
    assert!(message.contains("aliases make more than"), "{message}");
}

#[test]
fn a_megabyte_of_one_text_is_refused_or_read_quickly() {
    let long = |piece: &str| piece.repeat(1_000_000 / piece.len());
    for (what, steps) in [
        ("sum", format!("  - log: \"${{1{}}}\"\n", long(" + 1"))),
        ("brackets", format!("  - log: \"${{{}\"\n", long("("))),
        ("filters", format!("  - log: \"${{vu{}}}\"\n", long(" | upper()"))),
        ("unclosed", format!("  - log: \"{}\"\n", long("${"))),
        ("blanks in a check", format!("  - get: /\n    check: \"body in [{}\"\n", long(" "))),
        ("templates in a check", format!("  - get: /\n    check: 'body in [{}'\n", long("${"))),
        ("brackets of a path", format!("  - get: /\n    check: 'json ${} exists'\n", long("[?("))),
        ("brackets of a selector", format!("  - get: /\n    check: 'css a{} exists'\n", long(":not("))),
        ("brackets of a pattern", format!("  - get: /\n    check: 'body matches /{}/'\n", long("("))),
        ("duration", format!("  - think: {}\n", long("1x"))),
        ("range", format!("  - think: {}\n", long("1.."))),
        ("method", format!("  - request: {{ method: {}, url: / }}\n", long("é"))),
        ("key", format!("  - {}: /\n", &long("k")[..1_000])),
    ] {
        let faults = faults_of(&flow(&steps));
        let longest = faults.iter().map(|fault| fault.message.len() + fault.label.len()).max();
        assert!(longest < Some(1_500), "{what}: {longest:?}");
    }
    is_sound(&flow(&format!("  - get: /{}\n", long("a"))));
    is_sound(&flow(&format!("  - log: '{}'\n", long("${vu}"))));
    is_sound(&flow(&format!("  - post: /\n    body: '{}'\n", long("$${ "))));
}

#[test]
fn nested_texts_within_the_limits_end() {
    for keys in [
        format!("check: 'json $[?{}@.a == 1{}] exists'", "(".repeat(4_000), ")".repeat(4_000)),
        format!("check: 'json ${} exists'", "[?@".repeat(3_000)),
        format!("check: 'json ${}{} exists'", "[?@".repeat(1_500), "]".repeat(1_500)),
        format!("check: 'css a{}b{} exists'", ":not(".repeat(1_500), ")".repeat(1_500)),
        format!("check: 'body matches /{}a{}/'", "(".repeat(4_000), ")".repeat(4_000)),
        format!("check: 'body matches /{}/'", "(a{1000}){1000}".repeat(3)),
    ] {
        let _ = plan_of(&flow(&format!("  - get: /\n    {keys}\n")), &Options::default(), &Inputs::default());
    }
    for expression in [
        "1+".repeat(1_990) + "1",
        "-".repeat(3_900) + "1",
        "not ".repeat(950) + "1",
        "(".repeat(1_900) + "1" + &")".repeat(1_900),
        "[".repeat(1_900) + "1" + &"]".repeat(1_900),
        "1 if 1 else ".repeat(320) + "1",
        "a|d(".repeat(900) + &")".repeat(900),
        "vu".to_owned() + &" | upper()".repeat(390),
        "vu".to_owned() + &".a".repeat(1_900),
        "vu".to_owned() + &"[vu".repeat(900) + &"]".repeat(900),
        "f(".repeat(1_900),
        "vu ~ ".repeat(700) + "vu",
        "=".repeat(3_900),
        "x ".repeat(1_900),
    ] {
        let source = flow(&format!("  - log: \"${{{expression}}}\"\n"));
        let _ = plan_of(&source, &Options::default(), &Inputs::default());
    }
}

#[test]
fn many_thresholds_on_many_tasks_are_bound() {
    let tasks: String = (0..10_000).map(|task| format!("  - get: /{task}\n")).collect();
    let thresholds: String = (0..20_000)
        .map(|at| format!("  http_req_duration{{name:GET /{}}}: p95 < {}s\n", at % 10_000, at / 10_000 + 1))
        .collect();
    let head = "target: http://127.0.0.1:8080\nload: { users: 1, duration: 1s }\ntasks:\n";
    // The same metric and tags again: a duplicate, which is a fault, but each with a place of its own.
    let faults = faults_of(&format!("{head}{tasks}thresholds:\n{thresholds}"));
    assert!(faults.iter().all(|fault| fault.message.contains("written twice")), "{:?}", faults[0]);
    let thresholds: String = (0..10_000)
        .map(|at| format!("  http_req_duration{{name:GET /{at}}}: [ p95 < 1s, avg < 1s ]\n"))
        .collect();
    is_sound(&format!("{head}{tasks}thresholds:\n{thresholds}"));
}

#[test]
fn a_fault_on_each_line_is_found_in_time_and_few_are_printed() {
    let tasks = |task: &dyn Fn(usize) -> String| {
        let tasks: String = (0..12_000).map(task).collect();
        format!("target: http://127.0.0.1:8080\nload: {{ users: 1, duration: 1s }}\ntasks:\n{tasks}")
    };
    for source in [
        tasks(&|at| format!("  - gte: /{at}\n")),
        tasks(&|at| format!("  - {{ get: /{at}, expext: a }}\n")),
        tasks(&|at| format!("  - {{ get: \"/${{undefined{at}}}\" }}\n")),
        tasks(&|at| format!("  - {{ get: /{at}, expect: statsu == 5 }}\n")),
        tasks(&|_| "  - x\n".to_owned()),
        flow(&(0..12_000).map(|at| format!("  - log: [ {at} ]\n")).collect::<String>()),
        format!("{SOUND}{}", (0..50_000).map(|at| format!("key{at}: 1\n")).collect::<String>()),
        format!(
            "{SOUND}thresholds:\n{}",
            (0..12_000).map(|at| format!("  http_req_duration{{task:{at}}}: p95 < 1s\n")).collect::<String>()
        ),
        format!(
            "{SOUND}variables: {{ {} }}\n",
            (0..20_000).map(|at| format!("a{at}: no, ")).collect::<String>()
        ),
    ] {
        let faults = faults_of(&source);
        assert!((1_000..=10_000).contains(&faults.len()), "{}: {:?}", faults.len(), faults[0]);
    }
}

#[test]
fn long_lines_are_shown_by_their_part() {
    let source = flow(&format!("  - {{ log: \"{}\", lgo: x }}\n", "a b ".repeat(250_000)));
    let faults = faults_of(&source);
    let text = render(&Options::default().sources("long.yaml", &source), &faults);
    assert!(text.len() < 10_000, "{}", text.len());
    let keys: String = (0..20_000).map(|at| format!("k{at}: 1, ")).collect();
    let source = format!("{{ {keys} }}");
    let text = render(&Options::default().sources("long.yaml", &source), &faults_of(&source));
    assert!(text.len() < 100_000, "{}", text.len());
}

#[test]
fn more_headers_than_any_request_has_are_refused() {
    let headers: String = (0..40_000).map(|at| format!("      h{at}: x\n")).collect();
    let (_, _, message) = first(&flow(&format!("  - get: /\n    headers:\n{headers}")));
    assert!(message.contains("too many headers"), "{message}");
}

#[test]
fn other_encodings_and_line_ends_are_told_or_read() {
    let utf16: String = SOUND.chars().flat_map(|c| [c, '\0']).collect();
    let (line, column, message) = first(&utf16);
    assert_eq!((line, column), (1, 2));
    assert!(message.contains("UTF-8"), "{message}");
    for broken in [SOUND.replace('\n', "\r"), SOUND.replace('\n', "\r\n"), format!("\u{feff}{SOUND}")] {
        is_sound(&broken);
    }
    let wrong = format!("{SOUND}nmae: x\n").replace('\n', "\r");
    let (line, column, _) = first(&wrong);
    assert_eq!((line, column), (4, 1));
}

#[test]
fn strange_characters_are_pointed_at() {
    for text in
        ["\u{202e}abc", "👩‍👩‍👧", "e\u{301}", "\u{200b}", "\u{2028}", "\u{85}", "\u{fffd}", "漢字", "\u{10ffff}"]
    {
        for source in [
            flow(&format!("  - {{ get: /, {text}: x }}\n")),
            flow(&format!("  - get: \"/{text}${{{text}}}\"\n")),
            flow(&format!("  - get: /\n    check: \"{text} == 1\"\n")),
            format!("{SOUND}thresholds: {{ \"http_reqs{{task:{text}}}\": count > 1 }}\n"),
            format!("{SOUND}variables: {{ \"{text}\": 1 }}\n"),
        ] {
            if let Err(faults) = plan_of(&source, &Options::default(), &Inputs::default()) {
                assert!(!render(&Options::default().sources("strange.yaml", &source), &faults).is_empty());
            }
        }
    }
}

#[test]
fn a_large_overlay_is_merged_without_comparing_each_with_each() {
    let keys = |value: &str| -> String { (0..40_000).map(|at| format!("      k{at}: {value}\n")).collect() };
    let source =
        format!("{SOUND}variables:\n{}environments:\n  ci:\n    variables:\n{}", keys("1"), keys("2"));
    let options = Options { environment: Some("ci".to_owned()), ..Options::default() };
    assert!(plan_of(&source, &options, &Inputs::default()).is_ok());
}
