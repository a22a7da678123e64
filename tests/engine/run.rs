//! A run from a text to what was seen of it, and the sums that every run must satisfy.

use super::fake::{End, Fake, Reply, Sent};
use loadgen::{
    engine::{Clock, simulate},
    measure::{Collector, FailureSample, Latency, RequestKey, RequestStats, Snapshot, Tally},
    model::{ErrorKind, FailureKind, FailureSite, IterationEnd, Percent},
    plan::{Inputs, Plan, build},
    scenario::{Options, parse, render},
};
use std::{fmt::Write as _, sync::Arc, time::Duration};

/// Where every relative path of these scenarios leads, and how the target knows who asks.
const HEAD: &str = "\
target: http://target.test/base
http: { headers: { x-vu: \"${vu}\", x-iteration: \"${iteration}\" } }
";

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The plan of a scenario, to which a target is added.
pub fn plan(yaml: &str, seed: u64) -> Arc<Plan> {
    let source = format!("{HEAD}{yaml}");
    let scenario = parse(&source, &Options::default());
    let scenario = scenario
        .unwrap_or_else(|faults| panic!("{}", render(&Options::default().sources("test", &source), &faults)));
    let plan = build(&scenario, &Inputs { seed, ..Inputs::default() });
    Arc::new(
        plan.unwrap_or_else(|faults| {
            panic!("{}", render(&Options::default().sources("test", &source), &faults))
        }),
    )
}

/// A run to be made.
pub struct Sim {
    plan: Arc<Plan>,
    workers: usize,
    stop_at: Option<Duration>,
}

/// A run that was made.
pub struct Run {
    pub plan: Arc<Plan>,
    pub sent: Vec<Sent>,
    pub seen: Snapshot,
    /// When it was over.
    pub took: Duration,
}

impl Sim {
    pub fn of(yaml: &str) -> Self {
        Self::seeded(yaml, 1)
    }

    pub fn seeded(yaml: &str, seed: u64) -> Self {
        Self { plan: plan(yaml, seed), workers: 1, stop_at: None }
    }

    pub fn workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    pub fn stop_at(self, at: Duration) -> Self {
        Self { stop_at: Some(at), ..self }
    }

    /// Makes the run, one worker's share after the other.
    pub async fn run(self, script: impl Fn(&Sent) -> Reply + Send + Sync + 'static) -> Run {
        let Self { plan, workers, stop_at } = self;
        let fake = Fake::new(script);
        let mut collector = Collector::new(&plan.catalog, workers, secs(1));
        let mut took = Duration::ZERO;
        for index in 0..workers {
            let clock = Clock::start();
            for delta in simulate(&plan, &fake, (index, workers), stop_at).await {
                assert_eq!(delta.worker, index);
                collector.accept(delta);
            }
            took = took.max(clock.now());
        }
        collector.finish();
        Run { sent: fake.log(), seen: collector.snapshot(took), plan, took }
    }
}

impl Run {
    /// The requests to a path of the target's, in order.
    pub fn to<'r>(&'r self, path: &'r str) -> impl Iterator<Item = &'r Sent> {
        self.sent.iter().filter(move |sent| sent.path().strip_prefix("/base") == Some(path))
    }

    /// When each request to a path was sent, in milliseconds.
    pub fn times(&self, path: &str) -> Vec<u64> {
        self.to(path).map(|sent| sent.at.as_millis() as u64).collect()
    }

    /// The requests of a user, in order.
    pub fn of_user(&self, vu: u64) -> impl Iterator<Item = &Sent> {
        self.sent.iter().filter(move |sent| sent.vu == vu)
    }

    /// The series of requests that satisfy a condition.
    fn series<'r>(
        &'r self,
        which: impl Fn(&RequestKey) -> bool + 'r,
    ) -> impl Iterator<Item = &'r RequestStats> {
        self.seen.total.requests().filter(move |(key, _)| which(key)).map(|(_, stats)| stats)
    }

    /// The requests counted that satisfy a condition.
    pub fn count(&self, which: impl Fn(&RequestKey) -> bool) -> u64 {
        self.series(which).map(|stats| stats.count).sum()
    }

    /// All requests counted.
    pub fn requests(&self) -> u64 {
        self.count(|_| true)
    }

    /// Those of them that failed.
    pub fn failed(&self) -> u64 {
        self.count(|key| key.failed)
    }

    /// The service times of the requests of this name.
    pub fn durations(&self, name: &str) -> Latency {
        let mut all = Latency::new();
        let named = |key: &RequestKey| self.plan.catalog.request(key.request).name == name;
        self.series(named).for_each(|stats| all.merge(&stats.duration));
        all
    }

    /// Iterations that ended so.
    pub fn iterations(&self, end: IterationEnd) -> u64 {
        let iterations = self.seen.total.iterations();
        iterations.filter(|(key, _)| key.end == end).map(|(_, stats)| stats.count).sum()
    }

    /// Iterations completed, failed and interrupted.
    pub fn ends(&self) -> (u64, u64, u64) {
        let count = |end| self.iterations(end);
        (count(IterationEnd::Completed), count(IterationEnd::Failed), count(IterationEnd::Interrupted))
    }

    /// The sample of a kind of failure of the request of this name.
    pub fn failure(&self, name: &str, wanted: FailureKind) -> Option<&FailureSample> {
        let mut failures = self.seen.total.failures();
        let found = failures.find(|(site, kind, _)| {
            matches!(site, FailureSite::Request(request) if self.plan.catalog.request(*request).name == name)
                && *kind == wanted
        });
        found.map(|(_, _, sample)| sample)
    }

    /// How often the check of this name held, and how often not.
    pub fn check(&self, name: &str) -> (u64, u64) {
        let named = |id| self.plan.catalog.check(id).name == name;
        let tallies = self.seen.total.checks().filter(|(key, _)| named(key.check)).map(|(_, tally)| tally);
        tallies.fold((0, 0), |(passes, fails), tally: &Tally| (passes + tally.passes, fails + tally.fails))
    }

    /// Failed attempts at `on_start`.
    pub fn start_failures(&self) -> u64 {
        self.plan.workloads.iter().map(|workload| self.seen.total.user_start_failures(workload.id)).sum()
    }

    /// Requests that nobody waited for any longer, other than by their timeout.
    pub fn cut(&self) -> u64 {
        let ended =
            |wanted| self.sent.iter().filter(move |sent| sent.end.map(|(end, _)| end) == Some(wanted));
        let timed_out = self.count(|key| key.error == Some(ErrorKind::Timeout));
        let scripted = ended(End::Failed(ErrorKind::Timeout)).count() as u64;
        ended(End::GivenUp).count() as u64 - (timed_out - scripted)
    }

    /// The sums: where every iteration starts with a request to `first`, iterations started are those that
    /// ended in one of the three ways; and the requests that reached the target are those counted and those cut.
    pub fn adds_up(&self, first: &str) {
        let (completed, failed, interrupted) = self.ends();
        assert_eq!(self.to(first).count() as u64, completed + failed + interrupted, "iterations");
        self.requests_add_up();
        let points = self.seen.series.points();
        let sum = |of: fn(&loadgen::measure::Point) -> u64| points.iter().map(of).sum::<u64>();
        assert_eq!(sum(|point| point.requests), self.requests(), "requests of the series");
        assert_eq!(sum(|point| point.failed_requests), self.failed(), "failed requests of the series");
        assert_eq!(sum(|point| point.iterations), completed, "iterations of the series");
        assert_eq!(sum(|point| point.failed_iterations), failed, "failed iterations of the series");
    }

    /// The second sum alone.
    pub fn requests_add_up(&self) {
        let refused = |end: Option<(End, Duration)>| {
            end.is_some_and(|(end, _)| end == End::Failed(ErrorKind::HostNotAllowed))
        };
        let scripted = self.sent.iter().filter(|sent| refused(sent.end)).count() as u64;
        let not_sent = self.count(|key| key.error == Some(ErrorKind::HostNotAllowed)) - scripted;
        assert!(self.sent.iter().all(|sent| sent.end.is_some()), "an exchange outlived the run");
        assert_eq!(self.sent.len() as u64, self.requests() - not_sent + self.cut(), "requests");
    }

    /// Everything that was seen, as text, in an order that does not depend on how it came about.
    pub fn dump(&self) -> String {
        let total = &self.seen.total;
        let mut lines: Vec<String> = Vec::new();
        for (key, stats) in total.requests() {
            let times = (times_of(&stats.duration), times_of(&stats.response_time));
            let bytes = (stats.sent_bytes, stats.received_bytes);
            lines.push(format!("{key:?} {} {times:?} {bytes:?}", stats.count));
        }
        lines.extend(total.checks().map(|(key, tally)| format!("{key:?} {tally:?}")));
        for (key, stats) in total.iterations() {
            lines.push(format!("{key:?} {} {:?}", stats.count, times_of(&stats.duration)));
        }
        lines.extend(total.failures().map(|failure| format!("{failure:?}")));
        lines.sort();
        let mut text = lines.join("\n");
        let _ = writeln!(text, "\nstart failures {}", self.start_failures());
        let _ = writeln!(text, "users {:?} {}", self.seen.vus, self.seen.vus_max);
        for point in self.seen.series.points() {
            let _ = writeln!(text, "{point:?}");
        }
        text
    }
}

/// All that a distribution knows.
fn times_of(latency: &Latency) -> String {
    let buckets: Vec<(u64, u64)> = latency.recorded().collect();
    let exact = (latency.count(), latency.min(), latency.max(), latency.mean(), latency.stddev());
    format!("{exact:?} {:?} {buckets:?}", latency.percentile(Percent::whole(95)))
}
