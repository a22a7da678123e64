//! The real binary against real targets: what it reports is held against what the other side saw.
//!
//! Each test has a folder of its own and its targets on free ports of 127.0.0.1. Nothing here asserts speed;
//! upper bounds on time only mean "does not hang".

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

#[path = "real_run/accounting.rs"]
mod accounting;
#[path = "real_run/accounts.rs"]
mod accounts;
#[path = "real_run/around.rs"]
mod around;
#[path = "real_run/ci.rs"]
mod ci;
#[path = "real_run/command_line.rs"]
mod command_line;
#[path = "real_run/compare.rs"]
mod compare;
#[path = "real_run/delay_server.rs"]
mod delay_server;
#[path = "real_run/demo.rs"]
mod demo;
#[path = "real_run/disk_full.rs"]
mod disk_full;
#[path = "real_run/endings.rs"]
mod endings;
#[path = "real_run/everything.rs"]
mod everything;
#[path = "real_run/exports.rs"]
mod exports;
#[path = "real_run/fault_table.rs"]
mod fault_table;
#[path = "real_run/faults.rs"]
mod faults;
#[path = "real_run/files.rs"]
mod files;
#[path = "real_run/gated_server.rs"]
mod gated_server;
#[path = "real_run/gates.rs"]
mod gates;
#[path = "real_run/harness.rs"]
mod harness;
#[path = "real_run/health.rs"]
mod health;
#[path = "real_run/httpbin.rs"]
mod httpbin;
#[path = "real_run/httpbin_server.rs"]
mod httpbin_server;
#[path = "real_run/init.rs"]
mod init;
#[path = "real_run/keys.rs"]
mod keys;
#[path = "real_run/looking.rs"]
mod looking;
#[path = "real_run/lost_connections.rs"]
mod lost_connections;
#[path = "real_run/memory.rs"]
mod memory;
#[path = "real_run/namespaces.rs"]
mod namespaces;
#[path = "real_run/nginx.rs"]
mod nginx;
#[path = "real_run/nginx_features.rs"]
mod nginx_features;
#[path = "real_run/nginx_server.rs"]
mod nginx_server;
#[path = "real_run/once.rs"]
mod once;
#[path = "real_run/open_files.rs"]
mod open_files;
#[path = "real_run/outlasting.rs"]
mod outlasting;
#[path = "real_run/overrides.rs"]
mod overrides;
#[path = "real_run/percentiles.rs"]
mod percentiles;
#[path = "real_run/places.rs"]
mod places;
#[path = "real_run/progress.rs"]
mod progress;
#[path = "real_run/recipes.rs"]
mod recipes;
#[path = "real_run/recovery.rs"]
mod recovery;
#[path = "real_run/results.rs"]
mod results;
#[path = "real_run/samples.rs"]
mod samples;
#[path = "real_run/schema.rs"]
mod schema;
#[path = "real_run/secrets.rs"]
mod secrets;
#[path = "real_run/secrets_on_the_wire.rs"]
mod secrets_on_the_wire;
#[path = "real_run/signals.rs"]
mod signals;
#[path = "real_run/stalls.rs"]
mod stalls;
#[path = "real_run/streams.rs"]
mod streams;
#[path = "real_run/summary.rs"]
mod summary;
#[path = "real_run/target.rs"]
mod target;
#[path = "real_run/truth.rs"]
mod truth;
#[path = "schema/yaml.rs"]
mod yaml;
