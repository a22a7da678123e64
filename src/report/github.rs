//! GitHub's workflow commands: annotations, and how text is kept from being one.

use super::text::inert_lines;
use std::fmt;

/// Annotations of a kind that GitHub shows of a step. Further ones are in the log only.
const MOST: usize = 10;
/// Longest message, in characters: GitHub shows few lines of one.
const LONGEST_MESSAGE: usize = 1_000;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It fails the run.
    Error,
    /// It should be known.
    Warning,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A line of text at a place in a file, as GitHub shows it beside the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How bad it is.
    pub level: Level,
    /// The file, from the root of the repository; empty where it is about none.
    pub file: String,
    /// Line, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// What stands above the text.
    pub title: String,
    /// The text, of one line or several.
    pub message: String,
}

/// One command, with a line end. Text from the target or the scenario is inert in it.
impl fmt::Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut properties = Vec::new();
        if !self.file.is_empty() {
            properties.push(format!("file={}", property(&self.file)));
            properties.extend(self.line.map(|line| format!("line={line}")));
            properties.extend(self.column.map(|column| format!("col={column}")));
        }
        properties.push(format!("title={}", property(&self.title)));
        let (name, message) = (self.level.name(), data(&cut(&self.message)));
        writeln!(f, "::{name} {}::{message}", properties.join(","))
    }
}

fn cut(message: &str) -> String {
    if message.chars().count() <= LONGEST_MESSAGE {
        return message.to_owned();
    }
    message.chars().take(LONGEST_MESSAGE - 1).chain(['…']).collect()
}

/// As many annotations of one kind as GitHub shows, the first ones; the rest in the last of them, by their titles
/// and lines.
pub(super) fn folded(annotations: &[Annotation]) -> String {
    if annotations.len() <= MOST {
        return annotations.iter().map(Annotation::to_string).collect();
    }
    let (shown, rest) = annotations.split_at(MOST - 1);
    let mut text: String = shown.iter().map(Annotation::to_string).collect();
    if let Some(first) = rest.first() {
        let lines = rest.iter().map(|one| {
            let line = one.line.map(|line| format!("line {line}: ")).unwrap_or_default();
            format!("{line}{}", one.message.lines().next().unwrap_or_default())
        });
        let title = format!("loadgen: {} more", rest.len());
        let message = lines.collect::<Vec<_>>().join("\n");
        text += &Annotation { title, message, ..first.clone() }.to_string();
    }
    text
}

/// What a command's message may not contain as it is.
fn data(text: &str) -> String {
    inert_lines(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What a command's property may not contain as it is.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Text in which GitHub's runner finds no command: it obeys lines that begin with `::`, and `##[` anywhere.
pub fn without_commands(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace("##[", "# #[");
        let start = line.len() - line.trim_start().len();
        if line[start..].starts_with("::") {
            format!("{} {}", &line[..=start], &line[start + 1..])
        } else {
            line
        }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(message: &str) -> Annotation {
        Annotation {
            level: Level::Error,
            file: "a,b:c.yaml".to_owned(),
            line: Some(3),
            column: None,
            title: "a, b: 100%".to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn what_the_runner_would_take_apart_is_escaped() {
        for (message, written) in [
            ("plain", "plain"),
            ("100%\r\nnext", "100%25\\r%0Anext"),
            ("%0A::error::x", "%250A::error::x"),
            ("\x1b[2J\u{202e}", "\\x1b[2J\\u{202e}"),
        ] {
            let wanted = format!("::error file=a%2Cb%3Ac.yaml,line=3,title=a%2C b%3A 100%25::{written}\n");
            assert_eq!(annotation(message).to_string(), wanted);
        }
        let nowhere =
            Annotation { file: String::new(), level: Level::Warning, ..annotation("x") }.to_string();
        assert_eq!(nowhere, "::warning title=a%2C b%3A 100%25::x\n");
        assert!(annotation(&"x".repeat(5_000)).to_string().ends_with("xx…\n"));
    }

    #[test]
    fn no_more_than_github_shows_and_the_rest_in_the_last() {
        let some = |number: usize| -> Vec<Annotation> {
            (1..=number).map(|n| Annotation { line: Some(n), ..annotation(&format!("m{n}\nmore")) }).collect()
        };
        assert_eq!(folded(&some(10)).lines().count(), 10);
        let text = folded(&some(12));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 10);
        let last =
            "::error file=a%2Cb%3Ac.yaml,line=10,title=loadgen%3A 3 more::line 10: m10%0Aline 11: m11%0A";
        assert!(lines[8].ends_with("::m9%0Amore") && lines[9].starts_with(last), "{text}");
        assert_eq!(folded(&[]), "");
    }

    #[test]
    fn text_holds_no_command() {
        let hostile = "::add-mask::a\n  ::error::b\n\t::set-output name=a::b\nx ##[group]y\n:: c\r\nd::e\n";
        let kept = ": :add-mask::a\n  : :error::b\n\t: :set-output name=a::b\nx # #[group]y\n: : c\r\nd::e\n";
        assert_eq!(without_commands(hostile), kept);
        assert_eq!(without_commands("\r::error::x"), "\r: :error::x");
    }
}
