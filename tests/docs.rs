//! The documentation is true: every YAML block in it is a scenario that reads and plans without a fault.

use loadgen::{
    plan::{Inputs, build},
    scenario::{Options, parse, render},
};
use std::{collections::BTreeMap, fs, path::Path};

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
    let env = BTreeMap::from([("API_PASSWORD".to_owned(), "secret".to_owned())]);
    let inputs =
        Inputs { env, demo_url: Some("http://127.0.0.1:1".to_owned()), seed: 1, ..Inputs::default() };
    let mut read = 0;
    for (page, text) in pages() {
        for (line, block) in blocks(&text, "yaml") {
            let place = format!("{page}, block at line {line}");
            let planned = parse(&block, &Options::default()).and_then(|scenario| build(&scenario, &inputs));
            planned.unwrap_or_else(|faults| {
                panic!("{}", render(&Options::default().sources(&place, &block), &faults))
            });
            read += 1;
        }
    }
    assert!(read >= 7, "only {read} blocks were found: does the reader still see them?");
}

#[test]
fn every_page_that_the_readme_links_to_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = read(&root.join("README.md"));
    let targets =
        readme.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    for target in targets.filter(|target| !target.starts_with("http")) {
        assert!(root.join(target).exists(), "README.md links to {target}, which is not there");
    }
}
