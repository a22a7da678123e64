//! What is wrong with a text that is not YAML, in words that say what to do. The parser names the rule that was broken;
//! here is what people meant who break it.

use super::{diagnostic::Faults, span::Span, text::end_of_expression};

/// The smallest scenario, for whoever has none yet.
pub(super) const SMALLEST: &str = "the smallest scenario is
target: http://127.0.0.1:8080
load: { users: 10, duration: 30s }
tasks:
  - get: /health
thresholds: { http_req_duration: p95 < 500ms }";

/// What is told, and where.
struct Told {
    span: Span,
    message: String,
    label: String,
    help: Option<String>,
}

impl Told {
    fn new(span: Span, message: impl Into<String>, label: impl Into<String>) -> Option<Self> {
        Some(Self { span, message: message.into(), label: label.into(), help: None })
    }

    fn help(told: Option<Self>, help: impl Into<String>) -> Option<Self> {
        told.map(|told| Self { help: Some(help.into()), ..told })
    }
}

/// Reports that the parser gave up at a place, with what it said.
pub(super) fn report(source: &str, at: Span, info: &str, faults: &mut Faults) {
    let place = Place { source, at };
    let told = script(&place)
        .or_else(|| tab(&place, info))
        .or_else(|| quote(&place, info))
        .or_else(|| flow(&place, info))
        .or_else(|| beginning(&place, info))
        .or_else(|| block(&place, info));
    let Some(told) = told else {
        faults.report(at, format!("this is not valid YAML: {info}"));
        return;
    };
    let fault = faults.report(told.span, told.message);
    fault.label(told.label);
    if let Some(help) = told.help {
        fault.help(help);
    }
}

/// Where the parser gave up, and what stands around.
struct Place<'s> {
    source: &'s str,
    at: Span,
}

/// A line without its break, its number and where it begins.
#[derive(Clone, Copy)]
struct Line<'s> {
    text: &'s str,
    number: usize,
    start: usize,
}

impl<'s> Place<'s> {
    /// The lines up to the place and a few behind it, as they are needed only around it.
    fn line(&self) -> Line<'s> {
        let start = self.source[..self.at.start].rfind('\n').map_or(0, |at| at + 1);
        Line::at(self.source, start, self.at.line)
    }

    /// The last line before this one that says something.
    fn before(&self, line: Line<'_>) -> Option<Line<'s>> {
        let (mut end, mut number) = (line.start.checked_sub(1)?, line.number);
        loop {
            number -= 1;
            let start = self.source[..end].rfind('\n').map_or(0, |at| at + 1);
            let found = Line::at(self.source, start, number);
            if !found.is_silent() {
                return Some(found);
            }
            end = start.checked_sub(1)?;
        }
    }

    fn after(&self, line: Line<'_>) -> Option<Line<'s>> {
        let start = line.start + line.text.len() + 1;
        (start < self.source.len()).then(|| Line::at(self.source, start, line.number + 1))
    }

    fn character(&self) -> Option<char> {
        self.source[self.at.start..].chars().next()
    }

    /// The part of the line between two of the file's bytes.
    fn span(&self, start: usize, end: usize) -> Span {
        let line = self.line();
        line.span(start - line.start, end - line.start)
    }

    /// The text without quotes that goes on until the line's end, or until what ends it inside of brackets.
    fn rest(&self) -> &'s str {
        let line = self.line();
        let from = self.at.start - line.start;
        let rest = &line.text[from..];
        let in_flow = line.text[..from].contains(['{', '[']);
        let end = if in_flow { rest.find([',', '}', ']']) } else { rest.find(" #") };
        rest[..end.unwrap_or(rest.len())].trim_end()
    }
}

impl<'s> Line<'s> {
    fn at(source: &'s str, start: usize, number: usize) -> Self {
        let rest = &source[start..];
        let text = &rest[..rest.find('\n').unwrap_or(rest.len())];
        Self { text, number, start }
    }

    fn is_silent(self) -> bool {
        let text = self.text.trim_start();
        text.is_empty() || text.starts_with('#')
    }

    /// The bytes before its first key: blanks, and the dashes of list items.
    fn key_column(self) -> usize {
        let mut column = 0;
        loop {
            let rest = &self.text[column..];
            let blank = rest.len() - rest.trim_start_matches(' ').len();
            column += blank;
            match self.text[column..].strip_prefix("- ") {
                Some(_) => column += 1,
                None => return column,
            }
        }
    }

    fn indentation(self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }

    fn is_item(self) -> bool {
        self.text.trim_start().starts_with("- ")
    }

    /// Where the text behind its first key begins.
    fn value_column(self) -> Option<usize> {
        let from = self.key_column();
        let rest = &self.text[from..];
        rest.find(": ")
            .map(|colon| from + colon + 2)
            .or_else(|| rest.ends_with(':').then_some(self.text.len()))
    }

    fn span(self, start: usize, end: usize) -> Span {
        let column = self.text.get(..start).map_or(1, |before| before.chars().count() + 1);
        Span { start: self.start + start, end: self.start + end, line: self.number, column }
    }
}

/// A text in the quotes that it can stand in.
fn quoted(text: &str) -> String {
    let text = text.trim();
    match (text.contains('"'), text.contains('\'')) {
        (false, _) if !text.contains('\\') => format!("\"{text}\""),
        (_, false) => format!("'{text}'"),
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

/// A script of another tool.
fn script(place: &Place<'_>) -> Option<Told> {
    let first = place.source.lines().find(|line| !line.trim().is_empty())?;
    let begins = ["import ", "export ", "const ", "from ", "package ", "class ", "function ", "<?xml", "//"];
    if !begins.iter().any(|begin| first.starts_with(begin)) || first.contains(": ") {
        return None;
    }
    let number = place.source.lines().position(|line| line == first)? + 1;
    let start = first.as_ptr() as usize - place.source.as_ptr() as usize;
    let span = Line::at(place.source, start, number).span(0, first.len());
    Told::help(
        Told::new(span, "a scenario is a YAML file, and this is not one", "this is of another language"),
        SMALLEST,
    )
}

fn tab(place: &Place<'_>, info: &str) -> Option<Told> {
    let line = place.line();
    let near = [place.before(line), Some(line), place.after(line)];
    let near = near.into_iter().flatten().filter(|near| info.contains("tab") || near.number == line.number);
    let (line, at) = near.into_iter().find_map(|line| {
        let indentation = line.text.len() - line.text.trim_start().len();
        Some((line, line.text[..indentation].find('\t')?))
    })?;
    let told = Told::new(line.span(at, at + 1), "a tab stands in the indentation", "write spaces");
    Told::help(told, "YAML is indented with spaces only; most editors turn tabs into them")
}

fn quote(place: &Place<'_>, info: &str) -> Option<Told> {
    let at = place.at.start;
    if info.starts_with("invalid trailing content") {
        let sign = place.source[..at].chars().next_back()?;
        let told = Told::new(
            place.at,
            "something stands behind the closing quote",
            "leave it out, or put all of it in the quotes",
        );
        return Told::help(
            told,
            if sign == '\'' {
                "a `'` inside single quotes is written twice: `'it''s'`"
            } else {
                "a `\"` inside double quotes is written `\\\"`; or use single quotes: `'say \"hi\"'`"
            },
        );
    }
    if info.contains("escape character") {
        return escape(place);
    }
    let is_open =
        info.contains("quoted scalar") && place.character().is_some_and(|c| matches!(c, '"' | '\''));
    let message = "this quote is never closed";
    is_open
        .then(|| Told::new(place.span(at, at + 1), message, "the same quote is missing where the text ends"))
        .flatten()
}

/// A backslash in double quotes before a character that it gives no meaning.
fn escape(place: &Place<'_>) -> Option<Told> {
    const KNOWN: &str = "0abtnvfre \"/\\N_LPxuU\t\n";
    let rest = &place.source[place.at.start..];
    let mut characters = rest.char_indices();
    while let Some((at, c)) = characters.next() {
        let Some((next_at, next)) = (c == '\\').then(|| characters.next()).flatten() else { continue };
        if KNOWN.contains(next) {
            continue;
        }
        let (start, end) = (place.at.start + at, place.at.start + next_at + next.len_utf8());
        let line_start = place.source[..start].rfind('\n').map_or(0, |at| at + 1);
        let number = place.at.line + place.source[place.at.start..start].matches('\n').count();
        let line = Line::at(place.source, line_start, number);
        return Told::new(
            line.span(start - line_start, end - line_start),
            format!("`\\{next}` means nothing in double quotes"),
            format!("write `\\\\{next}`, or put the text in single quotes"),
        );
    }
    None
}

/// What goes wrong inside of `{ }` and `[ ]`.
fn flow(place: &Place<'_>, info: &str) -> Option<Told> {
    if info == "misplaced bracket" {
        let sign = place.character()?;
        let span = place.span(place.at.start, place.at.start + 1);
        return Told::new(
            span,
            format!("this `{sign}` closes nothing"),
            "leave it out, or add what it closes",
        );
    }
    if info.contains("expected node content") {
        return unclosed(place);
    }
    if !info.contains("flow") {
        return None;
    }
    let at = place.at.start;
    match place.character() {
        Some('{') => braces(place),
        Some(sign @ ('}' | ']')) => {
            let other = if sign == '}' { ']' } else { '}' };
            let message = format!("`{sign}` stands where `{other}` is expected");
            Told::new(place.span(at, at + 1), message, format!("close with `{other}` first"))
        }
        Some(':') => key_in_flow(place),
        _ => unclosed(place),
    }
    .or_else(|| Told::new(place.at, "a `,` or a closing bracket is missing here", "before this"))
}

/// A brace inside a text without quotes.
fn braces(place: &Place<'_>) -> Option<Told> {
    let (line, at) = (place.line(), place.at.start - place.line().start);
    let is_template = line.text[..at].ends_with('$');
    let begin = line.text[..at].rfind(['{', '[', ',']).map_or(line.indentation(), |at| at + 1);
    let begin = line.text[begin..at].rfind(": ").map_or(begin, |colon| begin + colon + 2);
    let inner = end_of_expression(line.text, at + 1).map_or(line.text.len(), |end| end + 1);
    let end = line.text[inner..].find([',', '}', ']', ':']).map_or(line.text.len(), |end| inner + end);
    let text = line.text[begin..end].trim();
    let begin = begin + (line.text[begin..].len() - line.text[begin..].trim_start().len());
    let message = if is_template {
        "quotes are needed around `${…}` inside `{ }` and `[ ]`"
    } else {
        "a text with `{` needs quotes inside `{ }` and `[ ]`"
    };
    let span = line.span(begin, begin + text.len());
    Told::new(span, message, format!("write `{}`", quoted(text)))
}

/// A key where a comma should stand, or none was meant.
fn key_in_flow(place: &Place<'_>) -> Option<Told> {
    let (line, at) = (place.line(), place.at.start - place.line().start);
    let before = line.text[..at].trim_end();
    let begin = before.rfind([' ', ',', '{', '[']).map_or(0, |at| at + 1);
    let word = &before[begin..];
    let open = open_bracket(&place.source[..place.at.start])?;
    let opens_above = open < line.start;
    if opens_above && before[..begin].trim().is_empty() {
        let opener = place.source[..open].rfind('\n').map_or(0, |at| at + 1);
        let outer = Line::at(place.source, opener, 0);
        if line.indentation() <= outer.indentation() {
            return unclosed(place);
        }
        let message = "a `,` is missing at the end of the line before";
        return Told::new(line.span(begin, begin + word.len()), message, "another key begins here");
    }
    let told = Told::new(
        line.span(begin, begin + word.len()),
        format!("a `,` is missing before `{word}`"),
        format!("write `, {word}: …`"),
    );
    Told::help(told, "if it is part of a text: a text that contains `: ` needs quotes")
}

/// The bracket that is open where the parser gave up.
fn unclosed(place: &Place<'_>) -> Option<Told> {
    let open = open_bracket(&place.source[..place.at.start])?;
    let sign = place.source[open..].chars().next()?;
    let start = place.source[..open].rfind('\n').map_or(0, |at| at + 1);
    let number = place.source[..open].matches('\n').count() + 1;
    let line = Line::at(place.source, start, number);
    let close = if sign == '{' { '}' } else { ']' };
    let span = line.span(open - start, open - start + 1);
    Told::new(span, format!("this `{sign}` is never closed"), format!("`{close}` is missing"))
}

/// The last bracket of a list or map that is not closed before the end.
fn open_bracket(before: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut quote = None;
    let mut last = '\n';
    let mut is_comment = false;
    for (at, c) in before.char_indices() {
        let begins = last.is_whitespace() || matches!(last, '[' | '{' | ',' | ':');
        match (quote, c) {
            _ if is_comment => is_comment = c != '\n',
            (Some(sign), _) if c == sign => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if begins => quote = Some(c),
            (None, '#') if last.is_whitespace() => is_comment = true,
            (None, '[' | '{') if begins || !open.is_empty() => open.push(at),
            (None, ']' | '}') => drop(open.pop()),
            _ => {}
        }
        last = c;
    }
    open.pop()
}

/// A text that begins with a sign which YAML has another use for.
fn beginning(place: &Place<'_>, info: &str) -> Option<Told> {
    let text = place.rest();
    let span = place.span(place.at.start, place.at.start + text.len());
    if info.contains("unknown anchor") {
        let name = text.trim_start_matches('*').split(char::is_whitespace).next()?;
        let label = format!("no `&{name}` stands before it");
        let told = Told::new(span, format!("`*{name}` refers to nothing"), label);
        return Told::help(
            told,
            format!("if it is a text: one that begins with `*` needs quotes: `{}`", quoted(text)),
        );
    }
    let sign = place.character()?;
    if info.starts_with("unexpected character") {
        let sign = if sign == '`' { "a backtick".to_owned() } else { format!("`{sign}`") };
        let message = format!("a text cannot begin with {sign}");
        return Told::new(span, message, format!("write `{}`", quoted(text)));
    }
    if info.contains("block scalar") && matches!(sign, '|' | '>') {
        let message = format!("`{sign}` at its beginning makes a text of the lines below");
        return Told::new(span, message, format!("as a text of this line: `{}`", quoted(text)));
    }
    if info.contains("comments must be separated") {
        return Told::new(span, "a blank is missing before `#`", "a comment begins with a blank and `#`");
    }
    if info.contains("block sequence entries") {
        let message = "a list cannot begin on the line of its key";
        let told = Told::new(span, message, "move it to a line of its own, indented");
        return Told::help(told, "a text that begins with `- ` needs quotes");
    }
    None
}

/// What goes wrong with lines: colons and indentation.
fn block(place: &Place<'_>, info: &str) -> Option<Told> {
    let line = place.line();
    if info.contains("<document start>") {
        return first_line(place, line);
    }
    if info.contains("simple key") {
        return colon_missing(place, line);
    }
    if info.contains("mapping values") {
        let at = place.at.start - line.start;
        if line.value_column().is_some_and(|value| value <= at) {
            return colon_in_text(line);
        }
        return above(place, line);
    }
    let is_indentation = ["indicator", "expected key", "indentation", "mapping keys"];
    is_indentation.iter().any(|word| info.contains(word)).then(|| indentation(place, line)).flatten()
}

fn colon_in_text(line: Line<'_>) -> Option<Told> {
    let value = line.value_column()?;
    let text = line.text[value..].trim();
    let begin = value + line.text[value..].find(text)?;
    let span = line.span(begin, begin + text.len());
    let inner = text.trim_start_matches("- ");
    if inner.len() < text.len() {
        return Told::new(
            span,
            "a list cannot begin on the line of its key",
            "move it to a line of its own, indented",
        );
    }
    Told::new(span, "a text that contains `: ` needs quotes", format!("write `{}`", quoted(text)))
}

/// A key that the line above it leaves no room for.
fn above(place: &Place<'_>, line: Line<'_>) -> Option<Told> {
    let above = place.before(line)?;
    if above.value_column().is_none() {
        return colon_missing(place, above);
    }
    let (column, wanted) = (line.key_column(), above.key_column());
    let message = "this key is indented deeper than the one above it, which has a value already";
    let label = format!("start it in column {}, as line {} does", wanted + 1, above.number);
    Told::new(line.span(column, line.text.trim_end().len()), message, label)
}

/// A line with a key and no `:`, this one or one before.
fn colon_missing<'s>(place: &Place<'s>, mut line: Line<'s>) -> Option<Told> {
    while line.is_silent() || line.value_column().is_some() {
        line = place.before(line)?;
    }
    let column = line.key_column();
    let text = line.text[column..].trim_end();
    let split = text.find([' ', ':', '=']).unwrap_or(text.len());
    let (key, value) = (&text[..split], text[split..].trim_start_matches([' ', ':', '=']));
    let meant = if value.is_empty() { format!("{key}:") } else { format!("{key}: {value}") };
    let message = if text[split..].starts_with(':') {
        "a blank is missing behind `:`"
    } else {
        "a `:` is missing here"
    };
    Told::new(line.span(column, column + text.len()), message, format!("did you mean `{meant}`?"))
}

/// A line that begins where none above it does.
fn indentation(place: &Place<'_>, line: Line<'_>) -> Option<Told> {
    let is_item = line.is_item();
    let column = |line: Line<'_>| if is_item { line.indentation() } else { line.key_column() };
    let own = line.indentation();
    let mut known = place.before(line);
    while let Some(above) = known.filter(|above| above.is_item() != is_item && is_item) {
        known = place.before(above);
    }
    let above = known?;
    let span = line.span(own, line.text.trim_end().len());
    let label = format!("start it in column {}, as line {} does", column(above) + 1, above.number);
    Told::new(span, "the indentation of this line fits none above it", label)
}

/// A file whose first line is indented and the others are not.
fn first_line(place: &Place<'_>, line: Line<'_>) -> Option<Told> {
    let mut first = place.before(line).unwrap_or(line);
    while let Some(before) = place.before(first) {
        first = before;
    }
    if first.text.starts_with('%') {
        let span = first.span(0, first.text.trim_end().len());
        return Told::new(span, "a line that begins with `%` is a directive of YAML", "leave it out");
    }
    let wanted = first.indentation();
    let span = line.span(line.indentation(), line.text.trim_end().len());
    let label =
        format!("start it in column {}, as line {} does, or that one in column 1", wanted + 1, first.number);
    Told::new(span, "this line is indented less than the first one", label)
}
