//! Binding thresholds to what the run can observe: a tag or value that cannot occur is a fault before the run,
//! not a gate that silently holds.

use crate::{
    model::{Catalog, ErrorKind, Glob, Metric, Protocol, RequestId, Threshold},
    scenario::{Faults, Spanned, listed, nearest},
};
use std::collections::BTreeSet;

/// Tags whose values show only at run time, so that they cannot be combined with others beforehand.
const DYNAMIC: [&str; 3] = ["status", "error", "proto"];

/// The thresholds; faults where one selects what the run cannot produce.
pub(super) fn bind(
    thresholds: &[Spanned<Threshold>],
    catalog: &Catalog,
    faults: &mut Faults,
) -> Vec<Threshold> {
    for threshold in thresholds {
        let before = threshold.value.selector.tags.len();
        let sound = threshold
            .value
            .selector
            .tags
            .iter()
            .filter(|(tag, value)| tag_is_sound(threshold, tag, value, catalog, faults));
        if sound.count() == before {
            check_combination(threshold, catalog, faults);
        }
    }
    thresholds.iter().map(|threshold| threshold.value.clone()).collect()
}

fn tag_is_sound(
    threshold: &Spanned<Threshold>,
    tag: &str,
    value: &Glob,
    catalog: &Catalog,
    faults: &mut Faults,
) -> bool {
    let metric = threshold.value.metric;
    let Some(values) = values_of(tag, metric, catalog) else {
        let on_requests = metric.tags().contains(&"name");
        let own = if on_requests { user_tags(catalog) } else { BTreeSet::new() };
        let known = || metric.tags().iter().copied().chain(own.iter().copied());
        let fault = faults.report(threshold.span, format!("`{metric}` has no tag `{tag}`"));
        match nearest(tag, known()) {
            Some(near) => fault.label(format!("did you mean `{near}`?")),
            None if known().next().is_none() => fault.label("it has no tags"),
            None => fault.label(format!("it has {}", listed(known()))),
        };
        return false;
    };
    if values.iter().any(|known| value.matches(known)) {
        return true;
    }
    let message = format!("no {} `{}` can occur in this file", noun(tag), value.as_str());
    let fault = faults.report(threshold.span, message);
    if tag == "status" {
        fault.label("a status is a number from 100 to 599, or a pattern such as `5*`");
        return false;
    }
    match nearest(value.as_str(), values.iter().map(String::as_str)) {
        Some(near) => fault.label(format!("did you mean `{near}`?")),
        None if values.len() <= 12 => {
            fault.label(format!("there is {}", listed(values.iter().map(String::as_str))))
        }
        None => fault.label("unknown value"),
    };
    false
}

fn noun(tag: &str) -> String {
    if tag == "name" { "request".to_owned() } else { tag.to_owned() }
}

fn user_tags(catalog: &Catalog) -> BTreeSet<&str> {
    catalog.requests.iter().flat_map(|request| &request.tags).map(|(tag, _)| tag.as_str()).collect()
}

/// The values a tag can have; `None` where the metric does not carry it.
fn values_of(tag: &str, metric: Metric, catalog: &Catalog) -> Option<Vec<String>> {
    let on_requests = metric.tags().contains(&"name");
    if !metric.tags().contains(&tag) {
        let own = catalog.requests.iter().flat_map(|request| &request.tags).filter(|(known, _)| known == tag);
        let values: Vec<String> = own.map(|(_, value)| value.clone()).collect();
        return (on_requests && !values.is_empty()).then_some(values);
    }
    Some(match tag {
        "status" => (100..600).map(|status: u16| status.to_string()).collect(),
        "error" => ErrorKind::ALL.iter().map(|kind| kind.name().to_owned()).collect(),
        "proto" => Protocol::ALL.iter().map(|protocol| protocol.name().to_owned()).collect(),
        "workload" => catalog.workloads.iter().map(|workload| workload.name.clone()).collect(),
        "task" => catalog.tasks.iter().map(|task| task.name.clone()).collect(),
        "stage" => catalog.stages.iter().map(|stage| stage.name.clone()).collect(),
        "check" => catalog.checks.iter().map(|check| check.name.clone()).collect(),
        "name" => catalog.requests.iter().map(|request| request.name.clone()).collect(),
        "method" => catalog.requests.iter().map(|request| request.method.clone()).collect(),
        _ => Vec::new(),
    })
}

/// Each value can occur, but perhaps not together.
fn check_combination(threshold: &Spanned<Threshold>, catalog: &Catalog, faults: &mut Faults) {
    let metric = threshold.value.metric;
    if !metric.tags().contains(&"name") {
        return;
    }
    let fits = |id: RequestId| {
        threshold.value.selector.tags.iter().all(|(tag, value)| match tag.as_str() {
            "check" | "stage" => true,
            tag if DYNAMIC.contains(&tag) => true,
            tag => catalog.request_tag(id, tag).is_some_and(|known| value.matches(known)),
        })
    };
    let checks: Vec<&Glob> = threshold
        .value
        .selector
        .tags
        .iter()
        .filter(|(tag, _)| tag == "check")
        .map(|(_, value)| value)
        .collect();
    let possible = if checks.is_empty() && metric != Metric::Checks {
        catalog.request_ids().any(fits)
    } else {
        catalog
            .checks
            .iter()
            .any(|check| fits(check.request) && checks.iter().all(|glob| glob.matches(&check.name)))
    };
    if !possible {
        let message =
            if metric == Metric::Checks && checks.is_empty() && threshold.value.selector.tags.is_empty() {
                "there are no checks in this file"
            } else {
                "nothing in this file has all of these tags together"
            };
        faults.report(threshold.span, message);
    }
}
