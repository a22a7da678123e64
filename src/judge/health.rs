//! Whether the numbers are about the target, or about the generator that measured it.
//!
//! Three readings of the contract that are ours. A limit that is a share of the target's times never falls below 5 ms:
//! beside a target of half a millisecond every generator is late. Late by p99 means that at least six iterations were,
//! the fewest from which a p99 can be told at all. And without a rate lateness degrades, but does not saturate: `pacing`
//! aside, times count there from when a request began.

mod arrivals;
mod lateness;
mod shortage;
#[cfg(test)]
mod tests;

use crate::{
    measure::{Snapshot, SoFar, VitalsSecond},
    model::{Catalog, format_duration},
};
use std::time::Duration;

/// What the generator's numbers are worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthStatus {
    /// They are the target's.
    #[default]
    Ok,
    /// Something was not as it should be; they count.
    Degraded,
    /// They are the generator's own.
    Saturated,
}

impl HealthStatus {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Saturated => "saturated",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthCode {
    /// Iterations began late.
    Lag,
    /// The generator stood still.
    Gap,
    /// No processor had anything left.
    Cpu,
    /// The same, mostly because the hypervisor gave them to others.
    Steal,
    /// Arrivals were dropped, and not for the target.
    Dropped,
    /// So many that less than 95 % of the rate was delivered.
    NotDelivered,
    /// The target did not take what was asked of it.
    TargetLimit,
    /// No local port was left.
    Ports,
    /// No file could be opened any more.
    Files,
    /// The machine slept.
    Suspended,
    /// The civil clock was set.
    ClockStep,
    /// Times beyond what histograms hold.
    Clipped,
}

impl HealthCode {
    /// Every code.
    pub const ALL: [Self; 12] = [
        Self::Lag,
        Self::Gap,
        Self::Cpu,
        Self::Steal,
        Self::Dropped,
        Self::NotDelivered,
        Self::TargetLimit,
        Self::Ports,
        Self::Files,
        Self::Suspended,
        Self::ClockStep,
        Self::Clipped,
    ];

    /// The word that results have for it. It does not change.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lag => "lag",
            Self::Gap => "gap",
            Self::Cpu => "cpu",
            Self::Steal => "steal",
            Self::Dropped => "dropped",
            Self::NotDelivered => "not_delivered",
            Self::TargetLimit => "target_limit",
            Self::Ports => "ports",
            Self::Files => "files",
            Self::Suspended => "suspended",
            Self::ClockStep => "clock_step",
            Self::Clipped => "clipped",
        }
    }
}

/// Something that was not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthFinding {
    /// What it is about.
    pub code: HealthCode,
    /// What it alone amounts to.
    pub status: HealthStatus,
    /// A sentence with the numbers, without a full stop.
    pub text: String,
    /// What to do about it.
    pub remedy: String,
}

/// What the generator's numbers are worth, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// The worst that a finding amounts to.
    pub status: HealthStatus,
    /// The worst first.
    pub findings: Vec<HealthFinding>,
}

impl Health {
    fn of(mut findings: Vec<HealthFinding>) -> Self {
        // Stable: among equals what was looked at first says most about the rest.
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.status));
        let status = findings.first().map_or(HealthStatus::Ok, |worst| worst.status);
        Self { status, findings }
    }

    /// The first of the findings that make the numbers the generator's own.
    pub fn saturation(&self) -> Option<&HealthFinding> {
        self.findings.first().filter(|finding| finding.status == HealthStatus::Saturated)
    }
}

/// Judges what the generator saw of itself. Of lateness, drops and errors only what counts is looked at; the machine's
/// own troubles count in a warm-up, too.
pub fn health(snapshot: &Snapshot, catalog: &Catalog) -> Health {
    health_now(&SoFar::from(snapshot), catalog)
}

/// The same of a run that goes on, as if it ended now.
pub fn health_now(snapshot: &SoFar<'_>, catalog: &Catalog) -> Health {
    let vitals = snapshot.vitals;
    let mut findings: Vec<HealthFinding> =
        [shortage::suspended(vitals), lateness::gap(snapshot), lateness::lag(snapshot, catalog)]
            .into_iter()
            .flatten()
            .collect();
    let is_late = findings.iter().any(|finding| finding.status == HealthStatus::Saturated);
    findings.extend(arrivals::dropped(snapshot, catalog, is_late));
    findings.extend(shortage::processors(vitals));
    findings.extend(shortage::of_requests(snapshot));
    findings.extend([shortage::clock_step(vitals), shortage::clipped(snapshot)].into_iter().flatten());
    if !is_late {
        findings.extend(arrivals::given_up(snapshot, catalog));
        findings.extend(arrivals::target_limits(snapshot, catalog));
    }
    Health::of(findings)
}

/// A time with as many digits as anybody wants to read.
fn shown(time: Duration) -> String {
    let step = match time.as_millis() {
        0..10 => Duration::from_micros(10),
        10..1_000 => Duration::from_millis(1),
        _ => Duration::from_millis(10),
    };
    let steps = (time + step / 2).as_nanos() / step.as_nanos();
    format_duration(step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX)))
}

/// A share from 0 to 1 in percent; only nothing at all is 0 %.
fn percent(share: f64) -> String {
    match share * 100.0 {
        percent @ ..0.1 if percent > 0.0 => "less than 0.1%".to_owned(),
        percent @ ..9.95 => format!("{}%", (percent * 10.0).round() / 10.0),
        percent => format!("{percent:.0}%"),
    }
}

/// A number of cores, or a rate per second.
fn number(value: f64) -> String {
    let digits = match value {
        ..9.95 => 100.0,
        ..99.95 => 10.0,
        _ => 1.0,
    };
    ((value * digits).round() / digits).to_string()
}

fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Who had the processors of these seconds.
#[derive(Debug, Clone, Copy)]
struct Shares {
    /// Processors there were.
    cores: f64,
    /// The share that this process used.
    own: f64,
    /// The share that the hypervisor gave to other machines.
    stolen: f64,
    /// The share of everybody else on this machine.
    others: f64,
}

impl Shares {
    /// Nothing where the system does not tell.
    fn of(seconds: &VitalsSecond) -> Option<Self> {
        let machine = seconds.machine.as_ref()?;
        let own = machine.share(seconds.process?)?;
        let stolen = machine.stolen_share()?;
        let others = (machine.busy_share()? - own - stolen).max(0.0);
        Some(Self { cores: f64::from(seconds.cores?), own, stolen, others })
    }

    /// Whoever kept the generator from running, as the end of a sentence; nothing where nobody did.
    fn blame(&self) -> Option<String> {
        const MUCH: f64 = 0.1;
        let stolen = (self.stolen >= MUCH).then(|| {
            format!("the hypervisor gave {} of its processors' time to others", percent(self.stolen))
        });
        let others =
            (self.others >= MUCH).then(|| format!("other programs took {} of it", percent(self.others)));
        let others = others.map(|text| match stolen {
            Some(_) => text,
            None => format!("other programs took {} of its processors' time", percent(self.others)),
        });
        let parts: Vec<String> = stolen.into_iter().chain(others).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Whether others had most of the processors.
    fn is_foreign(&self) -> bool {
        self.stolen + self.others > 0.5
    }

    /// What gives the generator more of the processors.
    fn remedy(&self) -> &'static str {
        let foreign = self.stolen.max(self.others);
        if foreign < self.own || foreign < 0.1 {
            "give it more cores, send from another machine, too, or lower the rate"
        } else if self.stolen >= self.others {
            "run it on a machine that has its processors to itself"
        } else {
            "stop the other programs, or run it on a machine of its own"
        }
    }
}
