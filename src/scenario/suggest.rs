//! "Did you mean": the nearest known word, and the words of other tools for ours.

/// What k6, Locust, Artillery, Gatling and JMeter call it, and what it is called here.
const FOREIGN: &[(&str, &str)] = &[
    ("vus", "users"),
    ("user", "users"),
    ("startVUs", "start_users"),
    ("startRate", "start_rate"),
    ("preAllocatedVUs", "max_users"),
    ("maxVUs", "max_users"),
    ("arrivalRate", "rate"),
    ("arrivalCount", "iterations"),
    ("rampTo", "stages"),
    ("phases", "stages"),
    ("scenarios", "workloads"),
    ("options", "load"),
    ("gracefulStop", "graceful_stop"),
    ("gracefulRampDown", "graceful_ramp_down"),
    ("maxDuration", "max_duration"),
    ("sleep", "think_time"),
    ("sleep", "think"),
    ("pause", "think"),
    ("wait_time", "think_time"),
    ("think", "think_time"),
    ("host", "target"),
    ("baseUrl", "target"),
    ("base_url", "target"),
    ("beforeScenario", "on_start"),
    ("afterScenario", "on_stop"),
    ("capture", "extract"),
    ("assert", "expect"),
    ("asserts", "expect"),
    ("assertions", "expect"),
    ("checks", "check"),
    ("ensure", "thresholds"),
    ("threshold", "thresholds"),
    ("params", "query"),
    ("qs", "query"),
    ("data", "json"),
    ("payload", "json"),
    ("payload", "data"),
    ("feeders", "data"),
    ("feeder", "data"),
    ("feeds", "data"),
    ("feed", "data"),
    ("datasets", "data"),
    ("path", "file"),
    ("filename", "file"),
    ("fileName", "file"),
    ("csv", "file"),
    ("csv_file", "file"),
    ("values", "rows"),
    ("records", "rows"),
    ("items", "rows"),
    ("inline", "rows"),
    ("order", "pick"),
    ("strategy", "pick"),
    ("mode", "pick"),
    ("sharing", "per"),
    ("shareMode", "per"),
    ("scope", "per"),
    ("separator", "delimiter"),
    ("sep", "delimiter"),
    ("loop", "on_end"),
    ("stop_thread", "on_end"),
    ("stopThread", "on_end"),
    ("on_exhausted", "on_end"),
    ("recycle", "on_end"),
    ("sequence", "sequential"),
    ("circular", "sequential"),
    ("queue", "sequential"),
    ("order", "sequential"),
    ("rand", "random"),
    ("once", "unique"),
    ("vu", "user"),
    ("thread", "user"),
    ("session", "user"),
    ("loop", "recycle"),
    ("restart", "recycle"),
    ("repeat", "recycle"),
    ("circular", "recycle"),
    ("continue", "recycle"),
    ("stop", "stop_user"),
    ("stop_thread", "stop_user"),
    ("stopThread", "stop_user"),
    ("error", "fail"),
    ("abort", "fail"),
    ("throw", "fail"),
    ("vars", "variables"),
    ("status_code", "status"),
    ("statusCode", "status"),
    ("response_code", "status"),
    ("code", "status"),
    ("response_time", "duration"),
    ("timings.duration", "duration"),
    ("mean", "avg"),
    ("average", "avg"),
    ("median", "med"),
    ("env", "environments"),
    ("http_req_response", "http_req_response_time"),
    ("errors", "http_errors"),
];

/// The known word that `word` was probably meant to be.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let foreign = FOREIGN.iter().find(|(theirs, ours)| *theirs == word && known.contains(ours));
    if let Some((_, ours)) = foreign {
        return known.into_iter().find(|candidate| candidate == ours);
    }
    let folded = word.to_lowercase().replace('-', "_");
    let most = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The words as a list for a message: `a`, `b` or `c`.
pub fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_word() {
        let known = ["users", "duration", "stages", "rate"];
        assert_eq!(nearest("user", known), Some("users"));
        assert_eq!(nearest("vus", known), Some("users"));
        assert_eq!(nearest("duratoin", known), Some("duration"));
        assert_eq!(nearest("banana", known), None);
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
