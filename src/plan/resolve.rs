//! What templates and expressions of a scenario become within a scope: literals folded, plain names slots, the
//! rest compiled, and what cannot be reported.

use super::{
    expression::{Constant, Origin, Parsed},
    expression_faults,
    expression_scan::Scan,
    files::read_text,
    functions::{self, Texts},
    scope::Scope,
    secrets,
    template::{Key, Piece, Reference, RenderError, Template, Variables, walk, write_value},
};
use crate::model::format_bytes;
use crate::scenario::{Faults, Part, Span, Spanned, Text, Value, ValueKind, similar};
use serde_json::Value as Json;
use std::sync::Arc;

/// Longest expression that is more than a name and a path.
const MOST_BYTES: usize = 4_000;

/// Most words and signs of an expression: its parts stand one inside the other, and so does what works on them on the
/// stack.
const MOST_WORDS: usize = 2_000;
/// Most bytes that the constant expressions of a scenario may make: each can be several times what the one before it
/// is, and so a few lines more than any memory.
const MOST_MADE: usize = 100 * 1024 * 1024;

impl Scope<'_> {
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
        let compiled = match plain_path(&source.value) {
            Some((name, path)) => self.plain(source, name, path, faults),
            None => self.computed(source, faults),
        }?;
        if let Compiled::Constant(value) = &compiled {
            self.count_made(value, source.span, faults)?;
        }
        Some(compiled)
    }

    /// Counts what a constant expression makes; reported once where it becomes too much.
    fn count_made(&self, value: &Json, span: Span, faults: &mut Faults) -> Option<()> {
        let before = self.made.get();
        self.made.set(before.saturating_add(bytes_of(value)));
        if self.made.get() <= MOST_MADE {
            return Some(());
        }
        if before <= MOST_MADE {
            let most = format_bytes(MOST_MADE as u64);
            let message = format!("the constant expressions up to here make more than {most}");
            faults.report(span, message).label("repeat less");
        }
        None
    }

    /// A value of a feed's row; `None` where there is no such feed.
    fn row_value(
        &self,
        source: &Spanned<String>,
        name: &str,
        path: &[Key],
        faults: &mut Faults,
    ) -> Option<Option<Compiled>> {
        let feed = self.feed_named(name)?;
        if self.refuse_rows(name, source.span, faults).is_none() {
            return Some(None);
        }
        let loaded = self.feeds.get(feed)?;
        Some(loaded.as_ref().and_then(|loaded| {
            loaded.check_path(path, source, faults)?;
            self.used_feeds.borrow_mut().insert(feed);
            let (path, source) = (path.to_vec(), source.value.clone());
            Some(Compiled::Dynamic(Reference::Row { feed, path, source }))
        }))
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
        if name == "secrets" && !self.is_secret(&path, source, faults) {
            return None;
        }
        if let Some(compiled) = self.row_value(source, name, &path, faults) {
            return compiled;
        }
        match self.origin(name, source.span, faults)? {
            Origin::Constant(value) => match walk(value.json(), &path) {
                Some(found) => Some(Compiled::Constant(found.clone())),
                None => {
                    self.no_such_part(source, name, value.json(), &path, faults);
                    None
                }
            },
            Origin::Slot(slot) => {
                Some(Compiled::Dynamic(Reference::Slot { slot, path, source: source.value.clone() }))
            }
            Origin::Shared(index) => {
                Some(Compiled::Dynamic(Reference::Shared { index, path, source: source.value.clone() }))
            }
            // Found before, with its path.
            Origin::Row(_) => None,
            Origin::Function => {
                expression_faults::uncalled(&source.value, source.span, faults);
                None
            }
            Origin::Vu => Some(Compiled::Dynamic(Reference::Vu)),
            Origin::Iteration => Some(Compiled::Dynamic(Reference::Iteration)),
            Origin::Scenario => match path.as_slice() {
                [Key::Name(name)] if name == "iteration" => Some(Compiled::Dynamic(Reference::RunIteration)),
                _ => {
                    let fault = faults.report(source.span, format!("`{}` is undefined", source.value));
                    fault.label("did you mean `scenario.iteration`?");
                    None
                }
            },
        }
    }

    /// Reports a path that leads nowhere, with what there is in its place.
    fn no_such_part(
        &self,
        source: &Spanned<String>,
        name: &str,
        value: &Json,
        path: &[Key],
        faults: &mut Faults,
    ) {
        let missing = (0..path.len()).find(|end| walk(value, &path[..=*end]).is_none());
        let holder = missing.and_then(|end| walk(value, &path[..end]));
        let written = match missing.and_then(|end| path.get(end)) {
            Some(Key::Name(written)) => written.as_str(),
            _ => "",
        };
        let fault = faults.report(source.span, format!("`{}` is undefined", source.value));
        match holder {
            Some(Json::Object(parts)) => {
                let near = similar(written, parts.keys().map(String::as_str));
                match near {
                    Some(near) => fault.label(format!("did you mean `{near}` instead of `{written}`?")),
                    None => fault.label(format!("`{name}` has nothing of that name")),
                };
            }
            Some(Json::Array(items)) => {
                fault.label(format!("the list has {} items, counted from 0", items.len()));
            }
            _ => {
                fault.label(format!("`{name}` has no parts at this depth"));
            }
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
            fault.label("set it, or give a default");
            fault.help(format!("`{variable}=… loadgen run FILE`, or `--env {variable}=…`; a default: `${{env.{variable} | default(\"…\")}}`"));
            return None;
        };
        Some(Compiled::Constant(Json::String(value.clone())))
    }

    /// Whether a path behind `secrets` leads to one; reported where it does not.
    fn is_secret(&self, path: &[Key], source: &Spanned<String>, faults: &mut Faults) -> bool {
        let known = self.constant_named("secrets").map_or(&Json::Null, |known| known.json());
        let part = match path {
            [Key::Name(part)] => Some(part.as_str()),
            _ => None,
        };
        let is_known = part.is_some_and(|part| known.get(part).is_some());
        // What could not be read may have named it.
        if !is_known && self.lost.is_none() {
            secrets::report_use(part, source, known, faults);
        }
        is_known
    }

    /// Whether each use of `secrets` in an expression names one.
    fn are_secrets(&self, scan: &Scan<'_>, source: &Spanned<String>, faults: &mut Faults) -> bool {
        let mut sound = true;
        for part in scan.parts_of("secrets") {
            let key = part.map(|part| Key::Name(part.to_owned()));
            sound &= self.is_secret(key.as_slice(), source, faults);
        }
        sound
    }

    fn computed(&self, source: &Spanned<String>, faults: &mut Faults) -> Option<Compiled> {
        if source.value.len() > MOST_BYTES {
            let message = format!("this expression has {} bytes", source.value.len());
            faults.report(source.span, message).label(format!("at most {MOST_BYTES}"));
            return None;
        }
        let scan = Scan::new(&source.value);
        if scan.tokens.len() > MOST_WORDS {
            let message = format!("this expression has more than {MOST_WORDS} words and signs");
            faults.report(source.span, message).label("keep long lists in `variables` or in a data file");
            return None;
        }
        if !expression_faults::report_foreign(&scan, source, faults) {
            return None;
        }
        let parsed = match Parsed::new(&source.value) {
            Ok(parsed) => parsed,
            Err(misuse) => {
                let fault =
                    faults.report(source.span, format!("this expression is wrong: {}", misuse.problem));
                fault.label(misuse.remedy);
                return None;
            }
        };
        let calls = expression_faults::check(&scan, source.span, |name| self.has(name), faults);
        let origins = self.origins(&parsed, &scan, source, faults);
        let texts = self.texts(&scan, source.span, faults);
        if !calls {
            return None;
        }
        let expression = parsed.bind(origins?, texts?);
        if !expression.is_constant() {
            return Some(Compiled::Dynamic(Reference::Computed(expression)));
        }
        expression
            .evaluate(&Variables::default())
            .map_err(|error| match error {
                RenderError::Expression { source_text, problem, remedy } => {
                    faults.report(source.span, format!("`${{{source_text}}}`: {problem}")).label(remedy)
                }
                other => faults.report(source.span, other.to_string()),
            })
            .ok()
            .map(Compiled::Constant)
    }

    /// Where each name of an expression comes from.
    fn origins(
        &self,
        parsed: &Parsed,
        scan: &Scan<'_>,
        source: &Spanned<String>,
        faults: &mut Faults,
    ) -> Option<Vec<(String, Origin)>> {
        let calls = scan.calls();
        // Whoever asks whether a variable has a value need not have given it one.
        let asks = ["default", " d(", "|d(", "defined"].iter().any(|word| source.value.contains(word));
        let mut origins = Vec::new();
        for name in parsed.names() {
            let root = format!("{name}.");
            let is_called = calls.iter().any(|call| call.name == name || call.name.starts_with(&root));
            let origin = match name.as_str() {
                "env" => Some(Origin::Constant(Arc::new(Constant::new(self.environment_of(parsed))))),
                "secrets" if !self.are_secrets(scan, source, faults) => None,
                _ if asks && self.uncertain(&name).is_some() => self.uncertain(&name).map(Origin::Slot),
                _ if self.has(&name) => self.origin(&name, source.span, faults),
                _ if functions::is_root(&name) => self.function(&name, scan, source.span, faults),
                // Reported as a function that is not there.
                _ if is_called => None,
                _ => self.origin(&name, source.span, faults),
            };
            origins.push(origin.map(|origin| (name, origin)));
        }
        origins.into_iter().collect()
    }

    fn function(&self, name: &str, scan: &Scan<'_>, span: Span, faults: &mut Faults) -> Option<Origin> {
        let function = functions::find(name);
        if scan.is_used_uncalled(name, function.is_none()) {
            expression_faults::uncalled(name, span, faults);
            return None;
        }
        if !self.users && !function.is_some_and(functions::Function::is_pure) {
            expression_faults::not_constant(name, scan, span, faults);
            return None;
        }
        Some(Origin::Function)
    }

    /// The files that an expression reads.
    fn texts(&self, scan: &Scan<'_>, span: Span, faults: &mut Faults) -> Option<Texts> {
        let mut texts = Some(Texts::new());
        for call in scan.calls().iter().filter(|call| call.name == "file" && !self.has("file")) {
            let [Some(Json::String(path))] = call.arguments.as_slice() else { continue };
            let known = self.texts.borrow().get(path).cloned();
            match known.map_or_else(|| read_text(self.files, path), Ok) {
                Ok(text) => {
                    self.texts.borrow_mut().insert(path.clone(), text.clone());
                    texts = texts.map(|mut texts| {
                        texts.insert(path.clone(), text);
                        texts
                    });
                }
                Err(problem) => {
                    faults.report(span, problem).label("paths are relative to the scenario's file");
                    texts = None;
                }
            }
        }
        texts
    }

    /// The environment variables an expression names, and no others: it should not see the rest.
    fn environment_of(&self, parsed: &Parsed) -> Json {
        let named = parsed.paths();
        let wanted = named.iter().filter_map(|path| path.strip_prefix("env."));
        let found =
            wanted.filter_map(|name| Some((name.to_owned(), Json::String(self.env.get(name)?.clone()))));
        Json::Object(found.collect())
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

/// What a value takes in memory, about.
fn bytes_of(value: &Json) -> usize {
    let inside = match value {
        Json::String(text) => text.len(),
        Json::Array(items) => items.iter().map(bytes_of).sum(),
        Json::Object(entries) => entries.iter().map(|(name, value)| name.len() + bytes_of(value)).sum(),
        _ => 0,
    };
    size_of::<Json>() + inside
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
