//! The final text at several widths, and that nothing in it can steer a terminal.

use super::{
    fixture::{HOSTILE, Run},
    golden,
};
use crate::report::terminal::{TerminalOptions, final_report};

fn text(run: &Run, width: usize, color: bool) -> String {
    let results_path = Some("results/shop-20260301T120000Z/".to_owned());
    let options = TerminalOptions { width, color, results_path };
    final_report(&run.info, &run.snapshot, &run.catalog, &run.verdict, &run.health, &run.thresholds, &options)
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
    for mut run in runs {
        run.catalog.workloads[0].name += HOSTILE;
        run.info.name = format!("{HOSTILE}{}", "z".repeat(300));
        run.verdict.reason += HOSTILE;
        for width in 60..=200 {
            for line in text(&run, width, false).lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
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

#[test]
fn the_verdict_comes_first() {
    assert!(text(&Run::rich(), 80, false).starts_with("FAILED  2 of 5 thresholds failed"));
    assert!(text(&Run::passing(), 80, false).starts_with("PASSED  1 threshold held\n"));
}
