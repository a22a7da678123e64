//! What was written: YAML text to a [`Scenario`], or every fault of it with place, cause and remedy.
//!
//! Pure: it opens no file and knows nothing of time, HTTP or how load is made.

mod check;
mod check_grammar;
mod condition;
mod decode;
mod decode_load;
mod decode_request;
mod decode_task;
mod diagnostic;
mod overlay;
mod reader;
mod render;
mod span;
mod suggest;
mod text;
mod types;
mod value;
mod yaml;

pub use check::{Check, CheckOperator, Extract, Operand, Subject};
pub use decode::{Options, parse};
pub use diagnostic::{Diagnostic, Faults};
pub use render::render;
pub use span::{Span, Spanned};
pub use suggest::{listed, nearest};
pub use text::{Part, Text};
pub use types::{
    Body, HttpDefaults, Load, Pairs, Request, Scenario, Stage, Step, Target, Task, ThinkTime, Work, Workload,
};
pub use value::{Value, ValueKind};
