//! What a run's results say of the plan of each workload.

use super::{
    outline::{corners, kind},
    schedule_outline::count,
    types::{Executor, Plan, Quota, Workload},
};
use crate::model::WorkloadInfo;

/// The workloads, in the file's order.
pub fn workload_infos(plan: &Plan) -> Vec<WorkloadInfo> {
    plan.workloads.iter().map(workload_info).collect()
}

fn workload_info(workload: &Workload) -> WorkloadInfo {
    WorkloadInfo {
        executor: kind(&workload.load.shape).0.to_owned(),
        max_users: workload.most_users(),
        planned_iterations: planned_iterations(&workload.executor),
        levels: corners(workload),
    }
}

/// Iterations that are to start, to the last one; `None` where that follows from the target.
fn planned_iterations(executor: &Executor) -> Option<u64> {
    match executor {
        Executor::Open { arrivals, .. } => count(arrivals),
        Executor::Closed { quota: Quota::Unlimited, .. } => None,
        Executor::Closed { quota: Quota::Shared(all), .. } => Some(*all),
        Executor::Closed { quota: Quota::PerUser(each), users } => each.checked_mul(users.most_users()),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{build::build, types::Inputs},
        *,
    };
    use crate::scenario::{Options, parse};

    #[test]
    fn what_is_planned_is_known_where_it_does_not_follow_from_the_target() {
        for (load, executor, max_users, planned) in [
            ("{ users: 3, duration: 1s }", "constant_vus", 3, None),
            ("{ users: 3, iterations: 7 }", "shared_iterations", 3, Some(7)),
            ("{ users: 3, iterations_per_user: 7 }", "per_vu_iterations", 3, Some(21)),
            ("{ rate: 5/s, duration: 3s, max_users: 9 }", "constant_arrival_rate", 9, Some(15)),
        ] {
            let source = format!("target: http://127.0.0.1:1\nload: {load}\nflow: [ {{ get: /a }} ]\n");
            let scenario = parse(&source, &Options::default()).expect("a scenario");
            let plan = build(&scenario, &Inputs::default()).expect("a plan");
            let expected = WorkloadInfo {
                executor: executor.to_owned(),
                max_users,
                planned_iterations: planned,
                levels: Vec::new(),
            };
            let mut infos = workload_infos(&plan);
            infos.iter_mut().for_each(|info| info.levels.clear());
            assert_eq!(infos, [expected], "{load}");
        }
    }

    #[test]
    fn the_corners_of_its_load_are_known() {
        let source = "target: http://127.0.0.1:1\nflow: [ { get: /a } ]\nload:\n  start_rate: 10/s\n  \
                      stages: [ { duration: 2s, rate: 30/s }, { duration: 3s, rate: 30/s }, { duration: 0s, rate: 5/s }, \
                      { duration: 1s, rate: 5/s } ]\n";
        let scenario = parse(source, &Options::default()).expect("a scenario");
        let infos = workload_infos(&build(&scenario, &Inputs::default()).expect("a plan"));
        let corners: Vec<(u64, f64)> =
            infos[0].levels.iter().map(|corner| (corner.at_ms, corner.level)).collect();
        assert_eq!(corners, [(0, 10.0), (2_000, 30.0), (5_000, 30.0), (5_000, 5.0), (6_000, 5.0)]);
    }
}
