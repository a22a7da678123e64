//! What the fuzz targets share: a way from a text through all of reading, compiling and evaluating.
//!
//! No expectations of results stand here but one: every text comes to an end, with a plan or with faults that can be
//! printed.

mod evaluate;
mod files;

pub use evaluate::evaluate;
pub use files::FixedFiles;

use loadgen::{
    plan::{Inputs, Plan, compile, outline},
    scenario::{Options, Override, Scenario, read, render},
};
use std::{collections::BTreeMap, sync::Arc};

/// Inputs with some variables of the environment, and these files besides the fixed ones.
pub fn inputs(files: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Inputs {
    let env = [("PASSWORD", "s3cret-value"), ("REGION", "eu"), ("EMPTY", "")];
    Inputs {
        env: BTreeMap::from(env.map(|(name, value)| (name.to_owned(), value.to_owned()))),
        demo_url: Some("http://127.0.0.1:8080".to_owned()),
        seed: 7,
        files: Arc::new(FixedFiles::with(files)),
    }
}

/// Reads and compiles a text; what is wrong with it is printed.
pub fn plan_of(source: &str, options: &Options, inputs: &Inputs) -> Option<(Scenario, Plan)> {
    let sources = options.sources("fuzzed.yaml", source);
    match compile(read(source, options), inputs) {
        Ok((scenario, plan)) => {
            let outline = outline(&scenario, &plan, "fuzzed.yaml", options.environment.as_deref());
            assert_eq!(outline.workloads.len(), plan.workloads.len());
            Some((scenario, plan))
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "neither a plan nor a fault");
            assert!(!render(&sources, &faults).is_empty());
            None
        }
    }
}

/// A text as a YAML scalar that means just this text.
pub fn quoted(text: &str) -> String {
    // JSON's strings are YAML's double-quoted ones.
    serde_json::Value::from(text).to_string()
}

/// A flag and its value, as a line of `overrides` has them: `set load.users=5`; `None` where it is no flag.
pub fn add_flag(line: &str, options: &mut Options) -> Option<()> {
    let (flag, value) = line.split_once(' ')?;
    match flag {
        "set" => options.overrides.push(Override::set(value).ok()?),
        "tag" => options.overrides.push(Override::tag(value).ok()?),
        "users" | "duration" | "rate" => options.overrides.push(Override::load(flag, value)),
        "only" => options.only = Some(value.to_owned()),
        "environment" => options.environment = Some(value.to_owned()),
        _ => return None,
    }
    Some(())
}
