//! `report.html`: a run as one page for people, which works from a mail's attachment and asks no network for anything.
//!
//! Rust decides what is on the page and how much of it, and writes that as data; the scripts of `assets/` draw it. They
//! are no templates: nothing that a target or a scenario said is ever part of markup.

mod baseline;
mod bounded;
mod clip;
mod distributions;
mod island;
mod lists;
mod number;
mod over_time;
mod page;
mod parts;
mod phases;

pub(super) use page::page;
