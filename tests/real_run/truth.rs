//! Latencies against the target's own clock.

use super::{
    delay_server::{DelayServer, Held, bimodal, long_tail},
    harness::{Sandbox, now},
    target::{OK, Target},
};
use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// What is told lies between what the target held each request for and what the client can have waited for it, whatever
/// the machine did meanwhile. On loopback the two are close together: the median, which a machine has to be busy half of
/// the time to move, is at most 1 % and 1 ms more.
fn assert_truth(server: &DelayServer, users: u64) {
    let text = format!(
        "target: {}\nload: {{ users: {users}, duration: 3s }}\ntasks: [ {{ get: /, name: held }} ]\n",
        server.url()
    );
    let began = now();
    let run = Sandbox::alone().run_scenario(&text);
    run.assert_code(0);
    let (summary, held, at_most) = (run.summary(), server.held(), server.at_most(began));
    assert_eq!((summary.count("http_reqs"), summary.all_errors()), (held.count(), 0));
    assert!(held.count() > 150, "too few for a p99: {}", held.count());
    let figures = |of: &Held| {
        let percentiles = [("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("max", 100)];
        percentiles
            .map(|(name, percent)| (name, of.percentile(percent)))
            .into_iter()
            .chain([("avg", of.mean())])
    };
    let mut wrong = Vec::new();
    for metric in ["http_req_duration", "http_req_response_time"] {
        for ((figure, least), (_, most)) in figures(&held).zip(figures(&at_most)) {
            let told = summary.figure(metric, figure);
            let most = if figure == "p50" { most.min(least * 1.01 + 1.0) } else { most };
            // Rounded to a microsecond, and once more in the histogram.
            if !(least * 0.999 - 0.002..=most * 1.001 + 0.002).contains(&told) {
                wrong.push(format!("{metric} {figure}: {told} ms, and it was {least:.3} to {most:.3} ms"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} requests\n{}", held.count(), wrong.join("\n"));
}

#[test]
fn truth_of_two_modes() {
    assert_truth(&DelayServer::start(bimodal(11)), 3);
}

#[test]
fn truth_of_a_long_tail() {
    assert_truth(&DelayServer::start(long_tail(12)), 4);
}

/// What the kernel queues for a socket that was made to hold no more than this.
const BACKLOG: u32 = 1;

fn small_listener() -> TcpListener {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let listener = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        socket.listen(BACKLOG).unwrap().into_std().unwrap()
    });
    listener.set_nonblocking(false).unwrap();
    listener
}

/// While the queue of a listening socket is full, Linux drops what wants to join it, and the client asks again
/// after a second: a connection that is slow to be made, on loopback.
#[cfg(target_os = "linux")]
#[test]
fn truth_of_a_slow_connection_is_in_the_response_time_only() {
    let listener = small_listener();
    let addr = listener.local_addr().unwrap();
    let _queued: Vec<TcpStream> = (0..=BACKLOG).map(|_| TcpStream::connect(addr).unwrap()).collect();
    let sandbox = Sandbox::alone();
    let text = format!(
        "target: http://{addr}\nload: {{ users: 1, duration: 2s }}\nthink_time: 50ms\ntasks: [ {{ get: / }} ]\n"
    );
    let started = now();
    let running = sandbox.start_scenario(&text, &[]);
    thread::sleep(Duration::from_millis(500));
    let target =
        Target::on(listener, |connection| while connection.request().is_some() && connection.send(OK) {});
    let run = running.wait();
    assert!(started.elapsed() > Duration::from_secs(1));
    run.assert_code(0);
    let summary = run.summary();
    assert_eq!(summary.count("http_reqs"), target.seen.requests());
    assert!(summary.figure("http_req_response_time", "max") > 800.0, "{:#}", summary.at("/metrics"));
    assert!(summary.figure("http_req_duration", "max") < 400.0, "{:#}", summary.at("/metrics"));
}
