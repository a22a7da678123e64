//! What `--out` asks for: results that are written when the run is over, or every request while it goes on.

use super::outputs::{Format, Output};
use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

/// The name of the format that has every request.
pub(super) const SAMPLES: &str = "samples";

/// A file that was asked for with `--out FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Results.
    Output(Output),
    /// Every request of the load, a row each.
    Samples(PathBuf),
}

impl Asked {
    /// Its name in `--out NAME=FILE`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Output(output) => output.format.name(),
            Self::Samples(_) => SAMPLES,
        }
    }

    /// Whether it has a row for each second or request of the load.
    pub fn has_rows(&self) -> bool {
        match self {
            Self::Output(output) => matches!(output.format, Format::Sink(_)),
            Self::Samples(_) => true,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Output(output) => &output.path,
            Self::Samples(path) => path,
        }
    }
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((SAMPLES, "")) => Err(format!("name the file: `{SAMPLES}=FILE`")),
            Some((SAMPLES, path)) => Ok(Self::Samples(PathBuf::from(path))),
            _ => text.parse().map(Self::Output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_asked_for_as_any_format_is() {
        let asked = |text: &str| text.parse::<Asked>();
        assert_eq!(asked("samples=a=b.csv"), Ok(Asked::Samples(PathBuf::from("a=b.csv"))));
        assert!(matches!(asked("junit=a.xml"), Ok(Asked::Output(_))));
        for (text, expected) in [
            ("samples=", "samples=FILE"),
            ("samples", "FORMAT=FILE"),
            ("pdf=a", "samples"),
            ("sample=a", "samples"),
        ] {
            let told = asked(text).expect_err("wrong");
            assert!(told.contains(expected), "{text}: {told}");
        }
    }
}
