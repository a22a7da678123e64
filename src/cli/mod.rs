//! The command line: arguments in, exit code out. The only room that touches the streams and the environment.

mod args;
mod compare_command;
mod compare_pairs;
mod compare_sources;
mod demo_command;
mod init_command;
mod main;
mod manual_command;
mod merge_command;
mod output;
mod plan_command;
mod rebuilt;
mod report_command;
mod run_command;
mod scenario_files;
mod scenario_input;
mod schema_command;
mod source;
mod starter;
mod validate_command;
mod watch;
mod world;

pub use main::main;
pub use world::{Terminal, World};
