//! Whoever carries out steps: a virtual user, or `setup` and `teardown`. It holds the variables, the
//! connections and the random streams; when it acts is not its business.

use super::{
    alarm::{Alarm, Precision},
    cap::Caps,
    clock::Clock,
    crowd::Crowds,
    deadline::Deadline,
    digest::Challenges,
    jar::Jar,
    outlet::Outlet,
    request_cap::{RequestCap, RequestGate},
    sampling::{SampleSender, Sampler},
    stop::Stop,
    traceparent::{TraceId, TraceIds},
    transport::{Arrived, Transports},
    witness::Witness,
};
use crate::model::ThinkTime;
use crate::{
    measure::Recorder,
    model::{Catalog, StageId},
    plan::{Deal, FeedEnd, Hand, Plan, Stream, UserFunctions, UserRandom, Variables, Workload},
};
use bytes::Bytes;
use serde_json::Value as Json;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Mutex;

/// What all workers of a run share.
#[derive(Debug, Clone)]
pub struct Common {
    /// What `setup` left, by position.
    pub setup: Arc<Vec<Option<Json>>>,
    /// Iterations of all users that have begun.
    pub(super) iterations: Arc<AtomicU64>,
    /// Which rows of the data feeds were given out.
    pub(super) deal: Arc<Deal>,
    /// The caps on the workloads' iterations.
    pub(super) caps: Caps,
    /// The cap on the run's requests.
    pub(super) request_cap: RequestCap,
    /// By workload, the iterations that have begun where users share them.
    pub(super) taken: Vec<Arc<AtomicU64>>,
    /// Where every request of the load is to go; nothing where nobody asked for that.
    pub(super) samples: Option<SampleSender>,
}

impl Common {
    /// What a run of this plan shares after a `setup` that left these values.
    pub fn new(plan: &Plan, setup: Vec<Option<Json>>) -> Self {
        let deal = Arc::new(Deal::new(&plan.feeds, plan.seed));
        let taken = plan.workloads.iter().map(|_| Arc::default()).collect();
        let (caps, request_cap) = (Caps::new(plan), RequestCap::new(plan.max_request_rate));
        let setup = Arc::new(setup);
        Self { setup, iterations: Arc::default(), deal, caps, request_cap, taken, samples: None }
    }

    /// The same, with every request of the load handed on, too.
    pub fn sampled(self, samples: SampleSender) -> Self {
        Self { samples: Some(samples), ..self }
    }
}

/// What the actors of a worker share.
#[derive(Clone)]
pub(super) struct Shared {
    pub plan: Arc<Plan>,
    pub common: Rc<Common>,
    pub clock: Clock,
    /// For those who must be on time.
    pub alarm: Rc<Alarm>,
    /// By workload, where users queue for its cap.
    pub queues: Rc<Vec<Mutex<()>>>,
    /// Where requests queue for the run's cap.
    pub gate: Rc<RequestGate>,
    /// The users of the open workloads.
    pub crowds: Crowds,
    pub recorder: Rc<RefCell<Recorder>>,
    pub stop: Rc<Stop>,
    pub outlet: Rc<Outlet>,
    /// Somebody who looks at every exchange; nobody in a run.
    pub witness: Option<Rc<dyn Witness>>,
    /// Who keeps every request of the load; nobody where that was not asked for.
    pub sampler: Option<Rc<RefCell<Sampler>>>,
}

impl Shared {
    /// What is shared by those who act for this plan and record under this catalogue; nobody looks at it.
    pub fn new(
        plan: &Arc<Plan>,
        catalog: &Catalog,
        common: &Common,
        clock: Clock,
        precision: Precision,
        crowds: Crowds,
        outlet: Outlet,
    ) -> Self {
        Self {
            plan: Arc::clone(plan),
            common: Rc::new(common.clone()),
            clock,
            alarm: Rc::new(Alarm::new(clock, precision)),
            gate: Rc::new(RequestGate::new(common.request_cap.clone())),
            queues: Rc::new(plan.workloads.iter().map(|_| Mutex::default()).collect()),
            crowds,
            recorder: Rc::new(RefCell::new(Recorder::new(catalog))),
            stop: Rc::new(Stop::default()),
            outlet: Rc::new(outlet),
            witness: None,
            sampler: None,
        }
    }
}

/// Random numbers by purpose.
pub(super) struct Randoms {
    pub pauses: UserRandom,
    pub choices: UserRandom,
    pub picks: UserRandom,
}

/// The last response, where a later step looks at it.
pub(super) struct Kept {
    pub arrived: Arrived,
    pub decoded: Option<Bytes>,
    pub service_time: Duration,
    pub waiting: Option<Duration>,
    pub url: String,
}

/// Whose steps an actor carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A user of this workload.
    User(usize),
    /// `setup`.
    Setup,
    /// `teardown`.
    Teardown,
}

/// An actor.
pub(super) struct Actor<F: Transports> {
    pub shared: Shared,
    pub vu: u64,
    role: Role,
    pub transport: F::User,
    /// Which of the plan's clients it has.
    client: usize,
    pub jar: RefCell<Jar>,
    /// Challenges of targets that it can answer.
    pub challenges: RefCell<Challenges>,
    traces: RefCell<TraceIds>,
    /// What limits exchanges and limits none now: one, but for steps that run side by side.
    idle: RefCell<Vec<Deadline>>,
    pub slots: RefCell<Vec<Option<Json>>>,
    functions: UserFunctions,
    /// When the step under way began.
    moment: Cell<Duration>,
    /// The rows of data feeds that it holds; nothing where it takes none.
    hand: RefCell<Option<Box<Hand>>>,
    pub randoms: RefCell<Randoms>,
    /// The iteration under way, from 0.
    pub iteration: Cell<u64>,
    /// The same over all users.
    pub run_iteration: Cell<u64>,
    /// Whether a request has failed since this was last set to false.
    pub failures: Cell<bool>,
    pub last: RefCell<Option<Kept>>,
    /// By how much the iteration began after it was meant to; nothing once a request has counted it.
    pub late: Cell<Duration>,
}

impl<F: Transports> Actor<F> {
    /// User `vu` (1-based) of a workload, or what runs once (0).
    pub fn new(shared: Shared, role: Role, vu: u64, transports: &F::Worker) -> Self {
        let seed = shared.plan.seed;
        let slots = match role {
            Role::User(workload) => shared.plan.workloads[workload].slots,
            Role::Setup => shared.plan.setup.as_ref().map_or(0, |once| once.slots),
            Role::Teardown => shared.plan.teardown.as_ref().map_or(0, |once| once.slots),
        };
        let client = match role {
            Role::User(workload) => shared.plan.workloads[workload].client,
            Role::Setup | Role::Teardown => 0,
        };
        let transport = F::user(transports, client);
        let traces = TraceIds::new(seed, shared.clock.wall_start_unix_nanos() as u64, vu);
        let functions = UserFunctions::new(seed, vu, shared.clock.wall_start_unix_nanos());
        let randoms = Randoms {
            pauses: UserRandom::new(seed, vu, Stream::Pauses),
            choices: UserRandom::new(seed, vu, Stream::Choices),
            picks: UserRandom::new(seed, vu, Stream::Picks),
        };
        let hand = match role {
            Role::User(workload) => hand(&shared, &shared.plan.workloads[workload], vu),
            Role::Setup | Role::Teardown => None,
        };
        Self {
            shared,
            vu,
            role,
            transport,
            client,
            jar: RefCell::default(),
            challenges: RefCell::default(),
            traces: RefCell::new(traces),
            idle: RefCell::default(),
            slots: RefCell::new(vec![None; slots]),
            functions,
            moment: Cell::new(Duration::ZERO),
            hand: RefCell::new(hand),
            randoms: RefCell::new(randoms),
            iteration: Cell::new(0),
            run_iteration: Cell::new(0),
            failures: Cell::new(false),
            last: RefCell::new(None),
            late: Cell::new(Duration::ZERO),
        }
    }

    /// Notes what time it is for the steps that follow: asking for every template would cost more than most
    /// templates do.
    pub fn look_at_clock(&self) -> Duration {
        let now = self.shared.clock.now();
        self.moment.set(now);
        now
    }

    /// The stage at the moment that was noted.
    pub fn stage(&self) -> StageId {
        match self.role {
            Role::User(workload) => self.shared.plan.workloads[workload].timeline.stage_at(self.moment.get()),
            Role::Setup | Role::Teardown => StageId(0),
        }
    }

    /// What the ids of this actor's steps point into.
    pub fn catalog(&self) -> &Catalog {
        let plan = &*self.shared.plan;
        let once = match self.role {
            Role::User(_) => None,
            Role::Setup => plan.setup.as_ref(),
            Role::Teardown => plan.teardown.as_ref(),
        };
        once.map_or(&plan.catalog, |once| &once.catalog)
    }

    /// Begins an iteration.
    pub fn begin_iteration(&self, number: u64) {
        self.iteration.set(number);
        let over_all = self.shared.common.iterations.fetch_add(1, Ordering::Relaxed);
        self.run_iteration.set(over_all);
        // What the iteration before this one saw is no response of this one.
        self.last.take();
        if self.shared.plan.clients[self.client].reset_jar {
            self.jar.borrow_mut().clear();
        }
    }

    /// Whether what a target sets is sent back to it.
    pub fn keeps_cookies(&self) -> bool {
        self.shared.plan.clients[self.client].jar
    }

    /// The id of one more request, where requests have any.
    pub fn next_trace_id(&self) -> Option<TraceId> {
        self.shared.plan.clients[self.client].trace.then(|| self.traces.borrow_mut().next())
    }

    /// What templates are rendered from.
    pub fn variables<'v>(&'v self, slots: &'v [Option<Json>], hand: Option<&'v Hand>) -> Variables<'v> {
        Variables {
            slots,
            feeds: &self.shared.plan.feeds,
            hand,
            shared: &self.shared.common.setup,
            vu: self.vu,
            iteration: self.iteration.get(),
            run_iteration: self.run_iteration.get(),
            functions: Some(&self.functions),
            now: self.moment.get(),
        }
    }

    /// Takes a row of each of these feeds.
    ///
    /// # Errors
    /// The first feed that has none, by number, and what that means.
    pub fn take_rows(&self, feeds: &[usize]) -> Result<(), (usize, FeedEnd)> {
        let mut hand = self.hand.borrow_mut();
        let Some(hand) = hand.as_deref_mut() else { return Ok(()) };
        feeds.iter().try_for_each(|feed| {
            self.shared.common.deal.take(*feed, hand).map(drop).map_err(|end| (*feed, end))
        })
    }

    /// Looks at this actor's variables.
    pub fn with_variables<R>(&self, look: impl FnOnce(&Variables<'_>) -> R) -> R {
        let (slots, hand) = (self.slots.borrow(), self.hand.borrow());
        look(&self.variables(&slots, hand.as_deref()))
    }

    /// A text as it may be shown: without secrets.
    pub fn masked(&self, text: &str) -> String {
        self.shared.plan.mask.apply(text).into_owned()
    }

    /// Draws a pause.
    pub fn pause(&self, think_time: ThinkTime) -> Duration {
        self.randoms.borrow_mut().pauses.pause(think_time)
    }

    /// What limits an exchange, kept for the next one when it is dropped.
    pub fn limit(&self) -> Limit<'_, F> {
        let idle = self.idle.borrow_mut().pop();
        Limit { deadline: Some(idle.unwrap_or_default()), actor: self }
    }
}

fn hand(shared: &Shared, workload: &Workload, vu: u64) -> Option<Box<Hand>> {
    let earlier = shared.plan.workloads.iter().take_while(|other| other.id != workload.id);
    let before: u64 = earlier.map(Workload::most_users).sum();
    let ordinal = match vu > shared.plan.most_users() {
        // One made in another's place: its number is behind all others.
        true => vu - 1,
        false => (vu - 1).saturating_sub(before) + workload.row_users_before,
    };
    workload.takes_rows().then(|| Box::new(shared.common.deal.hand(vu, ordinal)))
}

/// What limits one exchange.
pub(super) struct Limit<'a, F: Transports> {
    deadline: Option<Deadline>,
    actor: &'a Actor<F>,
}

impl<F: Transports> Limit<'_, F> {
    pub fn deadline(&mut self) -> &mut Deadline {
        self.deadline.get_or_insert_default()
    }
}

impl<F: Transports> Drop for Limit<'_, F> {
    fn drop(&mut self) {
        self.actor.idle.borrow_mut().extend(self.deadline.take());
    }
}
