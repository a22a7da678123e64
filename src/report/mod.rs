//! What people and programs are told: of a plan before a run, the live line of one, `summary.json` with its schema
//! and the terminal's final text after it, and single exchanges for whoever writes a scenario.
//!
//! Pure, but for the bar that indicatif draws: data in, bytes or text out. It opens no file, asks no clock, and
//! judges nothing; who writes where, and when, is the business of `run`.

pub mod annotations;
mod baseline;
mod breakdown;
mod chart;
pub mod comparison;
pub mod comparison_v1;
mod csv_cell;
mod due;
pub mod exports;
pub mod findings;
mod format;
pub mod github;
mod heat_map;
mod inert_markdown;
pub mod journal_v1;
mod margin;
pub mod once;
pub mod outline;
mod paint;
mod percentile;
pub mod plan_v1;
mod pretty;
pub mod progress;
pub mod progress_v1;
mod remedy;
mod results;
mod sample_rows;
mod schema;
pub mod streams;
pub mod summary_v1;
mod table;
mod targets;
pub mod terminal;
mod text;
mod totals;

pub use baseline::Baseline;
pub use due::Due;
pub use format::{count, counted};
pub use heat_map::{HeatColumn, HeatMap};
pub use results::Results;
pub use sample_rows::{SampleFormat, SampleRows};
pub use text::inert_lines;

#[cfg(test)]
mod tests;
