//! `loadgen compare --pairs`: both scenarios run in turn before they are compared.

use super::{
    compare_command::{CompareArguments, Sides},
    progress_arguments::ProgressArguments,
    run_command::{block_on, refuse},
    scenario_input::ScenarioInput,
    watch::Watcher,
    world::World,
};
use crate::{
    judge::compare::Allowed,
    model::ExitCode,
    plan::{Inputs, compile},
    report::inert_lines,
    run::{Job, Outcome, PairsEnd, Second, Side, Tick, Wanted, Watch, WatchPairs, execute_pairs},
    scenario,
};
use std::path::{Path, PathBuf};

/// What was run, and what it is to end with if nothing regressed.
pub(super) struct Made {
    pub sides: Sides,
    pub ended: ExitCode,
}

/// Runs both sides; a complaint and an exit code where there is nothing to compare then.
pub(super) fn make(pairs: u32, arguments: &CompareArguments, world: &mut World) -> Result<Made, ExitCode> {
    let (base_file, new_file) = match arguments.runs.as_slice() {
        [both] => (both, both),
        [base, new] => (base, new),
        _ => {
            world.complain("error: --pairs runs scenarios: name one or two of them\n");
            return Err(ExitCode::Usage);
        }
    };
    let base = input(base_file, &arguments.base_environment, arguments, world)?;
    let new = input(new_file, &arguments.new_environment, arguments, world)?;
    for side in [&base, &new] {
        sound(side, world)?;
    }
    let (base_job, new_job) = (job(&base, arguments), job(&new, arguments));
    let ran = {
        let mut watcher = PairWatcher { watcher: Watcher::new(ProgressArguments::default(), world) };
        let turns = execute_pairs(&base_job, &new_job, pairs, &mut watcher);
        let ran = block_on(turns, |error| (Side::Base, error));
        watcher.watcher.finish();
        ran
    };
    let paired = match ran {
        Ok(paired) => paired,
        Err((side, error)) => {
            return Err(refuse(if side == Side::Base { &base } else { &new }, error, world));
        }
    };
    let ended = told(&paired.end, world);
    if paired.base.is_empty() || paired.new.is_empty() {
        world.complain("error: there is no run on each side, so there is nothing to compare\n");
        return Err(if ended == ExitCode::Passed { ExitCode::Internal } else { ended });
    }
    let allowed = Allowed {
        scenario: base.source != new.source,
        environment: base.options.environment != new.options.environment,
    };
    Ok(Made { sides: Sides { base: paired.base, new: paired.new, allowed }, ended })
}

fn input(
    file: &Path,
    environment: &Option<String>,
    arguments: &CompareArguments,
    world: &mut World,
) -> Result<ScenarioInput, ExitCode> {
    let mut scenario = arguments.scenario.clone();
    scenario.environment = environment.clone().or(scenario.environment);
    ScenarioInput::read(file, &scenario, world)
}

/// Whether the scenario can be run at all: known of both before the time for the first is spent.
fn sound(input: &ScenarioInput, world: &mut World) -> Result<(), ExitCode> {
    let inputs = Inputs { env: input.env.clone(), demo_url: None, seed: 0, files: input.files.clone() };
    match compile(scenario::read(&input.source, &input.options), &inputs) {
        Ok(_) => Ok(()),
        Err(faults) => Err(input.refuse(&faults, world)),
    }
}

fn job(input: &ScenarioInput, arguments: &CompareArguments) -> Job {
    Job {
        file: input.file.clone(),
        source: input.source.clone(),
        options: input.options.clone(),
        seed: arguments.scenario.seed,
        results: Some(arguments.results.clone().unwrap_or_else(|| PathBuf::from("results"))),
        env: input.env.clone(),
        files: input.files.clone(),
        // Whether such runs may be compared is decided later, for all of them.
        allow_saturated: false,
        wanted: Wanted::default(),
        command: [&["loadgen".to_owned(), "run".to_owned()], input.repeated.as_slice()].concat(),
    }
}

/// Says why there are no more runs; the exit code that follows from it.
fn told(end: &PairsEnd, world: &mut World) -> ExitCode {
    match end {
        PairsEnd::Completed => ExitCode::Passed,
        PairsEnd::Signal => {
            world.complain("stopped by a signal: no more runs; those that came to their end are compared\n");
            ExitCode::Interrupted
        }
        PairsEnd::Stopped(code, reason) => {
            world.complain_of(&format!("no more runs, and the last one is left out: {reason}\n"));
            *code
        }
    }
}

/// Tells which run it is, and then of it what a single run's watcher tells.
struct PairWatcher<'w> {
    watcher: Watcher<'w>,
}

impl Watch for PairWatcher<'_> {
    fn tick(&mut self, tick: &Tick<'_>) {
        self.watcher.tick(tick);
    }

    fn second(&mut self, second: &Second<'_>) {
        self.watcher.second(second);
    }

    fn looks_at_standing(&self) -> bool {
        self.watcher.looks_at_standing()
    }

    fn note(&mut self, text: &str) {
        self.watcher.note(text);
    }

    fn warn(&mut self, text: &str) {
        self.watcher.warn(text);
    }
}

impl WatchPairs for PairWatcher<'_> {
    fn begins(&mut self, side: Side, number: u32, of: u32) {
        let side = if side == Side::Base { "base" } else { "new" };
        self.watcher.note(&format!("run {number} of {of}: {side}"));
    }

    fn ended(&mut self, outcome: &Outcome) {
        self.watcher.finish();
        let word = if outcome.verdict.passed { "passed" } else { "failed" };
        self.watcher.note(&inert_lines(&format!("  {word}: {}", outcome.verdict.reason)));
    }
}
