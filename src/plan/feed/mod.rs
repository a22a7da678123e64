//! Data feeds: rows loaded once, shared by all users, and dealt out while a run goes on.
//!
//! * [`Feed`] holds the rows. A template asks it at compile time whether a path leads to a value
//!   ([`Feed::check_path`]), and at run time for the value in a row ([`Feed::value`], [`Feed::write`]).
//! * [`Deal`] is the state that all users share: which rows were given out. There is one for a run.
//! * [`Hand`] is the state of one user: which row of each feed it holds. Before an iteration,
//!   [`Deal::take`] puts a row into it for each feed that the iteration uses.
//!
//! A feed is named by its index in the plan's list, so that nothing looks up a name while a run goes on.

mod columns;
mod csv;
mod deal;
mod input;
mod json;
mod load;
mod loaded;
mod report;
mod shuffle;
mod table;

pub use columns::Column;
pub use deal::{Deal, FeedEnd, Hand};
pub(super) use load::load_all;
pub use loaded::Feed;

#[cfg(test)]
mod tests;
