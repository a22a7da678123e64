//! What the demo has seen, counted exactly: the other side's books, to hold a run's report against.
//!
//! Deliberately counts only; a run's report has the latencies.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{cache::CacheUse, route::Route};

#[derive(Debug, Default)]
struct RouteStats {
    received: u64,
    statuses: BTreeMap<StatusCode, u64>,
}

/// The counts so far.
///
/// A request is counted as received when it arrives and under its status when it is answered. The client
/// may give up in between, and the connection's end then ends the handler where it stands: such a request
/// did load the demo and must not be missing from its books. What `count` exceeds the sum of `statuses` by
/// is in progress or was given up.
#[derive(Debug, Default)]
pub(super) struct Stats {
    logins: u64,
    unauthorized: u64,
    injected_errors: u64,
    cache_hits: u64,
    routes: BTreeMap<Route, RouteStats>,
}

impl Stats {
    /// Counts a request that has arrived.
    pub(super) fn received(&mut self, route: Route) {
        self.routes.entry(route).or_default().received += 1;
    }

    /// Counts an answer that goes out.
    pub(super) fn answered(&mut self, route: Route, status: StatusCode, cache_use: Option<CacheUse>) {
        *self.routes.entry(route).or_default().statuses.entry(status).or_default() += 1;
        self.logins += u64::from(route == Route::Login && status == StatusCode::OK);
        self.unauthorized += u64::from(status == StatusCode::UNAUTHORIZED);
        // Nothing but an injected error is answered with a 503.
        self.injected_errors += u64::from(status == StatusCode::SERVICE_UNAVAILABLE);
        self.cache_hits += u64::from(cache_use == Some(CacheUse::Hit));
    }

    /// The body of `GET /stats`, with its keys in an order that does not change.
    pub(super) fn to_json(&self) -> Value {
        let routes: Map<String, Value> =
            self.routes.iter().map(|(route, seen)| (route.label(), seen.to_json())).collect();
        json!({
            "requests": self.routes.values().map(|seen| seen.received).sum::<u64>(),
            "logins": self.logins,
            "unauthorized": self.unauthorized,
            "injected_errors": self.injected_errors,
            "cache_hits": self.cache_hits,
            "routes": routes,
        })
    }
}

impl RouteStats {
    fn to_json(&self) -> Value {
        let statuses: Map<String, Value> =
            self.statuses.iter().map(|(status, n)| (status.as_str().to_owned(), json!(n))).collect();
        json!({ "count": self.received, "statuses": statuses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_arrivals_and_answers_apart() {
        let mut stats = Stats::default();
        for route in [Route::Unknown, Route::Login, Route::Login, Route::Me, Route::Me, Route::Me] {
            stats.received(route);
        }
        stats.answered(Route::Login, StatusCode::SERVICE_UNAVAILABLE, None);
        stats.answered(Route::Login, StatusCode::OK, None);
        stats.answered(Route::Me, StatusCode::UNAUTHORIZED, None);
        stats.answered(Route::Me, StatusCode::OK, Some(CacheUse::Hit));
        assert_eq!(
            stats.to_json().to_string(),
            concat!(
                r#"{"requests":6,"logins":1,"unauthorized":1,"injected_errors":1,"cache_hits":1,"routes":{"#,
                r#""POST /api/v1/auth/login":{"count":2,"statuses":{"200":1,"503":1}},"#,
                r#""GET /api/v1/users/me":{"count":3,"statuses":{"200":1,"401":1}},"#,
                r#""(unknown)":{"count":1,"statuses":{}}}}"#,
            )
        );
    }
}
