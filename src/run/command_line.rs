//! The command that repeats a run, as it may be printed. What it is made of is not its business.

use crate::model::Mask;

/// Words as they would be typed into a shell, without secrets.
pub(super) fn typed(words: &[String], mask: &Mask) -> String {
    // Masked before they are quoted: quotes within a secret would hide it from the mask.
    let typed: Vec<String> = words.iter().map(|word| quoted(&mask.apply(word))).collect();
    typed.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_take_apart_are_quoted() {
        for (word, as_typed) in [
            ("a/b.yaml", "a/b.yaml"),
            ("load.users=5", "load.users=5"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), as_typed);
        }
    }

    #[test]
    fn secrets_with_quotes_in_them_do_not_show() {
        let mask = Mask::new(["it's a secret".to_owned()]);
        let words = ["loadgen", "run", "--env", "KEY=it's a secret"].map(str::to_owned);
        assert_eq!(typed(&words, &mask), "loadgen run --env 'KEY=***'");
    }
}
