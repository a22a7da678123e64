//! HdrHistogram's log of intervals: the distributions of each second, which its own tools add up over any time.
//!
//! It has what counts and not the warm-up, so that all of it together is the distributions of `summary.json`. A line
//! without a tag is of all requests, since those tools look at no other unless they are told to.

use super::stream::{Encoder, StreamedRun};
use crate::{
    measure::{Interval, Latency},
    model::{Catalog, Metric, RequestId},
    report::text::inert,
};
use std::{collections::BTreeSet, time::Duration};

/// The tags of a request's two distributions.
struct Tags {
    duration: String,
    response_time: String,
}

pub(super) struct Hlog {
    head: String,
    tags: Vec<Tags>,
    interval: Duration,
}

impl Hlog {
    pub fn new(run: &StreamedRun<'_>) -> Self {
        let tags = tags(run.catalog);
        Self { head: head(run, &tags), tags, interval: run.interval }
    }
}

fn head(run: &StreamedRun<'_>, tags: &[Tags]) -> String {
    let started = format!("{}.{:03}", run.started_unix_ms / 1_000, run.started_unix_ms % 1_000);
    let (duration, response_time) = (Metric::HttpReqDuration.name(), Metric::HttpReqResponseTime.name());
    let mut head = format!(
        "#[Histogram log format version 1.3]\n\
         #[StartTime: {started} (seconds since epoch)]\n\
         #[BaseTime: {started} (seconds since epoch)]\n\
         #[loadgen run {}: values in microseconds, the warm-up left out]\n\
         #[without a tag: {response_time} of all requests]\n\
         #[Tag={duration}: {duration} of all requests]\n",
        inert(&run.info.id)
    );
    for (id, tags) in run.catalog.request_ids().zip(tags) {
        let request = run.catalog.request(id);
        let task = run.catalog.task(request.task);
        let workload = run.catalog.workload(task.workload);
        let of =
            [&request.name, &task.name, &workload.name].map(|name| format!("`{}`", inert(name))).join(" of ");
        head += &format!("#[Tag={} and Tag={}: {of}]\n", tags.duration, tags.response_time);
    }
    head
}

/// A name for each request that a tag can have: no two are the same.
fn tags(catalog: &Catalog) -> Vec<Tags> {
    let mut taken = BTreeSet::new();
    let names = catalog.requests.iter().map(|request| {
        let plain = taggable(&request.name);
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let mut free = std::iter::once(plain.clone()).chain(numbered).filter(|name| !taken.contains(name));
        let name = free.next().unwrap_or(plain);
        taken.insert(name.clone());
        name
    });
    let of = |metric: Metric, name: &str| format!("{}:{name}", metric.name());
    names
        .map(|name| Tags {
            duration: of(Metric::HttpReqDuration, &name),
            response_time: of(Metric::HttpReqResponseTime, &name),
        })
        .collect()
}

/// The name without what ends a tag: a comma, spaces, line ends.
fn taggable(name: &str) -> String {
    inert(name).chars().map(|c| if c == ',' || c.is_whitespace() { '_' } else { c }).collect()
}

/// The two distributions of some requests.
#[derive(Clone, Default)]
struct Times {
    duration: Latency,
    response_time: Latency,
}

impl Times {
    fn add(&mut self, duration: &Latency, response_time: &Latency) {
        self.duration.merge(duration);
        self.response_time.merge(response_time);
    }
}

impl Encoder for Hlog {
    fn head(&mut self) -> Vec<u8> {
        self.head.clone().into_bytes()
    }

    fn second(&mut self, second: &Interval, _: &str) -> Vec<u8> {
        let (mut all, mut each) = (Times::default(), vec![None::<Times>; self.tags.len()]);
        for (key, seen) in second.recorded.counted.requests() {
            let RequestId(index) = key.request;
            all.add(&seen.duration, &seen.response_time);
            each[index as usize].get_or_insert_default().add(&seen.duration, &seen.response_time);
        }
        let (start, span) = (second.start(self.interval), second.span(self.interval));
        let mut bytes = Vec::new();
        let mut line = |times: &Latency, tag: Option<&str>| {
            if times.count() > 0 {
                bytes.extend(times.to_log_line(start, span, tag));
            }
        };
        line(&all.response_time, None);
        line(&all.duration, Some(Metric::HttpReqDuration.name()));
        for (tags, times) in self.tags.iter().zip(&each) {
            if let Some(times) = times {
                line(&times.response_time, Some(&tags.response_time));
                line(&times.duration, Some(&tags.duration));
            }
        }
        bytes
    }
}
