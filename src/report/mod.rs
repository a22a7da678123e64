//! What a run leaves behind for people and programs: `summary.json` with its schema, the terminal's final text
//! and the live line.
//!
//! Pure, but for the bar that indicatif draws: data in, bytes or text out. It opens no file, asks no clock, and
//! judges nothing; who writes where, and when, is the business of `run`.

mod format;
mod percentile;
pub mod progress;
pub mod summary_v1;
pub mod terminal;
mod text;
mod totals;

#[cfg(test)]
mod tests;
