//! Everything of a plan that is evaluated while a run goes on, evaluated once.
//!
//! Steps are not carried out as the engine does it: each is looked at once, whatever stands around it.

use http::{HeaderMap, HeaderValue};
use loadgen::{
    model::Protocol,
    plan::{
        Check, Deal, Decoded, Executor, Hand, Loop, Once, Part, Plan, Request, Response, Step, StepKind,
        Stream, UserFunctions, UserRandom, Variables, Workload,
    },
};
use serde_json::{Value, json};
use std::time::Duration;

/// A moment of a run and a response that it got.
struct Moment<'m> {
    variables: Variables<'m>,
    headers: HeaderMap,
    body: &'m [u8],
}

/// Evaluates each step of a plan for one user, every check and extract on this body.
pub fn evaluate(plan: &Plan, body: &[u8]) {
    let deal = Deal::new(&plan.feeds, plan.seed);
    let mut hand = deal.hand(3, 0);
    for feed in 0..plan.feeds.len() {
        let _ = deal.take(feed, &mut hand);
    }
    let shared = plan.setup.as_ref().map_or_else(Vec::new, |once| values(once.variables));
    for once in plan.setup.iter().chain(&plan.teardown) {
        look_once(once, &shared, plan, &hand, body);
    }
    for workload in &plan.workloads {
        look_at_load(workload);
        let slots = values(workload.slots);
        let tasks = workload.tasks.iter().map(|task| &task.steps);
        for steps in tasks.chain([&workload.on_start, &workload.on_stop]) {
            look(steps, &slots, &shared, plan, &hand, body);
        }
    }
}

fn look_once(once: &Once, shared: &[Option<Value>], plan: &Plan, hand: &Hand, body: &[u8]) {
    look(&once.steps, &values(once.slots), shared, plan, hand, body);
}

fn look(
    steps: &[Step],
    slots: &[Option<Value>],
    shared: &[Option<Value>],
    plan: &Plan,
    hand: &Hand,
    body: &[u8],
) {
    let functions = UserFunctions::new(plan.seed, 3, 1_700_000_000_000_000_000);
    let variables = Variables {
        slots,
        shared,
        feeds: &plan.feeds,
        hand: Some(hand),
        vu: 3,
        iteration: 4,
        run_iteration: 17,
        functions: Some(&functions),
        now: Duration::from_millis(1500),
    };
    Moment { variables, headers: headers(), body }.steps(steps);
}

/// One value of each kind, over and over, and some that are not set.
fn values(count: usize) -> Vec<Option<Value>> {
    let kinds = [
        Some(json!("text é")),
        Some(json!(3)),
        Some(json!(-1.5)),
        Some(json!([1, "two", { "three": null }])),
        Some(json!({ "id": "a", "items": [1, 2] })),
        Some(json!(true)),
        None,
        Some(Value::Null),
    ];
    kinds.iter().cloned().cycle().take(count).collect()
}

fn headers() -> HeaderMap {
    let named = [
        ("content-type", "text/html"),
        ("x-id", "42"),
        ("x-id", "43"),
        ("set-cookie", "sid=abc; Path=/"),
        ("set-cookie", "sid=def"),
        ("set-cookie", "=; ;="),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in named {
        headers.append(name, HeaderValue::from_static(value));
    }
    headers
}

fn look_at_load(workload: &Workload) {
    let end = workload.timeline.end();
    match &workload.executor {
        Executor::Closed { users, .. } => {
            for quarter in 0..4 {
                users.users_at(end / 4 * quarter);
            }
            for window in users.windows(1) {
                assert!(window.end <= end, "{window:?} ends after {end:?}");
            }
        }
        Executor::Open { arrivals, .. } => {
            let mut before = Duration::ZERO;
            for arrival in arrivals.part(Part::new(1, 3)).take(100) {
                assert!(before <= arrival.at && arrival.at < end, "{arrival:?} after {before:?}");
                before = arrival.at;
            }
        }
    }
    let shares: f64 = (0..workload.tasks.len()).map(|task| workload.weights.share(task)).sum();
    assert!((shares - 1.0).abs() < 1e-6, "tasks share {shares}");
    workload.choose(&mut UserRandom::new(7, 3, Stream::Tasks));
}

impl Moment<'_> {
    fn response(&self) -> Response<'_> {
        Response {
            status: 200,
            headers: &self.headers,
            body: self.body,
            is_whole: true,
            body_bytes: self.body.len() as u64,
            url: "http://127.0.0.1:8080/path?q=1",
            protocol: Some(Protocol::Http11),
            duration: Duration::from_millis(120),
            waiting: None,
            decoded: Decoded::default(),
        }
    }

    fn steps(&self, steps: &[Step]) {
        for step in steps {
            self.step(&step.kind);
            for inner in step.inner() {
                self.steps(inner);
            }
        }
    }

    fn step(&self, kind: &StepKind) {
        let variables = &self.variables;
        match kind {
            StepKind::Request(request) => self.request(request),
            StepKind::Think(time) => {
                UserRandom::new(7, 3, Stream::Pauses).pause(*time);
            }
            StepKind::Set(settings) => {
                for (_, setting) in settings {
                    let _ = setting.value(variables);
                }
            }
            StepKind::If { condition, .. } | StepKind::While { condition, .. } => {
                let _ = condition.holds(variables);
            }
            StepKind::Stop { condition, .. } => {
                let _ = condition.as_ref().map(|condition| condition.holds(variables));
            }
            StepKind::Repeat { times, rounds } => {
                self.round(rounds);
                let _ = times.draw(variables, &mut UserRandom::new(7, 3, Stream::Choices));
            }
            StepKind::ForEach { list, .. } => {
                let _ = list.items(variables);
            }
            StepKind::Choose { weights, .. } => {
                weights.pick(&mut UserRandom::new(7, 3, Stream::Choices));
            }
            StepKind::Check(checks) => self.checks(checks),
            StepKind::Log(template) => {
                let _ = template.to_text(variables);
            }
            StepKind::Parallel { .. } | StepKind::Group { .. } => {}
        }
    }

    fn round(&self, rounds: &Loop) {
        assert!(rounds.slot < self.variables.slots.len(), "a loop without a slot");
        Loop::state(1);
    }

    fn request(&self, request: &Request) {
        let _ = request.url.render(&self.variables);
        let _ = request.headers(&self.variables);
        let _ = request.body.render(&self.variables);
        self.checks(&request.checks);
        let response = self.response();
        for extract in &request.extracts {
            let mut random = UserRandom::new(7, 3, Stream::Picks);
            let _ = extract.evaluate(&response, &self.variables, &mut random);
        }
    }

    fn checks(&self, checks: &[Check]) {
        let response = self.response();
        for check in checks {
            let _ = check.evaluate(&response, &self.variables);
        }
    }
}
