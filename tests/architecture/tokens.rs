//! Paths in places that the parser leaves as tokens: macro calls, macro definitions, attributes.

use crate::survey::{Form, Written, plain};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The paths in a token stream; with `with_text`, those in its string literals too, as `#[serde(with = "…")]`
/// has them.
pub fn paths(stream: &TokenStream, with_text: bool) -> Vec<Written> {
    let mut found = Vec::new();
    scan(stream, with_text, &mut found);
    found
}

fn scan(stream: &TokenStream, with_text: bool, found: &mut Vec<Written>) {
    let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
    let mut at = 0;
    while let Some(tree) = trees.get(at) {
        at += 1;
        match tree {
            TokenTree::Group(group) => scan(&group.stream(), with_text, found),
            TokenTree::Ident(_) => at = path(&trees, at - 1, found),
            TokenTree::Literal(literal) if with_text => {
                let text = literal.to_string();
                if let Ok(path) = syn::parse_str::<syn::Path>(text.trim_matches('"')) {
                    let segments = path.segments.iter().map(|segment| plain(&segment.ident)).collect();
                    let is_global = path.leading_colon.is_some();
                    add(found, segments, is_global, literal.span().start().line);
                }
            }
            _ => {}
        }
    }
}

/// Reads the path that starts at `start` and says where it ends.
fn path(trees: &[TokenTree], start: usize, found: &mut Vec<Written>) -> usize {
    let TokenTree::Ident(first) = &trees[start] else { return start + 1 };
    let line = first.span().start().line;
    let is_variable = start > 0 && is_punct(trees.get(start - 1), '$') && first != "crate";
    let is_global = start > 1 && is_colons(trees, start - 2);
    let mut segments = vec![plain(first)];
    let mut at = start + 1;
    while is_colons(trees, at) {
        match trees.get(at + 2) {
            Some(TokenTree::Ident(next)) => segments.push(plain(next)),
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => segments.push("*".to_owned()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace && !is_variable => {
                expand(&segments, is_global, group, found);
                return at + 3;
            }
            _ => break,
        }
        at += 3;
    }
    if !is_variable {
        add(found, segments, is_global, line);
    }
    at
}

/// `a::{b, c::d}` names `a::b` and `a::c::d`.
fn expand(prefix: &[String], is_global: bool, group: &Group, found: &mut Vec<Written>) {
    let trees: Vec<TokenTree> = group.stream().into_iter().collect();
    for branch in trees.split(|tree| is_punct(Some(tree), ',')) {
        let Some(TokenTree::Ident(first)) = branch.first() else {
            let star = [prefix, &["*".to_owned()]].concat();
            add(found, star, is_global, group.span_open().start().line);
            continue;
        };
        let mut inner = Vec::new();
        path(branch, 0, &mut inner);
        if inner.is_empty() {
            let segments = [prefix, &[plain(first)]].concat();
            add(found, segments, is_global, first.span().start().line);
        }
        for written in inner {
            add(found, [prefix, &written.segments].concat(), is_global, written.line);
        }
    }
}

fn add(found: &mut Vec<Written>, segments: Vec<String>, is_global: bool, line: usize) {
    if segments.len() > 1 {
        found.push(Written { segments, is_global, form: Form::Inline, line });
    }
}

fn is_punct(tree: Option<&TokenTree>, sign: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_colons(trees: &[TokenTree], at: usize) -> bool {
    is_punct(trees.get(at), ':') && is_punct(trees.get(at + 1), ':')
}

/// The traits that an attribute derives: `derive(…)`, alone or inside `cfg_attr(…)`.
pub fn derived(attribute: &syn::Path, stream: &TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    if attribute.is_ident("derive") {
        names_in(stream, &mut names);
    } else if attribute.is_ident("cfg_attr") {
        let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
        for pair in trees.windows(2) {
            if let [TokenTree::Ident(ident), TokenTree::Group(group)] = pair
                && ident == "derive"
            {
                names_in(&group.stream(), &mut names);
            }
        }
    }
    names
}

fn names_in(stream: &TokenStream, names: &mut Vec<String>) {
    names.extend(stream.clone().into_iter().filter_map(|tree| match tree {
        TokenTree::Ident(ident) => Some(plain(&ident)),
        _ => None,
    }));
}

/// Whether a `cfg` predicate holds only in tests: `test`, or `all(…)` with it.
pub fn implies_test(stream: &TokenStream) -> bool {
    let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
    match trees.as_slice() {
        [TokenTree::Ident(ident)] => ident == "test",
        [TokenTree::Ident(ident), TokenTree::Group(group)] if ident == "all" => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            inner
                .split(|tree| is_punct(Some(tree), ','))
                .any(|part| implies_test(&part.iter().cloned().collect()))
        }
        _ => false,
    }
}
