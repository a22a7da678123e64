//! The functions of expressions: what each takes, what it gives, and the state of a user that some need.
//!
//! They know nothing of the template engine: values go in and come out as JSON.

mod encode;
mod fake;
mod random;
mod table;
mod time;
mod user;

#[cfg(test)]
mod tests;

pub(super) use table::{Function, Misuse, find, is_root, names};
pub use user::UserFunctions;
pub(super) use user::{Caller, Texts};
