//! One run: target up, plan built, set up, load driven, torn down, verdict reached, results written.

use super::{
    command_line::typed,
    host,
    limits::{OpenFiles, check_open_files, raise_open_files},
    load::{self, Loaded, Watch},
    once::{OnceEnd, once},
    signals::Signals,
    store::Store,
};
use crate::{
    demo,
    engine::{Common, Engine, HttpTransports, Phase, TransportProblem, WallClock},
    judge::{ThresholdResult, judge, setup_failed, verdict},
    measure::{Collector, Snapshot},
    model::{Ending, ExitCode, OnceInfo, RunInfo, Verdict},
    plan::{self, Files, Inputs, Plan, notes, target_name},
    report::summary_v1::summary,
    scenario::{self, Diagnostic, Options, Reading, Scenario, Target},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc, thread, time::Duration};

/// What to run, and how.
#[derive(Debug, Clone)]
pub struct Job {
    /// The scenario's file as it was named.
    pub file: String,
    /// Its text.
    pub source: String,
    /// How it is read.
    pub options: Options,
    /// Seed; drawn where it is `None`.
    pub seed: Option<u64>,
    /// Where results go; `None` for nowhere.
    pub results: Option<PathBuf>,
    /// The variables of the process environment.
    pub env: BTreeMap<String, String>,
    /// The files that the scenario names.
    pub files: Arc<dyn Files>,
    /// The words of the command that repeats the run, without the seed.
    pub command: Vec<String>,
}

/// A run that did not come to a verdict: no load was made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scenario is wrong.
    #[error("the scenario is wrong")]
    Scenario(Vec<Diagnostic>),
    /// The scenario is sound, but this version does not carry all of it out.
    #[error("the scenario asks for what is not in this version")]
    Later(Vec<Diagnostic>),
    /// The demo API, a thread or the signals could not be set up.
    #[error("{0}: {1}")]
    Setup(&'static str, io::Error),
    /// The target cannot be reached as the scenario says.
    #[error("{0}")]
    Transport(TransportProblem),
    /// The run needs more open files than it may have.
    #[error("{0}")]
    OpenFiles(OpenFiles),
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

/// What is ready for a run: the target is up and the plan is built.
pub(super) struct Ready {
    pub scenario: Scenario,
    pub plan: Arc<Plan>,
    pub transports: HttpTransports,
    /// Kept for as long as the run goes on.
    pub demo: Option<demo::Demo>,
}

/// Reads the scenario, starts the demo API where it is the target, and works the plan out.
///
/// # Errors
/// The scenario is wrong, or something it needs could not be set up.
pub(super) fn prepare(job: &Job) -> Result<Ready, RunError> {
    let reading = scenario::read(&job.source, &job.options);
    let demo = start_demo(&reading)?;
    let seed = job.seed.unwrap_or_else(|| drawn_seed(WallClock::start()));
    let demo_url = demo.as_ref().map(demo::Demo::url);
    let inputs = Inputs { env: job.env.clone(), demo_url, seed, files: Arc::clone(&job.files) };
    let (scenario, plan) = plan::compile(reading, &inputs).map_err(RunError::Scenario)?;
    if !plan.later.is_empty() {
        return Err(RunError::Later(plan.later));
    }
    let transports = transports(&plan)?;
    Ok(Ready { scenario, plan: Arc::new(plan), transports, demo })
}

/// Ways to the target with the options of each of the plan's clients.
fn transports(plan: &Plan) -> Result<HttpTransports, RunError> {
    let options = plan.clients.iter().map(|client| client.transport.clone());
    HttpTransports::new(options).map_err(RunError::Transport)
}

/// Runs a job to its end.
///
/// # Errors
/// Before any load: the scenario is wrong, or something it needs cannot be had.
pub async fn execute(job: Job, watcher: &mut dyn Watch) -> Result<Outcome, RunError> {
    let allowed = raise_open_files();
    let ready = prepare(&job)?;
    let files = check_open_files(&ready.plan, ready.demo.is_some(), allowed).map_err(RunError::OpenFiles)?;
    for note in notes(&ready.scenario, &ready.plan).into_iter().chain(files) {
        watcher.note(&format!("note: {note}"));
    }
    let mut signals = Signals::listen().map_err(|error| RunError::Setup("signals", error))?;
    let name = ready.scenario.name.clone().unwrap_or_else(|| file_stem(&job.file));
    let name = ready.plan.mask.apply(&name).into_owned();
    let mut store = Store::open(job.results.as_deref(), &name, WallClock::start(), watcher);
    let ran = drive(&ready, &mut signals, watcher).await?;
    let mut info = run_info(&job, &ready, name, &ran, store.id(ran.wall));
    (info.setup, info.teardown) = (ran.setup.clone(), ran.teardown.clone());
    Ok(conclude(ready.plan, ran, info, &mut store))
}

/// The load and what stood around it.
struct Ran {
    loaded: Loaded,
    /// When the load began; set-up was over then.
    wall: WallClock,
    setup: Option<OnceInfo>,
    setup_failed: bool,
    teardown: Option<OnceInfo>,
}

async fn drive(ready: &Ready, signals: &mut Signals, watcher: &mut dyn Watch) -> Result<Ran, RunError> {
    let Ready { plan, transports, .. } = ready;
    let nothing = Common::new(plan, Vec::new());
    let OnceEnd { done, signal } = once(plan, Phase::Setup, &nothing, transports, signals, watcher).await;
    let (done, setup) = done.unzip();
    let failed = done.as_ref().is_some_and(|done| !done.passed);
    let wall = WallClock::start();
    let stopped = done.as_ref().and_then(|done| done.stopped.clone());
    if failed || signal.is_some() || stopped.is_some() {
        let by_step = stopped.map_or(Ending::Completed, Ending::StoppedByStep);
        let ending = signal.map_or(by_step, Ending::Signal);
        let loaded = Loaded { snapshot: nothing_seen(plan), ending, panics: Vec::new() };
        return Ok(Ran { loaded, wall, setup, setup_failed: failed, teardown: None });
    }
    let common = Common::new(plan, done.map_or_else(Vec::new, |done| done.values));
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let engine = Engine::start(plan, &common, transports, workers)
        .map_err(|error| RunError::Setup("threads", error))?;
    let mut loaded = load::follow(engine, plan, signals, watcher).await;
    let after = once(plan, Phase::Teardown, &common, transports, signals, watcher).await;
    if let (Ending::Completed, Some(signal)) = (&loaded.ending, after.signal) {
        loaded.ending = Ending::Signal(signal);
    }
    let teardown = after.done.map(|(_, info)| info);
    Ok(Ran { loaded, wall, setup, setup_failed: false, teardown })
}

fn nothing_seen(plan: &Plan) -> Snapshot {
    Collector::new(&plan.catalog, 1, Engine::INTERVAL).snapshot(Duration::ZERO)
}

/// The demo API, where it is the target of a file that could be read.
fn start_demo(reading: &Reading) -> Result<Option<demo::Demo>, RunError> {
    let target = reading.scenario.as_ref().and_then(|scenario| scenario.target.as_ref());
    if target != Some(&Target::Demo) || !reading.faults.is_empty() {
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

fn conclude(plan: Arc<Plan>, ran: Ran, info: RunInfo, store: &mut Store) -> Outcome {
    let Ran { loaded: Loaded { snapshot, ending, panics }, setup_failed: no_setup, .. } = ran;
    let thresholds = if no_setup { Vec::new() } else { judge(&plan.thresholds, &snapshot, &plan.catalog) };
    let mut verdict = if no_setup {
        let errors = info.setup.as_ref().map_or(&[][..], |setup| &setup.errors);
        setup_failed(errors.first().map_or("a request in it failed", String::as_str))
    } else {
        verdict(&thresholds, &snapshot, &ending)
    };
    if let Some(panic) = panics.first() {
        let reason = format!("loadgen itself failed: {panic}; {}", verdict.reason);
        verdict = Verdict { passed: false, exit_code: ExitCode::Internal, reason, ..verdict };
    }
    let bytes = summary(&info, &snapshot, &plan.catalog, &verdict, &thresholds).to_json();
    store.write("summary.json", &bytes);
    if store.failure.is_some() {
        verdict = not_written(verdict);
    }
    let (folder, not_written) = (store.written(), store.failure.take());
    Outcome { info, plan, snapshot, thresholds, verdict, folder, not_written }
}

/// The verdict where the results could not be written.
fn not_written(verdict: Verdict) -> Verdict {
    let exit_code = verdict.exit_code.or_worse(ExitCode::ResultsNotWritten);
    let problem = "the results could not be written";
    let reason = match exit_code {
        ExitCode::ResultsNotWritten => format!("{problem}; {}", verdict.reason),
        _ => format!("{}; {problem}", verdict.reason),
    };
    Verdict { passed: false, exit_code, reason, ..verdict }
}

fn run_info(job: &Job, ready: &Ready, name: String, ran: &Ran, id: String) -> RunInfo {
    let Ready { scenario, plan, .. } = ready;
    let (wall, snapshot) = (ran.wall, &ran.loaded.snapshot);
    let shown = |text: &str| plan.mask.apply(text).into_owned();
    RunInfo {
        id,
        name,
        description: scenario.description.as_deref().map(shown),
        started_at: wall.rfc3339(Duration::ZERO),
        ended_at: wall.rfc3339(snapshot.elapsed),
        duration_ms: snapshot.elapsed.as_millis() as u64,
        planned_duration_ms: plan.duration().as_millis() as u64,
        scenario_file: job.file.clone(),
        scenario_sha256: hex(&Sha256::digest(job.source.as_bytes())),
        environment: job.options.environment.clone(),
        target: target_name(scenario, plan),
        seed: plan.seed,
        tags: scenario.tags.iter().map(|(name, value)| (name.clone(), shown(value))).collect(),
        host: host::describe(),
        command: format!("{} --seed {}", typed(&job.command, &plan.mask), plan.seed),
        setup: None,
        teardown: None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
