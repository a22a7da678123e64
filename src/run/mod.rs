//! A run from beginning to end: the rooms put together, signals heeded, the outcome decided and written.

mod command_line;
mod host;
mod limits;
mod load;
mod once;
mod results;
mod session;
mod signals;
mod store;
mod trial;

pub use limits::OpenFiles;
pub use load::{Tick, Watch};
pub use results::{ResultsFolder, write_whole};
pub use session::{Job, Outcome, RunError, execute};
pub use signals::wait_for_signal;
pub use trial::{Tried, try_tasks};
