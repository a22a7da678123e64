//! `loadgen merge`: the results of one run out of the journals of several generators.

use super::{args::OutputArguments, compare_sources::wanted_without_load, rebuilt::show, world::World};
use crate::{model::ExitCode, run::merge};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct MergeArguments {
    /// The folders of the parts, two or more, each with its journal.jsonl
    #[arg(value_name = "DIR", required = true, num_args = 2..)]
    pub folders: Vec<PathBuf>,
    /// Folder in which the folder of the joined run is made
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub results: PathBuf,
    #[command(flatten)]
    pub output: OutputArguments,
}

pub(super) fn run(arguments: &MergeArguments, world: &mut World) -> ExitCode {
    let why = "a journal has what requests add up to, and not each of them";
    let wanted = match wanted_without_load(&arguments.output, why, world) {
        Ok(wanted) => wanted,
        Err(code) => return code,
    };
    match merge(&arguments.folders, &arguments.results, &wanted) {
        Ok(rebuilt) => show(&rebuilt, &arguments.output, &wanted, world),
        Err(error) => {
            world.complain_of(&format!("error: {error}\n"));
            ExitCode::Usage
        }
    }
}
