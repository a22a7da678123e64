//! The thresholds while the run goes on: fed with its seconds, they know their windows, what counts from `after` on, and
//! whether the run is to be stopped.
//!
//! It asks no clock: a second is what the workers said it was. Who stops the run is not its business.

use super::{
    confidence::{self, Level},
    observe::{Source, observe},
    seen::Seen,
    threshold::{Outcome, ThresholdResult, WorstWindow},
    windows::{Window, Windows},
};
use crate::{
    measure::{Interval, Recorded, Snapshot, SoFar},
    model::{Aggregation, Catalog, Condition, Limit, Operator, StageMeta, Threshold, format_duration},
};
use std::time::Duration;

/// The length of an interval.
const SECOND: Duration = Duration::from_secs(1);
/// Seconds without a report that are filled in one by one: a week.
const LONGEST_STANDSTILL: u64 = 604_800;
/// So many times in a row a threshold is clearly broken before it ends the run: a noisy second does not.
const IN_A_ROW: u32 = 3;

/// The thresholds of a run, and what each has to remember of it.
#[derive(Debug, Clone)]
pub struct Gates {
    gates: Vec<Gate>,
    catalog: Catalog,
    /// The second that comes next.
    next: u64,
    /// Where the load ends as planned; what ends later is not judged by windows, as less and less goes on.
    load_end: Duration,
    /// Whether the load goes on: not after an early end.
    going_on: bool,
}

impl Gates {
    /// The gates of a run on what `catalog` lists.
    pub fn new(thresholds: &[Threshold], catalog: &Catalog) -> Self {
        let load_end = catalog.stages.iter().map(|stage| stage.end_ms).max();
        Self {
            gates: thresholds.iter().map(Gate::new).collect(),
            catalog: catalog.clone(),
            next: 0,
            load_end: load_end.map_or(Duration::MAX, Duration::from_millis),
            going_on: true,
        }
    }

    /// Takes the next second of the run; `Some` where that ends it, which says why. It says so once.
    pub fn look(&mut self, interval: &Interval) -> Option<String> {
        if self.gates.iter().all(Gate::needs_no_seconds) {
            return None;
        }
        let mut reason = None;
        if interval.joined > 0 {
            // Which second of it had what is not known any more, so no window is judged by it.
            self.next = interval.number;
            let joined = interval.number + 1;
            self.gates.iter_mut().for_each(|gate| gate.restart_windows(joined));
        }
        // No window is that long: what would lie before it is in none.
        self.next = self.next.max(interval.number.saturating_sub(LONGEST_STANDSTILL));
        // A second in which all workers stood still was reported by none.
        while self.next < interval.number && self.gates.iter().any(|gate| gate.windows.is_some()) {
            let (running_users, made_users) = (interval.running_users, interval.made_users);
            let recorded = Recorded::default();
            let still = Interval {
                number: self.next,
                recorded,
                running_users,
                made_users,
                ticked: true,
                ending: interval.ending,
                ..Interval::default()
            };
            reason = reason.or(self.take(&still));
        }
        let now = self.take(interval);
        reason.or(now)
    }

    fn take(&mut self, interval: &Interval) -> Option<String> {
        let second = Second {
            number: interval.number,
            // The last one of a run is none.
            is_whole: interval.ticked
                && self.going_on
                && !interval.ending
                && SECOND * second_after(interval.number) <= self.load_end,
            catalog: &self.catalog,
        };
        self.next = interval.number + 1;
        let mut reason = None;
        for gate in self.gates.iter_mut().filter(|gate| !gate.needs_no_seconds()) {
            let threshold = &gate.threshold;
            let seen = observe(threshold.metric, &threshold.selector, Source::from(interval), &self.catalog);
            let is_broken = gate.take(&second, &seen);
            // With its last second the load is over anyway.
            if is_broken && reason.is_none() && second.end() < self.load_end {
                reason = Some(gate.abort(&second));
            }
        }
        // What comes now is in no window, and aborts nothing.
        self.going_on &= reason.is_none();
        reason
    }

    /// Judges every threshold, in the file's order, at the end of the run.
    pub fn judge(&self, snapshot: &Snapshot, catalog: &Catalog) -> Vec<ThresholdResult> {
        let run = SoFar::from(snapshot);
        self.gates.iter().map(|gate| gate.judge(&run, catalog)).collect()
    }

    /// How many thresholds there are.
    pub fn count(&self) -> usize {
        self.gates.len()
    }

    /// Judges one threshold as if the run ended now; `None` where there is none of this number. It reads every series
    /// that the threshold selects.
    pub fn judge_now(&self, number: usize, run: &SoFar<'_>) -> Option<ThresholdResult> {
        self.gates.get(number).map(|gate| gate.judge(run, &self.catalog))
    }
}

fn second_after(number: u64) -> u32 {
    u32::try_from(number + 1).unwrap_or(u32::MAX)
}

/// A second that is over.
struct Second<'s> {
    number: u64,
    /// Whether the load went on all through it.
    is_whole: bool,
    catalog: &'s Catalog,
}

impl Second<'_> {
    fn end(&self) -> Duration {
        SECOND * second_after(self.number)
    }

    /// How much of the time from the beginning of another second to the end of this one counts.
    fn counted_since(&self, first: u64) -> Duration {
        counted(self.catalog, Duration::from_secs(first), self.end())
    }
}

/// How much of a time is no warm-up.
fn counted(catalog: &Catalog, start: Duration, end: Duration) -> Duration {
    let warm_up = catalog.warm_up_before(end).saturating_sub(catalog.warm_up_before(start));
    end.saturating_sub(start).saturating_sub(warm_up)
}

/// A threshold, and what it remembers.
#[derive(Debug, Clone)]
struct Gate {
    threshold: Threshold,
    /// The first second that is looked at, which begins at `after` or later.
    first: u64,
    /// What was seen from then on; `None` before.
    since: Option<Seen>,
    windows: Option<Windows>,
    worst: Option<WorstWindow>,
    /// The number of the last window that was judged.
    last: Option<Limit>,
    /// The most samples that a window had which had too few.
    most_in_window: Option<u64>,
    /// How often in a row it was clearly broken.
    in_a_row: u32,
    aborted_run: bool,
}

impl Gate {
    fn new(threshold: &Threshold) -> Self {
        let first = u64::try_from(threshold.after.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX);
        Self {
            threshold: threshold.clone(),
            first,
            since: None,
            windows: threshold.over.map(|over| Windows::new(first, over.as_secs())),
            worst: None,
            last: None,
            most_in_window: None,
            in_a_row: 0,
            aborted_run: false,
        }
    }

    /// Whether the end of the run says it all.
    fn needs_no_seconds(&self) -> bool {
        self.windows.is_none() && self.first == 0 && !self.threshold.abort
    }

    /// Begins its windows anew with this second: what lies before it is known as a sum only.
    fn restart_windows(&mut self, second: u64) {
        if let Some(over) = self.threshold.over.filter(|_| self.windows.is_some()) {
            self.windows = Some(Windows::new(self.first.max(second), over.as_secs()));
        }
    }

    /// Takes a second; whether that ends the run.
    fn take(&mut self, second: &Second<'_>, seen: &Seen) -> bool {
        if second.number < self.first {
            return false;
        }
        match &mut self.since {
            Some(since) => since.merge(seen),
            None => self.since = Some(seen.clone()),
        }
        if !second.is_whole {
            return false;
        }
        let clearly_broken = match self.windows.as_mut().map(|windows| windows.push(second.number, seen)) {
            None => {
                let time = second.counted_since(self.first);
                let broken = |sum: &Seen| is_clearly_broken(&self.threshold, sum, time);
                // A bad second stays in the sum for long. One that is good itself is not held against the run.
                self.since.as_ref().is_some_and(broken) && self.is_no_better(seen)
            }
            Some(None) => return false,
            Some(Some(window)) => self.close(&window, second),
        };
        self.in_a_row = if clearly_broken { self.in_a_row + 1 } else { 0 };
        self.threshold.abort && self.in_a_row >= IN_A_ROW
    }

    /// Whether a second by itself does not hold either. Numbers that only grow or only fall have no second of their own.
    fn is_no_better(&self, second: &Seen) -> bool {
        let condition = &self.threshold.condition;
        match condition.aggregation {
            Aggregation::Count | Aggregation::Max | Aggregation::Min => true,
            _ => second.value(condition, SECOND).is_none_or(|value| !condition.holds(value)),
        }
    }

    /// Judges a window that is over; whether it was clearly broken.
    fn close(&mut self, window: &Window, second: &Second<'_>) -> bool {
        let condition = &self.threshold.condition;
        let (start, end) = (Duration::from_secs(window.start), Duration::from_secs(window.end));
        let time = end - start;
        // Half of a window is none: what is warm-up in it was not seen.
        if counted(second.catalog, start, end) < time {
            return false;
        }
        let (samples, seen) = (window.seen.samples(), self.counted_in(window));
        let Some(observed) = seen.value(condition, time) else { return false };
        if self.threshold.min_samples.is_some_and(|fewest| samples < fewest) {
            self.most_in_window = self.most_in_window.max(Some(samples));
            return false;
        }
        self.last = Some(observed);
        let held = condition.holds(observed);
        if self.worst.is_none_or(|worst| is_worse(condition, observed, worst.observed)) {
            let sure = confidence::is_sure(&seen, condition, Level::REPORTED);
            self.worst = Some(WorstWindow { start, observed, samples, held, sure });
        }
        is_clearly_broken(&self.threshold, &seen, time)
    }

    /// What a window is judged by. Of all requests or iterations, none at all is a count like any other, and the one that a
    /// dead target leaves; of those of a stage or a task there may rightly be none for a while.
    fn counted_in(&self, window: &Window) -> Seen {
        match window.seen {
            Seen::Count { count: 0, among: 0 } if self.threshold.selector.tags.is_empty() => {
                Seen::Count { count: 0, among: 1 }
            }
            ref seen => seen.clone(),
        }
    }

    /// Notes that it ended the run with this second, and says so.
    fn abort(&mut self, second: &Second<'_>) -> String {
        self.aborted_run = true;
        let condition = &self.threshold.condition;
        let time = second.counted_since(self.first);
        let so_far = || self.since.as_ref().and_then(|seen| seen.value(condition, time));
        let (observed, how) = match self.windows {
            Some(_) => (self.last, "in three windows in a row"),
            None => (so_far(), "and clearly broken for three seconds in a row"),
        };
        let observed = observed.map_or_else(String::new, |observed| format!("{observed} "));
        let (at, subject) = (format_duration(second.end()), self.threshold.subject());
        format!("aborted after {at}: `{subject}: {condition}` was {observed}{how}")
    }

    fn judge(&self, run: &SoFar<'_>, catalog: &Catalog) -> ThresholdResult {
        let Threshold { metric, selector, condition, min_samples, .. } = &self.threshold;
        let whole = if self.first == 0 {
            Some(observe(*metric, selector, Source::from(run), catalog))
        } else {
            self.since.clone()
        };
        let time = self.time(run, catalog);
        let value = whole.as_ref().and_then(|seen| seen.value(condition, time));
        let samples = whole.as_ref().map_or(0, Seen::samples);
        let mut result = ThresholdResult {
            threshold: self.threshold.clone(),
            outcome: outcome(value.map(|value| condition.holds(value))),
            observed: value,
            samples,
            worst_window: self.worst,
            aborted_run: self.aborted_run,
            interval: whole.as_ref().and_then(|seen| confidence::interval(seen, condition, Level::REPORTED)),
            sure: whole.is_some_and(|seen| confidence::is_sure(&seen, condition, Level::REPORTED)),
        };
        if value.is_some() && min_samples.is_some_and(|fewest| samples < fewest) {
            result.outcome = Outcome::TooFewSamples;
        } else if self.windows.is_some() {
            self.judge_windows(&mut result);
        }
        if self.aborted_run {
            result.outcome = Outcome::Failed;
        }
        result.sure &= !matches!(result.outcome, Outcome::NoData | Outcome::TooFewSamples);
        result
    }

    /// The time that a rate of the whole is per: that of the stages that are selected, where any are.
    fn time(&self, run: &SoFar<'_>, catalog: &Catalog) -> Duration {
        let (start, end) = (Duration::from_secs(self.first), run.load_end);
        let tags = &self.threshold.selector.tags;
        if tags.iter().any(|(tag, _)| tag == "stage" || tag == "workload") {
            let selected = |stage: &StageMeta| {
                tags.iter().all(|(tag, value)| match tag.as_str() {
                    "stage" => value.matches(&stage.name),
                    "workload" => value.matches(&catalog.workload(stage.workload).name),
                    _ => true,
                })
            };
            return catalog.counted_in_stages(selected, start, end);
        }
        if self.first == 0 { run.counted } else { counted(catalog, start, end) }
    }

    /// What the windows add to the judgement of the whole run, or, of a count, put in its place.
    fn judge_windows(&self, result: &mut ThresholdResult) {
        if result.outcome == Outcome::NoData {
            return;
        }
        let Some(worst) = self.worst else {
            result.outcome = Outcome::NoData;
            if let Some(most) = self.most_in_window {
                (result.outcome, result.samples) = (Outcome::TooFewSamples, most);
            }
            return;
        };
        if adds_up(&self.threshold) {
            (result.observed, result.samples) = (Some(worst.observed), worst.samples);
            result.outcome = outcome(Some(worst.held));
            result.sure = worst.sure;
        } else if result.outcome == Outcome::Passed && !worst.held {
            (result.outcome, result.sure) = (Outcome::Failed, worst.sure);
        }
    }
}

fn outcome(held: Option<bool>) -> Outcome {
    match held {
        None => Outcome::NoData,
        Some(true) => Outcome::Passed,
        Some(false) => Outcome::Failed,
    }
}

/// Whether its number of the whole run is the sum of its windows', so that one limit cannot be for both.
fn adds_up(threshold: &Threshold) -> bool {
    threshold.condition.aggregation == Aggregation::Count
}

fn is_clearly_broken(threshold: &Threshold, seen: &Seen, time: Duration) -> bool {
    let condition = &threshold.condition;
    if threshold.min_samples.is_some_and(|fewest| seen.samples() < fewest) {
        return false;
    }
    if seen.value(condition, time).is_none_or(|value| condition.holds(value)) {
        return false;
    }
    match (seen, condition.limit) {
        (Seen::Count { count, .. } | Seen::CountOfUsers { count, .. }, Limit::PerSecond(limit)) => {
            confidence::is_rate_sure(*count, time, limit, Level::ABORT)
        }
        _ => confidence::is_sure(seen, condition, Level::ABORT),
    }
}

/// Whether `one` is farther on the wrong side of the limit, or nearer to it, than `other`.
fn is_worse(condition: &Condition, one: Limit, other: Limit) -> bool {
    let (one, other, limit) = (one.amount(), other.amount(), condition.limit.amount());
    match condition.operator {
        Operator::Less | Operator::LessOrEqual => one > other,
        Operator::Greater | Operator::GreaterOrEqual => one < other,
        Operator::Equal => (one - limit).abs() > (other - limit).abs(),
        Operator::NotEqual => (one - limit).abs() < (other - limit).abs(),
    }
}
