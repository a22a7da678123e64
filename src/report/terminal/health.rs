//! What the generator's numbers are worth, before the numbers: one line where they are the target's, and otherwise what
//! was not as it should be, with what to do.

use crate::{
    judge::{Health, HealthStatus},
    measure::Snapshot,
    report::{
        format::{number, percent, time},
        paint::Paint,
        text::{flow, inert, wrap},
    },
};

const INDENT: usize = 2;

/// The lines; empty where nothing was looked at.
pub(super) fn lines(health: &Health, snapshot: &Snapshot, width: usize, paint: Paint) -> String {
    if snapshot.vitals.whole.span.is_zero() && health.findings.is_empty() {
        return String::new();
    }
    let mut text = match health.status {
        HealthStatus::Ok => flow(&facts(snapshot), "  ", width) + "\n",
        status => {
            let title = match status {
                HealthStatus::Saturated => {
                    "Generator: SATURATED. The numbers below describe it, and not the target."
                }
                _ => "Generator: degraded. The numbers count, with this in mind:",
            };
            wrap(title, width).iter().map(|line| paint.strong(line) + "\n").collect()
        }
    };
    for finding in &health.findings {
        let sentence = format!("{}: {}", finding.code.name(), inert(&finding.text));
        text.extend(wrap(&sentence, width - INDENT).iter().map(|line| format!("{:INDENT$}{line}\n", "")));
        let remedy = format!("→ {}", inert(&finding.remedy));
        let remedy = wrap(&remedy, width - 2 * INDENT);
        text.extend(remedy.iter().map(|line| format!("{:1$}{line}\n", "", 2 * INDENT)));
    }
    text
}

fn facts(snapshot: &Snapshot) -> Vec<String> {
    let whole = &snapshot.vitals.whole;
    let mut facts = vec!["Generator: ok".to_owned()];
    if let (Some(used), Some(cores)) = (whole.cores_used(), whole.cores) {
        facts.push(format!("{} of {cores} cores used", number(used)));
    }
    if let Some(machine) = whole.machine.filter(|machine| !machine.stolen.is_zero()) {
        let (stolen, all) = (machine.stolen.as_millis() as u64, machine.all.as_millis() as u64);
        facts.push(format!("{} stolen by the hypervisor", percent(stolen, all)));
    }
    if !whole.gaps.longest.is_zero() {
        facts.push(format!("longest gap {}", time(whole.gaps.longest)));
    }
    facts
}
