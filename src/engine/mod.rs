//! Doing it: worker threads with a current-thread runtime each, virtual users dealt over them, requests sent
//! through a transport, what was seen recorded.
//!
//! It knows no threshold and no report, and nothing that a user does waits for anyone who watches.

mod actor;
mod alarm;
mod answer;
mod arrivals;
mod cap;
mod clock;
mod closed;
mod crowd;
mod deadline;
mod decode;
mod digest;
mod exchange;
#[cfg(target_os = "linux")]
mod fine_timer;
mod http;
mod jar;
mod once;
mod open;
mod outlet;
mod pool;
mod redirect;
mod request;
mod request_cap;
mod sampling;
mod simulate;
mod steps;
mod stop;
mod traceparent;
mod transport;
mod user;
mod watchdog;
mod witness;
mod worker;

pub use actor::Common;
pub use clock::{Clock, WallClock};
pub use http::{HttpTransports, HttpUser, TransportProblem};
pub use once::{Done, Phase, Trial, run_once, try_once};
pub use pool::{Engine, Event};
pub use sampling::{SampleBatch, SampleCounts, SampleReceiver, SampleSender, sample_queue};
pub use simulate::{Simulated, simulate, simulate_into};
pub use transport::{Arrived, Failure, Moments, Outgoing, Trace, Transport, Transports};
pub use watchdog::Watchdog;
pub use witness::Witness;
