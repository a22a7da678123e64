//! A run's seconds in the formats of other tools, written as they are over: a file each, of which none knows another.
//!
//! An encoder turns a second into bytes and remembers no other. Who writes them, and where, is the business of `run`.

mod csv;
mod hlog;
mod jsonl;
mod stream;

pub use stream::{Encoder, Stream, StreamedRun};
