//! The built-in demo API: what `target: demo` and the quick start run against, so that a first run needs
//! no service of one's own and a documented number can be had again from a seed.
//!
//! It is a stand-in with the surface of a small habit-tracking service. It is deliberately not a mock
//! server: nothing in it can be scripted, it stores no data beyond log-ins, and it listens on the loopback
//! interface only.

mod accounts;
mod cache;
mod config;
mod faults;
mod handlers;
mod latency;
mod route;
mod server;
mod state;
mod stats;
mod traffic;

pub use config::{Config, ConfigError};
pub use server::{Demo, start};
