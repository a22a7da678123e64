//! `loadgen run`.

use super::{
    annotate,
    args::RunArguments,
    closing::{Ended, closing},
    compare_sources::wanted,
    progress_arguments::{ProgressArguments, ProgressMode},
    scenario_input::ScenarioInput,
    told::{ResultFormat, tell},
    watch::Watcher,
    world::World,
};
use crate::{
    model::{ExchangeRecord, ExitCode, TaskResult},
    report::{
        Baseline,
        once::{exchange_text, once_summary},
        terminal::{final_report, quiet_report},
    },
    run::{Job, Outcome, RunError, execute, try_tasks},
};
use std::{future::Future, io::ErrorKind};

pub(super) fn run(arguments: &RunArguments, world: &mut World) -> ExitCode {
    let format = ResultFormat::of(arguments.output.format, world);
    if arguments.once && format == ResultFormat::Json {
        world.complain("error: `--once` has no results that could be JSON\n");
        return ExitCode::Usage;
    }
    if arguments.once && (!arguments.output.out.is_empty() || arguments.output.baseline.is_some()) {
        world.complain("error: `--once` makes no load: there is nothing for `--out` and `--baseline`\n");
        return ExitCode::Usage;
    }
    let input = match ScenarioInput::read(&arguments.file, &arguments.scenario, world) {
        Ok(input) => input,
        Err(code) => return code,
    };
    let wanted = match wanted(&arguments.output, world) {
        Ok(wanted) => wanted,
        Err(code) => return code,
    };
    let baseline = wanted.baseline.clone();
    let job = Job {
        file: input.file.clone(),
        source: input.source.clone(),
        options: input.options.clone(),
        seed: arguments.scenario.seed,
        results: (!arguments.no_results).then(|| arguments.results.clone()),
        env: input.env.clone(),
        files: input.files.clone(),
        allow_saturated: arguments.allow_saturated,
        wanted,
        command: [&["loadgen".to_owned(), "run".to_owned()], input.repeated.as_slice()].concat(),
    };
    let ended = if arguments.once {
        block_on(try_once(job, world), |error| error)
            .map(|passed| if passed { ExitCode::Passed } else { ExitCode::ThresholdFailed })
    } else {
        drive(job, arguments.progress, world)
            .map(|outcome| conclude(&outcome, arguments, baseline.as_deref(), world))
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            if format == ResultFormat::Github {
                annotate::refused(&input, &error, world);
            }
            refuse(&input, error, world)
        }
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
        RunError::Output(_) => ExitCode::Usage,
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

fn drive(job: Job, progress: ProgressArguments, world: &mut World) -> Result<Outcome, RunError> {
    let mut watcher = Watcher::new(progress, world);
    let outcome = block_on(execute(job, &mut watcher), |error| error);
    watcher.finish();
    outcome
}

/// Each task a single time; whether all of them passed.
async fn try_once(job: Job, world: &mut World) -> Result<bool, RunError> {
    let (width, color) = (world.width(), world.colours());
    let mut show =
        |record: &ExchangeRecord| say(world, &format!("{}\n", exchange_text(record, width, color)));
    let tried = try_tasks(job, &mut show).await?;
    tried.lines.iter().for_each(|line| say(world, &format!("log: {line}\n")));
    say(world, &once_summary(&tried.tasks, width, color));
    Ok(tried.tasks.iter().all(|(_, result)| *result == TaskResult::Passed))
}

fn say(world: &mut World, text: &str) {
    // A closed pipe is no reason to end otherwise.
    let _ = world.print_text(text);
}

fn conclude(
    outcome: &Outcome,
    arguments: &RunArguments,
    baseline: Option<&Baseline>,
    world: &mut World,
) -> ExitCode {
    let (results, output) = (outcome.results(), &arguments.output);
    let format = ResultFormat::of(output.format, world);
    let ended =
        Ended { folder: outcome.folder.as_deref(), files: &outcome.files, asked: &output.out, baseline };
    let options = closing(world, &results, format, &ended);
    let report = if arguments.progress.quiet { quiet_report } else { final_report };
    // Where both streams have JSON there is no place for text.
    let is_all_json = format == ResultFormat::Json && arguments.progress.progress == ProgressMode::Json;
    let text = if is_all_json { String::new() } else { report(&results, &options) };
    let printed = tell(&results, &text, format, world);
    for problem in &outcome.not_written {
        world.complain(&format!("error: {problem}\n"));
    }
    match printed {
        // Who closes a pipe has read enough of it.
        Err(error) if outcome.folder.is_none() && error.kind() != ErrorKind::BrokenPipe => {
            world.complain(&format!("error: the results could not be printed: {error}\n"));
            outcome.verdict.exit_code.or_worse(ExitCode::ResultsNotWritten)
        }
        _ => outcome.verdict.exit_code,
    }
}
