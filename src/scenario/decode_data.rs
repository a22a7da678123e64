//! `data`: the feeds.

use super::{
    data::{DataFeed, FeedSource, FileFormat, OnEnd, Per, Pick},
    decode_vars::variable_name,
    diagnostic::{Diagnostic, Faults},
    reader::{Keys, entries, items, literal, word},
    span::{Span, Spanned},
    suggest::{listed, nearest},
    value::Value,
    yaml::{Node, NodeValue},
};
use std::collections::HashMap;

const PICKS: [(&str, Pick); 4] = [
    ("sequential", Pick::Sequential),
    ("shuffle", Pick::Shuffle),
    ("random", Pick::Random),
    ("unique", Pick::Unique),
];
const PERS: [(&str, Per); 2] = [("iteration", Per::Iteration), ("user", Per::User)];
const ENDS: [(&str, OnEnd); 3] =
    [("recycle", OnEnd::Recycle), ("stop_user", OnEnd::StopUser), ("fail", OnEnd::Fail)];

/// The feeds of a scenario.
pub(super) fn data(node: &Node, faults: &mut Faults) -> Vec<DataFeed> {
    if !matches!(node.value, NodeValue::Map(_)) {
        let message = format!("`data` is a map of feeds, this is {}", node.kind());
        faults
            .report(node.span, message)
            .label("each feed needs a name")
            .help("for example `data: { users: { file: users.csv } }`, used as `${users.email}`");
        return Vec::new();
    }
    let mut feeds = Vec::new();
    for (name, node) in entries(node, "`data`", faults) {
        variable_name(name, faults);
        feeds.extend(feed(name, node, faults));
    }
    feeds
}

/// Reports feeds whose name a variable has as well.
pub(super) fn check_names(feeds: &[DataFeed], variables: &[(Spanned<String>, Value)], faults: &mut Faults) {
    let variables: HashMap<&str, usize> =
        variables.iter().map(|(name, _)| (name.value.as_str(), name.span.line)).collect();
    for feed in feeds {
        if let Some(line) = variables.get(feed.name.value.as_str()) {
            let message = format!("`{}` is the name of a feed and of a variable", feed.name.value);
            let fault = faults.report(feed.name.span, message);
            fault.label(format!("the variable is on line {line}; choose another name"));
        }
    }
}

fn feed(name: &Spanned<String>, node: &Node, faults: &mut Faults) -> Option<DataFeed> {
    if !matches!(node.value, NodeValue::Map(_)) {
        not_a_map(&name.value, node, faults);
        return None;
    }
    let mut keys = Keys::open(node, "a feed", faults)?;
    let source = source(&mut keys, faults);
    let pick = keys.get("pick").map_or(Some(Pick::default()), |node| choice(node, "pick", &PICKS, faults));
    let per = keys.get("per").map_or(Some(Per::default()), |node| choice(node, "per", &PERS, faults));
    let on_end = keys.get("on_end").map(|node| choice(node, "on_end", &ENDS, faults));
    if on_end.is_some() && pick == Some(Pick::Random) {
        let message =
            "`on_end` has no meaning with `pick: random`: rows picked at random never come to an end";
        let fault = faults.report(keys.key_span("on_end"), message);
        fault.label("leave it out, or write another `pick`").help(
            "`pick: shuffle` gives every row once in a random order, `pick: unique` gives a row to one user only",
        );
    }
    keys.finish_with(faults, explain);
    let pick = pick?;
    Some(DataFeed {
        name: name.clone(),
        source: source?,
        pick,
        per: per?,
        on_end: on_end.unwrap_or(Some(OnEnd::default_of(pick)))?,
        span: node.span,
    })
}

/// A feed that is only its file or its rows: what was meant is plain.
fn not_a_map(name: &str, node: &Node, faults: &mut Faults) {
    let example = match &node.value {
        NodeValue::Scalar(scalar) if FileFormat::of(&scalar.text).is_some() => {
            format!("write `{name}: {{ file: {} }}`", scalar.text)
        }
        NodeValue::List(_) => format!("write the list as `{name}: {{ rows: [ … ] }}`"),
        _ => format!("for example `{name}: {{ file: {name}.csv }}`"),
    };
    let message = format!("a feed is a map, this is {}", node.kind());
    faults.report(node.span, message).label("a map with `file` or `rows` is wanted here").help(example);
}

/// What other tools say of a file, and nobody has to say here.
fn explain(key: &str, fault: &mut Diagnostic) -> bool {
    let needless = matches!(
        key,
        "fields" | "columns" | "header" | "headers" | "skipHeader" | "skip_header" | "variableNames"
    );
    if needless {
        fault.label("leave it out").help(
            "the first row of a CSV file names its columns; a column `email` of a feed `users` is `${users.email}`",
        );
    }
    needless
}

fn source(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<FeedSource> {
    let (file, rows_node) = (keys.get("file"), keys.get("rows"));
    let delimiter = keys.get("delimiter");
    let delimiter_span = keys.key_span("delimiter");
    match (file, rows_node) {
        (Some(_), Some(_)) => {
            let fault =
                faults.report(keys.key_span("rows"), "`file` and `rows` cannot stand together in a feed");
            fault.label("leave one of them out");
            None
        }
        (None, None) => {
            let fault = faults.report(keys.span(), "a feed needs its rows: `file` or `rows` is missing");
            fault.help("for example `{ file: users.csv }` or `{ rows: [ { sku: a }, { sku: b } ] }`");
            None
        }
        (Some(node), None) => {
            let delimiter = delimiter.map(|node| (node, delimiter_span));
            file_source(node, delimiter, faults)
        }
        (None, Some(node)) => {
            if delimiter.is_some() {
                needless_delimiter(delimiter_span, faults);
            }
            rows(node, faults)
        }
    }
}

fn needless_delimiter(span: Span, faults: &mut Faults) {
    faults.report(span, "`delimiter` belongs to CSV files").label("leave it out");
}

fn file_source(node: &Node, delimiter: Option<(&Node, Span)>, faults: &mut Faults) -> Option<FeedSource> {
    let path = literal(node, "`file`", faults)?;
    let format = FileFormat::of(&path.value);
    if format.is_none() {
        let fault = faults.report(path.span, format!("`{}` is not the name of a data file", path.value));
        fault.label(format!("it must end in {}", listed([".csv", ".tsv", ".json", ".jsonl", ".ndjson"])));
    }
    let delimiter = match (delimiter, format) {
        (Some((_, span)), Some(FileFormat::Json | FileFormat::JsonLines)) => {
            needless_delimiter(span, faults);
            return None;
        }
        (Some((node, _)), _) => Some(delimiter_of(node, faults)?),
        (None, _) => None,
    };
    format?;
    Some(FeedSource::File { path, delimiter })
}

fn delimiter_of(node: &Node, faults: &mut Faults) -> Option<u8> {
    let text = match &node.value {
        NodeValue::Scalar(scalar) => scalar.text.as_str(),
        _ => word(node, "`delimiter`", faults)?.value,
    };
    let found = match text.as_bytes() {
        b"tab" | b"\\t" => Some(b'\t'),
        [one] if one.is_ascii() && !matches!(one, b'"' | b'\n' | b'\r') => Some(*one),
        _ => None,
    };
    if found.is_none() {
        let message = match text {
            "" => "`delimiter` is empty".to_owned(),
            "\"" => "`\"` cannot be a `delimiter`: it quotes fields".to_owned(),
            text => format!("`delimiter` cannot be `{}`", text.escape_debug()),
        };
        let fault = faults.report(node.span, message);
        fault.label("one ASCII character in quotes, such as `\";\"`, or `tab`");
    }
    found
}

fn rows(node: &Node, faults: &mut Faults) -> Option<FeedSource> {
    const EXAMPLE: &str = "for example `rows: [ { sku: a }, { sku: b } ]`";
    let list = items(node, "`rows`", faults)?;
    if list.is_empty() {
        faults.report(node.span, "a feed needs at least one row").label("the list is empty").help(EXAMPLE);
        return None;
    }
    let mut sound = true;
    let mut rows = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        if !matches!(item.value, NodeValue::Map(_)) {
            let message = format!("a row is a map, row {} is {}", index + 1, item.kind());
            faults.report(item.span, message).label("a map of column and value is wanted here").help(EXAMPLE);
            sound = false;
        }
        rows.push(Value::of_node(item, faults));
    }
    sound.then(|| FeedSource::Rows(Spanned::new(rows, node.span)))
}

/// One of a few words.
fn choice<T: Copy>(node: &Node, key: &str, known: &[(&'static str, T)], faults: &mut Faults) -> Option<T> {
    let written = word(node, &format!("`{key}`"), faults)?;
    let found = known.iter().find(|(word, _)| *word == written.value).map(|(_, meaning)| *meaning);
    if found.is_none() {
        let words = || known.iter().map(|(word, _)| *word);
        let fault = faults.report(node.span, format!("`{key}` cannot be `{}`", written.value));
        match nearest(written.value, words()) {
            Some(near) => fault.label(format!("did you mean `{near}`?")),
            None => fault.label("unknown word"),
        };
        fault.help(format!("`{key}` is {}", listed(words())));
        if written.value == "queue" {
            fault.help("Gatling's `queue` is `pick: sequential` with `on_end: fail`");
        }
    }
    found
}
