//! Which names a template may use at its place, and compiling templates against them.

use super::{
    expression::{Origin, Parsed},
    template::{Key, Piece, Reference, Template, Variables, walk, write_value},
};
use crate::scenario::{Faults, Part, Span, Spanned, Text, Value, ValueKind, nearest};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The functions of the language that are not built yet; a better answer than "undefined".
const LATER: [&str; 19] = [
    "uuid",
    "random_int",
    "random_float",
    "random_choice",
    "random_string",
    "now",
    "timestamp",
    "timestamp_ms",
    "date",
    "base64",
    "base64_decode",
    "url_encode",
    "sha256",
    "hmac_sha256",
    "json",
    "file",
    "fake",
    "scenario",
    "secrets",
];

/// The names in scope.
#[derive(Debug, Clone)]
pub(super) struct Scope<'e> {
    env: &'e BTreeMap<String, String>,
    constants: BTreeMap<String, Json>,
    slots: Vec<String>,
    /// Which slots certainly have a value at this place.
    set: Vec<bool>,
    /// Where each slot is set, for messages.
    set_in: Vec<String>,
    /// Whether templates may depend on the user.
    users: bool,
}

impl<'e> Scope<'e> {
    /// A scope of constants only.
    pub(super) fn constants(env: &'e BTreeMap<String, String>) -> Self {
        let (constants, slots, set, set_in) = Default::default();
        Self { env, constants, slots, set, set_in, users: false }
    }

    /// Allows what depends on the user, with these variables, each with where it is set.
    pub(super) fn with_slots(mut self, slots: impl IntoIterator<Item = (String, String)>) -> Self {
        (self.slots, self.set_in) = slots.into_iter().unzip();
        self.set = vec![false; self.slots.len()];
        self.users = true;
        self
    }

    /// Adds or replaces a constant.
    pub(super) fn define(&mut self, name: &str, value: Json) {
        self.constants.insert(name.to_owned(), value);
    }

    /// Notes that a variable has a value from here on; its slot.
    pub(super) fn assign(&mut self, name: &str) -> Option<usize> {
        let slot = self.slots.iter().position(|known| known == name)?;
        self.set[slot] = true;
        Some(slot)
    }

    /// Names of the slots.
    pub(super) fn slot_names(&self) -> &[String] {
        &self.slots
    }

    /// Compiles a text.
    pub(super) fn template(&self, text: &Text, faults: &mut Faults) -> Option<Template> {
        let pieces: Vec<Option<Piece>> = text.parts.iter().map(|part| self.piece(part, faults)).collect();
        pieces.into_iter().collect::<Option<Vec<_>>>().map(Template::new)
    }

    fn piece(&self, part: &Part, faults: &mut Faults) -> Option<Piece> {
        match part {
            Part::Literal(text) => Some(Piece::Literal(text.clone())),
            Part::Expression(source) => Some(match self.expression(source, faults)? {
                Compiled::Constant(value) => {
                    let mut text = String::new();
                    write_value(&value, &mut text);
                    Piece::Literal(text)
                }
                Compiled::Dynamic(reference) => Piece::Reference(reference),
            }),
        }
    }

    /// Compiles an expression; a constant one is evaluated here and now.
    pub(super) fn expression(&self, source: &Spanned<String>, faults: &mut Faults) -> Option<Compiled> {
        match plain_path(&source.value) {
            Some((name, path)) => self.plain(source, name, path, faults),
            None => self.computed(source, faults),
        }
    }

    fn plain(
        &self,
        source: &Spanned<String>,
        name: &str,
        path: Vec<Key>,
        faults: &mut Faults,
    ) -> Option<Compiled> {
        if name == "env" {
            return self.environment(source, &path, faults);
        }
        match self.origin(name, source.span, faults)? {
            Origin::Constant(value) => match walk(&value, &path) {
                Some(found) => Some(Compiled::Constant(found.clone())),
                None => {
                    faults
                        .report(source.span, format!("`{}` is undefined", source.value))
                        .label(format!("`{name}` has nothing of that name"));
                    None
                }
            },
            Origin::Slot(slot) => {
                Some(Compiled::Dynamic(Reference::Slot { slot, path, source: source.value.clone() }))
            }
            Origin::Vu => Some(Compiled::Dynamic(Reference::Vu)),
            Origin::Iteration => Some(Compiled::Dynamic(Reference::Iteration)),
        }
    }

    fn environment(&self, source: &Spanned<String>, path: &[Key], faults: &mut Faults) -> Option<Compiled> {
        let [Key::Name(variable)] = path else {
            faults.report(source.span, "`env` is not a value of its own").label("write `${env.NAME}`");
            return None;
        };
        let Some(value) = self.env.get(variable) else {
            let fault =
                faults.report(source.span, format!("the environment variable `{variable}` is not set"));
            fault.help(format!("set it, or give a default: `${{env.{variable} | default(\"…\")}}`"));
            return None;
        };
        Some(Compiled::Constant(Json::String(value.clone())))
    }

    fn computed(&self, source: &Spanned<String>, faults: &mut Faults) -> Option<Compiled> {
        let parsed = match Parsed::new(&source.value) {
            Ok(parsed) => parsed,
            Err(problem) => {
                faults.report(source.span, format!("this expression is wrong: {problem}"));
                return None;
            }
        };
        let mut origins = Vec::new();
        for name in parsed.names() {
            let origin = if name == "env" {
                Some(Origin::Constant(self.environment_of(&parsed)))
            } else {
                self.origin(&name, source.span, faults)
            };
            origins.push(origin.map(|origin| (name, origin)));
        }
        let origins = origins.into_iter().collect::<Option<Vec<_>>>()?;
        let expression = parsed.bind(origins);
        if !expression.is_constant() {
            return Some(Compiled::Dynamic(Reference::Computed(expression)));
        }
        let nobody = Variables { slots: &[], vu: 0, iteration: 0 };
        expression
            .evaluate(&nobody)
            .map_err(|error| {
                faults.report(source.span, error.to_string());
            })
            .ok()
            .map(Compiled::Constant)
    }

    /// The environment variables an expression names, and no others: it should not see the rest.
    fn environment_of(&self, parsed: &Parsed) -> Json {
        let named = parsed.paths();
        let wanted = named.iter().filter_map(|path| path.strip_prefix("env."));
        let found =
            wanted.filter_map(|name| Some((name.to_owned(), Json::String(self.env.get(name)?.clone()))));
        Json::Object(found.collect())
    }

    fn origin(&self, name: &str, span: Span, faults: &mut Faults) -> Option<Origin> {
        if let Some(slot) = self.slots.iter().position(|known| known == name) {
            if self.set[slot] {
                return Some(Origin::Slot(slot));
            }
            if !self.constants.contains_key(name) {
                let fault = faults.report(span, format!("`{name}` may have no value here"));
                fault.label(format!("it is only set in {}", self.set_in[slot]));
                return None;
            }
        }
        if let Some(value) = self.constants.get(name) {
            return Some(Origin::Constant(value.clone()));
        }
        match name {
            "vu" if self.users => return Some(Origin::Vu),
            "iteration" if self.users => return Some(Origin::Iteration),
            _ => {}
        }
        self.unknown(name, span, faults);
        None
    }

    fn unknown(&self, name: &str, span: Span, faults: &mut Faults) {
        if LATER.contains(&name) {
            faults.not_yet(span, &format!("`{name}`"));
            return;
        }
        let built_in = if self.users { ["vu", "iteration", "env"].as_slice() } else { &["env"] };
        let known = self.slots.iter().chain(self.constants.keys()).map(String::as_str);
        let near = nearest(name, known.chain(built_in.iter().copied())).map(str::to_owned);
        let fault = faults.report(span, format!("`{name}` is undefined"));
        match near {
            Some(near) => fault.label(format!("did you mean `{near}`?")),
            None => fault.label("no variable and no extract has this name"),
        };
    }

    /// The value of a constant.
    pub(super) fn constant(&self, value: &Value, faults: &mut Faults) -> Option<Json> {
        Some(match &value.kind {
            ValueKind::Null => Json::Null,
            ValueKind::Bool(flag) => Json::Bool(*flag),
            ValueKind::Int(number) => Json::from(*number),
            ValueKind::Float(number) => Json::from(*number),
            ValueKind::Text(text) => self.constant_text(text, faults)?,
            ValueKind::List(items) => {
                let items: Vec<Option<Json>> = items.iter().map(|item| self.constant(item, faults)).collect();
                Json::Array(items.into_iter().collect::<Option<Vec<Json>>>()?)
            }
            ValueKind::Map(entries) => {
                let mut map = serde_json::Map::new();
                for (key, value) in entries {
                    map.insert(key.value.clone(), self.constant(value, faults)?);
                }
                Json::Object(map)
            }
        })
    }

    fn constant_text(&self, text: &Text, faults: &mut Faults) -> Option<Json> {
        if let Some(source) = text.as_whole_expression() {
            return match self.expression(source, faults)? {
                Compiled::Constant(value) => Some(value),
                Compiled::Dynamic(_) => None,
            };
        }
        let template = self.template(text, faults)?;
        template.as_fixed().map(|text| Json::String(text.to_owned()))
    }
}

/// A compiled expression.
pub(super) enum Compiled {
    Constant(Json),
    Dynamic(Reference),
}

/// `name.key[0]` as a name and a path; `None` for anything more.
fn plain_path(source: &str) -> Option<(&str, Vec<Key>)> {
    let end = source.find(['.', '[']).unwrap_or(source.len());
    let (name, mut rest) = source.split_at(end);
    // Words that the expression language reads as values or operators.
    if !is_name(name) || matches!(name, "true" | "false" | "none" | "True" | "False" | "None" | "not") {
        return None;
    }
    let mut path = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (key, tail) = after.split_at(end);
            if !is_name(key) {
                return None;
            }
            path.push(Key::Name(key.to_owned()));
            rest = tail;
        } else {
            let (index, tail) = rest.strip_prefix('[')?.split_once(']')?;
            path.push(Key::Index(index.parse().ok()?));
            rest = tail;
        }
    }
    Some((name, path))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths() {
        assert_eq!(plain_path("token"), Some(("token", vec![])));
        let path = vec![Key::Name("items".into()), Key::Index(0), Key::Name("id".into())];
        assert_eq!(plain_path("user.items[0].id"), Some(("user", path)));
        for source in ["a + b", "a|upper", "f()", "1", "a['b']", "a.", "true", "a.0b"] {
            assert_eq!(plain_path(source), None, "{source}");
        }
    }
}
