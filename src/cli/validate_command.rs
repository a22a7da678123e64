//! `loadgen validate`: every fault of files, with each of their environments, without anything being sent.

use super::{
    annotate::{findings_for_github, findings_of},
    args::{FindingFormat, ValidateArguments},
    scenario_input::ScenarioInput,
    world::World,
};
use crate::{
    model::ExitCode,
    plan::{Inputs, compile},
    report::findings,
    scenario::{self, Diagnostic, Options, Sources},
};
use std::path::Path;

/// What was found in a file.
struct Checked {
    sources: Sources,
    faults: Vec<Diagnostic>,
}

pub(super) fn run(arguments: &ValidateArguments, world: &mut World) -> ExitCode {
    let mut worst = ExitCode::Passed;
    let mut found = Vec::new();
    for file in &arguments.files {
        match check(file, arguments, world) {
            Ok(checked) => {
                if !checked.faults.is_empty() {
                    worst = ExitCode::ScenarioInvalid;
                }
                if arguments.format == FindingFormat::Text {
                    tell(&checked, world);
                }
                found.extend(findings_of(&checked.sources, &checked.faults));
            }
            Err(code) => worst = if worst == ExitCode::Usage { worst } else { code },
        }
    }
    let files: Vec<String> = arguments.files.iter().map(|file| file.display().to_string()).collect();
    match arguments.format {
        FindingFormat::Text => {}
        FindingFormat::Json => world.say(&findings::json(&files, &found)),
        FindingFormat::Github => world.say(&findings_for_github(found, world)),
    }
    worst
}

/// The file as it is, and with each of its environments, unless one was named.
fn check(file: &Path, arguments: &ValidateArguments, world: &mut World) -> Result<Checked, ExitCode> {
    let input = ScenarioInput::read(file, &arguments.scenario, world)?;
    let inputs = Inputs { env: input.env.clone(), demo_url: None, seed: 0, files: input.files.clone() };
    let mut environments = vec![input.options.environment.clone()];
    if input.options.environment.is_none() {
        environments.extend(scenario::environments(&input.source).into_iter().map(Some));
    }
    let mut checked = Checked { sources: input.sources(), faults: Vec::new() };
    for environment in environments {
        let options = Options { environment, ..input.options.clone() };
        if let Err(faults) = compile(scenario::read(&input.source, &options), &inputs) {
            add(&mut checked.faults, faults);
        }
    }
    checked.faults.sort_by_key(|fault| fault.span.start);
    Ok(checked)
}

/// Adds those that are not there yet: most faults show with every environment.
fn add(known: &mut Vec<Diagnostic>, more: Vec<Diagnostic>) {
    for one in more {
        if !known.contains(&one) {
            known.push(one);
        }
    }
}

fn tell(checked: &Checked, world: &mut World) {
    let Checked { sources, faults } = checked;
    if !faults.is_empty() {
        world.complain(&scenario::render(sources, faults));
        return;
    }
    world.say(&format!("{}: valid\n", sources.file()));
}
