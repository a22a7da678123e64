//! What was written: YAML text to a [`Scenario`], or every fault of it with place, cause and remedy.
//!
//! Pure: it opens no file and knows nothing of time, HTTP or how load is made.

mod check;
mod check_grammar;
mod check_operand;
mod check_subject;
mod condition;
mod cursor;
mod data;
mod decode;
mod decode_body;
mod decode_check;
mod decode_data;
mod decode_http;
mod decode_load;
mod decode_request;
mod decode_step;
mod decode_task;
mod decode_threshold;
mod decode_tls;
mod decode_vars;
mod decode_workload;
mod diagnostic;
mod extent;
mod given;
mod http;
mod overlay;
mod overrides;
mod reader;
mod render;
mod schema;
mod secrets;
mod sources;
mod span;
mod step;
mod suggest;
mod text;
mod think_time;
mod types;
mod value;
mod yaml;
mod yaml_problem;

pub use check::{Check, CheckOperator, Extract, ExtractPick, Operand, Subject};
pub use data::{DataFeed, FeedSource, FileFormat, OnEnd, Per, Pick};
pub use decode::{Options, Reading, environments, parse, read};
pub use decode_load::DEFAULT_MAX_USERS;
pub use diagnostic::{Diagnostic, Faults};
pub use given::Given;
pub use http::{
    AddressFamily, Compression, Connections, DnsDefaults, HttpDefaults, HttpVersion, TlsDefaults, TlsVersion,
};
pub use overrides::{Override, OverrideKind};
pub use render::render;
pub use schema::json_schema;
pub use secrets::{Secret, SecretSource};
pub use sources::{Source, Sources};
pub use span::{Span, Spanned};
pub use step::{Auth, Body, Branch, FieldContent, MultipartField, Request, Step, StepKind, Times};
pub use suggest::{listed, nearest, similar};
pub use text::{Part, Text};
pub use types::{Arrivals, Load, LoadShape, Pairs, Scenario, Stage, Tags, Target, Task, Work, Workload};
pub use value::{Value, ValueKind};
