//! What CI systems are given: annotations at lines, JSON on standard output, and the scripts under `ci/`, run for real as
//! their systems would run them.

use super::{
    harness::{Finished, Sandbox},
    target::{OK, Target, response, scenario},
    yaml,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A scenario of one user whose second threshold, on its own line, is broken.
fn broken(url: &str) -> String {
    scenario(url, 1, 200, "thresholds:\n  http_reqs: count > 0\n  http_req_duration: p95 < 1us\n")
}

fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).unwrap() + 1
}

fn annotations(run: &Finished) -> Vec<&str> {
    run.stdout.lines().filter(|line| line.starts_with("::")).collect()
}

#[test]
fn a_broken_threshold_is_annotated_at_its_line() {
    let (target, sandbox) = (Target::answering(OK), Sandbox::new());
    let text = broken(&target.url());
    let run = sandbox.start_scenario(&text, &["--format", "github"]).wait();
    run.assert_code(99);
    let place =
        format!("::error file=scenario.yaml,line={},title=loadgen", line_of(&text, "http_req_duration"));
    let errors: Vec<&str> =
        annotations(&run).into_iter().filter(|line| line.starts_with("::error")).collect();
    let [error] = errors.as_slice() else { panic!("{}", run.both()) };
    assert!(error.starts_with(&place) && error.contains("p95 < 1us"), "{error}");
    assert!(run.stdout.starts_with("FAILED"), "{}", run.both());
    // Whoever rebuilds it is told the same.
    let folder = fs::read_dir(sandbox.path().join("results")).unwrap().next().unwrap().unwrap().path();
    let rebuilt = sandbox.run(&["report", folder.to_str().unwrap(), "--format", "github"]);
    rebuilt.assert_code(99);
    assert!(annotations(&rebuilt).contains(error), "{}", rebuilt.both());
}

#[test]
fn in_a_workflow_annotations_come_by_themselves_with_paths_of_the_repository() {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new().with_env("GITHUB_ACTIONS", "true");
    let root = sandbox.path().parent().unwrap().display().to_string();
    let sandbox = sandbox.with_env("GITHUB_WORKSPACE", &root);
    let name = sandbox.path().file_name().unwrap().to_str().unwrap().to_owned();
    let text = broken(&target.url());
    let run = sandbox.start_scenario(&text, &[]).wait();
    run.assert_code(99);
    let place = format!("::error file={name}/scenario.yaml,line={}", line_of(&text, "http_req_duration"));
    assert!(annotations(&run).iter().any(|line| line.starts_with(&place)), "{place}: {}", run.both());

    let text = text.replace("get: ", "gett: ");
    let wrong = sandbox.start_scenario(&text, &[]).wait();
    wrong.assert_code(104);
    let place = format!("::error file={name}/scenario.yaml,line={}", line_of(&text, "gett"));
    assert!(annotations(&wrong).iter().any(|line| line.starts_with(&place)), "{place}: {}", wrong.both());

    let asked = sandbox.start_scenario(&broken(&target.url()), &["--format", "text"]).wait();
    assert_eq!(annotations(&asked), Vec::<&str>::new(), "{}", asked.both());
}

#[test]
fn what_a_target_says_is_no_command_of_a_workflow() {
    let said = "\n::add-mask::passed\n##[error]x\n::stop-commands::abcdefghijklmn\n";
    let target = Target::answering(response(500, said));
    let sandbox = Sandbox::new().with_env("GITHUB_ACTIONS", "true");
    let text = format!(
        "target: {}\nload: {{ users: 1, duration: 200ms }}\nflow:\n  - get: /\n    extract: {{ said: body }}\n  \
         - log: \"\\n::error::${{said}}\"\n",
        target.url()
    );
    for arguments in [&[][..], &["--once"]] {
        let run = sandbox.start_scenario(&text, arguments).wait();
        for line in run.stdout.lines().chain(run.stderr.lines()) {
            let line = line.trim_start();
            assert!(!line.contains("##["), "{line}: {}", run.both());
            let is_ours = ["::error file=", "::warning file="].iter().any(|begin| line.starts_with(begin));
            assert!(!line.starts_with("::") || is_ours, "{line}: {}", run.both());
        }
    }
}

#[test]
fn json_on_standard_output_can_be_piped() {
    let (target, sandbox) = (Target::answering(OK), Sandbox::new());
    let run = sandbox.start_scenario(&broken(&target.url()), &["--format", "json"]).wait();
    run.assert_code(99);
    let told: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(told["verdict"]["exit_code"], 99);
    assert!(run.stderr.contains("FAILED"), "{}", run.both());
    let folder = fs::read_dir(sandbox.path().join("results")).unwrap().next().unwrap().unwrap().path();
    let written: Value = serde_json::from_slice(&fs::read(folder.join("summary.json")).unwrap()).unwrap();
    assert_eq!(told, written);
    let once = sandbox.start_scenario(&broken(&target.url()), &["--once", "--format", "json"]).wait();
    once.assert_code(2);
}

/// A file of the package.
fn ours(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

type Texts = BTreeMap<String, String>;

/// GitHub's runner, as far as our action needs one.
struct Runner {
    sandbox: Sandbox,
    action: Value,
    /// What expressions speak of: `inputs.scenario`.
    known: Texts,
    /// What the steps said.
    log: String,
}

impl Runner {
    /// A job with these inputs; the rest has its defaults.
    fn new(inputs: &[(&str, &str)]) -> Self {
        let text = fs::read_to_string(ours("ci/github/action.yml")).unwrap();
        let action = yaml::value("action.yml", &text);
        let mut known = Texts::new();
        for (name, input) in action["inputs"].as_object().unwrap() {
            let value = input["default"].as_str().unwrap_or_default();
            known.insert(format!("inputs.{name}"), value.to_owned());
        }
        known.insert("inputs.binary".to_owned(), env!("CARGO_BIN_EXE_loadgen").to_owned());
        for (name, value) in inputs {
            known.insert(format!("inputs.{name}"), (*value).to_owned());
        }
        for (name, value) in [
            ("github.action_path", ours("ci/github").to_str().unwrap()),
            ("github.repository", "shop/api"),
            ("github.event.pull_request.number", "7"),
            ("github.token", "a-token"),
        ] {
            known.insert(name.to_owned(), value.to_owned());
        }
        Self { sandbox: Sandbox::new(), action, known, log: String::new() }
    }

    fn summary(&self) -> String {
        fs::read_to_string(self.sandbox.path().join("step summary")).unwrap_or_default()
    }

    fn output(&self, name: &str) -> &str {
        &self.known[&format!("steps.run.outputs.{name}")]
    }

    fn value(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("${{") else { return text.to_owned() };
        let (name, after) = rest.split_once("}}").unwrap();
        let known = self.known.get(name.trim()).unwrap_or_else(|| panic!("nothing is {name}"));
        format!("{before}{}{}", self.value(known), self.value(after))
    }

    /// Runs a step as the runner does; its exit code.
    fn step(&mut self, name: &str) -> i32 {
        let steps = self.action["runs"]["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["name"] == name).unwrap().clone();
        let path = |name: &str| self.sandbox.path().join(name);
        // A `gh` that a test has put there comes first.
        let script = format!("PATH=$PWD:$PATH\n{}", step["run"].as_str().unwrap());
        let script = self.sandbox.file("script.sh", script);
        let output = self.sandbox.file("output", "");
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(script);
        command.current_dir(self.sandbox.path()).stdin(Stdio::null());
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_OUTPUT", &output);
        command.env("GITHUB_STEP_SUMMARY", path("step summary")).env("GITHUB_PATH", path("path"));
        command.env("GITHUB_WORKSPACE", self.sandbox.path()).env("RUNNER_TEMP", self.sandbox.path());
        for (name, value) in step["env"].as_object().unwrap() {
            command.env(name, self.value(value.as_str().unwrap()));
        }
        let done = command.output().unwrap();
        self.log =
            format!("{}\n{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        if let Some(id) = step["id"].as_str() {
            let written = fs::read_to_string(output).unwrap();
            for (name, value) in written.lines().filter_map(|line| line.split_once('=')) {
                self.known.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
            }
        }
        done.status.code().unwrap()
    }

    /// The job up to its end, without what needs GitHub; its exit code.
    fn job(&mut self) -> i32 {
        assert_eq!(self.step("Build loadgen"), 0, "{}", self.log);
        assert_eq!(self.step("Run the scenario"), 0, "{}", self.log);
        let said = std::mem::take(&mut self.log);
        let code = self.step("Pass or fail");
        self.log = said;
        code
    }
}

#[test]
fn the_action_sums_up_and_passes_the_exit_code_on() {
    let target = Target::answering(OK);
    let file = "a folder/it's; $(touch pwned) `touch pwned`.yaml";
    for (text, code, says) in [
        (scenario(&target.url(), 1, 200, "thresholds: { http_reqs: count > 0 }\n"), 0, "## ✅ loadgen: "),
        (broken(&target.url()), 99, "❌ **fail**"),
        ("target: nowhere\n".to_owned(), 104, "## ❌ loadgen made no run (exit code 104)"),
    ] {
        let args = "--seed=1\n\n--allow-saturated\n--tag\nnote=two words; $(touch pwned)\n";
        let inputs = [("scenario", file), ("args", args), ("results", "the results")];
        let mut runner = Runner::new(&inputs);
        fs::create_dir(runner.sandbox.path().join("a folder")).unwrap();
        runner.sandbox.file(file, text);
        assert_eq!(runner.job(), code, "{}", runner.log);
        assert!(runner.summary().contains(says), "{}\n{}", runner.summary(), runner.log);
        assert_eq!(runner.output("exit-code"), code.to_string());
        assert_eq!(runner.output("passed"), (code == 0).to_string());
        let made_a_run = code != 104;
        for output in ["folder", "markdown"] {
            let path = runner.output(output);
            assert_eq!(!path.is_empty() && runner.sandbox.path().join(path).exists(), made_a_run, "{path}");
        }
        let has = |name: &str| runner.sandbox.path().join(name).exists();
        assert_eq!(has("the results/junit.xml"), made_a_run);
        assert!(!has("pwned") && !has("a folder/pwned"), "an input was run");
        assert_eq!(runner.log.contains("\n::error "), code != 0, "{}", runner.log);
        if made_a_run {
            let folder = runner.sandbox.path().join(runner.output("folder"));
            let summary = fs::read_to_string(folder.join("summary.json")).unwrap();
            assert!(summary.contains("two words; $(touch pwned)"), "{summary}");
        }
    }
}

#[test]
fn the_action_compares_with_a_baseline_that_is_there() {
    let target = Target::answering(OK);
    let inputs = [("scenario", "a.yaml"), ("args", "--allow-saturated"), ("baseline", "the baseline")];
    let mut runner = Runner::new(&inputs);
    runner.sandbox.file("a.yaml", scenario(&target.url(), 1, 200, ""));
    assert_eq!(runner.job(), 0, "{}", runner.log);
    assert!(runner.log.contains("nothing to compare with"), "{}", runner.log);
    assert!(!runner.summary().contains("the baseline"), "{}", runner.summary());
    let folder = runner.sandbox.path().join(runner.output("folder"));
    fs::rename(folder, runner.sandbox.path().join("the baseline")).unwrap();
    assert_eq!(runner.job(), 0, "{}", runner.log);
    // Whether it was compared or refused is the machine's choice; that it was tried is seen in either case.
    assert!(runner.summary().contains("the baseline"), "{}", runner.summary());
}

#[test]
fn the_action_takes_no_earlier_run_for_its_own() {
    let target = Target::answering(OK);
    let inputs = [("scenario", "a.yaml"), ("args", "--allow-saturated"), ("results", "kept")];
    let mut runner = Runner::new(&inputs);
    let whole = scenario(&target.url(), 1, 200, "");
    // By name, the first one's folder comes last.
    for name in ["zebra", "ant"] {
        runner.sandbox.file("a.yaml", whole.replace("Short run", name));
        assert_eq!(runner.job(), 0, "{}", runner.log);
        let folder = runner.output("folder");
        assert!(folder.starts_with(&format!("kept/{name}-")), "{name}: {folder}");
    }
    runner.sandbox.file("a.yaml", "target: nowhere\n");
    assert_eq!(runner.job(), 104, "{}", runner.log);
    assert_eq!((runner.output("folder"), runner.output("markdown")), ("", ""));
    assert!(!runner.sandbox.path().join("kept/junit.xml").exists(), "it is of an earlier run");
}

#[test]
fn the_action_writes_one_comment_anew() {
    let gh = "#!/usr/bin/env bash\nprintf '%s\\n' \"$*\" >>calls\n\
              if [[ $* == *--paginate* ]]; then [ ! -e refused ] || exit 1; cat ids 2>/dev/null || true; fi\n";
    for (ids, call) in [("", "--method POST repos/shop/api/issues/7/comments"), ("12\n15\n", "/comments/12 ")]
    {
        let mut runner = Runner::new(&[("scenario", "load/it's --> <b>.yaml")]);
        let known = [("steps.run.outputs.markdown", "summary.md")];
        runner.known.extend(known.map(|(name, value)| (name.to_owned(), value.to_owned())));
        runner.sandbox.file("summary.md", "## text\n");
        runner.sandbox.file("ids", ids);
        let stub = runner.sandbox.file("gh", gh);
        assert!(Command::new("chmod").arg("+x").arg(&stub).status().unwrap().success());
        assert_eq!(runner.step("Comment below the pull request"), 0, "{}", runner.log);
        let calls = fs::read_to_string(runner.sandbox.path().join("calls")).unwrap();
        assert!(calls.contains(call) && calls.contains("body=@"), "{calls}");
        let body = fs::read_to_string(runner.sandbox.path().join("loadgen-comment.md")).unwrap();
        assert_eq!(body, "<!-- loadgen load/it_s_--___b_.yaml -->\n## text\n");
        runner.sandbox.file("refused", "");
        assert_eq!(runner.step("Comment below the pull request"), 0, "{}", runner.log);
        assert!(runner.log.contains("::warning "), "{}", runner.log);
    }
}

#[test]
fn the_template_keeps_results_and_passes_the_exit_code_on() {
    let target = Target::answering(OK);
    let text = fs::read_to_string(ours("ci/gitlab/loadgen.gitlab-ci.yml")).unwrap();
    let template = yaml::value("the template", &text);
    let job = &template[".loadgen"];
    let script: Vec<&str> = ["before_script", "script"]
        .iter()
        .flat_map(|list| job[list].as_array().unwrap())
        .map(|line| line.as_str().unwrap())
        .collect();
    for (text, code) in [
        (scenario(&target.url(), 1, 200, ""), 0),
        (broken(&target.url()), 99),
        ("target: nowhere\n".to_owned(), 104),
    ] {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path().join("loadgen-results")).unwrap();
        sandbox.file("loadgen-results/junit.xml", "of an earlier run");
        let file = "it's; $(touch pwned).yaml";
        sandbox.file(file, text);
        let mut command = Command::new("sh");
        command.arg("-c").arg(script.join("\n")).current_dir(sandbox.path()).stdin(Stdio::null());
        for (name, value) in job["variables"].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
        command.env("LOADGEN_BINARY", env!("CARGO_BIN_EXE_loadgen")).env("LOADGEN_SCENARIO", file);
        command.env("LOADGEN_ARGS", "--allow-saturated\n--tag\nnote=two words $(touch pwned)");
        let done = command.output().unwrap();
        let said = format!("{done:?}");
        assert_eq!(done.status.code(), Some(code), "{said}");
        for report in ["junit", "load_performance"] {
            let path = job["artifacts"]["reports"][report].as_str().unwrap();
            assert_eq!(sandbox.path().join(path).is_file(), code != 104, "{path}: {said}");
        }
        assert!(!sandbox.path().join("pwned").exists(), "a variable was run");
    }
}
