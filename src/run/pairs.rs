//! Runs of two jobs in turn, so that what changes over time on the machine meets both alike.

use super::{
    load::Watch,
    session::{Job, Outcome, RunError, execute},
    signals::Signals,
};
use crate::model::ExitCode;
use std::path::PathBuf;

/// One of the two jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What is compared with.
    Base,
    /// What is compared.
    New,
}

/// Somebody who watches runs in turn.
pub trait WatchPairs: Watch {
    /// A run of this side begins, the `number`-th of `of`.
    fn begins(&mut self, side: Side, number: u32, of: u32);

    /// It is over.
    fn ended(&mut self, outcome: &Outcome);
}

/// Why there are no more runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairsEnd {
    /// All of them were made.
    Completed,
    /// A signal came.
    Signal,
    /// A run did not come to its end, or left no results: its exit code, and the sentence that explains it.
    Stopped(ExitCode, String),
}

/// The folders of the runs that came to their end.
#[derive(Debug)]
pub struct Paired {
    /// Those of the base, in order.
    pub base: Vec<PathBuf>,
    /// The new ones.
    pub new: Vec<PathBuf>,
    /// Why there are no more.
    pub end: PairsEnd,
}

/// Runs both jobs `pairs` times each, in the order ABBA ABBA: whatever gets slower or faster steadily in the meantime
/// adds as much to one side as to the other. A signal ends the run that is under way as it would a single one, and
/// there are no more after it.
///
/// # Errors
/// A run could not begin; on which side.
pub async fn execute_pairs(
    base: &Job,
    new: &Job,
    pairs: u32,
    watcher: &mut dyn WatchPairs,
) -> Result<Paired, (Side, RunError)> {
    // Listened for all along: a run of its own hears nothing before it begins and after it ends.
    let mut signals = Signals::listen().map_err(|error| (Side::Base, RunError::Setup("signals", error)))?;
    let mut paired = Paired { base: Vec::new(), new: Vec::new(), end: PairsEnd::Completed };
    for (index, side) in order(pairs).enumerate() {
        watcher.begins(side, index as u32 + 1, pairs.saturating_mul(2));
        let job = if side == Side::Base { base } else { new };
        let outcome = match execute(job.clone(), &mut *watcher).await {
            Err(RunError::Stopped(_)) => {
                paired.end = PairsEnd::Signal;
                break;
            }
            ran => ran.map_err(|error| (side, error))?,
        };
        watcher.ended(&outcome);
        if let Some(end) = kept(outcome, side, &mut paired) {
            paired.end = end;
            break;
        }
        if heard(&mut signals).await {
            paired.end = PairsEnd::Signal;
            break;
        }
    }
    Ok(paired)
}

/// Keeps a run that came to its end; why it ends everything where it did not.
fn kept(outcome: Outcome, side: Side, paired: &mut Paired) -> Option<PairsEnd> {
    let verdict = outcome.verdict;
    if verdict.exit_code == ExitCode::Interrupted {
        return Some(PairsEnd::Signal);
    }
    match outcome.folder {
        Some(folder) if !verdict.incomplete && verdict.exit_code != ExitCode::Internal => {
            match side {
                Side::Base => paired.base.push(folder),
                Side::New => paired.new.push(folder),
            }
            None
        }
        _ => Some(PairsEnd::Stopped(verdict.exit_code, verdict.reason)),
    }
}

/// Whether a signal has come already.
async fn heard(signals: &mut Signals) -> bool {
    tokio::select! {
        biased;
        _ = signals.next() => true,
        () = std::future::ready(()) => false,
    }
}

/// Base, new, new, base, and so on.
fn order(pairs: u32) -> impl Iterator<Item = Side> {
    (0..pairs).flat_map(|pair| match pair % 2 {
        0 => [Side::Base, Side::New],
        _ => [Side::New, Side::Base],
    })
}

#[cfg(test)]
mod tests {
    use super::{Side::*, *};

    #[test]
    fn drift_meets_both_sides_alike() {
        assert_eq!(order(3).collect::<Vec<_>>(), [Base, New, New, Base, Base, New]);
        for pairs in [2, 4, 10] {
            let places = |of: Side| -> usize {
                order(pairs).enumerate().filter(|(_, side)| *side == of).map(|(place, _)| place).sum()
            };
            assert_eq!(places(Base), places(New), "{pairs}");
        }
    }
}
