//! How much of the load is done, as a bar in which the stages are parts.

use super::state::Progress;

const DONE: char = '█';
const TO_COME: char = '░';
const BOUND: char = '│';

/// The bar in this many columns. Where a stage begins, there is a line, as far as there is room for the lines.
pub(super) fn stage_bar(progress: &Progress, columns: usize) -> String {
    let cells = |share: f64| (share.min(1.0) * columns as f64) as usize;
    let done = cells(progress.share_done());
    let mut bar: Vec<char> = (0..columns).map(|at| if at < done { DONE } else { TO_COME }).collect();
    // More lines than this, and they are all that one sees.
    if progress.planned_iterations.is_none() && progress.bounds.len() * 3 <= columns {
        for bound in &progress.bounds {
            let share = bound.as_secs_f64() / progress.planned.as_secs_f64();
            if let Some(cell) = bar.get_mut(cells(share)) {
                *cell = BOUND;
            }
        }
    }
    bar.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn drawn(elapsed: u64, planned: u64, bounds: &[u64], columns: usize) -> String {
        let seconds = Duration::from_secs;
        let progress = Progress {
            elapsed: seconds(elapsed),
            planned: seconds(planned),
            bounds: bounds.iter().copied().map(seconds).collect(),
            ..Progress::default()
        };
        stage_bar(&progress, columns)
    }

    #[test]
    fn it_fills_up_and_shows_where_stages_begin() {
        assert_eq!(drawn(0, 30, &[], 10), "░░░░░░░░░░");
        assert_eq!(drawn(15, 30, &[], 10), "█████░░░░░");
        assert_eq!(drawn(99, 30, &[], 10), "██████████");
        assert_eq!(drawn(18, 30, &[6, 24], 10), "██│███░░│░");
        assert_eq!(drawn(1, 30, &(1..30).collect::<Vec<_>>(), 10), "░░░░░░░░░░");
        assert_eq!(drawn(1, 0, &[], 4), "████");
        assert_eq!(drawn(1, 30, &[10], 0), "");
    }
}
