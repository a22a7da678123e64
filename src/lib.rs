//! loadgen drives load against an HTTP API as one YAML file describes it, measures what the API's users
//! would have felt, judges it against thresholds, and leaves a verdict that CI and people can read.
//!
//! The library exists for the `loadgen` binary and its tests; its Rust API follows no semantic versioning.
//! Data flows one way through the rooms below, and `ARCHITECTURE.md` says which room may know which.

pub mod cli;
pub mod demo;
pub mod engine;
pub mod judge;
pub mod measure;
pub mod model;
pub mod plan;
pub mod report;
pub mod run;
pub mod scenario;
