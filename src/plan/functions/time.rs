//! What time it is for an expression: the civil time at the start of the run and what has passed since.

use super::table::{Answer, Arguments, Misuse};
use crate::model::parse_duration;
use jiff::{SignedDuration, Timestamp, fmt::strtime, tz::TimeZone};
use serde_json::Value as Json;

/// A moment, in UTC.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct Moment(Timestamp);

impl Moment {
    pub fn from_unix_nanos(nanos: i64) -> Result<Self, Misuse> {
        let moment = Timestamp::from_nanosecond(i128::from(nanos)).map(Self);
        moment.map_err(|error| Misuse::new(error.to_string(), "set the clock of this machine"))
    }
}

/// RFC 3339 with milliseconds.
pub(super) fn now(Moment(now): Moment, _: &Arguments<'_>) -> Answer {
    Ok(Json::from(format!("{now:.3}")))
}

pub(super) fn timestamp(Moment(now): Moment, _: &Arguments<'_>) -> Answer {
    Ok(Json::from(now.as_second()))
}

pub(super) fn timestamp_ms(Moment(now): Moment, _: &Arguments<'_>) -> Answer {
    Ok(Json::from(now.as_millisecond()))
}

const FORMAT_HELP: &str =
    "for example \"%Y-%m-%d\", \"%H:%M:%S\", \"%FT%TZ\" or \"%a, %d %b %Y\", after C's strftime";

const OFFSET_HELP: &str = "for example \"1d\", \"-7d\", \"2h30m\" or \"-90s\"";

pub(super) fn date(Moment(now): Moment, arguments: &Arguments<'_>) -> Answer {
    let offset = match arguments.value(1) {
        Json::Null => SignedDuration::ZERO,
        Json::String(text) => signed_duration(text).map_err(|problem| {
            arguments.misuse(&format!("is given an offset that it cannot read: {problem}"), OFFSET_HELP)
        })?,
        other => {
            let remedy = format!("write the unit as well, for example \"{other}d\" or \"-1h30m\"");
            return Err(arguments.misuse("takes an offset with its unit, in quotes", remedy));
        }
    };
    let moment = now.checked_add(offset);
    let moment = moment.map_err(|_| arguments.misuse("leaves the calendar", "take a smaller offset"))?;
    let format = arguments.text(0);
    if format.is_empty() {
        return Err(arguments.misuse("needs a format", FORMAT_HELP));
    }
    let text = strtime::format(&format, &moment.to_zoned(TimeZone::UTC));
    text.map(Json::from).map_err(|error| {
        let problem = error.to_string();
        let cause = problem.rsplit_once("failed: ").map_or(problem.as_str(), |(_, cause)| cause);
        arguments.misuse(&format!("cannot use the format \"{format}\": {cause}"), FORMAT_HELP)
    })
}

/// `-1d`, `+90m` or `2h30m`.
fn signed_duration(text: &str) -> Result<SignedDuration, String> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let duration = parse_duration(rest).map_err(|error| error.problem)?;
    let duration = SignedDuration::try_from(duration).map_err(|error| error.to_string())?;
    Ok(duration * sign)
}
