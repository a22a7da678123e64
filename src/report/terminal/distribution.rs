//! How the times of all requests are spread: a bar for each range of times, and where the percentiles lie. The ranges grow
//! as the times do, since what is worth telling apart does, too.

use super::tables::Doubts;
use crate::{
    measure::Latency,
    model::{Catalog, Percent, format_duration},
    report::{
        format::{count, counted, percent, time},
        paint::Paint,
        percentile::Percentile,
        text::{width, wrap},
        totals::Totals,
    },
};
use std::time::Duration;

/// With fewer samples there is no shape to see.
const FEWEST: u64 = 10;
/// The most bars.
const MOST_ROWS: usize = 11;
/// A bar longer than this is not seen better.
const LONGEST_BAR: usize = 50;
/// Eighths of a column.
const BLOCKS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// Ends of ranges in each decade, from fine to coarse, in tenths.
const SERIES: [&[u64]; 5] =
    [&[10, 12, 15, 20, 25, 30, 40, 50, 60, 80], &[10, 15, 20, 30, 50, 70], &[10, 20, 50], &[10, 30], &[10]];
/// The percentiles that are pointed at.
const MARKED: [Percentile; 3] = [Percentile::P50, Percentile::P95, Percentile::P99];

/// The chart of the time that says most about the target: the response time where load arrives at a rate, and otherwise
/// the service time. Empty where too little was measured.
pub(super) fn chart(
    catalog: &Catalog,
    totals: &Totals,
    doubts: &mut Doubts,
    most: usize,
    paint: Paint,
) -> String {
    let is_open = catalog.workloads.iter().any(|workload| workload.is_open);
    let (name, latency) = match is_open {
        true => ("Response time", &totals.all.response_time),
        false => ("Service time", &totals.all.duration),
    };
    if latency.count() < FEWEST {
        return String::new();
    }
    let title = format!("{name} of {}", counted(latency.count(), "request"));
    let title: String = wrap(&title, most).iter().map(|line| paint.strong(line) + "\n").collect();
    title + &bars(&spread(latency), latency, doubts, most, paint)
}

/// A range of times.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    /// Its upper end, which is in it, in ns; `None`: all that is longer.
    until: Option<u64>,
    /// Samples in it.
    count: u64,
}

/// The samples in ranges of which each begins where the one before it ends; the first begins at nothing.
fn spread(latency: &Latency) -> Vec<Range> {
    let highest = latency.max().map_or(0, nanos);
    // The same as percentiles are: the end of a bucket, or the maximum in the last one.
    let samples: Vec<(u64, u64)> =
        latency.recorded().map(|(micros, n)| (micros.saturating_mul(1_000).min(highest), n)).collect();
    let last = samples.last().map_or(0, |(at, _)| *at);
    let ends = ends(latency, last);
    let mut ranges: Vec<Range> = ends.iter().map(|end| Range { until: Some(*end), count: 0 }).collect();
    if ends.last().is_some_and(|end| *end < last) {
        ranges.push(Range { until: None, count: 0 });
    }
    let longest = ranges.len().saturating_sub(1);
    for (at, n) in samples {
        if let Some(range) = ranges.get_mut(position(&ends, at).min(longest)) {
            range.count += n;
        }
    }
    ranges
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn position(ends: &[u64], at: u64) -> usize {
    ends.partition_point(|end| *end < at)
}

/// The finest ends that give few enough ranges: up to the longest sample or, where that is too far off to tell the others
/// apart, to p99 and one range for what is beyond. What is shorter than nearly all belongs to the first range.
fn ends(latency: &Latency, last: u64) -> Vec<u64> {
    let at = |percent| latency.percentile(percent).map_or(last, nanos).min(last);
    let (first, most) = (at(Percent::whole(1)), at(Percentile::P99.percent));
    let [.., coarsest] = SERIES;
    let whole = SERIES[..2].iter().map(|series| (*series, last, MOST_ROWS));
    let without_tail = SERIES.iter().map(|series| (*series, most, MOST_ROWS - 1));
    let mut tried = whole.chain(without_tail);
    let fitting = tried.find_map(|(series, until, rows)| {
        let ends = ends_of(series, first, until);
        (ends.len() <= rows).then_some(ends)
    });
    fitting.unwrap_or_else(|| ends_of(coarsest, first, most))
}

/// The ends of a series from the one at or above `first` to the one at or above `last`.
fn ends_of(series: &[u64], first: u64, last: u64) -> Vec<u64> {
    // Tenths of a microsecond, which nothing is told apart below.
    let decades = std::iter::successors(Some(100_u64), |decade| decade.checked_mul(10));
    let all = decades.flat_map(|decade| series.iter().filter_map(move |tenths| tenths.checked_mul(decade)));
    let mut ends = Vec::new();
    for end in all.skip_while(|end| *end < first) {
        ends.push(end);
        if end >= last {
            break;
        }
    }
    ends
}

/// What stands in a line besides its bar.
struct Line {
    range: String,
    count: String,
    share: String,
    marks: String,
}

fn bars(ranges: &[Range], latency: &Latency, doubts: &mut Doubts, most: usize, paint: Paint) -> String {
    let ends: Vec<u64> = ranges.iter().filter_map(|range| range.until).collect();
    let lines: Vec<Line> = (ranges.iter().enumerate())
        .map(|(index, range)| Line {
            range: match (range.until, ends.last()) {
                (Some(end), _) => format!("≤ {}", format_duration(Duration::from_nanos(end))),
                (None, end) => format!("> {}", format_duration(Duration::from_nanos(*end.unwrap_or(&0)))),
            },
            count: count(range.count),
            share: percent(range.count, latency.count()),
            marks: marks(index, ranges.len() - 1, &ends, latency, doubts),
        })
        .collect();
    let widest = |part: fn(&Line) -> &str| lines.iter().map(|line| width(part(line))).max().unwrap_or(0);
    let [range, number, share] =
        [widest(|line| &line.range), widest(|line| &line.count), widest(|line| &line.share)];
    let taken = 2 + range + 2 + number + 2 + share + 2 + 1 + widest(|line| &line.marks);
    let longest = most.saturating_sub(taken).clamp(1, LONGEST_BAR);
    let highest = ranges.iter().map(|range| range.count).max().unwrap_or(0);
    let drawn = lines.iter().zip(ranges).map(|(line, seen)| {
        let bar = bar(seen.count, highest, longest);
        let gap = if bar.is_empty() || line.marks.is_empty() { "" } else { " " };
        let numbers = format!("  {:<range$}  {:>number$}  {:>share$}  ", line.range, line.count, line.share);
        let text = format!("{numbers}{bar}{gap}");
        if line.marks.is_empty() {
            text.trim_end().to_owned() + "\n"
        } else {
            text + &paint.strong(&line.marks) + "\n"
        }
    });
    drawn.collect()
}

/// The percentiles that lie in a range, with the mark of those that are not to be relied on.
fn marks(index: usize, last: usize, ends: &[u64], latency: &Latency, doubts: &mut Doubts) -> String {
    let marks = MARKED.iter().filter_map(|percentile| {
        let at = nanos(latency.percentile(percentile.percent)?);
        (position(ends, at).min(last) == index).then(|| doubts.name(latency, *percentile))
    });
    // How far beyond its beginning the last range goes.
    let max = latency.max().filter(|_| index == ends.len()).map(|max| format!("max {}", time(max)));
    marks.chain(max).collect::<Vec<_>>().join(" ")
}

/// A bar of eighths of columns. Only nothing has none.
fn bar(count: u64, highest: u64, longest: usize) -> String {
    let eighths = (count as f64 / highest.max(1) as f64 * (longest * 8) as f64).round() as usize;
    let eighths = if count > 0 { eighths.clamp(1, longest * 8) } else { 0 };
    "█".repeat(eighths / 8) + BLOCKS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    fn of(micros: impl IntoIterator<Item = u64>) -> Latency {
        let mut latency = Latency::new();
        micros.into_iter().for_each(|us| latency.record(Duration::from_micros(us)));
        latency
    }

    fn drawn(latency: &Latency, most: usize) -> String {
        bars(&spread(latency), latency, &mut Doubts::default(), most, Paint { color: false })
    }

    #[test]
    fn two_peaks_and_a_tail_are_seen() {
        let fast = (0..400).map(|n| 700 + n);
        let slow = (0..600).map(|n| 3_000 + 3 * n);
        let text = drawn(&of(fast.chain(slow).chain([60_000, 2_000_000])), 60);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 10, "{text}");
        for (row, expected) in rows.iter().zip([
            ("  ≤ 800us  101", "█"),
            ("  ≤ 1ms    200", "█"),
            ("  ≤ 1.2ms   99", "█"),
            ("  ≤ 1.5ms    0", "0%"),
            ("  ≤ 2ms      0", "0%"),
            ("  ≤ 2.5ms    0", "0%"),
            ("  ≤ 3ms      0", "0%"),
            ("  ≤ 4ms    334", "█ p50"),
            ("  ≤ 5ms    266", "█▌ p95 p99"),
            ("  > 5ms      2", "▏ max 2.00s"),
        ]) {
            assert!(row.starts_with(expected.0) && row.contains(expected.1), "{text}");
        }
    }

    #[test]
    fn what_lies_close_together_is_told_apart() {
        let ranges = spread(&of((0..1_000).map(|n| 10_000 + 20 * n)));
        assert!((5..=MOST_ROWS).contains(&ranges.len()), "{ranges:?}");
        let text = drawn(&of((0..1_000).map(|n| 10_000 + 20 * n)), 80);
        assert!(text.contains("≤ 12ms") && text.contains("≤ 15ms"), "{text}");
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_of_the_longest() {
        assert_eq!([0, 1, 50, 100].map(|n| bar(n, 100, 4)), ["", "▏", "██", "████"]);
        assert_eq!(bar(1, 1_000_000, 10), "▏", "a single one is seen");
    }

    #[test]
    fn a_percentile_of_few_samples_is_marked() {
        let text = drawn(&of((0..20).map(|n| 1_000 * (n + 1))), 80);
        assert!(text.contains(" p50") && text.contains("~p99"), "{text}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_every_line_fits(
            samples in prop::collection::vec((0..4_000_000_000_u64, 1..50_usize), 1..60),
            shift in 0..32_u32,
            most in 60..200_usize,
        ) {
            let latency = of(samples.into_iter().flat_map(|(us, n)| std::iter::repeat_n(us >> shift, n)));
            let ranges = spread(&latency);
            prop_assert_eq!(ranges.iter().map(|range| range.count).sum::<u64>(), latency.count());
            prop_assert!(ranges.len() <= MOST_ROWS, "{ranges:?}");
            prop_assert!(ranges.last().is_some_and(|range| range.count > 0));
            let ends: Vec<u64> = ranges.iter().filter_map(|range| range.until).collect();
            prop_assert!(ends.is_sorted() && ranges.len() - ends.len() <= 1);
            let text = drawn(&latency, most);
            prop_assert_eq!(text.lines().count(), ranges.len());
            prop_assert_eq!(text.matches("p95").count(), 1);
            for line in text.lines() {
                prop_assert!(line.chars().count() <= most, "{}: {}", most, line);
            }
        }

        /// Up to where buckets are as fine as the clock, the counts are those of the samples themselves.
        #[test]
        fn counts_are_exact(samples in prop::collection::vec(1..2_000_u64, 10..300)) {
            let ranges = spread(&of(samples.iter().copied()));
            let mut before = 0;
            for range in ranges {
                let until = range.until.map_or(u64::MAX, |end| end / 1_000);
                let expected = samples.iter().filter(|us| (before + 1..=until).contains(us)).count();
                prop_assert_eq!(range.count, expected as u64);
                before = until;
            }
        }
    }

    #[test]
    fn beyond_an_hour_and_nothing_at_all_have_a_bar() {
        let mut latency = of([0; 12]);
        assert_eq!(spread(&latency).len(), 1);
        latency.record(MS * 7_200_000);
        assert_eq!(spread(&latency).iter().map(|range| range.count).sum::<u64>(), 13);
    }
}
