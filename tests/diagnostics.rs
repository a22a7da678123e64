//! What a wrong scenario is told: every file of `tests/diagnostics` against the text beside it, hostile files that
//! must end quickly, the scenarios that come with loadgen, and the small grammars' round trips.
//!
//! The texts are the product's words: when one changes, read it as somebody who sees it for the first time.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of a test fail it by panicking")]

#[path = "diagnostics/checks.rs"]
mod checks;
#[path = "diagnostics/goldens.rs"]
mod goldens;
#[path = "diagnostics/grammars.rs"]
mod grammars;
#[path = "diagnostics/hostile.rs"]
mod hostile;
#[path = "diagnostics/properties.rs"]
mod properties;

use loadgen::{
    plan::{Inputs, Plan, compile},
    scenario::{Diagnostic, Options, read},
};

/// A scenario's plan, or all that is wrong with it.
fn plan_of(source: &str, options: &Options, inputs: &Inputs) -> Result<Plan, Vec<Diagnostic>> {
    compile(read(source, options), inputs).map(|(_, plan)| plan)
}
