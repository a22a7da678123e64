//! Intervals of several journals put in step: what all of them saw in the same time, as finely as all of them know it.
//!
//! A journal whose disk was slow has entries of several seconds, and those of another may begin or end within them. A row is
//! widened until no entry of any journal reaches over its bounds, so that rows never overlap, nothing stands in two of them
//! and nothing is lost. Where no entry is of several seconds, that is a row for each second.

use crate::measure::Interval;

/// A generator's intervals, in order: none begins before the one before it has ended.
pub(super) trait Intervals {
    /// The next one, which stays the next one.
    fn ahead(&self) -> Option<&Interval>;

    /// Takes the next one.
    fn take(&mut self) -> Option<Box<Interval>>;
}

/// How far the rows have come.
#[derive(Debug)]
pub(super) struct InStep {
    /// The interval behind the last row.
    next: u64,
    /// Users that each generator has made so far.
    made_users: Vec<u64>,
}

impl InStep {
    /// Nothing of so many generators yet.
    pub fn new(generators: usize) -> Self {
        Self { next: 0, made_users: vec![0; generators] }
    }

    /// The next row; `None` behind the last one. When the load ended within it is not known here.
    pub fn next(&mut self, generators: &mut [impl Intervals]) -> Option<Interval> {
        let heads = generators.iter().filter_map(Intervals::ahead);
        let first = heads.map(Interval::first_joined).min()?;
        let (last, taken) = take_together(generators, first);
        let is_ending = is_ending(generators, &taken, last);
        for (made, taken) in self.made_users.iter_mut().zip(&taken) {
            // Users stay made where their generator has no such interval.
            *made = taken.as_ref().map_or(*made, |interval| interval.made_users);
        }
        let at_its_end = taken.into_iter().flatten().map(|interval| as_of(interval, last));
        let mut row = *at_its_end.reduce(|mut sum, more| {
            sum.merge(&more);
            sum
        })?;
        (row.number, row.joined, row.missed) = (last, last - first, first.saturating_sub(self.next));
        (row.ending, row.ended_at) = (is_ending, None);
        row.made_users = self.made_users.iter().sum();
        self.next = last + 1;
        Some(row)
    }
}

/// Takes from each generator what lies in the row that begins with this interval, put together, and with which one the
/// row ends: where no entry reaches over that.
fn take_together(generators: &mut [impl Intervals], first: u64) -> (u64, Vec<Option<Box<Interval>>>) {
    let mut taken: Vec<Option<Box<Interval>>> = generators.iter().map(|_| None).collect();
    let (mut last, mut is_wider) = (first, true);
    while is_wider {
        is_wider = false;
        for (generator, taken) in generators.iter_mut().zip(&mut taken) {
            while generator.ahead().is_some_and(|ahead| ahead.first_joined() <= last)
                && let Some(interval) = generator.take()
            {
                (last, is_wider) = (last.max(interval.number), true);
                match taken {
                    Some(before) => before.absorb(&interval),
                    None => *taken = Some(interval),
                }
            }
        }
    }
    (last, taken)
}

/// Whether the load of all generators was being ended with this interval. One that goes on has an interval that comes
/// next, and that is none of its end; one that is done says nothing.
fn is_ending(generators: &[impl Intervals], taken: &[Option<Box<Interval>>], last: u64) -> bool {
    let at_last = taken.iter().map(|taken| taken.as_deref().filter(|interval| interval.number == last));
    let now = at_last.zip(generators).map(|(at_last, generator)| at_last.or(generator.ahead()));
    now.flatten().all(|interval| interval.ending)
}

/// As it is at the end of the row: a generator that has nothing there has no users there, either.
fn as_of(mut interval: Box<Interval>, last: u64) -> Box<Interval> {
    if interval.number < last {
        (interval.running_users, interval.ticked) = (0, false);
    }
    interval
}

#[cfg(test)]
mod tests;
