//! Any bytes as a journal: line by line, and as the lines behind a header that is sound. What is read is put together,
//! judged, printed and written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::{
    judge::{Gates, health, verdict},
    measure::Collector,
    model::Ending,
    report::{
        Results,
        journal_v1::{Entry, Header, interval_line, read_header, read_line},
        summary_v1::summary,
        terminal::{TerminalOptions, final_report},
    },
};
use std::time::Duration;

const SOUND: &str = include_str!("../seeds/journal_read/small");

fuzz_target!(|input: &[u8]| {
    let mut lines = input.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    match read_header(first) {
        Ok(header) => put_together(&header, lines),
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    let sound = SOUND.lines().next().unwrap_or_default();
    let header = read_header(sound.as_bytes()).expect("the seed is sound");
    put_together(&header, input.split_inclusive(|byte| *byte == b'\n'));
});

fn put_together<'l>(header: &Header, lines: impl Iterator<Item = &'l [u8]>) {
    let catalog = &header.catalog;
    let mut collector = Collector::new(catalog, 1, header.interval);
    let mut gates = Gates::new(&header.thresholds, catalog);
    let mut elapsed = Duration::ZERO;
    for line in lines {
        match read_line(line, catalog) {
            Ok(Entry::Interval(interval)) => {
                let _ = gates.look(&interval);
                collector.replay(&interval);
                assert!(
                    read_line(&interval_line(&interval, catalog), catalog).is_ok(),
                    "what was read is written"
                );
            }
            Ok(Entry::End(end)) => elapsed = end.elapsed,
            Ok(Entry::Start(_)) => {}
            Err(fault) => assert!(!fault.to_string().is_empty()),
        }
    }
    let snapshot = collector.snapshot(elapsed);
    let (thresholds, health) = (gates.judge(&snapshot, catalog), health(&snapshot, catalog));
    let verdict = verdict(&thresholds, &snapshot, &Ending::Completed, &health, header.allow_saturated);
    let results = Results {
        info: &header.info,
        snapshot: &snapshot,
        catalog,
        verdict: &verdict,
        health: &health,
        thresholds: &thresholds,
    };
    let written = summary(&results).to_json();
    assert!(!written.is_empty());
    let options =
        TerminalOptions { width: 80, color: false, files: Vec::new(), earlier: None, against: None };
    let told = final_report(&results, &options);
    assert!(!told.is_empty());
}
