//! A comparison for people: sentences, a table for terminals, and Markdown for a pull request.

mod markdown;
mod sentences;
mod shown;
mod table;

pub use markdown::comparison_markdown;
pub use table::comparison_text;

pub(super) use markdown::markdown_section;
pub(super) use sentences::{headlines, statement};
