//! `journal.jsonl`, version 1: what a run has seen, second by second, so that its results can be rebuilt after it was
//! cut off, and joined with those of other generators.
//!
//! Pure: values to lines and lines to values. Who writes them, and when, is the business of `run`. The format has a
//! version, but it is loadgen's own: what reads it is the same program. Lines come from a disk that may have been full
//! and are read with care: no bytes make it panic, and what they make is as bounded as what a run records.

mod catalog;
mod circumstances;
mod distribution;
mod lines;
mod observations;
mod series;
mod threshold;
mod vitals;

pub use lines::{
    End, Entry, Header, JournalFault, SCHEMA, Start, end_line, header_line, interval_line, read_header,
    read_line, start_line,
};
