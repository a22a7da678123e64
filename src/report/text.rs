//! Text that fits, and that cannot do anything: names and samples can come from the target.
//!
//! A character counts as one column. Wide ones (CJK, emoji) count as one too, which only moves a table's edge.

/// `text` with every character escaped that could steer a terminal, break a line or hide or reorder what is read.
pub(super) fn inert(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => inert.extend(c.escape_default()),
            _ if c.is_control() => inert.push_str(&format!("\\x{:02x}", u32::from(c))),
            // Zero-width characters, line separators and the marks that change the direction of writing.
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
                inert.extend(c.escape_unicode());
            }
            _ => inert.push(c),
        }
    }
    inert
}

/// `text` with every character escaped that could steer a terminal, its lines kept: for what is printed as it stands.
pub fn inert_lines(text: &str) -> String {
    text.split('\n').map(inert).collect::<Vec<_>>().join("\n")
}

/// The first `most` columns of `text`, made inert.
pub(super) fn beginning(text: &str, most: usize) -> String {
    // No more is escaped than can be shown: a sample can be long.
    let cut: String = text.chars().take(most + 1).collect();
    let shown = inert(&cut);
    if shown.chars().count() <= most {
        return shown;
    }
    shown.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Columns that `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// `text` in at most `most` columns, its middle given up where it is longer: names tend to differ at their ends.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let has = width(text);
    if has <= most {
        return text.to_owned();
    }
    let Some(kept) = most.checked_sub(1) else { return String::new() };
    let head: String = text.chars().take(kept.div_ceil(2)).collect();
    let tail: String = text.chars().skip(has - kept / 2).collect();
    format!("{head}…{tail}")
}

/// `text` in lines of at most `most` columns, broken at spaces, and inside words where those are longer.
pub(super) fn wrap(text: &str, most: usize) -> Vec<String> {
    let most = most.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && width(&line) + 1 + width(word) > most {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        while width(&line) > most {
            let rest = line.chars().skip(most).collect();
            lines.push(line.chars().take(most).collect());
            line = rest;
        }
    }
    lines.push(line);
    lines
}

/// `facts` side by side with `gap` between them, in as many lines of at most `most` columns as they need.
pub(super) fn flow(facts: &[String], gap: &str, most: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for fact in facts {
        match lines.last_mut() {
            Some(line) if width(line) + width(gap) + width(fact) <= most => {
                line.push_str(gap);
                line.push_str(fact);
            }
            _ => lines.push(fact.clone()),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        let hostile = "a\x1b[2J\n\u{9b}1m\u{7f}\u{202e}cba\u{200b}é✓\0";
        assert_eq!(inert(hostile), r"a\x1b[2J\n\x9b1m\x7f\u{202e}cba\u{200b}é✓\x00");
        assert!(!inert(&(0..=255).map(char::from).collect::<String>()).chars().any(char::is_control));
    }

    #[test]
    fn the_middle_is_given_up() {
        let shortened = [0, 1, 2, 5, 8, 9].map(|most| shorten("abcdefgh", most));
        assert_eq!(shortened, ["", "…", "a…", "ab…gh", "abcdefgh", "abcdefgh"]);
    }

    #[test]
    fn lines_break_at_spaces_and_in_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a aaaaaaaaaaa b", 5), ["a", "aaaaa", "aaaaa", "a b"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(flow(&["one", "two", "three"].map(str::to_owned), "  ", 8), "one  two\nthree");
    }
}
