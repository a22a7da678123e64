//! The files that a run's results are written to: those of its folder, and those that were asked for with `--out`.

use super::{
    asked::SAMPLES,
    claims::{Claim, resolved},
    journal::JOURNAL,
    places::{Place, led_to},
    results::{ResultsFolder, write_over},
    sinks::{Opened, Sink},
    stream_file::StreamFile,
};
use crate::report::{
    Baseline, HeatMap, Results,
    exports::{Export, Exported},
    streams::Stream,
    summary_v1::summary,
};
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

/// The file of results in a run's folder, for programs.
pub const SUMMARY: &str = "summary.json";
/// The same for people.
pub const REPORT: &str = "report.html";

/// A kind of sink, which is given each second of a run as it is over.
#[derive(Debug)]
pub struct SinkKind {
    /// Its name in `--out NAME=PLACE`.
    name: &'static str,
    /// Makes one that writes to a place; why that cannot be, and what would help.
    open: fn(&Path) -> Result<Box<dyn Sink>, String>,
}

/// The kinds of sinks: a new one is a file with its [`Sink`], and a line here.
static SINKS: [SinkKind; 3] = [
    SinkKind { name: "csv", open: |path| StreamFile::open(path, Stream::Csv) },
    SinkKind { name: "jsonl", open: |path| StreamFile::open(path, Stream::Jsonl) },
    SinkKind { name: "hlog", open: |path| StreamFile::open(path, Stream::Hlog) },
];

/// How results are written.
#[derive(Debug, Clone, Copy)]
pub enum Format {
    /// As a whole, when the run is over.
    Export(Export),
    /// Second by second, while it goes on.
    Sink(&'static SinkKind),
}

impl Format {
    /// All of them, in the order in which they are told.
    pub fn all() -> impl Iterator<Item = Self> {
        Export::ALL.into_iter().map(Self::Export).chain(SINKS.iter().map(Self::Sink))
    }

    /// Its name in `--out NAME=FILE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Export(export) => export.name(),
            Self::Sink(kind) => kind.name,
        }
    }
}

/// Names are unique.
impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Format {}

/// A file that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What is written to it.
    pub format: Format,
    /// Where it is.
    pub path: PathBuf,
}

/// `FORMAT=FILE`, as `--out` takes it.
impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let formats = || Format::all().map(Format::name).chain([SAMPLES]).collect::<Vec<_>>().join(", ");
        let Some((name, path)) = text.split_once('=') else {
            return Err(format!("write FORMAT=FILE; the formats are {}", formats()));
        };
        let Some(format) = Format::all().find(|format| format.name() == name) else {
            return Err(format!("there is no format `{name}`; the formats are {}", formats()));
        };
        if path.is_empty() {
            return Err(format!("name the file: `{name}=FILE`"));
        }
        if path == "-" {
            return Err(
                "write `/dev/stdout` for standard output, or `./-` for a file of that name".to_owned()
            );
        }
        Ok(Self { format, path: PathBuf::from(path) })
    }
}

/// As it was asked for.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.format.name(), self.path.display())
    }
}

/// A file that was asked for cannot be written: which, why, and what would help.
#[derive(Debug, thiserror::Error)]
#[error("`--out {asked}` cannot be written: {problem}")]
pub struct Refused {
    asked: String,
    problem: String,
}

impl Refused {
    fn new(asked: impl ToString, problem: impl ToString) -> Self {
        Self { asked: asked.to_string(), problem: problem.to_string() }
    }
}

/// What is to be made of a run's results besides the files of its folder.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The files that were asked for.
    pub outputs: Vec<Output>,
    /// Where every request of the load is to be written.
    pub samples: Option<PathBuf>,
    /// The run that this one is held against in them.
    pub baseline: Option<Arc<Baseline>>,
}

/// What is written while a run goes on.
#[derive(Default)]
pub(super) struct OpenedFiles {
    /// Those that are given each second.
    pub sinks: Vec<Opened>,
    /// Where every request goes, and as what that was asked for.
    pub samples: Option<(PathBuf, Place)>,
}

/// What is worked on while files are written, and must not be lost.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct InPlay<'p> {
    /// Files that are read.
    pub read: &'p [PathBuf],
    /// Folders of results that are read.
    pub results: &'p [PathBuf],
    /// One that is read, too, and whose results are written anew.
    pub own: Option<&'p Path>,
}

impl<'p> InPlay<'p> {
    /// These files.
    pub fn of(read: &'p [PathBuf]) -> Self {
        Self { read, ..Self::default() }
    }

    /// Files of results, and the format that may be written over each.
    fn files(&self, baseline: Option<&Path>) -> Vec<(PathBuf, Option<Format>)> {
        let own = self.own.into_iter().flat_map(|folder| {
            let made = [(SUMMARY, Export::Json), (REPORT, Export::Html)];
            let made = made.map(|(name, export)| (folder.join(name), Some(Format::Export(export))));
            made.into_iter().chain([(folder.join(JOURNAL), None)])
        });
        let others = self.results.iter().map(PathBuf::as_path).chain(baseline);
        let others =
            others.flat_map(|folder| [JOURNAL, SUMMARY, REPORT].map(|name| (folder.join(name), None)));
        own.chain(others).collect()
    }
}

impl Wanted {
    /// Makes sure that each file that was asked for can be written, and opens those that are written while a run goes on.
    ///
    /// None of them may be one of those that are `in_play`, or stand where the folder of the `results` is to be.
    ///
    /// # Errors
    /// One of them cannot: nothing is written then.
    pub(super) fn open(&self, in_play: &InPlay<'_>, results: Option<&Path>) -> Result<OpenedFiles, Refused> {
        self.check(in_play, results)?;
        let (mut opened, mut kept) = (OpenedFiles::default(), Vec::new());
        if let Some(path) = &self.samples {
            let place = Place::of(path).map_err(|no_place| Refused::new(asked_samples(path), no_place))?;
            opened.samples = Some((path.clone(), place));
        }
        for output in &self.outputs {
            match output.format {
                // Held until all are opened, so that two names of one file are told.
                Format::Export(_) => {
                    kept.push(Place::soon(&output.path).map_err(|e| Refused::new(output, e))?)
                }
                Format::Sink(kind) => {
                    let sink = (kind.open)(&output.path).map_err(|problem| Refused::new(output, problem))?;
                    opened.sinks.push(Opened { output: output.clone(), sink });
                }
            }
        }
        Ok(opened)
    }

    /// Refuses files that are in the way of each other, of what is read, or of the results.
    fn check(&self, in_play: &InPlay<'_>, results: Option<&Path>) -> Result<(), Refused> {
        let baseline = self.baseline.as_ref().map(|baseline| PathBuf::from(&baseline.place));
        let read: Vec<PathBuf> =
            in_play.read.iter().chain(&baseline).filter_map(|input| input.canonicalize().ok()).collect();
        let kept = in_play.files(baseline.as_deref().and_then(folder_of_results));
        let samples = self.samples.iter().map(|path| (asked_samples(path), path, None));
        let outputs =
            self.outputs.iter().map(|output| (output.to_string(), &output.path, Some(output.format)));
        let mut claims: Vec<Claim> = Vec::new();
        for (asked, path, format) in samples.chain(outputs) {
            led_to(path).map_err(|no_place| Refused::new(&asked, no_place))?;
            let claim = Claim::new(asked, path);
            let kept: Vec<PathBuf> = kept
                .iter()
                .filter(|(_, replaced_by)| format.is_none() || *replaced_by != format)
                .filter_map(|(file, _)| resolved(file).ok())
                .collect();
            let problem = claim
                .over(&read)
                .or_else(|| claim.among(&kept))
                .or_else(|| claims.iter().find_map(|earlier| claim.beside(earlier)))
                .or_else(|| claim.before(results?));
            if let Some(problem) = problem {
                return Err(Refused::new(claim.asked(), problem));
            }
            claims.push(claim);
        }
        Ok(())
    }
}

/// The folder of results that is meant by it, or by a summary in it.
fn folder_of_results(place: &Path) -> Option<&Path> {
    let is_summary = place.file_name().is_some_and(|name| name == SUMMARY);
    if place.is_dir() { Some(place) } else { place.parent().filter(|_| is_summary) }
}

fn asked_samples(path: &Path) -> String {
    format!("{SAMPLES}={}", path.display())
}

/// What became of writing results.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The files that were written, in order.
    pub files: Vec<PathBuf>,
    /// Why others were not.
    pub problems: Vec<String>,
}

impl Written {
    /// Notes what became of a file.
    pub fn note(&mut self, path: &Path, written: std::io::Result<()>) {
        match written {
            Ok(()) => self.files.push(path.to_owned()),
            Err(error) => self.problems.push(format!("{} could not be written: {error}", path.display())),
        }
    }
}

/// Writes what is known of a run that is over to its folder, if it has one, and to the files that were asked for.
pub(super) fn write(results: &Results<'_>, folder: Option<&ResultsFolder>, wanted: &Wanted) -> Written {
    let summary = summary(results);
    let heat_map = HeatMap::new(&results.snapshot.series, |point| &point.response_time);
    let exported = Exported { summary: &summary, heat_map: &heat_map, baseline: wanted.baseline.as_deref() };
    let mut written = Written::default();
    if let Some(folder) = folder {
        for (name, export) in [(SUMMARY, Export::Json), (REPORT, Export::Html)] {
            written.note(&folder.path().join(name), folder.write(name, &export.bytes(&exported)));
        }
    }
    for output in &wanted.outputs {
        if let Format::Export(export) = output.format {
            written.note(&output.path, write_over(&output.path, &export.bytes(&exported)));
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(outputs: &[String]) -> Wanted {
        let outputs = outputs.iter().map(|text| text.parse().expect("an output")).collect();
        Wanted { outputs, ..Wanted::default() }
    }

    #[test]
    fn a_file_is_named_with_its_format() {
        let output: Output = "junit=out/a=b.xml".parse().expect("one");
        let format = Format::Export(Export::Junit);
        assert_eq!(output, Output { format, path: PathBuf::from("out/a=b.xml") });
        for (text, expected) in [
            ("junit", "FORMAT=FILE"),
            ("pdf=a", "no format `pdf`"),
            ("pdf=a", "k6-summary"),
            ("csv", "csv, jsonl, hlog"),
            ("html=", "html=FILE"),
        ] {
            let told = text.parse::<Output>().expect_err("wrong");
            assert!(told.contains(expected), "{text}: {told}");
        }
        for format in Format::all() {
            let text = format!("{}=a", format.name());
            assert_eq!(text.parse::<Output>().expect("one").to_string(), text);
        }
    }

    #[test]
    fn places_are_tried_before_anything_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let results = folder.path().join("results/of/runs");
        let at = |text: &str| text.replace('~', &folder.path().display().to_string());
        for (outputs, says) in [
            (["csv=~/a", "junit=~/a"], "`--out csv=~/a` goes to the same file"),
            (["junit=~/new/a", "csv=~/new/./a"], "goes to the same file"),
            (
                ["csv=~/new/a", "junit=~/new/../a"],
                "`--out junit=~/new/../a` cannot be written: `..` stands behind",
            ),
            (["hlog=~/a", "csv=~/a.part"], "`--out hlog=~/a` has the name"),
            (["csv=~/a", "junit=~/a/b"], "needs a folder"),
            (["csv=~/results/a", "junit=~/results"], "needs a folder"),
            (["csv=~/b", "junit=~/results"], "`--out junit=~/results` cannot be written: the results need"),
            (["json=~/a", "hlog=~"], "`--out hlog=~` cannot be written: it is a folder"),
            (["csv=/proc/there/a", "json=~/b"], "`--out csv=/proc/there/a` cannot be written: "),
        ] {
            let told = wanted(&outputs.map(at))
                .open(&InPlay::default(), Some(&results))
                .err()
                .expect("refused")
                .to_string();
            assert!(told.contains(&at(says)), "{outputs:?}: {told}");
        }
        let opened =
            wanted(&["csv=~/a", "jsonl=~/b", "json=~/c"].map(at)).open(&InPlay::default(), Some(&results));
        assert_eq!(opened.map(|opened| opened.sinks.len()).map_err(|error| error.to_string()), Ok(2));
        let left = std::fs::read_dir(folder.path()).expect("there").map(|entry| entry.expect("one").path());
        assert!(left.into_iter().all(|path| path.is_dir()), "nothing is left of what was only tried");
    }
}
