//! Any text as a check and as an extract, on any body: the first line is what is written, the rest is the body.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::scenario::Options;
use loadgen_fuzz::{evaluate, inputs, plan_of, quoted};

const HEAD: &str = "\
target: http://127.0.0.1:8080
load: { users: 1, duration: 1s }
variables: { name: Ann, limit: 200ms, number: 3 }
flow:
  - get: /
    ";

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (written, body) = input.split_at(end);
    let body = body.get(1..).unwrap_or_default();
    let Ok(written) = std::str::from_utf8(written) else { return };
    let written = quoted(written);
    let inputs = inputs([]);
    for use_of_it in [
        format!("expect: {written}"),
        format!("extract: {{ value: {written} }}"),
        format!("extract: {{ value: {{ from: {written}, pick: all, default: '${{name}}' }} }}"),
    ] {
        let source = format!("{HEAD}{use_of_it}\n");
        if let Some((_, plan)) = plan_of(&source, &Options::default(), &inputs) {
            evaluate(&plan, body);
        }
    }
});
