//! The thin binary: the library does the work, this maps its outcome to an exit code.

use loadgen::cli::{World, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(run(std::env::args_os(), World::real()))
}
