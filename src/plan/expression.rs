//! `${…}` that is more than a name: minijinja's expression language. The one file that knows the engine.

use super::template::{RenderError, Variables};
use minijinja::{Environment, UndefinedBehavior, value::Serde};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, LazyLock},
};

/// Shared by all expressions of all plans: it holds filters and settings, and no state of a run.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
});

/// Functions the engine itself brings.
const ENGINE_FUNCTIONS: [&str; 2] = ["range", "dict"];

/// A compiled expression and where its names come from.
#[derive(Clone)]
pub(super) struct Expression {
    source: String,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
    constants: Arc<BTreeMap<String, Json>>,
    slots: Vec<(String, usize)>,
    vu: bool,
    iteration: bool,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

/// Where a name of an expression comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Origin {
    Constant(Json),
    Slot(usize),
    Vu,
    Iteration,
}

/// A parsed expression whose names are not bound yet.
pub(super) struct Parsed {
    source: String,
    compiled: minijinja::Expression<'static, 'static>,
}

impl Parsed {
    /// Parses an expression.
    ///
    /// # Errors
    /// What the engine says of it.
    pub(super) fn new(source: &str) -> Result<Self, String> {
        let compiled =
            ENVIRONMENT.compile_expression_owned(source.to_owned()).map_err(|error| problem(&error))?;
        Ok(Self { source: source.to_owned(), compiled })
    }

    /// The names it uses that it does not define itself.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let names = self.compiled.undeclared_variables(false);
        names.into_iter().filter(|name| !ENGINE_FUNCTIONS.contains(&name.as_str())).collect()
    }

    /// The names with the path they are used by, as `env.NAME`.
    pub(super) fn paths(&self) -> BTreeSet<String> {
        self.compiled.undeclared_variables(true).into_iter().collect()
    }

    /// Binds each name.
    pub(super) fn bind(self, origins: impl IntoIterator<Item = (String, Origin)>) -> Expression {
        let (mut constants, mut slots) = (BTreeMap::new(), Vec::new());
        let (mut vu, mut iteration) = (false, false);
        for (name, origin) in origins {
            match origin {
                Origin::Constant(value) => drop(constants.insert(name, value)),
                Origin::Slot(slot) => slots.push((name, slot)),
                Origin::Vu => vu = true,
                Origin::Iteration => iteration = true,
            }
        }
        let (compiled, constants) = (Arc::new(self.compiled), Arc::new(constants));
        Expression { source: self.source, compiled, constants, slots, vu, iteration }
    }
}

impl Expression {
    /// Whether its value does not depend on the user.
    pub(super) fn is_constant(&self) -> bool {
        self.slots.is_empty() && !self.vu && !self.iteration
    }

    /// Its value for a user.
    pub(super) fn evaluate(&self, variables: &Variables<'_>) -> Result<Json, RenderError> {
        let mut context: BTreeMap<&str, minijinja::Value> = BTreeMap::new();
        for (name, value) in self.constants.iter() {
            context.insert(name, minijinja::Value::from(Serde(value)));
        }
        for (name, slot) in &self.slots {
            // An unset variable stays undefined, so that `| default(…)` works.
            if let Some(value) = variables.slots.get(*slot).and_then(Option::as_ref) {
                context.insert(name, minijinja::Value::from(Serde(value)));
            }
        }
        if self.vu {
            context.insert("vu", variables.vu.into());
        }
        if self.iteration {
            context.insert("iteration", variables.iteration.into());
        }
        let failed = |problem: String| RenderError::Expression { source_text: self.source.clone(), problem };
        let value = self.compiled.eval(context).map_err(|error| failed(problem(&error)))?;
        if value.is_undefined() {
            return Err(failed("it has no value".to_owned()));
        }
        serde_json::to_value(&value).map_err(|error| failed(error.to_string()))
    }
}

/// The engine's message without its own file names and line numbers.
fn problem(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}
