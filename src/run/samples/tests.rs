//! Ends that a file of samples can have, without a load.

use super::*;
use crate::run::Tick;
use std::{fs, process::Command};

#[derive(Default)]
struct Notes(Vec<String>);

impl Watch for Notes {
    fn tick(&mut self, _: &Tick<'_>) {}
    fn note(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}

/// Opens and ends a file to which nothing is written.
fn opened_and_ended(path: &Path) -> (SamplesEnd, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut notes = Notes::default();
    let end = runtime.block_on(async {
        let mut signals = Signals::listen().expect("signals");
        Samples::open(Some(path), &Catalog::default(), &mut notes).end(false, &mut signals, &mut notes).await
    });
    (end, notes.0)
}

#[test]
fn a_load_without_requests_has_a_file_without_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("samples.csv");
    let (end, notes) = opened_and_ended(&path);
    assert_eq!((end.file.as_deref(), end.problem, notes.len()), (Some(path.as_path()), None, 0));
    let text = fs::read_to_string(&path).expect("there");
    assert!(text.starts_with("timestamp_us,") && text.lines().count() == 1, "{text}");
}

#[test]
fn a_run_that_comes_to_no_load_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("samples.csv");
    fs::write(&path, "of an earlier run").expect("written");
    drop(Samples::open(Some(&path), &Catalog::default(), &mut Notes::default()));
    assert_eq!(fs::read_to_string(&path).expect("there"), "of an earlier run");
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 1);
}

#[test]
fn what_cannot_be_written_is_a_problem() {
    let folder = tempfile::tempdir().expect("a folder");
    let (end, notes) = opened_and_ended(folder.path());
    assert!(end.file.is_none() && end.problem.is_some_and(|text| text.contains("directory")));
    assert!(notes[0].contains("the run goes on without it"), "{notes:?}");
    let (end, _) = opened_and_ended(Path::new("/dev/full"));
    assert!(end.problem.is_some_and(|text| text.contains("No space left")));
}

#[test]
fn a_pipe_that_nobody_reads_is_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    let (end, _) = opened_and_ended(&path);
    assert!(end.problem.is_some_and(|text| text.contains("nobody reads it")));
}
