//! `loadgen schema`.

use super::{
    output::{self, Existing},
    world::World,
};
use crate::{model::ExitCode, scenario};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// Write it to this file, over what is there, instead of to standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

pub(super) fn run(arguments: &SchemaArguments, world: &mut World) -> ExitCode {
    let text = format!("{:#}\n", scenario::json_schema());
    match &arguments.output {
        Some(path) => output::write(path, &text, Existing::Replace, world),
        None => {
            world.say(&text);
            ExitCode::Passed
        }
    }
}
