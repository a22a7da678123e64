//! The cases that are compared.

use super::{bare, target::Target, whole};
use loadgen::{engine::HttpTransports, plan::TransportOptions};
use reqwest::Url;
use rustls::ClientConfig;
use std::time::Duration;

/// Keep-alive users.
const USERS: usize = 64;
/// Threads, with a runtime each.
const THREADS: usize = 2;

/// What each case does, the yardstick first.
pub const NAMES: [&str; 4] = [
    "(a) a bare loop over reqwest",
    "(b) loadgen: template, status, JSON check",
    "(c) loadgen: a fixed URL, nothing checked",
    "(d) as (b) with a JSON body of three values",
];

/// The steps of the cases that loadgen runs.
const STEPS: [&str; 3] = [
    r#"
  - get: /items/${iteration}?user=${vu}
    name: item
    expect: status == 200
    check: { right: json $.a == 1 }
"#,
    "
  - get: /items/7
",
    r#"
  - get: /items/${iteration}?user=${vu}
    name: item
    json: { user: "${vu}", round: "${iteration}", text: "round ${iteration}" }
    expect: status == 200
    check: { right: json $.a == 1 }
"#,
];

/// The target, and what clients need to be made.
pub struct Cases {
    target: Target,
    tls: ClientConfig,
    transports: HttpTransports,
}

impl Cases {
    /// Starts the target.
    pub fn start() -> Self {
        Self {
            target: Target::start(),
            tls: bare::tls(),
            transports: HttpTransports::new([TransportOptions::default()]).unwrap(),
        }
    }

    /// Prepares a case: what it returns runs it for so long, and says how many requests were answered.
    pub fn prepare(&self, case: usize, time: Duration) -> impl FnOnce() -> u64 + '_ {
        let url = format!("http://{}", self.target.address);
        let bare_url = Url::parse(&format!("{url}/items/7")).unwrap();
        let plan = case.checked_sub(1).map(|step| whole::plan(&url, USERS, time, STEPS[step]));
        move || match plan {
            None => bare::run(&bare_url, &self.tls, USERS, THREADS, time),
            Some(plan) => whole::run(&plan, &self.transports, THREADS),
        }
    }
}
