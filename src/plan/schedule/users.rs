//! When which user runs: a pure function of the stages.

use std::time::Duration;

/// A time during which a user runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From then on it starts iterations.
    pub start: Duration,
    /// From then on it starts none.
    pub end: Duration,
}

/// A straight line of users over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    start: Duration,
    length: Duration,
    from: u64,
    to: u64,
}

/// The number of users over time, and so each user's windows.
///
/// Users are numbered from 1. On a line from f up to t over D, user k starts at D·(k−f)/(t−f); on a line down
/// it is released at D·(f−k+1)/(f−t). So the last one changes exactly at the line's end, and the number of
/// users at any moment is that of the line, rounded towards its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSchedule {
    begin: Duration,
    start_users: u64,
    lines: Vec<Line>,
}

impl UserSchedule {
    /// From where it begins in the run, the users at the start, and each stage's duration and users at its end.
    pub fn new(begin: Duration, start_users: u64, stages: impl IntoIterator<Item = (Duration, u64)>) -> Self {
        let mut lines = Vec::new();
        let (mut start, mut from) = (begin, start_users);
        for (length, to) in stages {
            lines.push(Line { start, length, from, to });
            start += length;
            from = to;
        }
        Self { begin, start_users, lines }
    }

    /// Where it begins in the run.
    pub fn begin(&self) -> Duration {
        self.begin
    }

    /// The end of the last stage.
    pub fn end(&self) -> Duration {
        self.lines.last().map_or(self.begin, |line| line.start + line.length)
    }

    /// Users that exist at most.
    pub fn most_users(&self) -> u64 {
        self.lines.iter().map(|line| line.to).max().unwrap_or(0).max(self.start_users)
    }

    /// The users that run at a moment before the end.
    pub fn users_at(&self, at: Duration) -> u64 {
        let mut users = if at < self.begin { 0 } else { self.start_users };
        for line in self.lines.iter().take_while(|line| line.start <= at) {
            users = line.users_at(at.saturating_sub(line.start));
        }
        users
    }

    /// When user `k` (from 1) runs, in order and without overlap.
    pub fn windows(&self, k: u64) -> Vec<Window> {
        let mut windows = Vec::new();
        let mut since = (k <= self.start_users).then_some(self.begin);
        for line in &self.lines {
            match (line.change_of(k), since) {
                (Some(at), None) if line.to > line.from => since = Some(at),
                (Some(at), Some(start)) if line.to < line.from => {
                    windows.push(Window { start, end: at });
                    since = None;
                }
                _ => {}
            }
        }
        windows.extend(since.map(|start| Window { start, end: self.end() }));
        windows.retain(|window| window.start < window.end);
        windows
    }
}

impl Line {
    fn users_at(&self, since_start: Duration) -> u64 {
        if since_start >= self.length {
            return self.to;
        }
        let span = u128::from(self.to.abs_diff(self.from));
        let changed = (span * since_start.as_nanos() / self.length.as_nanos()) as u64;
        if self.to >= self.from { self.from + changed } else { self.from - changed }
    }

    /// When this line starts or releases user `k`; `None` where it does neither.
    fn change_of(&self, k: u64) -> Option<Duration> {
        let (low, high) = (self.from.min(self.to), self.from.max(self.to));
        if k <= low || k > high {
            return None;
        }
        let position = if self.to > self.from { k - self.from } else { self.from - k + 1 };
        let nanos = self.length.as_nanos() * u128::from(position);
        // Rounded up, so that the user has changed when the line says so and never before.
        let nanos = nanos.div_ceil(u128::from(high - low));
        Some(self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schedule(start_users: u64, stages: &[(u64, u64)]) -> UserSchedule {
        let stages = stages.iter().map(|(secs, users)| (Duration::from_secs(*secs), *users));
        UserSchedule::new(Duration::ZERO, start_users, stages)
    }

    fn windows(schedule: &UserSchedule, k: u64) -> Vec<(f64, f64)> {
        let seconds = |window: Window| (window.start.as_secs_f64(), window.end.as_secs_f64());
        schedule.windows(k).into_iter().map(seconds).collect()
    }

    #[test]
    fn constant_users_run_from_start_to_end() {
        let constant = schedule(3, &[(10, 3)]);
        assert_eq!(windows(&constant, 3), [(0.0, 10.0)]);
        assert_eq!(windows(&constant, 4), []);
    }

    #[test]
    fn a_ramp_starts_users_along_the_line_and_releases_the_last_first() {
        let ramp = schedule(0, &[(10, 10), (5, 10), (10, 0)]);
        assert_eq!(windows(&ramp, 1), [(1.0, 25.0)].map(|(a, _)| (a, 25.0)));
        assert_eq!(windows(&ramp, 10), [(10.0, 16.0)]);
        assert_eq!(windows(&ramp, 5), [(5.0, 21.0)]);
        assert_eq!((ramp.most_users(), ramp.end()), (10, Duration::from_secs(25)));
    }

    #[test]
    fn a_user_comes_back_when_the_load_does_and_zero_durations_jump() {
        let waves = schedule(0, &[(0, 4), (10, 4), (0, 1), (10, 1), (0, 4), (10, 4)]);
        assert_eq!(windows(&waves, 1), [(0.0, 30.0)]);
        assert_eq!(windows(&waves, 4), [(0.0, 10.0), (20.0, 30.0)]);
    }

    proptest! {
        #[test]
        fn the_windows_of_all_users_make_the_line_at_every_moment(
            start_users in 0u64..30,
            stages in proptest::collection::vec((0u64..60, 0u64..30), 1..8),
            moments in proptest::collection::vec(0.0f64..1.0, 20),
        ) {
            let schedule = schedule(start_users, &stages);
            let all: Vec<Vec<Window>> = (1..=schedule.most_users()).map(|k| schedule.windows(k)).collect();
            for windows in &all {
                prop_assert!(windows.windows(2).all(|pair| pair[0].end <= pair[1].start));
            }
            for moment in moments {
                let at = schedule.end().mul_f64(moment);
                if at >= schedule.end() { continue; }
                let running = all.iter().flatten().filter(|window| window.start <= at && at < window.end).count();
                prop_assert_eq!(running as u64, schedule.users_at(at), "at {:?}", at);
            }
        }
    }
}
