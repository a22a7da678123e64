//! The JSONPath compliance test suite (RFC 9535) through loadgen's own extracts: each selector stands in a scenario,
//! as a user writes it, and is read, compiled and evaluated like any other.
//!
//! The suite is not part of this repository; without it the test says so and passes.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

use http::HeaderMap;
use loadgen::{
    plan::{Decoded, Extract, Inputs, Response, StepKind, Stream, UserRandom, Variables, build},
    scenario::{Options, parse},
};
use serde_json::Value as Json;
use std::{path::Path, time::Duration};

const SUITE: &str = "../shared/data/jsonpath-cts.json";

/// Selectors that are refused as they are, but read where they stand bare in an extract, because blanks around a path
/// do not belong to it there. In quotes they do.
const BLANKS_AROUND: [&str; 2] = [" $", "$ "];

/// The extract of a scenario in which `from` is the subject; `None` where it is refused.
fn compile(from: &str) -> Option<Extract> {
    // JSON's strings are YAML's double-quoted ones.
    let quoted = Json::from(from).to_string();
    let source = format!(
        "target: http://127.0.0.1:8080\nload: {{ users: 1, duration: 1s }}\nflow:\n  - get: /\n    extract: {{ x: {{ from: {quoted}, pick: all }} }}\n"
    );
    let plan = build(&parse(&source, &Options::default()).ok()?, &Inputs::default()).ok()?;
    let StepKind::Request(request) = &plan.workloads[0].tasks[0].steps[0].kind else { panic!("a request") };
    Some(request.extracts[0].clone())
}

/// What an extract takes of a document; no match is no nodes.
fn nodes(extract: &Extract, document: &Json) -> Json {
    let (headers, body) = (HeaderMap::new(), document.to_string());
    let response = Response {
        status: 200,
        headers: &headers,
        body: body.as_bytes(),
        is_whole: true,
        body_bytes: body.len() as u64,
        url: "http://127.0.0.1:8080/",
        protocol: None,
        duration: Duration::ZERO,
        waiting: None,
        decoded: Decoded::default(),
    };
    let variables = Variables { slots: &[], vu: 1, iteration: 0, ..Variables::default() };
    let taken = extract.evaluate(&response, &variables, &mut UserRandom::new(1, 1, Stream::Picks));
    taken.unwrap_or_else(|reason| {
        assert!(reason.contains("matches nothing"), "{reason}");
        Json::Array(Vec::new())
    })
}

/// What is wrong with a case, if anything.
fn difference(case: &Json) -> Option<String> {
    let selector = case["selector"].as_str().unwrap();
    let quoted = format!("json '{}'", selector.replace('\'', "''"));
    let bare = format!("json {selector}");
    for from in [quoted, bare] {
        let extract = compile(&from);
        if case["invalid_selector"] == true {
            let blanks = BLANKS_AROUND.contains(&selector) && !from.ends_with('\'');
            if extract.is_some() != blanks {
                return Some(format!("{from:?} is read, and should not be"));
            }
            continue;
        }
        let Some(extract) = extract else { return Some(format!("{from:?} is refused")) };
        let found = nodes(&extract, &case["document"]);
        let right = match case.get("result") {
            Some(result) => *result == found,
            None => case["results"].as_array().unwrap().contains(&found),
        };
        if !right {
            return Some(format!("{from:?} finds {found}"));
        }
    }
    None
}

#[test]
fn every_case_of_the_suite_passes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SUITE);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: the JSONPath compliance suite is not at {}", path.display());
        return;
    };
    let suite: Json = serde_json::from_str(&text).unwrap();
    let cases = suite["tests"].as_array().unwrap();
    assert!(cases.len() >= 700, "only {} cases", cases.len());
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| Some(format!("{}: {}", case["name"], difference(case)?))).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
