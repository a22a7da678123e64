//! Steps, worked out: what the engine carries out one after the other.

use super::{
    check::Check,
    random::UserRandom,
    request::Request,
    template::{RenderError, Template, Variables},
    value_template::ValueTemplate,
    weights::Weights,
};
use crate::model::GroupId;
use crate::model::{StopScope, ThinkTime};
use serde_json::Value as Json;

/// Most rounds that an expression may ask a `repeat` for.
const MOST_ROUNDS: u64 = 1_000_000;

/// A step and the line it stands on.
#[derive(Debug, Clone)]
pub struct Step {
    /// What to do.
    pub kind: StepKind,
    /// Its line in the file, from 1.
    pub line: usize,
}

/// The kinds of steps.
#[derive(Debug, Clone)]
pub enum StepKind {
    /// An HTTP request.
    Request(Box<Request>),
    /// A pause.
    Think(ThinkTime),
    /// Variables, each by its slot.
    Set(Vec<(usize, Setting)>),
    /// One of two ways.
    If {
        /// What decides.
        condition: Condition,
        /// Where it is true.
        then: Vec<Step>,
        /// Where it is not.
        otherwise: Vec<Step>,
    },
    /// Some rounds.
    Repeat {
        /// How many.
        times: Times,
        /// The rounds.
        rounds: Loop,
    },
    /// A round for each item of a list.
    ForEach {
        /// The list.
        list: Setting,
        /// The item's slot.
        item: usize,
        /// The rounds.
        rounds: Loop,
    },
    /// Rounds as long as something holds.
    While {
        /// What decides.
        condition: Condition,
        /// Most rounds.
        max: u64,
        /// The rounds.
        rounds: Loop,
    },
    /// One branch by weight.
    Choose {
        /// How often each is chosen.
        weights: Weights,
        /// The branches.
        branches: Vec<Vec<Step>>,
    },
    /// All at once.
    Parallel {
        /// What.
        steps: Vec<Step>,
        /// Most at once.
        max_concurrency: usize,
    },
    /// Steps that are timed as one.
    Group {
        /// Its number.
        id: GroupId,
        /// What is inside.
        steps: Vec<Step>,
    },
    /// Checks on the last response.
    Check(Vec<Check>),
    /// A line in the log.
    Log(Template),
    /// An early end.
    Stop {
        /// Of what.
        scope: StopScope,
        /// Only where this is true.
        condition: Option<Condition>,
    },
}

/// The steps of a loop.
#[derive(Debug, Clone)]
pub struct Loop {
    /// The slot of `loop`, which tells the round.
    pub slot: usize,
    /// What each round does.
    pub steps: Vec<Step>,
}

impl Loop {
    /// The value of `loop` in a round, counted from 0.
    pub fn state(round: u64) -> Json {
        Json::Object(serde_json::Map::from_iter([("index".to_owned(), Json::from(round))]))
    }
}

/// A value of any kind, rendered for a user.
#[derive(Debug, Clone)]
pub struct Setting(pub(super) ValueTemplate);

impl Setting {
    /// The value.
    ///
    /// # Errors
    /// A variable that is not set, or an expression that fails.
    pub fn value(&self, variables: &Variables<'_>) -> Result<Json, RenderError> {
        self.0.value(variables)
    }

    /// The items of a list.
    ///
    /// # Errors
    /// As [`Self::value`], and where it is not a list.
    pub fn items(&self, variables: &Variables<'_>) -> Result<Vec<Json>, RenderError> {
        match self.0.value(variables)? {
            Json::Array(items) => Ok(items),
            other => Err(RenderError::Unusable(format!("`for_each` needs a list, this is {}", kind(&other)))),
        }
    }
}

/// What decides between two ways.
#[derive(Debug, Clone)]
pub struct Condition(pub(super) ValueTemplate);

impl Condition {
    /// Whether it holds: everything but `false`, `null`, zero and what is empty does.
    ///
    /// # Errors
    /// A variable that is not set, or an expression that fails.
    pub fn holds(&self, variables: &Variables<'_>) -> Result<bool, RenderError> {
        Ok(match self.0.value(variables)? {
            Json::Null => false,
            Json::Bool(flag) => flag,
            Json::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
            Json::String(text) => !text.is_empty(),
            Json::Array(items) => !items.is_empty(),
            Json::Object(entries) => !entries.is_empty(),
        })
    }
}

/// How often a `repeat` runs.
#[derive(Debug, Clone)]
pub enum Times {
    /// Any number between both, included.
    Between(u64, u64),
    /// What an expression says.
    Computed(Setting),
}

impl Times {
    /// The number of rounds.
    ///
    /// # Errors
    /// The expression fails, or is not a whole number from 0 to a million.
    pub fn draw(&self, variables: &Variables<'_>, random: &mut UserRandom) -> Result<u64, RenderError> {
        let setting = match self {
            Self::Between(least, most) => return Ok(random.between(*least, *most)),
            Self::Computed(setting) => setting,
        };
        let value = setting.value(variables)?;
        // A number out of a header or a cell is a text.
        let text = value.as_str().and_then(|text| text.trim().parse().ok());
        let whole = |number: f64| (number.fract() == 0.0 && number >= 0.0).then_some(number as u64);
        let number = value.as_u64().or_else(|| value.as_f64().and_then(whole)).or(text);
        number.filter(|number| *number <= MOST_ROUNDS).ok_or_else(|| {
            let problem = format!("`repeat` needs a whole number from 0 to {MOST_ROUNDS}, this is {value}");
            RenderError::Unusable(problem)
        })
    }
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

/// The requests of steps, those inside of other steps included.
pub fn requests_of(steps: &[Step]) -> Vec<&Request> {
    let mut found = Vec::new();
    for step in steps {
        if let StepKind::Request(request) = &step.kind {
            found.push(&**request);
        }
        found.extend(step.inner().into_iter().flat_map(|steps| requests_of(steps)));
    }
    found
}

impl Step {
    /// The lists of steps inside of it.
    pub fn inner(&self) -> Vec<&[Self]> {
        match &self.kind {
            StepKind::If { then, otherwise, .. } => vec![then, otherwise],
            StepKind::Repeat { rounds, .. }
            | StepKind::ForEach { rounds, .. }
            | StepKind::While { rounds, .. } => vec![&rounds.steps],
            StepKind::Choose { branches, .. } => branches.iter().map(Vec::as_slice).collect(),
            StepKind::Parallel { steps, .. } | StepKind::Group { steps, .. } => vec![steps],
            _ => Vec::new(),
        }
    }

    fn inner_mut(&mut self) -> Vec<&mut Vec<Self>> {
        match &mut self.kind {
            StepKind::If { then, otherwise, .. } => vec![then, otherwise],
            StepKind::Repeat { rounds, .. }
            | StepKind::ForEach { rounds, .. }
            | StepKind::While { rounds, .. } => vec![&mut rounds.steps],
            StepKind::Choose { branches, .. } => branches.iter_mut().collect(),
            StepKind::Parallel { steps, .. } | StepKind::Group { steps, .. } => vec![steps],
            _ => Vec::new(),
        }
    }
}

/// Changes every request of these steps.
pub(super) fn each_request(steps: &mut [Step], change: &mut impl FnMut(&mut Request)) {
    for step in steps {
        if let StepKind::Request(request) = &mut step.kind {
            change(request);
        }
        for inner in step.inner_mut() {
            each_request(inner, change);
        }
    }
}

/// Whether any of these steps looks back at the last response, and whether at its body.
pub(super) fn looks_back(steps: &[Step]) -> (bool, bool) {
    let mut found = (false, false);
    for step in steps {
        let own = match &step.kind {
            StepKind::Check(checks) => (true, checks.iter().any(Check::reads_body)),
            _ => (false, false),
        };
        let inner = step.inner().into_iter().map(looks_back);
        found = inner.fold((found.0 || own.0, found.1 || own.1), |(a, b), (c, d)| (a || c, b || d));
    }
    found
}
