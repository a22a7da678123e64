//! Whether runs can be compared at all, and what about them should be known if they are.

use std::fmt::Write;

/// What a run's generator said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// The results say nothing of it, or that all was well.
    Ok,
    /// It was late or short of something; why.
    Degraded(String),
    /// The numbers are about the generator and not about the target; why.
    Saturated(String),
}

/// A workload, as far as it decides how load arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadFacts {
    /// Its name.
    pub name: String,
    /// Whether its iterations arrive at a rate.
    pub is_open: bool,
    /// Iterations that were meant to start and count; only where they arrive at a rate.
    pub arrivals: Option<u64>,
}

/// A stage of a run's load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageFacts {
    /// The workload it belongs to.
    pub workload: String,
    /// Its start, in ms from the start of the run.
    pub start_ms: u64,
    /// Its end, likewise.
    pub end_ms: u64,
    /// Whether it is warm-up.
    pub warm_up: bool,
}

/// Which run it is, and what it was run with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFacts {
    /// Where its results are, as they were named.
    pub place: String,
    /// Its unique name.
    pub id: String,
    /// UTC start, RFC 3339.
    pub started_at: String,
    /// SHA-256 of the scenario, hexadecimal.
    pub scenario_sha256: String,
    /// The base URL that load went to.
    pub target: String,
    /// The environment of the file that was chosen.
    pub environment: Option<String>,
    /// Its workloads; empty where the results do not tell.
    pub workloads: Vec<WorkloadFacts>,
    /// Its stages.
    pub stages: Vec<StageFacts>,
    /// The most users there were.
    pub users: Option<u64>,
    /// What it was called with besides the file and the seed.
    pub options: String,
    /// Whether it ended before its plan was carried out.
    pub incomplete: bool,
    /// Its exit code.
    pub exit_code: u8,
    /// The sentence of its verdict.
    pub reason: String,
    /// Its generator.
    pub health: Health,
    /// Operating system, processor and the number of its cores.
    pub host: String,
    /// Version of loadgen.
    pub version: String,
}

/// Differences that are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed {
    /// Both sides may have different scenarios, and with them different loads.
    pub scenario: bool,
    /// Both sides may have different environments, and with them different targets.
    pub environment: bool,
}

/// What speaks against a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objections {
    /// Reasons to refuse it.
    pub refusals: Vec<String>,
    /// What should be known about it.
    pub warnings: Vec<String>,
}

/// Exit codes of runs that tell something about the target: it passed, a threshold failed, or only the writing did.
const WHOLE: [u8; 3] = [0, 97, 99];
/// How far two numbers of arrivals may be apart, besides what chance does to those of a Poisson process.
const CLOSE: f64 = 0.05;

/// Whether a run came to its end and told something about the target, as far as its exit code and its length say.
pub fn is_whole(exit_code: u8, incomplete: bool) -> bool {
    !incomplete && WHOLE.contains(&exit_code)
}

/// Holds every run against the first of the base.
pub fn objections(base: &[RunFacts], new: &[RunFacts], allowed: Allowed) -> Objections {
    let mut found = Objections::default();
    for run in base.iter().chain(new) {
        validity(run, &mut found);
    }
    twice(base, new, &mut found);
    let Some(first) = base.first() else { return found };
    for run in base.iter().skip(1) {
        differences(first, run, Allowed::default(), &mut found);
    }
    for run in new {
        differences(first, run, allowed, &mut found);
    }
    if let Some(one) = new.first().filter(|_| allowed != Allowed::default()) {
        for run in new.iter().skip(1) {
            differences(one, run, Allowed::default(), &mut found);
        }
    }
    found
}

/// A run that is named twice is no second run.
fn twice(base: &[RunFacts], new: &[RunFacts], found: &mut Objections) {
    for side in [base, new] {
        for (index, run) in side.iter().enumerate() {
            if let Some(other) = side.iter().take(index).find(|other| other.id == run.id) {
                let (here, there) = (&run.place, &other.place);
                found
                    .refusals
                    .push(format!("{here} is the same run as {there} ({}), and counts once", run.id));
            }
        }
    }
    for run in new {
        if let Some(other) = base.iter().find(|other| other.id == run.id) {
            let (here, there) = (&run.place, &other.place);
            found.warnings.push(format!("{here} is the same run as {there}, which is on the other side"));
        }
    }
}

fn validity(run: &RunFacts, found: &mut Objections) {
    let RunFacts { place, exit_code, reason, .. } = run;
    if !is_whole(*exit_code, run.incomplete) {
        found.refusals.push(format!("{place} is no whole run: {reason} (exit code {exit_code})"));
    }
    match &run.health {
        Health::Saturated(why) if *exit_code != 96 => found.refusals.push(format!(
            "{place}: the generator was saturated{}, so its numbers are not about the target",
            because(why)
        )),
        Health::Degraded(why) => {
            found.warnings.push(format!("{place}: the generator was degraded{}", because(why)));
        }
        _ => {}
    }
}

fn because(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(" ({why})") }
}

fn differences(first: &RunFacts, run: &RunFacts, allowed: Allowed, found: &mut Objections) {
    let (here, there) = (&run.place, &first.place);
    let mut refuse = |is_allowed: bool, text: String| {
        if is_allowed { found.warnings.push(text) } else { found.refusals.push(text) }
    };
    if run.scenario_sha256 != first.scenario_sha256 {
        let (one, other) = (short(&run.scenario_sha256), short(&first.scenario_sha256));
        refuse(
            allowed.scenario,
            format!("{here} is of another scenario than {there} (sha256 {one} and {other})"),
        );
    }
    if run.environment != first.environment {
        let name =
            |run: &RunFacts| run.environment.as_ref().map_or("none".to_owned(), |name| format!("`{name}`"));
        let (one, other) = (name(run), name(first));
        refuse(
            allowed.environment,
            format!("{here} has another environment than {there} ({one} and {other})"),
        );
    }
    if run.target != first.target {
        let is_allowed = allowed.scenario || allowed.environment;
        refuse(
            is_allowed,
            format!("{here} has another target than {there} ({} and {})", run.target, first.target),
        );
    }
    if let Some(difference) = load_difference(first, run) {
        let is_allowed = allowed.scenario || allowed.environment;
        refuse(is_allowed, format!("{here} has another load than {there} ({difference})"));
    }
    circumstances(first, run, found);
}

fn short(sha256: &str) -> String {
    let mut short: String = sha256.chars().take(8).collect();
    if short.len() < sha256.len() {
        short.push('…');
    }
    short
}

/// What tells two loads apart: the model, the shape, or how much of it there was.
fn load_difference(first: &RunFacts, run: &RunFacts) -> Option<String> {
    let model = |run: &RunFacts| {
        run.workloads.iter().fold(String::new(), |mut text, one| {
            let model = if one.is_open { "open" } else { "closed" };
            let comma = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{comma}`{}` {model}", one.name);
            text
        })
    };
    let (one, other) = (model(run), model(first));
    if one != other && !one.is_empty() && !other.is_empty() {
        return Some(format!("{one}; {other}"));
    }
    if run.stages != first.stages {
        let length = |run: &RunFacts| run.stages.iter().map(|stage| stage.end_ms).max().unwrap_or(0);
        let (one, other) = (length(run), length(first));
        return Some(if one == other {
            "other stages".to_owned()
        } else {
            format!("planned for {one} ms and for {other} ms")
        });
    }
    rate_difference(first, run).or_else(|| user_difference(first, run))
}

/// Over the same stages, the same rate has the same number of arrivals.
fn rate_difference(first: &RunFacts, run: &RunFacts) -> Option<String> {
    let both = run.workloads.iter().zip(&first.workloads);
    let mut numbers = both.filter_map(|(one, other)| Some((&one.name, one.arrivals?, other.arrivals?)));
    let differ = |one: u64, other: u64| {
        // Three standard deviations of the difference of two Poisson numbers.
        let chance = 3.0 * ((one + other) as f64).sqrt();
        one.abs_diff(other) as f64 > CLOSE * one.max(other) as f64 + chance
    };
    let (name, one, other) = numbers.find(|(_, one, other)| differ(*one, *other))?;
    Some(format!("`{name}` had {one} and {other} arrivals"))
}

/// Where users come from the plan, their number tells two loads apart.
fn user_difference(first: &RunFacts, run: &RunFacts) -> Option<String> {
    if run.workloads.iter().chain(&first.workloads).any(|one| one.is_open) {
        return None;
    }
    let (one, other) = (run.users?, first.users?);
    (one != other).then(|| format!("{one} and {other} users"))
}

/// What makes numbers differ without being a reason to refuse them.
fn circumstances(first: &RunFacts, run: &RunFacts, found: &mut Objections) {
    let (here, there) = (&run.place, &first.place);
    for (what, one, other) in [
        ("on another machine", &run.host, &first.host),
        ("with another version of loadgen", &run.version, &first.version),
        ("with other options", &run.options, &first.options),
    ] {
        if one != other {
            let name = |text: &str| if text.is_empty() { "none".to_owned() } else { format!("`{text}`") };
            let (one, other) = (name(one), name(other));
            found.warnings.push(format!("{here} was run {what} than {there} ({one} and {other})"));
        }
    }
}
