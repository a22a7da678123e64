//! How long the page's lists get. A run has no bound that a mail would like; what is left out is said.

use std::cmp::Reverse;

/// Requests that have a row.
pub(super) const MOST_REQUESTS: usize = 200;
/// Requests that have curves and bars of their own.
pub(super) const MOST_SHAPES: usize = 25;
/// Rows of any other list of the scenario's parts.
pub(super) const MOST_ROWS: usize = 100;
/// Kinds of errors with their samples.
pub(super) const MOST_ERRORS: usize = 100;
/// Values of the user's own tags, and groups.
pub(super) const MOST_TAGS: usize = 60;
/// Single requests that took long.
pub(super) const MOST_SLOW: usize = 30;
/// What went wrong in `setup` and `teardown`.
pub(super) const MOST_ONCE: usize = 20;
/// Addresses, parts of a run, and other facts that come by the dozen.
pub(super) const MOST_FACTS: usize = 20;
/// Corners of a workload's load.
pub(super) const MOST_LEVELS: usize = 200;
/// Generators that a run was made by.
pub(super) const MOST_PARTS: usize = 50;
/// What becomes of a request that is told apart.
pub(super) const MOST_ENDS: usize = 6;
/// Bytes of a name.
pub(super) const NAME: usize = 120;
/// Bytes of what somebody wrote for people, and of a command.
pub(super) const LONG: usize = 4_096;
/// Bytes of a sample of an error.
pub(super) const SAMPLE: usize = 400;

/// The `most` of `list` with the highest count, in the list's order.
pub(super) fn most_frequent<T>(list: &[T], most: usize, count: impl Fn(&T) -> u64) -> Vec<&T> {
    let mut kept: Vec<(usize, &T)> = list.iter().enumerate().collect();
    // Stable: among equals the first stay.
    kept.sort_by_key(|(_, item)| Reverse(count(item)));
    kept.truncate(most);
    kept.sort_by_key(|(at, _)| *at);
    kept.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_stay_in_their_order() {
        let kept = most_frequent(&[3, 1, 4, 1, 5], 3, |count| *count);
        assert_eq!(kept, [&3, &4, &5]);
        assert_eq!(most_frequent(&[1, 1, 1], 2, |count| *count).len(), 2);
    }
}
