//! YAML text to a located tree. The one file that knows the YAML parser.
//!
//! Every node has its place, duplicate keys are kept for the decoder to complain about, anchors and `<<`
//! work, and hostile input (alias bombs, endless depth) ends quickly with a fault.

use super::{
    diagnostic::Faults,
    sources::unix_breaks,
    span::{Span, Spanned},
    yaml_problem,
};
use saphyr_parser::{Event, Parser, ScalarStyle, Span as Mark};
use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
};

/// Deepest nesting accepted; real files stay below 20.
const MOST_DEPTH: usize = 100;
/// Most nodes accepted, those that aliases stand for included.
const MOST_NODES: usize = 500_000;

/// A value of the file and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where.
    pub span: Span,
    /// What.
    pub value: NodeValue,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// A scalar.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map in the file's order, duplicate keys included.
    Map(Vec<(Spanned<String>, Node)>),
}

/// A scalar with its text as written, so that `1.10` can be a version and `no` a word.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text, unquoted and unescaped.
    pub text: String,
    /// Whether it stood without quotes.
    pub plain: bool,
    /// Whether its text stands in the file as it is, so that places inside it can be pointed at.
    pub verbatim_at: Option<usize>,
}

impl Node {
    /// What kind of node it is, for messages.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            NodeValue::Scalar(scalar) if scalar.is_null() => "nothing",
            NodeValue::Scalar(_) => "a single value",
            NodeValue::List(_) => "a list",
            NodeValue::Map(_) => "a map",
        }
    }

    /// The value of a map's key.
    pub fn entry(&self, key: &str) -> Option<&Self> {
        let NodeValue::Map(entries) = &self.value else { return None };
        entries.iter().find(|(known, _)| known.value == key).map(|(_, value)| value)
    }

    /// The value of a map's key, to be changed.
    pub fn entry_mut(&mut self, key: &str) -> Option<&mut Self> {
        let NodeValue::Map(entries) = &mut self.value else { return None };
        entries.iter_mut().find(|(known, _)| known.value == key).map(|(_, value)| value)
    }

    /// The place of a part of a scalar's text, or of the whole node where the text was escaped or folded.
    pub fn part(&self, start: usize, end: usize) -> Span {
        let columns = match &self.value {
            NodeValue::Scalar(scalar) => scalar.text.get(..start).map_or(0, |before| before.chars().count()),
            _ => 0,
        };
        self.part_at(start, end, columns)
    }

    /// [`Self::part`], where it is known how many characters stand before it.
    pub fn part_at(&self, start: usize, end: usize, columns: usize) -> Span {
        match &self.value {
            NodeValue::Scalar(Scalar { verbatim_at: Some(at), .. }) => {
                let quote = at - self.span.start;
                Span {
                    start: at + start,
                    end: at + end,
                    column: self.span.column + quote + columns,
                    ..self.span
                }
            }
            _ => self.span,
        }
    }
}

impl Scalar {
    /// Whether it is YAML's null: empty, `~` or `null`, without quotes.
    pub fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

/// Reads the file's single document.
///
/// Reports a fault and returns `None` where the text is not YAML, or not sane.
pub fn parse(source: &str, faults: &mut Faults) -> Option<Node> {
    let source = &*unix_breaks(source);
    if let Some(at) = source.find('\0') {
        let before = &source[..at];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let (number, column) = (before.matches('\n').count() + 1, before[line..].chars().count() + 1);
        let place = Span { start: at, end: at + 1, line: number, column };
        let fault = faults.report(place, "this file is not a text in UTF-8: it has NUL characters");
        fault.label("the first of them").help("save it with the encoding UTF-8, not as UTF-16 or UTF-32");
        return None;
    }
    let mut builder = Builder { places: Places::new(source), ..Builder::default() };
    for event in Parser::new_from_str(source) {
        let step = match event {
            Ok((event, mark)) => builder.event(event, mark, faults),
            Err(error) => {
                let at = builder.places.point(error.marker().line(), error.marker().col());
                // The parser looks ahead and may give up on depth before a node of it arrives here.
                if error.info().contains("recursion limit") {
                    faults.report(at, format!("nested deeper than {MOST_DEPTH} levels"));
                    return None;
                }
                yaml_problem::report(source, at, error.info(), faults);
                return None;
            }
        };
        step?;
    }
    let Some(root) = builder.root else {
        let start = Span { line: 1, column: 1, ..Span::default() };
        faults.report(start, "the file is empty").help(yaml_problem::SMALLEST);
        return None;
    };
    Some(root)
}

/// Byte offsets of the parser's line and column marks.
#[derive(Debug, Default)]
struct Places<'s> {
    source: &'s str,
    lines: Vec<usize>,
    /// Line, column and offset that were looked up last. The next ones are near, and a line can be megabytes long.
    last: Cell<(usize, usize, usize)>,
}

impl<'s> Places<'s> {
    fn new(source: &'s str) -> Self {
        let starts = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { source, lines: std::iter::once(0).chain(starts).collect(), last: Cell::default() }
    }

    fn offset(&self, line: usize, column: usize) -> usize {
        let (last_line, last_column, last) = self.last.get();
        let (from_column, from) = if line == last_line {
            (last_column, last)
        } else {
            (0, self.lines.get(line.saturating_sub(1)).copied().unwrap_or(self.source.len()))
        };
        let (before, after) = self.source.split_at(from);
        let found = match column.checked_sub(from_column) {
            Some(columns) => after.char_indices().nth(columns).map(|(at, _)| from + at),
            None => before.char_indices().nth_back(from_column - column - 1).map(|(at, _)| at),
        };
        let Some(offset) = found else { return self.source.len() };
        self.last.set((line, column, offset));
        offset
    }

    fn point(&self, line: usize, column: usize) -> Span {
        if line > self.lines.len() {
            // Behind a last line that has no break at its end.
            let (end, start) = (self.source.len(), self.lines.last().copied().unwrap_or_default());
            let columns = self.source[start..].chars().count();
            return Span { start: end, end, line: self.lines.len(), column: columns + 1 };
        }
        let start = self.offset(line, column);
        Span { start, end: start, line, column: column + 1 }
    }

    fn span(&self, mark: Mark) -> Span {
        let start = self.point(mark.start.line(), mark.start.col());
        let end = self.offset(mark.end.line(), mark.end.col()).max(start.start);
        // Collections end where the next token starts; trailing blanks do not belong to them.
        let text = self.source[start.start..end].trim_end();
        Span { end: start.start + text.len(), ..start }
    }
}

/// A collection that is still open.
#[derive(Debug)]
struct Open {
    span: Span,
    anchor: usize,
    kind: OpenKind,
}

#[derive(Debug)]
enum OpenKind {
    List(Vec<Node>),
    Map {
        entries: Vec<(Spanned<String>, Node)>,
        inherited: Vec<(Spanned<String>, Node)>,
        key: Option<Spanned<String>>,
    },
}

#[derive(Debug, Default)]
struct Builder<'s> {
    places: Places<'s>,
    stack: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, mark: Mark, faults: &mut Faults) -> Option<()> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "a scenario is one YAML document, this is a second";
                    faults.report(self.places.span(mark), message).label("leave it and what follows out");
                    return None;
                }
                Some(())
            }
            Event::Scalar(text, style, anchor, _) => {
                let node = self.scalar(&text, style, mark);
                self.add(node, anchor, 1, faults)
            }
            Event::SequenceStart(anchor, _) => self.open(anchor, OpenKind::List(Vec::new()), mark, faults),
            Event::MappingStart(anchor, _) => self.open(
                anchor,
                OpenKind::Map { entries: Vec::new(), inherited: Vec::new(), key: None },
                mark,
                faults,
            ),
            Event::SequenceEnd | Event::MappingEnd => self.close(mark, faults),
            Event::Alias(anchor) => self.alias(anchor, mark, faults),
            _ => Some(()),
        }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, mark: Mark) -> Node {
        let span = self.places.span(mark);
        let plain = style == ScalarStyle::Plain;
        let quote = usize::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        let at = span.start + quote;
        let verbatim = self.places.source.get(at..at + text.len()) == Some(text);
        let scalar = Scalar { text: text.to_owned(), plain, verbatim_at: verbatim.then_some(at) };
        Node { span, value: NodeValue::Scalar(scalar) }
    }

    fn open(&mut self, anchor: usize, kind: OpenKind, mark: Mark, faults: &mut Faults) -> Option<()> {
        let span = self.places.span(mark);
        if self.stack.len() >= MOST_DEPTH {
            faults.report(span, format!("nested deeper than {MOST_DEPTH} levels"));
            return None;
        }
        self.stack.push(Open { span, anchor, kind });
        Some(())
    }

    fn close(&mut self, mark: Mark, faults: &mut Faults) -> Option<()> {
        let open = self.stack.pop()?;
        let end = self.places.span(mark).end;
        let text = self.places.source[open.span.start..end.max(open.span.start)].trim_end();
        let span = Span { end: open.span.start + text.len(), ..open.span };
        let value = match open.kind {
            OpenKind::List(items) => NodeValue::List(items),
            OpenKind::Map { mut entries, inherited, .. } => {
                // What is written wins over what is inherited, wherever the `<<` stands.
                let mut known: HashSet<String> = HashSet::new();
                if !inherited.is_empty() {
                    known.extend(entries.iter().map(|(key, _)| key.value.clone()));
                }
                for (key, value) in inherited {
                    if known.insert(key.value.clone()) {
                        entries.push((key, value));
                    }
                }
                NodeValue::Map(entries)
            }
        };
        self.add(Node { span, value }, open.anchor, 1, faults)
    }

    fn alias(&mut self, anchor: usize, mark: Mark, faults: &mut Faults) -> Option<()> {
        let span = self.places.span(mark);
        let Some((node, size)) = self.anchors.get(&anchor) else {
            let fault = faults.report(span, "this alias stands inside what it names");
            fault.label("it would have no end: write out what is meant here");
            return None;
        };
        if self.nodes + size > MOST_NODES {
            faults.report(span, format!("aliases make more than {MOST_NODES} values of this file"));
            return None;
        }
        let (node, size) = (node.clone(), *size);
        self.add(node, 0, size, faults)
    }

    fn add(&mut self, node: Node, anchor: usize, size: usize, faults: &mut Faults) -> Option<()> {
        self.nodes += size;
        if self.nodes > MOST_NODES {
            faults.report(node.span, format!("more than {MOST_NODES} values in one file"));
            return None;
        }
        if anchor != 0 {
            let size = count(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.stack.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(OpenKind::List(items)) => items.push(node),
            Some(OpenKind::Map { entries, inherited, key }) => match key.take() {
                None => *key = Some(key_of(node, self.places.source, faults)?),
                Some(key) if key.value == "<<" => inherited.extend(inherited_from(node, faults)),
                Some(key) => entries.push((key, node)),
            },
        }
        Some(())
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        NodeValue::Scalar(_) => 0,
        NodeValue::List(items) => items.iter().map(count).sum(),
        NodeValue::Map(entries) => entries.iter().map(|(_, value)| 1 + count(value)).sum(),
    }
}

fn key_of(node: Node, source: &str, faults: &mut Faults) -> Option<Spanned<String>> {
    let Node { span, value } = node;
    if let NodeValue::Scalar(scalar) = value {
        return Some(Spanned::new(scalar.text, span));
    }
    let written = source.get(span.range()).unwrap_or_default();
    let inner = written.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
    match inner.filter(|inner| source[..span.start].ends_with('{') && !inner.contains(['{', '\n'])) {
        Some(inner) => {
            let fault = faults.report(span, "an expression is written `${…}`, not `{{…}}`");
            fault.label(format!("write `\"${{{}}}\"`", inner.trim()));
        }
        None => {
            let fault = faults.report(span, "a key must be a single word");
            fault.label("a text that begins with `{` or `[` needs quotes");
        }
    }
    None
}

/// The entries of `<<: *base`, or of a list of bases.
fn inherited_from(base: Node, faults: &mut Faults) -> Vec<(Spanned<String>, Node)> {
    match base.value {
        NodeValue::Map(entries) => entries,
        NodeValue::List(bases) => bases.into_iter().flat_map(|base| inherited_from(base, faults)).collect(),
        NodeValue::Scalar(scalar) => {
            let fault = faults.report(base.span, "`<<` takes a map, this is a single value");
            let name = if scalar.is_null() { "base" } else { scalar.text.as_str() };
            fault.label(format!("did you mean `<<: *{name}`?"));
            fault.help("`*NAME` stands for the map that is marked `&NAME` further up");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(source: &str) -> Vec<String> {
        let mut faults = Faults::default();
        parse(source, &mut faults);
        faults
            .into_sorted()
            .into_iter()
            .map(|fault| format!("{}:{} {}", fault.span.line, fault.span.column, fault.message))
            .collect()
    }

    fn tree(source: &str) -> Node {
        parse(source, &mut Faults::default()).expect(source)
    }

    fn entry<'n>(node: &'n Node, key: &str) -> &'n Node {
        let NodeValue::Map(entries) = &node.value else { panic!("not a map") };
        &entries.iter().find(|(name, _)| name.value == key).expect(key).1
    }

    #[test]
    fn every_node_knows_its_place() {
        let source = "a: é\nb:\n  - x: \"q\"\n  - 'yy'\n";
        let root = tree(source);
        let NodeValue::List(items) = &entry(&root, "b").value else { panic!("a list") };
        assert_eq!(&source[items[1].span.range()], "'yy'");
        assert_eq!((items[1].span.line, items[1].span.column), (4, 5));
        assert_eq!(&source[entry(&root, "a").span.range()], "é");
        assert_eq!(&source[items[1].part(1, 2).range()], "y");
        assert_eq!(items[1].part(1, 2).column, 7);
    }

    #[test]
    fn a_merge_key_inherits_what_is_not_written() {
        let root = tree("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n");
        let used = entry(&root, "use");
        let text = |key| match &entry(used, key).value {
            NodeValue::Scalar(scalar) => scalar.text.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!((text("x"), text("y")), ("1".into(), "3".into()));
    }

    #[test]
    fn hostile_input_ends_with_a_fault() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let refs = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb += &format!("a{level}: &a{level} [{refs}]\n");
        }
        assert!(faults_of(&bomb)[0].contains("aliases make more than"), "{:?}", faults_of(&bomb));
        for deep in ["[".repeat(100_000), "- ".repeat(100_000), format!("{}x", "[".repeat(101))] {
            assert!(faults_of(&deep)[0].contains("nested deeper"), "{:?}", faults_of(&deep));
        }
        assert!(!faults_of("a: *nowhere").is_empty());
        assert_eq!(faults_of(""), ["1:1 the file is empty"]);
        assert!(!faults_of("a: [1, 2").is_empty());
    }
}
