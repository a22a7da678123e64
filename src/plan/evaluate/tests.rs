//! Checks on one response, from text to result.

use super::super::{check::Check, scope::Scope};
use super::*;
use crate::{
    model::CheckId,
    scenario::{Options, Step, Work, parse},
};
use http::{HeaderMap, HeaderValue};
use std::{collections::BTreeMap, time::Duration};

fn compile(expression: &str) -> Check {
    let quoted = expression.replace('\'', "''");
    let file = format!(
        "target: http://127.0.0.1\nload: {{users: 1, duration: 1s}}\nflow:\n  - get: /\n    check:\n      - '{quoted}'\n"
    );
    let scenario =
        parse(&file, &Options::default()).unwrap_or_else(|faults| panic!("{expression}: {faults:?}"));
    let Work::Flow(steps) = &scenario.workloads[0].work else { panic!("a flow") };
    let Step::Request(request) = &steps[0] else { panic!("a request") };
    let env = BTreeMap::new();
    let mut scope = Scope::constants(&env).with_slots([("id".to_owned(), "here".to_owned())]);
    scope.assign("id");
    let mut faults = crate::scenario::Faults::default();
    let check = Check::compile(&request.check[0], CheckId(0), false, &scope, &mut faults);
    check.unwrap_or_else(|| panic!("{expression}: {:?}", faults.into_sorted()))
}

fn holds(expression: &str) -> Result<(), String> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("x-count", HeaderValue::from_static("12"));
    let body = br#"{"id": 7, "name": "Ada", "tags": ["a", "b"], "ok": true, "none": null, "price": 1.5}"#;
    let response = Response::new(201, &headers, body, body.len() as u64, Duration::from_millis(150));
    let slots = [Some(Json::from(7))];
    let variables = Variables { slots: &slots, vu: 1, iteration: 0 };
    compile(expression).evaluate(&response, &variables)
}

#[test]
fn checks_that_hold() {
    for expression in [
        "status == 201",
        "status == 2xx",
        "status != 5xx",
        "status==201",
        "duration<200ms",
        "status < 300",
        "status in [200, 201]",
        "duration < 200ms",
        "duration >= 0.15s",
        "size < 1KiB",
        "header content-type contains json",
        "header Content-Type == application/json",
        "header x-count > 9",
        "header x-gone is missing",
        "body contains \"Ada\"",
        "body not contains Bob",
        "body matches /\"id\": \\d+/",
        "body starts with {",
        "json $.id == 7",
        "json $.id == ${id}",
        "json $.id != 8",
        "json $.name == Ada",
        "json $.name == \"Ada\"",
        "json $.name ends with da",
        "json $.name in [Bob, Ada]",
        "json $.tags has length 2",
        "json $.tags has length > 1",
        "json $.tags contains b",
        "json $.tags[?@ == \"b\"] exists",
        "json $ contains name",
        "json $.ok == true",
        "json $.none == null",
        "json $.none exists",
        "json $.gone is missing",
        "json $.price < 2",
        "regex /\"id\": (\\d+)/ == 7",
    ] {
        assert_eq!(holds(expression), Ok(()), "{expression}");
    }
}

#[test]
fn checks_that_do_not_hold_say_what_was_seen() {
    for (expression, seen) in [
        ("status == 200", "it was 201"),
        ("status == 4xx", "it was 201"),
        ("duration < 100ms", "it was 150ms"),
        ("size > 1KiB", "it was 84 B"),
        ("header x-gone exists", "there is no header `x-gone`"),
        ("header x-gone != a", "there is no header `x-gone`"),
        ("json $.id == \"7\"", "it was 7"),
        ("json $.name == 7", "it was \"Ada\""),
        ("json $.name < 7", "it was \"Ada\""),
        ("json $.gone != 1", "`$.gone` matches nothing"),
        ("json $.ok == false", "it was true"),
        ("json $.tags has length 3", "it was [\"a\",\"b\"]"),
        ("regex /nothing/ exists", "`/nothing/` matches nothing"),
    ] {
        assert_eq!(holds(expression), Err(seen.to_owned()), "{expression}");
    }
}

#[test]
fn a_body_that_is_not_json_fails_the_check_with_the_reason() {
    let headers = HeaderMap::new();
    let response = Response::new(200, &headers, b"<html>", 6, Duration::ZERO);
    let variables = Variables { slots: &[], vu: 1, iteration: 0 };
    let error = compile("json $.id == 1").evaluate(&response, &variables).expect_err("not JSON");
    assert!(error.starts_with("the body is not JSON"), "{error}");
}
