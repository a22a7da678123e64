//! The documentation is true: every YAML block in it is a scenario that reads and plans without a fault, and those of
//! `docs/ci.md` are what CI systems read.

#[path = "docs/ci.rs"]
mod ci;
#[path = "schema/yaml.rs"]
mod yaml;

use loadgen::{
    plan::{Files, Inputs, build},
    scenario::{Options, parse, render},
};
use std::{fs, io::Read, path::Path, sync::Arc};

/// The files that blocks may name: those of `tests/docs`.
#[derive(Debug)]
struct DocsFiles;

impl Files for DocsFiles {
    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/docs").join(path);
        let file = fs::File::open(path).map_err(|error| error.to_string())?;
        Ok(Box::new(file))
    }

    fn size(&self, path: &str) -> Result<u64, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/docs").join(path);
        fs::metadata(path).map(|file| file.len()).map_err(|error| error.to_string())
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fenced blocks of a page in this language, each with the line it starts on.
fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let fence = format!("```{language}");
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut open {
            None if line == fence => open = Some((number + 2, String::new())),
            None => {}
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some((_, block)) => *block += &format!("{line}\n"),
        }
    }
    blocks
}

fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).into_iter().flatten().flatten().map(|entry| entry.path());
    let pages = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.chain([root.join("README.md")]).map(|path| (path.display().to_string(), read(&path))).collect()
}

#[test]
fn every_yaml_block_is_a_scenario() {
    let env = ["API_PASSWORD", "PROXY_PASSWORD"].map(|name| (name.to_owned(), "secret".to_owned())).into();
    let demo_url = Some("http://127.0.0.1:1".to_owned());
    let inputs = Inputs { env, demo_url, seed: 1, files: Arc::new(DocsFiles) };
    let mut read = 0;
    // Those of that page are for CI systems.
    for (page, text) in pages().into_iter().filter(|(page, _)| !page.ends_with("docs/ci.md")) {
        for (line, block) in blocks(&text, "yaml") {
            let place = format!("{page}, block at line {line}");
            let planned = parse(&block, &Options::default()).and_then(|scenario| build(&scenario, &inputs));
            planned.unwrap_or_else(|faults| {
                panic!("{}", render(&Options::default().sources(&place, &block), &faults))
            });
            read += 1;
        }
    }
    assert!(read >= 26, "only {read} blocks were found: does the reader still see them?");
}

/// The anchor that a heading gets where Markdown is shown.
fn anchor(heading: &str) -> String {
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .collect::<String>();
    kept.replace(' ', "-")
}

/// The places within a page that a link can lead to.
fn anchors(text: &str) -> Vec<String> {
    let mut in_block = false;
    let mut found = Vec::new();
    for line in text.lines() {
        in_block ^= line.starts_with("```");
        if let Some(heading) = line.strip_prefix('#').filter(|_| !in_block) {
            found.push(anchor(heading.trim_start_matches('#').trim()));
        }
    }
    found
}

#[test]
fn every_link_leads_somewhere() {
    for (page, text) in pages() {
        let targets =
            text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        for target in targets.filter(|target| !target.starts_with("http")) {
            let (file, place) =
                target.split_once('#').map_or((target, None), |(file, place)| (file, Some(place)));
            let path =
                if file.is_empty() { page.clone().into() } else { Path::new(&page).with_file_name(file) };
            assert!(path.exists(), "{page} links to {target}, which is not there");
            if let Some(place) = place {
                assert!(
                    anchors(&read(&path)).iter().any(|known| known == place),
                    "{page}: no heading for {target}"
                );
            }
        }
    }
}
