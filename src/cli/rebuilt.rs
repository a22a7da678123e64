//! What `report` and `merge` print: the same as a run at its end, and what should be known of the journals.

use super::{
    args::OutputArguments,
    closing::{Ended, closing},
    told::{ResultFormat, tell},
    world::World,
};
use crate::{
    model::ExitCode,
    report::terminal::final_report,
    run::{Rebuilt, SUMMARY, Wanted},
};

/// Prints the results; the exit code of the run.
pub(super) fn show(
    rebuilt: &Rebuilt,
    output: &OutputArguments,
    wanted: &Wanted,
    world: &mut World,
) -> ExitCode {
    for note in &rebuilt.notes {
        world.complain_of(&format!("note: {note}\n"));
    }
    let (results, format) = (rebuilt.results(), ResultFormat::of(output.format, world));
    // The folder's own files come before those that were asked for.
    let folder = rebuilt.files.first().filter(|file| file.ends_with(SUMMARY)).and_then(|file| file.parent());
    let baseline = wanted.baseline.as_deref();
    let ended = Ended { folder, files: &rebuilt.files, asked: &output.out, baseline };
    let options = closing(world, &results, format, &ended);
    // A closed pipe is no reason to end otherwise: the results are in their files.
    let _ = tell(&results, &final_report(&results, &options), format, world);
    for problem in &rebuilt.not_written {
        world.complain_of(&format!("error: {problem}\n"));
    }
    rebuilt.verdict.exit_code
}
