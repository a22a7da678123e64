//! From arguments to the command they name.

use super::{
    args::{Cli, Command},
    compare_command, demo_command, init_command, manual_command, merge_command, plan_command, report_command,
    run_command, schema_command, validate_command,
    world::World,
};
use crate::model::ExitCode;
use clap::{CommandFactory, Parser};
use std::{
    ffi::OsString,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs the program with these arguments, the first being its name; its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>, mut world: World) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return say(&error, &mut world),
    };
    let command = cli.command;
    // What panics has been told by then; it must not end in a code that nobody has documented.
    let code = catch_unwind(AssertUnwindSafe(|| carry_out(command, &mut world)));
    code.unwrap_or(ExitCode::Internal).number()
}

fn carry_out(command: Command, world: &mut World) -> ExitCode {
    match command {
        Command::Run(arguments) => run_command::run(&arguments, world),
        Command::Validate(arguments) => validate_command::run(&arguments, world),
        Command::Plan(arguments) => plan_command::run(&arguments, world),
        Command::Report(arguments) => report_command::run(&arguments, world),
        Command::Merge(arguments) => merge_command::run(&arguments, world),
        Command::Compare(arguments) => compare_command::run(&arguments, world),
        Command::Demo(arguments) => demo_command::run(&arguments, world),
        Command::Init(arguments) => init_command::run(&arguments, world),
        Command::Schema(arguments) => schema_command::run(&arguments, world),
        Command::Completions(arguments) => manual_command::completions(&arguments, Cli::command(), world),
        Command::Man(arguments) => manual_command::man(&arguments, Cli::command(), world),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Terminal;
    use std::{
        collections::BTreeMap,
        io::{self, Write},
    };

    struct Crashing;

    impl Write for Crashing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("made to crash")
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_fault_of_our_own_is_exit_code_1() {
        let (stdout, stderr) = (Box::new(Crashing), Box::new(io::sink()));
        let world = World { stdout, stderr, env: BTreeMap::new(), terminal: Terminal::default() };
        assert_eq!(main(["loadgen", "schema"].map(OsString::from), world), 1);
    }
}
