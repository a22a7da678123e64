//! `data`: the feeds as written. What a file of theirs holds is the plan's matter, which rows users get is too.

use super::{
    span::{Span, Spanned},
    value::Value,
};

/// A named feed of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFeed {
    /// The name by which templates use it: `${users.email}`.
    pub name: Spanned<String>,
    /// Where its rows are.
    pub source: FeedSource,
    /// `pick`: which row comes next.
    pub pick: Pick,
    /// `per`: how long a user keeps its row.
    pub per: Per,
    /// `on_end`: what happens when every row was given out.
    pub on_end: OnEnd,
    /// The feed's place.
    pub span: Span,
}

/// Where the rows of a feed are.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedSource {
    /// `file`
    File {
        /// Its path, relative to the scenario's folder.
        path: Spanned<String>,
        /// `delimiter` of a CSV file, an ASCII character.
        delimiter: Option<u8>,
    },
    /// `rows`: maps, at least one.
    Rows(Spanned<Vec<Value>>),
}

/// Which row comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pick {
    /// In the file's order, with one position that all users share.
    #[default]
    Sequential,
    /// In a random order, with one position that all users share.
    Shuffle,
    /// Any row, each time.
    Random,
    /// In the file's order; a row belongs to one user for the whole run.
    Unique,
}

/// How long a user keeps its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Per {
    /// For an iteration.
    #[default]
    Iteration,
    /// For its life.
    User,
}

/// What happens when every row was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnEnd {
    /// The rows are given out again.
    Recycle,
    /// The user that wanted one stops.
    StopUser,
    /// The run fails.
    Fail,
}

impl OnEnd {
    /// What holds where the feed says nothing.
    pub fn default_of(pick: Pick) -> Self {
        if pick == Pick::Unique { Self::StopUser } else { Self::Recycle }
    }
}

/// What a data file is, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// `.csv`, or `.tsv` with tabs.
    Csv {
        /// What stands between two fields unless `delimiter` says otherwise.
        delimiter: u8,
    },
    /// `.json`: a list of objects.
    Json,
    /// `.jsonl` or `.ndjson`: an object on each line.
    JsonLines,
}

impl FileFormat {
    /// The format of a file of this name; `None` for an ending that no feed can have.
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv { delimiter: b',' }),
            "tsv" => Some(Self::Csv { delimiter: b'\t' }),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_follow_from_the_end_of_the_name() {
        for (path, format) in [
            ("users.csv", Some(FileFormat::Csv { delimiter: b',' })),
            ("a/b/Users.TSV", Some(FileFormat::Csv { delimiter: b'\t' })),
            ("items.json", Some(FileFormat::Json)),
            ("items.jsonl", Some(FileFormat::JsonLines)),
            ("items.ndjson", Some(FileFormat::JsonLines)),
            ("items", None),
            ("v1.csv/items", None),
            ("items.csv.gz", None),
        ] {
            assert_eq!(FileFormat::of(path), format, "{path}");
        }
    }
}
