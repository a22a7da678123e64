//! The arguments, as clap reads them. Their text is the program's help.

use super::{
    compare_command::{self, CompareArguments},
    init_command::InitArguments,
    manual_command::{CompletionsArguments, ManArguments},
    merge_command::MergeArguments,
    progress_arguments::ProgressArguments,
    report_command::ReportArguments,
    schema_command::SchemaArguments,
    told::ResultFormat,
};
use crate::{
    model::{parse_duration, parse_share},
    run::Asked,
};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, time::Duration};

/// Load testing from one YAML file.
#[derive(Debug, Parser)]
#[command(name = "loadgen", version, about, long_about = ABOUT, disable_help_subcommand = true, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario and judge it
    #[command(after_help = EXIT_CODES)]
    Run(RunArguments),
    /// Read scenarios and tell everything that is wrong with them, without sending anything
    Validate(ValidateArguments),
    /// Show what a scenario would do, without sending anything
    Plan(PlanArguments),
    /// Rebuild the results of a run from its journal, after it was cut off
    ///
    /// It prints what `loadgen run` would have printed, and writes summary.json and report.html where one is missing. A run that was cut
    /// off, by `kill -9` or with its machine, is incomplete (exit code 98) and lacks at most its last two seconds. The
    /// exit code is that of the run.
    Report(ReportArguments),
    /// Join the results of several generators that ran the same scenario
    ///
    /// It reads the journals of the runs, adds up what they saw, exactly, and judges the sum. The exit code is that of
    /// the joined run; where a part was cut off, 98.
    Merge(MergeArguments),
    /// Hold runs against earlier ones: what got faster, what got slower, and what is only noise
    #[command(after_help = compare_command::EXIT_CODES)]
    Compare(Box<CompareArguments>),
    /// Serve the built-in demo API on 127.0.0.1
    Demo(DemoArguments),
    /// Write a commented scenario to start from
    ///
    /// It runs against the built-in demo API as it is, or against the server of --from-url.
    Init(InitArguments),
    /// Print the JSON Schema of the scenario language, for editors
    ///
    /// With a first line `# yaml-language-server: $schema=./loadgen.schema.json` in a scenario, editors that use the
    /// YAML language server complete its keys, explain them, and mark what is wrong.
    Schema(SchemaArguments),
    /// Print the completion script of a shell
    ///
    /// Bash reads it with `source <(loadgen completions bash)`, fish with `loadgen completions fish | source`, zsh from
    /// a file `_loadgen` in a folder of its `fpath`.
    Completions(CompletionsArguments),
    /// Print the manual page
    Man(ManArguments),
}

const ABOUT: &str = "\
Load testing from one YAML file: virtual users or arrival rates, right percentiles, and a verdict that CI understands.

`loadgen init` writes a scenario to start from, and `loadgen run scenario.yaml` runs it: it drives load against an HTTP \
API as the file describes, measures what the API's users would have felt, judges that against the file's thresholds, and \
ends with an exit code, a table and a report.html for people, and a summary.json for dashboards.";

const EXIT_CODES: &str = "\
Exit codes:
  0    passed
  1    unexpected error of the program
  2    wrong command line
  96   the generator was saturated: the numbers are not the target's (unless --allow-saturated)
  97   the results could not be written (they are printed)
  98   the run was cut off, and rebuilt by `loadgen report` or `loadgen merge`
  99   a threshold failed, had no data or too few samples, or no iteration completed
  104  the scenario is wrong; nothing was sent
  105  stopped by SIGINT, SIGTERM or SIGHUP; judged and written all the same
  107  `setup` failed; no load was made
  108  a step stopped the run; judged and written all the same";

/// What `run`, `plan` and `validate` say about a scenario.
#[derive(Debug, Clone, Args)]
pub(super) struct ScenarioArguments {
    /// Merge this overlay of the file's `environments` over it
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Set a variable of the environment for `${env.KEY}` and secrets; may be repeated
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub env: Vec<String>,
    /// Set a value of the file, as in `load.users=5`; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Users, in place of those of the file's only workload
    #[arg(long, value_name = "N")]
    pub users: Option<String>,
    /// Duration, in place of that of the file's only workload
    #[arg(long, value_name = "DURATION")]
    pub duration: Option<String>,
    /// Iterations per time, as `100/s`, in place of that of the file's only workload
    #[arg(long, value_name = "RATE", conflicts_with = "users")]
    pub rate: Option<String>,
    /// Add a tag to every sample; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub tag: Vec<String>,
    /// Run only the task of this name
    #[arg(long, value_name = "TASK")]
    pub only: Option<String>,
    /// Seed of every random choice; drawn and reported where none is given
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Let the scenario read files of this folder, too, and not only of its own; may be repeated
    #[arg(long, value_name = "DIR")]
    pub allow_files: Vec<PathBuf>,
}

/// What is made of the results of a run besides the files of its folder.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArguments {
    /// Write the results to this file as well, in this format; may be repeated
    ///
    /// FORMAT is json, html, junit, markdown, k6-summary, gitlab, benchmark, benchmark-bigger or bencher; or csv, jsonl
    /// or hlog, which are written second by second while the run goes on. With `loadgen run` also samples: every request
    /// of the load, a row each, as CSV, or as JSON Lines where FILE ends in .jsonl; compressed where it ends in .gz.
    #[arg(long, value_name = "FORMAT=FILE")]
    pub out: Vec<Asked>,
    /// Hold the run against this earlier one, in the printed text, report.html and markdown: the folder of its results
    #[arg(long, value_name = "DIR")]
    pub baseline: Option<PathBuf>,
    /// How the results are printed; unless given, github where GITHUB_ACTIONS is `true`, and text elsewhere
    #[arg(long, value_enum)]
    pub format: Option<ResultFormat>,
}

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// The scenario file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// Send each task once with one user, and show requests, responses, checks and extracts
    #[arg(long)]
    pub once: bool,
    /// Folder in which the run's own folder is made
    #[arg(long, value_name = "DIR", default_value = "results", conflicts_with = "no_results")]
    pub results: PathBuf,
    /// Write no results
    #[arg(long)]
    pub no_results: bool,
    /// Let a run pass whose numbers describe the generator and not the target
    #[arg(long)]
    pub allow_saturated: bool,
    #[command(flatten)]
    pub progress: ProgressArguments,
    #[command(flatten)]
    pub output: OutputArguments,
}

#[derive(Debug, Args)]
pub(super) struct PlanArguments {
    /// The scenario file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// List so many users or arrivals of each workload in the JSON, from the first on, or `all`: ten million at most
    #[arg(long, value_name = "N", default_value = "1000", value_parser = listed, requires = "json")]
    pub schedule: u64,
}

#[derive(Debug, Args)]
pub(super) struct ValidateArguments {
    /// The scenario files
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// How faults are printed
    #[arg(long, value_enum, default_value_t = FindingFormat::Text)]
    pub format: FindingFormat,
}

/// How the faults of files are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum FindingFormat {
    /// For people, with the line and a caret.
    Text,
    /// For programs.
    Json,
    /// For GitHub's workflows, which show them at the line.
    Github,
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

/// How many entries of a list are wanted.
fn listed(text: &str) -> Result<u64, String> {
    if text == "all" {
        return Ok(u64::MAX);
    }
    text.parse().map_err(|_| "write a whole number, as `5000`, or `all`".to_owned())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| format!("{}: {}", error.problem, error.help))
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    parse_share(text).map_err(|error| format!("{}: {}", error.problem, error.help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Format;
    use clap::CommandFactory;

    #[test]
    fn the_help_has_every_format() {
        let mut command = Cli::command();
        let run = command.find_subcommand_mut("run").expect("a command");
        let help = run.render_long_help().to_string();
        let words: Vec<&str> = help.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
        for format in Format::all() {
            assert!(words.contains(&format.name()), "{}: {help}", format.name());
        }
    }
}
