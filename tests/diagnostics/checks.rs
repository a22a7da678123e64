//! The grammar of checks: what is printed reads back as the same, and nothing that is read panics later.

use super::plan_of;
use http::{HeaderMap, HeaderValue};
use loadgen::{
    model::{Operator, Protocol, format_duration},
    plan::{Decoded, Inputs, Response, StepKind, Stream, UserRandom, Variables},
    scenario::{self, Check, CheckOperator, Operand, Options, Span, Spanned, Subject, Text, Work, parse},
};
use proptest::prelude::*;
use std::time::Duration;

/// A scenario whose only request has these keys; texts in them are JSON's, which are YAML's double-quoted ones.
fn source(keys: &str) -> String {
    format!(
        "target: http://127.0.0.1:8080\nload: {{ users: 1, duration: 1s }}\nflow:\n  - get: /\n    {keys}\n"
    )
}

fn in_quotes(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn read(text: &str) -> Result<Check, String> {
    let file = source(&format!("check: {{ it: {} }}", in_quotes(text)));
    let scenario = parse(&file, &Options::default()).map_err(|faults| format!("{text}: {faults:?}"))?;
    let Work::Flow(steps) = &scenario.workloads[0].work else { panic!("a flow") };
    let scenario::StepKind::Request(request) = &steps[0].kind else { panic!("a request") };
    Ok(request.check[0].clone())
}

/// The check without its places.
fn placeless(check: Check) -> Check {
    let span = Span::default();
    let name = |name: Spanned<String>| Spanned::new(name.value, span);
    let subject = match check.subject {
        Subject::Header(text) => Subject::Header(name(text)),
        Subject::Cookie(text) => Subject::Cookie(name(text)),
        Subject::Json(text) => Subject::Json(name(text)),
        Subject::Regex(text) => Subject::Regex(name(text)),
        Subject::Css { selector, attribute } => {
            Subject::Css { selector: name(selector), attribute: attribute.map(name) }
        }
        subject => subject,
    };
    Check { subject, operand: check.operand.map(placeless_operand), span, ..check }
}

fn placeless_operand(operand: Operand) -> Operand {
    match operand {
        // The pieces are what counts; the source differs by what had to be escaped.
        Operand::Text(text) => Operand::Text(Text::literal(text.as_literal().unwrap(), Span::default())),
        Operand::Regex(text) => Operand::Regex(Spanned::new(text.value, Span::default())),
        Operand::List(items) => Operand::List(items.into_iter().map(placeless_operand).collect()),
        operand => operand,
    }
}

fn print(check: &Check) -> String {
    let verbatim = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let subject = match &check.subject {
        Subject::Header(name) => format!("header {}", name.value),
        Subject::Cookie(name) => format!("cookie {}", name.value),
        Subject::Json(path) => format!("json {}", verbatim(&path.value)),
        Subject::Regex(pattern) => format!("regex /{}/", pattern.value),
        Subject::Css { selector, attribute: None } => format!("css {}", verbatim(&selector.value)),
        Subject::Css { selector, attribute: Some(name) } => {
            format!("css {} @{}", verbatim(&selector.value), name.value)
        }
        subject => subject.keyword().to_owned(),
    };
    let operator = match check.operator {
        CheckOperator::HasLength(operator) => format!("has length {}", operator.symbol()),
        operator => operator.words().to_owned(),
    };
    let operand = check.operand.as_ref().map(print_operand).unwrap_or_default();
    format!("{subject} {operator} {operand}")
}

fn print_operand(operand: &Operand) -> String {
    match operand {
        Operand::Int(number) => number.to_string(),
        Operand::Number(number) => format!("{number:?}"),
        Operand::Duration(time) => format_duration(*time),
        Operand::Size(bytes) => format!("{bytes}B"),
        Operand::Text(text) => {
            let escaped = text.source.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${");
            format!("\"{escaped}\"")
        }
        Operand::Bool(flag) => flag.to_string(),
        Operand::Null => "null".to_owned(),
        Operand::StatusClass(class) => format!("{class}xx"),
        Operand::Regex(pattern) => format!("/{}/", pattern.value),
        Operand::List(items) => {
            format!("[{}]", items.iter().map(print_operand).collect::<Vec<_>>().join(", "))
        }
    }
}

fn spanned(text: &str) -> Spanned<String> {
    Spanned::new(text.to_owned(), Span::default())
}

fn subject() -> impl Strategy<Value = Subject> {
    let names = prop::sample::select(vec!["content-type", "x-a", "sid"]).prop_map(spanned);
    let paths =
        prop::sample::select(vec!["$", "$.a", "$['it''s']", "$ .a [0]", "$[?@.a == \"b c\"]", "$..*"]);
    let selectors =
        prop::sample::select(vec!["h1", "ul > li", "a[rel=\"next\"]", "a[b='c d']", "li:not(.a > b)"]);
    let patterns = prop::sample::select(vec!["id=(\\d+)", "a\\/b", "^\"x y\"$"]).prop_map(spanned);
    prop_oneof![
        Just(Subject::Status),
        Just(Subject::Duration),
        Just(Subject::Waiting),
        Just(Subject::Size),
        Just(Subject::Body),
        Just(Subject::Url),
        Just(Subject::Protocol),
        names.clone().prop_map(Subject::Header),
        names.clone().prop_map(Subject::Cookie),
        paths.prop_map(|path| Subject::Json(spanned(path))),
        patterns.prop_map(Subject::Regex),
        (selectors, prop::option::of(names))
            .prop_map(|(selector, attribute)| Subject::Css { selector: spanned(selector), attribute }),
    ]
}

fn order() -> impl Strategy<Value = Operator> {
    prop::sample::select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
    ])
}

fn literal() -> impl Strategy<Value = Operand> {
    "[a-zé0-9 ,\\[\\]\"'\\\\$%{}/>=@#-]{0,12}"
        .prop_map(|text| Operand::Text(Text::literal(text, Span::default())))
}

/// What a subject may be compared with.
fn operand(subject: &Subject) -> BoxedStrategy<Operand> {
    match subject {
        Subject::Status => {
            prop_oneof![(100i64..600).prop_map(Operand::Int), (1u16..=5).prop_map(Operand::StatusClass)]
                .boxed()
        }
        Subject::Duration | Subject::Waiting => {
            (0u64..100_000).prop_map(|millis| Operand::Duration(Duration::from_millis(millis))).boxed()
        }
        Subject::Size => any::<u32>().prop_map(|bytes| Operand::Size(u64::from(bytes))).boxed(),
        Subject::Protocol => prop::sample::select(Protocol::ALL.to_vec())
            .prop_map(|protocol| Operand::Text(Text::literal(protocol.name(), Span::default())))
            .boxed(),
        _ => prop_oneof![
            any::<i64>().prop_map(Operand::Int),
            any::<f64>().prop_filter("a number", |number| number.is_finite()).prop_map(Operand::Number),
            any::<bool>().prop_map(Operand::Bool),
            Just(Operand::Null),
            literal(),
        ]
        .boxed(),
    }
}

fn check() -> impl Strategy<Value = Check> {
    subject().prop_flat_map(|subject| {
        let (single, list) = (operand(&subject), prop::collection::vec(operand(&subject), 1..4));
        let is =
            (order(), single).prop_map(|(operator, operand)| (CheckOperator::Is(operator), Some(operand)));
        let among = list.prop_map(|items| (CheckOperator::In, Some(Operand::List(items))));
        let words = vec![
            CheckOperator::Contains,
            CheckOperator::NotContains,
            CheckOperator::StartsWith,
            CheckOperator::EndsWith,
        ];
        let part = (prop::sample::select(words), literal()).prop_map(|(words, text)| (words, Some(text)));
        let matches = prop::sample::select(vec!["a+", "\\/x\\d", "[\"']"])
            .prop_map(|pattern| (CheckOperator::Matches, Some(Operand::Regex(spanned(pattern)))));
        let presence = prop::sample::select(vec![CheckOperator::Exists, CheckOperator::IsMissing])
            .prop_map(|words| (words, None));
        let length = (order(), any::<u32>()).prop_map(|(operator, length)| {
            (CheckOperator::HasLength(operator), Some(Operand::Int(i64::from(length))))
        });
        let body = matches!(subject, Subject::Body);
        let tests = match subject {
            Subject::Status | Subject::Duration | Subject::Waiting | Subject::Size => {
                prop_oneof![is, among].boxed()
            }
            Subject::Url | Subject::Protocol => prop_oneof![among, part, matches].boxed(),
            _ if body => prop_oneof![is, among, part, matches, length].boxed(),
            _ => prop_oneof![is, among, part, matches, presence, length].boxed(),
        };
        tests.prop_map(move |(operator, operand)| Check {
            name: "it".to_owned(),
            subject: subject.clone(),
            operator,
            operand,
            span: Span::default(),
        })
    })
}

/// A text that begins like a check, and then goes on like one or not.
fn sloppy() -> impl Strategy<Value = String> {
    let words = vec![
        "status",
        "duration",
        "waiting",
        "size",
        "body",
        "url",
        "protocol",
        "header",
        "cookie",
        "json",
        "regex",
        "css",
        "x-a",
        "$.a",
        "$.a[",
        "$[?@.a==1]",
        "$['a']",
        "'$.b'",
        "h1",
        "ul > li",
        "a[b=\"c\"]",
        "@href",
        "li:nth(",
        "/a+/",
        "/(/",
        "/x/i",
        "==",
        "!=",
        "<",
        ">",
        ">=",
        "contains",
        "not contains",
        "matches",
        "starts with",
        "ends with",
        "in",
        "exists",
        "is missing",
        "has length",
        "[1, 2]",
        "[${vu}, 'a,b']",
        "[",
        "]",
        "200",
        "2xx",
        "1e999",
        "-0",
        "NaN",
        "inf",
        "200ms",
        "64KiB",
        "h2",
        "true",
        "null",
        "\"a \\\" b\"",
        "'",
        "\"",
        "${vu}",
        "${iteration}",
        "${",
        "$${x}",
        "é",
        "\\",
    ];
    prop::collection::vec((prop::sample::select(words), prop::sample::select(vec!["", " ", "  "])), 1..6)
        .prop_map(|pieces| pieces.into_iter().map(|(word, blank)| format!("{word}{blank}")).collect())
}

const BODIES: [&str; 4] = [
    "",
    "{\"a\": [1, {\"b\": \"x\"}], \"n\": 1e300, \"big\": 18446744073709551615}",
    "<ul><li>1<li a=2>b</ul><a href=x>é",
    "200ms \u{0} NaN",
];

/// Compiles a request with these keys, if they are sound, and evaluates all that it has.
fn evaluate(keys: &str) -> Result<(), TestCaseError> {
    let Ok(plan) = plan_of(&source(keys), &Options::default(), &Inputs::default()) else { return Ok(()) };
    let StepKind::Request(request) = &plan.workloads[0].tasks[0].steps[0].kind else { panic!("a request") };
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-a",
        HeaderValue::from_bytes(b"\xff1").map_err(|error| TestCaseError::fail(error.to_string()))?,
    );
    headers.insert("set-cookie", HeaderValue::from_static("sid"));
    let slots = vec![None; plan.workloads[0].slots];
    let variables = Variables { slots: &slots, vu: 1, iteration: 0, ..Variables::default() };
    let mut random = UserRandom::new(1, 1, Stream::Picks);
    for body in BODIES {
        let response = Response {
            status: 200,
            headers: &headers,
            body: body.as_bytes(),
            is_whole: true,
            body_bytes: body.len() as u64,
            url: "http://127.0.0.1:8080/",
            protocol: None,
            duration: Duration::from_millis(3),
            waiting: None,
            decoded: Decoded::default(),
        };
        for check in &request.checks {
            let _ = check.evaluate(&response, &variables);
        }
        for extract in &request.extracts {
            let _ = extract.evaluate(&response, &variables, &mut random);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_check_reads_back_as_it_was_printed(check in check()) {
        let printed = print(&check);
        let read = read(&printed).map_err(TestCaseError::fail)?;
        prop_assert_eq!(placeless(read), check, "{}", printed);
    }

    #[test]
    fn what_is_read_never_panics(text in sloppy(), pick in prop::sample::select(vec!["first", "last", "all", "random", "3"])) {
        let text = in_quotes(&text);
        evaluate(&format!("check: [ {text} ]"))?;
        evaluate(&format!("extract: {{ x: {{ from: {text}, pick: {pick}, default: {text} }} }}"))?;
    }

    #[test]
    fn no_text_at_all_panics(text in "(json|css|regex|header|body|status|url)? ?\\PC{0,24}") {
        let text = in_quotes(&text);
        evaluate(&format!("check: [ {text} ]"))?;
        evaluate(&format!("extract: {{ x: {text} }}"))?;
    }

    #[test]
    fn no_path_and_no_selector_panics(
        kind in prop::sample::select(vec!["json $", "css ", "css a", "regex /"]),
        rest in "[a-c0-1 .\\[\\]()?@=!<>&|'\"*:,#>+~/\\\\$-]{0,16}",
    ) {
        let text = in_quotes(&format!("{kind}{rest}"));
        evaluate(&format!("check: [ {text} ]"))?;
        evaluate(&format!("extract: {{ x: {text} }}"))?;
    }
}
