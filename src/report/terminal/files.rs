//! Where the results are, and how to hold them against those of the run before. Paths and commands stay on one line,
//! however long: a path in two halves can be neither clicked nor copied.

use crate::report::{
    paint::Paint,
    text::{inert, width, wrap},
};

/// A file that results were written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultFile {
    /// Whom it is for, or its format, in a word or two; empty where nothing is known of it.
    pub what: String,
    /// Where it is.
    pub path: String,
    /// Whether it was to have rows, and there were none, since no load was made.
    pub has_no_rows: bool,
}

impl ResultFile {
    /// Its path, and what nobody would look for behind it.
    pub(super) fn place(&self) -> String {
        let remark = if self.has_no_rows { "  (no rows: no load was made)" } else { "" };
        inert(&self.path) + remark
    }
}

/// An earlier run that this one can be held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The command that does it.
    pub command: String,
    /// What is different about it, as `another version of the file`; `None` where the two are alike.
    pub differs: Option<&'static str>,
}

/// The files: a line for a single one, otherwise a list that says what each of them is.
pub(super) fn files(files: &[ResultFile], paint: Paint) -> String {
    match files {
        [] => String::new(),
        [file] => format!("Results: {}\n", file.place()),
        several => {
            let widest = several.iter().map(|file| width(&inert(&file.what))).max().unwrap_or(0);
            let line = |file: &ResultFile| {
                let what = inert(&file.what);
                let gap = if widest == 0 { "" } else { "  " };
                format!("  {what:widest$}{gap}{}\n", file.place())
            };
            paint.strong("Results") + "\n" + &several.iter().map(line).collect::<String>()
        }
    }
}

/// The command that compares with an earlier run, and what is different about that.
pub(super) fn compare(earlier: &Earlier, most: usize, paint: Paint) -> String {
    let title = match earlier.differs {
        None => "Compare with the run before this one".to_owned(),
        Some(differs) => format!("Compare with the run before this one, which had {differs}"),
    };
    let title = wrap(&title, most).iter().map(|line| paint.strong(line) + "\n").collect::<String>();
    format!("{title}  {}\n", inert(&earlier.command))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Paint = Paint { color: false };

    fn file(what: &str, path: &str) -> ResultFile {
        ResultFile { what: what.to_owned(), path: path.to_owned(), has_no_rows: false }
    }

    #[test]
    fn several_files_say_what_they_are_and_one_needs_no_list() {
        assert_eq!(files(&[], PLAIN), "");
        assert_eq!(files(&[file("for people", "a/report.html")], PLAIN), "Results: a/report.html\n");
        let long = format!("{}/summary.json", "x".repeat(200));
        let text = files(&[file("for people", "a/report.html"), file("for programs", &long)], PLAIN);
        let expected = format!("Results\n  for people    a/report.html\n  for programs  {long}\n");
        assert_eq!(text, expected, "a path is on one line");
        let empty = ResultFile { has_no_rows: true, ..file("csv", "a.csv") };
        assert_eq!(files(&[empty], PLAIN), "Results: a.csv  (no rows: no load was made)\n");
        let unknown = files(&[file("", "a"), file("", "b")], PLAIN);
        assert_eq!(unknown, "Results\n  a\n  b\n");
    }

    #[test]
    fn a_path_with_escapes_in_it_is_inert() {
        let hostile = "a\x1b]0;owned\x07/\nb";
        let text = files(&[file(hostile, hostile), file("", hostile)], PLAIN);
        assert!(!text.contains(['\x1b', '\x07']), "{text:?}");
        assert_eq!(text.lines().count(), 3, "{text:?}");
        let earlier = Earlier { command: hostile.to_owned(), differs: None };
        assert_eq!(compare(&earlier, 80, PLAIN).lines().count(), 2);
    }

    #[test]
    fn what_is_different_is_said_and_the_command_stays_whole() {
        let command = format!("loadgen compare {} b", "a".repeat(100));
        let differs = Some("another version of the file");
        let text = compare(&Earlier { command: command.clone(), differs }, 60, PLAIN);
        assert!(
            text.starts_with("Compare with the run before this one, which had another\nversion"),
            "{text}"
        );
        assert!(text.contains(&format!("\n  {command}\n")), "{text}");
    }
}
