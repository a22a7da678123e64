//! Something found in a scenario file, for other programs than ours: editors, CI.

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file that was looked at.
    pub file: String,
    /// What the line and column count in: the file, or the command line.
    pub place: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What stands there, its first line.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it, in a few words; may be empty.
    pub label: String,
    /// What to do about it, a line each.
    pub help: Vec<String>,
}
