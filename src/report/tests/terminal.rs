//! The final text at several widths, and that nothing in it can steer a terminal.

use super::{
    fixture::{HOSTILE, Run},
    golden,
    markdown::{baseline, faster, markdown},
};
use crate::report::{
    Baseline,
    summary_v1::SummaryV1,
    terminal::{AgainstBaseline, Earlier, ResultFile, TerminalOptions, final_report, quiet_report},
};

pub(super) fn text(run: &Run, width: usize, color: bool) -> String {
    let folder = "results/shop-20260301T120000Z";
    let file = |what: &str, name: &str| {
        let (what, path) = (what.to_owned(), format!("{folder}/{name}"));
        ResultFile { what, path, has_no_rows: false }
    };
    let files = vec![file("for people", "report.html"), file("for programs", "summary.json")];
    let command = format!("loadgen compare results/shop-20260301T113000Z {folder}");
    let earlier = Some(Earlier { command, differs: None });
    let options = TerminalOptions { width, color, files, earlier, against: None };
    final_report(&run.results(), &options)
}

#[test]
fn the_text_of_a_run_that_has_everything() {
    for width in [60, 80, 100, 120] {
        golden::check(
            &format!("src/report/tests/golden/rich-{width}.txt"),
            &text(&Run::rich(), width, false),
        );
    }
}

#[test]
fn the_text_of_an_empty_and_of_a_passing_run() {
    golden::check("src/report/tests/golden/empty-80.txt", &text(&Run::empty(), 80, false));
    golden::check("src/report/tests/golden/passing-80.txt", &text(&Run::passing(), 80, false));
}

#[test]
fn the_text_of_a_run_whose_generator_stood_still() {
    golden::check("src/report/tests/golden/saturated-80.txt", &text(&Run::saturated(), 80, false));
}

#[test]
fn the_text_of_a_run_that_a_step_stopped_and_of_one_without_load() {
    golden::check("src/report/tests/golden/stopped-80.txt", &text(&Run::stopped(), 80, false));
    golden::check("src/report/tests/golden/without-load-80.txt", &text(&Run::without_load(), 80, false));
}

#[test]
fn the_text_of_a_run_whose_arrivals_did_not_all_find_a_user() {
    for width in [80, 120] {
        golden::check(
            &format!("src/report/tests/golden/open-{width}.txt"),
            &text(&Run::open(), width, false),
        );
    }
    let mut alone = Run::open();
    alone.catalog.workloads[0].is_open = false;
    alone.health = crate::judge::health(&alone.snapshot, &alone.catalog);
    assert!(!text(&alone, 120, false).contains("rrivals"), "only a rate has arrivals");
    assert!(!text(&Run::rich(), 120, false).contains("dropped"), "nothing was dropped");
}

#[test]
fn the_parts_stand_in_their_order() {
    let text = text(&Run::rich(), 100, false);
    let places = [
        "FAILED",
        "shop against",
        "Thresholds",
        "Service time",
        "Checks",
        "Errors",
        "Results",
        "Compare with",
    ]
    .map(|title| text.find(title).unwrap_or_else(|| panic!("no {title}: {text}")));
    assert!(places.is_sorted(), "{places:?}: {text}");
    let saturated = self::text(&Run::saturated(), 100, false);
    assert!(saturated.find("SATURATED") < saturated.find("p95 <"), "health before percentiles: {saturated}");
}

#[test]
fn what_helps_is_said_once_for_each_kind() {
    let text = text(&Run::rich(), 200, false);
    assert_eq!(text.matches("the target is overloaded").count(), 1, "two failures had status 503: {text}");
    assert_eq!(text.matches("→ nothing accepts connections").count(), 1, "{text}");
    assert_eq!(text.matches("on_end: recycle").count(), 1, "{text}");
    assert!(text.contains("first after 100ms at 12:00:00 UTC"), "{text}");
}

#[test]
fn the_tables_of_tasks_and_requests_are_whole_at_80_columns() {
    let text = text(&Run::rich(), 80, false);
    for (title, first) in [("Service time", "count"), ("Iterations", "completed")] {
        let header = text.lines().find(|line| line.starts_with(title)).expect("a table");
        for column in [first, "failed", "rate/s", "p50", "p95", "p99", "max"] {
            assert!(header.split_whitespace().any(|word| word == column), "{column}: {header}");
        }
    }
}

#[test]
fn every_line_fits_and_none_is_hostile() {
    let runs = [
        Run::rich(),
        Run::empty(),
        Run::passing(),
        Run::saturated(),
        Run::stopped(),
        Run::without_load(),
        Run::open(),
    ];
    for (at, mut run) in runs.into_iter().enumerate() {
        run.catalog.workloads[0].name += HOSTILE;
        run.info.name = format!("{HOSTILE}{}", "z".repeat(300));
        run.verdict.reason += HOSTILE;
        // What breaks does so over a stretch of widths, most of them narrow: each run has its own of them.
        let narrow = (60..=100).skip(at % 4).step_by(4);
        for width in [60, 80].into_iter().chain(narrow).chain([101 + 3 * at, 132, 200]) {
            for line in text(&run, width, false).lines() {
                let is_command = line.starts_with("  loadgen compare ");
                assert!(is_command || line.chars().count() <= width, "{width}: {line}");
                assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{width}: {line:?}");
            }
        }
    }
}

#[test]
fn colours_are_all_that_colour_adds() {
    let run = Run::rich();
    let coloured = text(&run, 100, true);
    let mut plain = String::new();
    for (index, part) in coloured.split("\x1b[").enumerate() {
        let skipped = if index == 0 { 0 } else { part.find('m').expect("a colour ends") + 1 };
        plain += &part[skipped..];
    }
    assert_eq!(plain, text(&run, 100, false));
    assert!(coloured.starts_with("\x1b[1;31mFAILED\x1b[0m"));
}

/// The text of a run against a baseline, with the command that prints the whole comparison.
fn against(run: &Run, baseline: &SummaryV1, width: usize) -> (String, String) {
    let baseline = Baseline::read("results/before", &baseline.to_json()).expect("a summary");
    let against = AgainstBaseline::new(&run.results(), &baseline);
    let against = against.in_full(vec!["loadgen compare results/before results/after".to_owned()]);
    let (files, earlier) = (Vec::new(), None);
    let options = TerminalOptions { width, color: false, files, earlier, against: Some(against) };
    (final_report(&run.results(), &options), quiet_report(&run.results(), &options))
}

#[test]
fn what_changed_against_a_baseline_is_told_as_markdown_tells_it() {
    let run = Run::rich();
    let now = run.summary();
    let (text, quiet) = against(&run, &faster(&now), 100);
    golden::check("src/report/tests/golden/rich-against-baseline-100.txt", &text);
    let markdown = markdown(&now, Some(&baseline(&faster(&now))));
    let title = markdown.lines().find_map(|line| line.strip_prefix("### Against the baseline: "));
    let title = title.expect("a comparison");
    assert!(text.contains(&format!("Against the baseline: {title}\n")), "{text}");
    assert!(quiet.contains(&format!("\nAgainst results/before: {title}\n")), "{quiet}");
    assert!(text.contains("\n  loadgen compare results/before results/after\n"), "{text}");
    // The same run once more has nothing to say but that.
    let mut same = now.clone();
    same.run.id = "shop-20260228T120000Z".to_owned();
    let (text, _) = against(&run, &same, 80);
    assert!(text.contains("Against the baseline: nothing regressed; 0 improved"), "{text}");
    assert!(!text.contains("•"), "{text}");
}

#[test]
fn why_a_baseline_is_not_compared_with_is_told_and_is_inert() {
    let run = Run::rich();
    let mut stopped = Run::stopped().summary();
    stopped.verdict.reason = format!("{HOSTILE}{}", "y".repeat(900));
    for width in [60, 80, 132] {
        let (text, quiet) = against(&run, &stopped, width);
        assert!(text.contains("Not compared with the baseline results/before\n"), "{text}");
        assert!(
            text.contains("is no whole run") && text.contains("\nCompare all the same\n  loadgen compare "),
            "{text}"
        );
        assert!(quiet.contains("\nNot compared with results/before: "), "{quiet}");
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        for text in [text, quiet] {
            assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
        }
    }
}

#[test]
fn many_hostile_changes_take_few_lines() {
    let run = Run::rich();
    let mut before = faster(&run.summary());
    let one = before.requests[0].clone();
    before.requests.extend((0..50).map(|n| {
        let name = format!("{n} {HOSTILE}{}", "n".repeat(200));
        crate::report::summary_v1::RequestV1 { name, ..one.clone() }
    }));
    let (plain, _) = against(&run, &faster(&run.summary()), 80);
    let (text, _) = against(&run, &before, 80);
    assert!(text.contains("only in the baseline: 50 names"), "{text}");
    assert!(text.lines().count() <= plain.lines().count() + 3, "{text}");
}

#[test]
fn the_verdict_comes_first() {
    assert!(text(&Run::rich(), 80, false).starts_with("FAILED  2 of 5 thresholds failed"));
    assert!(text(&Run::passing(), 80, false).starts_with("PASSED  1 threshold held\n"));
}
