//! Reports of made-up runs.
//!
//! The texts under `tests/golden/` and the schema are compared as they are. After a change that means to change
//! them, `LOADGEN_UPDATE=1 cargo nextest run report` writes them anew; look at the difference before committing.

mod breakdown;
mod comparison;
mod exports;
pub(super) mod fixture;
mod golden;
mod html;
mod in_place;
mod journal;
mod junit;
mod markdown;
mod once;
mod outline;
mod progress;
mod samples;
mod streams;
mod summary;
mod terminal;
