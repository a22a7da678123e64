//! `loadgen compare`.

use super::{
    args::{ScenarioArguments, duration, share},
    compare_pairs,
    compare_sources::read_side,
    output::{self, Existing},
    world::World,
};
use crate::{
    judge::compare::{Allowed, MeasuredRun, Objections, Rules, RunFacts, TimeKind, compare, objections},
    model::ExitCode,
    report::{
        comparison::{comparison_markdown, comparison_text},
        comparison_v1::{Compared, ComparisonV1, comparison},
    },
};
use clap::Args;
use std::{io::ErrorKind, path::PathBuf, time::Duration};

pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0    nothing regressed
  1    unexpected error of the program, or the output could not be written
  2    wrong command line, results that cannot be read, or runs that should not be compared
  99   something regressed
  105  --pairs was stopped by SIGINT, SIGTERM or SIGHUP; what there is was compared all the same

With --pairs also those of `loadgen run`, where a run could not begin or did not come to its end.";

#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// The run to compare with and the one to compare: folders of results or their summaries; with --pairs, scenarios
    #[arg(value_name = "BASE NEW", num_args = 0..=2)]
    pub runs: Vec<PathBuf>,
    /// The runs to compare with; four or more on each side can be told from noise
    #[arg(long, value_name = "DIR", num_args = 1.., requires = "new", conflicts_with = "runs")]
    pub base: Vec<PathBuf>,
    /// The runs to compare
    #[arg(long, value_name = "DIR", num_args = 1.., requires = "base")]
    pub new: Vec<PathBuf>,
    /// Compare what differs in more than it should, or was no whole run, and say so
    #[arg(long)]
    pub force: bool,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Write it to this file, over what is there; the table is printed all the same
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Show all numbers of the table, those that are unchanged as well
    #[arg(long)]
    pub all: bool,
    /// Least change of times and rates that matters
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = share)]
    pub min_change: f64,
    /// Least change of times that matters; both have to be reached
    #[arg(long, value_name = "DURATION", default_value = "1ms", value_parser = duration)]
    pub min_difference: Duration,
    /// Least change that is believed with fewer than four runs on a side
    #[arg(long, value_name = "SHARE", default_value = "20%", value_parser = share)]
    pub large_change: f64,
    /// Which time of requests is compared; unless given, the response time where load arrives at a rate
    #[arg(long, value_enum)]
    pub time: Option<Time>,
    /// Run both scenarios so many times in turn, and compare those runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=50), conflicts_with = "base")]
    pub pairs: Option<u32>,
    /// Folder in which the folders of these runs are made
    #[arg(long, value_name = "DIR", requires = "pairs", help_heading = "With --pairs")]
    pub results: Option<PathBuf>,
    /// Overlay of the base only
    #[arg(long, value_name = "NAME", requires = "pairs", help_heading = "With --pairs")]
    pub base_environment: Option<String>,
    /// Overlay of the new runs only
    #[arg(long, value_name = "NAME", requires = "pairs", help_heading = "With --pairs")]
    pub new_environment: Option<String>,
    #[command(flatten, next_help_heading = "With --pairs")]
    pub scenario: ScenarioArguments,
}

/// How a comparison is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For a comment below a pull request.
    Markdown,
}

/// Which time of requests is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Time {
    /// From the first byte sent to the last received.
    Service,
    /// From the intended start to the last byte received.
    Response,
}

/// Where the results of both sides are, and which differences are meant.
pub(super) struct Sides {
    pub base: Vec<PathBuf>,
    pub new: Vec<PathBuf>,
    pub allowed: Allowed,
}

pub(super) fn run(arguments: &CompareArguments, world: &mut World) -> ExitCode {
    let made = match arguments.pairs {
        Some(pairs) => compare_pairs::make(pairs, arguments, world).map(|made| (made.sides, made.ended)),
        None => named(arguments, world).map(|sides| (sides, ExitCode::Passed)),
    };
    let (sides, ended) = match made {
        Ok(made) => made,
        Err(code) => return code,
    };
    match read(&sides, arguments, world) {
        Ok(document) => {
            let written = tell(&document, arguments, world);
            let compared =
                if document.outcome.passed { written } else { written.or_worse(ExitCode::ThresholdFailed) };
            compared.or_worse(ended)
        }
        Err(code) => code,
    }
}

/// The runs that were named.
fn named(arguments: &CompareArguments, world: &mut World) -> Result<Sides, ExitCode> {
    let (base, new) = match arguments.runs.as_slice() {
        [] if !arguments.base.is_empty() => (arguments.base.clone(), arguments.new.clone()),
        [base, new] => (vec![base.clone()], vec![new.clone()]),
        _ => {
            world.complain(
                "error: two runs are compared: `loadgen compare BASE NEW`, or several with \
                 `loadgen compare --base DIR... --new DIR...`\n",
            );
            return Err(ExitCode::Usage);
        }
    };
    if is_given(&arguments.scenario) {
        world
            .complain("error: runs that are over cannot be changed: options of a scenario are for --pairs\n");
        return Err(ExitCode::Usage);
    }
    Ok(Sides { base, new, allowed: Allowed::default() })
}

fn is_given(scenario: &ScenarioArguments) -> bool {
    let ScenarioArguments { environment, env, set, users, duration, rate, tag, only, seed, allow_files } =
        scenario;
    let single = [environment, users, duration, rate, only].into_iter().any(Option::is_some);
    let listed = [env, set, tag].into_iter().any(|list| !list.is_empty());
    single || listed || seed.is_some() || !allow_files.is_empty()
}

/// Reads both sides and compares them; a complaint and an exit code where that should not be.
fn read(sides: &Sides, arguments: &CompareArguments, world: &mut World) -> Result<ComparisonV1, ExitCode> {
    let mut side = |places: &[PathBuf]| {
        read_side(places).map_err(|problem| {
            world.complain_of(&format!("error: {problem}\n"));
            ExitCode::Usage
        })
    };
    let (base, new) = (side(&sides.base)?, side(&sides.new)?);
    let objections = objections(&facts(&base), &facts(&new), sides.allowed);
    if !objections.refusals.is_empty() && !arguments.force {
        refuse(&objections, world);
        return Err(ExitCode::Usage);
    }
    let rules = rules(arguments);
    let found = compare(&base, &new, &rules);
    Ok(comparison(&Compared {
        base: &base,
        new: &new,
        rules: &rules,
        objections: &objections,
        comparison: &found,
    }))
}

fn facts(runs: &[MeasuredRun]) -> Vec<RunFacts> {
    runs.iter().map(|run| run.facts.clone()).collect()
}

fn rules(arguments: &CompareArguments) -> Rules {
    Rules {
        min_change: arguments.min_change,
        min_difference_ms: arguments.min_difference.as_secs_f64() * 1e3,
        large_change: arguments.large_change,
        time: arguments.time.map(|time| match time {
            Time::Service => TimeKind::Service,
            Time::Response => TimeKind::Response,
        }),
    }
}

fn refuse(objections: &Objections, world: &mut World) {
    world.complain("error: these runs should not be compared\n");
    for refusal in &objections.refusals {
        // What a verdict says can come from the target.
        world.complain_of(&format!("  {refusal}\n"));
    }
    world.complain("  help: `--force` compares them all the same, and says so in what it prints\n");
}

/// Prints the comparison, and writes it where it was asked for.
fn tell(document: &ComparisonV1, arguments: &CompareArguments, world: &mut World) -> ExitCode {
    let table = |width, color| comparison_text(document, arguments.all, width, color);
    let plain = match arguments.format {
        Format::Table => None,
        Format::Json => Some(String::from_utf8_lossy(&document.to_json()).into_owned()),
        Format::Markdown => Some(comparison_markdown(document)),
    };
    let shown = table(world.width(), world.colours());
    match (&arguments.output, plain) {
        (None, plain) => match world.print(&plain.unwrap_or(shown)) {
            // Who closes a pipe has read enough of it.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                world.complain(&format!("error: the comparison could not be printed: {error}\n"));
                ExitCode::Internal
            }
            _ => ExitCode::Passed,
        },
        (Some(path), plain) => {
            let content = plain.unwrap_or_else(|| table(world.width(), false));
            world.say(&shown);
            output::write(path, &content, Existing::Replace, world)
        }
    }
}
