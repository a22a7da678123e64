//! The generator looks at itself, once a second: what became of the machine's counters since it looked last, whether
//! its clocks went on alike, and where it stood still.

use super::machine::{Core, Machine, uptime};
use crate::{
    engine::{Clock, WallClock, Watchdog},
    measure::{Delta, ProcessorTime, VitalsSecond},
};
use std::time::Duration;

/// Clocks that were not read within this time of each other tell nothing of each other.
const AT_ONCE: Duration = Duration::from_millis(20);
/// Clocks that differ by less went on alike: some are read in hundredths of a second, and all are adjusted.
const NOTEWORTHY_MS: i128 = 100;

/// Looks once for each interval that workers hand over.
pub(super) struct Sampler {
    clock: Clock,
    watchdog: Watchdog,
    /// The interval that was looked at last.
    interval: Option<u64>,
    at: Duration,
    machine: Machine,
    clocks: Option<Clocks>,
}

impl Sampler {
    /// One that reckons from now.
    pub fn start(clock: Clock) -> Self {
        let (machine, clocks) = (Machine::look(), Clocks::look(clock));
        Self { clock, watchdog: Watchdog::start(clock), interval: None, at: clock.now(), machine, clocks }
    }

    /// What was seen since the last look, where this is the first worker to end its interval, or to end at all.
    pub fn look_at_end_of(&mut self, delta: &Delta) -> Option<VitalsSecond> {
        let is_due = delta.last || self.interval.is_none_or(|looked| delta.interval > looked);
        self.interval = self.interval.max(Some(delta.interval));
        is_due.then(|| self.look())
    }

    fn look(&mut self) -> VitalsSecond {
        let (at, machine) = (self.clock.now(), Machine::look());
        let mut seen = second(at.saturating_sub(self.at), &self.machine, &machine);
        seen.gaps = self.watchdog.take();
        if let Some(now) = Clocks::look(self.clock) {
            let drift = self.clocks.map(|before| before.drift(&now)).unwrap_or_default();
            (seen.suspended, seen.clock_step_ms) = (drift.suspended, drift.step_ms);
            self.clocks = Some(now);
        }
        (self.at, self.machine) = (at, machine);
        seen
    }
}

/// What happened between two looks at the machine.
fn second(span: Duration, before: &Machine, after: &Machine) -> VitalsSecond {
    let since = |before: Option<Duration>, after: Option<Duration>| Some(after?.saturating_sub(before?));
    let cores: Vec<ProcessorTime> = match (&before.cores, &after.cores) {
        (Some(before), Some(after)) => after.iter().filter_map(|core| passed(core, before)).collect(),
        _ => Vec::new(),
    };
    let least_busy = cores.iter().map(|core| core.busy_share().map(|share| (share * 1_000.0).round() as u32));
    VitalsSecond {
        span,
        process: since(before.process, after.process),
        cores: (!cores.is_empty()).then_some(cores.len() as u32),
        machine: cores.iter().copied().reduce(|a, b| ProcessorTime {
            all: a.all + b.all,
            busy: a.busy + b.busy,
            stolen: a.stolen + b.stolen,
        }),
        // One that is not known might be idle.
        least_busy_permille: least_busy.min().flatten(),
        open_files: after.open_files,
        open_files_limit: after.open_files_limit,
        ports: after.ports,
        ports_limit: after.ports_limit,
        memory_bytes: after.memory_bytes,
        ..VitalsSecond::default()
    }
}

/// What a processor did since; nothing where it was not there before.
fn passed(core: &Core, before: &[Core]) -> Option<ProcessorTime> {
    let before = before.iter().find(|known| known.number == core.number)?;
    Some(ProcessorTime {
        all: core.all.saturating_sub(before.all),
        busy: core.busy.saturating_sub(before.busy),
        stolen: core.stolen.saturating_sub(before.stolen),
    })
}

/// The clocks, read at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clocks {
    /// Knows nothing of the time that the machine slept.
    monotonic: Duration,
    /// Goes on while the machine sleeps; nothing where the system has none.
    boot: Option<Duration>,
    /// Goes on likewise, and is set by people and time servers.
    civil: Duration,
}

impl Clocks {
    /// Nothing where reading them took so long that they tell nothing of each other.
    fn look(clock: Clock) -> Option<Self> {
        let before = clock.now();
        let (boot, civil) = (uptime(), Duration::from_nanos(WallClock::start().nanos()));
        let after = clock.now();
        (after.saturating_sub(before) <= AT_ONCE).then_some(Self { monotonic: before, boot, civil })
    }

    /// How the clocks came apart until `now`.
    fn drift(&self, now: &Self) -> Drift {
        let ms = |time: Duration| time.as_millis() as i128;
        let passed = ms(now.monotonic) - ms(self.monotonic);
        let slept = match (self.boot, now.boot) {
            (Some(before), Some(now)) => ms(now) - ms(before) - passed,
            _ => 0,
        };
        let slept = if slept > NOTEWORTHY_MS { slept } else { 0 };
        let step = ms(now.civil) - ms(self.civil) - passed - slept;
        let step = if step.abs() > NOTEWORTHY_MS { step } else { 0 };
        Drift { suspended: Duration::from_millis(slept as u64), step_ms: step as i64 }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Drift {
    suspended: Duration,
    step_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn clocks(monotonic: u32, boot: Option<u32>, civil: u32) -> Clocks {
        Clocks { monotonic: MS * monotonic, boot: boot.map(|boot| MS * boot), civil: MS * civil }
    }

    #[test]
    fn sleep_and_steps_are_told_apart_and_noise_is_neither() {
        const HOUR: u32 = 3_600_000;
        let before = clocks(5_000, Some(905_000), 2 * HOUR);
        for (monotonic, boot, civil, suspended, step_ms) in [
            (1_000, Some(1_000), 1_000, 0, 0),
            (1_000, Some(1_010), 999, 0, 0),
            (1_000, Some(990), 1_100, 0, 0),
            (1_000, Some(1_100), 1_000, 0, 0),
            (1_000, Some(1_000), 1_101, 0, 101),
            (1_000, Some(1_000), 1_000 + i64::from(HOUR), 0, 3_600_000),
            (1_000, Some(1_000), 1_000 - i64::from(HOUR), 0, -3_600_000),
            (1_000, Some(6_000), 6_000, 5_000, 0),
            (1_000, Some(6_000), 3_000, 5_000, -3_000),
            (1_000, None, 6_000, 0, 5_000),
            (4_000, Some(4_000), 4_000, 0, 0),
        ] {
            let at = |base: u32, passed: i64| (i64::from(base) + passed) as u32;
            let boot = boot.map(|passed| at(905_000, passed));
            let now = clocks(at(5_000, monotonic), boot, at(2 * HOUR, civil));
            let expected = Drift { suspended: MS * suspended, step_ms };
            assert_eq!(before.drift(&now), expected, "{monotonic} {boot:?} {civil}");
        }
    }

    fn machine(cores: &[(u32, u32, u32, u32)], process: u32) -> Machine {
        let core = |&(number, all, busy, stolen): &(u32, u32, u32, u32)| Core {
            number,
            all: MS * all,
            busy: MS * busy,
            stolen: MS * stolen,
        };
        let cores = Some(cores.iter().map(core).collect());
        Machine { cores, process: Some(MS * process), ..Machine::default() }
    }

    #[test]
    fn a_second_is_what_the_counters_grew_by() {
        let before = machine(&[(0, 9_000, 4_000, 500), (1, 9_000, 5_000, 0)], 700);
        let after = Machine {
            open_files: Some(12),
            ..machine(&[(0, 10_000, 4_990, 900), (1, 10_000, 5_500, 0)], 2_000)
        };
        let seen = second(MS * 1_000, &before, &after);
        let machine = ProcessorTime { all: MS * 2_000, busy: MS * 1_490, stolen: MS * 400 };
        assert_eq!(seen.machine, Some(machine));
        assert_eq!(
            (seen.least_busy_permille, seen.cores, seen.cores_used()),
            (Some(500), Some(2), Some(1.3))
        );
        assert_eq!(seen.open_files, Some(12));
    }

    #[test]
    fn processors_that_come_and_go_are_left_out_and_nothing_known_stays_unknown() {
        let (before, after) = (
            machine(&[(0, 9_000, 0, 0), (1, 9_000, 0, 0)], 0),
            machine(&[(1, 9_500, 490, 0), (2, 500, 0, 0)], 0),
        );
        let seen = second(MS * 500, &before, &after);
        assert_eq!((seen.cores, seen.least_busy_permille), (Some(1), Some(980)));
        let seen = second(MS * 500, &Machine::default(), &after);
        assert_eq!((seen.cores, seen.machine, seen.process), (None, None, None));
    }

    #[test]
    fn one_processor_whose_share_is_unknown_leaves_the_least_busy_unknown() {
        let before = machine(&[(0, 0, 0, 0), (1, 0, 0, 0)], 0);
        let after = machine(&[(0, 1_000, 1_000, 0), (1, 20, 0, 0)], 0);
        assert_eq!(second(MS * 1_000, &before, &after).least_busy_permille, None);
    }
}
