//! One run: target up, plan built, load driven, verdict reached, results written.

use super::{
    host, limits,
    load::{self, Loaded, Watch},
    results::{ResultsFolder, slug},
    signals::Signals,
};
use crate::{
    demo,
    engine::{Engine, HttpTransports, WallClock},
    judge::{ThresholdResult, judge, verdict},
    measure::Snapshot,
    model::{ExitCode, RunInfo, Verdict},
    plan::{self, Inputs, Plan},
    report::summary_v1::summary,
    scenario::{Diagnostic, Scenario, Target},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc, thread};

/// What to run, and how.
#[derive(Debug, Clone)]
pub struct Job {
    /// The scenario.
    pub scenario: Scenario,
    /// Its file as it was named.
    pub file: String,
    /// Its text.
    pub source: String,
    /// The overlay that was chosen.
    pub environment: Option<String>,
    /// Seed; drawn where it is `None`.
    pub seed: Option<u64>,
    /// Where results go; `None` for nowhere.
    pub results: Option<PathBuf>,
    /// The variables of the process environment.
    pub env: BTreeMap<String, String>,
}

/// A run that did not come to a verdict: no load was made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scenario is wrong.
    #[error("the scenario is wrong")]
    Scenario(Vec<Diagnostic>),
    /// The demo API, a thread or the signals could not be set up.
    #[error("{0}: {1}")]
    Setup(&'static str, io::Error),
    /// TLS could not be set up.
    #[error("TLS: {0}")]
    Tls(String),
}

/// A run that came to a verdict.
#[derive(Debug)]
pub struct Outcome {
    /// Which run.
    pub info: RunInfo,
    /// What was planned.
    pub plan: Arc<Plan>,
    /// What was seen.
    pub snapshot: Snapshot,
    /// The gates.
    pub thresholds: Vec<ThresholdResult>,
    /// What it amounts to.
    pub verdict: Verdict,
    /// The folder of the results; `None` where none were wanted or they could not be written.
    pub folder: Option<PathBuf>,
    /// Why the results were not written.
    pub not_written: Option<String>,
}

/// Runs a job to its end.
///
/// # Errors
/// Before any load: the scenario is wrong, or something it needs could not be set up.
pub async fn execute(job: Job, watcher: &mut dyn Watch) -> Result<Outcome, RunError> {
    limits::raise_open_files();
    let demo = start_demo(&job.scenario)?;
    let wall = WallClock::start();
    let seed = job.seed.unwrap_or_else(|| drawn_seed(wall));
    let demo_url = demo.as_ref().map(demo::Demo::url);
    let plan = plan::build(&job.scenario, &Inputs { env: job.env.clone(), demo_url, seed });
    let plan = Arc::new(plan.map_err(RunError::Scenario)?);
    let transports = HttpTransports::new().map_err(|error| RunError::Tls(error.to_string()))?;
    let signals = Signals::listen().map_err(|error| RunError::Setup("signals", error))?;
    let name = job.scenario.name.clone().unwrap_or_else(|| file_stem(&job.file));
    let mut store = Store::open(&job, &name, wall, watcher);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    // The load's own start: set-up is over.
    let wall = WallClock::start();
    let engine =
        Engine::start(&plan, &transports, workers).map_err(|error| RunError::Setup("threads", error))?;
    let loaded = load::follow(engine, &plan, signals, watcher).await;
    drop(demo);
    let info = run_info(&job, name, &plan, wall, &loaded.snapshot, store.id(wall));
    Ok(conclude(plan, loaded, info, &mut store))
}

fn start_demo(scenario: &Scenario) -> Result<Option<demo::Demo>, RunError> {
    if scenario.target != Some(Target::Demo) {
        return Ok(None);
    }
    let started = demo::start(0, demo::Config::default());
    started.map(Some).map_err(|error| RunError::Setup("the demo API", error))
}

/// Short enough to be typed again.
fn drawn_seed(wall: WallClock) -> u64 {
    (wall.nanos() / 1_000) % 1_000_000_000
}

fn file_stem(file: &str) -> String {
    let stem = std::path::Path::new(file).file_stem();
    stem.map_or_else(|| "run".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

fn conclude(plan: Arc<Plan>, loaded: Loaded, info: RunInfo, store: &mut Store) -> Outcome {
    let Loaded { snapshot, ending, panics } = loaded;
    let thresholds = judge(&plan.thresholds, &snapshot, &plan.catalog);
    let mut verdict = verdict(&thresholds, &snapshot, &ending);
    if let Some(panic) = panics.first() {
        let reason = format!("loadgen itself failed: {panic}; {}", verdict.reason);
        verdict = Verdict { passed: false, exit_code: ExitCode::Internal, reason };
    }
    let bytes = summary(&info, &snapshot, &plan.catalog, &verdict, &thresholds).to_json();
    store.write("summary.json", &bytes);
    if store.failure.is_some() {
        let exit_code = verdict.exit_code.or_worse(ExitCode::ResultsNotWritten);
        let problem = "the results could not be written";
        let reason = match exit_code {
            ExitCode::ResultsNotWritten => format!("{problem}; {}", verdict.reason),
            _ => format!("{}; {problem}", verdict.reason),
        };
        verdict = Verdict { passed: false, exit_code, reason };
    }
    let written = store.folder.as_ref().filter(|_| store.failure.is_none());
    let folder = written.map(|folder| folder.path().to_owned());
    Outcome { info, plan, snapshot, thresholds, verdict, folder, not_written: store.failure.take() }
}

/// Where results go, and what became of that.
struct Store {
    name: String,
    folder: Option<ResultsFolder>,
    failure: Option<String>,
}

impl Store {
    /// Makes the folder before the load, so that a wrong place is known before the time is spent.
    fn open(job: &Job, name: &str, wall: WallClock, watcher: &mut dyn Watch) -> Self {
        let mut store = Self { name: name.to_owned(), folder: None, failure: None };
        let Some(parent) = &job.results else { return store };
        match ResultsFolder::create(parent, name, &wall.compact()) {
            Ok(folder) => store.folder = Some(folder),
            Err(error) => {
                let text = format!("results cannot be written to {}: {error}", parent.display());
                watcher.note(&format!(
                    "{text}; the run goes on and prints them (--results DIR chooses another place)"
                ));
                store.failure = Some(text);
            }
        }
        store
    }

    fn id(&self, wall: WallClock) -> String {
        let made = || format!("{}-{}", slug(&self.name), wall.compact());
        self.folder.as_ref().map_or_else(made, ResultsFolder::id)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) {
        let Some(folder) = &self.folder else { return };
        if let Err(error) = folder.write(name, bytes) {
            let place = folder.path().join(name);
            self.failure = Some(format!("{} could not be written: {error}", place.display()));
        }
    }
}

fn run_info(
    job: &Job,
    name: String,
    plan: &Plan,
    wall: WallClock,
    snapshot: &Snapshot,
    id: String,
) -> RunInfo {
    let mut command = format!("loadgen run {}", job.file);
    if let Some(environment) = &job.environment {
        command += &format!(" --environment {environment}");
    }
    command += &format!(" --seed {}", plan.seed);
    RunInfo {
        id,
        name,
        description: job.scenario.description.clone(),
        started_at: wall.rfc3339(std::time::Duration::ZERO),
        ended_at: wall.rfc3339(snapshot.elapsed),
        duration_ms: snapshot.elapsed.as_millis() as u64,
        planned_duration_ms: plan.duration().as_millis() as u64,
        scenario_file: job.file.clone(),
        scenario_sha256: hex(&Sha256::digest(job.source.as_bytes())),
        environment: job.environment.clone(),
        target: match (&job.scenario.target, &plan.target) {
            (Some(Target::Demo), _) => "demo".to_owned(),
            (_, Some(target)) => target.clone(),
            (_, None) => plan.hosts.join(", "),
        },
        seed: plan.seed,
        tags: job.scenario.tags.clone(),
        host: host::describe(),
        command,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
