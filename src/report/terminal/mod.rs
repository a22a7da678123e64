//! What a finished run prints for people: the verdict first, then why, then the numbers.
//!
//! It returns the text and knows no terminal: how wide it is and whether it has colours comes in as options.

mod around_load;
mod arrivals;
mod baseline;
mod distribution;
mod files;
mod final_report;
mod health;
mod lists;
mod measured;
mod moment;
mod quiet;
mod slowest;
mod stages;
mod tables;
mod thresholds;
mod time_spent;

pub use baseline::AgainstBaseline;
pub use files::{Earlier, ResultFile};
pub use final_report::{TerminalOptions, final_report};
pub use quiet::quiet_report;
