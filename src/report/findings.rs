//! What was found in scenario files, for other programs: JSON, and the annotations of GitHub's workflows.

use super::github::{Annotation, Level};
use crate::model::Finding;
use serde::Serialize;

/// The version of the JSON's shape.
const SCHEMA: &str = "loadgen/findings/v1";

#[derive(Serialize)]
struct FindingsV1<'f> {
    schema: &'static str,
    valid: bool,
    files: Vec<FileV1<'f>>,
}

#[derive(Serialize)]
struct FileV1<'f> {
    file: &'f str,
    valid: bool,
    findings: Vec<FindingV1<'f>>,
}

#[derive(Serialize)]
struct FindingV1<'f> {
    severity: &'static str,
    place: &'f str,
    line: usize,
    column: usize,
    text: &'f str,
    message: &'f str,
    label: &'f str,
    help: &'f [String],
}

/// The findings by file, as JSON with a line end.
pub fn json(files: &[String], findings: &[Finding]) -> String {
    let of =
        |file: &String| -> Vec<&Finding> { findings.iter().filter(|found| found.file == *file).collect() };
    let listed = files.iter().map(|file| {
        let found = of(file);
        FileV1 { file, valid: found.is_empty(), findings: found.iter().map(|found| finding(found)).collect() }
    });
    let all = FindingsV1 { schema: SCHEMA, valid: findings.is_empty(), files: listed.collect() };
    // Texts and numbers alone cannot fail to be written.
    let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
    text.push('\n');
    text
}

fn finding(found: &Finding) -> FindingV1<'_> {
    FindingV1 {
        severity: "error",
        place: &found.place,
        line: found.line,
        column: found.column,
        text: &found.text,
        message: &found.message,
        label: &found.label,
        help: &found.help,
    }
}

/// The findings as workflow commands, which GitHub shows at their lines.
pub fn github(findings: &[Finding]) -> String {
    findings.iter().map(annotation).collect()
}

fn annotation(found: &Finding) -> String {
    let mut message = found.message.clone();
    if !found.label.is_empty() {
        message += &format!(": {}", found.label);
    }
    for help in &found.help {
        message += &format!("\n{help}");
    }
    let (line, column) = (Some(found.line), Some(found.column));
    let (file, title) = (found.file.clone(), "loadgen".to_owned());
    Annotation { level: Level::Error, file, line, column, title, message }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Finding {
        Finding {
            file: "a,b.yaml".into(),
            place: "a,b.yaml".into(),
            line: 3,
            column: 5,
            text: "wieght".into(),
            message: "unknown key `wieght`, 100% wrong".into(),
            label: "did you mean `weight`?".into(),
            help: vec!["a line".into()],
        }
    }

    #[test]
    fn annotations_escape_what_githubs_commands_would_take_apart() {
        let wanted = "::error file=a%2Cb.yaml,line=3,col=5,title=loadgen::\
                      unknown key `wieght`, 100%25 wrong: did you mean `weight`?%0Aa line\n";
        assert_eq!(github(&[found()]), wanted);
    }

    #[test]
    fn json_lists_every_file_also_the_sound_ones() {
        let files = ["a,b.yaml".to_owned(), "good.yaml".to_owned()];
        let read: serde_json::Value = serde_json::from_str(&json(&files, &[found()])).expect("JSON");
        assert_eq!(read["valid"], false);
        assert_eq!(read["files"][0]["findings"][0]["line"], 3);
        assert_eq!(
            (&read["files"][1]["valid"], read["files"][1]["findings"].as_array().map(Vec::len)),
            (&true.into(), Some(0))
        );
    }
}
