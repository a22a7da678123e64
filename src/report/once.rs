//! Single exchanges as people read them who write a scenario: what was sent, what came back, and what the
//! scenario made of it.
//!
//! Secrets are masked by whoever made the record; here they cannot be told from other text.

use super::{
    format::time,
    paint::{Mark, Paint},
    pretty::{Pretty, pretty},
    text::{beginning, inert, wrap},
};
use crate::model::{CheckRecord, ExchangeRecord, ExtractRecord, ResponseRecord, TaskResult, format_bytes};

/// Narrower than this nothing can be read: it is printed as if the terminal had so many columns.
const NARROWEST: usize = 60;
/// Lines of a body that are shown, and characters.
const MOST_LINES: usize = 20;
const MOST_CHARS: usize = 2_048;
/// Headers of one message that are shown.
const MOST_HEADERS: usize = 40;
/// Lines that one URL, header or remark may take.
const MOST_WRAPPED: usize = 4;
/// How far headers and bodies stand in.
const INDENT: &str = "    ";

/// An exchange in lines of at most `width` columns (60 where that is less), the last one with a line end.
///
/// Nothing of the target in it can steer a terminal: no control character but line ends, and the escapes of
/// colours if they are asked for, leaves this function.
pub fn exchange_text(record: &ExchangeRecord, width: usize, color: bool) -> String {
    let (width, paint) = (width.max(NARROWEST), Paint { color });
    let mut text = title(record, width, paint);
    text += &block("> ", &format!("{} {}", record.method, record.url), width);
    text += &headers(&record.request_headers, width, paint);
    if let Some(sent) = record.request_body.as_ref().filter(|sent| !sent.is_empty()) {
        text += &body(sent, sent.len() as u64, says_json(&record.request_headers), width, paint);
    }
    text += &match &record.outcome {
        Ok(response) => self::response(response, record, width, paint),
        Err(cause) => no_response(cause, record, width, paint),
    };
    text.extend(record.checks.iter().map(|record| check(record, width, paint)));
    text.extend(record.extracts.iter().map(|record| extract(record, width, paint)));
    text
}

/// How each task went, a line each, and how many failed.
pub fn once_summary(tasks: &[(String, TaskResult)], width: usize, color: bool) -> String {
    let (width, paint) = (width.max(NARROWEST), Paint { color });
    let mut text = String::new();
    for (name, result) in tasks {
        text += &match result {
            TaskResult::Passed => marked(Mark::Good, name, width, paint),
            TaskResult::Failed(reason) => marked(Mark::Bad, &format!("{name}: {reason}"), width, paint),
        };
    }
    let failed = tasks.iter().filter(|(_, result)| *result != TaskResult::Passed).count();
    let noun = if tasks.len() == 1 { "task" } else { "tasks" };
    let sum = match failed {
        0 => format!("{} {noun} passed", tasks.len()),
        _ => format!("{failed} of {} {noun} failed", tasks.len()),
    };
    text + &paint.strong(&sum) + "\n"
}

fn title(record: &ExchangeRecord, width: usize, paint: Paint) -> String {
    let title = if record.name == record.task {
        record.task.clone()
    } else {
        format!("{}: {}", record.task, record.name)
    };
    paint.strong(&beginning(&title, width)) + "\n"
}

/// A text behind a sign, its further lines standing in as far, at most four in all.
fn block(sign: &str, text: &str, width: usize) -> String {
    let indent = sign.chars().count();
    // No more is escaped and wrapped than can be shown.
    let most = (width - indent) * MOST_WRAPPED;
    let lines = wrap(&beginning(text, most), width - indent);
    let kept = lines.iter().take(MOST_WRAPPED).enumerate();
    let mut shown: String = kept
        .map(|(at, line)| if at == 0 { format!("{sign}{line}\n") } else { format!("{:indent$}{line}\n", "") })
        .collect();
    if lines.len() > MOST_WRAPPED {
        shown += &format!("{:indent$}…\n", "");
    }
    shown
}

fn headers(headers: &[(String, String)], width: usize, paint: Paint) -> String {
    let shown = headers.iter().take(MOST_HEADERS);
    let mut text: String =
        shown.map(|(name, value)| block(INDENT, &format!("{name}: {value}"), width)).collect();
    if headers.len() > MOST_HEADERS {
        let more = format!("{INDENT}… {} more headers", headers.len() - MOST_HEADERS);
        text += &(paint.dim(&more) + "\n");
    }
    text
}

fn says_json(headers: &[(String, String)]) -> bool {
    let types = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    types.into_iter().any(|(_, value)| value.to_ascii_lowercase().contains("json"))
}

/// A body behind an empty line; what is left out of it is counted.
fn body(text: &str, bytes: u64, is_json: bool, width: usize, paint: Paint) -> String {
    let size = format_bytes(bytes);
    if text.is_empty() {
        return format!("\n{INDENT}{}\n", paint.dim(&format!("({size} that were not kept)")));
    }
    let Pretty::Lines(lines) = pretty(text, is_json) else {
        return format!("\n{INDENT}{}\n", paint.dim(&format!("({size} that are no text)")));
    };
    let lines: Vec<String> = lines.iter().flat_map(|line| broken(line, width - INDENT.len())).collect();
    let mut shown = String::from("\n");
    let (mut count, mut chars) = (0, 0);
    for line in &lines {
        chars += line.chars().count();
        if count == MOST_LINES || (chars > MOST_CHARS && count > 0) {
            break;
        }
        count += 1;
        shown += format!("{INDENT}{line}").trim_end();
        shown.push('\n');
    }
    let is_whole = bytes <= text.len() as u64;
    let left = match (lines.len() - count, is_whole) {
        (0, true) => return shown,
        (0, false) => format!("… more; {size} in all"),
        (1, _) => format!("… 1 more line; {size} in all"),
        (left, true) => format!("… {left} more lines; {size} in all"),
        (left, false) => format!("… {left} more lines and what was not kept; {size} in all"),
    };
    shown + INDENT + &paint.dim(&left) + "\n"
}

/// A line in lines that fit, broken anywhere: its spaces can mean something.
fn broken(line: &str, most: usize) -> Vec<String> {
    let line: Vec<char> = inert(&line.replace('\t', "    ")).chars().collect();
    if line.is_empty() {
        return vec![String::new()];
    }
    line.chunks(most).map(|chunk| chunk.iter().collect()).collect()
}

fn response(response: &ResponseRecord, record: &ExchangeRecord, width: usize, paint: Paint) -> String {
    let mut facts = format!("{} {}", response.status, response.reason).trim_end().to_owned();
    facts += &format!("  {}  {}", time(record.duration), format_bytes(response.body_bytes));
    facts.extend(response.protocol.iter().map(|protocol| format!("  {protocol}")));
    let mut text = verdict_line(&facts, record, width, paint) + &time_spent(record, width);
    text += &headers(&response.headers, width, paint);
    if response.body_bytes > 0 {
        text += &body(&response.body, response.body_bytes, says_json(&response.headers), width, paint);
    }
    text
}

fn no_response(cause: &str, record: &ExchangeRecord, width: usize, paint: Paint) -> String {
    let facts = format!("no response after {}", time(record.duration));
    verdict_line(&facts, record, width, paint) + &time_spent(record, width) + &block(INDENT, cause, width)
}

/// The connection and the phases, in a line if it fits; empty where nothing is known of them.
fn time_spent(record: &ExchangeRecord, width: usize) -> String {
    let phases = record.phases.iter().map(|(phase, took)| format!("{phase} {}", time(took)));
    let facts: Vec<String> = record.connection.iter().cloned().chain(phases).collect();
    if facts.is_empty() { String::new() } else { block("  ", &facts.join(", "), width) }
}

/// The line that says what came back, and whether the request counts as failed.
fn verdict_line(facts: &str, record: &ExchangeRecord, width: usize, paint: Paint) -> String {
    const FAILED: &str = "  failed";
    let most = width - 2 - FAILED.len();
    let mut line = format!("< {}", paint.strong(&beginning(facts, most)));
    if record.failed {
        line += &paint.bad(FAILED);
    }
    line + "\n"
}

fn marked(mark: Mark, text: &str, width: usize, paint: Paint) -> String {
    // The sign is put in last: its escapes take no column.
    let lines = block("  ", text, width);
    let rest = lines.strip_prefix("  ").unwrap_or(&lines);
    format!("{} {rest}", paint.mark(mark))
}

fn indented_mark(mark: Mark, text: &str, width: usize, paint: Paint) -> String {
    let lines = marked(mark, text, width - 2, paint);
    lines.lines().map(|line| format!("  {line}\n")).collect()
}

fn check(check: &CheckRecord, width: usize, paint: Paint) -> String {
    let kind = if check.is_expectation { "expect" } else { "check" };
    let mark = if check.held { Mark::Good } else { Mark::Bad };
    let observed = check.observed.as_ref().filter(|_| !check.held);
    let seen = observed.map(|observed| format!(": {observed}")).unwrap_or_default();
    indented_mark(mark, &format!("{kind} {}{seen}", check.name), width, paint)
}

fn extract(extract: &ExtractRecord, width: usize, paint: Paint) -> String {
    match &extract.value {
        Ok(value) => block("    ", &format!("{} = {value}", extract.variable), width),
        Err(reason) => {
            indented_mark(Mark::Bad, &format!("extract {}: {reason}", extract.variable), width, paint)
        }
    }
}
