//! The values of secrets, from the environment and from files.

use super::{files::read_text, types::Inputs};
use crate::scenario::{Faults, Secret, SecretSource, Spanned, similar};
use serde_json::{Map, Value as Json};

/// The secrets that have a value, by name; those that have none are reported, and are there as `null`.
pub(super) fn resolve(secrets: &[Secret], inputs: &Inputs, faults: &mut Faults) -> Map<String, Json> {
    let mut resolved = Map::new();
    for secret in secrets {
        let name = &secret.name.value;
        let value = match &secret.source {
            SecretSource::Env(variable) => from_environment(name, variable, inputs, faults),
            SecretSource::File(path) => from_file(name, path, inputs, faults),
        };
        resolved.insert(name.clone(), value.map_or(Json::Null, Json::String));
    }
    resolved
}

/// The values themselves, for the mask.
pub(super) fn values(resolved: &Map<String, Json>) -> impl Iterator<Item = String> {
    resolved.values().filter_map(|value| Some(value.as_str()?.to_owned()))
}

fn from_environment(
    name: &str,
    variable: &Spanned<String>,
    inputs: &Inputs,
    faults: &mut Faults,
) -> Option<String> {
    let (span, variable) = (variable.span, &variable.value);
    match inputs.env.get(variable) {
        Some(value) if !value.is_empty() => return Some(value.clone()),
        Some(_) => {
            let fault = faults.report(span, format!("the environment variable `{variable}` is empty"));
            fault.label(format!("the secret `{name}` needs a value"));
        }
        None => {
            let fault = faults.report(span, format!("the environment variable `{variable}` is not set"));
            fault.label(format!("the secret `{name}` is read from it"));
            if let Some(near) = similar(variable, inputs.env.keys().map(String::as_str)) {
                fault.help(format!("`{near}` is set: did you mean that?"));
            }
            fault
                .help(format!("set it for the run: `{variable}=… loadgen run FILE`, or `export {variable}`"));
        }
    }
    None
}

fn from_file(name: &str, path: &Spanned<String>, inputs: &Inputs, faults: &mut Faults) -> Option<String> {
    let text = match read_text(&*inputs.files, &path.value) {
        Ok(text) => text,
        Err(problem) => {
            let fault = faults.report(path.span, problem);
            fault.label(format!("the secret `{name}` is read from it"));
            return None;
        }
    };
    let value = text.strip_suffix('\n').map_or(&*text, |line| line.strip_suffix('\r').unwrap_or(line));
    if value.is_empty() {
        let fault = faults.report(path.span, format!("`{}` is empty", path.value));
        fault.label(format!("the secret `{name}` needs a value"));
        return None;
    }
    Some(value.to_owned())
}

/// Reports a use of `secrets` that names none of them.
pub(super) fn report_use(part: Option<&str>, source: &Spanned<String>, known: &Json, faults: &mut Faults) {
    let known: Vec<&str> = known.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let Some(part) = part else {
        let fault = faults.report(source.span, "`secrets` is not a value of its own");
        fault.label(format!("write `${{secrets.{}}}`", known.first().unwrap_or(&"NAME")));
        return;
    };
    let fault = faults.report(source.span, format!("there is no secret `{part}`"));
    match similar(part, known.iter().copied()) {
        Some(near) => fault.label(format!("did you mean `secrets.{near}`?")),
        None => fault
            .label("`secrets` does not name it")
            .help(format!("for example `secrets: {{ {part}: {{ env: {} }} }}`", part.to_uppercase())),
    };
}

#[cfg(test)]
mod tests {
    use crate::{
        plan::{Body, Files, Inputs, Plan, StepKind, UserFunctions, Variables, build},
        scenario::{Diagnostic, Options, parse},
    };
    use std::{collections::BTreeMap, io::Read, sync::Arc};

    #[derive(Debug)]
    struct Passwords;

    impl Files for Passwords {
        fn open(&self, path: &str) -> Result<Box<dyn Read + Send>, String> {
            match path {
                "unix.txt" => Ok(Box::new("unix secret\n".as_bytes())),
                "windows.txt" => Ok(Box::new("windows secret\r\n".as_bytes())),
                "lines.txt" => Ok(Box::new("two\nlines\n\n".as_bytes())),
                "empty.txt" => Ok(Box::new("\n".as_bytes())),
                _ => Err(format!("there is no file `{path}`")),
            }
        }

        fn size(&self, path: &str) -> Result<u64, String> {
            Err(format!("nobody asks for the size of `{path}`"))
        }
    }

    fn plan(secrets: &str, target: &str, body: &str) -> Result<Plan, Vec<Diagnostic>> {
        let env = [("API_PASSWORD", "hunter2-hunter2"), ("EMPTY", "")];
        let env: BTreeMap<String, String> =
            env.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let source = format!(
            "target: {target}\nload: {{ users: 1, duration: 1s }}\nsecrets: {secrets}\nflow: [ {{ post: /, body: '{body}' }} ]\n"
        );
        let inputs = Inputs { env, files: Arc::new(Passwords), ..Inputs::default() };
        build(&parse(&source, &Options::default())?, &inputs)
    }

    fn body(secrets: &str, body: &str) -> String {
        let plan = plan(secrets, "http://127.0.0.1", body).unwrap_or_else(|faults| panic!("{faults:?}"));
        let StepKind::Request(request) = &plan.workloads[0].tasks[0].steps[0].kind else {
            panic!("a request")
        };
        let Body::Fixed(bytes) = &request.body else { panic!("a body known before the run") };
        let functions = UserFunctions::new(1, 1, 0);
        let variables = Variables {
            slots: &[],
            vu: 1,
            iteration: 0,
            functions: Some(&functions),
            ..Variables::default()
        };
        let rendered = request.body.render(&variables).unwrap().unwrap();
        assert_eq!(rendered.as_whole(), Some(bytes));
        let text = String::from_utf8(bytes.to_vec()).expect("a text");
        assert!(plan.mask.apply(&text).contains("***"), "{text}");
        text
    }

    #[test]
    fn values_come_from_the_environment_and_from_files() {
        for (secrets, expression, expected) in [
            ("{ a: { env: API_PASSWORD } }", "${secrets.a}", "hunter2-hunter2"),
            ("{ a: { env: API_PASSWORD } }", "${base64(\"u:\" ~ secrets.a)}", "dTpodW50ZXIyLWh1bnRlcjI="),
            ("{ a: { file: unix.txt } }", "<${secrets.a}>", "<unix secret>"),
            ("{ a: { file: windows.txt } }", "<${secrets.a}>", "<windows secret>"),
            ("{ a: { file: lines.txt } }", "<${secrets.a}>", "<two\nlines\n>"),
        ] {
            assert_eq!(body(secrets, expression), expected, "{secrets}");
        }
    }

    #[test]
    fn what_has_no_value_is_a_fault() {
        for (secrets, says) in [
            ("{ a: { env: API_PASSWROD } }", "`API_PASSWROD` is not set"),
            ("{ a: { env: EMPTY } }", "`EMPTY` is empty"),
            ("{ a: { file: empty.txt } }", "`empty.txt` is empty"),
            ("{ a: { file: none.txt } }", "there is no file `none.txt`"),
        ] {
            let faults = plan(secrets, "http://127.0.0.1", "${secrets.a}").expect_err(secrets);
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].message.contains(says), "{faults:?}");
        }
    }

    #[test]
    fn no_diagnostic_tells_a_secret() {
        for (target, body) in [
            ("${secrets.a}", "x"),
            ("http://127.0.0.1", "${secrets.a / 2}"),
            ("http://127.0.0.1", "${random_int(1, secrets.a)}"),
            ("http://127.0.0.1", "${base64_decode(secrets.a)}"),
            ("http://127.0.0.1", "${date(secrets.a, secrets.a)}"),
        ] {
            match plan("{ a: { env: API_PASSWORD } }", target, body) {
                Ok(plan) => assert!(body.contains("random") || body.contains("date"), "{plan:?}"),
                Err(faults) => assert!(!format!("{faults:?}").contains("hunter2"), "{faults:?}"),
            }
        }
        let faults = plan("{ a: { env: API_PASSWORD } }", "${secrets.a}", "x").expect_err("no URL");
        assert!(faults[0].message.starts_with("`***` is not a URL"), "{faults:?}");
    }
}
