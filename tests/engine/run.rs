//! A run from a text to what was seen of it, and the sums that every run must satisfy.

use super::fake::{End, Fake, Reply, Sent};
use loadgen::{
    engine::{Common, Done, Phase, Simulated, run_once, sample_queue, simulate_into},
    judge::{ThresholdResult, judge},
    measure::{
        Collector, FailureSample, Latency, Observations, Point, Recorded, Recorder, RequestKey, RequestStats,
        Sample, Snapshot, Tally,
    },
    model::{ErrorKind, FailureKind, FailureSite, IterationEnd, Percent},
    plan::{ArrivalSchedule, Executor, Files, Inputs, Part, Plan, UserSchedule, build, workload_infos},
    scenario::{Diagnostic, Options, parse, render},
};
use std::{collections::BTreeMap, fmt::Write as _, future::pending, io::Read, sync::Arc, time::Duration};

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

/// The files beside a scenario.
#[derive(Debug, Clone, Default)]
struct Beside(BTreeMap<String, String>);

impl Files for Beside {
    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>, String> {
        let text = self.0.get(path).cloned().ok_or_else(|| format!("there is no `{path}`"))?;
        Ok(Box::new(std::io::Cursor::new(text.into_bytes())))
    }

    fn size(&self, path: &str) -> Result<u64, String> {
        self.0.get(path).map(|text| text.len() as u64).ok_or_else(|| format!("there is no `{path}`"))
    }
}

/// The plan of a scenario.
fn plan_with(source: &str, seed: u64, files: Beside) -> Arc<Plan> {
    let told = |faults: &[Diagnostic]| render(&Options::default().sources("test", source), faults);
    let scenario = parse(source, &Options::default()).unwrap_or_else(|faults| panic!("{}", told(&faults)));
    let plan = build(&scenario, &Inputs { seed, files: Arc::new(files), ..Inputs::default() });
    Arc::new(plan.unwrap_or_else(|faults| panic!("{}", told(&faults))))
}

/// The plan of a scenario without files, to which nothing is added.
pub fn plan(source: &str) -> Arc<Plan> {
    plan_with(source, 1, Beside::default())
}

/// A run to be made.
pub struct Sim {
    yaml: String,
    seed: u64,
    files: Beside,
    workers: usize,
    stop_at: Option<Duration>,
}

/// A run that was made.
pub struct Run {
    pub plan: Arc<Plan>,
    /// What users sent.
    pub sent: Vec<Sent>,
    /// What `setup` and `teardown` sent.
    pub around: Vec<Sent>,
    pub setup: Option<Done>,
    pub teardown: Option<Done>,
    pub seen: Snapshot,
    /// Every request of the load.
    pub samples: Vec<Sample>,
    /// The lines of the log, and why steps stopped the run, each with when.
    pub lines: Vec<(Duration, String)>,
    pub stops: Vec<(Duration, String)>,
    /// When it was over.
    pub took: Duration,
}

impl Sim {
    pub fn of(yaml: &str) -> Self {
        Self::seeded(yaml, 1)
    }

    /// One that says itself what requests have in common, beside the target.
    pub fn bare(yaml: &str) -> Self {
        let head = HEAD.lines().next().unwrap();
        Self { yaml: format!("{head}\n{yaml}"), ..Self::of("") }
    }

    pub fn seeded(yaml: &str, seed: u64) -> Self {
        Self { yaml: format!("{HEAD}{yaml}"), seed, files: Beside::default(), workers: 1, stop_at: None }
    }

    /// The same with a file beside the scenario.
    pub fn file(mut self, name: &str, text: &str) -> Self {
        self.files.0.insert(name.to_owned(), text.to_owned());
        self
    }

    pub fn workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    pub fn stop_at(self, at: Duration) -> Self {
        Self { stop_at: Some(at), ..self }
    }

    /// Makes the run, with `setup` before it and `teardown` after it.
    pub async fn run(self, script: impl Fn(&Sent) -> Reply + Send + Sync + 'static) -> Run {
        let Self { yaml, seed, files, workers, stop_at } = self;
        // A user that stops itself leaves iterations that nobody was meant to start any more.
        let to_its_end = stop_at.is_none() && !yaml.contains("stop: user") && !yaml.contains("stop_user");
        let plan = plan_with(&yaml, seed, files);
        let fake = Fake::new(script);
        let setup = run_once(&plan, Phase::Setup, &Common::new(&plan, Vec::new()), &fake, pending()).await;
        let left = setup.as_ref().map_or_else(Vec::new, |done| done.values.clone());
        let common = Common::new(&plan, left);
        let (sender, receiver) = sample_queue();
        let (mut deltas, mut samples) = (Vec::new(), Vec::new());
        let mut take_samples = || {
            while let Some(batch) = receiver.ready() {
                samples.extend_from_slice(batch.samples());
                batch.reuse();
            }
        };
        let take = |delta| {
            deltas.push(delta);
            take_samples();
        };
        let sampled = common.clone().sampled(sender);
        let Simulated { lines, stops, took, .. } =
            simulate_into(&plan, &sampled, &fake, workers, stop_at, take).await;
        take_samples();
        assert_eq!((receiver.counts().seen(), receiver.counts().dropped()), (samples.len() as u64, 0));
        let teardown = run_once(&plan, Phase::Teardown, &common, &fake, pending()).await;
        let mut collector = Collector::new(&plan.catalog, workers, secs(1));
        for delta in deltas {
            collector.accept(delta);
        }
        collector.finish();
        let seen = collector.snapshot(took);
        // What runs once is nobody's, and counted apart.
        let (around, sent) = fake.log().into_iter().partition(|sent| sent.vu == 0);
        let run = Run { plan, sent, around, setup, teardown, seen, samples, lines, stops, took };
        run.accounts_for_all(to_its_end);
        run
    }
}

impl Run {
    /// The requests to a path of the target's, in order.
    pub fn to<'r>(&'r self, path: &'r str) -> impl Iterator<Item = &'r Sent> {
        self.sent.iter().filter(move |sent| sent.path().strip_prefix("/base") == Some(path))
    }

    /// When which user of the only workload runs.
    pub fn users(&self) -> &UserSchedule {
        match &self.plan.workloads[0].executor {
            Executor::Closed { users, .. } => users,
            Executor::Open { .. } => panic!("users are made on demand"),
        }
    }

    /// When which iteration of the only workload, an open one, is to start.
    pub fn arrivals(&self) -> &ArrivalSchedule {
        match &self.plan.workloads[0].executor {
            Executor::Open { arrivals, .. } => arrivals,
            Executor::Closed { .. } => panic!("users start their iterations"),
        }
    }

    /// What became of the only threshold.
    pub fn gate(&self) -> ThresholdResult {
        let mut judged = judge(&self.plan.thresholds, &self.seen, &self.plan.catalog);
        judged.pop().unwrap()
    }

    /// Most requests that were under way at one moment.
    pub fn most_at_once(&self) -> usize {
        let under_way = |sent: &Sent| {
            let at = sent.at;
            self.sent
                .iter()
                .filter(|other| other.at <= at && other.end.is_none_or(|(_, end)| at < end))
                .count()
        };
        self.sent.iter().map(under_way).max().unwrap_or(0)
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

    /// The response times of the requests of this name.
    pub fn response_times(&self, name: &str) -> Latency {
        let mut all = Latency::new();
        let named = |key: &RequestKey| self.plan.catalog.request(key.request).name == name;
        self.series(named).for_each(|stats| all.merge(&stats.response_time));
        all
    }

    /// How late iterations began.
    pub fn lag(&self) -> Latency {
        let mut all = Latency::new();
        self.seen.total.iterations().for_each(|(_, stats)| all.merge(&stats.lag));
        all
    }

    /// Dropped iterations of each stage, in the catalogue's order.
    pub fn dropped(&self) -> Vec<u64> {
        self.plan.catalog.stage_ids().map(|stage| self.seen.total.dropped(stage)).collect()
    }

    /// Everything that was seen, whether it counts or is warm-up.
    pub fn whole(&self) -> Observations {
        let mut whole = self.seen.total.clone();
        if let Some(warm_up) = &self.seen.warm_up {
            whole.merge(warm_up);
        }
        whole
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

    /// The durations of the group of this name.
    pub fn group(&self, name: &str) -> Latency {
        let mut all = Latency::new();
        let named = |group| self.plan.catalog.group(group).name == name;
        let found = self.seen.total.groups().filter(|(key, _)| named(key.group));
        found.for_each(|(_, stats)| all.merge(&stats.duration));
        all
    }

    /// The samples of steps that failed by themselves: task, sample, how often.
    pub fn step_failures(&self) -> Vec<(String, String, u64)> {
        let failures = self.seen.total.failures();
        let of_tasks = failures.filter_map(|(site, _, sample)| match site {
            FailureSite::Task(task) => {
                Some((self.plan.catalog.task(task).name.clone(), sample.sample.clone(), sample.count))
            }
            FailureSite::Request(_) => None,
        });
        of_tasks.collect()
    }

    /// The bodies sent to a path, in order.
    pub fn bodies(&self, path: &str) -> Vec<String> {
        self.to(path).map(|sent| sent.body.clone()).collect()
    }

    /// Failed attempts at `on_start`.
    pub fn start_failures(&self) -> u64 {
        self.plan.workloads.iter().map(|workload| self.seen.total.user_start_failures(workload.id)).sum()
    }

    /// Requests that nobody waited for any longer, other than by their timeout.
    pub fn cut(&self) -> u64 {
        let ended =
            |wanted| self.sent.iter().filter(move |sent| sent.end.map(|(end, _)| end) == Some(wanted));
        let timed_out = requests_in(&self.whole(), |key| key.error == Some(ErrorKind::Timeout));
        let scripted = ended(End::Failed(ErrorKind::Timeout)).count() as u64;
        ended(End::GivenUp).count() as u64 - (timed_out - scripted)
    }

    /// What holds of every run: what counts, what is warm-up and the course of the run have the same requests; each
    /// request is in the target's log; and of a run that nothing stopped, each iteration that the plan had was
    /// started or dropped.
    fn accounts_for_all(&self, to_its_end: bool) {
        let whole = self.whole();
        // A redirect to a forbidden host may be that of a request that was sent.
        if requests_in(&whole, |key| key.error == Some(ErrorKind::HostNotAllowed)) == 0 {
            self.requests_add_up();
        }
        let of_series = self.seen.series.points().iter().map(|point| point.requests).sum::<u64>();
        assert_eq!(of_series, requests_in(&whole, |_| true), "requests of the series");
        self.samples_are_what_was_counted(&whole);
        let planned = workload_infos(&self.plan);
        for (workload, planned) in self.plan.workloads.iter().zip(planned) {
            let Some(planned) = planned.planned_iterations else { continue };
            let catalog = &self.plan.catalog;
            let ended = whole.iterations().filter(|(key, _)| catalog.task(key.task).workload == workload.id);
            let started: u64 = ended.map(|(_, stats)| stats.count).sum();
            let own = catalog.stage_ids().filter(|id| catalog.stage(*id).workload == workload.id);
            let due = started + own.map(|id| whole.dropped(id)).sum::<u64>();
            let name = &catalog.workload(workload.id).name;
            assert!(due <= planned, "{name}: {due} of {planned} planned iterations");
            if to_its_end && self.stops.is_empty() {
                assert_eq!(due, planned, "{name}: started {started}");
            }
        }
    }

    /// The requests one by one make, recorded anew, what was counted: no more and no less, and the same times.
    fn samples_are_what_was_counted(&self, whole: &Observations) {
        let mut recorder = Recorder::new(&self.plan.catalog);
        self.samples.iter().for_each(|sample| recorder.request(&sample.seen));
        let anew = *recorder.swap(Box::new(Recorded::new(&self.plan.catalog)));
        assert_eq!(lines_of_requests(&anew.counted), lines_of_requests(&self.seen.total), "what counts");
        assert_eq!(lines_of_requests(&anew.whole()), lines_of_requests(whole), "all of it");
    }

    /// The sums: where every iteration starts with a request to `first`, iterations started are those that
    /// ended in one of the three ways; the requests that reached the target are those counted and those cut; and
    /// what counts and what is warm-up are together the course of the run.
    pub fn adds_up(&self, first: &str) {
        let whole = self.whole();
        let [completed, failed, interrupted] = ends_in(&whole);
        assert_eq!(self.to(first).count() as u64, completed + failed + interrupted, "iterations");
        self.requests_add_up();
        let points = self.seen.series.points();
        let sum = |of: fn(&Point) -> u64| points.iter().map(of).sum::<u64>();
        assert_eq!(sum(|point| point.requests), requests_in(&whole, |_| true), "requests of the series");
        let failures = requests_in(&whole, |key| key.failed);
        assert_eq!(sum(|point| point.failed_requests), failures, "failed requests of the series");
        assert_eq!(sum(|point| point.iterations), completed, "iterations of the series");
        assert_eq!(sum(|point| point.failed_iterations), failed, "failed iterations of the series");
        let dropped = whole.all_dropped();
        assert_eq!(sum(|point| point.dropped_iterations), dropped, "dropped iterations of the series");
    }

    /// The same of an open load, every arrival of which until `until` is started or dropped.
    pub fn open_adds_up(&self, first: &str, until: Duration) {
        self.adds_up(first);
        let whole = self.whole();
        let started: u64 = ends_in(&whole).iter().sum();
        let intended = self.arrivals().part(Part::WHOLE).take_while(|arrival| arrival.at <= until).count();
        assert_eq!(intended as u64, started + whole.all_dropped(), "{started} arrivals were started");
    }

    /// The second sum alone.
    pub fn requests_add_up(&self) {
        let refused = |end: Option<(End, Duration)>| {
            end.is_some_and(|(end, _)| end == End::Failed(ErrorKind::HostNotAllowed))
        };
        let scripted = self.sent.iter().filter(|sent| refused(sent.end)).count() as u64;
        let whole = self.whole();
        let not_sent = requests_in(&whole, |key| key.error == Some(ErrorKind::HostNotAllowed)) - scripted;
        assert!(self.sent.iter().all(|sent| sent.end.is_some()), "an exchange outlived the run");
        let counted = requests_in(&whole, |_| true);
        assert_eq!(self.sent.len() as u64, counted - not_sent + self.cut(), "requests");
    }

    /// Everything that was seen, as text, in an order that does not depend on how it came about.
    pub fn dump(&self) -> String {
        let mut text = dump_of(&self.seen.total);
        for (name, seen) in [("warm-up", self.seen.warm_up.as_ref()), ("all", Some(&self.whole()))] {
            let _ = writeln!(text, "{name}: {:?}", seen.map(dump_of));
        }
        let _ = writeln!(text, "start failures {} dropped {:?}", self.start_failures(), self.dropped());
        let _ = writeln!(text, "users {:?} {}", self.seen.vus, self.seen.vus_max);
        let _ = writeln!(text, "time {:?} {:?} {:?}", self.took, self.seen.elapsed, self.seen.counted);
        for point in self.seen.series.points() {
            let _ = writeln!(text, "{point:?}");
        }
        text
    }

    /// What the target saw, in order: when, who, what, and how it ended.
    pub fn dump_sent(&self) -> String {
        let mut text = String::new();
        for sent in &self.sent {
            let who = (sent.vu, sent.iteration, sent.connection);
            let _ = writeln!(text, "{:?} {who:?} {} {} {:?}", sent.at, sent.url, sent.body, sent.end);
        }
        text
    }
}

/// Observations as text.
fn dump_of(seen: &Observations) -> String {
    let mut lines = lines_of_requests(seen);
    lines.extend(seen.checks().map(|(key, tally)| format!("{key:?} {tally:?}")));
    for (key, stats) in seen.iterations() {
        let times = (times_of(&stats.duration), times_of(&stats.lag));
        lines.push(format!("{key:?} {} {times:?}", stats.count));
    }
    lines.extend(seen.groups().map(|(key, stats)| format!("{key:?} {}", times_of(&stats.duration))));
    lines.extend(seen.failures().map(|failure| format!("{failure:?}")));
    lines.sort();
    lines.join("\n") + "\n"
}

/// Requests by their series as text, in order.
fn lines_of_requests(seen: &Observations) -> Vec<String> {
    let line = |(key, stats): (&RequestKey, &RequestStats)| {
        let times = (times_of(&stats.duration), times_of(&stats.response_time));
        let bytes = (stats.sent_bytes, stats.received_bytes);
        format!("{key:?} {} {times:?} {bytes:?}", stats.count)
    };
    let mut lines: Vec<String> = seen.requests().map(line).collect();
    lines.sort();
    lines
}

/// The requests in `seen` that satisfy a condition.
fn requests_in(seen: &Observations, which: impl Fn(&RequestKey) -> bool) -> u64 {
    seen.requests().filter(|(key, _)| which(key)).map(|(_, stats)| stats.count).sum()
}

/// Iterations in `seen` that completed, failed and were interrupted.
pub fn ends_in(seen: &Observations) -> [u64; 3] {
    [IterationEnd::Completed, IterationEnd::Failed, IterationEnd::Interrupted]
        .map(|end| seen.iterations().filter(|(key, _)| key.end == end).map(|(_, stats)| stats.count).sum())
}

/// All that a distribution knows.
fn times_of(latency: &Latency) -> String {
    let buckets: Vec<(u64, u64)> = latency.recorded().collect();
    let exact = (latency.count(), latency.min(), latency.max(), latency.mean(), latency.stddev());
    format!("{exact:?} {:?} {buckets:?}", latency.percentile(Percent::whole(95)))
}
