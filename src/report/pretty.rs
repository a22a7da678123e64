//! Bodies as people read them: JSON indented, text as it is, bytes that are no text only counted.
//!
//! JSON is indented as text and never decoded: a number keeps its digits, a key that stands twice stays twice.

/// Deeper than this nothing stands in further.
const DEEPEST: usize = 12;
/// What of a body is looked at; more than is ever shown.
const MOST_CHARS: usize = 64 * 1024;

/// A body's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pretty {
    /// What can be read; as many lines as it has.
    Lines(Vec<String>),
    /// No text.
    Binary,
}

/// A body in lines, not yet made inert. `is_json` says what its sender claims; what is JSON is seen without.
pub(super) fn pretty(body: &str, is_json: bool) -> Pretty {
    let body: String = body.chars().take(MOST_CHARS).collect();
    if is_binary(&body) {
        return Pretty::Binary;
    }
    let trimmed = body.trim();
    let starts_as_json = trimmed.starts_with(['{', '[']);
    let is_valid = || serde_json::from_str::<serde_json::Value>(trimmed).is_ok();
    let text = if starts_as_json && (is_json || is_valid()) { indented(trimmed) } else { body };
    Pretty::Lines(text.lines().map(str::to_owned).collect())
}

/// Whether a tenth of the first characters are none that a text has.
fn is_binary(body: &str) -> bool {
    let odd =
        |c: &char| *c == char::REPLACEMENT_CHARACTER || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    let start: Vec<char> = body.chars().take(1_000).collect();
    start.iter().filter(|c| odd(c)).count() * 10 > start.len()
}

/// JSON with a line per member; also such that breaks off.
fn indented(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut chars = json.chars().filter(|c| *c != '\r').peekable();
    while let Some(c) = chars.next() {
        match c {
            _ if in_string => {
                text.push(c);
                match c {
                    '\\' => text.extend(chars.next()),
                    '"' => in_string = false,
                    _ => {}
                }
            }
            '{' | '[' => {
                text.push(c);
                while chars.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                // What is empty stays on its line.
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    text.push(end);
                } else {
                    depth += 1;
                    break_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut text, depth);
                text.push(c);
            }
            ',' => {
                text.push(c);
                break_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ if c.is_ascii_whitespace() => {}
            _ => {
                in_string = c == '"';
                text.push(c);
            }
        }
    }
    text
}

fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth.min(DEEPEST)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(body: &str, is_json: bool) -> Vec<String> {
        match pretty(body, is_json) {
            Pretty::Lines(lines) => lines,
            Pretty::Binary => panic!("{body:?} is text"),
        }
    }

    #[test]
    fn json_is_indented_and_keeps_every_digit() {
        let body = r#"{"id":12345678901234567890123,"id":1.0,"t":"a, {\"b\"}: \\","l":[1,[ ],{}],"n":null}"#;
        let expected = [
            "{",
            r#"  "id": 12345678901234567890123,"#,
            r#"  "id": 1.0,"#,
            r#"  "t": "a, {\"b\"}: \\","#,
            r#"  "l": ["#,
            "    1,",
            "    [],",
            "    {}",
            "  ],",
            r#"  "n": null"#,
            "}",
        ];
        assert_eq!(lines(body, false), expected);
        // Indenting what is indented changes nothing.
        assert_eq!(lines(&expected.join("\r\n"), false), expected);
    }

    #[test]
    fn json_that_breaks_off_is_indented_where_its_sender_says_so() {
        assert_eq!(lines(r#"{"a":[1,"x"#, true), ["{", r#"  "a": ["#, "    1,", r#"    "x"#]);
        assert_eq!(lines(r#"{"a":[1,"x"#, false), [r#"{"a":[1,"x"#]);
        assert_eq!(lines("}]{]}", true), ["}]{]}"]);
        let deep = "[".repeat(50_000);
        assert!(lines(&deep, true).iter().all(|line| line.len() <= 2 * DEEPEST + 1));
    }

    #[test]
    fn text_stays_and_bytes_are_told_apart() {
        assert_eq!(lines("a\n\nb\tc", false), ["a", "", "b\tc"]);
        assert_eq!(lines("", true), Vec::<String>::new());
        assert_eq!(pretty(&"\u{fffd}PNG\0\0\u{1}\u{fffd}".repeat(9), false), Pretty::Binary);
        assert!(matches!(pretty("a page with one odd \u{fffd} in it", false), Pretty::Lines(_)));
    }
}
