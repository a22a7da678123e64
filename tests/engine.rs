//! The engine against a scripted target, in tokio's paused time: what users do and when, to the millisecond, and
//! that whatever they did is counted, once.
//!
//! Nothing here waits for anything, and nothing is told from how long a test took.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

#[path = "engine/accounts.rs"]
mod accounts;
#[path = "engine/arrivals.rs"]
mod arrivals;
#[path = "engine/caps.rs"]
mod caps;
#[path = "engine/choices.rs"]
mod choices;
#[path = "engine/determinism.rs"]
mod determinism;
#[path = "engine/endings.rs"]
mod endings;
#[path = "engine/endurance.rs"]
mod endurance;
#[path = "engine/failures.rs"]
mod failures;
#[path = "engine/fake.rs"]
mod fake;
#[path = "engine/feeds.rs"]
mod feeds;
#[path = "engine/hops.rs"]
mod hops;
#[path = "engine/iterations.rs"]
mod iterations;
#[path = "engine/lives.rs"]
mod lives;
#[path = "engine/open_accounts.rs"]
mod open_accounts;
#[path = "engine/parallel.rs"]
mod parallel;
#[path = "engine/requests.rs"]
mod requests;
#[path = "engine/run.rs"]
mod run;
#[path = "engine/samples.rs"]
mod samples;
#[path = "engine/steps.rs"]
mod steps;
#[path = "engine/stops.rs"]
mod stops;
#[path = "engine/truths.rs"]
mod truths;
#[path = "engine/users.rs"]
mod users;
#[path = "engine/warm_up.rs"]
mod warm_up;
