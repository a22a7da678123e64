//! Any text as each quantity. What is read is printed; what was printed reads back, and prints the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::model::{
    Percent, format_bytes, format_duration, parse_bytes, parse_duration, parse_rate, parse_share,
};
use std::time::Duration;

const TEN_YEARS: Duration = Duration::from_secs(315_360_000);

fuzz_target!(|text: &str| {
    if let Ok(duration) = parse_duration(text) {
        assert!(duration <= TEN_YEARS, "{duration:?}");
        let printed = format_duration(duration);
        let read = parse_duration(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
        assert_eq!(format_duration(read), printed, "{duration:?}");
        assert!(read.abs_diff(duration) <= resolution(duration), "{printed} of {duration:?}");
    }
    if let Ok(rate) = parse_rate(text) {
        assert!((0.0..=1e7).contains(&rate.per_second), "{rate:?}");
        let printed = format!("{}/s", rate.per_second);
        assert_eq!(parse_rate(&printed), Ok(rate), "{printed}");
    }
    if let Ok(bytes) = parse_bytes(text) {
        let printed = format_bytes(bytes);
        let read = parse_bytes(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
        assert_eq!(format_bytes(read), printed, "{bytes}");
    }
    if let Ok(share) = parse_share(text) {
        assert!((0.0..=1.0).contains(&share), "{share}");
        assert_eq!(parse_share(&share.to_string()), Ok(share));
    }
    if let Some(percent) = Percent::parse(text) {
        assert_eq!(Percent::parse(&percent.to_string()), Some(percent), "{percent}");
    }
});

/// What printing may round a duration by.
fn resolution(duration: Duration) -> Duration {
    match duration.as_nanos() {
        0..1_000_000 => Duration::from_nanos(1),
        1_000_000..1_000_000_000 => Duration::from_micros(1),
        _ => Duration::from_millis(1),
    }
}
