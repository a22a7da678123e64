//! Text in Markdown that stays text: names, samples and reasons can come from anywhere.

use super::text::{inert, shorten};

/// What is put behind a sign that GitHub and GitLab would make something of after Markdown is done with it, when an
/// escape of the sign is gone: it takes no room and parts the sign from what follows.
const NOTHING: &str = "&#8203;";

/// Text that Markdown and HTML leave as it is, at any place within a line: no markup, no link, no other cell of a table,
/// nobody called.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in inert(text).trim().chars() {
        match c {
            '&' => plain += "&amp;",
            '<' => plain += "&lt;",
            '>' => plain += "&gt;",
            // Formulas.
            '$' => plain += "&#36;",
            // A mention would call somebody, and a number would lead to an issue.
            '@' => parted(&mut plain, "@"),
            '#' => parted(&mut plain, "\\#"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '^' => {
                plain.push('\\');
                plain.push(c);
            }
            _ => plain.push(c),
        }
    }
    begun(&without_addresses(&plain))
}

/// The same of at most so many characters: the middle of what is longer is left out.
pub(super) fn plain_within(text: &str, most: usize) -> String {
    // What is cut is cut before it is escaped, so that no escape is cut in two.
    plain(&shorten(text, most))
}

fn parted(text: &mut String, sign: &str) {
    text.push_str(sign);
    text.push_str(NOTHING);
}

/// No address becomes a link.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split("://");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        whole += &format!(":{NOTHING}//{part}");
    }
    let mut result = String::with_capacity(whole.len());
    let mut rest = whole.as_str();
    // Case does not matter to who looks for addresses.
    while let Some(at) = find_www(rest) {
        let (before, after) = rest.split_at(at + 3);
        result += before;
        result += NOTHING;
        rest = after;
    }
    result + rest
}

/// Where `www.` is next.
fn find_www(text: &str) -> Option<usize> {
    text.as_bytes().windows(4).position(|four| four.eq_ignore_ascii_case(b"www."))
}

/// What begins a list, escaped: a text can be the first of its line.
fn begun(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.as_bytes().get(digits..).unwrap_or_default() {
        [b'-' | b'+' | b'=', ..] if digits == 0 => format!("\\{text}"),
        [b'.' | b')'] | [b'.' | b')', b' ', ..] if digits > 0 => {
            format!("{}\\{}", &text[..digits], &text[digits..])
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names() {
        let hostile = "a|b <img> [x](y) `c` @all #1 *d* e_f\n& \\ http://x Www.y $z$";
        let expected = r"a\|b &lt;img&gt; \[x\](y) \`c\` @&#8203;all \#&#8203;1 \*d\* e\_f\\n&amp; \\ http:&#8203;//x Www&#8203;.y &#36;z&#36;";
        assert_eq!(plain(hostile), expected);
    }

    #[test]
    fn nothing_begins_a_list_or_a_block_of_code() {
        let begun = ["- a", "+ a", "1. a", "23) a", "    a", "1.5s", "a - 1. b"].map(plain);
        assert_eq!(begun, [r"\- a", r"\+ a", r"1\. a", r"23\) a", "a", "1.5s", "a - 1. b"]);
    }

    #[test]
    fn what_is_too_long_is_cut_before_it_is_escaped() {
        assert_eq!(plain_within(&"<".repeat(99), 3), "&lt;…&lt;");
        assert_eq!(plain_within("a<b", 3), "a&lt;b");
    }
}
