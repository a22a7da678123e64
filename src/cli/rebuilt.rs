//! What `report` and `merge` print: the same as a run at its end, and what should be known of the journals.

use super::world::World;
use crate::{
    model::ExitCode,
    report::terminal::{TerminalOptions, final_report},
    run::Rebuilt,
};

/// Prints the results; the exit code of the run.
pub(super) fn show(rebuilt: &Rebuilt, world: &mut World) -> ExitCode {
    let options = TerminalOptions {
        width: world.width(),
        color: world.colours(),
        results_path: rebuilt.summary.as_ref().map(|summary| summary.display().to_string()),
    };
    for note in &rebuilt.notes {
        world.complain_of(&format!("note: {note}\n"));
    }
    let Rebuilt { info, snapshot, catalog, verdict, health, thresholds, .. } = rebuilt;
    world.say(&final_report(info, snapshot, catalog, verdict, health, thresholds, &options));
    if let Some(problem) = &rebuilt.not_written {
        world.complain(&format!("error: {problem}\n"));
    }
    verdict.exit_code
}
