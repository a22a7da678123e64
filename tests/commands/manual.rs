//! `loadgen completions` and `loadgen man`.

use super::shell::loadgen;
use std::fs;

const COMMANDS: [&str; 11] =
    ["run", "validate", "plan", "report", "merge", "compare", "demo", "init", "schema", "completions", "man"];

#[test]
fn every_shell_gets_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = loadgen(&["completions", shell]);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{shell}");
        for text in COMMANDS.iter().chain(&["environment", "from-url"]) {
            assert!(said.stdout.contains(text), "{shell}: {text}");
        }
    }
    loadgen(&["completions", "tcsh"]).assert(2, "bash");
    loadgen(&["completions"]).assert(2, "<SHELL>");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let said = loadgen(&["man"]);
    said.assert(0, ".TH LOADGEN 1");
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    let written = loadgen(&["man", "--output-dir", pages.to_str().unwrap()]);
    assert_eq!((written.code, written.stdout.as_str(), written.stderr.as_str()), (0, "", ""));
    assert_eq!(fs::read_to_string(pages.join("loadgen.1")).unwrap(), said.stdout);
    for command in COMMANDS {
        assert!(said.stdout.contains(&format!("loadgen\\-{command}(1)")), "{command}: {}", said.stdout);
        let page = fs::read_to_string(pages.join(format!("loadgen-{command}.1"))).unwrap();
        let title = format!(".TH LOADGEN-{} 1", command.to_uppercase());
        assert!(page.contains(&title) && page.contains(".SH DESCRIPTION"), "{page}");
    }
    assert_eq!(fs::read_dir(&pages).unwrap().count(), COMMANDS.len() + 1);
    let run = fs::read_to_string(pages.join("loadgen-run.1")).unwrap();
    for text in ["\\-\\-environment", "\\-\\-seed", "104"] {
        assert!(run.contains(text), "{text}: {run}");
    }
}

#[test]
fn a_manual_that_cannot_be_written_is_1() {
    let file = tempfile::NamedTempFile::new().unwrap();
    loadgen(&["man", "--output-dir", file.path().to_str().unwrap()]).assert(1, "could not be written");
}
