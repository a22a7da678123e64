//! `loadgen completions` and `loadgen man`: the command line as shells and manuals want it.

use super::{
    output::{self, Existing},
    world::World,
};
use crate::model::ExitCode;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use std::{io, path::PathBuf};

const NAME: &str = "loadgen";

#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell to complete in
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// Write a page for each command into this folder, which is made where it is missing
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<PathBuf>,
}

pub(super) fn completions(
    arguments: &CompletionsArguments,
    mut command: Command,
    world: &mut World,
) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, NAME, &mut script);
    world.say(&String::from_utf8_lossy(&script));
    ExitCode::Passed
}

pub(super) fn man(arguments: &ManArguments, command: Command, world: &mut World) -> ExitCode {
    write_pages(arguments, command, world).unwrap_or_else(|error| {
        world.complain(&format!("error: the manual could not be written: {error}\n"));
        ExitCode::Internal
    })
}

fn write_pages(arguments: &ManArguments, mut command: Command, world: &mut World) -> io::Result<ExitCode> {
    command.build();
    let Some(folder) = &arguments.output_dir else {
        world.say(&page(NAME, command)?);
        return Ok(ExitCode::Passed);
    };
    std::fs::create_dir_all(folder)?;
    let subcommands: Vec<Command> = command.get_subcommands().cloned().collect();
    for command in [command].into_iter().chain(subcommands) {
        let name = command.get_display_name().unwrap_or(NAME).to_owned();
        let path = folder.join(format!("{name}.1"));
        let code = output::write(&path, &page(&name, command)?, Existing::Replace, world);
        if code != ExitCode::Passed {
            return Ok(code);
        }
    }
    Ok(ExitCode::Passed)
}

fn page(name: &str, command: Command) -> io::Result<String> {
    let mut page = Vec::new();
    let version = concat!("loadgen ", env!("CARGO_PKG_VERSION"));
    Man::new(command).title(name.to_uppercase()).source(version).manual("loadgen").render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
