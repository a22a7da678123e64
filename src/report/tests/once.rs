//! Exchanges as they are shown, friendly and hostile ones.

use super::{fixture::HOSTILE, golden};
use crate::{
    model::{CheckRecord, ExchangeRecord, ExtractRecord, Phase, PhaseTimes, ResponseRecord, TaskResult},
    report::once::{exchange_text, once_summary},
};
use std::time::Duration;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn check(name: &str, is_expectation: bool, observed: Option<&str>) -> CheckRecord {
    let observed = observed.map(str::to_owned);
    CheckRecord { name: name.to_owned(), is_expectation, held: observed.is_none(), observed }
}

/// Of a request that made a connection.
fn phases() -> PhaseTimes {
    let mut times = PhaseTimes::default();
    for (phase, micros) in [
        (Phase::Blocked, 850),
        (Phase::Connecting, 310),
        (Phase::Sending, 45),
        (Phase::Waiting, 12_000),
        (Phase::Receiving, 300),
    ] {
        times.set(phase, Duration::from_micros(micros));
    }
    times
}

fn created() -> ExchangeRecord {
    let body = r#"{"id":7,"caption":"Other","tags":[],"by":{"name":"ann","score":1.50}}"#;
    let response = ResponseRecord {
        status: 201,
        reason: "Created".into(),
        protocol: Some("HTTP/1.1".into()),
        headers: pairs(&[("content-type", "application/json"), ("content-length", "68")]),
        body: body.into(),
        body_bytes: body.len() as u64,
    };
    ExchangeRecord {
        task: "check in".into(),
        name: "create check-in".into(),
        method: "POST".into(),
        url: "http://127.0.0.1:8080/api/v1/checkins?page=1".into(),
        request_headers: pairs(&[("authorization", "Bearer ****"), ("content-type", "application/json")]),
        request_body: Some(r#"{"challenge_id": 12, "caption": "Test check-in"}"#.into()),
        outcome: Ok(response),
        duration: Duration::from_micros(12_345),
        phases: phases(),
        connection: Some("new connection to 127.0.0.1:8080".into()),
        failed: false,
        checks: vec![
            check("status == 201", true, None),
            check("caption echoed", false, Some("it was \"Other\"")),
        ],
        extracts: vec![
            ExtractRecord { variable: "id".into(), value: Ok("7".into()) },
            ExtractRecord { variable: "token".into(), value: Err("`$.token` matches nothing".into()) },
        ],
    }
}

fn refused() -> ExchangeRecord {
    ExchangeRecord {
        task: "health".into(),
        name: "health".into(),
        method: "GET".into(),
        request_headers: vec![],
        request_body: None,
        outcome: Err("connect_refused: connection refused (os error 111)".into()),
        failed: true,
        checks: vec![],
        extracts: vec![],
        phases: PhaseTimes::default(),
        connection: None,
        ..created()
    }
}

fn answering(content_type: &str, body: &str, body_bytes: u64) -> ExchangeRecord {
    let response = ResponseRecord {
        status: 500,
        reason: String::new(),
        protocol: None,
        headers: pairs(&[("Content-Type", content_type)]),
        body: body.into(),
        body_bytes,
    };
    ExchangeRecord { outcome: Ok(response), ..refused() }
}

#[test]
fn an_exchange_that_went_well_and_one_without_response() {
    let text = exchange_text(&created(), 80, false) + "\n" + &exchange_text(&refused(), 80, false);
    golden::check("src/report/tests/golden/once-80.txt", &text);
}

#[test]
fn bodies_are_cut_and_what_is_left_out_is_counted() {
    let page = "<html>\n\n  <p>one line of a long page</p>\n".repeat(200);
    let list = format!("[{}1]", r#"{"id": 1, "name": "x"}, "#.repeat(40));
    let binary: String = "\u{fffd}PNG\r\n\u{1a}\n\0\0".repeat(50);
    let texts = [
        answering("text/html", &page[..2_000], 8_000),
        answering("application/json; charset=utf-8", &list, list.len() as u64),
        answering("application/json", &list[..500], 1 << 20),
        answering("text/plain", &"x".repeat(100_000), 100_000),
        answering("image/png", &binary, 4_321),
        answering("text/plain", "", 12),
        answering("text/plain", "", 0),
    ];
    let texts: Vec<String> = texts.iter().map(|record| exchange_text(record, 80, false)).collect();
    for text in &texts {
        assert!(text.lines().count() < 32, "{text}");
    }
    golden::check("src/report/tests/golden/once-bodies-80.txt", &texts.join("\n"));
}

#[test]
fn nothing_of_the_target_steers_the_terminal() {
    let bad = format!("{HOSTILE}{}\u{9b}2J\r\x08\u{2066}", "y".repeat(300));
    let mut hostile = answering(&bad, &format!("{bad}\n{bad}\t{bad}"), 9_999);
    for text in [&mut hostile.task, &mut hostile.name, &mut hostile.method, &mut hostile.url] {
        *text = bad.clone();
    }
    hostile.request_headers = vec![(bad.clone(), bad.clone()); 99];
    (hostile.connection, hostile.phases) = (Some(bad.clone()), phases());
    hostile.request_body = Some(format!(r#"{{"a": "{bad}"}}"#));
    hostile.checks = vec![check(&bad, true, Some(&bad)), check(&bad, false, None)];
    let value = |value| ExtractRecord { variable: bad.clone(), value };
    hostile.extracts = vec![value(Ok(bad.clone())), value(Err(bad.clone()))];
    if let Ok(response) = &mut hostile.outcome {
        (response.reason, response.protocol) = (bad.clone(), Some(bad.clone()));
    }
    let refused = ExchangeRecord { outcome: Err(bad.clone()), ..hostile.clone() };
    let tasks = [(bad.clone(), TaskResult::Passed), (bad.clone(), TaskResult::Failed(bad.clone()))];
    for width in 60..=130 {
        let all = [exchange_text(&hostile, width, false), exchange_text(&refused, width, false)];
        for line in all.concat().lines().chain(once_summary(&tasks, width, false).lines()) {
            assert!(line.chars().count() <= width, "{width}: {line}");
            let steers = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{2066}');
            assert!(!line.chars().any(steers), "{width}: {line:?}");
        }
    }
}

#[test]
fn colours_are_all_that_colour_adds() {
    for record in [created(), refused()] {
        let coloured = exchange_text(&record, 80, true);
        let plain: String = coloured
            .split("\x1b[")
            .enumerate()
            .map(|(at, part)| if at == 0 { part } else { part.split_once('m').expect("a colour ends").1 })
            .collect();
        assert_eq!(plain, exchange_text(&record, 80, false));
        assert_ne!(plain, coloured);
    }
}

#[test]
fn the_summary_has_a_line_per_task() {
    let failed = TaskResult::Failed("status == 201: it was 500".into());
    let tasks = [("browse".to_owned(), TaskResult::Passed), ("check in".to_owned(), failed)];
    let expected = "✓ browse\n✗ check in: status == 201: it was 500\n1 of 2 tasks failed\n";
    assert_eq!(once_summary(&tasks, 80, false), expected);
    assert_eq!(once_summary(&tasks[..1], 80, false), "✓ browse\n1 task passed\n");
}
