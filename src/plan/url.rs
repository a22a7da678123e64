//! URLs: parsed once where nothing in them changes.

use super::{
    scope::Scope,
    template::{RenderError, Template, Variables},
};
use crate::scenario::{Diagnostic, Faults, Pairs, Span, Text};
use std::sync::Arc;
use url::{ParseError, Url};

/// A compiled URL.
#[derive(Debug, Clone)]
pub enum UrlTemplate {
    /// The same every time.
    Fixed(Url),
    /// Rendered for each request.
    Varying {
        /// What paths stand behind.
        base: Option<BaseUrl>,
        /// Path or absolute URL.
        text: Template,
        /// Query parameters to append.
        query: Vec<(String, Template)>,
        /// Hosts it may name.
        hosts: Arc<[String]>,
    },
}

/// A base URL, for paths behind it.
#[derive(Debug, Clone)]
pub struct BaseUrl {
    /// All of it, without a slash at its end.
    text: String,
    /// The same, parsed.
    url: Url,
    /// Its own path, without a slash at its end.
    path: String,
}

impl BaseUrl {
    fn new(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let path = url.path().trim_end_matches('/').to_owned();
        Some(Self { text: text.to_owned(), url, path })
    }

    /// The URL of a path, if it is one whose scheme and host can be taken over as they are.
    ///
    /// Two slashes would begin a host. Tabs and line breaks count as nothing in a URL, so none may stand where the
    /// second slash would. Backslashes are slashes.
    fn behind(&self, path: &str) -> Option<Url> {
        let is_sound = matches!(path.as_bytes(), [b'/', next, ..] if !b"/\\\t\r\n".contains(next));
        is_sound.then(|| self.url.join(path).ok()).flatten()
    }
}

/// Why there is no URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// A template failed, or what it rendered is not a URL.
    #[error("{0}")]
    Render(#[from] RenderError),
    /// The rendered URL names a host that the scenario does not.
    #[error("the URL names the host `{0}`, which the scenario does not")]
    HostNotAllowed(String),
}

impl UrlTemplate {
    /// The URL for a user.
    ///
    /// # Errors
    /// A variable that is not set, a text that is not a URL, or a host that the scenario does not name.
    pub fn render(&self, variables: &Variables<'_>) -> Result<Url, UrlError> {
        let (base, text, query, hosts) = match self {
            Self::Fixed(url) => return Ok(url.clone()),
            Self::Varying { base, text, query, hosts } => (base, text, query, hosts),
        };
        let mut url = render_url(base.as_ref(), text, variables)?;
        for (name, value) in query {
            let value = value.to_text(variables)?;
            url.query_pairs_mut().append_pair(name, &value);
        }
        let host = url.host_str().unwrap_or_default();
        if !hosts.iter().any(|allowed| allowed == host) {
            return Err(UrlError::HostNotAllowed(host.to_owned()));
        }
        Ok(url)
    }

    /// The host, where it is known before the run.
    pub fn fixed_host(&self) -> Option<&str> {
        match self {
            Self::Fixed(url) => url.host_str(),
            Self::Varying { .. } => None,
        }
    }

    /// Allows a varying URL to name these hosts.
    pub(super) fn allow(&mut self, allowed: &Arc<[String]>) {
        if let Self::Varying { hosts, .. } = self {
            *hosts = Arc::clone(allowed);
        }
    }
}

/// The URL without the query parameters that are to be appended.
fn render_url(
    base: Option<&BaseUrl>,
    text: &Template,
    variables: &Variables<'_>,
) -> Result<Url, RenderError> {
    let own_path = base.map_or("", |base| &base.path);
    let mut path = String::with_capacity(own_path.len() + text.room());
    path.push_str(own_path);
    text.render(variables, &mut path)?;
    let rendered = &path[own_path.len()..];
    let behind = base.filter(|_| rendered.starts_with('/')).and_then(|base| base.behind(&path));
    match behind {
        Some(url) => Ok(url),
        None => join(base.map(|base| base.text.as_str()), rendered).map_err(RenderError::Unusable),
    }
}

/// A URL of the target's: absolute ones as they are, paths behind the base, whose own path they keep.
fn join(base: Option<&str>, text: &str) -> Result<Url, String> {
    let absolute = is_absolute(text);
    if let Some(scheme) = other_scheme(text) {
        return Err(format!("`{text}` is not an HTTP URL: loadgen does not speak `{scheme}`"));
    }
    let joined = match base {
        _ if absolute => text.to_owned(),
        Some(base) if text.starts_with('/') || text.starts_with('?') => format!("{base}{text}"),
        Some(base) => format!("{base}/{text}"),
        None => return Err(format!("`{text}` is a path, and the file has no `target` to join it to")),
    };
    parse_http(&joined)
}

/// Whether it is a URL of its own and no path.
fn is_absolute(text: &str) -> bool {
    let begins =
        |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    begins("http://") || begins("https://")
}

/// The scheme of a URL that is none of HTTP.
fn other_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let sound = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_other =
        rest.starts_with("//") || OTHER_SCHEMES.iter().any(|other| scheme.eq_ignore_ascii_case(other));
    (sound && is_other && !is_absolute(text)).then_some(scheme)
}

/// Schemes that no `//` follows.
const OTHER_SCHEMES: [&str; 6] = ["mailto", "javascript", "data", "tel", "file", "about"];

/// Why a text is not a URL.
fn reason(error: ParseError) -> &'static str {
    match error {
        ParseError::EmptyHost => "no host stands behind `//`",
        ParseError::InvalidPort => "its port is not a number from 0 to 65535",
        ParseError::IdnaError | ParseError::InvalidDomainCharacter => {
            "its host has characters that no host's name can have"
        }
        ParseError::InvalidIpv4Address | ParseError::InvalidIpv6Address => "its host is not an IP address",
        ParseError::RelativeUrlWithoutBase => "`http://` or `https://` is missing at its beginning",
        _ => "it cannot be read",
    }
}

fn parse_http(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not a URL: {}", reason(error)))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{text}` is not an HTTP URL"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(format!("`{text}` names no host"));
    }
    Ok(url)
}

/// The base URL from `target`, without a slash at its end.
pub(super) fn base(text: &str, span: Span, faults: &mut Faults) -> Option<String> {
    let read = parse_http(text).and_then(|url| {
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("`{text}` has a query or fragment, which a base URL cannot have"));
        }
        Ok(url.as_str().trim_end_matches('/').to_owned())
    });
    read.map_err(|problem| {
        let fault = faults.report(span, problem);
        let (before, after) = text.split_once("://").unwrap_or(("", text));
        let bare = after.split(['?', '#']).next().unwrap_or_default();
        match before.to_lowercase().as_str() {
            "http" | "https" if bare.len() < after.len() => {
                // The text itself may be a secret, and a part of it would not be known for one.
                fault.label("leave out what begins with `?` or `#`");
                fault.help("what every request asks for stands in its `query:`");
            }
            "" if !text.contains(char::is_whitespace) => {
                fault.label(format!("did you mean `http://{text}`?"));
            }
            _ => {
                fault.label("expected a URL that begins with `http://` or `https://`");
            }
        }
        fault.help("for example `target: http://127.0.0.1:8080`, or `target: demo`");
    })
    .ok()
}

/// What to do about a path in a file without a target.
fn add_target(fault: &mut Diagnostic) {
    fault.label("write the whole URL, or add a `target`");
    fault.help("for example the line `target: http://127.0.0.1:8080` at the top of the file");
}

/// Compiles a request's URL.
pub(super) fn compile(
    text: &Text,
    query: &Pairs,
    base: Option<&str>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<UrlTemplate> {
    let template = scope.template(text, faults);
    let pairs: Vec<Option<(String, Template)>> = query
        .iter()
        .map(|(name, value)| Some((name.value.clone(), scope.template(value, faults)?)))
        .collect();
    let (template, query) = (template?, pairs.into_iter().collect::<Option<Vec<_>>>()?);
    let fixed_query: Option<Vec<(&str, &str)>> =
        query.iter().map(|(name, value)| Some((name.as_str(), value.as_fixed()?))).collect();
    match (template.as_fixed(), fixed_query) {
        (Some(fixed), Some(pairs)) => match join(base, fixed) {
            Ok(mut url) => {
                if !pairs.is_empty() {
                    url.query_pairs_mut().extend_pairs(pairs);
                }
                Some(UrlTemplate::Fixed(url))
            }
            Err(problem) => {
                let is_path = base.is_none() && !is_absolute(fixed);
                let fault = faults.report(text.span, problem);
                if is_path && other_scheme(fixed).is_none() {
                    add_target(fault);
                } else {
                    fault
                        .label("for example `http://127.0.0.1:8080/health`, or `/health` below the `target`");
                }
                None
            }
        },
        _ => {
            if base.is_none() && template.prefix().starts_with('/') {
                add_target(
                    faults.report(text.span, "this is a path, and the file has no `target` to join it to"),
                );
                return None;
            }
            let base = base.and_then(BaseUrl::new);
            Some(UrlTemplate::Varying { base, text: template, query, hosts: Arc::default() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A URL as a user gets it, and as joining and parsing all of it gives it.
    fn both(base: &str, path: &str) -> (Result<Url, RenderError>, Result<Url, RenderError>) {
        let compiled = BaseUrl::new(base).unwrap();
        let quick = render_url(Some(&compiled), &Template::fixed(path), &Variables::default());
        (quick, join(Some(base), path).map_err(RenderError::Unusable))
    }

    fn base() -> impl Strategy<Value = String> {
        let written = "https?://(u:p@)?([a-z]{1,3}\\.test|127\\.0\\.0\\.1|\\[::1\\])(:80|:443|:8080)?(/[a.%]{0,3}){0,3}";
        written.prop_map(|text| {
            let mut faults = Faults::default();
            super::base(&text, Span::default(), &mut faults).unwrap()
        })
    }

    proptest! {
        #[test]
        fn a_path_behind_the_base_is_what_parsing_all_of_it_gives(
            base in base(),
            path in "[/?]?[/\\\\?#.%2eEé:@\t\n \u{0}a-c]{0,12}",
        ) {
            let (quick, whole) = both(&base, &path);
            prop_assert_eq!(quick, whole, "{} {:?}", base, path);
        }
    }

    #[test]
    fn what_looks_like_a_host_is_read_as_the_whole_is() {
        for base in ["http://h.test", "http://h.test/base", "http://h.test//base", "http://u:p@h.test:8080"] {
            for path in [
                "/",
                "/a",
                "//other/a",
                "/\\other",
                "/\t/other",
                "/\n\r/other",
                "\\\\other",
                "/a b?c=d e#f",
                "/../a",
                "/%2e%2e/a",
                "/a ",
                "?a",
                "#a",
                "a",
                "",
                "/:80",
                "/@other",
                "/a\t",
            ] {
                let (quick, whole) = both(base, path);
                assert_eq!(quick, whole, "{base} {path:?}");
            }
        }
    }
}
