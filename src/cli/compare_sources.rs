//! Reading the results of earlier runs for a comparison.

use super::{args::OutputArguments, world::World};
use crate::{
    judge::compare::MeasuredRun,
    model::ExitCode,
    report::{Baseline, comparison_v1::read_run},
    run::{Asked, JOURNAL, SUMMARY, Wanted},
};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Largest summary read, in bytes.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Most runs of a side.
const MOST_RUNS: usize = 50;

/// Reads the runs of one side.
///
/// # Errors
/// What is wrong with one of them, for people.
pub(super) fn read_side(places: &[PathBuf]) -> Result<Vec<MeasuredRun>, String> {
    if places.len() > MOST_RUNS {
        return Err(format!("{} runs on one side; {MOST_RUNS} are the most that are compared", places.len()));
    }
    places.iter().map(|place| read(place)).collect()
}

fn read(place: &Path) -> Result<MeasuredRun, String> {
    let (path, bytes) = read_summary(place)?;
    let run = read_run(&place.display().to_string(), &bytes);
    run.map_err(|error| format!("{} {error}", path.display()))
}

/// What is wanted of a run's results; a complaint and an exit code where the baseline cannot be read.
pub(super) fn wanted(arguments: &OutputArguments, world: &mut World) -> Result<Wanted, ExitCode> {
    let read = |place: &PathBuf| {
        let (path, bytes) = read_summary(place)?;
        let baseline = Baseline::read(&place.display().to_string(), &bytes);
        baseline.map(Arc::new).map_err(|error| format!("{} {error}", path.display()))
    };
    let baseline = arguments.baseline.as_ref().map(read).transpose().map_err(|problem| {
        world.complain_of(&format!("error: the baseline cannot be read: {problem}\n"));
        ExitCode::Usage
    })?;
    let mut wanted = Wanted { baseline, ..Wanted::default() };
    for asked in arguments.out.iter().cloned() {
        match asked {
            Asked::Output(output) => wanted.outputs.push(output),
            Asked::Samples(path) if wanted.samples.is_none() => wanted.samples = Some(path),
            Asked::Samples(_) => {
                world.complain("error: `--out samples=` is there twice; every request goes to one file\n");
                return Err(ExitCode::Usage);
            }
        }
    }
    Ok(wanted)
}

/// The same where no load is made, and so there are no single requests to be written; why not.
pub(super) fn wanted_without_load(
    arguments: &OutputArguments,
    why: &str,
    world: &mut World,
) -> Result<Wanted, ExitCode> {
    let wanted = wanted(arguments, world)?;
    if wanted.samples.is_some() {
        world.complain(&format!(
            "error: `--out samples=` needs a load: {why}; give it to the `loadgen run` that makes the load\n"
        ));
        return Err(ExitCode::Usage);
    }
    Ok(wanted)
}

/// The bytes of a summary, and where they are.
fn read_summary(place: &Path) -> Result<(PathBuf, Vec<u8>), String> {
    let name = place.display();
    let problem = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
    let kind = std::fs::metadata(place).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("{name}: there is no such file or folder"),
        _ => problem(place, error),
    })?;
    let path = if kind.is_dir() { summary_of(place)? } else { place.to_owned() };
    // Looked at before it is opened: opening a FIFO would wait for a writer.
    if !std::fs::metadata(&path).map_err(|error| problem(&path, error))?.is_file() {
        return Err(format!("{} is not a regular file", path.display()));
    }
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| problem(&path, error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("{} is larger than 256 MiB, which no summary is", path.display()));
    }
    Ok((path, bytes))
}

/// The summary in a folder of results; where there is none, what the folder is instead.
fn summary_of(folder: &Path) -> Result<PathBuf, String> {
    let path = folder.join(SUMMARY);
    if path.exists() {
        return Ok(path);
    }
    let name = folder.display();
    if folder.join(JOURNAL).exists() {
        return Err(format!(
            "{name} has no {SUMMARY}: its run did not come to its end; `loadgen report {name}` rebuilds what is known"
        ));
    }
    let within = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let runs = within.filter(|entry| entry.path().join(SUMMARY).exists()).count();
    Err(match runs {
        0 => format!("{name} has no {SUMMARY}: it is no folder of results"),
        _ => format!("{name} has no {SUMMARY}, but {runs} folders that do; name them: `{name}/*`"),
    })
}
