//! What will happen: the scenario with every template, check, URL, weight and schedule compiled once.
//!
//! Pure: a plan is a function of the scenario, the environment's values, the data files and the seed. It sends
//! nothing, asks no clock and opens no file: data files are handed to it through [`Files`].

mod body;
mod build;
mod check;
mod client;
mod compile_client;
mod compile_step;
mod css;
mod evaluate;
mod expression;
mod expression_faults;
mod expression_problem;
mod expression_scan;
mod feed;
mod files;
mod find;
mod functions;
mod given;
mod hosts;
mod json_path;
mod json_scan;
mod json_template;
mod load;
mod multipart;
mod operand;
mod outline;
mod pattern;
mod pem;
mod proxy;
mod random;
mod request;
mod resolve;
mod response;
mod schedule;
mod schedule_outline;
mod scope;
mod secrets;
mod step;
mod template;
mod threshold_times;
mod thresholds;
mod types;
mod url;
mod value_template;
mod weights;
mod workload_info;

pub use body::{Body, BodyFile, Multipart, Payload, Piece};
pub use build::{build, compile};
pub use check::{Check, Extract};
pub use client::{
    AddressFamily, Client, Connections, DnsOptions, HttpVersion, Identity, KeyKind, PrivateKey, Proxy,
    TlsOptions, TlsVersion, TransportOptions,
};
pub use feed::{Column, Deal, Feed, FeedEnd, Hand};
pub use files::{Files, NoFiles};
pub use functions::UserFunctions;
pub use outline::{add_schedules, notes, outline, target_name};
pub use random::{Stream, UserRandom, share_of};
pub use request::{Digest, Request};
pub use response::{Decoded, Response};
pub use schedule::{Arrival, ArrivalSchedule, Arrivals, Part, Spacing, Timeline, UserSchedule, Window};
pub use step::{Condition, Loop, Setting, Step, StepKind, Times, requests_of};
pub use template::{Key, RenderError, Template, Variables};
pub use types::{Executor, Inputs, Once, Plan, Quota, Task, Workload};
pub use url::{UrlError, UrlTemplate};
pub use value_template::ValueTemplate;
pub use weights::Weights;
pub use workload_info::workload_infos;
