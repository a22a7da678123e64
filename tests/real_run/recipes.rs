//! The recipes of the documentation: each command that asks a summary.json with `jq` is run on one, and has something to tell.
//!
//! Where there is no `jq` the tests say so and are skipped; with `LOADGEN_REQUIRE_JQ` set they fail.

use super::{everything, harness::Sandbox};
use std::{
    env, fs,
    path::Path,
    process::{Command, Output},
};

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn jq_is_there() -> bool {
    let is_there = Command::new("jq").arg("--version").output().is_ok_and(|done| done.status.success());
    if !is_there {
        assert!(env::var_os("LOADGEN_REQUIRE_JQ").is_none(), "jq is required and was not found");
        eprintln!("skipped: there is no jq in PATH");
    }
    is_there
}

/// The commands of a page's `sh` blocks that name `jq`, each with the line on which its block begins.
fn recipes(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line == "```sh" {
            let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let commands = commands(block).into_iter().filter(|command| command.contains("jq "));
            found.extend(commands.map(|command| (number + 1, command)));
        }
    }
    found
}

/// A command goes on to the line on which its quotes are closed.
fn commands<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let (mut all, mut open) = (Vec::new(), String::new());
    for line in lines {
        open.push_str(line);
        open.push('\n');
        if open.matches('\'').count().is_multiple_of(2) {
            all.push(std::mem::take(&mut open));
        }
    }
    assert_eq!(open, "", "a quote is never closed");
    all
}

fn shell(folder: &Path, command: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_loadgen")).parent().unwrap().to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([program].into_iter().chain(env::split_paths(&path))).unwrap();
    Command::new("sh").args(["-c", command]).current_dir(folder).env("PATH", path).output().unwrap()
}

/// What the recipe printed, or why that is not what its page promises.
fn outcome(folder: &Path, command: &str) -> Result<String, String> {
    let done = shell(folder, command);
    let (told, wrong) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    if !done.status.success() || !wrong.is_empty() {
        return Err(format!("{}: {wrong}", done.status));
    }
    if told.trim().is_empty() || told.lines().any(|line| line == "null") {
        return Err(format!("it tells nothing: {told:?}"));
    }
    Ok(told.into_owned())
}

#[test]
fn every_recipe_has_something_to_tell() {
    if !jq_is_there() {
        return;
    }
    let (sandbox, target) = (Sandbox::new(), everything::target());
    let folders = everything::run(&sandbox, &target);
    for (name, folder) in ["base", "new"].iter().zip(&folders) {
        fs::copy(folder.join("summary.json"), sandbox.path().join(name).join("summary.json")).unwrap();
    }
    fs::copy(folders[0].join("summary.json"), sandbox.path().join("summary.json")).unwrap();
    sandbox.file("shop.yaml", everything::scenario(&target));
    let (mut wrong, mut run) = (Vec::new(), 0);
    for (page, fewest) in [("summary.md", 25), ("results.md", 2)] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page)).unwrap();
        let recipes = recipes(&text);
        assert!(recipes.len() >= fewest, "{page}: only {} recipes were found", recipes.len());
        for (line, recipe) in recipes {
            run += 1;
            if let Err(why) = outcome(sandbox.path(), &recipe) {
                wrong.push(format!("docs/{page}, block at line {line}: {why}\n{recipe}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {run} recipes\n{}", wrong.len(), wrong.join("\n"));

    // What it tells is what the summary says.
    let summary = everything::summary(&folders[0]);
    let told =
        outcome(sandbox.path(), "jq -r '.thresholds[] | select(.passed | not) | .metric' summary.json");
    assert_eq!(told.unwrap(), "http_req_failed\nhttp_req_duration{status:418}\n");
    let told = outcome(sandbox.path(), "jq '.metrics.http_reqs.count' summary.json").unwrap();
    assert_eq!(told.trim(), summary.count("http_reqs").to_string());
}

#[test]
fn a_recipe_that_fails_or_tells_nothing_is_noticed() {
    if !jq_is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.file("summary.json", r#"{ "requests": [], "verdict": { "passed": true } }"#);
    for wrong in [
        "jq '.requests[].name' summary.json",
        "jq '.nothing' summary.json",
        "jq '.requests | no_such_function' summary.json",
        "jq . nowhere.json",
    ] {
        assert!(outcome(sandbox.path(), wrong).is_err(), "{wrong}");
    }
    assert_eq!(outcome(sandbox.path(), "jq .verdict.passed summary.json"), Ok("true\n".to_owned()));
    let page = "text\n```sh\njq 'a\n b' x\nls\njq . y | sort\n```\n```json\njq\n```\n";
    assert_eq!(recipes(page), [(2, "jq 'a\n b' x\n".to_owned()), (2, "jq . y | sort\n".to_owned())]);
}
