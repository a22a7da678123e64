//! One request and all that came of it, kept whole for somebody who writes a scenario. Load is not recorded so.

use super::PhaseTimes;
use std::time::Duration;

/// A request, its response, and what the scenario made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeRecord {
    /// The task it belongs to.
    pub task: String,
    /// Its name.
    pub name: String,
    /// The HTTP method.
    pub method: String,
    /// The URL that it was sent to.
    pub url: String,
    /// The headers as they were sent.
    pub request_headers: Vec<(String, String)>,
    /// The body as it was sent.
    pub request_body: Option<String>,
    /// The response, or why there was none: kind and cause.
    pub outcome: Result<ResponseRecord, String>,
    /// Service time.
    pub duration: Duration,
    /// What the time went to.
    pub phases: PhaseTimes,
    /// The connection it was sent on, as in `new connection to 127.0.0.1:8080`; `None` where there was none.
    pub connection: Option<String>,
    /// Whether the request counts as failed.
    pub failed: bool,
    /// Checks and expectations, in the file's order.
    pub checks: Vec<CheckRecord>,
    /// Extracts, in the file's order.
    pub extracts: Vec<ExtractRecord>,
}

/// A response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseRecord {
    /// Its status.
    pub status: u16,
    /// The words that go with the status; empty where there are none.
    pub reason: String,
    /// The protocol it came over: `HTTP/1.1`.
    pub protocol: Option<String>,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// As much of its body as was kept, bytes that are no text replaced.
    pub body: String,
    /// Size of the whole body, in bytes.
    pub body_bytes: u64,
}

/// A check or an expectation, and how it went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckRecord {
    /// Its name, or its text.
    pub name: String,
    /// Whether the request fails with it.
    pub is_expectation: bool,
    /// Whether it held.
    pub held: bool,
    /// What was seen instead, where it did not.
    pub observed: Option<String>,
}

impl ExchangeRecord {
    /// Changes every text that the target, the scenario or the environment had a hand in.
    pub fn each_text(&mut self, mut change: impl FnMut(&mut String)) {
        change(&mut self.url);
        self.request_headers.iter_mut().for_each(|(_, value)| change(value));
        self.request_body.iter_mut().for_each(&mut change);
        self.connection.iter_mut().for_each(&mut change);
        match &mut self.outcome {
            Ok(response) => {
                response.headers.iter_mut().for_each(|(_, value)| change(value));
                change(&mut response.body);
            }
            Err(cause) => change(cause),
        }
        self.checks.iter_mut().filter_map(|check| check.observed.as_mut()).for_each(&mut change);
        for extract in &mut self.extracts {
            match &mut extract.value {
                Ok(value) | Err(value) => change(value),
            }
        }
    }
}

/// An extract, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractRecord {
    /// The variable that it sets.
    pub variable: String,
    /// The value as JSON, or why there is none.
    pub value: Result<String, String>,
}

/// How a task went that ran once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskResult {
    /// All its steps ran, and nothing failed.
    Passed,
    /// Something failed; what, in words.
    Failed(String),
}
