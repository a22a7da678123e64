//! The commands that need no run, in this process and with a world made up for them: `plan`, `compare`, `schema`, `init`,
//! `completions`, `man`.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

#[path = "commands/compare.rs"]
mod compare;
#[path = "commands/hostile.rs"]
mod hostile;
#[path = "commands/init.rs"]
mod init;
#[path = "commands/manual.rs"]
mod manual;
#[path = "commands/plan.rs"]
mod plan;
#[path = "commands/schema.rs"]
mod schema;
#[path = "commands/shell.rs"]
mod shell;
#[path = "schema/yaml.rs"]
mod yaml;
