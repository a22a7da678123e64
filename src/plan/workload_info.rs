//! What a run's results say of the plan of each workload.

use super::{
    outline::kind,
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
            let expected =
                WorkloadInfo { executor: executor.to_owned(), max_users, planned_iterations: planned };
            assert_eq!(workload_infos(&plan), [expected], "{load}");
        }
    }
}
