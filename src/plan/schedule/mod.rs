//! When what starts: pure functions of the plan and its seed, the same on any number of threads or machines.
//!
//! Nothing here waits or counts what happened; the engine asks and carries out.

mod arrivals;
mod part;
mod timeline;
mod users;

pub use arrivals::{Arrival, ArrivalSchedule, Arrivals, Spacing};
pub use part::Part;
pub use timeline::Timeline;
pub use users::{UserSchedule, Window};
