//! A run from beginning to end: the rooms put together, signals heeded, the outcome decided and written.

mod command_line;
mod host;
mod journal;
mod judgement;
mod limits;
mod load;
mod machine;
mod merge;
mod once;
mod pairs;
mod recovery;
mod results;
mod session;
mod signals;
mod store;
mod trial;
mod vitals;

pub use limits::OpenFiles;
pub use load::{Tick, Watch};
pub use merge::{MergeError, merge};
pub use pairs::{Paired, PairsEnd, Side, WatchPairs, execute_pairs};
pub use recovery::{Rebuilt, RecoveryError, rebuild};
pub use results::{ResultsFolder, write_whole};
pub use session::{Job, Outcome, RunError, execute};
pub use signals::wait_for_signal;
pub use trial::{Tried, try_tasks};
