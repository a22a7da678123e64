//! Binding thresholds to what the run can observe: a tag or value that cannot occur is a fault before the run,
//! not a gate that silently holds.

use crate::{
    model::{
        Catalog, CheckId, ErrorKind, Glob, GroupId, Metric, Protocol, RequestId, StageMeta, TaskId, TaskKind,
        Threshold, WorkloadId,
    },
    scenario::{Faults, Given, Spanned, listed, nearest, similar},
};
use std::{
    borrow::Cow,
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

/// Tags whose values show only at run time, so that they cannot be combined with others beforehand.
const DYNAMIC: [&str; 3] = ["status", "error", "proto"];
/// The most values that a label lists.
const MOST_LISTED: usize = 12;

/// The thresholds; faults where one selects what the run cannot produce.
pub(super) fn bind(
    thresholds: &[Spanned<Threshold>],
    catalog: &Catalog,
    lost: Option<&Given>,
    faults: &mut Faults,
) -> Vec<Threshold> {
    let mut known = Known::default();
    for threshold in thresholds {
        Binding::new(threshold, catalog, lost, &mut known).check(faults);
    }
    thresholds.iter().map(|threshold| threshold.value.clone()).collect()
}

/// What samples of a metric are of, and what therefore decides their tags.
#[derive(Debug, Clone, Copy)]
enum Source {
    Request(RequestId),
    Check(CheckId),
    Group(GroupId),
    Task(TaskId),
    Workload(WorkloadId),
}

/// Everything in the file that samples of the metric can be of; `None` where they are of the run as a whole.
fn sources(metric: Metric, catalog: &Catalog) -> Option<Vec<Source>> {
    let has = |tag| metric.tags().contains(&tag);
    let iterates = |id: &TaskId| catalog.task(*id).kind == TaskKind::Iteration;
    Some(if has("check") {
        catalog.check_ids().map(Source::Check).collect()
    } else if has("name") {
        catalog.request_ids().map(Source::Request).collect()
    } else if has("group") {
        catalog.group_ids().map(Source::Group).collect()
    } else if has("task") {
        catalog.task_ids().filter(iterates).map(Source::Task).collect()
    } else if has("workload") {
        catalog.workload_ids().map(Source::Workload).collect()
    } else {
        return None;
    })
}

/// What was looked up for the thresholds before: a file may have as many of them as of tasks.
#[derive(Default)]
struct Known<'b> {
    sources: HashMap<Metric, Rc<Vec<Source>>>,
    values: RefCell<HashMap<(Metric, String), Rc<Values<'b>>>>,
}

/// The values of a tag, in the file's order, each once.
struct Values<'b> {
    list: Vec<Cow<'b, str>>,
    set: BTreeSet<Cow<'b, str>>,
}

impl<'b> Values<'b> {
    fn new(values: impl Iterator<Item = Cow<'b, str>>) -> Self {
        let mut set = BTreeSet::new();
        let list = values.filter(|value| set.insert(value.clone())).collect();
        Self { list, set }
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|value| &**value)
    }

    fn have(&self, value: &Glob) -> bool {
        if value.is_wild() {
            self.iter().any(|known| value.matches(known))
        } else {
            self.set.contains(value.as_str())
        }
    }
}

/// A threshold beside what it can be about.
struct Binding<'k, 'b> {
    threshold: &'b Spanned<Threshold>,
    catalog: &'b Catalog,
    /// The names the file gives, where a part of it could not be read.
    lost: Option<&'b Given>,
    sources: Rc<Vec<Source>>,
    known: &'k Known<'b>,
}

impl<'k, 'b> Binding<'k, 'b> {
    fn new(
        threshold: &'b Spanned<Threshold>,
        catalog: &'b Catalog,
        lost: Option<&'b Given>,
        known: &'k mut Known<'b>,
    ) -> Self {
        let metric = threshold.value.metric;
        let of_metric = known.sources.entry(metric);
        let sources =
            Rc::clone(of_metric.or_insert_with(|| Rc::new(sources(metric, catalog).unwrap_or_default())));
        Self { threshold, catalog, lost, sources, known }
    }

    /// Whether what the metric is of may stand where the file could not be read.
    fn may_be_lost(&self) -> bool {
        self.lost.is_some_and(|given| match self.threshold.value.metric {
            Metric::GroupDuration => given.has_groups,
            Metric::Checks => given.has_checks,
            _ => true,
        })
    }

    /// Whether the file gives a name like this somewhere.
    fn is_given(&self, name: &Glob) -> bool {
        self.lost.is_some_and(|given| {
            if name.is_wild() {
                given.selectable.iter().any(|known| name.matches(known))
            } else {
                given.selectable.contains(name.as_str())
            }
        })
    }

    fn check(&self, faults: &mut Faults) {
        let metric = self.threshold.value.metric;
        if self.sources.is_empty() && !metric.tags().is_empty() && !self.may_be_lost() {
            let fault =
                faults.report(self.threshold.span, format!("there are no {} in this file", self.noun()));
            fault.label(match metric {
                Metric::GroupDuration => "add a step `group: NAME` with `steps:`, or leave the threshold out",
                Metric::Checks => "add a `check:` or an `expect:` to a request, or leave the threshold out",
                _ => "leave the threshold out",
            });
            return;
        }
        let tags = &self.threshold.value.selector.tags;
        let sound = tags.iter().filter(|(tag, value)| self.tag_is_sound(tag, value, faults));
        // A tag alone was looked for already; what was lost may have had them together.
        if sound.count() == tags.len() && tags.len() > 1 && self.lost.is_none() {
            self.check_combination(faults);
        }
    }

    /// What the metric's samples are of, in words.
    fn noun(&self) -> &'static str {
        match self.threshold.value.metric {
            Metric::GroupDuration => "groups",
            Metric::Checks => "checks",
            metric if metric.tags().contains(&"name") => "requests",
            _ => "iterations",
        }
    }

    fn tag_is_sound(&self, tag: &str, value: &Glob, faults: &mut Faults) -> bool {
        let Some(values) = self.values(tag) else {
            if self.is_given(&Glob::new(tag)) {
                return true;
            }
            self.report_tag(tag, faults);
            return false;
        };
        if values.have(value) || self.is_given(value) {
            return true;
        }
        let is_elsewhere = || {
            let all = everything(self.catalog).flat_map(|source| self.values_of(source, tag));
            all.into_iter().any(|known| value.matches(known))
        };
        if !faults.are_many() && is_elsewhere() {
            let message = format!("`{tag}:{}` has no {}", value.as_str(), self.noun());
            let label = match values.list.len() {
                0 => "leave the tag out".to_owned(),
                1..=MOST_LISTED => format!("only {} has", listed(values.iter())),
                _ => "others have".to_owned(),
            };
            faults.report(self.threshold.span, message).label(label);
            return false;
        }
        let is_warm_up = |stage: &StageMeta| stage.warm_up && value.matches(&stage.name);
        if tag == "stage" && self.catalog.stages.iter().any(is_warm_up) {
            let message = format!("the stage `{}` is warm-up, which is in no threshold", value.as_str());
            faults.report(self.threshold.span, message).label("nothing of it counts").help(
                "name a stage without `warm_up`, or leave the tag out to judge everything after the warm-up",
            );
            return false;
        }
        let message = format!("no {} `{}` can occur in this file", called(tag), value.as_str());
        let given = self.lost.iter().flat_map(|given| &given.selectable).map(String::as_str);
        let near = if faults.are_many() { None } else { similar(value.as_str(), values.iter().chain(given)) };
        let fault = faults.report(self.threshold.span, message);
        if tag == "status" {
            fault.label("a status is a number from 100 to 599, or a pattern such as `5*`");
            return false;
        }
        match near {
            Some(near) => fault.label(format!("did you mean `{near}`?")),
            None if self.lost.is_some() => fault.label("unknown value"),
            None if values.list.is_empty() => fault.label(format!("there is no {} at all", called(tag))),
            None => fault.label(having(&values)),
        };
        false
    }

    fn report_tag(&self, tag: &str, faults: &mut Faults) {
        let metric = self.threshold.value.metric;
        let on_requests = metric.tags().contains(&"name");
        let own = if on_requests { user_tags(self.catalog) } else { BTreeSet::new() };
        let known = || metric.tags().iter().copied().chain(own.iter().copied());
        let fault = faults.report(self.threshold.span, format!("`{metric}` has no tag `{tag}`"));
        match nearest(tag, known()) {
            Some(near) => fault.label(format!("did you mean `{near}`?")),
            None if known().next().is_none() => fault.label("it has no tags"),
            None => fault.label(format!("it has {}", listed(known()))),
        };
    }

    /// The values a tag can have; `None` where the metric does not carry it.
    fn values(&self, tag: &str) -> Option<Rc<Values<'b>>> {
        let key = (self.threshold.value.metric, tag.to_owned());
        let known = self.known.values.borrow().get(&key).cloned();
        let values = known.unwrap_or_else(|| {
            let values = Rc::new(self.look_up(tag));
            self.known.values.borrow_mut().insert(key, Rc::clone(&values));
            values
        });
        let is_carried = self.threshold.value.metric.tags().contains(&tag);
        (is_carried || !values.list.is_empty()).then_some(values)
    }

    fn look_up(&self, tag: &str) -> Values<'b> {
        let is_carried = self.threshold.value.metric.tags().contains(&tag);
        match tag {
            "status" if is_carried => Values::new((100..600).map(|status: u16| status.to_string().into())),
            "error" if is_carried => Values::new(ErrorKind::ALL.iter().map(|kind| kind.name().into())),
            "proto" if is_carried => Values::new(Protocol::ALL.iter().map(|protocol| protocol.name().into())),
            _ => Values::new(
                self.sources.iter().flat_map(|source| self.values_of(*source, tag)).map(Cow::from),
            ),
        }
    }

    /// The values a tag can have on samples of this source. Only stages are several.
    fn values_of(&self, source: Source, tag: &str) -> Vec<&'b str> {
        let catalog = self.catalog;
        let of_request = |id| catalog.request_tag(id, tag).into_iter().collect();
        match (source, tag) {
            (_, "stage") => {
                let workload = self.workload_of(source);
                let own = catalog.stages.iter().filter(|stage| stage.workload == workload && !stage.warm_up);
                own.map(|stage| stage.name.as_str()).collect()
            }
            (_, "workload") => vec![&catalog.workload(self.workload_of(source)).name],
            (Source::Check(id), "check") => vec![&catalog.check(id).name],
            (Source::Check(id), _) => of_request(catalog.check(id).request),
            (Source::Request(id), _) => of_request(id),
            (Source::Group(id), "group") => vec![&catalog.group(id).name],
            (Source::Group(id), "task") => vec![&catalog.task(catalog.group(id).task).name],
            (Source::Task(id), "task") => vec![&catalog.task(id).name],
            _ => Vec::new(),
        }
    }

    fn workload_of(&self, source: Source) -> WorkloadId {
        let task = match source {
            Source::Workload(id) => return id,
            Source::Task(id) => id,
            Source::Group(id) => self.catalog.group(id).task,
            Source::Request(id) => self.catalog.request(id).task,
            Source::Check(id) => self.catalog.request(self.catalog.check(id).request).task,
        };
        self.catalog.task(task).workload
    }

    /// Each value can occur, but perhaps not together.
    fn check_combination(&self, faults: &mut Faults) {
        let mut tags: Vec<&(String, Glob)> = self.threshold.value.selector.tags.iter().collect();
        tags.retain(|(tag, _)| !DYNAMIC.contains(&tag.as_str()));
        if tags.is_empty() || self.sources.iter().any(|source| tags.iter().all(|tag| self.has(*source, tag)))
        {
            return;
        }
        tags.sort_by_key(|(tag, _)| breadth(tag));
        let pairs =
            tags.iter().enumerate().flat_map(|(at, wide)| tags[at + 1..].iter().map(move |n| (wide, n)));
        let excluded = pairs.into_iter().find(|(wide, narrow)| {
            !self.sources.iter().any(|source| self.has(*source, wide) && self.has(*source, narrow))
        });
        match excluded {
            Some((wide, narrow)) => self.report_pair(wide, narrow, faults),
            None => {
                let message = "nothing in this file has all of these tags together";
                faults
                    .report(self.threshold.span, message)
                    .label("each two of them occur together, but not all");
            }
        }
    }

    fn has(&self, source: Source, (tag, value): &(String, Glob)) -> bool {
        self.values_of(source, tag).into_iter().any(|known| value.matches(known))
    }

    /// Says which of two tags has nothing of the other, and what it has.
    fn report_pair(&self, wide: &(String, Glob), narrow: &(String, Glob), faults: &mut Faults) {
        let (tag, value) = (narrow.0.as_str(), narrow.1.as_str());
        let whole = format!("`{}:{}`", wide.0, wide.1.as_str());
        if wide.0 == tag {
            let message = format!("nothing has both {whole} and `{tag}:{value}`");
            let label = format!("each sample has one `{tag}`: write a threshold for each");
            faults.report(self.threshold.span, message).label(label);
            return;
        }
        let message = match tag {
            "name" => format!("{whole} has no request named `{value}`"),
            "method" => format!("{whole} has no `{value}` request"),
            "stage" | "task" | "group" | "check" => format!("{whole} has no {tag} `{value}`"),
            _ => format!("{whole} has no request tagged `{tag}:{value}`"),
        };
        let there = self.sources.iter().filter(|source| self.has(**source, wide));
        let there = once_each(there.flat_map(|source| self.values_of(*source, tag)));
        let label = match there.len() {
            0 => format!("it has no `{tag}`: leave one of the two out"),
            1..=MOST_LISTED => format!("its `{tag}` is {}", listed(there.into_iter())),
            _ => "leave one of the two out".to_owned(),
        };
        faults.report(self.threshold.span, message).label(label);
    }
}

/// All that any metric has samples of.
fn everything(catalog: &Catalog) -> impl Iterator<Item = Source> {
    let requests = catalog.request_ids().map(Source::Request);
    requests.chain(catalog.task_ids().map(Source::Task)).chain(catalog.group_ids().map(Source::Group))
}

/// The values in the file's order, each once.
fn once_each<'v>(values: impl Iterator<Item = &'v str>) -> Vec<&'v str> {
    let mut seen = BTreeSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}

/// The values there are, as a label says it.
fn having(values: &Values<'_>) -> String {
    match values.list.len() {
        1..=MOST_LISTED => format!("there is {}", listed(values.iter())),
        _ => "unknown value".to_owned(),
    }
}

/// How a tag is called in a sentence.
fn called(tag: &str) -> &str {
    if tag == "name" { "request" } else { tag }
}

/// What holds the other comes first: workloads have tasks, tasks have groups, groups have requests.
fn breadth(tag: &str) -> u8 {
    match tag {
        "workload" => 0,
        "stage" => 1,
        "task" => 2,
        "group" => 3,
        "method" => 4,
        "name" => 6,
        "check" => 7,
        _ => 5,
    }
}

fn user_tags(catalog: &Catalog) -> BTreeSet<&str> {
    catalog.requests.iter().flat_map(|request| &request.tags).map(|(tag, _)| tag.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            Aggregation, CheckMeta, Condition, GroupMeta, Limit, Operator, RequestMeta, Selector, StageMeta,
            TaskMeta, WorkloadMeta,
        },
        scenario::Span,
    };

    /// Workload `web` with the stage `peak` and the tasks `login` and `shop`, which has the groups `cart` and
    /// `cart::pay`; workload `api` with the stage `calm` and the task `poll`.
    fn catalog() -> Catalog {
        let task =
            |name: &str, workload, kind| TaskMeta { name: name.into(), workload: WorkloadId(workload), kind };
        let request = |name: &str, task, group: Option<&str>| RequestMeta {
            name: name.into(),
            method: "GET".into(),
            task: TaskId(task),
            group: group.map(str::to_owned),
            tags: vec![],
        };
        let group = |name: &str| GroupMeta { name: name.into(), task: TaskId(1) };
        let stage = |name: &str, workload| StageMeta {
            name: name.into(),
            workload: WorkloadId(workload),
            start_ms: 0,
            end_ms: 1_000,
            warm_up: false,
        };
        Catalog {
            workloads: ["web", "api"].map(|name| WorkloadMeta { name: name.into(), is_open: false }).into(),
            tasks: vec![
                task("login", 0, TaskKind::OnStart),
                task("shop", 0, TaskKind::Iteration),
                task("poll", 1, TaskKind::Iteration),
            ],
            requests: vec![
                request("sign in", 0, None),
                request("list", 1, Some("cart")),
                request("pay", 1, Some("cart::pay")),
                request("poll", 2, None),
            ],
            checks: vec![CheckMeta { name: "paid".into(), request: RequestId(2), is_expectation: false }],
            stages: vec![stage("peak", 0), stage("calm", 1)],
            groups: vec![group("cart"), group("cart::pay")],
        }
    }

    /// Message and label of the only fault; empty where there is none.
    fn fault(metric: Metric, tags: &[(&str, &str)], catalog: &Catalog) -> String {
        let tags = tags.iter().map(|(tag, value)| ((*tag).to_owned(), Glob::new(*value))).collect();
        let (operator, limit) = (Operator::Less, Limit::Number(1.0));
        let condition = Condition { aggregation: Aggregation::Count, operator, limit };
        let value = Threshold::new(metric, Selector { tags }, condition, 1);
        let mut faults = Faults::default();
        bind(&[Spanned { value, span: Span::default() }], catalog, None, &mut faults);
        let faults = faults.into_sorted();
        assert!(faults.len() < 2, "{faults:?}");
        faults.first().map(|fault| format!("{}: {}", fault.message, fault.label)).unwrap_or_default()
    }

    #[test]
    fn what_can_occur_together_is_no_fault() {
        for (metric, tags) in [
            (Metric::GroupDuration, &[][..]),
            (Metric::GroupDuration, &[("group", "cart::pay"), ("task", "shop"), ("stage", "peak")]),
            (Metric::GroupDuration, &[("group", "cart*"), ("workload", "web")]),
            (Metric::HttpReqDuration, &[("group", "cart"), ("name", "list"), ("status", "200")]),
            (Metric::HttpReqDuration, &[("task", "login"), ("stage", "peak")]),
            (Metric::Checks, &[("group", "cart::pay"), ("check", "paid")]),
            (Metric::IterationDuration, &[("workload", "api"), ("task", "poll"), ("stage", "calm")]),
            (Metric::UserStartFailures, &[("workload", "api")]),
            (Metric::Vus, &[]),
        ] {
            assert_eq!(fault(metric, tags, &catalog()), "", "{metric} {tags:?}");
        }
    }

    #[test]
    fn what_cannot_says_why() {
        for (metric, tags, expected) in [
            (
                Metric::HttpReqDuration,
                &[("task", "login"), ("name", "list")][..],
                "`task:login` has no request named `list`: its `name` is `sign in`",
            ),
            (
                Metric::HttpReqDuration,
                &[("name", "list"), ("group", "cart::pay")],
                "`group:cart::pay` has no request named `list`: its `name` is `pay`",
            ),
            (
                Metric::HttpReqDuration,
                &[("group", "cart"), ("task", "poll")],
                "`task:poll` has no group `cart`: it has no `group`: leave one of the two out",
            ),
            (
                Metric::Iterations,
                &[("workload", "web"), ("stage", "calm")],
                "`workload:web` has no stage `calm`: its `stage` is `peak`",
            ),
            (
                Metric::GroupDuration,
                &[("group", "card")],
                "no group `card` can occur in this file: did you mean `cart`?",
            ),
            (Metric::GroupDuration, &[("task", "poll")], "`task:poll` has no groups: only `shop` has"),
            (Metric::Checks, &[("task", "poll")], "`task:poll` has no checks: only `shop` has"),
            (
                Metric::Iterations,
                &[("task", "login")],
                "`task:login` has no iterations: only `shop` or `poll` has",
            ),
            (
                Metric::GroupDuration,
                &[("name", "list")],
                "`group_duration` has no tag `name`: it has `workload`, `task`, `stage` or `group`",
            ),
        ] {
            assert_eq!(fault(metric, tags, &catalog()), expected, "{metric} {tags:?}");
        }
        let bare = Catalog { groups: vec![], checks: vec![], ..catalog() };
        assert!(fault(Metric::GroupDuration, &[], &bare).starts_with("there are no groups in this file"));
        assert!(fault(Metric::Checks, &[], &bare).starts_with("there are no checks in this file"));
    }
}
