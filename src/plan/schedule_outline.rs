//! The schedules of a plan as plain lists: when which user runs, and when which iteration of a rate is to start. What
//! they follow from stands in `schedule/`.

use super::{
    schedule::{ArrivalSchedule, Part, Spacing, UserSchedule},
    types::{Executor, Workload},
};
use crate::model::{ArrivalOutline, ScheduleOutline, UserOutline, WindowOutline};

/// Entries of a workload's list at most, however many are asked for: they are held in memory.
const MOST_LISTED: u64 = 10_000_000;
/// Expected Poisson arrivals above which they are not counted: each has to be drawn for it.
const MOST_DRAWN: f64 = 1e8;

/// The schedule of a workload, with its first users or arrivals, `most` of them.
pub(super) fn schedule(workload: &Workload, most: u64) -> ScheduleOutline {
    let most = most.min(MOST_LISTED);
    match &workload.executor {
        Executor::Closed { users, .. } => self::users(users, most),
        Executor::Open { arrivals, .. } => {
            ScheduleOutline::Arrivals { count: count(arrivals), arrivals: listed(workload, arrivals, most) }
        }
    }
}

/// How many arrivals there are; `None` where too many would have to be drawn to know.
pub(super) fn count(arrivals: &ArrivalSchedule) -> Option<u64> {
    let is_drawn = matches!(arrivals.spacing(), Spacing::Poisson { .. });
    (!is_drawn || arrivals.expected() <= MOST_DRAWN).then(|| arrivals.count())
}

fn listed(workload: &Workload, arrivals: &ArrivalSchedule, most: u64) -> Vec<ArrivalOutline> {
    let first = arrivals.part(Part::WHOLE).take(usize::try_from(most).unwrap_or(usize::MAX));
    first
        .map(|arrival| {
            let task = workload.task_index(arrival.number);
            ArrivalOutline { number: arrival.number, at: arrival.at, task }
        })
        .collect()
}

fn users(schedule: &UserSchedule, most: u64) -> ScheduleOutline {
    let count = schedule.most_users();
    let mut room = MOST_LISTED as usize;
    let first = (1..=count.min(most)).map(|user| {
        let windows = schedule.windows(user).into_iter();
        let windows = windows.map(|window| WindowOutline { start: window.start, end: window.end }).collect();
        UserOutline { user, windows }
    });
    let users = first.take_while(|user: &UserOutline| {
        let fits = user.windows.len() <= room;
        room = room.saturating_sub(user.windows.len());
        fits
    });
    ScheduleOutline::Users { count, users: users.collect() }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{build::build, types::Inputs},
        *,
    };
    use crate::scenario::{Options, parse};
    use std::time::Duration;

    /// The schedule of a load with two tasks, three to one.
    fn made(load: &str, seed: u64, most: u64) -> ScheduleOutline {
        let source = format!(
            "target: http://127.0.0.1:1\nload: {load}\n\
             tasks:\n- {{ name: a, weight: 3, get: /a }}\n- {{ name: b, get: /b }}\n"
        );
        let scenario = parse(&source, &Options::default()).expect("a scenario");
        let plan = build(&scenario, &Inputs { seed, ..Inputs::default() }).expect("a plan");
        schedule(&plan.workloads[0], most)
    }

    fn arrivals(load: &str, seed: u64, most: u64) -> (Option<u64>, Vec<ArrivalOutline>) {
        match made(load, seed, most) {
            ScheduleOutline::Arrivals { count, arrivals } => (count, arrivals),
            ScheduleOutline::Users { .. } => panic!("{load} has users"),
        }
    }

    #[test]
    fn a_rate_lists_its_first_arrivals_and_counts_all() {
        let (count, first) = arrivals("{ rate: 100/m, duration: 5m }", 1, 3);
        assert_eq!(count, Some(500));
        assert_eq!(first.iter().map(|one| one.number).collect::<Vec<_>>(), [0, 1, 2]);
        let nanos: Vec<u128> = first.iter().map(|one| one.at.as_nanos()).collect();
        assert_eq!(nanos, [0, 600_000_000, 1_200_000_000]);
        let (count, first) = arrivals("{ rate: 2/s, duration: 5s, arrivals: poisson }", 1, u64::MAX);
        assert_eq!(count, Some(first.len() as u64));
        assert_eq!(arrivals("{ rate: 2/s, duration: 5s }", 1, 0), (Some(10), vec![]));
    }

    #[test]
    fn tasks_come_in_their_shares_and_with_poisson_times_from_the_seed() {
        let load =
            "{ stages: [ { duration: 10s, rate: 1000/s }, { duration: 5s, rate: 0/s } ], arrivals: poisson }";
        let (_, one) = arrivals(load, 1, u64::MAX);
        let share = one.iter().filter(|arrival| arrival.task == 0).count() as f64 / one.len() as f64;
        // About 7500 of them: standard error √(0.75·0.25/7500) = 0.005.
        assert!((share - 0.75).abs() < 0.02, "{share}");
        assert_eq!(arrivals(load, 1, u64::MAX).1, one);
        let (_, other) = arrivals(load, 2, u64::MAX);
        let column = |list: &[ArrivalOutline]| list.iter().map(|one| one.task).collect::<Vec<_>>();
        assert_ne!(column(&one)[..100], column(&other)[..100]);
        assert_ne!(one[0].at, other[0].at);
        let plain = load.replace(", arrivals: poisson", "");
        let times = |seed| arrivals(&plain, seed, 100).1.iter().map(|one| one.at).collect::<Vec<_>>();
        assert_eq!(times(1), times(2), "without chance the seed changes no time");
    }

    #[test]
    fn too_many_to_draw_are_not_counted() {
        let load = "{ rate: 1000000/s, duration: 1000h, arrivals: poisson }";
        let (count, first) = arrivals(load, 1, 5);
        assert_eq!((count, first.len()), (None, 5));
        assert_eq!(arrivals(&load.replace("poisson", "uniform"), 1, 0).0, Some(3_600_000_000_000));
    }

    #[test]
    fn users_are_listed_with_each_time_that_they_run() {
        let load = "{ start_users: 4, stages: [ { duration: 10s, users: 4 }, { duration: 0s, users: 1 }, \
                    { duration: 5s, users: 1 }, { duration: 0s, users: 4 }, { duration: 5s, users: 4 } ] }";
        let ScheduleOutline::Users { count, users } = made(load, 1, 2) else { panic!("users") };
        let window =
            |start, end| WindowOutline { start: Duration::from_secs(start), end: Duration::from_secs(end) };
        assert_eq!(count, 4);
        let expected = [(1, vec![window(0, 20)]), (2, vec![window(0, 10), window(15, 20)])];
        assert_eq!(users, expected.map(|(user, windows)| UserOutline { user, windows }));
    }
}
