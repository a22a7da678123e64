//! `data` and `secrets`.

use super::{quantity::FilePath, rule::exactly_one};
use schemars::JsonSchema;
use serde_json::Value;
use std::collections::BTreeMap;

/// Rows of data, from a file or written here. `${NAME.COLUMN}` reads a column of the current row.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("allOf" = [exactly_one(&["file", "rows"], "rows come from a `file` or are written as `rows`")]))]
pub(super) struct Feed {
    /// A `.csv` file with a header row, a `.json` file with a list of objects, or a `.jsonl` file with an object per
    /// line.
    #[schemars(extend("examples" = ["users.csv", "items.json"]))]
    file: Option<FilePath>,
    /// The rows themselves, each a map.
    #[schemars(extend("examples" = [[{ "sku": "a" }, { "sku": "b" }]]))]
    rows: Option<Vec<BTreeMap<String, Value>>>,
    /// How a row is chosen.
    #[schemars(extend("default" = "sequential"))]
    pick: Option<FeedPick>,
    /// When the next row is taken.
    #[schemars(extend("default" = "iteration"))]
    per: Option<FeedPer>,
    /// What happens when there are no more rows. `recycle` by default, but `stop_user` where `pick` is `unique`; of no
    /// use where it is `random`.
    on_end: Option<FeedEnd>,
    /// What stands between the columns of a CSV file: one character.
    #[schemars(extend("default" = ",", "minLength" = 1, "maxLength" = 2, "examples" = [";", "\t"]))]
    delimiter: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum FeedPick {
    /// In the file's order, one position shared by all users.
    Sequential,
    /// In an order that the seed decides, one position shared by all users.
    Shuffle,
    /// Any row, each time anew.
    Random,
    /// A row belongs to one user for the whole run.
    Unique,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum FeedPer {
    /// A row for each iteration.
    Iteration,
    /// A row for each user, kept in all its iterations.
    User,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum FeedEnd {
    /// Begin again with the first row.
    Recycle,
    /// The user that finds no row ends.
    StopUser,
    /// The run ends and has failed.
    Fail,
}

/// Where a secret comes from. Its value is masked wherever anything is printed or written.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("allOf" = [exactly_one(&["env", "file"], "a secret comes from one place: `env` or `file`")]))]
pub(super) struct Secret {
    /// From the environment variable of this name.
    #[schemars(extend("examples" = ["API_PASSWORD"]))]
    env: Option<String>,
    /// From this file.
    #[schemars(extend("examples" = ["password.txt"]))]
    file: Option<FilePath>,
}
