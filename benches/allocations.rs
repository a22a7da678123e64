//! Allocations per request of loadgen's whole iteration, beside those of a bare reqwest loop.
//!
//! A bench of its own, because whoever counts allocations cannot time them. Two runs of different length are
//! compared, so that what is made once is not counted.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench ends by panicking, and prints what it saw"
)]

mod load;

use load::{Cases, NAMES};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::{alloc::System, time::Duration};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_millis(1_500);

/// What was counted in a run.
#[derive(Debug, Clone, Copy)]
struct Counts {
    requests: f64,
    allocations: f64,
    reallocations: f64,
    bytes: f64,
}

fn main() {
    if load::serve_if_asked() || !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let cases = Cases::start();
    println!("\nPer request:\n\n| case | allocations | reallocations | bytes |\n|---|---|---|---|");
    let mut bare = None;
    for (case, name) in NAMES.iter().enumerate() {
        let (short, long) = (count(&cases, case, SHORT), count(&cases, case, LONG));
        let requests = long.requests - short.requests;
        let each = [
            (long.allocations - short.allocations) / requests,
            (long.reallocations - short.reallocations) / requests,
            (long.bytes - short.bytes) / requests,
        ];
        let bare = *bare.get_or_insert(each);
        let shown = |index: usize| format!("{:.2} ({:+.2})", each[index], each[index] - bare[index]);
        println!("| {name} | {} | {} | {} |", shown(0), shown(1), shown(2));
    }
    println!("\nIn brackets: more than (a).");
}

fn count(cases: &Cases, case: usize, time: Duration) -> Counts {
    let run = cases.prepare(case, time);
    let before = ALLOCATOR.stats();
    let requests = run() as f64;
    let seen = ALLOCATOR.stats() - before;
    Counts {
        requests,
        allocations: seen.allocations as f64,
        reallocations: seen.reallocations as f64,
        bytes: seen.bytes_allocated as f64,
    }
}
