//! The document and its parts. No domain type appears in it.

use crate::report::schema;
use schemars::JsonSchema;
use serde::Serialize;

/// What the document's `schema` says.
pub(super) const SCHEMA: &str = "loadgen/comparison/v1";

/// Two sides of runs of loadgen, compared. Times are in milliseconds; a share is from 0 to 1. The same summaries
/// always give the same document.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "loadgen comparison, version 1")]
pub struct ComparisonV1 {
    /// Name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// What it amounts to.
    pub outcome: OutcomeV1,
    /// How changes were told from noise.
    pub method: MethodV1,
    /// What was asked for.
    pub asked: AskedV1,
    /// The runs that were the base.
    pub base: Vec<RunRefV1>,
    /// The runs that were held against it.
    pub new: Vec<RunRefV1>,
    /// Why these runs should not be compared; empty unless they were compared by force.
    pub forced: Vec<String>,
    /// What else should be known about them.
    pub warnings: Vec<String>,
    /// What both sides have: all requests, then each request and each task, in the order of the new runs.
    pub rows: Vec<RowV1>,
    /// What only the new runs have.
    pub added: Vec<SubjectV1>,
    /// What only the base has.
    pub gone: Vec<SubjectV1>,
}

impl ComparisonV1 {
    /// The document as indented JSON with a newline at its end.
    pub fn to_json(&self) -> Vec<u8> {
        schema::written(self)
    }
}

/// The format's JSON Schema, draft 2020-12, made from these types and their documentation.
pub fn json_schema() -> serde_json::Value {
    schema::of::<ComparisonV1>()
}

/// What the comparison amounts to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OutcomeV1 {
    /// Whether a gate should let this pass: nothing regressed.
    pub passed: bool,
    /// Numbers that got worse.
    pub regressed: usize,
    /// Numbers that got better.
    pub improved: usize,
    /// Numbers that changed by less than what matters.
    pub unchanged: usize,
    /// Numbers that changed by more, which may be noise.
    pub unclear: usize,
    /// The largest change of each row that has one, the worst first, as sentences: `browse is 5.2 × faster: p95 480ms
    /// → 92.0ms`.
    pub headlines: Vec<String>,
}

/// Which time of requests was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeV1 {
    /// From the first byte sent to the last received.
    ServiceTime,
    /// From the intended start to the last byte received.
    ResponseTime,
}

/// How p-values were corrected for the number of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionV1 {
    /// Step-down over the exact joint distribution: every way to deal the runs to both sides was looked at.
    Joint,
    /// Holm's step-down.
    Holm,
}

/// The tests that were made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct TestsV1 {
    /// How many: exact two-sided Mann-Whitney tests on the values of runs.
    pub count: usize,
    /// How they were corrected for that.
    pub correction: CorrectionV1,
    /// The chance that anything is called a change where nothing changed.
    pub alpha: f64,
}

/// How changes were told from noise.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MethodV1 {
    /// Which time of requests was compared.
    pub time: TimeV1,
    /// The tests; null where a side has fewer than four runs, so that nothing is significant and only a large
    /// change with a clear bound counts.
    pub tests: Option<TestsV1>,
    /// Where nothing was tested: by how much the number of samples was divided for bounds, since requests of one run
    /// say less than independent ones.
    pub design_effect: Option<u64>,
    /// What this means, for people.
    pub statement: String,
}

/// What counts as a change.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AskedV1 {
    /// The least change of times and rates that matters: 0.05 is a factor of 1.05 in either direction.
    pub min_change: f64,
    /// The least change of times that matters, in ms; both have to be reached.
    pub min_difference_ms: f64,
    /// The least change that is believed where nothing is tested.
    pub large_change: f64,
}

/// A run that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunRefV1 {
    /// Where its results are, as they were named.
    pub place: String,
    /// Its unique name.
    pub id: String,
    /// UTC start of its load, RFC 3339.
    pub started_at: String,
    /// SHA-256 of its scenario, hexadecimal.
    pub scenario_sha256: String,
    /// The environment of the scenario that was chosen; null if none was.
    pub environment: Option<String>,
    /// The base URL that its load went to.
    pub target: String,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKindV1 {
    /// All requests of the run.
    All,
    /// A request of the scenario.
    Request,
    /// A task's iterations.
    Task,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SubjectV1 {
    /// What it is.
    pub kind: SubjectKindV1,
    /// Its name.
    pub name: String,
    /// The task it belongs to, or is; empty for all requests.
    pub task: String,
    /// The workload it belongs to; empty for all requests.
    pub workload: String,
}

/// A request, a task or all requests on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RowV1 {
    /// What it is about.
    pub subject: SubjectV1,
    /// Its numbers; those that neither side has are left out.
    pub findings: Vec<FindingV1>,
}

/// What became of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeV1 {
    /// It is better, by more than what matters, and that is no noise.
    Improved,
    /// It is worse, likewise.
    Regressed,
    /// It changed by less than what matters.
    Unchanged,
    /// It changed by more, and that may be noise.
    Unclear,
}

/// Why a change is unclear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoubtV1 {
    /// One side has nothing to compare.
    NoSamples,
    /// A run has too few samples for this percentile: 9 are needed for p50, 110 for p95, 574 for p99.
    FewSamples,
    /// Chance could have dealt the runs like that.
    Chance,
    /// Without a test only a larger change is believed.
    NotLarge,
    /// It is large, and its bounds reach down to what is not.
    WideBounds,
    /// Runs of one side lie among those of the other.
    Overlap,
}

/// A number on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FindingV1 {
    /// Which: `p50`, `p95` or `p99` in ms, `rate` per second, or `failed`, a share.
    pub quantity: String,
    /// Of the base: with tests the median of its runs, otherwise of all their samples; null where it has none.
    pub base: Option<f64>,
    /// Of the new runs, likewise.
    pub new: Option<f64>,
    /// `new / base - 1`, of `failed` `new - base`; null where a side has none.
    pub change: Option<f64>,
    /// Lower bound of `change`, 95 %, where nothing was tested. It knows nothing of what differs from run to run.
    pub low: Option<f64>,
    /// Upper bound, likewise.
    pub high: Option<f64>,
    /// P-value of this test alone; null where there was none.
    pub p_value: Option<f64>,
    /// The same, corrected for the number of tests.
    pub adjusted_p_value: Option<f64>,
    /// Number of samples of the base, over all its runs.
    pub base_samples: u64,
    /// Number of samples of the new runs, likewise.
    pub new_samples: u64,
    /// What became of it.
    pub verdict: ChangeV1,
    /// Why that is unclear; null where it is not.
    pub doubt: Option<DoubtV1>,
}
