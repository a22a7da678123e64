//! A run's results in the formats of other tools and of people: a file each, of which none knows another.
//!
//! A new one is a file here and a line in [`Export`]. What formats share is what they call things (`names`) and which
//! numbers a history may have (`history`).

mod bencher;
mod benchmark;
mod export;
mod gitlab;
mod history;
mod html;
mod junit;
mod k6_summary;
mod markdown;
mod names;

pub use export::{Export, Exported};
