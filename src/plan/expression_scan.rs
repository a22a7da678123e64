//! An expression's words: what it calls, which filters and tests it uses, and what is not of the language.
//!
//! It reads words, not meaning: whether the expression is one is the engine's matter.

use serde_json::Value as Json;

/// A word of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'s> {
    Name(&'s str),
    /// A text in quotes, without them; `None` with escapes other than of quotes and line breaks.
    Text(Option<String>),
    Number(&'s str),
    Symbol(&'s str),
}

/// Symbols of more than one character, of the language or of others; the longer ones first.
const SYMBOLS: [&str; 15] =
    ["===", "!==", "&&", "||", "??", "?.", "==", "!=", "<=", ">=", "//", "**", "++", "=>", "->"];

/// Words that are operators or values, and so call nothing.
const KEYWORDS: [&str; 14] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None", "loop"];

/// A call of a function.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    /// Its name, with points as written.
    pub name: String,
    /// Whether it is a method of a value that is more than a name.
    pub is_method: bool,
    /// Its arguments; `None` for those that are not literals.
    pub arguments: Vec<Option<Json>>,
    /// Whether the number of arguments is as written: no `*list` among them.
    pub is_counted: bool,
    /// Whether one of them has a name.
    pub is_named: bool,
}

/// An expression in words.
pub(super) struct Scan<'s> {
    pub tokens: Vec<Token<'s>>,
}

impl<'s> Scan<'s> {
    pub fn new(source: &'s str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = source.trim_start();
        while let Some(first) = rest.chars().next() {
            let (token, length) = next_token(rest, first);
            tokens.push(token);
            rest = rest[length..].trim_start();
        }
        Self { tokens }
    }

    fn symbol(&self, at: usize) -> Option<&'s str> {
        match self.tokens.get(at) {
            Some(Token::Symbol(symbol)) => Some(symbol),
            _ => None,
        }
    }

    fn name(&self, at: usize) -> Option<&'s str> {
        match self.tokens.get(at) {
            Some(Token::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// The token before, if any.
    fn before(&self, at: usize) -> Option<&Token<'s>> {
        self.tokens.get(at.checked_sub(1)?)
    }

    fn is_after_point(&self, at: usize) -> bool {
        matches!(self.before(at), Some(Token::Symbol(".")))
    }

    /// How many brackets are open before a token.
    pub fn depth(&self, at: usize) -> usize {
        (0..at).fold(0usize, |depth, at| match self.symbol(at) {
            Some("(" | "[" | "{") => depth + 1,
            Some(")" | "]" | "}") => depth.saturating_sub(1),
            _ => depth,
        })
    }

    /// The names behind `|`.
    pub fn filters(&self) -> impl Iterator<Item = (usize, &'s str)> {
        (1..self.tokens.len())
            .filter(|at| self.symbol(at - 1) == Some("|"))
            .filter_map(|at| Some((at, self.name(at)?)))
    }

    /// The names behind `is` and `is not`.
    pub fn tests(&self) -> impl Iterator<Item = (usize, &'s str)> {
        (1..self.tokens.len())
            .filter(|at| match self.name(at - 1) {
                Some("is") => self.name(*at) != Some("not") && !self.is_after_point(at - 1),
                Some("not") => *at >= 2 && self.name(at - 2) == Some("is"),
                _ => false,
            })
            .filter_map(|at| Some((at, self.name(at)?)))
    }

    /// Every call of a function or method.
    pub fn calls(&self) -> Vec<Call> {
        let apart: Vec<usize> = self.filters().chain(self.tests()).map(|(at, _)| at).collect();
        (0..self.tokens.len())
            .filter(|at| self.symbol(at + 1) == Some("(") && !apart.contains(at))
            .filter_map(|at| {
                let name = self.name(at)?;
                if KEYWORDS.contains(&name) && !self.is_after_point(at) {
                    return None;
                }
                let (name, is_method) = self.callee(at, name);
                let mut call = Call { name, is_method, arguments: vec![], is_counted: true, is_named: false };
                self.arguments(at + 2, &mut call);
                Some(call)
            })
            .collect()
    }

    /// The name that ends at a token, with the points before it.
    fn callee(&self, mut at: usize, name: &str) -> (String, bool) {
        let mut path = name.to_owned();
        while self.is_after_point(at) {
            match at.checked_sub(2).and_then(|owner| Some((owner, self.name(owner)?))) {
                Some((owner, name)) => {
                    path = format!("{name}.{path}");
                    at = owner;
                }
                None => return (path, true),
            }
        }
        (path, false)
    }

    /// Reads the arguments from behind the parenthesis.
    fn arguments(&self, from: usize, call: &mut Call) {
        let (mut depth, mut start) = (0usize, from);
        for at in from..self.tokens.len() {
            match self.symbol(at) {
                Some("(" | "[" | "{") => depth += 1,
                Some(")") if depth == 0 => {
                    // None between the parentheses, or a comma before the last.
                    if at > start {
                        self.argument(start, at, call);
                    }
                    return;
                }
                Some(")" | "]" | "}") => depth = depth.saturating_sub(1),
                Some(",") if depth == 0 => {
                    self.argument(start, at, call);
                    start = at + 1;
                }
                _ => {}
            }
        }
    }

    fn argument(&self, start: usize, end: usize, call: &mut Call) {
        let tokens = &self.tokens[start..end];
        call.is_counted &= !matches!(tokens, [Token::Symbol("*" | "**"), ..]);
        call.is_named |= matches!(tokens, [Token::Name(_), Token::Symbol("="), ..]);
        call.arguments.push(literal(tokens));
    }

    /// Whether a name stands somewhere without being called, and without a point behind it where it has parts.
    pub fn is_used_uncalled(&self, name: &str, has_parts: bool) -> bool {
        (0..self.tokens.len()).filter(|at| self.name(*at) == Some(name) && !self.is_after_point(*at)).any(
            |at| match self.symbol(at + 1) {
                Some("(") => has_parts,
                Some(".") if has_parts => self.symbol(at + 3) != Some("("),
                _ => true,
            },
        )
    }

    /// The parts that are asked of a name: `Some("x")` for `name.x`, `None` for the name alone.
    pub fn parts_of(&self, name: &str) -> Vec<Option<&'s str>> {
        (0..self.tokens.len())
            .filter(|at| self.name(*at) == Some(name) && !self.is_after_point(*at))
            .map(|at| (self.symbol(at + 1) == Some(".")).then(|| self.name(at + 2)).flatten())
            .collect()
    }
}

impl<'s> Scan<'s> {
    /// The names of values in an expression that slices something, and none of any other: the engine does not
    /// list what stands before `[a:b]`.
    pub fn names_beside_slices(&self) -> Vec<&'s str> {
        if !self.slices() {
            return Vec::new();
        }
        let apart: Vec<usize> = self.filters().chain(self.tests()).map(|(at, _)| at).collect();
        (0..self.tokens.len())
            .filter(|at| !self.is_after_point(*at) && !apart.contains(at) && self.symbol(at + 1) != Some("="))
            .filter_map(|at| self.name(at))
            .filter(|name| *name == "loop" || !KEYWORDS.contains(name))
            .collect()
    }

    /// Whether a `:` stands in brackets, and not in a map's braces.
    fn slices(&self) -> bool {
        let mut open = Vec::new();
        for at in 0..self.tokens.len() {
            match self.symbol(at) {
                Some(bracket @ ("(" | "[" | "{")) => open.push(bracket),
                Some(")" | "]" | "}") => drop(open.pop()),
                Some(":") if open.last() == Some(&"[") => return true,
                _ => {}
            }
        }
        false
    }
}

/// A literal as a value.
fn literal(tokens: &[Token<'_>]) -> Option<Json> {
    match tokens {
        [Token::Text(text)] => text.clone().map(Json::from),
        [Token::Number(number)] => serde_json::from_str(&number.replace('_', "")).ok(),
        [Token::Symbol("-"), Token::Number(number)] => {
            serde_json::from_str(&format!("-{}", number.replace('_', ""))).ok()
        }
        [Token::Name("true" | "True")] => Some(Json::Bool(true)),
        [Token::Name("false" | "False")] => Some(Json::Bool(false)),
        _ => None,
    }
}

fn next_token(rest: &str, first: char) -> (Token<'_>, usize) {
    let span = |is_part: fn(char) -> bool| {
        let from = first.len_utf8();
        rest[from..].find(|c| !is_part(c)).map_or(rest.len(), |end| from + end)
    };
    if first.is_alphabetic() || first == '_' || first == '$' {
        let end = span(|c| c.is_alphanumeric() || c == '_');
        return (Token::Name(&rest[..end]), end);
    }
    if first.is_ascii_digit() {
        let mut end = span(|c| c.is_ascii_alphanumeric() || c == '_');
        // `1.5`, but not `items.0.name`.
        if let Some(decimals) = rest[end..].strip_prefix('.')
            && decimals.starts_with(|c: char| c.is_ascii_digit())
        {
            end += 1 + decimals.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(decimals.len());
        }
        return (Token::Number(&rest[..end]), end);
    }
    if first == '"' || first == '\'' {
        return quoted(rest, first);
    }
    let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
    let length = symbol.map_or(first.len_utf8(), |symbol| symbol.len());
    (Token::Symbol(&rest[..length]), length)
}

fn quoted(rest: &str, quote: char) -> (Token<'_>, usize) {
    let mut text = Some(String::new());
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        let plain = match c {
            c if c == quote => return (Token::Text(text), at + 1),
            '\\' => match characters.next() {
                Some((_, c @ ('"' | '\'' | '\\' | '/'))) => Some(c),
                Some((_, 'n')) => Some('\n'),
                Some((_, 't')) => Some('\t'),
                _ => None,
            },
            c => Some(c),
        };
        text = text.zip(plain).map(|(text, c)| text + c.encode_utf8(&mut [0; 4]));
    }
    (Token::Text(None), rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(source: &str) -> Vec<String> {
        let calls = Scan::new(source).calls();
        calls
            .iter()
            .map(|call| {
                let arguments = call.arguments.iter();
                let arguments: Vec<String> =
                    arguments.map(|a| a.as_ref().map_or("…".to_owned(), Json::to_string)).collect();
                format!("{}{}({})", if call.is_method { "." } else { "" }, call.name, arguments.join(","))
            })
            .collect()
    }

    #[test]
    fn calls_and_their_arguments() {
        for (source, expected) in [
            ("uuid()", vec!["uuid()"]),
            ("random_int(1, -6) + f(a)", vec!["random_int(1,-6)", "f(…)"]),
            ("base64(\"a,b)\" ~ x)", vec!["base64(…)"]),
            ("g([1, 2], {'a': (3)}, 'x')", vec!["g(…,…,\"x\")"]),
            ("fake.name() | upper", vec!["fake.name()"]),
            ("x | default('f(1)') | replace('a', 'b')", vec![]),
            ("x is divisibleby(3) and not (y)", vec![]),
            ("'a'.upper()", vec![".upper()"]),
            ("items[0].f(1.5)", vec![".f(1.5)"]),
            ("f(g(1), )", vec!["f(…)", "g(1)"]),
            ("f('it\\'s')", vec!["f(\"it's\")"]),
        ] {
            assert_eq!(calls(source), expected, "{source}");
        }
    }

    #[test]
    fn filters_tests_and_uses() {
        let scan = Scan::new("a | upper ~ (b | join('|')) if c is not none or d is odd");
        assert_eq!(scan.filters().map(|(_, name)| name).collect::<Vec<_>>(), ["upper", "join"]);
        assert_eq!(scan.tests().map(|(_, name)| name).collect::<Vec<_>>(), ["none", "odd"]);
        let scan = Scan::new("uuid ~ now() ~ a.uuid ~ fake.name ~ fake.word()");
        assert!(scan.is_used_uncalled("uuid", false) && !scan.is_used_uncalled("now", false));
        assert!(scan.is_used_uncalled("fake", true));
        assert!(!Scan::new("fake.word()").is_used_uncalled("fake", true));
        assert_eq!(Scan::new("secrets.a ~ secrets").parts_of("secrets"), [Some("a"), None]);
    }

    #[test]
    fn names_beside_slices() {
        for (source, expected) in [
            ("goods[:n]", vec!["goods", "n"]),
            ("a.b[1:]", vec!["a"]),
            ("(x | sort(attribute='p'))[:2] | join(',')", vec!["x"]),
            ("a[loop.index:] if b is defined else 'c'", vec!["a", "loop", "b"]),
            ("goods[0]", vec![]),
            ("{'a': b}", vec![]),
        ] {
            assert_eq!(Scan::new(source).names_beside_slices(), expected, "{source}");
        }
    }
}
