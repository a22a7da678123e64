//! Doing it: worker threads with a current-thread runtime each, virtual users dealt over them, requests sent
//! through a transport, what was seen recorded.
//!
//! It knows no threshold and no report, and nothing that a user does waits for anyone who watches.

mod actor;
mod alarm;
mod arrivals;
mod cap;
mod clock;
mod closed;
mod connect_log;
mod crowd;
mod deadline;
mod exchange;
mod failure;
#[cfg(target_os = "linux")]
mod fine_timer;
mod http;
mod once;
mod open;
mod outlet;
mod pool;
mod simulate;
mod steps;
mod stop;
mod transport;
mod user;
mod witness;
mod worker;

pub use actor::Common;
pub use clock::{Clock, WallClock};
pub use http::HttpTransports;
pub use once::{Done, Phase, Trial, run_once, try_once};
pub use pool::{Engine, Event};
pub use simulate::{Simulated, simulate, simulate_into};
pub use transport::{Arrived, Exchange, Failure, Outgoing, Transport, Transports};
pub use witness::Witness;
