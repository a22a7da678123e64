//! `loadgen init`.

use super::{
    output::{self, Existing},
    starter::{self, Origin},
    world::World,
};
use crate::model::ExitCode;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct InitArguments {
    /// The file to write; `-` for standard output
    #[arg(value_name = "FILE", default_value = "scenario.yaml")]
    pub file: String,
    /// Test this URL instead of the built-in demo API: its path becomes the first task
    #[arg(long, value_name = "URL")]
    pub from_url: Option<String>,
    /// Write over a file that is there already
    #[arg(long)]
    pub force: bool,
}

pub(super) fn run(arguments: &InitArguments, world: &mut World) -> ExitCode {
    let origin = match arguments.from_url.as_deref().map(Origin::from_url).transpose() {
        Ok(origin) => origin,
        Err(problem) => {
            world.complain(&format!("error: {problem}\n"));
            return ExitCode::Usage;
        }
    };
    let file = arguments.file.as_str();
    if file == "-" {
        world.say(&starter::scenario(origin.as_ref(), "scenario.yaml"));
        return ExitCode::Passed;
    }
    let existing = if arguments.force { Existing::Replace } else { Existing::Keep };
    let text = starter::scenario(origin.as_ref(), file);
    let code = output::write(file.as_ref(), &text, existing, world);
    if code == ExitCode::Passed {
        world.say(&format!(
            "{file} is written. A few seconds show that it works, then the whole of it:\n\n  \
             loadgen run {file} --environment quick\n  loadgen run {file}\n"
        ));
    }
    code
}
