//! The live line, and the bar on a made-up terminal.

use super::fixture::{MS, Run, SECOND};
use crate::report::progress::{Bar, Progress, plain_line};
use indicatif::TermLike;
use std::{
    io,
    sync::{Arc, Mutex},
};

fn progress() -> Progress {
    Progress {
        elapsed: SECOND * 12 + MS * 300,
        planned: SECOND * 30,
        users: 10,
        requests_per_s: 843.4,
        p95: Some(MS * 12),
        p95_samples: 843,
        iterations: 2_104,
        ..Progress::default()
    }
}

#[test]
fn the_line_says_where_the_run_stands() {
    assert_eq!(
        plain_line(&progress()),
        "12s/30s  10 users  843 req/s  p95 12.0ms  0 failed  2,104 iterations"
    );
    let few = Progress { p95_samples: 7, ..progress() };
    assert!(plain_line(&few).contains("p95 ~12.0ms"));
    let failing = Progress {
        stage: Some("a\x1b[2Jvery long name of a stage".into()),
        users: 1,
        p95: None,
        failed: 1_234,
        recent_requests: 800,
        recent_failed: 100,
        iterations: 1,
        ..progress()
    };
    assert_eq!(
        plain_line(&failing),
        "12s/30s  stage a\\x1b[2J…a stage  1 user  843 req/s  p95 -  1,234 failed (12.5% now)  1 iteration"
    );
}

#[test]
fn the_line_of_a_rate_says_what_is_asked_and_what_was_dropped() {
    let at_rate = Progress { asked_per_s: Some(912.4), dropped: 1_402, warm_up: true, ..progress() };
    assert_eq!(
        plain_line(&at_rate),
        "12s/30s  warm-up  912/s due  1,402 dropped  10 users  843 req/s  p95 12.0ms  0 failed  2,104 iterations"
    );
    let run = Run::open();
    let point = run.snapshot.series.points().first().expect("a point");
    let at = |elapsed| Progress::new(elapsed, SECOND * 4, SECOND, point, &run.snapshot.total, &run.catalog);
    assert_eq!([0, 1, 2].map(|second| at(SECOND * second).warm_up), [true, false, false]);
    // The import has one stage, which needs no name.
    assert_eq!(at(SECOND * 2).stage.as_deref(), Some("peak"));
    assert_eq!(at(SECOND * 2).dropped, 88);
}

#[test]
fn a_point_and_the_total_make_the_line() {
    let run = Run::rich();
    let point = run.snapshot.series.points().last().expect("three points");
    let at = |elapsed| Progress::new(elapsed, SECOND * 3, SECOND, point, &run.snapshot.total, &run.catalog);
    let shown = at(SECOND * 2);
    assert_eq!((shown.users, shown.requests_per_s, shown.failed), (10, 280.0, 12));
    assert_eq!((shown.recent_failed, shown.recent_requests, shown.iterations), (4, 280, 762));
    let stages = [0, 1, 3].map(|second| at(SECOND * second).stage);
    assert_eq!(stages, [Some("warm-up".to_owned()), Some("2".to_owned()), None]);
    assert!(shown.p95.is_some_and(|p95| p95 > MS * 100));
}

/// A terminal of 80 columns that keeps what is written.
#[derive(Debug, Clone, Default)]
struct Screen(Arc<Mutex<String>>);

impl Screen {
    fn add(&self, text: &str) -> io::Result<()> {
        self.0.lock().expect("one thread").push_str(text);
        Ok(())
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        80
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.add(&format!("{text}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.add(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        self.add("\n<clear>\n")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_bar_is_one_line_that_fits_and_is_cleared_at_the_end() {
    let screen = Screen::default();
    let bar = Bar::new(screen.clone(), SECOND * 30);
    bar.update(&progress());
    let drawn = screen.0.lock().expect("one thread").clone();
    assert!(
        drawn.contains("[==>   ] 12s/30s  10 users  843 req/s  p95 12.0ms  0 failed  2,104 iterations"),
        "{drawn:?}"
    );
    // There is room for the `^C` of a terminal, and the cursor is not at its edge.
    assert!(drawn.lines().all(|line| line.chars().count() <= 78), "{drawn:?}");
    assert!(drawn.ends_with("2,104 iterations"), "{drawn:?}");
    bar.note("threshold broken");
    bar.finish();
    let drawn = screen.0.lock().expect("one thread").clone();
    assert!(drawn.contains("threshold broken\n[==>   ] 12s"), "{drawn:?}");
    assert!(drawn.trim_end().ends_with("<clear>"), "{drawn:?}");
}
