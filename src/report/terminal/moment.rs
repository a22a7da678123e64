//! At what time of day something happened, as a log of the target has it.

use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

/// The time of day so long after a start in RFC 3339 and UTC, in whole seconds, cut off and not rounded, as logs do it;
/// `None` where the start is no such time.
pub(super) fn time_of_day(started_at: &str, after: Duration) -> Option<String> {
    let (_, clock) = started_at.strip_suffix('Z')?.split_once('T')?;
    let mut fields = clock.splitn(3, ':');
    let (hours, minutes, seconds) = (fields.next()?, fields.next()?, fields.next()?);
    let whole: [u64; 2] = [hours.parse().ok()?, minutes.parse().ok()?];
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let seconds: u64 = seconds.parse().ok()?;
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let fraction = Duration::from_secs_f64(format!("0.{fraction}").parse().ok()?);
    let of_day = whole[0].checked_mul(3_600)?.checked_add(whole[1].checked_mul(60)?)?.checked_add(seconds)?;
    let at = (fraction + after).as_secs().checked_add(of_day)? % DAY;
    Some(format!("{:02}:{:02}:{:02}", at / 3_600, at / 60 % 60, at % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_goes_on_from_the_start() {
        for (start, millis, expected) in [
            ("2026-03-01T12:00:00.000Z", 100, "12:00:00"),
            ("2026-03-01T12:00:00.950Z", 100, "12:00:01"),
            ("2026-03-01T23:59:58Z", 3_000, "00:00:01"),
            ("2026-03-01T09:05:07.5Z", 3_600_500, "10:05:08"),
        ] {
            let told = time_of_day(start, Duration::from_millis(millis));
            assert_eq!(told.as_deref(), Some(expected), "{start} {millis}");
        }
    }

    #[test]
    fn what_is_no_such_time_has_none() {
        for start in [
            "",
            "12:00",
            "2026-03-01T12:00:00+01:00",
            "2026-03-01Tx:y:zZ",
            "T1:2:3.-5Z",
            "T1:2:3.eZ",
            "T1:2:3.1e9Z",
        ] {
            assert_eq!(time_of_day(start, Duration::from_secs(2)), None, "{start}");
        }
    }
}
