//! `loadgen report`: the results of a run out of its journal.

use super::{args::OutputArguments, compare_sources::wanted_without_load, rebuilt::show, world::World};
use crate::{model::ExitCode, run::rebuild};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// The run's own folder, with its journal.jsonl
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Write summary.json and report.html anew where they are there already; `--baseline` does so, too
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub output: OutputArguments,
}

pub(super) fn run(arguments: &ReportArguments, world: &mut World) -> ExitCode {
    let why = "a journal has what requests add up to, and not each of them";
    let wanted = match wanted_without_load(&arguments.output, why, world) {
        Ok(wanted) => wanted,
        Err(code) => return code,
    };
    match rebuild(&arguments.folder, arguments.force, &wanted) {
        Ok(rebuilt) => show(&rebuilt, &arguments.output, &wanted, world),
        Err(error) => {
            world.complain_of(&format!("error: {error}\n"));
            ExitCode::Usage
        }
    }
}
