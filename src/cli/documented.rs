//! Every command line that `docs/ci.md` shows is one that this program takes.

use super::args::{Cli, Command};
use crate::report::exports::Export;
use clap::Parser;
use std::{fs, path::Path};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci.md");
    fs::read_to_string(path).expect("the page")
}

/// The lines of all blocks, those that go on joined: with a sign at their end, or as YAML folds them.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (mut in_block, mut goes_on) = (false, false);
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
            goes_on = false;
            continue;
        }
        let is_option = line.trim_start().starts_with("--");
        match lines.last_mut().filter(|_| goes_on || is_option) {
            Some(last) if in_block => *last += &format!(" {}", line.trim()),
            _ if in_block => lines.push(line.to_owned()),
            _ => {}
        }
        goes_on = line.ends_with('\\');
    }
    lines
}

/// The words of the loadgen command in a line of a shell or of YAML, up to where the command ends.
fn words(line: &str) -> Option<Vec<String>> {
    let commands = ["run", "validate", "report", "merge", "compare"].map(|name| format!("loadgen {name} "));
    let at = commands.iter().filter_map(|command| line.find(command.as_str())).min()?;
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line[at..].chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"') => quote = Some(c),
            // What a line opens before the command ends behind it.
            (None, '\'' | '|' | '>' | ';' | '&') => break,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.push(word);
    Some(words.into_iter().filter(|word| !word.is_empty() && word != "\\").collect())
}

#[test]
fn command_lines_are_read_as_they_stand() {
    let text = "```sh\n- run: loadgen run \"a b.yaml\" --seed 1 | jq '.x'\n```\nloadgen run no\n\
                ```yaml\n  loadgen merge a b\n  --out junit=c\nsh(script: 'loadgen report d')\n```\n";
    let found: Vec<_> = lines(text).iter().filter_map(|line| words(line)).collect();
    let wanted: [&[&str]; 3] = [
        &["loadgen", "run", "a b.yaml", "--seed", "1"],
        &["loadgen", "merge", "a", "b", "--out", "junit=c"],
        &["loadgen", "report", "d"],
    ];
    assert_eq!(found, wanted);
}

#[test]
fn the_page_about_ci_shows_only_what_this_program_takes() {
    let (mut read, mut formats) = (0, Vec::new());
    for line in lines(&page()) {
        let Some(words) = words(&line) else { continue };
        let cli = Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{line}\n{error}"));
        read += 1;
        let output = match cli.command {
            Command::Run(run) => Some(run.output),
            Command::Report(report) => Some(report.output),
            Command::Merge(merge) => Some(merge.output),
            _ => None,
        };
        formats.extend(output.into_iter().flat_map(|output| output.out).map(|asked| asked.name()));
    }
    assert!(read >= 14, "only {read} command lines were found: does the reader still see them?");
    for format in [
        Export::Junit,
        Export::Markdown,
        Export::Html,
        Export::Gitlab,
        Export::Benchmark,
        Export::BenchmarkBigger,
        Export::Bencher,
    ] {
        assert!(formats.contains(&format.name()), "no example with --out {}=", format.name());
    }
}
