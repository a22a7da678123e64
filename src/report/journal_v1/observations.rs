//! An interval and all that was observed in it, as they are written.

use super::{
    lines::JournalFault,
    series::{CheckV1, FailureV1, GroupV1, IterationV1, RequestV1, SlowV1, sane},
    vitals::VitalsV1,
};
use crate::{
    measure::{Connections, Interval, Observations, ObservationsParts, Recorded},
    model::Catalog,
};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, time::Duration};

/// The highest number of an interval that is read: that of a run of a hundred years.
const MOST_INTERVALS: u64 = 3_153_600_000;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IntervalV1 {
    number: u64,
    users: u64,
    made_users: u64,
    ticked: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ending: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    joined: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at_ms: Option<u64>,
    #[serde(default)]
    vitals: VitalsV1,
    seen: ObservationsV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    warm_up: Option<ObservationsV1>,
}

impl IntervalV1 {
    pub fn new(interval: &Interval, catalog: &Catalog) -> Self {
        Self {
            number: interval.number,
            users: interval.running_users,
            made_users: interval.made_users,
            ticked: interval.ticked,
            ending: interval.ending,
            joined: interval.joined,
            ended_at_ms: interval.ended_at.map(|end| end.as_millis() as u64),
            vitals: VitalsV1::new(&interval.vitals),
            seen: ObservationsV1::new(&interval.recorded.counted, catalog),
            warm_up: interval.recorded.warm_up.as_ref().map(|seen| ObservationsV1::new(seen, catalog)),
        }
    }

    pub fn read(self, catalog: &Catalog) -> Result<Interval, JournalFault> {
        if self.number > MOST_INTERVALS || self.joined > self.number {
            return Err(JournalFault::Damaged("its number is that of no interval".to_owned()));
        }
        let mut recorded = Recorded::new(catalog);
        recorded.counted = self.seen.read(catalog)?;
        match (&mut recorded.warm_up, self.warm_up) {
            (Some(place), Some(seen)) => *place = seen.read(catalog)?,
            (None, None) => {}
            _ => return Err(JournalFault::Damaged("warm-up and catalogue contradict each other".to_owned())),
        }
        Ok(Interval {
            number: self.number,
            recorded,
            running_users: sane(self.users)?,
            made_users: sane(self.made_users)?,
            ticked: self.ticked,
            ending: self.ending,
            joined: sane(self.joined)?,
            // What lies between it and the line before tells.
            missed: 0,
            ended_at: self.ended_at_ms.map(sane).transpose()?.map(Duration::from_millis),
            vitals: self.vitals.read()?,
        })
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct ConnectionsV1 {
    opened: u64,
    reused: u64,
    addresses: Vec<(SocketAddr, u64)>,
    others: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ObservationsV1 {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requests: Vec<RequestV1>,
    connections: ConnectionsV1,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    slowest: Vec<SlowV1>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<CheckV1>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    iterations: Vec<IterationV1>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupV1>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<FailureV1>,
    #[serde(skip_serializing_if = "is_zero")]
    unlisted_failures: u64,
    user_start_failures: Vec<u64>,
    dropped: Vec<u64>,
    overdue: Vec<u64>,
    without_user: Vec<u64>,
    last_began_ns: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl ObservationsV1 {
    fn new(seen: &Observations, catalog: &Catalog) -> Self {
        let connections = seen.connections();
        Self {
            requests: seen.requests().map(RequestV1::new).collect(),
            connections: ConnectionsV1 {
                opened: connections.opened(),
                reused: connections.reused(),
                addresses: connections.addresses().to_vec(),
                others: connections.others(),
            },
            slowest: seen.slowest().map(SlowV1::new).collect(),
            checks: seen.checks().map(CheckV1::new).collect(),
            iterations: seen.iterations().map(IterationV1::new).collect(),
            groups: seen.groups().map(GroupV1::new).collect(),
            failures: seen.failures().map(FailureV1::new).collect(),
            user_start_failures: catalog.workload_ids().map(|id| seen.user_start_failures(id)).collect(),
            unlisted_failures: seen.unlisted_failures(),
            dropped: catalog.stage_ids().map(|id| seen.dropped(id)).collect(),
            overdue: catalog.stage_ids().map(|id| seen.overdue(id)).collect(),
            without_user: catalog.stage_ids().map(|id| seen.without_user(id)).collect(),
            last_began_ns: seen.last_began().as_nanos() as u64,
        }
    }

    fn read(self, catalog: &Catalog) -> Result<Observations, JournalFault> {
        let counts = |counts: Vec<u64>| counts.into_iter().map(sane).collect::<Result<Vec<_>, _>>();
        let parts = ObservationsParts {
            requests: self.requests.into_iter().map(RequestV1::read).collect::<Result<_, _>>()?,
            connections: self.connections.read()?,
            slowest: self.slowest.into_iter().map(SlowV1::read).collect::<Result<_, _>>()?,
            checks: self.checks.into_iter().map(CheckV1::read).collect::<Result<_, _>>()?,
            iterations: self.iterations.into_iter().map(IterationV1::read).collect::<Result<_, _>>()?,
            groups: self.groups.into_iter().map(GroupV1::read).collect::<Result<_, _>>()?,
            failures: self.failures.into_iter().map(FailureV1::read).collect::<Result<_, _>>()?,
            user_start_failures: counts(self.user_start_failures)?,
            unlisted_failures: sane(self.unlisted_failures)?,
            dropped: counts(self.dropped)?,
            overdue: counts(self.overdue)?,
            without_user: counts(self.without_user)?,
            last_began: Duration::from_nanos(self.last_began_ns),
        };
        Ok(Observations::from_parts(parts, catalog)?)
    }
}

impl ConnectionsV1 {
    fn read(&self) -> Result<Connections, JournalFault> {
        let requests = self.addresses.iter().map(|(_, requests)| *requests);
        for count in requests.chain([self.opened, self.reused, self.others]) {
            sane(count)?;
        }
        Ok(Connections::of(self.opened, self.reused, &self.addresses, self.others))
    }
}
