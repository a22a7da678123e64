//! The last seconds in a row of blocks.

/// Eighths of a row, from next to nothing to all.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last `columns` of `values`, each a block as high as it is beside the highest of them; a blank where nothing is
/// known. Nothing for no values.
pub(super) fn sparkline(values: impl DoubleEndedIterator<Item = Option<f64>>, columns: usize) -> String {
    let mut shown: Vec<Option<f64>> = values.rev().take(columns).collect();
    shown.reverse();
    let known = || shown.iter().flatten().copied().filter(|value| value.is_finite());
    let highest = known().fold(0.0, f64::max);
    let block = |value: &Option<f64>| match value {
        Some(value) if highest > 0.0 => {
            let eighths = (value / highest * 8.0).ceil() as usize;
            BLOCKS[eighths.clamp(1, 8) - 1]
        }
        Some(_) => BLOCKS[0],
        None => ' ',
    };
    shown.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_values_are_as_high_as_they_are_beside_the_highest() {
        let drawn = |values: &[f64], columns| sparkline(values.iter().copied().map(Some), columns);
        assert_eq!(drawn(&[0.0, 1.0, 2.0, 4.0, 8.0], 5), "▁▁▂▄█");
        assert_eq!(drawn(&[100.0, 1.0, 2.0], 2), "▄█", "what is not shown sets no measure");
        assert_eq!(drawn(&[0.0, 0.0], 8), "▁▁");
        assert_eq!((drawn(&[], 8).as_str(), drawn(&[1.0], 0).as_str()), ("", ""));
        assert_eq!(sparkline([Some(1.0), None, Some(1.0)].into_iter(), 8), "█ █");
        assert_eq!(drawn(&[f64::NAN, f64::INFINITY, -1.0, 1.0], 8), "▁█▁█");
    }
}
