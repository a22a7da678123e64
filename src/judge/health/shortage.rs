//! What the machine did not give: processors, ports, files, wakefulness, a steady clock.

use super::{HealthCode, HealthFinding, HealthStatus, Shares, counted, number, percent, shown};
use crate::{
    measure::{SoFar, Vitals},
    model::{ErrorKind, format_duration},
};
use std::time::Duration;

/// All processors may be busy for less than this.
const FULL_FOR: Duration = Duration::from_secs(2);

fn finding(code: HealthCode, status: HealthStatus, text: String, remedy: impl Into<String>) -> HealthFinding {
    HealthFinding { code, status, text, remedy: remedy.into() }
}

/// No processor had anything left.
pub(super) fn processors(vitals: &Vitals) -> Option<HealthFinding> {
    if vitals.full_for < FULL_FOR {
        return None;
    }
    let cores = vitals.full.cores.unwrap_or(1);
    let which = if cores == 1 { "its only core was".to_owned() } else { format!("all {cores} cores were") };
    let mut text = format!("{which} more than 90% busy for {}", shown(vitals.full_for));
    let shares = Shares::of(&vitals.full);
    if let Some(Shares { cores, own, stolen, others }) = shares {
        let used = number(own * cores);
        text += &format!(": it used {used} of {cores} itself, other programs {}", number(others * cores));
        if stolen > 0.0 {
            text += &format!(", and the hypervisor gave {} to other machines", percent(stolen));
        }
    }
    let is_stolen = shares.is_some_and(|shares| shares.stolen > shares.own.max(shares.others));
    let code = if is_stolen { HealthCode::Steal } else { HealthCode::Cpu };
    let remedy = shares.map_or("give it more cores, or lower the rate", |shares| shares.remedy());
    Some(finding(code, HealthStatus::Degraded, text, remedy))
}

/// Requests that failed for want of ports or files.
pub(super) fn of_requests(snapshot: &SoFar<'_>) -> Vec<HealthFinding> {
    let failed = |kind: ErrorKind| -> u64 {
        let requests = snapshot.total.requests().filter(|(key, _)| key.error == Some(kind));
        requests.map(|(_, stats)| stats.count).sum()
    };
    let whole = &snapshot.vitals.whole;
    let mut findings = Vec::new();
    let saturated = HealthStatus::Saturated;
    if let requests @ 1.. = failed(ErrorKind::LocalPorts) {
        let there_are = whole.ports_limit.map(|limit| format!(" ({limit} there are)")).unwrap_or_default();
        let text = format!("{} found no free local port{there_are}", counted(requests, "request"));
        let remedy = "let connections be reused (`http.reuse`), widen `net.ipv4.ip_local_port_range`, or send from \
                      another address or machine, too";
        findings.push(finding(HealthCode::Ports, saturated, text, remedy));
    }
    if let requests @ 1.. = failed(ErrorKind::LocalFiles) {
        let limit = whole.open_files_limit;
        let allowed = limit.map(|limit| format!(": {limit} are allowed")).unwrap_or_default();
        let text = format!("{} could open no file{allowed}", counted(requests, "request"));
        let enough = limit.and_then(|limit| limit.checked_mul(2)?.checked_next_power_of_two()).unwrap_or(0);
        let remedy = match enough {
            0 => "raise `ulimit -n`".to_owned(),
            enough => format!("raise `ulimit -n` to {enough}, or have fewer users"),
        };
        findings.push(finding(HealthCode::Files, saturated, text, remedy));
    }
    findings
}

/// The machine slept.
pub(super) fn suspended(vitals: &Vitals) -> Option<HealthFinding> {
    let slept = vitals.whole.suspended;
    let text = format!("the machine slept for {} in the middle of the run", shown(slept));
    let remedy = "keep it awake (`systemd-inhibit`, the hypervisor's settings), and run again";
    (!slept.is_zero()).then(|| finding(HealthCode::Suspended, HealthStatus::Saturated, text, remedy))
}

/// The civil clock was set.
pub(super) fn clock_step(vitals: &Vitals) -> Option<HealthFinding> {
    let step = vitals.whole.clock_step_ms;
    let way = if step < 0 { "back" } else { "forward" };
    let by = format_duration(Duration::from_millis(step.unsigned_abs()));
    let text = format!("the machine's clock was set {way} by {by}");
    let remedy = "no time here is wrong for it, but times of day are reckoned from the start: compare logs of the \
                  target with care";
    (step != 0).then(|| finding(HealthCode::ClockStep, HealthStatus::Degraded, text, remedy))
}

/// Times beyond what histograms hold.
pub(super) fn clipped(snapshot: &SoFar<'_>) -> Option<HealthFinding> {
    let clipped = snapshot.total.clipped();
    let were = if clipped == 1 { "was" } else { "were" };
    let text = format!(
        "{} {were} longer than an hour: percentiles know no more than that",
        counted(clipped, "time")
    );
    let remedy = "give requests a `timeout`, or stop the machine from sleeping";
    (clipped > 0).then(|| finding(HealthCode::Clipped, HealthStatus::Degraded, text, remedy))
}
