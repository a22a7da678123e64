//! The arguments, as clap reads them. Their text is the program's help.

use crate::model::{parse_duration, parse_share};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, time::Duration};

/// Load testing from one YAML file.
#[derive(Debug, Parser)]
#[command(name = "loadgen", version, about, disable_help_subcommand = true, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario and judge it
    #[command(after_help = EXIT_CODES)]
    Run(RunArguments),
    /// Serve the built-in demo API on 127.0.0.1
    Demo(DemoArguments),
}

const EXIT_CODES: &str = "\
Exit codes:
  0    passed
  1    unexpected error of the program
  2    wrong command line
  97   the results could not be written (they are printed)
  99   a threshold failed or had no data, or no iteration completed
  104  the scenario is wrong; nothing was sent
  105  stopped by SIGINT or SIGTERM; judged and written all the same";

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// The scenario file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Merge this overlay of the file's `environments` over it
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Seed of every random choice; drawn and reported where none is given
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Folder in which the run's own folder is made
    #[arg(long, value_name = "DIR", default_value = "results", conflicts_with = "no_results")]
    pub results: PathBuf,
    /// Write no results
    #[arg(long)]
    pub no_results: bool,
}

#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Seed of latencies and errors
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Median of the log-normal latency
    #[arg(long, value_name = "DURATION", default_value = "8ms", value_parser = duration)]
    pub latency: Duration,
    /// Spread of the latency: the standard deviation of its logarithm, 0 to 3
    #[arg(long, value_name = "SIGMA", default_value_t = 0.4)]
    pub latency_sigma: f64,
    /// Share of requests answered with 503, as `1%` or `0.01`
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share)]
    pub error_rate: f64,
    /// Answer slowly for this long: five times at the start, falling to once
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub slow_start: Duration,
    /// How long a read is cached; `0s` for no cache
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub cache: Duration,
    /// Share of its latency that a cached read takes
    #[arg(long, value_name = "SHARE", default_value = "25%", value_parser = share)]
    pub cached_fraction: f64,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| format!("{}: {}", error.problem, error.help))
}

fn share(text: &str) -> Result<f64, String> {
    parse_share(text).map_err(|error| format!("{}: {}", error.problem, error.help))
}
