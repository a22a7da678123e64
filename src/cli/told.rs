//! How results are told: as text, with GitHub's annotations behind it, or as JSON.

use super::{annotate, world::World};
use crate::report::{Results, annotations::annotations, summary_v1::summary};
use std::io;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ResultFormat {
    /// For people.
    Text,
    /// The same, and annotations that GitHub shows at the scenario's lines.
    Github,
    /// For programs: summary.json, with the text on standard error.
    Json,
}

impl ResultFormat {
    /// The one that was asked for; otherwise GitHub's in one of its workflows, and text elsewhere.
    pub fn of(asked: Option<Self>, world: &World) -> Self {
        asked.unwrap_or(if world.is_on_github() { Self::Github } else { Self::Text })
    }

    /// Whether the text may be coloured where standard output is a terminal.
    pub fn colours(self, world: &World) -> bool {
        // Standard error can be something else.
        self != Self::Json && world.colours()
    }

    /// Columns that the text may take, where it is printed.
    pub fn width(self, world: &World) -> usize {
        if self == Self::Json { world.width_of_complaints() } else { world.width() }
    }
}

/// Prints results and the text about them.
///
/// # Errors
/// Nobody reads standard output any more, or the file that it goes to cannot take it.
pub(super) fn tell(
    results: &Results<'_>,
    text: &str,
    format: ResultFormat,
    world: &mut World,
) -> io::Result<()> {
    match format {
        ResultFormat::Text => world.print_text(text),
        ResultFormat::Github => {
            world.print_text(text)?;
            let file = annotate::from_repository(&results.info.scenario_file, world);
            world.print(&annotations(&summary(results), &file))
        }
        ResultFormat::Json => {
            world.complain(text);
            world.print(&String::from_utf8_lossy(&summary(results).to_json()))
        }
    }
}
