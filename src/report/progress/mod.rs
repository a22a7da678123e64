//! The live view: a line of text for logs and pipes, and the same line behind a bar for terminals.

mod bar;
mod line;
mod terminal;

pub use bar::Bar;
pub use line::{Progress, plain_line};
