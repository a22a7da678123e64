//! Made-up runs in Markdown: as they are, against a baseline, hostile, and huge.

use super::{
    fixture::{HOSTILE, Run},
    golden,
};
use crate::{
    measure::Latency,
    report::{
        Baseline, HeatMap,
        comparison_v1::read_run,
        exports::{Export, Exported},
        summary_v1::{ErrorV1, SummaryV1, TrendV1},
    },
};
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::time::Duration;

pub(super) fn markdown(summary: &SummaryV1, baseline: Option<&Baseline>) -> String {
    let exported = Exported { summary, heat_map: &HeatMap::default(), baseline };
    String::from_utf8(Export::Markdown.bytes(&exported)).expect("UTF-8")
}

/// The same run once more, in which a request was five times as fast as it is now.
pub(super) fn faster(summary: &SummaryV1) -> SummaryV1 {
    let mut before = summary.clone();
    before.run.id = "shop-20260228T120000Z".to_owned();
    before.run.started_at = "2026-02-28T12:00:00Z".to_owned();
    let mut latency = Latency::new();
    (1..=720).for_each(|n| latency.record(Duration::from_millis(1) + Duration::from_micros(17) * n));
    before.requests[0].duration_ms = TrendV1::new(&latency);
    before
}

pub(super) fn baseline(summary: &SummaryV1) -> Baseline {
    let measured = read_run("results/before", &summary.to_json()).expect("a summary");
    Baseline { place: "results/before".to_owned(), summary: summary.clone(), measured }
}

#[test]
fn runs_are_told_in_markdown() {
    let runs = [
        ("passing", Run::passing()),
        ("rich", Run::rich()),
        ("open", Run::open()),
        ("saturated", Run::saturated()),
        ("stopped", Run::stopped()),
        ("without-load", Run::without_load()),
    ];
    for (name, run) in runs {
        golden::check(&format!("src/report/tests/golden/{name}.md"), &markdown(&run.summary(), None));
    }
}

#[test]
fn a_baseline_is_compared_with_where_that_makes_sense() {
    let summary = Run::rich().summary();
    let compared = markdown(&summary, Some(&baseline(&faster(&summary))));
    golden::check("src/report/tests/golden/rich-against-baseline.md", &compared);
    assert!(compared.contains("### Against the baseline: 3 numbers regressed"), "{compared}");
    let refused = markdown(&summary, Some(&baseline(&Run::stopped().summary())));
    assert!(refused.contains("### ⚠️ Not compared with results/before\n\n- results/before is no whole run"));
}

/// What a reader of Markdown makes of it: the kinds of its parts, with the texts left out.
fn structure(text: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let kinds = Parser::new_ext(text, options).filter_map(|event| match event {
        Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("a link: {text}"),
        Event::Start(tag) => Some(format!("{tag:?}")),
        Event::Html(html) | Event::InlineHtml(html) => Some(html.into_string()),
        Event::Text(_) | Event::SoftBreak => None,
        Event::End(end) => Some(format!("{end:?}")),
        other => Some(format!("{:?}", std::mem::discriminant(&other))),
    });
    let kinds: Vec<String> = kinds.collect();
    assert!(kinds.len() > 20, "{text}");
    kinds
}

/// The summary with `text` wherever a name or a sample of others stands.
fn named(summary: &SummaryV1, text: &str) -> SummaryV1 {
    let mut summary = summary.clone();
    let run = &mut summary.run;
    for place in [&mut run.name, &mut run.scenario_file, &mut run.target, &mut run.id] {
        *place = text.to_owned();
    }
    summary.verdict.reason = text.to_owned();
    summary.run.environment = Some(text.to_owned());
    let errors = summary.errors.iter_mut();
    errors.for_each(|error| {
        for place in [&mut error.error, &mut error.name, &mut error.sample] {
            *place = text.to_owned();
        }
    });
    for check in &mut summary.checks {
        (check.name, check.request) = (text.to_owned(), text.to_owned());
    }
    summary.requests.iter_mut().for_each(|request| request.name = text.to_owned());
    summary.thresholds.iter_mut().for_each(|threshold| threshold.metric = text.to_owned());
    for once in [&mut summary.setup, &mut summary.teardown].into_iter().flatten() {
        once.errors = vec![text.to_owned(); 3];
    }
    summary
}

#[test]
fn names_and_samples_are_text_whatever_they_are() {
    let stopped = Run::stopped().summary();
    let named = |text: &str| named(&stopped, text);
    let harmless = structure(&markdown(&named("a name"), None));
    for hostile in [
        HOSTILE,
        "<script>alert(1)</script>",
        "</details></details><img src=x onerror=alert(1)>",
        "a | b | c",
        "`code` ``` **bold** __bold__ ~~gone~~ ~a~ [link](http://x) ![image](http://x)",
        "- a",
        "1. a",
        "# heading",
        "    code",
        "> quote",
        "===",
        "---",
        "a\n\n# b\n|---|\n",
        "[^1]: note",
        "<!-- comment",
        "&lt;b&gt; \\| \\",
        "http://example.com/ www.example.com a@example.com <http://example.com>",
    ] {
        assert_eq!(structure(&markdown(&named(hostile), None)), harmless, "{hostile:?}");
    }
    let pinging = markdown(&named("@everyone #1 GH-1 http://x.example www.x.example"), None);
    for call in ["@everyone", "#1", "http://x", "www.x"] {
        assert!(!pinging.contains(call), "{call}: {pinging}");
    }
}

#[test]
fn a_command_cannot_leave_its_block() {
    let mut summary = Run::passing().summary();
    let plain = structure(&markdown(&summary, None));
    summary.run.command = "loadgen run a.yaml --tag 'x=````' \n```\n# b <b>".to_owned();
    assert_eq!(structure(&markdown(&summary, None)).len(), plain.len());
}

/// A run of a hundred of everything, with names of a kilobyte.
fn huge(text: &str) -> SummaryV1 {
    let mut summary = named(&Run::stopped().summary(), &text.repeat(1_000));
    fn many<T: Clone>(list: &mut Vec<T>) {
        let few = list.clone();
        *list = few.into_iter().cycle().take(100).collect();
    }
    many(&mut summary.thresholds);
    many(&mut summary.checks);
    many(&mut summary.requests);
    many::<ErrorV1>(&mut summary.errors);
    if let Some(once) = &mut summary.teardown {
        many(&mut once.errors);
    }
    summary
}

#[test]
fn no_run_is_too_large_for_a_comment() {
    for (text, is_compared) in [("<", true), ("\u{202e}", false), ("@", false)] {
        let mut summary = huge(text);
        // Each name once, so that all of them are compared.
        for (number, request) in summary.requests.iter_mut().enumerate() {
            request.name = format!("{number} {}", request.name);
        }
        (summary.verdict.exit_code, summary.verdict.incomplete) = (99, false);
        let mut base = summary.clone();
        base.run.id = "before".to_owned();
        for baseline in [None, is_compared.then(|| baseline(&base))] {
            let text = markdown(&summary, baseline.as_ref());
            let length = text.chars().count();
            assert!(length <= 60_000, "{length}");
            assert!(text.matches("are left out here").count() >= 3, "{text}");
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
            assert_eq!(text.contains("are shown here"), baseline.is_some());
        }
    }
}

#[test]
fn what_fails_is_shown_where_not_everything_is() {
    let mut summary = Run::passing().summary();
    let one = summary.thresholds[0].clone();
    summary.thresholds.extend(vec![one.clone(); 300]);
    let mut failed = one;
    (failed.passed, failed.metric) = (false, "the one that failed".to_owned());
    summary.thresholds.push(failed);
    let request = summary.requests[0].clone();
    summary.requests.extend(vec![request.clone(); 300]);
    let mut failing = request;
    (failing.failed, failing.failed_rate) = (500, Some(0.5));
    failing.name = "the failing one".to_owned();
    summary.requests.push(failing);
    let text = markdown(&summary, None);
    assert!(text.contains("the one that failed") && text.contains("the failing one"), "{text}");
}
