//! From arguments to a scenario's text and everything that decides how it is read.

use super::{args::ScenarioArguments, scenario_files::ScenarioFiles, source, world::World};
use crate::{
    model::ExitCode,
    plan::Files,
    scenario::{self, Diagnostic, Options, Override, Sources},
};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// A scenario's file, read, and what the command line says about it.
pub(super) struct ScenarioInput {
    /// The file as it was named.
    pub file: String,
    /// Its text.
    pub source: String,
    /// How it is read.
    pub options: Options,
    /// The variables of the environment, those of `--env` over the process's own.
    pub env: BTreeMap<String, String>,
    /// The files that it may name.
    pub files: Arc<dyn Files>,
    /// The arguments again, word by word, for whoever wants to repeat this.
    pub repeated: Vec<String>,
}

impl ScenarioInput {
    /// Reads the file; a complaint and an exit code where that cannot be.
    pub fn read(file: &Path, arguments: &ScenarioArguments, world: &mut World) -> Result<Self, ExitCode> {
        let source = source::read(file).map_err(|problem| {
            world.complain(&format!("error: {problem}; nothing was sent\n"));
            ExitCode::ScenarioInvalid
        })?;
        let mut wrong = |problem: String| {
            world.complain(&format!("error: {problem}; nothing was sent\n"));
            ExitCode::Usage
        };
        let files = ScenarioFiles::new(file, &arguments.allow_files).map_err(&mut wrong)?;
        let options = options(arguments).map_err(&mut wrong)?;
        let given = pairs(&arguments.env).map_err(&mut wrong)?;
        let mut env = world.env.clone();
        env.extend(given);
        let file = file.display().to_string();
        let repeated = repeated(&file, arguments);
        Ok(Self { file, source, options, env, files: Arc::new(files), repeated })
    }

    /// The texts that faults point into.
    pub fn sources(&self) -> Sources {
        self.options.sources(&self.file, &self.source)
    }

    /// Tells what is wrong with it.
    pub fn refuse(&self, faults: &[Diagnostic], world: &mut World) -> ExitCode {
        world.complain(&scenario::render(&self.sources(), faults));
        ExitCode::ScenarioInvalid
    }
}

fn options(arguments: &ScenarioArguments) -> Result<Options, String> {
    let mut overrides = Vec::new();
    for text in &arguments.set {
        overrides.push(Override::set(text)?);
    }
    for (key, value) in
        [("users", &arguments.users), ("duration", &arguments.duration), ("rate", &arguments.rate)]
    {
        overrides.extend(value.as_ref().map(|value| Override::load(key, value)));
    }
    for text in &arguments.tag {
        overrides.push(Override::tag(text)?);
    }
    Ok(Options { environment: arguments.environment.clone(), overrides, only: arguments.only.clone() })
}

fn pairs(texts: &[String]) -> Result<Vec<(String, String)>, String> {
    let pair = |text: &String| {
        let named = text.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) = named.ok_or_else(|| format!("`--env {text}` is not `KEY=VALUE`"))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    texts.iter().map(pair).collect()
}

fn repeated(file: &str, arguments: &ScenarioArguments) -> Vec<String> {
    let mut words = vec![file.to_owned()];
    let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
    for (flag, value) in [
        ("--environment", &arguments.environment),
        ("--users", &arguments.users),
        ("--duration", &arguments.duration),
        ("--rate", &arguments.rate),
        ("--only", &arguments.only),
    ] {
        value.iter().for_each(|value| add(flag, value));
    }
    for (flag, values) in [("--env", &arguments.env), ("--set", &arguments.set), ("--tag", &arguments.tag)] {
        values.iter().for_each(|value| add(flag, value));
    }
    arguments.allow_files.iter().for_each(|folder| add("--allow-files", &folder.display().to_string()));
    words
}
