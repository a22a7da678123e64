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

fn asked(path: &Path) -> (PathBuf, Place) {
    (path.to_owned(), Place::of(path).expect("a place"))
}

/// Opens and ends a file to which nothing is written.
fn opened_and_ended(path: &Path) -> (SamplesEnd, Vec<String>) {
    ended(Some(asked(path)))
}

fn ended(asked: Option<(PathBuf, Place)>) -> (SamplesEnd, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut notes = Notes::default();
    let end = runtime.block_on(async {
        let mut signals = Signals::listen().expect("signals");
        Samples::open(asked, &Catalog::default(), &mut notes).end(false, &mut signals, &mut notes).await
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
    drop(Samples::open(Some(asked(&path)), &Catalog::default(), &mut Notes::default()));
    assert_eq!(fs::read_to_string(&path).expect("there"), "of an earlier run");
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 1);
}

#[test]
fn what_cannot_be_written_is_a_problem() {
    let (end, _) = opened_and_ended(Path::new("/dev/full"));
    assert!(end.problem.is_some_and(|text| text.ends_with("No space left on device (os error 28)")));
}

#[test]
fn how_much_of_a_file_is_there_is_told_where_it_is_known() {
    let part = |name: &str, rows| within(Path::new(&format!("{name}.part")), Path::new(name), rows);
    assert_eq!(part("a.csv", Some((5, 7_000))), "; up to 5 of 7,000 requests are in a.csv.part");
    assert_eq!(part("a.csv.gz", Some((5, 7))), "; what there is of it is in a.csv.gz.part");
    assert_eq!(part("a.csv", None), "; what there is of it is in a.csv.part");
}

#[test]
fn what_cannot_be_put_in_its_place_stays_with_all_of_its_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, part) = (folder.path().join("samples.csv"), folder.path().join("samples.csv.part"));
    let place = asked(&path);
    fs::create_dir(&path).expect("made");
    let (end, _) = ended(Some(place));
    let problem = end.problem.expect("it is not in its place");
    assert!(problem.ends_with(&format!("; all of it is in {}", part.display())), "{problem}");
    assert!(fs::read_to_string(&part).expect("there").starts_with("timestamp_us,"));
    assert_eq!(end.info.map(|info| info.finished), Some(false));
}

#[test]
fn a_pipe_that_nobody_reads_is_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    let (end, _) = opened_and_ended(&path);
    assert!(end.problem.is_some_and(|text| text.ends_with("nobody reads it")));
}

#[test]
fn what_somebody_takes_away_is_told_and_another_runs_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, part) = (folder.path().join("samples.csv"), folder.path().join("samples.csv.part"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut notes = Notes::default();
    let end = runtime.block_on(async {
        let mut signals = Signals::listen().expect("signals");
        let samples = Samples::open(Some(asked(&path)), &Catalog::default(), &mut notes);
        fs::remove_file(&part).expect("removed");
        fs::write(&part, "of another run").expect("written");
        samples.end(false, &mut signals, &mut notes).await
    });
    assert!(
        end.file.is_none()
            && end.problem.is_some_and(|text| text.ends_with("was taken away while it was written"))
    );
    assert_eq!(
        (fs::read_to_string(&part).expect("there").as_str(), path.exists()),
        ("of another run", false)
    );
}
