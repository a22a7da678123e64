//! One run: target up, plan built, set up, load driven, torn down, verdict reached, results written.

use super::{
    command_line::typed,
    host,
    journal::header,
    judgement::{Case, Judgement, judged},
    limits::{OpenFiles, check_open_files, raise_open_files},
    load::{self, Loaded, Watch},
    once::{OnceEnd, set_up, tear_down},
    outputs::{InPlay, OpenedFiles, Refused, Wanted, Written},
    recipients::Recipients,
    samples::Samples,
    signals::{Asked, Signals},
    store::{Store, from_journal},
};
use crate::{
    demo,
    engine::{Common, Engine, HttpTransports, TransportProblem, WallClock},
    judge::{Gates, Health, ThresholdResult},
    measure::{Collector, Snapshot},
    model::{Ending, ExitCode, OnceInfo, RunInfo, Verdict},
    plan::{self, Files, Inputs, Plan, notes, target_name, workload_infos},
    report::{
        Results,
        journal_v1::{End, Start},
    },
    scenario::{self, Diagnostic, Options, Reading, Scenario, Target},
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap, io, mem::take, panic::resume_unwind, path::PathBuf, sync::Arc, thread,
    time::Duration,
};

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
    /// Whether a run whose generator was saturated may pass.
    pub allow_saturated: bool,
    /// What is to be made of the results besides the files of their folder.
    pub wanted: Wanted,
    /// The words of the command that repeats the run, without the seed.
    pub command: Vec<String>,
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
    /// The target cannot be reached as the scenario says.
    #[error("{0}")]
    Transport(TransportProblem),
    /// The run needs more open files than it may have.
    #[error("{0}")]
    OpenFiles(OpenFiles),
    /// A file that was asked for cannot be written.
    #[error("{0}")]
    Output(Refused),
    /// A signal came before anything was sent; its name.
    #[error("stopped by {0} before anything was sent; no results were written")]
    Stopped(&'static str),
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
    /// What the generator's numbers are worth.
    pub health: Health,
    /// The gates.
    pub thresholds: Vec<ThresholdResult>,
    /// What it amounts to.
    pub verdict: Verdict,
    /// The folder of the results; `None` where none were wanted or they could not be written.
    pub folder: Option<PathBuf>,
    /// The files that were written.
    pub files: Vec<PathBuf>,
    /// Why others were not.
    pub not_written: Vec<String>,
}

impl Outcome {
    /// As reports are given it.
    pub fn results(&self) -> Results<'_> {
        let Self { info, plan, snapshot, verdict, health, thresholds, .. } = self;
        Results { info, snapshot, catalog: &plan.catalog, verdict, health, thresholds }
    }

    /// Adds what became of files that were written while the run went on.
    fn add(&mut self, written: Written) {
        self.files.extend(written.files);
        if !written.problems.is_empty() && self.not_written.is_empty() {
            self.verdict = not_written(self.verdict.clone());
        }
        let remedy = from_journal(self.folder.as_deref());
        self.not_written.extend(written.problems.into_iter().map(|problem| problem + &remedy));
    }
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
    let mut signals = Signals::listen().map_err(|error| RunError::Setup("signals", error))?;
    let job = Arc::new(job);
    let ready = prepare_unless_asked(&job, &mut signals).await?;
    let files = check_open_files(&ready.plan, ready.demo.is_some(), allowed).map_err(RunError::OpenFiles)?;
    for note in notes(&ready.scenario, &ready.plan).into_iter().chain(files) {
        watcher.note(&format!("note: {note}"));
    }
    let mut inputs = job.files.opened();
    inputs.push(PathBuf::from(&job.file));
    let OpenedFiles { sinks, samples } =
        job.wanted.open(&InPlay::of(&inputs), job.results.as_deref()).map_err(RunError::Output)?;
    let name = ready.scenario.name.clone().unwrap_or_else(|| file_stem(&job.file));
    let name = ready.plan.mask.apply(&name).into_owned();
    let called = WallClock::start();
    let mut store = Store::open(job.results.as_deref(), &name, called, watcher);
    let begun = run_info(&job, &ready, &name, (called, Duration::ZERO), store.id(called));
    let header = header(begun.clone(), &ready.plan, Engine::INTERVAL, job.allow_saturated);
    let mut recipients = Recipients::new(store.journal(&header, watcher), sinks, begun);
    let mut samples = Samples::open(samples, &ready.plan.catalog, watcher);
    let ran = drive(&ready, &mut signals, watcher, &mut recipients, &mut samples).await?;
    recipients.no_more();
    let ended = samples.end(ran.loaded.time_left.is_none(), &mut signals, watcher).await;
    let (was_cut, kept) = (ended.was_cut, ended.info);
    store.add(ended);
    store.note_failed(recipients.failed());
    let span = (ran.wall, ran.loaded.snapshot.elapsed);
    let mut info = run_info(&job, &ready, &name, span, store.id(ran.wall));
    (info.setup, info.teardown, info.samples) = (ran.setup.clone(), ran.teardown.clone(), kept);
    let mut end = end(&ran, &info);
    let mut outcome = conclude(ready.plan, ran, info, &job, &mut store);
    end.not_written = !outcome.not_written.is_empty();
    outcome.add(recipients.end(end, was_cut, &mut signals, watcher).await);
    Ok(outcome)
}

/// Prepares on a thread of its own, since large files take their time, unless a signal comes before that is done.
async fn prepare_unless_asked(job: &Arc<Job>, signals: &mut Signals) -> Result<Ready, RunError> {
    let its_job = Arc::clone(job);
    let preparing = tokio::task::spawn_blocking(move || prepare(&its_job));
    tokio::select! {
        ready = preparing => ready.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(error) => Err(RunError::Setup("a thread", io::Error::other(error))),
        }),
        Asked { name, .. } = signals.next() => Err(RunError::Stopped(name)),
    }
}

/// What the journal has to know of the end.
fn end(ran: &Ran, info: &RunInfo) -> End {
    End {
        ending: ran.loaded.ending.clone(),
        elapsed: ran.loaded.snapshot.elapsed,
        stopped_at: ran.loaded.stopped_at,
        ended_at: info.ended_at.clone(),
        setup_failed: ran.setup_failed,
        setup_cut: ran.setup_cut.is_some(),
        teardown: info.teardown.clone(),
        samples: info.samples,
        fault: ran.loaded.panics.first().cloned(),
        // Known only when the results are written.
        not_written: false,
    }
}

/// The load and what stood around it.
struct Ran {
    loaded: Loaded,
    /// When the load began; set-up was over then.
    wall: WallClock,
    setup: Option<OnceInfo>,
    setup_failed: bool,
    /// The signal that cut it.
    setup_cut: Option<&'static str>,
    teardown: Option<OnceInfo>,
}

async fn drive(
    ready: &Ready,
    signals: &mut Signals,
    watcher: &mut dyn Watch,
    recipients: &mut Recipients,
    samples: &mut Samples,
) -> Result<Ran, RunError> {
    let Ready { plan, transports, .. } = ready;
    let nothing = Common::new(plan, Vec::new());
    let OnceEnd { done, signal } = set_up(plan, &nothing, transports, signals, watcher).await;
    let (done, setup) = done.unzip();
    let failed = done.as_ref().is_some_and(|done| !done.passed && !done.was_cut);
    let wall = WallClock::start();
    let start = Start { started_at: wall.rfc3339(Duration::ZERO), setup: setup.clone() };
    recipients.begin(&start, &plan.catalog);
    let stopped = done.as_ref().and_then(|done| done.stopped.clone());
    if failed || signal.is_some() || stopped.is_some() {
        let by_step = stopped.map_or(Ending::Completed, Ending::StoppedByStep);
        let ending = signal.map_or(by_step, Ending::Signal);
        let gates = Gates::new(&plan.thresholds, &plan.catalog);
        let snapshot = nothing_seen(plan);
        let loaded =
            Loaded { snapshot, gates, ending, panics: Vec::new(), stopped_at: None, time_left: None };
        return Ok(Ran { loaded, wall, setup, setup_failed: failed, setup_cut: signal, teardown: None });
    }
    let common = Common::new(plan, done.map_or_else(Vec::new, |done| done.values));
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let engine = Engine::start(plan, &samples.attach(&common), transports, workers)
        .map_err(|error| RunError::Setup("threads", error))?;
    samples.begin(engine.clock());
    let mut loaded = load::follow(engine, plan, signals, watcher, recipients).await;
    let Some(time_left) = loaded.time_left else {
        if plan.teardown.is_some() {
            watcher.note("`teardown` is left out");
        }
        return Ok(Ran { loaded, wall, setup, setup_failed: false, setup_cut: None, teardown: None });
    };
    let after = tear_down(plan, &common, transports, time_left, signals, watcher).await;
    // Of several endings, a signal comes first.
    if let Some(signal) = after.signal {
        loaded.ending = Ending::Signal(signal);
    }
    let teardown = after.done.map(|(_, info)| info);
    Ok(Ran { loaded, wall, setup, setup_failed: false, setup_cut: None, teardown })
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

/// Short enough to be typed again, and another one for each of two runs that begin in the same microsecond.
fn drawn_seed(wall: WallClock) -> u64 {
    (wall.nanos() / 1_000).wrapping_add(u64::from(std::process::id()) * 7_919) % 1_000_000_000
}

fn file_stem(file: &str) -> String {
    let stem = std::path::Path::new(file).file_stem();
    stem.map_or_else(|| "run".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

fn conclude(plan: Arc<Plan>, ran: Ran, info: RunInfo, job: &Job, store: &mut Store) -> Outcome {
    let Ran { loaded, setup_failed, setup_cut, .. } = ran;
    let Loaded { snapshot, gates, ending, panics, .. } = loaded;
    let Judgement { thresholds, health, mut verdict } = judged(&Case {
        gates: &gates,
        catalog: &plan.catalog,
        snapshot: &snapshot,
        ending: &ending,
        setup: info.setup.as_ref(),
        setup_failed,
        setup_cut: setup_cut.is_some(),
        fault: panics.first().map(String::as_str),
        allow_saturated: job.allow_saturated,
    });
    // What is known to be missing already stands in what is written.
    let is_known = !store.problems.is_empty();
    if is_known {
        verdict = not_written(verdict);
    }
    let results = Results {
        info: &info,
        snapshot: &snapshot,
        catalog: &plan.catalog,
        verdict: &verdict,
        health: &health,
        thresholds: &thresholds,
    };
    store.write(&results, &job.wanted);
    if !is_known && !store.problems.is_empty() {
        verdict = not_written(verdict);
    }
    let (folder, files, not_written) = (store.written(), take(&mut store.files), take(&mut store.problems));
    Outcome { info, plan, snapshot, health, thresholds, verdict, folder, files, not_written }
}

/// The verdict where the results could not be written.
pub(super) fn not_written(verdict: Verdict) -> Verdict {
    let exit_code = verdict.exit_code.or_worse(ExitCode::ResultsNotWritten);
    let problem = "the results could not be written";
    let reason = match exit_code {
        ExitCode::ResultsNotWritten => format!("{problem}; {}", verdict.reason),
        _ => format!("{}; {problem}", verdict.reason),
    };
    Verdict { passed: false, exit_code, reason, ..verdict }
}

/// The run's identity and circumstances; its span is when the load began and how long it took.
fn run_info(job: &Job, ready: &Ready, name: &str, span: (WallClock, Duration), id: String) -> RunInfo {
    let Ready { scenario, plan, .. } = ready;
    let (wall, elapsed) = span;
    let shown = |text: &str| plan.mask.apply(text).into_owned();
    RunInfo {
        id,
        name: name.to_owned(),
        description: scenario.description.as_deref().map(shown),
        started_at: wall.rfc3339(Duration::ZERO),
        ended_at: wall.rfc3339(elapsed),
        duration_ms: elapsed.as_millis() as u64,
        planned_duration_ms: plan.duration().as_millis() as u64,
        scenario_file: job.file.clone(),
        scenario_sha256: hex(&Sha256::digest(job.source.as_bytes())),
        environment: job.options.environment.clone(),
        target: target_name(scenario, plan),
        seed: plan.seed,
        tags: scenario.tags.iter().map(|(name, value)| (name.clone(), shown(value))).collect(),
        host: host::describe(),
        command: format!("{} --seed {}", typed(&job.command, &plan.mask), plan.seed),
        workloads: workload_infos(plan),
        setup: None,
        teardown: None,
        samples: None,
        parts: Vec::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
