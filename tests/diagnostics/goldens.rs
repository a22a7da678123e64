//! The broken scenarios beside this file and what is said of them; and the sound ones, of which nothing is.

use super::plan_of;
use loadgen::{
    plan::{Files, Inputs},
    scenario::{Options, Override, render},
};
use std::{
    fmt::Write as _,
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The flags that a file is to be read with: its first lines, as `# --set load.users=0`.
fn options_of(source: &str) -> Options {
    let mut options = Options::default();
    for line in source.lines().map_while(|line| line.strip_prefix("# --")) {
        let (flag, value) = line.split_once(' ').unwrap();
        match flag {
            "environment" => options.environment = Some(value.to_owned()),
            "only" => options.only = Some(value.to_owned()),
            "set" => options.overrides.push(Override::set(value).unwrap()),
            "tag" => options.overrides.push(Override::tag(value).unwrap()),
            key => options.overrides.push(Override::load(key, value)),
        }
    }
    options
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The YAML files of a folder, by name.
fn scenarios_of(name: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// The data files of the scenarios of a folder.
#[derive(Debug)]
struct DataFiles(&'static str);

impl Files for DataFiles {
    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>, String> {
        self.size(path)?;
        let file = fs::File::open(folder(self.0).join(path));
        file.map(|file| -> Box<dyn Read + Send> { Box::new(file) }).map_err(|error| error.to_string())
    }

    fn size(&self, path: &str) -> Result<u64, String> {
        if path.starts_with("..") {
            return Err(
                "it is outside the scenario's folder; `--allow-files /elsewhere` allows it".to_owned()
            );
        }
        let found = fs::metadata(folder(self.0).join(path));
        let found = found.map_err(|_| "there is no such file; paths start at the scenario's folder")?;
        if found.is_dir() { Err("it is a folder".to_owned()) } else { Ok(found.len()) }
    }
}

/// What is said of a broken scenario.
fn told(name: &str, source: &str) -> String {
    let options = options_of(source);
    let inputs = Inputs { files: Arc::new(DataFiles("tests/diagnostics/files")), ..Inputs::default() };
    match plan_of(source, &options, &inputs) {
        Ok(_) => "no fault\n".to_owned(),
        Err(faults) => render(&options.sources(name, source), &faults),
    }
}

/// Both texts, line against line.
fn difference(expected: &str, found: &str) -> String {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    let mut text = String::new();
    loop {
        let (wanted, got) = (expected.next(), found.next());
        if wanted.is_none() && got.is_none() {
            return text;
        }
        if wanted == got {
            let _ = writeln!(text, "  {}", wanted.unwrap_or_default());
            continue;
        }
        for (sign, line) in [("-", wanted), ("+", got)] {
            if let Some(line) = line {
                let _ = writeln!(text, "{sign} {line}");
            }
        }
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whether to rewrite the texts is asked of whoever runs the test"
)]
fn broken_scenarios_are_told_what_to_do() {
    let update = std::env::var("LOADGEN_UPDATE").is_ok_and(|value| value == "1");
    let scenarios = scenarios_of("tests/diagnostics");
    assert!(scenarios.len() >= 350, "only {} broken scenarios", scenarios.len());
    let mut wrong = String::new();
    for (name, source) in &scenarios {
        let golden = folder("tests/diagnostics").join(name).with_extension("txt");
        let found = told(name, source);
        if update {
            fs::write(&golden, &found).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if expected != found {
            let _ = writeln!(wrong, "{name}:\n{}", difference(&expected, &found));
        }
    }
    assert!(
        wrong.is_empty(),
        "{wrong}\n`LOADGEN_UPDATE=1 cargo nextest run diagnostics` rewrites the texts; then read what changed"
    );
}

#[test]
fn every_text_has_its_scenario() {
    for entry in fs::read_dir(folder("tests/diagnostics")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            assert!(path.with_extension("yaml").exists(), "{}", path.display());
        }
    }
}

#[test]
fn every_text_names_the_place() {
    for (name, source) in scenarios_of("tests/diagnostics") {
        let text = told(&name, &source);
        let faults =
            text.lines().filter(|line| line.starts_with("error: ") || line.starts_with("warning: ")).count();
        let places = ["command line", &name].map(|source| text.matches(&format!("--> {source}:")).count());
        let places: usize = places.iter().sum();
        assert!(faults > 0 && faults == places, "{name}: {text}");
        assert!(text.ends_with("nothing was sent\n"), "{text}");
    }
}

#[test]
fn the_scenarios_that_come_along_have_no_fault() {
    let demo_url = Some("http://127.0.0.1:1".to_owned());
    let inputs = Inputs { demo_url, files: Arc::new(DataFiles("scenarios")), ..Inputs::default() };
    let scenarios = scenarios_of("scenarios");
    assert!(!scenarios.is_empty());
    for (name, source) in &scenarios {
        for environment in [None, Some("quick")] {
            let options = Options { environment: environment.map(str::to_owned), ..Options::default() };
            if let Err(faults) = plan_of(source, &options, &inputs) {
                panic!("{environment:?}: {}", render(&options.sources(name, source), &faults));
            }
        }
    }
}
