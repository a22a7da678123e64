//! Requests by outcome and by tag, the workloads' accounts, and what the bounds left out.

use super::fixture::{MS, Run, SECOND};
use crate::{
    measure::{Collector, Delta, Recorded, Recorder, RequestKey, RequestObservation},
    model::{RequestId, StageId, WorkloadInfo},
    report::{
        summary_v1::{ModelV1, SummaryV1, TrendV1},
        terminal::{TerminalOptions, final_report},
    },
};
use std::time::Duration;

fn typed(run: &Run) -> SummaryV1 {
    run.summary()
}

fn text(run: &Run) -> String {
    let options =
        TerminalOptions { width: 120, color: false, files: Vec::new(), earlier: None, against: None };
    final_report(&run.results(), &options)
}

#[test]
fn a_requests_outcomes_add_up_to_it() {
    let summary = typed(&Run::rich());
    for request in &summary.requests {
        let rows = &request.by_status;
        assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), request.count, "{}", request.name);
        assert_eq!(rows.iter().map(|row| row.failed).sum::<u64>(), request.failed, "{}", request.name);
        for times in [|row: &TrendV1| row.count, |row: &TrendV1| u64::from(row.histogram.is_some())] {
            let (service, response) = (&request.duration_ms, &request.response_time_ms);
            let of_rows: (u64, u64) = rows.iter().fold((0, 0), |(service, response), row| {
                (service + times(&row.duration_ms), response + times(&row.response_time_ms))
            });
            let is_count = times(service) == service.count;
            assert_eq!(of_rows, if is_count { (service.count, response.count) } else { (0, 0) });
        }
    }
    let checkout = &summary.requests[2].by_status;
    assert_eq!([checkout[0].status, checkout[1].status], [Some(201), Some(503)]);
    // The eighth of them takes 4 s, and no other does.
    assert_eq!((checkout[0].duration_ms.max, checkout[1].duration_ms.min), (Some(3_500.0), Some(4_000.0)));
    let login = &summary.requests[3].by_status;
    let refused = login.iter().find(|row| row.error.is_some()).expect("a row of the error");
    assert_eq!((refused.error.as_deref(), refused.status), (Some("connect_refused"), None));
    assert_eq!((refused.count, refused.duration_ms.count), (6, 0));
}

#[test]
fn tags_have_what_their_requests_have() {
    let summary = typed(&Run::open());
    let rows: Vec<_> =
        summary.tags.iter().map(|row| (row.tag.as_str(), row.value.as_str(), row.count)).collect();
    assert_eq!(rows, [("team", "shop", 630), ("tier", "batch", 30), ("tier", "gold", 600)]);
    let gold = &summary.tags[2];
    assert_eq!((gold.duration_ms.count, gold.rate_per_s), (600, Some(600.0 / 3.0)));
    assert_eq!(gold.response_time_ms.p95, summary.requests[0].response_time_ms.p95);
    let shown = text(&Run::open());
    assert!(shown.contains("\nTags") && shown.contains("  gold"), "{shown}");
    // What all have alike tells nothing apart.
    assert!(!shown.contains("team"), "{shown}");
    assert!(typed(&Run::rich()).tags.is_empty() && !text(&Run::rich()).contains("\nTags"));
}

#[test]
fn a_workload_accounts_for_its_iterations() {
    let mut run = Run::open();
    let planned = Some(40 + 120 + 480 + 26 + 52);
    let (executor, max_users) = ("ramping_arrival_rate".to_owned(), 50);
    run.info.workloads =
        vec![WorkloadInfo { executor, max_users, planned_iterations: planned, levels: Vec::new() }];
    let summary = typed(&run);
    let [orders, import] = summary.workloads.as_slice() else { panic!("{:?}", summary.workloads) };
    assert_eq!((orders.model, import.model), (ModelV1::Open, ModelV1::Closed));
    assert_eq!((orders.started, orders.dropped_iterations, orders.planned_iterations), (600, 78, planned));
    // Of those that were planned, the warm-up had the rest.
    assert_eq!(summary.warm_up.as_ref().map(|seen| seen.iterations), Some(40));
    // Nothing is known of the second one's plan.
    assert_eq!((import.executor.as_ref(), import.planned_iterations), (None, None));
    assert_eq!((import.started, import.iterations, import.dropped_iterations), (30, 30, 10));
    let shown = text(&run);
    assert!(shown.contains("Closed model (import): "), "{shown}");
    run.catalog.workloads[1].is_open = true;
    assert!(!text(&run).contains("Closed model"));
}

/// A run of 2 s in the fixture's catalogue, as long as `elapsed`, whose requests took so long and ended at these times.
fn run_of(elapsed: Duration, took: Duration, ended: &[Duration], statuses: impl Fn(usize) -> u16) -> Run {
    let mut run = Run::passing();
    run.catalog.stages[1].end_ms = 2_000;
    let mut recorder = Recorder::new(&run.catalog);
    for (n, ended_at) in ended.iter().enumerate() {
        let key = RequestKey {
            request: RequestId((n % 3) as u32),
            stage: StageId(u32::from(*ended_at > SECOND)),
            status: statuses(n),
            error: None,
            protocol: None,
            failed: false,
        };
        recorder.request(&RequestObservation {
            key,
            service_time: took,
            response_time: took,
            ended_at: *ended_at,
            sent_bytes: 1,
            received_bytes: 1,
            phases: crate::model::PhaseTimes::default(),
            connection: crate::model::ConnectionUse::default(),
            trace_id: None,
        });
    }
    let recorded = recorder.swap(Box::new(Recorded::new(&run.catalog)));
    let mut collector = Collector::new(&run.catalog, 1, SECOND);
    let (running_users, made_users) = (1, 1);
    collector.accept(Delta { worker: 0, interval: 0, recorded, running_users, made_users, last: true });
    collector.finish();
    run.snapshot = collector.snapshot(elapsed);
    run
}

#[test]
fn rates_are_of_the_time_in_which_load_was_made() {
    let at = [300, 600, 900, 1_200, 1_500, 1_800].map(|ms| MS * ms);
    let late = [&at[..], &[MS * 2_600]].concat();
    // As planned; waiting a minute for the last answers; iterations that go on after the end; cut short.
    for (elapsed, ended, rate, lasted, last_stage) in [
        (SECOND * 2, &at[..], 3.0, [1_000, 1_000], 3.0),
        (SECOND * 62, &at[..], 3.0, [1_000, 1_000], 3.0),
        (SECOND * 4, &late[..], 7.0 / 2.5, [1_000, 1_500], 4.0 / 1.5),
        (MS * 1_500, &at[..5], 5.0 / 1.5, [1_000, 500], 4.0),
        (MS * 900, &at[..3], 3.0 / 0.9, [900, 0], 0.0),
    ] {
        let summary = typed(&run_of(elapsed, MS * 100, ended, |_| 200));
        let overall: f64 = summary.requests.iter().filter_map(|request| request.rate_per_s).sum();
        assert!((overall - rate).abs() < 1e-9, "{elapsed:?}: {overall}");
        let stages = &summary.stages;
        assert_eq!([stages[0].lasted_ms, stages[1].lasted_ms], lasted, "{elapsed:?}");
        let of_last = stages[1].rate_per_s.unwrap_or(0.0);
        assert!((of_last - last_stage).abs() < 1e-9, "{elapsed:?}: {of_last}");
    }
}

#[test]
fn what_is_folded_and_what_is_not_listed_is_told() {
    let few = run_of(SECOND * 2, MS, &[SECOND], |_| 200);
    assert_eq!((typed(&few).bounds.folded_requests, typed(&few).bounds.unlisted_failures), (0, 0));
    assert!(!text(&few).contains("Warning"), "{}", text(&few));
    // As the recorder does it with what is beyond ten thousand series.
    let folded = |n: usize| if n < 90 { 200 + n as u16 } else { RequestKey::OTHER_STATUS };
    let many = run_of(SECOND * 2, MS, &[SECOND; 300], folded);
    let summary = typed(&many);
    assert_eq!(summary.bounds.folded_requests, 210);
    let folded = summary.requests.iter().filter_map(|request| request.statuses.get("(other)")).sum::<u64>();
    assert_eq!(folded, 210);
    let sent = summary.requests.iter().filter(|request| request.count > 0);
    for request in sent {
        assert_eq!(request.by_status.len(), 21);
        assert_eq!(request.by_status.iter().map(|row| row.count).sum::<u64>(), request.count);
        assert_eq!((request.by_status[20].status, &request.by_status[20].error), (None, &None));
    }
    assert!(text(&many).contains("Warning: the status of 210 requests is `(other)`"), "{}", text(&many));
}
