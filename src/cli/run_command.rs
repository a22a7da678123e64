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
use std::{future::Future, io::ErrorKind};

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
        allow_saturated: arguments.allow_saturated,
        command: [&["loadgen".to_owned(), "run".to_owned()], input.repeated.as_slice()].concat(),
    };
    let ended = if arguments.once {
        block_on(try_once(job, world), |error| error)
            .map(|passed| if passed { ExitCode::Passed } else { ExitCode::ThresholdFailed })
    } else {
        drive(job, world).map(|outcome| conclude(&outcome, world))
    };
    match ended {
        Ok(code) => code,
        Err(error) => refuse(&input, error, world),
    }
}

/// Says why a scenario was not run; the exit code that follows from it.
pub(super) fn refuse(input: &ScenarioInput, error: RunError, world: &mut World) -> ExitCode {
    if let RunError::Scenario(faults) = error {
        return input.refuse(&faults, world);
    }
    world.complain(&format!("error: {error}\n"));
    match error {
        // It is the scenario that asks for more than there is.
        RunError::OpenFiles(_) | RunError::Transport(_) => ExitCode::ScenarioInvalid,
        RunError::Stopped(_) => ExitCode::Interrupted,
        _ => ExitCode::Internal,
    }
}

/// Drives a future to its end; `wrap` says that there is no runtime to do it.
pub(super) fn block_on<T, E>(
    work: impl Future<Output = Result<T, E>>,
    wrap: impl FnOnce(RunError) -> E,
) -> Result<T, E> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| wrap(RunError::Setup("the runtime", error)))?;
    let done = runtime.block_on(work);
    // A look-up of a name or a large file that is still read must not keep the process.
    runtime.shutdown_background();
    done
}

fn drive(job: Job, world: &mut World) -> Result<Outcome, RunError> {
    let mut watcher = Watcher::new(world);
    let outcome = block_on(execute(job, &mut watcher), |error| error);
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
    let Outcome { info, plan, snapshot, health, verdict, thresholds, .. } = outcome;
    let report = final_report(info, snapshot, &plan.catalog, verdict, health, thresholds, &options);
    let printed = world.print(&report);
    if let Some(problem) = &outcome.not_written {
        world.complain(&format!("error: {problem}\n"));
    }
    match printed {
        // Who closes a pipe has read enough of it.
        Err(error) if outcome.folder.is_none() && error.kind() != ErrorKind::BrokenPipe => {
            world.complain(&format!("error: the results could not be printed: {error}\n"));
            verdict.exit_code.or_worse(ExitCode::ResultsNotWritten)
        }
        _ => verdict.exit_code,
    }
}
