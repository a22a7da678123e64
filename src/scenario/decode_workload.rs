//! A workload's keys: at the top level of a file with one workload, or under `workloads`.

use super::{
    decode_http::workload_http,
    decode_load::{ALL as LOAD_KEYS, load, positive_rate, start_after},
    decode_step::steps,
    decode_task::work,
    decode_vars::{assignments, tags},
    diagnostic::{Diagnostic, Faults},
    http::HttpDefaults,
    reader::{Keys, entries, literal_name},
    span::Spanned,
    suggest::nearest,
    think_time::{pacing, think_time},
    types::{Load, Workload},
    yaml::{Node, NodeValue},
};

/// Keys that are a workload's and nothing else's.
const OWN: [&str; 9] =
    ["load", "start_after", "on_start", "on_stop", "tasks", "flow", "think_time", "pacing", "max_rate"];

/// The file's workloads.
pub(super) fn workloads(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<Vec<Workload>> {
    keys.offer(&["workloads"]);
    if !keys.has("workloads") {
        // tags, http and variables are the file's, where the workload's keys stand at the top.
        let name = Spanned::new("default".to_owned(), keys.span());
        return Some(vec![workload(keys, name, "", faults)?]);
    }
    for key in OWN {
        if keys.get(key).is_some() {
            let fault = faults.report(keys.key_span(key), format!("`{key}` cannot stand beside `workloads`"));
            fault.label("move it into one of the `workloads`");
        }
    }
    let node = keys.get("workloads")?;
    if let NodeValue::List(_) = node.value {
        let fault = faults.report(node.span, "`workloads` is a map of names, this is a list");
        fault.label("expected a map").help("for example `workloads: { browse: { load: …, tasks: … } }`");
        return None;
    }
    let named = entries(node, "`workloads`", faults);
    if named.is_empty() {
        faults.report(node.span, "there are no workloads").label("name at least one");
        return None;
    }
    let found: Vec<Option<Workload>> =
        named.into_iter().map(|(name, node)| named_workload(name, node, faults)).collect();
    Some(found.into_iter().flatten().collect())
}

fn named_workload(name: &Spanned<String>, node: &Node, faults: &mut Faults) -> Option<Workload> {
    literal_name(name, "a workload's name", faults);
    let mut keys = Keys::open(node, "a workload", faults)?;
    let tags = keys.get("tags").map_or_else(Vec::new, |node| tags(node, faults));
    let http = keys.get("http").map(|node| workload_http(node, faults)).unwrap_or_default();
    let variables =
        keys.get("variables").map_or_else(Vec::new, |node| assignments(node, "`variables`", faults));
    let place = format!(" in the workload `{}`", name.value);
    let workload = workload(&mut keys, name.clone(), &place, faults);
    keys.finish_with(faults, |key, fault| {
        let label = match key {
            "weight" => "`weight` belongs to a task; a workload has a `load` of its own".to_owned(),
            "thresholds" | "target" | "secrets" | "data" | "setup" | "teardown" | "environments"
            | "warm_up" => {
                format!("`{key}` stands at the top of the file")
            }
            _ => return belongs_to_load(key, fault),
        };
        fault.label(label);
        true
    });
    Some(Workload { tags, http, variables, ..workload? })
}

/// Says of a key of `load` that it stands in it.
pub(super) fn belongs_to_load(key: &str, fault: &mut Diagnostic) -> bool {
    let ours = match key {
        "vus" | "threads" | "spawn_rate" | "rampUp" => Some("users"),
        _ => LOAD_KEYS.into_iter().find(|known| *known == key),
    };
    let ours = ours.or_else(|| nearest(key, LOAD_KEYS).filter(|_| !OWN.contains(&key)));
    if let Some(ours) = ours {
        fault
            .label(format!("`{ours}` belongs into `load`"))
            .help(format!("for example `load: {{ {ours}: …, … }}`"));
    }
    ours.is_some()
}

fn workload(
    keys: &mut Keys<'_>,
    name: Spanned<String>,
    place: &str,
    faults: &mut Faults,
) -> Option<Workload> {
    let written = keys.get("load");
    let load = written.and_then(|node| load(node, faults));
    let on_start = keys.get("on_start").map_or_else(Vec::new, |node| steps(node, "`on_start`", faults));
    let on_stop = keys.get("on_stop").map_or_else(Vec::new, |node| steps(node, "`on_stop`", faults));
    let think = keys.get("think_time").and_then(|node| think_time(node, faults));
    let thinks = keys.has("think_time");
    let span = keys.key_span("pacing");
    let paced = keys.get("pacing").and_then(|node| pacing(node, span, thinks, faults));
    let start_after = keys.get("start_after").and_then(|node| start_after(node, faults));
    let max_rate = keys.get("max_rate").and_then(|node| positive_rate(node, "`max_rate`", faults));
    if max_rate.is_some() && load.as_ref().is_some_and(|load| load.shape.is_open()) {
        faults
            .report(keys.key_span("max_rate"), "`max_rate` cannot stand beside a load of arrival rates")
            .label("the rate is the cap already")
            .help("arrivals held back by a cap would be late by its doing; lower the `rate`, or give `users` with a `max_rate`");
    }
    let work = work(keys, place, faults);
    if written.is_none() && !keys.misspelt(&["load"]) {
        let message = format!("`load` is missing{place}: how many users or which rate, for how long?");
        faults.report(keys.place(), message).label("add `load`").help(
            "for example `load: { users: 10, duration: 30s }`, or `load: { rate: 100/s, duration: 30s }`",
        );
    }
    Some(Workload {
        name,
        // The file is refused; what its tasks say is looked at all the same.
        load: load.unwrap_or_else(|| Load::placeholder(keys.span())),
        start_after: start_after.unwrap_or_default(),
        on_start,
        on_stop,
        work: work?,
        think_time: think.unwrap_or_default(),
        pacing: paced,
        max_rate,
        tags: Vec::new(),
        http: HttpDefaults::default(),
        variables: Vec::new(),
    })
}
