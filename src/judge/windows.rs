//! The windows of a threshold with `over`: each of the same length, the next one beginning before the last has ended.
//!
//! Only what the threshold selects is kept, in at most 41 parts, so that memory follows neither time nor requests. What
//! a window amounts to is not decided here.

use super::seen::Seen;
use std::collections::VecDeque;

/// So many windows begin in the length of one, where that is in whole seconds.
const WINDOWS_PER_LENGTH: u64 = 20;

/// A window that is over. Times are seconds from the start of the run.
#[derive(Debug)]
pub(super) struct Window {
    pub start: u64,
    pub end: u64,
    pub seen: Seen,
}

/// The parts of the windows that are not over yet.
#[derive(Debug, Clone)]
pub(super) struct Windows {
    /// Where the first one begins.
    first: u64,
    length: u64,
    /// From the beginning of one to that of the next.
    step: u64,
    /// Parts by where they begin, in order. None of them has the bound of a window inside.
    parts: VecDeque<(u64, Seen)>,
    /// Whether the next second belongs to a new part.
    at_bound: bool,
}

impl Windows {
    /// Windows of so many seconds, at least one, of which the first begins at `first`.
    pub fn new(first: u64, length: u64) -> Self {
        let length = length.max(1);
        let step = length.div_ceil(WINDOWS_PER_LENGTH);
        Self { first, length, step, parts: VecDeque::new(), at_bound: true }
    }

    /// Takes what was seen in the second that begins at `second`, the one after the last that was given, and returns
    /// the window that ends with it.
    pub fn push(&mut self, second: u64, seen: &Seen) -> Option<Window> {
        if second < self.first {
            return None;
        }
        match self.parts.back_mut().filter(|_| !self.at_bound) {
            Some((_, part)) => part.merge(seen),
            None => self.parts.push_back((second, seen.clone())),
        }
        let gone = second + 1 - self.first;
        let ends = gone.checked_sub(self.length).is_some_and(|begun| begun % self.step == 0);
        self.at_bound = ends || gone.is_multiple_of(self.step);
        if ends { self.close(second + 1) } else { None }
    }

    fn close(&mut self, end: u64) -> Option<Window> {
        let start = end - self.length;
        let mut parts = self.parts.iter();
        let mut seen = parts.next()?.1.clone();
        parts.for_each(|(_, part)| seen.merge(part));
        // What begins before the next window does is in none that is still to come.
        while self.parts.front().is_some_and(|(begun, _)| *begun < start + self.step) {
            self.parts.pop_front();
        }
        Some(Window { start, end, seen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(count: u64) -> Seen {
        Seen::Count { count, among: 1 }
    }

    /// Every window is the sum of its own seconds, whatever its length.
    #[test]
    fn windows_have_their_own_seconds_and_no_others() {
        for (first, length) in [(0, 1), (0, 10), (3, 20), (5, 21), (0, 37), (7, 60), (0, 300), (2, 301)] {
            let mut windows = Windows::new(first, length);
            let (mut starts, mut most_parts) = (Vec::new(), 0);
            for second in 0..first + length * 3 {
                let closed = windows.push(second, &count(second));
                most_parts = most_parts.max(windows.parts.len());
                let Some(Window { start, end, seen }) = closed else { continue };
                assert_eq!((end, end - start), (second + 1, length));
                let Seen::Count { count, among } = seen else { panic!("a count") };
                assert_eq!((count, among), ((start..end).sum(), length), "{first} {length} {start}");
                starts.push(start);
            }
            let step = length.div_ceil(20);
            let expected: Vec<u64> = (first..=first + length * 2).step_by(step as usize).collect();
            assert_eq!(starts, expected, "{first} {length}");
            assert!(most_parts <= 41, "{first} {length}: {most_parts}");
        }
    }
}
