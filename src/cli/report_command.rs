//! `loadgen report`: the results of a run out of its journal.

use super::{rebuilt::show, world::World};
use crate::{model::ExitCode, run::rebuild};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// The run's own folder, with its journal.jsonl
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Write summary.json anew where there is one already
    #[arg(long)]
    pub force: bool,
}

pub(super) fn run(arguments: &ReportArguments, world: &mut World) -> ExitCode {
    match rebuild(&arguments.folder, arguments.force) {
        Ok(rebuilt) => show(&rebuilt, world),
        Err(error) => {
            world.complain_of(&format!("error: {error}\n"));
            ExitCode::Usage
        }
    }
}
