//! The scenario that `loadgen init` writes: short, commented, and one that works as it is. What is not commented out
//! in it must be what this version carries out.

use std::collections::BTreeSet;
use url::Url;

const HEAD: &str = "\
# yaml-language-server: $schema=./loadgen.schema.json
# The line above lets an editor complete and check this file. Once, beside it:
#   loadgen schema --output loadgen.schema.json
name: <NAME>
target: <TARGET>
variables: { language: en }

# How load arrives: a ramp to ten users, who then stay.
load:
  stages:
    - { name: ramp up, duration: 5s, users: 10 }
    - { name: hold, duration: 10s, users: 10 }
# Or so many iterations a second, however slow the answers are, by as many users as that takes:
# load: { rate: 20/s, duration: 15s, max_users: 100 }
think_time: 200ms..500ms # pause after each iteration

# What each user does once, before its first iteration. Later requests can then use `${token}`.
# secrets: { password: { env: API_PASSWORD } }
# on_start:
#   - post: /api/v1/auth/login
#     json: { email: test@example.com, password: \"${secrets.password}\" }
#     extract: { token: json $.access_token }

# Each iteration does one of these, chosen by weight.
";

const DEMO_TASKS: &str = "\
tasks:
  - name: read profile
    weight: 3
    steps:
      - get: /api/profile
        headers: { accept-language: \"${language}\" }
        expect: status == 200 # otherwise the request has failed
        check: { has a name: json $.name exists } # only counted
        extract: { user: json $.id }
      - get: /api/profile
        name: profile again # in results and thresholds
        query: { user: \"${user}\" }
  - name: health
    get: /health
";

const OWN_TASKS: &str = "\
tasks:
  - name: first request
    weight: 3
    get: <PATH>
<QUERY>    headers: { accept-language: \"${language}\" }
    expect: status == 2xx # otherwise the request has failed
    check: { within a second: duration < 1s } # only counted
    # extract: { id: json $.id } # later steps can then use `${id}`
  # - name: second request
  #   get: /
";

const TAIL: &str = "
# What must hold in the end; where it does not, the exit code is 99.
thresholds:
  http_req_failed: rate < 1%
  http_req_duration{task:<TASK>}: p95 < 500ms
  checks: rate > 99%
  # dropped_iterations: count == 0 # with a `rate`: there was a user for each iteration

# For a first try: loadgen run <FILE> --environment quick
environments:
  quick:
    load: { users: 2, duration: 3s }
";

/// What is tested: a server, and the first request to it.
#[derive(Debug, PartialEq)]
pub(super) struct Origin {
    /// Scheme, host and port.
    target: String,
    path: String,
    /// The fields of the query; none where they stay in the path.
    query: Vec<(String, String)>,
}

impl Origin {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn from_url(text: &str) -> Result<Self, String> {
        let help = "write it in full, as in `https://api.example.com/health`";
        let url =
            Url::parse(text).map_err(|error| format!("--from-url: this is no URL ({error}): {help}"))?;
        // It is not repeated: what is said may end up in a log.
        if !url.username().is_empty() || url.password().is_some() {
            return Err("--from-url: the URL has a user or a password in it, and credentials belong into \
                        `secrets`: leave them out, and see the login in the file that is written"
                .to_owned());
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("--from-url: `{}` is neither http nor https: {help}", url.scheme()));
        }
        let (path, query) = split_query(&url);
        Ok(Self { target: url.origin().ascii_serialization(), path, query })
    }
}

/// The path, and the fields of the query where a map can hold them; else both as they are.
fn split_query(url: &Url) -> (String, Vec<(String, String)>) {
    let path = url.path().to_owned();
    let fields: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let names: BTreeSet<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    let not_text = |(name, value): &(String, String)| name.contains('\u{FFFD}') || value.contains('\u{FFFD}');
    match url.query() {
        Some(query) if names.len() < fields.len() || names.contains("") || fields.iter().any(not_text) => {
            (format!("{path}?{query}"), Vec::new())
        }
        _ => (path, fields),
    }
}

/// The starter's text; `file` is what it will be called.
pub(super) fn scenario(origin: Option<&Origin>, file: &str) -> String {
    let (name, target, tasks, task) = match origin {
        None => {
            let target = "demo # the built-in demo API; your API's base URL goes here";
            ("First test".to_owned(), target.to_owned(), DEMO_TASKS.to_owned(), "read profile")
        }
        Some(origin) => {
            let host = origin.target.split_once("://").map_or("", |(_, host)| host);
            (
                scalar(&format!("First test of {host}")),
                scalar(&origin.target),
                own_tasks(origin),
                "first request",
            )
        }
    };
    let head = HEAD.replace("<NAME>", &name).replace("<TARGET>", &target);
    head + &tasks + &TAIL.replace("<TASK>", task).replace("<FILE>", file)
}

fn own_tasks(origin: &Origin) -> String {
    let fields: Vec<String> = origin
        .query
        .iter()
        .map(|(name, value)| format!("      {}: {}\n", scalar(name), quoted(value)))
        .collect();
    let query = if fields.is_empty() { String::new() } else { format!("    query:\n{}", fields.concat()) };
    OWN_TASKS.replace("<PATH>", &scalar(&origin.path)).replace("<QUERY>", &query)
}

/// A text as it is, where YAML reads it back as that; else in quotes.
fn scalar(text: &str) -> String {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let ends = text.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_.-~%: []".contains(c);
    let is_word = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null");
    if begins && ends && !is_word && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes, as YAML reads it back; no expression in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.replace("${", "$${").chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}') => {
                quoted += &format!("\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        for (url, target, path, query) in [
            ("http://localhost:8080", "http://localhost:8080", "/", &[][..]),
            ("https://API.example.com:443/v1/users?", "https://api.example.com", "/v1/users", &[]),
            ("http://[::1]:80/a%20b#top", "http://[::1]", "/a%20b", &[]),
            ("http://h/p?x=1&y=a+b%26", "http://h", "/p", &[("x", "1"), ("y", "a b&")]),
            ("http://h/p?flag", "http://h", "/p", &[("flag", "")]),
            ("http://h/p?x=1&x=2", "http://h", "/p?x=1&x=2", &[]),
            ("http://h/p?x=%FF", "http://h", "/p?x=%FF", &[]),
            ("http://h/p?=1", "http://h", "/p?=1", &[]),
        ] {
            let origin = Origin::from_url(url).expect(url);
            let fields: Vec<(&str, &str)> =
                origin.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(
                (origin.target.as_str(), origin.path.as_str(), fields.as_slice()),
                (target, path, query)
            );
        }
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for (url, says) in [
            ("api.example.com", "write it in full"),
            ("/health", "write it in full"),
            ("localhost:8080", "neither http nor https"),
            ("ftp://example.com/", "`ftp` is neither http nor https"),
            ("http://", "no URL"),
            ("https://me:hunter2@example.com/", "`secrets`"),
            ("https://me@example.com/", "`secrets`"),
            ("http://:hunter2@example.com/", "`secrets`"),
        ] {
            let problem = Origin::from_url(url).expect_err(url);
            assert!(problem.contains(says) && !problem.contains("hunter2"), "{url}: {problem}");
        }
    }

    #[test]
    fn quotes_keep_a_text_as_it_is() {
        for plain in ["/a/b%20c", "https://h:80", "First test of [::1]:80", "page_size", "y"] {
            assert_eq!(scalar(plain), plain);
        }
        for other in ["null", "", "1", "a:", "a #b", "a,b", "%41", "-", "- a"] {
            assert_eq!(scalar(other), format!("\"{other}\""));
        }
        assert_eq!(quoted("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(quoted("${x}\n"), r#""$${x}\u000A""#);
    }
}
