//! Ends that a run has before and behind its load.

use super::*;
use crate::{plan::NoFiles, run::Tick};
use std::{
    fs,
    io::Read,
    process::{Command, id},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, channel},
    },
};

/// Files that nobody can open before they are let go.
#[derive(Debug)]
struct Held(Mutex<Receiver<()>>);

impl Files for Held {
    fn open(&self, _: &str) -> Result<Box<dyn Read + Send>, String> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).recv();
        Err(format!("let go: {held:?}"))
    }

    fn size(&self, _: &str) -> Result<u64, String> {
        Ok(1)
    }
}

struct Deaf;

impl Watch for Deaf {
    fn tick(&mut self, _: &Tick<'_>) {}
    fn note(&mut self, _: &str) {}
}

fn job(more: &str, files: Arc<dyn Files>) -> Job {
    let source = format!(
        "target: http://127.0.0.1:9\nload: {{ users: 1, duration: 1s }}\nflow: [ {{ get: / }} ]\n{more}"
    );
    Job {
        file: "a.yaml".into(),
        source,
        options: Options::default(),
        seed: Some(1),
        results: None,
        env: BTreeMap::new(),
        files,
        wanted: Wanted::default(),
        allow_saturated: false,
        command: Vec::new(),
    }
}

#[test]
fn a_signal_while_files_are_read_ends_the_run_before_it_sends_anything() {
    let (let_go, held) = channel();
    let job = Arc::new(job("data: { names: { file: names.csv } }\n", Arc::new(Held(Mutex::new(held)))));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let ended = runtime.block_on(async {
        let mut signals = Signals::listen().expect("signals");
        let line = format!("kill -INT {}", id());
        assert!(Command::new("sh").args(["-c", &line]).status().expect("a shell").success());
        prepare_unless_asked(&job, &mut signals).await
    });
    drop(let_go);
    assert!(matches!(ended.err(), Some(RunError::Stopped("SIGINT"))));
}

#[test]
fn after_a_fault_of_our_own_what_is_known_is_judged_and_written() {
    let job = job("thresholds: { http_reqs: count > 0 }\n", Arc::new(NoFiles));
    let ready = prepare(&job).map_err(|error| error.to_string()).expect("a plan");
    let parent = tempfile::tempdir().expect("a folder");
    let wall = WallClock::start();
    let mut store = Store::open(Some(parent.path()), "a", wall, &mut Deaf);
    let panics = vec!["made to crash".to_owned()];
    let snapshot = nothing_seen(&ready.plan);
    let gates = Gates::new(&ready.plan.thresholds, &ready.plan.catalog);
    let loaded =
        Loaded { snapshot, gates, ending: Ending::Completed, panics, stopped_at: None, time_left: None };
    let ran = Ran { loaded, wall, setup: None, setup_failed: false, setup_cut: None, teardown: None };
    let info = run_info(&job, &ready, "a", (wall, Duration::ZERO), store.id(wall));
    let outcome = conclude(ready.plan, ran, info, &job, &mut store);
    assert_eq!((outcome.verdict.exit_code.number(), outcome.verdict.passed), (1, false));
    assert_eq!(outcome.thresholds.len(), 1);
    let written = outcome.folder.map(|folder| fs::read_to_string(folder.join("summary.json")));
    let written = written.expect("a folder").expect("a file");
    assert!(written.contains("loadgen itself failed: made to crash"), "{written}");
}
