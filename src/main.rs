//! The thin binary: the library does the work, this maps its outcome to an exit code.

use loadgen::cli::{World, main as run};
use std::process::ExitCode;

/// A request costs a tenth less than with the C library's allocator. Elsewhere that of the system has to do.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    ExitCode::from(run(std::env::args_os(), World::real()))
}
