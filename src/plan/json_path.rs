//! JSONPaths of checks, and what is wrong with them in words for people who do not know RFC 9535.

use crate::scenario::{Faults, Spanned};
use serde_json_path::JsonPath;

const EXAMPLES: &str =
    "for example `$.items[0].id`, `$.items[-1]`, `$['first name']`, `$.items[?@.price > 10].name` or `$..id`";
/// Deepest nesting of brackets; the parser goes down on the stack.
const MOST_DEPTH: usize = 50;
/// Most filters inside each other; each makes the parser take twice as long.
const MOST_FILTERS: usize = 5;
const FUNCTIONS: [&str; 5] = ["length", "count", "value", "match", "search"];

/// What is wrong: from which byte to which, the cause, and the remedy.
struct Flaw {
    from: usize,
    to: usize,
    cause: String,
    remedy: String,
}

impl Flaw {
    fn new(from: usize, to: usize, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { from, to, cause: cause.into(), remedy: remedy.into() }
    }
}

/// Compiles a JSONPath.
pub(super) fn json_path(path: &Spanned<String>, faults: &mut Faults) -> Option<JsonPath> {
    if let Some((at, problem)) = too_deep(&path.value) {
        faults.report(path.part(at, at + 1), format!("this JSONPath {problem}")).label("too deep");
        return None;
    }
    let error = match JsonPath::parse(&path.value) {
        Ok(parsed) => return Some(parsed),
        Err(error) => error,
    };
    let flaw = explain(&path.value).unwrap_or_else(|| {
        let at = error.position().min(path.value.len().saturating_sub(1));
        Flaw::new(at, path.value.len(), "it cannot be read from here on", "from here on")
    });
    faults
        .report(path.part(flaw.from, flaw.to), format!("this JSONPath is wrong: {}", flaw.cause))
        .label(flaw.remedy)
        .help(EXAMPLES);
    None
}

/// Where a path goes deeper than the parser can follow, and how.
fn too_deep(path: &str) -> Option<(usize, String)> {
    let (mut quote, mut is_escaped) = (None, false);
    // The open brackets, and whether each is a filter.
    let mut open: Vec<bool> = Vec::new();
    for (at, c) in path.char_indices() {
        match (quote, c) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(quoted), c) if c == quoted => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[' | '(') => open.push(false),
            (None, ']' | ')') => drop(open.pop()),
            (None, '?') => open.last_mut().into_iter().for_each(|is_filter| *is_filter = true),
            _ => {}
        }
        if open.len() > MOST_DEPTH {
            return Some((at, format!("is nested deeper than {MOST_DEPTH} levels")));
        }
        if open.iter().filter(|is_filter| **is_filter).count() > MOST_FILTERS {
            return Some((at, format!("has more than {MOST_FILTERS} filters inside each other")));
        }
    }
    None
}

/// The first of the usual mistakes in a path that the parser has refused.
fn explain(path: &str) -> Option<Flaw> {
    if let Some(flaw) = blanks_around(path) {
        return Some(flaw);
    }
    let mut at = 1;
    while at < path.len() {
        let rest = &path[at..];
        at = match rest.chars().next()? {
            '.' => match after_dot(path, at) {
                Ok(end) => end,
                Err(flaw) => return Some(flaw),
            },
            '[' => {
                let end = at + closing(rest)?;
                if let Some(flaw) = brackets(path, at, end) {
                    return Some(flaw);
                }
                end
            }
            c if c.is_whitespace() => at + c.len_utf8(),
            _ => return Some(after_segment(path, at)),
        };
    }
    None
}

fn blanks_around(path: &str) -> Option<Flaw> {
    let lead = path.len() - path.trim_start().len();
    if lead > 0 {
        return Some(Flaw::new(0, lead, "a blank stands before it", "leave it out"));
    }
    let end = path.trim_end().len();
    (end < path.len()).then(|| Flaw::new(end, path.len(), "a blank stands after it", "leave it out"))
}

/// A name after `.` or `..`: its end, or what is wrong with it.
fn after_dot(path: &str, at: usize) -> Result<usize, Flaw> {
    let dots = if path[at..].starts_with("..") { 2 } else { 1 };
    let start = at + dots;
    let rest = &path[start..];
    let name = name_length(rest);
    match rest.chars().next() {
        None => Err(Flaw::new(
            at,
            start,
            "a name is missing after the last `.`",
            "as in `$.name`, or leave the `.` out",
        )),
        Some('*') => Ok(start + 1),
        Some('[') if dots == 2 => Ok(start),
        Some('[') => Err(Flaw::new(at, start, "a `.` stands before `[`", "leave it out")),
        Some('.') => {
            Err(Flaw::new(at, start + 1, "there are three dots in a row", "`..` looks at every depth"))
        }
        Some(c) if c.is_ascii_digit() => {
            let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let digits = &rest[..length];
            Err(Flaw::new(
                at,
                start + length,
                "a number stands after `.`",
                format!("an index stands in brackets: `[{digits}]`"),
            ))
        }
        Some(c) if c.is_whitespace() => {
            Err(Flaw::new(start, start + 1, "a blank stands after `.`", "leave it out"))
        }
        Some(_) if name == 0 => {
            Err(Flaw::new(start, path.len(), "no name begins like this", quoted_name(rest)))
        }
        Some(_) => Ok(start + name),
    }
}

/// What cannot follow a name or a bracket: usually a character that names only have in quotes.
fn after_segment(path: &str, at: usize) -> Flaw {
    let start = path[..at].rfind(['.', ']', '$']).map_or(0, |dot| dot + 1);
    let end = at + path[at..].find(['.', '[', ' ']).unwrap_or(path.len() - at);
    if path[..start].ends_with('.') {
        let name = &path[start..end];
        let odd: String = path[at..].chars().take(1).collect();
        let remedy = format!("write `['{name}']` instead of `.{name}`");
        return Flaw::new(
            start - 1,
            end,
            format!("a name with `{odd}` stands in brackets and quotes"),
            remedy,
        );
    }
    Flaw::new(at, end, "only `.name` or `[…]` can follow here", "a `.` is missing before it")
}

/// The bytes of the name that `text` begins with, as names after a `.` are.
fn name_length(text: &str) -> usize {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c| !is_name(c)).unwrap_or(text.len())
}

fn quoted_name(rest: &str) -> String {
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    format!("write `['{}']`, without a `.`", &rest[..end])
}

/// The length of the bracket that `text` begins with.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0usize, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') if depth == 1 => return Some(at + 1),
            (None, ']') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

/// What stands in a bracket from `start` to `end`, both of its signs included.
fn brackets(path: &str, start: usize, end: usize) -> Option<Flaw> {
    let inner = &path[start + 1..end - 1];
    let item = inner.trim();
    let flaw = |cause: &str, remedy: String| Some(Flaw::new(start, end, cause, remedy));
    if item.is_empty() {
        return flaw("nothing stands in these brackets", "as in `[0]`, `[*]` or `['name']`".to_owned());
    }
    if let Some(filter) = item.strip_prefix('?') {
        let at = start + 1 + inner.find('?').unwrap_or(0) + 1;
        return filter_flaw(filter, at).or_else(|| {
            flaw(
                "this filter cannot be read",
                "a filter compares parts of `@`, as in `[?@.price > 10]`".to_owned(),
            )
        });
    }
    if item.starts_with('(') {
        return flaw("there are no calculations in brackets", "the last one is `[-1]`".to_owned());
    }
    // Quoted names and filters have commas of their own.
    if item.contains(['"', '\'', '?']) {
        return None;
    }
    item.split(',').find_map(|selector| match selector.trim() {
        "" => flaw("a comma is too much here", "leave it out".to_owned()),
        selector => selector_flaw(selector).and_then(|(cause, remedy)| flaw(cause, remedy)),
    })
}

/// What is wrong with an index, a slice or a bare name.
fn selector_flaw(selector: &str) -> Option<(&'static str, String)> {
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || b"-+.eE".contains(&byte));
    let parts: Vec<&str> = selector.split(':').map(str::trim).collect();
    if selector == "*" {
        return None;
    }
    if !parts.iter().all(|part| numeric(part)) {
        return Some(("a name in brackets stands in quotes", format!("write `['{selector}']`")));
    }
    if parts.len() > 3 {
        return Some(("a slice has at most three numbers", "as in `[0:10:2]`".to_owned()));
    }
    let part = parts.into_iter().find(|part| !part.is_empty() && !is_index(part))?;
    let whole = part.trim_start_matches('-').trim_start_matches('0');
    let remedy = format!("write `[{}]`", if whole.is_empty() { "0" } else { whole });
    match part.contains(['.', 'e', 'E', '+']) || part == "-" {
        true => Some(("an index is a whole number", "as in `[0]` or `[-1]`".to_owned())),
        false if part.len() > 15 => Some(("this index is too large", "as in `[0]` or `[-1]`".to_owned())),
        false => Some(("an index has no zeros before it", remedy)),
    }
}

fn is_index(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let shaped = !digits.is_empty() && digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit());
    shaped && (!digits.starts_with('0') || text == "0")
}

/// The usual mistakes in a filter; `at` is where its text stands.
fn filter_flaw(filter: &str, at: usize) -> Option<Flaw> {
    let bare = without_quotes(filter);
    let flaw = |from: usize, length: usize, cause: &str, remedy: &str| {
        Some(Flaw::new(at + from, at + from + length, cause, remedy))
    };
    if bare.trim().trim_matches(['(', ')']).trim().is_empty() {
        return flaw(0, filter.len().max(1), "this filter is empty", "as in `[?@.price > 10]`");
    }
    if let Some(found) = bare.find("=~") {
        return flaw(found, 2, "`=~` is not of RFC 9535", "write `search(@.name, 'pattern')`");
    }
    for (word, remedy) in [(" and ", "write `&&`"), (" or ", "write `||`"), ("not ", "write `!`")] {
        if let Some(found) = bare.find(word) {
            return flaw(found, word.len(), &format!("`{}` is not of RFC 9535", word.trim()), remedy);
        }
    }
    if let Some(found) = lone_equals(&bare) {
        return flaw(found, 1, "`=` compares nothing", "did you mean `==`?");
    }
    if let Some(flaw) = value_flaw(&bare, at) {
        return Some(flaw);
    }
    unknown_function(&bare).map(|(found, name)| {
        let known = FUNCTIONS.map(|name| format!("`{name}`")).join(", ");
        let cause = format!("there is no function `{name}`");
        Flaw::new(at + found, at + found + name.len(), cause, format!("functions are {known}"))
    })
}

/// The filter with what stands in quotes blanked out, byte for byte.
fn without_quotes(filter: &str) -> String {
    let (mut quote, mut escaped) = (None, false);
    let blank = |c: char| "\"".repeat(c.len_utf8());
    let mut text = String::new();
    for c in filter.chars() {
        match (quote, c) {
            (Some(_), c) if escaped => {
                escaped = false;
                text += &blank(c);
            }
            (Some(open), c) => {
                escaped = c == '\\';
                quote = (c != open).then_some(open);
                text += &blank(c);
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                text += &blank(c);
            }
            (None, c) => text.push(c),
        }
    }
    text
}

/// Where a `=` stands that is not part of a sign of comparison.
fn lone_equals(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is = |at: Option<usize>, signs: &[u8]| {
        at.and_then(|at| bytes.get(at)).is_some_and(|byte| signs.contains(byte))
    };
    (0..bytes.len())
        .find(|&at| bytes[at] == b'=' && !is(at.checked_sub(1), b"=!<>") && !is(Some(at + 1), b"="))
}

/// A comparison whose value is missing, or is a word without quotes.
fn value_flaw(text: &str, at: usize) -> Option<Flaw> {
    let signs = ["==", "!=", "<=", ">=", "<", ">"];
    let mut from = 0;
    while let Some((found, sign)) = signs
        .iter()
        .filter_map(|sign| Some((text[from..].find(sign)?, *sign)))
        .min_by_key(|(found, sign)| (*found, 2 - sign.len()))
    {
        let start = from + found;
        let value = start + sign.len();
        let rest = text[value..].trim_start();
        let lead = value + text[value..].len() - rest.len();
        let word = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())];
        if rest.is_empty() || rest.starts_with([')', '&', '|', ',', '=', '<', '>']) {
            let remedy = format!("as in `@.price {sign} 10`");
            return Some(Flaw::new(
                at + start,
                at + value,
                format!("a value is missing after `{sign}`"),
                remedy,
            ));
        }
        let is_function = rest[word.len()..].starts_with('(');
        let is_word =
            word.starts_with(|c: char| c.is_alphabetic()) && !["true", "false", "null"].contains(&word);
        if is_word && !is_function {
            let (from, to) = (at + lead, at + lead + word.len());
            return Some(Flaw::new(
                from,
                to,
                "a text in a filter stands in quotes",
                format!("write `'{word}'`"),
            ));
        }
        from = value;
    }
    None
}

fn unknown_function(text: &str) -> Option<(usize, &str)> {
    text.match_indices('(').find_map(|(open, _)| {
        let start = text[..open]
            .rfind(|c: char| !c.is_alphanumeric() && c != '_')
            .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
        let name = &text[start..open];
        (!name.is_empty() && !FUNCTIONS.contains(&name)).then_some((start, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Span;

    fn told(path: &str) -> (String, String, String) {
        let mut faults = Faults::default();
        let span = Span { start: 0, end: path.len(), line: 1, column: 1 };
        json_path(&Spanned::new(path.to_owned(), span), &mut faults);
        let fault = faults.into_sorted().remove(0);
        let cause = fault.message.trim_start_matches("this JSONPath is wrong: ").to_owned();
        (path[fault.span.range()].to_owned(), cause, fault.label)
    }

    #[test]
    fn the_usual_mistakes_are_told_in_plain_words() {
        for (path, place, cause, remedy) in [
            ("$.a.[0]", ".", "a `.` stands before `[`", "leave it out"),
            ("$.a.0.b", ".0", "a number stands after `.`", "an index stands in brackets: `[0]`"),
            ("$.a.", ".", "a name is missing after the last `.`", "as in `$.name`, or leave the `.` out"),
            ("$...a", "...", "there are three dots in a row", "`..` looks at every depth"),
            (
                "$.a-b.c",
                ".a-b",
                "a name with `-` stands in brackets and quotes",
                "write `['a-b']` instead of `.a-b`",
            ),
            ("$.@id", "@id", "no name begins like this", "write `['@id']`, without a `.`"),
            ("$a", "a", "only `.name` or `[…]` can follow here", "a `.` is missing before it"),
            ("$[0]b", "b", "only `.name` or `[…]` can follow here", "a `.` is missing before it"),
            ("$[name]", "[name]", "a name in brackets stands in quotes", "write `['name']`"),
            ("$[]", "[]", "nothing stands in these brackets", "as in `[0]`, `[*]` or `['name']`"),
            ("$[01]", "[01]", "an index has no zeros before it", "write `[1]`"),
            ("$[1.5]", "[1.5]", "an index is a whole number", "as in `[0]` or `[-1]`"),
            ("$[1,]", "[1,]", "a comma is too much here", "leave it out"),
            (
                "$[(@.length-1)]",
                "[(@.length-1)]",
                "there are no calculations in brackets",
                "the last one is `[-1]`",
            ),
            ("$[?@.a = 1]", "=", "`=` compares nothing", "did you mean `==`?"),
            ("$[?(@.a ==)]", "==", "a value is missing after `==`", "as in `@.price == 10`"),
            ("$[?@.a == Ada]", "Ada", "a text in a filter stands in quotes", "write `'Ada'`"),
            ("$[?@.a =~ 'x']", "=~", "`=~` is not of RFC 9535", "write `search(@.name, 'pattern')`"),
            ("$[?@.a and @.b]", " and ", "`and` is not of RFC 9535", "write `&&`"),
            (
                "$[?min(@.a) > 1]",
                "min",
                "there is no function `min`",
                "functions are `length`, `count`, `value`, `match`, `search`",
            ),
            ("$ ", " ", "a blank stands after it", "leave it out"),
        ] {
            assert_eq!(told(path), (place.to_owned(), cause.to_owned(), remedy.to_owned()), "{path}");
        }
    }
}
