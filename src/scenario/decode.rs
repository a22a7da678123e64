//! The file as a whole: its top-level keys.

use super::{
    decode_data,
    decode_http::http,
    decode_step::steps,
    decode_threshold::thresholds,
    decode_vars::{assignments, tags},
    decode_workload::{belongs_to_load, workloads},
    diagnostic::{Diagnostic, Faults},
    given::Given,
    overlay,
    overrides::{self, Override},
    reader::{Keys, duration, literal, text, whole_number},
    secrets::secrets,
    sources::Sources,
    span::{Span, Spanned},
    suggest::{listed, nearest, similar},
    text::Text,
    types::{Scenario, Target, Work},
    yaml::{self, Node, NodeValue},
    yaml_problem::SMALLEST,
};

/// Largest file read.
const MOST_BYTES: usize = 10 * 1024 * 1024;
/// Most environments that are looked at without being chosen.
const MOST_ENVIRONMENTS: usize = 50;

/// Stands for a `target` that could not be read, in a scenario that is refused.
const LOST_TARGET: &str = "http://target.invalid";

/// What decides how a file is read, besides its text.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The overlay of `environments` to merge over the file.
    pub environment: Option<String>,
    /// Changes that the command line makes.
    pub overrides: Vec<Override>,
    /// The only task to keep.
    pub only: Option<String>,
}

impl Options {
    /// The texts that faults point into: the file of this name, and what the command line adds.
    pub fn sources(&self, name: &str, text: &str) -> Sources {
        Sources::new(name, text, self.only.as_deref(), &self.overrides)
    }
}

/// What could be read of a file, and what is wrong with it.
#[derive(Debug)]
pub struct Reading {
    /// The scenario, as far as it could be read; nothing where the file is not even a map.
    pub scenario: Option<Scenario>,
    /// What is wrong.
    pub faults: Faults,
}

/// Reads a scenario.
///
/// # Errors
/// Every fault of the file that shows in reading it, in the file's order.
pub fn parse(source: &str, options: &Options) -> Result<Scenario, Vec<Diagnostic>> {
    let Reading { scenario, faults } = read(source, options);
    match scenario {
        Some(scenario) if faults.is_empty() => Ok(scenario),
        _ => Err(faults.into_sorted()),
    }
}

/// Reads as much of a scenario as can be read, so that what remains can be looked at, too.
pub fn read(source: &str, options: &Options) -> Reading {
    let mut faults = Faults::default();
    let scenario = read_into(source, options, &mut faults);
    Reading { scenario, faults }
}

fn read_into(source: &str, options: &Options, faults: &mut Faults) -> Option<Scenario> {
    let start = Span { line: 1, column: 1, ..Span::default() };
    if source.len() > MOST_BYTES {
        faults.report(start, format!("the file has {} bytes, more than {MOST_BYTES}", source.len()));
        return None;
    }
    let mut root = yaml::parse(source, faults)?;
    let sources = options.sources("", source);
    overlay::apply(&mut root, options.environment.as_deref(), faults);
    overrides::apply(&mut root, &options.overrides, &sources, faults);
    let mut scenario = decode(&root, faults)?;
    if let Some(task) = &options.only {
        keep_only(&mut scenario, task, sources.only_place(), faults);
    }
    if !faults.is_empty() {
        scenario.lost = Some(Given::of(&root));
    }
    Some(scenario)
}

/// The names of a file's environments; none where it cannot be read.
pub fn environments(source: &str) -> Vec<String> {
    let root = yaml::parse(source, &mut Faults::default());
    let Some(NodeValue::Map(named)) =
        root.as_ref().and_then(|root| root.entry("environments")).map(|node| &node.value)
    else {
        return Vec::new();
    };
    named.iter().take(MOST_ENVIRONMENTS).map(|(name, _)| name.value.clone()).collect()
}

fn decode(root: &Node, faults: &mut Faults) -> Option<Scenario> {
    if !matches!(root.value, NodeValue::Map(_)) {
        let fault = faults.report(root.span, format!("a scenario is a map, this is {}", root.kind()));
        fault.label("expected keys such as `target:`").help(SMALLEST);
        return None;
    }
    let mut keys = Keys::open(root, "a scenario", faults)?;
    if let Some(node) = keys.get("version") {
        whole_number(node, "`version`", 1..=1, faults);
    }
    let name = keys.get("name").and_then(|node| literal(node, "`name`", faults));
    let description = keys.get("description").and_then(|node| literal(node, "`description`", faults));
    let tags = keys.get("tags").map_or_else(Vec::new, |node| tags(node, faults));
    let target = keys.get("target").and_then(|node| target(node, faults));
    let variables =
        keys.get("variables").map_or_else(Vec::new, |node| assignments(node, "`variables`", faults));
    let data = keys.get("data").map_or_else(Vec::new, |node| decode_data::data(node, faults));
    decode_data::check_names(&data, &variables, faults);
    let secrets = keys.get("secrets").map_or_else(Vec::new, |node| secrets(node, faults));
    let http = keys.get("http").map(|node| http(node, faults)).unwrap_or_default();
    let setup = keys.get("setup").map_or_else(Vec::new, |node| steps(node, "`setup`", faults));
    let teardown = keys.get("teardown").map_or_else(Vec::new, |node| steps(node, "`teardown`", faults));
    let warm_up = keys.get("warm_up").and_then(|node| {
        let warm_up = duration(node, "`warm_up`", faults)?;
        Some(Spanned::new(warm_up, node.span))
    });
    // Taken out before, with the overlay merged.
    keys.offer(&["environments", "thresholds"]);
    let workloads = workloads(&mut keys, faults);
    let thresholds = keys.get("thresholds").map_or_else(Vec::new, |node| thresholds(node, faults));
    // One that is there and wrong was told of; paths are not without a target because of it.
    let is_lost = target.is_none() && (keys.has("target") || keys.misspelt(&["target"]));
    let target = if is_lost { Some(Target::Url(Text::literal(LOST_TARGET, root.span))) } else { target };
    let is_single = !keys.has("workloads");
    let known =
        ["variables", "thresholds", "environments", "tasks", "target", "data", "http", "flow", "start_after"];
    keys.finish_with(faults, |key, fault| {
        is_single && nearest(key, known).is_none() && belongs_to_load(key, fault)
    });
    Some(Scenario {
        name: name.map(|name| name.value),
        description: description.map(|text| text.value),
        tags,
        target,
        variables,
        data,
        secrets,
        http,
        setup,
        warm_up,
        teardown,
        workloads: workloads.unwrap_or_default(),
        thresholds,
        lost: None,
        only: None,
    })
}

fn target(node: &Node, faults: &mut Faults) -> Option<Target> {
    let text = text(node, "`target`", faults)?;
    Some(if text.as_literal() == Some("demo") { Target::Demo } else { Target::Url(text) })
}

/// Drops every other task, and the workloads that are left without one.
fn keep_only(scenario: &mut Scenario, task: &str, place: Span, faults: &mut Faults) {
    let mut names: Vec<String> = Vec::new();
    for workload in &mut scenario.workloads {
        if let Work::Tasks(tasks) = &mut workload.work {
            names.extend(tasks.iter().map(|known| known.name.value.clone()));
            tasks.retain(|known| known.name.value == task);
        }
    }
    let known = || names.iter().map(String::as_str);
    if !names.iter().any(|known| known == task) {
        let fault = faults.report(place, format!("there is no task `{task}`"));
        match similar(task, known()) {
            Some(near) => fault.label(format!("did you mean `{near}`?")),
            None if names.is_empty() => fault.label("the file has no `tasks`"),
            None => fault.label(format!("there is {}", listed(known()))),
        };
        return;
    }
    scenario.workloads.retain(|workload| matches!(&workload.work, Work::Tasks(tasks) if !tasks.is_empty()));
    scenario.only = Some(task.to_owned());
}
