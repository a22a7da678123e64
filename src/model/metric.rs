//! The metrics a run produces, under k6's names where k6 has one.

use std::fmt;

/// What kind of quantity a metric is, and so which aggregations it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// A distribution of times.
    Trend,
    /// A sum.
    Counter,
    /// A share of true samples.
    Rate,
    /// A level that goes up and down.
    Gauge,
}

/// The unit of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// A bare number.
    One,
}

macro_rules! metrics {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $kind:ident, $unit:ident;)+) => {
        /// A metric of the closed set.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Metric { $($(#[doc = $doc])+ $variant,)+ }

        impl Metric {
            /// Every metric, in the order results list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in results and thresholds.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it measures, in a sentence.
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// What kind of quantity it is.
            pub fn kind(self) -> MetricKind {
                match self { $(Self::$variant => MetricKind::$kind,)+ }
            }

            /// The unit of its values.
            pub fn unit(self) -> Unit {
                match self { $(Self::$variant => Unit::$unit,)+ }
            }
        }
    };
}

metrics! {
    /// Requests sent.
    HttpReqs = "http_reqs", Counter, One;
    /// Requests that failed.
    HttpReqFailed = "http_req_failed", Rate, One;
    /// Service time: from the first byte sent to the last byte received.
    HttpReqDuration = "http_req_duration", Trend, Milliseconds;
    /// Response time: from the intended start to the last byte received.
    HttpReqResponseTime = "http_req_response_time", Trend, Milliseconds;
    /// From when the request was ready to when it began to be sent: the wait for a connection, its set-up included.
    HttpReqBlocked = "http_req_blocked", Trend, Milliseconds;
    /// DNS look-up, of requests that made a connection.
    HttpReqLookingUp = "http_req_looking_up", Trend, Milliseconds;
    /// TCP connect, of requests that made a connection.
    HttpReqConnecting = "http_req_connecting", Trend, Milliseconds;
    /// TLS handshake, of requests that made a connection.
    HttpReqTlsHandshaking = "http_req_tls_handshaking", Trend, Milliseconds;
    /// Writing the request, from its first byte to its last.
    HttpReqSending = "http_req_sending", Trend, Milliseconds;
    /// From the request's last byte to the response's first.
    HttpReqWaiting = "http_req_waiting", Trend, Milliseconds;
    /// Reading the response, from its first byte to its last.
    HttpReqReceiving = "http_req_receiving", Trend, Milliseconds;
    /// Requests without a response.
    HttpErrors = "http_errors", Counter, One;
    /// Bytes sent on the wire.
    DataSent = "data_sent", Counter, Bytes;
    /// Bytes received on the wire.
    DataReceived = "data_received", Counter, Bytes;
    /// Checks and expectations that held.
    Checks = "checks", Rate, One;
    /// Iterations that ran to their end.
    Iterations = "iterations", Counter, One;
    /// Iterations cut by the end of the run or of their user.
    InterruptedIterations = "interrupted_iterations", Counter, One;
    /// Iterations that a failure ended early.
    FailedIterations = "failed_iterations", Counter, One;
    /// Iterations that were meant to start and did not: no user was free, or the time ran out.
    DroppedIterations = "dropped_iterations", Counter, One;
    /// Duration of iterations that ran to their end, think time after them left out.
    IterationDuration = "iteration_duration", Trend, Milliseconds;
    /// Duration of groups of steps that ran to their end.
    GroupDuration = "group_duration", Trend, Milliseconds;
    /// Actual minus intended start of an iteration: the generator's own lateness.
    IterationLag = "iteration_lag", Trend, Milliseconds;
    /// Users running.
    Vus = "vus", Gauge, One;
    /// Users made.
    VusMax = "vus_max", Gauge, One;
    /// Failed attempts at `on_start`.
    UserStartFailures = "user_start_failures", Counter, One;
}

impl Metric {
    /// The metric of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.name() == name)
    }

    /// The tag keys its samples carry besides the user's own.
    pub fn tags(self) -> &'static [&'static str] {
        match self {
            Self::HttpReqs
            | Self::HttpReqFailed
            | Self::HttpReqDuration
            | Self::HttpReqResponseTime
            | Self::HttpReqBlocked
            | Self::HttpReqLookingUp
            | Self::HttpReqConnecting
            | Self::HttpReqTlsHandshaking
            | Self::HttpReqSending
            | Self::HttpReqWaiting
            | Self::HttpReqReceiving
            | Self::HttpErrors
            | Self::DataSent
            | Self::DataReceived => {
                &["workload", "task", "group", "name", "method", "status", "stage", "error", "proto"]
            }
            Self::Checks => &["workload", "task", "group", "name", "method", "stage", "check"],
            Self::Iterations
            | Self::InterruptedIterations
            | Self::FailedIterations
            | Self::IterationDuration
            | Self::IterationLag => &["workload", "task", "stage"],
            Self::DroppedIterations => &["workload", "stage"],
            Self::UserStartFailures => &["workload"],
            Self::GroupDuration => &["workload", "task", "stage", "group"],
            Self::Vus | Self::VusMax => &[],
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
