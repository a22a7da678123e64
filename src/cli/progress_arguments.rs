//! How much a run tells while it goes on.

use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct ProgressArguments {
    /// What is shown while the run goes on, on standard error
    #[arg(long, value_enum, value_name = "HOW", default_value_t = ProgressMode::Auto, conflicts_with = "once")]
    pub progress: ProgressMode,
    /// Show nothing while it goes on, and at the end the verdict, what did not hold, and the places of files; errors are told
    #[arg(short, long, conflicts_with = "once")]
    pub quiet: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ProgressMode {
    /// `bar` on a terminal, else `plain`
    #[default]
    Auto,
    /// Lines that are drawn over in place; where there is no terminal to draw on, `plain`
    Bar,
    /// A line every five seconds
    Plain,
    /// A JSON object in a line for each second and for each note
    Json,
    /// Notes only
    None,
}
