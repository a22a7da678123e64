//! `secrets`: names of what is read from elsewhere and masked wherever anything is printed. No value of a
//! secret is ever in a scenario, and so none is here.

use super::{
    decode_vars::is_variable_name,
    diagnostic::Faults,
    reader::{Keys, entries, literal},
    span::Spanned,
    yaml::{Node, NodeValue},
};

/// A secret, by where its value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Secret {
    /// Its name, as in `${secrets.NAME}`.
    pub name: Spanned<String>,
    /// Where its value comes from.
    pub source: SecretSource,
}

/// Where the value of a secret comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum SecretSource {
    /// `env`: the environment variable of this name.
    Env(Spanned<String>),
    /// `file`: the content of the file at this path, without the line break at its end.
    File(Spanned<String>),
}

/// Why no value of a secret stands in the file.
const COPIES: &str = "writing the value here would put it into every copy of this file";
const EXAMPLE: &str = "for example `password: { env: API_PASSWORD }` or `password: { file: password.txt }`";

pub(super) fn secrets(node: &Node, faults: &mut Faults) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for (name, value) in entries(node, "`secrets`", faults) {
        if !is_variable_name(&name.value) {
            let fault = faults.report(name.span, format!("`{}` cannot be a secret's name", name.value));
            fault.label("letters, digits and `_`, not starting with a digit");
        }
        if let Some(source) = source(&name.value, value, faults) {
            secrets.push(Secret { name: name.clone(), source });
        }
    }
    secrets
}

fn source(name: &str, node: &Node, faults: &mut Faults) -> Option<SecretSource> {
    if !matches!(node.value, NodeValue::Map(_)) {
        let message = format!("the secret `{name}` is named by where it comes from, this is {}", node.kind());
        let fault = faults.report(node.span, message);
        fault.label("write `{ env: API_PASSWORD }`").help(COPIES);
        return None;
    }
    let mut keys = Keys::open(node, "a secret", faults)?;
    let (env, file) = (keys.get("env"), keys.get("file"));
    let (span, second) = (keys.span(), keys.key_span("file"));
    let is_empty = node.value == NodeValue::Map(Vec::new());
    keys.finish_with(faults, |key, fault| {
        let is_value = key == "value";
        if is_value {
            fault.label("write `env: API_PASSWORD` in its place").help(COPIES);
        }
        is_value
    });
    match (env, file) {
        (Some(env), None) => variable(env, faults).map(SecretSource::Env),
        (None, Some(file)) => {
            let path = literal(file, "a secret's `file`", faults)?;
            Some(SecretSource::File(path))
        }
        (Some(_), Some(_)) => {
            let fault = faults.report(second, format!("the secret `{name}` comes from two places"));
            fault.label("keep either `env` or `file`");
            None
        }
        (None, None) => {
            // Where something else is there, that was reported.
            if is_empty {
                let message = format!("where the secret `{name}` comes from is missing");
                faults.report(span, message).label("this map is empty").help(EXAMPLE);
            }
            None
        }
    }
}

/// The name of an environment variable, not its value.
fn variable(node: &Node, faults: &mut Faults) -> Option<Spanned<String>> {
    let written = super::reader::word(node, "a secret's `env`", faults)?.value;
    let bare = written.trim_start_matches('$').trim_matches(['{', '}', '%']);
    let bare = bare.strip_prefix("env.").unwrap_or(bare);
    if written == bare && is_variable_name(written) {
        return Some(Spanned::new(written.to_owned(), node.span));
    }
    let fault = faults.report(node.span, "`env` takes the name of an environment variable, and this is none");
    if is_variable_name(bare) && written != bare {
        fault.label(format!("write the name alone: `env: {bare}`"));
    } else {
        fault.label("letters, digits and `_`").help(format!("if this is the secret itself: {COPIES}"));
    }
    None
}
