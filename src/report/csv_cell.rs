//! Texts as cells of CSV. Quoting is the `csv` crate's; this is what quoting does not help against.

use super::text::inert;

/// `text` as a cell that no spreadsheet takes for a formula and no terminal for a command: one that begins like a formula
/// has an apostrophe in front. <https://owasp.org/www-community/attacks/CSV_Injection>
pub(super) fn guarded(text: &str) -> String {
    // The wide forms are taken for the same by some.
    let is_formula = |c: char| "=+-@\t\r\n\0\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(c);
    let guard = if text.trim_start_matches(' ').starts_with(is_formula) { "'" } else { "" };
    format!("{guard}{}", inert(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_text_and_what_steers_a_terminal_is_shown() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\\t=1"),
            ("\r=1", "'\\r=1"),
            ("  =1", "'  =1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("a=1", "a=1"),
            ("GET /a?b=-1", "GET /a?b=-1"),
            ("\u{1b}[31mred", "\\x1b[31mred"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), expected);
        }
    }
}
