//! From arguments to the command they name.

use super::{
    args::{Cli, Command},
    demo_command, init_command, manual_command, plan_command, run_command, schema_command, validate_command,
    world::World,
};
use crate::model::ExitCode;
use clap::{CommandFactory, Parser};
use std::ffi::OsString;

/// Runs the program with these arguments, the first being its name; its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>, mut world: World) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return say(&error, &mut world),
    };
    let code = match cli.command {
        Command::Run(arguments) => run_command::run(&arguments, &mut world),
        Command::Validate(arguments) => validate_command::run(&arguments, &mut world),
        Command::Plan(arguments) => plan_command::run(&arguments, &mut world),
        Command::Demo(arguments) => demo_command::run(&arguments, &mut world),
        Command::Init(arguments) => init_command::run(&arguments, &mut world),
        Command::Schema(arguments) => schema_command::run(&arguments, &mut world),
        Command::Completions(arguments) => {
            manual_command::completions(&arguments, Cli::command(), &mut world)
        }
        Command::Man(arguments) => manual_command::man(&arguments, Cli::command(), &mut world),
    };
    code.number()
}

/// Help and version are answers; everything else is a wrong command line.
fn say(error: &clap::Error, world: &mut World) -> u8 {
    let text = error.render();
    if error.use_stderr() {
        world.complain(&text.to_string());
        return ExitCode::Usage.number();
    }
    world.say(&text.to_string());
    ExitCode::Passed.number()
}
