//! Checks and extracts on one response, from text to result.

use super::super::{
    check::{Check, Extract},
    random::Stream,
    response::Decoded,
    scope::Scope,
};
use super::*;
use crate::{
    model::CheckId,
    scenario::{Diagnostic, Faults, Options, Request, StepKind, Work, parse},
};
use http::{HeaderMap, HeaderValue};
use std::{collections::BTreeMap, time::Duration};

const JSON: &[u8] = br#"{"id": 7, "name": "Ada", "tags": ["a", "b"], "ok": true, "none": null, "price": 1.5,
    "big": 9007199254740993, "quote": "say \"hi\"", "version": "1.10"}"#;
const HTML: &[u8] = br#"<!doctype html><title>Shop</title><ul class="menu"><li>One</li><li> Two
    </li></ul><a href="/next?page=2" rel=next>next</a> <a>none</a> <p class=price>12.50</p>
    <svg viewBox="0 0 1 1"></svg><div><p>in</p></div>"#;

fn request(keys: &str) -> Request {
    let file = format!(
        "target: http://127.0.0.1\nload: {{users: 1, duration: 1s}}\nvariables: {{ limit: 200ms, codes: [200, 201], ok: 2xx, h2: HTTP/2 }}\nflow:\n  - get: /\n    {keys}\n"
    );
    let scenario = parse(&file, &Options::default()).unwrap_or_else(|faults| panic!("{keys}: {faults:?}"));
    let Work::Flow(steps) = &scenario.workloads[0].work else { panic!("a flow") };
    let StepKind::Request(request) = &steps[0].kind else { panic!("a request") };
    (**request).clone()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// With the variables `id`, which is 7, `text`, which is "x", and constants.
fn scoped<T>(work: impl FnOnce(&mut Scope<'_>, &mut Faults) -> Option<T>) -> Result<T, Vec<Diagnostic>> {
    let env = BTreeMap::new();
    let slots = ["id", "text", "list", "found"].map(|name| (name.to_owned(), "here".to_owned()));
    let mut scope = Scope::constants(&env).with_variables(slots);
    scope.define("limit", Json::from("200ms"));
    scope.define("codes", Json::from(vec![200, 201]));
    scope.define("ok", Json::from("2xx"));
    scope.define("h2", Json::from("h2"));
    for name in ["id", "text", "list"] {
        scope.assign(name);
    }
    let mut faults = Faults::default();
    let made = work(&mut scope, &mut faults);
    made.ok_or_else(|| faults.into_sorted())
}

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("x-count", HeaderValue::from_static("12"));
    headers.insert("x-code", HeaderValue::from_static("007"));
    headers.insert("x-odd", HeaderValue::from_static("NaN"));
    headers.append("x-many", HeaderValue::from_static("one"));
    headers.append("x-many", HeaderValue::from_static("two"));
    headers.append("set-cookie", HeaderValue::from_static("sid=old; Path=/"));
    headers.append("set-cookie", HeaderValue::from_static("sid = new=1; HttpOnly"));
    headers.append("set-cookie", HeaderValue::from_static("other=x"));
    headers
}

fn response<'r>(headers: &'r HeaderMap, body: &'r [u8]) -> Response<'r> {
    Response {
        status: 201,
        headers,
        body,
        is_whole: true,
        body_bytes: body.len() as u64,
        url: "http://127.0.0.1/items?page=2",
        protocol: Some(Protocol::Http2),
        duration: Duration::from_millis(150),
        waiting: Some(Duration::from_millis(120)),
        decoded: Decoded::default(),
    }
}

fn slots() -> Vec<Option<Json>> {
    vec![Some(Json::from(7)), Some(Json::from("x")), Some(serde_json::json!(["a", 7])), None]
}

fn holds_in(expression: &str, body: &[u8]) -> Result<(), String> {
    let request = request(&format!("check: [ {} ]", quoted(expression)));
    let check = scoped(|scope, faults| Check::compile(&request.check[0], CheckId(0), false, scope, faults));
    let check = check.unwrap_or_else(|faults| panic!("{expression}: {faults:?}"));
    let (headers, slots) = (headers(), slots());
    let variables = Variables { slots: &slots, vu: 1, iteration: 0, ..Variables::default() };
    check.evaluate(&response(&headers, body), &variables)
}

fn holds(expression: &str) -> Result<(), String> {
    holds_in(expression, JSON)
}

#[test]
fn checks_that_hold() {
    for expression in [
        "status == 201",
        "status == \"201\"",
        "status == 2xx",
        "status != 5XX",
        "status==201",
        "duration<200ms",
        "status < 300",
        "status in [200, 201]",
        "status in [4xx, 2xx]",
        "status in ${codes}",
        "status == ${ok}",
        "status in [404, \"${ok}\"]",
        "duration < 200ms",
        "duration < ${limit}",
        "duration >= 0.15s",
        "waiting <= 120ms",
        "size < 1KiB",
        "size > 0B",
        "size in [1B, \"155B\", 2MiB]",
        "url contains page=2",
        "url == http://127.0.0.1/items?page=2",
        "url matches /items\\?page=\\d$/",
        "protocol == HTTP/2",
        "protocol == h2",
        "protocol == 2",
        "protocol == \"http/2\"",
        "protocol == ${h2}",
        "protocol != 1.1",
        "protocol in [http/1.1, h2]",
        "protocol starts with HTTP",
        "cookie sid == new=1",
        "cookie other exists",
        "cookie gone is missing",
        "header content-type contains json",
        "header Content-Type == application/json",
        "header \"x-count\" > 9",
        "header x-count>9",
        "header x-code == 007",
        "header x-code == 7",
        "header x-code != 07",
        "header x-odd == NaN",
        "header x-gone is missing",
        "body contains \"Ada\"",
        "body not contains Bob",
        "body contains 1.10",
        "body contains \"say \\\\\\\"hi\"",
        "body matches /\"id\": \\d+/",
        "body starts with {",
    ] {
        assert_eq!(holds(expression), Ok(()), "{expression}");
    }
}

#[test]
fn checks_on_json_that_hold() {
    for expression in [
        "json $.id == 7",
        "json $.id==7",
        "json $ .id == 7",
        "json '$.id' == 7",
        "json $.id == ${id}",
        "json $.id in [${id}, 8]",
        "json $.id in ${list}",
        "json $.id in [\"${text}\", 7]",
        "json $.id != 8",
        "json $.big == 9007199254740993",
        "json $.big != 9007199254740992",
        "json $.name == Ada",
        "json $.name == \"Ada\"",
        "json $.name ends with da",
        "json $.name in [Bob, 'Ada']",
        "json $.quote == \"say \\\"hi\\\"\"",
        "json $.quote == 'say \"hi\"'",
        "json $.tags has length 2",
        "json $.tags has length > 1",
        "json $.tags has length < ${id}",
        "json $.tags contains b",
        "json $.tags[?@ == \"b\"] exists",
        "json $ contains name",
        "json $.ok == true",
        "json $.none == null",
        "json $.none exists",
        "json $.gone is missing",
        "json $.price < 2",
        "json $.price < 1.6e0",
        "regex /\"id\": (\\d+)/ == 7",
    ] {
        assert_eq!(holds(expression), Ok(()), "{expression}");
    }
}

#[test]
fn checks_on_html() {
    for expression in [
        "css title == Shop",
        "css ul.menu > li == One",
        "css 'ul > li' > Om",
        "css .price > 12",
        "css \".price\" > 12",
        "css a[rel=\"next\"] @href ends with page=2",
        "css a@href contains next",
        "css a @rel == next",
        "css svg @viewbox exists",
        "css li:nth-child(2) == Two",
        "css a @gone is missing",
        "css h1 is missing",
        "css div > p has length 2",
        "css li, p == One",
    ] {
        assert_eq!(holds_in(expression, HTML), Ok(()), "{expression}");
    }
    assert_eq!(holds_in("css h1 == a", HTML), Err("`h1` matches nothing".to_owned()));
    let seen = "`li` matches nothing that has an attribute `href`".to_owned();
    assert_eq!(holds_in("css li @href exists", HTML), Err(seen));
}

#[test]
fn checks_that_do_not_hold_say_what_was_seen() {
    for (expression, seen) in [
        ("status == 200", "it was 201"),
        ("status == 4xx", "it was 201"),
        ("duration < 100ms", "it was 150ms"),
        ("waiting < 100ms", "it was 120ms"),
        ("size > 1KiB", "it was 155 B"),
        ("protocol == HTTP/1.1", "it was HTTP/2"),
        ("url ends with /", "it was \"http://127.0.0.1/items?page=2\""),
        ("cookie sid == old", "it was \"new=1\""),
        ("cookie gone exists", "no cookie `gone` was set"),
        ("header x-gone exists", "there is no header `x-gone`"),
        ("header x-gone != a", "there is no header `x-gone`"),
        ("header x-odd < 5", "it was \"NaN\""),
        ("json $.id == \"7\"", "it was 7"),
        ("json $.name == 7", "it was \"Ada\""),
        ("json $.name < 7", "it was \"Ada\""),
        ("json $.gone != 1", "`$.gone` matches nothing"),
        ("json $.ok == false", "it was true"),
        ("json $.tags has length 3", "it was [\"a\",\"b\"]"),
        ("json $.id has length 1", "it was 7"),
        ("json $.version == 1.1", "it was \"1.10\""),
        ("regex /nothing/ exists", "`/nothing/` matches nothing"),
        // What a template gave cannot be compared with.
        ("duration < ${id}", "`7` has no unit"),
        ("protocol == ${text}", "\"x\" is no protocol that loadgen speaks"),
        ("json $.tags has length ${text}", "\"x\" is no length"),
        ("json $.id in ${text}", "\"x\" is no list"),
    ] {
        assert_eq!(holds(expression), Err(seen.to_owned()), "{expression}");
    }
}

#[test]
fn a_body_that_is_not_json_fails_the_check_with_the_reason() {
    let error = holds_in("json $.id == 1", b"<html>").expect_err("not JSON");
    assert!(error.starts_with("the body is not JSON"), "{error}");
}

#[test]
fn a_body_that_was_not_kept_whole_is_not_decoded() {
    let headers = HeaderMap::new();
    let cut = Response { is_whole: false, body_bytes: 9_999, ..response(&headers, HTML) };
    assert!(cut.html().expect_err("cut").contains("of 9999 bytes"));
    assert!(cut.json().expect_err("cut").contains("of 9999 bytes"));
}

fn extracted(extract: &str, body: &[u8], seed: u64) -> Result<Json, String> {
    let request = request(&format!("extract:\n      found: {extract}"));
    let extract = scoped(|scope, faults| Extract::compile(&request.extract[0], scope, faults));
    let extract = extract.unwrap_or_else(|faults| panic!("{faults:?}"));
    let (headers, slots) = (headers(), slots());
    let variables = Variables { slots: &slots, vu: 1, iteration: 0, ..Variables::default() };
    let mut random = UserRandom::new(seed, 1, Stream::Picks);
    extract.evaluate(&response(&headers, body), &variables, &mut random)
}

#[test]
fn extracts_take_what_they_pick() {
    use serde_json::json;
    for (extract, value) in [
        ("json $.tags[*]", json!("a")),
        ("{ from: 'json $.tags[*]', pick: last }", json!("b")),
        ("{ from: 'json $.tags[*]', pick: all }", json!(["a", "b"])),
        ("{ from: 'json $.tags[*]', pick: 1 }", json!("b")),
        ("{ from: 'json $.tags', pick: all }", json!([["a", "b"]])),
        ("{ from: json $.none, default: 1 }", json!(null)),
        ("{ from: json $.gone, default: 1 }", json!(1)),
        ("{ from: json $.gone, default: null }", json!(null)),
        ("{ from: json $.gone, default: '${id}' }", json!(7)),
        ("{ from: json $.gone, default: 'n${id}' }", json!("n7")),
        ("{ from: json $.gone, default: { a: ['${id}', '${codes}'] } }", json!({"a": [7, [200, 201]]})),
        ("{ from: json $.gone, pick: all, default: [] }", json!([])),
        ("{ from: 'json $.tags[*]', pick: 5, default: none }", json!("none")),
        ("header x-many", json!("one")),
        ("{ from: header x-many, pick: last }", json!("two")),
        ("{ from: header x-many, pick: all }", json!(["one", "two"])),
        ("cookie sid", json!("new=1")),
        ("{ from: cookie sid }", json!("new=1")),
        ("{ from: cookie sid, pick: first }", json!("old")),
        ("{ from: cookie sid, pick: all }", json!(["old", "new=1"])),
        ("{ from: 'regex /\"(\\w+)\":/', pick: 1 }", json!("name")),
        ("{ from: 'regex /true|null/', pick: all }", json!(["true", "null"])),
        ("status", json!(201)),
        ("{ from: size, pick: first }", json!(155)),
        ("duration", json!(150.0)),
        ("protocol", json!("HTTP/2")),
        ("url", json!("http://127.0.0.1/items?page=2")),
    ] {
        assert_eq!(extracted(extract, JSON, 1), Ok(value), "{extract}");
    }
    for (extract, value) in [
        ("css li", json!("One")),
        ("{ from: css li, pick: all }", json!(["One", "Two"])),
        ("{ from: css a @href, pick: all }", json!(["/next?page=2"])),
        ("{ from: css h1, default: '' }", json!("")),
    ] {
        assert_eq!(extracted(extract, HTML, 1), Ok(value), "{extract}");
    }
}

#[test]
fn extracts_without_a_match_say_what_was_there() {
    for (extract, reason) in [
        ("json $.gone", "`$.gone` matches nothing; the body starts with: {\"id\""),
        (
            "{ from: 'json $.tags[*]', pick: 2 }",
            "it has 2 matches, and so none of number 2, counted from 0; the body",
        ),
        ("{ from: json $.gone, pick: all }", "`$.gone` matches nothing; the body"),
        ("{ from: css h1, pick: random }", "`h1` matches nothing; the body"),
        ("header x-gone", "there is no header `x-gone`"),
    ] {
        let error = extracted(extract, JSON, 1).expect_err(extract);
        assert!(error.starts_with(reason), "{extract}: {error}");
    }
}

#[test]
fn random_picks_follow_the_seed_and_reach_every_match() {
    let pick = |seed| extracted("{ from: 'json $.tags[*]', pick: random }", JSON, seed).expect("a match");
    assert_eq!(pick(1), pick(1));
    let mut seen: Vec<String> = (0..50).map(|seed| pick(seed).to_string()).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, ["\"a\"", "\"b\""]);
}
