//! A run in Markdown, for a job's summary or a comment below a pull request.
//!
//! Names and samples can come from anywhere: nothing in them may become markup, a link, a mention or another cell. The
//! whole is shorter than what GitHub takes as a comment, however much there is to tell: what is left out is counted.

mod against_baseline;
mod page;
mod sections;
mod tables;
mod whole;

pub(super) use whole::text;
