//! `loadgen run`.

use super::{args::RunArguments, scenario_input::ScenarioInput, watch::Watcher, world::World};
use crate::{
    model::{ExchangeRecord, ExitCode, TaskResult},
    report::{
        once::{exchange_text, once_summary},
        terminal::{TerminalOptions, final_report},
    },
    run::{Job, Outcome, RunError, execute, try_tasks},
};
use std::future::Future;

pub(super) fn run(arguments: &RunArguments, world: &mut World) -> ExitCode {
    let input = match ScenarioInput::read(&arguments.file, &arguments.scenario, world) {
        Ok(input) => input,
        Err(code) => return code,
    };
    let job = Job {
        file: input.file.clone(),
        source: input.source.clone(),
        options: input.options.clone(),
        seed: arguments.scenario.seed,
        results: (!arguments.no_results).then(|| arguments.results.clone()),
        env: input.env.clone(),
        files: input.files.clone(),
        command: [&["loadgen".to_owned(), "run".to_owned()], input.repeated.as_slice()].concat(),
    };
    let ended = if arguments.once {
        block_on(try_once(job, world))
            .map(|passed| if passed { ExitCode::Passed } else { ExitCode::ThresholdFailed })
    } else {
        drive(job, world).map(|outcome| conclude(&outcome, world))
    };
    match ended {
        Ok(code) => code,
        Err(RunError::Scenario(faults)) => input.refuse(&faults, world),
        Err(RunError::Later(later)) => input.refuse_later(&later, world),
        Err(error) => {
            world.complain(&format!("error: {error}\n"));
            // It is the scenario that asks for more than there is.
            if matches!(error, RunError::OpenFiles(_) | RunError::Transport(_)) {
                ExitCode::ScenarioInvalid
            } else {
                ExitCode::Internal
            }
        }
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, RunError>>) -> Result<T, RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| RunError::Setup("the runtime", error))?.block_on(work)
}

fn drive(job: Job, world: &mut World) -> Result<Outcome, RunError> {
    let mut watcher = Watcher::new(world);
    let outcome = block_on(execute(job, &mut watcher));
    watcher.finish();
    outcome
}

/// Each task a single time; whether all of them passed.
async fn try_once(job: Job, world: &mut World) -> Result<bool, RunError> {
    let (width, color) = (world.width(), world.colours());
    let mut show = |record: &ExchangeRecord| world.say(&format!("{}\n", exchange_text(record, width, color)));
    let tried = try_tasks(job, &mut show).await?;
    tried.lines.iter().for_each(|line| world.say(&format!("log: {line}\n")));
    world.say(&once_summary(&tried.tasks, width, color));
    Ok(tried.tasks.iter().all(|(_, result)| *result == TaskResult::Passed))
}

fn conclude(outcome: &Outcome, world: &mut World) -> ExitCode {
    let options = TerminalOptions {
        width: world.width(),
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
