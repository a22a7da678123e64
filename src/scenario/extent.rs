//! Where a JSONPath, a CSS selector or a quoted text ends inside a check. Whether it is right is the plan's matter.

use super::text::end_of_expression;

/// A bracket or a quote that is never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// Where it stands.
    pub at: usize,
    /// Which one.
    pub sign: char,
}

/// The words that operators begin with.
const OPERATOR_WORDS: [&str; 9] =
    ["contains", "not", "matches", "starts", "ends", "in", "exists", "is", "has"];

/// The end of the JSONPath that `text` begins with: outside brackets and quotes, a sign of comparison, or a blank
/// that no `.` or `[` follows. That lets every path of RFC 9535 be written, since blanks outside brackets only
/// stand before its segments, and no operator begins like a segment.
pub(super) fn json_path(text: &str) -> Result<usize, Unclosed> {
    outside(text, |rest, c| {
        "=!<>".contains(c) || (c.is_whitespace() && !rest.trim_start().starts_with(['.', '[']))
    })
}

/// The end of the CSS selector that `text` begins with: outside brackets and quotes an `@`, a sign of comparison,
/// or a blank before a word that an operator begins with. No element of HTML is called like one of those.
///
/// `>` is both: CSS's child and our "greater than". It belongs to the selector wherever a selector can go on after
/// it, that is unless a number, a quote, `=` or `${` follows, with which none can begin. To compare with
/// anything else, the selector is quoted.
pub(super) fn selector(text: &str) -> Result<usize, Unclosed> {
    let end = outside(text, |rest, c| match c {
        '@' | '<' | '!' | '=' => true,
        '>' => compares(&rest[1..]),
        c if c.is_whitespace() => begins_operator(rest.trim_start()),
        _ => false,
    })?;
    Ok(text[..end].trim_end().len())
}

/// Whether an operator begins here.
pub(super) fn begins_operator(text: &str) -> bool {
    let word = text.split(char::is_whitespace).next().unwrap_or_default();
    OPERATOR_WORDS.contains(&word)
}

/// Whether what follows a `>` is a value and no selector.
fn compares(after: &str) -> bool {
    let value = after.trim_start();
    let number = value.trim_start_matches(['-', '.']);
    after.starts_with('=')
        || number.starts_with(|c: char| c.is_ascii_digit())
        || value.starts_with(['"', '\'', '$'])
}

/// The first place outside brackets and quotes where `ends` holds of the rest and its first character.
fn outside(text: &str, ends: impl Fn(&str, char) -> bool) -> Result<usize, Unclosed> {
    let mut open: Vec<Unclosed> = Vec::new();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        let quote = open.last().map(|open| open.sign).filter(|sign| matches!(sign, '"' | '\''));
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(quote), c) if c != quote => {}
            (Some(_), _) | (None, ']' | ')') => drop(open.pop()),
            (None, '"' | '\'' | '[' | '(') => open.push(Unclosed { at, sign: c }),
            (None, c) if open.is_empty() && ends(&text[at..], c) => return Ok(at),
            (None, _) => {}
        }
    }
    open.pop().map_or(Ok(text.len()), Err)
}

/// The text in the quotes that `text` begins with, in which a doubled quote is one, as in YAML, and the
/// end of it all. Backslashes stand for themselves: paths and selectors have their own use for them.
pub(super) fn verbatim(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c != quote {
            inner.push(c);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            inner.push(quote);
        } else {
            return Some((inner, at + 1));
        }
    }
    None
}

/// The text in the quotes that `text` begins with, in which `\"` and `\'` are quotes and `\\` a backslash, and the
/// end of it all. What stands in `${…}` is left alone.
pub(super) fn escaped(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut at = 1;
    while let Some(c) = text[at..].chars().next() {
        let step = step_over(text, at).unwrap_or(at + c.len_utf8());
        if step - at > c.len_utf8() {
            inner += &text[at..step];
            at = step;
            continue;
        }
        at = step;
        match (c, text[at..].chars().next()) {
            (c, _) if c == quote => return Some((inner, at)),
            ('\\', Some(next @ ('"' | '\'' | '\\'))) => {
                inner.push(next);
                at += 1;
            }
            _ => inner.push(c),
        }
    }
    None
}

/// The items of a list: between commas that stand neither in quotes nor in `${…}`.
pub(super) fn list_items(text: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        let begins = text[start..at].trim().is_empty();
        let quoted = (begins && matches!(c, '"' | '\'')).then(|| escaped(&text[at..], c)).flatten();
        at = match (quoted, step_over(text, at)) {
            (Some((_, length)), _) => at + length,
            (None, Some(end)) => end,
            (None, None) => {
                if c == ',' {
                    items.push(&text[start..at]);
                    start = at + 1;
                }
                at + c.len_utf8()
            }
        };
    }
    items.push(&text[start..]);
    items
}

/// The end of the `${…}` that begins here, or of the `$${` that is none.
fn step_over(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    if rest.starts_with("$${") {
        return Some(at + 3);
    }
    rest.starts_with("${").then(|| end_of_expression(text, at + 2)).flatten().map(|end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_end_where_no_segment_can_follow() {
        for (path, rest) in [
            ("$.a", " == 1"),
            ("$.a", "==1"),
            ("$.a", ">1"),
            ("$.a .b [0]", " exists"),
            ("$ ['a b']\n.c", " in [1]"),
            ("$.a[?@.b == 'x] y']", " != 2"),
            ("$[?@.a == \"it's\"]", " exists"),
            ("$['a\\'b']", " exists"),
            ("$.a", ""),
        ] {
            let text = format!("{path}{rest}");
            assert_eq!(json_path(&text).map(|end| &text[..end]), Ok(path), "{text}");
        }
        assert_eq!(json_path("$.a[ == 1"), Err(Unclosed { at: 3, sign: '[' }));
        assert_eq!(json_path("$.a['b] == 1"), Err(Unclosed { at: 4, sign: '\'' }));
    }

    #[test]
    fn selectors_end_before_an_operator() {
        for (written, rest) in [
            ("h1", " == Hello"),
            ("h1", "==Hello"),
            ("ul > li", " == one"),
            ("ul>li", " exists"),
            (".count", " > 5"),
            (".count", " >= 5"),
            (".count", " > -.5"),
            ("ul > li", " > \"a\""),
            ("a b", " > ${n}"),
            ("a[title=\"is > 5 in\"]", " contains x"),
            ("li:not(.a > .b)", " is missing"),
            ("a", " @href == x"),
            ("a", "@href"),
            ("p:has(> b), div.in", " has length 3"),
            ("h1", ""),
            (".a\\@b", " exists"),
        ] {
            let text = format!("{written}{rest}");
            assert_eq!(selector(&text).map(|end| &text[..end]), Ok(written), "{text}");
        }
        assert_eq!(selector("a[href == x"), Err(Unclosed { at: 1, sign: '[' }));
    }

    #[test]
    fn quotes_end_where_they_are_not_escaped() {
        assert_eq!(verbatim("'a''b' c", '\''), Some(("a'b".to_owned(), 6)));
        assert_eq!(verbatim("'a", '\''), None);
        assert_eq!(escaped("\"a \\\"b\\\" \\d\\\\\" c", '"'), Some(("a \"b\" \\d\\".to_owned(), 14)));
        assert_eq!(escaped("\"${ a[\"}\"] }\"", '"'), Some(("${ a[\"}\"] }".to_owned(), 13)));
        assert_eq!(escaped("'${a", '\''), None);
        assert_eq!(list_items("a, 'b, c', ${ [1,2] }"), ["a", " 'b, c'", " ${ [1,2] }"]);
        assert_eq!(list_items("don't, 'x"), ["don't", " 'x"]);
    }
}
