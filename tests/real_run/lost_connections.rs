//! Connections that a target ends: when it is restarted, while nobody uses them, and just as somebody does.

use super::{
    harness::{Sandbox, now, wait_for},
    summary::Summary,
    target::{OK, Target as Plain},
};
use loadgen_testbed::Target;
use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// A target at this address that goes away as a process does: nobody listens, and who is connected loses that.
struct Process {
    target: Plain,
    is_down: Arc<AtomicBool>,
}

impl Process {
    fn start(address: SocketAddr) -> Self {
        let listener = wait_for("the port", || TcpListener::bind(address).ok());
        let is_down = Arc::<AtomicBool>::default();
        let down = Arc::clone(&is_down);
        let target = Plain::on(listener, move |connection| {
            while connection.request().is_some() && !down.load(Ordering::SeqCst) && connection.send(OK) {}
        });
        Self { target, is_down }
    }

    fn stop(self) -> u64 {
        self.is_down.store(true, Ordering::SeqCst);
        let seen = Arc::clone(&self.target.seen);
        drop(self.target);
        // What is still on its way to a connection is read by then.
        thread::sleep(Duration::from_millis(250));
        seen.requests()
    }
}

/// Requests of each second of the run, and how many of them failed.
fn seconds(summary: &Summary) -> Vec<(u64, u64)> {
    let of = |point: &serde_json::Value, field: &str| point[field].as_u64().unwrap();
    let points = summary.at("/series/points").as_array().unwrap();
    points.iter().map(|point| (of(point, "http_reqs"), of(point, "http_req_failed"))).collect()
}

#[test]
fn a_restart_costs_what_was_asked_in_the_gap() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let first = Process::start(address);
    let sandbox = Sandbox::new();
    let text = format!(
        "target: http://{address}\nload: {{ users: 4, duration: 3s }}\nthink_time: 20ms\n\
         flow: [ {{ get: /, name: root }} ]\n"
    );
    let running = sandbox.start_scenario(&text, &[]);
    wait_for("the first requests", || (first.target.seen.requests() > 20).then_some(()));
    let before = first.stop();
    let second = Process::start(address);
    let run = running.wait();
    run.assert_code(0);
    let summary = run.summary();
    let (refused, lost) = (summary.errors("connect_refused"), summary.errors("stale_connection"));
    let (closed, reset) = (summary.errors("closed_early"), summary.errors("reset"));
    assert!(refused > 0, "{:#}", summary.at("/errors"));
    assert_eq!(summary.all_errors(), refused + lost + closed + reset, "{:#}", summary.at("/errors"));
    // A user has one connection to lose. Who connects as the target goes down is turned away by the system.
    assert!(lost <= 4 && lost + closed + reset > 0, "{:#}", summary.at("/errors"));
    assert_eq!(summary.count("http_reqs") - refused, before + second.target.seen.requests());
    let seconds = seconds(summary);
    let last = seconds.len() - 1;
    assert!(last >= 2, "{seconds:?}");
    for second in [last - 1, last] {
        assert_eq!(seconds[second].1, 0, "second {second} of {seconds:?}");
    }
    assert!(seconds[last - 1].0 > 20, "{seconds:?}");
    run.assert_says(&["connect_refused"]);
}

/// Two seconds in which nobody listens are to be seen as such, and cost nothing before and behind them.
#[test]
fn the_series_shows_the_gap_and_users_come_back() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let first = Process::start(address);
    let text = format!(
        "target: http://{address}\nload: {{ users: 4, duration: 7s }}\nthink_time: 20ms\n\
         thresholds: {{ http_req_failed: rate == 0% }}\nflow: [ {{ get: /, name: root }} ]\n"
    );
    let sandbox = Sandbox::new();
    let running = sandbox.start_scenario(&text, &[]);
    wait_for("more than a second of requests", || (first.target.seen.requests() > 80).then_some(()));
    let down = now();
    first.stop();
    thread::sleep(Duration::from_secs(2));
    let second = Process::start(address);
    let gap = down.elapsed().as_secs();
    let run = running.wait();
    // The threshold decides, and nothing was cut short.
    run.assert_code(99);
    let summary = run.summary();
    assert_eq!(summary.at("/verdict/incomplete"), false);
    assert!(second.target.seen.requests() > 0);
    let seconds = seconds(summary);
    let failing: Vec<usize> = (0..seconds.len()).filter(|second| seconds[*second].1 > 0).collect();
    let (Some(start), Some(end)) = (failing.first(), failing.last()) else { panic!("{seconds:?}") };
    let length = (end - start + 1) as u64;
    assert!((gap - 1..=gap + 2).contains(&length), "{gap} s: {seconds:?}");
    assert!(seconds[..*start].iter().all(|(requests, failed)| *requests > 0 && *failed == 0), "{seconds:?}");
    let last = seconds.len() - 1;
    assert!(*end < last && seconds[end + 1].0 > 20, "{seconds:?}");
}

#[test]
fn a_target_that_never_comes_back_is_judged_at_the_planned_end() {
    for (threshold, code) in [("rate < 100%", 0), ("rate < 1%", 99)] {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let target = Process::start(address);
        let sandbox = Sandbox::new();
        let text = format!(
            "target: http://{address}\nload: {{ users: 2, duration: 2s }}\nthink_time: 20ms\n\
             thresholds: {{ http_req_failed: {threshold} }}\nflow: [ {{ get: /, name: root }} ]\n"
        );
        let running = sandbox.start_scenario(&text, &[]);
        wait_for("the first requests", || (target.target.seen.requests() > 5).then_some(()));
        target.stop();
        let run = running.wait();
        run.assert_code(code);
        let summary = run.summary();
        assert_eq!(summary.at("/verdict/incomplete"), false);
        assert!(summary.errors("connect_refused") > 0, "{:#}", summary.at("/errors"));
        assert!(seconds(summary)[1].1 > 0, "{:#}", summary.at("/series"));
        assert!(run.elapsed < Duration::from_secs(20), "{:?}", run.elapsed);
    }
}

/// The users think longer than the target keeps what is idle.
#[test]
fn a_target_that_closes_what_is_idle_costs_connections_and_no_request() {
    let target = Target::site();
    let text = format!(
        "load: {{ users: 3, iterations_per_user: 4, max_duration: 10s }}\nthink_time: 150ms\n\
         flow: [ {{ get: '{}', name: root, expect: status == 200 }} ]\n",
        target.url("/keep/close-after/20")
    );
    let run = Sandbox::new().run_scenario(&text);
    run.assert_code(0);
    let (summary, truth) = (run.summary(), target.truth());
    assert_eq!((summary.count("http_reqs"), summary.all_errors()), (12, 0), "{:#}", summary.at("/errors"));
    assert_eq!((truth.requests().len(), truth.connections().len()), (12, 12));
    assert_eq!(
        (summary.at("/connections/opened"), summary.at("/connections/reused")),
        (&12.into(), &0.into())
    );
}

/// It was sent, and may have been carried out: whoever sends it again orders twice.
#[test]
fn a_target_that_closes_as_the_request_comes_is_stale_and_nothing_is_sent_twice() {
    for path in ["/keep/drop-next", "/keep/reset-next"] {
        for body in ["body: 'order ${vu}-${iteration}'", "json: 'order ${vu}-${iteration}'"] {
            let target = Target::site();
            let text = format!(
                "load: {{ users: 3, iterations_per_user: 4, max_duration: 10s }}\nflow:\n\
                 \x20 - {{ get: '{}', name: before }}\n\
                 \x20 - {{ post: '{}', name: order, {body}, on_failure: continue }}\n\
                 \x20 - {{ get: '{}', name: after }}\n",
                target.url(path),
                target.url("/echo"),
                target.url("/connection-close")
            );
            let run = Sandbox::new().run_scenario(&text);
            run.assert_code(0);
            let (summary, truth) = (run.summary(), target.truth());
            let order = summary.named("requests", "order");
            assert_eq!(order["errors"]["stale_connection"], 12, "{path} {:#}", summary.at("/errors"));
            assert_eq!((summary.all_errors(), summary.count("http_reqs")), (12, 36), "{path}");
            let mut orders: Vec<String> = truth
                .requests()
                .iter()
                .filter(|request| request.method == "POST")
                .map(|request| request.body_text().into_owned())
                .collect();
            orders.sort();
            assert_eq!((orders.len(), truth.requests().len()), (12, 36), "{orders:?}");
            orders.dedup();
            assert_eq!(orders.len(), 12, "sent twice: {orders:?}");
            assert_eq!(summary.at("/connections/opened"), truth.connections().len() as u64);
            run.assert_says(&["stale_connection"]);
        }
    }
}
