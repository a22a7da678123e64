//! The published JSON Schema of the scenario language: current, complete, and of one mind with the files that are
//! right, with those that are wrong, and with the decoder.
//!
//! `tests/schema/good` uses every key of the language; `tests/schema/bad` has a fault in each file.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

#[path = "schema/coverage.rs"]
mod coverage;
#[path = "schema/decoder.rs"]
mod decoder;
#[path = "schema/files.rs"]
mod files;
#[path = "schema/published.rs"]
mod published;
#[path = "schema/samples.rs"]
mod samples;
#[path = "schema/walk.rs"]
mod walk;
#[path = "schema/yaml.rs"]
mod yaml;
