//! A comparison for people: sentences, a table for terminals, and Markdown for a pull request.

mod brief;
mod markdown;
mod sentences;
mod shown;
mod table;

pub use markdown::comparison_markdown;
pub use table::comparison_text;

pub(super) use brief::{brief, in_one_line, indented};
pub(super) use markdown::markdown_section;
pub(super) use sentences::{headlines, statement};
