//! `loadgen run`.

use super::{args::RunArguments, source, watch::Watcher, world::World};
use crate::{
    model::ExitCode,
    report::terminal::{TerminalOptions, final_report},
    run::{Job, Outcome, RunError, execute},
    scenario::{self, Diagnostic, Options},
};

/// Columns where the terminal does not tell.
const DEFAULT_WIDTH: usize = 100;

pub(super) fn run(arguments: &RunArguments, world: &mut World) -> ExitCode {
    let file = arguments.file.display().to_string();
    let source = match source::read(&arguments.file) {
        Ok(source) => source,
        Err(problem) => {
            world.complain(&format!("error: {problem}; nothing was sent\n"));
            return ExitCode::ScenarioInvalid;
        }
    };
    let options = Options { environment: arguments.environment.clone() };
    let scenario = match scenario::parse(&source, &options) {
        Ok(scenario) => scenario,
        Err(faults) => return refuse(&file, &source, &faults, world),
    };
    let job = Job {
        scenario,
        file: file.clone(),
        source: source.clone(),
        environment: arguments.environment.clone(),
        seed: arguments.seed,
        results: (!arguments.no_results).then(|| arguments.results.clone()),
        env: world.env.clone(),
    };
    tell_ignored_proxies(world);
    match drive(job, world) {
        Ok(outcome) => conclude(&outcome, world),
        Err(RunError::Scenario(faults)) => refuse(&file, &source, &faults, world),
        Err(error) => {
            world.complain(&format!("error: {error}\n"));
            ExitCode::Internal
        }
    }
}

fn drive(job: Job, world: &mut World) -> Result<Outcome, RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| RunError::Setup("the runtime", error))?;
    let mut watcher = Watcher::new(world);
    let outcome = runtime.block_on(execute(job, &mut watcher));
    watcher.finish();
    outcome
}

fn refuse(file: &str, source: &str, faults: &[Diagnostic], world: &mut World) -> ExitCode {
    world.complain(&scenario::render(file, source, faults));
    ExitCode::ScenarioInvalid
}

/// Load that silently went through a proxy would measure the proxy.
fn tell_ignored_proxies(world: &mut World) {
    let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
    let set: Vec<&str> = names.into_iter().filter(|name| world.env.contains_key(*name)).collect();
    if !set.is_empty() {
        world.complain(&format!(
            "note: {} is set and ignored; load goes to the target directly\n",
            set.join(", ")
        ));
    }
}

fn conclude(outcome: &Outcome, world: &mut World) -> ExitCode {
    let options = TerminalOptions {
        width: world.terminal.width.filter(|_| world.terminal.stdout).unwrap_or(DEFAULT_WIDTH),
        color: world.colours(),
        results_path: outcome.folder.as_ref().map(|folder| folder.join("summary.json").display().to_string()),
    };
    let Outcome { info, plan, snapshot, verdict, thresholds, .. } = outcome;
    world.say(&final_report(info, snapshot, &plan.catalog, verdict, thresholds, &options));
    if let Some(problem) = &outcome.not_written {
        world.complain(&format!("error: {problem}\n"));
    }
    verdict.exit_code
}
