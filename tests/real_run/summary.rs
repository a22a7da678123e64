//! Reading a summary.json, and what must add up in every one.

use serde_json::Value;

pub struct Summary(pub Value);

impl Summary {
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_else(|error| panic!("summary.json: {error}\n{text}")))
    }

    /// What a JSON pointer points at.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {:#}", self.0))
    }

    /// The count of a counter or trend.
    #[track_caller]
    pub fn count(&self, metric: &str) -> u64 {
        number(self.at(&format!("/metrics/{metric}/count")))
    }

    /// A figure of a metric, such as `p95`, in its unit.
    #[track_caller]
    pub fn figure(&self, metric: &str, figure: &str) -> f64 {
        let value = self.at(&format!("/metrics/{metric}/{figure}"));
        value.as_f64().unwrap_or_else(|| panic!("{metric} {figure}: {value}"))
    }

    #[track_caller]
    pub fn list(&self, name: &str) -> &Vec<Value> {
        self.at(&format!("/{name}")).as_array().unwrap()
    }

    /// The entry of `requests`, `tasks` or `checks` with this name.
    #[track_caller]
    pub fn named(&self, list: &str, name: &str) -> &Value {
        let found = self.list(list).iter().find(|entry| entry["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {list}: {:#}", self.at(&format!("/{list}"))))
    }

    /// Responses of this request with this status.
    #[track_caller]
    pub fn statuses(&self, request: &str, status: u16) -> u64 {
        self.named("requests", request)["statuses"][status.to_string()].as_u64().unwrap_or(0)
    }

    /// Requests that ended in this kind of error.
    pub fn errors(&self, kind: &str) -> u64 {
        self.list("requests").iter().map(|request| request["errors"][kind].as_u64().unwrap_or(0)).sum()
    }

    /// Requests that ended in any error.
    #[track_caller]
    pub fn all_errors(&self) -> u64 {
        self.list("requests").iter().map(|request| sum_of_map(&request["errors"])).sum()
    }

    pub fn passed(&self) -> bool {
        self.at("/verdict/passed") == true
    }

    #[track_caller]
    pub fn reason(&self) -> &str {
        self.at("/verdict/reason").as_str().unwrap()
    }

    /// The same numbers by different ways must be the same numbers.
    #[track_caller]
    pub fn assert_consistent(&self) {
        let requests = self.count("http_reqs");
        let failed = number(self.at("/metrics/http_req_failed/passes"));
        assert_eq!(number(self.at("/metrics/http_req_failed/fails")) + failed, requests);
        assert_eq!(self.sum("requests", "/count"), requests, "{:#}", self.at("/requests"));
        assert_eq!(self.sum("requests", "/failed"), failed);
        assert_eq!(self.sum("stages", "/http_reqs"), requests);
        assert_eq!(self.sum("stages", "/http_req_failed"), failed);
        assert_eq!(self.sum("series/points", "/http_reqs"), requests + self.left_out("http_reqs"));
        assert_eq!(self.sum("series/points", "/http_req_failed"), failed + self.left_out("http_req_failed"));
        assert_eq!(self.sum("requests", "/received_bytes"), self.count("data_received"));
        let (over_time, counted) =
            (self.sum("series/points", "/data_received_bytes"), self.count("data_received"));
        assert!(if self.has_warm_up() { over_time >= counted } else { over_time == counted }, "{over_time}");
        assert_eq!(self.sum("requests", "/sent_bytes"), self.count("data_sent"));
        self.assert_latencies_consistent();
        self.assert_iterations_consistent();
        self.assert_accounts();
    }

    fn has_warm_up(&self) -> bool {
        self.0.get("warm_up").is_some()
    }

    /// What of this was in the warm-up, which the series has and nothing else.
    fn left_out(&self, field: &str) -> u64 {
        if self.has_warm_up() { number(self.at(&format!("/warm_up/{field}"))) } else { 0 }
    }

    #[track_caller]
    fn assert_latencies_consistent(&self) {
        for request in self.list("requests") {
            let (answered, errors) = (sum_of_map(&request["statuses"]), sum_of_map(&request["errors"]));
            assert_eq!(answered + errors, number(&request["count"]), "{request:#}");
            // A request without a response has no duration, but for one that timed out.
            let timed = answered + request["errors"]["timeout"].as_u64().unwrap_or(0);
            assert_eq!(number(&request["duration_ms"]["count"]), timed, "{request:#}");
            assert_eq!(number(&request["response_time_ms"]["count"]), timed, "{request:#}");
        }
        assert_eq!(self.count("http_errors"), self.all_errors());
        for metric in ["http_req_duration", "http_req_response_time"] {
            let key = if metric == "http_req_duration" { "duration_ms" } else { "response_time_ms" };
            assert_eq!(self.sum("requests", &format!("/{key}/count")), self.count(metric));
            assert_eq!(self.sum("stages", &format!("/{key}/count")), self.count(metric));
            if self.count(metric) > 0 {
                let figures = ["min", "p50", "p75", "p90", "p95", "p99", "p99.9", "max"];
                let figures = figures.map(|figure| self.figure(metric, figure));
                assert!(figures.is_sorted(), "{metric} {figures:?}");
                assert_eq!(self.figure(metric, "med"), self.figure(metric, "p50"));
            }
        }
    }

    #[track_caller]
    fn assert_iterations_consistent(&self) {
        for (field, metric) in [
            ("iterations", "iterations"),
            ("failed", "failed_iterations"),
            ("interrupted", "interrupted_iterations"),
        ] {
            assert_eq!(self.sum("tasks", &format!("/{field}")), self.count(metric), "{metric}");
        }
        let over_time = |field: &str| self.sum("series/points", &format!("/{field}"));
        assert_eq!(over_time("iterations"), self.count("iterations") + self.left_out("iterations"));
        let failed = self.count("failed_iterations") + self.left_out("failed_iterations");
        assert_eq!(over_time("failed_iterations"), failed);
        let interrupted = self.count("interrupted_iterations") + self.left_out("interrupted_iterations");
        assert_eq!(over_time("interrupted_iterations"), interrupted);
        for metric in ["failed_iterations", "interrupted_iterations"] {
            assert_eq!(self.sum("stages", &format!("/{metric}")), self.count(metric));
        }
        assert_eq!(self.sum("stages", "/iterations"), self.count("iterations"));
        let dropped = self.count("dropped_iterations");
        assert_eq!(self.sum("stages", "/dropped_iterations"), dropped);
        assert_eq!(over_time("dropped_iterations"), dropped + self.left_out("dropped_iterations"));
        assert_eq!(self.sum("checks", "/passes"), number(self.at("/metrics/checks/passes")));
        assert_eq!(self.sum("checks", "/fails"), number(self.at("/metrics/checks/fails")));
        let passed = self.at("/verdict/exit_code") == 0;
        assert_eq!(self.passed(), passed);
        let broken = self.list("thresholds").iter().any(|threshold| threshold["passed"] == false);
        assert!(!(passed && broken), "{:#}", self.at("/thresholds"));
    }

    #[track_caller]
    fn sum(&self, list: &str, field: &str) -> u64 {
        self.list(list).iter().map(|entry| number(entry.pointer(field).unwrap())).sum()
    }
}

#[track_caller]
pub fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("not a whole number: {value}"))
}

#[track_caller]
fn sum_of_map(map: &Value) -> u64 {
    map.as_object().unwrap().values().map(number).sum()
}
