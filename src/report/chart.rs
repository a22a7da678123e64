//! A level over time, drawn with block characters.

use super::{
    format::{clock, level},
    text::width,
};
use std::time::Duration;

/// Rows of blocks. With the axis and its times a chart is six lines high.
const ROWS: usize = 4;
/// Eighths of a row, from none to all.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The fewest columns with which there is something to see.
const NARROWEST: usize = 12;

/// A chart of `levels` at equal distances over `duration`, in lines of at most `most` columns, indented by
/// `indent`. Where there are more levels than columns the highest counts. Empty where there is no level above 0.
pub(super) fn chart(levels: &[f64], duration: Duration, indent: usize, most: usize) -> String {
    let highest = levels.iter().copied().filter(|level| level.is_finite()).fold(0.0, f64::max);
    if highest <= 0.0 {
        return String::new();
    }
    let top = level(highest);
    let labels = width(&top);
    let columns = most.saturating_sub(indent + labels + 2).max(NARROWEST);
    // A load that is there or not needs no height.
    let rows = if levels.iter().all(|level| [0.0, highest].contains(level)) { 1 } else { ROWS };
    let heights: Vec<usize> =
        (0..columns).map(|column| height(sample(levels, column, columns), highest, rows)).collect();
    let mut text = String::new();
    for row in 0..rows {
        let (label, tick) = if row == 0 { (top.as_str(), '┤') } else { ("", '│') };
        let below = 8 * (rows - 1 - row);
        let blocks: String =
            heights.iter().map(|height| BLOCKS[height.saturating_sub(below).min(8)]).collect();
        text += format!("{:indent$}{label:>labels$} {tick}{blocks}", "").trim_end();
        text.push('\n');
    }
    text += &format!("{:indent$}{:>labels$} └{}\n", "", "0", "─".repeat(columns));
    text + &format!("{:1$}{2}\n", "", indent + labels + 1, times(duration, columns + 1))
}

/// The highest of the levels that fall into a column.
fn sample(levels: &[f64], column: usize, columns: usize) -> f64 {
    let first = column * levels.len() / columns;
    let behind = ((column + 1) * levels.len()).div_ceil(columns).max(first + 1);
    levels.iter().take(behind).skip(first).copied().fold(0.0, f64::max)
}

/// Eighths of rows. Only nothing has none.
fn height(level: f64, highest: f64, rows: usize) -> usize {
    let eighths = (level / highest * (rows * 8) as f64).round() as usize;
    if level > 0.0 { eighths.clamp(1, rows * 8) } else { 0 }
}

/// The start, the middle and the end of the time, as far apart as they are; without the middle where it is tight.
fn times(duration: Duration, columns: usize) -> String {
    let (start, middle, end) = ("0s", clock(duration / 2), clock(duration));
    let left = (columns / 2).saturating_sub(width(&middle) / 2);
    let right = columns.saturating_sub(width(&end));
    if left < start.len() + 2 || left + width(&middle) + 2 > right {
        return format!("{start}{end:>0$}", columns.saturating_sub(start.len()));
    }
    let mut line = format!("{start:left$}{middle}");
    line += &" ".repeat(right - width(&line));
    line + &end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(levels: &[f64], seconds: u64) -> String {
        chart(levels, Duration::from_secs(seconds), 2, 30)
    }

    #[test]
    fn a_ramp_a_hold_and_a_drop() {
        let levels: Vec<f64> = (0..40).map(f64::from).chain([40.0; 40]).chain([0.0; 20]).collect();
        let expected = [
            "  40 ┤       ▂▆███████████",
            "     │     ▃▇█████████████",
            "     │  ▂▅████████████████",
            "     │▃▆██████████████████",
            "   0 └────────────────────────",
            "     0s         50s      1m40s",
        ];
        assert_eq!(drawn(&levels, 100).lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_short_or_small_is_seen_all_the_same() {
        let mut levels = vec![1.0; 5_000];
        levels[2_501] = 1_000.0;
        let drawn = drawn(&levels, 5_000);
        assert_eq!(drawn.matches('█').count(), 4, "one column up to the top: {drawn}");
        assert!(drawn.lines().nth(3).is_some_and(|line| line.contains("▁▁▁▁")), "{drawn}");
    }

    #[test]
    fn a_level_that_stays_takes_one_row_and_no_level_none() {
        let drawn = drawn(&[0.0, 7.5, 7.5, 7.5], 30);
        assert_eq!(drawn.lines().count(), 3, "{drawn}");
        assert!(drawn.starts_with("  7.50 ┤     █████"), "{drawn}");
        assert_eq!(chart(&[], Duration::ZERO, 0, 80), "");
        assert_eq!(chart(&[0.0, f64::NAN], Duration::ZERO, 0, 80), "");
        assert!(!chart(&[1.0, f64::INFINITY, f64::NAN, -4.0, 2.0], Duration::ZERO, 0, 80).is_empty());
    }
}
