//! Open files: each connection is one, and the usual soft limit of 1,024 is meant for other programs.
//!
//! How many a run needs follows from its plan, so a run that cannot have them is refused before anything is sent.
//! Running into the limit all the same is counted as `local_files`, and not handled here.

use crate::{
    plan::{Executor, Plan, Step, StepKind, Workload, requests_of},
    report::{count, counted},
    scenario::DEFAULT_MAX_USERS,
};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use std::{collections::BTreeSet, fmt};

/// What loadgen itself opens: results, runtimes and their threads, standard streams, the demo API's listener.
const OWN: u64 = 64;

/// The signal that ends a process whose file grows beyond `ulimit -f`, where nobody listens to it.
pub(super) const FILE_SIZE_SIGNAL: i32 = Signal::XFSZ.as_raw();

/// Raises the soft limit on open files to the hard one, as far as the system lets us, and returns what is allowed
/// then; `None` where there is no limit.
pub(super) fn raise_open_files() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Refused, the old limit stands.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
    getrlimit(Resource::Nofile).current
}

/// Holds what a run needs against what is allowed. What it may need beyond that comes back as a note.
///
/// # Errors
/// The run needs more than it may have.
pub(super) fn check_open_files(
    plan: &Plan,
    with_demo: bool,
    allowed: Option<u64>,
) -> Result<Option<String>, OpenFiles> {
    let Some(allowed) = allowed else { return Ok(None) };
    // Both ends of a connection to the demo API are here.
    let ends = if with_demo { 2 } else { 1 };
    let files = |users: Users| OpenFiles { crowds: busiest(&plan.workloads, users), ends, allowed };
    let certain = files(written_users);
    if certain.is_too_much() {
        return Err(certain);
    }
    let possible = files(Workload::most_users);
    Ok(possible.is_too_much().then(|| possible.note()))
}

/// How many users of a workload are reckoned with.
type Users = fn(&Workload) -> u64;

/// As many as the file says. The default of `max_users` is seldom meant as a number of users, but one there will be.
fn written_users(workload: &Workload) -> u64 {
    match workload.executor {
        Executor::Open { max_users: DEFAULT_MAX_USERS, .. } => 1,
        _ => workload.most_users(),
    }
}

/// Those of the workloads that run at the same time with the most connections.
fn busiest(workloads: &[Workload], users: Users) -> Vec<Crowd> {
    let at_start_of = |one: &Workload| {
        let now = one.timeline.begin();
        let runs = |other: &&Workload| other.timeline.begin() <= now && now < other.timeline.end();
        crowds(workloads.iter().filter(runs), users)
    };
    workloads.iter().map(at_start_of).max_by_key(|crowds| connections(crowds)).unwrap_or_default()
}

/// Users who hold as many connections each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Crowd {
    users: u64,
    connections: u64,
}

fn crowds<'p>(workloads: impl Iterator<Item = &'p Workload>, users: Users) -> Vec<Crowd> {
    let mut crowds: Vec<Crowd> = Vec::new();
    for workload in workloads {
        let (users, connections) = (users(workload), connections_of_user(workload));
        match crowds.iter_mut().find(|crowd| crowd.connections == connections) {
            Some(crowd) => crowd.users = crowd.users.saturating_add(users),
            None if connections > 0 => crowds.push(Crowd { users, connections }),
            None => {}
        }
    }
    crowds
}

fn connections(crowds: &[Crowd]) -> u64 {
    let each = crowds.iter().map(|crowd| crowd.users.saturating_mul(crowd.connections));
    each.fold(0, u64::saturating_add)
}

/// Most connections that a user has at once, as far as the file tells: a host that is rendered may be any.
fn connections_of_user(workload: &Workload) -> u64 {
    let tasks = workload.tasks.iter().map(|task| task.steps.as_slice());
    let around = [workload.on_start.as_slice(), workload.on_stop.as_slice()];
    let all: Vec<&[Step]> = tasks.chain(around).collect();
    let at_once = all.iter().map(|steps| side_by_side(steps)).max().unwrap_or(0);
    // One stays open to each host that it has been to.
    let requests = all.iter().flat_map(|steps| requests_of(steps));
    let hosts: BTreeSet<&str> = requests.filter_map(|request| request.url.fixed_host()).collect();
    at_once + (hosts.len() as u64).saturating_sub(1)
}

/// Most requests of these steps that are under way at the same time.
fn side_by_side(steps: &[Step]) -> u64 {
    let of_step = |step: &Step| match &step.kind {
        StepKind::Request(_) => 1,
        StepKind::Parallel { steps, max_concurrency } => {
            let mut each: Vec<u64> =
                steps.iter().map(|step| side_by_side(std::slice::from_ref(step))).collect();
            each.sort_unstable_by(|a, b| b.cmp(a));
            each.iter().take(*max_concurrency).sum()
        }
        _ => step.inner().into_iter().map(side_by_side).max().unwrap_or(0),
    };
    steps.iter().map(of_step).max().unwrap_or(0)
}

/// More open files than are allowed, and what they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFiles {
    crowds: Vec<Crowd>,
    /// How many ends of each connection are in this process.
    ends: u64,
    allowed: u64,
}

impl OpenFiles {
    fn needed(&self) -> u64 {
        connections(&self.crowds).saturating_mul(self.ends).saturating_add(OWN)
    }

    fn is_too_much(&self) -> bool {
        self.needed() > self.allowed
    }

    /// Users for whom the files suffice, if each is one of those with the most connections.
    fn users_that_fit(&self) -> u64 {
        let most = self.crowds.iter().map(|crowd| crowd.connections).max().unwrap_or(1);
        self.allowed.saturating_sub(OWN) / (most * self.ends)
    }

    fn note(&self) -> String {
        let (needed, allowed, users) = (self.needed(), self.allowed, self.users_that_fit());
        format!(
            "the run may need up to {} open files and {} are allowed: more than {} at once will fail as `local_files`; \
             `ulimit -n {needed}` allows them",
            count(needed),
            count(allowed),
            counted(users, "user"),
        )
    }
}

impl fmt::Display for OpenFiles {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed = self.needed();
        let (much, most) = (count(needed), count(self.allowed));
        write!(to, "the run needs {much} open files and {most} are allowed; nothing was sent\n  it needs ")?;
        for Crowd { users, connections } in &self.crowds {
            write!(to, "{} × {}, ", counted(*users, "user"), counted(*connections, "connection"))?;
        }
        if self.ends > 1 && !self.crowds.is_empty() {
            write!(to, "twice, since `target: demo` has the other end of each in this process, ")?;
        }
        let and = if self.crowds.is_empty() { "" } else { "and " };
        write!(to, "{and}{OWN} for loadgen itself\n  help: `ulimit -n {needed}`")?;
        match self.users_that_fit() {
            0 => Ok(()),
            users => write!(to, ", or fewer users: {most} files are enough for {}", count(users)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{Inputs, build},
        scenario::{Options, parse},
    };

    fn plan(text: &str) -> Plan {
        let text = format!("target: http://127.0.0.1:8080\n{text}");
        let plan = parse(&text, &Options::default()).and_then(|file| build(&file, &Inputs::default()));
        plan.unwrap_or_else(|faults| panic!("{text}\n{faults:?}"))
    }

    fn needed(text: &str, with_demo: bool) -> u64 {
        match check_open_files(&plan(text), with_demo, Some(OWN - 1)) {
            Err(files) => files.needed(),
            Ok(note) => panic!("{text}: {note:?}"),
        }
    }

    const USERS: &str = "load: { users: 10, duration: 1s }\n";

    #[test]
    fn a_user_needs_a_connection_for_each_request_that_is_under_way() {
        for (steps, connections) in [
            ("[ { get: / }, { get: /b } ]", 1),
            ("[ { parallel: [ { get: /a }, { get: /b }, { get: /c } ] } ]", 3),
            ("[ { parallel: [ { get: /a }, { get: /b }, { get: /c } ], max_concurrency: 2 } ]", 2),
            ("[ { parallel: [ { get: /a }, { think: 1s } ] }, { get: /b } ]", 1),
            ("[ { repeat: 3, steps: [ { parallel: [ { get: /a }, { get: /b } ] } ] } ]", 2),
            (
                "[ { if: '${vu > 1}', then: [ { get: /a } ], else: [ { parallel: [ { get: /a }, { get: /b } ] } ] } ]",
                2,
            ),
            (
                "[ { parallel: [ { get: /a }, { group: g, steps: [ { parallel: [ { get: /b }, { get: /c } ] } ] }, { get: /d } ], max_concurrency: 2 } ]",
                3,
            ),
        ] {
            assert_eq!(needed(&format!("{USERS}flow: {steps}\n"), false), 10 * connections + OWN, "{steps}");
            assert_eq!(needed(&format!("{USERS}flow: {steps}\n"), true), 20 * connections + OWN, "{steps}");
        }
        let before = "on_start: [ { parallel: [ { get: /a }, { get: /b } ] } ]\nflow: [ { get: / } ]\n";
        assert_eq!(needed(&format!("{USERS}{before}"), false), 20 + OWN);
    }

    #[test]
    fn users_without_requests_need_none() {
        let plan = plan(&format!("{USERS}flow: [ {{ think: 1s }} ]\n"));
        assert_eq!(check_open_files(&plan, true, Some(64)), Ok(None));
        let told = check_open_files(&plan, true, Some(63)).map_err(|files| files.to_string());
        let expected = "the run needs 64 open files and 63 are allowed; nothing was sent\n  \
            it needs 64 for loadgen itself\n  help: `ulimit -n 64`";
        assert_eq!(told, Err(expected.to_owned()));
    }

    #[test]
    fn workloads_count_together_where_they_run_at_the_same_time() {
        for (start, users) in [("0s", 30), ("500ms", 30), ("1s", 20)] {
            let text = format!(
                "workloads:\n  a: {{ load: {{ users: 10, duration: 1s }}, flow: [ {{ get: / }} ] }}\n  \
                 b: {{ load: {{ users: 20, duration: 1s }}, start_after: {start}, flow: [ {{ get: / }} ] }}\n"
            );
            assert_eq!(needed(&text, false), users + OWN, "{start}");
        }
    }

    #[test]
    fn the_limit_itself_is_enough_and_no_limit_always_is() {
        let plan = plan(&format!("{USERS}flow: [ {{ get: / }} ]\n"));
        assert_eq!(check_open_files(&plan, false, Some(10 + OWN)), Ok(None));
        assert_eq!(check_open_files(&plan, false, None), Ok(None));
        assert!(check_open_files(&plan, false, Some(9 + OWN)).is_err());
    }

    #[test]
    fn a_refusal_has_both_numbers_what_they_are_for_and_the_remedy() {
        let text =
            "load: { users: 10000, duration: 1s }\nflow: [ { parallel: [ { get: /a }, { get: /b } ] } ]\n";
        let told = check_open_files(&plan(text), true, Some(1_024)).map_err(|files| files.to_string());
        let expected = "the run needs 40,064 open files and 1,024 are allowed; nothing was sent\n  \
            it needs 10,000 users × 2 connections, twice, since `target: demo` has the other end of each in this \
            process, and 64 for loadgen itself\n  \
            help: `ulimit -n 40064`, or fewer users: 1,024 files are enough for 240";
        assert_eq!(told, Err(expected.to_owned()));
    }

    #[test]
    fn a_default_refuses_no_run_and_is_noted() {
        let text =
            |more: &str| format!("load: {{ rate: 1/s, duration: 1s{more} }}\nflow: [ {{ get: / }} ]\n");
        let expected = "the run may need up to 10,064 open files and 1,024 are allowed: more than 960 users at once \
            will fail as `local_files`; `ulimit -n 10064` allows them";
        assert_eq!(check_open_files(&plan(&text("")), false, Some(1_024)), Ok(Some(expected.to_owned())));
        assert_eq!(check_open_files(&plan(&text("")), false, Some(10_064)), Ok(None));
        assert!(check_open_files(&plan(&text(", max_users: 5000")), false, Some(1_024)).is_err());
        let beside = "workloads:\n  a: { load: { users: 10, duration: 1s }, flow: [ { get: / } ] }\n  \
            b: { load: { rate: 1/s, duration: 1s }, flow: [ { get: / } ] }\n";
        assert!(check_open_files(&plan(beside), false, Some(74)).is_err());
        assert!(check_open_files(&plan(beside), false, Some(75)).is_ok_and(|note| note.is_some()));
    }
}
