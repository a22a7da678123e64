//! The hosts that a run may reach: those that the file names.

use super::{
    step::{Step, each_request, requests_of},
    types::Plan,
};
use crate::scenario::Scenario;
use std::sync::Arc;

/// Every list of steps that is not inside of another step.
pub(super) fn all_steps(plan: &Plan) -> Vec<&[Step]> {
    let once = [&plan.setup, &plan.teardown].into_iter().flatten().map(|once| once.steps.as_slice());
    let of_workloads = plan.workloads.iter().flat_map(|workload| {
        let tasks = workload.tasks.iter().map(|task| task.steps.as_slice());
        [workload.on_start.as_slice(), workload.on_stop.as_slice()].into_iter().chain(tasks)
    });
    once.chain(of_workloads).collect()
}

pub(super) fn allow_hosts(plan: &mut Plan) {
    let hosts: Arc<[String]> = plan.hosts.clone().into();
    let allow = |steps: &mut Vec<Step>| each_request(steps, &mut |request| request.url.allow(&hosts));
    [&mut plan.setup, &mut plan.teardown].into_iter().flatten().for_each(|once| allow(&mut once.steps));
    for workload in &mut plan.workloads {
        allow(&mut workload.on_start);
        allow(&mut workload.on_stop);
        workload.tasks.iter_mut().for_each(|task| allow(&mut task.steps));
    }
}

/// The hosts that the file names.
pub(super) fn hosts(scenario: &Scenario, plan: &Plan) -> Vec<String> {
    let base = plan.target.as_deref();
    let base = base.and_then(|base| ::url::Url::parse(base).ok()?.host_str().map(str::to_owned));
    let requests = all_steps(plan).into_iter().flat_map(requests_of);
    let written = requests.filter_map(|request| request.url.fixed_host().map(str::to_owned));
    let allowed = scenario.workloads.iter().map(|workload| &workload.http).chain([&scenario.http]);
    // As URLs have them.
    let as_in_urls =
        |host: &String| ::url::Host::parse(host).map_or_else(|_| host.clone(), |host| host.to_string());
    let allowed = allowed.flat_map(|http| http.allowed_hosts.iter().map(as_in_urls));
    let mut hosts: Vec<String> = base.into_iter().chain(written).chain(allowed).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}
