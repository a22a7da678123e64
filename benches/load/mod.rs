//! What `request` and `allocations` measure: requests of 64 users on two threads, made by a bare loop over reqwest
//! and by loadgen, against a target in a process of its own.

#![expect(dead_code, unused_imports, reason = "each bench uses a part of it")]

pub mod bare;
mod cases;
mod process;
mod target;
pub mod whole;

pub use cases::{Cases, NAMES};
pub use process::{cpu_time, open_files, resident_bytes};
pub use target::{Target, serve_if_asked};
