//! `*` wildcards in tag values, as `http_req_duration{name:GET /users/*}` uses them.
//!
//! Deliberately nothing more: no `?`, no classes, no escapes.

/// A pattern in which every `*` stands for any run of characters, the empty one included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: String,
    /// Whether a `*` in it is a character like any other.
    is_literal: bool,
}

impl Glob {
    /// A pattern from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_literal: false }
    }

    /// What stands for exactly this text.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_literal: true }
    }

    /// The pattern with another text. One that had no wildcard has none then either, whatever is in the text.
    pub fn map(&self, text: impl FnOnce(&str) -> String) -> Self {
        Self { text: text(&self.text), is_literal: !self.is_wild() }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern has a wildcard at all.
    pub fn is_wild(&self) -> bool {
        !self.is_literal && self.text.contains('*')
    }

    /// Whether `value` fits the pattern as a whole.
    pub fn matches(&self, value: &str) -> bool {
        if !self.is_wild() {
            return value == self.text;
        }
        let mut parts = self.text.split('*');
        let Some(mut rest) = parts.next().and_then(|head| value.strip_prefix(head)) else { return false };
        let middle: Vec<&str> = parts.collect();
        let Some((tail, inner)) = middle.split_last() else { return rest.is_empty() };
        for part in inner {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(tail)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_was_no_pattern_does_not_become_one() {
        let masked = super::Glob::new("GET /admin").map(|text| text.replace("admin", "***"));
        assert!(masked.matches("GET /***") && !masked.matches("GET /users") && !masked.is_wild());
        let wild = super::Glob::new("GET /*/admin").map(|text| text.replace("admin", "***"));
        assert!(wild.matches("GET /a/***") && wild.is_wild());
    }

    use super::Glob;

    #[test]
    fn wildcards_stand_for_any_run_of_characters() {
        for (pattern, value, fits) in [
            ("login", "login", true),
            ("login", "login2", false),
            ("*", "", true),
            ("GET *", "GET /users", true),
            ("*users*me", "GET /users/me", true),
            ("*users*me", "GET /users/you", false),
            ("a*a", "a", false),
            ("a*b*c", "a-b-b-c", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(value), fits, "{pattern} ~ {value}");
        }
    }
}
