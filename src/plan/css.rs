//! CSS selectors of checks, and what is wrong with them in words for people who do not write style sheets.

use crate::scenario::{Faults, Spanned};
use scraper::Selector;

const EXAMPLES: &str =
    "for example `h1`, `.price`, `#total`, `ul.menu > li`, `a[rel=\"next\"]` or `tr:nth-child(2) td`";

/// Pseudo-classes of other tools, and what to write here.
const FOREIGN: [(&str, &str); 8] = [
    ("contains", "check the element's text instead: `css h1 contains Hello`"),
    ("text", "leave it out: an element's text is what you get"),
    ("attr", "an attribute is written `@href`, after a blank"),
    ("eq", "take one of several in an extract, with `pick: 2`"),
    ("first", "write `:first-child`, or leave it out: the first one is taken"),
    ("last", "write `:last-child`, or use `pick: last` in an extract"),
    ("visible", "nothing is displayed here, so nothing is visible or hidden"),
    ("hidden", "nothing is displayed here, so nothing is visible or hidden"),
];

/// Compiles a selector.
pub(super) fn selector(text: &Spanned<String>, faults: &mut Faults) -> Option<Selector> {
    if let Ok(selector) = Selector::parse(&text.value) {
        return Some(selector);
    }
    let (from, to, cause, remedy) = match doubled(&text.value) {
        Some((from, to, sign)) => {
            (from, to, "nothing stands between these two".to_owned(), format!("leave one `{sign}` out"))
        }
        None => {
            let (from, to) = wrong_part(&text.value);
            let (cause, remedy) = explain(&text.value, from, to);
            (from, to, cause, remedy)
        }
    };
    faults
        .report(text.part(from, to), format!("this CSS selector is wrong: {cause}"))
        .label(remedy)
        .help(EXAMPLES);
    None
}

/// The parts between commas, blanks and the signs that combine them, with where they stand.
fn parts(selector: &str) -> Vec<(usize, usize)> {
    let (mut parts, mut start) = (Vec::new(), None);
    let (mut depth, mut quote, mut escaped) = (0usize, None, false);
    for (at, c) in selector.char_indices() {
        let free = depth == 0 && quote.is_none() && !escaped;
        if free && (c.is_whitespace() || ">+~,".contains(c)) {
            parts.extend(start.take().map(|start| (start, at)));
            continue;
        }
        start.get_or_insert(at);
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    parts.extend(start.map(|start| (start, selector.len())));
    parts
}

/// Two signs that combine parts with nothing between them.
fn doubled(selector: &str) -> Option<(usize, usize, char)> {
    let bounds = parts(selector);
    bounds.windows(2).find_map(|pair| {
        let (from, to) = (pair[0].1, pair[1].0);
        let between = selector[from..to].trim();
        let mut signs = between.chars().filter(|c| !c.is_whitespace());
        let (_, second) = (signs.next()?, signs.next()?);
        let start = from + selector[from..to].find(between).unwrap_or(0);
        Some((start, start + between.len(), second))
    })
}

/// The first part that is wrong by itself, or all of it.
fn wrong_part(selector: &str) -> (usize, usize) {
    let wrong =
        parts(selector).into_iter().find(|(from, to)| Selector::parse(&selector[*from..*to]).is_err());
    wrong.unwrap_or((0, selector.len()))
}

/// The cause and the remedy of what is wrong from `from` to `to`.
fn explain(selector: &str, from: usize, to: usize) -> (String, String) {
    let part = &selector[from..to];
    if let Some(sign) = part.trim_end().chars().last().filter(|c| ">+~,".contains(*c)) {
        return (format!("nothing follows its last `{sign}`"), format!("leave the `{sign}` out"));
    }
    if let Some(sign) = part.trim_start().chars().next().filter(|c| ">+~,".contains(*c)) {
        return (format!("nothing stands before its `{sign}`"), format!("leave the `{sign}` out"));
    }
    if let Some((kind, name)) = odd_name(part) {
        return match name.as_str() {
            "" => (format!("the name of {kind} is missing"), "as in `.price` or `#total`".to_owned()),
            name => {
                let key = if kind == "a class" { "class~" } else { "id" };
                (format!("{kind} cannot be called `{name}`"), format!("write `[{key}=\"{name}\"]`"))
            }
        };
    }
    if let Some(value) = bare_value(part) {
        return (
            "an attribute's value with such signs stands in quotes".to_owned(),
            format!("write `\"{value}\"`"),
        );
    }
    match unknown_pseudo(part) {
        Some(name) => {
            let foreign = FOREIGN.iter().find(|(theirs, _)| *theirs == name);
            let remedy =
                foreign.map_or("not one of CSS's, or not one that loadgen knows", |(_, remedy)| remedy);
            (format!("`:{name}` means nothing"), remedy.to_owned())
        }
        None => ("it cannot be read".to_owned(), "this part of it".to_owned()),
    }
}

/// A class or an id without a name, or with one that begins with a digit.
fn odd_name(part: &str) -> Option<(&'static str, String)> {
    let end = part.find(['[', '(']).unwrap_or(part.len());
    let plain = &part[..end];
    plain.match_indices(['.', '#']).find_map(|(at, sign)| {
        let rest = &plain[at + 1..];
        let name = &rest[..rest.find(['.', '#', ':']).unwrap_or(rest.len())];
        let kind = if sign == "." { "a class" } else { "an id" };
        let odd = name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit());
        odd.then(|| (kind, name.to_owned()))
    })
}

/// The value in `[name=value]` where it needs quotes.
fn bare_value(part: &str) -> Option<&str> {
    let inner = part.split_once('[')?.1.split(']').next()?;
    let value = inner.split_once('=')?.1.trim();
    let word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let needs = value.starts_with(|c: char| c.is_ascii_digit()) || !value.chars().all(word);
    (needs && !value.is_empty() && !value.contains(['"', '\''])).then_some(value)
}

/// The first `:name` that no element can be asked for.
fn unknown_pseudo(part: &str) -> Option<&str> {
    part.match_indices(':').find_map(|(at, _)| {
        let rest = part[at..].trim_start_matches(':');
        let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap_or(rest.len())];
        let probe = |arguments: &str| Selector::parse(&format!("*:{name}{arguments}")).is_ok();
        let known = ["", "(a)", "(1)"].into_iter().any(probe);
        (!name.is_empty() && (!known || part[at..].starts_with("::"))).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Span;

    #[test]
    fn the_usual_mistakes_are_told_in_plain_words() {
        for (selector_text, place, cause, remedy) in [
            ("ul > > li", "> >", "nothing stands between these two", "leave one `>` out"),
            ("ul >", "ul >", "nothing follows its last `>`", "leave the `>` out"),
            ("> li", "> li", "nothing stands before its `>`", "leave the `>` out"),
            ("ul .", ".", "the name of a class is missing", "as in `.price` or `#total`"),
            ("ul #1a", "#1a", "an id cannot be called `1a`", "write `[id=\"1a\"]`"),
            ("p.2x b", "p.2x", "a class cannot be called `2x`", "write `[class~=\"2x\"]`"),
            (
                "a[href=/a/b]",
                "a[href=/a/b]",
                "an attribute's value with such signs stands in quotes",
                "write `\"/a/b\"`",
            ),
            (
                "li:eq(2) b",
                "li:eq(2)",
                "`:eq` means nothing",
                "take one of several in an extract, with `pick: 2`",
            ),
            (
                "h1::text",
                "h1::text",
                "`:text` means nothing",
                "leave it out: an element's text is what you get",
            ),
            (
                "h1:smaller",
                "h1:smaller",
                "`:smaller` means nothing",
                "not one of CSS's, or not one that loadgen knows",
            ),
            ("a ! b", "!", "it cannot be read", "this part of it"),
        ] {
            let mut faults = Faults::default();
            let span = Span { start: 0, end: selector_text.len(), line: 1, column: 1 };
            assert!(selector(&Spanned::new(selector_text.to_owned(), span), &mut faults).is_none());
            let fault = faults.into_sorted().remove(0);
            assert_eq!(&selector_text[fault.span.range()], place, "{selector_text}");
            assert_eq!(fault.message, format!("this CSS selector is wrong: {cause}"), "{selector_text}");
            assert_eq!(fault.label, remedy, "{selector_text}");
        }
    }
}
