//! The command line: arguments in, exit code out. The only room that touches the streams and the environment.

mod args;
mod demo_command;
mod main;
mod run_command;
mod source;
mod watch;
mod world;

pub use main::main;
pub use world::{Terminal, World};
