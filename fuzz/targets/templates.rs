//! Any text where templates and expressions may stand, rendered with some values. The first character, from `0` to `8`,
//! chooses the place.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::scenario::Options;
use loadgen_fuzz::{evaluate, inputs, plan_of, quoted};

const HEAD: &str = r#"
target: http://127.0.0.1:8080/base
load: { users: 3, duration: 10s }
variables: { name: Ann, number: 3, list: [1, two, { three: 3.5 }], map: { a: { b: [1.5, null, true] } } }
secrets: { password: { env: PASSWORD } }
data: { users: { file: users.csv }, items: { file: items.json, pick: random } }
setup: [ { get: /setup, extract: { shared: json $.id } } ]
flow:
  - get: /first
    extract: { text: json $.id, count: size, part: { from: "regex /x([a-z])/", default: [1, 2] } }
"#;

/// The last step, with the text `T` in one of the places.
fn step(place: u8, text: &str) -> String {
    let written = quoted(text);
    let expression = quoted(&format!("${{{text}}}"));
    match place.wrapping_sub(b'0') % 9 {
        0 => format!("  - get: {written}\n    query: {{ q: {written} }}\n"),
        1 => format!("  - get: /\n    headers: {{ x-name: {written} }}\n    name: a\n"),
        2 => format!("  - post: /\n    json: {{ value: {written}, list: [{written}] }}\n"),
        3 => format!("  - post: /\n    form: {{ field: {written} }}\n    auth: {{ bearer: {written} }}\n"),
        4 => format!("  - log: {written}\n  - post: /\n    body: {{ base64: {written} }}\n"),
        5 => format!("  - set: {{ value: {expression} }}\n  - log: '${{value}}'\n"),
        6 => format!("  - if: {expression}\n    then: [ {{ think: 1s }} ]\n"),
        7 => format!(
            "  - for_each: {expression}\n    as: item\n    steps: [ {{ log: '${{item}}' }} ]\n  - repeat: {expression}\n    steps: [ {{ log: {expression} }} ]\n"
        ),
        _ => format!("  - get: /\n    check: {{ name: {} }}\n", quoted(&format!("body == ${{{text}}}"))),
    }
}

fuzz_target!(|input: (u8, &str)| {
    let (place, text) = input;
    let source = format!("{}{}", HEAD.trim_start(), step(place, text));
    if let Some((_, plan)) = plan_of(&source, &Options::default(), &inputs([])) {
        evaluate(&plan, b"{\"id\": \"a b/\xc3\xa9\", \"x\": \"xy\"}");
    }
});
