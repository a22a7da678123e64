//! Latencies over time: how many requests took how long when. Colours are a page's business.

use crate::measure::{Point, Series, SparseLatency};
use std::{collections::BTreeMap, time::Duration};

/// Most columns; intervals are put together until no more are left, whether or not there is a point in each of them.
const MOST_COLUMNS: u32 = 240;
/// Rows of a power of ten, in equal steps of the logarithm.
const ROWS_PER_DECADE: f64 = 12.0;

/// How many requests took how long when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatMap {
    /// Length of a column. One with a hole at its edge is shorter, and one whose last point goes on beyond it longer.
    pub interval: Duration,
    /// Upper ends of the rows in milliseconds, ascending. A row begins where the one below it ends.
    pub bounds_ms: Vec<f64>,
    /// The columns, oldest first.
    pub columns: Vec<HeatColumn>,
}

/// The points that begin in an interval of a heat map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeatColumn {
    /// The start of the first of them, from the start of the run.
    pub start: Duration,
    /// The end of the last of them, from the start of the run.
    pub end: Duration,
    /// Requests by row; rows without any are left out.
    pub counts: BTreeMap<usize, u64>,
}

impl HeatMap {
    /// The distribution that `times` takes from each of the points, over time.
    pub fn new(series: &Series, times: impl Fn(&Point) -> &SparseLatency) -> Self {
        let together = together(series);
        let interval = series.interval() * together;
        let rows = |point: &Point| -> Vec<(i32, u64)> {
            times(point).recorded().map(|(micros, count)| (row(micros), count)).collect()
        };
        let all: Vec<(&Point, Vec<(i32, u64)>)> =
            series.points().iter().map(|point| (point, rows(point))).collect();
        let seen = || all.iter().flat_map(|(_, rows)| rows.iter().map(|(row, _)| *row));
        let (Some(lowest), Some(highest)) = (seen().min(), seen().max()) else { return Self::default() };
        let mut columns: BTreeMap<u32, HeatColumn> = BTreeMap::new();
        for (point, rows) in &all {
            let first = || HeatColumn { start: point.start, ..HeatColumn::default() };
            let column = columns.entry(place(point.start, interval)).or_insert_with(first);
            column.end = point.start + point.span;
            for (row, count) in rows {
                *column.counts.entry((row - lowest) as usize).or_default() += count;
            }
        }
        Self {
            interval,
            bounds_ms: (lowest..=highest).map(upper_end_ms).collect(),
            columns: columns.into_values().collect(),
        }
    }
}

/// How many intervals make a column. Holes count: they take room on the axis of time.
fn together(series: &Series) -> u32 {
    let last = series.points().last().map_or(0, |point| place(point.start, series.interval()));
    last / MOST_COLUMNS + 1
}

/// In which of the lengths of time that follow each other a moment lies.
fn place(moment: Duration, length: Duration) -> u32 {
    u32::try_from(moment.as_nanos() / length.as_nanos().max(1)).unwrap_or(u32::MAX)
}

/// The row of a time in µs, counted from that which ends with 1 µs.
fn row(micros: u64) -> i32 {
    ((micros.max(1) as f64).log10() * ROWS_PER_DECADE).ceil() as i32
}

fn upper_end_ms(row: i32) -> f64 {
    10_f64.powf(f64::from(row) / ROWS_PER_DECADE) / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Latency;

    fn series(seconds: u64, micros: impl Fn(u64) -> u64) -> Series {
        let mut series = Series::new(Duration::from_secs(1));
        for second in 0..seconds {
            let mut latency = Latency::new();
            latency.record(Duration::from_micros(micros(second)));
            let duration = SparseLatency::of(&latency);
            series.push(Point { start: Duration::from_secs(second), duration, ..Point::default() });
        }
        series
    }

    #[test]
    fn no_sample_is_lost_and_each_lies_below_its_bound() {
        let map = HeatMap::new(&series(1_000, |second| 100 + second * 997), |point| &point.duration);
        assert!(map.columns.len() <= MOST_COLUMNS as usize);
        assert_eq!(map.interval, Duration::from_secs(5));
        let counts = map.columns.iter().flat_map(|column| column.counts.values());
        assert_eq!(counts.sum::<u64>(), 1_000);
        assert!(map.bounds_ms.is_sorted() && map.bounds_ms[0] >= 0.1);
        assert!((997.0..1_210.0).contains(map.bounds_ms.last().expect("rows")), "{:?}", map.bounds_ms);
    }

    #[test]
    fn a_hole_moves_no_sample_to_an_earlier_column() {
        let mut with_hole = Series::new(Duration::from_secs(1));
        let whole = series(600, |second| 1_000 + second);
        let outside = |point: &&Point| !(101..300).contains(&point.start.as_secs());
        whole.points().iter().filter(outside).for_each(|point| with_hole.push(point.clone()));
        let map = HeatMap::new(&with_hole, |point| &point.duration);
        assert_eq!(map.interval, Duration::from_secs(3));
        let (mut seen, mut all) = (BTreeMap::new(), BTreeMap::new());
        for column in &map.columns {
            seen.insert(column.start.as_secs(), column.counts.values().sum::<u64>());
        }
        for point in with_hole.points() {
            *all.entry(point.start.as_secs() / 3 * 3).or_insert(0_u64) += 1;
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_column_lasts_from_its_first_point_to_the_end_of_its_last() {
        let mut with_long = Series::new(Duration::from_secs(1));
        for mut point in series(600, |second| 1_000 + second).points().iter().cloned() {
            match point.start.as_secs() {
                31 => point.span = Duration::from_secs(9),
                32..40 | 101..=300 => continue,
                _ => {}
            }
            with_long.push(point);
        }
        let map = HeatMap::new(&with_long, |point| &point.duration);
        let lasts = |column: &HeatColumn| (column.start.as_secs(), column.end.as_secs());
        let lasts: Vec<(u64, u64)> = map.columns.iter().map(lasts).collect();
        assert_eq!(lasts[..2], [(0, 3), (3, 6)]);
        assert_eq!(lasts[10..12], [(30, 40), (40, 42)], "a long point leaves no hole");
        assert!(lasts.contains(&(99, 101)) && lasts.contains(&(301, 303)), "a hole is none's: {lasts:?}");
        assert!(lasts.is_sorted_by(|one, next| one.1 <= next.0), "{lasts:?}");
    }

    #[test]
    fn without_a_sample_there_is_no_map() {
        let empty = HeatMap::new(&Series::new(Duration::from_secs(1)), |point| &point.duration);
        assert_eq!(empty, HeatMap::default());
    }
}
