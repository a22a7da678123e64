//! The command line: arguments in, exit code out. The only room that touches the streams and the environment.

mod annotate;
mod args;
mod closing;
mod compare_command;
mod compare_pairs;
mod compare_sources;
mod demo_command;
#[cfg(test)]
mod documented;
mod init_command;
mod main;
mod manual_command;
mod merge_command;
mod output;
mod plan_command;
mod progress_arguments;
mod rebuilt;
mod report_command;
mod run_command;
mod scenario_files;
mod scenario_input;
mod schema_command;
mod source;
mod starter;
mod told;
mod validate_command;
mod watch;
mod world;

pub use main::main;
pub use world::{Terminal, World};
