//! `docs/ci.md` and `ci/`: YAML that can be read, an action and a template in the shape that GitHub and GitLab want.

use super::{blocks, read, yaml};
use loadgen::{report::exports::Export, run::Output};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};

fn file(name: &str) -> String {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name))
}

fn parsed(name: &str) -> Value {
    yaml::value(name, &file(name))
}

/// All strings of a document.
fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(entries) => entries.values().for_each(|entry| strings(entry, found)),
        _ => {}
    }
}

/// What `${{ … }}` of a text speaks of: `inputs.scenario`, `steps.run.outputs.folder`.
fn expressions(text: &str) -> Vec<String> {
    let inner = text.split("${{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(inner, _)| inner);
    let names = inner.flat_map(|inner| inner.split(|c: char| !c.is_alphanumeric() && !"._-".contains(c)));
    names.filter(|name| name.contains('.')).map(str::to_owned).collect()
}

#[test]
fn every_block_about_ci_is_yaml() {
    let page = file("docs/ci.md");
    let blocks = blocks(&page, "yaml");
    assert!(blocks.len() >= 9, "only {} blocks were found: does the reader still see them?", blocks.len());
    for (line, block) in blocks {
        let value = yaml::value(&format!("docs/ci.md, block at line {line}"), &block);
        assert!(value.is_object() || value.is_array(), "line {line}: {value}");
    }
}

#[test]
fn workflows_use_the_action_as_it_is() {
    let action = parsed("ci/github/action.yml");
    let known: BTreeSet<&String> = action["inputs"].as_object().expect("inputs").keys().collect();
    let outputs = action["outputs"].as_object().expect("outputs");
    let page = file("docs/ci.md");
    let mut uses = 0;
    for (line, block) in blocks(&page, "yaml") {
        let value = yaml::value("docs/ci.md", &block);
        let Some(steps) = value.pointer("/jobs/load/steps").and_then(Value::as_array) else { continue };
        for step in steps
            .iter()
            .filter(|step| step["uses"].as_str().is_some_and(|action| action.ends_with("/ci/github")))
        {
            uses += 1;
            for input in step["with"].as_object().expect("inputs").keys() {
                assert!(known.contains(input), "line {line}: the action has no input {input}");
            }
        }
        let mut texts = Vec::new();
        strings(&value, &mut texts);
        let used = texts.iter().flat_map(|text| expressions(text));
        for name in used.filter_map(|name| name.strip_prefix("steps.load.outputs.").map(str::to_owned)) {
            assert!(outputs.contains_key(&name), "line {line}: the action has no output {name}");
        }
    }
    assert!(uses >= 2, "{uses}");
    for input in known {
        assert!(page.contains(&format!("`{input}`")), "docs/ci.md says nothing about the input {input}");
    }
}

#[test]
fn the_action_is_what_github_wants() {
    let action = parsed("ci/github/action.yml");
    assert_eq!(action["runs"]["using"], "composite");
    let inputs = action["inputs"].as_object().expect("inputs");
    for (name, input) in inputs {
        assert!(input["description"].is_string(), "{name} has no description");
        assert!(input["required"] == true || input["default"].is_string(), "{name} has no default");
    }
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let ids: Vec<&str> = steps.iter().filter_map(|step| step["id"].as_str()).collect();
    let mut used = BTreeSet::new();
    for step in steps {
        let name = step["name"].as_str().expect("a name");
        match step["run"].as_str() {
            Some(script) => {
                assert_eq!(step["shell"], "bash", "{name}");
                assert!(
                    !script.contains("${{"),
                    "{name}: an expression in a script is a way in for commands"
                );
            }
            None => assert!(step["uses"].is_string(), "{name}"),
        }
    }
    let mut texts = Vec::new();
    strings(&action, &mut texts);
    for expression in texts.iter().flat_map(|text| expressions(text)) {
        if let Some(input) = expression.strip_prefix("inputs.") {
            assert!(inputs.contains_key(input), "there is no input {input}");
            used.insert(input.to_owned());
        } else if let Some(rest) = expression.strip_prefix("steps.") {
            let (id, of) = rest.split_once('.').expect("something of a step");
            assert!(ids.contains(&id), "there is no step {id}");
            let Some(output) = of.strip_prefix("outputs.") else {
                assert_eq!(of, "outcome", "a step has outputs and an outcome");
                continue;
            };
            let written = steps.iter().find(|step| step["id"] == id).and_then(|step| step["run"].as_str());
            let written = written.expect("a script");
            assert!(written.contains(&format!("{output}=")), "step {id} does not write {output}");
        }
    }
    let unused: Vec<&String> = inputs.keys().filter(|input| !used.contains(*input)).collect();
    assert!(unused.is_empty(), "nothing uses {unused:?}");
}

#[test]
fn the_template_is_what_gitlab_wants() {
    let template = parsed("ci/gitlab/loadgen.gitlab-ci.yml");
    let job = &template[".loadgen"];
    for list in ["before_script", "script"] {
        let lines = job[list].as_array().expect("scripts");
        assert!(!lines.is_empty() && lines.iter().all(Value::is_string), "{list}");
    }
    assert_eq!(job["artifacts"]["when"], "always");
    let folder = job["variables"]["LOADGEN_RESULTS"].as_str().expect("a folder");
    let script = job["script"][0].as_str().expect("a script");
    for report in ["junit", "load_performance"] {
        let path = job["artifacts"]["reports"][report].as_str().expect("a report");
        let within = path.strip_prefix(folder).expect("within the folder");
        assert!(script.contains(&format!("=$results{within}\"")), "nothing writes {path}");
    }
    assert_eq!(job["artifacts"]["paths"][0], format!("{folder}/"));
    let page = file("docs/ci.md");
    for (line, block) in blocks(&page, "yaml") {
        let value = yaml::value("docs/ci.md", &block);
        let Some(set) = value.pointer("/load/variables").and_then(Value::as_object) else { continue };
        for name in set.keys() {
            assert!(job["variables"][name].is_string(), "line {line}: the template has no {name}");
        }
    }
}

#[test]
fn every_format_that_is_written_exists() {
    let mut seen = BTreeSet::new();
    for name in ["docs/ci.md", "ci/github/action.yml", "ci/gitlab/loadgen.gitlab-ci.yml"] {
        let text = file(name);
        for rest in text.split("--out").skip(1).filter_map(|rest| rest.strip_prefix([' ', '='])) {
            let word: String = rest.chars().take_while(|c| !" \n\"'`".contains(*c)).collect();
            let output: Output = word.parse().unwrap_or_else(|problem| panic!("{name}: {word}: {problem}"));
            seen.insert(output.format.name());
        }
    }
    for format in [Export::Html, Export::Junit, Export::Markdown, Export::K6Summary, Export::Gitlab] {
        assert!(seen.contains(format.name()), "nothing shows --out {}=", format.name());
    }
}

#[test]
fn every_exit_code_is_explained() {
    use loadgen::model::ExitCode::*;
    let page = file("docs/ci.md");
    for code in [
        Passed,
        Internal,
        Usage,
        Saturated,
        ResultsNotWritten,
        Incomplete,
        ThresholdFailed,
        ScenarioInvalid,
        Interrupted,
        SetupFailed,
        StoppedByStep,
    ] {
        assert!(page.contains(&format!("\n| {} | ", code.number())), "{code:?}");
    }
}
