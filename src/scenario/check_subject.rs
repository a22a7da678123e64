//! How the subjects of checks and extracts are written.

use super::{
    check::Subject,
    cursor::Cursor,
    diagnostic::Faults,
    extent::{self, Unclosed},
    span::{Span, Spanned},
    suggest::nearest,
};

/// The words that subjects begin with.
pub(super) const SUBJECTS: [&str; 12] = [
    "status", "duration", "waiting", "size", "body", "header", "cookie", "json", "regex", "css", "url",
    "protocol",
];
const SUBJECT_HELP: &str = "a response has `status`, `duration`, `waiting`, `size`, `body`, `header NAME`, `cookie NAME`, \
     `json $.path`, `regex /…/`, `css SELECTOR`, `url` and `protocol`";

impl Cursor<'_> {
    /// Reads a subject.
    pub(super) fn subject(&mut self, faults: &mut Faults) -> Option<Subject> {
        // `status==200` is as clear as `status == 200`.
        let word = self.run_until(|c| c.is_whitespace() || "=!<>".contains(c));
        match word.value {
            "status" => Some(Subject::Status),
            "duration" => Some(Subject::Duration),
            "waiting" => Some(Subject::Waiting),
            "size" => Some(Subject::Size),
            "body" => Some(Subject::Body),
            "url" => Some(Subject::Url),
            "protocol" => Some(Subject::Protocol),
            "header" => self.name(&word, "header content-type", faults).map(Subject::Header),
            "cookie" => self.name(&word, "cookie session", faults).map(Subject::Cookie),
            "json" => self.json_path(word.span, faults).map(Subject::Json),
            "regex" => self.regex(word.span, faults).map(Subject::Regex),
            "css" => self.css(word.span, faults),
            _ => {
                unknown(&word, faults);
                None
            }
        }
    }

    fn name(
        &mut self,
        subject: &Spanned<&str>,
        example: &str,
        faults: &mut Faults,
    ) -> Option<Spanned<String>> {
        let name = self.run_until(|c| c.is_whitespace() || "=!<>".contains(c));
        if name.value.is_empty() {
            faults
                .report(subject.span, format!("`{}` needs a name, as in `{example}`", subject.value))
                .label("the name is missing");
            return None;
        }
        let name = Spanned::new(name.value.trim_matches(['"', '\'']).to_owned(), name.span);
        fixed(&name, "a name", faults)?;
        Some(name)
    }

    fn json_path(&mut self, subject: Span, faults: &mut Faults) -> Option<Spanned<String>> {
        let path = self.extent("JSONPath", extent::json_path, faults)?;
        fixed(&path, "a JSONPath", faults)?;
        if path.value.trim_start().starts_with('$') {
            return Some(path);
        }
        let fault = faults.report(subject, "`json` needs a JSONPath, as in `json $.items[0].id`");
        match path.value.as_str() {
            "" => fault.label("the path is missing"),
            path => fault.label(format!("a path starts with `$`: `{}`", rooted(path))),
        };
        None
    }

    fn css(&mut self, subject: Span, faults: &mut Faults) -> Option<Subject> {
        let selector = self.extent("selector", extent::selector, faults)?;
        fixed(&selector, "a CSS selector", faults)?;
        if selector.value.trim().is_empty() {
            faults
                .report(subject, "`css` needs a selector, as in `css h1` or `css a.next @href`")
                .label("the selector is missing");
            return None;
        }
        let attribute = if self.take("@") {
            if self.rest().chars().next().is_none_or(char::is_whitespace) {
                let place = self.place(self.at - 1, self.at);
                let fault = faults.report(place, "after `@` the name of an attribute is missing");
                fault.label("as in `css a.next @href`");
                return None;
            }
            let name = self.run_until(|c| c.is_whitespace() || "=!<>".contains(c));
            let name = Spanned::new(name.value.to_owned(), name.span);
            fixed(&name, "an attribute's name", faults)?;
            Some(name)
        } else {
            None
        };
        Some(Subject::Css { selector, attribute })
    }

    /// A path or a selector: in quotes, or as far as `end` says.
    fn extent(
        &mut self,
        what: &str,
        end: impl Fn(&str) -> Result<usize, Unclosed>,
        faults: &mut Faults,
    ) -> Option<Spanned<String>> {
        self.skip_blanks();
        let start = self.at;
        let quoted = self.rest().chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quoted else {
            let length = end(self.rest()).map_err(|open| self.unclosed(start, open, what, faults)).ok()?;
            self.at += length;
            return Some(Spanned::new(self.text[start..self.at].to_owned(), self.place(start, self.at)));
        };
        let Some((inner, length)) = extent::verbatim(self.rest(), quote) else {
            self.unclosed(start, Unclosed { at: 0, sign: quote }, what, faults);
            return None;
        };
        self.at += length;
        // What is never closed inside is so, however the text goes on.
        if let Err(open) = end(&inner) {
            self.unclosed(start + 1, open, what, faults);
            return None;
        }
        Some(Spanned::new(inner, self.place(start + 1, self.at - 1)))
    }

    fn unclosed(&self, start: usize, open: Unclosed, what: &str, faults: &mut Faults) {
        let at = (start + open.at).min(self.text.len());
        let place = self.place(at, (at + 1).min(self.text.len()));
        let (close, example) = match (open.sign, what) {
            ('[', "JSONPath") => ("]", "`json $.items[0].id`"),
            ('(', "JSONPath") => (")", "`json $.items[?length(@.name) > 3]`"),
            (_, "JSONPath") => ("same quote", "`json $['first name']`"),
            ('[', _) => ("]", "`css a[rel=\"next\"]`"),
            ('(', _) => (")", "`css li:not(.old)`"),
            _ => ("same quote", "`css 'ul > li'`"),
        };
        let noun = if close.len() == 1 { format!("`{close}`") } else { format!("the {close}") };
        faults
            .report(place, format!("this {what}'s `{}` is never closed", open.sign))
            .label(format!("{noun} is missing after it"))
            .help(format!("for example {example}"));
    }

    /// `/…/`, in which `\/` is a slash.
    pub(super) fn regex(&mut self, place: Span, faults: &mut Faults) -> Option<Spanned<String>> {
        self.skip_blanks();
        let start = self.at;
        let mut escaped = false;
        let close = self.rest().strip_prefix('/').and_then(|inner| {
            inner.char_indices().find_map(|(at, c)| {
                let closes = c == '/' && !escaped;
                escaped = c == '\\' && !escaped;
                closes.then_some(at + 1)
            })
        });
        let Some(close) = close else {
            self.without_slashes(place, faults);
            return None;
        };
        self.at = start + close + 1;
        let flags = self.rest().find(|c: char| !c.is_alphabetic()).unwrap_or(self.rest().len());
        if flags > 0 {
            let place = self.place(self.at, self.at + flags);
            let (flags, pattern) = (&self.rest()[..flags], &self.text[start + 1..start + close]);
            let known: String = flags.chars().filter(|flag| "imsxu".contains(*flag)).collect();
            let fault =
                faults.report(place, format!("`{flags}` stands after this regular expression's last `/`"));
            match known.as_str() {
                "" => fault.label("leave it out"),
                known => fault.label(format!("flags stand at its start: `/(?{known}){pattern}/`")),
            };
            return None;
        }
        let pattern = Spanned::new(
            self.text[start + 1..start + close].to_owned(),
            self.place(start + 1, start + close),
        );
        if pattern.value.is_empty() {
            faults.report(place, "this regular expression is empty").label("it would match everything");
            return None;
        }
        fixed(&pattern, "a regular expression", faults)?;
        Some(pattern)
    }

    /// Says how the regular expression that begins here would be written.
    fn without_slashes(&mut self, place: Span, faults: &mut Faults) {
        let start = self.at;
        let opened = self.rest().starts_with('/');
        let mut written = if opened { self.rest().trim() } else { self.word().value };
        let place = if written.is_empty() { place } else { self.place(start, start + written.len()) };
        for sign in ["/", "\"", "'"] {
            written = written.strip_prefix(sign).unwrap_or(written);
            written = written.strip_suffix(sign).filter(|_| sign != "/").unwrap_or(written);
        }
        let message = if opened {
            "this regular expression's closing `/` is missing"
        } else {
            "a regular expression stands between slashes, as in `/id=(\\d+)/`"
        };
        let fault = faults.report(place, message);
        match written {
            "" => fault.label("it is missing"),
            written if opened => fault.label(format!("did you mean `/{written}/`?")),
            written => fault.label(format!("did you mean `/{}/`?", written.replace('/', "\\/"))),
        };
    }
}

/// Whether a word is one that a subject begins with.
pub(super) fn is_subject(word: &str) -> bool {
    SUBJECTS.contains(&word)
}

fn unknown(word: &Spanned<&str>, faults: &mut Faults) {
    let fault = faults.report(word.span, format!("`{}` is nothing in a response", word.value));
    if let Some(near) = nearest(word.value, SUBJECTS) {
        fault.label(format!("did you mean `{near}`?"));
    } else if word.value.starts_with('$') {
        fault.label(format!("did you mean `json {}`?", word.value));
    } else if word.value.starts_with('/') {
        fault.label("did you mean `regex` before it?");
    }
    fault.help(SUBJECT_HELP);
}

/// Refuses `${…}` in what is compiled before the run.
fn fixed(text: &Spanned<String>, what: &str, faults: &mut Faults) -> Option<()> {
    let Some(at) = text.value.find("${") else { return Some(()) };
    faults
        .report(text.part(at, text.value.len()), format!("{what} cannot contain `${{…}}`"))
        .label("it must be known before the run");
    None
}

/// What somebody who left the `$` out meant.
fn rooted(path: &str) -> String {
    match path.chars().next() {
        Some('.' | '[') => format!("${path}"),
        _ => format!("$.{path}"),
    }
}
