//! What will happen: the scenario with every template, check, URL, weight and schedule compiled once.
//!
//! Pure: a plan is a function of the scenario, the environment's values and the seed. It sends nothing,
//! asks no clock and opens no file.

mod build;
mod check;
mod evaluate;
mod expression;
mod json_template;
mod random;
mod request;
mod response;
mod schedule;
mod scope;
mod template;
mod thresholds;
mod types;
mod url;
mod weights;

pub use build::build;
pub use check::{Check, Extract};
pub use random::{Stream, UserRandom};
pub use request::{Body, Request};
pub use response::Response;
pub use schedule::{UserSchedule, Window};
pub use template::{RenderError, Template, Variables};
pub use types::{Inputs, Plan, Step, Task, Workload};
pub use url::{UrlError, UrlTemplate};
pub use weights::Weights;
