//! The beginning of a summary: which run it is of, and what it amounts to, without the numbers, which can be many megabytes.

use super::{SCHEMA, health::HealthStatusV1};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use std::fmt;

/// What a summary says of its run before the numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryHead {
    /// The scenario's name.
    pub name: String,
    /// SHA-256 of the scenario's file, hexadecimal.
    pub scenario_sha256: String,
    /// The environment of the file that was chosen.
    pub environment: Option<String>,
    /// The base URL that load went to.
    pub target: String,
    /// The command line that repeats it; empty where it is not known.
    pub command: String,
    /// Of how many generators' parts it was put together; 0 where one made it alone.
    pub parts: usize,
    /// Exit code of the run.
    pub exit_code: u8,
    /// Whether it ended before it had done what was planned.
    pub incomplete: bool,
    /// Whether its numbers are about the generator.
    pub saturated: bool,
}

impl SummaryHead {
    /// Reads the first bytes of a summary; the rest of it may be missing. `None` where they are not those of a summary
    /// that this version writes, or too few.
    pub fn read(beginning: &[u8]) -> Option<Self> {
        let mut found = Found::default();
        // That the document goes on, or ends in the middle, is no matter once everything is found.
        let _ = serde_json::Deserializer::from_slice(beginning).deserialize_map(Top(&mut found));
        let (run, verdict) = (found.run?, found.verdict?);
        (found.schema.as_deref() == Some(SCHEMA)).then_some(Self {
            name: run.name,
            scenario_sha256: run.scenario_sha256,
            environment: run.environment,
            target: run.target,
            command: run.command,
            parts: run.parts.len(),
            exit_code: verdict.exit_code,
            incomplete: verdict.incomplete,
            saturated: found.health.is_some_and(|health| health.status == HealthStatusV1::Saturated),
        })
    }
}

#[derive(Default)]
struct Found {
    schema: Option<String>,
    run: Option<RunHead>,
    verdict: Option<VerdictHead>,
    health: Option<HealthHead>,
}

#[derive(Deserialize)]
struct RunHead {
    name: String,
    scenario_sha256: String,
    environment: Option<String>,
    target: String,
    #[serde(default)]
    command: String,
    #[serde(default)]
    parts: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct VerdictHead {
    exit_code: u8,
    #[serde(default)]
    incomplete: bool,
}

#[derive(Deserialize)]
struct HealthHead {
    status: HealthStatusV1,
}

/// The document's own keys, up to the first that is about numbers.
struct Top<'f>(&'f mut Found);

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a summary")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "schema" => self.0.schema = map.next_value()?,
                "run" => self.0.run = map.next_value()?,
                "verdict" => self.0.verdict = map.next_value()?,
                "health" => self.0.health = map.next_value()?,
                _ => break,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> String {
        let run = json!({
            "id": "a-20260301T120000Z", "name": "a \"b\"", "scenario_sha256": "00ff", "target": "http://x", "seed": 1,
        });
        let verdict = json!({ "passed": true, "exit_code": 99, "reason": "so", "incomplete": false });
        let health = json!({ "status": "saturated", "findings": [{ "text": "late" }] });
        // Not by `json!`: it sorts keys, and the order counts.
        format!(
            "{{ \"schema\": {}, \"run\": {run}, \"verdict\": {verdict}, \"health\": {health}, \"thresholds\": [1, 2",
            json!(SCHEMA)
        )
    }

    #[test]
    fn the_beginning_is_enough() {
        let head = SummaryHead::read(document().as_bytes()).expect("it has all that is asked for");
        assert_eq!((head.name.as_str(), head.scenario_sha256.as_str()), ("a \"b\"", "00ff"));
        assert_eq!((head.exit_code, head.incomplete, head.saturated), (99, false, true));
        assert_eq!((head.environment, head.parts), (None, 0));
    }

    #[test]
    fn what_is_no_such_summary_is_refused() {
        let whole = document();
        for text in
            ["", "{", "[1]", "null", "\u{0}", &whole[..120], &whole.replace("summary/v1", "summary/v2")]
        {
            assert_eq!(SummaryHead::read(text.as_bytes()), None, "{text}");
        }
    }
}
