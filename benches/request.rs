//! CPU time per request of loadgen's whole iteration, as a multiple of a bare reqwest loop's.
//!
//! Rounds of all cases are interleaved, since a machine is not equally fast all the time, and each is compared with
//! the bare loop of its own round. The allocator is that of the `loadgen` binary.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench ends by panicking, and prints what it saw"
)]

mod load;

use load::{Cases, NAMES, cpu_time};
use std::time::Duration;

#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(2_000);
const WARM_UP: Duration = Duration::from_millis(300);

fn main() {
    if load::serve_if_asked() || !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let cases = Cases::start();
    if let Some((case, time)) = profiled() {
        println!("{} requests", cases.prepare(case, time)());
        return;
    }
    for case in 0..NAMES.len() {
        let _ = micros(&cases, case, WARM_UP);
    }
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let mut seen = [0.0; NAMES.len()];
        // Each begins a round in turn, so that none always runs behind the same other.
        for case in (0..NAMES.len()).map(|case| (case + round) % NAMES.len()) {
            seen[case] = micros(&cases, case, ROUND);
        }
        rounds.push(seen);
    }
    print(&rounds);
}

/// `--profile b 2000`: only this case, once, for so many milliseconds, for a profiler to look at.
fn profiled() -> Option<(usize, Duration)> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--profile").skip(1);
    let letter = arguments.next()?;
    let case = NAMES.iter().position(|name| name.starts_with(&format!("({letter})"))).unwrap();
    Some((case, Duration::from_millis(arguments.next().unwrap().parse().unwrap())))
}

/// CPU time of this process per request, in µs.
fn micros(cases: &Cases, case: usize, time: Duration) -> f64 {
    let run = cases.prepare(case, time);
    let before = cpu_time();
    let requests = run();
    (cpu_time() - before).as_secs_f64() * 1e6 / requests as f64
}

fn print(rounds: &[[f64; NAMES.len()]]) {
    println!("\nCPU time per request, {} rounds of {ROUND:?} each: median (range)\n", rounds.len());
    println!("| case | × (a) | more than (a), µs |\n|---|---|---|");
    for (case, name) in NAMES.iter().enumerate() {
        let of = |figure: fn(f64, f64) -> f64| {
            let mut all: Vec<f64> = rounds.iter().map(|seen| figure(seen[case], seen[0])).collect();
            all.sort_by(f64::total_cmp);
            format!("{:.2} ({:.2}–{:.2})", all[all.len() / 2], all[0], all[all.len() - 1])
        };
        println!("| {name} | {} | {} |", of(|this, bare| this / bare), of(|this, bare| this - bare));
    }
    let mut bare: Vec<f64> = rounds.iter().map(|seen| seen[0]).collect();
    bare.sort_by(f64::total_cmp);
    println!(
        "\n(a) itself took {:.2} µs here; on another machine it takes another time.",
        bare[bare.len() / 2]
    );
}
