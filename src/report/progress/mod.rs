//! The live view: a line of text for logs and pipes, and a panel for terminals that is drawn over in place.

mod bar;
mod fit;
mod gates;
mod line;
mod panel;
mod sparkline;
mod stage_bar;
mod state;
mod terminal;

pub use bar::Bar;
pub(in crate::report) use gates::{State, state};
pub use line::plain_line;
pub use panel::{Room, panel};
pub use state::{LastSecond, Past, Progress, Recent, Total};
