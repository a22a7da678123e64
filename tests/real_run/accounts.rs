//! What must add up in every summary.json: iterations that were intended, started and dropped, and what each list says of
//! the same requests.

use super::summary::{Summary, number};
use serde_json::Value;

impl Summary {
    /// Nothing has vanished: intended = started + dropped, started = completed + failed + interrupted, and each way of
    /// telling requests apart has all of them.
    #[track_caller]
    pub fn assert_accounts(&self) {
        self.assert_workloads();
        for request in self.list("requests") {
            for (key, whole) in [
                ("/count", "/count"),
                ("/failed", "/failed"),
                ("/duration_ms/count", "/duration_ms/count"),
                ("/response_time_ms/count", "/response_time_ms/count"),
            ] {
                let rows = request["by_status"].as_array().unwrap();
                let sum: u64 = rows.iter().map(|row| number(row.pointer(key).unwrap())).sum();
                assert_eq!(sum, number(request.pointer(whole).unwrap()), "{key} of {request:#}");
            }
        }
        self.assert_rates();
    }

    #[track_caller]
    fn assert_workloads(&self) {
        let (mut due, mut planned) = (0, Some(0));
        let mut sums = [0; 4];
        for workload in self.list("workloads") {
            let of = |key: &str| number(&workload[key]);
            let ends = [of("iterations"), of("failed"), of("interrupted")];
            assert_eq!(of("started"), ends.iter().sum::<u64>(), "{workload:#}");
            due += of("started") + of("dropped_iterations");
            planned = planned.zip(workload["planned_iterations"].as_u64()).map(|(all, one)| all + one);
            for (sum, one) in sums.iter_mut().zip(ends.into_iter().chain([of("dropped_iterations")])) {
                *sum += one;
            }
        }
        let metrics = ["iterations", "failed_iterations", "interrupted_iterations", "dropped_iterations"];
        assert_eq!(sums, metrics.map(|metric| self.count(metric)), "{:#}", self.at("/workloads"));
        if let Some(warm_up) = self.0.get("warm_up") {
            due += metrics.iter().map(|metric| number(&warm_up[metric])).sum::<u64>();
        }
        let Some(planned) = planned else { return };
        assert!(due <= planned, "{due} of {planned} planned iterations: {:#}", self.at("/workloads"));
        // A run that was ended early, or that itself failed, has not come to all of them.
        if self.at("/verdict/incomplete") == false && self.at("/verdict/exit_code") != 1 {
            assert_eq!(due, planned, "{:#}", self.at("/workloads"));
        }
    }

    #[track_caller]
    fn assert_rates(&self) {
        let rate = |of: &Value| of.as_f64().unwrap_or(0.0);
        let sum: f64 = self.list("requests").iter().map(|request| rate(&request["rate_per_s"])).sum();
        let whole = rate(self.at("/metrics/http_reqs/rate"));
        assert!((sum - whole).abs() <= whole * 1e-6, "{sum}/s of {whole}/s");
        for stage in self.list("stages") {
            let (lasted, requests) = (rate(&stage["lasted_ms"]) / 1e3, rate(&stage["http_reqs"]));
            if lasted > 0.1 && stage["warm_up"] == false {
                let told = rate(&stage["rate_per_s"]) * lasted;
                assert!((told - requests).abs() <= requests * 0.02, "{stage:#}");
            }
        }
    }
}
