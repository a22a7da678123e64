//! `${…}` that is more than a name: minijinja's expression language. The one file that knows the engine.

use super::{
    expression_problem::{Cause, explain},
    expression_scan::Scan,
    functions::{self, Caller, Misuse, Texts},
    template::{RenderError, Variables},
};
use minijinja::{
    Environment, Error, ErrorKind, State, UndefinedBehavior, Value,
    value::{Object, Rest, Serde, ValueOrKwargs},
};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, LazyLock, OnceLock},
};

/// Shared by all expressions of all plans: it holds filters and settings, and no state of a run.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = strict();
    for name in SIZED_FILTERS {
        environment
            .add_filter(name, move |arguments: Rest<ValueOrKwargs>| sized(name, &arguments.into_values()));
    }
    environment
});

/// The engine as it comes, for the filters that are only guarded.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(strict);

fn strict() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

/// Filters that make as much as a number asks for, and would take all memory for one that is too large.
const SIZED_FILTERS: [&str; 3] = ["batch", "indent", "slice"];
/// Most that such a number may be, as for the engine's `range`.
const MOST_ASKED: u32 = 100_000;

/// A filter whose first argument, or the one called `width`, is a size.
fn sized(name: &str, arguments: &[Value]) -> Result<Value, Error> {
    let width = arguments.last().and_then(|last| last.get_attr("width").ok());
    let too_large = |size: &Value| f64::try_from(size.clone()).is_ok_and(|size| size > f64::from(MOST_ASKED));
    if arguments.get(1).into_iter().chain(&width).any(too_large) {
        let misuse =
            Misuse::new(format!("`{name}` takes a number of at most {MOST_ASKED}"), "take a smaller one");
        return Err(Error::new(ErrorKind::InvalidOperation, misuse.to_string()).with_source(misuse));
    }
    ENGINE.empty_state().apply_filter(name, arguments)
}

/// Functions the engine itself brings.
pub(super) const ENGINE_FUNCTIONS: [&str; 4] = ["range", "dict", "namespace", "debug"];

/// A compiled expression and where its names come from.
#[derive(Clone)]
pub(super) struct Expression {
    source: String,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
    constants: Arc<BTreeMap<String, Arc<Constant>>>,
    slots: Vec<(String, usize)>,
    shared: Vec<(String, usize)>,
    rows: Vec<(String, usize)>,
    functions: Vec<String>,
    texts: Arc<Texts>,
    vu: bool,
    iteration: bool,
    run_iteration: bool,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

/// A constant, and once it is asked for the engine's form of it: making that of a long list for each expression and
/// each evaluation would take longer than everything else.
#[derive(Debug)]
pub(super) struct Constant {
    json: Json,
    engine: OnceLock<Value>,
}

impl PartialEq for Constant {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl Constant {
    pub(super) fn new(json: Json) -> Self {
        Self { json, engine: OnceLock::new() }
    }

    pub(super) fn json(&self) -> &Json {
        &self.json
    }

    fn value(&self) -> Value {
        self.engine.get_or_init(|| Value::from(Serde(&self.json))).clone()
    }
}

/// Where a name of an expression comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Origin {
    Constant(Arc<Constant>),
    Slot(usize),
    Shared(usize),
    /// The row of a feed.
    Row(usize),
    Function,
    Vu,
    Iteration,
    /// `scenario`, of which there is only `scenario.iteration`.
    Scenario,
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
    pub(super) fn new(source: &str) -> Result<Self, Misuse> {
        let compiled =
            ENVIRONMENT.compile_expression_owned(source.to_owned()).map_err(|error| problem(&error))?;
        Ok(Self { source: source.to_owned(), compiled })
    }

    /// The names it uses that it does not define itself.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self.compiled.undeclared_variables(false).into_iter().collect();
        names.extend(Scan::new(&self.source).names_beside_slices().into_iter().map(str::to_owned));
        names.into_iter().filter(|name| !ENGINE_FUNCTIONS.contains(&name.as_str())).collect()
    }

    /// The names with the path they are used by, as `env.NAME`.
    pub(super) fn paths(&self) -> BTreeSet<String> {
        let mut paths: BTreeSet<String> = self.compiled.undeclared_variables(true).into_iter().collect();
        let scan = Scan::new(&self.source);
        for name in scan.names_beside_slices() {
            paths.extend(scan.parts_of(name).into_iter().flatten().map(|part| format!("{name}.{part}")));
        }
        paths
    }

    /// Binds each name, and the files it reads.
    pub(super) fn bind(
        self,
        origins: impl IntoIterator<Item = (String, Origin)>,
        texts: Texts,
    ) -> Expression {
        let (mut constants, mut slots, mut functions) = (BTreeMap::new(), Vec::new(), Vec::new());
        let (mut shared, mut rows) = (Vec::new(), Vec::new());
        let (mut vu, mut iteration, mut run_iteration) = (false, false, false);
        for (name, origin) in origins {
            match origin {
                Origin::Constant(value) => drop(constants.insert(name, value)),
                Origin::Slot(slot) => slots.push((name, slot)),
                Origin::Shared(index) => shared.push((name, index)),
                Origin::Row(feed) => rows.push((name, feed)),
                Origin::Function => functions.push(name),
                Origin::Vu => vu = true,
                Origin::Iteration => iteration = true,
                Origin::Scenario => run_iteration = true,
            }
        }
        let (compiled, constants) = (Arc::new(self.compiled), Arc::new(constants));
        Expression {
            source: self.source,
            compiled,
            constants,
            slots,
            shared,
            rows,
            functions,
            texts: Arc::new(texts),
            vu,
            iteration,
            run_iteration,
        }
    }
}

impl Expression {
    /// Whether its value is the same for every user at all times.
    pub(super) fn is_constant(&self) -> bool {
        let is_pure = |name: &String| functions::find(name).is_some_and(functions::Function::is_pure);
        let of_the_user = self.vu || self.iteration || self.run_iteration;
        let varies = !self.slots.is_empty() || !self.shared.is_empty() || !self.rows.is_empty();
        !varies && !of_the_user && self.functions.iter().all(is_pure)
    }

    /// Its value for a user.
    pub(super) fn evaluate(&self, variables: &Variables<'_>) -> Result<Json, RenderError> {
        let failed = |misuse: Misuse| RenderError::Expression {
            source_text: self.source.clone(),
            problem: misuse.problem,
            remedy: misuse.remedy,
        };
        let value = self.compiled.eval(self.context(variables)).map_err(|error| failed(problem(&error)))?;
        if value.is_undefined() {
            return Err(failed(explain(Cause::Undefined, "")));
        }
        // JSON has no infinity, and would make nothing of it.
        if f64::try_from(value.clone()).is_ok_and(|number| !number.is_finite()) {
            return Err(failed(explain(Cause::Infinite, "")));
        }
        serde_json::to_value(&value).map_err(|error| failed(explain(Cause::Other, &error.to_string())))
    }

    /// What the expression names, and nothing else.
    fn context(&self, variables: &Variables<'_>) -> BTreeMap<&str, Value> {
        let mut context: BTreeMap<&str, Value> = BTreeMap::new();
        for (name, value) in self.constants.iter() {
            context.insert(name, value.value());
        }
        for (names, values) in [(&self.slots, variables.slots), (&self.shared, variables.shared)] {
            for (name, slot) in names {
                // An unset variable stays undefined, so that `| default(…)` works.
                if let Some(value) = values.get(*slot).and_then(Option::as_ref) {
                    context.insert(name, Value::from(Serde(value)));
                }
            }
        }
        for (name, feed) in &self.rows {
            let row = variables.row(*feed).and_then(|(feed, row)| feed.value(row, &[]));
            if let Some(row) = row {
                context.insert(name, Value::from(Serde(&*row)));
            }
        }
        if !self.functions.is_empty() {
            let caller = match variables.functions {
                Some(functions) => functions.at(variables.now, &self.texts),
                None => functions::UserFunctions::new(0, 0, 0).at(variables.now, &self.texts),
            };
            for name in &self.functions {
                let callable = Callable { root: name.clone(), caller: caller.clone() };
                context.insert(name, Value::from_object(callable));
            }
        }
        if self.vu {
            context.insert("vu", variables.vu.into());
        }
        if self.iteration {
            context.insert("iteration", variables.iteration.into());
        }
        if self.run_iteration {
            let scenario = BTreeMap::from([("iteration", variables.run_iteration)]);
            context.insert("scenario", Value::from(scenario));
        }
        context
    }
}

/// A function, or the functions of one name with a point, for one user at one moment.
#[derive(Debug)]
struct Callable {
    root: String,
    caller: Caller,
}

impl Callable {
    fn call_function(&self, name: &str, arguments: &[Value]) -> Result<Value, Error> {
        let function =
            functions::find(name).ok_or_else(|| Error::new(ErrorKind::UnknownFunction, name.to_owned()))?;
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if argument.is_undefined() {
                return Err(Error::from(ErrorKind::UndefinedError));
            }
            let value = serde_json::to_value(argument);
            values.push(value.map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?);
        }
        let answer = function.call(&values, &self.caller).map_err(|misuse| {
            Error::new(ErrorKind::InvalidOperation, misuse.to_string()).with_source(misuse)
        })?;
        Ok(Value::from(Serde(&answer)))
    }
}

impl Object for Callable {
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, arguments: &[Value]) -> Result<Value, Error> {
        self.call_function(&self.root, arguments)
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        arguments: &[Value],
    ) -> Result<Value, Error> {
        self.call_function(&format!("{}.{method}", self.root), arguments)
    }
}

/// The engine's message in our words.
fn problem(error: &Error) -> Misuse {
    let own = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Misuse>());
    if let Some(misuse) = own {
        return misuse.clone();
    }
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::SyntaxError | ErrorKind::BadEscape => explain(Cause::Syntax, detail),
        ErrorKind::UndefinedError => explain(Cause::Undefined, detail),
        ErrorKind::TooManyArguments => explain(Cause::TooManyArguments, detail),
        ErrorKind::MissingArgument => explain(Cause::MissingArgument, detail),
        ErrorKind::InvalidOperation => explain(Cause::Operation, detail),
        kind if detail.is_empty() => explain(Cause::Other, &kind.to_string()),
        _ => explain(Cause::Other, detail),
    }
}

/// The filters of the engine.
pub(super) const FILTERS: [&str; 45] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "upper",
];

/// The tests of the engine, behind `is`.
pub(super) const TESTS: [&str; 28] = [
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

/// Whether the engine has a filter, or a test, of this name.
pub(super) fn is_known(kind: &str, name: &str) -> bool {
    let question = format!("name is {kind}");
    let answer = ENVIRONMENT
        .compile_expression(&question)
        .and_then(|question| question.eval(BTreeMap::from([("name", Value::from(name))])));
    answer.is_ok_and(|answer| answer.is_true())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_makes_a_filter_take_all_memory() {
        let told = |source: &str| {
            let parsed = Parsed::new(source).map_err(|misuse| misuse.problem)?;
            let expression = parsed.bind([], Texts::new());
            expression.evaluate(&Variables::default()).map_err(|error| error.to_string())
        };
        assert_eq!(told("'a\nb' | indent(2)"), Ok(Json::from("a\n  b")));
        assert_eq!(told("'a' | indent(width=1, first=true)"), Ok(Json::from(" a")));
        assert_eq!(told("[1, 2, 3] | batch(2) | length"), Ok(Json::from(2)));
        assert_eq!(told("[1, 2, 3] | batch(2, 1e9)"), Ok(serde_json::json!([[1, 2], [3, 1e9]])));
        for source in [
            "'a' | indent(9223372036854775807)",
            "'a' | indent(width=9223372036854775807)",
            "'a' | indent(none, true, width=999999999999)",
            "[1] | batch(9e18, 0)",
            "[1] | slice(999999999999)",
        ] {
            let problem = told(source).expect_err(source);
            assert!(problem.contains("takes a number of at most 100000"), "{source}: {problem}");
        }
    }

    #[test]
    fn the_filters_and_tests_that_are_offered_exist() {
        for filter in FILTERS {
            assert!(is_known("filter", filter), "{filter}");
        }
        for test in TESTS {
            assert!(is_known("test", test), "{test}");
        }
        assert!(!is_known("filter", "shout"));
        assert!(!is_known("test", "odder"));
    }
}
