//! JSON and JSON Lines files to rows, or what is wrong with them, row by row.

use super::report::Report;
use crate::model::format_bytes;
use serde_json::{Value as Json, error::Category};
use std::io::Read;

/// Most bytes of a JSON file: its values take several times as much memory as their text.
pub(super) const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// Reads a list of objects; `None` where there was anything wrong, which is reported.
pub(super) fn read_list(source: impl Read, most: u64, mut report: Report<'_>) -> Option<Vec<Json>> {
    let rows = text(source, most, &mut report).and_then(|text| list(&text, &mut report));
    if let Some(rows) = &rows {
        check_rows(rows, |index| format!("item {}", index + 1), &mut report);
    }
    let sound = report.finish();
    rows.filter(|_| sound)
}

/// Reads an object from each line; `None` where there was anything wrong, which is reported.
pub(super) fn read_lines(source: impl Read, most: u64, mut report: Report<'_>) -> Option<Vec<Json>> {
    let rows = text(source, most, &mut report).map(|text| lines(&text, &mut report));
    let sound = report.finish();
    rows.filter(|_| sound)
}

fn text(source: impl Read, most: u64, report: &mut Report<'_>) -> Option<String> {
    let mut bytes = Vec::new();
    if let Err(error) = source.take(most + 1).read_to_end(&mut bytes) {
        report.file(&format!("could not be read to its end: {error}"));
        return None;
    }
    if bytes.len() as u64 > most {
        let fault = report
            .file(&format!("is larger than {}, the most that a JSON feed can have", format_bytes(most)));
        fault.label("take fewer rows, or write a CSV file, which may have 2 GiB");
        return None;
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        report.file("is UTF-16").label("it must be UTF-8").help("save the file as UTF-8");
        return None;
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let (before, rest) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let byte = rest.first().copied().unwrap_or_default();
        if let Some(fault) = report.row(&format!("line {line}"), &format!("byte 0x{byte:02X} is not UTF-8")) {
            fault.label("it must be UTF-8").help("save the file as UTF-8");
        }
    });
    let text = text.ok()?;
    if text.trim().is_empty() {
        report.file("is empty").label("at least one row is wanted");
        return None;
    }
    Some(text)
}

fn list(text: &str, report: &mut Report<'_>) -> Option<Vec<Json>> {
    let problem = match serde_json::from_str(text) {
        Ok(Json::Array(rows)) if rows.is_empty() => "has an empty list".to_owned(),
        Ok(Json::Array(rows)) => return Some(rows),
        Ok(other) => format!("holds {}, a feed needs a list of objects", kind(&other)),
        Err(error) => {
            not_json(&error, text, report);
            return None;
        }
    };
    report.file(&problem).label("the file must be `[ { … }, { … } ]`, with a row in each `{ }`");
    None
}

fn not_json(error: &serde_json::Error, text: &str, report: &mut Report<'_>) {
    let place = format!("line {}, column {}", error.line(), error.column());
    if let Some(fault) = report.row(&place, &format!("this is not JSON: {}", reason(error))) {
        fault.label("the file must be `[ { … }, { … } ]`, with a row in each `{ }`");
        // A whole object, and then another one.
        if text.trim_start().starts_with('{') && reason(error) == "trailing characters" {
            fault.help("a file with an object on each line is called `.jsonl`");
        }
    }
}

/// The parser's message without the place, which stands in front.
fn reason(error: &serde_json::Error) -> String {
    if error.classify() == Category::Eof {
        return "it ends too early".to_owned();
    }
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or_else(|| text.clone(), |(reason, _)| reason.to_owned())
}

fn lines(text: &str, report: &mut Report<'_>) -> Vec<Json> {
    let mut rows = Vec::new();
    let written = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in written {
        match serde_json::from_str::<Json>(line) {
            Ok(row @ Json::Object(_)) => rows.push(row),
            Ok(other) => {
                not_a_row(&format!("line {number}"), &other, report);
            }
            Err(error) => {
                let place = format!("line {number}, column {}", error.column());
                let problem = format!("this is not JSON: {}", reason(&error));
                if let Some(fault) = report.row(&place, &problem) {
                    fault.label("each line must be an object, `{ … }`");
                }
            }
        }
    }
    rows
}

fn check_rows(rows: &[Json], place: impl Fn(usize) -> String, report: &mut Report<'_>) {
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_object()) {
        not_a_row(&place(index), row, report);
    }
}

fn not_a_row(place: &str, found: &Json, report: &mut Report<'_>) {
    if let Some(fault) = report.row(place, &format!("a row is an object, this is {}", kind(found))) {
        fault.label("each row must be an object, `{ … }`");
    }
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "`null`",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
